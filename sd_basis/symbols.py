"""What every quantity is: a real sympy symbol with an identity; and what an expression may hold.

Every quantity is a real sympy symbol and can stand in any sympy expression. Two quantities are
equal only if they are the same declaration, so that models which use the same name in one
process never share a definition through sympy's caches. They pickle by identity alone; the
Model that holds them pickles their definitions, flat, whatever the depth of the equations.
"""

from __future__ import annotations

import itertools
import math
import os
import weakref
from typing import Any

import sympy

from .choices import carried_out
from .display import equation_latex, latex_name
from .errors import InputError
from .written import Recording

_PROCESS = os.urandom(6).hex()
_ORDINALS = itertools.count(1)
_REGISTRY: weakref.WeakValueDictionary[tuple, Quantity] = weakref.WeakValueDictionary()


def finite_number(where: str, value: Any) -> float:
    """Return `value` as a float; raise InputError where it is not one finite number."""
    try:
        number = float(value)
    except OverflowError:
        raise InputError(f"{where}: it is too large a number; give one finite number") from None
    except (TypeError, ValueError):
        raise InputError(f"{where}: {value!r} is not a number; give one finite number") from None
    except OverflowError:
        raise InputError(f"{where}: it is a whole number beyond 1e308; give one finite number") from None
    if isinstance(value, (bool, str)) or not math.isfinite(number):
        raise InputError(f"{where}: {value!r} is not a finite number; give one finite number")
    return number


def as_expression(where: str, value: Any) -> sympy.Expr:
    """Return `value` as a sympy expression of numbers and quantities; text is never evaluated."""
    return equation(where, value)[1]


def equation(where: str, value: Any) -> tuple[sympy.Expr, sympy.Expr]:
    """Return an equation as written, for the units, and as it is computed; raise InputError where it is none."""
    if isinstance(value, (str, bytes, bool)):
        raise InputError(f"{where}: {value!r} is text or a truth value; write a number or an expression of quantities")
    try:
        written = sympy.sympify(value, strict=True)
    except (sympy.SympifyError, TypeError):
        raise InputError(f"{where}: {value!r} is not an expression; write numbers, quantities and sympy functions") from None
    if not isinstance(written, sympy.Expr):
        raise InputError(f"{where}: {written} is a {type(written).__name__}, not a quantity; "
                         "write an expression with a numerical value")
    try:
        expression = carried_out(written)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except RecursionError:
        raise InputError(f"{where}: it is nested too deeply; give parts of it names, as auxiliaries") from None
    if expression.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise InputError(f"{where}: the expression {written} is not finite; look for a division by zero")
    if expression.has(sympy.I):
        raise InputError(f"{where}: the expression {expression} is not real; write it without imaginary numbers")
    stray = [symbol for symbol in written.free_symbols if not isinstance(symbol, Quantity)]
    if stray:
        raise InputError(f"{where}: {stray[0]} is a plain sympy symbol; declare it as a Parameter, Stock or Auxiliary")
    return written, expression


def _restore(cls: type[Quantity], name: str, identity: tuple) -> Quantity:
    found = _REGISTRY.get(identity)
    return cls._create(name, identity) if found is None else found


class Quantity(Recording, sympy.Symbol):
    """A named quantity of a model; its definition (unit, value, equation) is in its attributes."""

    unit: str | None
    description: str
    _latex, _repr_latex_ = latex_name, equation_latex  # how a notebook shows it

    @classmethod
    def _create(cls, name: str, identity: tuple | None = None):
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"{cls.__name__.lower()}: {name!r} is not a name; give a non-empty text")
        self = sympy.Symbol.__xnew__(cls, name, real=True)
        self.identity = identity or (_PROCESS, next(_ORDINALS))
        _REGISTRY[self.identity] = self
        return self

    def __init__(self, *args: Any, **kwargs: Any):
        """Everything is set in `__new__`; sympy calls this one with the same arguments."""

    def _hashable_content(self):
        return (self.name, self.identity)

    def __reduce_ex__(self, protocol):
        return _restore, (type(self), self.name, self.identity)

    @property
    def where(self) -> str:
        """How error messages name this quantity."""
        return f"{type(self).__name__.lower()} {self.name!r}"


class Input(Quantity):
    """A value the run supplies: model time or the start of the policy at work."""

    def __new__(cls, name: str, ordinal: int, description: str):
        self = cls._create(name, ("sd_basis", ordinal))
        self.unit, self.description = None, description
        return self


TIME = Input("TIME", -2, "model time, in the model's time unit")
START = Input("START", -1, "the start date of the policy that uses it, in model time")
