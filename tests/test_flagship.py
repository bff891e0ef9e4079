"""The flagship's core: its names, closed ledgers, conserved bonds and dollars, positivity, calm, purchases, and its Jacobian.

What takes longer, whole cases at tight tolerances and the turning start by method and horizon, is measured by `flagship_evidence.py`.
"""

import csv
import dataclasses
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from flagship_evidence import SETS, crisis, jacobian_error, largest_error, model
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sd_basis import CLOUD, Flow, Model, load, simulate, sweep
from sd_basis.figures import Context, available
from sd_basis.library import case_paths, find_case, locate, module
from sd_basis.outcomes import visited
from sd_basis.transition.scene import Scene

MODEL = load("treasury_basis")
CASES = sorted(case_paths(locate("treasury_basis")))
METHODS = ("LSODA", "BDF", "Radau")
CONTRACT = ("repo_funding", "hedge_fund_collateral", "dealer_balance_sheet_capacity", "dollar_liquidity")


@cache
def run(case, values="supercritical", rtol=1e-6):
    return simulate(model(values), case, rtol=rtol)


def test_the_names_of_the_interface_contract_are_there():
    whole = run("calm")
    assert {"calm", "march-2020", "no-rescue", "april-2025", "blowup-2026"} <= set(CASES)
    assert MODEL.value_set == "supercritical"
    assert list(whole.outcomes) == ["market", "funds"] and whole.outcome == whole.outcomes["market"].code
    row = whole.row()
    for name in CONTRACT:
        assert row["final"][name] == whole[name][-1] and row["peak"][name]["value"] == pytest.approx(whole[name].max(), rel=1e-12)


def test_the_sectors_of_the_balance_sheets_are_those_of_the_model_document():
    assert {sector.name for sector in MODEL.sectors} == {"hedge funds", "dealers", "lenders", "asset managers", "other holders", "clearing house",
                                                         "central bank", "Treasury"}


def test_cohorts_add_up_to_the_totals_that_figures_and_cases_name():
    whole = run("march-2020")
    for name in ("fund_cash", "futures_short", "hedge_fund_collateral", "repo_funding", "term_repo", "margin_posted", "margin_receivable"):
        members = [stock.name for stock in MODEL.stocks if stock.name.startswith(f"{name}[")]
        assert len(members) == 3 and np.allclose(whole[name], sum(whole[member] for member in members), rtol=1e-12, atol=1e-12)
    for name in ("yield_dislocation", "fill_share", "perceived_volatility", "fleeing", "dealer_inventory", "central_bank_bonds"):
        assert np.isfinite(whole[name]).all()


def test_the_figure_against_the_data_marks_the_day_on_which_purchases_began():
    context = Context("treasury_basis")
    figure, table = module(locate("treasury_basis"), "figures").FIGURES["march_2020_against_data"](context)
    begins = run("march-2020").case.time("test", "2020-03-13")
    marked = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in marked] == [begins]
    assert sum(name.endswith(", data") for name in table) == 8
    assert {"rescue_against_collapse", "march_2020_against_data"} <= set(available("treasury_basis"))


# Ledgers


EVERY = {(case, SETS[place % 2]) for place, case in enumerate(CASES)} | {(case, values) for case in ("march-2020", "no-rescue") for values in SETS}


@pytest.mark.parametrize(("case", "values"), sorted(EVERY))
def test_the_ledgers_of_every_case_close_to_1e_9_of_scale_in_its_crisis(case, values):
    assert largest_error(crisis(case, values, rtol=1e-11)) < 1e-9  # flagship_evidence.py does so over the whole of every case in both sets


def test_the_stored_ledgers_are_of_every_case_in_both_sets_and_close():
    stored = (Path(__file__).parents[1] / "docs" / "evidence" / "flagship.md").read_text(encoding="utf-8")
    found = {(case, values): float(tight) for case, values, tight in re.findall(r"^(\S+), (\w+): ledgers close to (\S+) at rtol 1e-11", stored, re.M)}
    assert set(found) == {(case, values) for case in CASES for values in SETS} and max(found.values()) < 1e-9


