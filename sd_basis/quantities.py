"""The words of the language: stocks, flows, auxiliaries and parameters, each a quantity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .families import Family, Members, declared, families_of
from .symbols import START, TIME, Input, Quantity, as_expression, equation, finite_number

__all__ = ["CLOUD", "START", "TIME", "Auxiliary", "Flow", "Input", "Instrument", "Parameter", "Quantity", "Sector",
           "Stock", "as_expression", "define", "equation", "finite_number", "with_total"]


@dataclass(frozen=True)
class Sector:
    """A column of the balance-sheet matrix: who holds and who owes."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Instrument:
    """A row of the balance-sheet matrix: what is held, who owes it, and its price in money.

    `price` is a number or an auxiliary (money per unit of the stocks); `issuer` is None for a real
    asset that nobody owes.
    """

    name: str
    issuer: Sector | None = None
    price: Any = 1
    description: str = ""

    def __post_init__(self):
        if not isinstance(self.price, Auxiliary):
            finite_number(f"instrument {self.name!r}, price", self.price)


class Stock(Quantity):
    """A quantity that accumulates: it changes through flows only.

    `initial` is a number or an expression of parameters, series, auxiliaries and other stocks, taken when the run
    begins, before any policy. `over` gives it one member for each member of a family; the bare name is their total. `scale` (in the stock's unit) sets the
    default absolute tolerance, rtol x scale; without it the initial value does. A stock declared
    `nonnegative` fails the run loudly below -10 atol. `holder` and `instrument` place it in the
    balance-sheet matrix.
    """

    counted_in: Auxiliary | None = None  # the total of the family that it belongs to

    def __new__(cls, name: str, initial: Any, unit: str | None = None, *, nonnegative: bool = False,
                scale: float | None = None, holder: Sector | None = None,
                instrument: Instrument | None = None, over: Family | tuple | None = None, description: str = ""):
        if families := families_of(over, (initial, holder, instrument)):
            members = declared(cls, name, families, initial=initial, unit=unit, nonnegative=nonnegative, scale=scale,
                               holder=holder, instrument=instrument, description=description)
            return with_total(members, name, unit)
        self = cls._create(name)
        self.written, self.initial = equation(f"{self.where}, initial value", initial)
        self.unit, self.nonnegative, self.description = unit, bool(nonnegative), description
        self.scale = None if scale is None else finite_number(f"{self.where}, scale", scale)
        if self.scale is not None and self.scale <= 0:
            raise InputError(f"{self.where}, scale: {scale} is not positive; give a typical size of the stock")
        if (holder is None) != (instrument is None):
            raise InputError(f"{self.where}: holder and instrument go together; give both or neither")
        self.holder, self.instrument = holder, instrument
        return self


class Parameter(Quantity):
    """A constant of the model with a unit, a plausible range and a reference.

    `between` is the plausible range (a value outside gives a warning), `domain` the hard limit
    (a value outside is an error); None in either means no limit on that side. `over` gives it a
    member for each member of a family, from a mapping of values or one value for all.
    """

    def __new__(cls, name: str, value: float, unit: str | None = None, *,
                between: tuple | None = None, domain: tuple | None = None,
                reference: str = "", over: Family | tuple | None = None, description: str = ""):
        if families := families_of(over, ()):
            return declared(cls, name, families, value=value, unit=unit, between=between, domain=domain,
                            reference=reference, description=description)
        self = cls._create(name)
        self.value = finite_number(self.where, value)
        self.unit, self.reference, self.description = unit, reference, description
        self.between = _limits(f"{self.where}, between", between)
        self.domain = _limits(f"{self.where}, domain", domain)
        self.check(self.value, self.where)
        inside = max(self.between[0], self.domain[0]), min(self.between[1], self.domain[1])
        if between is not None and inside != self.between:
            raise InputError(f"{self.where}: its plausible range {list(self.between)} leaves its domain {list(self.domain)}; narrow the one or widen the other")
        return self

    def check(self, value: float, where: str) -> str | None:
        """Return a warning for a value outside the plausible range; raise InputError outside the domain."""
        low, high = self.domain
        if value < low or value > high:
            raise InputError(f"{where}: {self.name} = {value:g} lies outside its domain "
                             f"[{low:g}, {high:g}]; choose a value inside it")
        low, high = self.between
        if value < low or value > high:
            return f"{where}: {self.name} = {value:g} lies outside its plausible range [{low:g}, {high:g}]"
        return None


