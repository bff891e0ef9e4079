"""Claims 4 to 6: collateral margin kills a hedged position, right but dead, and the rival story."""

import numpy as np

from sd_basis import Bound, Control, Expectation
from sd_basis.gain import gain_along
from sd_basis.matrices import net_worth

from .readings import BASIS_POINTS, DYSFUNCTION, MONTH_END, WORST, at, days_until, integral, share_lost, time_of, total

QUARTER = 63  # trading days between two deliveries
COLLATERAL = (
    *("hedge_fund_collateral", "fund_cash", "margin_posted", "margin_receivable", "futures_short", "repo_funding", "term_repo"),
    *("dealer_inventory", "dealer_cash", "dealer_funding", "dollar_liquidity", "seized_collateral"),
    *("cash_discount", "futures_discount", "swap_discount", "asset_manager_cash", "clearing_house_margin", "manager_margin"),
)
FAST = (*COLLATERAL, "dealer_balance_sheet_capacity", "perceived_volatility", "margin_rate")


def spiral(study):
    """The gain of the spiral where March 2020 went unrescued, and what became of the funds.

    `gain` is R from the model's own Jacobian, at its largest between the first forced sale and the end of March: forced sales that
    a dollar of forced sales causes through price, collateral and margin if the constraint binds; above one it feeds itself. Growth
    slower than a rescue of tens of hours (four days) does not count, and contracts bought back are held: their effect on futures is
    the rival story, with which R is `gain_both_legs`. `gain_in_a_day` counts growth within a day only, `gain_collateral` as this
    with volatility, margin rates and dealers' capacity held too: what collateral and variation margin do alone, beside
    `closed_form`, the largest of the formula. Each with `first_` is R at the first forced sale. `lost` is the larger share of their
    bonds that levered or moderate basis funds have sold or that were seized: a fund that lost half is dead, as in the model's
    outcomes; `swap_lost` is that of swap-spread funds, whose hedge is loose. `hedged` is the part of the fall that contracts make
    good in the end, where the discount is largest.
    """
    run = study.run("no-rescue")
    start = run.t[0] + days_until(run, total(run, "forced_orders") > 1e-6 * total(run, "hedge_fund_collateral"))
    worst = int(np.argmax(run["cash_discount"]))
    numbers = {
        "lost": max(share_lost(run, cohort) for cohort in ("levered", "moderate")),
        "swap_lost": share_lost(run, "swap"),
        "hedged": float(run["futures_discount"][worst] / run["cash_discount"][worst]),
        "closed_form": float(np.max(run["spiral_number"])),
        "gain": 0.0,
    }
    unhedged = run["impact_of_a_sale"] * run["hedge_fund_collateral"] * run["full_leverage"]
    numbers |= {"unhedged": float(np.max(unhedged)), "kept_at_one": float(1 / np.max(unhedged))}
    if np.isfinite(start):
        times = np.append(start, np.arange(np.floor(start) + 1, time_of(run, MONTH_END)))
        rate = run.model.quantity("fill_share") / run.model.quantity("execution_time")
        alone = ("contracts_bought",)
        for name, stocks, held, days in (
            ("gain", FAST, alone, 4),
            ("gain_in_a_day", FAST, alone, 1),
            ("gain_collateral", COLLATERAL, alone, 1),
            ("gain_both_legs", FAST, (), 4),
        ):
            path = gain_along(run, "fund_orders", "wanted_orders", rate=rate, stocks=stocks, times=times, horizon=days, hold=held)
            numbers |= {name: float(np.nanmax(path.value)), f"first_{name}": float(path.value[0])}
    return numbers


def _lost(run):
    """Return the net worth that dealers and lenders lose over a run, new equity and dividends apart, in billions."""
    worth = net_worth(run)
    fallen = sum(worth["at the start", who] - worth["at the end", who] for who in ("dealers", "lenders"))
    return fallen + integral(run, run["new_dealer_equity"] - run["dealer_dividends"])