@pytest.mark.parametrize("case, values", [("calm", "subcritical"), ("no-rescue", "supercritical")])
def test_the_ledgers_of_whole_cases_close_and_shrink_with_the_tolerance(case, values):
    tight, loose = (largest_error(run(case, values, rtol)) for rtol in (1e-11, 1e-6))
    assert tight < 1e-9
    assert tight < 0.05 * loose < 0.05 * 1e-4


def flows_of(whole):
    legs = {leg for trade in whole.trades for leg in trade.flows}
    return [*whole.trades, *(flow for flow in whole.flows if flow not in legs)]


def rebuilt(flows):
    return Model("planted", flows, span=MODEL.span, time_unit=MODEL.time_unit, units=MODEL.unit_definitions,
                 policies=MODEL.policies.values(), outcomes=MODEL.outcomes, outputs=MODEL.outputs)


def test_a_gift_and_a_trade_gone_astray_open_the_ledgers_of_their_own_sectors_and_no_others():
    sales = next(trade for trade in MODEL.trades if trade.name == "other_sales[foreign]")
    kept = [item for item in flows_of(MODEL) if item is not sales]
    # foreign holders deliver, and a fund is paid; lenders are given dollars, which the central bank comes to owe
    stray = Flow("stray_payment", source=MODEL.quantity("dealer_cash"), sink=MODEL.quantity("fund_cash[levered]"), rate=sales.payment.expression)
    gift = Flow("gift", source=CLOUD, sink=MODEL.quantity("hoarded_dollars"), rate=1e-3 * MODEL.quantity("lender_dollars") / MODEL.quantity("day"))
    need = MODEL.quantity("dealer_need")
    original = need.expression, need.written
    need.expression, need.written = need.expression.xreplace({sales.payment: stray}), None
    try:
        wrong = simulate(rebuilt([*kept, sales.delivery, stray, gift]), load("treasury_basis", "march-2020").case, rtol=1e-9, span=(9.75, 10.75),
                         method="RK4", step=1 / 1024)  # no Jacobian of another model is needed
    finally:
        need.expression, need.written = original
    sectors = {sector.name: wrong.ledgers[sector.name] for sector in MODEL.sectors}
    opened = {name for name, error in sectors.items() if error > 1e-6}
    assert opened == {"hedge funds", "other holders", "lenders", "central bank"}
    assert max(error for name, error in sectors.items() if name not in opened) < 1e-6  # the half-spread of the stray payment
    assert sectors["hedge funds"] > 1e-4
    assert {name for name in sectors if any(f"ledger of {name}:" in warning for warning in wrong.warnings)} == opened


def test_equity_by_equation_is_net_worth_by_ledger():
    whole = run("march-2020")
    compiled = whole.path.compiled
    ledger = whole.path.evaluate(compiled.ledger, whole.path.t, whole.path.x, whole.path.segment)[0::2]
    for row, sector in enumerate(compiled.model.sectors):
        if sector.name in ("hedge funds", "dealers"):
            assert np.allclose(ledger[row], whole["fund_equity" if sector.name == "hedge funds" else "dealer_equity"], rtol=1e-12)


# Conservation


def through_the_boundary(instrument):
    """The flows by which an instrument enters or leaves the model, by bare name."""
    ends = [(flow, flow.source if flow.sink is CLOUD else flow.sink) for flow in MODEL.flows if (flow.source is CLOUD) != (flow.sink is CLOUD)]
    return {re.sub(r"\[.*\]", "", flow.name) for flow, stock in ends if stock.instrument is not None and stock.instrument.name == instrument}


