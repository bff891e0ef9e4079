"""The matrices as text: balance sheets, transactions and revaluation, in numbers over a case or as formulas."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from itertools import zip_longest

from ..accounts import Matrix, lines, structure
from ..case import Case
from ..matrices import balance_sheet, net_worth, revaluation, transactions
from .output import WIDTH, narrow, table, warn
from .request import Request

_LABEL, _HEAD, _FORMULA = 22, 9, 22

Column = tuple[str, list[str]]


def matrix(asked: Request, case: Case, symbolic: bool = False) -> str:
    """Return the matrices of a run of the case, or of the model as formulas; raise InputError for a model without sectors."""
    forms = structure(asked.model)  # before the run, which is no use to a model without balance sheets
    if symbolic:
        return "\n\n".join(_shown(form, asked.model.name) for form in forms)
    run = asked.simulate(case)
    warn(run.warnings)
    worth = net_worth(run)
    shown = (balance_sheet(run, run.path.t[0]), transactions(run), revaluation(run), replace(balance_sheet(run), notes=()), worth)
    before, moved, gained, after = worth.entries
    gap = max(abs(a + b + c - d) for a, b, c, d in zip(before, moved, gained, after, strict=True))
    size = max(map(abs, (*before, *after))) or 1.0
    closing = f"Start, transactions and revaluation make the end, to within {gap / size:.1e} of the largest net worth."
    return "\n\n".join([*(_shown(part, f"{asked.model.name}, {case.name}") for part in shown), closing])


def _shown(part: Matrix, head: str) -> str:
    """Return a matrix as text under its title, with its notes below; one too wide for the line comes in blocks of columns."""
    labels = [narrow(label, _LABEL) for label in part.labels or part.rows]
    columns = [(narrow(name, _HEAD), [_text(row[place]) for row in part.entries]) for place, name in enumerate(part.columns)]
    if not part.symbolic:  # the notes say what a row of formulas sums to
        columns.append(("sum", [_text(total) for total in part.row_sums]))
    if part.total and not part.symbolic:
        labels.append(narrow(part.total, _LABEL))
        for (_, cells), total in zip(columns, (*part.column_sums, part.whole), strict=True):
            cells.append(_text(total))
    title = f"{head}: {part.title}" + (f", {part.unit}" if part.unit else "")
    return "\n\n".join([title, *_blocks(labels, columns, part.symbolic), *([textwrap.fill(" ".join(part.notes), WIDTH)] if part.notes else [])])


def _text(entry) -> str:
    """Return an entry as text; a formula has a line a term, and breaks between its factors."""
    return "\n".join(narrow(line, _FORMULA, at="*") for line in lines(entry))


def _blocks(labels: list[str], columns: list[Column], left: bool) -> list[str]:
    """Return the columns as tables that fit the line, each with the labels of its rows."""
    blocks: list[list[Column]] = [[]]
    for column in columns:
        if blocks[-1] and max(map(len, _table(labels, [*blocks[-1], column], left).splitlines())) > WIDTH:
            blocks.append([])
        blocks[-1].append(column)
    return [_table(labels, block, left) for block in blocks]


def _table(labels: list[str], columns: list[Column], left: bool) -> str:
    """Return a table in which labels and cells may have several lines, without its empty rows."""
    rows = []
    for label, *cells in zip(labels, *(cells for _, cells in columns), strict=True):
        if any(cells):
            rows += zip_longest(*(text.split("\n") for text in (label, *cells)), fillvalue="")
    return table(["", *(head for head, _ in columns)], rows, left=1 + left * len(columns))
