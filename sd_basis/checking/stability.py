"""Stability of a method of fixed steps along a run: whether what decays in truth grows in the steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..run import Run

_PLACES, _MOST_STOCKS = 25, 300


@dataclass(frozen=True)
class Instability:
    """The mode that grows most in a step though it decays: when, its eigenvalue, its growth in a step, and the step below which none grows."""

    time: float
    real: float
    imaginary: float
    growth: float
    stable_step: float


def amplification(method: str, z: np.ndarray) -> np.ndarray:
    """Return by what a step of the method multiplies a mode, at z = step times eigenvalue: the first terms of exp(z)."""
    return 1 + z if method == "Euler" else 1 + z * (1 + z / 2 * (1 + z / 3 * (1 + z / 4)))


def unstable(run: Run, method: str, step: float) -> Instability | None:
    """Return the worst mode of a method's steps, at places along a run that was made without them; None where all decay, or the model is very large."""
    if len(run.model.stocks) > _MOST_STOCKS:
        return None
    functions, path = run.path.compiled, run.path
    places = np.unique(np.linspace(0, len(path.t) - 1, _PLACES).astype(int))
    times, values = [], []
    matrix = np.zeros((len(run.model.stocks),) * 2)
    for place in places:
        time, part = float(path.t[place]), path.segments[path.segment[place]]
        try:
            matrix[tuple(functions.pattern)] = functions.jacobian(time, path.x[place].tolist(), part.values(time))
            found = np.linalg.eigvals(matrix)
        except (ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
            continue
        times += [time] * len(found)
        values += found.tolist()
    modes = np.array(values, complex)
    decays = modes.real < -1e-9 * np.abs(modes)
    growth = np.where(decays, np.abs(amplification(method, step * modes)), 0.0)
    if not growth.size or np.max(growth) <= 1 + 1e-9:
        return None
    worst = int(np.argmax(growth))
    low, high = 0.0, step
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if np.all(np.abs(amplification(method, middle * modes[decays])) <= 1) else (low, middle)
    return Instability(times[worst], float(modes[worst].real), float(modes[worst].imag), float(growth[worst]), low)