def _limits(where: str, pair: tuple | None) -> tuple[float, float]:
    if pair is None:
        return (-math.inf, math.inf)
    try:
        low, high = pair
    except (TypeError, ValueError):
        raise InputError(f"{where}: {pair!r} is not a pair; give (low, high)") from None
    low = -math.inf if low is None else finite_number(where, low)
    high = math.inf if high is None else finite_number(where, high)
    if low > high:
        raise InputError(f"{where}: {low:g} is above {high:g}; give (low, high)")
    return (low, high)


class Auxiliary(Quantity):
    """A quantity computed from others at every instant: `Auxiliary(name, expression, unit=...)`.

    `Auxiliary(name, unit=...)` declares one that `define` gives its equation later, in another
    file if need be. Its equation stays an assignment of its own and is never substituted. An equation
    of families gives a member for each of theirs.
    """

    def __new__(cls, name: str, expression: Any = None, unit: str | None = None, *,
                over: Family | tuple | None = None, description: str = ""):
        if isinstance(expression, str) and unit is None:
            expression, unit = None, expression
        if families := families_of(over, (expression,)):
            return declared(cls, name, families, expression=expression, unit=unit, description=description)
        self = cls._create(name)
        self.unit, self.description = unit, description
        self.written, self.expression = (None, None) if expression is None else equation(self.where, expression)
        return self


def define(auxiliary: Auxiliary, expression: Any) -> Auxiliary:
    """Give a declared auxiliary, or each member of a family, its equation; raise InputError if it has one."""
    if isinstance(auxiliary, Members):
        for key, member in auxiliary.items.items():
            define(member, expression.items[key] if isinstance(expression, Members) else expression)
        return auxiliary
    if not isinstance(auxiliary, Auxiliary) or isinstance(auxiliary, Flow):
        raise InputError(f"define: {auxiliary!r} is not an auxiliary; declare it with Auxiliary(name, unit=...)")
    if auxiliary.expression is not None:
        raise InputError(f"{auxiliary.where}: it is defined already, as {auxiliary.expression}; define it once")
    auxiliary.written, auxiliary.expression = equation(auxiliary.where, expression)
    return auxiliary


class _Cloud:
    """The outside of the model: a flow from it is a source, a flow to it a sink."""

    name = "CLOUD"

    def __repr__(self) -> str:
        return "CLOUD"

    def __reduce__(self):
        return "CLOUD"


CLOUD = _Cloud()


class Flow(Auxiliary):
    """A rate that leaves one stock and enters another; either end may be CLOUD, not both.

    A flow is a quantity too: other equations may use it. It carries no unit of its own, it
    follows from its stock and the time unit. `transfer=True` says that it changes the net worth
    of the holders at its ends (interest, a coupon, a gift); money that pays for something
    delivered belongs in a Trade instead. `reversible=True` allows negative rates. Families at its
    ends or in its rate give a flow for each member; the bare name is their total.
    """

    def __new__(cls, name: str, *, source: Any, sink: Any, rate: Any, reversible: bool = False,
                transfer: bool = False, over: Family | tuple | None = None, description: str = ""):
        if families := families_of(over, (source, sink, rate)):
            members = declared(cls, name, families, source=source, sink=sink, rate=rate, reversible=reversible,
                               transfer=transfer, description=description)
            return with_total(members, name, None)
        self = cls._create(name)
        for end, stock in (("source", source), ("sink", sink)):
            if stock is not CLOUD and not isinstance(stock, Stock):
                raise InputError(f"{self.where}, {end}: {stock!r} is not a stock; give a Stock or CLOUD")
        if source is sink:
            raise InputError(f"{self.where}: source and sink are both {source}; a flow joins two places")
        self.source, self.sink = source, sink
        self.written, self.expression = equation(f"{self.where}, rate", rate)
        self.unit, self.description = None, description
        self.reversible, self.transfer = bool(reversible), bool(transfer)
        return self

    @property
    def ends(self) -> list[tuple[Stock, int]]:
        """The stocks the flow touches, each with the sign of its change."""
        return [(stock, sign) for stock, sign in ((self.source, -1), (self.sink, 1)) if stock is not CLOUD]


def with_total(members: Members, name: str, unit: str | None) -> Members:
    """Return stocks or flows of a family with the auxiliary that bears the bare name, their total."""
    total = Auxiliary(name, members.total, unit if isinstance(unit, str) else None, description=f"all of {name}")
    for member in members:
        member.counted_in = total
    return Members(members.families, members.items, name, total)
