"""Tracing: one branch of the boundary of a code through a plane, by arclength, around folds and corners until it leaves the box or closes.

Each point is foretold by the polynomial through the last ones and corrected along the normal by the bracket of codes.
Lengths are shares of the box.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .crossing import crossing
from .habit import Crossing, Habit
from .plane import Plane, Probe

_TURN = 0.6  # radians that one step may turn
_HALVINGS = 4
_FEW = 5


@dataclass(frozen=True)
class Met:
    """A place on the boundary with the crossing found there."""

    place: np.ndarray
    found: Crossing


@dataclass(frozen=True)
class Trace:
    """The places met along one branch, whether it closes, and in words where it ends on either side."""

    met: tuple[Met, ...]
    closed: bool
    ends: tuple[str, str]


class Tracer:
    """Traces the boundary of where `inside` holds in a plane, in steps of the length `step`."""

    def __init__(self, plane: Plane, inside: Callable[[Probe], bool], step: float, xtol: float, most: int, last: float = math.inf,
                 progress: Callable[[int], None] = lambda met: None):
        self.plane, self.inside, self.step, self.xtol, self.most = plane, inside, step, xtol, most
        self.last, self.progress = last, progress  # the number of integrations of the scene after which a branch is left unfinished

    def along(self, origin: np.ndarray, way: np.ndarray, **options: object) -> Met | None:
        """Return the crossing along a straight line; beyond the box the line follows its edge."""
        def there(s: float) -> np.ndarray:
            return np.clip(origin + s * way, 0.0, 1.0)
        found = crossing(lambda s: self.plane.probe(there(s)), self.inside, self.xtol, **options)  # type: ignore[arg-type]
        return None if found is None else Met(there(found.place), found)

    def around(self, middle: np.ndarray, first: np.ndarray, radius: float, angles: tuple[float, float], xtol: float, habit: Habit | None = None) -> Met | None:
        """Return the crossing along an arc between two angles (outside, inside), counted from a direction towards its left."""
        left = np.array([-first[1], first[0]])

        def there(angle: float) -> np.ndarray:
            return np.clip(middle + radius * (math.cos(angle) * first + math.sin(angle) * left), 0.0, 1.0)
        found = crossing(lambda angle: self.plane.probe(there(angle)), self.inside, xtol, ends=(angles[1], angles[0]), habit=habit)
        return None if found is None else Met(there(found.place), found)

    def trace(self, start: Met, outward: np.ndarray) -> Trace:
        """Return the branch through a place met along a line, `outward` being the direction along it in which the code is left."""
        ahead = self._heading(start, outward)
        if ahead is None:
            return Trace((start,), False, ("no way on from there",) * 2)
        forward, end, closed = self._walk(start, ahead, 1.0)
        if closed:
            return Trace(tuple(forward), True, ("it closes", "it closes"))
        backward, begin, _ = self._walk(start, -ahead, -1.0, forward)
        return Trace((*reversed(backward[1:]), *forward), False, (begin, end))

    def _heading(self, start: Met, outward: np.ndarray) -> np.ndarray | None:
        """Return the direction along the boundary with the inside to its left, from an arc around a place."""
        radius = 0.5 * self.step
        quarters = [(turn, turn + math.pi / 2) for turn in np.arange(-math.pi / 4, 1.6 * math.pi, math.pi / 2)]
        for hand, turns in ((1.0, ((0.0, math.pi), *quarters)), (-1.0, quarters)):  # on an edge of the box it may lead only one way
            for first, last in turns:
                found = self.around(start.place, outward, radius, (first, last) if hand > 0 else (last, first), 0.25)
                if found is not None and float(np.linalg.norm(found.place - start.place)) > 0.2 * radius:
                    return hand * _unit(found.place - start.place)
        return None

    def _walk(self, start: Met, ahead: np.ndarray, hand: float, behind: Sequence[Met] = ()) -> tuple[list[Met], str, bool]:
        """Follow the boundary one way; `hand` is 1 with the inside on the left."""
        met, length, habit = [start], self.step, start.found.habit
        known = [one.place for one in reversed(behind[1:_FEW])]  # what was met the other way helps to foretell
        travelled, corner = 0.0, 0
        while len(met) < self.most:
            self.progress(len(met))
            if self.plane.scene.integrations >= self.last:
                return met, f"stopped at {self.plane.text((float(met[-1].place[0]), float(met[-1].place[1])))}, where the runs allowed were used up", False
            if len(met) == 1 and _to_edge(start.place, start.place + length * ahead)[0] * length < 2 * self.xtol:
                return met, f"it leaves the box at {self.plane.text((float(start.place[0]), float(start.place[1])))}", False
            places = [*known, *(one.place for one in met[corner:])]
            last = met[-1].place
            one, left_box = None, False
            for halving in range(_HALVINGS):
                foretold = _foretold(places, ahead, length)
                one, left_box = self._corrected(last, foretold, hand, length, habit)
                if one is not None and _angle(one.place - last, ahead) <= _TURN + (0.6 if len(places) == 1 else 0.0):
                    break
                one, length = None, length / (2 if halving == 0 else 4)
            if one is None:
                one = self._corner(last, ahead, hand)
                left_box = one is not None and _on_edge(one.place)
                if one is None:
                    return met, f"no way on from {self.plane.text((float(last[0]), float(last[1])))}", False
                known, corner = [], len(met) - 1  # what lies before a corner foretells nothing
                met.append(one)
                ahead, length, habit = _unit(one.place - last), self.step, one.found.habit
                travelled += float(np.linalg.norm(one.place - last))
            else:
                moved = one.place - last
                travelled += float(np.linalg.norm(moved))
                met.append(one)
                ahead = _heading_of([*places[-2:], one.place])
                habit, length = one.found.habit, min(self.step, 1.6 * length)
            if left_box or _on_edge(one.place):
                return met, f"it leaves the box at {self.plane.text((float(one.place[0]), float(one.place[1])))}", False
            if travelled > 3 * self.step and len(met) > 4 and self._closes(met, start):
                return [*met, start], "it closes", True
        return met, f"stopped after {self.most} points", False

    def _closes(self, met: Sequence[Met], start: Met) -> bool:
        """Tell whether the start lies on the last stretch, or just ahead of it."""
        ahead = _unit(met[-1].place - met[-2].place)
        gap = start.place - met[-1].place
        along, across = float(gap @ ahead), float(abs(gap[0] * ahead[1] - gap[1] * ahead[0]))
        first = _unit(met[1].place - met[0].place)
        near = -float(np.linalg.norm(met[-1].place - met[-2].place)) < along < 0.8 * self.step and across < 0.3 * self.step
        return near and float(first @ ahead) > 0.3

    def _corrected(self, last: np.ndarray, foretold: np.ndarray, hand: float, length: float, habit: Habit) -> tuple[Met | None, bool]:
        """Return the crossing along the normal through a foretold place, or along the edge where the step leaves the box."""
        way = _unit(foretold - last)
        normal = hand * np.array([way[1], -way[0]])
        share, axis = _to_edge(last, foretold)
        if share < 1.0:
            border = 1.0 if foretold[axis] > last[axis] else 0.0
            foretold = np.clip(last + share * (foretold - last), 0.0, 1.0)
            foretold[axis] = border
            edge = np.zeros(2)
            edge[1 - axis] = math.copysign(1.0, normal[1 - axis])
            if abs(normal[1 - axis]) > 0.2:
                normal = edge
        met = self.along(foretold, normal, step=0.05 * length, reach=0.8 * length, habit=habit)
        return met, share < 1.0

    def _corner(self, last: np.ndarray, ahead: np.ndarray, hand: float) -> Met | None:
        """Return where the boundary leaves a small circle around a place, but not the way it came."""
        radius = 0.25 * self.step
        turns = np.arange(-5, 6) * (math.pi / 6)  # from behind on the right to behind on the left
        left = np.array([-ahead[1], ahead[0]])
        sides = [self.inside(self.plane.probe(np.clip(last + radius * (math.cos(turn) * ahead + math.sin(turn) * left), 0.0, 1.0))) for turn in turns]
        found = []
        for one, other, own, next_one in zip(turns, turns[1:], sides, sides[1:], strict=False):
            if own is not next_one and next_one is (hand > 0):
                met = self.around(last, ahead, radius, (one, other) if next_one else (other, one), self.xtol / radius)
                if met is not None:
                    found.append((abs(one + other), met))
        return min(found, key=lambda pair: pair[0])[1] if found else None


def _foretold(places: Sequence[np.ndarray], ahead: np.ndarray, length: float) -> np.ndarray:
    """Return the place a length further on along the polynomial through the last places by arclength."""
    own = np.array(places[-_FEW:])
    if len(own) < 2:
        return own[-1] + length * ahead
    chords = np.linalg.norm(np.diff(own, axis=0), axis=1)
    while len(own) > 2 and np.min(chords) < 0.1 * length:  # too close together to foretell from
        own, chords = own[1:], chords[1:]
    at = np.concatenate([[0.0], np.cumsum(chords)])
    target = at[-1] + length
    weights = [math.prod((target - at[j]) / (at[i] - at[j]) for j in range(len(at)) if j != i) for i in range(len(at))]
    found = np.array(weights) @ own
    straight = own[-1] + length * ahead
    return found if float(np.linalg.norm(found - straight)) < 0.5 * length else straight


def _heading_of(places: Sequence[np.ndarray]) -> np.ndarray:
    """Return the direction at the last of up to three places."""
    if len(places) < 3:
        return _unit(places[-1] - places[-2])
    first, second = places[-2] - places[-3], places[-1] - places[-2]
    one, other = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if one < 1e-9:
        return _unit(second)
    return _unit(second / other + (second / other - first / one) * other / (one + other))


def _unit(way: np.ndarray) -> np.ndarray:
    return way / max(float(np.linalg.norm(way)), 1e-300)


def _angle(way: np.ndarray, other: np.ndarray) -> float:
    return math.acos(max(-1.0, min(1.0, float(_unit(way) @ _unit(other)))))


def _on_edge(place: np.ndarray) -> bool:
    return bool(np.any(place <= 0.0) or np.any(place >= 1.0))


def _to_edge(last: np.ndarray, target: np.ndarray) -> tuple[float, int]:
    """Return the share of a step at which it meets the edge of the box, and the axis along which it does; 1 where it stays inside."""
    shares = [((1.0 if target[axis] > last[axis] else 0.0) - last[axis]) / (target[axis] - last[axis]) if not 0 < target[axis] < 1 else 1.0 for axis in (0, 1)]
    axis = int(np.argmin(shares))
    return min(1.0, max(0.0, shares[axis])), axis
