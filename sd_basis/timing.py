"""Timing: the shift of a case's policies at which its outcome turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .case import Case
from .errors import InputError, unknown
from .library import find_case
from .model import Model
from .outcomes import Settled
from .policies import Policy
from .quantities import finite_number
from .run import Run
from .simulation import depart, simulate


@dataclass(frozen=True)
class Turning:
    """A bracket of shifts, in model time, between which the outcome turns from `below` to `above`.

    `low` gives the outcome `below` and `high` gives `above`; `runs` counts the shifts that were looked at.
    """

    low: float
    high: float
    below: str
    above: str
    runs: int

    @property
    def shift(self) -> float:
        """The middle of the bracket."""
        return (self.low + self.high) / 2


def turning_shift(model: Model, case: Case | str | Path | None, low: float, high: float, *, group: str | None = None,
                  xtol: float = 1e-4, policies: Iterable[Policy | str] = (), set: Mapping | None = None,
                  method: str = "LSODA", rtol: float = 1e-6, known: Mapping[float, Run | str] | None = None) -> Turning:
    """Bisect the shift of a case's policies between two shifts whose outcomes differ.

    `group` is the group of outcomes that decides, by default the first. A third outcome in
    between counts as not `below`, so that the bracket holds the end of `below` and `above` may
    be that third one. Where the outcome turns more than once, one of the turns is found. `known`
    are runs of shifts under the same settings, or their outcomes. The runs in between depart from that at the higher shift, which is
    the same until their policies begin, and end where the outcome is settled. Raises InputError for equal
    outcomes, a case without policies, and a model without outcomes.
    """
    case = find_case(model, case)
    where = f"model {model.name!r}, turning shift"
    low, high, xtol = finite_number(f"{where}, low", low), finite_number(f"{where}, high", high), finite_number(f"{where}, xtol", xtol)
    if high <= low:
        raise InputError(f"{where}: the shift {high:g} is not above {low:g}; give the lower one first")
    if xtol <= 0:
        raise InputError(f"{where}: xtol is {xtol:g}; give a positive length of model time")
    own = tuple(policies)
    if case is None or not (case.policies or own):
        raise InputError(f"{where}: {'there is no case' if case is None else f'case {case.name!r} has no policies'}; "
                         "give a case with policies to shift")
    groups = list(dict.fromkeys(outcome.group for outcome in model.outcomes))
    if not groups:
        raise InputError(f"{where}: the model declares no outcomes; give it outcomes=, a model of another tool by extended()")
    group = groups[0] if group is None else group
    if group not in groups:
        raise unknown(where, "group of outcomes", group, groups)

    settings = {"policies": own, "set": set}
    codes = {shift: run if isinstance(run, str) else run.outcomes[group].code for shift, run in (known or {}).items()}
    base = (known or {}).get(high) or simulate(model, case.shifted(high), method=method, rtol=rtol, **settings)

    def code(shift: float) -> str:
        if shift not in codes:
            codes[shift] = base.outcomes[group].code if shift == high else look(case.shifted(shift))
        return codes[shift]

    def look(moved: Case) -> str:
        settled = Settled(group)
        run = depart(base, moved, None, settled=settled, **settings) if isinstance(base, Run) else None
        if run is not None and settled.visits:
            return settled.decision.code
        return (run or simulate(model, moved, method=method, rtol=rtol, **settings)).outcomes[group].code

    if (below := code(low)) == code(high):
        raise InputError(f"{where}: the outcome is {below!r} at the shifts {low:g} and {high:g} alike; give two shifts whose outcomes differ")
    return bisected(code, low, high, xtol)


def bisected(code: Callable[[float], str], low: float, high: float, xtol: float) -> Turning:
    """Return the bracket of shifts, no wider than xtol, between which a code turns that differs at both ends."""
    below, above, runs = code(low), code(high), 2
    while high - low > xtol:
        middle = (low + high) / 2
        if not low < middle < high:
            break  # as close as floating point goes
        found = code(middle)
        runs += 1
        if found == below:
            low = middle
        else:
            high, above = middle, found
    return Turning(low, high, below, above, runs)
