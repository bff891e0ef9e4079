"""A model under one case as an outline: the variables that XMILE knows, with their equations as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import sympy

from ..case import Case
from ..choices import carried_out
from ..compiled import Compiled, compiled
from ..errors import InputError
from ..lookups import Lookup, look
from ..model import Model
from ..pacing import pace_of, with_step
from ..policies import Policy
from ..quantities import TIME, Parameter, Quantity, Stock, finite_number
from ..schedule import schedule
from ..series import Sampled
from ..simulation import first_state
from ..timeline import Schedule
from .equations import Equations, number
from .graphs import graph_of, graph_over_time
from .naming import CONTROLS, Names, quoted
from .switching import Switching, changed
from .variables import Outline, Variable

_MOST_STEPS, _FEWEST_STEPS = 20_000, 250
_STABLE = 0.1  # of the time in which the fastest mode moves by a factor of e


def outlined(model: Model, case: Case, *, policies: Iterable[Policy | str] = (), set: Mapping | None = None, step: float | None = None) -> Outline:
    """Return a model under a case as XMILE can say it; raise InputError, by name, for what has no such form.

    Dated policies and shocks are written into the parameters they replace, series are graphical functions of time, delays
    and smooths the stocks they are. What a condition triggers, once, is latched by a stock of its own, a step later than
    here. `step` is the step of Euler's method, by default the model's own, else one that is stable where the run begins.
    """
    if model.cuts:
        raise InputError(f"{model.where}: it has links held at a value, which have no form in XMILE; export it without --cut")
    return Outlining(model, case, schedule(model, case, policies, with_step(model, "Euler", step, set or {}))).outline(step)


class Outlining:
    """Writes a model under a case and its schedule, variable by variable."""

    def __init__(self, model: Model, case: Case, plan: Schedule):
        self.model, self.case, self.plan = model, case, plan
        self.free = Names(CONTROLS if model.step is None else ())
        self.names = {quantity: self.free.fresh(quantity.name) for quantity in model.quantities.values()}
        self.variables: list[Variable] = []
        self.notes: dict[str, None] = {}
        self._tables: dict[tuple, str] = {}
        self._unused = {lookup: self.names[lookup] for lookup in model.lookups}  # the first use bears the lookup's own name

    def outline(self, step: float | None) -> Outline:
        """Return the outline."""
        model, plan = self.model, self.plan
        functions = compiled(model, held=False)
        begun = first_state(model, self.case, functions, plan, None)
        length = self._step(functions, begun) if step is None else finite_number("--step", step)
        if not 0 < length <= plan.end - plan.start:
            raise InputError(f"--step: {length:g} is no step of a run from {plan.start:g} to {plan.end:g}; give one that is positive and shorter")
        switching = Switching(self, length)
        switching.parameters()
        for series in model.series_in_equations:
            self.series(self.names[series], plan.sampled[series], series.unit, series.description)
        for item in model.auxiliaries:
            self.computed("aux", item)
        for flow in model.flows:
            self.computed("flow", flow)
        extra = switching.impulses()
        moved = {parameter for action in plan.actions if action.start <= plan.start + plan.nearest for parameter, _ in changed(model, action)}
        for stock, value in zip(model.stocks, begun, strict=True):
            self.stock(stock, float(value), moved, extra)
        if model.outcomes:
            self.note(f"its outcomes are left out, XMILE has none: {', '.join(outcome.name for outcome in model.outcomes)}")
        stands = {self.names[item]: item for item in (*model.stocks, *model.flows)}
        return Outline(model.name, model.description, plan.start, plan.end, length, model.time_unit, tuple(self.variables), stands, tuple(self.notes))

    def note(self, sentence: str) -> None:
        """Keep a sentence on what the form lacks."""
        self.notes[sentence] = None

    def add(self, variable: Variable) -> None:
        """Add a variable."""
        self.variables.append(variable)

    def written(self, where: str, expression: sympy.Expr, names: Mapping[Quantity, str] | None = None, words: Mapping[Quantity, str] | None = None,
                as_condition: bool = False) -> tuple[str, tuple[str, ...]]:
        """Return an expression as text and the names in it."""
        equations = Equations({**self.names, **(names or {})}, {TIME: "TIME", **(words or {})}, lambda *use: self.table(where, *use))
        try:
            text = equations.condition(expression) if as_condition else equations.text(expression)
        except InputError as error:
            raise error if ":" in str(error) else InputError(f"{where}: {error}") from None
        except RecursionError:
            raise InputError(f"{where}: it is nested too deeply; give parts of it names, as auxiliaries") from None
        return text, tuple(equations.mentioned)

    def table(self, where: str, lookup: Lookup, argument: sympy.Expr, guards: tuple[str, ...]) -> str:
        """Return the name of the variable that is a lookup at an argument; made at its first use."""
        guards = () if isinstance(argument, Quantity) else guards
        key = (lookup, carried_out(argument), guards)
        if key not in self._tables:
            self._tables[key] = name = self._unused.pop(lookup, None) or self.free.fresh(lookup.name)
            self.graphical("aux", name, lookup, argument, lookup.unit, lookup.description, where, guards)
        return self._tables[key]

    def graphical(self, kind: str, name: str, lookup: Lookup, argument: sympy.Expr, unit: str | None, description: str, where: str,
                  guards: tuple[str, ...] = ()) -> None:
        """Add a variable that is a lookup at an argument, computed only where the guards hold."""
        graph, argument = graph_of(lookup, argument)
        if "error" in (lookup.below, lookup.above):
            self.note(f"{lookup.where} holds its last value beyond its points instead of ending the run")
        equation, mentions = self.written(where, argument)
        if guards:
            equation = f"(IF {' AND '.join(f'({guard})' for guard in guards)} THEN {equation} ELSE {number(graph.x[0])})"
        if graph.below is None and graph.above is None:
            self.add(Variable(kind, name, equation, unit, description, graph=graph, mentions=mentions))
            return
        inner = self.free.fresh(f"{name} within its points")
        self.add(Variable("aux", inner, equation, unit, f"{lookup.name} without what it extends", graph=graph, mentions=mentions))
        text = quoted(inner)
        for slope, word, end in ((graph.below, "MIN", graph.x[0]), (graph.above, "MAX", graph.x[-1])):
            if slope is not None:
                text += f" + ({number(slope)})*{word}(({equation}) - ({number(end)}), 0)"
        self.add(Variable(kind, name, text, unit, description, mentions=(inner, *mentions)))

    def series(self, name: str, sampled: Sampled, unit: str | None, description: str, time: str = "TIME") -> None:
        """Add a series as a graphical function of time."""
        graph, first, last = graph_over_time(sampled)
        if first is None and last is None:
            self.add(Variable("aux", name, time, unit, description, graph=graph))
            return
        inner = self.free.fresh(f"{name} within its times")
        self.add(Variable("aux", inner, time, unit, description, graph=graph))
        text = quoted(inner)
        if last is not None:
            text = f"(IF {time} >= {number(last)} THEN {number(sampled.after)} ELSE {text})"
        if first is not None:
            text = f"(IF {time} < {number(first)} THEN {number(sampled.before)} ELSE {text})"
        self.add(Variable("aux", name, text, unit, description, mentions=(inner,)))

    def computed(self, kind: str, item: Any) -> None:
        """Add an auxiliary or a flow, its equation as it was written where that is what is computed."""
        expression = self.model.equations[item]
        if item.written is not None and carried_out(item.written) == expression:
            expression = item.written
        name, unit = self.names[item], self.model.unit_text(item)
        if type(expression) is look:
            lookup, argument = expression.args
            self.graphical(kind, name, lookup, argument, unit, item.description, item.where)
            return
        equation, mentions = self.written(item.where, expression)
        self.add(Variable(kind, name, equation, unit, item.description, mentions=mentions))

    def stock(self, stock: Stock, value: float, moved: set[Parameter], extra: Mapping[Stock, tuple[list[str], list[str]]]) -> None:
        """Add a stock; its initial value is a number where the case gives it or a policy acts from the start, which begins after it."""
        given = isinstance(self.case.initial, str) or stock.name in self.case.initial
        if given or moved & self.model.rests_on([stock.initial]):
            equation, mentions = number(value), ()
        else:
            equation, mentions = self.written(f"{stock.where}, initial value", stock.written)
        into, out = extra.get(stock, ([], []))
        inflows = (*(self.names[flow] for flow in self.model.flows if flow.sink is stock), *into)
        outflows = (*(self.names[flow] for flow in self.model.flows if flow.source is stock), *out)
        self.add(Variable("stock", self.names[stock], equation, stock.unit, stock.description, inflows, outflows, mentions=mentions))

    def _step(self, functions: Compiled, begun: np.ndarray) -> float:
        """Return the model's own step, else a power of two that is stable where the run begins and whose sums are exact."""
        plan = self.plan
        if self.model.step is not None:
            pace = pace_of(self.model, plan, "Euler", None)
            if pace.varying is not None:
                raise InputError(f"{self.model.where}: its step changes with time, which has no form in XMILE; give --step, one for the whole run")
            return pace.length
        span, fastest = plan.end - plan.start, 0.0
        matrix = np.zeros((len(begun), len(begun)))
        try:
            matrix[tuple(functions.pattern)] = functions.jacobian(plan.start, begun.tolist(), plan.segments[0].values(plan.start))
            fastest = float(np.max(np.abs(np.linalg.eigvals(matrix))))
        except (InputError, ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
            pass  # where there is no derivative the span decides
        wanted = max(min(span / _FEWEST_STEPS, _STABLE / fastest if fastest > 0 else span), span / _MOST_STEPS)
        return 2.0 ** math.floor(math.log2(wanted))
