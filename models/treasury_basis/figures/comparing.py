"""What the figures share: colours, the remark of the counterfactuals, and panels that hold runs against data."""

from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np

from sd_basis import Run
from sd_basis.figures.style import BLUE, GREEN, ORANGE, QUIET, VERMILLION, dated_axis, end_labels, footer, note, panel, policy_lines, settle
from sd_basis.series import read_columns

OUTCOMES = {"rescued": BLUE, "collapsed": VERMILLION, "calm": GREEN, "partial": ORANGE}
SETS = {"supercritical": VERMILLION, "subcritical": BLUE}
AFTERNOON = 2 / 3  # a day's yield is that of its afternoon
HEDGED = ("levered", "moderate")  # the cohorts that are short futures; the third is short swaps
UNIDENTIFIED = (
    "The data do not identify the share of the futures' gain that reaches funds in cash (phi), how far futures follow (rho), "
    "how fast funds sell, when they default, and hoarding"
)
REMARK = f"{UNIDENTIFIED}: what follows a later start, or none, rests on assumed values."


def remark(figure, first: str = "", then: str = REMARK):
    """Write what a figure must say below it, after a sentence of its own, and return the figure."""
    footer(figure, f"{first} {then}".strip())
    return figure


def since(times, values, start: float):
    """Return times and the change of values since a time."""
    return np.array(times), np.array(values) - np.interp(start, times, values)


def moved(run: Run, line, start: float):
    """Return the change of a line along a run since a time."""
    return line - np.interp(start, run.t, line)


def futures(run: Run):
    """Return the funds' short futures along a run, without the swaps of the third cohort."""
    return sum(run[f"futures_short[{cohort}]"] for cohort in HEDGED)


def reported_shorts(context, case: str):
    """Return model times and leveraged funds' gross short futures of all tenors, in billions."""
    shorts: dict[float, float] = defaultdict(float)
    for time, value in zip(*context.data("cftc_traders_in_financial_futures_weekly.csv", "lev_short_usd_bn", case), strict=True):
        shorts[time] += value
    return np.array(list(shorts)), np.array(list(shorts.values()))


def observed(context, file: str, series: str, case: str):
    """Return model times and values of one of the derived series, within the case."""
    path, found = context.file(file), context.case(case)
    days, values = read_columns(path, "date", "value")
    names, _ = read_columns(path, "series", "value")
    pairs = [(found.time(file, day), value) for day, name, value in zip(days, names, values, strict=True) if name == series]
    return [time for time, _ in pairs], [value for _, value in pairs]


def against(own, table: dict, title: str, data, runs: Mapping[str, Run], line: Callable, last: float, dates=(), *, error=True, raw=None):
    """Fill a panel with data as dots and a line of each value set's run, and say the root mean squared errors.

    `line` makes the line of a run, shown until `last`; `raw` are further data, as crosses; `dates` are (time, name) of policies.
    """
    times, values = (np.array(column) for column in data)
    times, values = times[times <= last], values[times <= last]
    panel(own, title)
    case = next(iter(runs.values())).case
    labels, errors = [], []
    for name, run in runs.items():
        shown, along = run.t <= last, line(run)
        own.plot(run.t[shown], along[shown], color=SETS[name])
        table[f"{title}, {name}: time (day)"], table[f"{title}, {name}"] = run.t[shown], along[shown]
        misfit = np.interp(times, run.t, along) - values
        errors.append(f"{name} {np.sqrt(np.mean(misfit**2)):.3g}" if error else f"{name} {misfit[-1] + values[-1]:.3g}")
        labels.append((last, float(np.interp(last, run.t, along)), name, SETS[name]))
    if raw is not None:
        early = raw[0] <= last
        own.plot(raw[0][early], raw[1][early], linestyle="none", marker="x", markersize=2.4, markeredgewidth=0.6, color=QUIET, zorder=2)
        table[f"{title}, uncorrected data: time (day)"], table[f"{title}, uncorrected data"] = raw[0][early], raw[1][early]
    own.plot(times, values, linestyle="none", marker="o", markersize=3, markerfacecolor="white", markeredgecolor=QUIET, zorder=3)
    table[f"{title}, data: time (day)"], table[f"{title}, data"] = times, values
    dated_axis(own, case, 0.0, last)
    settle(own)
    policy_lines(own, dates, names=False)
    note(own, f"RMSE: {', '.join(errors)}" if error else f"data {values[-1]:.3g}; {', '.join(errors)}")
    end_labels(own, labels, room=0.8)
