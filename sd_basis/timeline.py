"""The schedule of a run: its dated switches, the triggers it watches, and the inputs in force between switches.

Policies, shocks, impulses and series cut the span into segments; the solver restarts at each. Within a
segment the parameters are constant, unless a linear series or TIME makes them move.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .actions import Action
from .case import Case
from .model import Model
from .policies import Impulse, Policy
from .series import Sampled, Series


@dataclass(eq=False)
class Segment:
    """A piece of the run between two switches, with the actions that act in it and the modes held over it; `constant` where its inputs are."""

    plan: Schedule
    start: float
    end: float
    last: float
    active: tuple[Action, ...] = ()
    modes: tuple[float, ...] | None = None
    constant: bool = field(init=False)
    _fixed: list | None = field(init=False, default=None)

    def __post_init__(self):
        linear = self.plan.sampled and any(series.kind == "linear" for series in self.plan.sampled.values())
        self.constant = not (linear or self.active and any(action.moves for action in self.active))

    def values(self, time: float) -> list:
        """Return the inputs in force: parameters, series, tables, modes; at the right end, those before the switch."""
        if not self.constant:
            return self._at(min(time, self.last))
        if self._fixed is None:
            self._fixed = self._at((self.start + self.end) / 2)
        return self._fixed

    def _at(self, time: float) -> list:
        current = list(self.plan.base)
        for place, item in enumerate(self.plan.model.series, len(self.plan.model.parameters)):
            if item in self.plan.sampled:
                current[place] = self.plan.sampled[item].at(time)
        for action in self.active:
            for index, value in action.changes:
                current[index] = value(time, action.start, current)
        if self.modes is not None:
            current[len(current) - len(self.modes):] = self.modes
        return current


@dataclass(frozen=True)
class Kick:
    """An impulse on the time axis."""

    impulse: Impulse
    time: float
    shock: bool = False
    cause: int | None = None


@dataclass(eq=False)
class Schedule:
    """What is known of a run before it begins.

    `order` are the dated actions and the triggered policies in the order in which they compose; `kicks` the dated
    impulses, `watched` the triggered ones; `base` the inputs before any action; `complete` tells whether nothing
    dated is left at the end of the run or after it.
    """

    model: Model
    case: Case
    start: float
    end: float
    base: list
    sampled: dict[Series, Sampled]
    order: tuple[Action | Policy, ...]
    kicks: tuple[Kick, ...]
    watched: tuple[Impulse, ...]
    warnings: tuple[str, ...]
    complete: bool

    @property
    def actions(self) -> tuple[Action, ...]:
        """The dated actions."""
        return tuple(item for item in self.order if isinstance(item, Action))

    @property
    def triggers(self) -> tuple[Policy | Impulse, ...]:
        """What waits for a condition."""
        return (*(item for item in self.order if isinstance(item, Policy)), *self.watched)

    @property
    def moved_from(self) -> float:
        """When the first policy or impulse begins that a shift of the case moves, infinity where there is none."""
        starts = [action.start for action in self.actions if not action.shock] + [kick.time for kick in self.kicks if not kick.shock]
        return min(starts, default=math.inf)

    @cached_property
    def nearest(self) -> float:
        """The distance below which two times differ by rounding only."""
        return 1e-12 * max(abs(self.start), abs(self.end))

    @cached_property
    def switches(self) -> list[float]:
        """The dated times within the span at which something changes, and its ends."""
        if not (self.order or self.kicks or self.sampled):
            return [self.start, self.end]
        times = {self.start, self.end, *(kick.time for kick in self.kicks)}
        times.update(time for action in self.actions for time in (action.start, action.end, *action.knots))
        times.update(time for series in self.sampled.values() for time in series.knots())
        return _distinct(sorted(time for time in times if self.start <= time <= self.end), self.nearest)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments of a run in which nothing is triggered."""
        return tuple(self.segment(left, right, self.actions) for left, right in zip(self.switches, self.switches[1:], strict=False))

    def segment(self, left: float, right: float, actions: Sequence[Action], modes: Sequence[float] | None = None) -> Segment:
        """Return the segment between two times, with those of the actions that act in it and the modes held over it."""
        middle = (left + right) / 2
        active = tuple([action for action in actions if action.start <= middle < action.end])
        return Segment(self, left, right, math.nextafter(right, left), active, None if modes is None else tuple(modes))

    def doubts(self, segment: Segment) -> list[str]:
        """Return warnings of values outside their plausible range; raise InputError for one outside its domain."""
        times = [segment.start] if segment.constant else [segment.start, (segment.start + segment.end) / 2, segment.end]
        where = " and ".join(action.name for action in segment.active)
        places = sorted({index for action in segment.active for index, _ in action.changes})
        seen = [segment.values(time) for time in times] if places else []
        found = [self.model.parameters[index].check(values[index], where) for index in places for values in seen]
        return [warning for warning in found if warning]


def _distinct(times: list[float], nearest: float) -> list[float]:
    """Drop switches that differ by rounding only; the span's own ends stay."""
    kept = times[:1]
    for time in times[1:]:
        if time - kept[-1] > nearest:
            kept.append(time)
    kept[-1] = times[-1]
    return kept
