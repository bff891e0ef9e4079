"""Where branches begin: a state of rest near a given state, or the one the model comes to from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from ..errors import NumericalFailure
from ..integrators import INTERRUPTED, integrate
from .resting_problem import Beyond, Problem
from .tracing import corrected

_CHUNKS = (1.0, 1.0, 4.0, 16.0, 78.0)  # spans of the model, one after the other
LARGE = 1e6  # scales beyond which nothing is looked for


@dataclass(frozen=True)
class Arrival:
    """What the model comes to: the last state, whether it rests there, and the mean and the path of the last stretch."""

    u: np.ndarray
    rests: bool
    mean: np.ndarray
    path: np.ndarray


def come_to(problem: Problem, u: np.ndarray, duration: float, rtol: float = 1e-8) -> np.ndarray:
    """Return the states (times, unknowns) that the model passes from a state at fixed parameters; raise NumericalFailure where it cannot go on."""
    values = u[problem.count:]

    def rates(t: float, y: list[float]) -> np.ndarray:
        return problem.basis.T @ problem.changes(np.concatenate([y, values]))

    def slopes(t: float, y: list[float]) -> np.ndarray:
        return problem.jacobian(np.concatenate([y, values]))
    piece = integrate("LSODA", rates, slopes, 0.0, duration, u[:problem.count], rtol, np.full(problem.count, rtol / 100))
    if stopped := piece.problem:
        if stopped.startswith(INTERRUPTED):
            raise KeyboardInterrupt
        raise NumericalFailure(f"{problem.where}: the run towards a state of rest stopped ({stopped}); begin from another initial state")
    return np.hstack([piece.x, np.broadcast_to(values, (len(piece.x), len(values)))])


def settled(problem: Problem, u: np.ndarray, tolerance: float = 1e-6, spans: float = 100.0, rtol: float = 1e-8) -> Arrival:
    """Return what the model comes to from a state at fixed parameters, within so many of its spans."""
    length, gone, swing = problem.length, 0.0, np.inf
    path = u[None, :]
    for part in _CHUNKS:
        if gone >= spans:
            break
        path, gone = come_to(problem, path[-1], part * length, rtol), gone + part
        if np.max(np.abs(problem.basis.T @ problem.changes(path[-1]))) * length < tolerance:
            return Arrival(path[-1], True, path[-1], path[-1:])
        before, swing = swing, _swing(path)
        if swing > max(1e-3, 0.7 * before) and 0 < before < np.inf:
            break  # it goes round and round
    return Arrival(path[-1], False, np.mean(path, axis=0), path[len(path) // 2:])


def _swing(path: np.ndarray) -> float:
    """Return the amplitude of what turns often on the second half of a path, zero where nothing does."""
    half = path[len(path) // 2:]
    if len(half) < 10:
        return 0.0
    turns = np.sum(np.diff(np.sign(np.diff(half, axis=0)), axis=0) != 0, axis=0)
    return float(np.max(np.where(turns >= 6, np.ptp(half, axis=0), 0.0)))


def at_fixed(problem: Problem, u: np.ndarray) -> np.ndarray | None:
    """Return the state of rest that Newton's method finds from a state at its parameters; None where it finds none."""
    if not np.max(np.abs(problem.scaled(u))) < LARGE:
        return None
    unit = np.zeros(len(u))
    unit[-1] = 1.0
    try:
        problem.equilibrate(u)
        found = corrected(problem, u, unit)
        if found is None:
            solved = least_squares(lambda y: problem.residual(np.append(y, u[-1])), u[:-1], xtol=1e-14, ftol=1e-14, gtol=1e-14,
                                   jac=lambda y: problem.slopes(np.append(y, u[-1]))[:, :-1])
            near = np.append(solved.x, u[-1])
            found = corrected(problem, near, unit)
            if found is None and np.max(np.abs(problem.changes(near))) * problem.length < 1e-9:
                found = near, 0  # one of a family of states of rest
    except (Beyond, ValueError):
        return None
    if found is None or not _admissible(problem, found[0]):
        return None
    return found[0]


def _admissible(problem: Problem, u: np.ndarray) -> bool:
    signs = np.array([problem.model.stocks[place].nonnegative for place in problem.kept])
    return bool(np.all(problem.scaled(u)[signs] > -1e-9) and np.max(np.abs(problem.scaled(u))) < LARGE)


def starts(problem: Problem, first: np.ndarray, given: bool) -> Iterator[np.ndarray]:
    """Yield points of rest to begin at: the one near a given state, else those that runs come to, at its parameter and at the ends of the span."""
    if given:
        found = at_fixed(problem, first)
        if found is not None and np.linalg.norm(problem.metric(first) @ (found - first)) < 0.5:
            yield found
            return
    for q in dict.fromkeys((float(first[-1]), 0.0, 1.0)):
        begin = np.append(first[:-1], q)
        try:
            arrival = settled(problem, begin)
            last, mean = arrival.u, arrival.mean
        except (NumericalFailure, Beyond):
            last = mean = begin
        for guess in (last, mean, begin):
            found = at_fixed(problem, guess)
            if found is not None:
                yield found
                break


def restless(problem: Problem, u: np.ndarray) -> NumericalFailure:
    """Return the failure that names what is not at rest."""
    try:
        last = come_to(problem, u, problem.length)[-1]
        change = np.abs(problem.changes(last)) * problem.length
    except (NumericalFailure, Beyond) as error:
        reason = str(error).removeprefix(f"{problem.where}: ").partition("; begin")[0]
        return NumericalFailure(f"{problem.where}: no state of rest was found ({reason}); begin from another initial state, or choose another span")
    order = np.argsort(-change)[:4]
    moving = ", ".join(f"{problem.model.stocks[problem.kept[place]].name} ({change[place]:.2g})" for place in order if change[place] > 1e-3 * change[order[0]])
    return NumericalFailure(f"{problem.where}: no state of rest was found; over the model's span these still change by (in their scales): {moving}; "
                            "begin from another initial state, or freeze the slow ones")
