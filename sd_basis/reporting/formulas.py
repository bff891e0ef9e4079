"""Equations as MathML, which browsers draw themselves: sympy's printer with the names of quantities as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter

from ..choices import carried_out
from ..lookups import Lookup
from ..quantities import Quantity
from .page import Markup

_NAMES = {"largest": "max", "smallest": "min", "Max": "max", "Min": "min"}


class _Printer(MathMLPresentationPrinter):
    """Names stay whole and upright, products have a dot, choices are cases; what stands in a name is escaped."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": "dot"})

    def _print_Symbol(self, sym: sympy.Symbol, style: str = "plain") -> Any:
        return self._leaf("mi", sym.name if isinstance(sym, Quantity) else str(sym))

    def _print_Function(self, expr: sympy.Function) -> Any:
        if type(expr).__name__ == "choose":
            return self._choice(expr)
        if type(expr).__name__ == "truth":
            return self._row(self._leaf("mo", "["), self._print(expr.args[0]), self._leaf("mo", ">" if expr.args[1] else "≥"), self._leaf("mn", "0"),
                             self._leaf("mo", "]"))
        call = _call(expr)
        parts = [self._leaf("mi", call.text), self._leaf("mo", "(")]
        for place, argument in enumerate(call.arguments):
            parts += [self._leaf("mo", ",")] if place else []
            parts.append(self._print(argument))
        return self._row(*parts, self._leaf("mo", ")"))

    _print_Max = _print_Min = _print_Function

    def _print_exp(self, expr: sympy.Function) -> Any:
        made = self.dom.createElement("msup")
        made.appendChild(self._leaf("mi", "e"))
        made.appendChild(self._print(expr.args[0]))
        return made

    def _choice(self, expr: sympy.Function) -> Any:
        condition, then, otherwise = expr.args
        block = self.dom.createElement("mtable")
        for value, words, when in ((then, "where ", condition), (otherwise, "else", None)):
            line = self.dom.createElement("mtr")
            for cell in (self._print(value), self._row(self._leaf("mtext", words), *([self._print(when)] if when is not None else []))):
                own = self.dom.createElement("mtd")
                own.appendChild(cell)
                line.appendChild(own)
            block.appendChild(line)
        return self._row(self._leaf("mo", "{"), block)

    def _leaf(self, tag: str, text: str) -> Any:
        made = self.dom.createElement(tag)
        made.appendChild(self.dom.createTextNode(escape(text, quote=False)))  # sympy writes texts as they are
        return made

    def _row(self, *children: Any) -> Any:
        made = self.dom.createElement("mrow")
        for child in children:
            made.appendChild(child)
        return made


@dataclass(frozen=True)
class Call:
    """A function as it is written: its name and its arguments."""

    text: str
    arguments: tuple[Any, ...]


def _call(expression: sympy.Basic) -> Call:
    arguments = expression.args
    if isinstance(arguments[0], Lookup):  # a table is called by its name
        return Call(arguments[0].name, arguments[1:])
    return Call(_NAMES.get(type(expression).__name__, type(expression).__name__), arguments)


def called(expression: sympy.Basic) -> Call | None:
    """Return the name, escaped, and the arguments of what is written as name(arguments), None for anything else."""
    named_so = isinstance(expression, (sympy.Function, sympy.Max, sympy.Min)) and not isinstance(expression, (sympy.exp, sympy.Piecewise))
    if not named_so or type(expression).__name__ in ("choose", "truth"):
        return None
    found = _call(expression)
    return Call(escape(found.text, quote=False), found.arguments)


def formula(expression: sympy.Basic) -> Markup:
    """Return an expression as the inside of a `math` element."""
    return Markup(_Printer().doprint(carried_out(expression)))


def named(quantity: Quantity) -> Markup:
    """Return the name of a quantity in MathML."""
    return Markup(f"<mi>{escape(quantity.name, quote=False)}</mi>")


def rate_of_change(quantity: Quantity) -> Markup:
    """Return d quantity / dt in MathML."""
    return Markup(f"<mfrac><mrow><mi>d</mi>{named(quantity)}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>")
