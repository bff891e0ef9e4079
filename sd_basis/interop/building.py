"""From the elements of a foreign file to a Model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sympy

from ..choices import Max, Min, carried_out
from ..errors import InputError
from ..model import Model
from ..quantities import CLOUD, TIME, Auxiliary, Flow, Parameter, Quantity, Stock, define
from ..stages import each
from ..written import minus, plus
from .controlling import asked_method, control
from .elements import CONTROLS, Element, key_of
from .functions import quotient
from .limiting import limits_on_outflows, terms_of
from .measures import keep_units, unit_of
from .reading import read
from .translating import Translation
from .trees import kind_of, number


def import_model(path: str | Path) -> Model:
    """Return the model of a Vensim file (.mdl) in this language; raise InputError for what cannot be imported.

    Names stay as they are written, without the quotes around them; constants become parameters, other variables
    auxiliaries, INTEG stocks, which may be negative. A rate that one stock loses and another gains is one flow between
    them. The model runs over the file's time, and `simulate(model, method="Euler")` takes its steps; TIME STEP and the
    other control variables are quantities too. Units are kept where the model's units check. Nothing in the file is
    executed. Needs the extra `interop`.
    """
    where = str(path)
    try:
        model = _Building(where, read(path)).model(Path(path).stem)
    except RecursionError:
        raise InputError(f"{where}: its equations are nested too deeply; write them in several variables") from None
    except InputError as error:
        raise error if str(error).startswith(where) else InputError(f"{where}: {error}") from None
    model.stepping = asked_method(Path(path))
    return model


class _Building:
    def __init__(self, where: str, elements: dict[str, Element]):
        self.where, self.elements = where, elements
        for key in CONTROLS[:3]:
            if key not in elements:
                raise InputError(f"{where}: it has no {key.upper().replace('_', ' ')}; it is no whole model, add the control variable")
        if set(elements) <= set(CONTROLS):
            raise InputError(f"{where}: it has no variable besides its control variables; give a whole model")
        self.made = Translation(where, elements)
        self.known = self.made.known
        self.limits = limits_on_outflows(elements)
        self.pending: list[str] = []  # stocks whose initial values wait for other stocks

    def model(self, name: str) -> Model:
        """Return the model."""
        for key, element in self.elements.items():
            if key == "time":
                raise InputError(f"{self.made.of(element)}: it is the name of model time; rename it")
            if element.is_lookup:
                self.known[key] = self.made.lookup(element, element.name, element.tree, **_said(element))
            elif key not in self.limits and (value := self.constant(element)) is not None:
                low, high = element.limits
                fits = all(limit is None or abs(limit) < float("inf") for limit in (low, high)) and (low is None or high is None or low <= high)
                self.known[key] = Parameter(element.name, value, between=(low, high) if fits else None, **_said(element))
            elif kind_of(element.tree) != "Integ":
                self.known[key] = Auxiliary(element.name, **_said(element))
        stocks = [key for key, element in self.elements.items() if kind_of(element.tree) == "Integ"]
        for key in stocks:
            self.stock(key)
        for key, quantity in each(f"Building {name}", self.known.items()):
            if isinstance(quantity, Auxiliary):
                element = self.elements[key]
                define(quantity, self.limited(key, self.located(element, element.tree)))
        flows = self.flows({self.known[key]: self.elements[key] for key in stocks})
        unit = unit_of(self.elements["time_step"].unit)
        outputs = [quantity for quantity in self.known.values() if quantity is not TIME and not isinstance(quantity, Stock)]
        model = Model(name, [*flows, *self.made.flows] or [self.clock(unit)], span=(0, 1), time_unit=unit or "time", outputs=outputs,
                      description=f"imported from {Path(self.where).name}")
        control(model, self.known, lambda key: self.made.of(self.elements[key]))
        if reason := keep_units(model):
            model.description += f"; its units are left out, since they do not check ({reason})"
        return model

    def constant(self, element: Element) -> float | None:
        """Return the value of an equation of numbers alone, None for any other."""
        if not _is_constant(element.tree):
            return None
        value = carried_out(self.made.expression(element, element.tree))
        return float(value) if value.is_extended_real else None

    def located(self, element: Element, tree: Any, at_start: bool = False) -> sympy.Expr:
        """Return a tree as an expression, any error with the variable it is in."""
        try:
            return self.made.expression(element, tree, at_start)
        except InputError as error:
            raise error if str(error).startswith(self.where) else InputError(f"{self.made.of(element)}: {error}") from None

    def limited(self, key: str, rate: sympy.Expr) -> sympy.Expr:
        """Return the rate of a flow within what the non-negative stock that it leaves can give."""
        if key not in self.limits:
            return rate
        stock, beside = self.limits[key]
        flows = [self.known[flow] if sign > 0 else minus(self.known[flow]) for sign, flow in beside]
        return Min(rate, Max(plus(quotient(self.known[stock], self.known["time_step"]), *flows), sympy.S.Zero))

    def stock(self, key: str) -> Stock:
        """Return the stock of a key, made after those that its initial value mentions."""
        if key in self.known:
            return self.known[key]
        element = self.elements[key]
        if key in self.pending:
            loop = " -> ".join(self.elements[name].name for name in (*self.pending[self.pending.index(key):], key))
            raise InputError(f"{self.where}: initial values need one another, {loop}; give one of these stocks a number")
        self.pending.append(key)
        for other in _mentioned(element.tree.initial):
            if other in self.elements and kind_of(self.elements[other].tree) == "Integ":
                self.stock(other)
        self.pending.pop()
        self.known[key] = Stock(element.name, self.located(element, element.tree.initial, True), **_said(element))
        return self.known[key]

    def flows(self, stocks: dict[Stock, Element]) -> list[Flow]:
        """Return the flows of all stocks: one between two that share a rate with opposite signs, the rest with CLOUD."""
        ends: dict[str, list[tuple[Stock, int]]] = {}
        rest: dict[Stock, list[tuple[int, Any]]] = {stock: [] for stock in stocks}
        rates: dict[str, Quantity] = {}
        for stock, element in stocks.items():
            for sign, term in terms_of(element.tree.flow, 1):
                if kind_of(term) == "Reference" and term.subscripts is None and not isinstance(rate := self.made.quantity(element, term.reference), Stock):
                    ends.setdefault(rate.name, []).append((stock, sign))
                    rates[rate.name] = rate
                else:
                    rest[stock].append((sign, term))
        flows = []
        for name, touched in ends.items():
            places = sorted(touched, key=lambda place: place[1])
            if len(places) == 2 and [sign for _, sign in places] == [-1, 1] and places[0][0] is not places[1][0]:
                source, sink = places[0][0], places[1][0]
                flows.append(Flow(self.made.fresh(f"{name}: {source.name} to {sink.name}"), source=source, sink=sink, rate=rates[name], reversible=True))
                continue
            for stock, sign in touched:
                title = self.made.fresh(f"{name}: {'into' if sign > 0 else 'out of'} {stock.name}")
                flows.append(Flow(title, source=stock if sign < 0 else CLOUD, sink=stock if sign > 0 else CLOUD, rate=rates[name], reversible=True))
        for stock, terms in rest.items():
            if terms:
                parts = [self.located(stocks[stock], term) for _, term in terms]
                rate = plus(*(part if sign > 0 else minus(part) for (sign, _), part in zip(terms, parts, strict=True)))
                flows.append(Flow(self.made.fresh(f"net flow into {stock.name}"), source=CLOUD, sink=stock, rate=rate, reversible=True))
        return flows

    def clock(self, unit: str | None) -> Flow:
        """Return the flow of a clock, for a file without stocks: a model here has at least one."""
        clock = Stock(self.made.fresh("clock"), 0, unit, description="not in the file, which has no stock; a model needs one")
        return Flow(self.made.fresh("ticking"), source=CLOUD, sink=clock, rate=1, description="not in the file")


def _said(element: Element) -> dict[str, Any]:
    return {"unit": unit_of(element.unit), "description": " ".join(element.description.split())}


def _is_constant(tree: Any) -> bool:
    return number(tree) is not None or kind_of(tree) == "Arithmetic" and all(map(_is_constant, tree.arguments))


def _mentioned(tree: Any) -> set[str]:
    """Return the keys of every variable in a tree."""
    if isinstance(tree, (tuple, list)):
        return set().union(*map(_mentioned, tree))
    if kind_of(tree) == "Reference":
        return {key_of(tree.reference)}
    return set().union(*map(_mentioned, vars(tree).values())) if kind_of(tree) else set()
