"""Simulation: known answers, convergence, splitting, and failures that say what happened."""

import math
import sys

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from small import chain, draining, filling, market, models, swinging

from sd_basis import CLOUD, START, TIME, Family, Flow, InputError, Model, NumericalFailure, Parameter, Policy, Stock, simulate
from sd_basis.integrators import METHODS
from sd_basis.manifest import manifest

ALL_METHODS = sorted(METHODS)


def model(rate, initial=1.0, span=(0, 5), **options):
    level = Stock("level", initial, **options)
    return Model("m", (Flow("f", source=CLOUD, sink=level, rate=rate(level), reversible=True),), span=span)


# Known answers ------------------------------------------------------------------------------

CLOSED_FORMS = {
    "decay": (lambda x: -x, lambda t: np.exp(-t)),
    "growth": (lambda x: x, lambda t: np.exp(t)),
    "logistic": (lambda x: x * (1 - x / 10), lambda t: 10 / (1 + 9 * np.exp(-t))),
    "square": (lambda x: -(x**2), lambda t: 1 / (1 + t)),
    "stiff": (lambda x: -1000 * (x - 2), lambda t: 2 - np.exp(-1000 * t)),
}


@pytest.mark.parametrize("method", ALL_METHODS)
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms_are_met_and_the_error_shrinks_with_the_tolerance(name, method):
    rate, solution = CLOSED_FORMS[name]
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        run = simulate(model(rate), method=method, rtol=rtol)
        errors.append(float(np.max(np.abs(run["level"] / solution(run.t) - 1))))
        assert errors[-1] < 1000 * rtol
    assert errors[-1] < 1e-3 * errors[0]


@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_pendulum_swings_as_the_cosine(method):
    run = simulate(swinging(), method=method, rtol=1e-9)
    assert run["position"] == pytest.approx(np.cos(run.t), abs=1e-6)
    assert run["speed"] == pytest.approx(-np.sin(run.t), abs=1e-6)


@settings(max_examples=20)
@given(models())
def test_three_methods_agree(random):
    ends = [simulate(random.model, method=method, rtol=1e-9).path.x[-1] for method in ALL_METHODS]
    assert np.max(np.abs(np.array(ends) - ends[0])) < 1e-6


@settings(max_examples=20)
@given(models(), st.floats(0.05, 0.95))
def test_a_run_split_anywhere_equals_the_whole(random, cut):
    rtol = 1e-8
    whole = simulate(random.model, rtol=rtol).path.x[-1]
    first = simulate(random.model, rtol=rtol, span=(0, cut))
    half = {stock: value for stock, value in zip(random.model.stocks, first.path.x[-1], strict=True)}
    second = simulate(random.model, rtol=rtol, span=(cut, 1), initial=half)
    assert np.max(np.abs(second.path.x[-1] - whole)) < 100 * rtol * max(1.0, float(np.max(np.abs(whole))))


def test_a_run_split_at_a_policy_date_equals_the_whole():
    parts = market()
    whole = simulate(parts.model, policies=["rise"], rtol=1e-9)
    first = simulate(parts.model, policies=["rise"], rtol=1e-9, span=(0, 3))
    half = {stock.name: first[stock][-1] for stock in parts.model.stocks}
    second = simulate(parts.model, policies=["rise"], rtol=1e-9, span=(3, 10), initial=half)
    for stock in parts.model.stocks:
        assert second[stock][-1] == pytest.approx(whole[stock][-1], rel=1e-7)


def test_two_runs_of_one_model_share_no_state():
    parts = draining()
    first = simulate(parts.model)["level"]
    simulate(parts.model, set={"share": 3}, initial={"level": 1})
    assert np.array_equal(simulate(parts.model)["level"], first)


# What the caller may say --------------------------------------------------------------------

def test_values_and_initial_stocks_are_keyed_by_name_or_symbol():
    parts = draining()
    by_name = simulate(parts.model, set={"share": 1}, initial={"level": 4}, rtol=1e-9)
    by_symbol = simulate(parts.model, set={parts.share: 1}, initial={parts.level: 4}, rtol=1e-9)
    assert np.array_equal(by_name["level"], by_symbol["level"])
    assert by_name["level"] == pytest.approx(4 * np.exp(-by_name.t), rel=1e-7)


