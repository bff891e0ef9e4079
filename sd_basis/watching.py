"""Watching a step: where within it a trigger fires, an equation jumps, or one bends.

Each watched margin has a mode, a whole number that is constant between its levels. A step in which a mode
changes is cut there, on the far side, to the last digit of time: found by bisection on the solver's own
interpolant. Triggers and jumps are looked at inside the step too, so that two crossings within one step are found.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

_INSIDE = np.array([0.146, 0.5, 0.854])  # where a step is sampled inside
_FINE = np.linspace(0.0, 1.0, 17)[1:]
_BENDS = 200  # restarts at one bend in one segment, after which it is left to the error control


@dataclass
class Watched:
    """One margin: its row among the margins, its levels, and what a change of mode means.

    `kind` is "trigger", "jump" or "bend"; `item` the number of the trigger; at a level the mode is that above it,
    or with `above` false that below; with `period` the levels repeat.
    """

    row: int
    kind: str
    levels: tuple[float, ...] = (0.0,)
    above: bool = True
    item: int = -1
    period: float | None = None
    times: int = 0

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
        self._inside = any(item.kind != "bend" for item in watched)

    def begin(self, t: float, x: np.ndarray) -> None:
        """Take the modes at the start of a piece."""
        self._values = self.margins(t, x.tolist())
        self._modes = [item.mode(self._values[item.row]) for item in self.watched]

    def step(self, left: float, right: float, x: np.ndarray, interpolant: Callable) -> Crossing | None:
        """Return the first crossing within a step that ends at `right` with the state `x`, None where there is none."""
        values = self.margins(right, x.tolist())
        times, rows = [left, right], [self._values, values]
        if self._inside:
            inside = left + (right - left) * _INSIDE
            times[1:1] = inside.tolist()
            rows[1:1] = [self.margins(time, state) for time, state in zip(inside, interpolant(inside).T.tolist(), strict=True)]
        found: Crossing | None = None
        for item, mode in zip(self.watched, self._modes, strict=True):
            crossing = self._first(item, mode, times, [row[item.row] for row in rows], interpolant)
            if crossing is not None and (found is None or crossing.time < found.time):
                found = crossing
        self._values = values
        if found is None:
            self._modes = [item.mode(values[item.row]) for item in self.watched]
        return found

    def _first(self, item: Watched, mode: int, times: list[float], values: list[float], interpolant: Callable) -> Crossing | None:
        if item.kind == "bend":
            changed = item.mode(values[-1]) != mode and item.times < _BENDS
            # what comes to rest on a bend crosses it by rounding only, unless it has passed others on its way
            if not changed or item.mode(values[-1] + 2e-12 * (values[0] - values[-1])) == mode:
                return None
            item.times += 1
            return self._bisected(item, mode, times[0], times[-1], interpolant)
        place = next((place for place, value in enumerate(values) if place and item.mode(value) != mode), None)
        if place is None or place > 1:
            early = self._hidden(item, mode, times, values, interpolant)
            if early is not None:
                return self._bisected(item, mode, times[0], early, interpolant)
        return None if place is None else self._bisected(item, mode, times[place - 1], times[place], interpolant)

    def _hidden(self, item: Watched, mode: int, times: list[float], values: list[float], interpolant: Callable) -> float | None:
        """Return a time at which the mode differs although it does not at the samples, None where it never does."""
        array = np.array(values)
        if not np.min(item.gap(array)) < np.ptp(array):  # too far from any level for a polynomial of this range
            return None
        fine = times[0] + (times[-1] - times[0]) * _FINE
        while True:
            found = np.array([self.margins(time, state)[item.row] for time, state in zip(fine, interpolant(fine).T.tolist(), strict=True)])
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
