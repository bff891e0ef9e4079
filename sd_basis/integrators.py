"""scipy's stiff integrators, stepped one segment at a time: the one place that knows them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import BDF, LSODA, Radau

from .errors import unknown
from .watching import Crossing, Watch

METHODS = {"LSODA": LSODA, "BDF": BDF, "Radau": Radau}
FIXED = ("Euler", "RK4")  # methods of fixed steps, in `stepping`
INTERRUPTED = "interrupted"
_MOST_STEPS = 200_000
_STALLED = 100  # LSODA goes on for ever with steps that no longer move the time; this many of them end the piece


@dataclass
class Piece:
    """The accepted steps over one segment: `t` (n,), `x` (n, stocks), and an interpolant a step.

    `problem` says why the piece ends early, None where it does not; `mend` how, where that is for
    the model and no other solver. `crossing` is the crossing of a watched margin that cuts it short.
    """

    t: np.ndarray
    x: np.ndarray
    interpolants: Sequence[Callable]
    problem: str | None = None
    mend: str | None = None
    crossing: Crossing | None = None


class _History:
    """LSODA's interpolant over its last step, kept as the solver's own Nordsieck array.

    It is what scipy's `dense_output` evaluates; making that object at every step costs as much as the step.
    """

    __slots__ = ("_array", "_length", "_time")

    def __init__(self, solver: LSODA):
        integrator = solver._lsoda_solver._integrator
        integers, reals = integrator.iwork, integrator.rwork
        order = int(integers[13])
        self._time, self._length = solver.t, float(reals[11])
        self._array = reals[20:20 + (order + 1) * solver.n].copy().reshape(order + 1, solver.n)
        if integers[14] < order:  # the last column still belongs to the step before the next
            self._array[-1] *= (self._length / float(reals[10])) ** order

    def __call__(self, time):
        """Return the state at a time, or states (stocks, times) at several."""
        share = (np.asarray(time) - self._time) / self._length
        powers = share ** np.arange(len(self._array)).reshape(-1, *[1] * share.ndim)
        return np.dot(self._array.T, powers)


def interpolated(interpolants: Sequence[Callable], places: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the states (times, stocks) that the interpolants at given places have at times; LSODA's are evaluated all at once, by order."""
    if hasattr(interpolants, "at"):
        return interpolants.at(places, times)
    if places[0] == places[-1] and np.all(places == places[0]):
        return interpolants[int(places[0])](times).T
    if not hasattr(interpolants[int(places[0])], "_array"):  # no history of LSODA
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        return np.concatenate([interpolants[int(places[first])](own).T for first, own in zip(starts, np.split(times, starts[1:]), strict=True)])
    used, own = np.unique(places, return_inverse=True)
    histories: list[Any] = [interpolants[int(place)] for place in used]
    orders = np.array([len(history._array) for history in histories])
    shares = (times - np.array([history._time for history in histories])[own]) / np.array([history._length for history in histories])[own]
    found = np.empty((len(times), histories[0]._array.shape[1]))
    for order in np.unique(orders):
        chosen = np.flatnonzero(orders == order)
        arrays = np.array([histories[place]._array for place in chosen])
        rows = np.flatnonzero(orders[own] == order)
        powers = shares[rows, None] ** np.arange(order)
        found[rows] = np.einsum("tk,tkn->tn", powers, arrays[np.searchsorted(chosen, own[rows])])
    return found


def method_named(name: str) -> str:
    """Return the name of a method as it is spelled here, whatever its case; raise InputError with the nearest names."""
    known = (*METHODS, *FIXED)
    if name in known:
        return name
    found = {method.lower(): method for method in known}.get(str(name).lower())
    if found is None:
        raise unknown("method", "integration method", name, known)
    return found


def method_class(name: str) -> Any:
    """Return scipy's solver of a name; raise InputError with the nearest names."""
    if name not in METHODS:
        raise unknown("method", "integration method", name, (*METHODS, *FIXED))
    return METHODS[name]


def integrate(method: str, rates: Callable, jacobian: Callable, start: float, end: float, x0: np.ndarray,
              rtol: float, atol: np.ndarray, watch: Watch | None = None) -> Piece:
    """Integrate dx/dt = rates(t, x) from start to end, or to the first crossing of the watch, with the exact Jacobian.

    `rates` and `jacobian` take (t, list of floats) and may raise ArithmeticError or ValueError: that
    ends the piece with its last good state. Every accepted step is checked finite.
    """
    trouble: list[str] = []
    bad_rates, bad_slopes = np.full(len(x0), np.nan), np.zeros((len(x0), len(x0)))

    def guarded(function: Callable, failed: np.ndarray) -> Callable:
        def call(t, x):
            try:
                return function(t, x.tolist())
            except (ArithmeticError, ValueError, TypeError) as error:  # a power of a negative number is complex in Python
                trouble.append(f"{error} while the rates were computed at t = {t:g}")
                return failed
        return call

    times, states, interpolants, problem = [start], [np.array(x0, float)], [], None
    crossing: Crossing | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            solver = method_class(method)(guarded(rates, bad_rates), start, np.array(x0, float), end,
                                          rtol=rtol, atol=atol, jac=guarded(jacobian, bad_slopes))
            lsoda, ones = isinstance(solver, LSODA), np.ones(len(x0))
            if watch is not None:
                watch.begin(start, states[0])
            while solver.status == "running" and problem is None and crossing is None:
                message = solver.step()
                if solver.status == "failed":
                    problem = message or "the step size became too small"
                elif trouble or not math.isfinite(solver.y.dot(ones)):
                    problem = "a rate is not finite"
                elif len(times) > _STALLED and solver.t - times[-_STALLED] < 200 * _STALLED * math.ulp(solver.t):
                    problem = "the step size became too small"
                elif len(times) > _MOST_STEPS:
                    problem = f"more than {_MOST_STEPS} steps were needed"
                else:
                    interpolant = _History(solver) if lsoda else solver.dense_output()
                    if watch is not None:
                        crossing = watch.step(times[-1], solver.t, solver.y, interpolant)
                    times.append(solver.t if crossing is None else crossing.time)
                    states.append(solver.y if crossing is None else interpolant(crossing.time))
                    interpolants.append(interpolant)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            problem = str(error)
        except TypeError as error:
            if "complex" not in str(error):
                raise
            problem = "a rate is not a real number, as the root of a negative one"
        except KeyboardInterrupt:
            problem = INTERRUPTED
    if problem:
        reasons = trouble[:1] or [str(warning.message).strip().splitlines()[0] for warning in caught[:1]]
        problem = "; ".join([problem, *reasons])
    return Piece(np.array(times), np.array(states), interpolants, problem, crossing=crossing)
