"""Critical delays, their kinds and their evidence, on problems whose answers are known in closed form."""

import math
from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq
from sympy import exp, sin

from sd_basis import CLOUD, START, TIME, Case, Flow, Impulse, InputError, Model, Outcome, Parameter, Policy, Stock, critical_delay, critical_value, simulate
from sd_basis.transition.checks import converging
from sd_basis.transition.scene import Scene
from sd_basis.transition.searching import Line, Turn


def changing(stock, rate):
    """A flow that is the whole rate of change of a stock."""
    return Flow(f"change_of_{stock.name}", source=CLOUD, sink=stock, rate=rate, reversible=True)


def one_stock(name, begin, rate, span, outcomes, policies=(), **parameters):
    """A model of one stock x whose rate is a function of x and its parameters; policies and outcomes are made from them too."""
    x = Stock("x", begin, scale=1.0)
    own = {key: Parameter(key, *value) if isinstance(value, tuple) else Parameter(key, value) for key, value in parameters.items()}
    return Model(name, [changing(x, rate(x, **own))], span=span, outcomes=outcomes(x), policies=[policy(**own) for policy in policies])


# The problems ------------------------------------------------------------------------------

@cache
def runaway():
    """dx/dt = x^2 + mu with mu = 1, to -1 by the rescue.

    From x(0) = 0, x = tan t. After the rescue dx/dt = x^2 - 1: it is rescued if x < 1 then, so that the critical delay is atan 1. The edge
    state is x = 1, its eigenvalue 2x = 2. Past it x blows up in finite time.
    """
    x, mu = Stock("x", 0.0, scale=1.0), Parameter("mu", 1.0)
    size = Parameter("size", 2.0, between=(1.1, 20))
    return Model("runaway", [changing(x, x**2 + mu)], span=(0, 20), policies=[Policy("rescue", {mu: mu - size})],
                 outcomes=[Outcome("collapsed", x > 1e3, absorbing=True, control={mu: -1.0}), Outcome("rescued", x < 1e3)])


@cache
def runaway_turn():
    return critical_delay(runaway(), "rescue", bracket=(0.1, 2), scan=5)


@cache
def pushed():
    """z' = z - z^3 with z = x - 1, pushed up by 0.8 at once.

    z^2 / (1 - z^2) grows as e^2t. From z = -0.05 the push comes too late once z < -0.8; the edge state is x = 1, its eigenvalue 1.
    """
    x = Stock("x", 0.95)
    flow = changing(x, -x * (x - 1) * (x - 2))
    return Model("pushed", [flow], span=(0, 30), impulses=[Impulse(flow, 0.8, name="push")],
                 outcomes=[Outcome("dead", x < 0.5), Outcome("alive", x > 1.5)])


def pushed_turn():
    return 0.5 * math.log(0.64 / 0.36 * (1 - 0.0025) / 0.0025)


@cache
def plane(pace=1.0):
    """u' = u - u^3 - push with u = x + y / 2, y' = -pace y: the separatrix is the line u = u_s, where u_s - u_s^3 = push.

    Before the push of 0.2, u^2 / (1 - u^2) grows as e^2t from u = 0.02; the push comes too late once u > u_s. The edge state is y = 0, x = u_s, its
    eigenvalues 1 - 3 u_s^2 and -pace.
    """
    y, x, push, rate = Stock("y", 1.0), Stock("x", -0.48, scale=1.0), Parameter("push", 0.0), Parameter("pace", pace)
    u = x + y / 2
    return Model("plane", [changing(x, u - u**3 + rate * y / 2 - push), Flow("fall", source=y, sink=CLOUD, rate=rate * y)], span=(0, 40),
                 policies=[Policy("rescue", {push: 0.2})], outcomes=[Outcome("up", u > 0.5), Outcome("down", u < -0.5)])


SEPARATRIX = brentq(lambda u: u - u**3 - 0.2, 0, 0.57, xtol=1e-15)


def plane_turn():
    return 0.5 * math.log(SEPARATRIX**2 / (1 - SEPARATRIX**2) * (1 - 0.0004) / 0.0004)


