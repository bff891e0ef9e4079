"""diffrax on the pieces of the reference: the model in jax, an implicit Runge-Kutta method of order five (Kvaerno 2004), compiled by XLA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from importlib.util import find_spec

import numpy as np
import sympy

from ..codegen import layout
from ..compiled import compiled
from ..gates import GATES
from ..model import Model
from .pieces import begun, is_instant, points
from .problem import Problem
from .timed import Timing, timed

_MOST_STEPS = 200_000


@dataclass(frozen=True)
class Diffrax:
    """Kvaerno5 with diffrax's own Newton's method and Jacobian, one run after the other."""

    name: str
    about: str = "diffrax Kvaerno5, the model in jax"
    threads: int = 1

    def absent(self, problem: Problem) -> str | None:
        """Return why it cannot run the problem: the package is missing, or it has no code for the model."""
        if find_spec("diffrax") is None:
            return "the package 'diffrax' is not installed; pip install diffrax"
        if any(not stretch.segment.constant for course in problem.courses for stretch in course):
            return "inputs move within a piece, for which there is no code in jax here"
        return "there is no code in jax for lookup tables" if problem.scene.model.lookups else None

    def ready(self, problem: Problem) -> Callable[[float], Timing]:
        """Compile, and return the function of rtol."""
        longest = max(len(points(stretch)) for course in problem.courses for stretch in course)
        given = [[(stretch, is_instant(problem, stretch), _filled(points(stretch), longest), np.array(stretch.segment.values(stretch.start), float))
                  for stretch in course] for course in problem.courses]
        runs = partial(self._runs, problem, _solver(problem.scene.model), given)
        runs(1e-3, 1)
        return runs

    def _runs(self, problem: Problem, solve: Callable, given: list, rtol: float, most: int | None = None) -> Timing:
        states = np.full(problem.states.shape, np.nan)
        with timed(len(problem.rows)) as watch:
            for number, course in enumerate(given[:most]):
                x, atol, place = np.array(problem.starts[number], float), rtol * problem.scales[number], 0
                for stretch, instant, moments, inputs in course:
                    x = begun(problem, stretch, x)
                    if instant and not stretch.looks:
                        continue
                    found = np.asarray(solve(moments, inputs, x, rtol, atol))
                    if not np.all(np.isfinite(found)):
                        break
                    looks = len(stretch.looks)
                    states[number, :, place:place + looks] = found[:looks].T
                    place, x = place + looks, found[-1]
        return watch.timing(states)


def _filled(moments: np.ndarray, length: int) -> np.ndarray:
    """Return times with the last one repeated, so that all pieces have the shape that is compiled once."""
    return np.concatenate([moments, np.full(length - len(moments), moments[-1])])


def _solver(model: Model) -> Callable:
    """Return a compiled function of times, inputs, state, rtol and atol that gives the states at all times but the first; infinite where it gives up."""
    import diffrax
    import jax

    jax.config.update("jax_enable_x64", True)
    rates = _rates(model)
    term = diffrax.ODETerm(lambda t, x, inputs: jax.numpy.stack(rates(t, x, inputs)))

    @jax.jit
    def solve(moments, inputs, x, rtol, atol):
        return diffrax.diffeqsolve(
            term, diffrax.Kvaerno5(), moments[0], moments[-1], None, x, inputs, saveat=diffrax.SaveAt(ts=moments[1:]),
            stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol), max_steps=_MOST_STEPS, throw=False).ys
    return solve


def _rates(model: Model) -> Callable:
    """Return dx/dt as a function of time, stocks and inputs in jax."""
    import jax.numpy as jnp

    made = layout(model, compiled(model).system.right_hand_side())
    z, width = sympy.symbols("z width", real=True)
    known: dict[str, Callable] = {
        "choose": lambda condition, then, otherwise: jnp.where(condition != 0, then, otherwise),
        "truth": lambda value, strict: jnp.where(value > 0 if strict else value >= 0, 1.0, 0.0), "whole": jnp.floor,
        "largest": lambda *values: reduce(jnp.maximum, values), "smallest": lambda *values: reduce(jnp.minimum, values)}
    for gate in GATES:
        inner = sympy.lambdify([z, width], gate.formula(z, width), modules="jax")
        known[gate.__name__] = lambda value, width, inner=inner: jnp.where(value > 0, inner(jnp.where(value > 0, value, 1.0), width), 0.0)
    return sympy.lambdify([made.time, made.stocks, made.given], made.outputs, modules=[known, "jax"], cse=lambda _: (made.fixed + made.moving, made.outputs))
