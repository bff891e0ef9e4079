"""Forward sensitivities against differences in high precision, across dates, triggers, impulses and resets."""

import json

import numpy as np
import pytest
from mpmath import expm, findroot, matrix, mp, mpf
from robertson_evidence import STORED, hit_of, hybrid_robertson, setting
from small import draining, filling

from sd_basis import (
    CLOUD,
    START,
    TIME,
    Auxiliary,
    Case,
    Flow,
    If,
    Impulse,
    InputError,
    Lookup,
    Model,
    Parameter,
    Policy,
    Series,
    Stock,
    cut,
    sensitivities,
    simulate,
)
from sd_basis.case import Event
from sd_basis.integrators import METHODS

# A hybrid linear system: two tanks, a dated change of the inflow, a dated impulse, a trigger with a reset at once and a
# policy that follows it after a delay. Its solution is an exponential of a matrix between events, to any precision.

VALUES = {"inflow": 1.0, "leak": 0.3, "pass_on": 0.5, "limit": 2.4, "share": 0.25, "lag": 0.8, "boost": 1.7, "dose": 0.6, "first": 1.2}
DATES = {"more": 1.3, "gift": 0.7}
END = 6.0


def hybrid():
    p = {name: Parameter(name, value) for name, value in VALUES.items()}
    one, two = Stock("one", 2 * p["first"]), Stock("two", 0.4)
    come = Flow("come", source=CLOUD, sink=one, rate=p["inflow"])
    passed = Flow("passed", source=one, sink=two, rate=p["pass_on"] * one)
    lost = Flow("lost", source=two, sink=CLOUD, rate=p["leak"] * two)
    policies = (Policy("more", {p["inflow"]: p["inflow"] * p["boost"]}), Policy("calm", {p["leak"]: 3 * p["leak"]}, when=two > p["limit"], delay=p["lag"], duration=1.1))
    impulses = (Impulse(come, p["dose"] * two + p["first"], at=DATES["gift"], name="gift"),
                Impulse(passed, -p["share"] * two, when=two > p["limit"], name="spill"))
    return Model("hybrid", (come, passed, lost), policies=policies, impulses=impulses, span=(0, END), outputs=(Auxiliary("sum", one * two + p["leak"]),))


def exact(**changes):
    """Return (one, two) at the end, in 50 digits."""
    v = {**{name: mpf(repr(value)) for name, value in {**VALUES, **DATES}.items()}, "two": mpf("0.4"), **changes}

    def flow(x, inflow, leak, time):
        system = matrix([[-v["pass_on"], 0, inflow], [v["pass_on"], -leak, 0], [0, 0, 0]])
        return expm(system * time) * x

    def crossing(x, inflow, leak, guess):
        return findroot(lambda time: flow(x, inflow, leak, time)[1] - v["limit"], (guess, guess + mpf("0.01")))
    x = matrix([v.get("one", 2 * v["first"]), v["two"], 1])
    x = flow(x, v["inflow"], v["leak"], v["gift"])
    x[0] += v["dose"] * x[1] + v["first"]
    x = flow(x, v["inflow"], v["leak"], v["more"] - v["gift"])
    inflow, t = v["inflow"] * v["boost"], v["more"]
    wait = crossing(x, inflow, v["leak"], mpf(HIT) - t)
    x, t = flow(x, inflow, v["leak"], wait), t + wait
    x[0], x[1] = x[0] + v["share"] * x[1], x[1] - v["share"] * x[1]
    x, t = flow(x, inflow, v["leak"], v["lag"]), t + v["lag"]
    x, t = flow(x, inflow, 3 * v["leak"], mpf("1.1")), t + mpf("1.1")
    return flow(x, inflow, v["leak"], mpf(END) - t)


MODEL = hybrid()
RUN = simulate(MODEL, policies=[MODEL.policy("more").at(DATES["more"]), "calm"], rtol=1e-11)
HIT = next(switch.time for switch in RUN.path.course.switches if "spill" in switch.fired)
VARIED = [*VALUES, "one", "two", "more", "gift"]


def difference(name, run_of=exact):
    with mp.workdps(50):
        base = {**VALUES, **DATES, "one": 2 * VALUES["first"], "two": 0.4}
        middle, h = mpf(repr(base[name])), mpf("1e-17")
        up, down = run_of(**{name: middle + h}), run_of(**{name: middle - h})
        return np.array([float((up[row] - down[row]) / (2 * h)) for row in range(2)])


def test_the_hybrid_system_fires_as_its_closed_form_does():
    assert RUN.path.x[-1] == pytest.approx([float(value) for value in exact()[:2]], rel=1e-9)
    assert [action.name for action in RUN.path.actions] == ["more", "calm"] and DATES["more"] < HIT < 4


