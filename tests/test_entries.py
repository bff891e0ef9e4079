"""The entries of the model document, row by row: each event in isolation, and exactly who holds and owes what afterwards.

`event` books some flows of given size, with the dealers borrowing or repaying what the event costs or brings them;
`at` evaluates the model's own equations at a state of one's choice. Neither integrates anything.
"""

import re
from functools import cache

import numpy as np
import pytest

from sd_basis import CLOUD, load, simulate

MODEL = load("treasury_basis")
FLOWS = {flow.name: flow for flow in MODEL.flows}
TRADES = {trade.name: trade for trade in MODEL.trades}
PLACES = {stock.name: place for place, stock in enumerate(MODEL.stocks)}
Z, P, H = 3.0, 0.97, 0.02  # bonds that move, their price, the haircut
COHORTS, HOLDERS = ("levered", "moderate", "swap"), ("foreign", "bond_funds")


def booked(flow, amount):
    """Return what a flow of a size puts into who holds and who owes what, in units of the instruments."""
    found = {}
    for stock, sign in flow.ends:
        if stock.instrument is not None:
            found[stock.holder.name, stock.instrument.name] = found.get((stock.holder.name, stock.instrument.name), 0) + sign * amount
            if stock.instrument.issuer is not None:
                key = (stock.instrument.issuer.name, stock.instrument.name)
                found[key] = found.get(key, 0) - sign * amount
    return found


def event(**amounts):
    """Return the entries of flows and trades, a trade as (delivered, price); `levered` is the cohort and `foreign` the holder where there are several."""
    flows = {}
    for name, amount in amounts.items():
        member = next(full for full in (name, f"{name}[levered]", f"{name}[foreign]") if full in FLOWS)
        delivered, price = amount if isinstance(amount, tuple) else (amount, 1)
        flows[FLOWS[member]] = delivered
        if member in TRADES:
            flows[TRADES[member].payment] = delivered * price
    need = MODEL.quantity("dealer_need").expression
    passed_on = float(sum((need.coeff(flow) + (need.coeff(flow.counted_in) if getattr(flow, "counted_in", None) else 0)) * amount
                          for flow, amount in flows.items()))
    borrowing = TRADES["dealer_borrowing"]
    if not {"dealer_borrowing"} & set(amounts):
        flows |= {borrowing.delivery: passed_on, borrowing.payment: passed_on}
    entries = {}
    for flow, amount in flows.items():
        for key, value in booked(flow, amount).items():
            entries[key] = entries.get(key, 0) + value
    return {key: value for key, value in entries.items() if abs(value) > 1e-12}


def entries(**sectors):
    """Return expected entries, written sector by sector."""
    return {(sector.replace("_", " "), instrument): pytest.approx(value) for sector, holds in sectors.items() for instrument, value in holds.items()}


@cache
def base():
    return simulate(MODEL, span=(0, 0.01))


def at(state=None, **values):
    """Return what gives any computed quantity at the opening state with some stocks and parameters replaced."""
    path = base().path
    x = path.x[0].copy()
    for name, value in (state or {}).items():
        x[PLACES[name]] = value
    inputs = path.inputs(path.t[:1], path.segment[:1])[:, 0].copy()
    for name, value in values.items():
        for parameter in MODEL.parameters_of(name):
            inputs[MODEL.input_places[parameter]] = value
    found = path.compiled.observe(path.t[:1], list(x[:, None]), [*inputs[:, None], *path.tables])
    numbers = {quantity.name: float(np.ravel(value)[0]) for quantity, value in zip(path.compiled.system.observables(), found, strict=True)}
    return {**numbers, **dict(zip(PLACES, x, strict=True)), **{item.name: number for item, number in zip(MODEL.inputs, inputs, strict=False)}}


DOLLARS, BONDS, REPO, FUNDING, MARGIN = "dollars", "bonds", "repo to funds", "dealer funding", "initial margin"
VARIATION, CONTRACTS, DEPOSITS = "variation margin", "futures and swaps (marked to market)", "deposits and money-fund shares"


