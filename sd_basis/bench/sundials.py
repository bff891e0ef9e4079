"""SUNDIALS CVODE by scikit-sundae: its BDF in C, with our right-hand side and Jacobian called in Python."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MOST_STEPS = 200_000


def sundials(rates: Callable, jacobian: Callable, points: np.ndarray, x: np.ndarray, rtol: float, atol: np.ndarray) -> np.ndarray:
    """Return the states at points[1:] by CVODE with dense LU and the exact Jacobian; raise RuntimeError where it gives up."""
    from sksundae.cvode import CVODE

    def fill_rates(t, state, out):
        out[:] = rates(t, state.tolist())

    def fill_slopes(t, state, speed, out):
        out[:] = jacobian(t, state.tolist())
    solver = CVODE(fill_rates, jacfn=fill_slopes, rtol=rtol, atol=atol, max_num_steps=_MOST_STEPS)
    solver.init_step(float(points[0]), x)
    found = [solver.step(float(point), tstop=float(points[-1])) for point in points[1:]]
    if any(not one.success for one in found):
        raise RuntimeError("CVODE gave up")
    return np.array([np.ravel(one.y) if np.ndim(one.y) == 1 else one.y[-1] for one in found])
