"""Smooth gates: functions that are exactly zero where they should be, with exact derivatives.

`positive(z, width)` = z^2 / (z + width) for z > 0, else 0: zero below the kink, asymptotically
z - width above, once continuously differentiable. A softplus would leak below zero, and a leak
that is small per day sells a tenth of a portfolio in a year.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.core.function import ArgumentIndexError

from .families import lifted
from .written import Recording


class Gate(Recording, sympy.Function):
    """A function of (z, width) that is `formula` for z > 0 and zero otherwise."""

    nargs = 2

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        """Return the gate, or with families in it one a member."""
        return lifted(super().__new__, cls, *arguments, **options)

    def _eval_is_extended_real(self):
        return True


class positive(Gate):  # noqa: N801 - sympy functions are lower case
    """The positive part of z, smoothed over `width` in the unit of z, and exactly zero for z <= 0."""

    @staticmethod
    def formula(z: Any, width: Any) -> Any:
        """Return the value for z > 0, of numbers, arrays or expressions."""
        return z * z / (z + width)

    unit_alike = True

    def fdiff(self, argindex=1):
        """Return the partial derivative with respect to z (1) or width (2)."""
        if argindex == 1:
            return positive_slope(*self.args)
        if argindex == 2:
            return -positive_share(*self.args) ** 2
        raise ArgumentIndexError(self, argindex)


class positive_slope(Gate):  # noqa: N801
    """The derivative of `positive` with respect to z: (z^2 + 2 z width) / (z + width)^2 above zero."""

    @staticmethod
    def formula(z: Any, width: Any) -> Any:
        """Return the value for z > 0, of numbers, arrays or expressions."""
        return z * (z + 2 * width) / (z + width) ** 2

    def fdiff(self, argindex=1):
        """Return the partial derivative; at the kink the second derivative jumps from 0 to 2 / width."""
        z, width = self.args
        if argindex == 1:
            return 2 * positive_curve(z, width)
        if argindex == 2:
            return -2 * z / width * positive_curve(z, width)
        raise ArgumentIndexError(self, argindex)


class positive_share(Gate):  # noqa: N801
    """z / (z + width) above zero, else 0: the square root of minus d positive / d width."""

    @staticmethod
    def formula(z: Any, width: Any) -> Any:
        """Return the value for z > 0, of numbers, arrays or expressions."""
        return z / (z + width)

    def fdiff(self, argindex=1):
        """Return the partial derivative."""
        z, width = self.args
        if argindex == 1:
            return positive_curve(z, width) * (z + width) / width
        if argindex == 2:
            return -positive_curve(z, width) * z * (z + width) / width**2
        raise ArgumentIndexError(self, argindex)


class positive_curve(Gate):  # noqa: N801
    """width^2 / (z + width)^3 above zero, else 0: half the curvature of `positive`."""

    @staticmethod
    def formula(z: Any, width: Any) -> Any:
        """Return the value for z > 0, of numbers, arrays or expressions."""
        return width * width / (z + width) ** 3


GATES = (positive, positive_slope, positive_share, positive_curve)


def _scalar(formula):
    return lambda z, width: formula(z, width) if z > 0 else 0.0


def _vector(formula):
    def on_arrays(z, width):
        import numpy as np

        inside = np.asarray(z) > 0
        return np.where(inside, formula(np.where(inside, z, 1.0), width), 0.0)
    return on_arrays


SCALAR = {gate.__name__: _scalar(gate.formula) for gate in GATES}
VECTOR = {gate.__name__: _vector(gate.formula) for gate in GATES}
