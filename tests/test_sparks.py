"""Claims about sparks, triggered rescues and the stored results from which the flagship's figures are drawn."""

import importlib
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from flagship_evidence import model

from sd_basis import CLOUD, Flow, Lookup, Model, Series, Stock, load, simulate
from sd_basis.figures import Context
from sd_basis.library import locate, module
from sd_basis.manifest import digest

EVIDENCE = Path(__file__).parents[1] / "docs" / "evidence" / "timing"
RESULTS = locate("treasury_basis") / "results"


@cache
def kept(name):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def own(name):
    """Return a module of the flagship's figures."""
    return importlib.import_module(f"{module(locate('treasury_basis'), 'figures').__name__}.{name}")


def test_the_smallest_shock_kills_and_a_slightly_smaller_one_does_not():
    row = next(row for row in kept("sparks")["rows"] if (row["case"], row["values"], row["size"], row["leverage"]) == ("spark", "supercritical", 1800.0, 55.0))
    buffer = 1 / row["leverage"] - 0.00173913 - 0.005  # haircut and margin of the case
    ends = [simulate(model(), "spark", set={"basis_position": row["size"], "calm_buffer": buffer, "shock_scale": share * row["market"]}).outcomes["market"].code
            for share in (0.99, 1.0)]
    assert ends[0] != "collapsed" == ends[1]


@pytest.mark.parametrize("policy", ("price_reaction", "reaction"))
def test_a_triggered_rescue_slower_than_the_critical_delay_comes_too_late(policy):
    row = next(row for row in kept("reactions")["rows"] if (row["policy"], row["group"], row["values"]) == (policy, "funds", "supercritical"))
    branch = max(row["branches"], key=lambda one: len(one["x"]))
    place = len(branch["x"]) // 2
    ends = [simulate(model(), "no-rescue", policies=[policy], set={row["x"]: branch["x"][place], "reaction_delay": branch["y"][place] + way})
            .outcomes["funds"].code for way in (-0.1, 0.1)]
    assert ends[0] != "collapsed" == ends[1]


def test_on_some_day_the_fast_stocks_rest_in_three_states():
    row = next(row for row in kept("rests")["rows"] if (row["values"], row["day"], row["news"]) == ("subcritical", 15.0, 0.0))
    folds = sorted(fold["capacity_scale"] for fold in row["folds"])
    x, unstable = (np.array(row["branches"][0][key]) for key in ("x", "unstable"))
    between = np.mean(folds)
    assert len(folds) == 2 and np.count_nonzero((x[:-1] - between) * (x[1:] - between) < 0) == 3
    assert set(unstable[(x > folds[0]) & (x < folds[1])]) == {0, 1} and set(unstable[(x < folds[0]) | (x > folds[1])]) == {0}


def test_a_digest_tells_models_values_and_cases_apart_but_not_versions(monkeypatch):
    first = digest(model(), "march-2020")
    assert first == digest(load("treasury_basis"), "march-2020")
    assert len({first, digest(model(), "no-rescue"), digest(load("treasury_basis", values="subcritical"), "march-2020")}) == 3
    monkeypatch.setattr("sd_basis.compiled.sympy.__version__", "0")
    assert digest(model(), "march-2020") == first


@pytest.mark.parametrize("number", [2.0, 2.5])
def test_a_digest_tells_the_data_of_a_series_and_the_points_of_a_lookup_apart(number):
    def made(datum, point):
        level, news, table = Stock("level", 1.0), Series("news", (0, 1), (1.0, datum)), Lookup("table", [(0, 0), (1, point)])
        return Model("told", [Flow("rise", source=CLOUD, sink=level, rate=news * table(level), reversible=True)], span=(0, 3))
    first = digest(made(3.0, 3.0))
    assert digest(made(3.0, 3.0)) == first and len({first, digest(made(number, 3.0)), digest(made(3.0, number))}) == 3


def test_a_figure_says_when_its_stored_result_is_of_another_model():
    stored, context = own("stored"), Context("treasury_basis")
    key = "supercritical, march-2020"
    assert stored.computed_from(context, {key: digest(context.model, "march-2020")}) == stored.CURRENT
    assert stored.computed_from(context, {key: "0" * 32}) == stored.OTHER
    assert "anew" in stored.said_of("timing", stored.OTHER) and "anew" not in stored.said_of("timing", stored.CURRENT)


def test_the_figures_of_timing_are_of_the_survey_in_the_evidence():
    for name in ("timing.json", "timing_market_map.csv", "timing_funds_map.csv"):
        assert (RESULTS / name).read_bytes() == (EVIDENCE / name).read_bytes(), f"copy {EVIDENCE / name} to {RESULTS}"
