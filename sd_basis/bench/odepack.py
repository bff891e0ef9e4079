"""scipy's odeint, as those use it who write their model by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from scipy.integrate import odeint

_MOST_STEPS = 200_000


def odepack(rates: Callable, jacobian: Callable, points: np.ndarray, x: np.ndarray, rtol: float, atol: np.ndarray) -> np.ndarray:
    """Return the states at points[1:] by odeint with the exact Jacobian; raise RuntimeError where it gives up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says is asked for below
        found, told = odeint(lambda t, state: rates(t, state.tolist()), x, points, Dfun=lambda t, state: jacobian(t, state.tolist()), tfirst=True,
                             rtol=rtol, atol=atol, tcrit=points[-1:], mxstep=_MOST_STEPS, full_output=True)
    if told["message"] != "Integration successful." or not np.all(np.isfinite(found)):
        raise RuntimeError(told["message"])
    return found[1:]
