"""The price of waiting: by how much the rescue that just suffices grows with its delay, by two routes.

Along the critical curve g(d, s) = 0 the shadow price is ds/dd = -g_d / g_s. The first route takes g_d and g_s from the exact
sensitivities of one run beside the curve, with the jump at the date: of the margin that decides, where it decides, or, at a
saddle, late in the run, where every functional grows along the one unstable direction and the ratio no longer hangs on which.
The second is the slope of the traced curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, NumericalFailure
from ..quadrature import passed
from ..quantities import TIME, Flow, finite_number
from ..responses import sensitivities
from ..run import Run
from .along import traced_slope
from .curve import Branch, CriticalCurve, CurvePoint
from .habit import CODES, DECISION
from .margins import Margin
from .plane import Plane, Probe
from .scene import DELAY, Scene

_SETTLED = 0.01  # of change over the last e-folding, beyond which a ratio has not converged
_LATE = (2.0, 1.0, 0.0)  # e-foldings before the decision


@dataclass(frozen=True)
class Price:
    """The slope of the critical curve at one of its points, and what an hour, or a unit of time, costs there.

    `branch` is the number of the branch, from zero. `exact` comes from sensitivities, None with a `reason` where they cannot be had; `traced` from
    the curve; `agreement` is their relative difference. At a saddle `converged` is by how much the ratio still changed over the last e-folding.
    `slope` is the one that counts, `cost` that times the amount per unit of size, per hour where the hours of a unit of time are given.
    """

    branch: int
    x: float
    y: float
    exact: float | None
    traced: float
    agreement: float | None
    converged: float | None
    at: float | None
    amount: float
    cost: float
    reason: str = ""

    @property
    def slope(self) -> float:
        """The exact slope where there is one, else the traced one."""
        return self.traced if self.exact is None else self.exact


def cost_of_an_hour(scene: Scene, curve: CriticalCurve, *, amount: float | str | Flow = 1.0, hours_per_time_unit: float | None = None, at: int = 9,
                    exact: bool = True, rtol: float | None = None) -> tuple[Price, ...]:
    """Return the price of waiting at up to `at` points along each branch of a curve over the delay.

    `amount` is what one unit of size stands for: a number, or the name of a flow, whose integral over the run beside the curve is divided by the
    size. With `hours_per_time_unit` (24 where time is in days) the cost is per hour, else per unit of time.
    """
    where = f"{scene.where}, cost of an hour"
    if curve.x.name != DELAY:
        raise InputError(f"{where}: the first axis of the curve is {curve.x.name!r}; trace the curve with the delay as its first axis")
    if hours_per_time_unit is not None and not finite_number(f"{where}, hours per time unit", hours_per_time_unit) > 0:
        raise InputError(f"{where}: {hours_per_time_unit:g} hours in a unit of time; give a positive number, 24 where time is in days")
    flow = None if isinstance(amount, (int, float)) else scene.model.quantity(str(getattr(amount, "name", amount)), where, Flow)
    return tuple(_priced(scene, curve, number, place, flow, amount, hours_per_time_unit, exact, rtol)
                 for number, branch in enumerate(curve.branches) for place in _chosen(branch, at))


def slope_of_the_curve(scene: Scene, curve: CriticalCurve, point: CurvePoint, rtol: float | None = None) -> tuple[float, float | None, float]:
    """Return dy/dx at a point of a curve from exact sensitivities, its change over the last e-folding (at a saddle), and the model time of the margin.

    Raises InputError or NumericalFailure, in one sentence, where they cannot be had.
    """
    plane = curve.plane
    assert plane is not None
    beside = point.inside if point.inside.time is not None and (point.outside.time is None or point.outside.time <= point.inside.time) else point.outside
    if point.led_by not in (DECISION, CODES) and point.led_by in beside.margins:
        margin = beside.margins[point.led_by]
        return _ratio(scene, plane, beside, margin, [margin.time], rtol)[0], None, margin.time
    if beside.time is None:
        raise InputError(f"{scene.where}, slope at {plane.text(beside.place)}: the run is undecided on both sides; follow it longer")
    functional = next((one for one in beside.margins.values() if one.name == beside.code), None) or next(iter(beside.margins.values()))
    start = scene.zero + (plane.values(beside.place)[0] or 0.0)
    fold = 1 / point.rate if point.rate else 0.1 * (beside.time - start)
    fold = min(fold, 0.3 * max(beside.time - start, 1e-12))
    ratios = _ratio(scene, plane, beside, functional, [beside.time - share * fold for share in _LATE], rtol)
    return ratios[-1], abs(ratios[-1] - ratios[-2]) / max(abs(ratios[-1]), 1e-300), beside.time


def _ratio(scene: Scene, plane: Plane, beside: Probe, margin: Margin, times: Sequence[float], rtol: float | None) -> list[float]:
    """Return -g_x / g_y of a margin at times of the run at one look."""
    run, delay = plane.run(beside.place), plane.values(beside.place)[0]
    if margin.expression is None:
        raise InputError(f"{scene.where}, slope at {plane.text(beside.place)}: the length of a stay decides, which is no expression of the model")
    if delay is not None and delay - scene.earliest <= 1e-9 * (scene.end - scene.start) and DELAY in (plane.x.name, plane.y.name):
        raise InputError(f"{scene.where}, slope at {plane.text(beside.place)}: the policy starts with the run and cannot start earlier; take a later delay")
    moves = "shift" if scene.moved is None else scene.moved.name
    varied = [moves if axis.name == DELAY else axis.name for axis in (plane.x, plane.y)]
    made = sensitivities(run, varied, at=times, rtol=rtol)
    if made.warnings:
        raise InputError(f"{scene.where}, slope at {plane.text(beside.place)}: {made.warnings[0]}")
    slopes = np.array(made.of(margin.expression))
    for row, time in enumerate(times):
        if DELAY in (plane.x.name, plane.y.name) and delay is not None and abs(time - scene.zero - delay) <= 1e-9 * (scene.end - scene.start):
            slopes[row, [plane.x.name, plane.y.name].index(DELAY)] += _drift(run, margin, time)  # the extremum sits on the date and moves with it
    if np.any(slopes[:, 1] == 0) or not np.all(np.isfinite(slopes)):
        raise NumericalFailure(f"{scene.where}, slope at {plane.text(beside.place)}: the margin of {margin.name!r} does not move with {plane.y.name}")
    return [-float(own[0] / own[1]) for own in slopes]


def _drift(run: Run, margin: Margin, time: float) -> float:
    """Return the rate of a margin just after a switch at a time."""
    path, model = run.path, run.model
    x, segment = path.at(np.array([time]))
    inputs = path.segments[int(segment[0])].values(time)
    slopes = path.compiled.gradient([margin.expression], [*model.stocks, TIME])(time, x[0].tolist(), inputs)[0]
    return float(slopes[:-1] @ np.array(path.compiled.rhs(time, x[0].tolist(), inputs)) + slopes[-1])


def _chosen(branch: Branch, at: int) -> list[int]:
    count = len(branch.points)
    return sorted({int(round(place)) for place in np.linspace(0, count - 1, min(at, count))}) if count >= 3 else []


def _priced(scene: Scene, curve: CriticalCurve, number: int, place: int, flow: Flow | None, amount: float | str | Flow, hours: float | None,
            exact: bool, rtol: float | None) -> Price:
    branch = curve.branches[number]
    point, reason = branch.points[place], ""
    slope = converged = at = None
    if exact:
        try:
            slope, converged, at = slope_of_the_curve(scene, curve, point, rtol)
        except (InputError, NumericalFailure) as error:
            reason = f"no exact sensitivities: {error}"
        if slope is not None and converged is not None and converged > _SETTLED:
            slope, reason = None, f"the ratio of sensitivities still changed by {100 * converged:.2g} % over the last e-folding before the decision"
    traced = traced_slope(branch, place)
    each = float(amount) if flow is None else _through(scene, curve, point, flow)  # type: ignore[arg-type]
    chosen = traced if slope is None else slope
    agreement = None if slope is None or not np.isfinite(traced) else abs(slope - traced) / max(abs(slope), abs(traced), 1e-300)
    return Price(number, point.x, point.y, slope, traced, agreement, converged, at, each, chosen * each / (hours or 1.0), reason)


def _through(scene: Scene, curve: CriticalCurve, point: CurvePoint, flow: Flow) -> float:
    """Return what passes through a flow over the run inside the curve, per unit of size."""
    assert curve.plane is not None
    run = curve.plane.run(point.inside.place)
    return passed(run.path, flow) / point.y if point.y else float("nan")
