"""The error of a model's own steps: the run as its file runs it, beside the stiff solver with restarts where inputs jump."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BasisError
from ..model import Model
from ..quantities import Quantity
from ..run import Run
from ..system import System
from .comparing import changed_outcomes
from .context import Context, stopped
from .findings import Finding, error, note, warning
from .stability import Instability, unstable

REFERENCE, SHARPER = 1e-8, 1e-10  # tolerances of the stiff run and of the one that tells how far it can be trusted
ENOUGH, _NONE = 0.01, 1e-7  # of the range of a stock: a difference that does, and one that is none
_PARTED = 1e-3  # where two stiff runs are further apart than this, neither tells what is true
_SENSITIVE = 1e3  # by so much a path lets an error of the tolerance grow that it cannot be followed by steps
_MOST_NUMBERS, _MOST_STEPS, _SHOWN = 2_000_000, 100_000, 3


@dataclass(frozen=True)
class Difference:
    """The largest difference of a quantity in two runs: in its unit, relative to its range, when, and what it is in both."""

    name: str
    unit: str | None
    largest: float
    relative: float
    time: float
    stepped: float
    adaptive: float


def own_steps(model: Model, context: Context) -> Iterator[Finding]:
    """Yield what the steps of a model's own cost, in units and of each stock's range, and which steps would do."""
    context.ready()
    base, case = context.runs[context.main.name], context.main.name
    exact = context.attempt(context.main, method="LSODA", rtol=REFERENCE)
    if not isinstance(exact, Run):
        if isinstance(base, Run):
            yield note(f"case {case!r}: {context.method} runs to its end, but with LSODA {stopped(exact)}, so that the error of the steps is not known; "
                       "mend what stops it, or look at the run with --step halved", case)
        return
    weak = unstable(exact, context.method, _length(base, model))
    if not isinstance(base, Run):
        step = _length(base, model)
        yield error(f"case {case!r}: in steps of {step:g} with {context.method} {stopped(base)}, while LSODA runs to the end{_because(weak, exact)}; "
                    "take a shorter step, or run it with LSODA", case, details=_details(context, step, weak))
        return
    yield from _measured(context, base, exact, weak)


def _length(base: Run | BasisError, model: Model) -> float:
    """Return the length of a run's shortest step, or of that of a run that failed."""
    run = base if isinstance(base, Run) else getattr(base, "run", None)
    if run is None:
        return float(getattr(model.step, "value", model.step))
    lengths = np.diff(run.path.t)
    return float(min(run.solver["step"], np.min(lengths[lengths > 1e-9 * run.solver["step"]], initial=math.inf))) if _varies(model) else run.solver["step"]


def _varies(model: Model) -> bool:
    return isinstance(model.step, Quantity) and not hasattr(model.step, "value")


def _measured(context: Context, base: Run, exact: Run, weak: Instability | None) -> Iterator[Finding]:
    model, case, step = base.model, context.main.name, _length(base, context.model)
    times = _times(base)
    sharper = context.attempt(context.main, method="LSODA", rtol=SHARPER)
    trusted, growth = _trusted(exact, sharper, times)
    times = times[times <= trusted]
    stocks = differences(base, exact, times, model.stocks)
    every = stocks[:_SHOWN] + [found for found in differences(base, exact, times, System(model, held=False).observables()) if found.relative > 0][:_SHOWN]
    worst = stocks[0]
    if worst.relative <= _NONE:
        shorter, enough = [], step
    else:
        shorter, enough = _shorter(context, exact, step, worst.relative, times)
    ends = changed_outcomes(base, exact)
    parts = [f"stock {worst.name!r}: {context.method} in steps of {step:g}{' and more' if _varies(model) else ''} is off by "
             f"{_said(worst, base)} at {base.when(worst.time)}, against LSODA at rtol {REFERENCE:g}"]
    parts += [f"{found.name!r} by {_said(found, base)}" for found in stocks[1:_SHOWN] if found.relative > ENOUGH]
    texts = [", ".join(parts)] if worst.relative > _NONE else [
        f"case {case!r}: {context.method} in steps of {step:g} and LSODA at rtol {REFERENCE:g} agree to {_NONE:g} of the range of each stock"]
    if trusted < exact.path.t[-1]:
        texts[0] += f"; beyond {base.when(trusted)} two LSODA runs part too, as in chaos, and nothing is compared"
    if worst.relative > ENOUGH:
        texts[0] += f", and beyond {_share(ENOUGH)} from {base.when(_leaves(base, exact, times))} on"
    if ends:
        texts[0] += f"; {ends}"
    if weak is not None and worst.relative > ENOUGH:
        texts[0] += _because(weak, exact)
    if shorter:
        texts.append(", ".join(f"steps of {length:g} leave {_share(share)}" for length, share in shorter))
    texts.append(_advice(worst, enough, shorter, growth))
    details = {**_details(context, step, weak), "until": float(times[-1]), "differences": [vars(found) for found in every],
               "shorter": [{"step": length, "relative": share} for length, share in shorter], "step_below_one_percent": enough}
    grade = error if ends or weak is not None and worst.relative > 1 else warning if worst.relative > ENOUGH else note
    yield grade("; ".join(text for text in texts if text), worst.name, *([case] if ends else []), details=details)


def _details(context: Context, step: float, weak: Instability | None) -> dict[str, Any]:
    return {"method": context.method, "step": step, "against": {"method": "LSODA", "rtol": REFERENCE}, "unstable": None if weak is None else vars(weak)}


