"""A fit without a fit file: the columns of a CSV file held against quantities of their names.

What cannot be meant is refused with its line: cells that are no number, times that do not rise or stand twice, columns that
name no quantity.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..case import Case
from ..errors import InputError, unknown
from ..library import find_case
from ..model import Model
from ..quantities import Parameter
from .description import Fit, Free, SeriesTarget

BLANK = {"", ".", "na", "n/a", "nan", "null", "none", "-"}
_TIMES = ("date", "time", "t", "datetime", "when")


@dataclass(frozen=True)
class _Row:
    """A line of the file: its number, its time as text and in model time, and its cells."""

    line: int
    text: str
    time: float
    cells: Mapping[str, float | None]


def read_table(model: Model, file: str | Path, free: Iterable[Free | str], *, columns: Mapping[str, str] | None = None, case: str | Path | None = None,
               until: Any = None, held_out: Iterable[str] = (), errors: Mapping[str, float] | float | None = None, time_column: str | None = None,
               leave_out_holes: bool = False) -> Fit:
    """Return the fit of free parameters to a CSV file; raise InputError for whatever in it cannot be meant, with its line.

    A column named like a quantity is held against it, and `columns` maps others (column to quantity); the data are in the unit of
    the quantity. Times are model times, or ISO dates where the case has an origin. What follows `until`, and the columns in
    `held_out`, are judged and not fitted. Without `errors` (one standard deviation, or one by column) these are taken from the
    residuals, so that columns weigh by how well the model can meet them.
    """
    path, where = Path(file), Path(file).name
    own = find_case(model, case) or Case("default")
    header, lines = _lines(path)
    time_name = _time_column(model, where, header, time_column)
    chosen = _columns(model, where, [name for name in header if name != time_name], columns or {})
    held = set(held_out)
    for given, kind in ((held, "held-out"), (errors if isinstance(errors, Mapping) else (), "error")):
        for name in given:
            if name not in chosen:
                raise unknown(f"{where}, {kind}", "column", name, chosen)
    rows, outside = _inside(model, own, where, _rows(own, where, header, time_name, chosen, lines))
    cut = None if until is None else own.time(f"{where}, until", until)
    series: list[SeriesTarget] = []
    for name, quantity in chosen.items():
        given = _error(where, name, errors)
        mine = [row for row in rows if row.cells[name] is not None]
        if not mine:
            raise InputError(f"{where}, column {name!r}: it has no number within the run; give data, or leave the column out")
        early, late = (mine, []) if cut is None else ([row for row in mine if row.time <= cut], [row for row in mine if row.time > cut])
        spread = _spread([row.cells[name] for row in early or mine])
        for part, out in ((early, name in held), (late, True)):
            if part:
                series.append(SeriesTarget(quantity, str(path.resolve()), name, given or spread, time_name, factor=1.0, window=(part[0].text, part[-1].text),
                                           holes="leave out" if leave_out_holes else "refuse", held_out=out))
    if cut is not None and all(target.held_out for target in series):
        raise InputError(f"{where}, until {until}: no data to fit come before it; they go from {own.when(rows[0].time)} to {own.when(rows[-1].time)}")
    idle = [repr(name) for name in header if name != time_name and name not in chosen]
    told = f"column {idle[0]} names no quantity and is" if len(idle) == 1 else f"columns {', '.join(idle)} name no quantity and are"
    notes = [f"{where}: {told} left out"] if idle else []
    notes += [f"{where}: {outside} rows lie outside the run and are left out"] if outside else []
    if cut is not None and rows[-1].time <= cut:
        notes.append(f"{where}, until {until}: no data follow it, they end at {own.when(rows[-1].time)}, so that nothing is held out by it")
    wanted = tuple(_free(model, item) for item in free)
    for number, item in enumerate(wanted):
        if item.name in [other.name for other in wanted[:number]]:
            raise InputError(f"free: {item.name!r} is given twice; give it once")
    return Fit(path.stem, case=None if case is None else str(case), free=wanted, series=tuple(series),
               notes=tuple(notes), errors_from_residuals=errors is None, search="dogbox")


def _free(model: Model, item: Free | str) -> Free:
    """Return a free parameter; one given by name is searched over its plausible range."""
    if isinstance(item, Free):
        return item
    low, _ = model.quantity(item, "free", Parameter).between
    return Free(item, scale="log" if low > 0 else "linear")


def _error(where: str, name: str, errors: Mapping[str, float] | float | None) -> float | None:
    own = errors.get(name) if isinstance(errors, Mapping) else errors
    if own is None and isinstance(errors, Mapping):
        raise InputError(f"{where}, error: column {name!r} has none; give one for each column, or none at all")
    if own is not None and not (math.isfinite(own) and own > 0):
        raise InputError(f"{where}, error: {own:g} is not above zero; give a standard deviation")
    return own


def _spread(values: Sequence[float | None]) -> float:
    """Return what columns are weighed by before their residuals are known: the spread of the data, or their size."""
    known = [value for value in values if value is not None]
    mean = math.fsum(known) / len(known)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in known) / len(known)) or max(map(abs, known)) or 1.0


def _lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows that are not empty, with their line numbers."""
    if path.is_dir():
        raise InputError(f"data: {str(path)!r} is a folder; give a CSV file")
    if not path.is_file():
        folder = path.parent if path.parent.is_dir() else Path(".")
        raise unknown("data", "file", str(path), [str(other) for other in sorted(folder.glob("*.csv"))])
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path.name}: it cannot be read ({error}); give a CSV file in UTF-8") from None
    if len(header) < 2 or not rows:
        lacking = "no rows" if len(header) > 1 else "fewer than two columns"
        raise InputError(f"{path.name}: it has {lacking}; give a line of names with commas, and rows of times and numbers")
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"{path.name}: the column {name!r} stands in it twice; give each another name")
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(f"{path.name}, line {line}: it has {len(row)} cells where the first line has {len(header)}; mend the line")
    return header, rows


