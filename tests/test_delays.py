"""Delays, smooths and lookups against closed forms."""

import math

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from sd_basis import (
    CLOUD,
    DELAY1,
    DELAY3,
    DELAYN,
    SMOOTH,
    SMOOTH3,
    SMOOTHN,
    TIME,
    Auxiliary,
    Family,
    Flow,
    InputError,
    Lookup,
    Model,
    NumericalFailure,
    Parameter,
    Policy,
    Stock,
    simulate,
)
from sd_basis.integrators import METHODS
from sd_basis.lookups import BEYOND, KINDS

every_method = pytest.mark.parametrize("method", sorted(METHODS))


def erlang(order, rate, t):
    """The share of an Erlang delay's step response: 1 - exp(-rt) sum (rt)^k / k!."""
    return 1 - math.exp(-rate * t) * sum((rate * t) ** k / math.factorial(k) for k in range(order))


@pytest.mark.parametrize("order", [1, 2, 3, 5, 9])
@every_method
def test_a_delay_answers_a_step_with_the_erlang_distribution_and_keeps_what_flowed_in(order, method):
    orders, lag = Parameter("orders", 2.0, "box/day"), Parameter("lag", 3.0, "day")
    stock, sold = Stock("stock", 100.0, "box"), Stock("sold", 0.0, "box", scale=1.0)
    shipped = DELAYN("shipped", orders, lag, order, source=stock, sink=sold)
    model = Model("m", (shipped,), policies=(Policy("more", {orders: 5.0}, start=1.0),), span=(0, 9), outputs=(shipped,))
    run = simulate(model, policies=["more"], method=method, rtol=1e-9)
    assert run["shipped"][0] == pytest.approx(2)
    assert run["shipped"][-1] == pytest.approx(2 + 3 * erlang(order, order / 3, 8), rel=1e-7)
    inside = sum(run[f"shipped_{place}"] for place in range(1, order + 1))
    assert inside[0] == pytest.approx(6) and run["stock"] + inside + run["sold"] == pytest.approx(np.full(len(run.t), 106.0), rel=1e-12)


def test_a_delay_conserves_while_its_time_changes():
    lag = Parameter("lag", 3.0)
    done = Stock("done", 0.0, scale=1.0)
    out = DELAY3("out", 4.0, lag, sink=done)
    model = Model("m", (out,), policies=(Policy("slower", {lag: 8.0}, start=2), Policy("faster", {lag: 1.0}, start=5)), span=(0, 10))
    run = simulate(model, policies=["slower", "faster"], rtol=1e-9)
    assert sum(run[f"out_{i}"] for i in (1, 2, 3)) + run["done"] == pytest.approx(12 + 4 * run.t, rel=1e-9)


@pytest.mark.parametrize("order", [1, 3, 4])
@every_method
def test_a_smooth_follows_a_step(order, method):
    seen, lag = Parameter("seen", 1.0, "1"), Parameter("lag", 2.0, "day")
    felt = SMOOTHN("felt", seen, lag, order)
    model = Model("m", (Flow("idle", source=CLOUD, sink=Stock("idle_stock", 1.0, "1"), rate=Parameter("still", 0, "1/day")),), outputs=(felt,),
                  policies=(Policy("jump", {seen: 4.0}, start=1.5),), span=(0, 6))
    run = simulate(model, policies=["jump"], method=method, rtol=1e-9)
    assert run["felt"][-1] == pytest.approx(1 + 3 * erlang(order, order / 2, 4.5), rel=1e-7)


def test_first_and_third_order_have_short_names_and_initial_values_may_be_given():
    source = Parameter("source", 2.0)
    parts = (DELAY1("a", source, 4.0, initial=1.0), DELAY3("b", source, 4.0), SMOOTH("c", source, 4.0, initial=0.5), SMOOTH3("d", source, 4.0))
    run = simulate(Model("m", parts[:2], outputs=parts[2:], span=(0, 3)), rtol=1e-9)
    assert run["a"][-1] == pytest.approx(2 - math.exp(-0.75), rel=1e-7) and run["b"] == pytest.approx(np.full(len(run.t), 2.0))
    assert run["c"][-1] == pytest.approx(2 - 1.5 * math.exp(-0.75), rel=1e-7) and run["d"][-1] == pytest.approx(2)


