"""March 2020 and April 2025 against the data, on their own dates."""

import numpy as np

from sd_basis.figures.paths import on_grid
from sd_basis.figures.style import panels

from .comparing import AFTERNOON, SETS, UNIDENTIFIED, against, futures, moved, remark, reported_shorts, since

COLUMNS = {"2y": "DGS2", "5y": "DGS5", "10y": "DGS10", "30y": "DGS30"}
BASIS_POINTS = 1e4
SOLD, UNWOUND = 173.0, 232.0  # Form PF, facts 1.5: net sales of Treasuries and cut of short derivatives in March 2020


def march_2020(context):
    """March 2020 against the data on its own dates, in both value sets."""
    case = context.case("march-2020")
    runs = {values: on_grid(context.run("march-2020", values=values), 801) for values in SETS}
    zero, last = case.time("figure", "2020-03-09") + AFTERNOON, case.time("figure", "2020-05-15")
    dates = [(_begins(runs, "purchases"), "purchases")]
    figure, axes = panels(8, columns=2, height=1.95, labels=0.85)
    table: dict = {}

    def fill(place, title, data, line, first=0.0, **options):
        against(axes[place], table, title, data, runs, line, first, last, dates, **options)

    weights = _weights(next(iter(runs.values())))
    fill(
        0,
        "average yield of the trade, by DV01, since 9 March (bp)",
        _yields(context, "march-2020", weights, zero),
        lambda run: moved(run, run["yield_dislocation"] - _news(run), zero),
        zero,
        thin=lambda run: moved(run, run["yield_dislocation"], zero),
    )
    fill(
        1,
        "ten-year yield since 9 March (bp)",
        _yields(context, "march-2020", {"10y": 1.0}, zero),
        lambda run: moved(run, run["tenor_yield[10y]"] - _news(run), zero),
        zero,
        thin=lambda run: moved(run, run["tenor_yield[10y]"], zero),
    )
    fill(
        2,
        "dealers' net Treasuries (billion)",
        context.data("primary_dealer_net_positions_weekly.csv", "All USTs", "march-2020"),
        lambda run: run["dealer_inventory"],
    )
    times, shorts = reported_shorts(context, "march-2020")
    fill(
        3,
        "leveraged funds' futures short since 25 February (billion)",
        since(times, shorts, times[0]),
        lambda run: moved(run, futures(run), times[0]),
    )
    march, april = case.time("figure", "2020-03-02"), case.time("figure", "2020-04-01")
    fill(4, "funds' Treasuries since 1 March (billion)", ([april], [-SOLD]), lambda run: moved(run, run["hedge_fund_collateral"], march), error=False)
    fill(
        5,
        "funds' short contracts since 1 March, with swaps (billion)",
        ([april], [-UNWOUND]),
        lambda run: moved(run, run["futures_short"], march),
        error=False,
    )
    # purchases settle on the next trading day, and weekly levels are Wednesday's close
    start = case.time("figure", "2020-03-11")
    fill(
        6,
        "central bank's Treasuries since 11 March (billion)",
        since(*context.data("fed_balance_sheet_weekly.csv", "TREAST_wedlevel", "march-2020"), start),
        lambda run: moved(run, run["central_bank_bonds"], start),
    )
    fill(
        7,
        "central bank's repo since 11 March (billion)",
        since(*context.data("fed_balance_sheet_weekly.csv", "repo_wedlevel", "march-2020"), start),
        lambda run: moved(run, run["central_bank_repo"], start),
    )
    said = (
        "Dots: data. Dashed: purchases begin; they settle a day later. Yields: solid with the news of the case, dotted the dislocation alone. "
        "Fund sales and cuts of shorts: what Form PF reports for the whole of March."
    )
    return remark(figure, said, f"{UNIDENTIFIED}."), table


def april_2025(context):
    """April 2025 against the data on its own dates: nothing was fitted to it."""
    case = context.case("april-2025")
    runs = {values: on_grid(context.run("april-2025", values=values), 801) for values in SETS}
    zero, last = case.time("figure", "2025-04-02"), case.time("figure", "2025-05-30")
    dates = [(_begins(runs, "pause"), "pause")]
    figure, axes = panels(6, columns=2, height=1.95, labels=0.85)
    table: dict = {}

    def fill(place, title, data, line, first=0.0):
        against(axes[place], table, title, data, runs, line, first, last, dates)

    for place, (tenor, name) in enumerate((("5y", "five-year"), ("10y", "ten-year"), ("30y", "thirty-year"))):
        fill(
            place,
            f"{name} yield since 2 April (bp)",
            _yields(context, "april-2025", {tenor: 1.0}, zero + AFTERNOON),
            lambda run, tenor=tenor: moved(run, run[f"tenor_yield[{tenor}]"] - _news(run), zero + AFTERNOON),
            zero + AFTERNOON,
        )
    fill(
        3,
        "dealers' net Treasuries (billion)",
        context.data("primary_dealer_net_positions_weekly.csv", "All USTs", "april-2025"),
        lambda run: run["dealer_inventory"],
    )
    times, shorts = reported_shorts(context, "april-2025")
    fill(4, "leveraged funds' futures short since 25 March (billion)", since(times, shorts, times[0]), lambda run: moved(run, futures(run), times[0]))
    fill(
        5,
        "foreign officials' Treasuries since 2 April (billion)",
        since(*context.data("fed_balance_sheet_weekly.csv", "foreign_custody_treasuries_wedlevel", "april-2025"), zero),
        lambda run: moved(run, run["other_holder_bonds[foreign]"], zero),
    )
    said = "Dots: data; foreign officials' are those in custody at the central bank. Dashed: the pause. Nothing was fitted to this episode."
    return remark(figure, said, f"{UNIDENTIFIED}."), table


def _begins(runs, name: str) -> float:
    run = next(iter(runs.values()))
    return next(action.start for action in run.path.schedule.actions if action.name == name)


def _weights(run) -> dict[str, float]:
    """Return the trade's DV01 by tenor, which sums to one."""
    dv01 = {tenor: float(run[f"tenor_dv01[{tenor}]"][0]) for tenor in COLUMNS}
    return {tenor: value / sum(dv01.values()) for tenor, value in dv01.items()}


def _news(run):
    """Return by how many basis points news lowered the average yield: the rise of fundamental value over the duration."""
    price = 1.0  # face; DV01 is in billions for a basis point of the whole position
    duration = sum(run[f"tenor_dv01[{tenor}]"][0] for tenor in COLUMNS) * BASIS_POINTS / (price * run["hedge_fund_collateral"][0])
    return BASIS_POINTS * run["fundamental_value"] / duration


def _yields(context, case: str, weights: dict[str, float], zero: float):
    """Return model times and a weighted average of the yields, in basis points since a time, from that day on."""
    columns = {tenor: context.data("treasury_yields_daily.csv", COLUMNS[tenor], case) for tenor in weights}
    times = np.array(next(iter(columns.values()))[0]) + AFTERNOON
    mean = sum(weight * 100 * np.array(columns[tenor][1]) for tenor, weight in weights.items())
    times, values = since(times, mean, zero)
    inside = times >= zero - 1e-9
    return times[inside], values[inside]
