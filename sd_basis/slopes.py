"""The Jacobian by the chain rule, which does not lay a total out in the slopes of everything that rests on it.

Each member of a family that feels a total depends on every stock in it. Its slopes are kept by the total, not by
the stocks behind it, until the last step: of twenty cohorts each has a few slopes then, instead of one for each stock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import sympy

from .quantities import Quantity

_WIDE = 8  # a quantity with slopes by more stocks than these stands for itself in the slopes of others

Assignment = tuple[sympy.Symbol, sympy.Expr]
Entry = tuple[tuple[int, int], sympy.Expr]


def namer(assignments: list[Assignment]) -> Callable[[sympy.Expr, str], sympy.Expr]:
    """Return what gives an expression a name among assignments; a number or a symbol needs none."""
    def name(expression: sympy.Expr, kind: str) -> sympy.Expr:
        if expression.is_number or expression.is_Symbol:
            return expression
        symbol = sympy.Symbol(f"_{kind}{len(assignments)}", real=True)
        assignments.append((symbol, expression))
        return symbol
    return name


def jacobian_entries(equations: Mapping[Quantity, sympy.Expr], needed: Iterable[Quantity], net: list[sympy.Expr],
                     places: Mapping[Quantity, int]) -> tuple[list[Assignment], list[Entry]]:
    """Return assignments, and with them the entries (row, column) of the Jacobian of `net` that are not identically zero.

    `needed` are the computed quantities that `net` rests on, in order; `places` the columns of the stocks, and of
    what else is given: a quantity held at its value, where a loop is opened.
    """
    assignments: list[Assignment] = []
    near: dict[Quantity, dict[Quantity, sympy.Expr]] = {}  # slopes by stock and by wide quantity
    far: dict[Quantity, dict[Quantity, sympy.Expr]] = {}  # of each wide quantity, slopes by stock

    name = namer(assignments)

    def by_stock(slopes: Mapping[Quantity, sympy.Expr]) -> dict[Quantity, sympy.Expr]:
        terms: dict[Quantity, list] = {}
        for base, inner in slopes.items():
            for stock, further in far.get(base, {base: sympy.S.One}).items():
                terms.setdefault(stock, []).append(inner * further)
        return {stock: sympy.Add(*terms[stock]) for stock in sorted(terms, key=places.__getitem__)}

    for quantity in needed:
        terms: dict[Quantity, list] = {}
        symbols = [symbol for symbol in equations[quantity].free_symbols if isinstance(symbol, Quantity) and (symbol in places or near.get(symbol))]
        for symbol in sorted(symbols, key=lambda item: item.identity[1]):
            link = name(_slope(equations[quantity], symbol), "link")
            for base, further in ({symbol: sympy.S.One} if symbol in places or symbol in far else near[symbol]).items():
                terms.setdefault(base, []).append(link * further)
        near[quantity] = {base: name(sympy.Add(*products), "slope") for base, products in terms.items()}
        if len(near[quantity]) > _WIDE:
            far[quantity] = {stock: name(total, "far") for stock, total in by_stock(near[quantity]).items()}
    entries: list[Entry] = []
    for row, expression in enumerate(net):
        sums: dict[Quantity, list] = {}
        for flow, sign in expression.as_coefficients_dict().items():
            for base, further in ({flow: sympy.S.One} if flow in places else near.get(flow, {})).items():
                sums.setdefault(base, []).append(sign * further)
        totals = {base: name(sympy.Add(*products), "row") if base in far else sympy.Add(*products) for base, products in sums.items()}
        entries += [((row, places[stock]), total) for stock, total in by_stock(totals).items() if total != 0]
    return assignments, entries


def _slope(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Return a derivative; a sum, such as the total of a family, is searched for the terms that hold the symbol."""
    terms = [term for term in sympy.Add.make_args(expression) if symbol in term.free_symbols]
    return sympy.Add(*(sympy.diff(term, symbol) for term in terms))
