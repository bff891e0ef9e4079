"""The results of an ensemble as a table: what was varied, outcomes with their times, what was kept, and reasons."""

from __future__ import annotations

from typing import Any

import numpy as np

from .chunks import Chunk

FAILED = "failed"  # in the place of an outcome


def numbered(about: dict[str, Any], chunk: Chunk) -> dict[str, np.ndarray]:
    """Return the columns of numbers: what was varied, times of decision, what was kept (`name`, or `name@time` for several times) and its extremes."""
    batch, times = chunk.batch, about["times"]
    found = {name: chunk.rows[:, place] for place, name in enumerate(about["columns"])}
    found |= {f"{group}_decided_at": batch.decided[:, place] for place, group in enumerate(about["groups"])}
    for place, name in enumerate(about["keep"]):
        found |= {name if len(times) == 1 else f"{name}@{time:.10g}": batch.values[:, place, number] for number, time in enumerate(times)}
        found |= {f"{name}_lowest": batch.lowest[:, place], f"{name}_highest": batch.highest[:, place]}
    return found


def codes(about: dict[str, Any], chunk: Chunk) -> dict[str, np.ndarray]:
    """Return the column of each group of outcomes, by the numbers of its codes and -1 where the run failed."""
    taken = {*about["columns"], *about["keep"]}  # a group may be called like a quantity
    return {f"{group}_outcome" if group in taken else group: np.where(chunk.failed, -1, chunk.batch.codes[:, place])
            for place, group in enumerate(about["groups"])}


def code_names(about: dict[str, Any]) -> list[np.ndarray]:
    """Return, for each group, the names of its codes; the last one, which -1 finds, is that of a run that failed."""
    return [np.array([*names, FAILED], object) for names in about["groups"].values()]


def worded(about: dict[str, Any], chunk: Chunk) -> dict[str, np.ndarray]:
    """Return the columns of texts: the outcome of each group, and the reason of each run that failed."""
    found = {name: names[numbers] for (name, numbers), names in zip(codes(about, chunk).items(), code_names(about), strict=True)}
    return found | {"reason": np.array(chunk.batch.reasons, object)}


def table(about: dict[str, Any], chunk: Chunk) -> dict[str, np.ndarray]:
    """Return all columns: what was varied, outcomes, other numbers, reasons."""
    numbers, texts = numbered(about, chunk), worded(about, chunk)
    reason = texts.pop("reason")
    return {name: numbers[name] for name in about["columns"]} | texts | numbers | {"reason": reason}
