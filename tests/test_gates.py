"""Gates: exactly zero below the kink, and the derivatives that they claim."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from sd_basis.gates import SCALAR, VECTOR, positive, positive_curve, positive_share, positive_slope

GATES = (positive, positive_slope, positive_share, positive_curve)
Z, WIDTH = sympy.symbols("z width", real=True)
ABOVE, WIDTHS = st.floats(1e-2, 50), st.floats(0.05, 5)


def number(expression, z, width):
    return float(sympy.lambdify((Z, WIDTH), expression, modules=[SCALAR, "math"])(z, width))


def slope(function, at):
    """Return a sixth-order central difference."""
    h = 1e-3 * at
    weights = {1: 45, 2: -9, 3: 1}
    return sum(w * (function(at + k * h) - function(at - k * h)) for k, w in weights.items()) / (60 * h)


@given(st.floats(-1e300, 0), WIDTHS)
def test_a_gate_is_exactly_zero_up_to_the_kink(z, width):
    assert all(SCALAR[gate.__name__](z, width) == 0.0 for gate in GATES)


@pytest.mark.parametrize("gate", [positive, positive_slope, positive_share])
@pytest.mark.parametrize("argument", [Z, WIDTH])
@given(z=ABOVE, width=WIDTHS)
def test_the_derivatives_are_those_of_the_values(gate, argument, z, width):
    exact = number(sympy.diff(gate(Z, WIDTH), argument), z, width)
    value = SCALAR[gate.__name__]
    measured = slope(lambda at: value(at, width), z) if argument == Z else slope(lambda at: value(z, at), width)
    assert exact == pytest.approx(measured, rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9), WIDTHS)
def test_scalar_and_vector_agree(zs, width):
    for gate in GATES:
        one_by_one = [SCALAR[gate.__name__](z, width) for z in zs]
        assert np.array_equal(VECTOR[gate.__name__](np.array(zs), width), one_by_one)


@given(st.floats(1e-9, 1e6), WIDTHS)
def test_the_gate_lies_between_zero_and_the_sharp_one_less_its_width(z, width):
    value = SCALAR["positive"](z, width)
    assert max(z - width, 0) <= value * (1 + 1e-12) and value <= z
    assert 0 <= SCALAR["positive_slope"](z, width) <= 1


@given(WIDTHS)
def test_the_value_and_the_slope_meet_zero_at_the_kink(width):
    tiny = 1e-9 * width
    assert SCALAR["positive"](tiny, width) == pytest.approx(0, abs=1e-8 * width)
    assert SCALAR["positive_slope"](tiny, width) == pytest.approx(0, abs=1e-8)


def test_the_curve_is_half_the_curvature():
    expression = sympy.diff(Z**2 / (Z + WIDTH), Z, 2) / 2
    for z, width in ((0.3, 0.7), (4, 1), (0.01, 2)):
        assert number(positive_curve(Z, WIDTH), z, width) == pytest.approx(number(expression, z, width), rel=1e-10)


def test_gates_never_overflow():
    with np.errstate(all="raise"):
        assert np.all(np.isfinite(VECTOR["positive"](np.array([-1e300, -1.0, 0.0, 1e100]), 1.0)))
