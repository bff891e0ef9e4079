"""Outcomes: decided by regions of states, with the time of their decision, and never by a horizon."""

import math

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from small import draining, swinging

from sd_basis import CLOUD, Flow, Model, NumericalFailure, Outcome, Parameter, Policy, Stock, simulate
from sd_basis.integrators import METHODS


def bistable(start, outcomes=None, span=(0, 20), **options):
    """x' = x - x^3: ends at 1 or at -1, whose basins part at 0."""
    x = Stock("x", start)
    push = Parameter("push", 0.0)
    flows = (Flow("grow", source=CLOUD, sink=x, rate=x + push, reversible=True), Flow("limit", source=x, sink=CLOUD, rate=x**3, reversible=True))
    outcomes = outcomes or (lambda x: (Outcome("high", when=x > 0.9), Outcome("low", when=x < -0.9)))
    return Model("bistable", flows, span=span, outcomes=outcomes(x), policies=(Policy("save", {push: 0.5}, duration=1),), **options)


def reaches(x0, level):
    """Return when x' = x - x^3 has gone from x0 to a level, in closed form."""
    return 0.5 * math.log(level**2 * (1 - x0**2) / (x0**2 * (1 - level**2)))


@pytest.fixture(scope="module")
def one_bistable():
    return bistable(0.5)


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("start, code", [(0.1, "high"), (-0.01, "low"), (1e-4, "high")])
def test_an_attractor_is_decided_when_its_region_is_entered_for_good(method, start, code):
    run = simulate(bistable(start), method=method, rtol=1e-9)
    assert run.outcome == code and run.decided_at == pytest.approx(reaches(abs(start), 0.9), abs=1e-5)
    assert run.summary.startswith(f"bistable, default: {code} (since ")


@given(st.floats(0.01, 0.85))
def test_the_time_of_decision_is_accurate(one_bistable, start):
    assert simulate(one_bistable, initial={"x": start}, rtol=1e-9).decided_at == pytest.approx(reaches(start, 0.9), abs=1e-5)


def test_what_has_not_arrived_is_undecided_until_the_horizon_grows():
    assert simulate(bistable(1e-6), span=(0, 10)).outcome == "undecided"
    assert simulate(bistable(1e-6), span=(0, 10)).decided_at is None
    assert simulate(bistable(1e-6), span=(0, 30)).outcome == "high"


def test_a_run_that_starts_in_the_region_is_decided_at_its_start():
    run = simulate(bistable(1.0))
    assert run.outcome == "high" and run.decided_at == 0 and "since" not in run.summary


def test_a_policy_in_time_rescues_and_one_too_late_does_not():
    model = bistable(-0.01)
    early, late = (simulate(model, policies=[model.policy("save").at(start)]) for start in (1, 15))
    assert early.outcome == "high" and late.outcome == "low"


def absorbing(position):
    return (Outcome("broken", when=position < -0.5, absorbing=True), Outcome("whole", when=position > -2))


def test_an_absorbing_outcome_holds_from_the_first_entry():
    run = simulate(swinging(absorbing), rtol=1e-10)
    assert run.outcome == "broken" and run.decided_at == pytest.approx(2 * math.pi / 3, abs=1e-5)
    assert run["position"][-1] > 0.9  # it left the region again
    assert simulate(swinging(absorbing, span=(0, 2)), rtol=1e-10).outcome == "whole"


def test_of_two_absorbing_outcomes_the_earlier_one_wins():
    run = simulate(swinging(lambda p: (Outcome("later", when=p < -0.9, absorbing=True), Outcome("sooner", when=p < 0, absorbing=True))), rtol=1e-10)
    assert run.outcome == "sooner" and run.decided_at == pytest.approx(math.pi / 2, abs=1e-5)


def test_a_region_that_was_left_again_decides_nothing():
    assert simulate(swinging(lambda p: (Outcome("down", when=p < -0.5),))).outcome == "undecided"
    assert simulate(swinging(lambda p: (Outcome("up", when=p > 0.9),)), rtol=1e-9).decided_at == pytest.approx(2 * math.pi - math.acos(0.9), abs=1e-5)


def test_always_asks_that_the_run_never_left():
    outcomes = lambda p: (Outcome("steady", when=p > 0.9, always=True), Outcome("back", when=p > 0.9))  # noqa: E731
    assert simulate(swinging(outcomes)).outcome == "back"
    assert simulate(swinging(outcomes, span=(0, 0.4))).outcome == "steady"


