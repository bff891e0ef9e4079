"""Figures on disk: SVG, PNG and the CSV behind them, the same bytes each time, and their comparison."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ..storage import write_atomic
from .style import DPI, styled

RTOL = 1e-6


@styled()
def save(figure: Figure, table: Mapping[str, Sequence], folder: str | Path, name: str) -> list[Path]:
    """Write NAME.svg, NAME.png and NAME.csv into a folder, each whole or not at all, and return their paths."""
    folder = Path(folder)
    paths = []
    # no date, no version: the bytes depend on the picture alone
    for suffix, metadata in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, dpi=DPI, metadata=metadata)
        paths.append(folder / f"{name}.{suffix}")
        write_atomic(paths[-1], buffer.getvalue())
    paths.append(folder / f"{name}.csv")
    write_atomic(paths[-1], table_text(table))
    return paths


@styled()
def svg_bytes(figure: Figure) -> bytes:
    """Return a figure as SVG, the same bytes each time."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def table_text(table: Mapping[str, Sequence]) -> str:
    """Return a table of columns as CSV; shorter columns end in blanks, and no value (NaN, None) is blank."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip_longest(*([_cell(value) for value in column] for column in table.values()), fillvalue=""))
    return text.getvalue()


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value + 0.0:.10g}"
    return str(value)


def differences(name: str, stored: str, fresh: str, rtol: float = RTOL) -> list[str]:
    """Return as sentences where a stored CSV differs from a fresh one by more than rtol of a column's range."""
    old, new = (list(csv.reader(io.StringIO(text))) for text in (stored, fresh))
    if not old or old[0] != new[0]:
        return [f"{name}: its columns are {', '.join(old[0]) if old else 'missing'}, but should be {', '.join(new[0])}; regenerate it"]
    if len(old) != len(new) or any(len(row) != len(old[0]) for row in old):
        return [f"{name}: it has {len(old) - 1} rows, but should have {len(new) - 1}; regenerate it"]
    found = []
    for column, title in enumerate(new[0]):
        pairs = [(row[column], other[column]) for row, other in zip(old[1:], new[1:], strict=True)]
        sentence = _column_difference(pairs, rtol)
        if sentence:
            found.append(f"{name}, column {title}: {sentence}; regenerate it or find what changed")
    return found


def _column_difference(pairs: Sequence[tuple[str, str]], rtol: float) -> str:
    numbers = [number for _, text in pairs if (number := _number(text)) is not None]
    span = (max(numbers) - min(numbers) or max(map(abs, numbers))) if numbers else 0.0
    worst, sentence = 0.0, ""
    for row, (old, new) in enumerate(pairs, 2):
        stored, fresh = _number(old), _number(new)
        if stored is None or fresh is None:
            if old != new:
                return f"line {row} holds {old!r}, but should hold {new!r}"
            continue
        gap = abs(stored - fresh)
        if not gap <= rtol * span and not gap <= worst:
            worst, sentence = gap, f"line {row} holds {old}, but should hold {new}, {gap / span if span else gap:.2g} of the column's range apart"
    return sentence


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None
