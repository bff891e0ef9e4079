"""The schedule of a run: its switches, and the parameters in force between them.

Policies, shocks and series cut the span into segments; the solver restarts at each. Within a
segment the parameters are constant, unless a linear series or TIME makes them move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .actions import Action, action_of
from .case import Case, Event
from .declarations import Policy
from .errors import InputError
from .model import Model
from .quantities import Parameter, finite_number
from .series import Sampled, Series


@dataclass(frozen=True)
class Segment:
    """A piece of the run between two switches; `values(t)` are the parameters and series in force."""

    start: float
    end: float
    values: Callable[[float], list[float]]
    constant: bool


@dataclass(frozen=True)
class Schedule:
    """Segments that cover the span, the inputs before any action, the named actions, and warnings on the values.

    `complete` tells whether nothing is scheduled at the end of the run or after it.
    """

    segments: tuple[Segment, ...]
    base: list[float]
    actions: tuple[Action, ...]
    warnings: tuple[str, ...]
    complete: bool

    @property
    def start(self) -> float:
        """The start of the run."""
        return self.segments[0].start

    @property
    def end(self) -> float:
        """The end of the run."""
        return self.segments[-1].end



def schedule(model: Model, case: Case, policies: Iterable[Policy | str] = (), set: Mapping | None = None,
             span: tuple | None = None) -> Schedule:
    """Resolve a case and more policies into segments.

    A policy given here replaces the case's policy of the same name. Raises InputError for unknown
    names, values outside their domain, and dates before the start of the run.
    """
    if case.origin is not None and model.time_unit != "day":
        raise InputError(f"case {case.name!r}: it has an origin, whose calendar counts trading days, but model {model.name!r} runs in "
                         f"{model.time_unit}; leave the origin out and give model times as numbers")
    start, end = _span(model, case, span)
    base, warnings = _base_values(model, case, set or {})
    sampled = {series: series.sample(case.calendar) for series in model.series_in_equations}
    actions = [action_of(model, case, Policy(event.name, _shock_changes(model, case, event)), event, 0.0, warnings)
               for event in case.shocks]
    own = _given(model, policies)
    replaced = {policy.name for policy in own}
    for event in case.policies:
        if event.name in replaced:
            model.policy(event.name)
            continue
        actions.append(action_of(model, case, model.policy(event.name), event, case.shift, warnings))
    actions += [action_of(model, case, policy, Event(policy.name), case.shift, warnings) for policy in own]
    # a run that goes on from a later state keeps the policies begun before it, within the case's own span
    earliest = min(start, _span(model, case, None)[0])
    for action in actions:
        if action.start < earliest:
            raise InputError(f"{action.name}: it starts at {case.when(action.start)}, before the run begins at {case.when(earliest)}; "
                             "choose a later date or shift")
        if action.start >= end:
            warnings.append(f"{action.name}: it starts at {case.when(action.start)}, after the run ends at {case.when(end)}, and has no effect")
    switches = {time for action in actions for time in (action.start, action.end, *action.knots)}
    switches.update(time for series in sampled.values() for time in series.knots())
    complete = not any(end <= time < np.inf for time in switches)
    times = _distinct(sorted({start, end, *(time for time in switches if start <= time <= end)}))
    segments = []
    for left, right in zip(times, times[1:], strict=False):
        active = [action for action in actions if action.start <= (left + right) / 2 < action.end]
        segments.append(_segment(model, base, sampled, active, left, right, warnings))
    return Schedule(tuple(segments), base + [0.0] * len(model.series), tuple(actions), tuple(dict.fromkeys(warnings)), complete)


def _distinct(times: list[float]) -> list[float]:
    """Drop switches that differ by rounding only; the span's own ends stay."""
    nearest = 1e-12 * max(abs(times[0]), abs(times[-1]))
    kept = times[:1]
    for time in times[1:]:
        if time - kept[-1] > nearest:
            kept.append(time)
    kept[-1] = times[-1]
    return kept


def _given(model: Model, policies: Iterable[Policy | str]) -> list[Policy]:
    """Return the policies of a call, each named once."""
    if isinstance(policies, (str, Policy)):
        raise InputError(f"policies: {policies!r} stands alone; give a list of policies")
    found: dict[str, Policy] = {}
    for item in policies:
        policy = model.policy(item) if isinstance(item, str) else item
        if not isinstance(policy, Policy):
            raise InputError(f"policies: {item!r} is no policy; give names, or model.policy(NAME).at(DATE)")
        if policy.name in found:
            raise InputError(f"policies: {policy.name!r} is given twice; give each policy once")
        found[policy.name] = policy
    return list(found.values())


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
    seen = [middle] if steady else [values(left), middle, values(right)]
    where = " and ".join(action.name for action in active)
    for index in sorted({index for action in active for index, _ in action.changes}):
        for current in seen:
            warning = model.parameters[index].check(current[index], where)
            if warning:
                warnings.append(warning)
    return Segment(left, right, (lambda time: middle) if steady else values, steady)
