"""Events: triggers, impulses and kinks, against closed forms."""

import math

import numpy as np
import pytest
import sympy
from small import draining, swinging

from sd_basis import (
    CLOUD,
    START,
    TIME,
    Case,
    Flow,
    If,
    Impulse,
    InputError,
    Instrument,
    Lookup,
    Max,
    Min,
    Model,
    NumericalFailure,
    Outcome,
    Parameter,
    Policy,
    Sector,
    Stock,
    Trade,
    positive,
    simulate,
)
from sd_basis.case import Event
from sd_basis.integrators import METHODS

every_method = pytest.mark.parametrize("method", sorted(METHODS))


def thermostat(**options):
    """A tank that drains at rate 1 from 10 and is filled at rate `tap`, which a trigger sets to 3."""
    level = Stock("level", 10.0)
    tap = Parameter("tap", 0.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=tap)
    drain = Flow("drain", source=level, sink=CLOUD, rate=1.0)
    policy = Policy("refill", {tap: 3.0}, when=level < 4, **options)
    return Model("tank", (fill, drain), policies=(policy,), span=(0, 20))


@every_method
def test_a_triggered_switch_acts_when_its_condition_comes_true(method):
    run = simulate(thermostat(), policies=["refill"], method=method, rtol=1e-9)
    assert run["level"][-1] == pytest.approx(4 + 2 * 14, rel=1e-9)
    assert run["level"].min() == pytest.approx(4, rel=1e-12)


def test_a_trigger_only_watches_when_it_is_used():
    assert simulate(thermostat())["level"][-1] == pytest.approx(-10)


@every_method
def test_a_delay_passes_between_trigger_and_action(method):
    run = simulate(thermostat(delay=2.5, duration=3), policies=["refill"], method=method, rtol=1e-9)
    assert run["level"][-1] == pytest.approx(10 - 20 + 9, rel=1e-9)
    assert run["level"].min() == pytest.approx(10 - 20 + 9, rel=1e-9)
    low = run["level"][np.argmax(run["tap"] > 0)]
    assert low == pytest.approx(1.5, rel=1e-9)


@every_method
def test_a_rearmed_trigger_fires_each_time_its_condition_comes_true_again(method):
    run = simulate(thermostat(duration=1, rearm=True), policies=["refill"], method=method, rtol=1e-9)
    # from 4 up by 2 in one unit, down by 2 in two: it fires at 6, 9, 12, 15, 18
    assert [action.start for action in run.path.actions] == pytest.approx([6, 9, 12, 15, 18], rel=1e-9)
    assert run["level"][-1] == pytest.approx(5.0, rel=1e-9)


def test_a_condition_true_at_the_start_fires_at_once():
    run = simulate(thermostat(), policies=["refill"], initial={"level": 3})
    assert run["level"][-1] == pytest.approx(3 + 2 * 20) and run["tap"][0] == 3


def test_a_delay_may_be_a_parameter_and_start_is_the_start_it_came_to():
    level, tap, lag = Stock("level", 10.0), Parameter("tap", 0.0), Parameter("lag", 1.0)
    flows = (Flow("fill", source=CLOUD, sink=level, rate=tap), Flow("drain", source=level, sink=CLOUD, rate=1.0))
    model = Model("tank", flows, policies=(Policy("ramp", {tap: TIME - START}, when=level <= 4, delay=lag),), span=(0, 20))
    for wait in (0.0, 1.0, 3.5):
        run = simulate(model, policies=["ramp"], set={lag: wait}, rtol=1e-9)
        assert run["level"][-1] == pytest.approx(10 - 20 + (14 - wait) ** 2 / 2, rel=1e-8)


@pytest.mark.parametrize("depth", [1e-2, 1e-5, 1e-8])
@every_method
def test_two_crossings_inside_one_step_are_found(method, depth):
    """Far from a level, a wave dips below it between two steps of the solver."""
    counted = Stock("counted", 0.0, scale=1.0)
    tick = Flow("tick", source=CLOUD, sink=counted, rate=0)
    dip = (TIME - sympy.Float(5.2345)) ** 2 - depth**2 * 10
    model = Model("dips", (tick,), impulses=(Impulse(tick, 1.0, when=dip < 0),), span=(0, 10))
    run = simulate(model, method=method)
    assert run["counted"][-1] == 1.0
    time = next(switch.time for switch in run.path.course.switches if switch.kicks)
    assert time == pytest.approx(5.2345 - depth * math.sqrt(10), abs=1e-9)


