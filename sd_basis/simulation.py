"""Simulation: from a model and a case to a Run."""

from __future__ import annotations

import time as timer
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from .beginning import initial_state, tolerance_of
from .case import Case
from .compiled import Compiled, compiled
from .course import Course, Status
from .departing import joined, last_piece, shared
from .errors import InputError, Interrupted, NumericalFailure, unknown
from .hybrid import advance
from .integrators import FIXED, INTERRUPTED, Piece, method_class, method_named
from .library import find_case
from .model import Model
from .outcomes import Settled
from .pacing import Pace, pace_of, saved_times, with_step
from .path import Path
from .policies import Policy
from .quantities import finite_number
from .resting import at_rest
from .run import Run
from .saving import State
from .schedule import schedule
from .stepping import undisturbed
from .timeline import Schedule

_PLAIN = Case("default")
_FRESH = Status()


def simulate(model: Model, case: Case | str | FilePath | None = None, *, policies: Iterable[Policy | str] = (),
             set: Mapping | None = None, initial: Mapping | str | None = None, span: tuple | None = None,
             at: Iterable[Any] | None = None, method: str = "LSODA", rtol: float = 1e-6,
             atol: float | Mapping | None = None, step: float | None = None,
             resume: State | str | FilePath | None = None) -> Run:
    """Integrate a model over a case and return the Run.

    `policies` are more policies, by name or dated with `.at`; one that the case uses too is
    replaced. `set` (parameters) and `initial` (stocks) are keyed by name or symbol; `initial="equilibrium"`
    begins where the model without policies and shocks comes to rest. `span` and
    `at` are model times or, where the case has an origin, ISO dates; without `at` the run shows
    the solver's own steps. `atol` is one number, or a mapping by stock; by default it is rtol
    times each stock's scale: the declared one, the initial value, or that of the stocks its flows join. "Euler" and "RK4" take
    steps of the length `step`, by default the model's own, from the start on; a date within one cuts it in two. Without `at` such a run shows
    what the model's `saving` asks for.
    `resume` goes on from a saved state (`run.state()`, or its file) under the same settings. Raises InputError for
    anything not usable as given, NumericalFailure, with the run so far in `.run`, when the integration cannot go on,
    and Interrupted, a KeyboardInterrupt with the same, when it is interrupted.
    """
    began = timer.perf_counter()
    if not isinstance(model, Model):
        raise InputError(f"simulate: {model!r} is not a model; give load(NAME) or a Model")
    case = find_case(model, case) or _PLAIN
    method = method_named(method)
    check_settings(method, rtol)
    functions = compiled(model, held=method not in FIXED)
    state = State.load(resume) if isinstance(resume, (str, FilePath)) else resume
    plan = schedule(model, case, policies, with_step(model, method, step, set or {}), span if state is None else _going_on(model, case, state, span))
    pace = pace_of(model, plan, method, step) if method in FIXED else None
    if state is None:
        start, status = first_state(model, case, functions, plan, initial), _FRESH
        tolerance = tolerance_of(model, start, rtol, atol)
    else:
        if initial is not None:
            raise InputError("initial: a run that goes on has its stocks already; leave initial= out")
        state.check(plan, functions.key)
        (start, kept), status = state.start(plan), state.status
        tolerance = kept if atol is None else tolerance_of(model, start, rtol, atol)
    shown = _shown(case, plan, at) if at is not None else None if pace is None else saved_times(model, plan, pace)
    course = _advanced(functions, plan, start, status, method, rtol, tolerance, pace)
    if shown is not None and course.pieces[-1].problem:
        last = course.pieces[-1].t[-1]
        shown = shown[shown <= last] if shown[0] <= last else None
    path = Path(functions, plan, course, None if state is None else state.visits or None)
    solver = {"method": method, "rtol": rtol, **({} if pace is None else {"step": pace.length})}
    return _ended(Run(model, case, path, shown, _told(solver, path, began), tolerance, *_beginning(case, initial, state)))


def depart(base: Run, case: Case, time: float | None, *, policies: Iterable[Policy | str] = (), set: Mapping | None = None, span: tuple | None = None,
           settled: Settled | None = None) -> Run | None:
    """Return the run of a case that is the same as `base` until a time, integrated from there on; None where the two differ before.

    Without a time it is that at which the first policy of the case begins.
    Method and tolerances are those of `base`; with `settled` the run ends with the piece after which that group of outcomes cannot change.
    The rest, and what is raised, is as in `simulate`.
    """
    began, model, functions = timer.perf_counter(), base.model, base.path.compiled
    plan = schedule(model, case, policies, set or {}, span)
    time = plan.moved_from if time is None else time
    course = shared(base, plan, time)
    if course is None or base.solver["method"] in FIXED:
        return None
    path = Path(functions, plan, course)
    if settled is None or not settled.by(path):
        def enough(further: Course) -> bool:
            return settled is not None and settled.by(Path(functions, plan, last_piece(further), list(settled.visits.values())))
        further = _advanced(functions, replace(plan, start=time), path.x[-1], course.statuses[-1], base.solver["method"], base.solver["rtol"],
                            base.atol, before=course.segments[-1].values(time), enough=enough, number=len(course.switches))
        path = joined(course, further, plan, base)
    return _ended(Run(model, case, path, None, _told(base.solver, path, began), base.atol, base.begins, base.given))


