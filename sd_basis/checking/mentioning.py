"""Mentions: what is declared and not used, and what is used to no effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from ..declarations import Outcome, Trade, margin
from ..families import Members
from ..library import modules_of
from ..model import Model
from ..policies import Impulse, Policy
from ..quantities import Input, Quantity
from .context import Context
from .findings import Finding, Skip, error, warning


def unused(model: Model, context: Context) -> Iterator[Finding]:
    """Everything declared is part of the model and has an effect.

    A quantity that no equation, outcome or output mentions is left out silently: a forgotten flow changes the model. A parameter
    that cancels, or that only a policy replaces, does nothing. SDM-Doc's warnings of unused variables.
    """
    for kind, name in _left_out(model):
        if kind == "flow":
            yield error(f"flow {name!r}: it is declared but not in flows=, so that nothing flows; add it, or remove it", name)
        elif kind in ("policy", "impulse", "outcome"):
            yield warning(f"{kind} {name!r}: it is declared but not given to the model; add it, or remove it", name)
        else:
            yield warning(f"{kind} {name!r}: nothing refers to it; use it, list it in outputs=, or remove it", name)
    effective = _effective(model)
    for parameter in model.parameters:
        if parameter in effective or parameter in model.outputs or parameter is model.step:
            continue
        by = [policy.name for policy in model.policies.values() if parameter in policy.changes]
        why = f"only policy {by[0]!r} mentions it, and no equation does" if by else "it stands in an equation but cancels out of it"
        yield warning(f"parameter {parameter.name!r}: {why}, so that it has no effect; mend the equation, or remove it", parameter.name)
    mentioned = set().union(*(equation.free_symbols for equation in model.equations.values()), effective)
    for lookup in model.lookups:
        if lookup not in mentioned:
            yield warning(f"lookup {lookup.name!r}: it cancels out of the equation it stands in; mend the equation, or remove it", lookup.name)


def _effective(model: Model) -> set:
    """Return every symbol on which flows, initial values, outcomes, triggers, outputs or the values of policies rest."""
    roots: list[Any] = [*model.flows, *(sympy.sympify(output) for output in model.outputs), *(stock.initial for stock in model.stocks)]
    roots += [sympy.sympify(stock.instrument.price) for stock in model.stocks if stock.instrument is not None]
    conditions = [condition for outcome in model.outcomes for condition in (outcome.when, outcome.once)] + [model.runaway]
    for item in (*model.policies.values(), *model.impulses.values()):
        conditions.append(item.when)
        roots.append(item.delay)
    roots += [margin("condition", condition) for condition in conditions if condition is not None]
    roots += [amount for impulse in model.impulses.values() for amount in impulse.amounts.values()]
    found = model.rests_on(roots)
    for policy in model.policies.values():
        for parameter, expression in policy.changes.items():
            if parameter in found:
                found |= expression.free_symbols - {parameter}
    return found


def _left_out(model: Model) -> Iterator[tuple[str, str]]:
    """Give what the model's own files declare and the model does not hold, by kind and name."""
    if model.path is None:
        return
    modules = modules_of(model.path)
    if not any(getattr(module, "MODEL", None) is not None for module in modules):
        raise Skip("the files of the model are not at hand")
    named = {outcome.name for outcome in model.outcomes}
    trades = {flow.name for flow in model.flows}
    seen: set[str] = set()
    for item in [item for module in modules for value in list(vars(module).values()) for item in _declared(value)]:
        if isinstance(item, Quantity):
            absent, kind = item.name not in model.quantities, item.where.partition(" ")[0]
        elif isinstance(item, Trade):
            absent, kind = item.name not in trades, "flow"
        elif isinstance(item, Outcome):
            absent, kind = item.name not in named, "outcome"
        else:
            absent, kind = item.name not in (*model.policies, *model.impulses), type(item).__name__.lower()
        if absent and item.name not in seen:
            seen.add(item.name)
            yield kind, item.name


def _declared(value: Any) -> list[Any]:
    """Return what a name in a file stands for, of what a model can hold."""
    if isinstance(value, Members):
        return [item for item in value.items.values() if isinstance(item, (Quantity, Trade))]
    if isinstance(value, (tuple, list)):
        return [item for part in value for item in _declared(part)] if len(value) < 1000 else []
    if isinstance(value, dict):
        return [item for part in value.values() for item in _declared(part)] if len(value) < 1000 else []
    return [value] if isinstance(value, (Quantity, Trade, Outcome, Policy, Impulse)) and not isinstance(value, Input) else []
