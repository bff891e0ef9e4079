"""A run by a solver that knows no models: piece by piece between the switches of the reference, restarted at each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ..codegen import Functions
from ..compiled import compiled
from .problem import Problem, Stretch

_INSTANT = 1e-10  # of the span
# takes (rates, jacobian, points, state, rtol, atol) and gives the states at points[1:]; raises ArithmeticError, ValueError or RuntimeError where it cannot
Solve = Callable[[Callable, Callable, np.ndarray, np.ndarray, float, np.ndarray], np.ndarray]


def points(stretch: Stretch) -> np.ndarray:
    """Return when the states of a piece are needed: at its start, where they are looked at, and at its end."""
    return np.array([stretch.start, *(time for time in stretch.looks if time < stretch.end), stretch.end])


def is_instant(problem: Problem, stretch: Stretch) -> bool:
    """Tell whether a piece is so short, as between a crossing and a date at the same time, that solvers refuse it; one step of Euler's is exact enough."""
    return stretch.end - stretch.start <= _INSTANT * (problem.scene.end - problem.scene.start)


def begun(problem: Problem, stretch: Stretch, x: np.ndarray) -> np.ndarray:
    """Return the state with which a piece begins, after the impulses that pass there."""
    functions = compiled(problem.scene.model)
    return sum((functions.kick(name, stretch.start, x, inputs) for name, inputs in stretch.kicks), x)


def carried(problem: Problem, number: int, rtol: float, solve: Solve) -> np.ndarray:
    """Return the states (stocks, times) of a run by a solver; nan from the piece on in which it fails."""
    functions, x = compiled(problem.scene.model), problem.starts[number]
    atol, place = rtol * problem.scales[number], 0
    states = np.full((len(x), len(problem.times)), np.nan)
    rows, columns = functions.pattern
    for stretch in problem.courses[number]:
        rates, slopes = _bound(functions.rhs, stretch), _bound(functions.jacobian, stretch)

        def jacobian(t: float, state: list[float], slopes: Callable = slopes) -> np.ndarray:
            matrix = np.zeros((len(state), len(state)))
            matrix[rows, columns] = slopes(t, state)
            return matrix
        try:
            x = begun(problem, stretch, x)
            if is_instant(problem, stretch):
                found = np.array([x + (stretch.end - stretch.start) * np.array(rates(stretch.start, x.tolist()))])
            else:
                found = solve(rates, jacobian, points(stretch), x, rtol, atol)
        except (ArithmeticError, ValueError, TypeError, RuntimeError):
            break
        looks = len(stretch.looks)
        states[:, place:place + looks] = found[:looks].T
        place, x = place + looks, found[-1]
    return states


def _bound(function: Functions, stretch: Stretch) -> Callable:
    """Return a function of (t, x) within a piece, at its inputs."""
    segment, last = stretch.segment, float(np.nextafter(stretch.end, stretch.start))
    if segment.constant:
        inner = function.bind(segment.values(stretch.start))
        return partial(_before, inner, last)
    return lambda t, x: function(min(t, last), x, segment.values(min(t, last)))


def _before(inner: Callable, last: float, t: float, x: list[float]) -> list[float]:
    return inner(min(t, last), x)
