"""The engine that is always there: each run of a job by `simulate`, one after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InputError, NumericalFailure
from ..run import Run
from ..transition.scene import DELAY
from .job import Batch, Job


def plain_rows(job: Job, rows: np.ndarray) -> Batch:
    """Return what comes of some rows by the scipy integrators; what stops a run is its reason."""
    scene = job.scene.changed()  # one of its own: a scene keeps the runs it made
    batch = Batch.empty(job, len(rows))
    groups, places = job.groups, {quantity.name: place for place, quantity in enumerate((*scene.model.stocks, *scene.model.computed))}
    kept = [places[name] for name in job.keep]
    reasons = []
    for number, row in enumerate(rows):
        values = dict(zip(job.columns, map(float, row), strict=True))
        try:
            run = scene.run(delay_of(job, values), {name: value for name, value in values.items() if name != DELAY})
        except (NumericalFailure, InputError) as error:
            reasons.append(str(error))
            continue
        _note(job, batch, number, run, groups, kept)
        reasons.append("")
    return Batch(batch.codes, batch.decided, batch.values, batch.lowest, batch.highest, tuple(reasons))


def delay_of(job: Job, values: Mapping[str, float]) -> float | None:
    """Return the delay of a row: its own, else that of the case; None where the policy never comes."""
    if DELAY not in values:
        return job.scene.own
    return None if np.isnan(values[DELAY]) else values[DELAY]


def _note(job: Job, batch: Batch, number: int, run: Run, groups: Mapping[str, tuple[str, ...]], kept: list[int]) -> None:
    for place, (group, codes) in enumerate(groups.items()):
        decision = run.outcomes[group]
        batch.codes[number, place] = codes.index(decision.code)
        batch.decided[number, place] = np.nan if decision.time is None else decision.time
    if not kept:
        return
    path, stocks = run.path, len(run.model.stocks)
    times = np.array([time for time in job.looked_at if time <= path.t[-1]])  # one that broke off when all was decided has no later values
    whole = all(place < stocks for place in kept)
    along = path.x.T if whole else np.concatenate([path.x.T, path.computed])
    batch.lowest[number], batch.highest[number] = along[kept].min(axis=1), along[kept].max(axis=1)
    if len(times):
        x, segment = path.at(times)
        there = x.T if whole else np.concatenate([x.T, path.evaluate(path.compiled.observe, times, x, segment)])
        batch.values[number, :, :len(times)] = there[kept]
