"""Claims 10 to 12: dollars dry up, everything falls towards the origin, and the rescue within hours to tens of hours."""

from itertools import combinations

import numpy as np

from sd_basis import Bound, Control, Expectation

from .readings import AFTERNOON, DYSFUNCTION, HOURS, WORST, table, time_of

SHOWN_TWICE = "DXY, inverted"  # foreign currencies have two series; the broad index is taken


def dollars(study):
    """Dollars that are to be had, that are hoarded, and that there are, without a rescue.

    `lendable` is the smallest share of the calm dollars lenders are willing to lend that is left: a tenth or less is dry, as with quoted
    depth in March 2020. `all_dollars` is the smallest number of all dollars over that of the start: no less, but for one per cent.
    `hoarded` is the part of what is missing then that lenders hold and do not lend: the most of it, half.
    """
    run = study.run("no-rescue")
    lowest = int(np.argmin(run["dollar_liquidity"]))
    missing = run["dollar_liquidity"][0] - run["dollar_liquidity"][lowest]
    return {
        "lendable": float(run["dollar_liquidity"][lowest] / run["dollar_liquidity"][0]),
        "all_dollars": float(np.min(run["total_dollars"]) / run["total_dollars"][0]),
        "hoarded": float((run["hoarded_dollars"][lowest] - run["hoarded_dollars"][0]) / missing) if missing > 1 else None,
    }


def together(study):
    """Falls of seven other assets as it was, from 9 to 18 March 2020, against the falls known.

    `smallest_fall` is the smallest fall of an asset in per cent: all fall, and the least of the known falls is 5.7; half of it is asked for.
    `correlation` is the smallest correlation between two assets of their daily changes; one half is called together.
    `rank` is Spearman's correlation of their falls with those known (six assets: there is none for credit): 0.829 is its
    one-sided critical value at five per cent. `size` is the mean fall over that of the data, within a factor of two. `bottom` is
    the day of the lowest mean, in trading days from 9 March, within two days of the seventh, when yields peaked and gold, oil
    and currencies were lowest. `cash` is what a dollar buys of the assets then, equally weighted, over what it bought.
    """
    run = study.run("march-2020")
    names = [name for name in run.names if name.startswith("asset_discount[")]
    first, last = time_of(run, DYSFUNCTION), time_of(run, WORST)
    days = np.arange(first, last + 1) + AFTERNOON
    falls = np.array([np.interp(days, run.t, run[name]) for name in names])
    lost = 1 - np.exp(falls[:, 0] - falls[:, -1])
    daily = np.diff(falls)
    moved = daily.std(axis=1) > 1e-9
    pairs = [float(np.corrcoef(daily[one], daily[other])[0, 1]) for one, other in combinations(np.flatnonzero(moved), 2)]
    known = {
        row["asset"]: float(row["fall"])
        for row in table("asset_falls_2020.csv")
        if (row["from"], row["to"]) == (DYSFUNCTION, WORST) and row["series"] != SHOWN_TWICE
    }
    told = {name[15:-1]: fall for name, fall in zip(names, lost, strict=True) if name[15:-1] in known}
    ranks = [np.argsort(np.argsort([values[name] for name in told])) for values in (told, known)]
    mean = np.mean([run[name] for name in names], axis=0)
    lowest = int(np.argmax(mean))
    return {
        "smallest_fall": 100 * float(lost.min()),
        "correlation": min(pairs) if moved.all() else None,
        "rank": float(np.corrcoef(*ranks)[0, 1]) if moved.all() else None,
        "size": float(np.mean(list(told.values())) / np.mean([known[name] for name in told])),
        "bottom": float(run.t[lowest] - first - AFTERNOON),
        "cash": float(np.exp(mean[lowest])),
    }


