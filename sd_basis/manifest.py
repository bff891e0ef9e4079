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
    from pathlib import Path

    from .case import Case
    from .model import Model
    from .run import Run


def versions() -> dict[str, str]:
    """Return the versions that a result may hang on."""
    return {"sd_basis": __version__, "python": platform.python_version(), "numpy": numpy.__version__,
            "scipy": scipy.__version__, "sympy": sympy.__version__}


def tables_of(model: Model) -> list[tuple]:
    """Return the numbers of the lookups and series of a model, with how they are read between and beyond."""
    tables: list[tuple] = [(item.name, item.x, item.y, item.interpolation, item.below, item.above) for item in model.lookups]
    return tables + [(item.name, tuple(map(str, item.times)), item.values, item.interpolation, str(item.until), item.before, item.after) for item in model.series]


def digest(model: Model, case: Case | str | Path | None = None) -> str:
    """Return a digest of what a result is computed from: equations, tables and data, the values in force and the case; versions do not count."""
    from .compiled import fingerprint
    from .library import find_case

    own = find_case(model, case)
    values = [(item.name, model.values.get(item.name, item.value)) for item in model.parameters]
    parts = (fingerprint(model, engine=False), repr(tables_of(model)), repr(values), _written(own) if own is not None else "")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def manifest(run: Run) -> dict[str, Any]:
    """Return the manifest of a run; nothing in it depends on when or where it ran but the solver's seconds."""
    case = _written(run.case)
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


def _written(case: Case) -> str:
    begins = case.initial if isinstance(case.initial, str) else sorted(case.initial.items())
    return repr((case.origin, case.span, sorted(case.values.items()), begins, case.shocks, case.policies, case.shift))


def origin(model: Model, case: Case | str | Path | None = None) -> dict[str, Any]:
    """Return what a stored result says of what it was computed from and by."""
    return {"digest": digest(model, case), "versions": versions()}
