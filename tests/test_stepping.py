"""Euler's steps in plain numbers are those in arrays, to the last digit, and end where those end."""

import math

import numpy as np
import pytest

from sd_basis.pacing import Pace, rounded
from sd_basis.stepping import step_by_step


def both(rates, length, end=4.0, start=(1.0, 2.0)):
    """Return the same piece by both ways: what gives rates held over a step is only asked in arrays."""
    pace = Pace("Euler", 0.0, length)
    return [step_by_step(pace, rates, 0.0, end, np.array(start), held=held) for held in (None, lambda time, state: rates)]


@pytest.mark.parametrize("length", [0.1, 0.125, 0.3])
def test_plain_steps_are_those_of_arrays_to_the_last_digit(length):
    plain, arrays = both(lambda t, x: [x[1] - 0.1 * t, -x[0] * math.sin(t)], length)
    assert plain.problem is None and np.array_equal(plain.t, arrays.t) and np.array_equal(plain.x, arrays.x)
    assert len(plain.interpolants) == len(arrays.interpolants) == len(plain.t) - 1
    for one, other in zip(plain.interpolants, arrays.interpolants, strict=True):
        assert np.array_equal(one(1.234), other(1.234)) and np.array_equal(one(np.array([0.5, 0.7])), other(np.array([0.5, 0.7])))
    assert [line(2.0).tolist() for line in plain.interpolants[3:6]] == [line(2.0).tolist() for line in arrays.interpolants[3:6]]


@pytest.mark.parametrize("rates, word", [
    (lambda t, x: [x[0] ** 2, x[1] * x[0] * 1e150], "a rate is not finite"), (lambda t, x: [1 / (1.0 - t), 0.0], "division by zero"),
    (lambda t, x: [float("nan") if t > 1 else 1.0, math.floor(x[0])], "a rate is not finite"),
    (lambda t, x: [(1.0 - t) ** 0.5, 0.0], "complex"),
], ids=["overflow", "division", "no number", "complex"])
def test_plain_steps_end_where_those_of_arrays_end(rates, word):
    with np.errstate(all="ignore"):
        plain, arrays = both(rates, 0.125)
    assert plain.problem == arrays.problem and word in plain.problem
    assert np.array_equal(plain.t, arrays.t) and np.array_equal(plain.x, arrays.x) and len(plain.interpolants) == len(plain.t) - 1


@pytest.mark.parametrize("origin, length, end", [(0.0, 0.125, 100.0), (1 / 3, 0.25, 9.0), (-5.0, 1.0, 5.0), (0.0, 2.0**-40, 2.0**-36),
                                                 (1e6 + 0.5, 0.5, 1e6 + 9)])
def test_steps_that_need_no_rounding_are_the_rounded_ones(origin, length, end):
    count = round((end - origin) / length)
    wanted = [rounded(origin + number * length) for number in range(1, count + 1)]
    wanted = [time for time in wanted if time < end - 1e-9 * length]
    assert list(Pace("Euler", origin, length).ends(origin, end)) == [*wanted, end]
