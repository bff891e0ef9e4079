"""Which jobs the compiled engine can carry out: what it has no code for is named in one sentence, never computed wrongly."""

from __future__ import annotations

import sympy

from ..actions import Action
from ..ensemble.job import Job
from ..integrators import FIXED
from ..policies import Policy
from ..quantities import START, TIME
from ..series import Series
from ..timeline import Schedule
from ..transition.scene import DELAY
from .emitting import without_code
from .tabling import first_delay, resolved


def supported(job: Job) -> str | None:
    """Return None where the compiled engine can carry out a job, else one sentence without its end that says why not."""
    scene = job.scene
    model = scene.model
    if scene.method in FIXED:
        return f"the method {scene.method} takes fixed steps, which the compiled engine does not"
    if model.cuts:
        return "the model has links that hold a value, which the compiled engine does not"
    if DELAY in job.columns and scene.moved is not None and scene.moved.when is not None:
        return f"{scene.moved.name!r} is triggered and has no date to move"
    name = without_code([*model.equations.values(), *(kink.margin for kink in model.kinks)])
    if name is not None:
        return f"an equation holds {name!r}, which has no compiled code"
    plan = resolved(job, first_delay(scene) if DELAY in job.columns else scene.own)
    return _moving(plan) or _watched(job, plan) or _triggered(plan)


def _moving(plan: Schedule) -> str | None:
    """Tell of inputs that do not move linearly in time."""
    moving: set = {series for series, sampled in plan.sampled.items() if sampled.kind == "linear"}
    for action in plan.actions:
        for place, value in action.changes:
            driven = [symbol for symbol in value.expression.free_symbols if symbol in moving or symbol == TIME
                      or (symbol in value.sampled and value.sampled[symbol].kind == "linear")]
            if any(sympy.diff(value.expression, one, other) != 0 for one in driven for other in driven):
                return f"{action.name!r} gives {plan.model.parameters[place].name!r} a value that moves with time, but not along a line"
            if driven:
                moving.add(plan.model.parameters[place])
    return None


def _moves(plan: Schedule) -> bool:
    return any(action.moves for action in plan.actions) or any(sampled.kind == "linear" for sampled in plan.sampled.values())


def _watched(job: Job, plan: Schedule) -> str | None:
    """Tell of what jumps or fires with time alone."""
    model = plan.model
    moving = _moves(plan)
    conditions = [(item.when, f"{item.name!r} is triggered") for item in plan.triggers]
    conditions += [(kink.margin, "an equation jumps") for kink in model.kinks if kink.kind == "jump"]
    for condition, what in conditions:
        if TIME in model.rests_on([condition]) or moving:
            return f"{what} at a margin that moves with time itself"
    if any(TIME in model.rests_on([kink.margin]) for kink in model.kinks if kink.kind == "bend"):
        return "an equation bends at a margin that moves with time itself"
    return None


def _triggered(plan: Schedule) -> str | None:
    """Tell of triggered policies that do not compose with dated ones in any order."""
    written: set = set()
    reads: set = set()
    for item in plan.order:
        if isinstance(item, Action):
            written |= {plan.model.parameters[place] for place, _ in item.changes}
            reads |= set().union(*(value.expression.free_symbols for _, value in item.changes))
    later: set = set()
    for item in reversed(plan.order):
        if isinstance(item, Action):
            later |= {plan.model.parameters[place] for place, _ in item.changes}
            continue
        symbols = set().union(*(expression.free_symbols for expression in item.changes.values()))
        if symbols & {TIME, START} or any(isinstance(symbol, Series) for symbol in symbols):
            return f"{item.name!r} is triggered and changes with time"
        if item != plan.model.policies.get(item.name):
            return f"{item.name!r} is triggered and is none of the model's own policies"
        if set(item.changes) & (written | reads) or symbols & later:
            return f"{item.name!r} is triggered and changes what dated policies change or use too"
    own = [item for item in plan.order if isinstance(item, Policy)]
    if [plan.model.policies[item.name] for item in own] != [item for item in plan.model.policies.values() if item in own]:
        return "triggered policies compose in another order than the model declares them"
    return None
