"""The schedule: policies, shocks and series cut a run into segments, and nothing is missed."""

import random
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import draining, driven, filling

from sd_basis import CLOUD, START, TIME, Case, Flow, InputError, Model, Parameter, Policy, Series, Stock, simulate
from sd_basis.case import Event
from sd_basis.integrators import METHODS
from sd_basis.schedule import schedule


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_pulse_on_a_system_at_rest_is_never_missed(method):
    stock, total = Stock("stock", 0.0, scale=1.0), Stock("total", 0.0, scale=1.0)
    push, decay = Parameter("push", 0.0), Parameter("decay", 0.3)
    arrive = Flow("arrive", source=CLOUD, sink=stock, rate=push)
    settle = Flow("settle", source=stock, sink=total, rate=decay * stock)
    model = Model("rest", (arrive, settle), span=(0, 1000), policies=(Policy("pulse", {push: 20.0}, duration=0.05),))
    for start in random.Random(1).sample(range(1, 9000), 60):
        run = simulate(model, policies=[model.policy("pulse").at(start / 10)], method=method)
        assert run["total"][-1] + run["stock"][-1] == pytest.approx(1.0, rel=1e-6)
        assert np.max(run["stock"]) > 0.98


@given(st.floats(0, 9), st.floats(0.01, 20), st.floats(-3, 3))
def test_a_policy_acts_from_its_start_for_its_duration(start, duration, value):
    parts = filling(lambda tap: value)
    run = simulate(parts.model, policies=[parts.model.policy("act").at(start, duration=duration)])
    assert run["level"][-1] == pytest.approx(value * (min(start + duration, 10) - start), abs=1e-5)


def test_a_policy_without_an_end_lasts_to_the_end_of_the_run():
    parts = filling(lambda tap: tap + 1)
    assert simulate(parts.model, policies=[parts.model.policy("act").at(6)])["level"][-1] == pytest.approx(4, abs=1e-6)


def test_a_policy_acts_only_when_it_is_asked_for():
    parts = filling(lambda tap: 1)
    assert np.all(simulate(parts.model)["level"] == 0)


def test_overlapping_policies_compose_in_the_order_given():
    parts = filling(value=1.0)
    double, add = Policy("double", {parts.tap: 2 * parts.tap}, start=2, end=8), Policy("add", {parts.tap: parts.tap + 3}, start=4, end=6)

    def levels(*policies):
        return simulate(parts.model, policies=policies, rtol=1e-9)["level"][-1]
    assert levels(double, add) == pytest.approx(4 * 1 + 4 * 2 + 2 * 5, abs=1e-7)
    assert levels(add, double) == pytest.approx(4 * 1 + 4 * 2 + 2 * 8, abs=1e-7)


def test_a_change_sees_the_changes_before_it_in_the_same_policy():
    parts = filling(inflow=lambda tap: tap + Parameter("extra", 0.0), value=1.0)
    extra = parts.model.quantity("extra")
    both = Policy("both", {parts.tap: 4, extra: parts.tap}, start=5)
    assert simulate(parts.model, policies=[both])["level"][-1] == pytest.approx(5 * 1 + 5 * 8, abs=1e-4)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_ramp_counts_from_its_own_start(method):
    parts = filling(lambda tap: (TIME - START) / 2)
    for start in (0, 2.5, 9):
        run = simulate(parts.model, policies=[parts.model.policy("act").at(start)], method=method, rtol=1e-9)
        assert run["level"][-1] == pytest.approx((10 - start) ** 2 / 4, rel=1e-7)
        assert run["tap"] == pytest.approx(np.maximum(run.t - start, 0) / 2, abs=1e-9)


def test_model_time_may_stand_in_an_equation():
    parts = filling(inflow=lambda tap: tap + 3 * TIME**2)
    assert simulate(parts.model, rtol=1e-9)["level"] == pytest.approx(simulate(parts.model, rtol=1e-9).t ** 3, abs=1e-5)


