"""The fit: searches from many starts, the best of them judged against the data, with intervals, spectrum and profiles."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, NumericalFailure, unknown
from ..manifest import manifest
from ..model import Model
from ..run import Run
from .description import Fit
from .identifying import Estimate, Spectrum, estimates, spectrum
from .measures import Agreement, agreement
from .problem import Problem, predicted, problem
from .profiling import Profile, profile
from .searching import End, Store
from .starting_points import searched, starts_of
from .weighing import settled

_SAME = 0.1  # starts agree whose chi-square differs by less


@dataclass(frozen=True)
class Evaluation:
    """A run held against the data of a fit: agreement of each series, fitted and held out, and every residual."""

    problem: Problem
    values: Mapping[str, float]
    run: Run
    predictions: tuple[np.ndarray, ...]
    agreements: tuple[Agreement, ...]

    @property
    def chi_square(self) -> float:
        """The sum of squared residuals, in their errors, of what is fitted."""
        return sum(own.chi_square for own in self.agreements if not own.held_out)

    def residuals(self) -> list[dict[str, Any]]:
        """Return every datum with the model's value and the residual in errors, in plain numbers and texts."""
        return [{"quantity": item.label, "time": float(time), "when": self.run.when(float(time)), "held_out": item.held_out, "data": float(datum),
                 "model": float(own), "error": item.error, "residual": float((own - datum) / item.error)}
                for item, model in zip(self.problem.observed, self.predictions, strict=True)
                for time, datum, own in zip(item.times, item.values, model, strict=True)]

    def document(self) -> dict[str, Any]:
        """Return everything as plain numbers and texts, with the manifest of the run."""
        return {"model": self.problem.model.name, "fit": self.problem.fit.name, "case": self.problem.case.name, "value_set": self.problem.model.value_set,
                "values": dict(self.values), "fixed": dict(self.problem.fixed), "chi_square": self.chi_square, "data": self.problem.count,
                "series": [asdict(own) for own in self.agreements], "residuals": self.residuals(), "manifest": manifest(self.run)}


@dataclass(frozen=True)
class Fitted:
    """The result of a fit: the best end of all starts with its evaluation, estimates, spectrum and profiles."""

    problem: Problem
    seed: int
    ends: tuple[End, ...]
    evaluation: Evaluation
    estimates: tuple[Estimate, ...]
    spectrum: Spectrum
    profiles: tuple[Profile, ...]

    @property
    def best(self) -> End:
        """The end with the least chi-square."""
        return min(self.ends, key=lambda end: end.chi_square)

    @property
    def values(self) -> dict[str, float]:
        """The fitted parameters."""
        return {item.name: item.value for item in self.estimates}

    @property
    def freedom(self) -> int:
        """The degrees of freedom: data less free parameters."""
        return self.problem.count - len(self.problem.free)

    @property
    def agreeing(self) -> int:
        """The number of starts that end within 0.1 of the least chi-square."""
        return sum(end.chi_square - self.best.chi_square < _SAME for end in self.ends)

    @property
    def warnings(self) -> list[str]:
        """What deserves attention, in sentences."""
        found = list(self.problem.fit.notes)
        if self.freedom < 0:
            found.append(f"{len(self.problem.free)} free parameters, but only {self.problem.count} data: the data cannot determine them all")
        failures = sum(end.failures for end in self.ends)
        if failures:
            found.append(f"{failures} of {sum(end.runs for end in self.ends)} runs of the search failed numerically and counted as very bad")
        if not self.best.converged:
            found.append("the best search was stopped before it converged; its end need not be a least sum of squares")
        if len(self.ends) > 1 and self.agreeing == 1:
            found.append("no other start ends where the best one does; give more starts")
        places = np.array([end.places for end in self.ends if end.chi_square - self.best.chi_square < _SAME])
        for item, spread in zip(self.problem.free, np.ptp(places, axis=0), strict=True):
            if spread > 0.05:
                found.append(f"{item.name}: starts that agree in chi-square end {spread:.0%} of its range apart; the data do not determine it")
        found += self._undetermined()
        found += [f"{item.name}: the fit lies at the {item.at_bound} end of its range, {item.value:g}; intervals there say little"
                  for item in self.estimates if item.at_bound]
        found += [f"{own.name}: its profile finds a chi-square lower by {-min(own.rises):.3g}; give more starts" for own in self.profiles
                  if min(own.rises) < -_SAME]
        return found

    def _undetermined(self) -> list[str]:
        """Return a sentence for each parameter that the data cannot identify."""
        blank = [item.name for item in self.estimates if item.error is None]
        vectors = np.array(self.spectrum.vectors)[np.array(self.spectrum.singular) <= self.spectrum.noise]
        found = []
        for name in blank:
            place = self.spectrum.names.index(name)
            others = [other for other in blank if other != name
                      and any(min(abs(row[place]), abs(row[self.spectrum.names.index(other)])) > 1e-2 for row in vectors)]
            why = (f"only a combination of it with {', '.join(others)} shows in them; fix one of these" if others
                   else "they do not depend on it; fix it, or add data it acts on")
            found.append(f"{name}: the data cannot identify it, {why}")
        return found

    def document(self) -> dict[str, Any]:
        """Return everything as plain numbers and texts."""
        return {**self.evaluation.document(), "seed": self.seed, "freedom": self.freedom, "parameters": [asdict(item) for item in self.estimates],
                "starts": [{**asdict(end), "values": self.problem.values(end.places), "failed": end.failed} for end in self.ends],
                "agreeing": self.agreeing, "spectrum": {**asdict(self.spectrum), "determined": self.spectrum.determined},
                "profiles": [{**asdict(own), "verdict": own.verdict} for own in self.profiles], "warnings": self.warnings, "problem": self.problem.key}


