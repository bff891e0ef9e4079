"""How long the compiled engine takes to begin: in a fresh process with an empty cache, and in another one with what the first has kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from .problem import Problem

_SCRIPT = """
import json, sys, time
began = time.perf_counter()
sys.path.insert(0, sys.argv[1])
given = json.loads(sys.argv[2])
import numpy as np
from sd_basis.library import load
from sd_basis.ensemble.job import Job
from sd_basis.fast import fast_rows
from sd_basis.fast.preparing import prepare
from sd_basis.transition.scene import Scene
model = load(given["model"], values=given["values"])
scene = Scene(model, given["case"], policy=given["policy"], set=given["set"])
loaded = time.perf_counter()
prepare(model)
prepared = time.perf_counter()
fast_rows(Job(scene, tuple(given["columns"])), np.array(given["rows"]), 1)
print(json.dumps({"load": loaded - began, "prepare": prepared - loaded, "first": time.perf_counter() - prepared}))
"""


@dataclass(frozen=True)
class Beginning:
    """Seconds of a fresh process: to load libraries and model, to compile or read its machine code, and for the first runs."""

    load: float
    prepare: float
    first: float


def beginnings(problem: Problem, model: str, values: str | None, case: str | None) -> tuple[Beginning, Beginning]:
    """Return how the compiled engine begins cold and warm, for the model, value set and case as they are named; raise InputError where it cannot."""
    scene = problem.scene
    given = {"model": model, "values": values, "case": case, "policy": None if scene.moved is None else scene.moved.name,
             "set": scene.set, "columns": problem.columns, "rows": problem.rows[:4].tolist()}
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (_begun(json.dumps(given), folder) for _ in range(2))
    return cold, warm


def _begun(given: str, folder: str) -> Beginning:
    command = [sys.executable, "-c", _SCRIPT, str(Path(__file__).parents[2]), given]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SD_BASIS_CACHE": folder}, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise InputError(f"bench, start: the fresh process ended with {done.returncode} ({said[-1] if said else 'no word'}); leave --start out")
    return Beginning(**json.loads(done.stdout.strip().splitlines()[-1]))