@every_method
def test_a_swing_counts_its_passages(method):
    model = swinging(span=(0, 20))
    position = model.quantity("position")
    count = Stock("count", 0.0, scale=1.0)
    tick = Flow("tick", source=CLOUD, sink=count, rate=0)
    model = Model("counting", (*model.flows, tick), impulses=(Impulse(tick, 1, when=position > 0.999, rearm=True),), span=(0.1, 20))
    run = simulate(model, method=method, rtol=1e-8, initial={"position": math.cos(0.1), "speed": -math.sin(0.1)})
    assert run["count"][-1] == 3
    times = [switch.time for switch in run.path.course.switches if switch.kicks]
    assert times == pytest.approx([2 * math.pi * turn - math.acos(0.999) for turn in (1, 2, 3)], rel=1e-5)


@every_method
def test_an_impulse_moves_its_amount_at_its_date_and_conserves_it(method):
    parts = draining(8.0, rate=0.5, span=(0, 4))
    extra = Parameter("extra", 1.0, "litre")
    dose = Impulse(Flow("dose", source=CLOUD, sink=parts.level, rate=0), parts.level / 2 + extra, at=1.5)
    model = Model("dosed", (parts.drain, dose.flow), impulses=(dose,), span=(0, 4))
    run = simulate(model, method=method, rtol=1e-10)
    before = 8 * math.exp(-0.75)
    assert run["level"][-1] == pytest.approx((1.5 * before + 1) * math.exp(-0.5 * 2.5), rel=1e-8)
    assert run["level"][run.t == 1.5] == pytest.approx([before, 1.5 * before + 1], rel=1e-8)


@every_method
def test_impulses_at_rest_are_never_missed(method):
    level = Stock("level", 0.0, scale=1.0)
    give = Flow("give", source=CLOUD, sink=level, rate=0)
    times = np.random.default_rng(3).uniform(0, 1000, 60)
    model = Model("rest", (give,), impulses=[Impulse(give, 1.0, at=float(time), name=f"gift {i}") for i, time in enumerate(times)], span=(0, 1000))
    run = simulate(model, method=method, at=np.sort(times))
    assert run["level"] == pytest.approx(np.arange(1, 61), abs=1e-9)


@every_method
def test_a_ball_bounces_with_the_times_of_the_closed_form(method):
    height, speed = Stock("height", 1.0, scale=1.0), Stock("speed", 0.0, scale=1.0)
    g, bounce = Parameter("g", 2.0), Parameter("bounce", 0.8)
    move = Flow("move", source=CLOUD, sink=height, rate=speed, reversible=True)
    fall = Flow("fall", source=speed, sink=CLOUD, rate=g)
    kick = Impulse(fall, (1 + bounce) * speed, when=height < 0, rearm=True, name="floor")
    run = simulate(Model("ball", (move, fall), impulses=(kick,), span=(0, 5)), method=method, rtol=1e-10)
    times = [switch.time for switch in run.path.course.switches if switch.kicks]
    expected, flight = [1.0], 1.0
    while expected[-1] + 2 * flight * 0.8 < 5:
        flight *= 0.8
        expected.append(expected[-1] + 2 * flight)
    assert times == pytest.approx(expected, rel=1e-8)


def test_a_triggered_reset_may_wait_and_happen_once():
    parts = draining(8.0, rate=0.5, span=(0, 6))
    refill = Impulse(Flow("refill", source=CLOUD, sink=parts.level, rate=0), 8.0, when=parts.level < 4, delay=1.0)
    run = simulate(Model("m", (parts.drain, refill.flow), impulses=(refill,), span=(0, 6)), rtol=1e-9)
    fired = 2 * math.log(2) + 1
    assert run["level"][-1] == pytest.approx((8 * math.exp(-0.5 * fired) + 8) * math.exp(-0.5 * (6 - fired)), rel=1e-7)


