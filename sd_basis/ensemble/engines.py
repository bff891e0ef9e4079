"""Engines by name: the compiled one where it is installed and knows the job, else scipy's."""

from __future__ import annotations

from functools import partial
from importlib import import_module, metadata
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from ..errors import InputError, missing_extra, unknown
from .job import Batch, Engine, Job
from .plain import plain_rows

AUTO, FAST, SCIPY = "auto", "fast", "scipy"
NAMES = (AUTO, FAST, SCIPY)


def chosen(job: Job, name: str = AUTO) -> str:
    """Return the name of the engine that runs a job: "auto" is the compiled one where it can. Raises InputError where the one asked for cannot."""
    if name not in NAMES:
        raise unknown(job.scene.where, "engine", name, NAMES)
    if name == SCIPY:
        return SCIPY
    compiled = _fast()
    if compiled is None:
        if name == FAST:
            raise missing_extra(f"{job.scene.where}, engine 'fast'", "numba", "fast")
        return SCIPY
    against = compiled.supported(job)
    if against is not None and name == FAST:
        raise InputError(f"{job.scene.where}, engine 'fast': {against}; use --engine scipy")
    return FAST if against is None else SCIPY


def engine(name: str, threads: int = 1) -> Engine:
    """Return the function of an engine that `chosen` named; `threads` counts for the compiled one alone."""
    if name == SCIPY:
        return plain_rows
    return partial(_fast_rows, threads)


def engine_versions(name: str) -> dict[str, str]:
    """Return the versions of what an engine needs besides the base installation."""
    try:
        return {"numba": metadata.version("numba")} if name == FAST else {}
    except metadata.PackageNotFoundError:
        return {"numba": "none"}


def _fast() -> ModuleType | None:
    try:
        return import_module("sd_basis.fast") if find_spec("numba") is not None else None
    except ImportError:
        return None


def _fast_rows(threads: int, job: Job, rows: np.ndarray) -> Batch:
    compiled = _fast()
    if compiled is None:
        raise missing_extra(f"{job.scene.where}, engine 'fast'", "numba", "fast")
    return compiled.fast_rows(job, rows, threads)
