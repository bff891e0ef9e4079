"""The schedule of a run: its switches, and the parameters in force between them.

Policies, shocks and series cut the span into segments; the solver restarts at each. Within a
segment the parameters are constant, unless a linear series or TIME makes them move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import sympy

from .calendar import Calendar
from .case import Case, Event
from .declarations import Policy
from .errors import InputError
from .model import Model
from .quantities import START, TIME, Parameter, finite_number
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


@dataclass(frozen=True)
class Segment:
    """A piece of the run between two switches; `values(t)` are the parameters and series in force."""

    start: float
    end: float
    values: Callable[[float], list[float]]
    constant: bool


@dataclass(frozen=True)
class Schedule:
    """Segments that cover the span, the named actions, and warnings on the values."""

    segments: tuple[Segment, ...]
    actions: tuple[Action, ...]
    warnings: tuple[str, ...]

    @property
    def start(self) -> float:
        """The start of the run."""
        return self.segments[0].start

    @property
    def end(self) -> float:
        """The end of the run."""
        return self.segments[-1].end

    @property
    def last_switch(self) -> float:
        """The last time at which an input jumps; the start where none does."""
        return self.segments[-1].start


def schedule(model: Model, case: Case, policies: Iterable[Policy | str] = (), set: Mapping | None = None,
             span: tuple | None = None) -> Schedule:
    """Resolve a case and more policies into segments.

    A policy given here replaces the case's policy of the same name. Raises InputError for unknown
    names, values outside their domain, and dates before the start of the run.
    """
    start, end = _span(model, case, span)
    base, warnings = _base_values(model, case, set or {})
    sampled = {series: series.sample(case.calendar) for series in model.series_in_equations}
    actions = [_action(model, case, Policy(event.name, _shock_changes(model, case, event)),
                       event, 0.0, base) for event in case.shocks]
    own = [model.policy(policy) if isinstance(policy, str) else policy for policy in policies]
    replaced = {policy.name for policy in own}
    for event in case.policies:
        if event.name in replaced:
            model.policy(event.name)
            continue
        actions.append(_action(model, case, model.policy(event.name), event, case.shift, base))
    actions += [_action(model, case, policy, Event(policy.name), 0.0, base) for policy in own]
    # a run that goes on from a later state keeps the policies begun before it, within the case's own span
    earliest = min(start, _span(model, case, None)[0])
    for action in actions:
        if action.start < earliest:
            raise InputError(f"{action.name}: it starts at {action.start:g}, before the run begins at {earliest:g}; choose a later date or shift")
        if action.start >= end:
            warnings.append(f"{action.name}: it starts at {action.start:g}, after the run ends at {end:g}, and has no effect")
    switches = {start, end}
    for action in actions:
        switches.update((action.start, action.end, *action.knots))
    for series in sampled.values():
        switches.update(series.knots())
    times = _distinct(sorted(time for time in switches if start <= time <= end))
    segments = []
    for left, right in zip(times, times[1:], strict=False):
        active = [action for action in actions if action.start <= (left + right) / 2 < action.end]
        segments.append(_segment(model, base, sampled, active, left, right, warnings))
    return Schedule(tuple(segments), tuple(actions), tuple(dict.fromkeys(warnings)))


def _distinct(times: list[float]) -> list[float]:
    """Drop switches that differ by rounding only; the span's own ends stay."""
    nearest = 1e-12 * max(abs(times[0]), abs(times[-1]))
    kept = times[:1]
    for time in times[1:]:
        if time - kept[-1] > nearest:
            kept.append(time)
    kept[-1] = times[-1]
    return kept


def _span(model: Model, case: Case, span: tuple | None) -> tuple[float, float]:
    raw = next((given for given in (span, case.span) if given is not None), model.span)
    try:
        first, last = raw
    except (TypeError, ValueError):
        raise InputError(f"span: {raw!r} is not a pair; give (start, end)") from None
    start, end = case.time("span", first), case.time("span", last)
    if end <= start:
        raise InputError(f"span: the end {last} is not after the start {first}; give (start, end)")
    return start, end


def _base_values(model: Model, case: Case, own: Mapping) -> tuple[list[float], list[str]]:
    values = {parameter.name: parameter.value for parameter in model.parameters}
    values.update(model.values)
    warnings = []
    for where, given in ((f"case {case.name!r}", case.values), ("set", own)):
        for name, value in given.items():
            parameter = model.quantity(name, where, Parameter)
            values[parameter.name] = finite_number(f"{where}: {parameter.name}", value)
    for parameter in model.parameters:
        warning = parameter.check(values[parameter.name], f"model {model.name!r}")
        if warning:
            warnings.append(warning)
    return [values[parameter.name] for parameter in model.parameters], warnings


def _shock_changes(model: Model, case: Case, event: Event) -> dict:
    return {model.quantity(name, f"case {case.name!r}, shock {event.name!r}", Parameter): value
            for name, value in event.set.items()}


def _action(model: Model, case: Case, policy: Policy, event: Event, shift: float, base: list[float]) -> Action:
    where = f"{policy.name}"
    raw = event.start if event.start is not None else policy.start
    if raw is None:
        raise InputError(f"{where}: the policy has no start; write {policy.name}@DATE or give the case a start")
    start = case.time(f"{where}, start", raw) + shift
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
    calendar = None
    if dated:
        from .calendar import parse_date
        calendar = Calendar(parse_date(series.where, series.times[0]).date())
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


def _segment(model: Model, base: list[float], sampled: dict[Series, Sampled], active: list[Action],
             left: float, right: float, warnings: list[str]) -> Segment:
    series = [sampled.get(item) for item in model.series]
    steady = not any(action.moves for action in active) and not any(
        item is not None and item.kind == "linear" for item in series)

    last = np.nextafter(right, left)  # at its right end a segment still has the values before the switch

    def values(time: float) -> list[float]:
        time = min(time, last)
        current = list(base)
        for action in active:
            for index, value in action.changes:
                current[index] = value(time, action.start, current)
        return current + [0.0 if item is None else item.at(time) for item in series]

    middle = values((left + right) / 2)
    where = " and ".join(action.name for action in active)
    for index in sorted({index for action in active for index, _ in action.changes}):
        warning = model.parameters[index].check(middle[index], where)
        if warning:
            warnings.append(warning)
    return Segment(left, right, (lambda time: middle) if steady else values, steady)
