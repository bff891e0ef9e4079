"""The words of the language: stocks, flows, auxiliaries, parameters and series as sympy symbols.

Every quantity is a real sympy symbol and can stand in any sympy expression. Two quantities are
equal only if they are the same declaration, so that models which use the same name in one
process never share a definition through sympy's caches. They pickle by identity alone; the
Model that holds them pickles their definitions, flat, whatever the depth of the equations.
"""

from __future__ import annotations

import itertools
import math
import os
import weakref
from dataclasses import dataclass
from typing import Any

import sympy

from .errors import InputError

_PROCESS = os.urandom(6).hex()
_ORDINALS = itertools.count(1)
_REGISTRY: weakref.WeakValueDictionary[tuple, Quantity] = weakref.WeakValueDictionary()


def finite_number(where: str, value: Any) -> float:
    """Return `value` as a float; raise InputError where it is not one finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: {value!r} is not a number; give one finite number") from None
    if isinstance(value, (bool, str)) or not math.isfinite(number):
        raise InputError(f"{where}: {value!r} is not a finite number; give one finite number")
    return number


def as_expression(where: str, value: Any) -> sympy.Expr:
    """Return `value` as a sympy expression of numbers and quantities; text is never evaluated."""
    if isinstance(value, (str, bytes, bool)):
        raise InputError(f"{where}: {value!r} is text or a truth value; write a number or an expression of quantities")
    try:
        expression = sympy.sympify(value, strict=True)
    except (sympy.SympifyError, TypeError):
        raise InputError(f"{where}: {value!r} is not an expression; write numbers, quantities and sympy functions") from None
    if not isinstance(expression, sympy.Expr):
        raise InputError(f"{where}: {expression} is a {type(expression).__name__}, not a quantity; "
                         "write an expression with a numerical value")
    if expression.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise InputError(f"{where}: the expression {expression} is not finite; look for a division by zero")
    stray = [symbol for symbol in expression.free_symbols if not isinstance(symbol, Quantity)]
    if stray:
        raise InputError(f"{where}: {stray[0]} is a plain sympy symbol; declare it as a Parameter, Stock or Auxiliary")
    return expression


def _restore(cls: type, name: str, identity: tuple) -> Quantity:
    found = _REGISTRY.get(identity)
    return cls._create(name, identity) if found is None else found


class Quantity(sympy.Symbol):
    """A named quantity of a model; its definition (unit, value, equation) is in its attributes."""

    unit: str | None
    description: str

    @classmethod
    def _create(cls, name: str, identity: tuple | None = None):
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"{cls.__name__.lower()}: {name!r} is not a name; give a non-empty text")
        self = sympy.Symbol.__xnew__(cls, name, real=True)
        self.identity = identity or (_PROCESS, next(_ORDINALS))
        _REGISTRY[self.identity] = self
        return self

    def __init__(self, *args, **kwargs):
        """Everything is set in `__new__`; sympy calls this one with the same arguments."""

    def _hashable_content(self):
        return (self.name, self.identity)

    def __reduce_ex__(self, protocol):
        return _restore, (type(self), self.name, self.identity)

    @property
    def where(self) -> str:
        """How error messages name this quantity."""
        return f"{type(self).__name__.lower()} {self.name!r}"


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

    `initial` is a number or an expression of parameters. `scale` (in the stock's unit) sets the
    default absolute tolerance, rtol x scale; without it the initial value does. A stock declared
    `nonnegative` fails the run loudly below -10 atol. `holder` and `instrument` place it in the
    balance-sheet matrix.
    """

    def __new__(cls, name: str, initial: Any, unit: str | None = None, *, nonnegative: bool = False,
                scale: float | None = None, holder: Sector | None = None,
                instrument: Instrument | None = None, description: str = ""):
        self = cls._create(name)
        self.initial = as_expression(f"{self.where}, initial value", initial)
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
    (a value outside is an error); None in either means no limit on that side.
    """

    def __new__(cls, name: str, value: float, unit: str | None = None, *,
                between: tuple | None = None, domain: tuple | None = None,
                reference: str = "", description: str = ""):
        self = cls._create(name)
        self.value = finite_number(self.where, value)
        self.unit, self.reference, self.description = unit, reference, description
        self.between = _limits(f"{self.where}, between", between)
        self.domain = _limits(f"{self.where}, domain", domain)
        self.check(self.value, self.where)
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
    file if need be. Its equation stays an assignment of its own and is never substituted.
    """

    def __new__(cls, name: str, expression: Any = None, unit: str | None = None, *, description: str = ""):
        self = cls._create(name)
        if isinstance(expression, str) and unit is None:
            expression, unit = None, expression
        self.unit, self.description = unit, description
        self.expression = None if expression is None else as_expression(self.where, expression)
        return self


def define(auxiliary: Auxiliary, expression: Any) -> Auxiliary:
    """Give a declared auxiliary its equation; raise InputError if it has one."""
    if not isinstance(auxiliary, Auxiliary) or isinstance(auxiliary, Flow):
        raise InputError(f"define: {auxiliary!r} is not an auxiliary; declare it with Auxiliary(name, unit=...)")
    if auxiliary.expression is not None:
        raise InputError(f"{auxiliary.where}: it is defined already, as {auxiliary.expression}; define it once")
    auxiliary.expression = as_expression(auxiliary.where, expression)
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
    delivered belongs in a Trade instead. `reversible=True` allows negative rates.
    """

    def __new__(cls, name: str, *, source: Any, sink: Any, rate: Any, reversible: bool = False,
                transfer: bool = False, description: str = ""):
        self = cls._create(name)
        for end, stock in (("source", source), ("sink", sink)):
            if stock is not CLOUD and not isinstance(stock, Stock):
                raise InputError(f"{self.where}, {end}: {stock!r} is not a stock; give a Stock or CLOUD")
        if source is sink:
            raise InputError(f"{self.where}: source and sink are both {source}; a flow joins two places")
        self.source, self.sink = source, sink
        self.expression = as_expression(f"{self.where}, rate", rate)
        self.unit, self.description = None, description
        self.reversible, self.transfer = bool(reversible), bool(transfer)
        return self

    @property
    def ends(self) -> list[tuple[Stock, int]]:
        """The stocks the flow touches, each with the sign of its change."""
        return [(stock, sign) for stock, sign in ((self.source, -1), (self.sink, 1)) if stock is not CLOUD]


class Input(Quantity):
    """A value the run supplies: model time or the start of the policy at work."""

    def __new__(cls, name: str, ordinal: int, description: str):
        self = cls._create(name, ("sd_basis", ordinal))
        self.unit, self.description = None, description
        return self


TIME = Input("TIME", -2, "model time, in the model's time unit")
START = Input("START", -1, "the start date of the policy that uses it, in model time")
