"""What waiting costs at one date, straight from its meaning: the size that just suffices then, and a day later."""

from __future__ import annotations

from dataclasses import replace

from ..quadrature import passed
from ..quantities import Flow
from .plane import Axis
from .price import Price
from .scene import Scene
from .sizes import MinimalSize, minimal_size

_REACHES = (1e-3, 0.16, 1.0)  # of the range of sizes: how far from the least size another is looked for, in turn
_XTOL = 2e-5  # of the range
_DAY, _SHARE = 24.0, 0.01  # hours waited, or the share of the time to the end of the run where time is not in hours, days or weeks


def price_of_waiting(scene: Scene, size: Axis, least: MinimalSize, amount: Flow | float, hours: float | None) -> Price | None:
    """Return the price of waiting for a day at the delay of a least size, None where the size a day later cannot be told.

    The slope is (s(d + h) - s(d)) / h with h a day, or a hundredth of the time to the end of the run where `hours`, in a unit of time, are not
    given: the boundary has plateaus and steps, over which a day is what a decision is about. `amount` is what a unit of size stands for, as in
    `cost_of_an_hour`.
    """
    if least.value is None or least.delay is None:
        return None
    h = _DAY / hours if hours else _SHARE * (scene.latest - least.delay)
    if least.delay + h >= scene.latest:
        return None
    now, later = _near(scene, size, least, least.delay, _REACHES), _near(scene, size, least, least.delay + h, _REACHES[1:])
    if now is None or later is None:
        return None
    slope = (later - now) / h
    each = amount if not isinstance(amount, Flow) else passed(scene.run(least.delay, {size.name: least.value + least.width}).path, amount) / least.value
    said = f"the least size grows from {now:.6g} to {later:.6g} in {h:.3g} {scene.model.time_unit}"
    return Price(-1, least.delay, least.value, None, slope, None, None, None, float(each), slope * float(each) / (hours or 1.0), said)


def _near(scene: Scene, size: Axis, least: MinimalSize, delay: float, reaches: tuple[float, ...]) -> float | None:
    """Return the least size at a delay near that of a known one, which it is not far from."""
    for reach in reaches:
        wide = reach * (size.high - size.low)
        low, high = max(least.value - wide, size.low), min(least.value + wide, size.high)  # type: ignore[operator]
        found = minimal_size(scene, replace(size, low=low, high=high), delay, code=least.code, xtol=_XTOL * (size.high - size.low) / (high - low), looks=2)
        if found.value is not None:
            return found.value
    return None
