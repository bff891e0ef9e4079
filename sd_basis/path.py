"""The path of a run: accepted steps, interpolants and the inputs in force, with every quantity on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .actions import Action
from .compiled import Compiled
from .course import Course
from .integrators import interpolated
from .timeline import Schedule


class Path:
    """The integrated stocks over the segments of a schedule; at a switch `t` holds both sides.

    `before` tells, for a run that goes on from a saved state, how the outcomes' regions were met until then.
    """

    def __init__(self, compiled: Compiled, schedule: Schedule, course: Course, before: Sequence[Any] | None = None):
        self.compiled, self.schedule, self.course, self.before = compiled, schedule, course, before
        self.pieces, self.segments = course.pieces, course.segments
        self.met: dict[Any, Any] | None = None  # how it met the outcomes' regions, once that was asked for
        pieces = self.pieces
        if len(pieces) == 1:
            self.t, self.x, self.segment = pieces[0].t, pieces[0].x, np.zeros(len(pieces[0].t), int)
        else:
            self.t, self.x = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("t", "x"))
            self.segment = np.repeat(np.arange(len(pieces)), [len(piece.t) for piece in pieces])
        count = len(compiled.model.parameters) + len(compiled.model.series)
        self.tables = schedule.base[count:count + len(compiled.model.lookups)]

    @property
    def steps(self) -> int:
        """The number of accepted steps."""
        return sum(len(piece.interpolants) for piece in self.pieces)

    def inputs(self, t: np.ndarray, segment: np.ndarray) -> np.ndarray:
        """Return parameters and series in force (inputs, times), each time within its segment."""
        count = len(self.compiled.model.parameters) + len(self.compiled.model.series)
        found = np.empty((count, len(t)))
        for index in np.unique(segment).tolist():
            part, own = self.segments[index], slice(None) if len(self.segments) == 1 else np.flatnonzero(segment == index)
            if part.constant:
                found[:, own] = np.array(part.values(part.start)[:count])[:, None]
            else:
                found[:, own] = np.array([part.values(time)[:count] for time in t[own]]).reshape(-1, count).T
        return found

    @property
    def actions(self) -> list[Action]:
        """The policies and shocks that acted or were to act, dated ones first, then those a trigger fired."""
        fired = {(action.name, action.start): action for part in self.segments for action in part.active if action.cause is not None}
        return [*self.schedule.actions, *fired.values()]

    @property
    def complete(self) -> bool:
        """Whether the run reached its end with nothing left that is dated or fired but yet to come."""
        due = any(start > self.t[-1] for _, start, _ in self.course.statuses[-1].fired)
        return self.schedule.complete and not due and self.pieces[-1].problem is None and self.t[-1] >= self.schedule.end - self.schedule.nearest

    def _modes(self, segment: np.ndarray) -> np.ndarray:
        """Return the modes held (modes, times)."""
        count = len(self.compiled.model.modes)
        if not count:
            return np.empty((0, len(segment)))
        held = np.array([part.values(part.start)[-count:] for part in self.segments])
        return held[segment].T

    def _given(self, t: np.ndarray, segment: np.ndarray) -> list:
        """Return the inputs as vector functions take them: numbers where they stay as they are, arrays where they may move."""
        if len(segment) and (len(self.segments) == 1 or np.all(segment == segment[0])) and (part := self.segments[segment[0]]).constant:
            values, modes = part.values(part.start), len(self.compiled.model.modes)
            numbers = np.array([*values[:len(values) - modes - len(self.tables)], *values[len(values) - modes:]])[:, None]
            return [*numbers[:len(numbers) - modes], *self.tables, *numbers[len(numbers) - modes:]]
        return [*self.inputs(t, segment), *self.tables, *self._modes(segment)]

    def evaluate(self, function: Callable, t: np.ndarray, x: np.ndarray, segment: np.ndarray) -> np.ndarray:
        """Return a compiled vector function (outputs, times) along states given in the order of time."""
        with np.errstate(all="ignore"):
            values = function(t, list(x.T), self._given(t, segment))
        found = np.empty((len(values), len(t)))
        for row, value in enumerate(values):
            found[row] = value
        return found

    @cached_property
    def computed(self) -> np.ndarray:
        """Every computed quantity (quantities, times) at `t`."""
        return self.evaluate(self.compiled.observe, self.t, self.x, self.segment)

    def between(self, shares: np.ndarray, start: float = -np.inf, end: float = np.inf) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return times, states and segments at the same shares of every step, or of its part between two times, and the lengths."""
        times, states, segments, lengths = [np.empty(0)], [np.empty((0, self.x.shape[1]))], [np.empty(0, int)], [np.empty(0)]
        for index, piece in enumerate(self.pieces):
            count = len(piece.interpolants)
            left, right = np.maximum(piece.t[:count], start), np.minimum(piece.t[1:count + 1], end)
            kept = np.flatnonzero(right >= left)
            if not kept.size:
                continue
            own = (left[kept, None] + (right - left)[kept, None] * shares).ravel()
            times.append(own)
            states.append(interpolated(piece.interpolants, np.repeat(kept, len(shares)), own))
            segments.append(np.full(len(own), index))
            lengths.append((right - left)[kept])
        return np.concatenate(times), np.concatenate(states), np.concatenate(segments), np.concatenate(lengths)

    def at(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return states and segments at given times by the solver's own interpolants; at a switch, after it."""
        starts = np.array([piece.t[0] for piece in self.pieces])
        segment = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(self.pieces) - 1)
        x = np.empty((len(times), self.x.shape[1]))
        for index in np.unique(segment):
            piece, rows = self.pieces[index], np.flatnonzero(segment == index)
            step = np.clip(np.searchsorted(piece.t, times[rows], side="right") - 1, 0, len(piece.t) - 1)
            exact = (piece.t[step] == times[rows]) | (step >= len(piece.interpolants))
            x[rows[exact]] = piece.x[step[exact]]
            if not exact.all():
                x[rows[~exact]] = interpolated(piece.interpolants, step[~exact], times[rows[~exact]])
        return x, segment
