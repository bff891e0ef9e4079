"""Ledgers: they close by calculation and not by construction, so that money which goes astray shows."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from small import draining, market

from sd_basis import CLOUD, START, TIME, Auxiliary, Flow, Instrument, Model, Parameter, Policy, Sector, Series, Stock, Trade, load, simulate
from sd_basis.integrators import METHODS


def worst(run):
    return max(run.ledgers.values())


@pytest.mark.parametrize("method", sorted(METHODS))
def test_ledgers_close_with_a_moving_price(method):
    run = simulate(market().model, method=method, rtol=1e-11)
    assert set(run.ledgers) == {"fund", "dealer", "bonds", "cash"} and worst(run) < 1e-9
    assert np.ptp(run["price"]) > 0.3


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_closing_error_shrinks_with_the_tolerance(method):
    errors = [worst(simulate(market().model, method=method, rtol=rtol)) for rtol in (1e-3, 1e-5, 1e-7, 1e-9)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-4 * errors[0]


@settings(max_examples=10)
@given(st.floats(0.05, 1.0), st.floats(0.0, 0.006), st.floats(0.0, 0.01))
def test_ledgers_close_for_any_parameters(pace, impact, coupon):
    run = simulate(market().model, set={"pace": pace, "impact": impact, "coupon": coupon}, rtol=1e-11)
    assert worst(run) < 1e-9


def test_a_one_sided_flow_opens_the_ledger_by_what_leaks():
    run = simulate(market(leak=True).model, rtol=1e-9)
    scale = np.max(run["dealer_cash"] + run["dealer_bonds"] * run["price"])
    assert run.ledgers["dealer"] == pytest.approx(0.3 * 10 / scale, rel=1e-6)
    assert run.ledgers["fund"] < 1e-7


def test_a_trade_whose_payment_goes_astray_opens_the_ledger():
    parts = market()
    payment = parts.sale.payment
    payment.sink = CLOUD  # the dealer still pays, the fund receives nothing
    run = simulate(Model("astray", (parts.sale, parts.lending), span=(0, 10)), rtol=1e-9)
    assert run.ledgers["fund"] > 0.1 and run.ledgers["dealer"] < 1e-7


def test_a_price_jump_at_a_policy_date_is_revaluation():
    parts = market()
    run = simulate(parts.model, policies=["rise"], rtol=1e-11)
    before, after = np.flatnonzero(run.t == 3)
    assert run["price"][after] - run["price"][before] == pytest.approx(1.0)  # fair doubles from one
    assert run["fund_bonds"][after] == run["fund_bonds"][before] and worst(run) < 1e-9


@pytest.mark.parametrize("moved_by", ["time", "series", "ramp"])
def test_a_price_that_moves_with_time_is_revaluation(moved_by):
    bank, quoted = Sector("bank"), Parameter("quoted", 1.0)
    data = Series("data", (0, 4, 10), (1, 3, 2), kind="linear")
    price = Auxiliary("price", {"time": sympy.exp(TIME / 20), "series": data + 0, "ramp": quoted**2}[moved_by])
    ramp = Policy("ramp", {quoted: 1 + (TIME - START) / 5}, start=2, end=7)
    vault = Stock("vault", 4.0, holder=bank, instrument=Instrument("gold", price=price))
    flow = Flow("mine", source=CLOUD, sink=vault, rate=vault / 10, transfer=True)
    model = Model("bank", (flow,), span=(0, 10), policies=(ramp,))
    assert worst(simulate(model, policies=["ramp"], rtol=1e-11)) < 1e-9
    lost = Flow("lost", source=vault, sink=CLOUD, rate=0.1)
    leaking = Model("bank", (flow, lost), span=(0, 10), policies=(ramp,))
    assert worst(simulate(leaking, policies=["ramp"], rtol=1e-11)) > 1e-2


def test_a_leak_shows_through_a_price_jump():
    leaking = market(leak=True).model
    assert simulate(leaking, policies=["rise"], rtol=1e-9).ledgers["dealer"] > 1e-3


def test_a_transfer_moves_net_worth_and_closes():
    parts = market()
    run = simulate(parts.model, set={"pace": 0, "impact": 0}, rtol=1e-11)
    # nothing is sold and the price stands: the dealer loses coupon x bonds x time = 0.002 x 10 x 10
    assert run["dealer_cash"][0] - run["dealer_cash"][-1] == pytest.approx(0.2, rel=1e-9)
    assert worst(run) < 1e-9


def test_a_trade_off_the_carrying_price_is_income():
    run = simulate(market(at_price=False).model, rtol=1e-11)
    assert worst(run) < 1e-9


def test_the_boundary_counts_what_enters_and_leaves():
    bank = Sector("bank")
    gold = Instrument("gold", price=2.5)
    vault = Stock("vault", 4.0, holder=bank, instrument=gold)
    mine = Flow("mine", source=CLOUD, sink=vault, rate=vault / 10, transfer=True)
    run = simulate(Model("bank", (mine,), span=(0, 10)), rtol=1e-11)
    assert run["vault"][-1] == pytest.approx(4 * np.e, rel=1e-9) and worst(run) < 1e-9
    assert set(run.ledgers) == {"bank", "gold"}


def test_the_scale_of_a_ledger_counts_a_fixed_price():
    errors = []
    for price in (1, 1000):
        bank = Sector("bank")
        vault = Stock("vault", 4.0, holder=bank, instrument=Instrument("gold", price=price))
        lost = Flow("lost", source=vault, sink=CLOUD, rate=0.1)
        errors.append(simulate(Model("bank", (lost,), span=(0, 10)), rtol=1e-9).ledgers["bank"])
    assert errors == pytest.approx([0.25, 0.25], rel=1e-6)


def test_a_claim_that_is_created_and_repaid_nets_out():
    run = simulate(load("repo_loan"), rtol=1e-11)
    assert set(run.ledgers) == {"lender", "borrower", "cash", "loan"} and worst(run) < 1e-9


def test_a_model_without_balance_sheets_has_no_ledger():
    assert simulate(draining().model).ledgers == {}


def test_a_trade_of_two_holders_changes_no_total():
    run = simulate(market().model, rtol=1e-10)
    assert np.ptp(run["fund_bonds"] + run["dealer_bonds"]) < 1e-11 * 110
    assert np.ptp(run["fund_cash"] + run["dealer_cash"]) < 1e-11 * 205


def test_a_run_that_failed_at_once_still_has_ledgers():
    from sd_basis import NumericalFailure
    bank = Sector("bank")
    vault = Stock("vault", 1.0, holder=bank, instrument=Instrument("gold"))
    other = Auxiliary("other", 1 / (vault - 1))
    with pytest.raises(NumericalFailure) as caught:
        simulate(Model("bank", (Flow("f", source=vault, sink=CLOUD, rate=other),), span=(0, 1)))
    assert caught.value.run.row()["ledgers"] == {"bank": 0.0, "gold": 0.0}


def test_a_trade_keeps_its_legs_when_it_is_listed():
    parts = market()
    assert isinstance(parts.model.trades[0], Trade) and parts.sale.payment in parts.model.flows