def test_repo_lent_to_funds_comes_from_lenders_through_the_dealer_and_moves_no_bond():
    assert event(fund_borrowing=5) == entries(hedge_funds={DOLLARS: 5, REPO: -5}, dealers={REPO: 5, FUNDING: -5}, lenders={DOLLARS: -5, FUNDING: 5})


def test_term_repo_that_matures_is_overnight_repo_of_the_same_fund_and_dealer():
    assert event(term_matures=5) == event(terming=5) == {}
    flow = FLOWS["term_matures[levered]"]
    assert (flow.source.name, flow.sink.name) == ("term_repo[levered]", "repo_funding[levered]")


def test_a_margin_call_is_paid_by_the_fund_and_both_claims_fall_alike():
    assert event(margin_calls=5) == entries(hedge_funds={DOLLARS: -5, REPO: 5}, dealers={REPO: -5, FUNDING: 5}, lenders={DOLLARS: 5, FUNDING: -5})


@pytest.mark.parametrize("cohort", COHORTS)
def test_calls_are_for_the_price_times_one_less_the_haircut_and_for_the_haircut_itself(cohort):
    state = {"cash_discount": 0.01, "perceived_volatility": 2.0}
    before, fallen, tighter = at(state), at({**state, "cash_discount": 0.03}), at(state, calm_haircut=0.015)
    held, name = before[f"hedge_fund_collateral[{cohort}]"], f"shortfall[{cohort}]"
    assert fallen[name] - before[name] == pytest.approx((1 - before["haircut"]) * held * (before["price"] - fallen["price"]))
    assert tighter[name] - before[name] == pytest.approx(before["price"] * held * (tighter["haircut"] - before["haircut"]))
    assert tighter["haircut"] - before["haircut"] == pytest.approx(0.01)


def test_a_fund_that_sells_repays_its_loan_and_lenders_pay_the_haircut_only():
    assert event(fund_sales=(Z, P), fund_repayment=(1 - H) * P * Z) == entries(
        hedge_funds={BONDS: -Z, DOLLARS: H * P * Z, REPO: (1 - H) * P * Z}, dealers={BONDS: Z, REPO: -(1 - H) * P * Z, FUNDING: -H * P * Z},
        lenders={DOLLARS: -H * P * Z, FUNDING: H * P * Z})


@pytest.mark.parametrize("cohort", COHORTS)
def test_sales_and_deliveries_repay_their_bonds_share_of_the_loan(cohort):
    now = at({f"fund_cash[{cohort}]": 0.0, "perceived_volatility": 3.0})
    sold, delivered = now[f"fund_sales[{cohort}]"], now[f"delivered_bonds[{cohort}]"]
    assert sold > 0 and now[TRADES[f"fund_sales[{cohort}]"].payment.name] == pytest.approx(now["bid"] * sold)
    assert now[f"fund_repayment[{cohort}]"] == pytest.approx((1 - now["haircut"]) * now[f"pledged_share[{cohort}]"] * now["bid"] * (sold + delivered), rel=1e-6)
    assert 0.98 < now[f"pledged_share[{cohort}]"] <= 1


def test_a_funds_sale_uses_less_balance_sheet_than_a_foreign_one():
    before = at()
    foreign = at({"dealer_inventory": before["dealer_inventory"] + Z})
    own = at({"dealer_inventory": before["dealer_inventory"] + Z, "repo_funding[swap]": before["repo_funding[swap]"] - (1 - before["haircut"]) * Z})
    assert foreign["balance_sheet_use"] - before["balance_sheet_use"] == pytest.approx(Z)
    assert own["balance_sheet_use"] - before["balance_sheet_use"] == pytest.approx((1 - before["unnetted_share"] * (1 - before["haircut"])) * Z)
    assert own["utilisation"] == pytest.approx(own["balance_sheet_use"] / own["dealer_balance_sheet_capacity"])


