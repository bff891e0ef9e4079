"""The language: each misuse is one sentence that says where, what and what to do."""

import math

import numpy as np
import pytest
import sympy
from small import draining, filling, market

from sd_basis import (
    CLOUD,
    START,
    TIME,
    Auxiliary,
    BasisError,
    Flow,
    InputError,
    Instrument,
    Model,
    NumericalFailure,
    Outcome,
    Parameter,
    Policy,
    Sector,
    Series,
    Stock,
    Trade,
    define,
    simulate,
)


def refused(call, *parts):
    """Assert that a call is refused in one sentence that holds every part."""
    with pytest.raises(InputError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text and ": " in text and len(text) < 400
    for part in parts:
        assert part in text


def drains(rate, **options):
    level = Stock("level", 1.0)
    return Model("m", (Flow("drain", source=level, sink=CLOUD, rate=rate(level)),), span=(0, 1), **options)


def test_every_error_is_a_basis_error():
    assert issubclass(InputError, BasisError) and issubclass(NumericalFailure, BasisError)


@pytest.mark.parametrize("wrong", ["levle", "Level", "lvl"])
def test_an_unknown_name_is_answered_with_the_nearest_one(wrong):
    refused(lambda: draining().model.quantity(wrong), repr(wrong), "did you mean 'level'?")
    refused(lambda: simulate(draining().model)[wrong], "did you mean 'level'?")


def test_a_name_like_no_other_is_answered_with_the_choice():
    refused(lambda: simulate(draining().model, set={"zzz": 1}), "choose one of: share")
    refused(lambda: simulate(draining().model, policies=["zzz"]), "there is none to choose from")
    refused(lambda: simulate(draining().model, method="LSODE"), "did you mean 'LSODA'?")


def test_a_stock_is_not_accepted_where_a_parameter_is_asked_for():
    refused(lambda: simulate(draining().model, set={"level": 1}), "no parameter 'level'")
    refused(lambda: simulate(draining().model, initial={"share": 1}), "no stock 'share'")


def test_two_quantities_of_one_name_are_refused():
    one, two = Parameter("share", 1), Parameter("share", 2)
    refused(lambda: drains(lambda level: one * level * two), "two quantities are named 'share'", "rename one")
    refused(lambda: drains(lambda level: Parameter("level", 1) * level), "parameter 'level'", "stock 'level'")


def test_two_policies_of_one_name_are_refused():
    tap = filling().tap
    twice = [Policy("act", {tap: 1}), Policy("act", {tap: 2})]
    refused(lambda: Model("m", (Flow("f", source=CLOUD, sink=Stock("s", 0), rate=tap),), span=(0, 1), policies=twice),
            "two policies are named 'act'")


def test_an_auxiliary_without_an_equation_is_named():
    refused(lambda: drains(lambda level: Auxiliary("pressure") * level), "auxiliary 'pressure'", "no equation", "define()")


def test_an_equation_is_given_once_and_only_to_an_auxiliary():
    pressure = Auxiliary("pressure")
    define(pressure, 2)
    refused(lambda: define(pressure, 3), "defined already", "define it once")
    refused(lambda: define(Stock("s", 1), 3), "not an auxiliary")
    refused(lambda: define(draining().drain, 3), "not an auxiliary")


def test_a_later_definition_equals_an_immediate_one():
    def run(late):
        level = Stock("level", 2.0)
        pressure = Auxiliary("pressure") if late else Auxiliary("pressure", level / 2)
        model = (Flow("drain", source=level, sink=CLOUD, rate=pressure),)
        if late:
            define(pressure, level / 2)
        return simulate(Model("m", model, span=(0, 1)))["level"]
    assert np.array_equal(run(late=True), run(late=False))


def test_an_algebraic_loop_is_named_in_order():
    a, b, c = Auxiliary("a"), Auxiliary("b"), Auxiliary("c")
    define(a, 2 * b)
    define(b, sympy.exp(c))
    define(c, a + 1)
    with pytest.raises(InputError, match="algebraic loop") as caught:
        drains(lambda level: level * a)
    names = str(caught.value).partition("algebraic loop ")[2].partition(";")[0].split(" -> ")
    assert names[0] == names[-1] and sorted(names[1:]) == ["a", "b", "c"]
    uses = {"a": "b", "b": "c", "c": "a"}
    assert all(uses[left] == right for left, right in zip(names, names[1:])) or \
        all(uses[right] == left for left, right in zip(names, names[1:]))


def test_an_auxiliary_that_needs_itself_is_a_loop():
    a = Auxiliary("a")
    define(a, a / 2)
    refused(lambda: drains(lambda level: a), "algebraic loop a -> a")


def test_a_loop_through_a_stock_is_no_algebraic_loop():
    assert simulate(draining().model)["level"][-1] < 8


@pytest.mark.parametrize("text", ["__import__('os').system('exit 1')", "1", "level", b"2", True])
def test_text_as_an_expression_is_refused_and_never_executed(text):
    refused(lambda: Flow("f", source=CLOUD, sink=Stock("s", 1), rate=text), "text or a truth value")
    refused(lambda: Stock("s", text), "text or a truth value")
    refused(lambda: Policy("p", {Parameter("k", 1): text}), "text or a truth value")


def test_text_that_python_would_run_is_only_a_malformed_unit():
    refused(lambda: drains(lambda level: Auxiliary("a", level, unit="__import__('os')")).check_units(), "malformed")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, sympy.zoo, sympy.nan])