@cache
def ghostly():
    """dx/dt = x^2 + mu from the rest at x = -1; the policy of a date d leaves mu = (d - 5) / 10.

    For d < 5 it comes to rest at -sqrt(-mu), for d > 5 it passes in a time that goes to pi / sqrt(mu). At d = 5 the two states of rest merge.
    """
    x, mu = Stock("x", -1.0), Parameter("mu", -1.0)
    return Model("ghostly", [changing(x, x**2 + mu)], span=(0, 40), policies=[Policy("rescue", {mu: (START - 5) / 10})],
                 outcomes=[Outcome("collapsed", x > 10, absorbing=True), Outcome("kept", x < 0.5)])


@cache
def ghostly_turn():
    return critical_delay(ghostly(), "rescue", bracket=(3, 7), scan=5, rtol=1e-10)


@cache
def tipping():
    """y' = y^2 - 1 + rate for three units of time, y' = y^2 - 1 before and after: a state that follows a ramp x = y - rate t too slowly.

    y = k tan(k t - atan(1 / k)) with k^2 = rate - 1, from y = -1. It tips if y > 1 at the end: 3 k = 2 atan(1 / k). The edge state is y = 1.
    """
    y, rate, speed = Stock("y", -1.0), Parameter("rate", 2.0, between=(1.1, 6)), Parameter("speed", 0.0)
    return Model("tipping", [changing(y, y**2 - 1 + speed)], span=(0, 30), policies=[Policy("ramp", {speed: rate}, start=2.0, duration=3.0)],
                 outcomes=[Outcome("tipped", y > 10, absorbing=True), Outcome("tracked", y < -0.5)])


@cache
def grazing():
    """u' = v, v' = -u from (0, 1), with v kicked down by 1: the largest u after it is the amplitude.

    Its square is 2 - 2 cos d, so that 1.5 is touched once cos d = -1/8. The state goes on as if nothing had been there.
    """
    u, v = Stock("u", 0.0, scale=1.0), Stock("v", 1.0)
    fall = Flow("fall", source=v, sink=CLOUD, rate=u, reversible=True)
    return Model("grazing", [changing(u, v), fall], span=(0, 20), impulses=[Impulse(fall, 1.0, name="kick")],
                 outcomes=[Outcome("broken", u > 1.5, absorbing=True), Outcome("whole", u <= 1.5)])


def answering(name, goal, outcomes):
    """x follows a target that depends on when it was set: the response is as smooth as the target."""
    x, target = Stock("x", 0.0, scale=1.0), Parameter("target", 0.0)
    return Model(name, [changing(x, target - x)], span=(0, 60), policies=[Policy("late", {target: goal})], outcomes=outcomes(x))


@cache
def trading():
    """b' = k b^2 a - b with a + b = 1 and k = 5, and a count of what was sold that nothing depends on.

    Rest where k b (1 - b) = 1, b = (1 -+ sqrt(1 - 4 / k)) / 2; the lower one is the edge, its eigenvalue k (2 b - 3 b^2) - 1. At time zero b = 0.5, so that
    selling 0.5 less the edge at once is the most that it bears.
    """
    a, b, sold = Stock("a", 0.5), Stock("b", 0.5), Stock("sold", 0.0, scale=1.0)
    size = Parameter("size", 0.1, between=(0.01, 0.45))
    sell = Flow("sell", source=b, sink=a, rate=b)
    return Model("trading", [Flow("buy", source=a, sink=b, rate=5 * b**2 * a), sell, Flow("count", source=CLOUD, sink=sold, rate=sell)], span=(0, 80),
                 impulses=[Impulse(sell, size, name="sale")], outcomes=[Outcome("alive", b > 0.5), Outcome("dead", b < 0.05)])


def is_saddle(found, value, rate, edge):
    """Assert the value to 1e-8, slopes to 0.1 % over four decades, and the edge state to 1e-6."""
    assert found.value == pytest.approx(value, abs=1e-8) and found.tolerance <= 1e-8
    assert found.classification == "saddle", found.reason
    assert found.unstable_eigenvalue == pytest.approx(rate, rel=1e-6)
    assert all(slope == pytest.approx(-1 / rate, rel=1e-3) for slope in found.log_slope.values())
    assert found.decades >= 4 and found.agreement < 1e-3
    assert found.edge_state == pytest.approx(edge, abs=1e-6)


