"""Cutting: a link or a loop held at its value from a date on, as a control of what it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from .actions import Action, acting
from .case import Case
from .choices import choose
from .circuits import check_link
from .errors import InputError
from .model import Model
from .policies import Policy
from .quantities import Auxiliary, Parameter, Quantity


@dataclass(frozen=True)
class Cut:
    """A link that is held: `target` sees `source` at the value it had at the date, None for the start of the run."""

    source: Quantity
    target: Quantity
    held: Parameter
    switch: Parameter
    at: Any = None

    @property
    def name(self) -> str:
        """The link, as it is written."""
        return f"{self.source} -> {self.target}"

    def action(self, model: Model, case: Case, start: float) -> Action:
        """Return the action that takes the value and holds it, to the end of the run."""
        time = start if self.at is None else case.time(f"cut {self.name}", self.at)
        made = acting(model, Policy(f"cut {self.name}", {self.switch: 1}), time, float("inf"), shock=True)
        return replace(made, holds=((model.input_places[self.held], self.source),))


def cut(model: Model, link: str, at: Any = None) -> Model:
    """Return the model with a link or loop held at the value it has at a date, by default when the run begins.

    `link` names it: "price -> margin_calls", or for a loop "price -> margin_calls -> sales -> price", which is held at its
    first link; other loops through that link are held with it. `at` is model time or an ISO date. Only
    the target sees the value held: everything else goes on seeing the quantity itself. Raises InputError for
    quantities that do not exist or are not linked, naming what the target depends on.
    """
    where = f"cut {link!r}"
    names = [name.strip() for name in link.split("->")] if isinstance(link, str) else []
    if len(names) < 2 or not all(names):
        raise InputError(f"{where}: it is neither a link nor a loop; write a -> b, or a -> b -> c -> a")
    if len(names) > 2 and names[0] != names[-1]:
        raise InputError(f"{where}: it does not come back to {names[0]!r}; write a link a -> b, or a loop that ends where it begins")
    path = [model.quantity(name, where) for name in names]
    for source, target in pairwise(path):
        check_link(model, where, source, target)
    source, target = next((pair for pair in pairwise(path) if isinstance(pair[1], Auxiliary)), (None, None))
    if source is None or target is None:
        raise InputError(f"{where}: a stock changes through its flows only; hold what a flow depends on, for example x -> flow")
    number = len(model.cuts) + 1
    held = Parameter(f"held {number}: {source} in {target}", 0.0, source.unit, description=f"{source} as {target} sees it from the cut on")
    switch = Parameter(f"cut {number}: {source} in {target}", 0.0, "1", domain=(0, 1), description="1 from the cut on")
    made = model.altered()
    made.parameters = (*model.parameters, held, switch)
    made.quantities = {**model.quantities, held.name: held, switch.name: switch}
    made.equations = {**model.equations, target: model.equations[target].xreplace({source: choose(switch, held, source)})}
    made.cuts = (*model.cuts, Cut(source, target, held, switch, at))
    return made
