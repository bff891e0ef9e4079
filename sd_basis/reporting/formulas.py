"""Equations as MathML, which browsers draw themselves: sympy's printer with the names of quantities as they are written."""

from __future__ import annotations

from html import escape
from typing import Any

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter

from ..choices import carried_out
from ..lookups import Lookup
from ..quantities import Quantity
from .page import Markup

_LONG = 70  # characters of text beyond which a sum has a line a term
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
        name, arguments = _NAMES.get(type(expr).__name__, type(expr).__name__), expr.args
        if isinstance(arguments[0], Lookup):  # a table is called by its name
            name, arguments = arguments[0].name, arguments[1:]
        parts = [self._leaf("mi", name), self._leaf("mo", "(")]
        for place, argument in enumerate(arguments):
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


def formula(expression: sympy.Basic) -> Markup:
    """Return an expression as the inside of a `math` element."""
    return Markup(_Printer().doprint(carried_out(expression)))


def equation(left: Markup, expression: sympy.Basic) -> Markup:
    """Return left = expression; a long sum has a line a term."""
    whole = carried_out(expression)
    terms = list(whole.as_ordered_terms()) if isinstance(whole, sympy.Add) else []
    if len(terms) < 2 or len(sympy.sstr(whole)) <= _LONG:
        return Markup(f'<math display="block"><mrow>{left}<mo>=</mo>{formula(whole)}</mrow></math>')
    lines = []
    for place, term in enumerate(terms):
        minus = term.could_extract_minus_sign()
        sign = "<mo>−</mo>" if minus else "<mo>+</mo>" if place else "<mo></mo>"
        start = f"{left}<mo>=</mo>" if not place else ""
        lines.append(f"<mtr><mtd>{start}</mtd><mtd>{sign}{formula(-term if minus else term)}</mtd></mtr>")
    return Markup(f'<math display="block"><mtable>{"".join(lines)}</mtable></math>')


def named(quantity: Quantity) -> Markup:
    """Return the name of a quantity in MathML."""
    return Markup(f"<mi>{escape(quantity.name, quote=False)}</mi>")


def rate_of_change(quantity: Quantity) -> Markup:
    """Return d quantity / dt in MathML."""
    return Markup(f"<mfrac><mrow><mi>d</mi>{named(quantity)}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>")
