"""The functions of Vensim, by name, in words of this language: each takes expressions and returns one.

Conditions are numbers here, as in Vensim: everything but zero is true. What changes with time (STEP, PULSE, RAMP) compares
TIME, so that a method of fixed steps holds it over a step, and a solver that restarts at jumps meets the date itself. STEP and PULSE
change at ends of steps alone, as Vensim documents: a constant date means the end nearest to it, whatever the method.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy

from ..choices import Max, Min, choose, condition_of
from ..holding import at_step
from ..quantities import TIME, Parameter
from ..written import minus, plus, power, times

NOT_AVAILABLE = sympy.Integer(-2) ** 109  # the number that Vensim's :NA: is
_SMALL = sympy.Float(1e-6)  # below this a denominator is zero to XIDZ and ZIDZ


def quotient(one: sympy.Expr, other: sympy.Expr) -> sympy.Expr:
    """Return one divided by the other, as written."""
    return times(one, power(other, sympy.S.NegativeOne))


def relation(kind: type, left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    """Return 1 where two expressions stand in a relation of sympy, else 0."""
    return condition_of("condition", kind(left, right, evaluate=False))


def holds(value: sympy.Expr) -> sympy.Expr:
    """Return a number as a condition: 1 where it is not zero, else 0."""
    return relation(sympy.Ne, value, sympy.S.Zero)


def _reached(date: sympy.Expr, step: sympy.Expr) -> sympy.Expr:
    # a millionth of a step makes up for the rounding of a sum of dates
    return relation(sympy.Ge, plus(TIME, times(_SMALL, step)), date)


def _nearest(date: sympy.Expr, step: sympy.Expr, origin: sympy.Expr, *, up: bool) -> sympy.Expr:
    """Return the end of a step nearest to a constant date, of two the later or earlier one; what is computed is not searched for, it stays."""
    if not all(isinstance(symbol, Parameter) for symbol in (date + step).free_symbols):
        return date
    steps = quotient(date if origin.is_zero else plus(date, minus(origin)), step)
    count = sympy.floor(plus(steps, sympy.S.Half)) if up else sympy.ceiling(plus(steps, -sympy.S.Half))
    return times(step, count) if origin.is_zero else plus(origin, times(step, count))


def _step(step, origin, height, start):
    return times(height, _reached(_nearest(start, step, origin, up=True), step))


def _pulse(step, origin, start, width):
    width = choose(relation(sympy.Gt, width, sympy.S.Zero), width, step)
    begun, over = _nearest(start, step, origin, up=True), _nearest(plus(start, width), step, origin, up=False)
    return times(_reached(begun, step), plus(sympy.S.One, minus(_reached(over, step))))


def _pulse_train(step, origin, start, interval, width, end):
    begun = _nearest(start, step, origin, up=True)
    since = sympy.Mod(plus(TIME, times(_SMALL, step), minus(begun)), interval)
    lasting = plus(_nearest(plus(start, width), step, origin, up=False), minus(begun))
    ended = relation(sympy.Gt, plus(TIME, minus(times(_SMALL, step))), end)  # what stands at the end itself still counts
    return times(_reached(begun, step), relation(sympy.Lt, since, Max(lasting, step)), plus(sympy.S.One, minus(ended)))


def _volume(step, _, start, volume):
    on = times(_reached(start, step), plus(sympy.S.One, minus(_reached(plus(start, step), step))))
    return quotient(times(volume, on), step)  # XMILE's PULSE: a volume that passes within one step


def _volume_train(step, origin, start, interval, volume):
    if interval == 0:
        return _volume(step, origin, start, volume)
    since = sympy.Mod(plus(TIME, times(_SMALL, step), minus(start)), interval)
    return quotient(times(volume, _reached(start, step), relation(sympy.Lt, since, step)), step)


def _ramp(step, origin, slope, start, end):
    # begun at the nearest step it stands below zero there, if the date lies behind it: so Vensim's own output has it
    return times(slope, _reached(_nearest(start, step, origin, up=True), step), plus(Min(at_step(TIME), end), minus(start)))


def _endless_ramp(step, _, slope, start):
    return times(slope, Max(plus(TIME, minus(start)), sympy.S.Zero))


def _xidz(one, other, instead):
    return choose(relation(sympy.Lt, sympy.Abs(other), _SMALL), instead, quotient(one, other))


def _truncated(value):
    return choose(relation(sympy.Ge, value, sympy.S.Zero), sympy.floor(value), sympy.ceiling(value))


def _quantum(value, unit):
    return choose(relation(sympy.Le, unit, sympy.S.Zero), value, times(unit, _truncated(quotient(value, unit))))


def _remainder(value, divisor):
    return choose(relation(sympy.Ge, value, sympy.S.Zero), sympy.Mod(value, divisor), minus(sympy.Mod(minus(value), divisor)))  # its sign is that of the value


# By name: the smallest and the largest number of arguments, and what they make.
PLAIN: dict[str, tuple[int, float, Callable[..., sympy.Expr]]] = {
    "abs": (1, 1, sympy.Abs), "min": (2, math.inf, Min), "max": (2, math.inf, Max), "exp": (1, 1, sympy.exp), "ln": (1, 1, sympy.log),
    "log": (2, 2, lambda value, base: quotient(sympy.log(value), sympy.log(base))), "sqrt": (1, 1, lambda value: power(value, sympy.S.Half)),
    "log10": (1, 1, lambda value: quotient(sympy.log(value), sympy.log(sympy.Integer(10)))),
    "power": (2, 2, power), "sin": (1, 1, sympy.sin), "cos": (1, 1, sympy.cos), "tan": (1, 1, sympy.tan), "arcsin": (1, 1, sympy.asin),
    "arccos": (1, 1, sympy.acos), "arctan": (1, 1, sympy.atan), "sinh": (1, 1, sympy.sinh), "cosh": (1, 1, sympy.cosh), "tanh": (1, 1, sympy.tanh),
    "modulo": (2, 2, _remainder), "integer": (1, 1, _truncated), "quantum": (2, 2, _quantum), "xmodulo": (2, 2, sympy.Mod), "xinteger": (1, 1, sympy.floor),
    "xidz": (3, 3, _xidz), "zidz": (2, 2, lambda one, other: _xidz(one, other, sympy.S.Zero)),
    "if_then_else": (3, 3, lambda condition, then, otherwise: choose(condition, then, otherwise)),
}
# Those that first take the step and the initial time.
STEPPED: dict[str, tuple[int, float, Callable[..., sympy.Expr]]] = {
    "xpulse": (2, 2, _volume), "xpulse_train": (3, 3, _volume_train), "xramp": (2, 2, _endless_ramp),
    "step": (2, 2, _step), "pulse": (2, 2, _pulse), "pulse_train": (4, 4, _pulse_train), "ramp": (3, 3, _ramp),
}
