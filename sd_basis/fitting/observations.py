"""What a run is held against, in model time and in the unit of the model's quantity, read from files that must have no holes."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ..calendar import parse_date
from ..case import Case
from ..errors import InputError, unknown
from ..model import Model
from ..units import Units
from .description import Fit, PointTarget, SeriesTarget

_AROUND = timedelta(days=100)  # around the window: for the date changes count from, and the value before


@dataclass(frozen=True)
class Observed:
    """Values of a quantity at model times, each with its error; with a `base` they are changes from that time.

    `before` is the last value before the window, or its first: what somebody would say who expects no change.
    """

    label: str
    quantity: str
    times: np.ndarray
    values: np.ndarray
    error: float
    base: float | None = None
    before: float = math.nan
    held_out: bool = False
    point: bool = False
    unit: str | None = None
    reason: str = ""


def observed(model: Model, case: Case, fit: Fit) -> tuple[Observed, ...]:
    """Return everything that a fit holds a run against; raise InputError for what cannot be compared, naming the place."""
    name = fit.path.name if fit.path else fit.name
    span = case.span or model.span
    start, end = (case.time("span", value) for value in span)
    found = [_series(f"{name}, series {number} ({target.quantity})", model, case, fit, target, (start, end))
             for number, target in enumerate(fit.series, 1)]
    found += [_point(f"{name}, point {number} ({target.quantity})", model, case, target, (start, end)) for number, target in enumerate(fit.points, 1)]
    labels = [item.label for item in found]
    return tuple(replace(item, label=f"{item.label} ({labels[:place].count(item.label) + 1})") if labels[:place].count(item.label) else item
                 for place, item in enumerate(found))


def _series(where: str, model: Model, case: Case, fit: Fit, target: SeriesTarget, span: tuple[float, float]) -> Observed:
    unit, factor = _unit(where, model, target)
    offset = target.hour / 24
    low, high = (_inside(f"{where}, {key}", case, value, span, default) for key, value, default in
                 zip(("from", "until"), target.window, span, strict=True))
    base = None if target.change_from is None else _inside(f"{where}, change_from", case, target.change_from, span, 0.0) + offset
    rows = _totals(where, _rows(where, _file(where, model, fit, target), target, _near(case, min(low, math.inf if base is None else base - offset), high)))
    times: list[float] = []
    values: list[float] = []
    seen: list[float] = []
    before = at_base = math.nan
    for text, value in rows:
        time = case.time(where, text) + offset
        closed = case.is_closed(text)
        if value is None and (closed or target.holes == "leave out"):
            continue
        if value is None and low <= time - offset <= high:
            raise InputError(f"{where}: its data have a hole at {text}; mend the file, choose another window, or {_leaving(fit)}")
        if value is None:
            continue
        if base is not None and time == base:
            at_base = value
        if time - offset < low:
            before = value
        elif time - offset <= high and time <= span[1]:
            if seen and seen[-1] >= time:
                raise InputError(f"{where}: {text} does not follow the date before it; put the rows in rising order, one trading day each")
            seen.append(time)
            if base is None or time != base:  # there the change is nothing, whatever the model
                times.append(time)
                values.append(value)
    if not times:
        raise InputError(f"{where}: its window from {case.when(low)} to {case.when(high)} holds no data; choose another window or file")
    if target.holes == "refuse":
        _gaps(where, case, seen, _leaving(fit))
    if base is not None and math.isnan(at_base):
        raise InputError(f"{where}, change_from: the data have no value at {case.when(base - offset)}; choose a date of the file")
    shift = 0.0 if base is None else at_base
    if base is not None and base - offset >= low:
        before = at_base
    if math.isnan(before):
        before = values[0]
    return Observed(target.quantity, target.quantity, np.array(times), factor * (np.array(values) - shift), abs(factor) * target.error, base,
                    factor * (before - shift), target.held_out, unit=unit, reason=target.reason)


def _point(where: str, model: Model, case: Case, target: PointTarget, span: tuple[float, float]) -> Observed:
    unit, factor = _unit(where, model, target)
    dates = (None, target.at) if target.change is None else target.change
    base = None if dates[0] is None else _inside(where, case, dates[0], span, 0.0)
    time = _inside(where, case, dates[1], span, 0.0)
    if base is not None and base >= time:
        raise InputError(f"{where}, change: {dates[0]} is not before {dates[1]}; give the earlier date first")
    return Observed(target.quantity, target.quantity, np.array([time]), np.array([factor * target.value]), abs(factor) * target.error, base,
                    held_out=target.held_out, point=True, unit=unit, reason=target.reason)


def _unit(where: str, model: Model, target: SeriesTarget | PointTarget) -> tuple[str | None, float]:
    """Return the unit of the quantity and what brings the data to it."""
    quantity = model.quantity(target.quantity, where)
    own = model.unit_text(quantity)
    if own is None or (target.unit is None and (target.factor is not None or isinstance(target, PointTarget))):
        return own, target.factor or 1.0
    if target.unit is None:
        raise InputError(f"{where}: it does not say the unit of its data; write unit = {own!r}, or another with a factor")
    units = Units(model.unit_definitions)
    needed, given = units.parse(own, where), units.parse(target.unit, f"{where}, unit")
    if needed.same(given):
        return own, target.factor or 1.0
    ratio = given.scale / needed.scale
    if needed.powers == given.powers and (target.factor is None or abs(abs(target.factor) / ratio - 1) > 1e-9):
        raise InputError(f"{where}: its data are in {target.unit}, {target.quantity} in {own}; write factor = {ratio:g}")
    if target.factor is None:
        raise InputError(f"{where}: its data are in {target.unit}, {target.quantity} in {own}; give data of that unit, or a factor")
    return own, target.factor


def _inside(where: str, case: Case, value: Any, span: tuple[float, float], default: float) -> float:
    """Return a model time, which must lie in the span of the run."""
    if value is None:
        return default
    time = case.time(where, value)
    if not span[0] <= time <= span[1]:
        raise InputError(f"{where}: {value} lies outside the run from {case.when(span[0])} to {case.when(span[1])}; choose a date within, or another case")
    return time


def _file(where: str, model: Model, fit: Fit, target: SeriesTarget) -> Path:
    """Return where the data lie: in the model's folder, else in that of the fit file."""
    if Path(target.file).is_absolute() and Path(target.file).is_file():
        return Path(target.file)
    folders = []
    if model.path:
        folders.append(Path(model.path) if Path(model.path).is_dir() else Path(model.path).parent)
    if fit.path:
        folders.append(fit.path.parent)
    for folder in folders:
        if (folder / target.file).is_file():
            return folder / target.file
    known = [str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path) for folder in folders for path in sorted((folder / target.file).parent.glob("*.csv"))]
    raise unknown(where, "file", target.file, known)


