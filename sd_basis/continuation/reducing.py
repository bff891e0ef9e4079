"""What is solved for: the stocks that rates depend on, the directions in which flows can move them, the spans of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sympy.polys.domains import QQ
from sympy.polys.matrices import DomainMatrix

from ..compiled import Compiled
from ..errors import InputError
from ..families import Members
from ..model import Model
from ..quantities import TIME, Parameter, Stock, finite_number


def frozen_stocks(model: Model, where: str, given: Iterable[Any]) -> list[Stock]:
    """Return the stocks of names; the bare name of a family stands for all its members. Raise InputError with the nearest names."""
    found: list[Stock] = []
    for item in (given,) if isinstance(given, (str, Stock)) else given:
        members = list(item) if isinstance(item, Members) else [stock for stock in model.stocks if stock.name.startswith(f"{item}[")]
        found += [model.quantity(member, where, Stock) for member in members or [item]]
    return list(dict.fromkeys(found))


def kept_stocks(functions: Compiled, where: str, held: Sequence[int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the places of the stocks to solve for, and the names of those left out because no rate of the rest depends on them."""
    rows, columns = functions.pattern
    stocks = functions.model.stocks
    left = [place for place in range(len(stocks)) if place not in held]
    dropped: list[int] = []
    while left:
        inside = set(left)
        wanted = {int(column) for row, column in zip(rows, columns, strict=True) if int(row) in inside}
        idle = [place for place in left if place not in wanted]
        if not idle:
            break
        dropped += idle
        left = [place for place in left if place in wanted]
    if not left:
        raise InputError(f"{where}: no rate depends on a stock that may move, so that there is nothing to bring to rest; freeze fewer stocks")
    return np.array(left), tuple(stocks[place].name for place in sorted(dropped))


def check_rates(functions: Compiled, where: str, kept: np.ndarray, over: Sequence[Parameter]) -> None:
    """Raise InputError where the rates of the stocks solved for depend on time, or not on a parameter."""
    net = functions.system.derivatives()
    rests = functions.model.rests_on([net[place] for place in kept])
    if TIME in rests or not rests.isdisjoint(functions.model.series):
        raise InputError(f"{where}: its rates depend on TIME or a series, so that nothing is at rest; replace it by a parameter")
    for item in over:
        if item not in rests:
            raise InputError(f"{where}: no rate of a stock that is solved for depends on {item.name!r}; choose another parameter")


def reachable(functions: Compiled, kept: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Return an orthonormal basis of what flows can move, in scaled stocks, and the conserved totals as weights of stocks."""
    incidence = functions.system.incidence[kept].T
    null = DomainMatrix([[QQ(int(entry)) for entry in row] for row in incidence], incidence.shape, QQ).nullspace()
    weights = np.array([[float(entry) for entry in row] for row in null.to_Matrix().tolist()]).reshape(null.shape[0], len(kept))
    totals = [{functions.model.stocks[place].name: float(weight) for place, weight in zip(kept, row, strict=True) if weight} for row in weights]
    if not totals:
        return np.eye(len(kept)), totals
    scaled = weights * size
    scaled /= np.max(np.abs(scaled), axis=1)[:, None]
    return np.linalg.svd(scaled)[2][len(totals):].T, totals


def limits(where: str, over: Sequence[Parameter], spans: Sequence[tuple]) -> tuple[np.ndarray, np.ndarray]:
    """Return the beginnings and the widths of the spans of parameters; raise InputError for one that cannot be."""
    low, width = [], []
    for item, span in zip(over, spans, strict=True):
        try:
            first, last = (finite_number(f"{where}, span of {item.name}", value) for value in span)
        except TypeError:
            raise InputError(f"{where}, span of {item.name}: {span!r} is not a pair; give (low, high)") from None
        if not last > first:
            raise InputError(f"{where}, span of {item.name}: its end {last:g} is not above its beginning {first:g}; give (low, high)")
        for value in (first, last):
            item.check(value, f"{where}, span")
        low.append(first)
        width.append(last - first)
    return np.array(low), np.array(width)
