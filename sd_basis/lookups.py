"""Lookups: tables of points as functions in equations, with their slopes and their kinks.

A table is an argument of the compiled functions, not part of their code: another curve needs no
new compilation. In equations a lookup is opaque to sympy and has a derivative.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy.core.function import ArgumentIndexError

from .errors import InputError, unknown
from .families import Members
from .symbols import Quantity, finite_number
from .written import Recording

KINDS = ("linear", "previous", "next", "smooth")
BEYOND = ("hold", "extend", "repeat", "error")


class Lookup(Quantity):
    """A table of points (x, y), used in equations as a function: `effect(crowding)`.

    `points` is a mapping or a list of pairs with rising x. Between points the value is `linear`,
    that of the `previous` or the `next` point (steps), or `smooth`: the monotone cubic of Fritsch
    and Carlson, which never overshoots (scipy's PchipInterpolator). Beyond them it is, below and
    above apart if need be, on `hold` at the last value, `extend` along the last slope, `repeat`
    periodically (both ends or none), or an `error` that ends the run. `unit` is that of y, `of` that
    of x. Raises InputError for fewer than two points, x out of order, and unknown kinds.
    """

    def __new__(cls, name: str, points: Mapping[float, float] | Iterable[tuple[float, float]], unit: str | None = None, *,
                of: str | None = None, kind: str = "linear", beyond: str = "hold", below: str | None = None,
                above: str | None = None, description: str = "", reference: str = ""):
        self = cls._create(name)
        pairs = points.items() if isinstance(points, Mapping) else points
        try:
            pairs = [(x, y) for x, y in pairs]
        except (TypeError, ValueError):
            raise InputError(f"{self.where}: {points!r} are no points; give a list of pairs (x, y)") from None
        self.x = tuple(finite_number(f"{self.where}, x of point {i + 1}", x) for i, (x, _) in enumerate(pairs))
        self.y = tuple(finite_number(f"{self.where}, y of point {i + 1}", y) for i, (_, y) in enumerate(pairs))
        if len(self.x) < 2:
            raise InputError(f"{self.where}: it has {len(self.x)} point{'' if len(self.x) == 1 else 's'}; give at least two")
        for left, right in zip(self.x, self.x[1:], strict=False):
            if right <= left:
                raise InputError(f"{self.where}: x = {right:g} follows {left:g}; give points with rising x")
        self.interpolation = kind
        self.below, self.above = below or beyond, above or beyond
        if kind not in KINDS:
            raise unknown(self.where, "kind of lookup", kind, KINDS)
        for rule in (self.below, self.above):
            if rule not in BEYOND:
                raise unknown(self.where, "rule beyond the points", rule, BEYOND)
        if (self.below == "repeat") != (self.above == "repeat"):
            raise InputError(f"{self.where}: it repeats on one side only; a periodic table repeats on both, beyond='repeat'")
        self.unit, self.of = unit, of
        self.description, self.reference = description, reference
        return self

    def __call__(self, argument: Any) -> sympy.Expr:
        """Return the value at an expression, for use in equations."""
        return argument.map(self) if isinstance(argument, Members) else look(self, argument)

    @property
    def table(self) -> Table:
        """The table as the compiled functions take it."""
        return Table(self.where, self.x, self.y, self.interpolation, self.below, self.above)

    @property
    def is_step(self) -> bool:
        """Whether the value is constant between the points."""
        return self.interpolation in ("previous", "next")

    @property
    def knots(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The x at which the value jumps, and those at which it bends."""
        ends = (self.x[0], self.x[-1])
        if self.is_step:
            return self.x, ()
        return (ends, self.x) if self.below == "repeat" else ((), ends if self.interpolation == "smooth" else self.x)


class Table:
    """The numbers of a lookup: call it for the value at one x, `slope` and `curve` for the derivatives there."""

    def __init__(self, where: str, x: tuple[float, ...], y: tuple[float, ...], kind: str, below: str, above: str):
        self.where, self.x, self.y, self.kind, self.below, self.above = where, x, y, kind, below, above
        self._last = len(x) - 1
        self._period = x[-1] - x[0]

    @cached_property
    def _pieces(self) -> list[tuple[float, ...]]:
        """The coefficients (constant, slope, quadratic, cubic) of the polynomial between each pair of points."""
        if self.kind == "smooth":
            from scipy.interpolate import PchipInterpolator

            return [tuple(float(value) for value in column[::-1]) for column in PchipInterpolator(self.x, self.y).c.T]
        flat = self.kind in ("previous", "next")
        return [(self.y[i + 1] if self.kind == "next" else self.y[i],
                 0.0 if flat else (self.y[i + 1] - self.y[i]) / (self.x[i + 1] - self.x[i]), 0.0, 0.0) for i in range(self._last)]

    def _place(self, x: float) -> tuple[float, tuple[float, ...]]:
        """Return the distance from the point to the left and the polynomial in force at x."""
        if x != x:
            raise ValueError(f"{self.where}: its argument is not a number")
        if self.below == "repeat":
            x = self.x[0] + math.fmod(x - self.x[0], self._period)
            x = x + self._period if x < self.x[0] else x
        sides = ((x < self.x[0], 0, self.below, 0), (x > self.x[-1], self._last, self.above, self._last - 1))
        for outside, end, rule, place in sides:
            if outside:
                if rule == "error":
                    raise ValueError(f"{self.where}: its argument {x:g} lies beyond the points from {self.x[0]:g} to {self.x[-1]:g}")
                if rule == "hold":
                    return 0.0, (self.y[end], 0.0, 0.0, 0.0)
                return x - self.x[end], (self.y[end], self._slope_at(place, self.x[end]), 0.0, 0.0)
        if x == self.x[-1] and self.kind in ("previous", "next"):
            return 0.0, (self.y[-1], 0.0, 0.0, 0.0)
        place = (bisect_left if self.kind == "next" else bisect_right)(self.x, x) - 1
        place = min(max(place, 0), self._last - 1)
        if self.kind == "next" and x == self.x[0]:
            return 0.0, (self.y[0], 0.0, 0.0, 0.0)
        return x - self.x[place], self._pieces[place]

    def _slope_at(self, place: int, x: float) -> float:
        _, slope, quadratic, cubic = self._pieces[place]
        h = x - self.x[place]
        return slope + h * (2 * quadratic + 3 * cubic * h)

    def __call__(self, x: float) -> float:
        h, (constant, slope, quadratic, cubic) = self._place(x)
        return constant + h * (slope + h * (quadratic + h * cubic))

    def slope(self, x: float) -> float:
        """Return dy/dx; at a kink the one to the right."""
        h, (_, slope, quadratic, cubic) = self._place(x)
        return slope + h * (2 * quadratic + 3 * cubic * h)

    def curve(self, x: float) -> float:
        """Return the second derivative."""
        h, (_, _, quadratic, cubic) = self._place(x)
        return 2 * quadratic + 6 * cubic * h


    @cached_property
    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The points, and the coefficients of every polynomial: one a piece, those below and above the points, and those at the last point and the first."""
        ends = []
        for rule, end, place in ((self.below, 0, 0), (self.above, self._last, self._last - 1)):
            ends.append((self.y[end], self._slope_at(place, self.x[end]) if rule == "extend" else 0.0, 0.0, 0.0))
        return np.array(self.x), np.array([*self._pieces, *ends, (self.y[-1], 0.0, 0.0, 0.0), (self.y[0], 0.0, 0.0, 0.0)])

    def along(self, x: Any, method: str) -> np.ndarray:
        """Return what a method returns, "__call__", "slope" or "curve", at each x of an array; raises ValueError as that does."""
        x = np.asarray(x, float)
        points, rows = self._rows
        if self.below == "repeat":
            x = points[0] + np.fmod(x - points[0], self._period)
            x = np.where(x < points[0], x + self._period, x)
        low, high = x < points[0], x > points[-1]
        for outside in (np.isnan(x), low & (self.below == "error"), high & (self.above == "error")):
            if outside.any():
                self._place(float(np.extract(outside, x)[0]))  # which raises it
        place = np.clip(np.searchsorted(points, x, "left" if self.kind == "next" else "right") - 1, 0, self._last - 1)
        h = x - points[place]
        place = np.where(low, self._last, np.where(high, self._last + 1, place))
        for outside, rule, end in ((low, self.below, points[0]), (high, self.above, points[-1])):
            h = np.where(outside, 0.0 if rule == "hold" else x - end, h)
        if self.kind in ("previous", "next"):
            place = np.where(x == points[-1], self._last + 2, np.where((x == points[0]) & (self.kind == "next"), self._last + 3, place))
        constant, slope, quadratic, cubic = rows[place].T
        if method == "__call__":
            return constant + h * (slope + h * (quadratic + h * cubic))
        return slope + h * (2 * quadratic + 3 * cubic * h) if method == "slope" else 2 * quadratic + 6 * cubic * h


class look(Recording, sympy.Function):  # noqa: N801 - sympy functions are lower case
    """The value of a lookup at an argument."""

    nargs = 2
    method = "__call__"

    def fdiff(self, argindex=2):
        """Return the derivative by the argument (2)."""
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        return look_slope(*self.args)

    def _eval_derivative(self, symbol):
        slope = sympy.diff(self.args[1], symbol)
        return sympy.S.Zero if slope == 0 else self.fdiff() * slope

    def _eval_is_extended_real(self):
        return True

    def _sympystr(self, printer):
        return f"{self.args[0].name}({printer._print(self.args[1])})"

    def _latex(self, printer, exp=None):
        text = rf"{printer._print(self.args[0])}\left({printer._print(self.args[1])}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"


class look_slope(look):  # noqa: N801
    """The slope of a lookup at an argument."""

    method = "slope"

    def fdiff(self, argindex=2):
        """Return the second derivative."""
        return look_curve(*self.args)


class look_curve(look):  # noqa: N801
    """The second derivative of a lookup at an argument; a cubic's third is taken for zero."""

    method = "curve"

    def fdiff(self, argindex=2):
        """Return zero."""
        return sympy.S.Zero


LOOKS = (look, look_slope, look_curve)


VECTOR = {kind.__name__: lambda table, x, method=kind.method: table.along(x, method) for kind in LOOKS}
