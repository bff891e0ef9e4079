"""Units: read from text by a small grammar, and checked on every equation."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from small import market

from sd_basis import CLOUD, Auxiliary, Flow, InputError, Model, Parameter, Policy, Series, Stock, positive
from sd_basis.units import KNOWN, Units

parse = Units().parse


def same(one, other):
    return parse(one, "test").same(parse(other, "test"))


def checked(rate, unit="dollar", **options):
    """Check the units of one flow out of a stock."""
    stock = Stock("stock", 1.0, unit)
    return Model("m", (Flow("flow", source=stock, sink=CLOUD, rate=rate(stock)),), span=(0, 1), **options).check_units()


@pytest.mark.parametrize("one, other", [
    ("person/dwelling", "person * dwelling^-1"), ("billion dollar/day", "1e9 dollar / day"), ("(dollar/year)^2", "dollar**2/year^2"),
    ("1/(day*person)", "1/day/person"), ("bp", "0.01 percent"), ("%", "percent"), ("weeks", "7 day"), ("hours", "1/24 day"),
    ("day^0.5 * day^1.5", "day^2"), ("year", "12 month"), ("((day))", "day"), ("day^-2", "1/day^2"), ("dollar^0", "1"),
    (" person / day ", "person/day"), ("trillion dollar", "1000 billion dollar"),
])
def test_one_unit_has_many_spellings(one, other):
    assert same(one, other)


@pytest.mark.parametrize("one, other", [("day", "week"), ("person", "dwelling"), ("bp", "1"), ("day^2", "day"), ("1/day", "day")])
def test_different_units_are_told_apart(one, other):
    assert not same(one, other)


@pytest.mark.parametrize("text", ["", "()", "a)", "(a", "a^", "^2", "a^b", "person//day", "/day", "*day", "day/", "day -2", "a b -3",
                                  "0 day", "a+b", "a.b", "a^(1/2)", "day^--2", "a;b", "2**", "1e999", "year^999", "year^-999"])
def test_a_malformed_unit_is_refused(text):
    with pytest.raises(InputError, match="parameter 'k': the unit"):
        parse(text, "parameter 'k'")
    with pytest.raises(InputError, match="the unit"):
        checked(lambda stock: stock * Parameter("k", 1, text))


UNITS = st.lists(st.tuples(st.sampled_from(["day", "year", "dollar", "person", "bp"]), st.integers(-3, 3)), min_size=1, max_size=5)


@given(UNITS)
def test_a_product_is_the_sum_of_its_powers(factors):
    unit = parse("*".join(f"{name}^{power}" for name, power in factors), "test")
    powers, scale = {}, 1.0
    for name, power in factors:
        size, base = KNOWN.get(name, (1.0, name))
        scale *= size**power
        if base:
            powers[base] = powers.get(base, 0) + power
    assert dict(unit.powers) == {base: Fraction(power) for base, power in powers.items() if power}
    assert unit.scale == pytest.approx(scale, rel=1e-12)


@given(UNITS, UNITS)
def test_dividing_undoes_multiplying(one, other):
    left, right = ("*".join(f"{name}^{power}" for name, power in factors) for factors in (one, other))
    assert same(f"({left})*({right})/({right})", left)


@given(st.text(max_size=12))
def test_any_text_is_a_unit_or_an_input_error(text):
    try:
        assert parse(text, "test").scale > 0
    except (InputError, OverflowError, ZeroDivisionError) as error:
        assert isinstance(error, InputError)


def test_a_flow_has_its_stock_s_unit_over_the_time_unit():
    flow = checked(lambda stock: stock * Parameter("k", 1, "1/day"))
    assert next(str(unit) for quantity, unit in flow.items() if quantity.name == "flow") == "day^-1*dollar"
    with pytest.raises(InputError, match="flow 'flow'.*dimensions differ"):
        checked(lambda stock: stock * Parameter("k", 1, "1"))


@pytest.mark.parametrize("unit, factor", [("1/year", "0.00273785"), ("1/hour", "24"), ("bp/day", "0.0001"), ("percent/week", "0.00142857")])
def test_another_scale_of_the_same_dimension_names_the_factor(unit, factor):
    with pytest.raises(InputError, match=f"the factor {factor}"):
        checked(lambda stock: stock * Parameter("k", 1, unit))


def test_a_model_may_have_its_own_year():
    rate = Parameter("rate", 0.05, "1/year")
    days = Parameter("days", 252, "day/year")
    assert checked(lambda stock: stock * rate / days)
    assert checked(lambda stock: stock * rate, time_unit="year")
    with pytest.raises(InputError, match="the factor 0.00396825"):
        checked(lambda stock: stock * rate, units={"year": "252 day"})


def test_terms_of_a_sum_share_one_unit():
    k, size = Parameter("k", 1, "1/day"), Parameter("size", 1, "dollar")
    assert checked(lambda stock: k * (stock - size))
    with pytest.raises(InputError, match="dimensions differ"):
        checked(lambda stock: k * (stock - size**2))
    with pytest.raises(InputError, match="dimensions differ"):
        checked(lambda stock: k * (stock - 1))


@pytest.mark.parametrize("join", [sympy.Max, sympy.Min, positive, lambda a, b: sympy.Piecewise((a, a > b), (b, True))])
def test_a_choice_joins_quantities_of_one_unit(join):
    k, size, other = Parameter("k", 1, "1/day"), Parameter("size", 1, "dollar"), Parameter("other", 1, "person")
    assert checked(lambda stock: k * join(stock, size))
    with pytest.raises(InputError, match="dimensions differ"):
        checked(lambda stock: k * join(stock, other))


@pytest.mark.parametrize("function", [sympy.exp, sympy.log, sympy.tanh, sympy.sin])
def test_a_function_takes_a_pure_number(function):
    k, size = Parameter("k", 1, "dollar/day"), Parameter("size", 1, "dollar")
    assert checked(lambda stock: k * function(stock / size))
    with pytest.raises(InputError, match=f"of {function.__name__}"):
        checked(lambda stock: k * function(stock))
    with pytest.raises(InputError, match="the factor 0.0001"):
        checked(lambda stock: k * function(Parameter("spread", 1, "bp")))


def test_powers_and_roots_carry_units():
    k = Parameter("k", 1, "1/day")
    size, exponent = Parameter("size", 1, "dollar"), Parameter("exponent", 2, "1")
    assert checked(lambda stock: k * sympy.sqrt(stock * size))
    assert checked(lambda stock: k * stock**2 / size)
    assert checked(lambda stock: k * size * (stock / size) ** exponent)
    assert checked(lambda stock: k * stock**1.5 / size**0.5)
    with pytest.raises(InputError, match="the base"):
        checked(lambda stock: k * stock**exponent)
    with pytest.raises(InputError, match="the exponent"):
        checked(lambda stock: k * size * (stock / size) ** size)


def test_an_absolute_value_keeps_its_unit():
    k = Parameter("k", 1, "1/day")
    assert checked(lambda stock: k * abs(stock))


def test_an_unknown_unit_fits_everything_but_one_is_dimensionless():
    assert checked(lambda stock: Parameter("k", 1) * stock**3)
    with pytest.raises(InputError):
        checked(lambda stock: Parameter("k", 1, "1") * stock**3)


def test_an_unknown_factor_does_not_hide_a_wrong_sum():
    with pytest.raises(InputError, match="dimensions differ"):
        checked(lambda stock: Parameter("k", 1) * (stock + Parameter("people", 1, "person")))


def test_a_bare_number_takes_the_declared_unit():
    assert checked(lambda stock: sympy.Integer(3))
    auxiliary = Auxiliary("auxiliary", 3, unit="dollar/day")
    assert checked(lambda stock: auxiliary)


def test_an_auxiliary_without_a_unit_gets_the_one_of_its_equation():
    k = Parameter("k", 1, "1/day")
    stock = Stock("stock", 1.0, "dollar")
    half = Auxiliary("half", stock / 2)
    units = Model("m", (Flow("flow", source=stock, sink=CLOUD, rate=k * half),), span=(0, 1)).check_units()
    assert str(units[half]) == "dollar"


def test_an_auxiliary_is_checked_against_its_declaration():
    with pytest.raises(InputError, match="auxiliary 'a'"):
        checked(lambda stock: Auxiliary("a", stock / 2, unit="person"))


def test_a_flow_carries_one_unit():
    dollars, people = Stock("dollars", 1, "dollar"), Stock("people", 1, "person")
    with pytest.raises(InputError, match="it joins dollars in dollar and people in person"):
        Model("m", (Flow("f", source=dollars, sink=people, rate=1),), span=(0, 1)).check_units()


def test_policies_series_and_initial_values_are_checked():
    k, share = Parameter("k", 1, "1/day"), Parameter("share", 1, "1/year")
    with pytest.raises(InputError, match="policy 'p', k.*the factor"):
        checked(lambda stock: k * stock, policies=(Policy("p", {k: share}),))
    with pytest.raises(InputError, match="dimensions differ"):
        checked(lambda stock: k * stock + Series("data", (0,), (1,), "person/day"))
    stock = Stock("stock", Parameter("size", 1, "person"), "dollar")
    with pytest.raises(InputError, match="stock 'stock', initial value"):
        Model("m", (Flow("f", source=stock, sink=CLOUD, rate=k * stock),), span=(0, 1)).check_units()


def test_a_trade_is_checked_on_both_legs():
    parts = market()
    units = parts.model.check_units()
    assert str(units[parts.sale.delivery]) == "bond*day^-1" and str(units[parts.sale.payment]) == "day^-1*dollar"
    assert parts.model.unit_text(parts.sale.payment) == "dollar/day"


def test_the_error_shows_before_the_first_run():
    from sd_basis import simulate
    stock = Stock("stock", 1.0, "dollar")
    model = Model("m", (Flow("f", source=stock, sink=CLOUD, rate=stock * Parameter("k", 1, "1/year")),), span=(0, 1))
    for _ in range(2):
        with pytest.raises(InputError, match="the factor"):
            simulate(model)
