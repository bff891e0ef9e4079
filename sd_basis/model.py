"""The model: what the modeller wrote, collected, ordered and checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import sympy

from .declarations import Outcome, Policy, Trade, margin
from .display import model_html
from .errors import InputError, unknown
from .graph import Cycle, ordered
from .quantities import START, TIME, Auxiliary, Flow, Input, Parameter, Quantity, Sector, Stock, as_expression, finite_number
from .series import Series
from .units import Units


class Model:
    """Flows between stocks, with everything their equations mention.

    `flows` are Flow and Trade objects; stocks, auxiliaries, parameters and series are collected
    from them, from `outputs` (quantities no rate mentions), policies and outcomes. `span` is
    (start, end) in `time_unit`; `units` defines unit names of its own, {"year": "252 day"}.
    Raises InputError for two quantities of one name, an auxiliary without an equation, an
    algebraic loop (named), and anything of the wrong kind.
    """
    _repr_html_ = model_html

    def __init__(self, name: str, flows: Iterable[Flow | Trade], *, span: tuple, time_unit: str = "day",
                 policies: Iterable[Policy] = (), outcomes: Iterable[Outcome] = (), outputs: Iterable[Quantity] = (),
                 units: Mapping[str, str] | None = None, description: str = ""):
        self.name, self.time_unit, self.description = name, time_unit, description
        self.where = f"model {name!r}"
        self.unit_definitions = dict(units or {})
        self.span = None if span is None else _span(self.where, span)
        flows = tuple(flows)
        self.trades = tuple(item for item in flows if isinstance(item, Trade))
        self.flows = tuple(flow for item in flows for flow in (item.flows if isinstance(item, Trade) else (item,)))
        for flow in self.flows:
            if not isinstance(flow, Flow):
                raise InputError(f"{self.where}: {flow!r} is not a flow; give Flow and Trade objects in flows=")
            if self.flows.count(flow) > 1:
                raise InputError(f"{self.where}: {flow.where} is listed twice in flows=; list it once, a trade brings both its flows")
        self.policies = _by_name(self.where, "policy", policies, Policy)
        self.outcomes = tuple(outcomes)
        for outcome in self.outcomes:
            if not isinstance(outcome, Outcome):
                raise InputError(f"{self.where}: {outcome!r} is not an outcome; give Outcome objects in outcomes=")
        self.outputs = tuple(outputs)
        if not self.flows:
            raise InputError(f"{self.where}: it has no flow; a stock changes through flows only")
        self.case: Any = None  # the case `load` attached, used where `simulate` is given none
        self.value_set: str | None = None  # the published value set in force, with its overrides
        self.values: dict[str, float] = {}
        self.path: Any = None  # where the file or folder it was loaded from lies
        self.compiled: Any = None  # the fast functions, once `simulate` needs them
        self._collect()

    def _collect(self) -> None:
        found: dict[Quantity, None] = {}
        pending: list[Quantity] = list(self.outputs)
        for flow in self.flows:
            pending += [flow, *(stock for stock, _ in flow.ends)]
        for policy in self.policies.values():
            pending += list(policy.changes)
            for expression in policy.changes.values():
                pending += expression.free_symbols
        for outcome in self.outcomes:
            for condition in (outcome.when, outcome.once):
                if condition is not None:
                    pending += margin(outcome.name, condition).free_symbols
        while pending:
            quantity = pending.pop()
            if not isinstance(quantity, Quantity):
                raise InputError(f"{self.where}: {quantity!r} is not a quantity; give stocks, auxiliaries, flows or parameters")
            if quantity in found or isinstance(quantity, Input):
                continue
            found[quantity] = None
            pending += self._mentions(quantity)
            if isinstance(quantity, Stock):
                if quantity.instrument is not None:
                    pending += as_expression(quantity.where, quantity.instrument.price).free_symbols
        everything = sorted(found, key=lambda quantity: quantity.identity[1])
        names: dict[str, Quantity] = {}
        for quantity in everything:
            if names.setdefault(quantity.name, quantity) is not quantity:
                raise InputError(f"{self.where}: two quantities are named {quantity.name!r} "
                                 f"({names[quantity.name].where} and {quantity.where}); rename one")
        for name in ("TIME", "START"):
            if name in names:
                raise InputError(f"{self.where}: {names[name].where} has the name of an input of the language; rename it")
        self.quantities: dict[str, Quantity] = names
        self.stocks = tuple(quantity for quantity in everything if isinstance(quantity, Stock))
        self.parameters = tuple(quantity for quantity in everything if isinstance(quantity, Parameter))
        self.series = tuple(quantity for quantity in everything if isinstance(quantity, Series))
        columns = [*self.sectors, *dict.fromkeys(stock.instrument for stock in self.stocks if stock.instrument is not None)]
        for place, column in enumerate(columns):
            if column.name in [other.name for other in columns[:place]]:
                raise InputError(f"{self.where}: two sectors or instruments are named {column.name!r}; rename one")
        computed = [quantity for quantity in everything if isinstance(quantity, Auxiliary)]
        declared = set(self.flows)
        for flow in (quantity for quantity in computed if isinstance(quantity, Flow)):
            if flow not in declared:
                raise InputError(f"{self.where}: {flow.where} is used in an equation but is not in flows=; add it")
        try:
            self.computed = tuple(ordered(computed, lambda item: sorted(item.expression.free_symbols, key=str)))
        except Cycle as cycle:
            path = " -> ".join(quantity.name for quantity in reversed(cycle.nodes))
            raise InputError(f"{self.where}: algebraic loop {path}; put a stock into it, "
                             "for example the state of a delay") from None

    def _mentions(self, quantity: Quantity) -> list[Quantity]:
        """Return the quantities that a definition mentions, in a fixed order."""
        expression = getattr(quantity, "initial", None) if isinstance(quantity, Stock) else getattr(quantity, "expression", 0)
        if expression is None:
            raise InputError(f"{self.where}: {quantity.where} is declared but has no equation; give it one with define()")
        expression = sympy.sympify(expression)
        symbols = sorted(expression.free_symbols, key=lambda symbol: symbol.identity[1])
        if START in symbols:
            raise InputError(f"{quantity.where}: it uses START, which only a policy has; use TIME or a parameter")
        if isinstance(quantity, Stock):
            for symbol in symbols:
                if not isinstance(symbol, Parameter):
                    raise InputError(f"{quantity.where}, initial value: it uses {symbol.where}; use numbers and parameters only")
        return symbols

    @property
    def auxiliaries(self) -> tuple[Auxiliary, ...]:
        """The computed quantities that are no flows, in the order of computation."""
        return tuple(quantity for quantity in self.computed if not isinstance(quantity, Flow))

    @cached_property
    def series_in_equations(self) -> tuple[Series, ...]:
        """The series that equations use; the others stand in policies only."""
        used = set().union(*(quantity.expression.free_symbols for quantity in self.computed))
        return tuple(series for series in self.series if series in used)

    @cached_property
    def parameter_places(self) -> dict[Parameter, int]:
        """The place of each parameter among the inputs of the compiled functions."""
        return {parameter: place for place, parameter in enumerate(self.parameters)}

    @cached_property
    def sectors(self) -> tuple[Sector, ...]:
        """Every holder and issuer, in the order of declaration."""
        found: dict[Sector, None] = {}
        for stock in self.stocks:
            if stock.instrument is not None:
                found.setdefault(stock.holder)
        for stock in self.stocks:
            if stock.instrument is not None and stock.instrument.issuer is not None:
                found.setdefault(stock.instrument.issuer)
        return tuple(found)

    def quantity(self, name: Any, where: str | None = None, kind: type = Quantity) -> Any:
        """Return the quantity of a name (or the symbol itself); raise InputError with the nearest names."""
        text = name.name if isinstance(name, Quantity) else name
        found = self.quantities.get(text)
        if not isinstance(found, kind):
            known = [known for known, quantity in self.quantities.items() if isinstance(quantity, kind)]
            raise unknown(where or self.where, kind.__name__.lower(), text, known)
        return found

    def policy(self, name: str) -> Policy:
        """Return the policy of a name; raise InputError with the nearest names."""
        if name not in self.policies:
            raise unknown(self.where, "policy", name, self.policies)
        return self.policies[name]

    def check_units(self) -> dict[Quantity, Any]:
        """Check every equation and return each quantity's unit; raise InputError at the first that does not fit."""
        units = Units(self.unit_definitions)
        known: dict[Quantity, Any] = {}
        for quantity in (*self.stocks, *self.parameters, *self.series):
            known[quantity] = units.of(quantity)
        time = units.parse(self.time_unit, f"{self.where}, time unit")
        # where some units are unknown, a bare number beside TIME may well be one of them
        known[TIME] = known[START] = time if all(unit is not None for unit in known.values()) else None
        for quantity in self.stocks:
            units.check(f"{quantity.where}, initial value", quantity.initial, known[quantity], known)
        for quantity in self.computed:
            declared = units.of(quantity)
            if isinstance(quantity, Flow):
                declared = self._flow_unit(quantity, known, time)
            known[quantity] = units.check(quantity.where, quantity.expression, declared, known)
        self._check_conditions(units, known)
        for policy in self.policies.values():
            for parameter, expression in policy.changes.items():
                units.check(f"policy {policy.name!r}, {parameter.name}", expression, known[parameter], known)
        return known

    def _check_conditions(self, units: Units, known: dict) -> None:
        for outcome in self.outcomes:
            for condition in (outcome.when, outcome.once):
                if condition is not None:
                    units.check(f"outcome {outcome.name!r}", condition, None, known)

    def _flow_unit(self, flow: Flow, known: dict, time: Any) -> Any:
        ends = [known[stock] for stock, _ in flow.ends]
        rates = [end * time ** -1 for end in ends if end is not None]
        if len(rates) == 2 and not rates[0].same(rates[1]):
            raise InputError(f"{flow.where}: it joins {flow.source} in {ends[0]} and {flow.sink} in {ends[1]}; "
                             "a flow carries one unit, use a Trade for an exchange")
        return rates[0] if rates else None

    def unit_text(self, quantity: Quantity) -> str | None:
        """Return the unit of a quantity as text; a flow's follows from its stock and the time unit."""
        if isinstance(quantity, Flow):
            unit = next((stock.unit for stock, _ in quantity.ends), None)
            return None if unit is None else f"{unit}/{self.time_unit}"
        return quantity.unit

    def __getstate__(self):
        return {"attributes": {**self.__dict__, "compiled": None},
                "definitions": [(quantity, quantity.__dict__.copy()) for quantity in self.quantities.values()]}

    def __setstate__(self, state):
        for quantity, definition in state["definitions"]:
            quantity.__dict__.update(definition)
        self.__dict__.update(state["attributes"])

    def __repr__(self) -> str:
        return (f"Model({self.name!r}: {len(self.stocks)} stocks, {len(self.flows)} flows, "
                f"{len(self.auxiliaries)} auxiliaries, {len(self.parameters)} parameters)")


def _span(where: str, span: Any) -> tuple[float, float]:
    try:
        start, end = span
    except (TypeError, ValueError):
        raise InputError(f"{where}, span: {span!r} is not a pair; give (start, end)") from None
    start, end = finite_number(f"{where}, span", start), finite_number(f"{where}, span", end)
    if not (math.isfinite(start) and end > start):
        raise InputError(f"{where}, span: the end {end:g} is not after the start {start:g}; give (start, end)")
    return start, end


def _by_name(where: str, kind: str, items: Iterable, expected: Any) -> dict:
    found: dict = {}
    for item in items:
        if not isinstance(item, expected):
            raise InputError(f"{where}: {item!r} is not a {kind}; give {expected.__name__} objects")
        if item.name in found:
            raise InputError(f"{where}: two policies are named {item.name!r}; rename one")
        found[item.name] = item
    return found

