"""The manifest of a result: versions, hashes, values in force, tolerances."""

from __future__ import annotations

import hashlib
import platform
from typing import TYPE_CHECKING, Any

import numpy
import scipy
import sympy

from .version import __version__

if TYPE_CHECKING:
    from .run import Run


def versions() -> dict[str, str]:
    """Return the versions that a result may hang on."""
    return {"sd_basis": __version__, "python": platform.python_version(), "numpy": numpy.__version__,
            "scipy": scipy.__version__, "sympy": sympy.__version__}


def manifest(run: Run) -> dict[str, Any]:
    """Return the manifest of a run; nothing in it depends on when or where it ran but the solver's seconds."""
    begins = run.case.initial if isinstance(run.case.initial, str) else sorted(run.case.initial.items())
    case = repr((run.case.origin, run.case.span, sorted(run.case.values.items()), begins,
                 run.case.shocks, run.case.policies, run.case.shift))
    first = run.path.segments[0]
    names = [quantity.name for quantity in (*run.model.parameters, *run.model.series)]
    inputs = repr([(part.start, part.end, part.values(part.start)[:len(names)], part.values(part.end)[:len(names)]) for part in run.path.segments])
    return {
        **versions(), "model": run.model.name, "model_hash": run.path.compiled.key, "value_set": run.model.value_set,
        "case": run.case.name, "case_hash": hashlib.sha256(case.encode()).hexdigest()[:32], "shift": run.case.shift,
        "span": [run.path.schedule.start, run.path.schedule.end],
        "initial": dict(zip((stock.name for stock in run.model.stocks), map(float, run.path.x[0]), strict=True)),
        "inputs_hash": hashlib.sha256(inputs.encode()).hexdigest()[:32],
        "values_at_start": dict(zip(names, first.values(first.start), strict=False)),
        "switches": [{"name": action.name, "start": action.start, "end": None if action.end == float("inf") else action.end}
                     for action in run.path.actions],
        "atol": dict(zip((stock.name for stock in run.model.stocks), map(float, run.atol), strict=True)),
        "solver": {key: value for key, value in run.solver.items() if key != "seconds"},
    }
