"""Delays and smooths, of any order, as chains of stocks.

A delay holds what flows in and lets all of it out again, later: the content of its stages is conserved whatever its
time does (Sterman, Business Dynamics, 2000, ch. 11). A smooth holds information, follows its input and conserves nothing.
"""

from __future__ import annotations

from typing import Any

import sympy

from .errors import InputError
from .families import declared, families_of
from .quantities import CLOUD, Auxiliary, Flow, Stock, equation, with_total
from .written import minus, plus, power, times


def DELAYN(name: str, inflow: Any, time: Any, order: int, *, initial: Any = None, source: Any = CLOUD, sink: Any = CLOUD,  # noqa: N802
           unit: str | None = None, description: str = "") -> Flow:
    """Return the outflow of a conserving delay of `order` stages in a row, each with the share time / order.

    `inflow` is a rate; it leaves `source`, passes the stages `name_1`, `name_2`, ..., and what comes out, the flow
    `name`, enters `sink`. Each stage empties at order * stage / time (the Erlang delay). Without `initial`, the rate at which
    it flows in and out when the run begins, the stages begin in the steady state of their input. `unit` is that of the
    stages. Raises InputError for an order that is no whole number of at least one.
    """
    _check_order(f"delay {name!r}", order)
    if families := families_of(None, (inflow, time, initial, source, sink)):
        def one(name: str, **own: Any) -> Flow:
            return DELAYN(name, order=order, unit=unit, description=description, **own)
        return with_total(declared(one, name, families, inflow=inflow, time=time, initial=initial, source=source, sink=sink), name, None)
    written, _ = equation(f"delay {name!r}, inflow", inflow)
    span, _ = equation(f"delay {name!r}, time", time)
    begun = written if initial is None else equation(f"delay {name!r}, initial", initial)[0]
    share = span if order == 1 else times(span, power(sympy.Integer(order), sympy.S.NegativeOne))
    stages = [Stock(f"{name}_{place}", times(begun, share), unit, description=f"stage {place} of the delay {name}") for place in range(1, order + 1)]
    flows = [Flow(f"{name}_in", source=source, sink=stages[0], rate=written, reversible=True, description=f"what enters the delay {name}")]
    for place, (stage, following) in enumerate(zip(stages, [*stages[1:], sink], strict=True), 1):
        stage.begun, stage.holds, stage.gathers = begun, written, True
        rate = times(stage, power(share, sympy.S.NegativeOne))
        last = place == order
        flows.append(Flow(name if last else f"{name}_{place}_{place + 1}", source=stage, sink=following, rate=rate, reversible=True,
                          description=description if last else f"between stages of the delay {name}"))
        flows[-1].lag = (span, stage)
    flows[-1].flows = tuple(flows)
    return flows[-1]


def DELAY1(name: str, inflow: Any, time: Any, **options: Any) -> Flow:  # noqa: N802
    """Return the outflow of a conserving delay of the first order; see DELAYN."""
    return DELAYN(name, inflow, time, 1, **options)


def DELAY3(name: str, inflow: Any, time: Any, **options: Any) -> Flow:  # noqa: N802
    """Return the outflow of a conserving delay of the third order; see DELAYN."""
    return DELAYN(name, inflow, time, 3, **options)


def SMOOTHN(name: str, followed: Any, time: Any, order: int, *, initial: Any = None, unit: str | None = None,  # noqa: N802
            description: str = "") -> Auxiliary:
    """Return an auxiliary that follows another quantity through `order` exponential averages, each over time / order.

    Each stage `name_1`, `name_2`, ... moves by order * (the one before - itself) / time. Without `initial` all begin at
    the value of what they follow. Raises InputError for an order that is no whole number of at least one.
    """
    _check_order(f"smooth {name!r}", order)
    if families := families_of(None, (followed, time, initial)):
        def one(name: str, **own: Any) -> Auxiliary:
            return SMOOTHN(name, order=order, unit=unit, description=description, **own)
        return declared(one, name, families, followed=followed, time=time, initial=initial)
    written, _ = equation(f"smooth {name!r}, input", followed)
    span, _ = equation(f"smooth {name!r}, time", time)
    begun = written if initial is None else equation(f"smooth {name!r}, initial", initial)[0]
    share = span if order == 1 else times(span, power(sympy.Integer(order), sympy.S.NegativeOne))
    before, flows = written, []
    for place in range(1, order + 1):
        stage = Stock(f"{name}_{place}", begun, unit, description=f"stage {place} of the smooth {name}")
        stage.begun, stage.holds, stage.gathers = begun, written, False
        gap = plus(before, minus(stage))
        rate = times(gap, power(share, sympy.S.NegativeOne))
        flows.append(Flow(f"{name}_{place}_change", source=CLOUD, sink=stage, rate=rate, reversible=True, description=f"adjustment of stage {place} of {name}"))
        flows[-1].lag = (span, gap)
        before = stage
    smoothed = Auxiliary(name, before, unit, description=description)
    smoothed.flows = tuple(flows)
    return smoothed


def SMOOTH(name: str, followed: Any, time: Any, **options: Any) -> Auxiliary:  # noqa: N802
    """Return an auxiliary that follows another by first-order exponential smoothing; see SMOOTHN."""
    return SMOOTHN(name, followed, time, 1, **options)


def SMOOTH3(name: str, followed: Any, time: Any, **options: Any) -> Auxiliary:  # noqa: N802
    """Return an auxiliary that follows another by third-order exponential smoothing; see SMOOTHN."""
    return SMOOTHN(name, followed, time, 3, **options)


def _check_order(where: str, order: Any) -> None:
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise InputError(f"{where}, order: {order!r} is no whole number of at least 1; give the number of stages")