def test_no_quantity_holds_a_value_that_is_not_finite(value):
    refused(lambda: Stock("s", value), "stock 's'", "not finite")
    refused(lambda: Parameter("k", value), "parameter 'k'")
    refused(lambda: Flow("f", source=CLOUD, sink=Stock("s", 1), rate=value), "not finite")


def test_an_equation_is_real():
    refused(lambda: Flow("f", source=CLOUD, sink=Stock("s", 1), rate=sympy.sqrt(-1)), "not real")


def test_a_plain_sympy_symbol_is_refused():
    refused(lambda: drains(lambda level: sympy.Symbol("k") * level), "k is a plain sympy symbol", "declare it")


def test_an_inequality_is_no_rate():
    refused(lambda: drains(lambda level: level > 1), "not a quantity")
    refused(lambda: drains(lambda level: object()), "not an expression")


def test_a_function_without_code_is_refused_by_name():
    for rate, name in ((sympy.Function("leak"), "leak"), (sympy.erf, "erf"), (sympy.gamma, "polygamma")):
        refused(lambda rate=rate: simulate(drains(lambda level: rate(level)))["drain"], "model 'm'", repr(name), "no code")


def test_a_flow_joins_two_places():
    level = Stock("level", 1.0)
    refused(lambda: Flow("f", source=level, sink=level, rate=1), "source and sink are both level")
    refused(lambda: Flow("f", source=CLOUD, sink=CLOUD, rate=1), "joins two places")
    refused(lambda: Flow("f", source="level", sink=level, rate=1), "'level' is not a stock")


def test_a_model_has_flows_and_each_once():
    level = Stock("level", 1.0)
    flow = Flow("f", source=level, sink=CLOUD, rate=level)
    refused(lambda: Model("m", (), span=(0, 1)), "no flow")
    refused(lambda: Model("m", (level,), span=(0, 1)), "not a flow")
    refused(lambda: Model("m", (flow, flow), span=(0, 1)), "'f' is listed twice")
    other = Flow("g", source=level, sink=CLOUD, rate=flow)
    refused(lambda: Model("m", (other,), span=(0, 1)), "flow 'f' is used in an equation but is not in flows=")
    assert Model("m", (item for item in (flow, other)), span=(0, 1)).flows == (flow, other)


def test_the_one_who_receives_is_the_one_who_pays():
    seller, buyer, other = Sector("seller"), Sector("buyer"), Sector("other")
    bonds, cash = Instrument("bonds"), Instrument("cash")
    held = {who: Stock(f"{who.name}_bonds", 1, holder=who, instrument=bonds) for who in (seller, buyer)}
    money = {who: Stock(f"{who.name}_cash", 1, holder=who, instrument=cash) for who in (seller, buyer, other)}

    def trade(payer, payee):
        return Trade("sale", delivered=(held[seller], held[buyer]), paid=(money[payer], money[payee]), rate=1)
    assert trade(buyer, seller).delivery.name == "sale"
    refused(lambda: trade(other, seller), "buyer receives but other pays")
    refused(lambda: trade(buyer, other), "seller delivers but other is paid")
    refused(lambda: trade(seller, buyer), "buyer receives but seller pays")


def test_each_leg_of_a_trade_is_a_pair():
    one, two = Stock("one", 1), Stock("two", 1)
    refused(lambda: Trade("sale", delivered=one, paid=(one, two), rate=1), "delivered", "not a pair")
    refused(lambda: Trade("sale", delivered=(one, two), paid=(one,), rate=1), "paid", "not a pair")


def test_the_payment_is_rate_times_price():
    parts = market()
    assert parts.sale.payment.expression == sympy.Mul(parts.sale.delivery, parts.price)
    run = simulate(parts.model)
    assert np.allclose(run["sale_payment"], run["sale"] * run["price"], rtol=1e-14)


