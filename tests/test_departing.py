"""Runs that depart from another: the same as those made from the start, and ended once nothing can change their outcome."""

import numpy as np
import pytest

from sd_basis import CLOUD, START, TIME, Case, Flow, Impulse, Lookup, Model, Outcome, Parameter, Policy, Series, Stock, simulate
from sd_basis.departing import of_policies
from sd_basis.outcomes import Settled
from sd_basis.simulation import depart
from sd_basis.transition.scene import Scene

WAITING = ("ward", "clearance")  # for their conditions


def clinic():
    """Patients who arrive on a schedule, a ward that a trigger opens, a campaign that ramps with a size of its own."""
    waiting, treated = Stock("waiting", 1.0, scale=10.0), Stock("treated", 0.0, scale=10.0)
    arrivals, capacity, campaign = Series("arrivals", [0, 10, 25], [1.0, 2.0, 1.5]), Parameter("capacity", 0.2), Parameter("campaign", 0.0)
    size, beds = Parameter("campaign_size", 0.05), Parameter("beds", 0.1)
    patience = Lookup("patience", {0: 1.0, 10: 0.5})
    come = Flow("come", source=CLOUD, sink=waiting, rate=arrivals * patience(waiting))
    treat = Flow("treat", source=waiting, sink=treated, rate=(capacity + campaign) * waiting)
    return Model("clinic", [come, treat], span=(0, 40), policies=[
        Policy("campaigning", {campaign: size * (TIME - START)}, duration=6), Policy("ward", {capacity: capacity + beds}, when=waiting > 3, delay=1.5)],
        impulses=[Impulse(treat, 0.5, name="clearance", when=treated > 5)],
        outcomes=[Outcome("crowded", waiting > 4.2, absorbing=True), Outcome("calm", waiting < 4)])


def test_a_run_that_departs_is_the_run_made_from_its_start():
    model = clinic()
    base = simulate(model, rtol=1e-9, policies=WAITING)
    assert {name for status in base.path.course.statuses for name, _, _ in status.fired} == {"ward", "clearance"}
    for start, size in ((3.0, 0.05), (11.5, 0.05), (10.0, 0.2), (27.3, 0.4)):
        asked = {"policies": [model.policy("campaigning").at(start), *WAITING], "set": {"campaign_size": size}}
        run, whole = depart(base, Case("default"), start, **asked), simulate(model, rtol=1e-9, **asked)
        times = np.linspace(0, 40, 161)
        for states in zip(run.path.at(times)[0].T, whole.path.at(times)[0].T, strict=True):
            assert states[0] == pytest.approx(states[1], rel=1e-6, abs=1e-7)
        assert run.outcomes["outcome"].code == whole.outcomes["outcome"].code
        assert run["campaign_size"] == pytest.approx(size)
        assert len(run.path.course.switches) == len(whole.path.course.switches) and run.solver["steps"] == run.path.steps


def test_only_what_no_equation_mentions_may_differ_before_a_policy():
    model = clinic()
    assert {parameter.name for parameter in of_policies(model)} == {"campaign_size", "beds"}
    base = simulate(model, policies=WAITING)
    later = [model.policy("campaigning").at(12), *WAITING]
    assert depart(base, Case("default"), 12.0, policies=later, set={"campaign_size": 0.3}) is not None
    assert depart(base, Case("default"), 12.0, policies=later[:1]) is None  # no ward
    assert depart(base, Case("default"), 12.0, policies=later, set={"capacity": 0.3}) is None
    assert depart(base, Case("default"), 20.0, policies=later) is None  # it began before that
    assert depart(base, Case("default"), 12.0, policies=later, set={"beds": 0.3}) is None  # the ward opened before that
    assert depart(base, Case("default"), 0.0, policies=later) is None


def test_a_run_ends_where_its_outcome_cannot_change():
    model = clinic()
    base = simulate(model)
    settled = Settled("outcome")
    run = depart(base, Case("default"), 30.0, policies=[model.policy("campaigning").at(30)], settled=settled)
    assert base.outcome == "crowded" and settled.decision == base.outcomes["outcome"] and run.path.t[-1] == 30.0 > settled.decision.time
    scene = Scene(model, policy="campaigning")
    assert scene.look(30.0).code == "crowded" and scene.integrations == 2 and scene.look(30.0).time == pytest.approx(base.decided_at)
    early = scene.look(0.5, {"campaign_size": 2.0})
    assert early.code == scene.run(0.5, {"campaign_size": 2.0}).outcome


def tank(above=6.0, **how):
    """A tank whose inflow follows a series, with a dated gush, a gush by hand, and a valve."""
    level, valve, opened, dose = Stock("level", 1.0), Parameter("valve", 0.1), Parameter("opened", 0.3), Parameter("dose", 0.5)
    rain = Series("rain", [0, 5, 10], [1.0, 2.0, 4.0])
    come, go = Flow("come", source=CLOUD, sink=level, rate=valve * rain), Flow("go", source=level, sink=CLOUD, rate=0.1 * level)
    return Model("tank", [come, go], span=(0, 20), policies=[Policy("open", {valve: opened})], outcomes=[Outcome("full", level > above, **how)],
                 impulses=[Impulse(come, dose, name="gush", at=3.0), Impulse(come, rain, name="tip"), Impulse(go, 0.9 * level, name="spill")])


def test_what_an_impulse_mentions_cannot_differ_once_it_has_passed():
    model = tank(absorbing=True)
    base, asked = simulate(model), {"policies": [model.policy("open").at(8)], "set": {"dose": 5.0}}
    assert depart(base, Case("default"), 8.0, **asked) is None
    assert Scene(model, policy="open").look(8.0, {"dose": 5.0}).time == pytest.approx(simulate(model, **asked).decided_at)
    assert depart(base, Case("default"), 2.0, policies=[model.policy("open").at(2)], set={"dose": 5.0}) is not None  # it has not passed yet


def test_policies_that_end_or_act_otherwise_before_a_time_are_not_shared():
    model = tank()
    valve, opened = model.quantity("valve"), model.quantity("opened")
    base = simulate(model, policies=[Policy("open", {valve: opened}, start=2, end=12)])
    assert depart(base, Case("default"), 8.0, policies=[Policy("open", {valve: opened}, start=2, end=7)]) is None
    assert depart(base, Case("default"), 8.0, policies=[Policy("open", {valve: 2 * opened}, start=2, end=12)]) is None
    assert depart(base, Case("default"), 8.0, policies=[Policy("open", {valve: opened}, start=2, end=15)]) is not None


def test_an_impulse_at_the_departure_takes_the_series_of_that_moment():
    model = tank()
    asked = {"policies": [model.impulses["tip"].at_date(8.0)]}
    run, whole = depart(simulate(model, rtol=1e-9), Case("default"), 8.0, **asked), simulate(model, rtol=1e-9, **asked)
    assert run["level"][-1] == pytest.approx(whole["level"][-1], rel=1e-7)


def test_a_stay_that_an_impulse_ends_at_the_departure_does_not_last():
    model = tank(1.2, lasting=4.0)
    asked = {"policies": [model.impulses["spill"].at_date(6.0)]}
    whole, look = simulate(model, **asked), Scene(model, policy="spill").look(6.0)
    assert look.time == pytest.approx(whole.decided_at, rel=1e-5) and look.time > 10
    assert simulate(model, **asked, resume=simulate(model, **asked).state(6.0)).decided_at == pytest.approx(whole.decided_at, rel=1e-5)