# Saddles -----------------------------------------------------------------------------------

def test_a_rescue_of_a_runaway_is_too_late_when_the_tangent_says_so():
    found = runaway_turn()
    is_saddle(found, math.atan(1), 2.0, {"x": 1.0})
    assert (found.below, found.above, found.values) == (("rescued",), ("collapsed",), (found.value,))


def test_the_scaling_of_a_saddle_is_kept_for_a_figure():
    scaling = runaway_turn().scaling
    for side in ("below", "above"):
        steps = np.diff(scaling[f"time_{side}"]) / np.diff(np.log(scaling["distance"]))
        assert len(steps) >= 6 and steps[2:] == pytest.approx(-0.5, rel=5e-3)


def test_a_delay_to_a_millionth_costs_at_most_sixty_runs():
    found = critical_delay(plane(), "rescue", xtol=1e-6, classify=False)
    assert found.value == pytest.approx(plane_turn(), abs=1e-6)
    assert found.integrations <= 60 and found.evidence_integrations == 0


def test_the_control_of_an_outcome_takes_the_turn_away():
    control = runaway_turn().control
    assert control["vanishes"] and control["smooth"] and control["values"] == [] and "mu = -1" in control["reason"]


def test_a_cut_link_is_a_control_too():
    control = critical_delay(pushed(), "push", bracket=(1, 7), scan=5, xtol=1e-2, classify=False, control="x -> change_of_x").control
    assert control["vanishes"] and "x -> change_of_x held" in control["reason"]


def test_the_size_for_a_delay_is_on_the_same_curve():
    found = critical_value(runaway(), "size", policy="rescue", delay=math.atan(1), classify=False, bracket=(1.5, 2.5), scan=3, rtol=1e-11)
    assert found.value == pytest.approx(2.0, abs=1e-8)
    assert (found.below, found.above, found.parameter) == (("collapsed",), ("rescued",), "size")


def test_a_push_over_an_unstable_rest_is_an_impulse_with_a_deadline():
    is_saddle(critical_delay(pushed(), "push", bracket=(1, 7), scan=5), pushed_turn(), 1.0, {"x": 1.0})


def test_a_linear_runaway_is_limited_by_the_size_of_the_rescue():
    """x' = x / 2 - size: rescued if x = 0.2 e^(d/2) is below size / (1/2) when it comes; the edge state is x = 2, its eigenvalue 1/2."""
    model = one_stock("linear", 0.2, lambda x, size: x / 2 - size, (0, 60),
                      lambda x: [Outcome("gone", x > 20, absorbing=True), Outcome("kept", x < -20, absorbing=True)],
                      [lambda size: Policy("rescue", {size: 1.0})], size=0.0)
    is_saddle(critical_delay(model, "rescue", bracket=(1, 9), scan=5), 2 * math.log(10), 0.5, {"x": 2.0})


def test_a_turn_close_to_the_start_keeps_its_evidence():
    """As before from x = 1.99: too late after 2 ln(2 / 1.99), a hundredth of a unit of time."""
    model = one_stock("near", 1.99, lambda x, size: x / 2 - size, (0, 60),
                      lambda x: [Outcome("gone", x > 20, absorbing=True), Outcome("kept", x < -20, absorbing=True)],
                      [lambda size: Policy("rescue", {size: 1.0})], size=0.0)
    is_saddle(critical_delay(model, "rescue", bracket=(0, 4), scan=3), 2 * math.log(2 / 1.99), 0.5, {"x": 2.0})


