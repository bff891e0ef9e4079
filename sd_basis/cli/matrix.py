"""The balance-sheet matrix at the start of a case: instruments by sectors, assets + and liabilities -."""

from __future__ import annotations

import sympy

from ..case import Case
from ..errors import InputError
from ..quantities import Quantity
from ..schedule import schedule
from ..simulation import simulate
from ..system import System
from .output import narrow, table
from .request import Request


def matrix(asked: Request, case: Case) -> str:
    """Return the matrix priced at the initial state; raise InputError for a model without sectors.

    A claim's row sums to zero, since somebody owes what another holds; a real asset's does not.
    A column sums to the sector's net worth.
    """
    model = asked.model
    if not model.sectors:
        raise InputError(f"model {model.name!r}: it has no balance sheets; give its stocks holder= and instrument=")
    start, end = (plan := schedule(model, case, set=asked.set)).start, plan.end
    # the shortest run there is: the initial state with every price, by the same door as any run
    run = simulate(model, case, set=asked.set, span=(start, start + 1e-9 * (end - start)))

    def price(value) -> float:
        return float(run[value][0]) if isinstance(value, Quantity) else float(sympy.sympify(value))

    system = System(model)
    held: dict[tuple, float] = {}
    for sector in model.sectors:
        for stock, sign in system.positions(sector):
            key = stock.instrument, sector
            held[key] = held.get(key, 0.0) + sign * price(stock.instrument.price) * float(run[stock][0])
    rows = [[instrument.name, *(_signed(held.get((instrument, sector))) for sector in model.sectors),
             _signed(_sum(held.get((instrument, sector)) for sector in model.sectors))] for instrument in system.instruments]
    worth = [_sum(held.get((instrument, sector)) for instrument in system.instruments) for sector in model.sectors]
    rows.append(["net worth", *map(_signed, worth), _signed(_sum(worth))])
    head = f"{model.name}, {case.name}: balance sheets at {run.when(start)}"
    return f"{head}\n\n{table(['instrument', *(narrow(sector.name, 12) for sector in model.sectors), 'sum'], rows)}"


def _sum(values) -> float:
    """Return a sum in which what is only rounding counts as zero."""
    known = [value for value in values if value is not None]
    total = sum(known)
    return 0.0 if abs(total) <= 1e-12 * max(map(abs, known), default=0.0) else total


def _signed(value: float | None) -> str:
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:+.6g}"
