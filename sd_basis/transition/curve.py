"""The critical curve: where in a plane of delay and parameters one outcome ends, as points along it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..errors import InputError, unknown
from ..outcomes import UNDECIDED
from .plane import FAILED, Axis, Plane, Probe
from .scene import Scene
from .tracing import Met, Trace, Tracer

_LOOKS = 9  # along each line of the coarse map


_SAME = 0.12  # of a step: a start this near to a branch lies on it


@dataclass(frozen=True)
class CurvePoint:
    """A point of a critical curve with the looks on both sides: `inside` the code it is the edge of, `outside` it.

    `led_by` names the smooth function that found it; `width` is the bracket of codes, in shares of the box.
    """

    x: float
    y: float
    inside: Probe = field(repr=False)
    outside: Probe = field(repr=False)
    width: float
    led_by: str
    rate: float | None


@dataclass(frozen=True)
class Branch:
    """One connected part of a critical curve, in order, with where it ends in words."""

    points: tuple[CurvePoint, ...]
    closed: bool
    ends: tuple[str, str]

    @property
    def x(self) -> np.ndarray:
        """The values on the first axis."""
        return np.array([point.x for point in self.points])

    @property
    def y(self) -> np.ndarray:
        """The values on the second axis."""
        return np.array([point.y for point in self.points])

    @property
    def folds(self) -> tuple[tuple[float, float], ...]:
        """The points where the branch turns back in x: where it stands vertical."""
        return tuple((float(self.x[place]), float(self.y[place])) for place in turning(self.x, 1e-4 * float(np.ptp(self.x)), self.closed))


@dataclass(frozen=True)
class CriticalCurve:
    """The edge of the outcome `code` in a plane; without branches `reason` says what was looked at.

    `integrations` counts runs, `first` those until the first point was found.
    """

    x: Axis
    y: Axis
    code: str | None
    branches: tuple[Branch, ...]
    integrations: int
    first: int
    reason: str = ""
    plane: Plane | None = field(default=None, repr=False, compare=False)

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """The points of every branch."""
        return tuple(point for branch in self.branches for point in branch.points)


def critical_curve(scene: Scene, x: Sequence[Any] | Axis, y: Sequence[Any] | Axis, *, points: int = 50, xtol: float = 1e-6, code: str | None = None,
                   start: Sequence[float] | Sequence[Sequence[float]] | None = None, every: bool = False, delay: float | None = None, longest: float = 1.0,
                   step: float | None = None, most: int | None = None, progress: Callable[[int], None] = lambda met: None) -> CriticalCurve:
    """Return the edge of an outcome in the plane of two axes (name, low, high), DELAY or a parameter each.

    A step along it is 1 / `points` of the box, or `step`; `xtol` is the bracket of codes, a share of the box. `code` is the outcome whose
    edge is followed, by default the first met. It begins near `start` (values on both axes, or several such), or at the first change that lines through the box
    show; with `every` all lines of a coarse map are looked at and each separate part is followed. Where neither axis is the delay the policy
    keeps `delay`, by default that of the case. After `most` integrations what is unfinished ends there and says so; `progress` is told how many
    points the branch at work has.
    """
    plane = Plane(scene, x, y, delay, longest)
    where = f"{scene.where}, critical curve"
    if points < 4:
        raise InputError(f"{where}: {points} points; ask for at least 4")
    if not 1e-12 <= xtol <= 1e-2:
        raise InputError(f"{where}: xtol is {xtol:g}; give a share of the box between 1e-12 and 0.01")
    codes = [item.name for item in scene.model.outcomes if item.group == scene.group]
    if code is not None and code not in (*codes, UNDECIDED):
        raise unknown(where, f"outcome in the group {scene.group!r}", code, codes)
    before, first = scene.integrations, 0
    last = float("inf") if most is None else before + most
    traces: list[Trace] = []
    seen: list[Probe] = []
    starts = [] if start is None else [start] if np.ndim(start) == 1 else list(start)
    for lines in [_around(plane, where, own, 1 / points) for own in starts] or [_lines()]:
        for line in lines:
            looks = [plane.probe(place) for place in line]
            seen, reached = seen + looks, False
            code = _first_code(looks) if code is None else code
            for one, other in zip(looks, looks[1:], strict=False):
                if code is None or (one.code == code) is (other.code == code) or (traces and scene.integrations >= last):
                    continue
                reached = True
                if any(_crossed(trace, one, other) for trace in traces):
                    continue
                tracer = Tracer(plane, partial(_has_code, code), step or 1 / points, xtol, 20 * points, last, progress)
                way = (np.array(other.place) - np.array(one.place)) * (1.0 if one.code == code else -1.0)
                length, origin = float(np.linalg.norm(way)), np.array(one.place if one.code == code else other.place)
                met = tracer.along(origin, way / length, ends=(0.0, length))
                first = first or scene.integrations - before
                if met is not None and not any(_passed(trace, met.place, _SAME * tracer.step) for trace in traces):
                    traces.append(tracer.trace(met, way / length))
            if not every and (reached if starts else traces):
                break
    branches = tuple(Branch(tuple(_point(plane, met) for met in trace.met), trace.closed, trace.ends) for trace in traces)
    return CriticalCurve(plane.x, plane.y, code, branches, scene.integrations - before, first, "" if traces else _reason(plane, seen, code), plane)


def _has_code(code: str, probe: Probe) -> bool:
    return probe.code == code


def _point(plane: Plane, met: Met) -> CurvePoint:
    found = met.found
    x, y = plane.at(met.place)
    gap = float(np.linalg.norm(np.array(found.inside.place) - np.array(found.outside.place)))
    return CurvePoint(x, y, found.inside, found.outside, gap, found.habit.leading, found.habit.rate)


def _lines() -> Iterator[list[tuple[float, float]]]:
    """Yield the lines of the coarse map, the middle ones first."""
    along = np.linspace(0.0, 1.0, _LOOKS)
    for level in (0.5, 0.0, 1.0, 0.25, 0.75):
        yield [(float(share), level) for share in along]
        yield [(level, float(share)) for share in along]


def _around(plane: Plane, where: str, start: Sequence[float], step: float) -> Iterator[list[tuple[float, float]]]:
    """Yield lines outwards from a start along both axes, at first a step long."""
    middle = plane.place(start)
    if np.any(middle < 0) or np.any(middle > 1):
        raise InputError(f"{where}: the start {tuple(start)} lies outside the plane; give values on both axes within their ranges")
    reach = step
    while reach < 2.0:
        for way in (np.array([1.0, 0.0]), np.array([-1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.0, -1.0])):
            near, far = (np.clip(middle + share * way, 0.0, 1.0) for share in (0.0 if reach == step else reach / 2, reach))
            if float(np.linalg.norm(far - near)) > 0:
                yield [(float(near[0]), float(near[1])), (float(far[0]), float(far[1]))]
        reach *= 2


def _first_code(looks: Sequence[Probe]) -> str | None:
    """Return the outcome whose edge the looks along a line meet first."""
    for one, other in zip(looks, looks[1:], strict=False):
        if one.code != other.code:
            return other.code if one.code in (UNDECIDED, FAILED) else one.code
    return None


def _crossed(trace: Trace, one: Probe, other: Probe) -> bool:
    """Tell whether a branch passes between two looks already."""
    p, q = np.array(one.place), np.array(other.place)
    way = q - p
    for here, there in zip(trace.met, trace.met[1:], strict=False):
        step = there.place - here.place
        across = way[0] * step[1] - way[1] * step[0]
        if abs(across) < 1e-15:
            continue
        gap = here.place - p
        share, own = (gap[0] * step[1] - gap[1] * step[0]) / across, (gap[0] * way[1] - gap[1] * way[0]) / across
        if -0.01 <= share <= 1.01 and -0.05 <= own <= 1.05:
            return True
    return False


def _passed(trace: Trace, place: np.ndarray, reach: float) -> bool:
    """Tell whether a branch passes a place within a distance."""
    for here, there in zip(trace.met, trace.met[1:], strict=False):
        step = there.place - here.place
        share = float(np.clip((place - here.place) @ step / max(float(step @ step), 1e-300), 0.0, 1.0))
        if float(np.linalg.norm(here.place + share * step - place)) < reach:
            return True
    return False


def turning(values: np.ndarray, least: float, closed: bool = False) -> list[int]:
    """Return the places where values turn back by more than `least`."""
    found: list[int] = []
    best, way = 0, 0.0
    order = [*range(len(values)), *(range(1, len(values)) if closed else ())]
    for place in order:
        moved = values[place] - values[best]
        if way * moved >= 0 and (way or abs(moved) > least):
            way, best = way or float(np.sign(moved)), place
        elif abs(moved) > least:
            found.append(best)
            way, best = -way, place
    return sorted({place % (len(values) - 1) if closed else place for place in found})


def _reason(plane: Plane, seen: Sequence[Probe], code: str | None) -> str:
    """Return why there is no curve."""
    seen = list({one.place: one for one in seen}.values())
    counts = {name: sum(one.code == name for one in seen) for name in dict.fromkeys(one.code for one in seen)}
    said = ", ".join(f"{name!r} at {count}" for name, count in counts.items())
    about = f"{plane.x.name} from {plane.x.low:g} to {plane.x.high:g} and {plane.y.name} from {plane.y.low:g} to {plane.y.high:g}"
    first = next((one.reason for one in seen if one.reason), "")
    edge = f"no edge of {code!r}" if code is not None else "no boundary"
    return f"{edge} within {about}: the outcome is {said} of {len(seen)} points looked at" + (f"; {first}" if first else "")