def test_a_linear_runaway_is_limited_by_how_long_the_rescue_lasts():
    """x' = x / 2 - 0.1 - size, size 1 for two units of time: afterwards it runs away if x > 0.2.

    y = x - 2.2 grows as e^(t/2) under the rescue and has to end at -2: (0.1 e^(d/2) - 2) e = -2, from x - 0.2 = 0.1 at the start.
    """
    model = one_stock("lasting", 0.3, lambda x, size: x / 2 - 0.1 - size, (0, 60),
                      lambda x: [Outcome("gone", x > 20, absorbing=True), Outcome("kept", x < -20, absorbing=True)],
                      [lambda size: Policy("rescue", {size: 1.0}, duration=2.0)], size=0.0)
    is_saddle(critical_delay(model, "rescue", bracket=(1, 9), scan=5), 2 * math.log(20 * (1 - math.exp(-1))), 0.5, {"x": 0.2})


def test_a_separatrix_of_a_plane_is_met_at_its_saddle():
    found = critical_delay(plane(), "rescue", bracket=(1, 5), scan=5)
    is_saddle(found, plane_turn(), 1 - 3 * SEPARATRIX**2, {"x": SEPARATRIX, "y": 0.0})
    assert [value.real for value in found.spectrum] == pytest.approx([1 - 3 * SEPARATRIX**2, -1.0])


def test_the_boundary_is_followed_where_runs_part_before_they_rest():
    found = critical_delay(plane(0.02), "rescue", bracket=(2, 3), scan=3, rtol=1e-9)
    assert found.classification == "saddle" and "following the boundary" in found.reason
    assert found.edge_state == pytest.approx({"x": SEPARATRIX, "y": 0.0}, abs=1e-6)


def test_a_state_tips_when_the_ramp_is_too_fast():
    k = brentq(lambda k: 3 * k - 2 * math.atan(1 / k), 0.1, 1, xtol=1e-15)
    is_saddle(critical_value(tipping(), "rate", policy="ramp", bracket=(1.2, 2), scan=3), 1 + k**2, 2.0, {"y": 1.0})


def test_conserved_totals_and_counts_do_not_blur_the_edge():
    edge = (1 - math.sqrt(0.2)) / 2
    found = critical_value(trading(), "size", policy="sale", delay=0.0, scan=5)
    is_saddle(found, 0.5 - edge, 5 * (2 * edge - 3 * edge**2) - 1, {"a": 1 - edge, "b": edge})
    assert "1 zero eigenvalue" in found.reason and len(found.spectrum) == 1


@cache
def drifting():
    """u' = u - u^3 - w under the rescue, while w drifts from 0.2 to 0.25 at a rate of 1/2000: as good as constant while a run is decided."""
    u, w, push, pace = Stock("u", 0.02, scale=1.0), Stock("w", 0.2, scale=1.0), Parameter("push", 0.0), Parameter("pace", 0.0005)
    return Model("drifting", [changing(u, u - u**3 - push * w), changing(w, pace * (0.25 - w))], span=(0, 40),
                 policies=[Policy("rescue", {push: 1.0})], outcomes=[Outcome("up", u > 0.6), Outcome("down", u < -0.6)])


def test_a_slow_stock_is_held_for_the_edge_and_the_answer_is_of_the_full_model():
    found = critical_delay(drifting(), "rescue", bracket=(1, 5), scan=5, frozen=["w"])
    assert found.classification == "saddle" and found.agreement < 1e-3 and "with w held" in found.reason
    assert found.edge_state == pytest.approx({"u": SEPARATRIX}, abs=2e-3)


def test_where_a_stock_is_too_slow_to_settle_no_saddle_is_claimed():
    found = critical_delay(drifting(), "rescue", bracket=(2, 3), scan=3)
    assert found.classification == "none" and "no agreement" in found.reason and "frozen=" in found.reason


def test_nothing_rests_where_rates_go_on_moving():
    """x' = x / 2 - size + sin t / 20: decision times grow as at a saddle, but what lies on the boundary is an orbit and no state of rest."""
    model = one_stock("shaking", 0.2, lambda x, size, pace: x / 2 - size + sin(pace * TIME) / 20, (0, 60),
                      lambda x: [Outcome("gone", x > 20, absorbing=True), Outcome("kept", x < -20, absorbing=True)],
                      [lambda size, pace: Policy("rescue", {size: 1.0})], size=0.0, pace=1.0)
    found = critical_delay(model, "rescue", bracket=(3, 6), scan=4)
    assert found.classification == "none" and "depend on time" in found.reason and found.edge_state is None
    assert found.log_slope["above"] == pytest.approx(-2.0, rel=1e-3)


