"""One search: bounded least squares from one start, and the store in which the end of each search is kept."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from ..errors import NumericalFailure
from ..run import Run
from ..storage import strict_json, write_atomic
from .problem import Problem

_FAILED = 1e8  # the residual of a run that cannot be computed: finite, and worse than anything
_MOST_RUNS = 200


@dataclass(frozen=True)
class End:
    """Where a search ended: coordinates, chi-square (the sum of squared residuals), and what it took."""

    start: tuple[float, ...]
    places: tuple[float, ...]
    chi_square: float
    runs: int
    failures: int
    converged: bool
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether no run could be computed where it ended."""
        return not self.chi_square < _FAILED**2


def search(problem: Problem, start: Sequence[float], held: Mapping[int, float] | None = None) -> End:
    """Return the end of a search by `scipy.optimize.least_squares` within the box.

    Its method is that of the fit: "trf" keeps away from the walls of the box and finds its way where some runs fail, "dogbox" is ten
    times quicker along a narrow valley (31 against 415 steps for Lanczos3 of NIST) and ends at more digits.

    `held` are coordinates that do not move. A run that fails numerically is a large residual and is counted.
    """
    begin = np.array(start, float)
    for place, value in (held or {}).items():
        begin[place] = value
    moving = [place for place in range(len(begin)) if place not in (held or {})]
    names = [problem.free[place].name for place in moving]
    known: dict[bytes, Run | None] = {}
    runs = failures = 0

    def whole(own: np.ndarray) -> np.ndarray:
        places = begin.copy()
        places[moving] = own
        return places

    def run(own: np.ndarray) -> Run | None:
        nonlocal runs, failures
        key = np.asarray(own, float).tobytes()
        if key not in known:
            if len(known) > 8:
                known.clear()
            runs += 1
            try:
                known[key] = problem.run(problem.values(whole(own)), problem.fitted)
            except NumericalFailure:
                known[key], failures = None, failures + 1
        return known[key]

    def residuals(own: np.ndarray) -> np.ndarray:
        made = run(own)
        found = None if made is None else problem.residuals(made, problem.fitted)
        return np.full(problem.count, _FAILED) if found is None or not np.all(np.isfinite(found)) else found

    def jacobian(own: np.ndarray) -> np.ndarray:
        nonlocal failures
        made = run(own)
        if made is None:
            return np.zeros((problem.count, len(moving)))
        try:
            found = problem.jacobian(made, problem.values(whole(own)), names)
            if np.all(np.isfinite(found)):
                return found
        except (NumericalFailure, np.linalg.LinAlgError):
            pass
        failures += 1
        return _differences(residuals, own)

    if not moving:
        own = residuals(begin[moving])
        return End(tuple(map(float, start)), tuple(begin.tolist()), float(own @ own), runs, failures, True)
    near = max(problem.rtol, 1e-6 if held else 1e-13)  # a profile needs chi-square to a hundredth, not the last digit
    if problem.fit.search == "dogbox" and not held:
        near = max(1e-3 * near, 1e-15)
    done = least_squares(residuals, begin[moving], jacobian, bounds=(0, 1), method=problem.fit.search, ftol=near, xtol=near, gtol=1e-12, max_nfev=_MOST_RUNS)
    return End(tuple(map(float, start)), tuple(whole(done.x).tolist()), float(2 * done.cost), runs, failures, bool(done.status > 0), str(done.message))


def _differences(residuals: Any, own: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Return the Jacobian by differences, where the sensitivities cannot be computed."""
    columns = []
    for place in range(len(own)):
        ends = [own.copy(), own.copy()]
        ends[0][place], ends[1][place] = max(own[place] - step, 0.0), min(own[place] + step, 1.0)
        columns.append((residuals(ends[1]) - residuals(ends[0])) / (ends[1][place] - ends[0][place]))
    return np.column_stack(columns)


@dataclass(frozen=True)
class Store:
    """A folder with the ends of searches of one problem, each written whole as it comes; without a folder nothing is kept."""

    folder: Path | None
    key: str

    def get(self, about: Any) -> Any | None:
        """Return what was kept about something, None where there is nothing readable."""
        if self.folder is None:
            return None
        try:
            return json.loads(self._file(about).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def put(self, about: Any, document: Any) -> None:
        """Keep a document about something."""
        if self.folder is not None:
            write_atomic(self._file(about), strict_json(document) + "\n")

    def end(self, start: Sequence[float]) -> End | None:
        """Return the end of a search from a start that was made before."""
        found = self.get(list(start))
        try:
            end = End(**{**found, "start": tuple(found["start"]), "places": tuple(map(float, found["places"]))})
            whole = len(end.places) == len(start) and all(0 <= place <= 1 for place in end.places) and math.isfinite(end.chi_square)
            return end if whole and end.start == tuple(start) else None
        except (TypeError, KeyError, ValueError):
            return None

    def keep(self, end: End) -> None:
        """Keep the end of a search."""
        self.put(list(end.start), asdict(end))

    def _file(self, about: Any) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.key}-{hashlib.sha256(repr(about).encode()).hexdigest()[:12]}.json"
