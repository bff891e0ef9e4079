"""The command `timing` on a model of known answers, and what it rests on: lasting outcomes and the second clock.

The runaway dx/dt = a x - s with x(0) = x0 and a rescue that takes s from the delay d on: x at d is x0 e^(a d), and it is saved
if s > a x0 e^(a d). So d_c = ln(s / (a x0)) / a, s_c(d) = a x0 e^(a d), ds/dd = a s_c, and at the edge x = s / a, where the eigenvalue is a.
"""

import json
import math
import os

import pytest
from click.testing import CliRunner

from sd_basis import CLOUD, Flow, InputError, Model, Outcome, Parameter, Policy, Stock, simulate
from sd_basis.cli import main
from sd_basis.outcomes import visited

RATE, FIRST, SIZE = 0.5, 1.0, 4.0
TURN = math.log(SIZE / (RATE * FIRST)) / RATE
TEXT = '''"""A runaway."""

from sd_basis import CLOUD, Flow, Model, Outcome, Parameter, Policy, Stock

fire = Stock("fire", 1.0)
rate = Parameter("rate", 0.5, between=(0.1, 1))
water = Parameter("water", 0.0, domain=(0, 100))
size = Parameter("size", 4.0, between=(1, 9))
growth = Flow("growth", source=CLOUD, sink=fire, rate=rate * fire, reversible=True)
spraying = Flow("spraying", source=fire, sink=CLOUD, rate=water)
rescue = Policy("rescue", {water: size}, size=size, spends=spraying)
MODEL = Model("blaze", [growth, spraying], span=(0, 30), time_unit="hour", policies=[rescue], runaway=fire > 2,
              outcomes=[Outcome("burnt", fire > 1000, absorbing=True), Outcome("saved", fire < 0.01, absorbing=True)])
'''
CASE = '[[policies]]\nname = "rescue"\nstart = 2\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("blaze")
    (place / "blaze.py").write_text(TEXT)
    (place / "blaze.cases").mkdir()
    (place / "blaze.cases" / "alarm.toml").write_text(CASE)
    return place


def call(folder, *arguments, code=0):
    here = os.getcwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(main, ["timing", "blaze.py", *map(str, arguments)])
    finally:
        os.chdir(here)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def found(folder):
    return json.loads(call(folder, "--case", "alarm", "--rtol", "1e-9", "--json", "--between", "0.5:8", "--points", "8", "--out", "made").stdout)["outcomes"]["outcome"]


def test_the_document_has_the_keys_of_the_contract_and_the_closed_form(found):
    assert found["critical_delay"] == [pytest.approx(TURN, abs=1e-5)] and found["critical_shift"] == [pytest.approx(TURN - 2, abs=1e-5)]
    assert found["classification"] == "saddle" and found["unstable_eigenvalue"] == pytest.approx(RATE, rel=1e-6) and found["agreement"] < 0.01
    assert found["edge_state"] == {"fire": pytest.approx(SIZE / RATE, rel=1e-6)} and found["decades"] >= 4
    assert found["after_runaway"] == [pytest.approx(TURN - math.log(2) / RATE, abs=1e-4)] and found["outcome_without"] == "burnt"
    for key in ("critical_date", "time_unit", "tolerance", "log_slope", "size_bounds", "minimal_size", "cost_of_an_hour", "control", "convergence", "reason"):
        assert key in found
    assert all(abs(row["difference"]) < 1e-4 for row in found["convergence"]) and {row["varied"] for row in found["convergence"]} == {"rtol", "horizon", "method"}


def test_sizes_and_the_price_of_an_hour_are_the_closed_form(found):
    assert found["minimal_size"]["value"] == pytest.approx(RATE * FIRST * math.exp(RATE * 2), rel=2e-3)
    price = min(found["cost"], key=lambda one: abs(one["delay"] - 2))
    needed = RATE * FIRST * math.exp(RATE * price["delay"])
    assert price["size"] == pytest.approx(needed, rel=2e-3) and price["slope"] == pytest.approx(RATE * needed, rel=0.03)
    assert found["size_bounds"]["lower"] is None and found["size_bounds"]["upper"] is None  # both lie beyond the plausible sizes
    assert found["cost_of_an_hour"] == pytest.approx(price["cost"]) and price["per"] == "hour"


