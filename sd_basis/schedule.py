"""From a case and more policies to the schedule of a run: names found, dates and values resolved and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .actions import Action, action_of, start_of
from .case import Case, Event
from .errors import InputError
from .model import Model
from .policies import Impulse, Policy
from .quantities import Parameter, finite_number
from .timeline import Kick, Schedule


def schedule(model: Model, case: Case, policies: Iterable[Policy | Impulse | str] = (), set: Mapping | None = None,
             span: tuple | None = None) -> Schedule:
    """Resolve a case and more policies into a schedule.

    A policy given here replaces the case's policy of the same name. Raises InputError for unknown
    names, values outside their domain, and dates before the start of the run.
    """
    if case.origin is not None and model.time_unit != "day":
        raise InputError(f"case {case.name!r}: it has an origin, whose calendar counts trading days, but model {model.name!r} runs in "
                         f"{model.time_unit}; leave the origin out and give model times as numbers")
    start, end = _span(model, case, span)
    base, warnings = _base_values(model, case, set or {})
    sampled = {series: series.sample(case.calendar) for series in model.series_in_equations}
    base += [sampled[series].at(start) if series in sampled else 0.0 for series in model.series]
    base += [lookup.table for lookup in model.lookups] + [0.0] * len(model.modes)
    # a run that goes on from a later state keeps the policies begun before it, within the case's own span
    earliest = start if span is None else min(start, _span(model, case, None)[0])
    if not (sampled or case.shocks or case.policies or policies or model.impulses or model.cuts):  # nothing has a date
        return Schedule(model, case, start, end, base, sampled, (), (), (), _once(warnings), True)
    order, kicks = _items(model, case, policies, earliest, warnings)
    for item, time in [*((item, item.start) for item in order if isinstance(item, Action)), *((kick.impulse, kick.time) for kick in kicks)]:
        if time < earliest:
            raise InputError(f"{item.name}: it starts at {case.when(time)}, before the run begins at {case.when(earliest)}; "
                             "choose a later date or shift")
        if time >= end:
            warnings.append(f"{item.name}: it starts at {case.when(time)}, after the run ends at {case.when(end)}, and has no effect")
    watched = tuple(impulse for impulse in model.impulses.values() if impulse.when is not None)
    times = [time for item in order if isinstance(item, Action) for time in (item.start, item.end, *item.knots)]
    times += [time for series in sampled.values() for time in series.knots()] + [kick.time for kick in kicks]
    plan = Schedule(model, case, start, end, base, sampled, order, kicks, watched, (), not any(end <= time < np.inf for time in times))
    if plan.actions:
        warnings += [warning for segment in plan.segments for warning in plan.doubts(segment)]
    return replace(plan, warnings=_once(warnings)) if warnings else plan


def _once(warnings: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warnings))


def _items(model: Model, case: Case, policies: Iterable, start: float, warnings: list[str]) -> tuple[tuple[Action | Policy, ...], tuple[Kick, ...]]:
    """Return dated actions and triggered policies in order, and the dated impulses: those of the case, then those given."""
    order: list[Action | Policy] = []
    kicks: list[Kick] = []

    def use(item: Policy | Impulse, event: Event, shock: bool) -> None:
        shift = 0.0 if shock else case.shift
        if isinstance(item, Impulse):
            if item.when is None:
                kicks.append(Kick(item, start_of(case, item, event, item.at, shift, warnings), shock))
        elif item.when is None:
            order.append(action_of(model, case, item, event, shift, warnings, shock=shock))
        elif event.start is not None or event.end is not None or event.duration is not None:
            raise InputError(f"case {case.name!r}, policy {item.name!r}: it is triggered by {item.when} and has no dates; leave them out")
        else:
            order.append(item)
    for event in case.shocks:
        if event.name in model.impulses and not event.set:
            use(model.impulses[event.name], event, True)
            continue
        use(Policy(event.name, _shock_changes(model, case, event)), event, True)
    own = _given(model, policies)
    named = {item.name for item in own}
    for event in case.policies:
        item = model.policy(event.name)
        if event.name not in named:
            use(item, event, False)
    for item in own:
        use(item, Event(item.name), False)
    used = named | {event.name for event in (*case.shocks, *case.policies)}
    for impulse in model.impulses.values():
        if impulse.at is not None and impulse.name not in used:
            use(impulse, Event(impulse.name), False)
    for held in model.cuts:
        order.append(held.action(model, case, start))
    return tuple(order), tuple(kicks)


def _given(model: Model, policies: Iterable[Policy | Impulse | str]) -> list[Policy | Impulse]:
    """Return the policies of a call, each named once."""
    if isinstance(policies, (str, Policy, Impulse)):
        raise InputError(f"policies: {policies!r} stands alone; give a list of policies")
    found: dict[str, Policy | Impulse] = {}
    for item in policies:
        policy = model.policy(item) if isinstance(item, str) else item
        if not isinstance(policy, (Policy, Impulse)):
            raise InputError(f"policies: {item!r} is no policy; give names, or model.policy(NAME).at(DATE)")
        if policy.name in found:
            raise InputError(f"policies: {policy.name!r} is given twice; give each policy once")
        found[policy.name] = policy
    return list(found.values())


def _span(model: Model, case: Case, span: tuple | None) -> tuple[float, float]:
    if span is None and case.span is None and model.span is not None:
        return model.span
    raw: Any = case.span if span is None else span
    try:
        first, last = raw
    except (TypeError, ValueError):
        raise InputError(f"span: {raw!r} is not a pair; give (start, end)") from None
    start, end = case.time("span", first), case.time("span", last)
    if end <= start:
        raise InputError(f"span: the end {last} is not after the start {first}; give (start, end)")
    return start, end


def _base_values(model: Model, case: Case, own: Mapping) -> tuple[list, list[str]]:
    values, warnings = dict(model.values), []
    if case.values or own:
        for where, given in ((f"case {case.name!r}", case.values), ("set", own)):
            for name, value in given.items():
                for parameter in model.parameters_of(name, where):
                    values[parameter.name] = finite_number(f"{where}: {parameter.name}", value)
    base = [values.get(parameter.name, parameter.value) for parameter in model.parameters]
    for parameter, value in zip(model.parameters, base, strict=True):
        warning = parameter.check(value, model.where)
        if warning:
            warnings.append(warning)
    return base, warnings


def _shock_changes(model: Model, case: Case, event: Event) -> dict[Parameter, Any]:
    return {parameter: value for name, value in event.set.items()
            for parameter in model.parameters_of(name, f"case {case.name!r}, shock {event.name!r}")}