@pytest.mark.parametrize("kind, area", [("step", 1 * 1 + 2 * 2 + 3 * 0.5), ("linear", 1.5 + 2 * 2.5 + 3 * 0.5)])
def test_the_series_of_a_policy_moves_with_its_start(kind, area):
    tap_series = Series("plan", (100, 101, 103), (1.0, 2.0, 3.0), kind=kind)
    for start in (0, 2.25, 6.5):
        parts = filling(lambda tap: tap_series)
        policy = parts.model.policy("act").at(start, duration=3.5)
        run = simulate(parts.model, policies=[policy], rtol=1e-9)
        assert run["level"][-1] == pytest.approx(area, abs=1e-6)
        assert {start, start + 1, start + 3, start + 3.5} <= set(run.t.tolist())


def test_a_dated_series_of_a_policy_keeps_its_trading_days():
    # Thursday 9 April to Monday 13 April 2020 is one trading day: Good Friday lies between
    plan = Series("plan", ("2020-04-09", "2020-04-13"), (1.0, 0.0))
    parts = filling(lambda tap: plan)
    run = simulate(parts.model, policies=[parts.model.policy("act").at(4)], rtol=1e-9)
    assert run["level"][-1] == pytest.approx(1.0, abs=1e-8)


def test_the_run_holds_both_sides_of_every_switch():
    parts = filling(lambda tap: 1)
    run = simulate(parts.model, policies=[parts.model.policy("act").at(3, duration=2)])
    for time, sides in ((3, [0, 1]), (5, [1, 0])):
        assert run["tap"][run.t == time].tolist() == sides
    assert np.all(np.diff(run.t) >= 0) and run.solver["restarts"] == 2


def test_a_ramp_does_not_let_a_series_jump_early():
    parts = driven((5.0,), (7.0,), before=0.0)
    ramp = Policy("ramp", {parts.tap: TIME - START}, start=0)
    run = simulate(parts.model, policies=[ramp], rtol=1e-9)
    assert run["data"][run.t == 5].tolist() == [0, 7] and run["level"][-1] == pytest.approx(50 + 35, rel=1e-8)


def test_dates_before_the_start_are_refused_and_dates_after_the_end_are_warned_of():
    parts = filling(lambda tap: 1)
    with pytest.raises(InputError, match="act: it starts at -1, before the run begins at 0"):
        simulate(parts.model, policies=[parts.model.policy("act").at(-1)])
    run = simulate(parts.model, policies=[parts.model.policy("act").at(10)])
    assert run["level"][-1] == 0 and run.warnings == ["act: it starts at 10, after the run ends at 10, and has no effect"]


def test_a_policy_without_a_date_asks_for_one():
    with pytest.raises(InputError, match="act: the policy has no start; write act@DATE"):
        simulate(filling(lambda tap: 1).model, policies=["act"])


def test_an_end_before_the_start_is_refused():
    parts = filling(lambda tap: 1)
    with pytest.raises(InputError, match="act: its end 2 is not after its start 3"):
        simulate(parts.model, policies=[parts.model.policy("act").at(3, end=2)])


def test_shocks_stay_where_policies_shift():
    parts = filling(lambda tap: tap + 1)
    case = Case("case", shocks=(Event("shock", start=2, set={"tap": 5.0}),), policies=(Event("act", start=4),))
    for shift in (0, 1.5, -1.5):
        switches = {segment.start for segment in schedule(parts.model, case.shifted(shift)).segments}
        assert switches == {0, 2, 4 + shift}
        assert simulate(parts.model, case.shifted(shift))["level"][-1] == pytest.approx(8 * 5 + (6 - shift), abs=1e-4)


def test_a_shift_moves_the_end_of_a_policy_too():
    parts = filling(lambda tap: 1)
    case = Case("case", policies=(Event("act", start=2, end=3),), shift=4)
    assert simulate(parts.model, case)["level"][-1] == pytest.approx(1, abs=1e-6)
    assert [segment.start for segment in schedule(parts.model, case).segments] == [0, 6, 7]