def _time_column(model: Model, where: str, header: list[str], given: str | None) -> str:
    """Return the column of times: the one given, one with a usual name, or the first."""
    if given is not None:
        if given not in header:
            raise unknown(where, "column", given, header)
        return given
    usual = [name for name in header if name.lower() in (*_TIMES, model.time_unit.lower(), f"{model.time_unit.lower()}s")]
    if usual:
        return usual[0]
    if header[0] in model.quantities:
        raise InputError(f"{where}: no column holds times ({', '.join(header)}); name one of them date or time, or say which with --time")
    return header[0]


def _columns(model: Model, where: str, names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the quantity of each column that is used."""
    for name, quantity in given.items():
        if name not in names:
            raise unknown(f"{where}, map", "column", name, names)
        if isinstance(model.quantity(quantity, f"{where}, column {name!r}"), Parameter):
            raise InputError(f"{where}, column {name!r}: {quantity!r} is a parameter, which no run tells; name a stock, flow or auxiliary")
    found = {name: given.get(name, name) for name in names if name in given or _is_quantity(model, name)}
    if not found:
        hints = [(name, str(unknown("", "quantity", name, model.quantities))) for name in names]
        near, told = next(((name, text) for name, text in hints if "did you mean" in text), (names[0], ""))
        meant = f"; {told.partition('; ')[2]} Or" if told else ";"
        raise InputError(f"{where}: none of its columns ({', '.join(names)}) names a quantity of the model{meant} write --map {near}=QUANTITY")
    for quantity in found.values():
        alike = [name for name in found if found[name] == quantity]
        if len(alike) > 1:
            raise InputError(f"{where}: two columns, {' and '.join(alike)}, stand for {quantity}; map one of them")
    return found


def _is_quantity(model: Model, name: str) -> bool:
    try:
        return not isinstance(model.quantity(name), Parameter)
    except InputError:
        return False


def _rows(case: Case, where: str, header: list[str], time_name: str, chosen: Mapping[str, str], lines: list[tuple[int, list[str]]]) -> list[_Row]:
    """Return the rows with their model times, which must rise, and their numbers."""
    found: list[_Row] = []
    for line, row in lines:
        cells = dict(zip(header, row, strict=True))
        values = {name: _number(f"{where}, line {line}, column {name!r}", cells[name]) for name in chosen}
        text = cells[time_name]
        if case.is_closed(text) and all(value is None for value in values.values()):
            continue
        if not text:
            raise InputError(f"{where}, line {line}: its {time_name} is missing; give each row a time, or remove the row")
        time = case.time(f"{where}, line {line}, column {time_name!r}", text)
        if found and time <= found[-1].time:
            before = found[-1]
            if text == before.text or time == before.time:
                raise InputError(f"{where}, line {line}: {text} stands for the same time as line {before.line} ({before.text}); "
                                 "keep one row for each trading time, or their mean")
            raise InputError(f"{where}, line {line}: {text} comes after {before.text} in the file but not in time; sort the rows")
        found.append(_Row(line, text, time, values))
    return found


def _number(where: str, text: str) -> float | None:
    """Return the number in a cell, None in a blank one."""
    if text.lower() in BLANK:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: {text!r} is not a number; write a number with a point, or leave the cell empty")
    return value


def _inside(model: Model, case: Case, where: str, rows: list[_Row]) -> tuple[list[_Row], int]:
    """Return the rows within the span of the run, and how many are not."""
    start, end = (case.time("span", value) for value in (case.span or model.span))
    kept = [row for row in rows if start <= row.time <= end]
    if not kept:
        reach = f"they go from {rows[0].text} to {rows[-1].text}" if rows else "there are none"
        raise InputError(f"{where}: no data lie within the run from {case.when(start)} to {case.when(end)}, {reach}; choose another case or file")
    return kept, len(rows) - len(kept)
