"""Slower evidence on the flagship, printed by `python tests/flagship_evidence.py`: ledgers of whole cases, the Jacobian, where the funds' outcome turns.

The tests use its functions on shortened spans and at fewer states.
"""

import dataclasses
import sys
import types
from functools import cache
from pathlib import Path

import mpmath
import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]  # run from anywhere, installed or not

from sd_basis import load, simulate, turning_shift  # noqa: E402
from sd_basis.compiled import Compiled  # noqa: E402
from sd_basis.gates import SCALAR  # noqa: E402
from sd_basis.library import case_paths, locate  # noqa: E402

SETS = ("supercritical", "subcritical")


@cache
def model(values="supercritical"):
    """Return the flagship with a value set in force, compiled once."""
    return load("treasury_basis", values=values)


def crisis(case, values="supercritical", rtol=1e-6, days=2.0):
    """Return the run of a case from a quarter of a day before its first sales for cash, for some days."""
    given = load("treasury_basis", case).case
    first = min(given.time("crisis", shock.start) for shock in given.shocks if any(name.startswith("dash_for_cash") for name in shock.set))
    start = max(0.0, float(first) - 0.25)
    return simulate(model(values), given, span=(start, start + days), rtol=rtol)


def largest_error(run):
    """Return the largest closing error of a run's ledgers, relative to scale."""
    return max(run.ledgers.values())


def jacobian_error(states, seed=2020):
    """Return the largest difference of the Jacobian from differences in forty digits, relative to each entry or to 1e-3 of the largest."""
    compiled = Compiled(model())
    names = {"exp": mpmath.exp, "tanh": mpmath.tanh, "sqrt": mpmath.sqrt, "log": mpmath.log, **SCALAR}
    inner, constants = (types.FunctionType(function.__code__, names) for function in (compiled.rhs.inner, compiled.rhs.constants))
    whole = crisis("march-2020")
    values = whole.path.segments[-1].values(14.5)
    fixed = constants(values)
    random = np.random.default_rng(seed)
    rows, columns = compiled.pattern
    worst = 0.0
    with mpmath.workdps(40):
        for _ in range(states):
            base = whole.path.x[random.integers(len(whole.path.x))]
            state = base * random.uniform(0.5, 1.5, len(base)) + 1e-3 * random.random(len(base))
            dense = np.zeros((len(state), len(state)))
            dense[rows, columns] = compiled.jacobian(14.5, state.tolist(), values)
            point = [mpmath.mpf(float(value)) for value in state]
            differences = np.empty_like(dense)
            for column in range(len(state)):
                step = mpmath.mpf(10) ** -15
                high, low = ([*point[:column], point[column] + sign * step, *point[column + 1:]] for sign in (1, -1))
                differences[:, column] = [float((after - before) / (2 * step)) for after, before in
                                          zip(inner(14.5, high, fixed), inner(14.5, low, fixed), strict=True)]
            worst = max(worst, float(np.max(np.abs(dense - differences) / np.maximum(np.abs(differences), 1e-3 * np.max(np.abs(dense))))))
    return worst


def main():
    """Print the evidence."""
    for name in sorted(case_paths(locate("treasury_basis"))):
        for values in SETS:
            errors = [largest_error(simulate(model(values), name, rtol=rtol)) for rtol in (1e-11, 1e-6)]
            print(f"{name}, {values}: ledgers close to {errors[0]:.1e} at rtol 1e-11, {errors[1]:.1e} at 1e-6", flush=True)
    print(f"Jacobian against differences in forty digits at 100 states: {jacobian_error(100):.1e}", flush=True)
    case = load("treasury_basis", "march-2020").case
    for values in SETS:
        for method in ("LSODA", "BDF", "Radau"):
            turn = turning_shift(model(values), case, 0, 10, group="funds", xtol=2e-4, method=method, rtol=1e-8).shift
            print(f"{values}: the funds' outcome turns by {method} at {turn:.4f}", flush=True)
        for end in (111, 1000):
            turn = turning_shift(model(values), dataclasses.replace(case, span=(0, end)), 0, 10, group="funds", xtol=1e-3).shift
            print(f"{values}: and with the horizon {end} at {turn:.4f}", flush=True)

if __name__ == "__main__":
    main()
