"""The steps of a method of fixed steps, and the times that a run by it shows: the TIME STEP and SAVEPER of other tools.

Both are numbers, parameters, or expressions of time and parameters, which then hold from where a step begins, or a value
was saved, to the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from .choices import carried_out
from .errors import InputError
from .integrators import FIXED
from .model import Model
from .quantities import TIME, Parameter, Quantity, finite_number
from .timeline import Schedule

MOST_STEPS = 2_000_000
_DIGITS = 12  # a step of 0.1 has its third end at 0.3, so that a condition on a date is not decided by rounding
_NEAR = 1e-9  # two times are the same at this share of a step


@dataclass
class Pace:
    """The steps of a run: whole steps of one `length` from `origin` on, or, with `varying`, each as long as that says where it begins."""

    method: str
    origin: float
    length: float
    varying: Callable[[float], float] | None = None

    def times(self, start: float, end: float) -> np.ndarray:
        """Return the start and the ends of the steps from there, the last of which is the end."""
        if self.varying is not None:
            return np.array([start, *self._varied(start, end), end])
        return _grid(self.origin, self.length, start, end)

    def _varied(self, start: float, end: float) -> Iterator[float]:
        """Yield the ends of steps that follow from one another: a piece that begins within one ends where it does."""
        time = self.origin
        while (time := rounded(time + (length := self.varying(time)))) < end - _NEAR * length:
            if time > start + _NEAR * length:
                yield time


@lru_cache(maxsize=8)
def _grid(origin: float, length: float, start: float, end: float) -> np.ndarray:
    """Return the start and the ends of steps of one length, kept since runs that are compared share them."""
    numbers = np.arange(math.floor((start - origin + _NEAR * length) / length) + 1, math.ceil((end - origin) / length) + 1)
    digits = _decimals(origin, length, end)
    if digits is None:
        times = np.array([rounded(origin + number * length) for number in numbers.tolist()])
    else:  # whole numbers divided by a power of ten round as the decimal number does
        power = 10.0 ** digits
        times = (round(origin * power) + numbers * round(length * power)) / power
    found = np.concatenate(([start], times[times < end - _NEAR * length], [end]))
    found.flags.writeable = False
    return found


def _decimals(origin: float, length: float, end: float) -> int | None:
    """Return how many decimals the sums of steps up to the end have at most; None where rounding would change one."""
    digits = max(0, *(-int(Decimal(repr(float(number))).normalize().as_tuple().exponent) for number in (origin, length)))
    return digits if digits + len(str(int(max(abs(origin), abs(end)) + length))) <= _DIGITS else None


def rounded(time: float) -> float:
    """Return a time without the rounding of a sum of steps."""
    return float(f"{time:.{_DIGITS}g}")


def with_step(model: Model, method: str, step: float | None, set: Mapping) -> Mapping[Any, float]:
    """Return the values of a call with the step among them, where the model has a parameter for it."""
    if step is None:
        return set
    if method not in FIXED:
        raise InputError(f"step: {method} chooses its own steps; leave step out, or use method 'Euler' or 'RK4'")
    if finite_number("step", step) <= 0:
        raise InputError(f"step: {step} is not positive; give the length of a step in model time")
    return {**set, model.step: step} if isinstance(model.step, Parameter) else set


def pace_of(model: Model, plan: Schedule, method: str, step: float | None) -> Pace:
    """Return the steps of a run: of the length given, or the model's own; raise InputError where there are none."""
    given = model.step if step is None or isinstance(model.step, Parameter) else step
    if given is None:
        raise InputError(f"{model.where}: it has no step of its own; give step=, the length of the steps of {method}")
    length, varying = _told(model, plan, "step", given)
    if (plan.end - plan.start) / length > MOST_STEPS:
        raise InputError(f"step: {length:g} makes more than {MOST_STEPS} steps from {plan.start:g} to {plan.end:g}; give a longer one")
    return Pace(method, plan.start, length, varying)


def saved_times(model: Model, plan: Schedule, pace: Pace) -> np.ndarray | None:
    """Return the ends of steps at which the model wants to be saved; None where those are all of them, or the model says nothing."""
    if model.saving is None:
        return None
    every, varying = _told(model, plan, "saving", model.saving)
    if varying is None and pace.varying is None and every <= pace.length * (1 + _NEAR):
        return None
    found, due = [plan.start], rounded(plan.start + every)
    for time in pace.times(plan.start, plan.end)[1:]:
        if time >= due - _NEAR * every:
            found.append(time)
            every = every if varying is None else varying(time)
            while due <= time + _NEAR * every:
                due = rounded(due + every)
    return np.array(found)


def _told(model: Model, plan: Schedule, word: str, given: Any) -> tuple[float, Callable[[float], float] | None]:
    """Return a length at the start of a run, and where it changes the function of time that it is."""
    if isinstance(given, Parameter):
        given = plan.base[model.input_places[given]]
    if isinstance(given, sympy.Expr):
        values = dict(zip(model.parameters, plan.base, strict=False))

        def at(time: float) -> float:
            length = value_at(model, given, time, values)
            if not length > 0:
                raise InputError(f"{model.where}, {word}: {length:g} at t = {time:g} is not positive; give a length of model time")
            return length
        return at(plan.start), at if isinstance(given, Quantity) and TIME in model.rests_on([given]) else None
    length = finite_number(word, given)
    if length <= 0:
        raise InputError(f"{model.where}, {word}: {length:g} is not positive; give the length in model time")
    return length, None


def value_at(model: Model, expression: sympy.Expr, time: float, values: Mapping[Any, float]) -> float:
    """Return what an expression of time and parameters is at a time; raise InputError where it rests on what a run computes."""
    def value(quantity: Any) -> sympy.Expr:
        if quantity == TIME:
            return sympy.Float(time)
        if isinstance(quantity, Parameter):
            return sympy.Float(values.get(quantity, quantity.value))
        if quantity not in model.equations:
            raise InputError(f"it rests on {quantity.name!r}, which the run computes; a control variable rests on constants and time")
        return of(model.equations[quantity])

    def of(written: sympy.Expr) -> sympy.Expr:
        return carried_out(written.xreplace({symbol: value(symbol) for symbol in written.free_symbols}))
    found = of(expression)
    if not (found.is_number and found.is_extended_real):
        raise InputError(f"it comes to {found}, which is no number; give it one")
    return float(found)
