"""The path of a run: accepted steps, interpolants and the inputs in force, with every quantity on demand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from .compiled import Compiled
from .integrators import Piece
from .schedule import Schedule


class Path:
    """The integrated stocks over the segments of a schedule; at a switch `t` holds both sides."""

    def __init__(self, compiled: Compiled, schedule: Schedule, pieces: list[Piece]):
        self.compiled, self.schedule, self.pieces = compiled, schedule, pieces
        self.t = np.concatenate([piece.t for piece in pieces])
        self.x = np.concatenate([piece.x for piece in pieces])
        self.segment = np.repeat(np.arange(len(pieces)), [len(piece.t) for piece in pieces])

    @property
    def steps(self) -> int:
        """The number of accepted steps."""
        return sum(len(piece.interpolants) for piece in self.pieces)

    def inputs(self, t: np.ndarray, segment: np.ndarray) -> np.ndarray:
        """Return parameters and series in force (inputs, times), each time within its segment."""
        columns = []
        for index, part in enumerate(self.schedule.segments[:len(self.pieces)]):
            own = t[segment == index]
            if part.constant:
                columns.append(np.repeat(np.array(part.values(part.start))[:, None], len(own), axis=1))
            else:
                columns.append(np.array([part.values(time) for time in own]).reshape(len(own), len(part.values(part.start))).T)
        return np.concatenate(columns, axis=1)

    def evaluate(self, function: Callable, t: np.ndarray, x: np.ndarray, segment: np.ndarray) -> np.ndarray:
        """Return a compiled vector function (outputs, times) along states given in the order of time."""
        with np.errstate(all="ignore"):
            values = function(t, list(x.T), list(self.inputs(t, segment)))
        return np.array([np.broadcast_to(value, t.shape) for value in values], dtype=float)

    @cached_property
    def computed(self) -> np.ndarray:
        """Every computed quantity (quantities, times) at `t`."""
        return self.evaluate(self.compiled.observe, self.t, self.x, self.segment)

    def between(self, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return times, states and segments at the same shares of every step, and the step lengths."""
        times, states, segments, lengths = [], [], [], []
        for index, piece in enumerate(self.pieces):
            for left, right, interpolant in zip(piece.t, piece.t[1:], piece.interpolants, strict=False):
                own = left + (right - left) * shares
                times.append(own)
                states.append(interpolant(own).T)
                segments.append(np.full(len(shares), index))
                lengths.append(right - left)
        return (np.array(times).ravel(), np.array(states).reshape(-1, self.x.shape[1]),
                np.array(segments, dtype=int).ravel(), np.array(lengths))

    def at(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return states and segments at given times by the solver's own interpolants; at a switch, after it."""
        starts = np.array([piece.t[0] for piece in self.pieces])
        segment = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(self.pieces) - 1)
        x = np.empty((len(times), self.x.shape[1]))
        for row, (time, index) in enumerate(zip(times, segment, strict=True)):
            piece = self.pieces[index]
            step = int(np.clip(np.searchsorted(piece.t, time, side="right") - 1, 0, len(piece.t) - 1))
            exact = piece.t[step] == time or step == len(piece.interpolants)
            x[row] = piece.x[step] if exact else piece.interpolants[step](time)
        return x, segment