def accounts(amount, transfer=True, through_trade=False):
    bank, fund = Sector("bank"), Sector("fund")
    cash, bonds = Instrument("cash"), Instrument("bonds", price=2)
    bank_cash = Stock("bank_cash", 100.0, holder=bank, instrument=cash)
    fund_cash = Stock("fund_cash", 50.0, holder=fund, instrument=cash)
    bank_bonds = Stock("bank_bonds", 10.0, holder=bank, instrument=bonds)
    fund_bonds = Stock("fund_bonds", 30.0, holder=fund, instrument=bonds)
    gift = Flow("gift", source=bank_cash, sink=fund_cash, rate=0.01 * bank_cash, transfer=transfer)
    sale = Trade("sale", delivered=(fund_bonds, bank_bonds), paid=(bank_cash, fund_cash), rate=0.1 * fund_bonds, price=sympy.Rational(3, 2))
    impulse = Impulse(sale if through_trade else gift, amount, at=2.0)
    return Model("accounts", (gift, sale), impulses=(impulse,), span=(0, 5))


@pytest.mark.parametrize("through_trade", [False, True])
def test_the_ledgers_close_over_an_impulse(through_trade):
    run = simulate(accounts(5.0, through_trade=through_trade), rtol=1e-10)
    assert max(run.ledgers.values()) < 1e-9
    assert run.t.tolist().count(2.0) == 2


def test_an_impulse_that_is_no_transfer_opens_the_ledger():
    bank, fund, cash = Sector("bank"), Sector("fund"), Instrument("cash")
    bank_cash, fund_cash = Stock("bank_cash", 100.0, holder=bank, instrument=cash), Stock("fund_cash", 50.0, holder=fund, instrument=cash)
    for transfer, least, most in ((True, 0.0, 1e-9), (False, 1e-2, 1.0)):
        gift = Flow("gift", source=bank_cash, sink=fund_cash, rate=0, transfer=transfer)
        run = simulate(Model("leak", (gift,), impulses=(Impulse(gift, 5.0, at=2),), span=(0, 5)), rtol=1e-10)
        assert least <= run.ledgers["bank"] <= most and run["bank_cash"][-1] == 95


def test_a_case_dates_an_impulse_and_its_shift_moves_it():
    parts = draining(8.0)
    dose = Impulse(Flow("dose", source=CLOUD, sink=parts.level, rate=0), 1.0)
    model = Model("dosed", (parts.drain, dose.flow), impulses=(dose,), span=(0, 4))
    assert simulate(model)["level"][-1] == pytest.approx(8 * math.exp(-2), rel=1e-5)
    as_policy, as_shock = Case("c", policies=(Event("dose", start=1),)), Case("c", shocks=(Event("dose", start=1),))
    for case, moved in ((as_policy, 1.5), (as_shock, 1.0)):
        run = simulate(model, case.shifted(0.5), rtol=1e-9)
        assert run["level"][-1] == pytest.approx(8 * math.exp(-2) + math.exp(-0.5 * (4 - moved)), rel=1e-7)
    assert simulate(model, policies=[model.policy("dose").at_date(3)])["level"][-1] > simulate(model)["level"][-1]


@every_method
def test_a_jump_of_the_rates_is_met_to_the_tolerance(method):
    level = Stock("level", 0.0, scale=1.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=If(level < 1, 2.0, 0.5))
    run = simulate(Model("m", (fill,), span=(0, 3)), method=method, rtol=1e-10)
    assert run["level"][-1] == pytest.approx(1 + 2.5 * 0.5, rel=1e-9)
    assert run.solver["restarts"] == 1


@every_method
def test_a_bend_of_the_rates_is_met_to_the_tolerance(method):
    level = Stock("level", 2.0)
    drain = Flow("drain", source=level, sink=CLOUD, rate=Min(1.0, level) + Max(level - 1.5, 0, -level))
    run = simulate(Model("m", (drain,), span=(0, 4)), method=method, rtol=1e-10)
    # dx/dt = 0.5 - x above 1.5, -1 above 1, -x below
    above = math.log(1.5)
    assert run["level"][-1] == pytest.approx(math.exp(-(4 - above - 0.5)), rel=1e-7)
    assert run.solver["restarts"] >= 2


