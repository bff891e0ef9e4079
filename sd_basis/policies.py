"""Policies and impulses: what happens on a date, or when a condition comes true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy.core.relational import Relational

from .declarations import Trade, margin
from .errors import InputError
from .families import Members, together
from .quantities import Flow, Input, Parameter, as_expression, equation, finite_number
from .series import Series


@dataclass(frozen=True)
class Policy:
    """A replacement of parameters, outside the baseline equations, on a date or when a condition comes true.

    From `start` to `end` (or for `duration`) each parameter in `changes` takes the value of its
    expression in parameters, series, TIME and START. A date is model time or an ISO date; None
    means that the case gives it. A series in `changes` is moved so that its first time is START.

    With `when`, one inequality, it starts a `delay` (a number or an expression of parameters, in
    model time) after the inequality comes true, at once if it is true when the run begins, and acts
    for `duration`, or to the end of the run. With `rearm` it may do so again: once it has ended, and the
    inequality has been false since. START is then the start it came to.

    `size` is the parameter that says how large it is, `spends` the flow, or the trade with its payment, through which it spends:
    what a critical size and the cost of a delay are measured in.
    """

    name: str
    changes: Mapping[Parameter, Any]
    start: Any = None
    end: Any = None
    duration: float | None = None
    when: Relational | None = None
    delay: Any = 0
    rearm: bool = False
    description: str = ""
    size: Parameter | None = None
    spends: Flow | Trade | None = None

    def __post_init__(self):
        where = f"policy {self.name!r}"
        if self.size is not None and not isinstance(self.size, Parameter):
            raise InputError(f"{where}, size: {self.size} is no parameter; name the parameter that says how large the policy is")
        if self.spends is not None and not isinstance(self.spends, (Flow, Trade)):
            raise InputError(f"{where}, spends: {self.spends} is neither a flow nor a trade; name the one through which the policy spends")
        if self.end is not None and self.duration is not None:
            raise InputError(f"{where}: it has an end and a duration; give one of them")
        if self.duration is not None and not finite_number(f"{where}, duration", self.duration) > 0:
            raise InputError(f"{where}: its duration is {self.duration}; give a positive length of time")
        _check_trigger(where, self)
        if self.when is not None and (self.start is not None or self.end is not None):
            raise InputError(f"{where}: it has `when` and a date; a triggered policy starts when its condition comes true and lasts for `duration`")
        if self.rearm and self.duration is None:
            raise InputError(f"{where}: it may fire again but never ends; give it a duration")
        if not isinstance(self.changes, Mapping):
            raise InputError(f"{where}: {self.changes!r} is no mapping; give {{parameter: value}}")
        changes, written = {}, {}
        for parameter, value in _by_member(self.changes).items():
            if not isinstance(parameter, Parameter):
                raise InputError(f"{where}: {parameter} is not a parameter; a policy replaces parameters")
            written[parameter], changes[parameter] = equation(f"{where}, {parameter}", value)
            for symbol in changes[parameter].free_symbols:
                if not isinstance(symbol, (Parameter, Series, Input)):
                    raise InputError(f"{where}, {parameter}: {symbol.where} is computed by the model; "
                                     "use parameters, series, TIME and START only")
        object.__setattr__(self, "changes", changes)
        object.__setattr__(self, "written", written)

    def at(self, start: Any, *, end: Any = None, duration: float | None = None) -> Policy:
        """Return the same policy with another start; without `end` or `duration` its length stays."""
        if self.when is not None:
            raise InputError(f"policy {self.name!r}: it is triggered by {self.when} and has no start date; leave @DATE out")
        if end is None and duration is None:
            duration = self.duration
            if self.end is not None:
                raise InputError(f"policy {self.name!r}: it ends on a date ({self.end}); give end= or duration= with the new start")
        return replace(self, start=start, end=end, duration=duration)


def _by_member(changes: Mapping) -> dict:
    """Return the changes of a policy with families laid out member by member."""
    found: dict = {}
    for parameter, value in dict(changes).items():
        if not isinstance(parameter, Members):
            found[parameter] = value
            continue
        spread = together(lambda _, new: new, parameter, value)
        found.update({parameter.items[key]: spread.items[key] for key in parameter.items})
    return found


@dataclass(frozen=True)
class Impulse:
    """An amount that passes through a flow, or a trade, in no time: on a date, or when a condition comes true.

    At `at` (model time, an ISO date; None means that the case gives it), or a `delay` after the inequality
    `when` comes true, `amount` leaves the flow's source and enters its sink. It is an expression of any quantities,
    taken just before. Through a trade both legs pass: the payment is the amount times the trade's price. With
    `rearm` it happens each time the inequality comes true again. Its name is by default the flow's.
    """

    flow: Flow | Trade
    amount: Any
    at: Any = None
    when: Relational | None = None
    delay: Any = 0
    rearm: bool = False
    name: str = ""
    description: str = ""

    def __post_init__(self):
        if not isinstance(self.flow, (Flow, Trade)):
            raise InputError(f"impulse: {self.flow!r} is neither a flow nor a trade; an impulse passes through one")
        object.__setattr__(self, "name", self.name or self.flow.name)
        where = f"impulse {self.name!r}"
        written, amount = equation(f"{where}, amount", self.amount)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "written", written)
        if self.when is not None and self.at is not None:
            raise InputError(f"{where}: it has `at` and `when`; give one of them")
        _check_trigger(where, self)

    def at_date(self, at: Any) -> Impulse:
        """Return the same impulse on another date."""
        if self.when is not None:
            raise InputError(f"impulse {self.name!r}: it is triggered by {self.when} and has no date; leave @DATE out")
        return replace(self, at=at)

    @property
    def amounts(self) -> dict[Flow, sympy.Expr]:
        """What passes through each flow."""
        if isinstance(self.flow, Flow):
            return {self.flow: self.amount}
        return {self.flow.delivery: self.amount, self.flow.payment: sympy.Mul(as_expression(self.name, self.flow.price), self.amount)}


def _check_trigger(where: str, item: Policy | Impulse) -> None:
    """Check what a triggered policy and a triggered impulse share."""
    written, delay = equation(f"{where}, delay", item.delay)
    object.__setattr__(item, "delay", delay)
    object.__setattr__(item, "written_delay", written)
    if item.when is None:
        if delay != 0 or item.rearm:
            raise InputError(f"{where}: it has a delay or may fire again but no condition; give when=, or leave these out")
        return
    margin(where, item.when)
    if delay.is_number and delay < 0:
        raise InputError(f"{where}: its delay is {delay}; give a length of time that is not negative")
    for symbol in delay.free_symbols:
        if not isinstance(symbol, Parameter):
            raise InputError(f"{where}, delay: {symbol.where} is no parameter; use numbers and parameters")
