"""Matrices as pictures: tables of numbers or formulas, signs coloured, columns and names wrapped to the width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..accounts import Matrix, lines, structure
from ..matrices import balance_sheet, net_worth, revaluation, transactions
from ..run import Run
from .context import Context
from .gathering import gathered_rows
from .style import BLUE, INK, QUIET, SIZE, VERMILLION, WIDTH, blank, styled
from .wording import spoken, text_width, wrapped

_MARGIN, _LABEL, _APART = 0.08, 2.4, 0.1  # inches; a label's most
_NUMBER, _FORMULA = (0.64, 1.1), (1.15, 2.2)  # a cell's least and most
_BOLD = 1.12  # how much wider bold words are
_LINE, _ROOM, _BETWEEN = 0.135, 0.035, 0.22
_TEXT, _SMALL = SIZE - 0.5, SIZE - 1.5
_BAND, _RULE = "#f1f5f8", "#9aa5ae"

Table = dict[str, list]
Lines = tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    """A row as it is drawn: the lines of its label and of each cell."""

    label: Lines
    cells: tuple[Lines, ...]
    banded: bool
    total: bool = False

    @property
    def height(self) -> float:
        """The height of the row in inches."""
        return max(len(part) for part in (self.label, *self.cells)) * _LINE + _ROOM


@dataclass(frozen=True)
class _Block:
    """A table that fits the width: a title, heads and rows, remarks below, and where its columns end."""

    title: Lines
    heads: tuple[Lines, ...]
    rows: tuple[_Row, ...]
    notes: Lines
    ends: tuple[float, ...]

    @property
    def height(self) -> float:
        """The height of the block in inches."""
        heads = max(map(len, self.heads)) * _LINE + 2 * _ROOM
        return len(self.title) * _LINE * 1.25 + heads + sum(row.height for row in self.rows) + len(self.notes) * _LINE + 3 * _ROOM


def of_accounts(context: Context, case: str | None = None) -> dict[str, tuple[str, Callable[[Context], tuple[Figure, Table]]]]:
    """Return the figures of a model's matrices, name to (title, function); none for a model without balance sheets.

    They are of the named case, else of the first with policies, else of the first, else of the model alone. In the
    pictures the rows of a family are one; the tables behind them have every member.
    """
    name, cases = context.model.name, context.cases
    chosen = case or next((name for name in cases if context.case(name).policies), next(iter(cases), None))

    def shown(*made: Callable[[Run], Matrix]) -> Callable[[Context], tuple[Figure, Table]]:
        return lambda context: _of_run([form(context.run(chosen)) for form in made], context.run(chosen))

    return {"balance_sheet": (f"Balance sheets of {name}", shown(_opening, balance_sheet)),
            "transactions": (f"Transactions of {name}", shown(transactions)),
            "revaluation": (f"Revaluation and net worth of {name}", shown(revaluation, net_worth)),
            "matrices": (f"The matrices of {name} as formulas", _formulas)} if context.model.sectors else {}


def _opening(run: Run) -> Matrix:
    return replace(balance_sheet(run, run.path.t[0]), notes=())


def _of_run(matrices: Sequence[Matrix], run: Run) -> tuple[Figure, Table]:
    gathered = [gathered_rows(matrix) if matrix.name == "transactions" else matrix for matrix in matrices]
    return tables(gathered, f"{run.model.name}, {run.case.name}: ")[0], _table(matrices)


def _formulas(context: Context) -> tuple[Figure, Table]:
    made = structure(context.model)
    return tables([gathered_rows(matrix) for matrix in made], f"{context.model.name}: ")[0], _table(made)


@styled()
def tables(matrices: Sequence[Matrix], head: str = "") -> tuple[Figure, Table]:
    """Return a picture of matrices, one below the other, and the table behind it; a wide matrix comes in blocks of columns."""
    blocks = [block for matrix in matrices for block in _blocks(matrix, head)]
    height = sum(block.height for block in blocks) + _BETWEEN * (len(blocks) - 1) + 2 * _MARGIN
    figure = blank(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.set_axis_off()
    top = height - _MARGIN
    for block in blocks:
        _draw(axes, block, top)
        top -= block.height + _BETWEEN
    return figure, _table(matrices)


def _blocks(matrix: Matrix, head: str) -> list[_Block]:
    """Return a matrix in blocks of columns that fit the width, as even as can be."""
    texts = [label if label.startswith(" ") else spoken(label) for label in matrix.labels or matrix.rows]
    total = wrapped(matrix.total, _LABEL / _BOLD, _TEXT)
    widths = [min(_LABEL, text_width(text, _TEXT)) for text in texts] + [text_width(text, _TEXT) * _BOLD for text in total]
    named = max(widths, default=0.0) + _APART
    columns = [(name, [row[place] for row in matrix.entries], matrix.column_sums[place]) for place, name in enumerate(matrix.columns)]
    if not matrix.symbolic:
        columns.append(("sum", matrix.row_sums, matrix.whole))
    room = WIDTH - 2 * _MARGIN - named
    least, most = _FORMULA if matrix.symbolic else _NUMBER
    count = -(-len(columns) // max(1, int(room / least)))
    each = -(-len(columns) // count)
    width = min(room / each, most)
    title = f"{head}{matrix.title}" + (f", {matrix.unit}" if matrix.unit else "")
    made = []
    for first in range(0, len(columns), each):
        own = columns[first:first + each]
        rows, banded = [], True
        for number, text in enumerate(texts):
            banded ^= not text.startswith(" ")  # the legs of a trade share a band
            cells = tuple(_lines(entries[number], width - _APART) for _, entries, _ in own)
            if any(cells):
                rows.append(_Row(_label(text, named - _APART), cells, banded))
        if matrix.total and not matrix.symbolic:
            rows.append(_Row(total, tuple(_lines(whole, width) for _, _, whole in own), False, True))
        last = first + each >= len(columns)
        made.append(_Block(wrapped(title, (WIDTH - 2 * _MARGIN) / _BOLD, SIZE + 1) if not first else (),
                           tuple(wrapped(name, width - _APART, _TEXT) for name, _, _ in own), tuple(rows),
                           wrapped(" ".join(matrix.notes).replace(" - ", " − "), WIDTH - 2 * _MARGIN, _SMALL) if last and matrix.notes else (),
                           tuple(_MARGIN + named + width * (place + 1) - 0.03 for place in range(len(own)))))
    return made


def _label(text: str, width: float) -> Lines:
    """Return a label in lines; what moves begins a line of its own where both do not fit one."""
    indent = " " * (len(text) - len(text.lstrip()))
    if text_width(text, _TEXT) <= width:
        return (text,)
    name, colon, moved = text.strip().partition(": ")
    return tuple(indent + line for part in (name + colon.strip(), moved) if part for line in wrapped(part, width, _TEXT))


def _lines(entry: Any, width: float) -> Lines:
    """Return the lines of a cell, with a real minus and the names as they are said."""
    texts = [line.replace("-", "−").replace("*", " × ") for line in lines(entry)]
    return tuple(part for text in texts for part in wrapped(text, width, _TEXT))


def _draw(axes: Axes, block: _Block, top: float) -> None:
    """Draw a block from its top downwards."""
    for line in block.title:
        axes.text(_MARGIN, top, line, size=SIZE + 1, weight="bold", va="top")
        top -= _LINE * 1.25
    top -= _ROOM
    bottom = top - max(map(len, block.heads)) * _LINE
    for end, head in zip(block.ends, block.heads, strict=True):
        for number, line in enumerate(reversed(head)):
            axes.text(end, bottom + number * _LINE + 0.03, line, size=_TEXT, color=QUIET, ha="right", va="baseline")
    top = bottom - _ROOM / 2
    _rule(axes, block, top)
    for row in block.rows:
        if row.banded:
            axes.add_patch(Rectangle((_MARGIN, top - row.height), block.ends[-1] + 0.03 - _MARGIN, row.height, facecolor=_BAND, edgecolor="none"))
        if row.total:
            _rule(axes, block, top)
        weight = "bold" if row.total else "normal"
        for place, texts in ((None, row.label), *zip(block.ends, row.cells, strict=True)):
            colour = INK if place is None else QUIET
            for number, text in enumerate(texts):
                if place is not None and text[0] in "+−":  # a term keeps its colour over its lines
                    colour = BLUE if text[0] == "+" else VERMILLION
                axes.text(_MARGIN if place is None else place, top - _ROOM / 2 - (number + 0.78) * _LINE, text, size=_TEXT, color=colour,
                          weight=weight, ha="left" if place is None else "right", va="baseline")
        top -= row.height
    _rule(axes, block, top)
    for number, line in enumerate(block.notes):
        axes.text(_MARGIN, top - _ROOM - (number + 0.85) * _LINE, line, size=_SMALL, color=QUIET, va="baseline")


def _rule(axes: Axes, block: _Block, y: float) -> None:
    axes.plot((_MARGIN, block.ends[-1] + 0.03), (y, y), color=_RULE, linewidth=0.7)


def _table(matrices: Sequence[Matrix]) -> Table:
    """Return the matrices as columns: which one, which row, the sectors and the sum."""
    columns = list(dict.fromkeys(name for matrix in matrices for name in matrix.columns))
    table: Table = {"matrix": [], "row": [], **{name: [] for name in columns}, "sum": []}
    for matrix in matrices:
        bottom = [(matrix.total, matrix.column_sums, matrix.whole)] if matrix.total else []
        for row, entries, total in (*zip(matrix.rows, matrix.entries, matrix.row_sums, strict=True), *bottom):
            found = dict(zip(matrix.columns, entries, strict=True)) | {"matrix": matrix.title, "row": row, "sum": total}
            for name, column in table.items():
                column.append(found.get(name))
    return table