def rescue(study):
    """The start of March 2020's purchases at which the market's outcome turns, and what was bought until it recovered.

    Hours are market hours, 24 a day, from 9 March, when dealers began to turn orders away; all that was done moves together.
    `recovers` is one where the market does as it was. `deadline` is the latest start with which the market recovers, to three hours, between one and 99: hours to tens of
    hours; infinite where purchases 20 days later still help, none where those of 2020 do not. `bought` are the central bank's
    purchases until the market recovers, in billions: hundreds of billions to trillions are 100 to 9,999. Reported, from what `timing` finds:
    `funds_deadline`, the same for the funds; `smallest_share`, the smallest multiple of 2020's purchases on 2020's dates with which the market
    recovers, to a hundredth, none where those of 2020 do not, `spent_then`, what they come to until it recovers, and `deadline_then`, the latest
    start of a tenth more than that, searched to 20 days later and to three hours.
    """
    run = study.run("march-2020")
    decision, first = run.outcomes["market"], time_of(run, DYSFUNCTION)
    numbers = {"recovers": float(decision.code in ("rescued", "calm")), "bought": 0.0, "deadline": None, "recovered": None}
    if decision.code in ("rescued", "calm"):
        bonds = run["central_bank_bonds"]
        numbers["bought"] = float(np.interp(decision.time, run.t, bonds) - bonds[0])
        numbers["recovered"] = HOURS * (decision.time - first)
        turn = study.turning("march-2020", 0, 20, group="market", xtol=0.125)
        start = next((action.start for action in run.path.schedule.actions if action.name == "purchases"), None)
        if start is not None:
            numbers["deadline"] = np.inf if turn is None else HOURS * (start + turn.low - first)
            funds = study.turning("march-2020", 0, 20, group="funds", xtol=0.125)
            numbers["funds_deadline"] = np.inf if funds is None else HOURS * (start + funds.low - first)
            numbers |= _smallest(study, start - first)
    return numbers


def _smallest(study, start):
    """Return the smallest share of the purchases that suffices, what it comes to, and the latest start of a tenth more."""

    def runs(share):
        return study.run("march-2020", set={"purchase_size": share})

    low, high = 0.0, 1.0
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (low, middle) if runs(middle).outcomes["market"].code in ("rescued", "calm") else (middle, high)
    bonds, decision = runs(high)["central_bank_bonds"], runs(high).outcomes["market"]
    turn = study.turning("march-2020", 0, 20, group="market", xtol=0.125, set={"purchase_size": 1.1 * high})
    return {
        "smallest_share": high,
        "spent_then": float(np.interp(decision.time, runs(high).t, bonds) - bonds[0]),
        "deadline_then": np.inf if turn is None else HOURS * (start + turn.low),
    }


CLAIMS = (
    Expectation(
        10,
        "dollars-dry-up",
        "Dollars dry up although their number does not fall: those who hold them keep them.",
        dollars,
        bounds=(Bound("lendable", at_most=0.1), Bound("all_dollars", at_least=0.99), Bound("hoarded", at_least=0.5)),
        control=Control("nobody hoards", set={"hoarding_on": 0}),
        caution="Hoarding is assumed: no data of March 2020 show how far it would have gone.",
        shows=("dollar_liquidity", "hoarded_dollars", "total_dollars"),
    ),
    Expectation(
        11,
        "centripetal",
        "Everything falls together towards the origin when dollars are scarce, and cash buys the bottom.",
        together,
        bounds=(
            Bound("smallest_fall", at_least=2.8, unit="%"),
            Bound("correlation", at_least=0.5),
            Bound("rank", at_least=0.829),
            Bound("size", at_least=0.5, at_most=2),
            Bound("bottom", at_least=5, at_most=9, unit="day"),
        ),
        control=Control("the scarcity of dollars reaches no other asset", set={"asset_scale": 0}),
        caution="Sensitivities come from calm volatility and ownership; one scale for all assets may be fitted. One scarcity moves all, "
        "so that they fall together is built in; how far, in which order and when is not.",
        shows=("asset_price[sp500]", "asset_price[gold]", "asset_price[oil]", "dollar_index"),
    ),
    Expectation(
        12,
        "hours",
        "A rescue helps within hours to tens of hours and takes hundreds of billions to trillions.",
        rescue,
        bounds=(
            Bound("recovers", at_least=1),
            Bound("deadline", at_least=1, at_most=99, unit="hours"),
            Bound("bought", at_least=100, at_most=9999, unit="billion face"),
        ),
        control=Control("offers of repo and swap lines alone, as announced on 12 and 15 March", case="announcements"),
        caution="The deadline counts from 9 March 2020 and rests on assumed values; the purchases of 2020 began 96 hours after it and only later starts are searched, so that tens of hours leaves three.",
        shows=("fill_share", "yield_dislocation", "central_bank_bonds"),
    ),
)
