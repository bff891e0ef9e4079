"""Expressions as equations of XMILE: infix with brackets wherever two readers could differ, choices as IF THEN ELSE."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy

from ..choices import carried_out, choose, largest, smallest, truth, whole
from ..errors import InputError
from ..gates import Gate
from ..lookups import LOOKS, Lookup, look
from ..quantities import Quantity
from ..written import Written, WrittenPower, WrittenProduct, WrittenSum
from .naming import quoted

_SUM, _PRODUCT, _POWER, _ATOM = range(1, 5)
_PLAIN = {sympy.exp: "EXP", sympy.log: "LN", sympy.sin: "SIN", sympy.cos: "COS", sympy.tan: "TAN", sympy.asin: "ARCSIN", sympy.acos: "ARCCOS",
          sympy.atan: "ARCTAN", sympy.Abs: "ABS"}
_BY_EXP: dict[type, Callable[[sympy.Expr], sympy.Expr]] = {  # XMILE has no hyperbolic functions
    sympy.sinh: lambda x: (sympy.exp(x) - sympy.exp(-x)) / 2, sympy.cosh: lambda x: (sympy.exp(x) + sympy.exp(-x)) / 2,
    sympy.tanh: lambda x: 1 - 2 / (sympy.exp(2 * x) + 1),
}


def number(value: float) -> str:
    """Return a number with all its digits, as short as it can be."""
    whole_number = int(value) if abs(value) < 1e15 and value == int(value) else None
    return repr(float(value)) if whole_number is None else str(whole_number)


class Equations:
    """Writes expressions; `names` are those of the quantities, `words` the texts of inputs such as TIME.

    `table` makes a variable of a lookup at an argument, used where the given conditions hold, and returns its name.
    `mentioned` collects the names that were written.
    """

    def __init__(self, names: Mapping[Quantity, str], words: Mapping[Quantity, str], table: Callable[[Lookup, sympy.Expr, tuple[str, ...]], str]):
        self.names, self.words, self.table = names, words, table
        self.mentioned: dict[str, None] = {}
        self._guards: tuple[str, ...] = ()

    def text(self, expression: sympy.Expr) -> str:
        """Return an expression as an equation; raise InputError for what has no form in XMILE."""
        return self._write(expression)[0]

    def condition(self, condition: sympy.Expr) -> str:
        """Return a condition, a number that is not zero where it holds, as an inequality or several."""
        return self._holds(condition)

    def name(self, name: str) -> str:
        """Return a name as it stands in an equation, and note that it was mentioned."""
        self.mentioned[name] = None
        return quoted(name)

    def _within(self, expression: sympy.Expr, level: int) -> str:
        text, own = self._write(expression)
        return text if own >= level else f"({text})"

    def _write(self, node: sympy.Expr) -> tuple[str, int]:
        """Return the text of an expression and how tightly it binds."""
        if isinstance(node, Quantity):
            return self.words[node] if node in self.words else self.name(self.names[node]), _ATOM
        if isinstance(node, sympy.Rational) and not node.is_Integer:
            return self._product([sympy.Integer(node.p)], [sympy.Integer(node.q)])
        if node.is_number and not node.free_symbols and (value := _number_of(node)) is not None:
            return number(value), _ATOM if value >= 0 else _SUM
        if self._is_condition(node):
            return f"(IF {self._holds(node)} THEN 1 ELSE 0)", _ATOM
        if isinstance(node, (sympy.Add, WrittenSum)):
            return self._sum(node.as_ordered_terms() if isinstance(node, sympy.Add) else node.args)
        if isinstance(node, (sympy.Mul, WrittenProduct)):
            return self._factors(node)
        if isinstance(node, (sympy.Pow, WrittenPower)):
            return self._power(*node.args)
        if isinstance(node, choose):
            return self._choice(*node.args)
        if isinstance(node, (largest, smallest)):
            return self._extreme("MAX" if isinstance(node, largest) else "MIN", node.args), _ATOM
        if isinstance(node, Gate):
            return self._choice(truth(node.args[0], 1), node.formula(*node.args), sympy.S.Zero)
        if isinstance(node, whole):
            inner = self.text(node.args[0])  # INT rounds down in some tools and towards zero in others
            return f"(INT({inner}) - (IF INT({inner}) > {self._within(node.args[0], _SUM)} THEN 1 ELSE 0))", _ATOM
        if type(node) is look:
            return self.name(self.table(node.args[0], node.args[1], self._guards)), _ATOM
        if type(node) in _PLAIN:
            return f"{_PLAIN[type(node)]}({self.text(node.args[0])})", _ATOM
        if type(node) in _BY_EXP:
            return f"({self.text(_BY_EXP[type(node)](node.args[0]))})", _ATOM
        other = node if isinstance(node, LOOKS) else carried_out(node)
        if type(other) is not type(node):
            return self._write(other)
        raise InputError(f"{type(node).__name__} has no form in XMILE; write it in other words")

    # Arithmetic -----------------------------------------------------------------------------

    def _sum(self, terms: tuple | list) -> tuple[str, int]:
        parts: list[str] = []
        for term in terms:
            opposite = _opposite(term)
            if opposite is not None and parts:
                parts += [" - ", self._within(opposite, _PRODUCT)]
            else:
                parts += [" + " if parts else "", self._within(term, _SUM if not parts else _PRODUCT)]
        return "".join(parts), _SUM

    def _factors(self, node: sympy.Expr) -> tuple[str, int]:
        opposite = _opposite(node)
        if opposite is not None:
            return f"-{self._within(opposite, _ATOM)}", _SUM
        above: list[sympy.Expr] = []
        below: list[sympy.Expr] = []
        for factor in node.args:
            if isinstance(factor, (sympy.Pow, WrittenPower)) and factor.args[1].is_number and factor.args[1].is_negative:
                below.append(factor.args[0] if factor.args[1] == -1 else type(factor)(factor.args[0], -factor.args[1]))
            elif isinstance(factor, sympy.Rational) and not factor.is_Integer:
                above += [sympy.Integer(factor.p)] if factor.p != 1 else []
                below.append(sympy.Integer(factor.q))
            else:
                above.append(factor)
        return self._product(above, below)

    def _product(self, above: list, below: list) -> tuple[str, int]:
        text = "*".join(self._within(factor, _PRODUCT if not place else _POWER) for place, factor in enumerate(above)) or "1"
        return text + "".join(f"/{self._within(factor, _POWER)}" for factor in below), _PRODUCT

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> tuple[str, int]:
        if exponent == sympy.S.Half:
            return f"SQRT({self.text(base)})", _ATOM
        if exponent.is_number and exponent.is_negative:
            return f"1/{self._within(base if exponent == -1 else base ** -exponent, _POWER)}", _PRODUCT
        return f"{self._within(base, _ATOM)}^{self._within(exponent, _ATOM)}", _POWER

    def _extreme(self, word: str, arguments: tuple) -> str:
        text = self.text(arguments[0])
        for argument in arguments[1:]:  # two at a time: more are not in the standard
            text = f"{word}({text}, {self.text(argument)})"
        return text

    # Conditions -----------------------------------------------------------------------------

    def _choice(self, condition: sympy.Expr, then: sympy.Expr, otherwise: sympy.Expr) -> tuple[str, int]:
        holds, outer = self._holds(condition), self._guards
        self._guards = (*outer, holds)
        first = self._within(then, _SUM)
        self._guards = (*outer, f"NOT ({holds})")
        second = self._within(otherwise, _SUM)
        self._guards = outer
        return f"(IF {holds} THEN {first} ELSE {second})", _ATOM

    def _is_condition(self, node: sympy.Expr) -> bool:
        if isinstance(node, truth):
            return True
        if isinstance(node, (sympy.Mul, WrittenProduct)):
            return all(map(self._is_condition, node.args))
        return _negated(node) is not None and self._is_condition(_negated(node))

    def _holds(self, condition: sympy.Expr) -> str:
        if isinstance(condition, truth):
            return self._inequality(*condition.args)
        if not self._is_condition(condition):
            return f"{self._within(condition, _SUM)} <> 0"
        if isinstance(condition, (sympy.Mul, WrittenProduct)):
            return " AND ".join(f"({self._holds(part)})" for part in condition.args)
        return f"NOT ({self._holds(_negated(condition))})"

    def _inequality(self, margin: sympy.Expr, strict: sympy.Expr) -> str:
        apart = margin if isinstance(margin, sympy.Abs) else _opposite(margin)
        if isinstance(apart, sympy.Abs) and (margin is apart) == bool(strict):
            return self._sides(apart.args[0], "<>" if strict else "=")
        return self._sides(margin, ">" if strict else ">=")

    def _sides(self, margin: sympy.Expr, sign: str) -> str:
        if isinstance(margin, (sympy.Add, WrittenSum)) and len(margin.args) == 2:
            for left, right in (margin.args, margin.args[::-1]):
                other = _opposite(right)
                if other is not None:
                    return f"{self._within(left, _SUM)} {sign} {self._within(other, _SUM)}"
        return f"{self._within(margin, _SUM)} {sign} 0"


def _opposite(term: sympy.Expr) -> sympy.Expr | None:
    """Return what a term subtracts, None where it does not."""
    if term.is_Number:
        return -term if term.is_negative else None
    if isinstance(term, Written):
        if not isinstance(term, WrittenProduct) or not (term.args[0].is_Number and term.args[0].is_negative):
            return None
        rest = term.args[1:] if term.args[0] == -1 else (-term.args[0], *term.args[1:])
        return rest[0] if len(rest) == 1 else WrittenProduct(*rest)
    coefficient, rest = term.as_coeff_Mul()
    return -coefficient * rest if coefficient.is_negative else None


def _negated(node: sympy.Expr) -> sympy.Expr | None:
    """Return what one minus which a node is, None where it is nothing of the kind."""
    if isinstance(node, (sympy.Add, WrittenSum)) and len(node.args) == 2 and sympy.S.One in node.args:
        return _opposite(next(part for part in node.args if part != 1))
    return None


def _number_of(node: sympy.Expr) -> float | None:
    """Return the number that an expression of numbers is, None where it is written out, as a table at a number."""
    try:
        return float(carried_out(node))
    except TypeError:
        return None
