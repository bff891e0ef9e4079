"""March 2020 and April 2025 against the data, on their own dates."""

import numpy as np

from sd_basis.figures.paths import on_grid
from sd_basis.figures.style import panels

from .comparing import AFTERNOON, SETS, UNIDENTIFIED, against, futures, moved, observed, remark, reported_shorts, since

SOLD, UNWOUND = 173.0, 232.0  # Form PF, facts 1.5: net sales of Treasuries and cut of short derivatives in March 2020
SPREAD_SOLD = 60.0  # Monin 2026, facts 4


def march_2020(context):
    """March 2020 against the data on its own dates, in both value sets."""
    case = context.case("march-2020")
    runs = {values: on_grid(context.run("march-2020", values=values), 801) for values in SETS}
    zero, last = case.time("figure", "2020-03-10"), case.time("figure", "2020-05-15")  # the rally of 9 March was news
    dates = [(_begins(runs, "purchases"), "purchases")]
    figure, axes = panels(8, columns=2, height=1.95, labels=0.85)
    table: dict = {}

    def fill(place, title, data, line, **options):
        against(axes[place], table, title, data, runs, line, last, dates, **options)

    for place, (tenor, title, line) in enumerate(
        (
            ("dv01", "average dislocation beyond purchases' lasting effect (bp)", "excess_yield"),
            ("10y", "dislocation of the ten-year yield (bp)", "tenor_yield[10y]"),
        )
    ):
        fill(
            place,
            title,
            _after(zero, observed(context, "observed_2020.csv", f"dislocation[{tenor}]", "march-2020")),
            lambda run, line=line: run[line],
            raw=_after(zero, observed(context, "observed_2020.csv", f"yield_change[{tenor}]", "march-2020")),
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
        "Dots: data. Dashed: purchases begin; they settle a day later. Dislocation: the yield less what policy expectations explain "
        "since 6 March; crosses: without that correction. "
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

    def fill(place, title, data, line, **options):
        against(axes[place], table, title, data, runs, line, last, dates, **options)

    for place, tenor in enumerate(("10y", "30y")):
        fill(
            place,
            f"dislocation of the {'ten' if tenor == '10y' else 'thirty'}-year yield since 2 April (bp)",
            _after(zero, observed(context, "observed_2025.csv", f"dislocation[{tenor}]", "april-2025")),
            lambda run, tenor=tenor: moved(run, run[f"tenor_yield[{tenor}]"], zero),
            raw=_after(zero, observed(context, "observed_2025.csv", f"yield_change[{tenor}]", "april-2025")),
        )
    fill(
        2,
        "dealers' net Treasuries (billion)",
        context.data("primary_dealer_net_positions_weekly.csv", "All USTs", "april-2025"),
        lambda run: run["dealer_inventory"],
    )
    times, shorts = reported_shorts(context, "april-2025")
    fill(3, "leveraged funds' futures short since 25 March (billion)", since(times, shorts, times[0]), lambda run: moved(run, futures(run), times[0]))
    fill(
        4,
        "foreign officials' Treasuries since 2 April (billion)",
        since(*context.data("fed_balance_sheet_weekly.csv", "foreign_custody_treasuries_wedlevel", "april-2025"), zero),
        lambda run: moved(run, run["other_holder_bonds[foreign]"], zero),
    )
    fill(
        5,
        "swap-spread trade's Treasuries since 2 April (billion)",
        ([case.time("figure", "2025-04-16")], [-SPREAD_SOLD]),
        lambda run: moved(run, run["hedge_fund_collateral[swap]"], zero),
        error=False,
    )
    said = (
        "Dots: data; crosses: the plain change of the yield. Foreign officials': in custody at the central bank. Swap-spread trade: about 60 were unwound "
        "within days, the date is assumed. Dashed: the pause. Nothing was fitted to this episode."
    )
    return remark(figure, said, f"{UNIDENTIFIED}."), table


def _begins(runs, name: str) -> float:
    run = next(iter(runs.values()))
    return next(action.start for action in run.path.schedule.actions if action.name == name)


def _after(start: float, data):
    """Return data from a time on; those of a day are those of its afternoon."""
    times, values = (np.array(column) for column in data)
    return times[times >= start] + AFTERNOON, values[times >= start]
