"""Long equations broken into lines, at sums, products and arguments, each part indented below what it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy

from ..choices import carried_out
from .formulas import called, formula
from .page import Markup

_LONG = 60  # characters of text on a line
_OPEN, _CLOSE = '<mo stretchy="false">(</mo>', '<mo stretchy="false">)</mo>'


@dataclass(frozen=True)
class _Line:
    """A line of an equation: how deep it lies within parentheses, and its MathML."""

    depth: int
    content: str


def equation(left: Markup, expression: sympy.Basic) -> Markup:
    """Return left = expression as MathML, in several lines where it is long."""
    lines = _lines(carried_out(expression), f"{left}<mo>=</mo>", "", 0)
    if len(lines) == 1:
        return Markup(f'<math display="block"><mrow>{lines[0].content}</mrow></math>')
    rows = "".join(f'<mtr><mtd><mspace width="{1.5 * line.depth:g}em"></mspace>{line.content}</mtd></mtr>' for line in lines)
    return Markup(f'<math display="block"><mtable displaystyle="true">{rows}</mtable></math>')


def _lines(expression: sympy.Basic, before: str, after: str, depth: int) -> list[_Line]:
    """Return an expression between what comes before its first and after its last line."""
    if _short(expression):
        return [_Line(depth, f"{before}{formula(expression)}{after}")]
    if isinstance(expression, sympy.Add):
        return _sum(expression, before, after, depth)
    if expression.could_extract_minus_sign():
        return _lines(-expression, f"{before}<mo>−</mo>", after, depth)
    if isinstance(expression, sympy.Mul):
        return _product(expression, before, after, depth)
    if isinstance(expression, sympy.Pow) and expression.exp == -1:
        return _lines(expression.base, f"{before}<mn>1</mn><mo>/</mo>{_OPEN}", f"{_CLOSE}{after}", depth)
    name = called(expression)
    if name is None:
        return [_Line(depth, f"{before}{formula(expression)}{after}")]
    parts: list[_Line] = []
    for place, argument in enumerate(name.arguments):
        last = place == len(name.arguments) - 1
        parts += _lines(argument, "" if place else f"{before}<mi>{name.text}</mi>{_OPEN}", f"{_CLOSE}{after}" if last else "<mo>,</mo>", depth)
    return _indented(parts)


def _short(expression: sympy.Basic) -> bool:
    return not expression.args or len(sympy.sstr(expression, full_prec=False)) <= _LONG


def _sum(expression: sympy.Add, before: str, after: str, depth: int) -> list[_Line]:
    """Return a sum with a line for each term."""
    terms, parts = expression.as_ordered_terms(), []
    for place, term in enumerate(terms):
        minus = term.could_extract_minus_sign()
        sign = "<mo>−</mo>" if minus else "<mo>+</mo>" if place else ""
        last = after if place == len(terms) - 1 else ""
        parts += _lines(-term if minus else term, f"{'' if place else before}{sign}", last, depth)
    return _indented(parts)


def _product(expression: sympy.Mul, before: str, after: str, depth: int) -> list[_Line]:
    """Return a product with short neighbours on one line, and a line or more for each long factor."""
    groups: list[list[sympy.Basic]] = []
    for factor in expression.as_ordered_factors():
        if groups and _short(sympy.Mul(*groups[-1], factor)):
            groups[-1].append(factor)
        else:
            groups.append([factor])
    parts: list[_Line] = []
    for place, group in enumerate(groups):
        whole = sympy.Mul(*group)
        opening, ending = before if not place else "<mo>·</mo>", after if place == len(groups) - 1 else ""
        if isinstance(whole, sympy.Add):
            opening, ending = f"{opening}{_OPEN}", f"{_CLOSE}{ending}"
        parts += _lines(whole, opening, ending, depth)
    return _indented(parts)


def _indented(lines: Sequence[_Line]) -> list[_Line]:
    """Return lines with all but the first one step further in."""
    return [*lines[:1], *(replace(line, depth=line.depth + 1) for line in lines[1:])]