def _advanced(functions: Compiled, plan: Schedule, start: np.ndarray, status: Status, method: str, rtol: float, tolerance: np.ndarray,
              pace: Pace | None = None, **options: Any) -> Course:
    def check(piece: Piece) -> None:
        _check_signs(plan.model, piece, tolerance)
    try:
        plain = None if pace is None else undisturbed(pace, functions, plan, status, start, check)
        return plain or advance(functions, plan, start, status, method, rtol, tolerance, check, pace, **options)
    except (ArithmeticError, ValueError) as error:  # what rests on parameters alone is computed outside the integrator
        raise NumericalFailure(f"model {plan.model.name!r}: its equations cannot be computed at t = {plan.start:g} or a later switch ({error}); "
                               "mend a parameter or an equation") from error


def _told(solver: Mapping[str, Any], path: Path, began: float) -> dict[str, Any]:
    """Return what is said of a solver, with the work it did."""
    return {**solver, "steps": path.steps, "restarts": len(path.pieces) - 1, "seconds": timer.perf_counter() - began}


def _ended(run: Run) -> Run:
    """Return a run that reached its end; raise what it broke off with."""
    last = run.path.pieces[-1]
    if last.problem == INTERRUPTED:
        raise Interrupted(f"interrupted at {run.when(float(run.path.t[-1]))}", run)
    if last.problem:
        raise NumericalFailure(_failure(run.model, last, run.atol, run.solver["method"]), run)
    return run


def check_settings(method: str, rtol: float) -> None:
    """Raise InputError for a method or a tolerance that no run can have."""
    if method not in FIXED:
        method_class(method)
    if not 1e-14 < finite_number("rtol", rtol) < 0.1:
        raise InputError(f"rtol: {rtol} is not between 1e-14 and 0.1; use 1e-6, or 1e-10 for a reference")


def _beginning(case: Case, initial: Mapping | str | None, state: State | None) -> tuple[str, list[str]]:
    """Return how a run begins, and the stocks that were given a value."""
    if state is not None:
        return "resumed", []
    if isinstance(initial, str) or (initial is None and isinstance(case.initial, str)):
        return "equilibrium", []
    return "declared", [str(name) for name in (*(() if isinstance(case.initial, str) else case.initial), *(initial or {}))]


def _going_on(model: Model, case: Case, state: State, span: tuple | None) -> tuple:
    """Return the span of a run that goes on from a state: to the end that is asked for, else the case's or the model's."""
    if not isinstance(state, State):
        raise InputError(f"resume: {state!r} is no saved run; give run.state(), or the file it was saved to")
    end = next((given for given in (span, case.span, model.span) if given is not None), (None, None))[1]
    if not case.time("span", end) > state.time:
        raise InputError(f"resume: the run was saved at {case.when(state.time)}, and the span ends at {end}; give a later end")
    return state.time, end


def first_state(model: Model, case: Case, functions: Compiled, plan: Schedule, initial: Mapping | str | None) -> np.ndarray:
    """Return the stocks with which a run begins: those of the case, or the equilibrium that it asks for."""
    given = case.initial if initial is None else initial
    if not isinstance(given, str):
        return initial_state(model, case, functions, plan, initial or {})
    if given != "equilibrium":
        raise unknown("initial", "state of that name", given, ("equilibrium",))
    return at_rest(compiled(model), plan, initial_state(model, replace(case, initial={}), functions, plan, {}))


def _check_signs(model: Model, piece: Piece, atol: np.ndarray) -> None:
    """End the piece where a stock declared non-negative falls below -10 atol."""
    if not any(stock.nonnegative for stock in model.stocks):
        return
    floor = np.array([-10.0 if stock.nonnegative else -np.inf for stock in model.stocks]) * atol
    below = np.flatnonzero(np.any(piece.x < floor, axis=1))
    if below.size:
        row = max(int(below[0]), 1)
        # the solver may have stepped far past the crossing: look for it within the step
        times = np.linspace(piece.t[row - 1], piece.t[row], 257)
        states = np.array([piece.x[row - 1], *(piece.interpolants[row - 1](time) for time in times[1:-1]), piece.x[row]])
        crossed = int(np.flatnonzero(np.any(states < floor, axis=1))[0])
        stock = model.stocks[int(np.argmin(states[crossed] - floor))]
        piece.problem, piece.mend = f"stock {stock.name!r} is declared non-negative but falls below zero there", "let its outflows vanish with it"
        last = max(crossed - 1, 1)
        piece.t, piece.x = np.append(piece.t[:row], times[last]), np.vstack([piece.x[:row], states[last]])
        piece.interpolants = piece.interpolants[:row]


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
    if piece.mend:
        return f"{stopped}; {piece.mend}"
    with np.errstate(all="ignore"):  # what blew up
        change = np.abs(piece.x[-1] - piece.x[-2]) / tolerance if len(piece.t) > 1 else np.abs(piece.x[-1]) / tolerance
    worst = model.stocks[int(np.argmax(change))].name
    others = " or ".join(name for name in ("LSODA", "BDF", "Radau") if name != method)
    finer = "step" if method in FIXED else "rtol"
    return (f"{stopped}; the stock that moved most, in tolerances, is {worst!r}; look at its flows, or try method {others} or a smaller {finer}")


