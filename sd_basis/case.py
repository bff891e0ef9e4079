"""Cases: value sets, shocks and dated policies of a run, read from TOML and never executed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .calendar import Calendar
from .errors import InputError, unknown
from .quantities import finite_number


@dataclass(frozen=True)
class Event:
    """A dated entry of a case: a shock with the values it sets, or the use of a policy of the model."""

    name: str
    start: Any = None
    end: Any = None
    duration: float | None = None
    set: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """What one run assumes: parameter values, initial stocks, shocks and policies with their dates.

    `origin` is the trading day at whose start model time is zero; without it the case has no
    dates. `shift` moves the start of every policy, in units of model time (trading days where
    the case has an origin); negative and fractional values are allowed, shocks stay. `expected` is
    the outcome that the case should end in, by group, "" for the first: `check` compares, no run looks at it.
    """

    name: str
    title: str = ""
    description: str = ""
    origin: date | None = None
    span: tuple | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] | str = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    shocks: tuple[Event, ...] = ()
    policies: tuple[Event, ...] = ()
    shift: float = 0.0
    expected: Mapping[str, str] = field(default_factory=dict)

    def shifted(self, shift: float) -> Case:
        """Return the case with every policy moved by `shift`."""
        return replace(self, shift=finite_number("shift", shift))

    @property
    def calendar(self) -> Calendar | None:
        """The trading-day calendar from the origin, None for a case without dates."""
        return None if self.origin is None else Calendar(self.origin)

    def when(self, time: float) -> str:
        """Return a model time as text: a date and hour where the case has an origin, else the number."""
        if self.calendar is None or not self.calendar.covers(time):
            return f"{time:.6g}"
        return self.calendar.moment(time).strftime("%Y-%m-%d %H:%M")

    def is_closed(self, value: Any) -> bool:
        """Tell whether a value is a date on which there is no trading."""
        return self.calendar is not None and isinstance(value, (str, date)) and self.calendar.is_closed(value)

    def time(self, where: str, value: Any) -> float:
        """Return model time of a number, a text with a number, or a date (with an origin)."""
        if isinstance(value, str):
            try:
                return finite_number(where, float(value))
            except ValueError:
                pass
        elif not isinstance(value, date):
            return finite_number(where, value)
        if self.calendar is None:
            raise InputError(f"{where}: {value!r} is a date, but case {self.name!r} has no origin; give model time as a number, or choose a case with an origin")
        return self.calendar.time(where, value)


_TOP = {"title", "description", "extends", "origin", "span", "parameters", "initial", "shocks", "policies", "expected"}
_EVENT = {"name", "start", "end", "duration", "set", "reason"}


def read_toml(path: Path) -> dict:
    """Read a TOML file; raise InputError that names file and line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: malformed TOML, {error}; mend that place") from None
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror}); give the path of a TOML file") from None


def read_case(path: Path, known: Mapping[str, Path] | None = None, _children: tuple[Path, ...] = ()) -> Case:
    """Read a case; one that `extends` another starts from it and replaces what it names.

    The parent lies in the same folder, or is one of the `known` cases by name.

    Raises InputError naming the table and key that is wrong, or the circle of parents.
    """
    path = path.resolve()
    if path in _children:
        circle = " -> ".join(child.stem for child in (*_children[_children.index(path):], path))
        raise InputError(f"{path.name}: cases extend one another in a circle ({circle}); break it")
    content = read_toml(path)
    known_keys(path.name, content, _TOP)
    base = Case(path.stem)
    if "extends" in content:
        near = {other.stem: other for other in path.parent.glob("*.toml")}
        if path.stem in (known or {}):  # a file elsewhere may change the model's case of its own name
            del near[path.stem]
        parents = {**(known or {}), **near}
        if _text(path.name, "extends", content["extends"]) not in parents:
            raise unknown(f"{path.name}, extends", "case", content["extends"], parents)
        base = replace(read_case(parents[content["extends"]], known, (*_children, path)), name=path.stem)
    changes: dict[str, Any] = {key: _text(path.name, key, content[key]) for key in ("title", "description") if key in content}
    if "origin" in content:
        changes["origin"] = _date(f"{path.name}, origin", content["origin"])
    if "span" in content:
        if not isinstance(content["span"], list) or len(content["span"]) != 2:
            raise InputError(f"{path.name}, span: {content['span']!r} is not a pair; write [start, end]")
        changes["span"] = tuple(content["span"])
    values, reasons = values_of(path.name, "parameters", content.get("parameters", {}))
    changes["values"] = {**base.values, **values}
    changes["reasons"] = {**base.reasons, **reasons}
    changes["initial"] = _initial(path.name, base.initial, content.get("initial", {}))
    changes["expected"] = _expected(path.name, content.get("expected", {}))  # a case that changes another ends elsewhere
    for table in ("shocks", "policies"):
        if table in content:
            changes[table] = _events(f"{path.name}, {table}", table, _list(path.name, table, content[table]))
    return replace(base, **changes)


