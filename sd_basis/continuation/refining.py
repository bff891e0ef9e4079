"""Folds, Hopf points and branch points within a step of a branch, located and refined on systems of their own.

Fold: H = 0 and g = 0, where g is the last unknown of [[H_y, b], [c', 0]] (v, g) = (0, 1), which vanishes where H_y is
singular (Govaerts 2000). Branch point: H + m w = 0, w'H_u = 0, w'w = 1. Hopf: the real part of a complex pair crosses
zero; a pair of real eigenvalues a, -a does not, and so is none.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .resting_problem import Beyond, Problem
from .tracing import Place, Step, solved

_COUNTED = 1e-11  # of the largest eigenvalue: less is rounding
_BLURRED = 1e-8  # where zeros were left out, which may be double
_SINGULAR = 1e-6
_NEWTON = 12


class Fold:
    """The equations of a fold: those of rest, and the test function g of the border (b, c)."""

    def __init__(self, problem: Problem, u: np.ndarray):
        self.problem, count = problem, problem.count
        left, _, right = np.linalg.svd(problem.slopes(u)[:, :count])
        self.left, self.right = left[:, -1], right[-1]

    def vectors(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
        """Return v, w (right and left null vectors at a fold), g, and the slopes of the equations of rest."""
        slopes, count = self.problem.slopes(u), self.problem.count
        matrix = np.block([[slopes[:, :count], self.left[:, None]], [self.right[None, :], np.zeros((1, 1))]])
        last = np.eye(count + 1)[-1]
        right, left = solved(matrix, last), solved(matrix.T, last)
        return right[:count], left[:count], float(right[count]), slopes

    def renew(self, u: np.ndarray) -> None:
        """Take the null vectors at a point as the new border, which keeps the test function well conditioned."""
        right, left, _, _ = self.vectors(u)
        self.left, self.right = left / np.linalg.norm(left), right / np.linalg.norm(right)

    def _along(self, right: np.ndarray) -> np.ndarray:
        return np.concatenate([right, np.zeros(len(self.problem.over))])

    def residual(self, u: np.ndarray) -> np.ndarray:
        """Return what vanishes at a fold."""
        return np.append(self.problem.residual(u), self.vectors(u)[2])

    def slopes(self, u: np.ndarray) -> np.ndarray:
        """Return its derivatives; g_u = -w'H_yu v."""
        right, left, _, slopes = self.vectors(u)
        return np.vstack([slopes, -left @ self.problem.bend(u, self._along(right))])

    def metric(self, u: np.ndarray) -> np.ndarray:
        """Return L of the norm |L du|."""
        return self.problem.metric(u)

    def curvature(self, u: np.ndarray) -> float:
        """Return w'H_yy v v with v and w of length one: zero at a cusp."""
        right, left, _, _ = self.vectors(u)
        right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
        return float(left @ self.problem.bend(u, self._along(right))[:, :self.problem.count] @ right)

    def overlap(self, u: np.ndarray) -> float:
        """Return w'v of the vectors of dy/dt, of length one: zero where a second eigenvalue vanishes (Bogdanov-Takens)."""
        right, left, _, _ = self.vectors(u)
        left = left * self.problem.rows
        return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def fold_at(problem: Problem, u: np.ndarray) -> np.ndarray | None:
    """Return the fold that Newton's method finds from a point nearby; None where it finds none."""
    found = u.copy()
    try:
        fold = Fold(problem, u)
        for _ in range(_NEWTON):
            change = solved(fold.slopes(found), -fold.residual(found))
            found = found + change
            if np.linalg.norm(problem.metric(found) @ (found - u)) > 0.1:
                return None
            if np.linalg.norm(problem.metric(found) @ change) < 1e-11:
                return found
    except Beyond:
        return None
    return found if np.linalg.norm(problem.metric(found) @ change) < 1e-8 else None


def fold_within(problem: Problem, step: Step) -> tuple[float, Place] | None:
    """Return the share and the place of a fold within a step: where the tangent's parameter component changes sign."""
    before, after = step.start.tangent[-1], step.end.tangent[-1]
    if before * after >= 0 or max(abs(before), abs(after)) < 1e-9:
        return None
    try:
        share = step.zero(lambda place: place.tangent[-1])
        near = step.at(share)
    except (Beyond, ValueError):
        share = before / (before - after)
        near = Place(step.start.u + share * (step.end.u - step.start.u), step.start.tangent, step.start.sign)
    found = fold_at(problem, near.u)
    if found is None:
        return None
    return share, Place(found, near.tangent, near.sign)