def test_a_policy_given_to_the_run_replaces_the_case_s():
    parts = filling(lambda tap: tap + 1)
    case = Case("case", policies=(Event("act", start=2),))
    run = simulate(parts.model, case, policies=[parts.model.policy("act").at(7)])
    assert run["level"][-1] == pytest.approx(3, abs=1e-6)


def test_dates_map_through_the_calendar():
    parts = filling(lambda tap: 1)
    case = Case("case", origin=date(2020, 4, 6), policies=(Event("act", start="2020-04-09T12:00"),), span=("2020-04-06", "2020-04-15"))
    plan = schedule(parts.model, case)
    assert (plan.start, plan.segments[1].start, plan.end) == (0, 3.5, 6)
    weekend = Case("case", origin=date(2020, 4, 6), policies=(Event("act", start="2020-04-11"),))
    assert schedule(parts.model, weekend).segments[1].start == 4


def test_a_date_without_an_origin_is_refused():
    parts = filling(lambda tap: 1)
    with pytest.raises(InputError, match="act, start: '2020-03-02' is a date, but case 'default' has no origin"):
        simulate(parts.model, policies=[parts.model.policy("act").at("2020-03-02")])


def test_values_outside_the_domain_are_errors_and_outside_the_range_warnings():
    level = Stock("level", 1.0)
    share = Parameter("share", 0.5, between=(0.1, 1), domain=(0, 2))
    other = Parameter("other", 1.0)
    model = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=share * other * level),), span=(0, 2))
    assert simulate(model).warnings == []
    assert simulate(model, set={"share": 1.5}).warnings == ["model 'm': share = 1.5 lies outside its plausible range [0.1, 1]"]
    with pytest.raises(InputError, match=r"share = 3 lies outside its domain \[0, 2\]"):
        simulate(model, set={share: 3})
    with pytest.raises(InputError, match=r"surge: share = 4 lies outside its domain"):
        simulate(model, policies=[Policy("surge", {share: 8 * share}, start=1)])
    run = simulate(model, policies=[Policy("surge", {share: 3 * share}, start=1)])
    assert run.warnings == ["surge: share = 1.5 lies outside its plausible range [0.1, 1]"]


def test_a_policy_is_not_blamed_for_a_value_it_does_not_change():
    level, share, other = Stock("level", 1.0), Parameter("share", 0.5, between=(0.1, 1)), Parameter("other", 1.0)
    model = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=share * other * level),), span=(0, 2))
    run = simulate(model, set={"share": 1.5}, policies=[Policy("act", {other: 2}, start=1)])
    assert run.warnings == ["model 'm': share = 1.5 lies outside its plausible range [0.1, 1]"]


@pytest.mark.parametrize("value", ["2", True, float("nan"), None])
def test_a_set_value_is_one_finite_number(value):
    with pytest.raises(InputError, match="set: share"):
        simulate(draining().model, set={"share": value})


@given(st.lists(st.tuples(st.floats(0, 9.9), st.floats(0.05, 5), st.floats(-2, 2)), max_size=5))
def test_segments_cover_the_span_without_gap_or_overlap(given_policies):
    parts = filling()
    policies = [Policy(f"p{i}", {parts.tap: parts.tap + value}, start=start, duration=duration)
                for i, (start, duration, value) in enumerate(given_policies)]
    plan = schedule(parts.model, Case("case"), policies)
    assert plan.start == 0 and plan.end == 10
    assert all(left.end == right.start and left.start < left.end for left, right in zip(plan.segments, plan.segments[1:]))
    area = sum(segment.values(segment.start)[0] * (segment.end - segment.start) for segment in plan.segments)
    assert area == pytest.approx(sum(value * (min(start + duration, 10) - start) for start, duration, value in given_policies), abs=1e-9)


def test_switches_that_differ_by_rounding_are_one():
    parts = filling()
    policies = [Policy("one", {parts.tap: 1}, start=0.3), Policy("two", {parts.tap: parts.tap}, start=0.1 + 0.2)]
    assert len(schedule(parts.model, Case("case"), policies).segments) == 2