def test_a_delay_of_a_delay_has_the_units_of_what_it_holds():
    orders, lag = Parameter("orders", 2.0, "box/week"), Parameter("lag", 3.0, "week")
    first = DELAY3("first", orders, lag)
    second = DELAY1("second", first, lag)
    believed = SMOOTH3("believed", second, lag)
    model = Model("m", (second,), outputs=(believed,), span=(0, 10), time_unit="week")
    units = model.check_units()
    assert str(units[model.quantity("second_1")]) == "box" and str(units[believed]) == "7 box*day^-1".replace("7 ", "0.142857 ")
    wrong = DELAY1("wrong", orders, Parameter("pause", 3.0, "box"))
    with pytest.raises(InputError, match="wrong"):
        Model("w", (wrong,), span=(0, 10), time_unit="week").check_units()


def test_an_order_is_a_whole_number():
    for order in (0, 2.5, True, "3"):
        with pytest.raises(InputError, match="number of stages"):
            DELAYN("d", 1.0, 2.0, order)


POINTS = [(0, 1.0), (1, 3.0), (3, 2.0), (4, 6.0)]


def value(kind, x, **options):
    """The value and slope of a lookup at x, by a model that adds them up over no time."""
    lookup = Lookup("table", POINTS, kind=kind, **options)
    return lookup.table(x), lookup.table.slope(x)


@pytest.mark.parametrize(("options", "below", "above"), [
    ({}, (1.0, 0.0), (6.0, 0.0)), ({"beyond": "extend"}, (1 - 2 * 0.5, 2.0), (6 + 4 * 0.5, 4.0)),
    ({"below": "extend"}, (0.0, 2.0), (6.0, 0.0)), ({"above": "extend"}, (1.0, 0.0), (8.0, 4.0)),
    ({"beyond": "repeat"}, (4.0, 4.0), (2.0, 2.0)),
])
def test_a_lookup_goes_on_beyond_its_points_as_declared(options, below, above):
    assert value("linear", -0.5, **options) == pytest.approx(below)
    assert value("linear", 4.5, **options) == pytest.approx(above)


@pytest.mark.parametrize(("kind", "at", "expected"), [
    ("linear", 2.0, (2.5, -0.5)), ("previous", 2.0, (3.0, 0.0)), ("next", 2.0, (2.0, 0.0)), ("previous", 1.0, (3.0, 0.0)), ("next", 1.0, (3.0, 0.0)),
    ("previous", 4.0, (6.0, 0.0)), ("next", 0.0, (1.0, 0.0)), ("linear", 0.0, (1.0, 2.0)), ("linear", 4.0, (6.0, 4.0)),
])
def test_a_lookup_between_its_points(kind, at, expected):
    assert value(kind, at) == pytest.approx(expected)


def test_a_smooth_lookup_is_the_monotone_cubic_with_its_derivatives():
    from scipy.interpolate import PchipInterpolator
    table, reference = Lookup("t", POINTS, kind="smooth").table, PchipInterpolator(*zip(*POINTS, strict=True))
    for x in np.linspace(0, 3.99, 41):
        assert table(x) == pytest.approx(float(reference(x)), rel=1e-12)
        assert table.slope(x) == pytest.approx(float(reference(x, 1)), rel=1e-10, abs=1e-12)
        assert table.curve(x) == pytest.approx(float(reference(x, 2)), rel=1e-10, abs=1e-12)


@given(st.sampled_from(["linear", "smooth"]), st.sampled_from(["hold", "extend", "repeat"]), st.floats(-9, 9).filter(lambda x: abs(x - round(x)) > 1e-3))
def test_the_slope_of_a_lookup_is_its_derivative(kind, beyond, x):
    table = Lookup("t", POINTS, kind=kind, beyond=beyond).table
    assert table.slope(x) == pytest.approx((table(x + 1e-6) - table(x - 1e-6)) / 2e-6, abs=1e-5)


