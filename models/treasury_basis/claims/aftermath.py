"""Claims 19 to 24: tenors, hidden exposure, defusing it in advance, the next crisis, the spark, and vulnerability without one."""

import math
from dataclasses import replace

import numpy as np

from sd_basis import Bound, Case, Control, Expectation
from sd_basis.case import Event
from sd_basis.library import find_case

from .record import acted, between, forced_sales

_TENORS = ("2y", "5y", "10y", "30y")
_CRISES = (1512.0, 3024.0, 4536.0, 6048.0)
_HUNDRED = {"calm_haircut": 0.000869565, "calm_margin": 0.00391304, "calm_buffer": 0.00391304}
_TWENTY = {"calm_haircut": 0.00434783, "calm_margin": 0.005, "calm_buffer": 0.0341304}


def _lead(run, name, tenor):
    """Return the largest value of a quantity in one tenor over that of the largest other tenor."""
    sizes = {other: float(run[f"{name}[{other}]"].max()) for other in _TENORS}
    return sizes[tenor] / max(size for other, size in sizes.items() if other != tenor)


def sectors(study):
    """The five-year sector's DV01 over that of the largest other tenor in April 2025, and the ultra bond's in February 2020.

    DV01 is the loss of the funds' bonds per basis point of a tenor, not the notional. Above one the tenor leads: at least 1 for five years in April 2025 (152 million a basis
    point against 122 in the ten-year), and at least 1 for the bonds in February 2020, where the ultra bond led. The model's 30y holds bond and ultra bond, its 10y the
    ultra ten-year as well, which the contracts of the record hold apart. Reported: the same ratio for losses by tenor, in which long yields move most.
    """
    april, march = study.run("april-2025"), study.run("march-2020")
    return {
        "five_years_lead_2025": _lead(april, "tenor_dv01", "5y"),
        "bonds_lead_2020": _lead(march, "tenor_dv01", "30y"),
        "five_years_lead_2020": _lead(march, "tenor_dv01", "5y"),
        "five_years_lead_losses_2025": _lead(april, "tenor_loss", "5y"),
    }


def hidden(study):
    """Trading days of reaction lost where authorities see 0.24 of the exposure: 0.45 of the 1.85 trillion were attributed.

    The date on which the reaction to forced sales begins to buy, seen in part, less that seen in full, in a crisis of 1.8 trillion at fifty times. What happens before is the same,
    so the delay lost before the critical date is this number too. At least 1 day ("days"); infinite where the reaction never comes. Reported: whether the market
    collapses in either (1 or 0), and the days lost with the sizes of March 2020.
    """
    part = {"reported_share": 0.24}
    full, seen = study.run("full-reporting"), study.run("full-reporting", set=part)
    small = [study.run("no-rescue", policies=("reaction",), set=given) for given in ({}, part)]
    begun = [acted(run, "reaction") for run in (full, seen, *small)]
    return {
        "days_lost": _after(begun[0], begun[1]),
        "days_lost_in_2020": _after(begun[2], begun[3]),
        "begun_in_full": begun[0],
        "collapses_in_full": _collapses(full),
        "collapses_in_part": _collapses(seen),
    }


def _after(first, second):
    """Return how much later the second of two dates is, none where the first never comes."""
    return None if math.isinf(first) else second - first


def _collapses(run):
    """Return 1 where the market of a run collapses, else 0."""
    return 1.0 if run.outcomes["market"].code == "collapsed" else 0.0


def _in_a_year(study, *policies):
    """Return the case of the spark after a calm year in which policies are in force."""
    case, year = find_case(study.model, "spark"), 252.0
    begin = (case.time("claim 21", event.start) for event in case.shocks)
    end = (case.time("claim 21", event.end) for event in case.shocks)
    shocks = tuple(replace(event, start=year + first, end=year + last) for event, first, last in zip(case.shocks, begin, end, strict=True))
    return Case(
        "spark-in-a-year", span=(0.0, year + 63), values=case.values, shocks=shocks, policies=tuple(Event(name, start=0.0) for name in policies)
    )


