"""The gain of a loop against closed forms, against simulated onsets and against the eigenvalues of the closed loop."""

import re

import numpy as np
import pytest
from small import draining

from sd_basis import (
    CLOUD,
    Auxiliary,
    Family,
    Flow,
    If,
    InputError,
    Instrument,
    Lookup,
    Max,
    Min,
    Model,
    Parameter,
    Policy,
    Sector,
    Stock,
    Trade,
    define,
    loop_gain,
    simulate,
)
from sd_basis.compiled import compiled
from sd_basis.gain import gain_along

LOSS = {"impact": 0.004, "leverage": 12.0, "hedge": 0.5, "cash_share": 0.6, "time": 0.5, "feel": 0.0, "memory": 1.5}


def fund_and_dealer(marked=True, gated=True, members=("one",)):
    """Funds that hold at most leverage times their equity, a dealer whose price falls with each bond, and futures on the other side.

    A fund sells what exceeds its limit within a time. The bond's price falls by `impact` for each bond sold (Lambda, at a price of one);
    the futures fall by the share rho (`hedge`) of that, of which phi (`cash_share`) reaches the short fund in cash at once. A bond sold costs
    the fund Lambda H (1 - phi rho) of equity. Where the position counts at its face (not `marked`) its excess over l E grows by
    R = Lambda H l (1 - phi rho) for each bond sold, and falls by the bond itself; where it counts at the market its value falls too,
    and R = Lambda H (l (1 - phi rho) - 1) dollars for each dollar.

    With H = l E0, all sold at its own pace, z the share sold and a = Lambda H, the equity is
    E = E0 - shock - (1 - phi rho) a H (z - z^2 / 2). At face the excess 1 - z - l E / H vanishes where
    z (1 - R) + R z^2 / 2 = l shock / H: with a shock to nothing z = 2 (1 - 1/R) above R = 1, everything from R = 2, and below
    z H = l shock / (1 - R). At the market, (1 - z)(1 - a z) = l E / H and z (1 - R) + (R - a) z^2 / 2 = l shock / H: there
    z = 2 (R - 1) / (R - a), which is the same for a high leverage. No speed of selling changes this: E depends on z alone.
    """
    funds = Family("funds", members)
    p = {name: Parameter(name, value) for name, value in LOSS.items()}
    fund, dealer, other = Sector("fund"), Sector("dealer"), Sector("futures buyer")
    price = Auxiliary("price")
    bond, cash = Instrument("bond", price=price), Instrument("cash")
    lost = Parameter("lost", 0.0)
    size = Parameter("size", {member: 10.0 * (1 + number) for number, member in enumerate(members)}, over=funds)
    reach = Parameter("reach", {member: 1.0 + number / 2 for number, member in enumerate(members)}, over=funds)
    pace = Parameter("pace", {member: 1.0 + 2 * number for number, member in enumerate(members)}, over=funds)
    position = Stock("position", size, nonnegative=True, holder=fund, instrument=bond, over=funds)
    inventory = Stock("inventory", 0.0, scale=1, holder=dealer, instrument=bond)
    fund_cash = Stock("fund_cash", size / (p["leverage"] * reach) - size - lost, scale=10, holder=fund, instrument=cash, over=funds)
    dealer_cash = Stock("dealer_cash", 100.0, holder=dealer, instrument=cash)
    other_cash = Stock("other_cash", 100.0, holder=other, instrument=cash)
    volatility = Stock("volatility", 0.0, scale=1)
    define(price, 1 - p["impact"] * inventory)
    equity = Auxiliary("equity", position * price + fund_cash)
    worth = price if marked else 1
    excess = Auxiliary("excess", position * worth - p["leverage"] * reach * equity / (1 + p["feel"] * volatility))
    need = Auxiliary("need", excess * pace / p["time"])
    orders = Auxiliary("orders", Max(Min(need, position * worth / p["time"]), 0) if gated else 1.0 * need)
    bonds = Auxiliary("bonds", orders / worth)
    sales = funds.each(lambda one: Trade(f"sale[{one}]", delivered=(position[one], inventory), paid=(dealer_cash, fund_cash[one]), rate=bonds[one],
                                         price=price, reversible=not gated))
    sold = Auxiliary("sold", bonds.total)
    gain = Flow("variation", source=other_cash, sink=fund_cash, rate=p["cash_share"] * p["hedge"] * p["impact"] * sold * position, transfer=True)
    heat = Flow("heat", source=CLOUD, sink=volatility, rate=p["impact"] * sold - volatility / p["memory"], reversible=True)
    calmer = Policy("calmer", {p["impact"]: p["impact"] / 2}, start=4)
    return Model("funds", [*sales, gain, heat], policies=(calmer,), outputs=(*need,), span=(0, 10))