@given(st.sampled_from(KINDS), st.sampled_from(BEYOND), st.sampled_from(BEYOND), st.lists(st.floats() | st.sampled_from([0.0, 1.0, 3.0, 4.0]), min_size=1))
def test_a_lookup_along_an_array_is_the_lookup_at_each_of_its_numbers(kind, below, above, numbers):
    if "repeat" in (below, above):
        below = above = "repeat"
    table = Lookup("t", POINTS, kind=kind, below=below, above=above).table
    for method in ("__call__", "slope", "curve"):
        try:
            wanted = [getattr(table, method)(x) for x in numbers]
        except ValueError:
            with pytest.raises(ValueError, match="its argument"), np.errstate(all="ignore"):
                table.along(np.array(numbers), method)
        else:
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(table.along(np.array(numbers), method), wanted)


@every_method
def test_a_lookup_drives_a_stock_exactly(method):
    level = Stock("level", 0.5)
    speed = Lookup("speed", [(0, 1), (1, 1), (2, 3), (9, 10)], beyond="extend")
    fill = Flow("fill", source=CLOUD, sink=level, rate=speed(level))
    run = simulate(Model("m", (fill,), span=(0, 2)), method=method, rtol=1e-10)
    # up to 1 at speed 1, then dx/dt = 2x - 1 to 2 (time ln(3)/2), then dx/dt = 1 + x
    assert run["level"][-1] == pytest.approx(3 * math.exp(1.5 - math.log(3) / 2) - 1, rel=1e-8)


@every_method
def test_steps_of_a_lookup_are_met_one_by_one(method):
    level = Stock("level", 0.0, scale=1.0)
    rate = Lookup("rate", [(0, 1), (1, 5), (1.001, 0), (7, 2)], kind="previous")
    fill = Flow("fill", source=CLOUD, sink=level, rate=rate(TIME))
    run = simulate(Model("m", (fill,), span=(0, 10)), method=method)
    assert run["level"][-1] == pytest.approx(1 + 0.005 + 6, rel=1e-7)


def test_a_periodic_lookup_repeats():
    level = Stock("level", 0.0, scale=1.0)
    tide = Lookup("tide", [(0, 0), (1, 4), (2, 0)], beyond="repeat")
    run = simulate(Model("m", (Flow("fill", source=CLOUD, sink=level, rate=tide(TIME)),), span=(0, 20)), rtol=1e-9)
    assert run["level"][-1] == pytest.approx(40, rel=1e-8)


def test_beyond_an_error_the_run_ends_in_a_sentence():
    level = Stock("level", 0.0, scale=1.0)
    speed = Lookup("speed", [(0, 1), (2, 1)], beyond="error")
    with pytest.raises(NumericalFailure, match="lookup 'speed': its argument .* lies beyond the points from 0 to 2"):
        simulate(Model("m", (Flow("fill", source=CLOUD, sink=level, rate=speed(level)),), span=(0, 5)))


def test_another_table_needs_no_new_code():
    def model(points):
        level = Stock("level", 0.0, scale=1.0)
        return Model("m", (Flow("fill", source=CLOUD, sink=level, rate=Lookup("table", points)(TIME)),), span=(0, 2))
    one, two = simulate(model([(0, 1), (1, 2), (2, 1)])), simulate(model([(0, 1), (0.5, 3), (1, 5), (2, 1)]))
    assert one.path.compiled.key == two.path.compiled.key
    assert (one["level"][-1], two["level"][-1]) == pytest.approx((3, 6), rel=1e-5)


@pytest.mark.parametrize(("arguments", "options", "text"), [
    (([(0, 1)],), {}, "at least two"), (([(0, 1), (0, 2)],), {}, "rising x"), ((3,), {}, "list of pairs"), (([(0, 1), (1, math.nan)],), {}, "point 2"),
    (([(0, 1), (1, 2)],), {"kind": "linaer"}, "did you mean 'linear'"), (([(0, 1), (1, 2)],), {"below": "repeat"}, "one side only"),
    (([(0, 1), (1, 2)],), {"beyond": "holt"}, "did you mean 'hold'"),
])
def test_a_misuse_of_a_lookup_is_one_sentence(arguments, options, text):
    with pytest.raises(InputError, match=text):
        Lookup("t", *arguments, **options)


