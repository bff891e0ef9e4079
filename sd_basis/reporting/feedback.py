"""The feedback loops: which drive the run, by name, polarity and delay, with the causal-loop diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..looping import LoopScores, loop_scores
from ..looping.scoring import Group
from .drawing import drawn
from .page import Markup, element, joined, table
from .subject import Subject

_MOST = 40  # loops listed
_WORDS = {"+": "reinforcing", "-": "balancing", "changes": "changes along the run", "none": "never acts here"}


def scores_of(subject: Subject) -> LoopScores:
    """Return the scores of the loops along the case, computed once."""
    if "loops" not in subject.kept:
        subject.kept["loops"] = loop_scores(subject.model, subject.case, set=subject.set)
    return subject.kept["loops"]


def loops(subject: Subject) -> Markup:
    """Return the feedback loops by name, partition and share in the run, and their diagram."""
    try:
        scores = scores_of(subject)
    except InputError as error:
        return element("p", f"{error}.")
    ranked = sorted(scores.ranked(), key=lambda group: (not group.given, group.partition))  # each partition's by their share
    named = [group for group in ranked if group.given] if not scores.complete else []
    among = dict(zip([group.label for group in named], _shares(scores, named), strict=True))
    ranked = [*sorted(named, key=lambda group: -among[group.label]), *(group for group in ranked if group.label not in among)]
    rows: list[tuple[Any, ...]] = []
    for group in ranked[:_MOST]:
        chain = scores.loops[group.rows[0]].quantities
        share = among.get(group.label) if named else scores.mean(group.rows)
        rows.append((group.label, _WORDS.get(group.polarity, group.polarity), "yes" if group.delayed else "", str(group.partition),
                     "" if share is None else f"{share:.1%}", " → ".join((*chain, chain[0]))))
    left = f" {len(rows)} are listed: those the model names, then partition by partition, the strongest first." if len(ranked) > len(rows) else ""
    whole = "those the model names, since not all are known" if named else "the loops of its cycle partition"
    told = element("p", f"{scores.loops.summary}{left} The share is the mean absolute score of Loops That Matter, in continuous form, "
                        f"over the run, among {whole}.")
    return joined(told, drawn(subject, "loops"),
                  table(("loop", "polarity", "delayed", "partition", "share", "quantities in order"), rows, numbers=(3, 4), words=(5,)))


def _shares(scores: LoopScores, groups: Sequence[Group]) -> list[float]:
    """Return the mean share of each of some groups among them, over the time in which they move."""
    if not groups:
        return []
    sizes = np.abs(scores.shares(groups))
    steps = np.diff(scores.t)
    known = np.isfinite(sizes).all(axis=0)
    weights = (np.append(steps, 0.0) + np.append(0.0, steps)) / 2 * known
    return [float(np.sum(np.where(known, size, 0.0) * weights) / (np.sum(weights) or 1.0)) for size in sizes]
