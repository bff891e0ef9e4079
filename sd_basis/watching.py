"""Watching a step: where within it a trigger fires, an equation jumps, or one bends.

Each watched margin has a mode, a whole number that is constant between its levels. A step in which a mode
changes is cut there, on the far side, to the last digit of time: found by bisection on the solver's own
interpolant. Triggers and jumps are looked at inside the step too, so that two crossings within one step are found.
A margin `driven` by time may move while the stocks rest and the steps grow: a step is looked at in ever
smaller parts until a polynomial follows each such margin.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

_INSIDE = np.array([0.146, 0.5, 0.854])  # where a step is sampled inside
_FINE = np.linspace(0.0, 1.0, 17)[1:]
_CHECKS = np.array([0.0619, 0.3391, 0.6427, 0.9283])  # where a polynomial through the samples has to agree
_SHARES = np.array([0.0, *_INSIDE, 1.0])
_PREDICTED = np.array([[np.prod([(check - other) / (own - other) for other in _SHARES if other != own]) for own in _SHARES] for check in _CHECKS])
_ASTRAY = 0.05  # by how much of its range
_DEEPEST = 14  # halvings of one step
_SOFT = ("bend", "knot")


@dataclass
class Watched:
    """One margin: its row among the margins, its levels, and what a change of mode means.

    `kind` is "trigger", "jump", "bend", or "knot", where only the curvature jumps; at a level the mode is that above it,
    or with `above` false that below; with `period` the levels repeat; `driven` tells that it moves with time itself, `stocks`
    that it moves with stocks.
    """

    row: int
    kind: str
    levels: tuple[float, ...] = (0.0,)
    above: bool = True
    period: float | None = None
    driven: bool = False
    stocks: bool = True

    def mode(self, value: float) -> int:
        """Return the number of levels below a value."""
        turns = 0
        if self.period is not None:
            turns = int((value - self.levels[0]) // self.period)
            value -= turns * self.period
        return (bisect_right if self.above else bisect_left)(self.levels, value) + turns * len(self.levels)

    def gap(self, values: np.ndarray) -> np.ndarray:
        """Return the distance of values from the nearest level."""
        if self.period is not None:
            values = self.levels[0] + np.mod(values - self.levels[0], self.period)
        return np.min(np.abs(np.subtract.outer(np.array(self.levels), values)), axis=0)


@dataclass(frozen=True)
class Crossing:
    """Where a step is cut, and the margin that changed its mode there."""

    time: float
    watched: Watched
    mode: int


class Watch:
    """Looks at each step for the first crossing. `margins(t, x)` returns all margins from a list of floats."""

    def __init__(self, margins: Callable[[float, list[float]], Sequence[float]], watched: list[Watched]):
        self.margins, self.watched = margins, watched
        self._modes: list[int] = []
        self._values: Sequence[float] = ()
        self._inside = any(item.kind not in _SOFT or item.driven for item in self.watched)
        self._driven = sorted({item.row for item in self.watched if item.driven})

    def ahead(self, start: float, end: float, x: np.ndarray) -> Crossing | None:
        """Return the first crossing between two times with the stocks at rest, for margins that time alone moves."""
        self.begin(start, x)
        found = self.step(start, end, x, lambda time: x if np.ndim(time) == 0 else np.repeat(x[:, None], len(time), axis=1))
        return found if found is None or found.time < end else None

    def begin(self, t: float, x: np.ndarray) -> None:
        """Take the modes at the start of a piece."""
        self._values = self.margins(t, x.tolist())
        self._modes = [item.mode(self._values[item.row]) for item in self.watched]

    def step(self, left: float, right: float, x: np.ndarray, interpolant: Callable) -> Crossing | None:
        """Return the first crossing within a step that ends at `right` with the state `x`, None where there is none."""
        return self._within(left, right, self.margins(right, x.tolist()), interpolant, 0)

    def _within(self, left: float, right: float, values: Sequence[float], interpolant: Callable, depth: int) -> Crossing | None:
        """Return the first crossing within a part of a step, with the margins at its end."""
        times, rows = [left, right], [self._values, values]
        if self._inside:
            times[1:1] = (left + (right - left) * _INSIDE).tolist()
            rows[1:1] = self._along(times[1:-1], interpolant)
            if self._driven and depth < _DEEPEST and self._astray(left, right, rows, interpolant):
                crossing = self._within(left, times[2], rows[2], interpolant, depth + 1)
                return crossing if crossing is not None else self._within(times[2], right, values, interpolant, depth + 1)
        found: Crossing | None = None
        for item, mode in zip(self.watched, self._modes, strict=True):
            crossing = self._first(item, mode, times, [row[item.row] for row in rows], interpolant)
            if crossing is not None and (found is None or crossing.time < found.time):
                found = crossing
        self._values = values
        if found is None:
            self._modes = [item.mode(values[item.row]) for item in self.watched]
        return found

    def _along(self, times: Sequence[float], interpolant: Callable) -> list[Sequence[float]]:
        """Return the margins at times within a step."""
        return [self.margins(time, state) for time, state in zip(times, interpolant(np.array(times)).T.tolist(), strict=True)]

    def _astray(self, left: float, right: float, rows: list[Sequence[float]], interpolant: Callable) -> bool:
        """Tell whether a margin driven by time leaves the polynomial through its samples."""
        if right - left < 1e-12 * max(abs(left), abs(right)):
            return False
        seen = np.array([[row[place] for place in self._driven] for row in rows], float)
        met = np.array([[row[place] for place in self._driven] for row in self._along((left + (right - left) * _CHECKS).tolist(), interpolant)], float)
        every = np.concatenate([seen, met])
        allowed = _ASTRAY * np.ptp(every, axis=0) + 1e-9 * np.max(np.abs(every), axis=0)
        return bool(np.any(np.abs(_PREDICTED @ seen - met) > allowed))

    def _first(self, item: Watched, mode: int, times: list[float], values: list[float], interpolant: Callable) -> Crossing | None:
        if item.kind in _SOFT and not item.driven:
            times, values = [times[0], times[-1]], [values[0], values[-1]]
        place = next((place for place, value in enumerate(values) if place and item.mode(value) != mode), None)
        if item.kind in _SOFT and item.stocks and place is not None and self._at_rest(item, mode, values[0], values[place]):
            return None
        left, right = (0.0, 0.0) if place is None else (times[place - 1], times[place])
        if (place is None or place > 1) and len(values) > 2:
            early = self._hidden(item, mode, times, values, interpolant)
            if early is not None:
                left, right, place = times[0], early, 1
        if place is None:
            return None
        return self._bisected(item, mode, left, right, interpolant)

    def _at_rest(self, item: Watched, mode: int, before: float, after: float) -> bool:
        """Tell whether what comes to rest on a bend crosses it by rounding only, passing no other on its way."""
        return item.mode(after + 2e-12 * (before - after)) == mode

    def _hidden(self, item: Watched, mode: int, times: list[float], values: list[float], interpolant: Callable) -> float | None:
        """Return a time at which the mode differs although it does not at the samples, None where it never does."""
        array = np.array(values)
        if not np.min(item.gap(array)) < np.ptp(array):  # too far from any level for a polynomial of this range
            return None
        fine = times[0] + (times[-1] - times[0]) * _FINE
        while True:
            found = np.array([row[item.row] for row in self._along(fine.tolist(), interpolant)])
            changed = [time for time, value in zip(fine, found, strict=True) if item.mode(value) != mode]
            if changed:
                return float(changed[0])
            gaps = item.gap(found)
            nearest = int(np.argmin(gaps))  # the margin may still touch the level between two of these
            if not 0 < nearest < len(fine) - 1:
                return None
            before, least, after = gaps[nearest - 1:nearest + 2]
            bowl = before - 2 * least + after
            left, right = fine[nearest - 1], fine[nearest + 1]
            if not least - (before - after) ** 2 / (8 * bowl + 1e-300) < 0.5 * least or right - left < 1e-13 * max(abs(left), abs(right)):
                return None
            fine = np.linspace(left, right, 9)

    def _bisected(self, item: Watched, mode: int, left: float, right: float, interpolant: Callable) -> Crossing:
        """Return the crossing between a time before it and one after it."""
        while True:
            middle = left + (right - left) / 2
            if not left < middle < right:
                break
            if item.mode(self.margins(middle, interpolant(middle).tolist())[item.row]) == mode:
                left = middle
            else:
                right = middle
        return Crossing(right, item, item.mode(self.margins(right, interpolant(right).tolist())[item.row]))