@pytest.mark.parametrize("method", ["LSODA", "BDF", "Radau"])
def test_sensitivities_cross_a_date_an_impulse_a_trigger_and_a_reset(method):
    run = simulate(MODEL, policies=[MODEL.policy("more").at(DATES["more"]), "calm"], rtol=1e-11 if method != "Radau" else 1e-12, method=method)
    found = sensitivities(run, VARIED)
    assert found.warnings == []
    for name in VARIED:
        expected = difference(name)
        assert found.stocks[-1, :, VARIED.index(name)] == pytest.approx(expected, rel=1e-7, abs=1e-8 * float(np.max(np.abs(expected)) + 1)), name


def test_the_sensitivity_of_any_quantity_follows_by_the_chain_rule():
    found = sensitivities(RUN, ["leak", "more"])
    one, two = RUN["one"], RUN["two"]
    assert found["sum", "leak"] == pytest.approx(found["one", "leak"] * two + one * found["two", "leak"] + found["leak", "leak"], rel=1e-12)
    assert found["leak", "leak"][-1] == 1 and found["leak", "leak"].max() == 3 and found["inflow", "leak"].max() == 0
    assert found["one", "more"][RUN.t < DATES["more"]] == pytest.approx(0)


def test_robertson_agrees_with_differences_in_forty_digits_across_a_date_an_impulse_and_a_reset():
    stored = json.loads(STORED.read_text())
    model = hybrid_robertson()
    assert stored["setting"] == setting(model)
    run = simulate(model, policies=["catalyst"], rtol=1e-11)
    assert 2 < hit_of(run) < 39
    assert run.path.x[-1] == pytest.approx(stored["end"], rel=1e-8)
    found = sensitivities(run, list(stored["slopes"]))
    for column, (name, expected) in enumerate(stored["slopes"].items()):
        assert found.stocks[-1, :, column] == pytest.approx(expected, rel=1e-7), name


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_closed_form_of_decay(method):
    parts = draining(8.0, rate=0.5, span=(0, 4))
    found = sensitivities(simulate(parts.model, rtol=1e-10), ["share", parts.level], method=method)
    t = found.t
    assert found["level", "share"] == pytest.approx(-8 * t * np.exp(-t / 2), rel=1e-7, abs=1e-8)
    assert found["level", "level"] == pytest.approx(np.exp(-t / 2), rel=1e-8)


def test_the_date_of_a_ramp_moves_its_whole_course():
    parts = filling(lambda tap: (TIME - START) / 2)
    run = simulate(parts.model, policies=[parts.model.policy("act").at(3)], rtol=1e-10)
    assert sensitivities(run, ["act"])["level", "act"][-1] == pytest.approx(-7 / 2, rel=1e-8)
    ended = simulate(parts.model, policies=[parts.model.policy("act").at(3, duration=2)], rtol=1e-10)
    assert sensitivities(ended, ["act"])["level", "act"][-1] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("kind", ["step", "linear"])
def test_a_series_moves_with_its_policy(kind):
    data = Series("data", (0, 1, 3), (2.0, 5.0, 1.0), kind=kind)
    level, tap, decay = Stock("level", 1.0), Parameter("tap", 0.0), Parameter("decay", 0.4)
    flows = (Flow("fill", source=CLOUD, sink=level, rate=tap), Flow("drain", source=level, sink=CLOUD, rate=decay * level))
    model = Model("m", flows, policies=(Policy("act", {tap: data}),), span=(0, 10))

    def level_at(start):
        return simulate(model, policies=[model.policy("act").at(start)], rtol=1e-12)["level"][-1]
    found = sensitivities(simulate(model, policies=[model.policy("act").at(2)], rtol=1e-11), ["act", "decay"])
    assert found["level", "act"][-1] == pytest.approx((level_at(2 + 1e-4) - level_at(2 - 1e-4)) / 2e-4, rel=1e-6)


def test_an_impulse_that_a_date_sets_off_takes_what_the_date_has_changed():
    level, dose = Stock("level", 0.0, scale=1.0), Parameter("dose", 1.0)
    give = Flow("give", source=CLOUD, sink=level, rate=0)
    model = Model("m", (give,), policies=(Policy("double", {dose: 2 * dose}, start=2),), impulses=(Impulse(give, dose, when=dose > 1.5),), span=(0, 5))
    run = simulate(model, policies=["double"])
    assert run["level"][-1] == 2 and sensitivities(run, ["dose"])["level", "dose"][-1] == pytest.approx(2)


