"""Simulation: from a model and a case to a Run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from .case import Case
from .compiled import Compiled
from .course import Status
from .errors import InputError, NumericalFailure
from .hybrid import advance
from .integrators import Piece, method_class
from .library import find_case
from .model import Model
from .path import Path
from .policies import Policy
from .quantities import Stock, finite_number
from .run import Run
from .schedule import schedule
from .timeline import Schedule


def compiled(model: Model) -> Compiled:
    """Return the compiled functions of a model, made once and kept with it."""
    if model.compiled is None:
        model.compiled = Compiled(model)
    return model.compiled


def simulate(model: Model, case: Case | str | FilePath | None = None, *, policies: Iterable[Policy | str] = (),
             set: Mapping | None = None, initial: Mapping | None = None, span: tuple | None = None,
             at: Iterable[Any] | None = None, method: str = "LSODA", rtol: float = 1e-6,
             atol: float | Mapping | None = None) -> Run:
    """Integrate a model over a case and return the Run.

    `policies` are more policies, by name or dated with `.at`; one that the case uses too is
    replaced. `set` (parameters) and `initial` (stocks) are keyed by name or symbol. `span` and
    `at` are model times or, where the case has an origin, ISO dates; without `at` the run shows
    the solver's own steps. `atol` is one number, or a mapping by stock; by default it is rtol
    times each stock's scale: the declared one, the initial value, or that of the stocks its flows join. Raises InputError for anything not usable as given, and
    NumericalFailure, with the run so far in `.run`, when the integration cannot go on.
    """
    began = time.perf_counter()
    if not isinstance(model, Model):
        raise InputError(f"simulate: {model!r} is not a model; give load(NAME) or a Model")
    case = find_case(model, case) or Case("default")
    method_class(method)
    if not 1e-14 < finite_number("rtol", rtol) < 0.1:
        raise InputError(f"rtol: {rtol} is not between 1e-14 and 0.1; use 1e-6, or 1e-10 for a reference")
    functions = compiled(model)
    plan = schedule(model, case, policies, set, span)
    start = _initial(model, case, functions, plan, initial or {})
    tolerance = _tolerance(model, start, rtol, atol)
    shown = None if at is None else _shown(case, plan, at)
    try:
        course = advance(functions, plan, start, Status(), method, rtol, tolerance, lambda piece: _check_signs(model, piece, tolerance))
    except (ArithmeticError, ValueError) as error:  # what rests on parameters alone is computed outside the integrator
        raise NumericalFailure(f"model {model.name!r}: its equations cannot be computed at t = {plan.start:g} or a later switch ({error}); "
                               "mend a parameter or an equation") from error
    pieces = course.pieces
    if shown is not None and pieces[-1].problem:
        shown = shown[shown <= pieces[-1].t[-1]] if shown[0] <= pieces[-1].t[-1] else None
    run = Run(model, case, Path(functions, plan, course), shown,
              {"method": method, "rtol": rtol, "steps": sum(len(piece.interpolants) for piece in pieces),
               "restarts": len(pieces) - 1, "seconds": time.perf_counter() - began}, tolerance)
    if pieces[-1].problem:
        raise NumericalFailure(_failure(model, pieces[-1], tolerance, method), run)
    return run


def _check_signs(model: Model, piece: Piece, atol: np.ndarray) -> None:
    """End the piece where a stock declared non-negative falls below -10 atol."""
    floor = np.array([-10.0 if stock.nonnegative else -np.inf for stock in model.stocks]) * atol
    below = np.flatnonzero(np.any(piece.x < floor, axis=1))
    if below.size:
        row = max(int(below[0]), 1)
        # the solver may have stepped far past the crossing: look for it within the step
        times = np.linspace(piece.t[row - 1], piece.t[row], 257)
        states = np.array([piece.x[row - 1], *(piece.interpolants[row - 1](time) for time in times[1:-1]), piece.x[row]])
        crossed = int(np.flatnonzero(np.any(states < floor, axis=1))[0])
        stock = model.stocks[int(np.argmin(states[crossed] - floor))]
        piece.problem, piece.mendable = f"stock {stock.name!r} is declared non-negative but falls below zero there", True
        last = max(crossed - 1, 1)
        piece.t, piece.x = np.append(piece.t[:row], times[last]), np.vstack([piece.x[:row], states[last]])
        piece.interpolants = piece.interpolants[:row]


def _initial(model: Model, case: Case, functions: Compiled, plan: Schedule, own: Mapping) -> np.ndarray:
    given = np.full(len(model.stocks), -np.inf)  # the declared initial value is wanted
    places = {stock.name: index for index, stock in enumerate(model.stocks)}
    for where, values in ((f"case {case.name!r}, initial", case.initial), ("initial", own)):
        for name, value in values.items():
            stock = model.quantity(name, where, Stock)
            given[places[stock.name]] = finite_number(f"{where}, {stock.name}", value)
    try:
        x = np.array(functions.initial(plan.start, given.tolist(), plan.base), float)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise InputError(f"model {model.name!r}: its initial values cannot be computed ({error}); mend a parameter or an initial value") from None
    for stock, value in zip(model.stocks, x, strict=True):
        if not np.isfinite(value):
            raise InputError(f"{stock.where}: its initial value is {value}; give a finite one")
        if stock.nonnegative and value < -1e-6 * max(stock.scale or 0.0, 1e-3):  # an undershoot that a run tolerates may begin the next
            raise InputError(f"{stock.where}: its initial value {value:g} is negative, but it is declared non-negative; give one that is not")
    return x


def _tolerance(model: Model, x: np.ndarray, rtol: float, atol: float | Mapping | None) -> np.ndarray:
    """Return the absolute tolerance of each stock: rtol times its scale, or its initial value, or one."""
    scales = {stock: stock.scale or abs(value) for stock, value in zip(model.stocks, x, strict=True)}
    for stock in [stock for stock in model.stocks if not scales[stock]]:
        joined = [scales[other] for flow in model.flows for other, _ in flow.ends if stock in (flow.source, flow.sink)]
        scales[stock] = max(joined, default=0.0) or 1.0
    tolerance = rtol * np.array(list(scales.values()))
    if isinstance(atol, Mapping):
        for name, value in atol.items():
            tolerance[model.stocks.index(model.quantity(name, "atol", Stock))] = finite_number("atol", value)
    elif atol is not None:
        tolerance[:] = finite_number("atol", atol)
    if np.any(tolerance <= 0):
        raise InputError("atol: it is not positive; give a positive absolute tolerance in the stocks' units")
    return tolerance


def _shown(case: Case, plan: Schedule, at: Iterable[Any]) -> np.ndarray:
    try:
        times = np.array([case.time("at", value) for value in at], dtype=float)
    except TypeError:
        raise InputError(f"at: {at!r} is not a list of times; give [time, ...]") from None
    if times.size == 0 or np.any(np.diff(times) < 0) or times[0] < plan.start or times[-1] > plan.end:
        raise InputError(f"at: the times do not rise within the run from {plan.start:g} to {plan.end:g}; give times in that range, in order")
    return times


def _failure(model: Model, piece: Piece, tolerance: np.ndarray, method: str) -> str:
    stopped = f"model {model.name!r}: the integration stopped at t = {piece.t[-1]:g} ({piece.problem})"
    if piece.mendable:
        return f"{stopped}; let its outflows vanish with it"
    change = np.abs(piece.x[-1] - piece.x[-2]) / tolerance if len(piece.t) > 1 else np.abs(piece.x[-1]) / tolerance
    worst = model.stocks[int(np.argmax(change))].name
    others = " or ".join(name for name in ("LSODA", "BDF", "Radau") if name != method)
    return (f"{stopped}; the stock that moved most, in tolerances, is {worst!r}; look at its flows, or try method {others} or a smaller rtol")