def defused(study):
    """Whether a tenth of March 2020's shock, without any rescue, still kills the market when the trade was defused before it.

    Three ways, each with the capital that stands behind the trade now: built under a haircut floor of two per cent, under a leverage cap of fifteen (in both the trade is smaller
    by as much as a position needs more capital), and reduced by half in a calm year. Each number is 1 where the market collapses, else 0; all must be 0. In the
    control nothing is done. Reported: what the cap costs, in carry forgone in a year (billion), what lenders write off without it, and whether the whole shock kills under the cap.
    """
    size = {name: study.parameter(name, "spark") for name in ("basis_position", "swap_position")}
    rest = study.parameter("calm_margin", "spark") + study.parameter("calm_buffer", "spark")
    need, spare = study.parameter("calm_haircut", "spark") + rest, study.parameter("spare_capital[levered]", "spark")
    floor, cap = 0.02, 15.0
    smaller = {name: value * need / (floor + rest) for name, value in size.items()} | {"haircut_floor": floor}
    capped = {name: value * need * cap for name, value in size.items()} | {"leverage_cap": cap, "spare_capital": (1 + spare) / (need * cap) - 1}
    if study.is_control:
        smaller, capped = {}, {}
    bare = study.run("spark")
    whole = study.run("spark", set={"shock_scale": 1.0} | capped)
    calm = study.run(_in_a_year(study, *(() if study.is_control else ("orderly_reduction",))))
    given_up = sum(size.values()) - sum(capped.get(name, value) for name, value in size.items())
    return {
        "floor_collapses": _collapses(study.run("spark", set=smaller)),
        "cap_collapses": _collapses(study.run("spark", set=capped)),
        "reduction_collapses": _collapses(calm),
        "whole_shock_under_cap_collapses": _collapses(whole),
        "carry_forgone": study.parameter("carry_spread", "spark") * given_up,
        "written_off_without": float(bare["lender_write_offs"][-1]),
    }


def _growth(values):
    """Return the smallest ratio of one value to the one before it; none where there is nothing to grow from."""
    pairs = list(zip(values, values[1:], strict=False))
    return min(later / earlier for earlier, later in pairs) if all(earlier > 1e-6 for earlier, _ in pairs) else None


def next_one(study):
    """How four crises with the same shock, each rescued, grow from one to the next over thirty years.

    The smallest ratio of one crisis to that before it, of the rise of the dislocation within half a year of the shock and of the forced sales in that time: at least 1 each, "bigger".
    Reported: the same of the trade on the eve, of what the central bank buys, and the first and last rise (bp) and forced sales (billion).
    """
    run = study.run("long-cycle")
    sold = forced_sales(run)
    rises, sales, trades, bought = [], [], [], []
    for start in _CRISES:
        inside = (run.t >= start) & (run.t <= start + 126)
        eve = [float(np.interp(start, run.t, run[name])) for name in ("yield_dislocation", "hedge_fund_collateral")]
        rises.append(float(run["yield_dislocation"][inside].max()) - eve[0])
        sales.append(float(np.trapezoid(sold[inside], run.t[inside])))
        trades.append(eve[1])
        bought.append(between(run, "central_bank_purchases", start, start + 126))
    return {
        "rise_growth": _growth(rises),
        "forced_growth": _growth(sales),
        "trade_growth": _growth(trades),
        "purchases_growth": _growth(bought),
        "first_rise": rises[0],
        "last_rise": rises[-1],
        "first_forced": sales[0],
        "last_forced": sales[-1],
        "first_trade": trades[0],
        "last_trade": trades[-1],
    }


def _smallest(study, given):
    """Return the smallest shock, as a share of March 2020's, that kills a market without rescue: bisected between 1/64 and 2 to a tenth of itself."""

    def kills(scale):
        return _collapses(study.run("spark", set={**given, "shock_scale": scale}, span=(0.0, 63.0)))

    low, high = 1 / 64, 2.0
    if kills(low):
        return low
    if not kills(high):
        return math.inf
    while high > 1.15 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if kills(middle) else (middle, high)
    return high


def spark(study):
    """The smallest shock that kills the market without rescue, by size and by leverage of the trade, as a share of March 2020's.

    Shares are found by bisection to fifteen per cent, so that a ratio must differ from one by more than that: that of 2 trillion over that of 1.5 trillion at fifty times, and that of
    100 over that of 20 times at 1.8 trillion, each at most 0.87. A small flame: at most a tenth kills 1.8 trillion at fifty times. Where the smallest shock tried, 1/64,
    kills, that is the number. In the control the trade has the size and capital of 2017.
    """
    flame = _smallest(study, {})
    if study.is_control:
        return {"flame": flame, "by_size": None, "by_leverage": None}
    sizes = [_smallest(study, {"basis_position": size}) for size in (1500.0, 2000.0)]
    levers = [_smallest(study, given) for given in (_TWENTY, _HUNDRED)]
    return {
        "flame": flame,
        "by_size": sizes[1] / sizes[0],
        "by_leverage": levers[1] / levers[0],
        "at_1500": sizes[0],
        "at_2000": sizes[1],
        "at_20_times": levers[0],
        "at_100_times": levers[1],
    }


