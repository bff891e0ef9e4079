"""Choices in numbers: what the functions of `choices` are in generated code, for single numbers and for arrays."""

from __future__ import annotations

from functools import reduce

import numpy as np


def _number(condition) -> float:
    return 1.0 if condition else 0.0


def _scalar_extreme(better):
    def extreme(*values):
        # a value that is not a number must not vanish in a comparison
        return reduce(lambda one, other: one if better(one, other) else other if better(other, one) or one == other else float("nan"), values)
    return extreme


SCALAR = {
    "truth": lambda margin, strict: _number(margin > 0 if strict else margin >= 0),
    "largest": _scalar_extreme(lambda one, other: one > other), "smallest": _scalar_extreme(lambda one, other: one < other),
}


def _real(value):
    return float(value) if isinstance(value, int) else value  # an array holds no integer of any length


def _above(margin, strict):
    return (np.greater if strict else np.greater_equal)(_real(margin), 0.0).astype(float)


VECTOR = {
    "truth": _above, "whole": lambda value: np.floor(_real(value)),
    "choose": lambda condition, then, otherwise: np.where(_real(condition), _real(then), _real(otherwise)),
    "largest": lambda *values: reduce(np.maximum, map(_real, values)), "smallest": lambda *values: reduce(np.minimum, map(_real, values)),
}
