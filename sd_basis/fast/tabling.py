"""The schedules of many runs at once, as tables: segment by segment the inputs that differ from a run's own parameters.

The schedule is resolved where the policy is on one date and on another; what differs between the two moves with the delay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import sympy

from ..actions import Action, Value
from ..codegen import scalar_function
from ..ensemble.job import Job
from ..lookups import Table as Lookup
from ..quantities import START, TIME, Quantity
from ..schedule import schedule
from ..series import Sampled
from ..timeline import Schedule
from ..transition.scene import DELAY, Scene
from .tables import address


@dataclass(frozen=True)
class Table:
    """The segments of some runs: ends, numbers of segments, values at their starts and slopes of the inputs at `places`, impulses that pass at their starts.

    `complete` tells of each run whether nothing dated is left at its end or after it; `early` whether something is dated before it begins.
    """

    places: np.ndarray
    ends: np.ndarray
    segments: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    kicks: np.ndarray
    complete: np.ndarray
    early: np.ndarray


def resolved(job: Job, delay: float | None) -> Schedule:
    """Return the schedule of the job's scene with its policy at a delay, None where it never comes."""
    scene = job.scene
    case, policies = scene._placed(delay)
    return schedule(scene.model, case, policies, scene.set, (scene.start, scene.end))


def first_delay(scene: Scene) -> float:
    """Return a delay at which the scene's policy can start: its own, else that at which it starts with the shock or the run."""
    return max(scene.earliest, 0.0) if scene.own is None else scene.own


def templates(job: Job, delays: np.ndarray | None, at: Callable[[float | None], Schedule]) -> list[tuple[Schedule, Schedule | None, np.ndarray]]:
    """Return the schedules that the runs are made of: at one date, at a later one, and which runs are between or beyond them; `at` resolves one.

    Without a delay among the job's columns the policy stays where the scene has it.
    """
    scene = job.scene
    if delays is None:
        return [(at(scene.own), None, np.empty(0))]
    never = np.isnan(delays)
    made: list[tuple[Schedule, Schedule | None, np.ndarray]] = []
    if never.any():
        made.append((at(None), None, never))
    if not never.all():
        base = first_delay(scene)
        made.append((at(base), at(base + 1.0), ~never))
    return made


def table(job: Job, one: Schedule, other: Schedule | None, delays: np.ndarray, base: np.ndarray) -> Table:
    """Return the table of runs with the inputs `base` (runs, inputs) and with delays."""
    runs = len(base)
    shift = np.zeros(runs) if other is None else delays - first_delay(job.scene)
    actions = list(one.actions)
    moves = [other is not None and later.start != own.start for own, later in zip(actions, () if other is None else other.actions, strict=other is not None)]
    moves = moves or [False] * len(actions)
    starts = [action.start + shift * moved for action, moved in zip(actions, moves, strict=True)]
    ends = [action.end + shift * moved for action, moved in zip(actions, moves, strict=True)]
    kicks = [kick.time + shift * (other is not None and other.kicks[place].time != kick.time) for place, kick in enumerate(one.kicks)]
    times = [*starts, *ends, *kicks]
    times += [knot + shift * moved for action, moved in zip(actions, moves, strict=True) for knot in action.knots]
    times += [np.full(runs, knot) for series in one.sampled.values() for knot in series.knots()]
    every = np.array(times).reshape(-1, runs).T
    complete = ~np.any((every >= one.end) & np.isfinite(every), axis=1)
    early = np.any(np.array([*starts, *kicks]).reshape(-1, runs).T < one.start, axis=1)
    left, right, segments = _segments(one, every)
    names = list(one.model.impulses)
    passing = np.zeros((*left.shape, len(names)), np.int64)
    for kick, time in zip(one.kicks, kicks, strict=True):
        passing[..., names.index(kick.impulse.name)] += np.abs(left - time[:, None]) <= one.nearest
    active = [(start[:, None] <= (left + right) / 2) & ((left + right) / 2 < end[:, None]) for start, end in zip(starts, ends, strict=True)]
    moving = any(action.moves for action in actions) or any(series.kind == "linear" for series in one.sampled.values())
    shifts = [shift * moved for moved in moves]

    def at(share: float) -> dict[int, np.ndarray]:
        return _inputs(one, actions, starts, shifts, active, base, left + share * (right - left))
    if not moving:
        found = at(0.5)
        places = sorted(found)
        values = np.stack([found[place] for place in places], axis=-1) if places else np.empty((*left.shape, 0))
        return Table(np.array(places, np.int64), right, segments, values, np.zeros_like(values), passing, complete, early)
    # what moves within a segment is linear there, see `supported`; at its ends a series may jump
    first, last = at(0.25), at(0.75)
    places = sorted(first)
    before, after = (np.stack([found[place] for place in places], axis=-1) for found in (first, last))
    slopes = (after - before) / np.maximum(0.5 * (right - left), 1e-300)[..., None]
    slopes[np.abs(after - before) <= 4e-16 * np.abs(before)] = 0.0
    return Table(np.array(places, np.int64), right, segments, before - 0.25 * (right - left)[..., None] * slopes, slopes, passing, complete, early)


