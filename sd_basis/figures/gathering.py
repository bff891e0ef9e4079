"""Families gathered into one: the stocks and flows of a large model, and the rows of its matrices, without their members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sympy

from ..accounts import Matrix
from ..model import Model
from ..quantities import CLOUD, Flow, Quantity, Stock

_NOTHING = 1e-9  # of the largest entry: a row below it is left out


def bare(name: str) -> str:
    """Return a name without its members: "bonds[5y]" is "bonds", also within "sales[5y]_payment"."""
    before, bracket, after = name.partition("[")
    return before + bare(after.partition("]")[2]) if bracket else name


def gathered(model: Model) -> tuple[tuple[Stock, ...], tuple[Flow, ...]]:
    """Return stocks and flows with one in place of each family, for a diagram: their initial values and rates mean nothing.

    A flow between two members of one family is left out.
    """
    stocks: dict[str, Stock] = {}
    for stock in model.stocks:
        name = bare(stock.name)
        if name not in stocks:
            stocks[name] = stock if name == stock.name else Stock(name, 0, stock.unit)
    flows: dict[tuple, Flow] = {}
    for flow in model.flows:
        source, sink = (CLOUD if end is CLOUD else stocks[bare(end.name)] for end in (flow.source, flow.sink))
        if source is not sink:
            flows.setdefault((bare(flow.name), source, sink), Flow(bare(flow.name), source=source, sink=sink, rate=0, reversible=flow.reversible))
    return tuple(stocks.values()), tuple(flows.values())


def gathered_rows(matrix: Matrix) -> Matrix:
    """Return a matrix in which the rows of a family are one, their sum, and rows of nothing are left out.

    Of formulas, terms that differ in the member only stand once, with the name of the family.
    """
    labels = matrix.labels or matrix.rows
    groups: dict[tuple[str, str], list[int]] = {}
    trade = ""
    for place, label in enumerate(labels):
        trade = trade if label.startswith(" ") else bare(label)  # a payment belongs to the trade above it
        groups.setdefault((trade, bare(label)), []).append(place)
    ordered = sorted(groups.items(), key=lambda item: list(dict.fromkeys(key[0] for key in groups)).index(item[0][0]))
    join = _formula if matrix.symbolic else _total
    rows = [(bare(matrix.rows[places[0]]), label, tuple(join(column) for column in zip(*(matrix.entries[place] for place in places), strict=True)))
            for (_, label), places in ordered]
    if not matrix.symbolic:
        most = max((abs(entry) for _, _, entries in rows for entry in entries if entry is not None), default=0.0)
        rows = [row for row in rows if any(entry is not None and abs(entry) > _NOTHING * most for entry in row[2])]
    named = {"labels": tuple(label for _, label, _ in rows)} if matrix.labels else {}
    return replace(matrix, rows=tuple(name for name, _, _ in rows), entries=tuple(entries for _, _, entries in rows),
                   notes=tuple(bare(sentence) for sentence in matrix.notes), **named)


def _total(entries: Iterable[float | None]) -> float | None:
    known = [entry for entry in entries if entry is not None]
    return sum(known) if known else None


def _formula(entries: Sequence[Any]) -> Any:
    """Return the sum of the different terms of formulas, members replaced by their family."""
    known = [sympy.sympify(entry) for entry in entries if entry is not None]
    if not known:
        return None
    terms: dict[sympy.Expr, None] = {}
    for entry in known:
        members = {symbol: sympy.Symbol(bare(symbol.name), real=True) for symbol in entry.free_symbols
                   if isinstance(symbol, Quantity) and "[" in symbol.name}
        for term in sympy.Add.make_args(entry):
            terms.setdefault(term.xreplace(members))
    return sympy.Add(*terms)