def test_a_cash_raiser_sells_to_the_dealer_who_borrows_the_whole_price():
    assert event(other_sales=(Z, P)) == entries(other_holders={BONDS: -Z, DOLLARS: P * Z}, dealers={BONDS: Z, FUNDING: -P * Z},
                                                lenders={DOLLARS: -P * Z, FUNDING: P * Z})


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_fixed_share_of_raised_dollars_returns_to_lenders_and_the_rest_leaves_the_market(holder):
    assert event(into_deposits=5) == entries(other_holders={DOLLARS: -5, DEPOSITS: 5}, lenders={DOLLARS: 5, DEPOSITS: -5})
    rest = at()
    cash, deposits, share = rest[f"other_holder_cash[{holder}]"], rest[f"holder_deposits[{holder}]"], rest[f"recycled_share[{holder}]"]
    assert deposits == pytest.approx(share * (cash + deposits))
    for raised in (0.0, 40.0):
        now = at({f"other_holder_cash[{holder}]": cash + raised})
        net = now[f"into_deposits[{holder}]"] - now[f"out_of_deposits[{holder}]"]
        due = share * raised
        assert net * now["recycling_time"] == pytest.approx(due * due / (due + now["few_dollars"]), abs=1e-6)  # below a billion it hardly moves


def test_initial_margin_of_both_sides_goes_to_the_clearing_house_and_comes_back():
    posted = event(margin_posting=5, manager_posting=5)
    assert posted == entries(hedge_funds={DOLLARS: -5, MARGIN: 5}, asset_managers={DOLLARS: -5, MARGIN: 5}, clearing_house={DOLLARS: 10, MARGIN: -10})
    assert event(margin_release=5, manager_release=5) == {key: pytest.approx(-value) for key, value in posted.items()}
    higher = at({"margin_rate": 0.01})
    for cohort in COHORTS:
        assert higher[f"margin_due[{cohort}]"] == pytest.approx(0.005 * higher[f"futures_short[{cohort}]"])
        assert higher[f"margin_posting[{cohort}]"] > 0 == higher[f"margin_release[{cohort}]"]
    assert higher["manager_margin_due"] == pytest.approx(sum(higher[f"margin_due[{cohort}]"] for cohort in COHORTS))


@pytest.mark.parametrize("share", (0.0, 0.6))
def test_reinvested_margin_returns_to_lenders_up_to_its_share(share):
    assert event(margin_lending=5) == entries(clearing_house={DOLLARS: -5, DEPOSITS: 5}, lenders={DOLLARS: 5, DEPOSITS: -5})
    for kept in (2.0, 5.0):
        now = at({"clearing_house_margin": kept, "clearing_house_lending": 5.0 - kept}, margin_recycled=share)
        assert now["margin_lending"] * now["reborrow_time"] == pytest.approx(share * 5 - (5 - kept), abs=1e-12)


def test_variation_margin_is_a_claim_on_asset_managers_until_they_pay_it():
    assert event(futures_gain=5) == entries(hedge_funds={VARIATION: 5}, asset_managers={VARIATION: -5})
    assert event(margin_received=5) == entries(hedge_funds={VARIATION: -5, DOLLARS: 5}, asset_managers={VARIATION: 5, DOLLARS: -5})
    assert event(margin_paid=5) == entries(hedge_funds={VARIATION: 5, DOLLARS: -5}, asset_managers={VARIATION: -5, DOLLARS: 5})


@pytest.mark.parametrize("cohort", COHORTS)
def test_when_futures_fall_asset_managers_owe_the_funds_and_when_they_rise_the_funds_owe(cohort):
    hedge = "swap" if cohort == "swap" else "futures"
    fallen = at({"cash_discount": 0.02})
    risen = at({"cash_discount": -0.02})
    news = at(fundamental_news=0.01)
    short, price = fallen[f"futures_short[{cohort}]"], fallen[f"{hedge}_price"]
    assert fallen[f"futures_gain[{cohort}]"] == pytest.approx(short * price * fallen[f"{hedge}_fall"]) and fallen[f"{hedge}_fall"] > 0
    assert risen[f"futures_gain[{cohort}]"] < 0 and news[f"futures_gain[{cohort}]"] == pytest.approx(-0.01 * short)
    none, most = (at({"cash_discount": 0.02}, paid_at_once=share)[f"margin_received[{cohort}]"] for share in (0.0, 1.0))
    assert none == 0 and most == pytest.approx(fallen[f"futures_gain[{cohort}]"], abs=1)
    owed, owing = at({f"margin_receivable[{cohort}]": 6.0}), at({f"margin_receivable[{cohort}]": -6.0})
    assert owed[f"margin_received[{cohort}]"] == pytest.approx(6 / owed["receipt_lag"], rel=0.02) and owed[f"margin_paid[{cohort}]"] == 0
    assert owing[f"margin_paid[{cohort}]"] == pytest.approx(6 / owing["call_time"], rel=0.02) and owing[f"margin_received[{cohort}]"] == 0


