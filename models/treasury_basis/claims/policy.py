"""Claims 13 to 18: March 2020, April 2025, slow and fast answers, no answer, a late one, and who bears the loss."""

import numpy as np

from sd_basis import Bound, Control, Expectation

from .payoffs import harvest, waterfall
from .readings import AFTERNOON
from .record import at, between, dated, first_time, forced_orders, left_behind, misfit, ten_year

_YEAR = 252


def march_2020(study):
    """How far the run of March 2020, begun on 24 February, lies from the record, and the date by which the rescue had to come.

    Root mean squares to 15 May: the ten-year yield since the afternoon of 9 March (bp; at most 16, a
    quarter of the 64 bp it rose), in the model its dislocation less what the case's news gives to fundamental value, dealers' net Treasuries (billion; at most 20,
    half of the 40 they added), leveraged shorts since 25 February (billion; at most 53, what the roll alone moves in a week). The peak in
    trading days from 18 March (within two: indices of stress peak from 17 to 19 March) and the rise to it from 9 March (64 bp, give or take a
    quarter); days from the peak to half of it (at most 7: 46 of 64 bp were gone by 27 March). Reported: days by which all that was done could
    have come later before the market's outcome turns, searched to ten and to half a day, infinite where it does not turn.
    """
    run = study.run("march-2020")
    zero, peak_date = (run.case.time("claim 13", date) for date in ("2020-03-09", "2020-03-18"))
    ten = ten_year(run)
    peak = int(np.argmax(np.where(run.t >= zero, ten, -np.inf)))
    base = float(np.interp(zero + AFTERNOON, run.t, ten))
    half = first_time(run, ten - base <= (ten[peak] - base) / 2, run.t[peak])
    turn = study.turning("march-2020", 0.0, 10.0, group="market", xtol=0.7)
    last = "2020-05-15"
    yields = dated(run, "treasury_yields_daily.csv", "DGS10", "2020-03-09", last)
    dealers = dated(run, "primary_dealer_net_positions_weekly.csv", "All USTs", "2020-02-26", last)
    shorts = dated(run, "cftc_traders_in_financial_futures_weekly.csv", "lev_short_usd_bn", "2020-02-25", last)
    return {
        "yield_rmse": misfit(run, ten, yields, AFTERNOON, change=True, factor=100.0),
        "dealers_rmse": misfit(run, "dealer_inventory", dealers),
        "shorts_rmse": misfit(run, "basis_shorts", shorts, change=True),
        "peak_from_18_march": run.t[peak] - peak_date - AFTERNOON,
        "rise": ten[peak] - base,
        "half_gone_after": half - run.t[peak],
        "latest_shift": np.inf if turn is None else turn.shift,
        "first_forced_order_from_9_march": first_time(run, forced_orders(run) > 1.0) - zero,
    }


def april_2025(study):
    """The ten-year yield, leveraged shorts and what is left of the dislocation two weeks after the pause of 9 April 2025.

    The rise of the ten-year dislocation between the closes of 4 and 11 April (bp; 30 to 60 about the 47 of H.15), the change of the shorts
    from 1 to 22 April (billion; within 50: the weekly reports moved by 42 and nothing was unwound), the days from the pause to the peak (at
    most two: the ten-year closed highest on 11 April), and the share of the rise since 2 April that is left on 23 April (at most a half:
    "ended it"). In the control the pause comes sixty trading days later, when the shocks are over. Reported: the latest shift of the pause
    with which the market's outcome stays the same, searched to the end of the shock, infinite where it never turns; what the swap-spread
    cohort sold; the rise with the Japanese lender's failure.
    """
    later = 60.0 if study.is_control else 0.0
    run = study.run("april-2025", shift=later)
    pause, end = (run.case.time("claim 14", date) for date in ("2025-04-09T13:18:00", "2025-04-23"))
    ten = run["tenor_yield[10y]"]
    peak, calm = int(np.argmax(ten)), at(run, "tenor_yield[10y]", "2025-04-02")
    turn = study.turning("april-2025", later, later + 10.0, group="market", xtol=0.7)
    rumour = study.run("japanese-fund", shift=later)
    swap = run["hedge_fund_collateral[swap]"]
    return {
        "ten_year_rise": at(run, "tenor_yield[10y]", "2025-04-11", AFTERNOON) - at(run, "tenor_yield[10y]", "2025-04-04", AFTERNOON),
        "shorts_change": at(run, "basis_shorts", "2025-04-22") - at(run, "basis_shorts", "2025-04-01"),
        "peak_after_pause": run.t[peak] - pause,
        "left_after_two_weeks": (float(np.interp(end, run.t, ten)) - calm) / (ten[peak] - calm),
        "latest_shift": np.inf if turn is None else turn.shift,
        "swap_trade_sold": float(swap[0] - swap.min()),
        "purchases": float(run["central_bank_bonds"][-1] - run["central_bank_bonds"][0]),
        "rise_with_japanese_failure": float(rumour["tenor_yield[10y]"].max()),
    }