MARKED, AT_FACE = fund_and_dealer(), fund_and_dealer(marked=False)


def spiral(values, marked=True, size=10.0):
    """Return R in closed form."""
    v = {**LOSS, **values}
    return v["impact"] * size * (v["leverage"] * (1 - v["cash_share"] * v["hedge"]) - marked)


def draws(count, seed=7):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield {"leverage": rng.uniform(5, 60), "hedge": rng.uniform(0, 0.9), "cash_share": rng.uniform(0, 1), "time": rng.uniform(0.1, 2),
               "impact": rng.uniform(0.001, 0.02)}


@pytest.mark.parametrize("marked", [True, False])
def test_the_gain_is_the_closed_form_of_linear_price_impact(marked):
    model = MARKED if marked else AT_FACE
    for values in draws(5):
        found = loop_gain(model, "orders", "need", rate=1 / values["time"], set=values)
        assert found.value == pytest.approx(spiral(values, marked), rel=1e-9) == found.static and found.at < 1e-6
        s = np.array([0.1, 1.0, 10.0])
        assert found.curve(s) == pytest.approx(spiral(values, marked) / (1 + s * values["time"]), rel=1e-9)


def settled(values, shock, **options):
    run = simulate(AT_FACE if not options.pop("marked", False) else MARKED, set={**values, "lost": shock}, span=(0, 1e6), **options)
    assert max(run.ledgers.values()) < 1e-4
    return 1 - run["position[one]"][-1] / 10.0


def test_below_one_a_shock_sells_its_leverage_over_one_less_the_gain():
    for gain in (0.2, 0.6, 0.9):
        values = {"impact": LOSS["impact"] * gain / spiral({}, False)}
        assert settled(values, 1e-6, rtol=1e-11, atol=1e-12) * 10 == pytest.approx(1e-6 * LOSS["leverage"] / (1 - gain), rel=1e-3)


def test_above_one_the_sold_share_is_twice_one_less_the_reciprocal_of_the_gain():
    for gain in (1.2, 1.5, 1.9, 2.0, 2.5):
        values = {"impact": LOSS["impact"] * gain / spiral({}, False)}
        assert settled(values, 1e-9, rtol=1e-9, atol=1e-11) == pytest.approx(min(2 * (1 - 1 / gain), 1), abs=1e-4)


def test_a_position_at_the_market_sells_a_little_more_than_that():
    for gain in (1.2, 1.5):
        values = {"impact": LOSS["impact"] * gain / spiral({})}
        assert settled(values, 1e-9, marked=True, rtol=1e-9, atol=1e-11) == pytest.approx(2 * (gain - 1) / (gain - 10 * values["impact"]), abs=1e-4)


def test_selling_begins_to_spread_where_the_gain_passes_one():
    for values in draws(10, seed=11):
        low, high = (values["impact"] / spiral(values, False) * gain for gain in (0.9, 1.1))
        while high - low > 4e-4 * low:
            middle = (low + high) / 2
            sold = settled({**values, "impact": middle}, 1e-8, rtol=1e-7, atol=1e-9)
            low, high = (low, middle) if sold > 5e-4 else (middle, high)
        assert loop_gain(AT_FACE, "orders", "need", rate=1 / values["time"], set={**values, "impact": low}).value == pytest.approx(1, abs=1e-3)


def closed_loop(model, values):
    """Return the eigenvalues of the full Jacobian where the model begins."""
    run = simulate(model, set=values, span=(0, 1e-6))
    matrix = np.zeros((len(model.stocks),) * 2)
    matrix[tuple(compiled(model).pattern)] = compiled(model).jacobian(0.0, run.path.x[0].tolist(), run.path.segments[0].values(0.0))
    return np.linalg.eigvals(matrix)


def growing(model, values):
    """Return the real positive eigenvalues of the closed loop; conserved totals have zero ones, up to rounding."""
    found = closed_loop(model, values)
    return np.sort(found.real[(np.abs(found.imag) < 1e-9) & (found.real > 1e-6)])