@pytest.mark.parametrize("cohort", COHORTS)
def test_unwinding_both_legs_cancels_contracts_without_a_dollar_and_frees_their_margin(cohort):
    assert event(futures_unwind=Z) == event(futures_cover=Z) == entries(asset_managers={CONTRACTS: -Z}, hedge_funds={CONTRACTS: Z})
    selling = {f"fund_cash[{cohort}]": 0.0, "perceived_volatility": 3.0}
    both = at(selling, unwound_share=1)
    hedged = both[f"futures_short[{cohort}]"] / (both[f"hedge_fund_collateral[{cohort}]"] + both["few_bonds"])
    assert both[f"futures_unwind[{cohort}]"] == pytest.approx(both[f"fund_sales[{cohort}]"] * hedged) and hedged > 0.98
    fewer = at({f"futures_short[{cohort}]": both[f"futures_short[{cohort}]"] / 2})
    assert fewer[f"margin_due[{cohort}]"] == pytest.approx(-fewer["margin_rate"] * both[f"futures_short[{cohort}]"] / 2)


@pytest.mark.parametrize("cohort", COHORTS)
def test_selling_the_cash_leg_alone_leaves_the_short_locks_its_margin_and_loses_in_a_rally(cohort):
    selling = {f"fund_cash[{cohort}]": 0.0, "perceived_volatility": 3.0, f"hedge_fund_collateral[{cohort}]": 60.0}
    naked = at(selling, unwound_share=0, covers_naked=0)
    assert naked[f"fund_sales[{cohort}]"] > 0 == naked[f"futures_unwind[{cohort}]"] == naked[f"futures_cover[{cohort}]"]
    assert naked[f"margin_due[{cohort}]"] == at()[f"margin_due[{cohort}]"]
    rally = at({**selling, "futures_discount": 0.02, "swap_discount": 0.02}, unwound_share=0, covers_naked=0)
    assert rally[f"futures_gain[{cohort}]"] < -60 * 0.02
    assert at(selling, unwound_share=0)[f"futures_cover[{cohort}]"] > 0


@pytest.mark.parametrize("cohort", ("levered", "moderate"))
def test_delivery_hands_the_bond_to_the_asset_manager_at_the_futures_price_and_repays_the_loan(cohort):
    f, loan = 0.975, (1 - H) * P * Z
    done = event(**{f"deliveries[{cohort}]": (Z, f), f"fund_repayment[{cohort}]": loan, f"futures_delivered[{cohort}]": Z})
    assert done == entries(hedge_funds={BONDS: -Z, DOLLARS: f * Z - loan, REPO: loan, CONTRACTS: Z}, asset_managers={BONDS: Z, DOLLARS: -f * Z, CONTRACTS: -Z},
                           dealers={REPO: -loan, FUNDING: loan}, lenders={DOLLARS: loan, FUNDING: -loan})
    now = at({"futures_discount": 0.01})
    trade = TRADES[f"deliveries[{cohort}]"]
    assert now[trade.payment.name] == pytest.approx(now["futures_price"] * now[trade.delivery.name]) and now[trade.delivery.name] > 0
    assert now[f"futures_delivered[{cohort}]"] == pytest.approx(now[trade.delivery.name])


def test_swaps_are_not_delivered():
    assert "deliveries[swap]" not in TRADES and at()["futures_delivered[swap]"] == 0


