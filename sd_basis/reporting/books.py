"""The books: balance sheets, transactions and revaluation of the run, and how nearly they close."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..accounts import Matrix, lines
from ..matrices import balance_sheet, net_worth, revaluation, transactions
from .page import Markup, element, folded, joined, table
from .subject import Subject

_OPEN = 16  # rows that stand open


def books(subject: Subject) -> Markup | None:
    """Return the matrices of Godley and Lavoie over the run, None for a model without sectors."""
    run = subject.run
    if not subject.model.sectors:
        return None
    worth = net_worth(run)
    before, moved, gained, after = worth.entries
    gap = max(abs(a + b + c - d) for a, b, c, d in zip(before, moved, gained, after, strict=True))
    size = max(map(abs, (*before, *after))) or 1.0
    shown = (balance_sheet(run, run.path.t[0]), transactions(run), revaluation(run), replace(balance_sheet(run), notes=()), worth)
    told = (f"Start, transactions and revaluation make the end, to within {gap / size:.1e} of the largest net worth. "
            "+ raises a sector's net worth, − lowers it; a claim's row sums to zero.")
    return joined(element("p", told), [_matrix(part) for part in shown])


def _matrix(part: Matrix) -> Markup:
    """Return a matrix as a table with its sums, folded where it is long, without rows in which nothing stands."""
    rows: list[list[Any]] = []
    for label, entries, total in zip(part.labels or part.rows, part.entries, part.row_sums, strict=True):
        if any(entry not in (None, 0) for entry in entries):
            rows.append([label.strip(), *map(_cell, entries), _cell(total)])
    if part.total and rows:
        rows.append([part.total, *map(_cell, part.column_sums), _cell(part.whole)])
    head = ["", *part.columns, "sum"]
    title = f"{part.title[:1].upper()}{part.title[1:]}".replace(" 00:00", "") + (f", {part.unit}" if part.unit else "")
    made = table(head, rows, numbers=range(1, len(head)), last_is_total=bool(part.total))
    notes = element("p", " ".join(part.notes), class_="quiet") if part.notes else None
    if len(rows) > _OPEN:
        return folded(f"{title} ({len(rows)} rows)", made, notes)
    return joined(element("h3", title), made or element("p", "Nothing stands in it."), notes)


def _cell(entry: Any) -> str:
    return " ".join(lines(entry))


def ledgers(subject: Subject) -> Markup | None:
    """Return the largest closing error of each ledger."""
    errors = subject.run.ledgers
    if not errors:
        return None
    rows = [(name, f"{error:.1e}") for name, error in sorted(errors.items(), key=lambda entry: -entry[1])]
    worst = rows[0]
    intro = element("p", "Each balance is compared with income and revaluation integrated independently; relative to its scale the largest error is "
                         f"{worst[1]} ({worst[0]}), at a relative tolerance of {subject.run.solver['rtol']:g}.")
    made = table(("ledger", "largest error, relative"), rows, numbers=(1,))
    return joined(intro, made if len(rows) <= _OPEN else folded(f"All {len(rows)} ledgers", made))
