"""Local sensitivities: how a quantity of interest moves with each parameter and date at the point where the model stands, exactly.

They are forward sensitivities of one run, through its dates, triggers and impulses. At an extreme inside the run the time of the extreme moves too,
but that counts for nothing, since the quantity is level there; at one that sits on a date it moves with the date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..ensemble.axes import Range
from ..errors import InputError, NumericalFailure
from ..forward import COLLOCATION
from ..quantities import TIME
from ..responses import sensitivities
from ..run import Run
from ..transition.scene import Scene
from .interests import AT, CRITICAL, END, HIGHEST, OUTCOME, Interest
from .measuring import quantity_of, with_interests

_INSIDE = np.array([0.25, 0.5, 0.75])  # where extremes are looked for inside a step
_NARROWED, _PASSES = 17, 4
STEP = 1e-4  # of the plausible range: by which a parameter is moved for a difference


@dataclass(frozen=True)
class Slope:
    """How a quantity of interest moves with one parameter, or with one date.

    `value` is that of the parameter (None for a date), `low` and `high` its range, `result` the quantity of interest, `slope` its exact derivative.
    `difference` is a central difference of runs at a finer tolerance, where it was asked for.
    """

    of: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    result: float
    slope: float
    difference: float | None = None

    @property
    def elasticity(self) -> float | None:
        """The derivative of the logarithm by the logarithm, None for a date and where a value or the result is zero."""
        return None if not self.value or not self.result else self.slope * self.value / self.result

    @property
    def swing(self) -> float:
        """The change over the whole plausible range if it were a straight line; of a date the change for one unit of time."""
        return self.slope if self.low is None or self.high is None else self.slope * (self.high - self.low)

    @property
    def ends(self) -> tuple[float, float] | None:
        """The result at both ends of the range along the straight line, None for a date."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return self.result + self.slope * (self.low - self.value), self.result + self.slope * (self.high - self.value)

    @property
    def disagreement(self) -> float | None:
        """How far slope and difference are apart, relative to the larger."""
        if self.difference is None:
            return None
        return abs(self.slope - self.difference) / max(abs(self.slope), abs(self.difference), 1e-300)


@dataclass(frozen=True)
class Local:
    """The slopes of a quantity of interest by parameters, the largest swing first, and by dates, when it was taken, what to beware of and to know."""

    of: str
    result: float
    time: float | None
    slopes: tuple[Slope, ...]
    dates: tuple[Slope, ...]
    warnings: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class _Taken:
    """Where a quantity of interest is taken: model time, value, and whether that is on a switch."""

    time: float
    value: float
    on_switch: bool


def local_sensitivities(scene: Scene, interests: Sequence[Interest], axes: Sequence[Range], dates: Sequence[str] = (), *, check: int = 0,
                        method: str = COLLOCATION) -> tuple[Local, ...]:
    """Return the exact derivatives of quantities of interest of the case as it stands by parameters, over whose ranges they are scaled, and by dates.

    `dates` are names of dated policies, or "shift" for all of them. For the `check` parameters of each quantity with the largest swing the derivative
    is compared with a central difference. A critical delay has its own function; whether an outcome is met has no derivative.
    """
    for interest in interests:
        if interest.kind == OUTCOME:
            raise InputError(f"{scene.where}, {interest.text}: a yes or no has no derivative; ask for margin:{interest.name} or {CRITICAL}:{interest.name}")
        if interest.kind == CRITICAL:
            raise InputError(f"{scene.where}, {interest.text}: the derivative of a critical delay is that of critical_slopes; ask for it there")
    there = with_interests(scene, interests)
    run = there.run(there.own)
    taken = [taken_at(run, *quantity_of(scene, interest), interest.time) for interest in interests]
    varied = [*(axis.name for axis in axes), *dates]
    if not varied:
        raise InputError(f"{scene.where}: no parameter has a plausible range, and no date is given; name one with --over NAME=uniform(LOW,HIGH)")
    times = sorted({one.time for one in taken})
    made = sensitivities(run, varied, at=times, method=method)
    found = []
    for interest, one in zip(interests, taken, strict=True):
        name, warnings = quantity_of(scene, interest)[0], list(made.warnings)
        slopes = np.array([made[name, item][times.index(one.time)] for item in varied])
        if one.on_switch and interest.kind not in (AT, END):
            slopes += _with_dates(run, name, one.time, varied)
            warnings.append(f"{interest.text}: it is taken on a switch at {run.when(one.time)}, which moves with its date; that a trigger's own time moves is "
                            "left out")
        if not np.all(np.isfinite(slopes)):
            raise NumericalFailure(f"{scene.where}, {interest.text}: a derivative is not finite at {run.when(one.time)}; ask for another time")
        own = [Slope(interest.text, axis.name, scene.value(axis.name), axis.low, axis.high, one.value, float(slope))
               for axis, slope in zip(axes, slopes, strict=False)]
        by_date = [Slope(interest.text, date, None, None, None, one.value, float(slope)) for date, slope in zip(dates, slopes[len(axes):], strict=True)]
        own.sort(key=lambda slope: -abs(slope.swing))
        found.append(Local(interest.text, one.value, one.time, tuple(own), tuple(by_date), tuple(dict.fromkeys(warnings))))
    return tuple(_checked(scene, interest, one, check) for interest, one in zip(interests, found, strict=True)) if check else tuple(found)


