"""Units: planted faults are found by name, with the factor or both dimensions, and sound models raise no alarm."""

import re

import pytest
import sympy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from small import draining, market, words

from sd_basis import (
    CLOUD,
    DELAY1,
    DELAY3,
    DELAYN,
    SMOOTH,
    SMOOTH3,
    START,
    TIME,
    Auxiliary,
    Family,
    Flow,
    If,
    Impulse,
    InputError,
    Instrument,
    Lookup,
    Max,
    Min,
    Model,
    Outcome,
    Parameter,
    Policy,
    Sector,
    Series,
    Stock,
    Trade,
    define,
    load,
    positive,
)
from sd_basis.library import model_paths
from sd_basis.units import Units


def world():
    """Return fresh quantities of a small economy, in days unless a unit says otherwise."""
    def number(name, unit, value=1.0):
        return Parameter(name, value, unit)
    return words(
        cash=Stock("cash", 100, "dollar"), debt=Stock("debt", 50, "dollar"), people=Stock("people", 10, "person"), homes=Stock("homes", 4, "dwelling"),
        fund=Stock("fund", 2, "billion dollar"), bonds=Stock("bonds", 5, "bond"), heat=Stock("heat", 1, "kelvin"),
        k=number("k", "1/day", 0.1), yearly=number("yearly", "1/year", 0.05), hourly=number("hourly", "1/hour"), size=number("size", "dollar", 10),
        many=number("many", "person", 3), wage=number("wage", "dollar/person/day"), household=number("household", "person/dwelling", 2.4),
        spread=number("spread", "bp", 30), margin=number("margin", "percent", 5), share=number("share", "1", 0.3), power=number("power", "1", 2),
        wait=number("wait", "day", 3), years=number("years", "year", 2), weeks=number("weeks", "week", 2), price=number("price", "dollar/bond"),
        income=number("income", "dollar/day", 2), hires=number("hires", "person/day", 2), unknown=number("unknown", None), edge=number("edge", "dollar"),
        large=number("large", "million dollar"), trading_year=number("trading_year", "day/year", 252))


def out(rate, stock, **options):
    """Return a model of one flow out of a stock."""
    return Model("small", (Flow("outflow", source=stock, sink=CLOUD, rate=rate, reversible=True),), span=(0, 10), **options)


def through(auxiliary, w, rate=None):
    """Return a model that computes an auxiliary."""
    return out(w.k * w.cash if rate is None else rate, w.cash, outputs=(auxiliary,))


def effect(**options):
    return Lookup("effect", [(0, 1), (50, 0.5), (100, 0)], **({"unit": "1", "of": "dollar"} | options))


def books(w, **units):
    """Return a model of two instruments in the balance sheets."""
    holder = Sector("holder")
    value = Auxiliary("value", w.price * 2, units.get("price", "dollar/bond"))
    paper, money = Instrument("paper", price=units.get("value", value)), Instrument("money")
    one = Stock("one", 1, units.get("one", "bond"), holder=holder, instrument=paper)
    two = Stock("two", 1, units.get("two", "dollar"), holder=holder, instrument=money)
    three = Stock("three", 1, units.get("three", "bond"), holder=Sector("other"), instrument=paper)
    flows = [Flow(f"use_{stock.name}", source=stock, sink=CLOUD, rate=w.k * stock) for stock in (one, two, three)]
    return Model("books", flows, span=(0, 1), outputs=(value,))


def sale(w, price, amount=None, **units):
    """Return a model of a sale of bonds for money, with an impulse through it if there is an amount."""
    seller, buyer = (Stock(f"{who}_bonds", 5, units.get("bonds", "bond")) for who in ("seller", "buyer"))
    purse, till = (Stock(f"{who}_cash", 5, units.get("cash", "dollar")) for who in ("buyer", "seller"))
    trade = Trade("sale", delivered=(seller, buyer), paid=(purse, till), rate=w.k * seller, price=price)
    return Model("market", (trade,), span=(0, 1), impulses=() if amount is None else (Impulse(trade, amount, at=1),))


def delayed(make, w, **options):
    return Model("pipe", (make(w), Flow("outflow", source=w.people, sink=CLOUD, rate=w.k * w.people)), span=(0, 1), **options)


