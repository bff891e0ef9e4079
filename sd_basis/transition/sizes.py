"""Sizes: the smallest rescue that still works at a delay, also within a stated time, and between which sizes a delay decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import InputError, NumericalFailure, unknown
from ..quantities import finite_number
from .crossing import crossing
from .curve import Branch, CriticalCurve, critical_curve
from .margins import Margin
from .plane import Axis, Plane, Probe, checked_axis, probe
from .scene import DELAY, Scene

_LOOKS = 9


@dataclass(frozen=True)
class MinimalSize:
    """The smallest size at which a run ends as `code`, the policy `delay` after clock zero.

    `values` are all sizes at which that begins or ends, in rising order; `width` is the bracket of codes. Without a value `reason` says why, and
    `nearest` holds parameters that would create one, each alone.
    """

    size: str
    delay: float | None
    code: str
    value: float | None
    values: tuple[float, ...]
    width: float
    integrations: int
    within: float | None = None
    reason: str = ""
    nearest: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SizeBounds:
    """The sizes between which a critical delay exists within a bracket of delays, and the outcomes below and above.

    A bound of None lies beyond the range looked at. `lower_at` and `upper_at` are the delays at the bounds.
    """

    lower: float | None
    upper: float | None
    lower_at: float | None
    upper_at: float | None
    below: tuple[str, ...]
    above: tuple[str, ...]
    code: str | None
    curve: CriticalCurve = field(repr=False)
    reason: str = ""


def minimal_size(scene: Scene, size: Sequence[Any] | Axis, delay: float | None = None, *, code: str | None = None, within: float | None = None,
                 xtol: float = 1e-6, looks: int = _LOOKS, longest: float = 1.0) -> MinimalSize:
    """Return the smallest size (name, low, high) at which the outcome is `code`, by default that of the largest size at that delay or at once.

    The policy starts `delay` after clock zero, by default as in the case. With `within` the outcome must also be decided within that time of the
    start of the policy. `xtol` is a share of the range.
    """
    where = f"{scene.where}, minimal size"
    axis = checked_axis(scene, size, where)
    if axis.name == DELAY:
        raise InputError(f"{where}: the delay is no size; name a parameter")
    delay = scene.own if delay is None else finite_number(f"{where}, delay", delay)
    if delay is not None and not scene.earliest <= delay <= scene.latest:
        raise InputError(f"{where}: the delay {delay:g} leaves the run; the policy can start at delays from {scene.earliest:g} to {scene.latest:g}")
    codes = [item.name for item in scene.model.outcomes if item.group == scene.group]
    if code is not None and code not in codes:
        raise unknown(where, f"outcome in the group {scene.group!r}", code, codes)
    if within is not None and (delay is None or not within > 0):
        raise InputError(f"{where}, within: it is {within:g} after the start of the policy; give a positive time" if delay is not None
                         else f"{where}, within: the policy has no start to count from; give delay=")
    before = scene.integrations
    look = _line(scene, axis, delay, within, longest)
    shares = np.linspace(0.0, 1.0, looks)
    seen = [look(float(share)) for share in shares]
    code = code or _aim(scene, axis, seen, longest)

    def inside(one: Probe) -> bool:
        return one.code == code and (within is None or one.margins["time left"].value >= 0)
    values, width, smallest = [], 0.0, None
    for low, high, one, other in zip(shares, shares[1:], seen, seen[1:], strict=False):
        if inside(one) is not inside(other):
            ends = (float(low), float(high)) if inside(one) else (float(high), float(low))
            found = crossing(look, inside, xtol, ends=ends)
            assert found is not None
            values.append(axis.value(found.place))
            width = max(width, found.width * (axis.high - axis.low))
            smallest = values[-1] if smallest is None and inside(other) else smallest
    made = MinimalSize(axis.name, delay, code, smallest, tuple(values), width, scene.integrations - before, within)
    return made if smallest is not None else _without(scene, axis, made, seen, inside, longest, before)


def _line(scene: Scene, axis: Axis, delay: float | None, within: float | None, longest: float) -> Callable[[float], Probe]:
    """Return what a size, as a share of its range, says; with `within` the time left takes the place of the deciding margins."""
    known: dict[float, Probe] = {}

    def look(share: float) -> Probe:
        if share not in known:
            found = probe(scene, (share, 0.0), delay, {axis.name: axis.value(share)}, longest)
            if within is not None and delay is not None:
                left = within - (found.time - scene.zero - delay) if found.time is not None else -within
                found = replace(found, margins={"time left": Margin("within", None, left, found.time or scene.end, 0, True)})
            known[share] = found
        return known[share]
    return look


def _aim(scene: Scene, axis: Axis, seen: Sequence[Probe], longest: float) -> str:
    """Return the outcome that the largest size has, or where no size changes anything the one it would have at once."""
    if all(one.code == seen[0].code for one in seen) and _never(scene, axis) == seen[0].code:
        return probe(scene, (1.0, 0.0), max(scene.earliest, 0.0), {axis.name: axis.high}, longest).code
    return seen[-1].code


def _without(scene: Scene, axis: Axis, made: MinimalSize, seen: Sequence[Probe], inside: Callable[[Probe], bool], longest: float,
             before: int) -> MinimalSize:
    """Return why there is no smallest size, with the nearest parameters that would create one."""
    timely = f" within {made.within:g}" if made.within is not None else ""
    between = f"{axis.name} from {axis.low:g} to {axis.high:g}"
    enough = inside(seen[0])
    if enough:
        reason = f"the smallest {axis.name} of the range, {axis.low:g}, gives {made.code!r}{timely} already"
    else:
        reason = f"no {between} gives {made.code!r}{timely}: the outcome is {', '.join(map(repr, dict.fromkeys(one.code for one in seen)))}"
    if not inside(seen[-1]) and enough:
        ends_at = ", ".join(f"{value:.4g}" for value in made.values)
        reason = f"{made.code!r}{timely} ends as {axis.name} grows, at {ends_at}, and does not begin within {between}"
    elif enough and (never := _never(scene, axis)) is not None and never != made.code:
        reason += f", without the policy it is {never!r}"
    elif enough and never is not None:
        reason = f"the outcome is {made.code!r} for {between}, as it is without the policy"
    nearest: dict[str, float] = {}
    if made.within is None and made.delay is not None:
        share = 0.0 if enough else 1.0
        ends = (made.delay, scene.latest) if enough else (max(scene.earliest, 0.0), made.delay)
        if ends[1] > ends[0]:
            own = Plane(scene, Axis(DELAY, *ends), axis, longest=longest)
            row = [own.probe((along, share)) for along in np.linspace(0.0, 1.0, 7)]
            changes = [(one, other) for one, other in zip(row, row[1:], strict=False) if inside(one) and not inside(other)]
            if changes:
                one, other = changes[0] if enough else changes[-1]
                found = crossing(lambda along: own.probe((along, share)), inside, 1e-4, ends=(one.place[0], other.place[0]))
                nearest[DELAY] = own.x.value(found.place if found else one.place[0])
    if not enough:
        nearest |= _larger(scene, axis, made, longest)
    texts = [f"delay {value:.4g} with {axis.name} {axis.low if enough else axis.high:g}" if name == DELAY else f"{name} {value:.4g}"
             for name, value in nearest.items()]
    reason += f"; the nearest that would: {' or '.join(texts)}" if texts else ""
    return replace(made, reason=reason, nearest=nearest, integrations=scene.integrations - before)


def _never(scene: Scene, axis: Axis) -> str | None:
    try:
        return scene.look(None, {axis.name: axis.low}).code
    except (InputError, NumericalFailure):
        return None


def _larger(scene: Scene, axis: Axis, made: MinimalSize, longest: float) -> dict[str, float]:
    """Return the smallest size beyond the range, up to eight times its end, that would do."""
    most = min(parameter.domain[1] for parameter in scene.model.parameters_of(axis.name))
    low, high = axis.high, axis.high
    for _ in range(3):
        low, high = high, min(2 * high if high > 0 else high + (axis.high - axis.low), most)
        if high <= low:
            break
        wide = Axis(axis.name, low, high)
        look = _line(scene, wide, made.delay, made.within, longest)
        found = crossing(look, lambda one: one.code == made.code and (made.within is None or one.margins["time left"].value >= 0), 1e-4, ends=(1.0, 0.0))
        if found is not None:
            return {axis.name: wide.value(found.place)}
    return {}


def size_bounds(scene: Scene, size: Sequence[Any] | Axis, bracket: tuple[float, float], *, code: str | None = None, points: int = 30, xtol: float = 1e-6,
                curve: CriticalCurve | None = None, longest: float = 1.0) -> SizeBounds:
    """Return the sizes (name, low, high) between which a critical delay exists within a bracket of delays: the extremes of the critical curve.

    A `curve` through the plane of delay and size that is known already is not traced again.
    """
    curve = curve or critical_curve(scene, (DELAY, *bracket), size, points=points, xtol=xtol, code=code, longest=longest, every=True)
    if (curve.x.name, curve.plane is None) != (DELAY, False):
        raise InputError(f"{scene.where}, size bounds: the curve runs over {curve.x.name!r}; give one with the delay as its first axis")
    axis, plane = curve.y, curve.plane
    assert plane is not None
    if not curve.branches:
        near = minimal_size(scene, axis, bracket[0], code=code, longest=longest).reason
        return SizeBounds(None, None, None, None, (), (), curve.code, curve,
                          f"no critical delay from {bracket[0]:g} to {bracket[1]:g}: {curve.reason}{f'; at the delay {bracket[0]:g} {near}' if near else ''}")
    ends = [[_refined(plane, curve, branch, largest, xtol) for branch in curve.branches] for largest in (False, True)]
    low, high = min(ends[0], key=lambda point: point[1]), max(ends[1], key=lambda point: point[1])
    room = 0.02

    def codes(share: float) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plane.probe((along, share)).code for along in (0.0, 0.25, 0.5, 0.75, 1.0)))
    open_ends = [end for branch in curve.branches if not branch.closed for end in branch.ends if not end.startswith("it leaves")]
    said = f"the curve was not followed to its end ({'; '.join(open_ends)}): these are the bounds of what was followed" if open_ends else ""
    reaches = axis.share(low[1]) > 1e-9, axis.share(high[1]) < 1 - 1e-9
    return SizeBounds(low[1] if reaches[0] else None, high[1] if reaches[1] else None, low[0] if reaches[0] else None, high[0] if reaches[1] else None,
                      codes(max(axis.share(low[1]) - room, 0.0)) if reaches[0] else (), codes(min(axis.share(high[1]) + room, 1.0)) if reaches[1] else (),
                      curve.code, curve, said)


def _refined(plane: Plane, curve: CriticalCurve, branch: Branch, largest: bool, xtol: float) -> tuple[float, float]:
    """Return the extreme size of a branch, between its points by parabolas through points of the curve found anew near it."""
    place = int(np.argmax(branch.y) if largest else np.argmin(branch.y))
    best = float(branch.x[place]), float(branch.y[place])
    if place in (0, len(branch.points) - 1) and not branch.closed:
        return best
    count = len(branch.points) - (1 if branch.closed else 0)
    near = [branch.points[(place + shift) % count] for shift in (-1, 0, 1)]
    points = [(plane.x.share(one.x), plane.y.share(one.y)) for one in near]
    for _ in range(6):
        (a, f), (b, g), (c, h) = points
        first = (f - g) / (a - b) if a != b else 0.0
        second = ((g - h) / (b - c) - first) / (c - a) if b != c and c != a else 0.0
        if second == 0:
            break
        vertex = (a + b) / 2 - first / (2 * second)
        if not min(a, c) < vertex < max(a, c) or abs(vertex - b) < 1e-4:
            break
        found = _above(plane, curve, vertex, g, xtol)
        if found is None:
            break
        points = sorted([*points, (vertex, found)])
        middle = (max if largest else min)(range(1, 3), key=lambda one: points[one][1])
        points = points[middle - 1:middle + 2]
    share = (max if largest else min)(points, key=lambda one: one[1])
    return plane.x.value(share[0]), plane.y.value(share[1])


def _above(plane: Plane, curve: CriticalCurve, along: float, near: float, xtol: float) -> float | None:
    """Return the crossing at a share of the first axis that is nearest to a share of the second."""
    def inside(one: Probe) -> bool:
        return one.code == curve.code
    for reach in (0.01, 0.03, 0.1):
        low, high = (float(np.clip(near + way * reach, 0.0, 1.0)) for way in (-1, 1))
        one, other = (inside(plane.probe((along, share))) for share in (low, high))
        if one is not other:
            found = crossing(lambda share: plane.probe((along, share)), inside, xtol, ends=(low, high) if one else (high, low))
            return None if found is None else found.place
    return None