@pytest.mark.parametrize("method", ALL_METHODS)
def test_at_shows_the_same_path_at_the_times_asked_for(method):
    times = np.linspace(0, 4, 37)
    run = simulate(draining().model, at=times, method=method, rtol=1e-8)
    assert np.array_equal(run.t, times) and run["level"] == pytest.approx(8 * np.exp(-times / 2), rel=1e-6)
    assert run["drain"] == pytest.approx(run["level"] / 2, rel=1e-12) and len(run["share"]) == 37
    assert run.solver["steps"] == simulate(draining().model, method=method, rtol=1e-8).solver["steps"]


def test_at_a_switch_at_shows_the_side_after_it():
    parts = filling(lambda tap: 7)
    run = simulate(parts.model, policies=[parts.model.policy("act").at(5)], at=[4.999, 5, 5.001])
    assert run["tap"].tolist() == [0, 7, 7]


def test_at_may_skip_a_segment_whose_values_move():
    parts = filling(lambda tap: TIME - START)
    run = simulate(parts.model, policies=[parts.model.policy("act").at(4, duration=2)], at=[1, 9], rtol=1e-9)
    assert run["tap"].tolist() == [0, 0] and run["level"] == pytest.approx([0, 2], abs=1e-7)


@pytest.mark.parametrize("at", [[], [3, 2], [-1], [5], 3, ["x"], [float("nan")]])
def test_times_outside_the_run_are_refused(at):
    with pytest.raises(InputError, match="^at: "):
        simulate(draining().model, at=at)


def test_atol_is_one_number_or_one_by_stock():
    parts = draining()
    loose, tight = simulate(parts.model, atol=1.0), simulate(parts.model, atol=1e-12)
    assert loose.solver["steps"] < tight.solver["steps"]
    assert np.array_equal(simulate(parts.model, atol={"level": 1.0})["level"], loose["level"])
    assert np.array_equal(simulate(parts.model, atol={parts.level: 1.0})["level"], loose["level"])
    assert np.array_equal(simulate(parts.model, atol=8e-6)["level"], simulate(parts.model)["level"])  # rtol x initial value


def test_the_scale_of_a_stock_sets_its_absolute_tolerance():
    fine = simulate(model(lambda x: -x, scale=1e-3), atol=None)
    assert np.array_equal(fine["level"], simulate(model(lambda x: -x), atol=1e-9)["level"])


@pytest.mark.parametrize("wrong", [{"atol": 0}, {"atol": -1}, {"atol": {"level": 0}}, {"atol": {"lvel": 1}}, {"atol": "x"},
                                   {"rtol": 0}, {"rtol": 1}, {"rtol": "x"}, {"rtol": float("nan")}, {"method": "euler"},
                                   {"case": "none"}, {"initial": {"level": -1}}, {"initial": {"level": float("inf")}}])
def test_what_cannot_be_used_is_refused(wrong):
    with pytest.raises(InputError):
        simulate(draining().model, **wrong)


def test_the_methods_are_those_that_scipy_offers_for_stiff_systems():
    assert ALL_METHODS == ["BDF", "LSODA", "Radau"]
    for method in ALL_METHODS:
        assert simulate(draining().model, method=method).solver["method"] == method


# Failures -----------------------------------------------------------------------------------

def failure(model, **options):
    with pytest.raises(NumericalFailure) as caught:
        simulate(model, **options)
    assert "\n" not in str(caught.value) and model.name in str(caught.value)
    return caught.value


@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_stock_that_falls_below_zero_fails_loudly_and_keeps_the_run(method):
    level = Stock("level", 1.0, nonnegative=True)
    drained = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=Parameter("speed", 0.5)),), span=(0, 5))
    error = failure(drained, method=method)
    assert "stock 'level' is declared non-negative but falls below zero" in str(error)
    run = error.run
    assert run["level"] == pytest.approx(1 - run.t / 2, abs=1e-5) and run["level"][-1] >= -1e-5 and 1.95 < run.t[-1] <= 2.05
    assert run.row()["final"]["level"] == run["level"][-1]


