"""Profile likelihoods: the least chi-square for each value of one parameter, with the others searched again.

Where it rises by less than 3.84 towards a limit of the box, the data do not bound the parameter on that side (Raue and others,
Bioinformatics 25, 2009).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .problem import Problem
from .searching import search

RISE = 3.841458820694124  # 95 % of chi-square with one degree of freedom
_FLAT = 0.01 * RISE
_STEPS, _HALVINGS = 6, 4


@dataclass(frozen=True)
class Profile:
    """A profile: values of the parameter, how far chi-square lies above that of the fit, the others there, and the 95 % interval."""

    name: str
    values: tuple[float, ...]
    rises: tuple[float, ...]
    others: tuple[dict[str, float], ...]
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """What the profile says, in words."""
        if self.low is not None and self.high is not None:
            return "identifiable"
        if self.low is None and self.high is None:
            return "not identifiable: flat" if max(self.rises) < _FLAT else "not identifiable within its range"
        return "bounded from below only" if self.high is None else "bounded from above only"


def profile(problem: Problem, best: Sequence[float], chi_square: float, name: str, error: float) -> Profile:
    """Return the profile of one parameter from the best coordinates outwards; `error` is its standard error in coordinates."""
    place = next(index for index, item in enumerate(problem.free) if item.name == name)
    item, centre = problem.free[place], float(best[place])
    found: list[tuple[float, float, tuple[float, ...]]] = [(centre, 0.0, tuple(best))]
    limits: list[float | None] = []
    for end in (0.0, 1.0):
        side, limit = [(centre, 0.0)], None
        room = abs(end - centre)
        step = room / _STEPS if not 0 < error < room / 3 else error * 3 / _STEPS
        reach, near = 0.0, tuple(best)
        while reach < room and limit is None and step > 0:
            reach = room if reach + step > room * (1 - 1e-9) else reach + step
            own = centre + math.copysign(reach, end - centre)
            ended = search(problem, near, {place: min(max(own, 0.0), 1.0)})
            rise = ended.chi_square - chi_square
            if not ended.failed:
                near = ended.places
            found.append((own, min(rise, 1e6), ended.places))
            side.append((own, rise))
            if rise > RISE:
                for _ in range(_HALVINGS if rise > 4 * RISE else 0):  # a steep wall is looked at more closely
                    middle = (side[-2][0] + side[-1][0]) / 2
                    between = search(problem, near, {place: middle})
                    rise = between.chi_square - chi_square
                    found.append((middle, min(rise, 1e6), between.places))
                    side[-1 if rise > RISE else -2] = middle, rise
                limit = _crossing(*side[-2], *side[-1])
            elif len(side) > _STEPS:
                step *= 2
        limits.append(limit)
    found.sort(key=lambda entry: entry[0])
    others = tuple({key: value for key, value in problem.values(places).items() if key != name} for _, _, places in found)
    low, high = (None if limit is None else item.value(limit) for limit in limits)
    return Profile(name, tuple(item.value(own) for own, _, _ in found), tuple(rise for _, rise, _ in found), others, low, high)


def _crossing(inner: float, lower: float, outer: float, upper: float) -> float:
    """Return where the profile passes 3.84 between two points; its root is straight for a linear problem."""
    first, last = (math.sqrt(max(rise, 0.0)) for rise in (lower, upper))
    return float(np.interp(math.sqrt(RISE), [first, last], [inner, outer]))
