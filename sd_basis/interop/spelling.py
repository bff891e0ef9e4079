"""Expressions as the Python that a modeller would write: arithmetic as it stands, choices as If, tables as calls."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from ..choices import choose, largest, smallest, truth, whole
from ..errors import InputError
from ..holding import at_step
from ..lookups import look
from ..quantities import START, TIME
from ..written import WrittenPower, WrittenProduct, WrittenSum

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(1, 6)  # how closely an expression holds together
_FUNCTIONS = {largest: "Max", smallest: "Min", whole: "floor", sympy.Abs: "Abs", sympy.exp: "exp", sympy.log: "log", sympy.sin: "sin", sympy.cos: "cos",
              sympy.tan: "tan", sympy.asin: "asin", sympy.acos: "acos", sympy.atan: "atan", sympy.sinh: "sinh", sympy.cosh: "cosh",
              sympy.tanh: "tanh", sympy.floor: "floor", sympy.ceiling: "ceiling", sympy.Mod: "Mod", at_step: "at_step"}
_OWN = {"Max", "Min", "at_step"}


class Speller:
    """Spells expressions with given names of quantities; `used` and `own` collect the words of sympy and of this language that they need."""

    def __init__(self, names: Mapping[sympy.Symbol, str]):
        self.names = names
        self.used: set[str] = set()
        self.own: set[str] = set()

    def __call__(self, expression: sympy.Expr) -> str:
        """Return an expression as Python."""
        return self._spelled(expression)[0]

    def _within(self, expression: sympy.Expr, least: int) -> str:
        text, bond = self._spelled(expression)
        return text if bond >= least else f"({text})"

    def _spelled(self, node: sympy.Expr) -> tuple[str, int]:
        if node in (TIME, START):
            self.own.add(str(node))
            return str(node), _ATOM
        if node in self.names:
            return self.names[node], _ATOM
        if node.is_Number:
            return _number(node)
        if isinstance(node, (WrittenSum, sympy.Add)):
            return self._sum(node.args), _SUM
        if isinstance(node, (WrittenProduct, sympy.Mul)):
            return self._product(node.args)
        if isinstance(node, (WrittenPower, sympy.Pow)):
            base, exponent = node.args
            if exponent == -1:
                return f"1 / {self._within(base, _SIGN)}", _PRODUCT
            if exponent == sympy.S.Half:
                self.used.add("sqrt")
                return f"sqrt({self(base)})", _ATOM
            return f"{self._within(base, _ATOM)} ** {self._within(exponent, _POWER)}", _POWER
        if isinstance(node, choose):
            condition, then, otherwise = node.args
            self.own.add("If")
            return f"If({self._condition(condition)}, {self(then)}, {self(otherwise)})", _ATOM
        if isinstance(node, truth):
            self.own.add("If")
            return f"If({self._condition(node)}, 1, 0)", _ATOM
        if isinstance(node, look) and type(node) is look:
            return f"{self.names[node.args[0]]}({self(node.args[1])})", _ATOM
        if type(node) not in _FUNCTIONS:
            raise InputError(f"{type(node).__name__} has no word in a model file; leave the model in its own file, which runs as it is")
        word = _FUNCTIONS[type(node)]
        (self.own if word in _OWN else self.used).add(word)
        return f"{word}({', '.join(map(self, node.args))})", _ATOM

    def _sum(self, terms: tuple[sympy.Expr, ...]) -> str:
        text = self._within(terms[0], _SUM)
        for term in terms[1:]:
            opposite = _opposite(term)
            text += f" + {self._within(term, _PRODUCT)}" if opposite is None else f" - {self._within(opposite, _PRODUCT)}"
        return text

    def _product(self, factors: tuple[sympy.Expr, ...]) -> tuple[str, int]:
        if factors[0] == -1 and len(factors) > 1:
            rest = factors[1] if len(factors) == 2 else WrittenProduct(*factors[1:])
            return f"-{self._within(rest, _SIGN)}", _SIGN
        text = ""
        for factor in factors:
            if text and isinstance(factor, (WrittenPower, sympy.Pow)) and factor.args[1] == -1:
                text += f" / {self._within(factor.args[0], _SIGN)}"
            elif text and isinstance(factor, sympy.Rational) and factor.p == 1 and factor.q > 1:
                text += f" / {factor.q}"
            else:
                text += f" * {self._within(factor, _SIGN)}" if text else self._within(factor, _PRODUCT)
        return text, _PRODUCT

    def _condition(self, node: sympy.Expr) -> str:
        """Return an expression of ones and zeros as a condition."""
        if isinstance(node, truth):
            margin, strict = node.args
            if isinstance(margin, WrittenSum) and len(margin.args) == 2:
                left, right = margin.args
                other = _opposite(right)
                right = -right if other is None else other
                if left.is_Number:
                    return f"{self(right)} {'<' if strict else '<='} {self(left)}"
                return f"{self(left)} {'>' if strict else '>='} {self(right)}"
            return f"{self(margin)} {'>' if strict else '>='} 0"
        if isinstance(node, WrittenProduct):
            self.used.add("And")
            return f"And({', '.join(map(self._condition, node.args))})"
        if isinstance(node, WrittenSum) and len(node.args) == 2 and node.args[0] == 1 and (inside := _opposite(node.args[1])) is not None:
            self.used.add("Not")
            return f"Not({self._condition(inside)})"
        self.used.add("Abs")
        return f"Abs({self(node)}) > 0"


def _opposite(term: sympy.Expr) -> sympy.Expr | None:
    """Return what a term takes away, None for one that adds."""
    if term.is_Number:
        return -term if term < 0 else None
    if isinstance(term, (WrittenProduct, sympy.Mul)) and term.args[0] == -1:
        return term.args[1] if len(term.args) == 2 else type(term)(*term.args[1:])
    return None


def _number(value: sympy.Expr) -> tuple[str, int]:
    if isinstance(value, sympy.Rational) and not value.is_Integer:
        return f"{value.p} / {value.q}", _PRODUCT
    text = str(int(value)) if value.is_Integer else repr(float(value))
    return text, _SIGN if text.startswith("-") else _ATOM
