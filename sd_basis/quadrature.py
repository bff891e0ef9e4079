"""Quadrature along a path: Gauss-Legendre on the solver's own interpolants, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .path import Path
from .quantities import Auxiliary, Flow

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True)
class Nodes:
    """The points of the quadrature: times, states and segments, five a step, and the lengths of the steps."""

    path: Path
    t: np.ndarray
    x: np.ndarray
    segment: np.ndarray
    lengths: np.ndarray

    def values(self, function: Callable) -> np.ndarray:
        """Return a compiled vector function at the nodes (outputs, nodes)."""
        return self.path.evaluate(function, self.t, self.x, self.segment)

    def rates(self, function: Callable) -> np.ndarray:
        """Return the rates of a function whose outputs are pairs (level, its rate along the flow), with the drift added."""
        return self.values(function)[1::2] + self._drift(function)

    def integrals(self, values: np.ndarray) -> np.ndarray:
        """Return the integral of values (outputs, nodes) over each step (outputs, steps)."""
        return (values.reshape(*values.shape[:-1], len(self.lengths), len(_NODES)) @ (_WEIGHTS / 2)) * self.lengths

    def _drift(self, function: Callable) -> np.ndarray:
        """Return how levels change by prices that move with time itself (TIME, ramps, linear series), the state held fixed."""
        path = self.path
        prices = [instrument.price for instrument in path.compiled.system.instruments if isinstance(instrument.price, Auxiliary)]
        moving = not all(segment.constant for segment in path.segments)
        if not prices or not (moving or path.compiled.system.uses_time(prices)):
            return np.zeros(1)
        h = 1e-3 * np.repeat(self.lengths, len(_NODES))
        later, earlier = (path.evaluate(function, self.t + sign * h, self.x, self.segment)[0::2] for sign in (1, -1))
        return (later - earlier) / np.where(h > 0, 2 * h, 1.0)


def nodes(path: Path, start: float = -np.inf, end: float = np.inf) -> Nodes:
    """Return the nodes of every step of a path, or of what lies of each between two times."""
    return Nodes(path, *path.between((_NODES + 1) / 2, start, end))


def passed(path: Path, flow: Flow) -> float:
    """Return what passed through a flow over a path."""
    index = list(path.compiled.system.observables()).index(flow)
    points = nodes(path)
    return float(np.sum(points.integrals(points.values(path.compiled.observe)[index:index + 1])))
