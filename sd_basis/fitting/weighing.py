"""Errors of data that nobody knows, taken from the residuals: each column's own, settled together with the fit.

The error of a column is the root of its sum of squares over its share of the degrees of freedom, which for one column is the
residual standard deviation of regression; for several it is feasible generalised least squares, repeated until it settles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError
from .observations import Observed
from .problem import Problem, predicted
from .searching import End, search

_ROUNDS, _SETTLED = 20, 1e-5


def settled(asked: Problem, ends: Sequence[End]) -> tuple[Problem, list[End]]:
    """Return the problem with errors from the residuals of the best end, and all ends in these errors.

    With one column the ends stay where they are, since a common error moves no least square. Raises InputError where the data are
    no more than the parameters, so that nothing is left to judge errors by.
    """
    free, columns = len(asked.free), len(asked.fitted)
    if asked.count <= free:
        raise InputError(f"fit {asked.fit.name!r}: {asked.count} data leave no freedom to judge their errors by beside {free} free parameters; "
                         "give more data, fewer free parameters, or the errors with --error")
    best = min(ends, key=lambda end: end.chi_square)
    if columns == 1:
        made = _weighed(asked, best)
        scale = asked.fitted[0].error / made.fitted[0].error
        return made, [replace(end, chi_square=end.chi_square * scale**2) for end in ends]
    for _ in range(_ROUNDS):
        before, asked = [item.error for item in asked.fitted], _weighed(asked, best)
        best = _again(asked, best)
        if all(abs(item.error / old - 1) < _SETTLED for item, old in zip(asked.fitted, before, strict=True)):
            break
    return asked, [best if end.start == best.start else _again(asked, end) for end in ends]


def _again(asked: Problem, end: End) -> End:
    """Return the search from where an earlier one ended, in the errors that hold now."""
    found = search(asked, end.places)
    return replace(found, start=end.start, runs=end.runs + found.runs, failures=end.failures + found.failures)


def _weighed(asked: Problem, best: End) -> Problem:
    """Return the problem with each column's error taken from the residuals at an end; held-out data have that of their column."""
    run = asked.run(asked.values(best.places), asked.fitted)
    freedom = 1 - len(asked.free) / asked.count
    found: dict[str, float] = {}
    for item in asked.fitted:
        squares = float(np.sum((predicted(run, item) - item.values) ** 2))
        least = 100 * asked.rtol * float(np.max(np.abs(item.values)))  # data without error: what the integration leaves
        found[item.quantity] = max(math.sqrt(squares / (freedom * len(item.values))), least, 1e-300)
    return replace(asked, observed=tuple(_with(item, found) for item in asked.observed))


def _with(item: Observed, errors: dict[str, float]) -> Observed:
    return replace(item, error=errors.get(item.quantity, item.error))
