"""Outcomes of a run: which region it ends in or is absorbed by, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy.core.relational import Relational

from .declarations import Outcome
from .path import Path

UNDECIDED = "undecided"
_INSIDE = np.array([0.2, 0.4, 0.6, 0.8])  # where regions are looked at inside a step


@dataclass(frozen=True)
class Decision:
    """An outcome code and the model time of its decision, None where there is none."""

    code: str
    time: float | None


@dataclass(frozen=True)
class Visits:
    """How a run met a region: when it `first` was inside, whether it was ever `outside`, and `since` when it has been inside at its end.

    `stays` are (from, to) of each time inside, where an outcome asks how long it lasted; the last may be open.
    """

    first: float | None
    outside: bool
    since: float | None
    stays: tuple[tuple[float, float | None], ...] = ()


def decide(path: Path) -> dict[str, Decision]:
    """Return the decision of each group of outcomes, in the order of declaration.

    An absorbing outcome holds from the first entry into its region, a `lasting` one from when the run has stayed in it for so long; the
    earliest one wins.
    Otherwise the first declared outcome whose region the run occupies at its end holds since it
    entered for good; with `always` it must have been there throughout, with `once` the other
    inequality must have held. Anything else is undecided, and so is a run that ends before a
    scheduled change. Regions are looked at where the solver stepped and at four places inside each step.
    """
    groups: dict[str, list[Outcome]] = {}
    for outcome in path.compiled.model.outcomes:
        groups.setdefault(outcome.group, []).append(outcome)
    visits = visited(path)
    return {group: _decide(path, outcomes, visits) for group, outcomes in groups.items()}


def visited(path: Path) -> dict[Relational, Visits]:
    """Return how a run met the region of each inequality, over what it went on from too."""
    if path.met is None:
        path.met = _visited(path)
    return path.met


def _visited(path: Path) -> dict[Relational, Visits]:
    conditions = path.compiled.conditions
    if not conditions:
        return {}
    seen, lasting = Seen(path), {outcome.when for outcome in path.compiled.model.outcomes if outcome.lasting}
    return {condition: _joined(earlier, seen.visits(row, condition in lasting), float(path.t[0])) for row, (condition, earlier) in
            enumerate(zip(conditions, _earlier(path, len(conditions)), strict=True))}


def _earlier(path: Path, count: int) -> Iterable[Visits | None]:
    return path.before if path.before is not None else [None] * count


def _joined(earlier: Visits | None, later: Visits, start: float) -> Visits:
    """Return the visits of a run that went on from a time."""
    if earlier is None:
        return later
    first = later.first if earlier.first is None else earlier.first
    stayed = later.since is not None and not later.outside and earlier.since is not None
    before, after = [(enter, leave) for enter, leave in earlier.stays], list(later.stays)
    if before and before[-1][1] is None:  # it was inside until then; an impulse may have taken it out at once
        enter, _ = before.pop()
        after[:1] = [(enter, after[0][1])] if after and after[0][0] == start else [(enter, start), *after[:1]]
    return Visits(first, earlier.outside or later.outside, earlier.since if stayed else later.since, tuple(before + after))


def _decide(path: Path, outcomes: list[Outcome], visits: dict[Relational, Visits]) -> Decision:
    absorbed = [(time, outcome.name) for outcome in outcomes if outcome.absorbing and (time := visits[outcome.when].first) is not None]
    absorbed += [(enter + outcome.lasting, outcome.name) for outcome in outcomes if outcome.lasting
                 for enter, leave in visits[outcome.when].stays if (path.t[-1] if leave is None else leave) >= enter + outcome.lasting]
    if absorbed:
        time, name = min(absorbed, key=lambda entry: entry[0])
        return Decision(name, time)
    for outcome in outcomes if path.complete else ():
        own = visits[outcome.when]
        if outcome.absorbing or outcome.lasting or own.since is None or (outcome.always and own.outside):
            continue
        since = own.since
        if outcome.once is not None:
            held = visits[outcome.once].first
            if held is None:
                continue
            since = max(since, held)
        return Decision(outcome.name, since)
    return Decision(UNDECIDED, None)


class Settled:
    """The decision of one group of outcomes as a run goes on, piece by piece: what is absorbed or has lasted cannot be undone by what comes."""

    def __init__(self, group: str):
        self.group, self.decision = group, Decision(UNDECIDED, None)
        self.visits: dict[Relational, Visits] = {}

    def by(self, path: Path) -> bool:
        """Tell whether a further stretch of the run, whose `before` are the visits until then, decides it."""
        self.visits = visited(path)
        self.decision = _decide(path, [outcome for outcome in path.compiled.model.outcomes if outcome.group == self.group], self.visits)
        return self.decision.code != UNDECIDED


class Seen:
    """The margins of every inequality where the solver stepped and inside its steps, in the order of time."""

    def __init__(self, path: Path):
        self.path = path
        t, x, segment, _ = path.between(_INSIDE)
        order = np.lexsort((np.concatenate([path.t, t]), np.concatenate([path.segment, segment])))
        self.t = np.concatenate([path.t, t])[order]
        self.segment = np.concatenate([path.segment, segment])[order]
        self._x = np.concatenate([path.x, x])[order]

    @cached_property
    def margins(self) -> np.ndarray:
        """The margins (inequalities, times)."""
        return self.path.evaluate(self.path.compiled.margins, self.t, self._x, self.segment)

    def visits(self, row: int, stays: bool = False) -> Visits:
        """Return how the run met the region of one inequality."""
        inside = self.margins[row] > 0
        entered, left = np.flatnonzero(inside), np.flatnonzero(~inside)
        first = self._entry(row, int(entered[0])) if entered.size else None
        since = self._entry(row, int(left[-1]) + 1 if left.size else 0) if inside[-1] else None
        first = self._summit(row, int(entered[0]) if entered.size else len(inside), first)
        return Visits(first, bool(left.size), since, self._stays(row, inside) if stays else ())

    def _stays(self, row: int, inside: np.ndarray) -> tuple[tuple[float, float | None], ...]:
        """Return from when to when the run was inside, each time that two looks or more saw it there."""
        turns = np.flatnonzero(np.diff(inside.astype(int)))
        enters = ([0] if inside[0] else []) + [int(turn) + 1 for turn in turns if inside[turn + 1]]
        leaves = [int(turn) + 1 for turn in turns if inside[turn]]
        return tuple((self._entry(row, enter), None if place == len(leaves) else self._exit(row, leaves[place]))
                     for place, enter in enumerate(enters))

    def _summit(self, row: int, until: int, first: float | None) -> float | None:
        """Return when the margin turned positive between two looks before `until`, where it rose and fell again, else `first`."""
        margins = self.margins[row, :until]
        if len(margins) < 3:
            return first
        below, peak, above = margins[:-2], margins[1:-1], margins[2:]
        rise, fall = peak - below, peak - above
        # a parabola through three looks rises above the middle one by at most this, and the true curve by not much more
        over = 0.25 * np.maximum(rise, fall)
        near = np.flatnonzero((rise >= 0) & (fall >= 0) & (rise + fall > 0) & (peak + over > 0)) + 1
        for index in near:
            left, right = self.t[index - 1], self.t[index + 1]
            for _ in range(4):
                times = np.linspace(left, right, 17)
                values = self._margin(row, self.segment[index], times)
                best = int(np.argmax(values))
                if values[best] > 0:
                    return self._crossing(row, self.segment[index], left, times[best])
                left, right = times[max(best - 1, 0)], times[min(best + 1, 16)]
        return first

    def _entry(self, row: int, index: int) -> float:
        """Return when the margin turned positive before `index`, by the solver's interpolant."""
        if index == 0 or self.segment[index] != self.segment[index - 1]:
            return float(self.t[index])
        return self._crossing(row, self.segment[index], self.t[index - 1], self.t[index])

    def _exit(self, row: int, index: int) -> float:
        """Return when the margin ceased to be positive before `index`."""
        if self.segment[index] != self.segment[index - 1]:
            return float(self.t[index])
        return self._crossing(row, self.segment[index], self.t[index - 1], self.t[index], -1)

    def _margin(self, row: int, segment: int, times: np.ndarray) -> np.ndarray:
        """Return one margin at times within a segment."""
        x, segments = self.path.at(times)
        segments[:] = segment
        return self.path.evaluate(self.path.compiled.margins, times, x, segments)[row]

    def _crossing(self, row: int, segment: int, left: float, right: float, sign: int = 1) -> float:
        """Return when a margin, times the sign, turns positive in a bracket at whose end it is."""
        for _ in range(4):  # each pass narrows the bracket 32-fold
            times = np.linspace(left, right, 33)
            values = sign * self._margin(row, segment, times)
            inside = int(np.argmax(values > 0)) if np.any(values > 0) else len(times) - 1
            left, right = times[max(inside - 1, 0)], times[inside]
        return float(right)
