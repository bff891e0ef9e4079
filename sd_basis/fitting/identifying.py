"""What the data determine: standard errors, and the singular values of the scaled Jacobian.

A column of the scaled Jacobian is the change of all residuals, in their errors, by one unit of a parameter's logarithm, or by
the width of its box where its scale is linear. A direction with singular value s has the standard error 1/s in that unit, so
the data determine those with s above one: to less than a factor e, or less than the box.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .problem import Problem

NORMAL = 1.959963984540054  # 95 % of a normal distribution lie within


@dataclass(frozen=True)
class Spectrum:
    """The singular values and right vectors (rows) of the scaled Jacobian, by falling value; `noise` is what cannot be told from zero."""

    names: tuple[str, ...]
    singular: tuple[float, ...]
    vectors: tuple[tuple[float, ...], ...]
    noise: float

    @property
    def determined(self) -> int:
        """The number of directions that the data determine: those with a singular value above one."""
        return sum(value > 1 for value in self.singular)

    def combination(self, place: int, least: float = 0.1) -> str:
        """Return a direction as a product of powers, the largest first."""
        vector = np.array(self.vectors[place])
        vector = vector / (vector[_first_of_largest(vector)] or 1.0)
        order = [index for index in np.argsort(-np.round(np.abs(vector), 6), kind="stable") if abs(vector[index]) >= least]
        return " ".join(self.names[index] + ("" if abs(vector[index] - 1) < 5e-3 else f"^{vector[index]:.2g}") for index in order)


@dataclass(frozen=True)
class Estimate:
    """A fitted parameter: its standard error and 95 % interval by linearisation, None where the data do not bound it at all."""

    name: str
    unit: str | None
    value: float
    error: float | None
    low: float | None
    high: float | None
    at_bound: str | None
    between: tuple[float, float]
    start: float


def spectrum(problem: Problem, places: np.ndarray) -> tuple[Spectrum, np.ndarray]:
    """Return the spectrum at coordinates, and the covariance of the scaled parameters (infinite where nothing is known)."""
    values = problem.values(places)
    names = [item.name for item in problem.free]
    jacobian = problem.jacobian(problem.run(values, problem.fitted), values, names)
    scaled = jacobian / np.array([item.width if item.log else 1.0 for item in problem.free])
    _, singular, vectors = np.linalg.svd(scaled, full_matrices=True)
    singular = np.concatenate([singular, np.zeros(len(names) - len(singular))])
    noise = 10 * problem.rtol * float(singular[0])
    vectors = np.array([vector * np.sign(vector[_first_of_largest(vector)]) for vector in vectors])
    covariance = np.zeros((len(names), len(names)))
    for value, vector in zip(singular, vectors, strict=True):
        if value > noise:
            covariance += np.outer(vector, vector) / value**2
        else:
            covariance[np.ix_(*[np.abs(vector) > 1e-4] * 2)] = np.inf
    return Spectrum(tuple(names), tuple(singular.tolist()), tuple(tuple(row) for row in vectors.tolist()), noise), covariance


def _first_of_largest(vector: np.ndarray) -> int:
    """Return the place of the largest entry, the first of those as large but for rounding."""
    return int(np.flatnonzero(np.abs(vector) >= (1 - 1e-6) * np.max(np.abs(vector)))[0])


def estimates(problem: Problem, places: np.ndarray, covariance: np.ndarray) -> list[Estimate]:
    """Return each free parameter with its standard error and 95 % interval, which is even in the logarithm where the scale is."""
    found = []
    for place, item, own in zip(places, problem.free, np.sqrt(np.diag(covariance)), strict=True):
        value, error = item.value(float(place)), float(own)
        low: float | None
        if not math.isfinite(error):
            spread, low, high = None, None, None
        elif item.log:
            reach = min(NORMAL * error, 700.0)
            spread, low, high = value * error, value * math.exp(-reach), min(value * math.exp(reach), 1e300)
        else:
            spread = error * item.width
            low, high = value - NORMAL * spread, value + NORMAL * spread
        bound = "low" if place < 1e-6 else "high" if place > 1 - 1e-6 else None
        unit = problem.model.unit_text(problem.model.quantity(item.name))
        found.append(Estimate(item.name, unit, value, spread, low, high, bound, (item.low, item.high), item.start))
    return found
