"""Policies and shocks on the time axis: when they act, and the values they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import sympy

from .calendar import Calendar, parse_date
from .case import Case, Event
from .declarations import Policy
from .errors import InputError
from .model import Model
from .quantities import START, TIME, Parameter
from .series import Sampled, Series


@dataclass(frozen=True)
class Action:
    """A policy or shock on the time axis, with the values it gives in the order they are given."""

    name: str
    start: float
    end: float
    changes: tuple[tuple[int, Callable[[float, float, list[float]], float]], ...]
    moves: bool
    knots: tuple[float, ...]


def action_of(model: Model, case: Case, policy: Policy, event: Event, shift: float, warnings: list[str]) -> Action:
    """Return a policy as a case uses it, its dates in model time; a date that has to move is told in `warnings`."""
    where = policy.name
    raw = event.start if event.start is not None else policy.start
    if raw is None:
        raise InputError(f"{where}: the policy has no start; write {policy.name}@DATE or give the case a start")
    start = case.time(f"{where}, start", raw) + shift
    for value in (raw, event.end):
        if case.is_closed(value):
            warnings.append(f"{where}: {value} is no trading day; it stands for {case.when(case.time(where, value))}")
    end, duration = (event.end, event.duration) if event.end is not None or event.duration is not None else (policy.end, policy.duration)
    finish = np.inf
    if end is not None:
        finish = case.time(f"{where}, end", end) + shift
    elif duration is not None:
        finish = start + duration
    if finish <= start:
        raise InputError(f"{where}: its end {end or finish} is not after its start {raw}; give a later end")
    sampled: dict[Series, Sampled] = {}
    for expression in policy.changes.values():
        for series in expression.free_symbols:
            if isinstance(series, Series):
                sampled[series] = _moved(series, start)
    changes = tuple((model.parameter_places[model.quantity(parameter, where, Parameter)], _evaluator(model, expression, sampled))
                    for parameter, expression in policy.changes.items())
    knots = tuple(time for series in sampled.values() for time in series.knots() if start <= time < finish)
    moves = any(TIME in expression.free_symbols for expression in policy.changes.values()) or any(
        series.kind == "linear" for series in sampled.values())
    return Action(policy.name, start, finish, changes, moves, knots)


def _moved(series: Series, start: float) -> Sampled:
    """Return a policy's series with its first time at the policy's start; a dated one counts trading days from its first date."""
    dated = not isinstance(series.times[0], (int, float))
    calendar = Calendar(parse_date(series.where, series.times[0]).date()) if dated else None
    own = series.sample(calendar)
    offset = start - own.times[0]
    return replace(own, times=tuple(time + offset for time in own.times), end=own.end + offset)


def _evaluator(model: Model, expression: sympy.Expr, sampled: dict[Series, Sampled]) -> Callable[[float, float, list[float]], float]:
    """Return value(time, start, values) of an expression; the usual cases without compiling anything."""
    if expression.is_number:
        number = float(expression)
        return lambda time, start, values: number
    if expression in sampled:
        series = sampled[expression]
        return lambda time, start, values: series.at(time)
    place = model.parameter_places
    inputs = sorted(expression.free_symbols, key=lambda symbol: symbol.identity[1])
    function = sympy.lambdify(inputs, expression, modules="math")

    def value(time: float, start: float, values: list[float]) -> float:
        arguments = [time if symbol == TIME else start if symbol == START else sampled[symbol].at(time) if symbol in sampled
                     else values[place[symbol]] for symbol in inputs]
        return float(function(*arguments))
    return value