def _segments(plan: Schedule, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the starts and ends (runs, segments) of the segments, and their numbers; what is beyond them begins and ends with the run's end."""
    runs = len(times)
    inside = np.where((times >= plan.start) & (times <= plan.end), times, plan.end)
    every = np.sort(np.concatenate([np.full((runs, 1), plan.start), inside, np.full((runs, 1), plan.end)], axis=1), axis=1)
    new = np.diff(every, axis=1, prepend=-np.inf) > plan.nearest
    every = np.sort(np.where(new, every, np.inf), axis=1)
    segments = np.sum(np.isfinite(every), axis=1) - 1
    every[np.arange(runs), segments] = plan.end
    every = np.minimum(every[:, :int(segments.max()) + 1], plan.end)
    return every[:, :-1].copy(), every[:, 1:].copy(), segments


def _inputs(plan: Schedule, actions: Sequence[Action], starts: Sequence[np.ndarray], shifts: Sequence[np.ndarray], active: Sequence[np.ndarray],
            base: np.ndarray, times: np.ndarray) -> dict[int, np.ndarray]:
    """Return the changed inputs, by place, at one time in each segment."""
    current: dict[int, np.ndarray] = {}
    count = len(plan.model.parameters)
    for place, series in enumerate(plan.model.series, count):
        if series in plan.sampled:
            current[place] = _sampled(plan.sampled[series], times)
    for action, start, shift, acts in zip(actions, starts, shifts, active, strict=True):
        for place, value in action.changes:
            if place not in current:
                current[place] = np.broadcast_to(base[:, place, None], times.shape).copy()
            if acts.any():
                found = _value(plan, value, times, start, shift, current, base)
                current[place] = np.where(acts, found, current[place])
    return current


def _value(plan: Schedule, value: Value, times: np.ndarray, start: np.ndarray, shift: np.ndarray, current: dict[int, np.ndarray],
           base: np.ndarray) -> np.ndarray:
    """Return what an action gives a parameter."""
    if value.expression.is_number:
        return np.full(times.shape, float(value.expression))
    symbols, function = array_function(value.expression)

    def given(symbol: Quantity) -> np.ndarray:
        if symbol == TIME:
            return times
        if symbol == START:
            return np.broadcast_to(start[:, None], times.shape)
        if symbol in value.sampled:
            return _sampled(value.sampled[symbol], times - shift[:, None])
        place = plan.model.input_places[symbol]
        return current[place] if place in current else np.broadcast_to(base[:, place, None], times.shape)
    with np.errstate(all="ignore"):  # what is not finite ends its run
        return np.broadcast_to(function(*map(given, symbols)), times.shape)


@lru_cache(maxsize=1024)
def array_function(expression: sympy.Expr) -> tuple[tuple[Quantity, ...], Callable]:
    """Return the symbols of an expression in order, and the expression as a function of arrays."""
    symbols = tuple(sorted(expression.free_symbols, key=lambda symbol: symbol.identity[1]))
    return symbols, scalar_function("policies", list(symbols), expression, scalar=False)


def _sampled(series: Sampled, times: np.ndarray) -> np.ndarray:
    """Return a series at times, as `Sampled.at` does at one."""
    knots, values = np.array(series.times), np.array(series.values)
    place = np.searchsorted(knots, times, side="right") - 1
    inside = np.clip(place, 0, len(knots) - 1)
    if series.kind == "step":
        found = np.where(times < series.end, values[inside], series.after)
    else:
        left = np.clip(place, 0, max(len(knots) - 2, 0))
        right = np.minimum(left + 1, len(knots) - 1)
        share = (times - knots[left]) / np.where(right > left, knots[right] - knots[left], 1.0)
        found = np.where(place >= len(knots) - 1, series.after, values[left] * (1 - share) + values[right] * share)
    return np.where(place < 0, series.before, found)


def outside(job: Job, plan: Schedule, base: np.ndarray, made: Table) -> dict[int, str]:
    """Return, by run, why its parameters cannot be: one that leaves its domain, at its beginning or under a policy."""
    parameters, reasons = plan.model.parameters, {}
    for place, parameter in enumerate(parameters):
        low, high = parameter.domain
        for run in np.flatnonzero(~np.isfinite(base[:, place]) | (base[:, place] < low) | (base[:, place] > high)):
            reasons.setdefault(int(run), _doubt(parameter.name, base[run, place], low, high, f"model {plan.model.name!r}"))
    for number, place in enumerate(made.places):
        if place >= len(parameters) or not np.any(np.isfinite(parameters[place].domain)):
            continue
        low, high = parameters[place].domain
        for values in (made.values[..., number],):
            for run in np.flatnonzero(np.any((values < low) | (values > high), axis=1)):
                worst = values[run][np.argmax((values[run] < low) | (values[run] > high))]
                reasons.setdefault(int(run), _doubt(parameters[place].name, worst, low, high, "policies"))
    return reasons


def _doubt(name: str, value: float, low: float, high: float, where: str) -> str:
    return f"{where}: {name} = {value:g} lies outside its domain [{low:g}, {high:g}]; choose a value inside it"


def bases(job: Job, plan: Schedule, rows: np.ndarray) -> np.ndarray:
    """Return the inputs before any action (runs, inputs) of rows of the job's columns."""
    model = job.scene.model
    own = [address(value) if isinstance(value, Lookup) else value for value in plan.base]
    found = np.repeat(np.array(own, float)[None, :], len(rows), axis=0)
    for column, name in enumerate(job.columns):
        if name != DELAY:
            for parameter in model.parameters_of(name, job.scene.where):
                found[:, model.input_places[parameter]] = rows[:, column]
    return found


def with_base(plan: Schedule, base: np.ndarray, count: int) -> Schedule:
    """Return a schedule with the parameters of one run."""
    return replace(plan, base=[*map(float, base[:count]), *plan.base[count:]])