def cohorts(w, **given):
    """Return a model of two cohorts with an ageing flow."""
    age = Family("age", ("young", "old"))
    crowd = Stock("crowd", {"young": 10, "old": 5}, given.get("unit", "person"), over=age)
    leaving = Parameter("leaving", {"young": 0.1, "old": 0.2}, given.get("leaving", "1/day"), over=age)
    flows = [Flow("exit", source=crowd, sink=CLOUD, rate=leaving * crowd),
             Flow("ageing", source=crowd["young"], sink=crowd["old"], rate=given.get("ageing", lambda x: w.k * x["young"])(crowd))]
    output = Auxiliary("output", given.get("output", lambda x: x.total / w.many)(crowd), given.get("output_unit", "1"))
    return Model("cohorts", flows, span=(0, 1), outputs=tuple(output) if hasattr(output, "items") else (output,))


def acting(w, changes, **options):
    return out(w.k * w.cash + 0 * w.income, w.cash, policies=(Policy("act", changes, **({"start": 2} | options)),))


# name of the fault -> (model, parts of the message)
FAULTS = {
    # sums and what cancels in them
    "sum of money and people": (lambda w: out(w.k * (w.cash + w.many), w.cash), ("outflow", "many is in person", "cash is in dollar")),
    "difference of money and people": (lambda w: out(w.k * (w.cash - w.many), w.cash), ("outflow", "person", "dollar")),
    "bare number in a sum": (lambda w: out(w.k * (w.cash - 5), w.cash), ("outflow", "-5 is in 1", "dollar")),
    "x - x + y": (lambda w: out(w.k * (w.people - w.people + w.cash), w.cash), ("outflow", "cash is in dollar", "people is in person")),
    "0*x + y": (lambda w: out(w.k * (0 * w.people + w.cash), w.cash), ("outflow", "0*people is in person", "dollar")),
    "x/x + y": (lambda w: out(w.k * (w.people / w.people + w.cash), w.cash), ("outflow", "people/people is in 1", "dollar")),
    "x*y/y of another unit": (lambda w: out(w.k * w.people * w.many / w.many, w.cash), ("outflow", "person", "dollar")),
    "a sum that cancels in an auxiliary": (lambda w: through(Auxiliary("gap", 0 * w.people + w.cash - w.cash, "dollar"), w), ("gap", "person", "dollar")),
    "Max less itself": (lambda w: out(w.k * (Max(w.cash, w.many) - Max(w.cash, w.many) + w.cash), w.cash), ("outflow", "person", "dollar")),
    "0 * lookup of a wrong argument": (lambda w: out(w.income + 0 * effect()(w.many) * w.income, w.cash),
                                       ("outflow", "argument many of effect", "person", "dollar")),
    "0 * gate of two units": (lambda w: out(w.k * (w.cash + 0 * positive(w.cash, w.many)), w.cash), ("outflow", "person", "dollar")),
    "abs of a difference": (lambda w: out(w.k * (w.cash + abs(w.people - w.people)), w.cash), ("outflow", "person", "dollar")),
    # products and quotients
    "forgotten rate": (lambda w: out(w.cash * w.share, w.cash), ("outflow", "is in dollar", "day^-1*dollar")),
    "product instead of quotient": (lambda w: out(w.cash * w.wait, w.cash), ("outflow", "day*dollar", "day^-1*dollar")),
    "quotient upside down": (lambda w: through(Auxiliary("crowding", w.household * w.homes / w.people * w.people, "1"), w), ("crowding", "person", "1")),
    "wage of nobody": (lambda w: out(w.wage * w.homes, w.cash), ("outflow", "dwelling", "dollar")),
    "twice the rate": (lambda w: out(w.k * w.k * w.cash, w.cash), ("outflow", "day^-2*dollar", "day^-1*dollar")),
    # powers
    "square of a stock": (lambda w: out(w.k * w.cash**2, w.cash), ("outflow", "dollar^2", "dollar")),
    "root of a stock": (lambda w: out(w.k * sympy.sqrt(w.cash), w.cash), ("outflow", "dollar^1/2", "dollar")),
    "rational power": (lambda w: out(w.k * w.cash ** sympy.Rational(2, 3), w.cash), ("outflow", "dollar^2/3", "dollar")),
    "power that is a parameter": (lambda w: out(w.k * w.cash**w.power, w.cash), ("outflow", "base cash is in dollar", "1")),
    "exponent with a unit": (lambda w: out(w.k * w.size * (w.cash / w.size) ** w.many, w.cash), ("outflow", "exponent many is in person", "1")),
    "half life without its time": (lambda w: out(w.income * 2**w.wait, w.cash), ("outflow", "exponent wait is in day", "1")),
    "float power": (lambda w: out(w.k * w.cash**1.5, w.cash), ("outflow", "dollar^3/2", "dollar")),
    "root of percent": (lambda w: out(w.income * sympy.sqrt(w.margin), w.cash), ("outflow", "the factor 0.1",)),
    # functions
    "exp of money": (lambda w: out(w.income * sympy.exp(w.cash), w.cash), ("outflow", "argument cash of exp is in dollar", "1")),
    "log of people": (lambda w: out(w.income * sympy.log(w.people), w.cash), ("outflow", "argument people of log is in person", "1")),
    "tanh of a spread in bp": (lambda w: out(w.income * sympy.tanh(w.spread), w.cash), ("outflow", "spread of tanh", "the factor 0.0001")),
    "exp of a rate": (lambda w: out(w.income * sympy.exp(-w.k * 2), w.cash), ("outflow", "of exp is in day^-1", "1")),
    "exp of time in years": (lambda w: out(w.income * sympy.exp(-w.yearly * TIME), w.cash), ("outflow", "of exp", "the factor 0.00273785")),
    # choices
    "Max of two units": (lambda w: out(w.k * Max(w.cash, w.many), w.cash), ("outflow", "many is in person", "dollar")),
    "Min with a scale": (lambda w: out(w.k * Min(w.cash, w.large), w.cash), ("outflow", "large is in 1e+06 dollar", "the factor 1e+06")),
    "Min with a bare number": (lambda w: out(w.k * Min(w.cash, 5), w.cash), ("outflow", "5 is in 1", "dollar")),
    "branches of If": (lambda w: out(If(w.cash > w.size, w.income, w.hires), w.cash), ("outflow", "hires is in day^-1*person", "day^-1*dollar")),
    "branch of If in years": (lambda w: out(w.cash * If(w.cash > w.size, w.k, w.yearly), w.cash), ("outflow", "yearly", "the factor 0.00273785")),
    "threshold of If": (lambda w: out(If(w.cash > w.many, w.income, 0), w.cash), ("outflow", "person", "dollar")),
    "sum in a threshold of If": (lambda w: out(If(w.cash + 1 > w.size, w.income, 0), w.cash), ("outflow", "1 is in 1", "dollar")),
    "threshold in million": (lambda w: out(If(w.cash > w.large, w.income, 0), w.cash), ("outflow", "1e+06 dollar", "the factor 1e+06")),
    "one of two conditions": (lambda w: out(If(sympy.And(w.cash > w.size, w.people > w.wait), w.income, 0), w.cash), ("outflow", "day", "person")),
    "condition of a Piecewise": (lambda w: out(sympy.Piecewise((w.income, sympy.And(w.cash > w.many, w.people > 1)), (0, True)), w.cash),
                                 ("outflow", "dollar", "person")),
    "gate's width": (lambda w: out(w.k * positive(w.cash - w.debt, w.many), w.cash), ("outflow", "many is in person", "dollar")),
    "gate's width in billion": (lambda w: out(w.k * positive(w.cash, w.fund), w.cash), ("outflow", "fund is in 1e+09 dollar", "the factor 1e+09")),
    # lookups
    "argument of a lookup": (lambda w: out(w.income * effect()(w.people), w.cash), ("outflow", "argument people of effect is in person", "dollar")),
    "argument of a lookup at a scale": (lambda w: out(w.income * effect(of="1")(w.margin), w.cash), ("outflow", "margin of effect", "the factor 0.01")),
    "value of a lookup": (lambda w: out(w.income * effect(unit="person")(w.cash), w.cash), ("outflow", "day^-1*dollar*person", "day^-1*dollar")),
    "value of a lookup in bp": (lambda w: out(w.income * effect(unit="bp")(w.cash), w.cash), ("outflow", "the factor 0.0001")),
    # delays and smooths
    "delay time in years": (lambda w: delayed(lambda w: DELAY3("pipe", w.hires, w.years, sink=w.people), w), ("pipe_1_2", "time", "the factor 365.25")),
    "delay time in people": (lambda w: delayed(lambda w: DELAY1("pipe", w.hires, w.many, sink=w.people), w), ("pipe", "time", "person", "day")),
    "delay of a stock": (lambda w: delayed(lambda w: DELAY1("pipe", w.many, w.wait, sink=w.people), w), ("pipe", "pipe_1 in day*person", "people in person")),
    "delay of money into people": (lambda w: delayed(lambda w: DELAY3("pipe", w.income, w.wait, sink=w.people), w), ("pipe", "dollar", "person")),
    "stages of a delay": (lambda w: delayed(lambda w: DELAYN("pipe", w.hires, w.wait, 2, sink=w.people, unit="dwelling"), w), ("pipe", "dwelling", "person")),
    "delay that begins with a stock": (lambda w: delayed(lambda w: DELAY1("pipe", w.hires, w.wait, sink=w.people, initial=w.many), w),
                                       ("pipe_1", "initial", "person", "day^-1*person")),
    "smooth time in weeks": (lambda w: out(w.k * SMOOTH("seen", w.cash, w.weeks), w.cash), ("seen_1_change", "time", "the factor 7")),
    "smooth of people as money": (lambda w: out(w.k * SMOOTH3("seen", w.people, w.wait), w.cash), ("outflow", "person", "dollar")),
    "smooth that begins as people": (lambda w: out(w.k * SMOOTH("seen", w.cash, w.wait, initial=w.many), w.cash), ("seen_1", "initial", "person", "dollar")),
    # families
    "rate of a family in years": (lambda w: cohorts(w, leaving="1/year"), ("exit[young]", "the factor 0.00273785")),
    "total of a family and money": (lambda w: cohorts(w, output=lambda x: (x.total + w.size) / w.many), ("output", "dollar", "person")),
    "ageing without a time": (lambda w: cohorts(w, ageing=lambda x: w.share * x["young"]), ("ageing", "is in person", "day^-1*person")),
    "members in different units": (lambda w: cohorts(w, unit={"young": "person", "old": "dwelling"}, ageing=lambda x: 0 * w.k), ("dwelling", "person")),
    "each member's share": (lambda w: cohorts(w, output=lambda x: x / w.homes), ("output[young]", "dwelling", "1")),
    # flows, trades and instruments
    "flow between two units": (lambda w: Model("m", (Flow("swap", source=w.cash, sink=w.people, rate=w.income),), span=(0, 1)),
                               ("swap", "cash in dollar", "people in person")),
    "flow between two scales": (lambda w: Model("m", (Flow("move", source=w.cash, sink=w.fund, rate=w.income),), span=(0, 1)),
                                ("move", "1e+09 dollar", "the factor", "1e-09")),
    "flow of a year in a model of days": (lambda w: out(w.yearly * w.cash, w.cash), ("outflow", "the factor 0.00273785")),
    "flow of an hour in a model of years": (lambda w: out(w.hourly * w.cash, w.cash, time_unit="year"), ("outflow", "the factor 8766")),
    "trading days of the model": (lambda w: out(w.yearly * w.cash, w.cash, units={"year": "252 day"}), ("outflow", "the factor 0.00396825")),
    "price of a trade": (lambda w: sale(w, w.wage), ("sale_payment", "bond", "dollar")),
    "price of a trade in bp": (lambda w: sale(w, w.price * w.spread), ("sale_payment", "the factor 0.0001")),
    "price of a trade left out": (lambda w: sale(w, 1), ("sale_payment", "bond", "dollar")),
    "two moneys": (lambda w: books(w, two="euro"), ("money", "worth euro", "worth dollar")),
    "money in million": (lambda w: books(w, two="million dollar"), ("money", "1e+06 dollar", "the factor", "1e+06")),
    "no price": (lambda w: books(w, value=1), ("money", "worth bond", "worth dollar")),
    "stocks of one instrument": (lambda w: books(w, three="share"), ("paper", "one is in bond", "three is in share")),
    # initial values, policies, impulses, outcomes
    "initial value": (lambda w: out(w.k * Stock("pool", w.many, "dollar"), w.cash), ("pool", "initial value", "person", "dollar")),
    "initial value in million": (lambda w: out(w.k * Stock("pool", 2 * w.large, "dollar"), w.cash), ("pool", "initial value", "the factor 1e+06")),
    "initial value of another stock": (lambda w: out(w.k * Stock("pool", w.people + w.cash, "dollar"), w.cash), ("pool", "person", "dollar")),
    "replacement of a rate": (lambda w: acting(w, {w.k: w.share}), ("policy 'act', k", "is in 1", "day^-1")),
    "replacement by a year's rate": (lambda w: acting(w, {w.k: w.yearly}), ("policy 'act', k", "the factor 0.00273785")),
    "replacement that cancels": (lambda w: acting(w, {w.k: w.k + w.share - w.share}), ("policy 'act', k", "is in 1", "day^-1")),
    "series of a policy": (lambda w: acting(w, {w.k: Series("plan", (0, 1), (1, 2), "1/week")}), ("policy 'act', k", "the factor 0.142857")),
    "ramp without its time": (lambda w: acting(w, {w.income: w.income * (TIME - START)}), ("policy 'act', income", "dollar", "day^-1*dollar")),
    "ramp over years": (lambda w: acting(w, {w.income: w.income * (TIME - START) / w.years}), ("policy 'act', income", "the factor 0.00273785")),
    "trigger's condition": (lambda w: acting(w, {w.k: 2 * w.k}, when=w.cash > w.many, start=None), ("policy 'act', when", "person", "dollar")),
    "trigger's delay": (lambda w: acting(w, {w.k: 2 * w.k}, when=w.cash > w.size, start=None, delay=w.weeks), ("policy 'act', delay", "the factor 7")),
    "trigger's delay in people": (lambda w: acting(w, {w.k: 2 * w.k}, when=w.cash > w.size, start=None, delay=w.wait + 0 * w.many),
                                  ("policy 'act', delay", "person", "day")),
    "impulse's amount": (lambda w: sale(w, w.price, amount=w.size), ("impulse 'sale', amount", "dollar", "bond")),
    "impulse's amount as a rate": (lambda w: sale(w, w.price, amount=w.k * Parameter("lot", 1, "bond")), ("impulse 'sale', amount", "bond*day^-1", "bond")),
    "impulse's amount in thousands": (lambda w: sale(w, w.price, amount=Parameter("lot", 1, "thousand bond")), ("impulse 'sale', amount", "the factor 1000")),
    "outcome's condition": (lambda w: out(w.k * w.cash, w.cash, outcomes=(Outcome("low", when=w.cash < w.many),)), ("outcome 'low'", "person", "dollar")),
    "outcome's other condition": (lambda w: out(w.k * w.cash, w.cash, outcomes=(Outcome("low", when=w.cash < w.size, once=w.cash > w.large),)),
                                  ("outcome 'low'", "the factor 1e+06")),
    "outcome of two joined": (lambda w: out(w.k * w.cash, w.cash, outcomes=(Outcome("low", when=Min(w.cash, w.people) > 0),)),
                              ("outcome 'low'", "person", "dollar")),
    "data in another unit": (lambda w: out(Series("data", (0, 1), (1, 2), "dollar/month") + w.income, w.cash), ("outflow", "the factor 30.4375")),
    "declaration of an auxiliary": (lambda w: through(define(Auxiliary("later", unit="dwelling"), w.people * 2), w), ("later", "person", "dwelling")),
    "auxiliary used in the wrong unit": (lambda w: out(w.k * Auxiliary("derived", w.people * w.share), w.cash), ("outflow", "person", "dollar")),
}


