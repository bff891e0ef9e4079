"""Links and loops that are held, and runs that begin at rest."""

import math
from datetime import date

import numpy as np
import pytest
import sympy

from sd_basis import (
    CLOUD,
    DELAY3,
    TIME,
    Auxiliary,
    Case,
    Flow,
    InputError,
    Lookup,
    Max,
    Model,
    NumericalFailure,
    Parameter,
    Policy,
    Stock,
    cut,
    equilibrium,
    load,
    simulate,
)
from sd_basis.integrators import METHODS


def growth():
    """A loop of reinforcement: x grows by g(x) = x through an auxiliary."""
    level, pace = Stock("level", 1.0), Parameter("pace", 1.0)
    pull = Auxiliary("pull", pace * level)
    watch = Auxiliary("watch", 2 * level)
    grow = Flow("grow", source=CLOUD, sink=level, rate=pull)
    return Model("growth", (grow,), span=(0, 3), outputs=(watch,), policies=(Policy("slow", {pace: 0.5}, start=2.0),))


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("link", ["level -> pull", "pull -> grow", "level -> pull -> grow -> level", "grow -> level -> pull -> grow"])
def test_a_link_that_is_held_keeps_the_value_it_had(link, method):
    run = simulate(cut(growth(), link, at=1), method=method, rtol=1e-10)
    assert run["level"][-1] == pytest.approx(math.e * 3, rel=1e-8)
    assert run["watch"] == pytest.approx(2 * run["level"])
    assert run["grow"][-1] == pytest.approx(math.e, rel=1e-8)


def test_only_the_target_sees_the_value_held():
    held = simulate(cut(growth(), "level -> pull", at=1), policies=["slow"], rtol=1e-10)
    assert held["level"][-1] == pytest.approx(math.e * (1 + 1 + 0.5), rel=1e-8)
    whole = simulate(cut(growth(), "pull -> grow", at=1), policies=["slow"], rtol=1e-10)
    assert whole["level"][-1] == pytest.approx(math.e * 3, rel=1e-8)


def test_without_a_date_a_link_is_held_from_the_start():
    assert simulate(cut(growth(), "level -> pull"), initial={"level": 2.0}, rtol=1e-10)["level"][-1] == pytest.approx(8.0)


def test_several_links_may_be_held_and_the_model_itself_stays_as_it_was():
    model = growth()
    twice = cut(cut(model, "level -> pull", at=1), "pull -> grow", at=2)
    assert simulate(twice, rtol=1e-10)["level"][-1] == pytest.approx(3 * math.e, rel=1e-8)
    assert simulate(model, rtol=1e-10)["level"][-1] == pytest.approx(math.e**3, rel=1e-8) and not model.cuts


def test_a_cut_may_have_a_date_of_the_calendar():
    dated = Case("dated", origin=date(2020, 3, 6))  # a Friday: the Monday after is a trading day later
    run = simulate(cut(growth(), "level -> pull", at="2020-03-09"), dated, rtol=1e-10)
    assert run["level"][-1] == pytest.approx(math.e * 3, rel=1e-8)


@pytest.mark.parametrize(("link", "text"), [
    ("level -> grow", "choose one of: pull|did you mean"), ("levle -> pull", "did you mean 'level'"), ("pull", "neither a link nor a loop"),
    ("grow -> level", "hold what a flow depends on"), ("level -> pull -> grow", "does not come back"), ("pull -> pace", "depends on nothing"), (3, "neither"),
    ("pull -> level", "choose one of: grow"),
])
def test_what_is_no_link_is_refused_by_name(link, text):
    with pytest.raises(InputError, match=text):
        cut(growth(), link)


def test_a_date_needs_an_origin_for_a_cut_too():
    with pytest.raises(InputError, match="has no origin"):
        simulate(cut(growth(), "level -> pull", at="2020-03-01"))


def predators():
    prey, hunters = Stock("prey", 2.0), Stock("hunters", 0.5)
    born = Flow("born", source=CLOUD, sink=prey, rate=prey * (1 - prey / 4))
    eaten = Flow("eaten", source=prey, sink=CLOUD, rate=prey * hunters)
    bred = Flow("bred", source=CLOUD, sink=hunters, rate=prey * hunters / 2)
    died = Flow("died", source=hunters, sink=CLOUD, rate=0.5 * hunters)
    return Model("predators", (born, eaten, bred, died), span=(0, 20))


def test_the_equilibrium_is_the_closed_form_and_a_run_begun_there_rests():
    model = predators()
    rest = equilibrium(model)
    assert rest == pytest.approx({"prey": 1.0, "hunters": 0.75}, rel=1e-10)
    run = simulate(model, initial=rest)
    assert np.ptp(run["prey"]) < 1e-8


def test_conserved_totals_are_those_of_the_initial_state():
    one, two = Stock("one", 7.0), Stock("two", 1.0)
    there = Flow("there", source=one, sink=two, rate=3 * one)
    back = Flow("back", source=two, sink=one, rate=two)
    model = Model("box", (there, back), span=(0, 1))
    assert equilibrium(model) == pytest.approx({"one": 2.0, "two": 6.0}, rel=1e-10)
    assert equilibrium(model, initial={"one": 3.0})["two"] == pytest.approx(3.0, rel=1e-10)


def test_a_run_may_ask_for_the_equilibrium_of_its_baseline():
    inflow, lag, done = Parameter("inflow", 2.0), Parameter("lag", 3.0), Stock("done", 5.0)
    out = DELAY3("out", inflow, lag, sink=done, initial=0)
    used = Flow("used", source=done, sink=CLOUD, rate=Max(done, 0) / 4)
    model = Model("m", (out, used), span=(0, 10), policies=(Policy("more", {inflow: 5.0}, start=5),))
    run = simulate(model, policies=["more"], initial="equilibrium", rtol=1e-9)
    before = run.t < 5
    assert run["done"][before] == pytest.approx(np.full(before.sum(), 8.0), rel=1e-8) and run["done"][-1] > 8.5
    assert simulate(model, Case("c", initial="equilibrium"))["done"][-1] == pytest.approx(8.0)


def test_an_unstable_state_of_rest_is_none_that_a_run_settles_in():
    level = Stock("level", 1.5)
    up = Flow("up", source=CLOUD, sink=level, rate=level**2 / 2 - level / 2, reversible=True)
    with pytest.raises(NumericalFailure, match="unstable|still changes"):
        equilibrium(Model("m", (up,), span=(0, 1)))
    savings = load("savings")
    with pytest.raises(NumericalFailure, match="non-negative"):
        equilibrium(savings)


def test_what_never_rests_is_refused():
    level = Stock("level", 1.0)
    with pytest.raises(NumericalFailure, match="still changes"):
        equilibrium(Model("m", (Flow("f", source=CLOUD, sink=level, rate=sympy.exp(-level) + 1),), span=(0, 1)))
    with pytest.raises(InputError, match="depend on TIME"):
        equilibrium(Model("m", (Flow("f", source=CLOUD, sink=level, rate=TIME),), span=(0, 1)))
    with pytest.raises(InputError, match="equilibrium"):
        simulate(predators(), initial="equilibrum")


def test_a_table_cannot_be_held_and_says_so():
    level, table = Stock("level", 0.5), Lookup("table", [(0, 0), (1, 1)])
    pull = Auxiliary("pull", table(level))
    model = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=pull),), span=(0, 1))
    with pytest.raises(InputError, match="it is looked up at"):
        cut(model, "table -> pull")