def taken_at(run: Run, name: str, measure: str, time: float | None = None) -> _Taken:
    """Return when and with which value a run takes a measure of a quantity: at its end, at a time, or at an extreme, to the accuracy of its interpolants."""
    path = run.path
    if measure in (END, AT):
        when = float(path.t[-1]) if time is None else time
        return _Taken(when, float(_values(run, name, np.array([when]), *path.at(np.array([when])))[0]), False)
    sign = 1.0 if measure == HIGHEST else -1.0
    t, x, segment, _ = path.between(_INSIDE)
    t, x, segment = np.concatenate([path.t, t]), np.concatenate([path.x, x]), np.concatenate([path.segment, segment])
    order = np.lexsort((t, segment))
    t, x, segment = t[order], x[order], segment[order]
    values = sign * _values(run, name, t, x, segment)
    best = int(np.nanargmax(values))
    piece, top, value = int(segment[best]), float(t[best]), float(values[best])
    first, last = (float(t[min(max(best + way, 0), len(t) - 1)]) for way in (-1, 1))
    begin, end = float(path.pieces[piece].t[0]), float(path.pieces[piece].t[-1])
    first, last = max(first, begin) if first <= top else begin, min(last, end) if last >= top else end
    for _ in range(_PASSES if last > first else 0):
        times = np.linspace(first, last, _NARROWED)
        own = sign * _values(run, name, times, path.at(np.minimum(times, np.nextafter(end, begin)))[0], np.full(len(times), piece))
        place = int(np.nanargmax(own))
        if own[place] > value:
            top, value = float(times[place]), float(own[place])
        first, last = float(times[max(place - 1, 0)]), float(times[min(place + 1, len(times) - 1)])
    near = path.schedule.nearest
    edge = piece > 0 and top - begin <= near or piece < len(path.pieces) - 1 and end - top <= near
    if piece < len(path.pieces) - 1 and top >= end:
        top = max(end - 4 * near, begin)  # before what the switch does
    return _Taken(top, sign * value, bool(edge))


def _values(run: Run, name: str, t: np.ndarray, x: np.ndarray, segment: np.ndarray) -> np.ndarray:
    """Return a quantity at states along a run."""
    model = run.model
    quantity = model.quantities[name]
    if quantity in model.stocks:
        return x[:, model.stocks.index(quantity)]
    return run.path.evaluate(run.path.compiled.observe, t, x, segment)[list(model.computed).index(quantity)]


def _with_dates(run: Run, name: str, time: float, varied: Sequence[str]) -> np.ndarray:
    """Return what an extreme on a switch gains because the switch moves with a date: the rate of the quantity where it is taken."""
    path, near = run.path, 8 * run.path.schedule.nearest
    moved = {action.name: (abs(action.start - time) <= near or abs(action.end - time) <= near) and not action.shock for action in path.schedule.actions}
    if not any(moved.values()):
        return np.zeros(len(varied))
    rate = rate_along(run, run.model.quantities[name], time)
    return np.array([rate * float(moved.get(item, False) or item == "shift" and any(moved.values())) for item in varied])


def rate_along(run: Run, expression: Any, time: float) -> float:
    """Return how fast an expression changes along a run at a time."""
    path = run.path
    state, segment = path.at(np.array([time]))
    inputs = path.segments[int(segment[0])].values(time)
    slopes = path.compiled.gradient([expression], [*run.model.stocks, TIME])(time, state[0].tolist(), inputs)[0]
    return float(slopes[:-1] @ np.array(path.compiled.rhs(time, state[0].tolist(), inputs)) + slopes[-1])


def _checked(scene: Scene, interest: Interest, found: Local, count: int) -> Local:
    """Return the sensitivities of an interest with differences for the first few."""
    fine = with_interests(scene.with_rtol(max(1e-4 * scene.rtol, 1e-11)), [interest])
    own = []
    for place, slope in enumerate(found.slopes):
        own.append(slope if place >= count else _differenced(fine, scene, interest, slope))
    return replace(found, slopes=tuple(own))


def _differenced(fine: Scene, scene: Scene, interest: Interest, slope: Slope) -> Slope:
    """Return a slope with the central difference of two runs beside it, one-sided where the domain ends."""
    assert slope.value is not None and slope.low is not None and slope.high is not None
    step, domain = STEP * (slope.high - slope.low), scene.model.quantities[slope.name].domain
    low, high = max(slope.value - step, domain[0]), min(slope.value + step, domain[1])
    ends = []
    for value in (low, high):
        run = fine.run(fine.own, {slope.name: value})
        ends.append(taken_at(run, *quantity_of(scene, interest), interest.time).value)
    return replace(slope, difference=(ends[1] - ends[0]) / (high - low))