def branch_point_within(problem: Problem, step: Step) -> tuple[float, Place] | None:
    """Return the share and the place of a branch point within a step: where the bordered determinant changes sign."""
    if step.start.sign * step.end.sign >= 0:
        return None
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        try:
            sign = step.at(middle).sign
        except Beyond:
            break
        low, high = (middle, high) if sign == step.start.sign else (low, middle)
    share = (low + high) / 2
    near = step.start.u + share * (step.end.u - step.start.u)
    count = problem.count
    left = np.linalg.svd(problem.slopes(near))[0][:, -1]
    u, shift, found = near, 0.0, False
    try:
        for _ in range(_NEWTON):
            slopes = problem.slopes(u)
            twice = np.array([left @ problem.bend(u, unit) for unit in np.eye(len(u))])
            matrix = np.block([[slopes, left[:, None], shift * np.eye(count)],
                               [twice, np.zeros((len(u), 1)), slopes.T],
                               [np.zeros((1, len(u) + 1)), 2 * left[None, :]]])
            right = np.concatenate([problem.residual(u) + shift * left, slopes.T @ left, [left @ left - 1]])
            change = solved(matrix, -right)
            u, shift, left = u + change[:len(u)], shift + change[len(u)], left + change[len(u) + 1:]
            if found := bool(np.linalg.norm(problem.metric(u) @ change[:len(u)]) < 1e-10):
                break
    except Beyond:
        found = False
    if not found or np.linalg.norm(problem.metric(near) @ (u - near)) > 2 * step.length:
        u = near
    sizes = np.linalg.svd(problem.slopes(u))[1]
    if sizes[-1] > (_SINGULAR if found else 2e-3 * step.length) * np.max(np.abs(problem.slopes(step.start.u))):
        return None  # rounding turned the sign: no second branch crosses
    return share, Place(u, step.start.tangent, step.start.sign)


# Eigenvalues ---------------------------------------------------------------------------------


def eigenvalues(problem: Problem, place: Place) -> np.ndarray:
    """Return the eigenvalues at a place, largest real part first; they are kept with it."""
    if "eigenvalues" not in place.notes:
        found = np.linalg.eigvals(problem.jacobian(place.u))
        found = found[np.sort(np.argsort(np.abs(found), kind="stable")[len(found) - problem.count:])]  # without the zeros of neutral directions
        place.notes["eigenvalues"] = found[np.lexsort((found.imag, -found.real))].astype(complex)
    return place.notes["eigenvalues"]


def unstable(problem: Problem, place: Place) -> int:
    """Return the number of eigenvalues with a positive real part."""
    own = eigenvalues(problem, place)
    return int(np.sum(own.real > (_BLURRED if problem.neutral else _COUNTED) * np.max(np.abs(own))))


def exchange_within(problem: Problem, step: Step) -> list[tuple[float, Place]]:
    """Return where a real eigenvalue crosses zero within a step without a fold, as where families of states of rest cross."""
    before, after = unstable(problem, step.start), unstable(problem, step.end)
    if abs(before - after) != 1:
        return []
    try:
        share = step.zero(lambda place: float(eigenvalues(problem, place)[min(before, after)].real))
        return [(share, step.at(share))]
    except (Beyond, ValueError):
        return []


def hopf_within(problem: Problem, step: Step, low: float, high: float, depth: int = 0) -> Iterator[tuple[float, Place, float]]:
    """Yield share, place and angular frequency of each complex pair that crosses the imaginary axis within a part of a step without folds."""
    if high - low < 1e-12:
        return
    try:
        first, last = step.at(low), step.at(high)
        difference = unstable(problem, last) - unstable(problem, first)
        if abs(difference) < 2:
            return
        if abs(difference) > 2 or depth < 6:  # until one pair is left, and near enough to be told from the others
            middle = (low + high) / 2
            for part in ((low, middle), (middle, high)):
                yield from hopf_within(problem, step, *part, depth + 1)
            return
        own = eigenvalues(problem, first)
        pairs = own[own.imag > 1e-9 * np.max(np.abs(own))]

        def followed(pair: complex, place: Place) -> complex:
            others = eigenvalues(problem, place)
            found = complex(others[np.argmin(np.abs(others - pair))])
            return complex(0.0 if abs(found.real) <= _COUNTED * np.max(np.abs(others)) else found.real, found.imag)
        for pair in pairs[np.argsort(np.abs(pairs.real))]:
            def real_part(place: Place, pair: complex = pair) -> float:
                return followed(pair, place).real
            if real_part(first) * real_part(last) <= 0:
                share = step.zero(real_part, low, high)
                place = step.at(share)
                frequency = abs(followed(pair, place).imag)
                if frequency > 1e-9 * np.max(np.abs(own)):
                    yield share, place, frequency
                return
    except (Beyond, ValueError):
        return