@pytest.mark.parametrize("cohort", COHORTS)
def test_in_default_the_dealer_gets_bonds_and_margin_and_the_loan_is_gone(cohort):
    done = event(**{f"seizure[{cohort}]": Z, f"overnight_ended[{cohort}]": 2, f"term_ended[{cohort}]": 1, f"margin_forfeited[{cohort}]": 0.5,
                    "margin_to_dealers": 0.5, f"cash_to_dealers[{cohort}]": 0.25})
    assert done == entries(hedge_funds={BONDS: -Z, REPO: 3, MARGIN: -0.5, DOLLARS: -0.25}, dealers={BONDS: Z, REPO: -3, FUNDING: 0.75},
                           clearing_house={MARGIN: 0.5, DOLLARS: -0.5}, lenders={DOLLARS: 0.75, FUNDING: -0.75})
    assert at({"seized_collateral": Z})["balance_sheet_use"] - at()["balance_sheet_use"] == pytest.approx(Z)


@pytest.mark.parametrize("discount", (0.003, 0.01, 0.1))
def test_margin_pays_for_a_default_first_and_what_it_does_not_cover_is_the_dealers_loss(discount):
    state = {"fund_cash[levered]": 0.0, "cash_discount": discount}
    now = at(state)
    hazard, gap = now["default_hazard[levered]"], now["gap[levered]"]
    assert 0 < hazard <= 1 / now["default_time"]
    assert now["seizure[levered]"] == pytest.approx(hazard * now["hedge_fund_collateral[levered]"])
    assert now["overnight_ended[levered]"] + now["term_ended[levered]"] == pytest.approx(hazard * (now["repo_funding[levered]"] + now["term_repo[levered]"]))
    taken = now["margin_taken[levered]"]
    assert 0 <= taken <= hazard * min(now["margin_posted[levered]"], max(gap, 0)) and now["margin_to_dealers"] == pytest.approx(taken)
    if gap > 0:
        assert taken > 0.6 * hazard * min(now["margin_posted[levered]"], gap), "margin first, whether the gap is small or large"
    if gap > 10:
        assert taken == pytest.approx(hazard * now["margin_posted[levered]"], rel=1e-3)
    assert now["dealer_loss"] == pytest.approx(hazard * gap - taken - now["cash_to_dealers[levered]"] + now["surplus_returned[levered]"])
    if gap < 0:
        assert now["surplus_returned[levered]"] == pytest.approx(-hazard * gap, abs=0.1 * hazard)


def test_with_cash_in_hand_nobody_defaults():
    for state in ({}, {"cash_discount": 0.1}, {"fund_cash[levered]": 2.0, "cash_discount": 0.1}):
        assert all(at(state)[f"default_hazard[{cohort}]"] == 0 for cohort in COHORTS)


def test_lenders_lose_only_when_the_dealers_equity_is_gone():
    assert event(lender_write_off=5, dealer_borrowing=0) == entries(lenders={FUNDING: -5}, dealers={FUNDING: 5})
    sound, ruined = at(), at({"dealer_funding": at()["dealer_funding"] + 80})
    assert sound["dealer_equity"] > 0 == sound["lender_write_off"]
    assert ruined["dealer_equity"] == pytest.approx(sound["dealer_equity"] - 80) and ruined["lender_write_off"] > 0
    assert ruined["lender_loss"] == ruined["lender_write_off"]


def test_a_central_bank_purchase_creates_dollars_that_repay_lenders_and_frees_the_dealer():
    assert event(central_bank_purchases=(Z, P)) == entries(dealers={BONDS: -Z, FUNDING: P * Z}, central_bank={BONDS: Z, DOLLARS: -P * Z},
                                                           lenders={DOLLARS: P * Z, FUNDING: -P * Z})
    before = at()
    assert at({"dealer_inventory": before["dealer_inventory"] - Z})["balance_sheet_use"] == pytest.approx(before["balance_sheet_use"] - Z)


