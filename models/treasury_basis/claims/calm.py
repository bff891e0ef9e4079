"""Claims 1 to 3: the trade in calm, its leverage, and its growth."""

from datetime import date

import numpy as np

from sd_basis import Bound, Control, Expectation

from .readings import BASIS_POINTS, at, integral, table, total


def calm_basis(study):
    """Five calm years: the basis, forced sales, and what the funds earn, by two routes.

    `basis` is the largest gap between futures and cash, of either sign and adjusted for carry, in basis points of price; the claim
    says five. `forced_sales` are all orders that funds had to give, as a share of their position: 1e-6 is what the claim calls none.
    `earned` is pay-outs less subscriptions plus the change of equity, over the time integral of the position, in basis points a
    year; the claim says about 20, the sources 0.1 to 0.5 per cent (FEDS Notes 2024). `unexplained` compares this with the sum of
    coupons less repo interest, convergence, marked gains, and what deliveries and trades pay above the price, as a share of it:
    deliveries at the futures price are where the trade is cashed, and one per cent is what integrals over the solver's steps allow.
    """
    run = study.run("calm")
    bonds, price = total(run, "hedge_fund_collateral"), run["price"]
    position_years = integral(run, bonds) / study.parameter("trading_year")
    out = integral(run, total(run, "payout") + total(run, "redemptions") - total(run, "subscriptions"))
    profit = out + run["fund_equity"][-1] - run["fund_equity"][0]
    paid, given = np.zeros_like(run.t), np.zeros_like(run.t)
    for name, sign in (("deliveries", 1), ("fund_sales", 1), ("fund_purchases", -1)):
        for cohort in ("levered", "moderate", "swap"):
            if f"{name}[{cohort}]" in run.names:
                paid += sign * run[f"{name}[{cohort}]_payment"]
                given += sign * run[f"{name}[{cohort}]"]
    flows = total(run, "coupons_to_funds") - total(run, "repo_interest") + total(run, "convergence") + total(run, "futures_gain")
    revalued = float(np.sum((bonds[1:] + bonds[:-1]) / 2 * np.diff(price)))
    explained = integral(run, flows + paid - price * given) + revalued
    return {
        "basis": BASIS_POINTS * float(np.max(np.abs(run["basis"]))),
        "forced_sales": integral(run, total(run, "forced_orders")) / bonds[0],
        "earned": BASIS_POINTS * profit / position_years,
        "unexplained": abs(explained / profit - 1),
        "delivered": integral(run, total(run, "delivered_bonds")) / bonds[0],
    }


def repledging(study):
    """Leverage by pledging each bond and buying again, at 2, 10 and 100 times.

    Each round buys bonds for what the last one left: a dollar of bonds brings a loan of one less the haircut, of which margin and
    buffer are set aside. `error_N` is the model's largest leverage over the sum of that series, less one; exact means 1e-6.
    `largest` is the leverage at 100 times, which the claim names. `equity_lost` is the share of their equity that funds whose whole
    equity is a hundredth of their bonds lose where the cash price is one per cent lower and nothing else is: all of it.
    """
    numbers = {}
    for times in (2, 10, 100):
        need = 1 / times
        parts = {"calm_haircut": need / 10, "calm_margin": need / 10, "calm_buffer": 0.8 * need}
        run = study.run("calm", set=parts, span=(0, 0.1))
        series = float(np.sum((1 - sum(parts.values())) ** np.arange(60 * times)))
        numbers[f"error_{times}"] = abs(run["full_leverage"][0] / series - 1)
        numbers["largest"] = float(run["full_leverage"][0])
    spare = {f"spare_capital[{cohort}]": 0.01 for cohort in ("levered", "moderate", "swap")}
    need = 0.01 / 1.01
    whole = {"calm_haircut": need / 10, "calm_margin": need / 10, "calm_buffer": 0.8 * need, **spare}
    before, after = (study.run("calm", set=whole, initial={"cash_discount": fall}, span=(0, 0.1)) for fall in (0.0, -np.log(0.99)))
    return {**numbers, "equity_lost": 1 - after["fund_equity"][0] / before["fund_equity"][0]}


