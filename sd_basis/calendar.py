"""Trading days: the map between ISO dates and model time in trading days from an origin.

A trading day has 24 market hours; weekends and full closings of the US bond market have none.
The closings are listed in `holidays.csv`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError

_HOLIDAYS = Path(__file__).with_name("holidays.csv")


@cache
def holidays() -> np.ndarray:
    """Return the listed closings as numpy dates."""
    with _HOLIDAYS.open(newline="") as file:
        return np.array([row["date"] for row in csv.DictReader(file)], dtype="datetime64[D]")


@cache
def _covered() -> tuple[date, date]:
    days = holidays().astype(object)
    return date(min(days).year, 1, 1), date(max(days).year, 12, 31)


def parse_date(where: str, value: Any) -> datetime:
    """Return an ISO date or date-time as a datetime; raise InputError for anything else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: {value!r} is not a date; write it as 2020-03-13 or 2020-03-13T09:30") from None


@dataclass(frozen=True)
class Calendar:
    """Model time in trading days since the start of `origin`, which must be a trading day."""

    origin: date

    def __post_init__(self):
        first, last = _covered()
        if not first <= self.origin <= last:
            raise InputError(f"origin: {self.origin} lies outside the holiday calendar; use a date from {first} to {last}")
        if not np.is_busday(self.origin, holidays=holidays()):
            raise InputError(f"origin: {self.origin} is not a trading day; choose a weekday that is no bond-market holiday")

    def time(self, where: str, value: Any) -> float:
        """Return model time of a date or date-time; a day without trading maps to the next start of trading."""
        moment = parse_date(where, value)
        if moment.tzinfo is not None:
            raise InputError(f"{where}: {value} has a time zone; a market day has 24 hours of its own, write the date and hour without one")
        first, last = _covered()
        if not first <= moment.date() <= last:
            raise InputError(f"{where}: {moment.date()} lies outside the holiday calendar; use a date from {first} to {last}")
        day = np.datetime64(moment.date(), "D")
        trading = np.busday_offset(day, 0, roll="forward", holidays=holidays())
        whole = float(np.busday_count(self.origin, trading, holidays=holidays()))
        if trading != day:
            return whole
        midnight = datetime(moment.year, moment.month, moment.day)
        return whole + (moment - midnight) / timedelta(days=1)

    def is_closed(self, value: Any) -> bool:
        """Tell whether a value is a date without trading; a text that is no date is not."""
        try:
            moment = parse_date("", value)
        except InputError:
            return False
        return not np.is_busday(np.datetime64(moment.date(), "D"), holidays=holidays())

    def covers(self, time: float) -> bool:
        """Tell whether a model time lies within the years of the holiday calendar."""
        first, last = (np.busday_count(self.origin, day, holidays=holidays()) for day in _covered())
        return bool(first <= time < last)

    def moment(self, time: float) -> datetime:
        """Return the date and time of day at a model time."""
        day = int(np.floor(time))
        start = np.busday_offset(self.origin, day, holidays=holidays()).astype(object)
        return datetime(start.year, start.month, start.day) + timedelta(days=float(time) - day)
