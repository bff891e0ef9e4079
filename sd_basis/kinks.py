"""Kinks of a model: the margins at which its rates jump, and those at which they bend, read off the equations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sympy

from .choices import choose, largest, smallest, truth
from .lookups import look


@dataclass(frozen=True)
class Kink:
    """A margin and its levels: the rates jump there ("jump") or only their slope does ("bend").

    With `above` a level itself belongs to what lies above it; with `period` the levels repeat.
    """

    margin: sympy.Expr
    kind: str
    levels: tuple[float, ...] = (0.0,)
    above: bool = True
    period: float | None = None


def kinks(expressions: Iterable[sympy.Expr]) -> list[Kink]:
    """Return every kink of expressions, each once, jumps first.

    What stands in a branch of a choice is only looked at where that branch is taken. Smooth gates are not among
    them: their slope is continuous, and the error control passes them in its stride.
    """
    found: dict[Kink, None] = {}

    def walk(node: sympy.Basic, guard: Callable[[sympy.Expr], sympy.Expr]) -> None:
        if isinstance(node, choose):
            condition, then, otherwise = node.args
            walk(condition, guard)
            walk(then, lambda margin: guard(choose(condition, margin, sympy.S.One)))
            walk(otherwise, lambda margin: guard(choose(condition, sympy.S.One, margin)))
            return
        if isinstance(node, truth):
            found[Kink(guard(node.args[0]), "jump", above=not node.args[1])] = None
        elif isinstance(node, (largest, smallest)):
            found.update({Kink(guard(margin), "bend"): None for margin in node.margins})
        elif isinstance(node, sympy.Abs):
            found[Kink(guard(node.args[0]), "bend")] = None
        elif isinstance(node, look):
            lookup, argument = node.args
            period = lookup.x[-1] - lookup.x[0] if lookup.below == "repeat" else None
            for kind, levels in zip(("jump", "bend"), lookup.knots, strict=True):
                if levels:
                    found[Kink(guard(argument), kind, levels, lookup.kind != "next", period)] = None
        for argument in node.args:
            walk(argument, guard)

    for expression in expressions:
        walk(expression, lambda margin: margin)
    moving = [kink for kink in found if kink.margin.free_symbols]
    return sorted(moving, key=lambda kink: kink.kind != "jump")