def test_with_volatility_the_supremum_reaches_one_though_the_static_gain_is_below():
    """A limit l / (1 + feel v), with v driven by the fall in price and forgotten within a memory tau, adds beta s / (1 + s tau) to R, where
    beta = H feel Lambda tau. With kappa = 1 / time, L = kappa (R + beta s / (1 + s tau)) / (s + kappa) reaches one where
    kappa beta = 1 + kappa tau (1 - R) + 2 sqrt(kappa tau (1 - R)), at s = sqrt(kappa (1 - R) / tau).
    """
    free = fund_and_dealer(marked=False, gated=False)
    for gain in (0.3, 0.8):
        values = {"impact": LOSS["impact"] * gain / spiral({}, False)}
        kappa, tau = 1 / LOSS["time"], LOSS["memory"]
        beta = (1 + kappa * tau * (1 - gain) + 2 * np.sqrt(kappa * tau * (1 - gain))) / kappa
        feel = beta / (10 * values["impact"] * tau)
        onset = loop_gain(free, "orders", rate=kappa, set={**values, "feel": feel})
        assert onset.value == pytest.approx(1, rel=1e-8) and onset.static == pytest.approx(gain, rel=1e-8)
        assert onset.at == pytest.approx(np.sqrt(kappa * (1 - gain) / tau), rel=1e-3)
        below, above = ({**values, "feel": feel * share} for share in (0.98, 1.02))
        assert loop_gain(free, "orders", rate=kappa, set=below).value < 1 and growing(free, below).size == 0
        found, pair = loop_gain(free, "orders", rate=kappa, set=above), growing(free, above)
        assert found.value > 1 > found.static and pair.size == 2
        assert found.curve(pair) == pytest.approx([1, 1], rel=1e-6) and pair[0] < found.at < pair[1]


def test_above_one_statically_one_eigenvalue_grows():
    free = fund_and_dealer(marked=False, gated=False)
    values = {"impact": LOSS["impact"] * 1.4 / spiral({}, False)}
    assert growing(free, values) == pytest.approx([0.4 / LOSS["time"]], rel=1e-6) and loop_gain(free, "orders", rate=2, set=values).growth < 1e-6


def linear_loop(size=3):
    """dx/dt = A x + b u, u = c x + d x[0], with the loop closed at u."""
    stocks = [Stock(f"x{row}", 1.0) for row in range(size)]
    a = [[Parameter(f"a{row}{column}", 0.0) for column in range(size)] for row in range(size)]
    b, c = ([Parameter(f"{name}{row}", 0.0) for row in range(size)] for name in "bc")
    u = Auxiliary("u", sum(weight * stock for weight, stock in zip(c, stocks, strict=True)))
    flows = [Flow(f"change{row}", source=CLOUD, sink=stocks[row], reversible=True,
                  rate=b[row] * u + sum(slope * stock for slope, stock in zip(a[row], stocks, strict=True))) for row in range(size)]
    return Model("linear", flows, span=(0, 100))


def test_a_closed_loop_grows_exactly_where_the_gain_of_the_open_one_passes_one():
    model, rng, grew, turned = linear_loop(), np.random.default_rng(3), 0, 0
    for number in range(60):
        a, b, c = rng.normal(size=(3, 3)), rng.normal(size=3), 1.5 * rng.normal(size=3)
        a -= (max(np.linalg.eigvals(a).real) + rng.uniform(0.1, 1)) * np.eye(3)
        if number % 2:  # loops that only answer to speed: their static gain is below one
            towards = np.linalg.solve(-a, b)
            c = 4 * c
            c -= (c @ towards - rng.uniform(0, 1)) * towards / (towards @ towards)
        values = {**{f"a{i}{j}": a[i, j] for i in range(3) for j in range(3)}, **{f"b{i}": b[i] for i in range(3)}, **{f"c{i}": c[i] for i in range(3)}}
        found = loop_gain(model, "u", rate=0, set=values)
        closed = np.linalg.eigvals(a + np.outer(b, c))
        grows = np.any((np.abs(closed.imag) < 1e-12) & (closed.real > 0))
        assert (found.value > 1) == grows and found.static == pytest.approx(c @ np.linalg.solve(-a, b), rel=1e-6, abs=1e-9)
        assert found.growth == pytest.approx(max(np.linalg.eigvals(a).real), abs=1e-9)
        grew, turned = grew + grows, turned + (found.static < 1 < found.value)
    assert 10 < grew < 50 and turned >= 3


