"""The context of a check: the cases and their runs, each computed once, and how they are integrated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from ..case import Case
from ..compiled import compiled
from ..dimensions import faults
from ..errors import BasisError, InputError, NumericalFailure
from ..integrators import FIXED
from ..library import case_paths, find_case
from ..model import Model
from ..quantities import Quantity
from ..run import Run
from ..simulation import simulate
from .findings import Skip


def stopped(failure: BasisError) -> str:
    """Return how a run failed as part of a sentence: when and why it stopped, or why it could not begin."""
    run = getattr(failure, "run", None)
    if run is None:
        return f"it cannot be run ({str(failure).partition(': ')[2].partition('; ')[0] or failure})"
    return f"the run stops at {run.when(float(run.path.t[-1]))} ({str(run.path.pieces[-1].problem).replace('; ', ': ')})"


class Context:
    """What checks share: the cases, the `main` one among them, their runs, and the settings.

    The main case is the one asked for, else the model's own, else the first that has policies. A `quick` look takes it alone.
    `step(n)` tells that n runs are done.
    """

    def __init__(self, model: Model, case: Any = None, *, quick: bool = False, method: str = "LSODA", rtol: float = 1e-6, workers: int = 1,
                 step: Callable[[int], None] = lambda runs: None):
        self.model, self.quick, self.rtol, self.workers, self.step = model, quick, rtol, workers, step
        self.method = model.stepping if model.step is not None else method
        self.found: dict[str, Case | InputError] = self._cases()
        self.main = self._main(case)

    def _cases(self) -> dict[str, Case | InputError]:
        found: dict[str, Case | InputError] = {}
        for name in case_paths(self.model.path) if self.model.path else ():
            try:
                case = find_case(self.model, name)
                assert case is not None  # it has a name
                found[name] = case
            except InputError as fault:
                found[name] = fault
        return found

    def _main(self, case: Any) -> Case:
        own = find_case(self.model, case)
        if own is not None:
            return own
        known = [found for found in self.found.values() if isinstance(found, Case)]
        return next((found for found in known if found.policies), known[0] if known else Case("default"))

    @cached_property
    def cases(self) -> dict[str, Case | InputError]:
        """Every case by name, or the sentence of what is wrong with its file; in a quick look the main one alone."""
        own: dict[str, Case | InputError] = {self.main.name: self.main}
        return own if self.quick else own | self.found

    @cached_property
    def units(self) -> tuple[list[str], dict[Quantity, Any]]:
        """The unit faults of the model, and the unit of each quantity where it can be told."""
        return faults(self.model)

    def ready(self) -> None:
        """Compile the model; raise Skip where its units forbid every run."""
        if self.units[0]:
            raise Skip("no run while units do not fit")
        compiled(self.model, held=self.method not in FIXED)

    def attempt(self, case: Case, model: Model | None = None, **options: Any) -> Run | BasisError:
        """Return a run, or the error with which it ended."""
        settings: dict[str, Any] = {"method": self.method, "rtol": self.rtol} | options
        try:
            return simulate(model or self.model, case, **settings)
        except (InputError, NumericalFailure) as failure:
            return failure.with_traceback(None)
        finally:
            self.step(1)

    @cached_property
    def runs(self) -> dict[str, Run | BasisError]:
        """The run of every case by name, or why there is none."""
        self.ready()
        return {name: self.attempt(case) if isinstance(case, Case) else case for name, case in self.cases.items()}

    @property
    def completed(self) -> Mapping[str, Run]:
        """The runs that came to their end."""
        return {name: run for name, run in self.runs.items() if isinstance(run, Run)}

    @property
    def base(self) -> Run:
        """The run of the main case; raise Skip where it fails."""
        run = self.runs[self.main.name]
        if not isinstance(run, Run):
            raise Skip(f"case {self.main.name!r} has no run")
        return run