def test_the_shift_of_a_case_moves_every_policy_but_no_shock():
    parts = filling(lambda tap: tap + 1, value=1.0)
    parts.model.policies["twice"] = twice = Policy("twice", {parts.tap: 2 * parts.tap})
    case = Case("c", policies=(Event("act", start=2), Event("twice", start=5)), shocks=(Event("jolt", start=7, set={"tap": 9.0}),))
    model = Model("m", (parts.fill,), policies=(parts.model.policy("act"), twice), span=(0, 10))
    found = sensitivities(simulate(model, case, rtol=1e-10), ["shift", "act", "twice", "jolt"])
    # up by 1 at 2, up by 2 at 5; the shock's 9 comes first and is then raised to 20
    assert found.stocks[-1, 0] == pytest.approx([-3.0, -1.0, -2.0, -(20 - 4)], rel=1e-8)


def test_a_jump_of_the_rates_carries_a_jump_of_the_sensitivity():
    level, limit = Stock("level", 0.0, scale=1.0), Parameter("limit", 1.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=If(level < limit, 2.0, 0.5))
    found = sensitivities(simulate(Model("m", (fill,), span=(0, 3)), rtol=1e-10), ["limit", "level"])
    assert found.stocks[-1, 0] == pytest.approx([1 - 0.25, 0.25], rel=1e-8)


def test_lookups_and_held_links_have_sensitivities():
    level, pace = Stock("level", 0.5), Parameter("pace", 1.0)
    speed = Lookup("speed", [(0, 1), (1, 1), (2, 3), (9, 10)], beyond="extend")
    pull = Auxiliary("pull", pace * speed(level))
    model = Model("m", (Flow("fill", source=CLOUD, sink=level, rate=pull),), span=(0, 2))

    def end(own, **options):
        return simulate(own, rtol=1e-12, **options)["level"][-1]
    for own in (model, cut(model, "level -> pull", at=0.9), cut(model, "pull -> fill", at=0.9)):
        found = sensitivities(simulate(own, rtol=1e-11), ["pace", "level"])
        h = 1e-5
        assert found["level", "pace"][-1] == pytest.approx((end(own, set={"pace": 1 + h}) - end(own, set={"pace": 1 - h})) / (2 * h), rel=1e-6)
        assert found["level", "level"][-1] == pytest.approx((end(own, initial={"level": 0.5 + h}) - end(own, initial={"level": 0.5 - h})) / (2 * h), rel=1e-6)


def test_grazing_and_coinciding_dates_are_told():
    level = Stock("level", 0.0, scale=1.0)
    tap, more = Parameter("tap", 1.0), Parameter("more", 0.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=tap + more, reversible=True)
    policies = (Policy("up", {tap: 2.0}, start=1), Policy("on", {more: 3.0}, start=1))
    model = Model("m", (fill,), policies=policies, span=(0, 3))
    found = sensitivities(simulate(model, policies=["up", "on"], rtol=1e-10), ["up"])
    assert found["level", "up"][-1] == pytest.approx(-1.0) and "one-sided" in found.warnings[0]


@pytest.mark.parametrize(("varied", "text"), [
    (["shar"], "did you mean 'share'"), ([], "nothing is varied"), (["drain"], "no parameter, stock, or policy"), (["policy"], "no parameter"),
])
def test_what_cannot_be_varied_is_one_sentence(varied, text):
    run = simulate(draining().model)
    with pytest.raises(InputError, match=text):
        sensitivities(run, varied)
    with pytest.raises(InputError, match="run the whole of it"):
        sensitivities(simulate(draining().model, resume=run.state(1)), ["share"])


def test_a_delay_that_a_ramp_moves_is_taken_when_the_trigger_fires():
    """The trigger fires at t = level / pace, and its delay is that time: the gift comes at twice that time."""
    level, pace, lag, grown = Stock("level", 0.0, scale=1.0), Parameter("pace", 0.5), Parameter("lag", 0.0), Stock("grown", 0.0, scale=1.0)
    rise = Flow("rise", source=CLOUD, sink=level, rate=pace)
    gift = Impulse(Flow("gift", source=CLOUD, sink=grown, rate=0.0), TIME, when=level > 1, delay=lag)
    ramp = Policy("ramp", {lag: TIME - START}, start=0)
    run = simulate(Model("m", (rise, gift.flow), policies=(ramp,), impulses=(gift,), span=(0, 10)), policies=["ramp"], rtol=1e-9)
    assert run["grown"][-1] == pytest.approx(4.0)
    assert sensitivities(run, ["pace"])["grown", "pace"][-1] == pytest.approx(-2 / 0.5**2)
