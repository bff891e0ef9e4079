"""Stop and go on: a run saved at any time continues to the same end."""

import json
import multiprocessing
import pickle

import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sd_basis import CLOUD, Flow, Impulse, InputError, Model, NumericalFailure, Outcome, Parameter, Policy, Stock, cut, load, simulate
from sd_basis.cli import main
from sd_basis.integrators import METHODS
from sd_basis.saving import State


def eventful():
    """A tank with a rearmed trigger, a waiting one, an impulse on a date, a triggered one, dated policies and outcomes."""
    level, tap, lag = Stock("level", 10.0), Parameter("tap", 0.0), Parameter("lag", 1.5)
    count = Stock("count", 0.0, scale=1.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=tap)
    drain = Flow("drain", source=level, sink=CLOUD, rate=0.3 * level)
    tick = Flow("tick", source=CLOUD, sink=count, rate=0)
    policies = (Policy("refill", {tap: 3.0}, when=level < 4, delay=lag, duration=2, rearm=True), Policy("flood", {tap: tap + 1}, start=9, duration=4))
    impulses = (Impulse(tick, 1, when=level > 4.5, rearm=True, name="high"), Impulse(drain, level / 4, at=7.25, name="spill"))
    outcomes = (Outcome("was_low", level < 2.6, absorbing=True, group="low"), Outcome("is_high", level > 1, once=level > 9.5, always=True))
    return Model("eventful", (fill, drain, tick), policies=policies, impulses=impulses, outcomes=outcomes, span=(0, 25))


MODEL = eventful()
SETTINGS = {"policies": ["refill", "flood"], "rtol": 1e-9}
WHOLE = simulate(MODEL, **SETTINGS)
SWITCHES = [switch.time for switch in WHOLE.path.course.switches]


@settings(max_examples=40)
@given(st.one_of(st.floats(0, 24.9), st.sampled_from(SWITCHES)))
def test_a_run_saved_at_any_time_goes_on_to_the_same_end(time):
    later = simulate(MODEL, resume=WHOLE.state(time), **SETTINGS)
    assert later.path.x[-1] == pytest.approx(WHOLE.path.x[-1], rel=1e-6)
    assert [decision.code for decision in later.outcomes.values()] == [decision.code for decision in WHOLE.outcomes.values()]
    for ours, theirs in zip(later.outcomes.values(), WHOLE.outcomes.values(), strict=True):
        assert ours.time == pytest.approx(theirs.time, abs=1e-5)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_state_survives_its_file_and_a_chain_of_stops(method, tmp_path):
    whole, run = simulate(MODEL, method=method, **SETTINGS), simulate(MODEL, span=(0, 3), method=method, **SETTINGS)
    for end in (5.2, 8.9, 13.0, 19.7, 25):
        file = run.state().save(tmp_path / "state.json")
        assert State.load(file) == run.state()
        run = simulate(MODEL, resume=file, span=(None, end), method=method, **SETTINGS)
    assert run.path.x[-1] == pytest.approx(whole.path.x[-1], rel=1e-6)


def test_a_saved_run_of_the_flagship_goes_on(tmp_path):
    model = load("treasury_basis", "march-2020")
    whole = simulate(model, rtol=1e-9)
    file = simulate(model, rtol=1e-9, span=("2020-02-24", "2020-03-16T12:00")).state().save(tmp_path / "state.json")
    later = simulate(model, rtol=1e-9, resume=file)
    assert np.max(np.abs(later.path.x[-1] - whole.path.x[-1]) / np.maximum(np.abs(whole.path.x[-1]), 1)) < 1e-6
    assert later.outcome == whole.outcome


def test_a_link_held_before_the_stop_stays_held():
    held = cut(MODEL, "level -> drain", at=4)
    whole = simulate(held, **SETTINGS)
    assert simulate(held, resume=whole.state(12), **SETTINGS).path.x[-1] == pytest.approx(whole.path.x[-1], rel=1e-6)


def test_a_failed_run_can_be_saved_too():
    level = Stock("level", 1.0)
    model = Model("blowing", (Flow("f", source=CLOUD, sink=level, rate=level**2),), span=(0, 2))
    with pytest.raises(NumericalFailure) as caught:
        simulate(model)
    state = caught.value.run.state()
    assert 0.9 < state.time < 1.01 and state.stocks["level"] > 100


@pytest.mark.parametrize(("change", "text"), [
    ({"set": {"lag": 1.0}}, "other parameters"), ({"policies": ["refill"]}, "other parameters"), ({"span": (0, 3)}, "give a later end"),
    ({"initial": {"level": 3}}, "leave initial= out"), ({"resume": 3}, "no saved run"),
])
def test_a_state_goes_on_under_the_same_settings_only(change, text):
    with pytest.raises(InputError, match=text):
        simulate(MODEL, **{**SETTINGS, "resume": WHOLE.state(5), **change})