def test_more_than_fifty_faults_are_planted():
    assert len(FAULTS) >= 50


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_with_its_factor_or_both_dimensions(fault):
    make, parts = FAULTS[fault]
    model = make(world())
    with pytest.raises(InputError) as caught:
        model.check_units()
    text = str(caught.value)
    for part in parts:
        assert re.search(rf"(?<![\w.]){re.escape(part)}(?!\w|\.\d)", text), (part, text)
    assert "\n" not in text and ("dimension" in text or "unit" in text)


SOUND = {
    "x - x": lambda w: out(w.k * (w.cash - w.cash + w.debt), w.cash),
    "0*x": lambda w: out(0 * w.income + w.k * w.cash, w.cash),
    "x/x": lambda w: out(w.people / w.people * w.income, w.cash),
    "zero added to anything": lambda w: out(0 + w.k * (w.cash + 0) + 0.0, w.cash),
    "a sum of a list": lambda w: out(w.k * sum([w.cash, w.debt]), w.cash),
    "a bare number as a rate": lambda w: out(3, w.cash),
    "a bare number as an auxiliary": lambda w: out(w.k * Auxiliary("level", 3, "dollar"), w.cash),
    "bare numbers as factors": lambda w: out(2 * w.k * w.cash / 3, w.cash),
    "pure numbers in a sum": lambda w: out(w.income * (1 - w.cash / w.size), w.cash),
    "integer power": lambda w: out(w.k * w.cash**2 / w.size, w.cash),
    "rational power": lambda w: out(w.k * w.cash ** sympy.Rational(3, 2) / sympy.sqrt(w.size), w.cash),
    "float power": lambda w: out(w.k * w.cash**0.5 * w.size**0.5, w.cash),
    "power zero": lambda w: out(w.income * w.people**0, w.cash),
    "parameter as exponent": lambda w: out(w.income * (w.cash / w.size) ** w.power, w.cash),
    "half life": lambda w: out(w.income * 2 ** (-TIME / w.wait), w.cash),
    "power of an unknown": lambda w: out(w.k * (w.cash + w.unknown**1.5), w.cash),
    "unknown to a parameter": lambda w: out(w.k * (w.cash + w.unknown**w.power), w.cash),
    "power of percent": lambda w: out(w.income * (w.margin / Parameter("hundred", 100, "percent")) ** 1.5, w.cash),
    "root of a square": lambda w: out(w.k * sympy.sqrt(w.cash**2 + w.size**2), w.cash),
    "exp, log and tanh": lambda w: out(w.income * (sympy.exp(-w.cash / w.size) + sympy.log(1 + w.cash / w.size) + sympy.tanh(w.k * w.wait)), w.cash),
    "unknown in exp": lambda w: out(w.income * sympy.exp(w.unknown), w.cash),
    "unknown factor": lambda w: out(w.unknown * w.people**3, w.cash),
    "unknown term": lambda w: out(w.k * (w.cash + w.unknown), w.cash),
    "unknown stock": lambda w: out(w.k * Stock("pool", 1) + w.income, w.cash),
    "Max and Min": lambda w: out(w.k * Max(Min(w.cash, w.debt, w.size), 0), w.cash),
    "sympy's own Max": lambda w: out(w.k * sympy.Max(w.cash, w.size), w.cash),
    "If with a threshold of its unit": lambda w: out(If(w.cash > w.size, w.income, 0), w.cash),
    "If with a bare threshold": lambda w: out(If(w.cash > 5, w.income, 0), w.cash),
    "If with a bare threshold on the left": lambda w: out(If(5 < w.cash, w.income, 0), w.cash),
    "If with zero": lambda w: out(If(0 < w.cash, w.income, 0), w.cash),
    "If equal to a number": lambda w: out(If(sympy.Eq(w.cash, 5), w.income, 0) + If(sympy.Ne(w.people, 5), 0, w.income), w.cash),
    "If of several": lambda w: out(If(sympy.Or(w.cash > 5, sympy.Not(sympy.And(w.people > w.many, TIME >= 3))), w.income, 0), w.cash),
    "Piecewise of several": lambda w: out(sympy.Piecewise((w.income, sympy.And(w.cash > 5, w.people > w.many)), (0, True)), w.cash),
    "step functions": lambda w: out(w.income * (sympy.Heaviside(w.cash - w.size) + sympy.sign(w.people - w.many)), w.cash),
    "gate": lambda w: out(w.k * positive(w.cash - w.size, w.edge), w.cash),
    "lookup": lambda w: out(w.income * effect()(w.cash + w.size), w.cash),
    "lookup of unknown": lambda w: out(w.income * effect(of=None)(w.people), w.cash),
    "lookup without a unit": lambda w: out(effect(unit=None)(w.cash), w.cash),
    "lookup less itself": lambda w: (lambda e: out(w.income * (e(w.cash) - e(w.cash) + e(w.debt)), w.cash))(effect()),
    "lookup of a bare number": lambda w: out(w.income * effect()(3), w.cash),
    "delay": lambda w: delayed(lambda w: DELAY3("pipe", w.hires, w.wait, sink=w.people), w),
    "delay of a bare number": lambda w: delayed(lambda w: DELAY3("pipe", w.hires, 5, sink=w.people, initial=0), w),
    "delay with a unit": lambda w: delayed(lambda w: DELAYN("pipe", w.hires, w.wait, 4, sink=w.people, unit="person"), w),
    "delay of a delay": lambda w: delayed(lambda w: DELAY1("pipe", DELAY1("first", w.hires, w.wait), Auxiliary("span", 2 * w.wait), sink=w.people), w),
    "smooth": lambda w: out(w.k * SMOOTH("seen", w.cash, w.wait), w.cash),
    "smooth over a bare number": lambda w: out(w.k * SMOOTH3("seen", w.cash, 4, initial=w.size), w.cash),
    "smooth of unknown": lambda w: out(w.k * SMOOTH("seen", w.unknown, w.wait), w.cash),
    "family": lambda w: cohorts(w),
    "each member's ratio": lambda w: cohorts(w, output=lambda x: x / x.total),
    "trade": lambda w: sale(w, w.price, amount=Parameter("lot", 1, "bond")),
    "impulse of a bare number": lambda w: sale(w, w.price, amount=3),
    "two instruments": lambda w: books(w),
    "instrument of a bare price": lambda w: books(w, value=97),
    "instrument of an unknown price": lambda w: books(w, price=None),
    "initial values": lambda w: out(w.k * Stock("pool", w.cash - w.cash + w.size, "dollar"), w.cash),
    "a year's rate with its factor": lambda w: out(w.yearly / w.trading_year * w.cash, w.cash),
    "model of years": lambda w: out(w.yearly * w.cash, w.cash, time_unit="year"),
    "bp through a parameter": lambda w: out(w.income * w.spread * Parameter("bp", 1e-4, "1/bp"), w.cash),
    "units of one's own": lambda w: out(w.k * w.cash + Parameter("coins", 1, "coin/day"), w.cash, units={"coin": "dollar"}),
    "ramp": lambda w: acting(w, {w.income: w.income * Min(1, (TIME - START) / w.wait)}),
    "replacement by a bare number": lambda w: acting(w, {w.k: 0}),
    "trigger with a bare threshold": lambda w: acting(w, {w.k: 2 * w.k}, when=w.cash > 5, start=None, delay=2),
    "trigger with parameters": lambda w: acting(w, {w.k: 2 * w.k}, when=w.cash > w.size, start=None, delay=w.wait),
    "outcomes": lambda w: out(w.k * w.cash, w.cash, outcomes=(Outcome("low", when=w.cash < 5, once=w.cash > w.size),)),
    "outcome of two joined": lambda w: out(w.k * w.cash, w.cash, outcomes=(Outcome("low", when=Min(w.cash / w.size, w.people / w.many) > 1),)),
    "data": lambda w: out(Series("data", (0, 1), (1, 2), "dollar/day") + w.income, w.cash),
    "plurals of time": lambda w: out(Parameter("rate", 1, "1/days") * w.cash, w.cash),
}