def evaluated(asked: Problem, values: Mapping[str, float]) -> Evaluation:
    """Return how a run with free parameters at values agrees with all data; raise NumericalFailure where there is no such run."""
    run = asked.run(values)
    predictions = tuple(predicted(run, item) for item in asked.observed)
    agreements = tuple(agreement(item.label, own, item.values, item.error, item.before, unit=item.unit, held_out=item.held_out)
                       for item, own in zip(asked.observed, predictions, strict=True))
    return Evaluation(asked, dict(values), run, predictions, agreements)


def evaluate(model: Model | str | Path, description: Fit | str | Path, *, values: str | None = None, set: Mapping[Any, float] | None = None,
             rtol: float = 1e-6, method: str = "LSODA") -> Evaluation:
    """Return how the values in force agree with the data of a fit, fitted and held out, without fitting anything.

    The free parameters are those of the value set, the case, the fit's `[parameters]` and `set`; their `start` plays no part.
    """
    asked = problem(model, _unfree(model, description), values=values, set=set, rtol=rtol, method=method)
    return evaluated(asked, {})


def _unfree(model: Model | str | Path, description: Fit | str | Path) -> Fit:
    """Return a fit without free parameters."""
    from dataclasses import replace

    from ..library import locate
    from .description import find_fit

    if isinstance(description, Fit):
        return replace(description, free=())
    return replace(find_fit(model.path if isinstance(model, Model) else locate(model), description), free=())


def fit(model: Model | str | Path, description: Fit | str | Path, *, values: str | None = None, set: Mapping[Any, float] | None = None,
        starts: int = 8, seed: int = 0, profiles: Iterable[str] | bool = (), rtol: float = 1e-6, method: str = "LSODA", workers: int = 1,
        store: str | Path | None = None, progress: Callable[[int, int], None] | None = None) -> Fitted:
    """Return the least-squares fit of a model to the data of a fit file, by name or path, or a Fit.

    `starts` searches begin at the given start and at others spread over the box; `profiles` names parameters, or is True for
    all. The ends of searches and profiles are kept in the folder `store`, and the same fit goes on from there. With `workers` above one the
    searches are spawned processes, so that a script needs `if __name__ == "__main__"`. `progress` is told (number done, of
    all). Raises InputError for anything not usable as given, NumericalFailure where no start gives a run.
    """
    asked = problem(model, description, values=values, set=set, rtol=rtol, method=method)
    names = [item.name for item in asked.free]
    if not names or not asked.count:
        raise InputError(f"fit {asked.fit.name!r}: it has no {'free parameter' if not names else 'data that are not held out'}; "
                         f"write {'[[free]]' if not names else '[[series]] or [[point]]'}, or evaluate without fitting")
    wanted = names if profiles is True else list(dict.fromkeys(profiles or ()))
    for name in wanted:
        if name not in names:
            raise unknown(f"fit {asked.fit.name!r}, profile", "free parameter", name, names)
    places = starts_of(asked, starts, seed)
    kept = Store(None if store is None else Path(store), asked.key)
    finished = 0

    def done(steps: int) -> None:
        nonlocal finished
        finished += steps
        if progress is not None:
            progress(finished, len(places) + len(wanted))

    ends = searched(asked, places, kept, workers, done)
    best = min(ends, key=lambda end: end.chi_square)
    if best.failed:
        raise NumericalFailure(f"fit {asked.fit.name!r}: no start gives a run that can be computed; give other starts or a narrower range")
    at = np.array(best.places)
    if asked.fit.errors_from_residuals:
        asked, ends = settled(asked, ends)
        kept = Store(kept.folder, asked.key)
        best = min(ends, key=lambda end: end.chi_square)
        at = np.array(best.places)
    found, covariance = spectrum(asked, at)
    made = []
    for name in wanted:
        made.append(_profiled(asked, best, name, covariance, kept))
        done(1)
    return Fitted(asked, seed, tuple(ends), evaluated(asked, asked.values(at)), tuple(estimates(asked, at, covariance)), found, tuple(made))


def _profiled(asked: Problem, best: End, name: str, covariance: np.ndarray, kept: Store) -> Profile:
    """Return a profile, from the store where it is."""
    about = ["profile", name, list(best.places)]
    known = kept.get(about)
    with contextlib.suppress(TypeError, KeyError, ValueError):  # what is damaged is made again
        if known is not None and all(map(math.isfinite, (*known["values"], *known["rises"]))) and len(known["values"]) == len(known["rises"]) > 0:
            return Profile(name, tuple(known["values"]), tuple(known["rises"]), tuple(known["others"]), known["low"], known["high"])
    place = [item.name for item in asked.free].index(name)
    item = asked.free[place]
    own = profile(asked, best.places, best.chi_square, name, float(np.sqrt(covariance[place, place])) / (item.width if item.log else 1.0))
    kept.put(about, asdict(own))
    return own
