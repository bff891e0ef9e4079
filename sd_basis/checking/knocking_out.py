"""Loops knocked out: what becomes of the main case where each loop is cut by itself."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from ..errors import InputError
from ..looping.cutting_each import LoopCut, cut_loops
from ..looping.finding import find_loops
from ..model import Model
from ..run import Run
from .comparing import apart
from .context import Context
from .findings import Finding, Skip, note

_MOST = 20  # loops that are cut where the model names none
_NOTHING = 10.0  # tolerances


def knock_outs(model: Model, context: Context) -> Iterator[Finding]:
    """Every loop that the model names, or each of a few, does something.

    Sterman's behaviour-anomaly test: each loop is cut in the main case by itself, and what changes is noted: the outcome, or nothing at all.
    A model that names its loops is asked for those, another for all its loops where there are at most twenty.
    """
    if find_spec("networkx") is None:
        raise Skip("the extra 'loops' is not installed, pip install 'sd_basis[loops]'")
    base = context.base
    named = bool(model.loops)
    found = []
    if not named:
        try:
            found = list(find_loops(base, most=_MOST))
        except InputError as none:
            raise Skip("the model has no feedback loop") from none
        if len(found) > _MOST:
            raise Skip(f"the model names no loops and has more than {_MOST}; name those that matter")
    for one in cut_loops(model, context.main, found=found, rtol=context.rtol):
        context.step(1)
        loop = f"loop {one.name!r}"
        if one.failure and "is declared non-negative" in one.failure:
            continue  # a loop that keeps a stock from running empty has done just that
        if one.run is None or one.failure:
            yield note(f"{loop}: cut at {one.links[0]}, the run breaks off; look at what it keeps within bounds", one.name)
        else:
            yield from _told(loop, one, base)


def _told(loop: str, one: LoopCut, base: Run) -> Iterator[Finding]:
    found = apart(base, one.run)
    case = base.case.name
    if found.outcomes:
        yield note(f"{loop}: without it, case {case!r} ends otherwise ({found.ends}); it decides the outcome, so look at what it rests on", one.name)
    elif found.value <= _NOTHING * base.solver["rtol"]:
        yield note(f"{loop}: cut at {one.links[0]}, case {case!r} is the same; it does nothing there, look at the links that are idle", one.name)


def runs_of_knock_outs(model: Model, context: Context) -> int:
    """Return about how many runs it takes to cut every loop."""
    return len({circuit.name for circuit in model.loops})
