"""Matrices as LaTeX: a plain `tabular` each, which needs no package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from ..accounts import Matrix, lines, rate_of, terms_of
from ..quantities import Quantity

_SPECIAL = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", **{mark: f"\\{mark}" for mark in "_&%$#{}"},
            "[": "{[}", "*": "{*}"}  # after the end of a line these two would belong to it


def tabular(matrix: Matrix, names: Mapping[Quantity, str]) -> str:
    """Return a matrix, of formulas or of numbers, as LaTeX; `names` are the quantities in LaTeX's mathematics."""
    known = dict(names) | {rate_of(quantity): rf"\dot{{{name}}}" for quantity, name in names.items()}
    labels = [rf"\quad {escaped(label.strip())}" if label.startswith(" ") else escaped(label) for label in matrix.labels or matrix.rows]
    rows = [[label, *(_cell(entry, known) for entry in (*entries, total))]
            for label, entries, total in zip(labels, matrix.entries, matrix.row_sums, strict=True)]
    head = ["", *(_stacked([escaped(word) for word in name.split()]) for name in matrix.columns), r"$\Sigma$"]
    body = [r"\hline", *map(_row, rows), r"\hline"]
    if matrix.total and not matrix.symbolic:  # a column of formulas would be summed to a line too long to read
        body += [_row([escaped(matrix.total), *(_cell(total, known) for total in (*matrix.column_sums, matrix.whole))]), r"\hline"]
    remark = f"% {escaped(matrix.title)}: {escaped(' '.join(matrix.notes))}"
    begin = rf"\begin{{tabular}}{{l{'r' * len(matrix.columns)}|r}}"
    return "\n".join([remark, begin, r"\hline", _row(head), *body, r"\end{tabular}"])


def escaped(text: str) -> str:
    """Return a text in which LaTeX sees no command."""
    return "".join(_SPECIAL.get(mark, mark) for mark in text)


def _row(cells: list[str]) -> str:
    return f"  {' & '.join(cells)} \\\\"


def _cell(entry: Any, names: Mapping[Quantity, str]) -> str:
    """Return an entry in LaTeX's mathematics, a line a term."""
    if not isinstance(entry, sympy.Basic) or entry == 0:
        return _stacked([f"${line}$" for line in lines(entry)])
    texts = [sympy.latex(term, symbol_names=names, mul_symbol=r"\,") for term in terms_of(entry)]
    return _stacked([f"${text}$" if text.startswith("-") else f"$+{text}$" for text in texts])


def _stacked(texts: list[str]) -> str:
    """Return texts one above the other."""
    return r"\shortstack[r]{" + r"\\ ".join(texts) + "}" if len(texts) > 1 else "".join(texts)
