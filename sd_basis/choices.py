"""Choices: Max, Min and If, built at once and computed lazily, with derivatives, and with kinks the solver can see.

sympy's own Max and Min compare all their arguments when they are built (seconds for a few nested ones) and
its Piecewise reasons about its conditions; these only hold them. A condition is a `truth`: 1 where a margin
is positive, else 0, so that the margin at which an equation jumps or bends can be read off the equation.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import And, Not, Or

from .errors import InputError
from .families import Members, lifted, together
from .holding import at_step
from .written import Recording, Written, WrittenSum, evaluated, minus, times


class truth(sympy.Function):  # noqa: N801 - sympy functions are lower case
    """1 where a margin is positive (or zero, unless strict), else 0; its slope is zero wherever it has one."""

    nargs = 2

    @classmethod
    def eval(cls, margin: sympy.Expr, strict: sympy.Expr) -> sympy.Expr | None:
        """Decide a margin that is a number."""
        if margin.is_number and margin.is_extended_real:
            return sympy.Integer(bool(margin > 0 if strict else margin >= 0))
        return None

    def _eval_derivative(self, symbol):
        return sympy.S.Zero

    def _eval_is_extended_real(self):
        return True

    def _sympystr(self, printer):
        return f"({printer._print(self.args[0])} {'>' if self.args[1] else '>='} 0)"

    def _latex(self, printer, exp=None):
        text = rf"\left[{printer._print(self.args[0])} {'>' if self.args[1] else chr(92) + 'geq'} 0\right]"
        return text if exp is None else f"{text}^{{{exp}}}"


class choose(Recording, sympy.Function):  # noqa: N801
    """The second argument where the first, a condition of ones and zeros, is not zero; else the third. Only that one is computed."""

    nargs = 3

    @classmethod
    def eval(cls, condition: sympy.Expr, then: sympy.Expr, otherwise: sympy.Expr) -> sympy.Expr | None:
        """Decide a condition that is a number, and a choice between equals."""
        if condition.is_number:
            return otherwise if condition.is_zero else then
        return then if then == otherwise and not then.has(Written) else None

    def _eval_derivative(self, symbol):
        condition, then, otherwise = self.args
        return choose(condition, sympy.diff(then, symbol), sympy.diff(otherwise, symbol))

    def _eval_is_extended_real(self):
        return True

    def _sympystr(self, printer):
        return "If({})".format(", ".join(map(printer._print, self.args)))

    def _latex(self, printer, exp=None):
        condition, then, otherwise = map(printer._print, self.args)
        text = rf"\begin{{cases}}{then} & {condition} \neq 0 \\ {otherwise} & \text{{otherwise}}\end{{cases}}"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


class _Extreme(Recording, sympy.Function):
    """Max or Min of any number of arguments."""

    sign: sympy.Integer
    word: str

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        """Return the choice, or with families in it one a member."""
        return lifted(super().__new__, cls, *arguments, **options)

    @classmethod
    def eval(cls, *arguments: sympy.Expr) -> sympy.Expr | None:
        """Drop repetitions, join nested ones and decide numbers."""
        if not arguments:
            raise InputError(f"{cls.word}: it has no argument; give at least one")
        flat: list = []
        for argument in arguments:
            flat += argument.args if type(argument) is cls else (argument,)
        numbers = [argument for argument in flat if argument.is_Number]
        kept = [argument for argument in dict.fromkeys(flat) if not argument.is_Number]
        if numbers:
            kept.append(max(numbers) if cls.sign > 0 else min(numbers))
        if len(kept) == 1:
            return kept[0]
        return None if tuple(kept) == arguments else cls(*kept)

    def fdiff(self, argindex=1):
        """Return 1 where the argument is the one taken, else 0; of equal ones the first is taken."""
        place = argindex - 1
        own, parts = self.args[place], []
        for others, strict in ((self.args[:place], 1), (self.args[place + 1:], 0)):
            if others:
                parts.append(truth(self.sign * (own - self.func(*others)), strict))
        return sympy.Mul(*parts)

    @property
    def margins(self) -> list[sympy.Expr]:
        """What changes sign where another argument is taken."""
        if len(self.args) == 2:
            return [self.args[0] - self.args[1]]
        return [own - self.func(*self.args[:place], *self.args[place + 1:]) for place, own in enumerate(self.args)]

    def _eval_is_extended_real(self):
        return True

    def _sympystr(self, printer):
        return f"{self.word}({', '.join(map(printer._print, self.args))})"

    def _latex(self, printer, exp=None):
        text = rf"\{self.word.lower()}\left({', '.join(map(printer._print, self.args))}\right)"
        return text if exp is None else f"{text}^{{{exp}}}"


class largest(_Extreme):  # noqa: N801
    """The largest of its arguments: `Max(a, b, ...)`."""

    sign, word = sympy.S.One, "Max"


class smallest(_Extreme):  # noqa: N801
    """The smallest of its arguments: `Min(a, b, ...)`."""

    sign, word = sympy.S.NegativeOne, "Min"


Max, Min = largest, smallest


def If(condition: Any, then: Any, otherwise: Any) -> sympy.Expr:  # noqa: N802 - beside Max and Min
    """Return `then` where a condition holds, else `otherwise`; of what is written in the branches only the one that holds is computed.

    The condition is an inequality of quantities, or several joined with sympy's And, Or and Not. The
    solver stops where it changes and goes on behind the jump. Raises InputError for anything else.
    """
    def one(condition: Any, then: Any, otherwise: Any) -> sympy.Expr:
        return choose(condition_of("If", condition), sympy.sympify(then, strict=True), sympy.sympify(otherwise, strict=True))
    parts = (condition, then, otherwise)
    return together(one, *parts) if any(isinstance(part, Members) for part in parts) else one(*parts)


def condition_of(where: str, condition: Any) -> sympy.Expr:
    """Return a condition as an expression that is 1 where it holds and 0 where it does not."""
    if isinstance(condition, bool):
        return sympy.Integer(condition)
    if isinstance(condition, Relational) and type(condition) in _MARGINS:
        margin, strict = _MARGINS[type(condition)](condition.lhs, condition.rhs)
        return truth(margin, strict)
    if condition in (sympy.true, sympy.false):
        return sympy.Integer(condition == sympy.true)
    if isinstance(condition, And):
        return times(*(condition_of(where, part) for part in condition.args))
    if isinstance(condition, Or):
        return _not(times(*(_not(condition_of(where, part)) for part in condition.args)))
    if isinstance(condition, Not):
        return _not(condition_of(where, condition.args[0]))
    raise InputError(f"{where}: {condition!r} is not a condition; write an inequality such as a > b, and join several with And, Or and Not of sympy")


def _not(value: sympy.Expr) -> sympy.Expr:
    return sympy.S.One - value


def _difference(left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    return WrittenSum(left, minus(right))  # both sides as they are, so that a bare number alone on one is seen to be a threshold


def _apart(left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    return sympy.Abs(_difference(left, right))


_MARGINS = {
    Gt: lambda left, right: (_difference(left, right), 1), Ge: lambda left, right: (_difference(left, right), 0),
    Lt: lambda left, right: (_difference(right, left), 1), Le: lambda left, right: (_difference(right, left), 0),
    Ne: lambda left, right: (_apart(left, right), 1), Eq: lambda left, right: (minus(_apart(left, right)), 0),
}


def _from_piecewise(*pairs) -> sympy.Expr:
    """Return sympy's Piecewise as nested choices."""
    if pairs[-1].args[1] != sympy.true:
        raise InputError(f"Piecewise: it has no value where {pairs[-1].args[1]} does not hold; end it with (value, True)")
    total = pairs[-1].args[0]
    for value, condition in (pair.args for pair in reversed(pairs[:-1])):
        total = choose(evaluated(condition_of("Piecewise", condition)), value, total)
    return total


