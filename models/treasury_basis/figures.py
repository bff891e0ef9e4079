"""The flagship's figures: rescue against collapse, later starts, and March 2020 against the data."""

from collections import defaultdict

import numpy as np

from sd_basis import turning_shift
from sd_basis.figures.paths import on_grid, paths
from sd_basis.figures.style import BLUE, GREEN, QUIET, VERMILLION, dated_axis, end_labels, footer, note, panel, panels, policy_lines, settle
from sd_basis.figures.wording import label

STARTS = (0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0)
COMPARED = ("yield_dislocation", "fill_share", "hedge_fund_collateral", "dollar_liquidity")
HALF_AN_HOUR = 1 / 48
OUTCOMES = {"rescued": BLUE, "collapsed": VERMILLION, "calm": GREEN}
SETS = {"supercritical": VERMILLION, "subcritical": BLUE}
REMARK = (
    "No data of March 2020 pin down how much of the futures' gain reached funds in cash, how fast they sell, or hoarding: "
    "what follows a later start rests on assumed values."
)


def rescue_and_collapse(context):
    """The same purchases begun half an hour before and half an hour after the critical start."""
    turn = turning_shift(context.model, context.case("march-2020"), 0.0, 4.0, xtol=1e-3)
    # rounded, so that the table does not hang on the last digits of a bisection
    before, after = (context.run("march-2020", shift=round(shift, 3)) for shift in (turn.low - HALF_AN_HOUR, turn.high + HALF_AN_HOUR))
    runs = {}
    for run in (before, after):
        runs[f"{run.outcome}: purchases from {run.when(_purchases(run))[5:]}"] = run
    names = ["yield_dislocation", "fill_share", "perceived_volatility", "dollar_liquidity", "hedge_fund_collateral", "fleeing"]
    figure, table = paths(runs, names, colours=[OUTCOMES.get(run.outcome, QUIET) for run in (before, after)], height=1.75)
    return _remark(figure), table


def later_starts(context):
    """Later starts of the same purchases: where the outcome turns, in both value sets."""
    figure, axes = panels(4, columns=2, height=2.3, labels=0.85)
    table = {}
    for row, values in enumerate(SETS):
        runs = [on_grid(context.run("march-2020", shift=shift, values=values)) for shift in STARTS]
        runs.append(on_grid(context.run("no-rescue", values=values)))
        for column, name in enumerate(("yield_dislocation", "hedge_fund_collateral")):
            own = axes[2 * row + column]
            panel(own, f"{values}: {label(context.model, name)}")
            labels = []
            for shift, run in zip((*STARTS, None), runs, strict=True):
                colour = OUTCOMES.get(run.outcome, QUIET)
                own.plot(run.t, run[name], color=colour, linewidth=1.1)
                text = "no purchases" if shift is None else f"{shift:+g} days" if shift else "as it was"
                labels.append((run.t[-1], run[name][-1], text, colour))
                table[f"{values}, {text}: time (day)"] = run.t
                table[f"{values}, {text}: {label(context.model, name)}"] = run[name]
            dated_axis(own, runs[0].case, runs[0].t[0], runs[0].t[-1])
            settle(own)
            if column == 0:
                note(own, "blue: rescued, orange: collapsed; labels: how much later purchases begin")
            end_labels(own, labels, room=0.8)
    return _remark(figure), table


def march_2020(context):
    """March 2020 against the data on its own dates; nothing here was fitted."""
    case = context.case("march-2020")
    runs = {values: on_grid(context.run("march-2020", values=values)) for values in SETS}
    zero, last = case.time("figure", "2020-03-09"), case.time("figure", "2020-05-15")
    figure, axes = panels(4, columns=2, height=2.3, labels=0.85)
    table = {}

    def compare(own, title, data, model_line):
        times, values = (np.array(column) for column in data)
        inside = times <= last
        times, values = times[inside], values[inside]
        own.plot(times, values, linestyle="none", marker="o", markersize=2.6, markerfacecolor="white", markeredgecolor=QUIET, zorder=3)
        panel(own, title)
        labels, errors = [], []
        for name, run in runs.items():
            line = model_line(run)
            own.plot(run.t, line, color=SETS[name])
            misfit = np.interp(times, run.t, line) - values
            errors.append(f"{name} {np.sqrt(np.mean(misfit**2)):.3g}")
            labels.append((last, float(np.interp(last, run.t, line)), name, SETS[name]))
            table[f"{title}, {name}: time (day)"] = run.t
            table[f"{title}, {name}"] = line
        table[f"{title}, data: time (day)"] = times
        table[f"{title}, data"] = values
        dated_axis(own, case, 0, last)
        settle(own)
        policy_lines(own, [(_purchases(run), "purchases")], names=False)
        note(own, f"RMSE: {', '.join(errors)}")
        end_labels(own, labels, room=0.8)

    def since(times, values, start):
        return times, np.array(values) - np.interp(start, times, values)

    def moved(name, start):
        return lambda run: run[name] - np.interp(start, run.t, run[name])

    times, yields = context.data("treasury_yields_daily.csv", "DGS10", "march-2020")
    # a day's yield is that of its afternoon; the rally before 9 March is news, which the model does not hold
    times, yields = (np.array(column)[np.array(times) >= zero] for column in (times, yields))
    compare(
        axes[0],
        "ten-year yield since 9 March (bp); model: dislocation only",
        since(times + 2 / 3, 100 * yields, zero + 2 / 3),
        moved("yield_dislocation", zero + 2 / 3),
    )
    compare(
        axes[1],
        "dealers' net Treasuries (billion)",
        context.data("primary_dealer_net_positions_weekly.csv", "All USTs", "march-2020"),
        lambda run: run["dealer_inventory"],
    )
    shorts = defaultdict(float)
    for time, value in zip(*context.data("cftc_traders_in_financial_futures_weekly.csv", "lev_short_usd_bn", "march-2020"), strict=True):
        shorts[time] += value
    compare(
        axes[2],
        "leveraged funds' futures short since 25 February (billion)",
        since(np.array(list(shorts)), list(shorts.values()), min(shorts)),
        moved("futures_short", min(shorts)),
    )
    # purchases settle on the next trading day, and weekly levels are Wednesday's close
    times, holdings = context.data("fed_balance_sheet_weekly.csv", "TREAST_wedlevel", "march-2020")
    start = case.time("figure", "2020-03-11")
    compare(
        axes[3], "central bank's Treasuries since 11 March (billion)", since(np.array(times), holdings, start), moved("central_bank_bonds", start)
    )
    return _remark(figure, "Dots: data. Dashed: purchases begin; they settle a day later. Values assumed by hand, no fit. "), table


def _purchases(run):
    """The model time at which the central bank begins to buy."""
    return next(action.start for action in run.path.schedule.actions if action.name == "purchases")


def _remark(figure, first=""):
    footer(figure, first + REMARK)
    return figure


FIGURES = {
    "rescue_against_collapse": rescue_and_collapse,
    "march_2020_against_data": march_2020,
    "later_starts": later_starts,
    "paths_calm": None,
    "paths_march-2020": None,
    "paths_no-rescue": None,
}
