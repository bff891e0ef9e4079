"""The derived series of the flagship: they come from the raw files as they stand, and mean what their description says."""

import csv
import runpy

import numpy as np
import pytest

from sd_basis.library import locate

FOLDER = locate("treasury_basis")
OWN = runpy.run_path(str(FOLDER / "observed.py"))


def stored(name):
    """Return a stored file as a mapping of series to (dates, values)."""
    found = {}
    with (FOLDER / "data" / name).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["series"], {})[row["date"]] = float(row["value"])
    return found


@pytest.mark.parametrize("name", OWN["FILES"])
def test_the_derived_files_are_those_that_the_raw_ones_give(name):
    assert (FOLDER / "data" / name).read_bytes() == OWN["text"](OWN["FILES"][name]()).encode()


@pytest.mark.parametrize("tenor", ["2y", "5y", "10y", "30y"])
def test_dislocations_begin_and_end_at_zero_and_peak_in_the_middle_of_march(tenor):
    own = stored("observed_2020.csv")[f"dislocation[{tenor}]"]
    recovered = [value for day, value in own.items() if "2020-04-15" <= day <= "2020-04-30"]
    assert own["2020-03-06"] == 0 and abs(np.mean(recovered)) < 1e-3 and len(recovered) == 12
    assert max(own, key=own.get) in ("2020-03-18", "2020-03-19") and own["2020-03-09"] < 0


def test_the_dislocation_is_the_plain_change_less_the_share_of_the_one_year_yield():
    series = stored("observed_2020.csv")
    raw = {row["date"]: row for row in OWN["rows"]("treasury_yields_daily.csv")}
    beta = OWN["betas"]()["10y"]
    for day, value in series["dislocation[10y]"].items():
        short = 100 * (float(raw[day]["DGS1"]) - float(raw["2020-03-06"]["DGS1"]))
        assert value == pytest.approx(series["yield_change[10y]"][day] - beta * short, abs=2e-4)
    assert series["yield_change[10y]"]["2020-03-18"] == pytest.approx(44) and series["dislocation[10y]"]["2020-03-18"] == pytest.approx(53.3, abs=0.1)
    weights = OWN["weights"]()
    assert sum(weights.values()) == pytest.approx(1) and max(weights, key=weights.get) == "30y"
    for day, value in series["dislocation[dv01]"].items():
        assert value == pytest.approx(sum(weights[tenor] * series[f"dislocation[{tenor}]"][day] for tenor in weights), abs=2e-4)


def test_known_sums_of_march_2020_are_met():
    series = stored("observed_2020.csv")
    shorts = series["leveraged_shorts_change_from_18_february"]
    assert shorts["2020-03-31"] == pytest.approx(-156, abs=0.5) and series["leveraged_shorts"]["2020-02-18"] == pytest.approx(774, abs=0.5)
    assert max(series["dealers_net_position_change_from_26_february"].items(), key=lambda pair: pair[1] if pair[0] < "2020-05" else 0)[0] == "2020-03-18"
    assert series["foreign_custody_treasuries_change_from_26_february"]["2020-04-01"] == pytest.approx(-149.5, abs=0.1)
    weeks = series["announced_purchases_of_the_week"]
    assert weeks["2020-03-18"] == 162 and sum(value for day, value in weeks.items() if day <= "2020-04-01") == 912


def test_the_build_up_has_no_value_where_there_is_no_report():
    series = stored("observed_buildup.csv")
    days = list(series["leveraged_shorts"])
    assert not [day for day in days if "2020-10" <= day <= "2021-02"] and "2021-12-28" in days
    assert len(days) == 9 * 4 - 1 + 1 and all(series["leveraged_net_shorts"][day] < value for day, value in series["leveraged_shorts"].items())
