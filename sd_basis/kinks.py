"""Kinks of a model: the margins at which its rates jump, and those at which they bend, read off the equations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sympy

from .choices import choose, largest, smallest, truth, whole
from .gates import Gate
from .holding import at_step
from .lookups import look


@dataclass(frozen=True)
class Kink:
    """A margin and its levels: the rates jump there ("jump"), only their slope does ("bend"), or only their curvature ("knot").

    A jump comes from a `node` that is constant between the levels: over a piece of the run it is held at the `value`
    it has at the start, so that the solver never steps on both sides of it; so is a "step", which only RK4 sees. With `above` a level itself belongs to
    what lies above it; with `period` the levels repeat.
    """

    margin: sympy.Expr
    kind: str
    node: sympy.Expr | None = None
    value: sympy.Expr | None = None
    levels: tuple[float, ...] = (0.0,)
    above: bool = True
    period: float | None = None


def kinks(expressions: Iterable[sympy.Expr]) -> list[Kink]:
    """Return every kink of expressions, each once, first those with a node to hold.

    What stands in a branch of a choice is only looked at where that branch is taken. At a "knot", of a smooth gate
    or table, the slope is continuous and only the curvature jumps.
    """
    found: dict[object, Kink] = {}

    def walk(node: sympy.Basic, guard: Callable[[sympy.Expr], sympy.Expr]) -> None:
        if isinstance(node, choose):
            condition, then, otherwise = node.args
            walk(condition, guard)
            walk(then, lambda inner: guard(choose(condition, inner, sympy.S.One)))
            walk(otherwise, lambda inner: guard(choose(condition, sympy.S.One, inner)))
            return
        if isinstance(node, truth):
            found.setdefault(node, Kink(guard(node.args[0]), "jump", node, guard(node), above=not node.args[1]))
        elif isinstance(node, (largest, smallest)):
            found.update({(node, margin): Kink(guard(margin), "bend") for margin in node.margins})
        elif isinstance(node, whole):
            found.setdefault(node, Kink(guard(node.args[0]), "jump", node, guard(node), period=1.0))
        elif isinstance(node, at_step):
            found.setdefault(node, Kink(guard(node.args[0]), "step", node, guard(node.args[0])))
        elif isinstance(node, Gate):
            found[node] = Kink(guard(node.args[0]), "knot")
        elif isinstance(node, sympy.Abs):
            found[node] = Kink(guard(node.args[0]), "bend")
        elif isinstance(node, look):
            lookup, argument = node.args
            period = lookup.x[-1] - lookup.x[0] if lookup.below == "repeat" else None
            jumps, bends = lookup.knots
            above = lookup.interpolation != "next"
            if lookup.is_step:
                found.setdefault(node, Kink(guard(argument), "jump", node, guard(node), jumps, above, period))
            elif jumps:
                found[node, "jump"] = Kink(guard(argument), "jump", None, None, jumps, above, period)
            if bends:
                found[node, "bend"] = Kink(guard(argument), "bend", None, None, bends, above, period)
            if lookup.interpolation == "smooth":
                found[node, "knot"] = Kink(guard(argument), "knot", None, None, lookup.x, above, period)
        for argument in node.args:
            walk(argument, guard)

    for expression in expressions:
        walk(expression, lambda inner: inner)
    return sorted(found.values(), key=lambda kink: kink.node is None)
