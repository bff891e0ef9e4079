"""Euler's generated steps are those in arrays, to the last digit, and end where those end."""

import numpy as np
import pytest
import sympy

from sd_basis import (
    CLOUD,
    TIME,
    Auxiliary,
    Flow,
    If,
    Lookup,
    Model,
    NumericalFailure,
    Parameter,
    Stock,
    simulate,
)
from sd_basis.case import Case
from sd_basis.compiled import compiled
from sd_basis.pacing import Pace, rounded
from sd_basis.schedule import schedule
from sd_basis.stepping import march, step_by_step


def one_stock(rate):
    """Return a model of two stocks of which one has that rate, a formula of TIME and the stock, and the other is filled by it."""
    first, second = Stock("first", 1.0, nonnegative=False), Stock("second", 2.0, nonnegative=False)
    flows = [Flow("rise", source=CLOUD, sink=first, rate=rate(TIME, first), reversible=True), Flow("echo", source=CLOUD, sink=second, rate=first, reversible=True)]
    return Model("two", flows, span=(0, 4), time_unit="day")


def both(model, length, end=4.0):
    """Return the same piece by both ways."""
    pace, functions = Pace("Euler", 0.0, length), compiled(model, held=False)
    inputs = schedule(model, Case("default")).base
    inner, constants = functions.march.inner, functions.march.constants(inputs)
    start = np.array([stock.initial for stock in model.stocks], float)
    return (march(pace, lambda t, x, ends, keep: inner(t, x, constants, ends, keep), 0.0, end, start),
            step_by_step(pace, functions.rhs.bind(inputs), 0.0, end, start))


@pytest.fixture(scope="module")
def every_word():
    """A model in which rates use tables, conditions, extremes, each other's stocks, and a stock that rests."""
    x, y, z = (Stock(name, value, nonnegative=False) for name, value in (("x", 1.0), ("y", 2.0), ("z", 3.0)))
    pull, table = Parameter("pull", 0.3), Lookup("table", [(-9, 3), (0, 1), (9, 2)])
    strain = Auxiliary("strain", sympy.Max(x, y, pull) - table(x - y))
    flows = [Flow("there", source=x, sink=y, rate=pull * strain + If(x > y, sympy.sin(TIME), 1), reversible=True),
             Flow("follow", source=CLOUD, sink=x, rate=y, reversible=True), Flow("rain", source=CLOUD, sink=y, rate=sympy.exp(-x**2) * strain, reversible=True),
             Flow("still", source=CLOUD, sink=z, rate=0 * z, reversible=True)]
    return Model("words", flows, span=(0, 4), time_unit="day")


@pytest.mark.parametrize("length", [0.1, 0.125, 0.3])
def test_generated_steps_are_those_of_arrays_to_the_last_digit(every_word, length, monkeypatch):
    monkeypatch.setattr("sd_basis.stepping._BLOCK", 20)  # seven steps at a time
    plain, arrays = both(every_word, length)
    assert plain.problem is None and np.array_equal(plain.t, arrays.t) and np.array_equal(plain.x, arrays.x)
    assert len(plain.interpolants) == len(arrays.interpolants) == len(plain.t) - 1
    for one, other in zip(plain.interpolants, arrays.interpolants, strict=True):
        assert one(1.234) == pytest.approx(other(1.234), rel=1e-14)
        assert one(np.array([0.5, 0.7])) == pytest.approx(other(np.array([0.5, 0.7])), rel=1e-14)
    assert [line(2.0).tolist() for line in plain.interpolants[3:6]] == [plain.interpolants[row](2.0).tolist() for row in (3, 4, 5)]
    places, times = np.array([0, 4, 4, -1 + len(plain.t) - 1]), np.array([0.01, 0.55, 0.6, 3.99])
    wanted = [plain.interpolants[place](time) for place, time in zip(places, times, strict=True)]
    assert plain.interpolants.at(places, times) == pytest.approx(np.array(wanted), rel=1e-14)


@pytest.mark.parametrize("rate, word", [
    (lambda t, x: x**2 * 1e80, "a rate is not finite"), (lambda t, x: 1 / (1 - t), "division by zero"), (lambda t, x: sympy.exp(x * 300), "math range error"),
    (lambda t, x: sympy.log(2 - t), "math domain error"), (lambda t, x: (1 - t) ** sympy.Rational(1, 3), "complex"),
], ids=["overflow", "division", "exponential", "logarithm", "complex"])
def test_generated_steps_end_where_those_of_arrays_end(rate, word):
    model = one_stock(rate)
    with np.errstate(all="ignore"):
        plain, arrays = both(model, 0.125)
    assert word in arrays.problem
    if word == "complex":
        assert plain is None  # and the other way is taken
        with pytest.raises(NumericalFailure, match="complex"):
            simulate(model, method="Euler", step=0.125)
    else:
        assert plain.problem == arrays.problem
        assert np.array_equal(plain.t, arrays.t) and np.array_equal(plain.x, arrays.x) and len(plain.interpolants) == len(plain.t) - 1


def test_steps_that_are_interrupted_keep_what_was_computed():
    def steps(t, x, ends, keep):
        keep([5.0])
        keep([6.0])
        raise KeyboardInterrupt
    piece = march(Pace("Euler", 0.0, 0.25), steps, 0.0, 4.0, np.array([4.0]))
    assert piece.problem == "interrupted" and piece.x.ravel().tolist() == [4.0, 5.0, 6.0] and piece.t.tolist() == [0.0, 0.25, 0.5]


@pytest.mark.parametrize("origin, length, end", [(0.0, 0.125, 100.0), (1 / 3, 0.25, 9.0), (-5.0, 1.0, 5.0), (0.0, 2.0**-40, 2.0**-36),
                                                 (1e6 + 0.5, 0.5, 1e6 + 9)])
def test_steps_that_need_no_rounding_are_the_rounded_ones(origin, length, end):
    count = round((end - origin) / length)
    wanted = [rounded(origin + number * length) for number in range(1, count + 1)]
    wanted = [time for time in wanted if time < end - 1e-9 * length]
    assert list(Pace("Euler", origin, length).times(origin, end)) == [origin, *wanted, end]
