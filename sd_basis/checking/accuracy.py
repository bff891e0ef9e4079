"""Integration error: the same run at a sharper tolerance, by another method, with more restarts; in a model's own steps and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import BasisError
from ..integrators import FIXED
from ..model import Model
from ..policies import Policy
from ..quantities import Parameter
from ..run import Run
from ..series import Series
from .comparing import apart
from .context import Context, stopped
from .findings import Finding, error, warning
from .stepping_error import own_steps

_SHARPER = 100.0
_RESTARTS = 400
_TINY = 5e-324  # a knot is where a series changes: the least number there is leaves every other as it is
_FAR = 1e3  # tolerances: two sound runs at rtol 1e-6 agree to 1e-3 of each stock's size
_ADVICE = "run it at a sharper --rtol, or give what is short a date (a policy, series or impulse), so that the solver restarts there"
_OTHER = {"LSODA": "BDF", "BDF": "Radau", "Radau": "BDF"}


def integration(model: Model, context: Context) -> Iterator[Finding]:
    """A sharper tolerance and another method give the same run.

    The main case is restarted four hundred times on the way, then run at a hundredth of the tolerance, then by another method. A solver at
    rest may step over a short event whatever its tolerance; restarts make it look. A model with steps of its own is run as it says, with
    LSODA, and in shorter steps. Compared are every stock, the outcomes and when they are decided. Sterman's integration-error test.
    """
    if context.method in FIXED:
        yield from own_steps(model, context)
        return
    base = context.base
    bound, other = _FAR * context.rtol, _OTHER[context.method]
    ways: list[tuple[str, dict[str, Any]]] = [(f"at rtol {context.rtol / _SHARPER:g}", {"rtol": max(context.rtol / _SHARPER, 1e-13)}),
                                              (f"by {other} instead of {context.method}", {"method": other})]
    if model.parameters:
        ways.insert(0, (f"restarted {_RESTARTS} times", {"policies": [_pauses(model.parameters[0], base)]}))
    for how, options in ways:
        found = list(_compared(model, base, context.attempt(context.main, **options), how, bound, _ADVICE))
        yield from found
        if found:  # what differs in one way differs in the others
            return


def _pauses(parameter: Parameter, base: Run) -> Policy:
    """Return a policy that changes nothing and at whose many knots the solver restarts."""
    start, end = base.path.schedule.start, base.path.schedule.end
    times = np.linspace(start, end, _RESTARTS + 2)[1:-1]
    knots = Series("pauses", [float(time) for time in times], [_TINY * (number % 2) for number in range(_RESTARTS)])
    return Policy("pauses", {parameter: parameter + knots}, start=float(times[0]))


def _compared(model: Model, base: Run, other: Run | BasisError, how: str, bound: float, advice: str) -> Iterator[Finding]:
    case = base.case.name
    if not isinstance(other, Run):
        yield error(f"case {case!r}: {how}, {stopped(other)}; {advice}", case)
        return
    found = apart(base, other)
    if found.outcomes:
        yield error(f"case {case!r}: {how}, {found.ends}; {advice}", case, *found.outcomes)
    if found.value > bound:
        yield error(f"stock {found.stock!r}: {how}, case {case!r} is off by {found.value:.2g} of its size at {base.when(found.time)}, at most {bound:g} is "
                    f"to be expected; {advice}", found.stock)
    span = base.path.schedule.end - base.path.schedule.start
    for group, decision in base.outcomes.items():
        later = other.outcomes[group]
        if group not in found.outcomes and decision.time is not None and later.time is not None and abs(decision.time - later.time) > bound * span:
            yield warning(f"case {case!r}: {how}, {group} is decided at {other.when(later.time)} instead of {base.when(decision.time)}; {advice}", case, group)


def runs_of_integration(model: Model, context: Context) -> int:
    """Return how many runs it takes, those with restarts as several."""
    return 4 if context.method in FIXED else 5