def test_bonds_come_from_the_treasury_alone_and_dollars_from_the_central_bank_alone():
    assert through_the_boundary("bonds") == {"issuance", "placed_with_managers", "placed_with_others"}
    assert through_the_boundary("dollars") == {f"{name}_payment" for name in (
        "central_bank_purchases", "repo_draw", "repo_return", "swap_draw", "swap_repayment", "bridge_lending", "bridge_repayment")}


def test_the_numbers_of_bonds_and_of_dollars_move_only_by_issuance_and_by_the_central_bank():
    whole, silent = run("march-2020"), run("no-rescue")
    issued = whole["new_bonds"] > 0
    first = int(np.argmax(issued))
    assert whole.when(whole.t[first]).startswith("2020-04-01")
    assert np.allclose(whole["outstanding"][:first], whole["outstanding"][0], rtol=1e-12)
    assert whole["outstanding"][-1] - whole["outstanding"][0] == pytest.approx(np.trapezoid(whole["new_bonds"], whole.t), rel=1e-3)
    assert np.allclose(silent["total_dollars"], silent["total_dollars"][0], rtol=1e-12)
    claims = whole["central_bank_repo"] + whole["swap_lines"] + whole["bridge_loans"]
    created = np.trapezoid(whole["central_bank_purchases"] * whole["price"], whole.t) + claims[-1] - claims[0]
    assert whole["total_dollars"][-1] - whole["total_dollars"][0] == pytest.approx(created, rel=1e-3)
    assert created > 1500


# Calm


@pytest.mark.parametrize("values", SETS)
def test_five_calm_years_force_nobody_to_sell(values):
    calm = run("calm", values)
    assert calm.path.t[-1] == 5 * 252
    for cohort in ("levered", "moderate", "swap"):
        sold = np.trapezoid(calm[f"forced_orders[{cohort}]"], calm.t)
        assert 0 <= sold < 1e-6 * calm[f"hedge_fund_collateral[{cohort}]"][0]
    assert {decision.code for decision in calm.outcomes.values()} == {"calm"}
    assert calm["other_holder_bonds"].min() < calm["other_holder_bonds"][0] - 5, "the calm years have ordinary sales in them"
    assert np.all(calm["hedge_fund_collateral"] > 0.997 * calm["hedge_fund_collateral"][0])
    assert calm["default_hazard[levered]"].max() == 0


@pytest.mark.parametrize("values", SETS)
def test_the_basis_of_calm_years_stays_below_five_basis_points(values):
    assert np.max(np.abs(run("calm", values)["basis"])) < 5e-4


# Purchases


def schedule_levels(days):
    whole = run("march-2020")
    bonds = simulate(model(), "march-2020", at=[whole.case.time("test", day) for day in days])["central_bank_bonds"]
    return bonds - whole["central_bank_bonds"][0]


def test_purchases_accumulate_as_announced():
    # the end of a day's purchases is the start of the next trading day
    assert np.allclose(schedule_levels(["2020-03-19", "2020-03-30", "2020-04-06"]), [162, 687, 1032], rtol=2e-3)


def test_weekly_holdings_follow_the_data_within_four_percent():
    with (locate("treasury_basis") / "data" / "fed_balance_sheet_weekly.csv").open(newline="") as file:
        holdings = {row["date"]: float(row["TREAST_wedlevel"]) for row in csv.DictReader(file) if row["TREAST_wedlevel"]}
    weeks = ["2020-03-11", "2020-03-18", "2020-03-25", "2020-04-01", "2020-04-08", "2020-04-15", "2020-04-22"]
    observed = np.diff([holdings[week] for week in weeks])
    # settled on the next trading day: Wednesday's level holds what was bought by Tuesday's end
    modelled = np.diff(schedule_levels(weeks))
    assert np.all(np.abs(modelled / observed - 1) < 0.04), modelled / observed


# Outcomes that the README states


def test_the_rescue_holds_and_without_it_the_market_freezes():
    assert run("march-2020").outcomes["market"].code == "rescued"
    assert run("no-rescue").outcomes["market"].code == "collapsed"


