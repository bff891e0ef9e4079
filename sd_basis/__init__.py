"""sd_basis: system dynamics that knows calculus and accounting.

The way from a model to a figure:

    Model       flows between stocks, as the modeller wrote them        load, Model
    System      dx/dt = B r with its Jacobian, ledgers and units        System
    Run         the paths by name, with ledgers and outcome             simulate
    Timing      when a later policy no longer helps                     turning_shift
    Ensemble    many runs over a grid or a sample                       sweep
    Loops       which feedback loops drive a run                        loop_scores
    Report      model, case and evidence as one page                    report
    Equilibria  where it rests over a parameter, and where rest ends    continue_equilibria

    >>> from sd_basis import load, simulate
    >>> run = simulate(load("treasury_basis", case="march-2020"))
    >>> run.outcome, run["dollar_liquidity"][-1]

Names are imported when first used, so that `import sd_basis` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .version import __version__

_DOOR = {
    "CLOUD": "quantities", "START": "quantities", "TIME": "quantities",
    "Auxiliary": "quantities", "Flow": "quantities", "Instrument": "quantities", "Parameter": "quantities",
    "Sector": "quantities", "Stock": "quantities", "define": "quantities",
    "DELAY1": "delays", "DELAY3": "delays", "DELAYN": "delays", "SMOOTH": "delays", "SMOOTH3": "delays", "SMOOTHN": "delays",
    "Family": "families", "Series": "series", "Lookup": "lookups",
    "Impulse": "policies", "Outcome": "declarations", "Policy": "policies", "Trade": "declarations",
    "If": "choices", "Max": "choices", "Min": "choices", "positive": "gates", "at_step": "holding",
    "Model": "model", "Case": "case", "load": "library", "System": "system",
    "import_model": "interop", "simulate": "simulation", "Run": "run",
    "cut": "cutting", "extended": "extending", "equilibrium": "resting", "loop_gain": "gain", "sensitivities": "responses", "turning_shift": "timing",
    "critical_delay": "transition.critical", "critical_value": "transition.critical",
    "continue_equilibria": "continuation.equilibria", "continue_folds": "continuation.folding", "hysteresis": "continuation.sweeping",
    "Loop": "circuits", "cut_loops": "looping", "find_loops": "looping", "loop_modes": "looping", "loop_scores": "looping",
    "sweep": "ensemble.sweeps", "Ensemble": "ensemble.results",
    "check_model": "checking",
    "elasticities": "sensitivity.asking", "morris": "sensitivity.asking", "sobol": "sensitivity.asking",
    "Bound": "expectations", "Control": "expectations", "Expectation": "expectations", "Study": "study",
    "report": "reporting.composing",
    "BasisError": "errors", "InputError": "errors", "NumericalFailure": "errors",
}
__all__ = ["__version__", *_DOOR]


def __getattr__(name: str) -> Any:
    if name not in _DOOR:
        raise AttributeError(f"module 'sd_basis' has no attribute {name!r}")
    value = getattr(import_module(f".{_DOOR[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
