"""Readings that the formulas share: values at dates, sums over cohorts, integrals and shares lost."""

import csv
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[1] / "data"
DYSFUNCTION = "2020-03-09"  # clock zero of the claims about March 2020: dealers began to turn orders away
WORST = "2020-03-18"  # yields peaked
MONTH_END = "2020-03-31"  # of the month that the surveys of funds cover
BASIS_POINTS = 1e4
AFTERNOON = 2 / 3  # H.15 yields and closes are those of 4 pm
HOURS = 24.0  # of a market day


def time_of(run, date):
    """Return the model time of a date in the run's case."""
    return run.case.time("claims", date)


def at(run, name, date):
    """Return a quantity at a date, between the solver's steps by a straight line."""
    return float(np.interp(time_of(run, date), run.t, total(run, name)))


def total(run, name):
    """Return a quantity along the run, for a family the sum over its members."""
    members = [member for member in run.names if member.startswith(f"{name}[") and member.endswith("]")]
    return sum(run[member] for member in members) if members else run[name]


def integral(run, values, end=None):
    """Return the integral of an array along the run, to a model time or to the end."""
    upto = run.t <= (run.t[-1] if end is None else end)
    return float(np.trapezoid(values[upto], run.t[upto]))


def days_until(run, reached):
    """Return the model time from the start at which a condition (an array) first holds, infinite where it never does."""
    return float(run.t[np.argmax(reached)] - run.t[0]) if np.any(reached) else np.inf


def share_lost(run, cohort, end=None):
    """Return the share of a cohort's bonds of the start that is sold or seized at a model time, by default the end."""
    bonds = run[f"hedge_fund_collateral[{cohort}]"]
    left = bonds[-1] if end is None else np.interp(end, run.t, bonds)
    return float(1 - left / bonds[0])


def table(name):
    """Return the rows of a data file as dictionaries of text."""
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))