def test_the_result_and_its_figures_are_written(folder, found):
    names = {path.name for path in (folder / "made").iterdir()}
    assert {"timing.json", "timing_outcome_map.svg", "timing_outcome_cost.csv", "timing_outcome_decision.png", "map-outcome"} <= names
    kept = json.loads((folder / "made" / "timing.json").read_text())
    assert kept["outcomes"]["outcome"] == found and "versions" in kept


def test_a_case_without_a_critical_delay_says_so_and_names_the_sizes_that_have_one(folder):
    document = json.loads(call(folder, "--case", "alarm", "--between", "0.5:3", "--size", "size=1:9", "--json").stdout)["outcomes"]["outcome"]
    assert document["critical_delay"] == [] and document["classification"] == "none" and "no turn" in document["reason"]
    assert "a critical delay would exist with size" in document["reason"]


@pytest.mark.parametrize("arguments, said", [
    (["--case", "alarn"], "did you mean 'alarm'"),
    (["--case", "alarm", "--outcome", "market"], "no group of outcomes 'market'"),
    (["--case", "alarm", "--between", "8:0.5"], "the upper end is not above the lower one"),
    (["--case", "alarm", "--between", "soon"], "write two numbers"),
    (["--case", "alarm", "--between", "0:900"], "reaches beyond the run"),
    (["--case", "alarm", "--policy", "rescui"], "did you mean 'rescue'"),
    (["--case", "alarm", "--size", "sise"], "did you mean 'size'"),
    (["--case", "alarm", "--size", "size=9:1"], "the upper end is not above"),
    (["--case", "alarm", "--xtol", "0"], "xtol"),
    (["--case", "alarm", "--within", "-1"], "give a positive time"),
    (["--case", "alarm", "--size", "size=-5:3"], "outside its domain"),
    ([], "no dated policies"),
])
def test_what_cannot_be_timed_is_answered_with_one_sentence(folder, arguments, said):
    result = call(folder, *arguments, code=2)
    assert said in result.stderr and "Traceback" not in result.output and len(result.stderr.strip().splitlines()) == 1


# What it rests on ----------------------------------------------------------------------------


def swinging(lasting):
    """x = sin(t): above one half for two thirds of each half turn, 2 pi / 3 = 2.094."""
    x, y = Stock("x", 0.0), Stock("y", 1.0)
    flows = [Flow("right", source=CLOUD, sink=x, rate=y, reversible=True), Flow("left", source=y, sink=CLOUD, rate=x, reversible=True)]
    return Model("swing", flows, span=(0, 12), outcomes=[Outcome("stuck", x > 0.5, lasting=lasting), Outcome("free", x < 0.5)], runaway=x > 0.9)


def test_a_lasting_outcome_holds_once_a_stay_was_long_enough_and_whatever_comes_later():
    for lasting, code in ((2.0, "stuck"), (2.2, "free")):
        run = simulate(swinging(lasting), rtol=1e-9)
        assert run.outcome == code
        stays = visited(run.path)[run.model.outcomes[0].when].stays
        assert stays[0] == (pytest.approx(math.pi / 6, abs=1e-6), pytest.approx(5 * math.pi / 6, abs=1e-6)) and len(stays) == 2
    assert simulate(swinging(2.0), rtol=1e-9).decided_at == pytest.approx(math.pi / 6 + 2, abs=1e-6)


def test_a_stay_goes_on_over_a_saved_run():
    model = swinging(2.0)
    first = simulate(model, span=(0, 1.5), rtol=1e-9)
    assert first.outcome == "undecided"
    assert simulate(model, resume=first.state(), rtol=1e-9).decided_at == pytest.approx(math.pi / 6 + 2, abs=1e-6)


def test_the_second_clock_starts_when_the_model_runs_away():
    run = simulate(swinging(2.0), rtol=1e-9)
    assert visited(run.path)[run.model.runaway].first == pytest.approx(math.asin(0.9), abs=1e-6)


def test_declarations_that_contradict_themselves_are_refused():
    x = Stock("x", 1.0)
    for options, said in (({"lasting": -1}, "positive length"), ({"lasting": 2, "absorbing": True}, "keep one")):
        with pytest.raises(InputError, match=said):
            Outcome("stuck", x > 0, **options)
    with pytest.raises(InputError, match="no parameter"):
        Policy("p", {Parameter("a", 1.0): 2}, size=x)
    with pytest.raises(InputError, match="neither a flow nor a trade"):
        Policy("p", {Parameter("b", 1.0): 2}, spends=3)
