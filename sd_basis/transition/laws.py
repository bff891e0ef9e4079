"""The laws that decision times follow near a turn: logarithms at a saddle, an inverse square root at a ghost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .separating import smallest

_LEAST = 4.0  # decades
_TRUE = 1e-3  # of the slope: largest residual of a logarithm that holds
SIDES = ("below", "above")
_SIGN = {"below": -1.0, "above": 1.0}


@dataclass(frozen=True)
class Logarithm:
    """T = T0 + slope ln|d - d_c| by side, over `decades` of distance, with the largest `residual` in slopes, and d_c `offset` from where it was taken."""

    slope: dict[str, float]
    residual: float
    decades: float
    offset: float


def logarithm(distances: dict[str, np.ndarray], times: dict[str, np.ndarray]) -> Logarithm | None:
    """Return the logarithm that fits both sides' times best over a window of distances; None with less than four decades.

    Each side has its own slope, and both share one offset of d_c. The smallest distances feel the integrator's errors and the largest ones
    what is not yet a logarithm: of all windows of four decades or more the longest is taken in which the fit holds, or that in which the
    slope is most certain.
    """
    order = {side: np.argsort(distances[side]) for side in SIDES}
    x = {side: distances[side][order[side]] for side in SIDES}
    y = {side: times[side][order[side]] for side in SIDES}
    found, error = None, (True, 1.0, np.inf)
    most = min(len(x[side]) for side in SIDES)
    for first in range(most):
        for last in range(first + 3, most + 1):
            window = {side: (x[side][first:last], y[side][first:last]) for side in SIDES}
            decades = min(float(np.log10(part[0][-1] / part[0][0])) for part in window.values())
            if decades < _LEAST - 1e-6:
                continue
            fitted = _fitted(window, decades)
            uncertain = max(fitted.residual, 1e-9) / (decades * np.sqrt(last - first))
            own = (fitted.residual > _TRUE, -decades if fitted.residual <= _TRUE else 0.0, uncertain)
            if own < error:
                found, error = fitted, own
    return found


def _fitted(window: dict[str, tuple[np.ndarray, np.ndarray]], decades: float) -> Logarithm:
    nearest = 0.5 * min(float(part[0][0]) for part in window.values())

    def lines(offset: float) -> tuple[dict[str, float], float, float]:
        slope, worst, squares = {}, 0.0, 0.0
        for side, (x, y) in window.items():
            matrix = np.column_stack([np.log(x - _SIGN[side] * offset), np.ones_like(x)])
            answer = np.linalg.lstsq(matrix, y, rcond=None)[0]
            left = y - matrix @ answer
            slope[side] = float(answer[0])
            worst = max(worst, float(np.max(np.abs(left))) / max(abs(slope[side]), 1e-300))
            squares += float(left @ left)
        return slope, worst, squares
    offset = smallest(lambda value: lines(value)[2], -nearest, nearest)
    slope, worst, _ = lines(offset)
    return Logarithm(slope, worst, decades, offset)


@dataclass(frozen=True)
class Power:
    """T = A |d - d_c|^(-1/2) + B + ...: where the ghost lies, the exponent that the times themselves show, and over how many decades."""

    turn: float
    exponent: float
    amplitude: float
    residual: float
    decades: float


def inverse_root(values: np.ndarray, times: np.ndarray, side: str, reach: float) -> Power | None:
    """Return the inverse square root that passage times follow on one side, with d_c free within `reach` of the nearest value; None with too few.

    The expansion has powers -1/2, 0, 1/2, 1, ... of the distance, as a passage through a ghost has. The exponent shown is that of a
    free fit T = A |d - d_c|^p + B to the three smallest distances.
    """
    order = np.argsort(np.abs(values - (values.min() if side == "above" else values.max())))
    x, t = values[order], times[order]
    if len(x) < 6:
        return None
    terms = min(5, len(x) - 2)
    sign = _SIGN[side]

    def expansion(gap: float) -> tuple[np.ndarray, float]:
        distance = sign * (x - x[0]) + gap
        matrix = np.column_stack([distance ** ((term - 1) / 2) for term in range(terms)]) / t[:, None]
        answer = np.linalg.lstsq(matrix, np.ones_like(t), rcond=None)[0]
        return answer, float(np.max(np.abs(matrix @ answer - 1)))
    # a first guess from 1 / T^2, which is nearly linear in the distance
    guess = float(sign * (x[1] - x[0]) / ((t[0] / t[1]) ** 2 - 1)) if t[0] != t[1] else reach
    guess = min(max(guess, 1e-12 * reach), reach)
    gaps = guess * np.geomspace(0.3, 3.0, 41)
    best = int(np.argmin([expansion(gap)[1] for gap in gaps]))
    gap = float(np.exp(smallest(lambda value: expansion(np.exp(value))[1], np.log(gaps[max(best - 1, 0)]), np.log(gaps[min(best + 1, 40)]))))
    answer, residual = expansion(gap)
    distance = sign * (x - x[0]) + gap
    return Power(float(x[0] - sign * gap), _exponent(distance[:3], t[:3]), float(answer[0]), residual, float(np.log10(distance[-1] / distance[0])))


def _exponent(distance: np.ndarray, times: np.ndarray) -> float:
    """Return p of T = A d^p + B through three points."""
    ratio = (times[0] - times[1]) / (times[1] - times[2])

    def miss(p: float) -> float:
        own = (distance[0]**p - distance[1]**p) / (distance[1]**p - distance[2]**p)
        return abs(float(np.log(abs(own))) - float(np.log(abs(ratio)))) if ratio else np.inf
    return smallest(miss, -2.0, -0.01)