@pytest.mark.parametrize("values, start", [("supercritical", 3.1858)])
def test_the_critical_start_of_the_funds_hangs_on_neither_method_nor_horizon(values, start):
    case = load("treasury_basis", "march-2020").case

    def code(shift, method="LSODA", end=60.0):
        own = dataclasses.replace(case, span=(0, end)).shifted(start + shift)
        return simulate(model(values), own, method=method).outcomes["funds"].code
    assert [code(shift, method) == "collapsed" for method in ("LSODA", "BDF") for shift in (-0.002, 0.002)] == [False, True] * 2
    assert [code(shift, end=500.0) == "collapsed" for shift in (-0.002, 0.002)] == [False, True]


@pytest.mark.parametrize("values, day", [("supercritical", 460), ("subcritical", 328)])
def test_the_market_that_nobody_rescues_thaws_by_itself_after_more_than_a_year(values, day):
    whole = simulate(model(values), "no-rescue", span=(0, 520))
    functioning = next(outcome.when for outcome in whole.model.outcomes if outcome.name == "rescued" and outcome.group == "market")
    assert whole.outcomes["market"].code == "collapsed"
    assert visited(whole.path)[functioning].since == pytest.approx(day, abs=1)


@pytest.mark.parametrize("values, early, late, days", [("supercritical", 0.805, 0.806, (44, 268)), ("subcritical", -0.3, -0.26, (41, 157))])
def test_a_rescue_that_just_suffices_has_a_critical_hour(values, early, late, days):
    case = load("treasury_basis", "march-2020").case
    runs = [simulate(model(values), case.shifted(shift), set={"purchase_size": 0.4}, span=(0, 320)) for shift in (early, late)]
    assert [run.outcomes["market"].code for run in runs] == ["rescued", "collapsed"]
    frozen = next(outcome.when for outcome in MODEL.outcomes if outcome.lasting)
    for run, wanted in zip(runs, days, strict=True):
        stays = next(visits.stays for condition, visits in visited(run.path).items() if str(condition) == str(frozen))
        assert sum(leave - enter for enter, leave in stays) == pytest.approx(wanted, abs=1)


def test_without_price_impact_nothing_collapses():
    case = load("treasury_basis", "march-2020").case
    for shift in (0, 8):
        assert simulate(model(), case.shifted(shift), set={"price_impact": 0}).outcomes["market"].code != "collapsed"
    assert simulate(model(), "no-rescue", set={"price_impact": 0}).outcomes["market"].code != "collapsed"


def test_the_value_sets_lie_on_both_sides_of_a_spiral_number_of_one_while_funds_are_bound():
    forced = {}
    for values in SETS:
        whole = run("no-rescue", values)
        forced[values] = np.max(whole["spiral_number"][whole["bound_share"] > 0.5])
    assert forced["subcritical"] < 1 < forced["supercritical"]


def test_the_spiral_number_is_the_gain_of_the_models_own_equations():
    """One more bond at the dealer moves the price it bids; what that takes from funds' wealth is the position they lose."""
    whole = run("no-rescue", "subcritical")
    path, names = whole.path, [quantity.name for quantity in whole.path.compiled.system.observables()]
    columns = {stock.name: place for place, stock in enumerate(MODEL.stocks)}

    def discount(row, sold):
        state = path.x[row].copy()
        state[columns["dealer_inventory"]] += sold
        state[columns["repo_funding[levered]"]] -= (1 - whole["haircut"][row]) * sold
        values = path.evaluate(path.compiled.observe, path.t[[row]], state[None, :], path.segment[[row]])
        return values[names.index("bid_discount"), 0]

    for day in (1.0, 5.0, 9.0):  # before orders stay unfilled: the closed form leaves their queue out
        row = int(np.searchsorted(whole.t, day))
        slope = (discount(row, 1e-4) - discount(row, -1e-4)) / 2e-4
        follows = {"levered": whole["futures_follow"][row], "moderate": whole["futures_follow"][row], "swap": whole["swap_follow"][row]}
        paid = whole["paid_at_once"][row]
        hit = sum(whole[f"hedge_fund_collateral[{cohort}]"][row] * (1 - paid * share) for cohort, share in follows.items())
        assert whole["spiral_number"][row] == pytest.approx(slope * hit / whole["capital_need"][row], rel=1e-3)


