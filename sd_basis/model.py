"""The model: what the modeller wrote, collected, ordered and checked."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import sympy
from sympy.core.relational import Relational

from .choices import carried_out
from .circuits import Circuit, Loop, circuits
from .collecting import by_name, collect
from .declarations import Outcome, Trade, margin
from .display import model_html
from .errors import InputError, unknown
from .families import Members, laid_out
from .holding import at_step
from .kinks import Kink, kinks
from .lookups import Lookup
from .policies import Impulse, Policy
from .quantities import TIME, Auxiliary, Flow, Parameter, Quantity, Sector, Stock, finite_number
from .series import Series


class Model:
    """Flows between stocks, with everything their equations mention.

    `flows` are Flow and Trade objects and families of them; stocks, auxiliaries, parameters, series, lookups and the
    flows of delays are collected from them, from `outputs` (quantities no rate mentions), policies, impulses and
    outcomes. `runaway` is the inequality whose coming true, where no policy acts, starts the second clock of `timing`.
    `step` is the length of a step of "Euler" and "RK4", `saving` the time between the rows of such a run: numbers, parameters, or auxiliaries of time;
    `stepping` is the one of the two that `check` uses.
    `loops` names feedback loops. `span` is (start, end) in `time_unit`; `units` defines unit names of its own, {"year": "252 day"}.
    Raises InputError for two quantities of one name, an auxiliary without an equation, an
    algebraic loop (named), and anything of the wrong kind.
    """
    _repr_html_ = model_html

    def __init__(self, name: str, flows: Iterable[Flow | Trade], *, span: tuple, time_unit: str = "day",
                 policies: Iterable[Policy] = (), impulses: Iterable[Impulse] = (), outcomes: Iterable[Outcome] = (),
                 runaway: Relational | None = None, outputs: Iterable[Quantity] = (), loops: Iterable[Loop] = (),
                 units: Mapping[str, str] | None = None, description: str = "", step: float | Quantity | None = None,
                 saving: float | Quantity | None = None, stepping: str = "Euler"):
        self.name, self.time_unit, self.description = name, time_unit, description
        self.where = f"model {name!r}"
        self.unit_definitions = dict(units or {})
        self.span = None if span is None else _span(self.where, span)
        given = laid_out(flows)
        self.trades = tuple(item for item in given if isinstance(item, Trade))
        self.flows = tuple(flow for item in given for flow in (item.flows if isinstance(item, Trade) else (item,)))
        for flow in self.flows:
            if not isinstance(flow, Flow):
                raise InputError(f"{self.where}: {flow!r} is not a flow; give Flow and Trade objects in flows=")
        for flow, number in Counter(self.flows).items():
            if number > 1:
                raise InputError(f"{self.where}: {flow.where} is listed twice in flows=; list it once, a trade brings both its flows")
        self.policies = by_name(self.where, "policy", policies, Policy)
        self.impulses = by_name(self.where, "impulse", impulses, Impulse)
        for name in self.policies:
            if name in self.impulses:
                raise InputError(f"{self.where}: a policy and an impulse are named {name!r}; rename one")
        self.outcomes = tuple(outcomes)
        for outcome in self.outcomes:
            if not isinstance(outcome, Outcome):
                raise InputError(f"{self.where}: {outcome!r} is not an outcome; give Outcome objects in outcomes=")
        if runaway is not None:
            margin(f"{self.where}, runaway", runaway)
        self.runaway = runaway
        self.outputs = tuple(laid_out(outputs))
        if not self.flows:
            raise InputError(f"{self.where}: it has no flow; a stock changes through flows only")
        self.case: Any = None  # the case `load` attached, used where `simulate` is given none
        self.value_set: str | None = None  # the published value set in force, with its overrides
        self.values: dict[str, float] = {}
        self.path: Any = None  # where the file or folder it was loaded from lies
        self.cuts: tuple[Any, ...] = ()  # links held at their value, made by `cut`
        self.compiled: Any = None  # the fast functions, once `simulate` needs them
        self.stepped: Any = None  # those for fixed steps
        if stepping not in ("Euler", "RK4"):
            raise unknown(f"{self.where}, stepping", "method of fixed steps", str(stepping), ("Euler", "RK4"))
        self.step, self.saving, self.stepping = step, saving, stepping
        self.quantities: dict[str, Quantity] = {}
        self.stocks: tuple[Stock, ...] = ()
        self.parameters: tuple[Parameter, ...] = ()
        self.series: tuple[Series, ...] = ()
        self.lookups: tuple[Lookup, ...] = ()
        self.computed: tuple[Auxiliary, ...] = ()  # auxiliaries and flows in the order of computation
        collect(self)
        self.equations = {quantity: quantity.expression for quantity in self.computed}
        self.loops: tuple[Circuit, ...] = circuits(self, loops)

    @property
    def auxiliaries(self) -> tuple[Auxiliary, ...]:
        """The computed quantities that are no flows, in the order of computation."""
        return tuple(quantity for quantity in self.computed if not isinstance(quantity, Flow))

    @property
    def totals(self) -> dict[Auxiliary, tuple[Stock, ...]]:
        """The stocks of each family by the auxiliary that bears the bare name, their total."""
        found: dict[Auxiliary, tuple[Stock, ...]] = {}
        for stock in self.stocks:
            if stock.counted_in is not None:
                found[stock.counted_in] = (*found.get(stock.counted_in, ()), stock)
        return found

    @cached_property
    def series_in_equations(self) -> tuple[Series, ...]:
        """The series that equations use; the others stand in policies only."""
        used = set().union(*(equation.free_symbols for equation in self.equations.values()), *(stock.initial.free_symbols for stock in self.stocks))
        return tuple(series for series in self.series if series in used)

    @property
    def inputs(self) -> tuple[Quantity, ...]:
        """The inputs of the compiled functions, in their order: parameters, series, lookups."""
        return (*self.parameters, *self.series, *self.lookups)

    @cached_property
    def kinks(self) -> list[Kink]:
        """Where the rates jump or bend; those with a node to hold come first.

        Where only the curvature jumps the error control passes, unless stocks rest while time moves: others are left out.
        """
        needed = self.rests_on(self.flows)
        found = kinks(self.equations[quantity] for quantity in self.computed if quantity in needed)
        return [kink for kink in found if kink.kind != "knot" or TIME in (rests := self.rests_on([kink.margin])) or rests.isdisjoint(self.stocks)]

    def rests_on(self, wanted: Iterable[sympy.Expr]) -> set:
        """Return every symbol that the wanted expressions rest on, directly or through computed quantities."""
        found = set().union(*(expression.free_symbols for expression in wanted))
        for quantity in reversed(self.computed):
            found |= self.equations[quantity].free_symbols if quantity in found else set()
        return found

    @cached_property
    def modes(self) -> dict[sympy.Expr, sympy.Symbol]:
        """The nodes that are held over each piece of a run, with the inputs that hold them."""
        nodes = [kink.node for kink in self.kinks if kink.node is not None]
        return {node: sympy.Symbol(f"_mode{number}", real=True) for number, node in enumerate(nodes)}

    @cached_property
    def over_steps(self) -> Model:
        """The model as RK4 takes it, where what `at_step` holds is among the modes."""
        held = [quantity for quantity in self.computed if quantity.written is not None and quantity.written.has(at_step)]
        if not held:
            return self
        made = self.altered()
        made.equations = self.equations | {quantity: carried_out(quantity.written, over_steps=True) for quantity in held}
        return made

    @cached_property
    def joined(self) -> list[list[int]]:
        """The places of the stocks that flows join with each stock."""
        places = {stock: place for place, stock in enumerate(self.stocks)}
        found: list[list[int]] = [[] for _ in self.stocks]
        for flow in self.flows:
            ends = [places[stock] for stock, _ in flow.ends]
            for place in ends:
                found[place] += ends
        return found

    @cached_property
    def input_places(self) -> dict[Quantity, int]:
        """The place of every input of the compiled functions."""
        return {quantity: place for place, quantity in enumerate(self.inputs)}

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

    def parameters_of(self, name: Any, where: str | None = None) -> list[Parameter]:
        """Return the parameter of a name, or the members of the family of that name; raise InputError with the nearest names."""
        if isinstance(name, Members):
            return [self.quantity(member, where, Parameter) for member in name]
        members = [parameter for parameter in self.parameters if parameter.name.startswith(f"{name}[")]
        return members if members and name not in self.quantities else [self.quantity(name, where, Parameter)]

    def policy(self, name: str) -> Policy | Impulse:
        """Return the policy or impulse of a name; raise InputError with the nearest names."""
        known = {**self.policies, **self.impulses}
        if name not in known:
            raise unknown(self.where, "policy", name, known)
        return known[name]

    def check_units(self) -> dict[Quantity, Any]:
        """Check every equation and return each quantity's unit; raise InputError at the first that does not fit."""
        from .dimensions import check

        return check(self)

    def unit_text(self, quantity: Quantity) -> str | None:
        """Return the unit of a quantity as text; a flow's follows from its stock and the time unit."""
        if isinstance(quantity, Flow):
            unit = next((stock.unit for stock, _ in quantity.ends), None)
            return None if unit is None else f"{unit}/{self.time_unit}"
        return quantity.unit

    def altered(self) -> Model:
        """Return a copy for other equations: it shares the declarations and has forgotten what was derived from them or compiled."""
        made = copy.copy(self)
        for derived in ("input_places", "joined", "kinks", "modes", "over_steps", "series_in_equations"):
            made.__dict__.pop(derived, None)
        made.compiled = made.stepped = None
        return made

    def __getstate__(self):
        return {"attributes": {**self.__dict__, "compiled": None, "stepped": None},
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