def test_where_the_rest_grows_by_itself_the_gain_says_whether_the_loop_adds_to_it():
    """dx/dt = 0.3 x + u, u = c x: the closed loop grows at 0.3 + c, and the supremum of c / (s - 0.3) over s >= 0.33 is c / 0.03."""
    model = linear_loop()
    base = {**{f"a{i}{j}": 0.0 for i in range(3) for j in range(3)}, "a00": 0.3, "a11": -1.0, "a22": -2.0, "b0": 1.0}
    for own in (0.029, 0.031):
        found = loop_gain(model, "u", rate=0, set={**base, "c0": own})
        assert found.value == pytest.approx(own / 0.03, rel=1e-9) and found.growth == pytest.approx(0.3) and found.at == pytest.approx(0.33)
    apart = {**base, "b0": 0.0, "b1": 1.0, "c1": 0.5, "a10": 0.2}
    assert loop_gain(model, "u", rate=0, set={**base, "c0": -1.0}).value == pytest.approx(0, abs=1e-3)
    assert loop_gain(model, "u", rate=0, set=apart).value == pytest.approx(0.5 / (1 + 1.1 * 0.3), rel=1e-9)
    assert loop_gain(model, "u", rate=0, set=apart, stocks=["x1", "x2"]).value == pytest.approx(0.5, rel=1e-9)
    assert loop_gain(model, "u", rate=0, set=apart, stocks=["x1", "x2"], horizon=2).value == pytest.approx(0.5 / 1.5, rel=1e-9)


def test_where_the_rest_rebuilds_what_was_sold_the_static_gain_is_one():
    """What is sold returns as a need, for ever: need' = -u - b need has G = -kappa / (s + b) and L = b kappa / ((s + b)(s + kappa))."""
    model, values = linear_loop(1), {"a00": -0.5, "b0": -1, "c0": 2}
    found = loop_gain(model, "u", rate=2, set=values)
    assert (found.value, found.static) == pytest.approx((1, 1), rel=1e-9) and found.at == 0
    assert loop_gain(model, "u", rate=2, set=values, horizon=1).value == pytest.approx(0.5 * 2 / (1.5 * 3), rel=1e-9)


def test_the_branch_of_a_choice_in_force_decides_the_gain():
    level, slope = Stock("level", 3.0), Lookup("slope", [(0, 0), (1, 0.5), (2, 2.5), (9, 2.5)])
    answer = Auxiliary("answer", If(level > 1, 2, slope(level)) * level)
    model = Model("choice", [Flow("change", source=CLOUD, sink=level, rate=answer - level, reversible=True)], span=(0, 1))
    assert loop_gain(model, "answer", rate=0).value == pytest.approx(2, rel=1e-9)
    assert loop_gain(model, "answer", rate=0, at={"level": 0.5}).value == pytest.approx(0.5, rel=1e-9)  # d(level^2 / 2) / d level
    for options in ({}, {"method": "Euler", "step": 0.25}):
        run = simulate(model, initial={"level": 2}, **options)
        assert loop_gain(run, "answer", rate=0, at=0.5).value == pytest.approx(2, rel=1e-9)


def test_units_of_a_loop_are_checked():
    model = draining().model
    assert loop_gain(model, "drain", rate="share").value == pytest.approx(0, abs=1e-9)
    with pytest.raises(InputError, match="loop_gain, rate: .*litre.*day.-1"):
        loop_gain(model, "drain", rate="level")
    with pytest.raises(InputError, match="loop_gain, returns: .*litre.*day"):
        loop_gain(model, "drain", "level", rate="share")


COHORTS = fund_and_dealer(marked=False, members=("one", "two"))


def test_cohorts_that_share_one_price_add_up_their_gains():
    q, own = COHORTS.quantities, np.array([spiral({}, False, 10.0), spiral({"leverage": 18.0}, False, 20.0)])
    rate = {member: q[f"pace[{member}]"] / q["time"] for member in ("one", "two")}
    found = loop_gain(COHORTS, "orders", "need", rate=rate)
    assert found.members == ("one", "two") and found.value == pytest.approx(own.sum(), rel=1e-9) == found.static
    assert found.matrix(1e-6) == pytest.approx(np.outer(own, [1, 1]), rel=1e-5)
    assert found.curve([3.0]) == pytest.approx([own[0] / (1 + 3 * 0.5) + own[1] / (1 + 3 * 0.5 / 3)], rel=1e-9)
    for bound in ((1.0, 0.0), (0.5, 1.0)):
        weighted = loop_gain(COHORTS, "orders", "need", rate=rate, weights=dict(zip(("one", "two"), bound, strict=True)))
        assert weighted.actual == pytest.approx(own @ bound, rel=1e-9) and weighted.value == found.value