def vulnerable(study):
    """The spiral number in a year without any shock, and what funds must sell in it: two trillion at a hundred times.

    The number in closed form, as if the constraint bound, must stay above one for the whole year: that is the premise. What funds are forced to sell in the year, as a share
    of the trade: at most 1e-6, the claim of a calm market. The market's outcome: 1 where it was calm throughout, else 0. The control is the spark.
    """
    run = study.run("spark", set={**_HUNDRED, "basis_position": 2000.0, "shock_scale": 0.0}, span=(0.0, 252.0))
    return {
        "lowest_spiral_number": float(run["spiral_number"].min()),
        "forced_share": float(np.trapezoid(forced_sales(run), run.t)) / float(run["hedge_fund_collateral"][0]),
        "calm": 1.0 if run.outcomes["market"].code == "calm" else 0.0,
        "highest_spiral_number": float(run["spiral_number"].max()),
        "slack": float(max(run[f"overhang[{cohort}]"].max() for cohort in ("levered", "moderate", "swap"))),
    }


AFTERMATH = (
    Expectation(
        19,
        "five-years",
        "The risk sits in the five-year sector.",
        sectors,
        bounds=(Bound("five_years_lead_2025", at_least=1), Bound("bonds_lead_2020", at_least=1)),
        control=Control("equal shares of all tenors", set={"tenor_share": 0.25}),
        caution="True by DV01 of contracts in April 2025 only; in February 2020 the ultra bond led. Durations are assumed, and shares are inputs.",
        shows=("tenor_dv01[5y]", "tenor_dv01[10y]", "tenor_dv01[30y]"),
    ),
    Expectation(
        20,
        "hidden-exposure",
        "Exposure that authorities do not see costs days of the time in which a rescue still works.",
        hidden,
        bounds=(Bound("days_lost", at_least=1, unit="days"),),
        control=Control("all exposure is reported", set={"reported_share": 1.0}),
        caution="The 1.4 trillion are a gap in attribution; Form PF and CFTC did show the trade, and prices are seen by everybody.",
        shows=("seen_orders", "central_bank_bonds", "fill_share"),
    ),
    Expectation(
        21,
        "defused",
        "Seen in advance it can be defused: by a haircut floor, a leverage cap or an orderly reduction.",
        defused,
        bounds=(Bound("floor_collapses", at_most=0), Bound("cap_collapses", at_most=0), Bound("reduction_collapses", at_most=0)),
        control=Control("nothing is done in advance", in_formula=True),
        caution="Who would hold the bonds instead is not asked; the cost is the carry alone, at 0.2 per cent a year.",
        shows=("fill_share", "yield_dislocation", "hedge_fund_collateral"),
    ),
    Expectation(
        22,
        "next-one-bigger",
        "A rescue without reform makes the next crisis bigger.",
        next_one,
        bounds=(Bound("rise_growth", at_least=1), Bound("forced_growth", at_least=1)),
        control=Control("reform: a haircut floor of two per cent", set={"haircut_floor": 0.02}),
        caution="Qualitative: growth comes from new supply and calm, and the expectation of a rescue is not modelled.",
        shows=("hedge_fund_collateral", "yield_dislocation", "central_bank_bonds"),
    ),
    Expectation(
        23,
        "spark-and-petrol",
        "The bigger and the more levered the trade, the smaller the spark that kills it.",
        spark,
        bounds=(Bound("flame", at_most=0.1), Bound("by_size", at_most=0.87), Bound("by_leverage", at_most=0.87)),
        control=Control(
            "the same sparks at the size and capital of 2017",
            set={
                "basis_position": 400.0,
                "swap_position": 100.0,
                "calm_haircut": 0.005,
                "calm_margin": 0.005,
                "calm_buffer": 0.02,
                "spare_capital": 0.6,
            },
        ),
        caution="Without any rescue, and with the gain of the value set: the data of March 2020 do not determine it.",
        shows=("fill_share", "yield_dislocation", "hedge_fund_collateral"),
    ),
    Expectation(
        24,
        "not-a-date",
        "Vulnerability is not a date: with R above one and no spark the market stays calm.",
        vulnerable,
        bounds=(Bound("lowest_spiral_number", at_least=1), Bound("forced_share", at_most=1e-6), Bound("calm", at_least=1)),
        control=Control("a tenth of March 2020's shock", set={"shock_scale": 0.1}),
        caution="R counts what a sale would cause if the constraint bound; with slack nothing is sold, whatever R is.",
        shows=("spiral_number", "fill_share", "yield_dislocation"),
    ),
)
