"""Series: data over time as an input of the equations, with the times at which the solver restarts."""

from __future__ import annotations

import csv
import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .calendar import Calendar
from .errors import InputError, unknown
from .quantities import Quantity, finite_number


class Series(Quantity):
    """A value given at times: held from each time to the next (`step`) or joined (`linear`).

    `times` are numbers in model time or ISO dates. A step series may end at `until`. Outside its
    times it is `before` and `after`; None holds the first or the last value.
    """

    def __new__(cls, name: str, times: Iterable[Any], values: Iterable[float], unit: str | None = None, *, kind: str = "step",
                before: float | None = None, until: Any = None, after: float | None = None,
                description: str = "", reference: str = ""):
        self = cls._create(name)
        self.times = tuple(times)
        self.values = tuple(finite_number(f"{self.where}, value {i + 1}", value) for i, value in enumerate(values))
        if len(self.times) != len(self.values) or not self.times:
            raise InputError(f"{self.where}: {len(self.times)} times and {len(self.values)} values; give as many of each, at least one")
        if kind not in ("step", "linear"):
            raise unknown(self.where, "kind of series", kind, ("step", "linear"))
        if until is not None and kind == "linear":
            raise InputError(f"{self.where}: a linear series ends at its last time; leave `until` out")
        self.interpolation, self.until, self.unit = kind, until, unit
        self.before = self.values[0] if before is None else finite_number(f"{self.where}, before", before)
        self.after = self.values[-1] if after is None else finite_number(f"{self.where}, after", after)
        self.description, self.reference = description, reference
        self.samples = {}  # mapping dates to trading days is what a schedule would wait for
        return self

    @classmethod
    def from_csv(cls, name: str, path: str | Path, column: str, unit: str | None = None, *,
                 time: str = "date", **options: Any) -> Series:
        """Read a series from two columns of a CSV file; rows with a blank value are left out.

        Raises InputError for a missing file or column, a value that is no number, and times out of order.
        """
        times, values = read_columns(path, time, column)
        return cls(name, times, values, unit, **options)

    def sample(self, calendar: Calendar | None) -> Sampled:
        """Return the series in model time; dates need the calendar of a case with an origin."""
        if calendar not in self.samples:
            self.samples[calendar] = self._sample(calendar)
        return self.samples[calendar]

    def _sample(self, calendar: Calendar | None) -> Sampled:
        times = [self._time(time, calendar) for time in self.times]
        for earlier, later in zip(times, times[1:], strict=False):
            if later <= earlier:
                raise InputError(f"{self.where}: time {later:g} follows {earlier:g}; give times in rising order")
        end = math.inf if self.until is None else self._time(self.until, calendar)
        if end <= times[-1]:
            raise InputError(f"{self.where}: it ends at {self.until}, not after its last time; choose a later end")
        return Sampled(tuple(times), self.values, self.interpolation, self.before, self.after, end)

    def _time(self, value: Any, calendar: Calendar | None) -> float:
        if isinstance(value, (int, float)):
            return finite_number(self.where, value)
        if calendar is None:
            raise InputError(f"{self.where}: its time {value!r} is no number, and the case has no origin for dates; give the case an origin date")
        return calendar.time(self.where, value)


@dataclass(frozen=True)
class Sampled:
    """A series in model time."""

    times: tuple[float, ...]
    values: tuple[float, ...]
    kind: str
    before: float
    after: float
    end: float

    def at(self, time: float) -> float:
        """Return the value at a time; at a jump of a step series, the value after it."""
        index = bisect_right(self.times, time) - 1
        if index < 0:
            return self.before
        if self.kind == "step":
            return self.values[index] if time < self.end else self.after
        if index == len(self.times) - 1:
            return self.after
        left, right = self.times[index], self.times[index + 1]
        share = (time - left) / (right - left)
        return self.values[index] * (1 - share) + self.values[index + 1] * share

    def knots(self) -> list[float]:
        """Return the times at which the value jumps or its slope changes."""
        if self.kind == "linear":
            return list(self.times)
        before = (self.before, *self.values)
        knots = [time for time, old, new in zip(self.times, before, self.values, strict=False) if old != new]
        if math.isfinite(self.end) and self.after != self.values[-1]:
            knots.append(self.end)
        return knots


def read_columns(path: str | Path, time: str, column: str) -> tuple[list[str], list[float]]:
    """Return the times (text) and values of two columns of a CSV file, without blank values."""
    path = Path(path)
    where = path.name
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            for name in (time, column):
                if name not in (reader.fieldnames or ()):
                    raise unknown(where, "column", name, reader.fieldnames or ())
            rows = [(number, row[time], row[column]) for number, row in enumerate(reader, 2) if row[column]]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: it cannot be read ({error}); give a CSV file with columns {time} and {column}") from None
    values = []
    for number, _, text in rows:
        try:
            values.append(float(text))
        except ValueError:
            raise InputError(f"{where}, line {number}: {text!r} in column {column} is not a number; mend the file") from None
    return [moment for _, moment, _ in rows], values
