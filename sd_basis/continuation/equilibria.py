"""Equilibria over a parameter: every branch through the states of rest that are found, with folds, Hopf points and stability."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..errors import InputError, NumericalFailure
from ..model import Model
from ..quantities import Parameter, Stock, finite_number
from .branching import Search, as_branch
from .found import Equilibria
from .resting_problem import Problem
from .starting_points import at_fixed, restless, starts


def continue_equilibria(model: Model, over: Parameter | str, *, span: tuple | None = None, case: Case | str | Path | None = None, set: Mapping | None = None,
                        initial: Mapping | Iterable[Mapping] | None = None, frozen: Iterable[Stock | str] = (), longest: float = 0.02,
                        most_steps: int = 3000, most_branches: int = 12, progress: Callable[[int, str], None] | None = None) -> Equilibria:
    """Return the equilibria of a model over a parameter within a span, by pseudo-arclength continuation.

    It begins at the value in force, or where that lies outside the span at its nearest end, with the state that the model without policies and
    shocks comes to from its initial state; `initial` gives other stocks to begin from, near which a state of rest is looked for first, or
    several such mappings. Branches that cross are followed too. `span` is by default the plausible range of the parameter. `frozen` stocks keep their
    initial value (a family's bare name stands for its members); stocks that no rate depends on are dropped; conserved totals keep the values of the
    beginning; where the states of rest are a family, its directions are held and one member is followed. `longest` is the longest step, in
    shares of the span and of the stocks' scales. Raises InputError for what cannot be used and for rates that depend on TIME or a series,
    NumericalFailure where nothing rests.
    """
    if not isinstance(model, Model):
        raise InputError(f"continue_equilibria: {model!r} is not a model; give load(NAME) or a Model")
    where = "equilibria"
    parameter = model.quantity(over, f"model {model.name!r}, {where}", Parameter)
    if not 1e-4 <= finite_number(f"{where}, longest", longest) <= 0.5:
        raise InputError(f"{where}, longest: {longest:g} is not between 0.0001 and 0.5; give the longest step as a share of the span")
    span = default_span(model, parameter, where) if span is None else span
    given: list[Any] = [None] if initial is None else [initial] if isinstance(initial, Mapping) else list(initial)
    if any(not isinstance(item, (Mapping, type(None))) for item in given) or not given:
        raise InputError(f"{where}, initial: {initial!r} does not give values of stocks; give a mapping, or a list of them")
    problem = Problem(model, (parameter,), (span,), where, case, set, given[0], frozen)
    search = Search(problem, longest, most_steps, most_branches, progress or (lambda done, text: None))
    value = float(np.clip(problem.plan.base[problem.places[0]], problem.low[0], problem.low[0] + problem.width[0]))
    failures: list[NumericalFailure] = []
    for own in given:
        x = problem.beginning(own)
        u = problem.unknowns(x, [value])
        if not np.allclose(problem.stocks(u)[problem.kept], x[problem.kept], rtol=1e-9, atol=1e-9 * problem.size.min()):
            raise InputError(f"{where}, initial: the states do not have the same conserved totals; give states that do, or one at a time")
        try:
            _begin(search, u, own is not None)
        except NumericalFailure as failure:
            failures.append(failure)
    if not search.branches:
        raise failures[0]
    search.switch()
    warnings = [str(failure) for failure in failures]
    if problem.neutral:
        names = ", ".join(problem.neutral[:8]) + (f" and {len(problem.neutral) - 8} more" if len(problem.neutral) > 8 else "")
        warnings.append(f"the states of rest are a family along {names}: one member is followed, with these directions held; freeze stocks to choose another")
    if search.left_out:
        warnings.append(f"{search.left_out} more branches begin at branch points; raise most_branches= (now {most_branches}) to follow them")
    branches = tuple(as_branch(problem, number, nodes, ends) for number, (nodes, ends) in enumerate(zip(search.branches, search.ends, strict=True), 1))
    last = problem.low[0] + problem.width[0]
    settings = {"case": problem.case.name, "set": {str(getattr(key, "name", key)): float(value) for key, value in (set or {}).items()}, "longest": longest,
                "model_hash": problem.functions.key}
    return Equilibria(model.name, parameter.name, (float(problem.low[0]), float(last)), branches, problem.dropped, problem.frozen, tuple(problem.totals),
                      problem.neutral, tuple(warnings), settings)


def _begin(search: Search, first: np.ndarray, given: bool) -> None:
    """Trace the branch through each point of rest that is found from a state."""
    problem, found = search.problem, False
    for u in starts(problem, first, given):
        if not search.branches:
            u = problem.hold_neutral(u)
            if problem.neutral:
                u = problem.hold_neutral(u) if (polished := at_fixed(problem, u)) is None else polished
        search.begin(u)
        found = True
        if problem.neutral:
            break  # other runs come to other members of the family
    if not found:
        raise restless(problem, first)


def default_span(model: Model, parameter: Parameter, where: str) -> tuple[float, float]:
    """Return the plausible range of a parameter, or its domain; raise InputError where neither is bounded."""
    for low, high in (parameter.between, parameter.domain):
        if np.isfinite(low) and np.isfinite(high) and high > low:
            return low, high
    raise InputError(f"model {model.name!r}, {where}: {parameter.name!r} has no bounded plausible range or domain; give a span, as in {parameter.name}=0:1")
