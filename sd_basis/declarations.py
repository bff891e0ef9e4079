"""What a modeller declares beside the quantities: trades, policies and outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy.core.relational import Relational

from .errors import InputError
from .families import declared, families_of
from .quantities import CLOUD, Flow, as_expression, finite_number


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
    delivery: Flow = field(init=False, repr=False, compare=False)
    payment: Flow = field(init=False, repr=False, compare=False)

    def __new__(cls, name: str = "", delivered: tuple = (), paid: tuple = (), rate: Any = 0, price: Any = 1, **options: Any):
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
class Outcome:
    """A named way for a run to end, decided by a region of states and never by a fixed horizon.

    `when` is one inequality (combine several with sympy's Min and Max). With `absorbing` the
    outcome holds from the first entry into the region. Otherwise the run must enter the region
    and stay to its end, beyond the last switch of a policy or series: a trapping neighbourhood of
    an attractor. With `lasting` it holds once the run has stayed in the region for that long without a break, whatever
    comes later: what is too long to survive, though it may end. `always=True` asks that the run never left it; `once` that another
    inequality held at some time. Outcomes of one `group` are tried in the order given. `control` are values of
    parameters under which nothing should turn, say a gain of zero: `critical_delay` looks whether that is
    so, and takes them from the first outcome of a group that has some.
    """

    name: str
    when: Relational
    absorbing: bool = False
    lasting: float | None = None
    always: bool = False
    once: Relational | None = None
    group: str = "outcome"
    description: str = ""
    control: Mapping[Any, float] | None = field(default=None, hash=False)

    def __post_init__(self):
        if self.control is not None and not isinstance(self.control, Mapping):
            raise InputError(f"outcome {self.name!r}: its control {self.control!r} is no mapping; give {{parameter: value}}")
        for condition in (self.when, self.once):
            if condition is not None:
                margin(f"outcome {self.name!r}", condition)
        if self.lasting is not None and not finite_number(f"outcome {self.name!r}, lasting", self.lasting) > 0:
            raise InputError(f"outcome {self.name!r}: lasting is {self.lasting}; give a positive length of model time")
        if self.lasting is not None and (self.absorbing or self.always or self.once is not None):
            raise InputError(f"outcome {self.name!r}: it is lasting and has absorbing, always or once; keep one of them")


def margin(where: str, condition: Any) -> sympy.Expr:
    """Return the expression that is positive where an inequality holds."""
    if not isinstance(condition, Relational) or condition.rel_op not in (">", ">=", "<", "<="):
        raise InputError(f"{where}: {condition!r} is not one inequality of quantities; "
                         "write a > b, and combine several with Min and Max")
    return as_expression(where, condition.gts - condition.lts)


def holds_at_zero(condition: Relational) -> bool:
    """Tell whether an inequality holds where its margin is zero."""
    return condition.rel_op in (">=", "<=")