def test_a_pulse_written_with_conditions_on_time_is_never_missed():
    level = Stock("level", 0.0, scale=1.0)
    start = Parameter("start", 1.0)
    model = Model("m", (Flow("fill", source=CLOUD, sink=level, rate=If(sympy.And(TIME >= start, TIME < start + 0.01), 100.0, 0.0)),), span=(0, 1000))
    for method in METHODS:
        for begin in np.random.default_rng(5).uniform(0, 990, 20):
            assert simulate(model, set={start: begin}, method=method)["level"][-1] == pytest.approx(1.0, rel=1e-6)


@every_method
def test_a_smooth_gate_that_time_opens_and_shuts_is_never_stepped_over(method):
    level, width = Stock("level", 0.0, scale=1.0), 0.1
    fill = Flow("fill", source=CLOUD, sink=level, rate=positive(1 - (TIME - sympy.Float(50.3)) ** 2, width))
    # z^2 / (z + w) = z - w + w^2 / (z + w), and the integral of 1 / (a^2 - s^2) over (-1, 1) is ln((a + 1) / (a - 1)) / a
    root = math.sqrt(1 + width)
    exact = 4 / 3 - 2 * width + width**2 * math.log((root + 1) / (root - 1)) / root
    assert simulate(Model("m", (fill,), span=(0, 100)), method=method, rtol=1e-9)["level"][-1] == pytest.approx(exact, rel=1e-7)


@every_method
def test_whole_numbers_and_remainders_jump_where_they_should(method):
    level, total = Stock("level", 0.0, scale=1.0), Stock("total", 0.0, scale=1.0)
    rise = Flow("rise", source=CLOUD, sink=level, rate=sympy.Mod(TIME, 2))
    count = Flow("count", source=CLOUD, sink=total, rate=sympy.floor(TIME) + sympy.ceiling(-TIME / 2) + sympy.frac(TIME))
    run = simulate(Model("m", (rise, count), span=(0, 5)), method=method, rtol=1e-10)
    assert run["level"][-1] == pytest.approx(4.5, rel=1e-9)
    assert run["total"][-1] == pytest.approx(12.5 - (2 * 0 + 2 * 1 + 1 * 2), rel=1e-9)


def test_equations_that_push_against_each_other_fail_in_a_sentence():
    level = Stock("level", 1.0)
    model = Model("m", (Flow("f", source=CLOUD, sink=level, rate=If(level > 0, -1.0, 1.0), reversible=True),), span=(0, 3))
    with pytest.raises(NumericalFailure, match="switches back and forth") as caught:
        simulate(model)
    assert caught.value.run["level"][-1] == pytest.approx(0, abs=1e-6)


def test_what_rests_on_a_kink_goes_on():
    level = Stock("level", 0.0, scale=1.0)
    model = Model("m", (Flow("f", source=level, sink=CLOUD, rate=Max(level, 0.0)),), span=(0, 30))
    assert simulate(model)["level"][-1] == 0
    assert simulate(model, initial={"level": 1.0})["level"][-1] == pytest.approx(math.exp(-30), abs=1e-7)


@pytest.mark.parametrize(("make", "parts"), [
    (lambda x, p: Policy("a", {p: 1}, when=x > 1, start=3), ("it has `when` and a date",)),
    (lambda x, p: Policy("a", {p: 1}, when=x > 1, rearm=True), ("give it a duration",)),
    (lambda x, p: Policy("a", {p: 1}, rearm=True), ("no condition",)),
    (lambda x, p: Policy("a", {p: 1}, when=x, duration=1), ("not one inequality",)),
    (lambda x, p: Policy("a", {p: 1}, when=x > 1, delay=-1), ("not negative",)),
    (lambda x, p: Policy("a", {p: 1}, when=x > 1, delay=x), ("is no parameter",)),
    (lambda x, p: Policy("a", {p: 1}, when=x > 1).at(3), ("leave @DATE out",)),
    (lambda x, p: Impulse(x, 1.0), ("neither a flow nor a trade",)),
    (lambda x, p: Impulse(Flow("f", source=x, sink=CLOUD, rate=1), "much"), ("is text",)),
    (lambda x, p: Impulse(Flow("f", source=x, sink=CLOUD, rate=1), 1, at=1, when=x > 1), ("give one of them",)),
])
def test_a_misuse_of_events_is_one_sentence(make, parts):
    with pytest.raises(InputError) as caught:
        make(Stock("x", 1.0), Parameter("p", 1.0))
    for part in parts:
        assert part in str(caught.value)


