"""Equilibrium: a state in which no stock changes, with the conserved totals of the initial state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from .beginning import initial_state, scales
from .case import Case
from .compiled import Compiled, compiled
from .course import Status
from .errors import InputError, NumericalFailure
from .hybrid import advance
from .library import find_case
from .model import Model
from .schedule import schedule
from .timeline import Schedule

_LONG = 100.0  # spans after which what settles at all has settled


def equilibrium(model: Model, case: Case | str | Path | None = None, *, set: Mapping | None = None, initial: Mapping | None = None) -> dict[str, float]:
    """Return the equilibrium, by stock, that the model without policies and shocks settles in from its initial state.

    The model is run for a hundred times its span, and the state it comes to is polished by least squares on
    dx/dt = 0 (scipy's trust region, with the exact Jacobian and the conserved totals held).
    `simulate(..., initial=equilibrium(...))` begins there. Raises InputError for a model whose rates depend
    on time, NumericalFailure where no state of rest is found.
    """
    case = find_case(model, case) or Case("default")
    functions, plan = compiled(model), schedule(model, case, (), set, None)
    found = at_rest(functions, plan, initial_state(model, case, functions, plan, initial or {}))
    return {stock.name: float(value) for stock, value in zip(model.stocks, found, strict=True)}


def at_rest(functions: Compiled, plan: Schedule, begin: np.ndarray) -> np.ndarray:
    """Return the state of rest that the inputs before any action lead to from a state."""
    model, span = functions.model, plan.end - plan.start
    where = f"model {model.name!r}, equilibrium"
    if functions.system.uses_time(functions.system.derivatives()) or plan.sampled:
        raise InputError(f"{where}: its rates depend on TIME or a series, so that nothing is at rest; replace it by a parameter")
    size = np.array(scales(model, begin))
    quiet = replace(plan, end=plan.start + _LONG * span, order=(), kicks=(), watched=())
    course = advance(functions, quiet, begin, Status(), "LSODA", 1e-8, 1e-8 * size, lambda piece: None)
    found = _polished(functions, plan, begin, course.pieces[-1].x[-1], size, _totals(functions, size))
    change = np.abs(_rates(functions, plan, found)) * span / size
    if not np.all(change <= 1e-7):
        worst = model.stocks[int(np.argmax(change))].name
        raise NumericalFailure(f"{where}: none was found; {worst!r} still changes by {np.max(change):.2g} of its scale over the span; "
                               "begin from another initial state")
    for stock, value, scale in zip(model.stocks, found, size, strict=True):
        if stock.nonnegative and value < -1e-9 * scale:
            raise NumericalFailure(f"{where}: none was found; at the nearest state of rest {stock.name!r} would be {value:g}, but it is declared "
                                   "non-negative; begin from another initial state")
    growth = float(np.max(np.linalg.eigvals(_slopes(functions, plan, found)).real)) * span
    if growth > 1e-3:
        raise NumericalFailure(f"{where}: the state of rest nearest by is unstable (a disturbance grows by a factor {np.exp(min(growth, 700)):.2g} over the span), "
                               "so that no run settles in it; begin from another initial state")
    return found


def _slopes(functions: Compiled, plan: Schedule, x: np.ndarray) -> np.ndarray:
    matrix = np.zeros((len(x), len(x)))
    rows, columns = functions.pattern
    matrix[rows, columns] = functions.jacobian(plan.start, x.tolist(), _inputs(functions, plan, x))
    return matrix


def _inputs(functions: Compiled, plan: Schedule, x: np.ndarray) -> list:
    count = len(functions.model.modes)
    if not count:
        return plan.base
    return [*plan.base[:-count], *functions.modes(plan.start, x.tolist(), plan.base)]


def _rates(functions: Compiled, plan: Schedule, x: np.ndarray) -> np.ndarray:
    return np.array(functions.rhs(plan.start, x.tolist(), _inputs(functions, plan, x)))


def _totals(functions: Compiled, size: np.ndarray) -> np.ndarray:
    """Return the weights of the conserved totals, in stocks measured by their scales (totals, stocks)."""
    places = {stock: place for place, stock in enumerate(functions.model.stocks)}
    weights = np.zeros((len(functions.system.conserved), len(size)))
    for row, total in enumerate(functions.system.conserved):
        for stock, weight in total.items():
            weights[row, places[stock]] = float(weight) * size[places[stock]]
        weights[row] /= np.max(np.abs(weights[row]))
    return weights


def _polished(functions: Compiled, plan: Schedule, begin: np.ndarray, state: np.ndarray, size: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return the state nearest by at which the rates vanish and the totals are those of the beginning."""
    span = plan.end - plan.start

    def residual(y: np.ndarray) -> np.ndarray:
        return np.concatenate([_rates(functions, plan, y * size) * span / size, totals @ (y - begin / size)])

    def slopes(y: np.ndarray) -> np.ndarray:
        matrix = _slopes(functions, plan, y * size)
        return np.vstack([matrix * span * size[None, :] / size[:, None], totals])
    try:
        solved = least_squares(residual, state / size, jac=slopes, method="trf", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    except (ValueError, ArithmeticError) as error:
        raise NumericalFailure(f"model {functions.model.name!r}, equilibrium: the rates cannot be computed on the way ({error}); "
                               "give another initial state") from None
    return solved.x * size

