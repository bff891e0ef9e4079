"""The calendar: dates to trading days and back, around the closings of the bond market."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sd_basis import InputError
from sd_basis.calendar import Calendar, holidays

ORIGINS = st.dates(date(1999, 1, 1), date(2026, 12, 31)).filter(lambda day: np.is_busday(day, holidays=holidays()))
MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2026, 12, 31))


def trades(day):
    return bool(np.is_busday(day, holidays=holidays()))


@given(ORIGINS, MOMENTS)
def test_a_date_goes_to_model_time_and_back(origin, moment):
    calendar = Calendar(origin)
    back = calendar.moment(calendar.time("test", moment))
    if trades(moment.date()):
        assert abs(back - moment) < timedelta(milliseconds=1)
    else:
        assert back > moment and back.time() == datetime.min.time() and trades(back.date())
        assert not any(trades((moment + timedelta(days=n)).date()) for n in range((back.date() - moment.date()).days))


@given(ORIGINS, st.floats(-1500, 1500))
def test_model_time_goes_to_a_date_and_back(origin, time):
    calendar = Calendar(origin)
    moment = calendar.moment(time)
    if date(1998, 1, 1) <= moment.date() <= date(2026, 12, 31):
        assert trades(moment.date()) or time % 1 > 1 - 1e-9
        assert calendar.time("test", moment) == pytest.approx(time, abs=1e-9)


@given(ORIGINS, MOMENTS, MOMENTS)
def test_time_never_runs_backwards(origin, one, two):
    calendar = Calendar(origin)
    early, late = sorted((one, two))
    assert calendar.time("test", early) <= calendar.time("test", late)


def test_the_origin_is_time_zero_and_the_next_trading_day_is_one():
    calendar = Calendar(date(2020, 4, 9))
    assert calendar.time("test", "2020-04-09") == 0 and calendar.time("test", "2020-04-13") == 1
    assert calendar.time("test", date(2020, 4, 8)) == -1 and calendar.time("test", "2020-04-09T06:00") == 0.25


@pytest.mark.parametrize("closing", ["2020-01-01", "2020-02-17", "2020-04-10", "2020-05-25", "2020-07-03", "2020-09-07", "2020-10-12",
                                     "2020-11-11", "2020-11-26", "2020-12-25", "2025-06-19", "2025-07-04"])
def test_a_closing_is_no_trading_day(closing):
    day = date.fromisoformat(closing)
    assert not trades(day)
    with pytest.raises(InputError, match=f"{closing} is not a trading day"):
        Calendar(day)


def test_2020_had_its_eleven_closings():
    assert sum(day.astype(object).year == 2020 for day in holidays()) == 11
    assert Calendar(date(2020, 1, 2)).time("test", "2020-12-31") == 262 - 11 - 1  # 2020 had 262 weekdays


@pytest.mark.parametrize("open_day", ["2020-03-09", "2020-03-16", "2020-04-09", "2020-07-02", "2020-11-27", "2025-04-09"])
def test_days_of_the_story_are_trading_days(open_day):
    assert trades(date.fromisoformat(open_day))


def test_a_weekend_maps_forward():
    # the announcement of Sunday 15 March 2020 meets the market on Monday
    calendar = Calendar(date(2020, 3, 2))
    for moment in ("2020-03-14", "2020-03-15T17:00", "2020-03-16"):
        assert calendar.time("test", moment) == 10


def test_a_weekend_before_the_origin_maps_forward_too():
    calendar = Calendar(date(2020, 3, 16))
    assert calendar.time("test", "2020-03-14") == 0 and calendar.time("test", "2020-03-07T12:00") == -5


def test_closings_are_weekdays_listed_once_in_order():
    days = holidays()
    assert np.all(days[1:] > days[:-1]) and np.all(np.is_busday(days))


def test_dates_outside_the_calendar_are_refused():
    with pytest.raises(InputError, match="lies outside the holiday calendar; use a date from"):
        Calendar(date(2020, 3, 2)).time("test", "1905-03-02")
