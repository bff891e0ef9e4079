"""What a report is about: a model with a case and its run, and the runs of its other cases, each made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..case import Case
from ..errors import NumericalFailure
from ..library import case_paths, find_case
from ..model import Model
from ..run import Run
from ..simulation import simulate


@dataclass(frozen=True)
class Picture:
    """A picture of the page: SVG, its title, a remark, and its width in pixels where it is not to be fitted to the page."""

    name: str
    title: str
    svg: bytes
    remark: str = ""
    width: int | None = None


@dataclass(frozen=True)
class Subject:
    """A model with the case that is reported; `failure` is the sentence of a run that broke off, which is kept as far as it came.

    `shows` are the quantities that matter most; `pictures` draws some of the model by what they show ("structure", "loops",
    "behaviour"); `set` are parameters given on top of every case; `tell` is told what is at work; `claims` is a folder with stored
    verdicts, `measure` tells whether claims without one are measured; `kept` holds what parts share, `failures` the
    sentences of what could not be made.
    """

    model: Model
    case: Case
    run: Run
    failure: str = ""
    shows: tuple[str, ...] = ()
    pictures: Callable[[Subject, str], Sequence[Picture]] | None = None
    others: tuple[str, ...] = ()
    claims: Path | None = None
    measure: bool = False
    set: Mapping[Any, float] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda title: None
    kept: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    runs: dict[str, tuple[Run, str]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """Method and relative tolerance of every run."""
        return {"method": self.run.solver["method"], "rtol": self.run.solver["rtol"]}

    def of_case(self, name: str) -> tuple[Run, str]:
        """Return the run of another case and, where it broke off, its sentence; raise NumericalFailure where there is nothing of it."""
        if name == self.case.name:
            return self.run, self.failure
        if name not in self.runs:
            self.tell(f"Cases compared: {name}")
            self.runs[name] = attempted(self.model, find_case(self.model, name), set=self.set, **self.settings)
        return self.runs[name]


def attempted(model: Model, case: Case | None, *, method: Any = "LSODA", rtol: Any = 1e-6, set: Mapping[Any, float] | None = None) -> tuple[Run, str]:
    """Return the run of a case, or as much of it as there is with the sentence of its failure."""
    try:
        return simulate(model, case, method=method, rtol=rtol, set=set), ""
    except NumericalFailure as failure:
        if failure.run is None:
            raise
        return failure.run, str(failure)


def known_cases(model: Model) -> tuple[str, ...]:
    """Return the names of a model's cases."""
    return tuple(case_paths(model.path)) if model.path else ()
