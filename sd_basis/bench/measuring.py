"""Work against precision: each engine at a ladder of tolerances, then all in turn at the tolerance that delivers the error asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import BasisError, InputError
from .engines import BASELINE, Contestant
from .problem import Problem
from .timed import Timing

LEAST, MOST = 1e-9, 1e-2  # errors that can be asked for: the reference itself has an error of some 1e-10
_LOOSEST, _TIGHTEST = 1e-3, 1e-10
_ENOUGH = 5.0  # a ladder ends this far below the error asked for


@dataclass(frozen=True)
class Rung:
    """An engine at one tolerance: its largest error and the median over runs, and seconds per run by the processor and by the clock."""

    rtol: float
    error: float
    median_error: float
    cpu: float
    wall: float


@dataclass(frozen=True)
class Measured:
    """What was found of an engine: `absent` says why nothing was; `rungs` is its ladder, `repeats` what it took again and again at one tolerance."""

    name: str
    about: str
    threads: int
    absent: str | None = None
    rungs: tuple[Rung, ...] = ()
    repeats: tuple[Rung, ...] = ()

    def _seconds(self, rung: Rung) -> float:
        return rung.cpu if self.threads == 1 else rung.wall

    @property
    def curve(self) -> list[tuple[float, float, float]]:
        """Tolerance, error and seconds per run along the ladder, from loose to tight, where no run failed; with the median of the repeats."""
        found = [(rung.rtol, rung.error, self._seconds(rung)) for rung in self.rungs]
        if self.repeats:
            found.append((self.repeats[0].rtol, self.repeats[0].error, self.median))
        return sorted((point for point in found if math.isfinite(point[1]) and point[1] > 0), reverse=True)

    @property
    def median(self) -> float:
        """The median of seconds per run over the repeats; nan where there are none."""
        return float(np.median([self._seconds(rung) for rung in self.repeats])) if self.repeats else math.nan

    @property
    def spread(self) -> float:
        """Half the range of the repeats, in their median."""
        own = [self._seconds(rung) for rung in self.repeats]
        return (max(own) - min(own)) / 2 / self.median if own else math.nan

    def at(self, error: float) -> float:
        """Return the seconds per run at an error, between the measured ones by straight lines in logarithms; nan where the ladder does not reach it."""
        curve = self.curve
        return between([point[1] for point in curve], [point[2] for point in curve], error)

    def document(self, error: float, baseline: float) -> dict[str, Any]:
        """Return what was found as plain numbers and texts."""
        reached, used = self.at(error), self.repeats[0] if self.repeats else None
        return {"engine": self.name, "about": self.about, "threads": self.threads, "absent": self.absent,
                "rtol": None if used is None else used.rtol, "error": None if used is None else used.error,
                "median_error": None if used is None else used.median_error, "seconds": _number(self.median), "spread": _number(self.spread),
                "seconds_at_error": _number(reached), "ratio": _number(baseline / reached),
                "ladder": [{"rtol": rung.rtol, "error": _number(rung.error), "median_error": _number(rung.median_error), "cpu": rung.cpu, "wall": rung.wall}
                           for rung in self.rungs],
                "repeats": [{"cpu": rung.cpu, "wall": rung.wall} for rung in self.repeats]}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def between(errors: Sequence[float], values: Sequence[float], error: float) -> float:
    """Return the value at an error, by straight lines in logarithms along a ladder from loose to tight.

    It is taken where the ladder falls below the error for good; where it begins there, it is the first value, and nan where it never does.
    """
    below = [one <= error for one in errors]
    if not below or not below[-1]:
        return math.nan
    first = len(below) - next((place for place, one in enumerate(reversed(below)) if not one), len(below))
    if first == 0:
        return float(values[0])
    share = math.log(errors[first - 1] / error) / math.log(errors[first - 1] / errors[first])
    return float(values[first - 1] * (values[first] / values[first - 1]) ** share)


def check_error(error: float) -> None:
    """Raise InputError for an error that cannot be measured."""
    if not LEAST <= error <= MOST:
        raise InputError(f"bench, error: {error:g} is not between {LEAST:g} and {MOST:g}; use 1e-5")


def ladder(error: float) -> list[float]:
    """Return the tolerances at which engines are tried, from loose to tight, as far as they may be needed."""
    first = max(min(10.0 ** round(math.log10(error) + 1), _LOOSEST), _TIGHTEST)
    count = round(math.log10(first / _TIGHTEST)) + 1
    return [float(f"{first * 10.0**-place:.3g}") for place in range(count)]


def measure(problem: Problem, engines: Sequence[Contestant], error: float, repeats: int,
            done: Callable[[str], None] = lambda text: None) -> list[Measured]:
    """Measure engines in one process, in turn at each tolerance and in turn in each repeat; one that cannot run is told with its reason.

    `done` is called with what is done next. Raises InputError for an error that cannot be measured.
    """
    check_error(error)
    found: dict[str, Measured] = {}
    running: dict[str, Callable[[float], Timing]] = {}
    for one in engines:
        done(f"{one.name}: made ready")
        ready = _made_ready(problem, one)
        if not isinstance(ready, str):
            running[one.name] = ready
        found[one.name] = Measured(one.name, one.about, one.threads, ready if isinstance(ready, str) else None)
    for rtol in ladder(error):
        for name, runs in running.items():
            own = found[name].rungs
            if not own or not own[-1].error < error / _ENOUGH:
                done(f"{name} at rtol {rtol:g}")
                found[name] = replace(found[name], rungs=(*own, _rung(problem, runs, rtol)))
    chosen = {name: between([rung.error for rung in found[name].rungs], [rung.rtol for rung in found[name].rungs], error) for name in running}
    for number in range(repeats):
        for name, runs in running.items():
            if math.isfinite(chosen[name]):
                done(f"{name}, repeat {number + 1} of {repeats}")
                found[name] = replace(found[name], repeats=(*found[name].repeats, _rung(problem, runs, float(f"{chosen[name]:.2g}"))))
    return list(found.values())


def baseline_of(measured: Sequence[Measured], error: float) -> float:
    """Return the seconds per run of the baseline at an error, nan where it was not measured."""
    return next((one.at(error) for one in measured if one.name == BASELINE), math.nan)


def _made_ready(problem: Problem, one: Contestant) -> Callable[[float], Timing] | str:
    """Return what carries out all runs at a tolerance, or why an engine cannot."""
    try:
        return one.absent(problem) or one.ready(problem)
    except (BasisError, OSError, ImportError, ValueError) as error:
        return str(error)


def _rung(problem: Problem, runs: Callable[[float], Timing], rtol: float) -> Rung:
    timing = runs(rtol)
    errors = problem.errors(timing.states)
    return Rung(rtol, float(errors.max()), float(np.median(errors)), timing.cpu, timing.wall)
