"""The matrices of Godley and Lavoie for a run: balance sheets, transactions and revaluation, in numbers.

Rows are instruments or flows, columns sectors; + raises a sector's net worth, - lowers it. Net worth
at the end is that at the start plus the column sums of transactions and of revaluation. The balance
sheet reads the states, the other two are integrated over the solver's interpolants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .accounts import Matrix, Term, filled, gains, holdings, movements, structure
from .errors import InputError
from .model import Model
from .path import Path
from .quadrature import nodes
from .quantities import Flow, Quantity, Stock
from .run import Run

__all__ = ["Matrix", "balance_sheet", "net_worth", "revaluation", "structure", "transactions"]


def balance_sheet(run: Run, at: Any = None) -> Matrix:
    """Return instruments by sectors at a model time or date, by default at the end; at a switch, after it."""
    form, terms = holdings(run.model)
    time = _time(run, "balance sheet", run.path.t[-1] if at is None else at)
    moment = np.array([time])
    x, segment = run.path.at(moment)
    value = _values(run.path, x, run.path.evaluate(run.path.compiled.observe, moment, x, segment))
    form = replace(form, title=f"balance sheets at {run.when(time)}", unit=_money(run.model))
    return filled(form, {term: float((value(term.instrument.price) * value(term.quantity))[0]) for term in terms})


def transactions(run: Run, start: Any = None, end: Any = None) -> Matrix:
    """Return flows by sectors, at the prices of the balance sheet, integrated over the run or from `start` to `end`.

    What passes in an impulse is valued between the prices before and after it.
    """
    form, terms = movements(run.model)
    first, last = _window(run, "transactions", start, end)
    points = nodes(run.path, first, last)
    value = _values(run.path, points.x, points.values(run.path.compiled.observe))
    pairs = dict.fromkeys((term.instrument.price, term.quantity) for term in terms)
    moved = {(price, flow): float(points.integrals(value(price) * value(flow)).sum()) for price, flow in pairs}
    passed, switches = _passed(run.path, first, last), _switches(run.path, first, last)
    whole = _values(run.path, run.path.x, run.path.computed)
    for price, flow in pairs:
        moved[price, flow] += float((_middle(whole(price), switches) * passed[flow]).sum())
    form = replace(form, title=f"transactions {_from_to(run, first, last)}", unit=_money(run.model))
    return filled(form, {term: moved[term.instrument.price, term.quantity] for term in terms})


def revaluation(run: Run, start: Any = None, end: Any = None) -> Matrix:
    """Return instruments by sectors: holdings times price changes, over the run or from `start` to `end`.

    A price that a switch moves at once is in it, at the holdings of that moment.
    """
    form, terms = gains(run.model)
    first, last = _window(run, "revaluation", start, end)
    points = nodes(run.path, first, last)
    speeds = dict(zip(run.path.compiled.system.instruments, points.rates(run.path.compiled.prices), strict=True))
    held, whole = _values(run.path, points.x), _values(run.path, run.path.x, run.path.computed)
    switches = _switches(run.path, first, last)

    def change(term: Term) -> float:
        jumps = _jump(whole(term.instrument.price), switches) * _middle(whole(term.quantity), switches)
        return float(points.integrals(held(term.quantity) * speeds[term.instrument]).sum() + jumps.sum())

    form = replace(form, title=f"revaluation {_from_to(run, first, last)}", unit=_money(run.model))
    return filled(form, {term: change(term) for term in terms})


def net_worth(run: Run, start: Any = None, end: Any = None) -> Matrix:
    """Return how net worth moved, by sectors: at the start, transactions, revaluation, at the end.

    The last row is read from the states: what the others miss of it is the error of the integration.
    """
    first, last = _window(run, "net worth", start, end)
    parts = balance_sheet(run, first), transactions(run, first, last), revaluation(run, first, last), balance_sheet(run, last)
    sectors = parts[0].columns
    return Matrix("net_worth", f"net worth {_from_to(run, first, last)}", ("at the start", "transactions", "revaluation", "at the end"), sectors,
                  tuple(part.column_sums[:len(sectors)] for part in parts), unit=_money(run.model))


def _time(run: Run, where: str, given: Any) -> float:
    """Return a model time within the run; raise InputError for another."""
    time = run.case.time(where, given)
    first, last = run.path.t[0], run.path.t[-1]
    if not first <= time <= last:
        raise InputError(f"{where}: {given} lies outside the run, {run.when(first)} to {run.when(last)}; give a time inside it")
    return float(time)


def _window(run: Run, where: str, start: Any, end: Any) -> tuple[float, float]:
    """Return a window within the run; raise InputError for one that is not."""
    first = _time(run, where, run.path.t[0] if start is None else start)
    last = _time(run, where, run.path.t[-1] if end is None else end)
    if last < first:
        raise InputError(f"{where}: the end {run.when(last)} is before the start {run.when(first)}; give a later end")
    return first, last


def _from_to(run: Run, first: float, last: float) -> str:
    return f"from {run.when(first)} to {run.when(last)}"


def _money(model: Model) -> str:
    """Return the unit of money: that of the stocks with price one, where they agree."""
    units = {stock.unit for stock in model.stocks if stock.instrument is not None and stock.instrument.price == 1}
    return (units.pop() or "") if len(units) == 1 else ""


def _values(path: Path, x: np.ndarray, computed: np.ndarray | None = None) -> Callable[[Any], np.ndarray]:
    """Return what gives a stock, a computed quantity or a number along states (times, stocks)."""
    stocks = {stock: place for place, stock in enumerate(path.compiled.system.stocks)}
    others = {quantity: place for place, quantity in enumerate(path.compiled.system.observables())}

    def value(item: Any) -> np.ndarray:
        if isinstance(item, Stock):
            return x[:, stocks[item]]
        return computed[others[item]] if isinstance(item, Quantity) else np.full(len(x), float(item))
    return value


def _switches(path: Path, first: float, last: float) -> np.ndarray:
    """Return the rows of the path just before the switches after `first` and up to `last`, as `Path.at` sees them."""
    before = np.flatnonzero(np.diff(path.segment))
    return before[(path.t[before] > first) & (path.t[before] <= last)]


def _jump(values: np.ndarray, switches: np.ndarray) -> np.ndarray:
    return values[switches + 1] - values[switches]


def _middle(values: np.ndarray, switches: np.ndarray) -> np.ndarray:
    return (values[switches + 1] + values[switches]) / 2


def _passed(path: Path, first: float, last: float) -> dict[Flow, np.ndarray]:
    """Return what passed through each flow in impulses at each of the switches that `_switches` returns."""
    before = np.flatnonzero(np.diff(path.segment))
    columns = np.flatnonzero((path.t[before] > first) & (path.t[before] <= last))
    flows = path.compiled.model.flows
    passed = np.zeros((len(flows), len(columns)))
    for column, place in enumerate(columns):
        for passing in path.course.switches[place + 1].kicks:
            amounts = path.compiled.amounts(path.t[before[place]], passing.x.tolist(), passing.inputs)
            for row, flow in path.compiled.kicked[passing.kick.impulse.name]:
                passed[flow, column] += amounts[row]
    return dict(zip(flows, passed, strict=True))
