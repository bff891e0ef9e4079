"""The scene of a transition: a case whose policy moves in time and whose parameters change, and how each of its runs ends.

A delay is counted from clock zero, the first shock of the case, or where it has none the start of the run, to the
start of the policy; where no policy is named all dated policies of the case move together and the first of them counts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..case import Case
from ..departing import of_policies
from ..errors import InputError, NumericalFailure, unknown
from ..library import find_case
from ..model import Model
from ..outcomes import UNDECIDED, Decision, Settled
from ..policies import Impulse, Policy
from ..quantities import Parameter, finite_number
from ..run import Run
from ..saving import State
from ..simulation import depart, simulate

DELAY = "delay"  # the axis along which the policy moves; every other axis is a parameter
_KEPT = 16  # runs kept; one takes megabytes


@dataclass(frozen=True)
class Look:
    """How one run ended: the code of its outcome and the model time since which it is decided, None where it is undecided.

    `point` holds the delay (None: the policy never comes) and the parameters that differ from the scene's.
    """

    point: tuple[float | None, tuple[tuple[str, float], ...]]
    code: str
    time: float | None


class Scene:
    """A case with one policy that moves, one group of outcomes, and a count of the integrations made so far.

    `policy` is a name, a Policy or an Impulse, or None for all dated policies of the case at once; `policies`, `set`, `initial`, `method`
    and `rtol` are those of `simulate`; `outcome` is the group of outcomes that counts, by default the first.
    """

    def __init__(self, model: Model, case: Case | str | Path | None = None, *, policy: Policy | Impulse | str | None = None, outcome: str | None = None,
                 set: Mapping | None = None, policies: Iterable[Policy | str] = (), initial: Mapping | str | None = None, method: str = "LSODA",
                 rtol: float = 1e-6):
        self.model, self.case = model, find_case(model, case) or Case("default")
        self.where = f"model {model.name!r}, case {self.case.name!r}"
        self.set = {_name(key): float(value) for key, value in (set or {}).items()}
        self.policies, self.initial, self.method, self.rtol = tuple(policies), initial, method, rtol
        groups = list(dict.fromkeys(item.group for item in model.outcomes))
        if outcome is not None and outcome not in groups:
            raise unknown(self.where, "group of outcomes", outcome, groups)
        self.group = outcome if outcome is not None else next(iter(groups), "")
        own = [item for item in model.outcomes if item.group == self.group]
        self.passages = {item.name for item in own if item.absorbing or item.lasting}  # codes that a first passage may decide, and those that nothing else does
        self.absorbing = self.passages - {item.name for item in own if not (item.absorbing or item.lasting)}
        self.moved = model.policy(policy) if isinstance(policy, str) else policy
        first, last = self.case.span if self.case.span is not None else model.span
        self.start, self.end = self.case.time("span", first), self.case.time("span", last)
        shocks = [self.case.time(event.name, event.start) for event in self.case.shocks if event.start is not None]
        self.zero = max(min(shocks, default=self.start), self.start)
        self.own = self._own_delay()
        self._free = frozenset({DELAY, *(parameter.name for parameter in of_policies(model))})
        self.integrations = 0
        self._looks: dict[tuple, Look] = {}
        self._runs: OrderedDict[tuple, Run] = OrderedDict()
        self._never: Run | None = None

    def with_rtol(self, rtol: float, method: str | None = None) -> Scene:
        """Return the same scene at another tolerance, and by another method, with a count of its own."""
        return Scene(self.model, self.case, policy=self.moved, outcome=self.group or None, set=self.set, policies=self.policies, initial=self.initial,
                     method=method or self.method, rtol=rtol)

    def changed(self, set: Mapping | None = None, model: Model | None = None, outcome: str | None = None, case: Case | None = None) -> Scene:
        """Return the scene with other parameters on top, of another (cut) model, group or case, with a count of its own."""
        same = model is None or model.stocks == self.model.stocks  # a cut model has the symbols of the whole one
        return Scene(model or self.model, case or self.case, policy=self.moved if same or self.moved is None else self.moved.name,
                     outcome=outcome or self.group or None, set={**self.set, **(set or {})}, policies=self.policies, initial=self.initial,
                     method=self.method, rtol=self.rtol)

    # The date ------------------------------------------------------------------------------

    def _own_delay(self) -> float | None:
        """Return the delay of the policy as the case has it, None where it has no date there."""
        dated = [event for event in self.case.policies if self._dated(event.name) is not None
                 and (self.moved is None or event.name == self.moved.name)]
        starts = [self._starts(event) for event in dated]
        if self.moved is not None and not starts and (own := _date(self.moved)) is not None:
            starts = [self.case.time(self.moved.name, own)]
        return min(starts) - self.zero if starts else None

    def _dated(self, name: str) -> Policy | Impulse | None:
        item = self.model.policies.get(name) or self.model.impulses.get(name)
        return item if item is not None and item.when is None else None

    def _starts(self, event: Any) -> float:
        raw = event.start if event.start is not None else _date(self._dated(event.name))
        if raw is None:
            raise InputError(f"{self.where}: the policy {event.name!r} has no start; write {event.name}@DATE or give the case a start")
        return self.case.time(event.name, raw) + self.case.shift

    @property
    def earliest(self) -> float:
        """The smallest delay: that at which the policy starts with the run."""
        return self.start - self.zero

    @property
    def latest(self) -> float:
        """The delay at which the policy would start as the run ends."""
        return self.end - self.zero

    def when(self, delay: float) -> str:
        """Return the start of the policy at a delay as text: a date and hour where the case has an origin."""
        return self.case.when(self.zero + delay)

    def _placed(self, delay: float | None) -> tuple[Case, tuple]:
        """Return the case and the further policies with the policy at a delay; at None it never comes."""
        if self.moved is None:
            if delay is None:
                return replace(self.case, policies=tuple(event for event in self.case.policies if self._dated(event.name) is None)), self.policies
            if self.own is None:
                raise InputError(f"{self.where}: it has no dated policies; name the policy that moves, or choose a case with policies")
            return self.case.shifted(self.case.shift + delay - self.own), self.policies
        others = tuple(item for item in self.policies if _name(item) != self.moved.name)
        kept = tuple(event for event in self.case.policies if event.name != self.moved.name)
        if delay is None:
            return replace(self.case, policies=kept), others
        if self.moved.when is not None:
            raise InputError(f"{self.where}: {self.moved.name!r} is triggered by {self.moved.when} and has no date; move its threshold or delay, "
                             "a parameter, instead")
        start = self.zero + delay
        if isinstance(self.moved, Impulse):
            return replace(self.case, policies=kept), (*others, self.moved.at_date(start))
        event = next((event for event in self.case.policies if event.name == self.moved.name), None)
        ends, lasts = (event.end, event.duration) if event is not None and (event.end is not None or event.duration is not None) else (
            self.moved.end, self.moved.duration)
        if ends is not None:  # a length, which moves with its start
            if self.own is None:
                raise InputError(f"{self.where}: {self.moved.name!r} ends on a date but has no start; give it a duration")
            lasts = self.case.time(self.moved.name, ends) - (self.own + self.zero - self.case.shift)
        own = replace(self.moved, start=None, end=None, duration=lasts)
        return replace(self.case, policies=kept), (*others, own.at(start))

    # Runs ----------------------------------------------------------------------------------

    def run(self, delay: float | None = None, values: Mapping[str, float] | None = None, stretch: float = 1.0) -> Run:
        """Return the run with the policy at a delay and parameters changed, over a span `stretch` times as long.

        A run that breaks off after an absorbing outcome was met counts. Raises NumericalFailure for any other that breaks off.
        """
        given = self._values(values)
        key = (delay, tuple(sorted(given.items())), stretch)
        if key not in self._runs:
            return self._keep(key, self._simulated(delay, given, stretch))
        self._runs.move_to_end(key)
        return self._runs[key]

    def _keep(self, key: tuple, run: Run) -> Run:
        self._runs[key] = run
        while len(self._runs) > _KEPT:
            self._runs.popitem(last=False)
        return run

    def go_on(self, state: State, delay: float | None = None, values: Mapping[str, float] | None = None, stretch: float = 1.0) -> Run:
        """Return the run with the policy at a delay and parameters changed as it goes on from a state; it is not kept."""
        return self._simulated(delay, self._values(values), stretch, state)

    def _simulated(self, delay: float | None, given: Mapping[str, float], stretch: float, state: State | None = None, settled: Settled | None = None) -> Run:
        case, policies = self._placed(delay)
        self.integrations += 1
        everything, span = {**self.set, **given}, (self.start, self.start + stretch * (self.end - self.start))
        try:
            base = self._base(given) if state is None and delay is not None else None
            run = None if base is None else depart(base, case, self.zero + delay, policies=policies, set=everything, span=span, settled=settled)
            return run or simulate(self.model, case, policies=policies, set=everything, initial=self.initial if state is None else None,
                            span=span, method=self.method, rtol=self.rtol, resume=state)
        except NumericalFailure as failure:
            decision = None if failure.run is None else failure.run.outcomes.get(self.group)  # none where the model declares no outcomes
            if failure.run is None or decision is None or decision.time is None:
                raise
            return failure.run

    def _base(self, given: Mapping[str, float]) -> Run | None:
        """Return the run without the policy, from which those with it depart; None where they differ from the start."""
        if self._never is None and self._free:
            try:
                self._never = self.run(None)
            except (InputError, NumericalFailure):
                self._free = frozenset()  # each run is made from its start, and says what is wrong
        return self._never if all(name in self._free for name in given) else None

    def look(self, delay: float | None = None, values: Mapping[str, float] | None = None, stretch: float = 1.0, longest: float = 1.0) -> Look:
        """Return how a run ends; one that is undecided is followed further, to `longest` spans at most, each time four times as far."""
        if not self.group:
            raise InputError(f"model {self.model.name!r}: it declares no outcomes; give it outcomes=, a model of another tool by extended()")
        given = self._values(values)
        point = delay, tuple(sorted(given.items()))
        while (found := self._look(point, given, stretch)).code == UNDECIDED and stretch < longest:
            stretch = min(4 * stretch, longest)
        return found

    def _look(self, point: tuple, given: dict[str, float], stretch: float) -> Look:
        key = (*point, stretch)
        for shorter, look in list(self._looks.items()) if key not in self._looks else ():
            if shorter[:2] == point and shorter[2] < stretch and look.code in self.absorbing:  # what is absorbed stays so
                self._looks[key] = look
        if key not in self._looks:
            decision = self._decision(point, given, stretch)
            self._looks[key] = Look(point, decision.code, decision.time)
        return self._looks[key]

    def _decision(self, point: tuple, given: dict[str, float], stretch: float) -> Decision:
        """Return the decision of a run, which ends where it cannot change any more if the run is not kept already."""
        if (*point, stretch) in self._runs or point[0] is None:
            return self.run(point[0], given, stretch).outcomes[self.group]
        settled = Settled(self.group)
        run = self._simulated(point[0], given, stretch, settled=settled)
        if run.path.pieces[-1].problem is not None or not settled.visits:
            return self._keep((*point, stretch), run).outcomes[self.group]
        if run.path.t[-1] >= run.path.schedule.end:
            self._keep((*point, stretch), run)
        return settled.decision

    def _values(self, values: Mapping[str, float] | None) -> dict[str, float]:
        found = {_name(key): finite_number(f"{self.where}: {_name(key)}", value) for key, value in (values or {}).items()}
        for name in found:
            self.model.parameters_of(name, self.where)
        return found

    def value(self, parameter: str) -> float:
        """Return the value of a parameter where the scene changes nothing."""
        quantity = self.model.quantity(parameter, self.where, Parameter)
        if parameter in self.set:
            return self.set[parameter]
        return float({**self.model.values, **self.case.values}.get(parameter, quantity.value))


def _name(thing: Any) -> str:
    return str(getattr(thing, "name", thing))


def _date(item: Policy | Impulse | None) -> Any:
    return None if item is None else item.at if isinstance(item, Impulse) else item.start
