"""Tables and series as graphical functions, which join their points by straight lines and hold beyond them.

Other ways to join points are standard, but not every reader heeds them. So a jump is a line between a number and the
next one that a computer has, and what a table extends is added where its points end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from ..choices import whole
from ..errors import InputError
from ..lookups import Lookup
from ..series import Sampled

_LEAST = 1e-15  # of the distance between two points, the least width of a jump


@dataclass(frozen=True)
class Graph:
    """A graphical function: its points, and the slopes with which it goes on below the first and above the last, None where it holds."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    below: float | None = None
    above: float | None = None


def graph_of(lookup: Lookup, argument: sympy.Expr) -> tuple[Graph, sympy.Expr]:
    """Return a lookup as a graphical function and the argument to give it; raise InputError where it has no such form.

    A table that repeats is made of its argument. One that ends the run beyond its points holds there: XMILE cannot end a run.
    """
    x, y, kind = lookup.x, lookup.y, lookup.interpolation
    if kind == "smooth":
        raise InputError(f"{lookup.where}: its smooth curve has no form in XMILE; make it linear, with more points")
    if lookup.below == "repeat":
        period = sympy.Float(x[-1] - x[0])
        argument = argument - period * whole((argument - sympy.Float(x[0])) / period)
    if lookup.is_step:
        return _stairs(x, y, kind == "next"), argument
    ends = [(y[place + 1] - y[place]) / (x[place + 1] - x[place]) if rule == "extend" else None for rule, place in ((lookup.below, 0), (lookup.above, -2))]
    return Graph(x, y, *ends), argument


def graph_over_time(sampled: Sampled) -> tuple[Graph, float | None, float | None]:
    """Return a series as a graphical function of time, with the times before and from which it has another value, None where it has not."""
    times, values = list(sampled.times), list(sampled.values)
    if sampled.kind == "linear":
        first = times[0] if sampled.before != values[0] else None
        last = times[-1] if sampled.after != values[-1] else None
        return _joined(times, values), first, last
    if sampled.before != values[0]:
        times, values = [times[0] - 1.0, *times], [sampled.before, *values]
    if math.isfinite(sampled.end):
        times, values = [*times, sampled.end], [*values, sampled.after]
    return _stairs(times, values), None, None


def _joined(x: Sequence[float], y: Sequence[float]) -> Graph:
    """Return points joined by lines; a single one is a constant."""
    return Graph(tuple(x), tuple(y)) if len(x) > 1 else Graph((x[0], x[0] + 1.0), (y[0], y[0]))


def _stairs(x: Sequence[float], y: Sequence[float], afterwards: bool = False) -> Graph:
    """Return stairs that jump at their points, or right after them."""
    points = [(x[0], y[0])]
    for left, right, old, new in zip(x, x[1:], y, y[1:], strict=False):
        at, towards = (left, right) if afterwards else (right, left)
        beside = math.nextafter(at, towards)
        if abs(beside - at) < _LEAST * (right - left):
            beside = at + math.copysign(_LEAST * (right - left), towards - at)
        points += [(beside, new), (right, new)] if afterwards else [(beside, old), (right, new)]
    return _joined(*zip(*points, strict=True))
