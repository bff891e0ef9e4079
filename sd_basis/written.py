"""Arithmetic as the modeller wrote it: sums, products and powers that sympy has not simplified.

Units are checked on what was written. sympy turns `x - x + y` into `y` and `0*x` into `0` while Python
reads the line, and with them goes the fault that x is in bonds and y in dollars. So quantities record
the arithmetic a modeller writes; sympy and the engine, which compute with the same symbols, get plain
sympy. `evaluated` turns a recorded tree into the expression that is integrated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FrameType, MappingProxyType
from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE

_DISPATCHERS = ("sympy.core.decorators", "sympy.core.numbers", "sympy.core.sympify")
_ENGINE = __name__.partition(".")[0] + "."


def _is_modeller(frame: FrameType | None) -> bool:
    """Tell whether arithmetic comes from a modeller's code: neither sympy's own nor the engine's."""
    while frame is not None and frame.f_globals.get("__name__", "") in _DISPATCHERS:
        frame = frame.f_back
    name = "" if frame is None else frame.f_globals.get("__name__", "")
    return not name.startswith(("sympy.", _ENGINE))


def _recorded(operation: str, record: Any, swapped: bool = False):
    """Return an operator that records `record(self, other)` for a modeller and is sympy's own for everybody else."""
    plain = getattr(sympy.Expr, operation)

    def operator(self, other):
        if not _is_modeller(sys._getframe(1)):
            return plain(self, other)
        try:
            other = sympy.sympify(other, strict=True)
        except sympy.SympifyError:
            return NotImplemented
        if not isinstance(other, sympy.Expr):
            return plain(self, other)
        return record(other, self) if swapped else record(self, other)
    operator.__name__ = operation
    return operator


class Recording:
    """What quantities and recorded arithmetic share: operators that record."""

    __slots__ = ()
    _op_priority = 20.0  # above sympy's 10: `exp(x) * quantity` comes here too

    __add__ = _recorded("__add__", lambda left, right: plus(left, right))
    __radd__ = _recorded("__radd__", lambda left, right: plus(left, right), swapped=True)
    __sub__ = _recorded("__sub__", lambda left, right: plus(left, minus(right)))
    __rsub__ = _recorded("__rsub__", lambda left, right: plus(left, minus(right)), swapped=True)
    __mul__ = _recorded("__mul__", lambda left, right: times(left, right))
    __rmul__ = _recorded("__rmul__", lambda left, right: times(left, right), swapped=True)
    __truediv__ = _recorded("__truediv__", lambda left, right: times(left, power(right, sympy.S.NegativeOne)))
    __rtruediv__ = _recorded("__rtruediv__", lambda left, right: times(left, power(right, sympy.S.NegativeOne)), swapped=True)
    __pow__ = _recorded("__pow__", lambda left, right: power(left, right))
    __rpow__ = _recorded("__rpow__", lambda left, right: power(left, right), swapped=True)

    def __neg__(self):
        return minus(self) if _is_modeller(sys._getframe(1)) else sympy.Expr.__neg__(self)


class Written(Recording, sympy.Expr):
    """Recorded arithmetic: an expression sympy leaves alone."""

    __slots__ = ()
    is_commutative = True
    operation: type

    def _eval_is_extended_real(self):
        return True

    def _eval_conjugate(self):
        return self

    def _eval_derivative(self, symbol):
        return sympy.diff(evaluated(self), symbol)

    def _eval_evalf(self, prec):
        return evaluated(self)._eval_evalf(prec)

    def doit(self, **hints: Any) -> sympy.Basic:
        """Return the plain sympy expression."""
        return evaluated(self)

    def expand(self, *args: Any, **hints: Any) -> sympy.Expr:
        """Return the plain sympy expression, expanded."""
        return evaluated(self).expand(*args, **hints)

    def _latex(self, printer, *args):
        return printer._print(evaluated(self))


class WrittenSum(Written):
    """A sum as written."""

    operation, precedence = sympy.Add, PRECEDENCE["Add"]

    def _sympystr(self, printer):
        text = " + ".join(str(term) if term.is_Number else printer.parenthesize(term, self.precedence) for term in self.args)
        return text.replace("+ -", "- ")


class WrittenProduct(Written):
    """A product as written; a quotient has factors to the power -1."""

    operation, precedence = sympy.Mul, PRECEDENCE["Mul"]

    def _sympystr(self, printer):
        text = "*".join("-" if factor == -1 else f"/{printer.parenthesize(factor.args[0], PRECEDENCE['Pow'])}" if _is_divisor(factor)
                        else printer.parenthesize(factor, self.precedence) for factor in self.args)
        return text.replace("-*", "-").replace("*/", "/")


class WrittenPower(Written):
    """A power as written."""

    operation, precedence = sympy.Pow, PRECEDENCE["Pow"]

    def _sympystr(self, printer):
        if _is_divisor(self):
            return f"1/{printer.parenthesize(self.args[0], self.precedence)}"
        return "**".join(printer.parenthesize(part, self.precedence) for part in self.args)


def _is_divisor(factor: sympy.Basic) -> bool:
    return type(factor) is WrittenPower and factor.args[1] == -1


def plus(*terms: sympy.Expr) -> sympy.Expr:
    """Return a sum as written, a sum of sums as one; the zero with which Python's `sum` begins is no term."""
    kept = [term for term in _flat(WrittenSum, terms) if term != 0]
    return kept[0] if len(kept) == 1 else WrittenSum(*kept)


def minus(term: sympy.Expr) -> sympy.Expr:
    """Return a term with the opposite sign."""
    return -term if term.is_Number else WrittenProduct(sympy.S.NegativeOne, term)


def times(*factors: sympy.Expr) -> sympy.Expr:
    """Return a product as written."""
    return factors[1] if factors[0] == 1 and _is_divisor(factors[1]) else WrittenProduct(*_flat(WrittenProduct, factors))


_BITS = 2000  # of a whole number: far beyond what a float holds


def power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """Return a power as written; of numbers alone, the number."""
    if not (base.is_Number and exponent.is_Number):
        return WrittenPower(base, exponent)
    if base.is_Rational and exponent.is_Integer and abs(exponent) * max(abs(base.p), base.q).bit_length() > _BITS:
        return sympy.Float(base)**exponent  # its digits would fill the memory
    return base**exponent


def _flat(kind: type, items: tuple[sympy.Expr, ...]) -> list[sympy.Expr]:
    flat: list[sympy.Expr] = []
    for item in items:
        flat.extend(item.args if type(item) is kind else (item,))
    return flat


def evaluated(expression: sympy.Basic, rules: Mapping[type, Callable] = MappingProxyType({})) -> sympy.Basic:
    """Return an expression with recorded arithmetic carried out by sympy; `rules` rebuild nodes of other types from their arguments."""
    done: dict[sympy.Basic, sympy.Basic] = {}

    def walk(node: sympy.Basic) -> sympy.Basic:
        if not node.args:
            return node
        if node not in done:
            arguments = [walk(argument) for argument in node.args]
            rebuild = node.operation if isinstance(node, Written) else rules.get(type(node))
            if rebuild is None and all(new is old for new, old in zip(arguments, node.args, strict=True)):
                done[node] = node
            else:
                done[node] = (rebuild or node.func)(*arguments)
        return done[node]

    return walk(expression)
