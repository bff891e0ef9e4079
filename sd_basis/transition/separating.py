"""How far two runs are apart, and when they part: what tells a jump of the response from a steep but continuous one.

The distance of two states is the largest of |x - y| / (size + max(|x|, |y|)) over the stocks that matter, so that it is never above two
even where a run blows up. Where both runs have a switch at times that differ a little, what lies between these times is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from ..model import Model
from ..path import Path
from ..quantities import Stock
from ..run import Run

_PAIRED = 0.05  # of the run: switches further apart than that are different ones


def concerned(model: Model, group: str) -> list[int]:
    """Return the places of the stocks that the outcomes of a group rest on, and those that move these; others only add up."""
    wanted = [condition for outcome in model.outcomes if outcome.group == group for condition in (outcome.when, outcome.once) if condition is not None]
    return closed(model, {symbol for symbol in model.rests_on(wanted) if isinstance(symbol, Stock)})


def closed(model: Model, begin: Iterable[Stock]) -> list[int]:
    """Return the places of some stocks and of all that their rates rest on."""
    found: set[Stock] = set()
    fresh = set(begin)
    while fresh:
        found |= fresh
        flows = [flow for flow in model.flows if any(stock in fresh for stock, _ in flow.ends)]
        fresh = {symbol for symbol in model.rests_on(flows) if isinstance(symbol, Stock)} - found
    return [place for place, stock in enumerate(model.stocks) if stock in found]


class Gap:
    """The distance of a run from another, or from the middle of two, over the time they have in common; with `fixed` in units of sizes that do not change."""

    def __init__(self, run: Run, others: Iterable[Run], places: list[int], size: np.ndarray, fixed: bool = False):
        self.fixed = fixed
        self.run, self.others, self.places, self.size = run.path, [other.path for other in others], places, size[places]
        end = min(path.t[-1] for path in (self.run, *self.others))
        keep = self.run.t <= end
        for other in self.others:
            for first, last in _between(self.run, other):
                keep &= (self.run.t < first) | (self.run.t > last)
        self.t = self.run.t[keep]
        self.segment = self.run.segment[keep]
        self.values = self._apart(self.run.x[keep], np.mean([other.at(self.t)[0] for other in self.others], axis=0)) if self.t.size else np.zeros(0)

    def _apart(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x, y = x[:, self.places], y[:, self.places]
        with np.errstate(all="ignore"):
            apart = np.abs(x - y) / (self.size if self.fixed else self.size + np.maximum(np.abs(x), np.abs(y)))
        return np.max(np.nan_to_num(apart, nan=1.0, posinf=1.0), axis=1)

    @property
    def largest(self) -> float:
        """The largest distance."""
        return float(np.max(self.values, initial=0.0))

    @property
    def last(self) -> float:
        """The distance where the runs end."""
        return float(self.values[-1]) if self.values.size else 0.0

    @property
    def widest(self) -> int:
        """The place of the stock that is furthest apart where the distance is largest."""
        return self.widest_at(float(self.t[int(np.argmax(self.values))]))

    def widest_at(self, time: float) -> int:
        """Return the place of the stock that is furthest apart at a time."""
        moment = np.array([time])
        x, y = self.run.at(moment)[0], np.mean([other.at(moment)[0] for other in self.others], axis=0)
        apart = np.abs(x - y)[0, self.places] / (self.size + np.maximum(np.abs(x), np.abs(y))[0, self.places])
        return self.places[int(np.argmax(apart))]

    def parted(self, bound: float) -> float | None:
        """Return the time at which the distance first passes a bound, None where it never does."""
        above = np.flatnonzero(self.values > bound)
        if not above.size:
            return None
        index = int(above[0])
        if index == 0 or self.segment[index] != self.segment[index - 1] or not self.t[index] > self.t[index - 1]:
            return float(self.t[index])
        left, right = float(self.t[index - 1]), float(self.t[index])
        for _ in range(3):  # each pass narrows the bracket sixteenfold
            times = np.linspace(left, right, 17)
            values = self._apart(self.run.at(times)[0], np.mean([other.at(times)[0] for other in self.others], axis=0))
            first = max(int(np.argmax(values > bound)), 1) if np.any(values > bound) else 16
            left, right, low, high = float(times[first - 1]), float(times[first]), float(values[first - 1]), float(values[first])
        share = (bound - low) / (high - low) if high > low else 0.5
        return left + min(max(share, 0.0), 1.0) * (right - left)


def _between(first: Path, second: Path) -> list[tuple[float, float]]:
    """Return the times between the switches of two runs that correspond to one another."""
    apart = _PAIRED * (first.t[-1] - first.t[0])
    found = []
    for one, two in zip(_switches(first), _switches(second), strict=False):
        if abs(one - two) > apart:
            break
        if one != two:
            found.append((min(one, two), max(one, two)))
    return found


def _switches(path: Path) -> list[float]:
    return [float(later.t[0]) for _, later in pairwise(path.pieces)]


def smallest(function: Callable[[float], float], left: float, right: float) -> float:
    """Return where a function of one number is smallest in a bracket, by golden section."""
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(36):
        one, two = right - ratio * (right - left), left + ratio * (right - left)
        left, right = (left, two) if function(one) < function(two) else (one, right)
    return (left + right) / 2