TENOR, SIDE = Family("tenor", ("2y", "5y", "10y")), Family("side", ("long", "short"))


def test_a_family_is_laid_out_member_by_member_and_its_bare_name_is_the_total():
    bonds = Stock("bonds", {"2y": 40, "5y": 30, "10y": 20}, "bond", over=TENOR)
    pace = Parameter("pace", {"2y": 0.1, "5y": 0.2, "10y": 0.3}, "1/day", over=TENOR)
    sales = Flow("sales", source=bonds, sink=CLOUD, rate=pace * bonds)
    model = Model("m", [sales], span=(0, 3))
    model.check_units()
    run = simulate(model, rtol=1e-9)
    each = {tenor: start * math.exp(-3 * share) for tenor, start, share in (("2y", 40, 0.1), ("5y", 30, 0.2), ("10y", 20, 0.3))}
    for tenor, final in each.items():
        assert run[f"bonds[{tenor}]"][-1] == pytest.approx(final, rel=1e-7)
    assert run["bonds"][-1] == pytest.approx(sum(each.values()), rel=1e-7) and run[sales["5y"]][0] == pytest.approx(6)
    assert simulate(model, set={"pace": 0.0})["bonds"][-1] == 90 and simulate(model, set={"pace[2y]": 0.0})["bonds[2y]"][-1] == 40


def test_two_families_combine_and_sum_over_one():
    book = Stock("book", 1.0, over=(TENOR, SIDE))
    weight = Parameter("weight", {"long": 1.0, "short": -1.0}, over=SIDE)
    net = Auxiliary("net", (book * weight).sum(SIDE))
    grow = Flow("grow", source=CLOUD, sink=book, rate=weight + net, reversible=True)
    model = Model("m", [grow], span=(0, 1))
    assert len(model.stocks) == 6 and "net[10y]" in model.quantities and "book[2y, short]" in model.quantities
    assert book["5y", "short"] in model.stocks and simulate(model)["book"][0] == 6


def test_a_wrong_index_is_answered_with_the_members():
    bonds = Stock("bonds", 1.0, over=TENOR)
    for index, text in (("5", "did you mean '5y'|choose one of"), (("2y", "long"), "2 indexes"), ("20y", "did you mean")):
        with pytest.raises(InputError, match=text):
            bonds[index]
    with pytest.raises(InputError, match="no value for member '10y'"):
        Stock("b", {"2y": 1, "5y": 2}, over=TENOR)
    with pytest.raises(InputError, match="which sales has not"):
        Flow("sales", source=bonds["2y"], sink=CLOUD, rate=bonds, over=SIDE)
    with pytest.raises(InputError, match="twice"):
        Family("f", ("a", "a"))


def test_functions_and_choices_go_member_by_member():
    from sd_basis import If, Max, positive
    x = Stock("x", {"2y": -1.0, "5y": 2.0, "10y": 3.0}, over=TENOR)
    y = Auxiliary("y", Max(x, 0) + If(x > 2.5, 10, positive(x, 1.0)) + x.map(sympy.exp))
    run = simulate(Model("m", [Flow("f", source=CLOUD, sink=x, rate=0 * y, reversible=True)], span=(0, 1)))
    assert [run[f"y[{tenor}]"][0] for tenor in TENOR] == pytest.approx([math.exp(-1), 2 + 4 / 3 + math.exp(2), 3 + 10 + math.exp(3)])


def test_an_ageing_chain_is_written_with_neighbours():
    age = Family("age", ("young", "middle", "old"))
    people = Stock("people", {"young": 9.0, "middle": 0.0, "old": 0.0}, over=age, scale=1.0)
    flows = [Flow(f"ageing {one}", source=people[one], sink=people[next_one], rate=people[one]) for one, next_one in age.pairs()]
    run = simulate(Model("m", flows, span=(0, 2)), rtol=1e-9)
    assert run["people"] == pytest.approx(np.full(len(run.t), 9.0)) and run["people[old]"][-1] == pytest.approx(9 * erlang(2, 1, 2), rel=1e-7)