def test_more_than_thirty_sound_models_are_tried():
    assert len(SOUND) >= 30


@pytest.mark.parametrize("sound", SOUND)
def test_a_sound_model_raises_no_alarm(sound):
    assert SOUND[sound](world()).check_units()


@pytest.mark.parametrize("name", sorted(model_paths()))
def test_shipped_models_raise_no_alarm(name):
    assert load(name).check_units()


@pytest.mark.parametrize("make", [draining, market])
def test_models_of_other_tests_raise_no_alarm(make):
    assert make().model.check_units()


# Random trees -------------------------------------------------------------------------------

BASES = ("dollar", "person", "day")


def text_of(unit):
    return "*".join(f"{base}^{power}" for base, power in zip(BASES, unit, strict=True) if power) or "1"


class Tree:
    """Draws an expression of a wanted unit from fresh leaves, and notes of each leaf whether its unit matters."""

    def __init__(self, draw):
        self.draw, self.leaves, self.matters, self.tables = draw, [], [], 0

    def leaf(self, unit, matters=True):
        self.leaves.append(Parameter(f"leaf_{len(self.leaves)}", 1.0, text_of(unit)))
        self.matters.append(matters)
        return self.leaves[-1]

    def some_unit(self):
        return tuple(self.draw(st.integers(-2, 2)) for _ in BASES)

    def over(self, unit, other):
        return tuple(one - two for one, two in zip(unit, other, strict=True))

    def expression(self, unit, depth):
        draw, none, other = self.draw, (0, 0, 0), self.some_unit()
        if depth == 0:
            return self.leaf(unit)

        def inner(wanted=unit):
            return self.expression(wanted, depth - 1)
        def recorded():  # sqrt(x) - sqrt(x) is sympy's own arithmetic and gone before anybody sees it
            return self.leaf(other) * inner(self.over(unit, other))
        kinds = ["sum", "difference", "zero", "cancelled", "product", "quotient", "root", "cube", "max", "min", "if", "gate",
                 "lookup", "ratio", "power_zero", "factor",
                 "threshold", "piecewise", "abs"]
        kind = draw(st.sampled_from([*kinds, "exp", "exponent"] if unit == none else kinds))
        if kind == "sum":
            return inner() + inner() + 0
        if kind == "difference":
            return inner() - inner()
        if kind == "zero":
            return 0 * recorded() + inner()
        if kind == "cancelled":
            twice = recorded()
            return twice - twice + inner()
        if kind == "product":
            return inner(self.over(unit, other)) * inner(other)
        if kind == "quotient":
            return inner(unit) * inner(other) / inner(other)
        if kind == "root":
            return sympy.sqrt(inner(tuple(2 * power for power in unit)))
        if kind == "cube":
            return inner() ** 3 / inner(tuple(2 * power for power in unit))
        if kind in ("max", "min"):
            return (Max if kind == "max" else Min)(inner(), inner(), 0)
        if kind == "if":
            return If(inner(other) > inner(other), inner(), inner())
        if kind == "piecewise":
            return sympy.Piecewise((inner(), sympy.Or(self.leaf(other) > self.leaf(other), self.leaf(other, matters=False) < 3)), (inner(), True))
        if kind == "gate":
            return positive(inner() - inner(), inner())
        if kind == "lookup":
            self.tables += 1
            return Lookup(f"table_{self.tables}", [(0, 0), (1, 1)], text_of(unit), of=text_of(other))(inner(other))
        if kind == "ratio":
            free = self.leaf(other, matters=False)
            return inner() * free / free
        if kind == "power_zero":
            return inner() * self.leaf(other, matters=False) ** 0
        if kind == "threshold":
            return If(self.leaf(other, matters=False) > 3, inner(), 0)
        if kind == "abs":
            return abs(-inner())
        if kind == "exp":
            return sympy.exp(-inner(none)) + 1
        if kind == "exponent":
            return inner(none) ** inner(none)
        return 2 * inner() / 3


