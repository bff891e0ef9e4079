"""A C program with SUNDIALS CVODE, generated from the model and compiled here: what a modeller would write who needs speed.

It is linked with the libraries that come with scikit-sundae, whose functions it declares itself, so no headers are needed.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import InputError
from .c_source import c_source, untranslated
from .pieces import begun, is_instant, points
from .problem import Problem
from .timed import Timing, timed

_PARTS = ("core", "cvode", "nvecserial", "sunmatrixdense", "sunlinsoldense")
_MAJOR = ".so.7"  # the interface that the program declares
_PATIENCE = 900  # seconds for the C compiler
_FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-shared", "-fPIC")


@dataclass(frozen=True)
class NativeCvode:
    """CVODE with dense LU and the exact Jacobian, everything in C, on the pieces of the reference."""

    name: str
    about: str = f"C with SUNDIALS CVODE, dense LU, gcc {' '.join(_FLAGS[:3])}"
    threads: int = 1

    def absent(self, problem: Problem) -> str | None:
        """Return why it cannot run the problem: there is no compiler, no SUNDIALS, or no C for the model."""
        if shutil.which("gcc") is None:
            return "there is no gcc"
        if len(_libraries()) < len(_PARTS):
            return "there is no SUNDIALS 7; pip install scikit-sundae brings its libraries"
        if any(not stretch.segment.constant for course in problem.courses for stretch in course):
            return "inputs move within a piece, for which the C program has no code"
        return untranslated(problem.scene.model)

    def ready(self, problem: Problem) -> Callable[[float], Timing]:
        """Write the program, compile and load it, and return the function of rtol; what the program is given is made ready before the clock starts."""
        given = [[(stretch, is_instant(problem, stretch), points(stretch), np.array(stretch.segment.values(stretch.start), float)) for stretch in course]
                 for course in problem.courses]
        return partial(self._runs, problem, _compiled(c_source(problem.scene.model, _index())), given)

    def _runs(self, problem: Problem, piece: Callable, given: list, rtol: float) -> Timing:
        states = np.full(problem.states.shape, np.nan)
        with timed(len(problem.rows)) as watch:
            for number, course in enumerate(given):
                x, atol, place = np.array(problem.starts[number], float), rtol * problem.scales[number], 0
                for stretch, instant, moments, inputs in course:
                    if stretch.kicks:
                        x = np.array(begun(problem, stretch, x), float)
                    if instant and not stretch.looks:
                        continue
                    found = np.empty((len(moments) - 1, len(x)))
                    if piece(len(moments) - 1, _pointer(moments), _pointer(inputs), _pointer(x), rtol, _pointer(atol), _pointer(found)):
                        break
                    looks = len(stretch.looks)
                    states[number, :, place:place + looks] = found[:looks].T
                    place += looks
        return watch.timing(states)


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _libraries() -> list[Path]:
    """Return SUNDIALS's libraries of the wheel, in the order of `_PARTS`, as far as they are there."""
    found = find_spec("sksundae")
    if found is None or not found.submodule_search_locations:
        return []
    folder = Path(found.submodule_search_locations[0]).parent / "scikit_sundae.libs"
    each = [sorted(folder.glob(f"libsundials_{part}-*.so*")) for part in _PARTS]
    return [paths[0] for paths in each if paths and (".so." in paths[0].name)] if any(_MAJOR in paths[0].name for paths in each if paths) else []


def _index() -> str:
    """Return the whole numbers with which the libraries were built."""
    config = Path(find_spec("sksundae").submodule_search_locations[0]) / "py_config.pxi"  # type: ignore[union-attr, index]  # it is there: see `absent`
    return "int" if config.exists() and 'SUNDIALS_INT_TYPE = "int"' in config.read_text() else "long"


def _compiled(text: str) -> Callable:
    """Return the function `piece` of a C program; raise InputError where the compiler does not take it."""
    libraries = _libraries()
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "model.c", Path(folder) / "model.so"
        source.write_text(text)
        command = ["gcc", *_FLAGS, str(source), "-o", str(made), *map(str, libraries), f"-Wl,-rpath,{libraries[0].parent}",
                   f"-Wl,-rpath-link,{libraries[0].parent}", "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            raise InputError(f"bench, C program: gcc does not take it ({done.stderr.strip().splitlines()[0] if done.stderr.strip() else done.returncode}); "
                             "leave the engine out")
        piece = ctypes.CDLL(str(made)).piece
    address = ctypes.c_void_p
    piece.argtypes, piece.restype = [ctypes.c_int, address, address, address, ctypes.c_double, address, address], ctypes.c_int
    return piece
