"""The beginning of a run: the initial state, the size of each stock, the tolerances."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .case import Case
from .compiled import Compiled
from .errors import InputError
from .model import Model
from .quantities import Stock, finite_number
from .timeline import Schedule


def initial_state(model: Model, case: Case, functions: Compiled, plan: Schedule, own: Mapping) -> np.ndarray:
    """Return the stocks at the start of a run, given ones in place of declared ones; raise InputError for one that cannot be."""
    given = [-math.inf] * len(model.stocks)  # the declared initial value is wanted
    of_case = {} if isinstance(case.initial, str) else case.initial
    if of_case or own:
        for where, values in ((f"case {case.name!r}, initial", of_case), ("initial", own)):
            for name, value in values.items():
                stock = model.quantity(name, where, Stock)
                given[model.stocks.index(stock)] = finite_number(f"{where}, {stock.name}", value)
    try:
        x = [float(value) for value in functions.initial(plan.start, given, plan.base)]
    except (ArithmeticError, ValueError, TypeError) as error:
        raise InputError(f"model {model.name!r}: its initial values cannot be computed ({error}); mend a parameter or an initial value") from None
    for stock, value in zip(model.stocks, x, strict=True):
        if not math.isfinite(value):
            raise InputError(f"{stock.where}: its initial value is {value}; give a finite one")
        if stock.nonnegative and value < -1e-6 * max(stock.scale or 0.0, 1e-3):  # an undershoot that a run tolerates may begin the next
            raise InputError(f"{stock.where}: its initial value {value:g} is negative, but it is declared non-negative; give one that is not")
    return np.array(x)


def scales(model: Model, x: np.ndarray) -> list[float]:
    """Return the size of each stock: the declared scale, or its initial value, or that of the stocks its flows join, or one."""
    found = [stock.scale or abs(value) for stock, value in zip(model.stocks, x.tolist(), strict=True)]
    for place in [place for place, size in enumerate(found) if not size]:
        found[place] = max((found[other] for other in model.joined[place]), default=0.0) or 1.0
    return found


def tolerance_of(model: Model, x: np.ndarray, rtol: float, atol: float | Mapping | None) -> np.ndarray:
    """Return the absolute tolerance of each stock, by default rtol times its scale; raise InputError for one that is not positive."""
    tolerance = [rtol * size for size in scales(model, x)]
    if isinstance(atol, Mapping):
        for name, value in atol.items():
            tolerance[model.stocks.index(model.quantity(name, "atol", Stock))] = finite_number("atol", value)
    elif atol is not None:
        tolerance = [finite_number("atol", atol)] * len(tolerance)
    if not all(size > 0 for size in tolerance):
        raise InputError("atol: it is not positive; give a positive absolute tolerance in the stocks' units")
    return np.array(tolerance)
