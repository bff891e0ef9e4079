"""Choices in numbers: what the functions of `choices` are in generated code, for single numbers and for arrays."""

from __future__ import annotations

from functools import reduce


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


def _vector(name: str):
    def on_arrays(*values):
        import numpy as np

        values = [float(value) if isinstance(value, int) else value for value in values]  # an array holds no integer of any length
        if name == "truth":
            return np.where(np.asarray(values[0]) > 0, 1.0, 0.0) if values[1] else np.where(np.asarray(values[0]) >= 0, 1.0, 0.0)
        if name == "whole":
            return np.floor(values[0])
        if name == "choose":
            return np.where(np.asarray(values[0]) != 0, values[1], values[2])
        return reduce(np.maximum if name == "largest" else np.minimum, values)
    return on_arrays


VECTOR = {name: _vector(name) for name in (*SCALAR, "choose", "whole")}