def test_a_side_that_is_never_decided_can_be_the_side_of_a_saddle():
    """x' = x / 2 - size, of which only the loss is an outcome."""
    model = one_stock("half_told", 0.2, lambda x, size: x / 2 - size, (0, 60), lambda x: [Outcome("gone", x > 20, absorbing=True)],
                      [lambda size: Policy("rescue", {size: 1.0})], size=0.0)
    found = critical_delay(model, "rescue", bracket=(3, 6), scan=3, rtol=1e-10)
    assert found.below == ("undecided",) and "undecided however far" in found.reason
    assert found.classification == "saddle" and found.value == pytest.approx(2 * math.log(10), abs=1e-8)


# Other kinds -------------------------------------------------------------------------------

def test_a_ghost_is_known_by_its_inverse_square_root():
    found = ghostly_turn()
    assert found.classification == "fold-ghost", found.reason
    assert found.value == pytest.approx(5.0, abs=1e-8) and (found.below, found.above) == (("kept",), ("collapsed",))
    assert found.scaling["decided_above"][0] * math.sqrt(found.scaling["distance"][0] / 10) == pytest.approx(math.pi, rel=1e-2)
    assert found.unstable_eigenvalue is None and found.edge_state is None and found.convergence == ()


def test_a_ghost_is_no_threshold_where_the_search_was_coarse():
    found = critical_delay(ghostly(), "rescue", bracket=(3, 7), scan=5, xtol=1e-2)
    assert found.classification == "fold-ghost", found.reason
    assert found.value == pytest.approx(5.0, abs=1e-5)


def test_a_grazed_threshold_is_decided_in_finite_time():
    found = critical_delay(grazing(), "kick", bracket=(1, 2.5), scan=4)
    assert found.classification == "threshold", found.reason
    assert found.value == pytest.approx(math.acos(-1 / 8), abs=1e-8)
    assert "varies continuously" in found.reason and found.edge_state is None


def test_a_sigmoid_response_is_steep_and_no_transition():
    """The target is 1 / (1 + e^-z) with z = (d - 5) / 0.05: it is 0.3 at z = ln(3/7)."""
    model = answering("sigmoid", 1 / (1 + exp(-(START - 5) / 0.05)), lambda x: [Outcome("high", x > 0.3), Outcome("low", x <= 0.3)])
    found = critical_delay(model, "late", bracket=(1, 9), scan=5)
    assert found.classification == "steep", found.reason
    assert found.value == pytest.approx(5 + 0.05 * math.log(3 / 7), abs=1e-8)
    assert found.unstable_eigenvalue is None and "power 1.00" in found.reason


def test_a_plateau_makes_a_logarithm_but_no_saddle():
    """x approaches 1 + (d - 5) / 10 at the rate 1: where that is above 1, it passes 1 in a time that grows as -ln(d - 5)."""
    model = answering("plateau", 1 + (START - 5) / 10, lambda x: [Outcome("flooded", x > 1, absorbing=True), Outcome("dry", x <= 1)])
    found = critical_delay(model, "late", bracket=(1, 9), scan=6)
    assert found.classification == "steep" and "no saddle" in found.reason
    assert found.value == pytest.approx(5.0, abs=1e-8)


def test_every_turn_of_a_curve_that_comes_back_is_found():
    """The target is a hump, above a half within 10 sqrt(ln 2) of its summit."""
    model = answering("hump", exp(-(START - 25)**2 / 100), lambda x: [Outcome("high", x > 0.5), Outcome("low", x <= 0.5)])
    found = critical_delay(model, "late", classify=False)
    assert found.values == pytest.approx([25 - 10 * math.sqrt(math.log(2)), 25 + 10 * math.sqrt(math.log(2))], abs=1e-8)
    assert (found.below, found.above, found.value) == (("low", "high"), ("high", "low"), found.values[-1])


