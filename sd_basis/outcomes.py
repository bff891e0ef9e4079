"""Outcomes of a run: which region it ends in or is absorbed by, and since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .declarations import Outcome
from .path import Path

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Decision:
    """An outcome code and the model time of its decision, None where there is none."""

    code: str
    time: float | None


def decide(path: Path) -> dict[str, Decision]:
    """Return the decision of each group of outcomes, in the order of declaration.

    An absorbing outcome holds from the first entry into its region, the earliest one wins.
    Otherwise the first declared outcome whose region the run occupies at its end holds since it
    entered for good; with `always` it must have been there throughout, with `once` the other
    inequality must have held. Anything else is undecided, and so is a run that ends before a
    scheduled change. Regions are looked at where the solver stepped.
    """
    model = path.compiled.model
    groups: dict[str, list[Outcome]] = {}
    for outcome in model.outcomes:
        groups.setdefault(outcome.group, []).append(outcome)
    return {group: _decide(path, outcomes) for group, outcomes in groups.items()}


def _decide(path: Path, outcomes: list[Outcome]) -> Decision:
    absorbed = []
    for outcome in outcomes:
        if outcome.absorbing:
            inside = np.flatnonzero(_margins(path, outcome.when) > 0)
            if inside.size:
                absorbed.append((_entry(path, outcome.when, int(inside[0])), outcome.name))
    if absorbed:
        time, name = min(absorbed, key=lambda entry: entry[0])
        return Decision(name, time)
    for outcome in outcomes if path.complete else ():
        if outcome.absorbing:
            continue
        margins = _margins(path, outcome.when)
        outside = np.flatnonzero(margins <= 0)
        if margins[-1] <= 0 or (outcome.always and outside.size):
            continue
        first = int(outside[-1]) + 1 if outside.size else 0
        since = _entry(path, outcome.when, first)
        if outcome.once is not None:
            held = np.flatnonzero(_margins(path, outcome.once) > 0)
            if not held.size:
                continue
            since = max(since, _entry(path, outcome.once, int(held[0])))
        return Decision(outcome.name, since)
    return Decision(UNDECIDED, None)


def _margins(path: Path, condition) -> np.ndarray:
    return path.evaluate(path.compiled.margins, path.t, path.x, path.segment)[path.compiled.margin_row(condition)]


def _entry(path: Path, condition, index: int) -> float:
    """Return when the margin turned positive in the step that ends at `index`, by the solver's interpolant."""
    if index == 0 or path.segment[index] != path.segment[index - 1]:
        return float(path.t[index])
    row = path.compiled.margin_row(condition)
    left, right = path.t[index - 1], path.t[index]
    for _ in range(4):  # each pass narrows the bracket 32-fold
        times = np.linspace(left, right, 33)
        x, segment = path.at(times)
        segment[:] = path.segment[index]
        values = path.evaluate(path.compiled.margins, times, x, segment)[row]
        inside = int(np.argmax(values > 0)) if np.any(values > 0) else len(times) - 1
        left, right = times[max(inside - 1, 0)], times[inside]
    return float(right)