def _advice(worst: Difference, enough: float | None, shorter: list[tuple[float, float]], growth: float) -> str:
    if worst.relative <= ENOUGH:
        return "no shorter step is needed"
    if enough is not None:
        return f"take steps of {enough:g}, or run it with LSODA"
    if growth > _SENSITIVE:
        return (f"small differences grow some {growth:.0e} times along this path, as in chaos, so that no steps in reach follow it to its end; "
                "trust the path until then, and what is true of all such paths beyond")
    return ("shorter steps come near it slowly, as where a condition switches; " if shorter else "") + "run it with LSODA"


def _shorter(context: Context, exact: Run, step: float, relative: float, times: np.ndarray) -> tuple[list[tuple[float, float]], float | None]:
    """Return what shorter steps leave, as measured: half of the step, then the one that should do; and the longest that does."""
    found: list[tuple[float, float]] = []
    span = exact.path.schedule.end - exact.path.schedule.start
    halvings, tried = 1, relative
    while span / (step / 2 ** halvings) <= _MOST_STEPS and len(found) < 3:
        length = step / 2 ** halvings
        stepped = context.attempt(context.main, step=length)
        share = math.inf
        if isinstance(stepped, Run):
            # where equations mention the step, that of the stiff run is as short
            beside = context.attempt(context.main, method="LSODA", rtol=REFERENCE, set=_step_of(context.model, length)) if _mentioned(context.model) else exact
            if isinstance(beside, Run):
                share = differences(stepped, beside, times, exact.model.stocks)[0].relative
                found.append((length, share))
        if relative <= ENOUGH:
            return found, step
        if share <= ENOUGH:
            return found, length
        order = max(0.5, math.log2(tried / share)) if 0 < share < tried and halvings == 1 else 1.0
        halvings += max(1, math.ceil(math.log2(share / ENOUGH) / order)) if math.isfinite(share) else 2
        tried = share
    return found, None


def _mentioned(model: Model) -> bool:
    return isinstance(model.step, Quantity) and hasattr(model.step, "value") and model.step in model.rests_on(model.flows)


def _step_of(model: Model, length: float) -> dict[Any, float]:
    return {model.step: length}


def _because(weak: Instability | None, run: Run) -> str:
    if weak is None:
        return ""
    decay = f"decays at the rate {-weak.real:.3g}" + (f" while it turns at {abs(weak.imaginary):.3g}" if abs(weak.imaginary) > 1e-3 * abs(weak.real) else "")
    return (f"; the steps are unstable: at {run.when(weak.time)} what {decay} per {run.model.time_unit} grows {weak.growth:.3g} times in each of them, "
            f"and does not in steps below {weak.stable_step:.2g}")


def _said(found: Difference, run: Run) -> str:
    unit = f" {found.unit}" if found.unit and found.unit != "1" else ""
    return f"{found.largest:.3g}{unit} ({_share(found.relative)} of its range)"


def _share(share: float) -> str:
    percent = 100 * share
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %" if percent < 1e4 else f"{share:.2g} times"


def _times(run: Run) -> np.ndarray:
    """Return the ends of the steps at which runs are compared, all of them where those are not too many."""
    times = np.unique(run.path.t)
    most = max(101, _MOST_NUMBERS // max(1, len(run.model.quantities)))
    return times if len(times) <= most else times[np.unique(np.linspace(0, len(times) - 1, most).astype(int))]


def _trusted(exact: Run, sharper: Run | BasisError, times: np.ndarray) -> tuple[float, float]:
    """Return the time until which two stiff runs agree, the end where they do throughout, and by what the tolerance grew in them."""
    if not isinstance(sharper, Run):
        return float(times[-1]), 1.0
    one, other = exact.path.at(times)[0], sharper.path.at(times)[0]
    shares = np.max(np.abs(one - other) / _ranges(other), axis=1)
    parted = np.flatnonzero(shares > _PARTED)
    return float(times[-1]) if not parted.size else float(times[max(parted[0] - 1, 1)]), float(np.max(shares)) / REFERENCE


def _ranges(columns: np.ndarray) -> np.ndarray:
    """Return the range of each column, the size of one that hardly changes."""
    sizes = np.max(np.abs(columns), axis=0)
    ranges = np.ptp(columns, axis=0)
    return np.where(ranges > 1e-6 * sizes, ranges, np.where(sizes > 0, sizes, 1.0))


def _leaves(base: Run, exact: Run, times: np.ndarray) -> float:
    """Return the first time at which a stock is off by more than what is enough."""
    other = exact.path.at(times)[0]
    return float(times[np.flatnonzero(np.any(np.abs(base.path.at(times)[0] - other) > ENOUGH * _ranges(other), axis=1))[0]])


def differences(stepped: Run, exact: Run, times: np.ndarray, wanted: Any) -> list[Difference]:
    """Return the largest difference of each quantity, stocks or others but not mixed, the largest relative to its range first."""
    if not wanted:
        return []
    stocks = set(stepped.model.stocks)
    one, other = (run.path.at(times)[0] if wanted[0] in stocks else Run(run.model, run.case, run.path, times, run.solver, run.atol)._computed.T
                  for run in (stepped, exact))
    with np.errstate(all="ignore"):
        gaps = np.where(np.isfinite(one) & np.isfinite(other), np.abs(one - other), 0.0)
        shares = gaps / _ranges(np.where(np.isfinite(other), other, 0.0))
    rows = np.argmax(shares, axis=0)
    found = [Difference(quantity.name, stepped.model.unit_text(quantity), float(gaps[row, place]), float(shares[row, place]), float(times[row]),
                        float(one[row, place]), float(other[row, place])) for place, (quantity, row) in enumerate(zip(wanted, rows, strict=True))]
    return sorted(found, key=lambda one: -one.relative)
