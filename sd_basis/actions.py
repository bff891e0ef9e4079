"""Policies and shocks on the time axis: when they act, and the values they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from .calendar import Calendar, parse_date
from .case import Case, Event
from .codegen import scalar_function
from .errors import InputError
from .model import Model
from .policies import Policy
from .quantities import START, TIME, Parameter, Quantity
from .series import Sampled, Series


@dataclass(frozen=True)
class Action:
    """A policy or shock on the time axis, with the values it gives in the order they are given.

    `shock` tells that the case's shift does not move it; `cause` is the number of the switch that triggered
    it, None for a dated one; `holds` are parameters that take the value some quantity has at the start.
    """

    name: str
    start: float
    end: float
    changes: tuple[tuple[int, Value], ...]
    moves: bool
    knots: tuple[float, ...]
    expressions: tuple[tuple[int, sympy.Expr], ...] = ()
    sampled: dict[Series, Sampled] = field(default_factory=dict)
    shock: bool = False
    cause: int | None = None
    holds: tuple[tuple[int, Quantity], ...] = ()

    def holding(self, values: dict[int, float]) -> Action:
        """Return the action with the values that its parameters hold."""
        return replace(self, changes=self.changes + tuple((place, Value(self.changes[0][1].model, sympy.Float(values[place]))) for place, _ in self.holds))


def action_of(model: Model, case: Case, policy: Policy, event: Event, shift: float, warnings: list[str], *, shock: bool = False) -> Action:
    """Return a policy as a case uses it, its dates in model time; a date that has to move is told in `warnings`."""
    where = policy.name
    start = start_of(case, policy, event, policy.start, shift, warnings)
    end, duration = (event.end, event.duration) if event.end is not None or event.duration is not None else (policy.end, policy.duration)
    finish = np.inf
    if end is not None:
        finish = case.time(f"{where}, end", end) + shift
    elif duration is not None:
        finish = start + duration
    if finish <= start:
        raise InputError(f"{where}: its end {end or finish} is not after its start {case.when(start)}; give a later end")
    return acting(model, policy, start, finish, shock=shock)


def start_of(case: Case, item: Any, event: Event, own: Any, shift: float, warnings: list[str]) -> float:
    """Return the start of a policy or impulse in model time: the case's, else its own, moved by `shift`."""
    where = item.name
    raw = event.start if event.start is not None else own
    if raw is None:
        raise InputError(f"{where}: the {type(item).__name__.lower()} has no start; write {where}@DATE or give the case a start")
    for value in (raw, event.end):
        if case.is_closed(value):
            warnings.append(f"{where}: {value} is no trading day; it stands for {case.when(case.time(where, value))}")
    return case.time(f"{where}, start", raw) + shift


def acting(model: Model, policy: Policy, start: float, end: float, *, shock: bool = False, cause: int | None = None) -> Action:
    """Return a policy that acts from a start to an end."""
    sampled: dict[Series, Sampled] = {}
    for expression in policy.changes.values():
        for series in expression.free_symbols:
            if isinstance(series, Series):
                sampled[series] = _moved(series, start)
    expressions = tuple((model.input_places[model.quantity(parameter, policy.name, Parameter)], expression)
                        for parameter, expression in policy.changes.items())
    changes = tuple((place, Value(model, expression, sampled)) for place, expression in expressions)
    knots = tuple(time for series in sampled.values() for time in series.knots() if start <= time < end)
    moves = any(TIME in expression.free_symbols for expression in policy.changes.values()) or any(
        series.kind == "linear" for series in sampled.values())
    return Action(policy.name, start, end, changes, moves, knots, expressions, sampled, shock, cause)


def _moved(series: Series, start: float) -> Sampled:
    """Return a policy's series with its first time at the policy's start; a dated one counts trading days from its first date."""
    dated = not isinstance(series.times[0], (int, float))
    calendar = Calendar(parse_date(series.where, series.times[0]).date()) if dated else None
    own = series.sample(calendar)
    offset = start - own.times[0]
    return replace(own, times=tuple(time + offset for time in own.times), end=own.end + offset)


@dataclass(eq=False)
class Value:
    """The value of an expression of parameters, series, TIME and START: `value(time, start, inputs)`."""

    model: Model
    expression: sympy.Expr
    sampled: dict[Series, Sampled] = field(default_factory=dict)

    def __call__(self, time: float, start: float, values: list) -> float:
        if self._known is not None:
            return self._known
        if self.expression in self.sampled:
            return self.sampled[self.expression].at(time)
        place = self.model.input_places
        arguments = [time if symbol == TIME else start if symbol == START else self.sampled[symbol].at(time) if symbol in self.sampled
                     else values[place[symbol]] for symbol in self._symbols]
        return float(self._function(*arguments))

    @cached_property
    def _known(self) -> float | None:
        return float(self.expression) if self.expression.is_number else None

    @cached_property
    def _symbols(self) -> list[Quantity]:
        return sorted(self.expression.free_symbols, key=lambda symbol: symbol.identity[1])

    @cached_property
    def _function(self) -> Callable:
        return scalar_function(self.model.name, self._symbols, self.expression)

    def __getstate__(self):
        return {"model": self.model, "expression": self.expression, "sampled": self.sampled}
