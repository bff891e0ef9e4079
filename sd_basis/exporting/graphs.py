"""Tables and series as graphical functions: points, how the points are joined, and the argument that makes up for what XMILE has no word for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import sympy

from ..choices import Max, Min, whole
from ..errors import InputError
from ..lookups import Lookup
from ..series import Sampled


@dataclass(frozen=True)
class Graph:
    """A graphical function: its points, and `continuous`, `extrapolate` or `discrete` as XMILE calls what lies between and beyond them."""

    kind: str
    x: tuple[float, ...]
    y: tuple[float, ...]


def graph_of(lookup: Lookup, argument: sympy.Expr) -> tuple[Graph, sympy.Expr]:
    """Return a lookup as a graphical function and the argument to give it; raise InputError where it has no such form.

    An end that holds while the other is extended, and a table that repeats, are made of the argument; a table of the next
    point is its mirror image. A table that ends the run beyond its points holds there: XMILE cannot end a run.
    """
    x, y, kind = lookup.x, lookup.y, lookup.interpolation
    if kind == "smooth":
        raise InputError(f"{lookup.where}: its smooth curve has no form in XMILE; make it linear, with more points")
    if lookup.below == "repeat":
        period = sympy.Float(x[-1] - x[0])
        argument = argument - period * whole((argument - sympy.Float(x[0])) / period)
    if kind == "next":
        return Graph("discrete", tuple(-place for place in reversed(x)), tuple(reversed(y))), -argument
    if kind == "previous":
        return Graph("discrete", x, y), argument
    extended = [rule == "extend" for rule in (lookup.below, lookup.above)]
    if not any(extended):
        return Graph("continuous", x, y), argument
    if not extended[0]:
        argument = Max(argument, sympy.Float(x[0]))
    if not extended[1]:
        argument = Min(argument, sympy.Float(x[-1]))
    return Graph("extrapolate", x, y), argument


def graph_over_time(sampled: Sampled) -> tuple[Graph, float | None, float | None]:
    """Return a series as a graphical function of time, with the times before and after which it has another value, None where it has not."""
    times, values = list(sampled.times), list(sampled.values)
    if sampled.kind == "step":
        if sampled.before != values[0]:
            times, values = [times[0] - 1.0, *times], [sampled.before, *values]
        if math.isfinite(sampled.end):
            times, values = [*times, sampled.end], [*values, sampled.after]
        kind, first, last = "discrete", None, None
    else:
        kind = "continuous"
        first = times[0] if sampled.before != values[0] else None
        last = times[-1] if sampled.after != values[-1] else None
    if len(times) == 1:
        times, values = [*times, times[0] + 1.0], [*values, values[0]]
    return Graph(kind, tuple(times), tuple(values)), first, last
