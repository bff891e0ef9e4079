"""How the inputs in force respond: to parameters, to the dates of policies, and to time itself.

Policies replace parameters by expressions of parameters, series, TIME and START, one after the other; the
derivative of what is in force follows by the chain rule along the policies that act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import sympy

from .actions import Action
from .codegen import scalar_function
from .model import Model
from .quantities import START, TIME, Parameter, Quantity
from .series import Sampled
from .timeline import Segment


class Effects:
    """The derivatives of the inputs in force by what is varied (columns), with a last column for time.

    `varied` are parameters or other things (dates, initial stocks), which have no column of their own among the
    inputs. Rows are the model's parameters and series.
    """

    def __init__(self, model: Model, varied: Sequence[object]):
        self.model, self.varied = model, varied
        self._partials: dict[sympy.Expr, tuple[list[Quantity], list]] = {}

    @cached_property
    def base(self) -> np.ndarray:
        """The derivatives of the inputs before any action."""
        matrix = np.zeros((len(self.model.parameters) + len(self.model.series), len(self.varied) + 1))
        for column, item in enumerate(self.varied):
            if isinstance(item, Parameter):
                matrix[self.model.input_places[item], column] = 1.0
        return matrix

    def inputs(self, segment: Segment, t: float, starts: Mapping[tuple[str, float], np.ndarray], held: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the derivatives of the inputs in force at t; `starts` by (action, start), `held` by parameter are those of dates and held values."""
        matrix = self.base.copy()
        count, t = len(self.model.parameters), min(t, segment.last)
        current = list(segment.plan.base)
        for place, series in enumerate(self.model.series, count):
            sampled = segment.plan.sampled.get(series)
            if sampled is not None:
                current[place], matrix[place, -1] = sampled.at(t), _slope(sampled, t)
        for action in segment.active:
            moved = starts.get((action.name, action.start), np.zeros(len(self.varied)))
            for place, expression in action.expressions:
                matrix[place] = self._row(action, expression, t, current, matrix, moved)
                current[place] = next(value for own, value in action.changes if own == place)(t, action.start, current)
            for place, _ in action.holds:
                name = self.model.parameters[place].name
                matrix[place, :-1], matrix[place, -1] = held.get(name, 0.0), 0.0
        return matrix

    def _row(self, action: Action, expression: sympy.Expr, t: float, current: list, matrix: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Return the derivatives of one replacement: by time in the last column."""
        row = np.zeros(matrix.shape[1])
        symbols, partials = self._partial(expression)
        values = [t if symbol == TIME else action.start if symbol == START else action.sampled[symbol].at(t) if symbol in action.sampled
                  else current[self.model.input_places[symbol]] for symbol in symbols]
        for symbol, partial in zip(symbols, partials, strict=True):
            slope = float(partial(*values))
            if symbol == TIME:
                row[-1] += slope
            elif symbol == START:
                row[:-1] += slope * moved
            elif symbol in action.sampled:
                speed = _slope(action.sampled[symbol], t)
                row[-1] += slope * speed
                row[:-1] -= slope * speed * moved  # the series moves with its policy
            else:
                row += slope * matrix[self.model.input_places[symbol]]
        return row

    def _partial(self, expression: sympy.Expr) -> tuple[list[Quantity], list]:
        if expression not in self._partials:
            symbols = sorted((item for item in expression.free_symbols), key=lambda symbol: symbol.identity[1])
            self._partials[expression] = symbols, [scalar_function(self.model.name, symbols, sympy.diff(expression, symbol)) for symbol in symbols]
        return self._partials[expression]


def _slope(sampled: Sampled, t: float) -> float:
    """Return the slope of a linear series; a step series has none."""
    if sampled.kind != "linear":
        return 0.0
    place = int(np.searchsorted(sampled.times, t, side="right")) - 1
    if not 0 <= place < len(sampled.times) - 1:
        return 0.0
    return (sampled.values[place + 1] - sampled.values[place]) / (sampled.times[place + 1] - sampled.times[place])
