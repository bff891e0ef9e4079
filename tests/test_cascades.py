"""A cascade that grows for a while and ends makes a cliff with no state of rest on it: what is said of it."""

import math
from functools import cache

import numpy as np
import pytest

from sd_basis import CLOUD, Flow, Model, Outcome, Parameter, Policy, Stock, critical_value, simulate
from sd_basis.transition.growing import growth
from sd_basis.transition.ladder import Ladder
from sd_basis.transition.scene import Scene
from sd_basis.transition.searching import Line, Turn

PACE, LASTS, FIRST = 6.0, 3.0, 0.3
TURN = FIRST + 1 / math.sqrt(1 + 3 * math.exp(2 * PACE * LASTS))


@cache
def burst():
    """x is lifted from -0.3 to s - 0.3 within a unit of time; from 2 to 5 then x' = 6 x (1 - x^2), and nothing moves after.

    x^2 / (1 - x^2) grows as e^12t in that time, by e^36. It ends at x = 1/2, where that is 1/3, from x^2 / (1 - x^2) = e^-36 / 3 at s - 0.3.
    The slope of the end in s is 3/8 of e^18 there.
    """
    x, push, pace = Stock("x", -FIRST, scale=1.0), Parameter("push", 0.0), Parameter("pace", 0.0)
    size = Parameter("size", 0.4, between=(0.1, 0.5))
    change = Flow("change_of_x", source=CLOUD, sink=x, rate=push + pace * (x - x**3), reversible=True)
    return Model("burst", [change], span=(0, 8), policies=[Policy("lift", {push: size}, start=0.0, duration=1.0),
                                                           Policy("panic", {pace: PACE}, start=2.0, duration=LASTS)],
                 outcomes=[Outcome("high", x > 0.5), Outcome("low", x <= 0.5)])


def turn(**options):
    return critical_value(burst(), "size", bracket=(0.2, 0.45), scan=4, policies=("lift", "panic"), **options)


def test_the_difference_of_two_runs_grows_at_the_rate_of_the_burst():
    runs = [simulate(burst(), policies=("lift", "panic"), set={"size": FIRST + off}, rtol=1e-11) for off in (1e-10, 2e-10)]
    found = growth(*runs, [0], np.ones(1), 1e-10)
    assert (found.begin, found.end, found.stock) == (pytest.approx(2.0), pytest.approx(5.0), "x")
    assert found.rate == pytest.approx(PACE, rel=1e-3) and found.least == pytest.approx(1e-10, rel=1e-3)


def test_a_burst_that_ends_makes_a_steep_cliff_and_no_saddle():
    found = turn()
    assert found.value == pytest.approx(TURN, abs=1e-8) and found.classification == "steep", found.reason
    assert "a difference grows" in found.reason and "from 2 to" in found.reason and "first in 'x'" in found.reason
    assert found.edge_state is None


def test_errors_that_grow_as_differences_do_are_said_to_blur_the_turn():
    assert "at rtol 1e-06 the turn may be off by" in turn(rtol=1e-6, xtol=1e-6).reason


def test_sides_that_have_changed_places_are_noise_and_no_rung():
    axis = Line(Scene(burst(), policies=("lift", "panic")), "size")
    ladder = Ladder(axis, Turn(TURN - 1e-7, TURN + 1e-7, "high", "low"), "high", 0.1, 1.0)
    assert ladder._rung(1e-3, 1.0) is None and ladder.mixed == [1e-3]