def _back(run):
    """Return the years from the shock until output is back, for good, to one per cent below normal."""
    low = run["output_gap"] < -0.01
    return (left_behind(run, low) - first_time(run, low)) / _YEAR if low.any() else 0.0


def answers(study):
    """How long output and the market take to recover after one shock that is answered as in 2008 and as in 2020.

    Years from the first day on which output is more than one per cent below normal to the last one: 4 to 8 after the slow answer (the claim),
    at most 2 after the fast one (half of the shortest slow one). Trading days from the first day on which the market does not function (fewer
    than nine tenths of orders filled, or volatility doubled) to the last one within a year, after the fast answer: at most 42, two months.
    Unemployment at its peak after the fast answer: 12.7 to 16.7 per cent, about the 14.7 of April 2020. Reported: support in the first year
    and in two, in per cent of a year's output.
    """
    slow, fast = study.run("slow-2008"), study.run("fast-2020")
    gap = (fast["fill_share"] < 0.9) | (fast["perceived_volatility"] > 2)
    first = first_time(fast, gap)
    return {
        "slow_recovery": _back(slow),
        "fast_recovery": _back(fast),
        "market_recovery": left_behind(fast, gap & (fast.t < first + _YEAR)) - first if gap.any() else 0.0,
        "peak_unemployment": 100 * float(fast["unemployment"].max()),
        "slow_peak_unemployment": 100 * float(slow["unemployment"].max()),
        "support_fast": 100 * between(fast, "fiscal_support", 0, _YEAR) / _YEAR,
        "support_slow_two_years": 100 * between(slow, "fiscal_support", 0, 2.5 * _YEAR) / _YEAR,
        "worst_gap_fast": 100 * float(fast["output_gap"].min()),
        "worst_gap_slow": 100 * float(slow["output_gap"].min()),
    }


def no_rescue(study):
    """Days until credit stops without any rescue, and output two weeks after the day on which the first purchases came in 2020.

    The clock starts on 13 March, the day of the first purchases. Credit has stopped where new lending stays below a tenth of normal until the
    run ends (at most ten trading days: two weeks; a halt of some days is not the end of an economy). "There is no economy" is read as output
    more than half below normal on 27 March (per cent, at most -50). Reported: the lowest output within the run and its day, and credit
    outstanding after two weeks.
    """
    run = study.run("no-rescue")
    start = run.case.time("claim 16", "2020-03-13")
    lowest = int(np.argmin(run["output_gap"]))
    return {
        "credit_stops_after": left_behind(run, run["credit_supply"] >= 0.1) - start,
        "output_after_two_weeks": 100 * at(run, "output_gap", "2020-03-27"),
        "credit_outstanding_after_two_weeks": 100 * at(run, "credit", "2020-03-27"),
        "lowest_new_lending": 100 * float(run["credit_supply"].min()),
        "lowest_output": 100 * float(run["output_gap"][lowest]),
        "lowest_output_after": run.t[lowest] - start,
    }


