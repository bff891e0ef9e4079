"""What stands where in the matrices of Godley and Lavoie, as formulas: who holds, owes, gives and receives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from .errors import InputError, unknown
from .model import Model
from .quantities import Instrument, Quantity
from .system import System


@dataclass(frozen=True)
class Matrix:
    """Rows by columns; `entries` are numbers or formulas, None where a sector has no part in a row.

    `total` names the row of the column sums, "" where they mean nothing. `labels` are the rows as a
    reader says them, where names alone do not tell. `notes` say in sentences what sums to zero.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    entries: tuple[tuple[Any, ...], ...]
    total: str = ""
    unit: str = ""
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, place: tuple[str, str]) -> Any:
        """Return the entry of a (row, column); raise InputError with the nearest names."""
        for name, known, kind in zip(place, (self.rows, self.columns), ("row", "column"), strict=True):
            if name not in known:
                raise unknown(f"matrix {self.name!r}", kind, name, known)
        return self.entries[self.rows.index(place[0])][self.columns.index(place[1])]

    @property
    def symbolic(self) -> bool:
        """Tell whether the entries are formulas."""
        return any(isinstance(entry, sympy.Basic) for row in self.entries for entry in row)

    @property
    def row_sums(self) -> tuple[Any, ...]:
        """The sum of each row."""
        return tuple(_sum(row) for row in self.entries)

    @property
    def column_sums(self) -> tuple[Any, ...]:
        """The sum of each column."""
        return tuple(_sum(row[place] for row in self.entries) for place in range(len(self.columns)))

    @property
    def whole(self) -> Any:
        """The sum of all entries."""
        return _sum(self.column_sums)


def _sum(entries: Iterable[Any]) -> Any:
    """Return the sum of what there is; of numbers, one in which what is only rounding counts as zero."""
    known = [entry for entry in entries if entry is not None]
    if any(isinstance(entry, sympy.Basic) for entry in known):
        return sympy.Add(*known)
    total = sum(known)
    return 0.0 if abs(total) <= 1e-12 * max(map(abs, known), default=0.0) else total


@dataclass(frozen=True)
class Term:
    """What one stock or flow puts into a cell: sign times the instrument's price times the quantity."""

    row: str
    column: str
    sign: int
    instrument: Instrument
    quantity: Quantity


def filled(form: Matrix, terms: Mapping[Term, Any]) -> Matrix:
    """Return a matrix whose cells are the sums of their terms with the terms' signs."""
    cells: dict[tuple[str, str], Any] = {}
    for term, value in terms.items():
        cells[term.row, term.column] = cells.get((term.row, term.column), 0) + term.sign * value
    return replace(form, entries=tuple(tuple(cells.get((row, column)) for column in form.columns) for row in form.rows))


def structure(model: Model) -> tuple[Matrix, Matrix, Matrix]:
    """Return balance sheet, transactions and revaluation as formulas, without a run.

    An entry of the second is a rate in money; in the third d(price)/dt stands for a price's rate of
    change. Raises InputError for a model without balance sheets.
    """
    return holdings(model)[0], movements(model)[0], gains(model)[0]


def holdings(model: Model) -> tuple[Matrix, tuple[Term, ...]]:
    """Return the balance-sheet matrix as formulas, with its terms: assets +, liabilities -."""
    if not model.sectors:
        raise InputError(f"model {model.name!r}: it has no balance sheets; give its stocks holder= and instrument=")
    system = System(model)
    terms = tuple(Term(stock.instrument.name, sector.name, sign, stock.instrument, stock)
                  for sector in model.sectors for stock, sign in system.positions(sector))
    form = Matrix("balance_sheet", "balance sheets", tuple(instrument.name for instrument in system.instruments),
                  tuple(sector.name for sector in model.sectors), (), "net worth")
    claims = "A claim's row sums to zero: what one holds another owes."
    return replace(filled(form, {term: _price(term) * term.quantity for term in terms}), notes=(claims, *_unowed(system, "hold"))), terms


def gains(model: Model) -> tuple[Matrix, tuple[Term, ...]]:
    """Return the revaluation matrix as formulas, with its terms: holdings times the rate of change of their price."""
    form, terms = holdings(model)
    claims = "Holdings times the change of their price. A claim's row sums to zero: what one gains another loses."
    form = replace(form, name="revaluation", title="revaluation", total="revaluation of net worth", notes=(claims, *_unowed(System(model), "gain")))
    return filled(form, {term: rate_of(term.instrument.price) * term.quantity for term in terms}), terms


