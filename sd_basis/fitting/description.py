"""Fit files: which parameters are free, and against which data a run is held; TOML, read and never executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..case import known_keys, read_toml, values_of
from ..errors import InputError, unknown
from ..library import fit_paths
from ..quantities import finite_number

SCALES = ("log", "linear")


@dataclass(frozen=True)
class Free:
    """A parameter to be found; None stands for the parameter's own range and the value in force."""

    name: str
    between: tuple[float, float] | None = None
    start: float | None = None
    scale: str = "log"
    reason: str = ""


@dataclass(frozen=True)
class SeriesTarget:
    """Data over time that a quantity is held against: a column of a CSV file, in `unit` times `factor`."""

    quantity: str
    file: str
    column: str
    error: float
    date_column: str = "date"
    where: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    factor: float | None = None
    hour: float = 0.0
    window: tuple[Any, Any] = (None, None)
    change_from: Any = None
    holes: str = "refuse"
    held_out: bool = False
    reason: str = ""


@dataclass(frozen=True)
class PointTarget:
    """One value that a quantity, or its change between two dates, is held against."""

    quantity: str
    value: float
    error: float
    at: Any = None
    change: tuple[Any, Any] | None = None
    unit: str | None = None
    factor: float | None = None
    held_out: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Fit:
    """A calibration as data: a case, fixed and free parameters, and what the run is held against.

    `errors_from_residuals` says that the errors of the data only weigh them until residuals tell; `notes` are what deserves attention;
    `search` is the method of `scipy.optimize.least_squares`.
    """

    name: str
    title: str = ""
    description: str = ""
    case: str | None = None
    values: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    free: tuple[Free, ...] = ()
    series: tuple[SeriesTarget, ...] = ()
    points: tuple[PointTarget, ...] = ()
    path: Path | None = None
    errors_from_residuals: bool = False
    notes: tuple[str, ...] = ()
    search: str = "trf"


_TOP = {"title", "description", "case", "values", "parameters", "free", "series", "point"}
_FREE = {"name", "between", "start", "scale", "reason"}
_SERIES = {"quantity", "file", "column", "date", "where", "unit", "factor", "hour", "from", "until", "change_from", "holes", "error", "held_out", "reason"}
_POINT = {"quantity", "at", "change", "value", "unit", "factor", "error", "held_out", "reason", "reference"}


def find_fit(model_path: Path | None, name_or_path: str | Path) -> Fit:
    """Return a fit by name (in `fits/` of a folder model, `NAME.fits/` beside a file) or path; raise InputError with the nearest names."""
    known = fit_paths(model_path) if model_path else {}
    if str(name_or_path) in known:
        return read_fit(known[str(name_or_path)])
    if Path(name_or_path).suffix == ".toml" and Path(name_or_path).is_file():
        return read_fit(Path(name_or_path))
    raise unknown("fit", "fit or TOML file", str(name_or_path), known)


def read_fit(path: Path) -> Fit:
    """Read a fit file; raise InputError naming the table and key that is wrong."""
    path = path.resolve()
    content, where = read_toml(path), path.name
    known_keys(where, content, _TOP)
    texts = {key: _text(where, key, content[key]) for key in ("title", "description", "case", "values") if key in content}
    values, reasons = values_of(where, "parameters", content.get("parameters", {}))
    free = tuple(_free(place, entry) for place, entry in _entries(where, content, "free", "name", _FREE))
    series = tuple(_series(place, entry) for place, entry in _entries(where, content, "series", "quantity", _SERIES))
    points = tuple(_point(place, entry) for place, entry in _entries(where, content, "point", "quantity", _POINT))
    if not series and not points:
        raise InputError(f"{where}: it holds no data; write [[series]] or [[point]]")
    for number, item in enumerate(free):
        if item.name in [other.name for other in free[:number]]:
            raise InputError(f"{where}, free: {item.name!r} stands here twice; keep one")
        if item.name in values:
            raise InputError(f"{where}: {item.name!r} is both free and fixed in [parameters]; keep one")
    return Fit(path.stem, **texts, parameters=values, reasons=reasons, free=free, series=series, points=points, path=path)


