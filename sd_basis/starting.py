"""How the initial state moves with parameters and with initial stocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy

from .codegen import scalar_function
from .collecting import initial_order
from .errors import InputError
from .quantities import Quantity, Stock
from .run import Run


def initial_slopes(run: Run, varied: Sequence[Any]) -> np.ndarray:
    """Return d initial stock / d varied (stocks, varied), by the chain rule along the initial values.

    A stock that was given a value moves with nothing but itself; raises InputError for a run that begins at an equilibrium.
    """
    model, path = run.model, run.path
    if run.begins == "equilibrium":
        raise InputError("sensitivities: the run begins at an equilibrium, which moves with everything; give it as initial=equilibrium(...)")
    values: dict[Quantity, float] = dict(zip(model.stocks, map(float, path.course.switches[0].x), strict=True))
    values |= {quantity: path.schedule.base[place] for quantity, place in model.input_places.items()}
    slopes: dict[Quantity, np.ndarray] = {quantity: np.zeros(len(varied)) for quantity in model.input_places}
    for column, item in enumerate(varied):
        if isinstance(item, Quantity) and item in slopes:
            slopes[item][column] = 1.0
    for quantity in initial_order(model):
        given = isinstance(quantity, Stock) and quantity.name in run.given
        expression = quantity.initial if isinstance(quantity, Stock) else quantity.expression
        symbols = sorted(expression.free_symbols, key=str)
        arguments = [values.get(symbol, path.schedule.start) for symbol in symbols]  # what has no value is TIME
        own = np.zeros(len(varied))
        for symbol in symbols if not given else ():
            if np.any(slopes.get(symbol, 0.0)):
                own = own + slopes[symbol] * float(scalar_function(model.name, symbols, sympy.diff(expression, symbol))(*arguments))
        if isinstance(quantity, Stock):
            own = own + np.array([float(item == quantity) for item in varied])
        else:
            values[quantity] = float(scalar_function(model.name, symbols, expression)(*arguments))
        slopes[quantity] = own
    return np.array([slopes[stock] for stock in model.stocks])
