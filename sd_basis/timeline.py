"""The schedule of a run: its dated switches, the triggers it watches, and the inputs in force between switches.

Policies, shocks, impulses and series cut the span into segments; the solver restarts at each. Within a
segment the parameters are constant, unless a linear series or TIME makes them move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .actions import Action
from .case import Case
from .model import Model
from .policies import Impulse, Policy
from .series import Sampled, Series


@dataclass(frozen=True)
class Segment:
    """A piece of the run between two switches; `values(t)` are the parameters, series and tables in force, `active` the actions."""

    start: float
    end: float
    values: Callable[[float], list]
    constant: bool
    active: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Kick:
    """An impulse on the time axis."""

    impulse: Impulse
    time: float
    shock: bool = False
    cause: int | None = None


@dataclass(frozen=True)
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
    def nearest(self) -> float:
        """The distance below which two times differ by rounding only."""
        return 1e-12 * max(abs(self.start), abs(self.end))

    @cached_property
    def switches(self) -> list[float]:
        """The dated times within the span at which something changes, and its ends."""
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
        active = tuple(action for action in actions if action.start <= middle < action.end)
        series = [self.sampled.get(item) for item in self.model.series]
        tables = self.base[len(self.model.parameters) + len(series):]
        if modes is not None:
            tables[len(tables) - len(modes):] = modes
        steady = not any(action.moves for action in active) and not any(item is not None and item.kind == "linear" for item in series)
        last = np.nextafter(right, left)  # at its right end a segment still has the values before the switch

        def values(time: float) -> list:
            time = min(time, last)
            current = list(self.base)
            for place, item in enumerate(series, len(self.model.parameters)):
                current[place] = 0.0 if item is None else item.at(time)
            for action in active:
                for index, value in action.changes:
                    current[index] = value(time, action.start, current)
            return current[:len(self.model.parameters) + len(series)] + tables
        fixed = values(middle) if steady else None
        return Segment(left, right, values if fixed is None else lambda time: fixed, steady, active)

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
