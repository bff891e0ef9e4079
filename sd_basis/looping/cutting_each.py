"""What becomes of a run where one loop is cut: each held at its first link from the beginning, and the outcome beside."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..case import Case
from ..circuits import Loop
from ..compiled import compiled
from ..cutting import cut
from ..errors import InputError, NumericalFailure
from ..model import Model
from ..quantities import Auxiliary
from ..run import Run
from ..simulation import simulate
from .finding import named
from .found import FeedbackLoop


@dataclass(frozen=True)
class LoopCut:
    """A loop that was cut, at its first `links`, one for each member: the run without it, or the failure it ended with.

    `changes` tells whether an outcome is another than in the whole run, of a run that came to its end.
    """

    name: str
    links: tuple[str, ...]
    run: Run | None
    failure: str | None
    changes: bool

    def document(self) -> dict[str, Any]:
        """Return the outcomes as plain texts and numbers."""
        outcomes = {} if self.run is None else {group: {"outcome": decision.code, "decided_at": decision.time} for group, decision in self.run.outcomes.items()}
        return {"loop": self.name, "links": list(self.links), "changes": self.changes, "outcomes": outcomes, "failure": self.failure}


def cut_loops(model: Model, case: Case | str | Path | None = None, *, loops: Iterable[Loop] = (), found: Iterable[FeedbackLoop] = (), at: Any = None,
              set: Mapping | None = None, policies: Iterable[Any] = (), rtol: float = 1e-6) -> list[LoopCut]:
    """Return what becomes of the case where each loop that the model names, and each of `loops` and `found`, is cut by itself.

    A loop is held at its first link from the time `at`, by default the start, as `cut` does it; other loops through that link are
    held with it. What a name stands for is cut in all members at once. All cuts are compiled together.
    """
    wanted: dict[str, list[str]] = {}
    for circuit in named(model, loops):
        wanted.setdefault(circuit.name, []).append(circuit.link)
    for loop in found:
        if loop.given is None:
            wanted.setdefault(loop.name, []).append(loop.path)
    whole = simulate(model, case, set=set, policies=policies, rtol=rtol)
    held, own = model, {}
    if at is not None:
        when, first, last = whole.case.time("cut", at), float(whole.path.t[0]), float(whole.path.t[-1])
        if not first <= when < last:
            raise InputError(f"cut: {at} is not within the run, from {whole.when(first)} to {whole.when(last)}; give a time before its end")
    for name, paths in wanted.items():
        before = len(held.cuts)
        for path in dict.fromkeys(_link(model, path) for path in paths):
            held = cut(held, path, at)
        own[name] = held.cuts[before:]
    compiled(held)
    made = []
    for name, cuts in own.items():
        one = copy.copy(held)
        one.cuts = (*model.cuts, *cuts)
        links = tuple(item.name for item in cuts)
        try:
            run = simulate(one, case, set=set, policies=policies, rtol=rtol)
        except NumericalFailure as failure:
            made.append(LoopCut(name, links, failure.run, str(failure), False))
            continue
        changes = any(run.outcomes[group].code != decision.code for group, decision in whole.outcomes.items())
        made.append(LoopCut(name, links, run, None, changes))
    return made


def _link(model: Model, path: str) -> str:
    """Return the first link of a loop that can be held: the first into an auxiliary or a flow."""
    names = path.split(" -> ")
    return next(f"{source} -> {target}" for source, target in pairwise(names) if isinstance(model.quantities[target], Auxiliary))
