"""Series: data over time, its knots, and the restarts they cause."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import driven

from sd_basis import Case, InputError, Series, simulate
from sd_basis.calendar import Calendar

TIMES, VALUES = (1.0, 2.0, 4.0), (3.0, -1.0, 5.0)


def sampled(**options):
    return Series("data", TIMES, VALUES, **options).sample(None)


def test_a_step_series_holds_each_value_to_the_next_time():
    series = sampled(before=0.0, until=6.0, after=7.0)
    assert [series.at(time) for time in (0, 1, 1.99, 2, 3.99, 4, 5.99, 6, 99)] == [0, 3, 3, -1, -1, 5, 5, 7, 7]
    assert series.knots() == [1, 2, 4, 6]


def test_a_linear_series_joins_its_values():
    series = sampled(kind="linear", before=0.0, after=9.0)
    assert [series.at(time) for time in (0.5, 1, 1.5, 2, 3, 3.9999999999, 4, 4.1)] == pytest.approx([0, 3, 1, -1, 2, 5, 9, 9])
    assert series.knots() == [1, 2, 4]


def test_without_before_and_after_the_ends_are_held():
    for kind in ("step", "linear"):
        assert sampled(kind=kind).at(-10) == 3 and sampled(kind=kind).at(10) == 5


def test_a_step_that_changes_nothing_is_no_knot():
    assert Series("s", (1, 2, 3), (4, 4, 5)).sample(None).knots() == [3]
    assert Series("s", (1, 2), (4, 5), until=3).sample(None).knots() == [2]


def test_times_rise_and_the_end_comes_last():
    with pytest.raises(InputError, match="series 'data': time 1 follows 2"):
        Series("data", (2, 1), (0, 0)).sample(None)
    with pytest.raises(InputError, match="not after its last time"):
        Series("data", (2, 3), (0, 0), until=3).sample(None)


def test_dates_need_an_origin():
    with pytest.raises(InputError, match="the case has no origin"):
        Series("data", ("2020-03-02",), (0,)).sample(None)


def test_dated_times_skip_weekends_and_closings():
    # Good Friday 2020 fell on 10 April
    series = Series("data", ("2020-04-09", "2020-04-13", "2020-04-13T12:00"), (1, 2, 3)).sample(Calendar(date(2020, 4, 6)))
    assert series.times == (3.0, 4.0, 4.5)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6), st.sampled_from(["step", "linear"]))
def test_a_run_integrates_the_series_exactly(values, kind):
    times = list(range(1, len(values) + 1))
    run = simulate(driven(times, values, kind=kind, before=0.0, after=0.0, **({"until": len(values) + 1} if kind == "step" else {})).model, rtol=1e-8)
    area = sum(values) if kind == "step" else sum((a + b) / 2 for a, b in zip(values, values[1:]))
    assert run["level"][-1] == pytest.approx(area, abs=1e-6)


def test_the_solver_restarts_at_each_knot_and_shows_both_sides():
    parts = driven(TIMES, VALUES, before=0.0)
    run = simulate(parts.model)
    twice = [float(time) for time, later in zip(run.t, run.t[1:]) if time == later]
    assert twice == list(TIMES) and run.solver["restarts"] == 3
    for time, old, new in zip(TIMES, (0.0, *VALUES), VALUES):
        assert run["data"][run.t == time].tolist() == [old, new] == run["fill"][run.t == time].tolist()
        assert np.ptp(run["level"][run.t == time]) == 0


def test_knots_outside_the_span_cause_no_restart():
    assert simulate(driven((-5, 0, 10, 20), (1, 2, 3, 4)).model).solver["restarts"] == 0


def test_a_linear_series_is_shown_continuous():
    run = simulate(driven((0, 5, 10), (0, 5, 0), kind="linear").model)
    assert run["data"] == pytest.approx(5 - abs(run.t - 5), abs=1e-12)


def test_a_dated_series_in_a_run_follows_the_case_s_origin():
    parts = driven(("2020-04-08", "2020-04-13"), (1.0, 0.0), before=0.0)
    run = simulate(parts.model, Case("dated", origin=date(2020, 4, 6)), span=(0, 10), rtol=1e-9)
    assert run["level"][-1] == pytest.approx(2.0, abs=1e-8)  # the 8th and the 9th; the 10th was closed


def test_a_csv_file_becomes_a_series(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("date,close,other\n2020-03-02,1.5,\n2020-03-03,,\n2020-03-04,2.5,\n")
    series = Series.from_csv("close", path, "close", "dollar", kind="linear")
    assert series.times == ("2020-03-02", "2020-03-04") and series.values == (1.5, 2.5) and series.unit == "dollar"
    with pytest.raises(InputError, match="did you mean 'close'"):
        Series.from_csv("close", path, "clsoe")
    path.write_text("date,close\n2020-03-02,1.5\n2020-03-03,one\n")
    with pytest.raises(InputError, match="data.csv, line 3: 'one' in column close is not a number"):
        Series.from_csv("close", path, "close")
    with pytest.raises(InputError, match="it cannot be read"):
        Series.from_csv("close", tmp_path / "none.csv", "close")


def test_a_series_never_returns_anything_but_its_own_numbers():
    series = sampled(before=-9.0, after=9.0, until=6.0)
    assert {series.at(time) for time in np.linspace(-5, 15, 401)} == {-9.0, *VALUES, 9.0}
    assert math.isinf(sampled().end)
