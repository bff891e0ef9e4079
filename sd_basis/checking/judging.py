"""Judging: a model put to every check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..case import Case
from ..errors import AlgebraicLoop, InputError, unknown
from ..integrators import FIXED
from ..library import load, locate
from ..model import Model
from ..simulation import check_settings
from .battery import CHECKS
from .context import Context
from .findings import Check, Checked, Findings, Skip, error

Progress = Callable[[int, str], AbstractContextManager[Callable[[int], None]]]


def check_model(model: Model | str | Path, *, case: Case | str | Path | None = None, values: str | None = None, only: Iterable[str] = (),
                skip: Iterable[str] = (), quick: bool = False, method: str = "LSODA", rtol: float = 1e-6, workers: int = 1,
                progress: Progress | None = None) -> Findings:
    """Put a model, or the one of a name or path, to the field's tests and return what they found.

    `case` is the main one, which extreme conditions and integration error are tried on: by default the model's own, else the first that has
    policies. `only` and `skip` name checks; a `quick` look takes what needs no run and the main case. `progress(runs, label)` is a block that
    gives a function of the runs done. Raises InputError for a model that cannot be loaded or compiled, unless that is what a check looks for.
    """
    chosen = selected(only, skip)
    check_settings(method, rtol)
    try:
        loaded = model if isinstance(model, Model) else load(model, values=values)
    except AlgebraicLoop as fault:
        return _unfinished(model, fault, chosen)
    if method in FIXED and loaded.step is None:
        raise InputError(f"{loaded.where}: it has no step of its own, so that {method} cannot run it; choose another method")
    context = Context(loaded, case, quick=quick, method=method, rtol=rtol, workers=workers)
    wanted = [check for check in chosen if check.quick or not quick]
    total = sum(check.runs(loaded, context) for check in wanted)
    made: list[Checked] = []
    with (nullcontext(lambda runs: None) if progress is None else progress(total, f"{len(wanted)} checks")) as step:
        context.step = step
        for check in chosen:
            made.append(_made(check, loaded, context) if check in wanted else _skipped(check, "a quick look"))
    return Findings(loaded.name, context.main.name, loaded.value_set, tuple(made))


def selected(only: Iterable[str], skip: Iterable[str]) -> list[Check]:
    """Return the checks of some names, or all, without others; raise InputError with the nearest names."""
    known = [check.name for check in CHECKS]
    wanted, left = list(only), list(skip)
    for option, names in (("only", wanted), ("skip", left)):
        for name in names:
            if name not in known:
                raise unknown(option, "check", name, known)
    chosen = [check for check in CHECKS if (not wanted or check.name in wanted) and check.name not in left]
    if not chosen:
        raise InputError("check: every check is left out; leave one in")
    return chosen


def _made(check: Check, model: Model, context: Context) -> Checked:
    began = time.perf_counter()
    try:
        found = tuple(replace(finding, check=check.name) for finding in check.find(model, context))
    except Skip as reason:
        return _skipped(check, str(reason))
    return Checked(check.name, check.title, check.source, found, seconds=time.perf_counter() - began)


def _skipped(check: Check, why: str) -> Checked:
    return Checked(check.name, check.title, check.source, skipped=why)


def _unfinished(model: Any, fault: AlgebraicLoop, chosen: list[Check]) -> Findings:
    """Return the findings of a model that cannot be put together: its loops, and every other check skipped."""
    name = Path(locate(model)).stem
    advice = str(fault).partition(";")[2]
    found = [error(str(fault), *dict.fromkeys(fault.loops[0]))] if len(fault.loops) == 1 else [
        error(f"model {name!r}: algebraic loop {' -> '.join(loop)};{advice}", *dict.fromkeys(loop)) for loop in fault.loops]
    made = [Checked(check.name, check.title, check.source, tuple(replace(one, check=check.name) for one in found)) if check.name == "algebraic-loops"
            else _skipped(check, "the model cannot be put together") for check in chosen]
    if not any(check.name == "algebraic-loops" for check in chosen):
        raise fault
    return Findings(name, "", None, tuple(made))