def measured(tree, expression, unit):
    stock = Stock("stock", 1, "apple")
    result = Auxiliary("result", expression, text_of(unit))
    model = Model("m", (Flow("f", source=stock, sink=CLOUD, rate=Parameter("k", 1, "1/day") * stock),), span=(0, 1), outputs=(result,))
    return model.check_units()[result]


@settings(max_examples=80, phases=[phase for phase in Phase if phase is not Phase.shrink])
@given(st.data())
def test_a_random_tree_raises_only_when_a_leaf_that_matters_changes_its_unit(data):
    tree = Tree(data.draw)
    unit = tree.some_unit()
    expression = tree.expression(unit, data.draw(st.integers(1, 3)))
    assert measured(tree, expression, unit).same(Units().parse(text_of(unit), "test"))
    place = data.draw(st.integers(0, len(tree.leaves) - 1))
    leaf, right = tree.leaves[place], tree.leaves[place].unit
    for wrong in (f"({right})*kelvin", f"1000*({right})"):
        leaf.unit = wrong
        if tree.matters[place]:
            with pytest.raises(InputError, match="the dimensions differ" if "kelvin" in wrong else "the factor"):
                measured(tree, expression, unit)
        else:
            assert measured(tree, expression, unit)
    leaf.unit = None
    assert measured(tree, expression, unit)
