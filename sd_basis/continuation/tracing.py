"""Pseudo-arclength continuation: a curve of m equations in m + 1 unknowns followed step by step.

A bordered Newton corrects each predicted point in the plane normal to the tangent; the step follows the count of
its iterations, and a tangent that turns by more than an angle shortens it, so that no other branch is jumped to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.optimize import brentq

from .resting_problem import Beyond

_CONVERGED, _ROUNDING = 1e-11, 1e-8
_ITERATIONS = 9
_TURN = 0.95  # cosine of the largest angle between neighbouring tangents
_SHORTEST = 1e-8


class Curve(Protocol):
    """Equations with one unknown more than there are of them, and the norm in which steps are measured."""

    def residual(self, u: np.ndarray) -> np.ndarray:
        """Return what vanishes on the curve."""

    def slopes(self, u: np.ndarray) -> np.ndarray:
        """Return its derivatives by the unknowns."""

    def metric(self, u: np.ndarray) -> np.ndarray:
        """Return L of the norm |L du|."""


@dataclass
class Place:
    """A point of a curve with its oriented tangent, and the sign of the determinant of its bordered Jacobian."""

    u: np.ndarray
    tangent: np.ndarray
    sign: float
    notes: dict = field(default_factory=dict)  # what is known of the point, such as its eigenvalues


@dataclass
class Step:
    """A step from one place to the next; `at(share)` is the place at a share of its length. With a `kink` the rates bend at its end."""

    curve: Curve
    start: Place
    end: Place
    length: float
    until: float = 1.0  # the share at which it leaves what is looked at
    kink: int | None = None
    held: tuple[float, ...] | None = None  # what jumps, as it is on the step

    def at(self, share: float) -> Place:
        """Return the corrected place at a share of the step; raise Beyond where there is none."""
        if share in (0, 1):
            return self.end if share else self.start
        guess = self.start.u + share * (self.end.u - self.start.u)
        solved = corrected(self.curve, guess, self.start.tangent)
        if solved is None:
            raise Beyond("no point was found within the step")
        return place_at(self.curve, solved[0], self.start.tangent)

    def zero(self, test: Callable[[Place], float], low: float = 0.0, high: float = 1.0) -> float:
        """Return the share of the step at which a test changes sign."""
        return float(brentq(lambda share: test(self.at(share)), low, high, xtol=1e-14, rtol=1e-13))


def solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the solution of linear equations whose rows may be of any size; raise Beyond where they are singular."""
    largest = np.max(np.abs(matrix), axis=1)
    if not np.min(largest) > 0:
        raise Beyond("the equations are singular")
    try:
        return np.linalg.solve(matrix / largest[:, None], (right.T / largest).T)
    except np.linalg.LinAlgError:
        raise Beyond("the equations are singular") from None


def bordered(curve: Curve, u: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return the slopes with the row of a direction below them."""
    metric = curve.metric(u)
    return np.vstack([curve.slopes(u), metric.T @ (metric @ along)])


def place_at(curve: Curve, u: np.ndarray, along: np.ndarray) -> Place:
    """Return the place at a point of the curve, its tangent oriented along a direction."""
    matrix = bordered(curve, u, along)
    tangent = solved(matrix, np.eye(len(u))[-1])
    tangent /= np.linalg.norm(curve.metric(u) @ tangent)
    return Place(u, tangent, float(np.linalg.slogdet(np.vstack([matrix[:-1], tangent]))[0]))


def first_direction(curve: Curve, u: np.ndarray) -> np.ndarray:
    """Return a direction along the curve."""
    return np.linalg.svd(curve.slopes(u))[2][-1]


def corrected(curve: Curve, guess: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, int] | None:
    """Return the point of the curve in the plane through a guess normal to a direction, and the count of iterations; None where none is found."""
    metric = curve.metric(guess)
    row, u, before = metric.T @ (metric @ along), guess.copy(), np.inf
    for count in range(1, _ITERATIONS + 1):
        try:
            change = solved(np.vstack([curve.slopes(u), row]), -np.append(curve.residual(u), row @ (u - guess)))
        except Beyond:
            return None
        u = u + change
        length = float(np.linalg.norm(metric @ change))
        if not np.isfinite(length) or length > 1e3 or (count > 2 and length > 2 * before):
            return None
        if length < _CONVERGED or (length < _ROUNDING and length > 0.3 * before):
            return u, count
        before = length
    return None


def turned(curve: Curve, one: Place, other: Place) -> float:
    """Return the cosine of the angle between two tangents."""
    metric = curve.metric(one.u)
    first, second = metric @ one.tangent, metric @ other.tangent
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def next_step(curve: Curve, start: Place, length: float, longest: float) -> tuple[Step, float] | None:
    """Return a step of at most the length from a place, and the length to try next; None where even the shortest fails."""
    while length >= _SHORTEST:
        found = corrected(curve, start.u + length * start.tangent, start.tangent)
        if found is not None:
            try:
                end = place_at(curve, found[0], start.tangent)
            except Beyond:
                end = None
            if end is not None and turned(curve, start, end) >= _TURN:
                factor = min(2.0, max(0.5, 2.0 ** ((4 - found[1]) / 2)))
                return Step(curve, start, end, length), min(longest, length * factor)
        length /= 2
    return None
