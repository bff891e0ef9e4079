"""Sparks: the next crisis, the smallest spark that kills, and a year without one. The formulas of claims 22 to 24."""

import math

import numpy as np

from .record import between, collapses, forced_orders, forced_out

_CRISES = (1512.0, 3024.0, 4536.0, 6048.0)
_HUNDRED = {"calm_haircut": 0.000869565, "calm_margin": 0.00391304, "calm_buffer": 0.00391304}
_TWENTY = {"calm_haircut": 0.00434783, "calm_margin": 0.005, "calm_buffer": 0.0341304}


def _growth(values):
    """Return the smallest ratio of one value to the one before it; none where there is nothing to grow from."""
    pairs = list(zip(values, values[1:], strict=False))
    return min(later / earlier for earlier, later in pairs) if all(earlier > 1e-6 for earlier, _ in pairs) else None


def _works(run, time):
    """Tell whether a market functions at a time: nine tenths of orders are filled and volatility is below twice its calm level."""
    return np.interp(time, run.t, run["fill_share"]) > 0.9 and np.interp(time, run.t, run["perceived_volatility"]) < 2


def next_one(study):
    """How four crises with the same shock, each rescued, grow from one to the next over thirty years.

    The smallest ratio of one crisis to that before it, of the rise of the dislocation within half a year of the shock and of the bonds that
    funds are forced to give up in that time, sold or seized: at least 1 each, "bigger". Reported: the same of the trade on the eve, of what
    the central bank buys, and the first and last rise (bp), forced sales and trade (billion), the discount (bp) on the eve of the last, and
    in how many of the four the market works again after half a year: a crisis in which it does not was not rescued.
    """
    run = study.run("long-cycle")
    sold = forced_out(run)
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
        "rescued": float(sum(_works(run, start + 126) for start in _CRISES)),
        "last_eve": float(np.interp(_CRISES[-1], run.t, run["yield_dislocation"])),
    }


def _smallest(study, given):
    """Return the smallest shock, as a share of March 2020's, that kills a market without rescue: bisected from 1/64 to 2."""

    def kills(scale):
        return collapses(study.run("spark", set={**given, "shock_scale": scale}, span=(0.0, 126.0)))

    low, high = 1 / 64, 2.0
    if kills(low):
        return low
    if not kills(high):
        return math.inf
    while high > 1.02 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if kills(middle) else (middle, high)
    return high


def spark(study):
    """The smallest shock that kills the market without rescue, by size and by leverage of the trade, as a share of March 2020's.

    Found by bisection to two per cent, so that a ratio must differ from one by more than that: that of 2 trillion over that of 1.5 trillion
    at fifty times, and that of 100 over that of 20 times at 1.8 trillion, each at most 0.98. A small flame: a tenth of March 2020's shock
    kills 1.8 trillion at fifty times (1, else 0). Where the smallest shock tried, 1/64, kills, that is the number. In the control the trade
    has the size and capital of 2017, and the same flame must not kill it.
    """
    flame = collapses(study.run("spark"))
    if study.is_control:
        return {"flame_kills": flame, "by_size": None, "by_leverage": None}
    sizes = [_smallest(study, {"basis_position": size}) for size in (1500.0, 2000.0)]
    levers = [_smallest(study, given) for given in (_TWENTY, _HUNDRED)]
    return {
        "flame_kills": flame,
        "by_size": sizes[1] / sizes[0],
        "by_leverage": levers[1] / levers[0],
        "at_1500": sizes[0],
        "at_2000": sizes[1],
        "at_20_times": levers[0],
        "at_100_times": levers[1],
    }


def vulnerable(study):
    """What funds must sell in a year without any shock, 1.8 trillion at a hundred times, where the spiral number is above one.

    The number is that in closed form, as if the constraint bound. Where it is below 1.5 at the opening, the price response is scaled up until
    it is 1.5, so that both value sets have what the claim speaks of; it must stay at least 1 all year. What funds are forced to sell in the
    year, as a share of the trade: at most 1e-6, as in any calm market. The market's outcome: 1 where it was calm throughout, else 0.
    Reported: the number and the largest overhang (position beyond what wealth carries, billion) at the opening, and the discount (log) that
    dealers' bids begin with: where either is above zero, the year does not begin at rest.
    """
    given = {**_HUNDRED, "shock_scale": 0.0}
    opening = float(study.run("spark", set=given, span=(0.0, 1.0))["spiral_number"][0])
    run = study.run("spark", set={**given, "price_impact": max(1.0, 1.5 / opening)}, span=(0.0, 252.0))
    return {
        "lowest_spiral_number": float(run["spiral_number"].min()),
        "forced_share": float(np.trapezoid(forced_orders(run), run.t)) / float(run["hedge_fund_collateral"][0]),
        "calm": 1.0 if run.outcomes["market"].code == "calm" else 0.0,
        "opening_spiral_number": float(run["spiral_number"][0]),
        "opening_overhang": max(float(run[f"overhang[{cohort}]"][0]) for cohort in ("levered", "moderate", "swap")),
        "opening_target_discount": float(run["target_discount"][0]),
    }
