"""The turning shift of a case's policies, on models whose turning point is known."""

import pytest

from sd_basis import CLOUD, Case, Flow, InputError, Model, Outcome, Parameter, Policy, Stock, simulate, turning_shift
from sd_basis.case import Event


def stopped_tank(second_group=False, thresholds=(5.0,)):
    """A tank that fills at one a day until the policy closes the tap: it ends at the policy's start."""
    level, tap = Stock("level", 0.0, scale=1.0), Parameter("tap", 1.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=tap, reversible=True)
    outcomes = [Outcome(name, level < limit) for name, limit in zip(("low", "middle"), thresholds, strict=False)]
    outcomes.append(Outcome("high", level > thresholds[-1]))
    if second_group:
        outcomes += [Outcome("few", level < 2, group="count"), Outcome("many", level > 2, group="count")]
    return Model("stopped", (fill,), span=(0, 20), outcomes=outcomes, policies=(Policy("close", {tap: 0.0}),))


CASE = Case("closed", policies=(Event("close", start=3.0),))


def test_the_shift_is_found_to_the_tolerance_asked_for():
    turning = turning_shift(stopped_tank(), CASE, -2, 6, xtol=1e-6)
    assert turning.low <= 2.0 + 1e-5 and turning.high >= 2.0 - 1e-5
    assert turning.high - turning.low <= 1e-6
    assert turning.shift == pytest.approx(2.0, abs=1e-5)
    assert (turning.below, turning.above) == ("low", "high")


def test_the_bracket_gives_the_outcomes_it_names():
    model = stopped_tank()
    turning = turning_shift(model, CASE, -2, 6)
    assert simulate(model, CASE.shifted(turning.low)).outcome == turning.below
    assert simulate(model, CASE.shifted(turning.high)).outcome == turning.above


def test_the_runs_are_counted():
    assert turning_shift(stopped_tank(), CASE, 0, 4, xtol=1.0).runs == 2 + 2


def test_known_ends_are_not_run_again(monkeypatch):
    model, ran = stopped_tank(), []
    monkeypatch.setattr("sd_basis.timing.simulate", lambda model, case, **more: ran.append(case.shift) or simulate(model, case, **more))
    found = turning_shift(model, CASE, -2, 6, xtol=1.0, known={-2: "low", 6: "high"})
    assert ran == [2, 4, 3] and found == turning_shift(model, CASE, -2, 6, xtol=1.0)


def test_a_third_outcome_in_between_is_named_where_the_first_ends():
    turning = turning_shift(stopped_tank(thresholds=(5.0, 7.0)), CASE, 0, 9)
    assert (turning.below, turning.above) == ("low", "middle")
    assert turning.shift == pytest.approx(2.0, abs=1e-3)


def test_another_group_of_outcomes_may_decide():
    turning = turning_shift(stopped_tank(second_group=True), CASE, -2, 6, group="count")
    assert (turning.below, turning.above) == ("few", "many")
    assert turning.shift == pytest.approx(-1.0, abs=1e-3)


def test_parameters_given_move_the_turning():
    assert turning_shift(stopped_tank(), CASE, -2, 12, set={"tap": 0.5}).shift == pytest.approx(7.0, abs=1e-3)


def test_an_unreachable_tolerance_ends_at_the_resolution_of_floating_point():
    turning = turning_shift(stopped_tank(), CASE, 1.9, 2.1, xtol=1e-300)
    assert turning.high - turning.low < 1e-14


@pytest.mark.parametrize("arguments, message", [
    (dict(low=0, high=1), "the outcome is 'low' at the shifts 0 and 1 alike"),
    (dict(low=2, high=1), "not above"),
    (dict(low=0, high=9, xtol=0), "positive"),
    (dict(low=0, high=float("nan")), "finite"),
    (dict(low=0, high=9, group="outcom"), "did you mean 'outcome'"),
    (dict(low=-5, high=9), "before the run begins"),
    (dict(low=0, high=9, case=Case("quiet")), "case 'quiet' has no policies"),
    (dict(low=0, high=9, case=None), "there is no case"),
])
def test_what_cannot_be_bisected_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        turning_shift(stopped_tank(), **{"case": CASE, **arguments})


def test_a_model_without_outcomes_is_refused():
    model = stopped_tank()
    bare = Model("bare", model.flows, span=(0, 20), policies=model.policies.values())
    with pytest.raises(InputError, match="declares no outcomes"):
        turning_shift(bare, CASE, 0, 9)