def test_no_turn_is_an_answer_with_a_reason():
    found = critical_delay(runaway(), "rescue", set={"size": 0.5}, scan=4, classify=False)
    assert found.value is None and found.values == () and found.classification == "none"
    assert "no turn" in found.reason and "collapsed" in found.reason


# What is said of it ------------------------------------------------------------------------

def test_the_turn_converges_with_the_tolerance_and_whatever_the_method():
    axis, turn = Line(Scene(pushed(), policy="push", rtol=1e-8)), Turn(pushed_turn(), pushed_turn(), "alive", "dead")
    rows = converging(axis, turn, "dead", 1e-6, rtols=(1e-5, 1e-7), methods=("BDF", "Radau"))
    found = {(row["varied"], row["rtol"], row["method"], row["stretch"]): abs(row["difference"]) for row in rows}
    assert found["rtol", 1e-5, "LSODA", 1.0] > 10 * found["rtol", 1e-7, "LSODA", 1.0]
    assert all(error < 1e-5 for (varied, *_), error in found.items() if varied != "rtol") and len(rows) == 5


def test_a_date_and_the_first_shock_are_what_a_delay_means():
    from datetime import date

    from sd_basis.case import Event
    x, pull, tap = Stock("x", 0.0, scale=1.0), Parameter("pull", 0.0), Parameter("tap", 1.0)
    model = Model("dated", [changing(x, pull * tap)], span=(0, 20), policies=[Policy("close", {tap: 0.0})],
                  outcomes=[Outcome("low", x < 5), Outcome("high", x >= 5)])
    case = Case("dated", origin=date(2020, 3, 2), shocks=(Event("open", start=4.0, set={"pull": 1.0}),), policies=(Event("close", start=6.0),))
    found = critical_delay(model, case=case, xtol=1e-6, classify=False, convergence=True)
    assert len(found.convergence) == 10 and all(abs(row["difference"]) < 1e-6 for row in found.convergence)
    assert found.value == pytest.approx(5.0, abs=1e-6) and found.date in (("2020-03-12 23:59",), ("2020-03-13 00:00",))
    assert simulate(model, case.shifted(found.value - 2 - 1e-5)).outcome == "low"


@pytest.mark.parametrize("options, text", [
    ({"policy": "rescu"}, "did you mean 'rescue'"),
    ({"bracket": (2, 1)}, "not above its lower end"),
    ({"bracket": (0, 30)}, "reaches beyond the run"),
    ({"bracket": 3}, "not a pair"),
    ({"xtol": 0}, "give a positive tolerance"),
    ({"scan": 1}, "two or more"),
    ({"outcome": "market"}, "no group of outcomes 'market'"),
    ({"policy": None}, "has no dated policies"),
    ({"control": {"nu": 1.0}, "classify": False, "xtol": 0.1, "scan": 3}, "no parameter 'nu'"),
])
def test_what_cannot_be_searched_ends_in_one_sentence(options, text):
    with pytest.raises(InputError, match=text) as caught:
        critical_delay(runaway(), **{"policy": "rescue", **options})
    assert str(caught.value).count("\n") == 0


def test_a_triggered_policy_and_a_model_without_outcomes_are_refused():
    x, push = Stock("x", 1.0), Parameter("push", 0.0)
    flow = changing(x, push - x)
    with pytest.raises(InputError, match="declares no outcomes"):
        critical_delay(Model("bare", [flow], span=(0, 1), policies=[Policy("help", {push: 1.0})]), "help")
    triggered = Model("triggered", [flow], span=(0, 1), policies=[Policy("help", {push: 1.0}, when=x < 0.5)], outcomes=[Outcome("low", x < 0.5)])
    with pytest.raises(InputError, match="triggered by"):
        critical_delay(triggered, "help")
    with pytest.raises(InputError, match="use critical_delay"):
        critical_value(runaway(), "delay", policy="rescue", delay=1.0)
    with pytest.raises(InputError, match="no date of its own"):
        critical_value(runaway(), "size", policy="rescue")
    with pytest.raises(InputError, match="plausible range of 'mu'"):
        critical_value(runaway(), "mu", policy="rescue", delay=1.0)
