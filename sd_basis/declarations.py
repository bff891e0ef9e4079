"""What a modeller declares beside the quantities: trades, policies and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy.core.relational import Relational

from .errors import InputError
from .families import Members, declared, families_of, together
from .quantities import (
    CLOUD,
    Flow,
    Input,
    Parameter,
    as_expression,
    equation,
    finite_number,
)
from .series import Series


@dataclass(frozen=True)
class Trade:
    """Delivery against payment: `delivered` one way at `rate`, `paid` the other way at rate x price.

    Each is a (source, sink) pair of stocks. A claim that is created comes from CLOUD, one that
    is repaid goes to CLOUD. The receiver of the delivery must be the one who pays. Neither leg
    exists alone; `delivery` and `payment` are the two flows, usable in other equations.
    """

    name: str
    delivered: tuple
    paid: tuple
    rate: Any
    price: Any = 1
    reversible: bool = False
    description: str = ""

    def __new__(cls, name: str = "", delivered: tuple = (), paid: tuple = (), rate: Any = 0, price: Any = 1, **options):
        """Return the trade, or with families in it one trade a member."""
        pairs = [pair if isinstance(pair, tuple) and len(pair) == 2 else (None, None) for pair in (delivered, paid)]
        if families := families_of(None, (*pairs[0], *pairs[1], rate, price)):
            ends = {"giver": pairs[0][0], "receiver": pairs[0][1], "payer": pairs[1][0], "payee": pairs[1][1]}

            def one(name, giver, receiver, payer, payee, rate, price):
                return cls(name, (giver, receiver), (payer, payee), rate, price, **options)
            return declared(one, name, families, **ends, rate=rate, price=price)
        return super().__new__(cls)

    def __post_init__(self):
        where = f"trade {self.name!r}"
        for leg, pair in (("delivered", self.delivered), ("paid", self.paid)):
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise InputError(f"{where}, {leg}: {pair!r} is not a pair; give (source, sink)")
        delivery = Flow(self.name, source=self.delivered[0], sink=self.delivered[1], rate=self.rate,
                        reversible=self.reversible, description=self.description)
        payment = Flow(f"{self.name}_payment", source=self.paid[0], sink=self.paid[1],
                       rate=as_expression(f"{where}, price", self.price) * delivery,
                       reversible=self.reversible, description=f"payment for {self.name}")
        object.__setattr__(self, "delivery", delivery)
        object.__setattr__(self, "payment", payment)
        self._check_parties(where)

    def _check_parties(self, where: str) -> None:
        """Refuse a trade in which one receives and another pays."""
        giver, receiver = _party(self.delivered[0], self.delivered[1]), _party(self.delivered[1], self.delivered[0])
        payer, payee = _party(self.paid[0], self.paid[1]), _party(self.paid[1], self.paid[0])
        for who, does, other, other_does in ((receiver, "receives", payer, "pays"), (giver, "delivers", payee, "is paid")):
            if who is not None and other is not None and who != other:
                raise InputError(f"{where}: {who.name} {does} but {other.name} {other_does}; "
                                 "write one trade between two holders")

    @property
    def flows(self) -> tuple[Flow, Flow]:
        """Both legs."""
        return self.delivery, self.payment


def _party(end: Any, other: Any):
    """Return whose balance sheet an end of a leg touches: the holder, or the issuer of what is created."""
    if end is not CLOUD:
        return end.holder
    return None if other.instrument is None else other.instrument.issuer


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

    def __post_init__(self):
        where = f"policy {self.name!r}"
        if self.end is not None and self.duration is not None:
            raise InputError(f"{where}: it has an end and a duration; give one of them")
        if self.duration is not None and not finite_number(f"{where}, duration", self.duration) > 0:
            raise InputError(f"{where}: its duration is {self.duration}; give a positive length of time")
        _check_trigger(where, self)
        if self.when is not None and (self.start is not None or self.end is not None):
            raise InputError(f"{where}: it has `when` and a date; a triggered policy starts when its condition comes true and lasts for `duration`")
        if self.rearm and self.duration is None:
            raise InputError(f"{where}: it may fire again but never ends; give it a duration")
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
    delay = as_expression(f"{where}, delay", item.delay)
    object.__setattr__(item, "delay", delay)
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


@dataclass(frozen=True)
class Outcome:
    """A named way for a run to end, decided by a region of states and never by a fixed horizon.

    `when` is one inequality (combine several with sympy's Min and Max). With `absorbing` the
    outcome holds from the first entry into the region. Otherwise the run must enter the region
    and stay to its end, beyond the last switch of a policy or series: a trapping neighbourhood of
    an attractor. `always=True` asks that the run never left it; `once` that another inequality
    held at some time. Outcomes of one `group` are tried in the order given.
    """

    name: str
    when: Relational
    absorbing: bool = False
    always: bool = False
    once: Relational | None = None
    group: str = "outcome"
    description: str = ""

    def __post_init__(self):
        for condition in (self.when, self.once):
            if condition is not None:
                margin(f"outcome {self.name!r}", condition)


def margin(where: str, condition: Any) -> sympy.Expr:
    """Return the expression that is positive where an inequality holds."""
    if not isinstance(condition, Relational) or condition.rel_op not in (">", ">=", "<", "<="):
        raise InputError(f"{where}: {condition!r} is not one inequality of quantities; "
                         "write a > b, and combine several with Min and Max")
    return as_expression(where, condition.gts - condition.lts)


def holds_at_zero(condition: Relational) -> bool:
    """Tell whether an inequality holds where its margin is zero."""
    return condition.rel_op in (">=", "<=")