def right_but_dead(study):
    """A levered position entered on 24 February, held to delivery a quarter later, and the fund that held it, without a rescue.

    `profit` is what a bond of the position brings to delivery in basis points of its price: the basis at entry, which marking and
    delivery at the futures price return whatever the path, and coupon, interest on the loan and convergence as they flow; above zero
    it was right. `dead` is the share of the levered funds' bonds that before that day was sold, seized or beyond what their dollars
    carry, half of which is called dead; `gone` is the part sold or seized, `missing` the margin missing at most, in billions.
    `cash_left` is the least of their cash over that of the start: no dollars is a tenth. `repaid` is the share of all bridge
    loans paid back by the end of the case in which somebody lends the missing margin: nearly all, 95 per cent; `repaid_rescued` is the
    same with the purchases of 2020. `lender_gain` is the net worth dealers and lenders lose without the bridge less what they lose with it and
    less the loans lost, in billions.
    """
    run, bridged = study.run("no-rescue"), study.run("bridge-loan")
    both = study.run("march-2020", policies=(study.model.policies["bridge"].at(DYSFUNCTION),))
    end, year = run.t[0] + QUARTER, study.parameter("trading_year")
    per_bond = np.maximum(total(run, "futures_short"), 1e-9)
    interest = study.parameter("financing_rate", "no-rescue") * (1 - run["haircut"]) / year
    bonds = float(run["hedge_fund_collateral[levered]"][0])
    carried = integral(run, run["coupon"] - interest + total(run, "convergence") / per_bond, end)
    lent, back = ([integral(one, total(one, f"bridge_{name}")) for one in (bridged, both)] for name in ("lending", "repayment"))
    cash = run["fund_cash[levered]"][run.t <= end]
    losses = [_lost(one) for one in (run, bridged)]
    return {
        "profit": BASIS_POINTS * (float(run["basis"][0]) + carried),
        "dead": share_lost(run, "levered", end) + float(np.interp(end, run.t, run["excess_position[levered]"])) / bonds,
        "gone": share_lost(run, "levered", end),
        "missing": float(np.max((run["capital_need"] * total(run, "excess_position"))[run.t <= end])),
        "cash_left": float(np.min(cash) / cash[0]),
        "repaid": back[0] / lent[0] if lent[0] > 0 else None,
        "repaid_rescued": back[1] / lent[1] if lent[1] > 0 else None,
        "lender_gain": losses[0] - losses[1] - integral(bridged, total(bridged, "bridge_lost")),
        "lent": lent[0],
    }


def both_legs(study):
    """March 2020 with both legs unwound and with the cash leg alone, against what funds reported.

    The ratio is that of contracts bought back to bonds sold from 24 February to the end of March; reported were 232 and 173
    billion for March (FEDS Notes 2021), 1.34. `lead_of_both` is how much nearer both legs come to it than the cash leg alone; half
    of a contract per bond is needed to tell them apart. `lifted` is by how much more both legs lift the basis than the cash leg alone. `basis_change` is that of futures less cash from 9 to 18 March in basis
    points of price, above zero where futures rise against cash, as the sources have it. `futures_change` is that of the futures
    price itself, which the rival story wants above zero; it is reported.
    """
    numbers = {}
    for name, case in (("both", "both-legs"), ("cash", "cash-unwind")):
        run = study.run(case)
        sold, bought = (float(total(run, stock)[0]) - at(run, stock, MONTH_END) for stock in ("hedge_fund_collateral", "futures_short"))
        numbers[f"sold_{name}"], numbers[f"ratio_{name}"] = sold, bought / sold if sold > 1 else None
        for quantity in ("basis", "futures_price"):
            numbers[f"{quantity}_{name}"] = BASIS_POINTS * (at(run, quantity, WORST) - at(run, quantity, DYSFUNCTION))
    ratios = numbers["ratio_both"], numbers["ratio_cash"]
    apart = None if None in ratios else abs(ratios[1] - 232 / 173) - abs(ratios[0] - 232 / 173)
    return numbers | {
        "lead_of_both": apart,
        "basis_change": numbers["basis_both"],
        "lifted": numbers["basis_both"] - numbers["basis_cash"],
        "futures_change": numbers["futures_price_both"],
    }


CLAIMS = (
    Expectation(
        4,
        "margin-kills",
        "Margin on collateral kills a hedged position: where one dollar of forced sales causes more than one, funds run away to their end.",
        spiral,
        bounds=(Bound("lost", at_least=0.5), Bound("gain", at_least=1)),
        control=Control(
            "variation margin paid at once and a constant basis", set={"paid_at_once": 1, "futures_follow": 1, "swap_follow": 1, "futures_rise": 0}
        ),
        caution="How much of the futures' gain arrives in cash, and when, is not in the data and decides.",
        shows=("hedge_fund_collateral", "fund_cash", "spiral_number"),
    ),
    Expectation(
        5,
        "right-but-dead",
        "A fund can be right and dead: held to delivery its position makes money, but it has no dollars today; a loan of the missing margin "
        "would be repaid.",
        right_but_dead,
        bounds=(
            Bound("profit", at_least=0, unit="bp"),
            Bound("dead", at_least=0.5),
            Bound("cash_left", at_most=0.1),
            Bound("repaid", at_least=0.95),
            Bound("lender_gain", at_least=0, unit="billion dollar"),
        ),
        control=Control("the missing margin is lent", case="bridge-loan"),
        caution="The profit is the carry spread, an input, locked at entry: that more is earned the more it falls holds for new positions only.",
        shows=("hedge_fund_collateral", "fund_cash", "bridge_loans"),
    ),
    Expectation(
        6,
        "both-legs",
        "The rival story: futures rise against cash and funds unwind both legs; it fits March 2020 better than a sale of the cash leg alone.",
        both_legs,
        bounds=(Bound("lead_of_both", at_least=0.5), Bound("basis_change", at_least=0, unit="bp"), Bound("lifted", at_least=0, unit="bp")),
        control=Control("funds keep their short futures in both runs", set={"unwound_share": 0, "covers_naked": 0}),
        caution="The ratio is the share of contracts bought back, an input of each story; reported contracts and bonds are net changes of whole portfolios; futures may fall although they rise against cash.",
        shows=("hedge_fund_collateral", "futures_short", "basis"),
    ),
)
