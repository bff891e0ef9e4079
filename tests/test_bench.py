"""The bench against closed forms: errors, ladders, and solvers of other packages on the pieces of a run."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from small import draining, market

from sd_basis import CLOUD, Flow, If, Impulse, InputError, Max, Min, Model, Parameter, Stock, positive
from sd_basis.bench import engines, measuring, native
from sd_basis.bench.engines import ENGINES, contestants
from sd_basis.bench.measuring import Measured, Rung, baseline_of, between, ladder, measure
from sd_basis.bench.problem import default_ranges, problem
from sd_basis.bench.timed import thread_gain
from sd_basis.cli import benching, main
from sd_basis.transition.scene import Scene

MODEL = """
from sd_basis import CLOUD, Flow, Model, Parameter, Stock
level = Stock("level", 8.0, "litre", nonnegative=True)
share = Parameter("share", 0.5, "1/day", between=(0.2, 1.0))
MODEL = Model("tank", (Flow("drain", source=level, sink=CLOUD, rate=share * level),), span=(0, 4))
"""
OTHERS = [one for one in ENGINES if not one.name.startswith("fast")]


@pytest.fixture(scope="module")
def drained():
    return problem(Scene(draining().model), ["share=uniform(0.2,1)"], runs=3)


def branching():
    """Two stocks whose rates hold every function that has code of its own, with an impulse: what the C program has to translate."""
    one, two = Stock("one", 1.0, scale=1.0), Stock("two", 2.0, scale=1.0)
    pull = Parameter("pull", 0.7, between=(0.5, 1.0))
    swap = Flow("swap", source=one, sink=two, rate=pull * one * two**3 / 8 + positive(two - one, 0.3) / 5, reversible=True)
    loss = Flow("loss", source=two, sink=CLOUD, rate=Max(two, one / 3, 0.1) * Min(0.5, pull) + If(two > -1, pull, two**2) / 4, reversible=True)
    refill = Flow("refill", source=CLOUD, sink=one, rate=0, reversible=True)
    return Model("branching", (swap, loss, refill), span=(0, 5), impulses=(Impulse(refill, two + pull, at=2.0, name="gift"),))


def test_the_time_at_an_error_is_exact_on_a_power_law():
    errors = [3e-3, 4e-4, 2e-6, 5e-8]
    for error in (1e-3, 1e-5, 6e-8):
        assert between(errors, [0.2 * one**-0.25 for one in errors], error) == pytest.approx(0.2 * error**-0.25, rel=1e-12)


def test_a_ladder_counts_from_where_it_stays_below_the_error():
    assert between([1e-4, 1e-6, 1e-4, 1e-6], [1.0, 2.0, 4.0, 16.0], 1e-5) == pytest.approx(8.0)  # the lucky second rung does not count
    assert between([1e-6, 1e-7], [3.0, 4.0], 1e-5) == 3.0
    assert math.isnan(between([1e-3, 1e-4], [1.0, 2.0], 1e-5)) and math.isnan(between([], [], 1e-5))


def test_the_rungs_go_from_looser_than_the_error_to_the_tightest():
    assert ladder(1e-5) == [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10]
    assert ladder(1e-2)[0] == 1e-3 and ladder(1e-9)[-1] == 1e-10


def test_failed_rungs_are_no_part_of_the_curve_and_threads_go_by_the_clock():
    rungs = (Rung(1e-4, math.inf, math.inf, 1.0, 2.0), Rung(1e-5, 1e-4, 1e-5, 3.0, 4.0))
    repeats = tuple(Rung(1e-6, 1e-6, 1e-6, cpu, 10 * cpu) for cpu in (4.0, 5.0, 7.0))
    one, two = (Measured("x", "", threads, None, rungs, repeats) for threads in (1, 2))
    assert one.curve == [(1e-5, 1e-4, 3.0), (1e-6, 1e-6, 5.0)] and two.curve[-1] == (1e-6, 1e-6, 50.0)
    assert one.spread == pytest.approx(0.3) and one.at(1e-5) == pytest.approx(math.sqrt(15.0))


def test_the_reference_is_the_closed_form_and_errors_are_relative_to_it(drained):
    exact = 8.0 * np.exp(-np.outer(drained.rows[:, 0], drained.times))
    assert np.abs(drained.states[:, 0] - exact).max() < 1e-8
    assert drained.errors(drained.states + 8e-3) == pytest.approx([1e-3] * 3)  # the largest value is the first, 8
    broken = drained.states.copy()
    broken[1, 0, -1] = np.nan
    assert drained.errors(broken).tolist() == [0.0, math.inf, 0.0]


@pytest.mark.parametrize("engine", OTHERS, ids=lambda one: one.name)
def test_every_engine_finds_the_same_states(drained, engine):
    jumping = problem(Scene(branching(), policy="gift"), ["delay=uniform(1,4)", "pull"], runs=2)
    switched = problem(Scene(market().model, policy="rise"), ["delay=uniform(1,4)", "pace=uniform(0.2,0.4)"], runs=2)
    for one in (drained, jumping, switched):
        if (reason := engine.absent(one)) is not None:
            assert reason.startswith(("the package", "there is no"))
            continue
        runs = engine.ready(one)
        loose, tight = (one.errors(runs(rtol).states) for rtol in (1e-4, 1e-9))
        assert tight.max() < 1e-6 and tight.max() < loose.max() < 1e-2


def test_engines_are_compared_where_their_error_is_the_one_asked_for(drained):
    said = []
    found = measure(drained, contestants(["odeint"]), 1e-5, 3, said.append)
    assert [one.name for one in found] == ["lsoda", "odeint"] and "odeint, repeat 3 of 3" in said
    for one in found:
        assert len(one.repeats) == 3 and one.repeats[0].error == pytest.approx(1e-5, rel=0.9) and one.at(1e-5) > 0
    assert found[0].document(1e-5, baseline_of(found, 1e-5))["ratio"] == 1.0


def test_what_is_not_installed_is_a_row_with_its_sentence(drained, monkeypatch):
    for module in (engines, native):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    found = measure(drained, contestants(["fast", "cvode", "cvode-c"]), 1e-3, 1)
    absent = {one.name: one.absent for one in found}
    assert absent["lsoda"] is None and found[0].repeats
    assert "pip install 'sd_basis[fast]'" in absent["fast"] and "pip install scikit-sundae" in absent["cvode"] and "SUNDIALS" in absent["cvode-c"]
    assert all(not one.rungs and math.isnan(one.at(1e-3)) for one in found[1:])


def test_a_solver_that_gives_up_leaves_the_rest_of_its_run_unknown(drained):
    def broken(rates, jacobian, points, x, rtol, atol):
        raise RuntimeError("too hard")
    one = engines.Piecewise("broken", "numpy", broken, "")
    assert one.absent(drained) is None and np.isnan(one.ready(drained)(1e-3).states).all()


def test_a_size_and_the_delay_are_varied_where_nothing_is_said():
    scene = Scene(branching(), policy="gift")
    assert default_ranges(scene) == ("delay=uniform(0,1.25)", "pull")
    with pytest.raises(InputError, match="no parameter has a plausible range; say what is varied with --over"):
        problem(Scene(draining().model))


def test_a_single_thread_gains_nothing_over_itself():
    assert 0.2 < thread_gain(1) < 5  # one, but for what else the machine does meanwhile


def test_the_command_knows_the_names_of_all_engines():
    assert benching.ENGINES == tuple(one.name for one in ENGINES) and not set(engines.NOT_BUILT) & set(benching.ENGINES)


def test_the_command_prints_a_table_and_keeps_what_it_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tank.py").write_text(MODEL)
    arguments = ["bench", "tank.py", "--runs", "2", "--repeats", "2", "--engine", "bdf", "--error", "1e-4"]
    done = CliRunner().invoke(main, [*arguments, "--out", "found"])
    assert done.exit_code == 0, done.output
    assert "ms at error" in done.stdout and "lsoda" in done.stdout and "bdf" in done.stdout and "pysd: not built" in done.stdout
    document = json.loads((tmp_path / "found" / "bench.json").read_text())
    rows = {one["engine"]: one for one in document["engines"]}
    assert rows["lsoda"]["ratio"] == 1.0 and rows["bdf"]["ratio"] > 0 and len(rows["bdf"]["repeats"]) == 2
    assert sorted(path.suffix for path in (tmp_path / "found").iterdir()) == [".csv", ".json", ".png", ".svg", ".txt"]


@pytest.mark.parametrize("arguments, sentence", [
    (["--engine", "lsodda"], "no engine 'lsodda'; did you mean 'lsoda'?"), (["--error", "1"], "1 is not between 1e-09 and 0.01"),
    (["--error", "nan"], "nan is not between"), (["--over", "shar"], "did you mean 'share'?")])
def test_what_cannot_be_measured_is_said_in_one_sentence(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tank.py").write_text(MODEL)
    done = CliRunner().invoke(main, ["bench", "tank.py", *arguments])
    assert done.exit_code == 2 and sentence in done.stderr and done.stderr.count("\n") == 1


def test_errors_that_the_reference_cannot_resolve_are_refused():
    for error in (1e-12, 0.5, math.nan):
        with pytest.raises(InputError, match="use 1e-5"):
            measuring.check_error(error)