def _entries(where: str, content: Mapping, table: str, key: str, keys: set[str]) -> list[tuple[str, dict]]:
    """Return the entries of a list of tables, each with its place in words."""
    entries = content.get(table, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{where}, {table}: it is not a list of tables; write [[{table}]]")
    found = []
    for number, entry in enumerate(entries, 1):
        place = f"{where}, {table} {number}"
        if not isinstance(entry.get(key), str):
            raise InputError(f"{place}: it has no {key}; write {key} = \"...\"")
        place = f"{place} ({entry[key]})"
        known_keys(place, entry, keys)
        found.append((place, entry))
    return found


def _free(where: str, entry: dict) -> Free:
    between = _pair(f"{where}, between", entry["between"], "between = [0.1, 0.6]") if "between" in entry else None
    if between is not None:
        low, high = (finite_number(f"{where}, between", value) for value in between)
        if low >= high:
            raise InputError(f"{where}, between: {low:g} is not below {high:g}; give [low, high]")
        between = low, high
    scale = entry.get("scale", "log")
    if scale not in SCALES:
        raise unknown(where, "scale", scale, SCALES)
    start = finite_number(f"{where}, start", entry["start"]) if "start" in entry else None
    return Free(entry["name"], between, start, scale, _text(where, "reason", entry.get("reason", "")))


def _series(where: str, entry: dict) -> SeriesTarget:
    for key in ("file", "column"):
        if key not in entry:
            raise InputError(f"{where}: it has no {key}; write {key} = \"...\"")
    chosen = entry.get("where", {})
    if not isinstance(chosen, dict):
        raise InputError(f"{where}, where: {chosen!r} is not a table; write where = {{ column = \"value\" }}")
    holes = entry.get("holes", "refuse")
    if holes not in ("refuse", "leave out"):
        raise unknown(f"{where}, holes", "way with holes", holes, ("refuse", "leave out"))
    texts = {key: _text(where, key, entry[key]) for key in ("file", "column", "unit", "reason") if key in entry}
    return SeriesTarget(entry["quantity"], error=_error(where, entry), date_column=_text(where, "date", entry.get("date", "date")),
                        where={key: str(value) for key, value in chosen.items()}, factor=_factor(where, entry),
                        hour=finite_number(f"{where}, hour", entry.get("hour", 0.0)), window=(entry.get("from"), entry.get("until")),
                        change_from=entry.get("change_from"), holes=holes, held_out=_truth(where, entry), **texts)


def _point(where: str, entry: dict) -> PointTarget:
    if ("at" in entry) == ("change" in entry):
        raise InputError(f"{where}: it needs a date, or two; write at = 2020-03-18, or change = [2020-03-06, 2020-03-18]")
    if "value" not in entry:
        raise InputError(f"{where}: it has no value; write value = ...")
    change = _pair(f"{where}, change", entry["change"], "change = [2020-03-06, 2020-03-18]") if "change" in entry else None
    reason = " ".join(filter(None, (_text(where, key, entry.get(key, "")) for key in ("reason", "reference"))))
    unit = _text(where, "unit", entry["unit"]) if "unit" in entry else None
    return PointTarget(entry["quantity"], finite_number(f"{where}, value", entry["value"]), _error(where, entry), entry.get("at"), change,
                       unit, _factor(where, entry), _truth(where, entry), reason)


def _error(where: str, entry: dict) -> float:
    if "error" not in entry:
        raise InputError(f"{where}: it has no error; write error = the standard deviation of the data, in their unit")
    error = finite_number(f"{where}, error", entry["error"])
    if error <= 0:
        raise InputError(f"{where}, error: {error:g} is not above zero; give a standard deviation")
    return error


def _factor(where: str, entry: dict) -> float | None:
    if "factor" not in entry:
        return None
    factor = finite_number(f"{where}, factor", entry["factor"])
    if factor == 0:
        raise InputError(f"{where}, factor: it is zero; give what the data are to be multiplied with")
    return factor


def _truth(where: str, entry: dict) -> bool:
    if not isinstance(entry.get("held_out", False), bool):
        raise InputError(f"{where}, held_out: {entry['held_out']!r} is neither true nor false; write held_out = true")
    return entry.get("held_out", False)


def _pair(where: str, value: Any, example: str) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"{where}: {value!r} is not a pair; write {example}")
    return value[0], value[1]


def _text(where: str, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where}, {key}: {value!r} is not text; put it in quotes")
    return value
