"""The engines that are compared, by name: ours, scipy's by `simulate`, and those of other packages on the same pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from ..ensemble.engines import FAST, engine
from ..errors import BasisError, unknown
from .jaxed import Diffrax
from .native import NativeCvode
from .odepack import odepack
from .pieces import Solve, carried
from .problem import Problem, alone
from .sundials import sundials
from .timed import Timing, timed

BASELINE = "lsoda"
_MANY = 256  # runs that the compiled engine is given at least, as in an ensemble: the rows over and over, shuffled


class Contestant(Protocol):
    """What is compared: `absent` says in a sentence why it cannot run a problem, `ready` compiles and gives what carries out all runs at a tolerance."""

    @property
    def name(self) -> str:
        """The name by which the engine is asked for."""

    @property
    def about(self) -> str:
        """What the engine is, in a few words."""

    @property
    def threads(self) -> int:
        """The number of threads; with several the wall clock counts."""

    def absent(self, problem: Problem) -> str | None:
        """Return why it cannot run the problem, None where it can."""

    def ready(self, problem: Problem) -> Callable[[float], Timing]:
        """Do once what no run should pay for, and return the function of rtol that carries out all runs."""


@dataclass(frozen=True)
class OurFast:
    """The compiled engine of ensembles."""

    name: str
    threads: int
    about: str = f"Rodas5P in machine code, four runs in a vector, at least {_MANY} at once"

    def absent(self, problem: Problem) -> str | None:
        """Return why it cannot run the problem: numba is missing, or it has no code for the model."""
        if find_spec("numba") is None:
            return "the package 'numba' is not installed; pip install 'sd_basis[fast]'"
        from ..fast import supported

        return supported(problem.job(1e-6))

    def ready(self, problem: Problem) -> Callable[[float], Timing]:
        """Compile, or read from the cache, and return the function of rtol; it carries out the rows so often that there are as many runs as in an ensemble."""
        self._carry_out(problem, 1e-3, problem.rows[:1])
        return partial(self._runs, problem)

    def _runs(self, problem: Problem, rtol: float) -> Timing:
        count = len(problem.rows)
        order = np.random.default_rng(0).permutation(-(-_MANY // count) * count)  # in their order each thread would get the same few rows again and again
        with timed(len(order)) as watch:
            states = self._carry_out(problem, rtol, problem.rows[order % count])
        return watch.timing(states[np.argsort(order)[:count]])

    def _carry_out(self, problem: Problem, rtol: float, rows: np.ndarray) -> np.ndarray:
        return engine(FAST, self.threads)(problem.job(rtol), rows).values


@dataclass(frozen=True)
class Ours:
    """`simulate` by one of its methods, each run from its start."""

    name: str
    method: str
    about: str
    threads: int = 1

    def absent(self, problem: Problem) -> str | None:
        """Return None: scipy is always there."""
        return None

    def ready(self, problem: Problem) -> Callable[[float], Timing]:
        """Return the function of rtol; a run that breaks off has no states. The reference has compiled what is needed."""
        return partial(self._runs, problem)

    def _runs(self, problem: Problem, rtol: float) -> Timing:
        states, job = np.full(problem.states.shape, np.nan), problem.job(rtol)
        with timed(len(problem.rows)) as watch:
            for number, row in enumerate(problem.rows):
                try:
                    states[number] = alone(job, row, self.method, rtol).path.at(np.array(problem.times))[0].T
                except BasisError:
                    continue
        return watch.timing(states)


@dataclass(frozen=True)
class Piecewise:
    """A solver of another package on the pieces of the reference, with our right-hand side and Jacobian in Python.

    It is told when the switches are, and neither makes a schedule nor looks for crossings: what it needs is less than what `simulate` does.
    """

    name: str
    package: str
    solve: Solve
    about: str
    threads: int = 1

    def absent(self, problem: Problem) -> str | None:
        """Return why it cannot run: its package is missing."""
        module, _, wheel = self.package.partition("=")
        return None if find_spec(module) is not None else f"the package {wheel or module!r} is not installed; pip install {wheel or module}"

    def ready(self, problem: Problem) -> Callable[[float], Timing]:
        """Return the function of rtol; a run that breaks off has no states. The reference has compiled what is needed."""
        return partial(self._runs, problem)

    def _runs(self, problem: Problem, rtol: float) -> Timing:
        states = np.full(problem.states.shape, np.nan)
        with timed(len(problem.rows)) as watch:
            for number in range(len(problem.rows)):
                states[number] = carried(problem, number, rtol, self.solve)
        return watch.timing(states)


ENGINES: tuple[Contestant, ...] = (
    Ours(BASELINE, "LSODA", "scipy LSODA by simulate"), OurFast("fast", 1), OurFast("fast-2", 2),
    Ours("bdf", "BDF", "scipy BDF by simulate"), Ours("radau", "Radau", "scipy Radau by simulate"),
    Piecewise("odeint", "scipy", odepack, "scipy odeint, rates in Python"),
    Piecewise("cvode", "sksundae=scikit-sundae", sundials, "SUNDIALS CVODE by scikit-sundae, rates in Python"),
    NativeCvode("cvode-c"), Diffrax("diffrax"))
NOT_BUILT = {
    "numbalsoda": "it takes one absolute tolerance for all stocks, however large each is, and finds the Jacobian by differences; "
                  "the model would have to be rescaled; and its source did not compile where this was tried",
    "pysd": "it reads Vensim and XMILE models alone and steps them by Euler; this model is none, and a small one of its own would say nothing about it"}


def contestants(names: Sequence[str] = ()) -> list[Contestant]:
    """Return the engines of these names, by default all; the baseline is always among them. Raises InputError with the nearest names."""
    known = {one.name: one for one in ENGINES}
    for name in names:
        if name not in known:
            raise unknown("bench", "engine", name, known)
    return [one for one in ENGINES if not names or one.name in (*names, BASELINE)]


def versions() -> dict[str, str]:
    """Return the versions of what was compared."""
    found = {}
    for package in ("numpy", "scipy", "sympy", "numba", "scikit-sundae", "jax", "diffrax"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