POLICY = (
    Expectation(
        13,
        "march-2020",
        "March 2020 follows from what stood on 24 February and its shocks, within the errors of the record, and purchases had to come by a date.",
        march_2020,
        bounds=(
            Bound("yield_rmse", at_most=16, unit="bp"),
            Bound("dealers_rmse", at_most=20, unit="billion"),
            Bound("shorts_rmse", at_most=53, unit="billion"),
            Bound("peak_from_18_march", at_least=-2, at_most=2, unit="days"),
            Bound("rise", at_least=48, at_most=80, unit="bp"),
            Bound("half_gone_after", at_most=7, unit="days"),
        ),
        control=Control("the same shocks without any rescue", case="no-rescue"),
        caution="A path that fits does not identify the counterfactual: the date rests on values that March 2020 says nothing about.",
        shows=("yield_dislocation", "dealer_inventory", "futures_short"),
    ),
    Expectation(
        14,
        "pause-2025",
        "The pause of 9 April 2025 ended that dislocation, with no unwind of the basis trade and no purchases.",
        april_2025,
        bounds=(
            Bound("ten_year_rise", at_least=30, at_most=60, unit="bp"),
            Bound("shorts_change", at_least=-50, at_most=50, unit="billion"),
            Bound("peak_after_pause", at_most=2, unit="days"),
            Bound("left_after_two_weeks", at_most=0.5),
        ),
        control=Control("the pause comes sixty days later, after the shocks", in_formula=True),
        caution="Fits with R below one have no critical date of the pause; the failure of a Japanese lender was a rumour, and denied.",
        shows=("yield_dislocation", "futures_short", "perceived_volatility"),
    ),
    Expectation(
        15,
        "slow-and-fast",
        "Answered slowly and small as in 2008 a crisis takes 4 to 8 years, answered fast and large as in 2020 weeks to two months in the market.",
        answers,
        bounds=(
            Bound("slow_recovery", at_least=4, at_most=8, unit="years"),
            Bound("fast_recovery", at_most=2, unit="years"),
            Bound("market_recovery", at_most=42, unit="days"),
            Bound("peak_unemployment", at_least=12.7, at_most=16.7, unit="per cent"),
        ),
        control=Control("the answer of 2020 in both", case="fast-2020"),
        caution="Conditional on the constants of recovery, which are inputs; size and date of the answer differ together, and the shock is that of 2020.",
        shows=("output_gap", "unemployment", "fiscal_support"),
    ),
    Expectation(
        16,
        "two-weeks",
        "Without a rescue there is no economy in two weeks.",
        no_rescue,
        bounds=(Bound("credit_stops_after", at_most=10, unit="days"), Bound("output_after_two_weeks", at_most=-50, unit="per cent")),
        control=Control("the rescue as it was", case="march-2020"),
        caution="The economy is a response to the market with assumed constants; what stops is new lending, and output follows with a lag of a month.",
        shows=("credit_supply", "output_gap", "credit"),
    ),
    Expectation(
        17,
        "harvest",
        "Who withholds the rescue harvests the funds, buys at the bottom and gains by it.",
        harvest,
        bounds=(Bound("equity_lost", at_least=0.9), Bound("how_deep", at_least=0.5), Bound("gain_less_output", at_least=0, unit="billion")),
        control=Control("the prompt rescue", case="march-2020"),
        caution="Pay-offs to the end of October only; the gain of the central bank is what others lose on their bonds, and damage to output lasts longer than the run.",
        shows=("fund_equity", "cash_discount", "central_bank_bonds"),
    ),
    Expectation(
        18,
        "only-equity",
        "Funds lose only their equity; the loss beyond it is max(0, fall x holdings - equity), and others bear it.",
        waterfall,
        bounds=(Bound("waterfall_error", at_most=1e-5), Bound("equity_lost", at_least=0.9, at_most=1), Bound("formula_miss", at_most=0.1)),
        control=Control("sales move no price", set={"price_impact": 0}),
        caution="Cohorts stand for many funds: what is left to the survivors of a cohort hides the losses of those that were closed out.",
        shows=("fund_equity", "dealer_default_losses", "lender_write_offs"),
    ),
)