@every_method
def test_a_step_that_ends_on_the_last_knot_passes_no_other_unseen(method):
    filled = Stock("filled", 0.0)
    table = Lookup("table", [(0, 0), (5, 0), (10, 1), (15, 1), (20, 0), (45, 0)])
    model = Model("fill", [Flow("filling", source=CLOUD, sink=filled, rate=table(TIME))], span=(0, 45))
    assert simulate(model, method=method)["filled"][-1] == pytest.approx(10, rel=1e-4)


def filled_at(rate, span=(0, 100), **options):
    filled = Stock("filled", 0.0, scale=1.0)
    flow = Flow("filling", source=CLOUD, sink=filled, rate=rate, reversible=True)
    return simulate(Model("fill", [flow], span=span), **options)["filled"][-1]


@every_method
@pytest.mark.parametrize(("rate", "expected"), [
    (If(sympy.sin(2 * sympy.pi * TIME) > 0, 1.0, 0.0), 50),
    (If(sympy.Mod(TIME, 7) < 5, 1.0, 0.0), 72),
    (Max(0, 1 - sympy.Abs(TIME - 50.3)), 1),
    (Max(0, Min(TIME - 50.3, 1, 52.7 - TIME)), 1.4),
    (Lookup("bump", [(0, 0), (50, 0), (50.5, 1), (51, 0), (100, 0)], kind="smooth")(TIME), 0.5),
    (Lookup("saw", [(0, 0), (1, 0), (2, 1)], beyond="repeat")(TIME), 25),
])
def test_what_time_alone_switches_is_never_stepped_over(method, rate, expected):
    """The rates rest before it, or are held, so that the solver's steps grow across whole periods and bumps."""
    assert filled_at(rate, method=method) == pytest.approx(expected, rel=1e-4)


def test_an_impulse_before_a_later_start_has_passed():
    level = Stock("level", 0.0, scale=1.0)
    give = Flow("give", source=CLOUD, sink=level, rate=1)
    model = Model("m", (give,), impulses=(Impulse(give, 100.0, at=1),), span=(0, 10))
    assert simulate(model, span=(2, 10))["level"][-1] == pytest.approx(8)
    assert simulate(model, span=(1, 10))["level"][-1] == pytest.approx(109)


def test_a_delay_that_comes_to_no_number_is_one_sentence():
    level, pace = Stock("level", 0.0, scale=1.0), Parameter("pace", 0.0)
    give = Flow("give", source=CLOUD, sink=level, rate=1)
    model = Model("m", (give,), impulses=(Impulse(give, 1.0, when=level > 2, delay=1 / pace),), span=(0, 4))
    with pytest.raises(InputError, match="give a length of time"):
        simulate(model)


def test_many_firings_cost_each_about_the_same():
    """A saw of 500 teeth; looking through all that passed at each tooth once took minutes."""
    level = Stock("level", 0.0, scale=1.0)
    rise, fall = Flow("rise", source=CLOUD, sink=level, rate=1.0), Flow("fall", source=level, sink=CLOUD, rate=0)
    saw = Impulse(fall, level, when=level >= 1, rearm=True)
    seconds = {}
    for teeth in (60, 500):
        run = simulate(Model("saw", (rise, fall), impulses=(saw,), span=(0, teeth + 0.5)))
        assert run["level"][-1] == pytest.approx(0.5) and run.solver["restarts"] == teeth
        seconds[teeth] = run.solver["seconds"] / teeth
    assert seconds[500] < 4 * seconds[60]


def test_a_switch_a_rounding_before_the_end_leaves_the_outcome_decided():
    level = Stock("level", 0.0, scale=1.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=If(TIME > 1 - 1e-13, 2, 1))
    assert simulate(Model("m", (fill,), span=(0, 1), outcomes=(Outcome("full", level > 0.5),))).outcome == "full"