# Numbers


def test_a_run_split_in_the_crisis_equals_the_whole():
    rtol = 1e-8
    whole = simulate(model(), "march-2020", span=(0, 30), rtol=rtol)
    for cut in (3.3, 13.7):
        second = simulate(model(), "march-2020", resume=whole.state(at=cut), span=(0, 30), rtol=rtol)
        scale = np.array([max(stock.scale or 0, abs(value)) for stock, value in zip(MODEL.stocks, whole.path.x[0], strict=True)])
        assert np.all(np.abs(second.path.x[-1] - whole.path.x[-1]) < 1000 * rtol * np.maximum(scale, np.abs(whole.path.x[-1])))


def admissible(parameter):
    low, high = parameter.between
    return st.floats(max(low, parameter.domain[0]), min(high, parameter.domain[1]))


FROM_CASES = ("news_volatility", "dash_for_cash", "purchase_pace", "fundamental_news")
PARAMETERS = st.fixed_dictionaries({parameter.name: admissible(parameter) for parameter in MODEL.parameters
                                    if np.isfinite(parameter.between).all() and not parameter.name.startswith(FROM_CASES)})


@settings(max_examples=4, phases=(Phase.explicit, Phase.generate))  # a failing draw is small enough as it is
@given(values=PARAMETERS, rescue=st.booleans(), shock=st.sampled_from((1.0, 10.0, 50.0)))
def test_stocks_stay_non_negative_and_prices_positive_whatever_the_parameters_and_shocks(values, rescue, shock):
    case = load("treasury_basis", "march-2020" if rescue else "no-rescue").case
    case = dataclasses.replace(case, shocks=tuple(
        dataclasses.replace(event, set={name: value * shock for name, value in event.set.items()})
        for event in case.shocks if any(name.startswith(("news_volatility", "dash_for_cash")) for name in event.set)))
    whole = simulate(model(), case, set=values, span=(9.5, 25.0))  # fails loudly where a stock falls below -10 atol
    for name in ("price", "futures_price", "swap_price"):
        assert np.all(whole[name] > 0.5) and np.all(whole[name] < 2)
    assert np.all(np.isfinite(whole.path.x))
    assert largest_error(whole) < 1e-3


def test_the_jacobian_equals_differences_in_forty_digits_at_random_states():
    assert jacobian_error(states=2) < 1e-6


def test_every_method_runs_the_crisis_to_the_same_end():
    ends = [simulate(model(), "march-2020", span=(9.75, 12.0), method=method, rtol=1e-9).path.x[-1] for method in METHODS]
    assert np.allclose(ends[0], ends[1], rtol=1e-6, atol=1e-6) and np.allclose(ends[0], ends[2], rtol=1e-6, atol=1e-6)


def test_a_sweep_over_the_delay_ends_as_the_shifted_cases_do():
    own = Scene(MODEL, "march-2020").own
    found = sweep(MODEL, "march-2020", over={"delay": [own, own + 4]}, keep=["dollar_liquidity"], check=0, engine="scipy")
    late = simulate(MODEL, find_case(MODEL, "march-2020").shifted(4.0))
    assert found.outcome("funds").tolist() == [run("march-2020").outcomes["funds"].code, late.outcomes["funds"].code] == ["partial", "collapsed"]
    ends = [run("march-2020")["dollar_liquidity"][-1], late["dollar_liquidity"][-1]]
    assert found.values[:, 0, 0] == pytest.approx(ends, rel=1e-6)  # those of a sweep depart from one run without the policy
