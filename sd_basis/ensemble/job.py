"""What an ensemble asks of its runs, and what it gets back: the contract between sweeps and engines.

An engine is a function of (job, rows) that returns a Batch, row by row what `simulate` would find. It raises for what no run of
the job could do; what goes wrong in one run becomes that run's reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, unknown
from ..outcomes import UNDECIDED
from ..quantities import Parameter
from ..transition.scene import DELAY, Scene


@dataclass(frozen=True)
class Job:
    """The runs of a scene that differ in `columns`: parameters by name, and DELAY, that of the scene's policy.

    A DELAY that is not a number means that the policy never comes. Of each run the outcome of every group is kept and, of the quantities `keep`
    (stocks, flows and auxiliaries by name), the values at the model times `times`, by default at the end alone, and the extremes along the run.
    """

    scene: Scene
    columns: tuple[str, ...]
    keep: tuple[str, ...] = ()
    times: tuple[float, ...] = ()

    def __post_init__(self):
        model, where = self.scene.model, self.scene.where
        for place, name in enumerate(self.columns):
            if name in self.columns[:place]:
                raise InputError(f"{where}: {name!r} is varied twice; give it once")
            if name != DELAY:
                model.quantity(name, where, Parameter)
        kept = [quantity.name for quantity in (*model.stocks, *model.computed)]
        for name in self.keep:
            if name not in kept:
                raise unknown(f"{where}, keep", "stock, flow or auxiliary", name, kept)
        if any(not self.scene.start <= time <= self.scene.end for time in self.times) or list(self.times) != sorted(set(self.times)):
            raise InputError(f"{where}, times: they do not rise within the run from {self.scene.start:g} to {self.scene.end:g}; give times in that range, in order")

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The codes of each group of outcomes in the order of their numbers; number 0 is "undecided"."""
        found: dict[str, tuple[str, ...]] = {}
        for outcome in self.scene.model.outcomes:
            codes = found.get(outcome.group, (UNDECIDED,))
            found[outcome.group] = codes if outcome.name in codes else (*codes, outcome.name)
        return found

    @property
    def looked_at(self) -> tuple[float, ...]:
        """The model times at which the kept quantities are taken."""
        return self.times or (self.scene.end,)


@dataclass(frozen=True)
class Batch:
    """What came of some rows; nan and 0 where a run failed.

    `codes` (runs, groups) are numbers into `Job.groups`, `decided` (runs, groups) model times, nan where undecided; `values` (runs, kept, times)
    and `lowest`, `highest` (runs, kept), looked at where the solver stepped; `reasons` say why a run failed and are empty where it did not.
    """

    codes: np.ndarray
    decided: np.ndarray
    values: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    reasons: tuple[str, ...]

    @classmethod
    def empty(cls, job: Job, runs: int) -> Batch:
        """Return a batch in which nothing is known yet, to be filled."""
        groups, kept = len(job.groups), len(job.keep)
        return cls(np.zeros((runs, groups), np.int16), np.full((runs, groups), np.nan), np.full((runs, kept, len(job.looked_at)), np.nan),
                   np.full((runs, kept), np.nan), np.full((runs, kept), np.nan), ("",) * runs)


Engine = Callable[[Job, np.ndarray], Batch]
