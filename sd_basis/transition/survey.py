"""The survey of a case, for one group of outcomes: when a rescue comes too late, how large it must be, and what an hour costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..errors import InputError, NumericalFailure
from ..model import Model
from ..outcomes import visited
from ..policies import Impulse, Policy
from .critical import Critical, critical_in, never
from .curve import CriticalCurve, critical_curve
from .phases import PhaseMap, phase_map
from .plane import Axis, checked_axis
from .price import Price, cost_of_an_hour, slope_of_the_curve
from .scene import DELAY, Scene
from .searching import Line
from .sizes import MinimalSize, SizeBounds, minimal_size, size_bounds
from .spending import Size
from .waiting import price_of_waiting

CURVE_XTOL = 3e-4  # of the box
_MOST = 240  # integrations for the curve: what is unfinished then ends and says so
_AGREE = 0.1  # the two slopes; where they differ more that of the curve counts
_VERTICAL = 12.0  # the slope, in shares of the box, from which a curve counts as vertical
HOURS = {"day": 24.0, "hour": 1.0, "week": 168.0}  # hours in a unit of model time


@dataclass(frozen=True)
class Survey:
    """What was found for one group of outcomes.

    `code` is the outcome that is to be avoided, that of the run without the policy. `runaway` is the second clock, in model time, None where
    the model declares none or never runs away. Without a size, or where the policy has none, what rests on it is None or empty.
    """

    scene: Scene
    code: str | None
    critical: Critical
    runaway: float | None
    size: Size | None = None
    minimal: MinimalSize | None = None
    timely: MinimalSize | None = None
    bounds: SizeBounds | None = None
    curve: CriticalCurve | None = None
    prices: tuple[Price, ...] = ()
    notes: tuple[str, ...] = field(default=())
    own_price: Price | None = None

    @property
    def price(self) -> Price | None:
        """The price of waiting at the date of the case, else at the point of the curve nearest to it, or to the critical delay."""
        if self.own_price is not None:
            return self.own_price
        at = self.scene.own if self.scene.own is not None else self.critical.value
        return min(self.prices, key=lambda price: abs(price.x - at), default=None) if at is not None else None

    def document(self) -> dict[str, Any]:
        """Return the survey as plain numbers and texts, with the keys of the interface contract."""
        scene, found = self.scene, self.critical
        price, hours = self.price, HOURS.get(scene.model.time_unit)
        unit = None if self.size is None else scene.model.unit_text(scene.model.quantity(self.size.parameter))
        return _finite({
            "critical_delay": list(found.values), "critical_date": list(found.date), "time_unit": scene.model.time_unit,
            "critical_shift": [None if scene.own is None else value - scene.own for value in found.values],
            "after_runaway": [None if self.runaway is None else value - (self.runaway - scene.zero) for value in found.values],
            "clock_zero": {"time": scene.zero, "date": scene.case.when(scene.zero)},
            "runaway": None if self.runaway is None else {"time": self.runaway, "date": scene.case.when(self.runaway)},
            "below": list(found.below), "above": list(found.above), "outcome_without": self.code,
            "tolerance": found.tolerance, "classification": found.classification, "unstable_eigenvalue": found.unstable_eigenvalue,
            "log_slope": dict(found.log_slope), "decades": found.decades, "agreement": found.agreement,
            "edge_state": None if found.edge_state is None else dict(found.edge_state),
            "spectrum": [[value.real, value.imag] for value in map(complex, found.spectrum)],
            "size": None if self.size is None else {"parameter": self.size.parameter, "unit": unit, "low": self.size.low, "high": self.size.high},
            "size_bounds": None if self.bounds is None else {
                "lower": self.bounds.lower, "upper": self.bounds.upper, "lower_at": self.bounds.lower_at, "upper_at": self.bounds.upper_at,
                "below": list(self.bounds.below), "above": list(self.bounds.above), "reason": self.bounds.reason},
            "minimal_size": None if self.minimal is None else _sized(self.minimal),
            "minimal_size_within": None if self.timely is None else {**_sized(self.timely), "within": self.timely.within},
            "cost_of_an_hour": None if price is None or hours is None else price.cost,
            "cost_from": None if price is None else price.reason or "the slope of the curve",
            "cost": [{"delay": one.x, "size": one.y, "cost": one.cost, "per": "hour" if hours else scene.model.time_unit, "slope": one.slope,
                      "exact": one.exact, "traced": one.traced, "agreement": one.agreement, "converged": one.converged, "reason": one.reason}
                     for one in self.prices],
            "curve": None if self.curve is None else [
                {"points": [[float(x), float(y)] for x, y in zip(branch.x, branch.y, strict=True)], "ends": list(branch.ends)} for branch in self.curve.branches],
            "control": None if found.control is None else dict(found.control),
            "convergence": [dict(row) for row in found.convergence],
            "scaling": dict(found.scaling),
            "integrations": {"critical_delay": found.integrations, "evidence": found.evidence_integrations,
                             "curve": None if self.curve is None else self.curve.integrations},
            "reason": "; ".join([found.reason, *self.notes]),
        })


def survey(model: Model, case: Case | str | Path | None, group: str, *, policy: Policy | Impulse | str | None = None, size: Size | None = None,
           bracket: tuple[float, float] | None = None, within: float | None = None, set: Mapping | None = None,
           policies: Iterable[Policy | str] = (), method: str = "LSODA", rtol: float = 1e-6, xtol: float = 1e-6, control: Any = None,
           points: int = 12, frozen: Iterable[str] = (), convergence: bool = True) -> Survey:
    """Return the survey of one group of outcomes: the critical delay and, with a size, all that is said of sizes.

    `bracket` are the delays looked at, by default those of the whole run; `within` is a time after the start of the policy by which it shall have
    recovered. The rest is as in `critical_delay`, `critical_curve` and `minimal_size`. Raises InputError for what cannot be searched.
    """
    scene = Scene(model, case, policy=policy, outcome=group, set=set, policies=policies, method=method, rtol=rtol)
    code = never(scene)
    axis = Line(scene, code=code)
    _check(scene, size, within)
    found = critical_in(axis, bracket, xtol, control=control, convergence=convergence, frozen=frozen, rtols=(1e-9,), methods=("BDF",))
    made = Survey(scene, code, found, _runaway(scene))
    if size is None or code is None:
        return made
    first, last = axis.bracket(bracket)
    if bracket is None:  # the plane reaches half as far again as what happens in it
        last = min(last, 1.5 * max([first + 1e-9, *found.values, *([] if scene.own is None else [scene.own])]))
    own = scene.own if scene.own is not None else found.value
    plane_size = size.parameter, size.low, size.high
    least = timely = waiting = None
    try:
        if own is not None and (good := _good(scene, size, own, code)) is not None:
            least = minimal_size(scene, plane_size, own, code=good, xtol=CURVE_XTOL)
            timely = None if within is None else minimal_size(scene, plane_size, own, code=good, within=within, xtol=CURVE_XTOL)
            waiting = price_of_waiting(scene, Axis(*plane_size), least, size.spends if size.spends is not None else 1.0, HOURS.get(model.time_unit))
        starts = [(own, least.value)] if least is not None and least.value is not None and first <= own <= last else []  # type: ignore[operator]
        now = scene.value(size.parameter)
        starts += [(value, now) for value in found.values if size.low <= now <= size.high]
        curve = critical_curve(scene, (DELAY, first, last), plane_size, points=points, xtol=CURVE_XTOL, code=code, start=starts or None, most=_MOST)
        bounds = size_bounds(scene, Axis(*plane_size), (first, last), code=code, curve=curve)
        spends = size.spends if size.spends is not None else 1.0
        prices = cost_of_an_hour(scene, curve, amount=spends, hours_per_time_unit=HOURS.get(model.time_unit), at=12, exact=False)
        prices = _exact(scene, curve, tuple(price for price in prices if _finite_price(curve, price)), own)
    except NumericalFailure as error:
        return Survey(scene, code, found, made.runaway, size, least, timely, notes=(f"no critical curve: {error}",), own_price=waiting)
    return Survey(scene, code, found, made.runaway, size, least, timely, bounds, curve, prices, _nearest(found, bounds, size), waiting)


def _check(scene: Scene, size: Size | None, within: float | None) -> None:
    """Raise InputError for a size or a time that cannot be used, before the long work begins."""
    if within is not None and not within > 0:
        raise InputError(f"{scene.where}, within: it is {within:g} after the start of the policy; give a positive time")
    if size is not None:
        checked_axis(scene, (size.parameter, size.low, size.high), f"{scene.where}, size")
        for end in (size.low, size.high):
            scene.look(scene.own, {size.parameter: end})


def _finite_price(curve: CriticalCurve, price: Price) -> bool:
    """Tell whether a curve is not vertical at a price: there no size makes up for waiting."""
    return abs(price.traced) * (curve.x.high - curve.x.low) < _VERTICAL * (curve.y.high - curve.y.low)


def _exact(scene: Scene, curve: CriticalCurve, prices: tuple[Price, ...], own: float | None) -> tuple[Price, ...]:
    """Return the prices, with that nearest to a delay from exact sensitivities, where these can be had."""
    if own is None or not prices:
        return prices
    place = min(range(len(prices)), key=lambda row: abs(prices[row].x - own))
    price = prices[place]
    point = min(curve.branches[price.branch].points, key=lambda one: abs(one.x - price.x) + abs(one.y - price.y))
    try:
        slope, converged, at = slope_of_the_curve(scene, curve, point)
    except (InputError, NumericalFailure) as error:
        return (*prices[:place], replace(price, reason=f"no exact sensitivities: {error}"), *prices[place + 1:])
    agreement = abs(slope - price.traced) / max(abs(slope), abs(price.traced), 1e-300)
    if not agreement < _AGREE:
        said = f"exact sensitivities beside the curve give the slope {slope:.3g}: the response is too steep there for a run beside it to tell the curve's"
        return (*prices[:place], replace(price, agreement=agreement, reason=said), *prices[place + 1:])
    better = replace(price, exact=slope, converged=converged, at=at, agreement=agreement, cost=slope * price.amount / HOURS.get(scene.model.time_unit, 1.0))
    return (*prices[:place], better, *prices[place + 1:])


def mapped(one: Survey, store: Path | None = None, workers: int = 1, grid: tuple[int, int] = (8, 6), depth: int = 1) -> PhaseMap:
    """Return the phase map of a survey over delay and size; its points are kept in the folder `store`, from which it goes on."""
    if one.size is None:
        raise InputError(f"{one.scene.where}: there is no size to map over; name one")
    first, last = (one.curve.x.low, one.curve.x.high) if one.curve is not None else Line(one.scene).bracket(None)
    return phase_map(one.scene, (DELAY, first, last), (one.size.parameter, one.size.low, one.size.high), grid=grid, depth=depth, store=store, workers=workers)


def _good(scene: Scene, size: Size, delay: float, code: str) -> str | None:
    """Return the outcome other than `code` at the largest size that has one."""
    for share in (1.0, 0.5, 0.25):
        found = scene.look(delay, {size.parameter: size.low + share * (size.high - size.low)}).code
        if found != code:
            return found
    return None


def _nearest(found: Critical, bounds: SizeBounds, size: Size) -> tuple[str, ...]:
    """Return the sizes that would have a critical delay, where the case has none."""
    if found.values or (bounds.lower is None and bounds.upper is None):
        return ()
    ends = [f"{end:.4g}" for end in (bounds.lower, bounds.upper) if end is not None]
    return (f"a critical delay would exist with {size.parameter} {'between ' + ' and '.join(ends) if len(ends) == 2 else 'beyond ' + ends[0]}",)


def _runaway(scene: Scene) -> float | None:
    """Return when the model runs away where the policy never comes."""
    if scene.model.runaway is None:
        return None
    try:
        return visited(scene.run(None).path)[scene.model.runaway].first
    except NumericalFailure:
        return None


def _sized(found: MinimalSize) -> dict[str, Any]:
    return {"value": found.value, "values": list(found.values), "delay": found.delay, "outcome": found.code, "tolerance": found.width,
            "reason": found.reason, "nearest": dict(found.nearest)}


def _finite(value: Any) -> Any:
    """Return a value without numbers that are not finite, which strict JSON refuses."""
    if isinstance(value, Mapping):
        return {str(key): _finite(own) for key, own in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_finite(own) for own in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