def test_a_state_of_another_model_is_refused():
    level = Stock("level", 1.0)
    other = Model("eventful", (Flow("f", source=CLOUD, sink=level, rate=sympy.exp(-level)),), span=(0, 25))
    with pytest.raises(InputError, match="another model"):
        simulate(other, resume=WHOLE.state(5))


def test_a_damaged_file_is_one_sentence_and_never_run(tmp_path):
    file = WHOLE.state(5).save(tmp_path / "state.json")
    content = json.loads(file.read_text())
    bad = {"{": "no saved run", "[]": "no saved run of this version", json.dumps({**content, "time": "__import__('os')"}): "not a number",
           json.dumps({**content, "status": {}}): "malformed", json.dumps({**content, "format": "sd_basis state 99"}): "this version", "[" * 100_000: "no saved run"}
    for text, expected in bad.items():
        file.write_text(text)
        with pytest.raises(InputError, match=expected):
            State.load(file)
    with pytest.raises(InputError, match="cannot be read"):
        State.load(tmp_path / "none.json")


def test_an_interrupted_run_keeps_what_it_has(monkeypatch):
    from sd_basis import integrators
    calls = iter(range(10**9))
    history = integrators._History

    def interrupting(solver):
        if next(calls) == 60:
            raise KeyboardInterrupt
        return history(solver)
    monkeypatch.setattr(integrators, "_History", interrupting)
    with pytest.raises(KeyboardInterrupt, match="interrupted at") as caught:
        simulate(MODEL, **SETTINGS)
    state = caught.value.run.state()
    assert 0 < state.time < 25
    assert simulate(MODEL, resume=state, **SETTINGS).path.x[-1] == pytest.approx(WHOLE.path.x[-1], rel=1e-6)


def test_the_command_stops_and_goes_on(tmp_path):
    def run(*options, code=0):
        done = CliRunner().invoke(main, ["run", "repo_loan", "--case", "early-call", *options])
        assert done.exit_code == code, done.output
        return done.output
    whole = json.loads(run("--json"))
    file = str(tmp_path / "kept" / "state.json")
    assert "go on with --resume" in run("--until", "12.5", "--save", file)
    assert json.loads(run("--resume", file, "--json"))["final"] == pytest.approx(whole["final"], rel=1e-4)
    assert "other parameters" in run("--resume", file, "--set", "call_speed=2", code=2)
    assert "no saved run" in run("--resume", str(tmp_path), code=2) or "cannot be read" in run("--resume", str(tmp_path), code=2)
    assert "is not a number" in run("--initial", "borrower_cash=much", code=2)
    assert "repaid" in run("--initial", "borrower_cash=130")
    assert "did you mean" in run("--cut", "outstanding -> repaymen", code=2) and "after the @" in run("--cut", "term -> x@", code=2)
    assert "early-call" in run("--cut", "term -> repayment@20")
    assert "it is a folder" in run("--save", str(tmp_path), code=2) and "--initial equilibrium" in run("--initial", "equilibrum", code=2)


def end_of(model):
    """Run in another process."""
    return simulate(model, **SETTINGS)


def test_runs_pickle_and_two_spawned_processes_give_equal_ones():
    again = pickle.loads(pickle.dumps(WHOLE))
    assert np.array_equal(again.path.x, WHOLE.path.x) and again.outcomes == WHOLE.outcomes and np.array_equal(again["fill"], WHOLE["fill"])
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for run in pool.map(end_of, [MODEL, MODEL]):
            assert np.array_equal(run.path.x, WHOLE.path.x) and np.array_equal(run.path.t, WHOLE.path.t)
            assert run.model.name == "eventful" and np.array_equal(run["drain"], WHOLE["drain"])


@pytest.mark.parametrize(("part", "value", "told"), [
    ("stocks", {"level": 10**400, "count": 0}, "one finite number"), ("stocks", {"level": 1.0}, "not those of the model"),
    ("atol", {"level": -1.0, "count": 1.0}, "not those of the model"), ("fired", [["nobody", 1.0, 0]], "not those of the model"),
    ("held", {"x": float("nan")}, "one finite number"), ("passed", [["spill", float("inf")]], "one finite number"),
])
def test_a_state_that_was_tampered_with_is_one_sentence(tmp_path, part, value, told):
    file = WHOLE.state(5.0).save(tmp_path / "state.json")
    content = json.loads(file.read_text())
    (content if part in content else content["status"])[part] = value
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=told):
        simulate(MODEL, resume=file, **SETTINGS)
