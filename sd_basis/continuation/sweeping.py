"""Slow sweeps of a parameter by runs: the state is carried from value to value, and jumps where its branch ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..errors import InputError
from ..model import Model
from ..quantities import Parameter, Stock, finite_number
from .equilibria import default_span
from .found import Sweep
from .resting_problem import Problem
from .starting_points import Arrival, settled

_PUSH = 1e-7  # a state that rests on what has become unstable would stay there for ever


def hysteresis(model: Model, over: Parameter | str, *, span: tuple | None = None, case: Case | str | Path | None = None, set: Mapping | None = None,
               initial: Mapping | None = None, frozen: Iterable[Stock | str] = (), points: int = 61, spans: float = 20.0, jump: float = 8.0,
               progress: Callable[[int, str], None] | None = None) -> tuple[Sweep, Sweep]:
    """Return the states that runs come to as a parameter rises slowly through a span, and as it falls again.

    At each of `points` values the model is integrated from the state before, at most for so many of its spans, until it rests or goes round. A move that is
    `jump` times as long as the moves before and after it typically are is a jump, located between the two values. Equilibria found by
    continuation are not used, so that the folds are checked by it. The other arguments are those of `continue_equilibria`.
    """
    where = "sweep"
    parameter = model.quantity(over, f"model {model.name!r}, {where}", Parameter)
    if not 5 <= finite_number(f"{where}, points", points) <= 100_000:
        raise InputError(f"{where}, points: {points} is not between 5 and 100000; give a number of values")
    span = default_span(model, parameter, where) if span is None else span
    problem = Problem(model, (parameter,), (span,), where, case, set, initial, frozen)
    u = problem.unknowns(problem.begin, [problem.low[0]])
    found: list[Sweep] = []
    for shares in (np.linspace(0, 1, int(points)), np.linspace(1, 0, int(points))):
        arrivals = []
        for share in shares:
            arrivals.append(settled(problem, np.append(u[:-1] + _PUSH, share), 1e-5, spans, 1e-7))
            u = arrivals[-1].u
            if progress is not None:
                progress(1, f"{parameter.name} = {problem.parameters(u)[0]:.4g}")
        found.append(_sweep(problem, arrivals, jump))
    return found[0], found[1]


def _sweep(problem: Problem, arrivals: Sequence[Arrival], jump: float) -> Sweep:
    over = problem.over[0].name
    named = [problem.named(arrival.u) for arrival in arrivals]
    boxes = []
    for arrival in arrivals:
        scaled = np.array([problem.scaled(u) for u in arrival.path])
        boxes.append(np.concatenate([scaled.min(axis=0), scaled.max(axis=0)]))
    moves = np.array([np.sqrt(np.mean(((other - one) / np.maximum(1.0, np.abs(one))) ** 2)) for one, other in zip(boxes[:-1], boxes[1:], strict=True)])
    jumps: list[dict[str, Any]] = []
    for place, move in enumerate(moves):
        around = np.concatenate([moves[max(0, place - 4):place], moves[place + 1:place + 5]])
        if move > jump * np.median(around) and move > 0.02 and move == np.max(moves[max(0, place - 1):place + 2]):
            before, after = named[place], named[place + 1]
            jumps.append({"between": sorted((before[over], after[over])), "rests": arrivals[place + 1].rests, "before": before, "after": after})
    low, high = ({problem.model.stocks[own].name: np.array([box[start + row] for box in boxes]) * problem.size[row] for row, own in enumerate(problem.kept)}
                 for start in (0, len(problem.kept)))
    return Sweep(over, np.array([values[over] for values in named]), {name: np.array([values[name] for values in named]) for name in named[0] if name != over},
                 low, high, np.array([arrival.rests for arrival in arrivals]), tuple(jumps))
