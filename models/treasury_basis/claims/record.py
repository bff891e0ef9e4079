"""The record: how far a run lies from the data of the model's folder, and readings at dates and hours."""

from collections import defaultdict

import numpy as np

from sd_basis.series import read_columns

from .readings import DATA


def at(run, name, date, hour=0.0):
    """Return a quantity of a run on a date, at an hour given as a share of the day."""
    return float(np.interp(run.case.time("claims", date) + hour, run.t, run[name]))


def dated(run, file, column, first, last):
    """Return model times and values of a column of dated data from one date to another; rows of one date are added."""
    begin, end = (run.case.time(file, date) for date in (first, last))
    sums = defaultdict(float)
    for date, value in zip(*read_columns(DATA / file, "date", column), strict=True):
        if first <= date <= last and begin <= run.case.time(file, date) <= end:
            sums[run.case.time(file, date)] += value
    return np.array(list(sums)), np.array(list(sums.values()))


def ten_year(run):
    """Return the change of the ten-year yield along a run, in basis points: its dislocation less what fundamental value gained."""
    return run["tenor_yield[10y]"] - 1e4 * run["fundamental_value"] / run["trade_duration"]


def misfit(run, name, data, hour=0.0, change=False, factor=1.0):
    """Return the root mean square of a quantity, by name or along the run, less data; with `change` both count from the first date of the data."""
    times, values = data[0] + hour, factor * data[1]
    line = np.interp(times, run.t, run[name] if isinstance(name, str) else name)
    if change:
        times, values, line = times[1:], values[1:] - values[0], line[1:] - line[0]
    return float(np.sqrt(np.mean((line - values) ** 2)))


def between(run, name, first, last):
    """Return the integral of a quantity over a stretch of model time."""
    inside = (run.t >= first) & (run.t <= last)
    return float(np.trapezoid(run[name][inside], run.t[inside]))


def first_time(run, where, start=-np.inf):
    """Return the first time of a run from a start on at which a condition along `run.t` is met, infinite where it never is."""
    met = np.flatnonzero(where & (run.t >= start))
    return float(run.t[met[0]]) if len(met) else np.inf


def left_behind(run, where, start=-np.inf):
    """Return the time at which a condition along `run.t` is met for the last time, infinite where it still is at the end."""
    met = np.flatnonzero(where & (run.t >= start))
    if not len(met):
        return float(max(start, run.t[0]))
    return np.inf if met[-1] == len(run.t) - 1 else float(run.t[met[-1]])


def acted(run, policy):
    """Return the time at which a policy began to act, infinite where it never did."""
    return min((action.start for action in run.path.actions if action.name == policy), default=np.inf)


def forced_orders(run):
    """Return what all cohorts of funds must sell along a run, in billions of face value a day."""
    return sum(run[f"forced_orders[{cohort}]"] for cohort in ("levered", "moderate", "swap"))


def forced_out(run):
    """Return the bonds that all cohorts give up under force along a run, sold or seized, in billions of face value a day."""
    return run["fill_share"] * forced_orders(run) + sum(run[f"seizure[{cohort}]"] for cohort in ("levered", "moderate", "swap"))


def collapses(run):
    """Return 1 where the market of a run collapses, else 0."""
    return 1.0 if run.outcomes["market"].code == "collapsed" else 0.0
