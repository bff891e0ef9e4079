"""Making machine code ready: the loop, once for an installation, and the functions of a model, beside each other in two processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .. import cache
from ..model import Model
from .kernels import PROGRAMS, Kernels, kernels, machine_key
from .loop import loop, loop_key

_MACHINE, _LOOP = 5, 5  # what the machine code and the loop take, in programs written
STEPS = len(PROGRAMS) + _MACHINE + _LOOP
_HELP = "import sys; sys.path.insert(0, sys.argv[1]); from sd_basis.fast.loop import loop; loop()"


def prepared(model: Model) -> bool:
    """Tell whether a model's machine code is in the cache already; where it is not, `prepare` takes some ten seconds."""
    return cache.has(loop_key(), "loop") and cache.has(machine_key(model), "machine")


def prepare(model: Model, done: Callable[[int], None] = lambda steps: None) -> tuple[Kernels, Callable]:
    """Return the machine code of a model and the loop, made where the cache has none; `done` is told of STEPS steps.

    Raises InputError where the extra `fast` is not installed.
    """
    helper = None
    if not cache.has(loop_key(), "loop") and not cache.has(machine_key(model), "machine") and (os.cpu_count() or 1) > 1:
        quiet = subprocess.DEVNULL
        helper = subprocess.Popen([sys.executable, "-c", _HELP, str(Path(__file__).parents[2])], stdin=quiet, stdout=quiet, stderr=quiet,
                                  env={"NUMBA_OPT": "1", **os.environ})  # made faster, and as fast as with all of numba's passes
    try:
        made = kernels(model, done)
        done(_MACHINE)
        if helper is not None:
            helper.wait()  # whatever became of it, the loop is read or made here
            helper = None
        drive = loop()
        done(_LOOP)
        return made, drive
    finally:
        if helper is not None:
            helper.kill()
            helper.wait()