def test_a_stock_that_may_be_negative_does_not_fail():
    level = Stock("level", 1.0)
    drained = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=0.5),), span=(0, 5))
    assert simulate(drained)["level"][-1] == pytest.approx(-1.5)


def test_undershoot_within_the_tolerance_is_no_failure():
    for method in ALL_METHODS:
        run = simulate(draining(span=(0, 400)).model, method=method)
        assert np.min(run["level"]) > -10 * 8e-6


@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_rate_that_explodes_fails_with_the_run_so_far(method):
    run = failure(model(lambda x: x**3), method=method).run  # 1 / sqrt(1 - 2 t) ends at t = 0.5
    assert 0.4 < run.t[-1] < 0.5 + 1e-6 and np.all(np.isfinite(run["level"]))
    early = run.t < 0.4
    assert run["level"][early] == pytest.approx(1 / np.sqrt(1 - 2 * run.t[early]), rel=1e-3)


@pytest.mark.parametrize("method", ALL_METHODS)
def test_an_overflow_in_a_rate_is_a_failure_with_advice(method):
    error = failure(model(lambda x: sympy.exp(sympy.exp(x))), method=method)
    assert error.run is not None and "try method" in str(error) and method not in str(error).partition("try method")[2]


@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_rate_outside_its_domain_is_a_failure_at_the_start(method):
    error = failure(model(lambda x: sympy.log(x - 1)), method=method)
    assert "math domain error" in str(error) or "at t = 0" in str(error)
    assert error.run.t.tolist() == [0.0] and error.run["level"].tolist() == [1.0]


@pytest.mark.parametrize("method", ALL_METHODS)
@pytest.mark.parametrize("rate", [lambda x: -1 / x, lambda x: x**2, lambda x: sympy.exp(x)])
def test_where_the_solution_ends_the_run_ends_soon(rate, method):
    error = failure(model(rate), method=method)  # the solutions end at t = 1/2, 1 and 1/e
    assert error.run.solver["steps"] < 20_000 and error.run.t[-1] < 1.001 and "'level'" in str(error)


def test_a_failed_run_shows_only_times_it_reached():
    run = failure(model(lambda x: x**3), at=np.linspace(0, 5, 51)).run
    assert run.t.tolist() == np.linspace(0, 5, 51)[:len(run.t)].tolist() and run.t[-1] < 0.5
    assert len(failure(model(lambda x: x**3, span=(0, 5)), at=[3.0]).run.t) > 5  # none was reached: the solver's own


def test_a_failure_in_a_later_segment_keeps_the_earlier_ones():
    grow, level = Parameter("grow", 0.0), Stock("level", 1.0)
    go = Policy("go", {grow: 1}, start=5)
    flow = Flow("f", source=CLOUD, sink=level, rate=grow * level**2)
    run = failure(Model("m", (flow,), span=(0, 9), policies=(go,)), policies=["go"]).run  # 1 / (6 - t) ends at t = 6
    assert 5.9 < run.t[-1] < 6.001 and np.all(run["level"][run.t < 5] == 1)


def test_initial_values_that_cannot_be_computed_are_refused():
    size = Parameter("size", 0.0)
    with pytest.raises(InputError, match="initial values cannot be computed"):
        simulate(model(lambda x: -x, initial=1 / size))


# What comes back ----------------------------------------------------------------------------

def test_the_summary_is_one_sentence():
    assert simulate(draining().model).summary == "draining, default: ran from 0 to 4."


def test_a_flow_that_runs_backwards_is_warned_of():
    level = Stock("level", 1.0)
    flow = Flow("drain", source=level, sink=CLOUD, rate=level - 2)
    warning, = simulate(Model("m", (flow,), span=(0, 1))).warnings
    assert "flow 'drain': it runs backwards" in warning and "declare it reversible" in warning