def _unowed(system: System, does: str) -> list[str]:
    """Return the sentence on assets that nobody owes, if there are any."""
    real = [instrument.name for instrument in system.instruments if instrument.issuer is None]
    return [f"Nobody owes {', '.join(real)}: such a row sums to what all {does} together."] if real else []


def outside_of(model: Model) -> str:
    """Return the name of the column for CLOUD and what is off the books, which no sector has."""
    return "outside" if all(sector.name != "outside" for sector in model.sectors) else "outside (CLOUD)"


def movements(model: Model) -> tuple[Matrix, tuple[Term, ...]]:
    """Return the transactions matrix as formulas, with its terms: both ends of every flow that touches a balance sheet."""
    columns = holdings(model)[0].columns
    payments = {trade.payment for trade in model.trades}
    outside = outside_of(model)
    terms, labels = [], {}
    for flow in model.flows:
        ends = [(stock, sign) for stock, sign in flow.ends if stock.instrument is not None]
        for stock, sign in ends:
            instrument = stock.instrument
            terms.append(Term(flow.name, stock.holder.name, sign, instrument, flow))
            if len({other.instrument for other, _ in ends}) < len(ends):
                continue  # a claim that changes hands is owed as before
            if instrument.issuer is not None:
                terms.append(Term(flow.name, instrument.issuer.name, -sign, instrument, flow))
            elif len(ends) == 1:
                terms.append(Term(flow.name, outside, -sign, instrument, flow))
        if ends:
            instruments = " to ".join(dict.fromkeys(stock.instrument.name for stock, _ in ends))
            labels[flow.name] = f"{'  payment' if flow in payments else flow.name}: {instruments}"
    if any(term.column == outside for term in terms):
        columns += (outside,)
    form = Matrix("transactions", "transactions", tuple(labels), columns, (), "change of net worth before revaluation", labels=tuple(labels.values()))
    form = filled(form, {term: _price(term) * term.quantity for term in terms})
    return replace(form, notes=tuple(_remarks(model, form, outside))), tuple(terms)


def _remarks(model: Model, form: Matrix, outside: str) -> Iterable[str]:
    """Yield what the sums of a transactions matrix mean, and what stands out in it."""
    yield "+ is what a sector receives or no longer owes, - what it gives or comes to owe, at the prices of the balance sheet."
    beyond = f"; {outside}: the other side of what comes from CLOUD or goes there and nobody owes" if outside in form.columns else ""
    yield f"Every row sums to zero{beyond}."
    made = [row for row, total in zip(form.rows, form.row_sums, strict=True) if total != 0]
    if made:
        yield f"But not {', '.join(made)}: one asset becomes another of a different price."
    declared = {flow.name for trade in model.trades for flow in trade.flows} | {flow.name for flow in model.flows if flow.transfer}
    silent = [row for row, entries in zip(form.rows, form.entries, strict=True)
              if row not in declared and any(entry not in (None, 0) for entry in entries)]
    if silent:
        yield f"It changes net worth but is neither a trade nor a transfer: {', '.join(silent)}."


def _price(term: Term) -> sympy.Expr:
    price = term.instrument.price
    return price if isinstance(price, Quantity) else sympy.Integer(int(price)) if price == int(price) else sympy.Float(price)


def rate_of(price: Any) -> sympy.Expr:
    """Return the symbol of a price's rate of change, zero for a fixed price."""
    return sympy.Symbol(f"d({price.name})/dt", real=True) if isinstance(price, Quantity) else sympy.S.Zero


def terms_of(entry: Any) -> list[sympy.Expr]:
    """Return the terms of a formula, the positive ones first."""
    return sorted(sympy.Add.make_args(sympy.sympify(entry)), key=lambda term: (term.could_extract_minus_sign(), str(term)))


def lines(entry: Any) -> list[str]:
    """Return an entry as short text with its sign: nothing for None, a number with five digits, a formula as a line a term."""
    if entry is None:
        return []
    if entry == 0:
        return ["0"]
    if isinstance(entry, sympy.Basic):
        texts = [sympy.sstr(term, full_prec=False) for term in terms_of(entry)]
        return [text if text.startswith("-") else f"+{text}" for text in texts]
    if not 1e-3 <= abs(entry) < 1e9:
        return [f"{entry:+.3g}"]
    text, exact = f"{entry:+.{max(0, min(3, 5 - len(str(int(abs(entry))))))}f}", f"{entry:+.9g}"
    return [exact if len(exact) < len(text) else text]