def test_central_bank_repo_replaces_other_funding_takes_a_share_of_the_offer_and_frees_no_balance_sheet():
    assert event(repo_draw=5) == entries(dealers={"central-bank repo": -5, FUNDING: 5}, central_bank={"central-bank repo": 5, DOLLARS: -5},
                                         lenders={DOLLARS: 5, FUNDING: -5})
    assert event(repo_return=5) == {key: pytest.approx(-value) for key, value in event(repo_draw=5).items()}
    offered = at(repo_offer=1500)
    assert offered["repo_gap"] == pytest.approx(offered["repo_uptake"] * 1500) and offered["repo_draw"] > 0 == offered["repo_return"]
    assert at({"central_bank_repo": 200.0})["balance_sheet_use"] == at()["balance_sheet_use"]
    assert all(at(repo_offer=1500)[f"fund_borrowing[{cohort}]"] == at()[f"fund_borrowing[{cohort}]"] for cohort in COHORTS)


def test_a_swap_line_lends_dollars_buys_no_bond_and_spares_the_sale_of_some():
    assert event(swap_draw=5) == entries(central_bank={"central-bank swaps": 5, DOLLARS: -5}, other_holders={"central-bank swaps": -5, DOLLARS: 5})
    needy = at({"cash_need[foreign]": 100.0}, swap_offer=40)
    assert needy["swap_draw"] > 20 and needy["swap_relief"] == pytest.approx(needy["swap_draw"] / needy["price"])
    assert at(swap_offer=40)["swap_draw"] == 0, "who needs no dollars draws none"
    less = at({"cash_need[foreign]": 90.0})
    assert less["other_orders[foreign]"] < needy["other_orders[foreign]"]


def test_a_bridge_loan_is_a_claim_of_the_central_bank_and_dollars_for_the_fund():
    assert event(bridge_lending=5) == entries(central_bank={"bridge loans": 5, DOLLARS: -5}, hedge_funds={"bridge loans": -5, DOLLARS: 5})
    assert event(bridge_repayment=5) == {key: pytest.approx(-value) for key, value in event(bridge_lending=5).items()}


def test_buyers_of_new_bonds_pay_the_treasury_with_dollars_that_there_are():
    assert event(issuance=(Z, P)) == entries(dealers={BONDS: Z, FUNDING: -P * Z}, Treasury={BONDS: -Z, DOLLARS: P * Z},
                                             lenders={DOLLARS: -P * Z, FUNDING: P * Z})
    assert event(placed_with_managers=(Z, P)) == entries(asset_managers={BONDS: Z, DOLLARS: -P * Z}, Treasury={BONDS: -Z, DOLLARS: P * Z})
    assert event(placed_with_others=(Z, P)) == entries(other_holders={BONDS: Z, DOLLARS: -P * Z}, Treasury={BONDS: -Z, DOLLARS: P * Z})
    assert event(bill_issuance=5) == entries(lenders={"bills": 5, DOLLARS: -5}, Treasury={"bills": -5, DOLLARS: 5})
    now = at(issuance_pace=5)
    assert now["issuance"] + now["placed_with_managers"] + sum(now[f"placed_with_others[{holder}]"] for holder in HOLDERS) == pytest.approx(now["new_bonds"])
    assert now["new_bonds"] == pytest.approx(5)


def test_the_treasury_spends_what_exceeds_its_account_on_those_who_pay_it():
    assert event(spending_to_managers=5) == entries(Treasury={DOLLARS: -5}, asset_managers={DOLLARS: 5})
    assert event(spending_to_others=5) == entries(Treasury={DOLLARS: -5}, other_holders={DOLLARS: 5})
    calm, rich = at(), at({"treasury_account": at()["treasury_account"] + 100})
    spent = [sum(now[name] for name in ("spending_to_managers", *(f"spending_to_others[{holder}]" for holder in HOLDERS))) for now in (calm, rich)]
    assert spent[0] == 0 and spent[1] * rich["spending_time"] == pytest.approx(100, rel=0.06)
    support = at(fiscal_pace=25)
    paid = sum(support[name] for name in ("spending_to_managers", *(f"spending_to_others[{holder}]" for holder in HOLDERS)))
    raised = support["bill_issuance"] + support["new_bonds"] * support["price"]
    assert paid == pytest.approx(25) and raised == pytest.approx(25, rel=1e-6)