def test_once_asks_that_something_happened():
    outcomes = lambda p: (Outcome("recovered", when=p > 0.9, once=p < -0.9), Outcome("calm", when=p > 0.9))  # noqa: E731
    assert simulate(swinging(outcomes)).outcome == "recovered"
    assert simulate(swinging(outcomes, span=(0, 0.4))).outcome == "calm"


def test_outcomes_are_tried_in_the_order_given():
    level = Stock("level", 8.0)
    one, two = Outcome("wide", when=level < 7), Outcome("narrow", when=level < 5)
    flow = Flow("drain", source=level, sink=CLOUD, rate=level)
    codes = [simulate(Model("m", (flow,), span=(0, 4), outcomes=order)).outcome for order in ((one, two), (two, one))]
    assert codes == ["wide", "narrow"]


def test_each_group_has_its_own_decision():
    run = simulate(swinging(lambda p: (Outcome("up", when=p > 0.9), Outcome("fell", when=p < 0, absorbing=True, group="history"))))
    assert {group: decision.code for group, decision in run.outcomes.items()} == {"outcome": "up", "history": "fell"}
    assert run.row()["outcomes"]["history"]["decided_at"] == pytest.approx(math.pi / 2, abs=1e-3)
    assert "history fell" in run.summary


def test_several_inequalities_combine_with_min_and_max():
    code = simulate(bistable(0.1, lambda x: (Outcome("inside", when=sympy.Min(x - 0.9, 1.1 - x) > 0),)), rtol=1e-9)
    assert code.outcome == "inside" and code.decided_at == pytest.approx(reaches(0.1, 0.9), abs=1e-5)


def test_an_outcome_may_look_at_auxiliaries_flows_and_parameters():
    parts = draining()
    litre = Parameter("litre", 1.0, "litre")
    outcome = Outcome("slow", when=parts.drain < parts.share * litre)
    run = simulate(Model("m", (parts.drain,), span=(0, 10), outcomes=(outcome,)), rtol=1e-9)
    assert run.decided_at == pytest.approx(2 * math.log(8), abs=1e-5)


def test_a_jump_into_the_region_is_decided_at_the_switch():
    x = Stock("x", 1.0)
    push = Parameter("push", 0.0)
    flow = Flow("f", source=CLOUD, sink=x, rate=push)
    model = Model("m", (flow,), span=(0, 9), outcomes=(Outcome("moving", when=push > 0.5),), policies=(Policy("go", {push: 1}, start=4),))
    assert simulate(model, policies=["go"]).decided_at == 4.0


def test_the_decision_does_not_depend_on_the_times_shown():
    whole, shown = (simulate(bistable(0.1), at=at) for at in (None, np.linspace(0, 20, 3)))
    assert whole.decided_at == shown.decided_at and whole.outcome == shown.outcome


def test_a_model_without_outcomes_has_none():
    run = simulate(draining().model)
    assert run.outcome is None and run.decided_at is None and run.outcomes == {}


def test_a_failed_run_is_undecided_unless_it_was_absorbed():
    x = Stock("x", 1.0)
    flow = Flow("f", source=CLOUD, sink=x, rate=x**2)
    outcomes = (Outcome("high", when=x > 0.5), Outcome("huge", when=x > 100, absorbing=True, group="size"))
    with pytest.raises(NumericalFailure) as caught:
        simulate(Model("m", (flow,), span=(0, 2), outcomes=outcomes))
    assert caught.value.run.outcome == "undecided"
    assert caught.value.run.outcomes["size"].time == pytest.approx(0.99, abs=1e-3)


def test_a_run_that_ends_before_a_scheduled_change_is_undecided():
    x = Stock("x", 1.0)
    push = Parameter("push", 0.0)
    flow = Flow("f", source=CLOUD, sink=x, rate=push, reversible=True)
    model = Model("m", (flow,), span=(0, 9), outcomes=(Outcome("still", when=push < 0.5),), policies=(Policy("go", {push: 1}, start=4, duration=2),))
    assert simulate(model, policies=["go"]).outcome == "still"
    for end in (3, 4, 5, 6):
        assert simulate(model, policies=["go"], span=(0, end)).outcome == "undecided"