class whole(sympy.Function):  # noqa: N801
    """The largest whole number that is not above the argument: sympy's floor, whose jumps the solver can see."""

    nargs = 1
    unit_alike = True

    @classmethod
    def eval(cls, argument: sympy.Expr) -> sympy.Expr | None:
        """Decide a number."""
        return sympy.floor(argument) if argument.is_number else None

    def _eval_derivative(self, symbol):
        return sympy.S.Zero

    def _eval_is_extended_real(self):
        return True


_ROUNDING = sympy.Float(1e-10)
_RULES = {
    sympy.Max: largest, sympy.Min: smallest, sympy.Piecewise: _from_piecewise,
    sympy.Heaviside: lambda argument, *_: truth(argument, 0),
    sympy.sign: lambda argument: truth(argument, 1) - truth(-argument, 1),
    sympy.floor: whole, sympy.ceiling: lambda argument: -whole(-argument), sympy.frac: lambda argument: argument - whole(argument),
    # (t - 1)/12 is computed as t/12 - 1/12: without the margin a whole number of periods may round to less than it is
    sympy.Mod: lambda argument, period: argument - period * whole(argument / period + _ROUNDING),
}
_PLAIN_RULES = {**_RULES, at_step: lambda argument: argument}


def carried_out(expression: sympy.Basic, over_steps: bool = False) -> sympy.Basic:
    """Return an expression as it is computed: recorded arithmetic done, sympy's functions that jump or bend as choices; `at_step` stays where it is asked for."""
    return evaluated(expression, _RULES if over_steps else _PLAIN_RULES)
