"""Runs that depart from another: the same until a policy that has not begun yet makes them differ.

Runs that differ in the date or the size of a policy share all that comes before it, which is integrated once. What they share is
checked on the schedules: the inputs in force until then must be equal to the last digit, but for parameters that policies alone mention.
"""

from __future__ import annotations

from dataclasses import replace

from .actions import Action
from .course import Course
from .model import Model
from .path import Path
from .quantities import Parameter
from .run import Run
from .saving import until
from .timeline import Schedule, Segment


def of_policies(model: Model) -> frozenset[Parameter]:
    """Return the parameters that matter only once a dated policy acts: no equation, initial value, condition or lasting cut mentions them."""
    mentioned: set = set().union(*(equation.free_symbols for equation in model.equations.values()), *(stock.initial.free_symbols for stock in model.stocks))
    conditions = [condition for outcome in model.outcomes for condition in (outcome.when, outcome.once)]
    for item in (*model.policies.values(), *model.impulses.values()):
        conditions += [item.when, item.delay if item.when is not None else None]
    mentioned = mentioned.union(*(condition.free_symbols for condition in (*conditions, model.runaway) if condition is not None))
    changed = {parameter for policy in model.policies.values() for parameter in policy.changes}
    return frozenset(parameter for parameter in model.parameters if parameter not in mentioned and parameter not in changed)


def shared(base: Run, plan: Schedule, time: float) -> Course | None:
    """Return the course of a run up to a time if another schedule is the same until then, with the segments of that schedule, else None.

    The state there is the solver's interpolant, smooth in the time, so that an analysis along it sees no noise of steps.
    """
    path = base.path
    if not path.t[0] < time < path.t[-1] or path.schedule.start != plan.start or base.begins == "resumed" or path.schedule.triggers != plan.triggers:
        return None
    course = until(path, time).course
    course.segments[-1] = replace(course.segments[-1], end=time)
    segments = [replace(segment, plan=plan) for segment in course.segments]
    tables = len(plan.model.parameters) + len(plan.model.series)  # where the lookups stand, which are the model's
    skipped = {*(plan.model.parameter_places[parameter] for parameter in of_policies(plan.model)), *range(tables, tables + len(plan.model.lookups))}
    kept = [place for place in range(len(plan.base)) if place not in skipped]
    if not all(_same(old, new, plan, kept) for old, new in zip(course.segments, segments, strict=True)):
        return None
    if [(kick.impulse.name, kick.time) for kick in path.schedule.kicks if kick.time < time] != [
            (kick.impulse.name, kick.time) for kick in plan.kicks if kick.time < time]:
        return None
    return replace(course, segments=segments)


def joined(course: Course, further: Course, plan: Schedule, base: Run) -> Path:
    """Return the path of what two runs share, followed by what one of them did after."""
    whole = Course(course.begun, [*course.pieces, *further.pieces], [*course.segments, *further.segments],
                   [*course.switches, *further.switches], [*course.statuses, *further.statuses])
    return Path(base.path.compiled, plan, whole, base.path.before)


def last_piece(course: Course) -> Course:
    """Return the last piece of a course alone."""
    return Course(course.statuses[-1], course.pieces[-1:], course.segments[-1:], course.switches[-1:], course.statuses[-1:])


def _same(old: Segment, new: Segment, plan: Schedule, kept: list[int]) -> bool:
    """Tell whether the inputs over a segment are the same under both schedules, and the same dated actions make them so."""
    due = plan.segment(old.start, old.end, plan.actions).active
    if [_named(action) for action in old.active if action.cause is None] != [_named(action) for action in due]:
        return False
    for time in {old.start, (old.start + old.end) / 2, old.last}:
        before, after = old.values(time), new.values(time)
        if any(before[place] != after[place] for place in kept):
            return False
    return True


def _named(action: Action) -> tuple[str, float]:
    return action.name, action.start