def outgrows_issuance(study):
    """The build-up of 2017 to 2026 against its supply and against the futures positions reported to the CFTC.

    `share_taken` is the change of the funds' bonds over that of all bonds less the central bank's, 3 January 2022 to 31 December
    2024: 37 per cent in the source (of notes and bonds; the case's supply holds bills too), give or take a fifth. `bought` is the
    change of the funds' bonds in billions; the source has about 1,000. `growth_ratio` is the
    growth rate of the funds' bonds over that of the outstanding; above one they outgrow it. `error_to_naive` is the root mean
    square error of the change of the funds' futures since the last report of 2019 (the parameters know nothing later), at
    the last report of each later year, over that of who expects no change; below one the model knows more than nothing. Changes, because
    a part of the shorts reported hedges something else; the swap cohort holds no futures.
    """
    run = study.run("build-up")
    first, last = "2022-01-03", "2024-12-31"
    bonds = [at(run, "hedge_fund_collateral", day) for day in (first, last)]
    public = [at(run, "outstanding", day) - at(run, "central_bank_bonds", day) for day in (first, last)]
    every = [at(run, "outstanding", day) for day in (first, last)]
    reported = {}
    for row in table("cftc_traders_in_financial_futures_weekly.csv"):
        reported[row["date"]] = reported.get(row["date"], 0.0) + float(row["lev_short_usd_bn"])
    ends = [max(day for day in reported if day.startswith(str(year))) for year in range(2019, 2026)]
    shorts = [sum(at(run, f"futures_short[{cohort}]", date.fromisoformat(day)) for cohort in ("levered", "moderate")) for day in ends]
    known = np.array([reported[day] for day in ends])
    changes, told = known[1:] - known[0], np.array(shorts[1:]) - shorts[0]
    error, naive = (float(np.sqrt(np.mean(gap**2))) for gap in (told - changes, changes))
    return {
        "share_taken": (bonds[1] - bonds[0]) / (public[1] - public[0]),
        "bought": bonds[1] - bonds[0],
        "growth_ratio": float(np.log(bonds[1] / bonds[0]) / np.log(every[1] / every[0])),
        "error_to_naive": error / naive,
        "error": error,
        "naive_error": naive,
    }


CLAIMS = (
    Expectation(
        1,
        "calm-basis",
        "In calm the basis stays within about five basis points of either sign and converges at delivery; nobody is forced to sell, and the "
        "funds earn about 20 basis points a year.",
        calm_basis,
        bounds=(
            Bound("basis", at_most=5, unit="bp"),
            Bound("forced_sales", at_most=1e-6),
            Bound("earned", at_least=10, at_most=50, unit="bp a year"),
            Bound("unexplained", at_most=0.01),
        ),
        control=Control("March 2020 in place of calm", case="march-2020"),
        caution="What is earned is the carry spread, an input. The convergence of the forward price accrues evenly in the model; deliveries are spread over the year.",
        shows=("basis", "hedge_fund_collateral", "fund_equity"),
    ),
    Expectation(
        2,
        "repledging",
        "Pledging each bond and buying again gives leverage of one over haircut, margin and buffer, 2, 10 or 100 times; at 100 times a move of "
        "one per cent is the whole equity.",
        repledging,
        bounds=(
            *(Bound(f"error_{times}", at_most=1e-6) for times in (2, 10, 100)),
            Bound("largest", at_least=99.9, at_most=100.1),
            Bound("equity_lost", at_least=0.999, at_most=1.001),
        ),
        control=Control("a haircut floor of two per cent caps it", set={"haircut_floor": 0.02}),
        caution="The move is one of the cash bond alone: where futures fall alike the position is hedged.",
        shows=("full_leverage",),
    ),
    Expectation(
        3,
        "outgrows-issuance",
        "As others step back the trade takes 37 per cent of net issuance in 2022 to 2024: it outgrows issuance in growth rate, not in dollars.",
        outgrows_issuance,
        bounds=(Bound("share_taken", at_least=0.3, at_most=0.44), Bound("growth_ratio", at_least=1), Bound("error_to_naive", at_most=1)),
        control=Control("the trade takes no share of new supply", set={"trade_share": 0}),
        caution="37 per cent is of notes and bonds; reported shorts hold more than the trade. The share and how fast it leaves are inputs.",
        shows=("hedge_fund_collateral", "futures_short", "outstanding"),
    ),
)