def test_the_csv_holds_every_quantity(tmp_path):
    run = simulate(market().model, at=np.linspace(0, 10, 11))
    path = run.to_csv(tmp_path / "new" / "run.csv")
    table = np.genfromtxt(path, delimiter=",", names=True)
    assert list(table.dtype.names) == ["t", *run.names] and len(table) == 11
    for name in run.names:
        assert table[name] == pytest.approx(run[name], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("package, method", [("pandas", "to_pandas"), ("xarray", "to_xarray")])
def test_a_missing_extra_is_named_in_one_sentence(monkeypatch, package, method):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"the package '{package}' is not installed; install the extra with: pip install 'sd_basis\[data\]'"):
        getattr(simulate(draining().model), method)()


def test_pandas_and_xarray_hold_the_same_numbers():
    pytest.importorskip("pandas")
    xarray = pytest.importorskip("xarray")
    run = simulate(market().model, at=[0, 5, 10])
    frame, dataset = run.to_pandas(), run.to_xarray()
    assert list(frame.columns) == run.names and isinstance(dataset, xarray.Dataset)
    for name in run.names:
        assert np.array_equal(frame[name], run[name]) and np.array_equal(dataset[name], run[name])
    assert dataset["sale"].attrs["units"] == "bond/day" and frame.index.tolist() == [0, 5, 10]


def test_a_row_is_strict_json():
    import json

    from sd_basis.run import strict_json
    row = json.loads(strict_json(simulate(market().model).row()))
    assert row["model"] == "market" and row["outcome"] is None and row["solver"]["method"] == "LSODA"
    assert set(row["final"]) == set(row["peak"]) == {"fund_bonds", "dealer_bonds", "fund_cash", "dealer_cash"}
    assert row["peak"]["fund_bonds"] == {"value": 100.0, "time": 0.0}
    with pytest.raises(ValueError):
        strict_json({"value": math.nan})


def test_a_row_has_the_total_of_a_family_beside_its_members():
    tank = Family("tank", ("left", "right"))
    level = Stock("level", {"left": 3.0, "right": 1.0}, over=tank)
    move = Flow("move", source=level["left"], sink=level["right"], rate=level["left"])
    rain = Flow("rain", source=CLOUD, sink=level["right"], rate=0.5)
    run = simulate(Model("tanks", (move, rain), span=(0, 2)))
    row = run.row()
    assert set(row["final"]) == set(row["peak"]) == {"level[left]", "level[right]", "level"}
    assert row["final"]["level"] == pytest.approx(5, rel=1e-9) and row["final"]["level"] == run["level"][-1]
    assert row["peak"]["level"] == {"value": row["final"]["level"], "time": 2.0} and row["peak"]["level[left]"] == {"value": 3.0, "time": 0.0}


def test_a_manifest_repeats_for_the_same_run_and_tells_other_runs_apart():
    parts = market()
    one, two = (manifest(simulate(parts.model, policies=["rise"])) for _ in range(2))
    assert one == two and one["switches"] == [{"name": "rise", "start": 3.0, "end": None}] and one["values_at_start"]["pace"] == 0.3
    assert manifest(simulate(parts.model, set={"pace": 0.4})) != one
    assert manifest(simulate(chain(3)))["model_hash"] != one["model_hash"]


def test_the_interpolant_of_lsoda_is_scipys_own():
    from scipy.integrate import LSODA

    from sd_basis.integrators import _History

    solver = LSODA(lambda t, x: [x[1], -25 * x[0], -x[2] ** 2], 0.0, [1.0, 0.0, 1.0], 9.0, rtol=1e-8, atol=1e-10)
    while solver.status == "running":
        solver.step()
        times = np.linspace(solver.t_old, solver.t, 7)
        assert np.allclose(_History(solver)(times), solver.dense_output()(times), rtol=1e-14, atol=1e-15)
        assert np.allclose(_History(solver)(times[3]), solver.dense_output()(times[3]), rtol=1e-14, atol=1e-15)


def test_the_root_of_a_negative_stock_ends_the_run_with_a_sentence():
    level = Stock("level", 1.0)
    model = Model("rooted", [Flow("fall", source=level, sink=CLOUD, rate=1 + 0.1 * level**1.5)], span=(0, 4))
    with pytest.raises(NumericalFailure, match="not a real number") as caught:
        simulate(model)
    assert 0 < caught.value.run.t[-1] < 1.1
