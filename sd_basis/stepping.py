"""Euler's method with fixed steps, as models of other tools are run: what they published is reproduced, not bettered.

Rates are taken at the start of a step and hold over it, so that a condition, a test input of time or a kink acts from the
first step that begins behind it; nothing is searched for within a step but triggers. The stocks lie on straight lines
between the steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from .errors import InputError
from .integrators import FIXED, Piece
from .model import Model
from .quantities import Parameter, finite_number
from .timeline import Schedule
from .watching import Crossing, Watch

_MOST_STEPS = 2_000_000
_DIGITS = 12  # a step of 0.1 has its third end at 0.3, so that a condition on a date is not decided by rounding


class _Chord:
    """The straight line of one step."""

    __slots__ = ("_time", "_state", "_speed")

    def __init__(self, time: float, state: np.ndarray, speed: np.ndarray):
        self._time, self._state, self._speed = time, state, speed

    def __call__(self, time):
        """Return the state at a time, or states (stocks, times) at several."""
        since = np.asarray(time) - self._time
        return self._state + since * self._speed if since.ndim == 0 else self._state[:, None] + np.outer(self._speed, since)


def with_step(model: Model, method: str, step: float | None, set: Mapping) -> Mapping[Any, float]:
    """Return the values of a call with the step among them, where the model has a parameter for it."""
    if step is None:
        return set
    if method not in FIXED:
        raise InputError(f"step: {method} chooses its own steps; leave step out, or use method 'Euler'")
    if finite_number("step", step) <= 0:
        raise InputError(f"step: {step} is not positive; give the length of a step in model time")
    return {**set, model.step: step} if isinstance(model.step, Parameter) else set


def step_length(model: Model, plan: Schedule, step: float | None) -> float:
    """Return the length of the steps: the one given, or the model's own; raise InputError where there is none."""
    if isinstance(model.step, Parameter):
        length = plan.base[model.parameter_places[model.step]]
    else:
        given = model.step if step is None else step
        if given is None:
            raise InputError(f"{model.where}: it has no step of its own; give step=, the length of Euler's steps")
        length = finite_number("step", given)
    if length <= 0:
        raise InputError(f"{model.where}, step: {length:g} is not positive; give the length of a step in model time")
    if (plan.end - plan.start) / length > _MOST_STEPS:
        raise InputError(f"step: {length:g} makes more than {_MOST_STEPS} steps from {plan.start:g} to {plan.end:g}; give a longer one")
    return length


def _grid(origin: float, step: float, start: float, end: float) -> Iterator[float]:
    """Yield the ends of the steps from start to end: whole steps from the origin, then the end."""
    nearest = 1e-9 * step
    number = math.floor((start - origin + nearest) / step) + 1
    while (time := float(f"{origin + number * step:.{_DIGITS}g}")) < end - nearest:
        yield time
        number += 1
    yield end


def step_by_step(rates: Callable, start: float, end: float, x0: np.ndarray, origin: float, step: float, watch: Watch | None = None) -> Piece:
    """Integrate dx/dt = rates(t, x) by Euler from start to end, or to the first crossing of the watch.

    Steps end at whole steps from `origin`; `rates` takes (t, list of floats), and an error in it ends the piece with its
    last good state.
    """
    times, states = [start], [np.array(x0, float)]
    chords: list[Callable] = []
    problem: str | None = None
    crossing: Crossing | None = None
    if watch is not None:
        watch.begin(start, states[0])
    for right in _grid(origin, step, start, end):
        time, state = times[-1], states[-1]
        try:
            speed = np.array(rates(time, state.tolist()), float)
        except (ArithmeticError, ValueError, TypeError) as error:  # a power of a negative number is complex in Python
            problem = f"a rate is not finite; {error} while the rates were computed at t = {time:g}"
            break
        chord = _Chord(time, state, speed)
        after = chord(right)
        if not np.all(np.isfinite(after)):
            problem = "a rate is not finite"
            break
        if watch is not None:
            crossing = watch.step(time, right, after, chord)
        times.append(right if crossing is None else crossing.time)
        states.append(after if crossing is None else chord(crossing.time))
        chords.append(chord)
        if crossing is not None:
            break
    return Piece(np.array(times), np.array(states), chords, problem, crossing=crossing)