def test_along_a_run_the_gain_follows_the_parameters_in_force():
    run = simulate(AT_FACE, set={"lost": -0.1}, policies=["calmer"])
    q = AT_FACE.quantities
    binding = q["position[one]"] - q["leverage"] * q["reach[one]"] * q["equity[one]"]
    found = gain_along(run, q["orders[one]"], binding / q["time"], rate=1 / q["time"], weights=0.25, times=[0, 3.9, 4, 10])
    own = spiral({}, False)
    assert found.value == pytest.approx([own, own, own / 2, own / 2], rel=1e-9) and found.actual == pytest.approx(found.value / 4, rel=1e-9)
    assert len(gain_along(run, "orders", "need", rate="time").t) == 201
    single = loop_gain(run, "orders", "need", rate=2, at=3.9)
    assert single.value == pytest.approx(own, rel=1e-9) and single.actual is None
    assert loop_gain(run, "orders", rate=0).value == 0  # of the gate itself, while the limit is slack


def test_what_is_held_or_frozen_does_not_take_part():
    q, own = COHORTS.quantities, spiral({"leverage": 18.0}, False, 20.0)
    alone = loop_gain(COHORTS, q["orders[two]"], q["need[two]"], rate=3 / q["time"], hold=["bonds[one]"])
    assert alone.value == pytest.approx(own, rel=1e-9)
    frozen = loop_gain(COHORTS, q["orders[two]"], q["need[two]"], rate=3 / q["time"], stocks=["position[two]", "fund_cash"])
    assert frozen.static == pytest.approx(-0.3 * own / 0.7, rel=1e-9)  # with the dealer's bonds the price stands still: only the futures move
    assert frozen.value == 0 and frozen.at == np.inf
    assert loop_gain(COHORTS, "orders", "need", rate=3, hold=["variation"]).value > loop_gain(COHORTS, "orders", "need", rate=3).value


@pytest.mark.parametrize(("options", "sentence"), [
    ({"enters": "order"}, "loop_gain, enters: no quantity 'order'; did you mean 'orders'"),
    ({"returns": "neeed"}, "loop_gain, returns: no quantity 'neeed'; did you mean 'need'?"),
    ({"rate": "tim"}, "loop_gain, rate: no quantity 'tim'; did you mean 'time'?"),
    ({"enters": "position"}, "loop_gain, enters: stock 'position[one]' cannot be cut; name an auxiliary or a flow"),
    ({"hold": ["time"]}, "loop_gain, hold: parameter 'time' cannot be held; name an auxiliary or a flow"),
    ({"returns": ["time", "time"]}, "loop_gain: what enters has the members one, two, but what returns has the members 1, 2; give both for the same members"),
    ({"returns": "sold"}, "loop_gain: what enters has the members one, two, but what returns has no members; give both for the same members"),
    ({"rate": {"one": 1}}, "loop_gain, rate: it has the member one, but what is cut has the members one, two; give one for all, or one for each"),
    ({"returns": "reach"}, "loop_gain: 'reach[one]' does not depend on 'orders[one]', so that no loop is cut; choose what returns, or another quantity to cut"),
    ({"stocks": ["other_cash"], "returns": "excess"}, "loop_gain: 'excess[one]' does not depend on 'orders[one]' through the stocks chosen"),
    ({"stocks": ["inventry"]}, "loop_gain, stocks: no stock 'inventry'; did you mean 'inventory'?"),
    ({"stocks": "inventory"}, "loop_gain, stocks: 'inventory' is one; give a list of stocks"),
    ({"rate": -1}, "loop_gain, rate: it is -1, which is negative; give one that is not"),
    ({"horizon": 0}, "loop_gain, horizon: 0 is not a positive length; give the time within which growth matters"),
    ({"at": 3}, "loop_gain, at: 3 is a time, but a model has none; give values of stocks, or a run"),
])
def test_what_does_not_fit_is_said_in_one_sentence(options, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        loop_gain(COHORTS, **{"enters": "orders", "returns": "need", "rate": 2, **options})