def test_coupons_go_from_the_treasury_to_whoever_holds_the_bond():
    now = at()
    for name, sector in {"coupons_to_funds": "hedge_funds", "coupons_to_managers": "asset_managers", "coupons_to_others": "other_holders"}.items():
        assert event(**{name: 5}) == entries(Treasury={DOLLARS: -5}, **{sector: {DOLLARS: 5}})
    assert event(coupons_to_dealers=5, dealer_borrowing=0) == entries(Treasury={DOLLARS: -5}, dealers={DOLLARS: 5})
    assert now["coupons_to_funds[levered]"] == pytest.approx(now["coupon"] * now["hedge_fund_collateral[levered]"])
    paid = sum(value for name, value in now.items() if re.match(r"coupons_to_\w+(\[\w+\])?$", name) and name in FLOWS)
    taxed = now["taxes_of_managers"] + sum(now[f"taxes_of_others[{holder}]"] for holder in HOLDERS)
    assert paid == pytest.approx(taxed), "what the Treasury pays it taxes back, so that calm lasts"


def test_repo_interest_goes_from_the_fund_through_the_dealer_to_the_lender():
    assert event(repo_interest=5, interest_to_lenders=5) == entries(hedge_funds={DOLLARS: -5}, lenders={DOLLARS: 5})
    now = at()
    assert now["repo_interest[levered]"] == pytest.approx(now["financing_rate"] / 252 * (now["repo_funding[levered]"] + now["term_repo[levered]"]), rel=1e-4)
    own = now["financing_rate"] / 252 * now["dealer_inventory"]
    assert now["interest_to_lenders"] == pytest.approx(sum(now[f"repo_interest[{cohort}]"] for cohort in COHORTS) + own, rel=1e-6)


@pytest.mark.parametrize("volatility", (1.0, 4.0))
def test_who_sells_pays_the_half_spread_to_the_dealer_and_who_buys_does_not(volatility):
    now = at({"perceived_volatility": volatility, "cash_discount": 0.02, "fund_cash[levered]": 0.0, "cash_need[foreign]": 100.0}, purchase_pace=10)
    assert np.log(now["price"] / now["bid"]) == pytest.approx(now["half_spread"] * (1 + now["alarm"]))
    for name in ("fund_sales[levered]", "other_sales[foreign]", "manager_sales"):
        assert now[TRADES[name].payment.name] == pytest.approx(now["bid"] * now[name])
    for name in ("fund_purchases[levered]", "other_purchases[foreign]", "manager_purchases", "central_bank_purchases"):
        assert now[TRADES[name].payment.name] == pytest.approx(now["price"] * now[name])


def test_every_dollar_a_dealer_pays_or_gets_for_bonds_and_repo_is_passed_on_to_lenders():
    """Interest, coupons and dividends go through the dealers' working cash; all else is in their need."""
    need = MODEL.quantity("dealer_need").expression
    within = {"dealer_borrowing", "coupons_to_dealers", "repo_interest", "interest_to_lenders", "dealer_dividends", "new_dealer_equity"}
    missing = set()
    for flow in MODEL.flows:
        touches = [sign for stock, sign in flow.ends if stock.name == "dealer_cash"]
        bare = re.sub(r"\[.*\]|_payment$", "", flow.name)
        if touches and bare not in within:
            trade = next((trade for trade in MODEL.trades if trade.payment is flow), None)
            total = getattr(flow, "counted_in", None)
            coefficient = sum(need.coeff(item) for item in (flow, trade and trade.delivery, total) if item)
            if coefficient != -touches[0]:
                missing.add(flow.name)
    assert missing == set()


def test_no_flow_joins_a_fund_to_the_central_bank_but_the_bridge():
    """Reserves reach funds through dealers only."""
    created = {re.sub(r"\[.*\]|_payment$", "", flow.name) for flow in MODEL.flows for stock, _ in flow.ends
               if stock.name.startswith("fund_cash[") and CLOUD in (flow.source, flow.sink)}
    assert created == {"bridge_lending", "bridge_repayment"}
