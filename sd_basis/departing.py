"""Runs that depart from another: the same until a policy that has not begun yet makes them differ.

Runs that differ in the date or the size of a policy share all that comes before it, which is integrated once. What they share is
checked on the schedules: what is dated must be the same until then, and so must all parameters but those that nothing has mentioned yet.
"""

from __future__ import annotations

from dataclasses import replace

from .course import Course
from .model import Model
from .path import Path
from .policies import Policy
from .quantities import Parameter
from .run import Run
from .saving import until
from .timeline import Schedule


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
    path, old = base.path, base.path.schedule
    if not path.t[0] < time < path.t[-1] or old.start != plan.start or base.begins == "resumed" or old.triggers != plan.triggers:
        return None
    # what begins a rounding error before the time is due there in the new run, and has changed the old one
    if old.sampled != plan.sampled or _dated(old, time, time) != _dated(plan, time, time - plan.nearest):
        return None
    course = until(path, time).course
    changed = {parameter for place, parameter in enumerate(plan.model.parameters) if old.base[place] != plan.base[place]}
    if changed and (not changed <= of_policies(plan.model) or changed & _acted(course)):
        return None
    course.segments[-1] = replace(course.segments[-1], end=time)
    return replace(course, segments=[replace(segment, plan=plan) for segment in course.segments])


def joined(course: Course, further: Course, plan: Schedule, base: Run) -> Path:
    """Return the path of what two runs share, followed by what one of them did after."""
    whole = Course(course.begun, [*course.pieces, *further.pieces], [*course.segments, *further.segments],
                   [*course.switches, *further.switches], [*course.statuses, *further.statuses])
    return Path(base.path.compiled, plan, whole, base.path.before)


def last_piece(course: Course) -> Course:
    """Return the last piece of a course alone."""
    return Course(course.statuses[-1], course.pieces[-1:], course.segments[-1:], course.switches[-1:], course.statuses[-1:])


def _dated(plan: Schedule, time: float, before: float) -> list:
    """Return the dated actions that start before a moment, as they are until a time, with the triggered policies among them, and the dated impulses."""
    found: list = [item if isinstance(item, Policy) else (item.name, item.start, min(item.end, time), item.expressions, item.holds)
                   for item in plan.order if isinstance(item, Policy) or item.start < before]
    return found + [(kick.impulse.name, kick.time) for kick in plan.kicks if kick.time < before]


def _acted(course: Course) -> set:
    """Return what the actions in force over a course and the impulses that passed in it mention."""
    amounts = [amount for switch in course.switches for one in switch.kicks for amount in one.kick.impulse.amounts.values()]
    given = [expression for segment in course.segments for action in segment.active for _, expression in action.expressions]
    return set().union(*(expression.free_symbols for expression in (*amounts, *given)))
