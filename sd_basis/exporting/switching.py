"""Policies, shocks and impulses of one case, written into the equations: by dates, or by a stock that latches a condition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from ..actions import Action, acting
from ..choices import condition_of
from ..errors import InputError
from ..model import Model
from ..policies import Impulse, Policy
from ..quantities import CLOUD, START, Flow, Parameter, Quantity, Stock
from .equations import number
from .naming import quoted
from .variables import Variable

if TYPE_CHECKING:
    from .outline import Outlining


def changed(model: Model, action: Action) -> list[tuple[Parameter, sympy.Expr]]:
    """Return the parameters that an action replaces, each with its expression."""
    return [(model.parameters[place], expression) for place, expression in action.expressions]


@dataclass(frozen=True)
class _Layer:
    """One item that replaces parameters: where it acts (None where it always does), its start as text, the names it needs, and those it mentions."""

    name: str
    acts: str | None
    start: str
    changes: list[tuple[Parameter, sympy.Expr]]
    series: dict[Quantity, str]
    mentions: tuple[str, ...] = ()


class Switching:
    """Writes what switches in a run: the parameters, layer upon layer, and the flows of impulses."""

    def __init__(self, outlining: Outlining, step: float):
        self.outlining, self.model, self.plan, self.step = outlining, outlining.model, outlining.plan, step
        self._own_step: str | None = None

    def parameters(self) -> None:
        """Add every parameter: a number, or what the policies and shocks of the case make of it."""
        layers = [layer for item in self.plan.order if (layer := self._layer(item)) is not None]
        pending: dict[Parameter, list[str]] = {}  # the names of each value that a later layer changes, then its own
        for layer in layers:
            for parameter, _ in layer.changes:
                pending.setdefault(parameter, []).append(self.outlining.free.fresh(f"{parameter.name} before {layer.name}"))
        for place, parameter in enumerate(self.model.parameters):
            own = self.outlining.names[parameter]
            names = [*pending.get(parameter, ()), own]
            limits = parameter.between if all(map(math.isfinite, parameter.between)) else (-math.inf, math.inf)
            self._add(parameter, names[0], number(self.plan.base[place]), (), limits)
            pending[parameter] = names
        current: dict[Quantity, str] = {parameter: names.pop(0) for parameter, names in pending.items()}
        for layer in layers:
            for parameter, expression in layer.changes:
                known = {**current, **layer.series}
                text, mentions = self.outlining.written(f"policy {layer.name!r}, {parameter.name}", expression, known, {START: layer.start})
                if layer.acts is not None:
                    text = f"(IF {layer.acts} THEN {text} ELSE {quoted(current[parameter])})"
                    mentions = (*mentions, current[parameter], *layer.mentions)
                current[parameter] = pending[parameter].pop(0)
                self._add(parameter, current[parameter], text, tuple(dict.fromkeys(mentions)))

    def _add(self, parameter: Parameter, name: str, equation: str, mentions: tuple[str, ...], limits: tuple[float, float] = (-math.inf, math.inf)) -> None:
        said = "; ".join(filter(None, (parameter.description, parameter.reference)))
        self.outlining.add(Variable("aux", name, equation, parameter.unit, said, limits=limits, mentions=mentions))

    def _layer(self, item: Action | Policy) -> _Layer | None:
        if isinstance(item, Policy):
            return self._latched(item)
        first, last = self.plan.start + self.plan.nearest, self.plan.end - self.plan.nearest
        if item.start >= last or item.end <= first:
            return None
        acts = None if item.start <= first else f"STEP(1, {number(item.start)}) > 0.5"
        if item.end < last:
            acts = f"{'1' if acts is None else acts.removesuffix(' > 0.5')} - STEP(1, {number(item.end)}) > 0.5"
        return _Layer(item.name, acts, number(item.start), changed(self.model, item), self._series(item, "TIME"))

    def _series(self, action: Action, time: str) -> dict[Quantity, str]:
        """Add the series of a policy, moved to its start, and return their names."""
        found: dict[Quantity, str] = {}
        for series, sampled in action.sampled.items():
            found[series] = self.outlining.free.fresh(f"{series.name} in {action.name}")
            self.outlining.series(found[series], sampled, series.unit, series.description, time)
        return found

    # Conditions -----------------------------------------------------------------------------

    def _latched(self, policy: Policy) -> _Layer:
        """Add the stocks that latch the condition of a policy and return where it acts from then on."""
        latch, clock = self._latch(policy)
        since, delay = quoted(clock), self.outlining.written(f"policy {policy.name!r}, delay", policy.delay)[0]
        action = acting(self.model, policy, 0.0, math.inf)
        acts = f"({quoted(latch)} > 0.5) AND ({since} >= {delay})"
        if policy.duration is not None:
            acts += f" AND ({since} < {delay} + {number(policy.duration)})"
        return _Layer(policy.name, acts, f"(TIME - {since} + {delay})", changed(self.model, action), self._series(action, f"{since} - {delay}"), (latch, clock))

    def _latch(self, item: Policy | Impulse) -> tuple[str, str]:
        """Add a stock that is 1 from the step on after a condition came true, and one that tells for how long it has been; return their names."""
        where = f"{'policy' if isinstance(item, Policy) else 'impulse'} {item.name!r}"
        if item.rearm:
            raise InputError(f"{where}: it fires again whenever its condition comes true again, which has no form in XMILE; export a model without rearm")
        outlining = self.outlining
        outlining.note(f"{where} fires a step after its condition comes true, by a stock that latches it")
        latch, clock = outlining.free.fresh(f"{item.name} latch"), outlining.free.fresh(f"time since {item.name}")
        closing, ticking = outlining.free.fresh(f"closing the {latch}"), outlining.free.fresh(f"passing of {clock}")
        holds, mentions = outlining.written(f"{where}, when", condition_of(where, item.when), as_condition=True)
        said = f"1 once the condition of {item.name} has come true"
        outlining.add(Variable("stock", latch, f"(IF {holds} THEN 1 ELSE 0)", None, said, (closing,), mentions=mentions))
        outlining.add(Variable("flow", closing, f"(IF ({quoted(latch)} < 0.5) AND ({holds}) THEN 1/{quoted(self._length())} ELSE 0)",
                               mentions=(latch, self._length(), *mentions)))
        outlining.add(Variable("stock", clock, "0", self.model.time_unit, f"how long ago the condition of {item.name} came true", (ticking,)))
        outlining.add(Variable("flow", ticking, f"(IF {quoted(latch)} > 0.5 THEN 1 ELSE 0)", mentions=(latch,)))
        return latch, clock

    def _length(self) -> str:
        """Return the name of the auxiliary that is the step: not every reader knows DT."""
        if self._own_step is None:
            self._own_step = self.outlining.free.fresh("step of the latches")
            self.outlining.add(Variable("aux", self._own_step, number(self.step), self.model.time_unit, "the DT of the run; change both together"))
        return self._own_step

    # Impulses -------------------------------------------------------------------------------

    def impulses(self) -> dict[Stock, tuple[list[str], list[str]]]:
        """Add a flow for each impulse and return, by stock, the names of those that come in and of those that go out."""
        for impulse in self.plan.watched:
            raise InputError(f"impulse {impulse.name!r}: a condition triggers it, which has no form in XMILE; export a model without it, or with a date")
        found: dict[Stock, tuple[list[str], list[str]]] = {}
        for kick in self.plan.kicks:
            if not self.plan.start <= kick.time < self.plan.end:
                continue
            self.outlining.note(f"impulse {kick.impulse.name!r} passes over one step, beside the flows of that step instead of before them")
            # on a whole step, since some readers lose a pulse between two
            time = self.plan.start + round((kick.time - self.plan.start) / self.step) * self.step
            for flow, amount in kick.impulse.amounts.items():
                self._impulse(kick.impulse, flow, amount, time, found)
        return found

    def _impulse(self, impulse: Impulse, flow: Flow, amount: sympy.Expr, time: float, found: dict[Stock, tuple[list[str], list[str]]]) -> None:
        text, mentions = self.outlining.written(f"impulse {impulse.name!r}", amount)
        name = self.outlining.free.fresh(f"impulse {impulse.name}" if impulse.name == flow.name else f"impulse {impulse.name} through {flow.name}")
        self.outlining.add(Variable("flow", name, f"PULSE({text}, {number(time)})", self.model.unit_text(flow), impulse.description, mentions=mentions))
        for end, place in ((flow.sink, 0), (flow.source, 1)):
            if end is not CLOUD:
                found.setdefault(end, ([], []))[place].append(name)
