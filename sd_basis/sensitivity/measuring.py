"""Quantities of interest at many points of parameters, carried out by the machinery of ensembles.

What a run itself says is computed in chunks that are kept as they come; a critical delay for all points at once, by
batches whose answers are kept. Both go on where they were interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..ensemble.chunks import Chunk, joined
from ..ensemble.crews import open_engine
from ..ensemble.criticals import critical_delays
from ..ensemble.designs import Design
from ..ensemble.engines import AUTO, chosen
from ..ensemble.job import Batch, Engine, Job
from ..ensemble.sweeps import carry_out, prepared_for
from ..errors import InputError
from ..quantities import finite_number
from ..transition.scene import DELAY, Scene
from .interests import CRITICAL, END, HIGHEST, MARGIN, OUTCOME, Interest, deciding, margin_name, with_margins

_BATCH = 2048  # rows whose answer is kept at once, and lost at most


@dataclass(frozen=True)
class Window:
    """Where critical delays are looked for: delays from `low` to `high` at `scan` places, then brackets halved to `xtol`."""

    low: float
    high: float
    scan: int = 9
    xtol: float = 1e-2


@dataclass(frozen=True)
class Work:
    """How runs are carried out: the engine, its processes or threads, the folder that keeps answers, and who is told the runs made so far."""

    engine: str = AUTO
    workers: int = 1
    folder: Path | None = None
    progress: Callable[[int], None] = lambda runs: None


@dataclass(frozen=True)
class Measured:
    """The quantities of interest at each point, (points,) by their text, nan where a run failed; `reasons` say why.

    `clipped` counts, for a critical delay, the points at which it lies before and behind the window: there it is the window's end. `runs` were
    made by `engine`.
    """

    values: dict[str, np.ndarray]
    reasons: tuple[str, ...]
    runs: int
    engine: str
    clipped: dict[str, tuple[int, int]]


def measure(scene: Scene, interests: Sequence[Interest], design: Design, window: Window | None = None, work: Work | None = None) -> Measured:
    """Return the quantities of interest at the points of a design; a run that fails makes its point nan."""
    work = work or Work()
    values: dict[str, np.ndarray] = {}
    reasons: list[str] = []
    clipped: dict[str, tuple[int, int]] = {}
    runs, name = 0, ""
    own = [interest for interest in interests if interest.kind != CRITICAL]
    if own:
        found, why, name = _ordinary(scene, own, design, work)
        values |= found
        reasons += why
        runs += design.runs
    for interest in (interest for interest in interests if interest.kind == CRITICAL):
        if window is None:
            raise InputError(f"{scene.where}, {interest.text}: no delays to look at are given; give a window")
        critical, why, made, name = _critical(scene, interest, design, window, work)
        clipped[interest.text] = int(np.sum(critical == -np.inf)), int(np.sum(critical == np.inf))
        values[interest.text] = np.clip(critical, window.low, window.high)
        reasons += why
        runs += made
    return Measured(values, tuple(dict.fromkeys(reasons)), runs, name, clipped)


def quantity_of(scene: Scene, interest: Interest) -> tuple[str, str]:
    """Return the name of the quantity that a run must keep for an interest, and its measure along the run."""
    if interest.kind == MARGIN:
        return margin_name(interest.name), deciding(scene, interest.name)[2]
    return interest.name, interest.kind


def with_interests(scene: Scene, interests: Iterable[Interest]) -> Scene:
    """Return the scene with a model in which the margins that are asked about are quantities."""
    margins = {interest.name: deciding(scene, interest.name)[1] for interest in interests if interest.kind == MARGIN}
    return scene.changed(model=with_margins(scene.model, margins)) if margins else scene


def _ordinary(scene: Scene, interests: Sequence[Interest], design: Design, work: Work) -> tuple[dict[str, np.ndarray], list[str], str]:
    """Return what one sweep says."""
    there = with_interests(scene, interests)
    asked = {interest.text: quantity_of(scene, interest) for interest in interests if interest.kind != OUTCOME}
    keep = tuple(dict.fromkeys(name for name, _ in asked.values()))
    times = tuple(sorted({there.end, *(interest.time for interest in interests if interest.time is not None)}))
    made = prepared_for(there, design, keep=keep, times=times, engine=work.engine, store=work.folder)
    with made.held(work.workers) as held:
        carry_out(made, held, work.workers, None, work.progress)
        whole = joined(list(held.each()))
    failed, batch = whole.failed, whole.batch
    found = {}
    for interest in interests:
        if interest.kind == OUTCOME:
            groups = made.errand.job.groups
            met = batch.codes[:, list(groups).index(scene.group)] == groups[scene.group].index(interest.name)
            found[interest.text] = np.where(failed, np.nan, met.astype(float))
            continue
        name, measure = asked[interest.text]
        place = keep.index(name)
        if measure in (HIGHEST, "lowest"):
            value = (batch.highest if measure == HIGHEST else batch.lowest)[:, place]
        else:
            value = batch.values[:, place, times.index(there.end if measure == END or interest.time is None else interest.time)]
        found[interest.text] = np.where(failed, np.nan, value)
    return found, [reason for reason in batch.reasons if reason], made.errand.engine


def _critical(scene: Scene, interest: Interest, design: Design, window: Window, work: Work) -> tuple[np.ndarray, list[str], int, str]:
    finite_number(f"{scene.where}, window", window.xtol)
    with opened(scene, design.columns, work) as (run, name):
        found = critical_delays(run, scene, design.columns, design.rows(0, design.runs), code=interest.name, delays=(window.low, window.high),
                                scan=window.scan, xtol=window.xtol)
    return found.values, list(found.reasons), found.runs, name


@contextmanager
def opened(scene: Scene, columns: tuple[str, ...], work: Work) -> Iterator[tuple[Engine, str]]:
    """Give an engine for rows of a delay and parameters, in batches whose answers are kept one by one, and its name."""
    if scene.moved is None and scene.own is None:
        raise InputError(f"{scene.where}, {CRITICAL}: it has no dated policies; name the policy that moves with --policy, or choose a case with policies")
    name = chosen(Job(scene, (DELAY, *columns)), work.engine)
    with open_engine([scene], name, work.workers, work.folder) as run:
        def parts(job: Job, rows: np.ndarray) -> Batch:
            found: list[Chunk] = []
            for start in range(0, len(rows), _BATCH):
                own = rows[start:start + _BATCH]
                found.append(Chunk(own, run(job, own)))
                work.progress(len(own))
            return joined(found).batch if found else Batch.empty(job, 0)
        yield parts, name