def _near(case: Case, low: float, high: float) -> Any:
    """Return what tells whether a date is near the window; others need not lie in the calendar."""
    if case.calendar is None:
        return lambda where, text: True
    first, last = (case.calendar.moment(time) for time in (low, high))
    return lambda where, text: first - _AROUND <= parse_date(where, text) <= last + _AROUND


def _rows(where: str, path: Path, target: SeriesTarget, near: Any) -> list[tuple[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            for name in (target.date_column, target.column, *target.where):
                if name not in (reader.fieldnames or ()):
                    raise unknown(f"{where}, {path.name}", "column", name, reader.fieldnames or ())
            kept = [row for row in reader if all(row[key] == value for key, value in target.where.items())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{where}: {path.name} cannot be read ({error}); give a CSV file") from None
    if not kept:
        raise InputError(f"{where}: no row of {path.name} has {dict(target.where)}; choose values that stand there")
    return [(row[target.date_column], row[target.column] or "") for row in kept if near(where, row[target.date_column])]


def _totals(where: str, rows: Iterable[tuple[str, str]]) -> list[tuple[str, float | None]]:
    """Return the sum of each date's values, None where one is blank, no number, or missing among its like."""
    found: dict[str, list[float]] = {}
    for text, value in rows:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        found.setdefault(text, []).append(number)
    most = max(map(len, found.values()), default=0)
    return [(text, math.fsum(parts) if len(parts) == most and all(map(math.isfinite, parts)) else None) for text, parts in found.items()]


def _leaving(fit: Fit) -> str:
    """Return how one says that holes are left out: in the fit file, or for a data file alone."""
    return 'write holes = "leave out"' if fit.path else "leave the holes out with --leave-out-holes"


def _gaps(where: str, case: Case, times: list[float], leaving: str) -> None:
    """Raise InputError where dates are missing: among times that are regular, an interval of nearly twice the usual one or more."""
    steps = np.diff(times)
    if len(steps) < 3:
        return
    usual = float(np.median(steps))
    if np.mean(np.abs(steps / usual - 1) < 0.12) < 0.75:  # an experiment's times, which follow no rule
        return
    for place in np.flatnonzero(steps > 1.9 * usual):
        raise InputError(f"{where}: its data have a hole between {case.when(times[place])} and {case.when(times[place + 1])}; "
                         f"mend the file, choose another window, or {leaving}")