def test_a_policy_changes_parameters_with_parameters_only():
    level, share = Stock("level", 1.0), Parameter("share", 1.0)
    refused(lambda: Policy("p", {level: 2}), "level is not a parameter", "a policy replaces parameters")
    refused(lambda: Policy("p", {share: 2 * level}), "stock 'level' is computed by the model")
    refused(lambda: Policy("p", {share: 2}, end=3, duration=1), "an end and a duration")
    refused(lambda: Policy("p", {share: 2}, duration=0), "positive length of time")
    assert Policy("p", {share: share * TIME - START}, start=1).at(5).start == 5


def test_a_policy_keeps_its_length_when_it_moves():
    share = Parameter("share", 1.0)
    assert Policy("p", {share: 2}, start=1, duration=3).at(9).duration == 3
    refused(lambda: Policy("p", {share: 2}, start=1, end=3).at(9), "give end= or duration=")


def test_start_belongs_to_policies():
    refused(lambda: drains(lambda level: level * START), "uses START, which only a policy has")


def test_an_outcome_is_one_inequality():
    level = Stock("level", 1.0)
    for wrong in (level, sympy.Eq(level, 1), True, "level > 1"):
        refused(lambda wrong=wrong: Outcome("low", when=wrong), "one inequality", "Min and Max")


@pytest.mark.parametrize("span", [(0,), (1, 1), (2, 1), (0, math.inf), (0, math.nan), 5, "ab", (0, "x"), (0, 1, 2)])
def test_a_malformed_span_is_refused(span):
    refused(lambda: draining(span=span), "span")
    refused(lambda: simulate(draining().model, span=span), "span")


def test_ranges_are_pairs_in_order():
    refused(lambda: Parameter("k", 1, between=(2, 1)), "between", "2 is above 1")
    refused(lambda: Parameter("k", 1, domain=3), "domain", "not a pair")
    refused(lambda: Parameter("k", 1, domain=(2, None)), "outside its domain [2, inf]")


def test_holder_and_instrument_go_together():
    refused(lambda: Stock("s", 1, holder=Sector("fund")), "go together")
    refused(lambda: Stock("s", 1, scale=0), "scale", "not positive")
    refused(lambda: Instrument("bonds", price="par"), "instrument 'bonds', price")


def test_initial_values_that_need_one_another_are_refused_by_name():
    one, other = Auxiliary("one", unit="1"), Stock("other", 1.0)
    first = Stock("first", 2 * one)
    define(one, first + other)
    refused(lambda: Model("m", (Flow("f", source=first, sink=other, rate=1),), span=(0, 1)), "initial values need one another", "first -> one -> first")


def test_an_initial_value_may_use_other_stocks_and_auxiliaries():
    k, other = Parameter("k", 3.0), Stock("other", 2.0)
    twice = Auxiliary("twice", 2 * other)
    first = Stock("first", k * twice + TIME)
    model = Model("m", (Flow("f", source=first, sink=other, rate=1),), span=(5, 6))
    assert simulate(model)["first"][0] == 17
    assert simulate(model, initial={"other": 1})["first"][0] == 11 and simulate(model, initial={"first": 1})["first"][0] == 1


@pytest.mark.parametrize("name", ["", "  ", 3, None])
def test_a_name_is_a_text(name):
    refused(lambda: Parameter(name, 1), "not a name")


def test_two_declarations_of_one_name_are_two_quantities():
    one, two = Parameter("share", 1.0), Parameter("share", 1.0)
    assert one != two and hash(one) != hash(two) and len((one + two).free_symbols) == 2
    assert sympy.diff(one * two, one) == two


def test_guards_survive_because_symbols_are_real_and_not_positive():
    level = Stock("level", 1.0)
    assert sympy.Max(level, 0) != level and abs(level) != level and sympy.sqrt(level**2).doit() == abs(level)


def test_a_series_has_as_many_values_as_times():
    refused(lambda: Series("s", (1, 2), (1,)), "2 times and 1 values")
    refused(lambda: Series("s", (), ()), "at least one")
    refused(lambda: Series("s", (1,), (1,), kind="stop"), "did you mean 'step'?")
    refused(lambda: Series("s", (1, 2), (1, 2), kind="linear", until=3), "leave `until` out")
    refused(lambda: Series("s", (1,), (math.nan,)), "value 1")


def test_outputs_and_outcomes_are_of_their_kind():
    refused(lambda: drains(lambda level: level, outputs=("level",)), "not a quantity")
    refused(lambda: drains(lambda level: level, outcomes=("low",)), "not an outcome")
    refused(lambda: drains(lambda level: level, policies=("act",)), "not a policy")


def test_a_quantity_that_no_rate_mentions_is_computed_as_an_output():
    level = Stock("level", 3.0)
    double = Auxiliary("double", 2 * level)
    model = Model("m", (Flow("f", source=level, sink=CLOUD, rate=level),), span=(0, 1), outputs=(double,))
    run = simulate(model)
    assert np.array_equal(run["double"], 2 * run["level"])
