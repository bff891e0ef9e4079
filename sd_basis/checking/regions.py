"""Regions: outcomes that exclude themselves or one another, and those that no run came to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import sympy

from ..choices import largest, smallest
from ..declarations import Outcome, margin
from ..model import Model
from ..quantities import Parameter, Stock
from ..run import Run
from .context import Context
from .describing import plausible
from .findings import Finding, note, warning

Interval = tuple[float, float]


def outcomes(model: Model, context: Context) -> Iterator[Finding]:
    """Every outcome can be reached.

    That an inequality can never hold is shown by interval arithmetic over the signs of stocks and the ranges of parameters; of a Min whose
    parts must all be positive, also by the sum of any two. Outcomes that no case ended in, nor the main one without policies, are noted.
    """
    dead: set[int] = set()
    for place, outcome in enumerate(model.outcomes):
        where = _where(model, outcome)
        for condition in (outcome.when, outcome.once):
            if condition is not None and _never(margin(where, condition)):
                dead.add(place)
                yield warning(f"{where}: {_short(condition)} can never hold, so that no run ends in it; mend the inequality", outcome.name)
                break
        for other in model.outcomes[:place]:
            if other.group == outcome.group and _takes_all(other, outcome):
                dead.add(place)
                yield warning(f"{where}: outcome {other.name!r} stands before it with the same inequality and nothing else, so that it is never told; "
                              "make one of them stricter, or leave it out", outcome.name)
                break
    if context.quick or context.units[0] or not context.completed:
        return
    reached = {(group, decision.code) for run in context.completed.values() for group, decision in run.outcomes.items()}
    left = {(outcome.group, outcome.name) for place, outcome in enumerate(model.outcomes) if place not in dead} - reached
    if left and context.main.policies and isinstance(alone := context.attempt(replace(context.main, policies=())), Run):
        left -= {(group, decision.code) for group, decision in alone.outcomes.items()}
    for group, name in sorted(left):
        yield note(f"outcome {name!r}{f' of {group}' if group != 'outcome' else ''}: no case ends in it; add one that does", name)


def _where(model: Model, outcome: Outcome) -> str:
    same = [other for other in model.outcomes if other.name == outcome.name]
    return f"outcome {outcome.name!r}" + (f" of {outcome.group}" if len(same) > 1 else "")


def _short(condition: sympy.Basic) -> str:
    text = str(condition)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _takes_all(first: Outcome, later: Outcome) -> bool:
    """Tell whether an outcome holds wherever and whenever a later one of its group does."""
    plain = not (first.always or first.once is not None)
    return plain and first.when == later.when and first.absorbing == later.absorbing and (first.lasting or 0) <= (later.lasting or 0) and (
        bool(first.lasting) == bool(later.lasting))


def _never(expression: sympy.Expr) -> bool:
    """Tell whether an expression is positive nowhere, as far as intervals show it."""
    if _bounds(expression)[1] <= 0:
        return True
    parts = expression.args if isinstance(expression, (smallest, sympy.Min)) else ()
    return any(_bounds(sympy.expand(one + other))[1] <= 0 for one, other in combinations(parts, 2))


def _bounds(expression: sympy.Expr) -> Interval:
    """Return an interval that holds every value of an expression."""
    if isinstance(expression, Stock):
        return (0.0 if expression.nonnegative else -math.inf), math.inf
    if isinstance(expression, Parameter):
        return plausible(expression) or expression.domain
    if expression.is_number and expression.is_extended_real:
        return float(expression), float(expression)
    intervals = [_bounds(argument) for argument in expression.args]
    if expression.is_Add:
        return sum(low for low, _ in intervals), sum(high for _, high in intervals)
    if expression.is_Mul:
        found = intervals[0]
        for other in intervals[1:]:
            ends = [0.0 if 0.0 in (one, two) else one * two for one in found for two in other]
            found = min(ends), max(ends)
        return found
    if isinstance(expression, (smallest, sympy.Min)):
        return min(low for low, _ in intervals), min(high for _, high in intervals)
    if isinstance(expression, (largest, sympy.Max)):
        return max(low for low, _ in intervals), max(high for _, high in intervals)
    if isinstance(expression, (sympy.exp, sympy.Abs)) or (expression.is_Pow and expression.exp.is_even):
        return 0.0, math.inf
    if isinstance(expression, sympy.tanh):
        return -1.0, 1.0
    return -math.inf, math.inf