def _initial(where: str, base: Mapping[str, float] | str, given: Any) -> Mapping[str, float] | str:
    """Return initial stocks, or the word "equilibrium"."""
    if isinstance(given, str):
        if given != "equilibrium":
            raise unknown(f"{where}, initial", "state of that name", given, ("equilibrium",))
        return given
    own = values_of(where, "initial", given)[0]
    return own if isinstance(base, str) and own else base if isinstance(base, str) else {**base, **own}


def _expected(where: str, given: Any) -> dict[str, str]:
    """Return the outcomes a case expects: one text, or a table of texts by group."""
    table = {"": given} if isinstance(given, str) else given
    if not isinstance(table, dict):
        raise InputError(f"{where}, expected: {given!r} is neither the name of an outcome nor a table; write expected = \"...\"")
    return {group: _text(where, f"expected.{group}".rstrip("."), code) for group, code in table.items()}


def known_keys(where: str, table: Mapping, keys: set[str]) -> None:
    """Raise InputError for a key that a table does not have, with the nearest keys."""
    for key in table:
        if key not in keys:
            raise unknown(where, "key", key, keys)


def _text(where: str, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where}, {key}: {value!r} is not text; put it in quotes")
    return value


def _list(where: str, key: str, value: Any) -> list:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InputError(f"{where}, {key}: it is not a list of tables; write [[{key}]]")
    return value


def _date(where: str, value: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InputError(f"{where}: {value!r} is not a date; write origin = 2020-02-24 without quotes")
    return value


def values_of(where: str, table: str, content: Any) -> tuple[dict[str, float], dict[str, str]]:
    """Return values and reasons of a table whose entries are numbers or { value = ..., reason = ... }."""
    if not isinstance(content, dict):
        raise InputError(f"{where}, {table}: it is not a table; write [{table}]")
    values, reasons = {}, {}
    for name, entry in content.items():
        if isinstance(entry, dict):
            known_keys(f"{where}, {table}.{name}", entry, {"value", "reason"})
            if "value" not in entry:
                raise InputError(f"{where}, {table}.{name}: it has no value; write value = ...")
            reasons[name] = _text(f"{where}, {table}.{name}", "reason", entry.get("reason", ""))
            entry = entry["value"]
        values[name] = finite_number(f"{where}, {table}.{name}", entry)
    return values, reasons


def _events(where: str, table: str, entries: list[dict]) -> tuple[Event, ...]:
    """Return the events of a table; a shock sets values, a policy of the model does not and is used once."""
    events = tuple(_event(where, entry, number) for number, entry in enumerate(entries, 1))
    for number, event in enumerate(events, 1):
        place = f"{where}, entry {number} ({event.name})"
        if table == "shocks" and not event.set:
            raise InputError(f"{place}: it sets nothing; write set = {{ parameter = value }}")
        if table == "policies" and event.set:
            raise InputError(f"{place}: a policy of the model brings its own values; move set to a shock")
        if table == "policies" and event.name in [other.name for other in events[:number - 1]]:
            raise InputError(f"{place}: the policy stands here twice; keep one")
    return events


def _event(where: str, entry: dict, number: int) -> Event:
    where = f"{where}, entry {number}"
    known_keys(where, entry, _EVENT)
    if not isinstance(entry.get("name"), str):
        raise InputError(f"{where}: it has no name; write name = \"...\"")
    where = f"{where} ({entry['name']})"
    if "end" in entry and "duration" in entry:
        raise InputError(f"{where}: it has an end and a duration; give one of them")
    values, _ = values_of(where, "set", entry.get("set", {}))
    duration = finite_number(f"{where}, duration", entry["duration"]) if "duration" in entry else None
    return Event(entry["name"], entry.get("start"), entry.get("end"), duration, values, _text(where, "reason", entry.get("reason", "")))
