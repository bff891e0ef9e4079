"""The margins that decide an outcome: how far the inequality of each outcome is from holding, where in a run it matters.

An absorbing outcome is decided where its margin is largest, a lasting one by its longest stay, one that is held at the end there,
`always` where it is smallest and `once` where it is largest. Each is a smooth function of what the run hangs on wherever the run is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy
from sympy.core.relational import Relational

from ..declarations import margin
from ..outcomes import Seen, visited
from ..run import Run

_NARROWED, _PASSES = 17, 3  # places looked at around an extremum, each time in an eighth of the stretch before


@dataclass(frozen=True)
class Margin:
    """The margin that decides one outcome of a run: its value, the model time where it is taken, and whether that is an extremum or the end.

    A margin without a condition is no expression of the model.
    """

    name: str
    condition: Relational | None
    value: float
    time: float
    segment: int
    at_end: bool

    @property
    def expression(self) -> sympy.Expr | None:
        """The expression that is positive where the inequality holds."""
        return None if self.condition is None else margin(self.name, self.condition)


def margins(run: Run, group: str) -> dict[str, Margin]:
    """Return the deciding margins of every outcome of a group, by the outcome's name and what is looked at."""
    path = run.path
    conditions = path.compiled.conditions
    if not conditions:
        return {}
    seen = _Extremes(path)
    found: dict[str, Margin] = {}
    for outcome in (item for item in run.model.outcomes if item.group == group):
        if outcome.lasting:
            stays = [((path.t[-1] if leave is None else leave) - enter, enter) for enter, leave in visited(path)[outcome.when].stays]
            longest, enter = max(stays, default=(0.0, path.t[0]))
            found[f"{outcome.name}, longest stay"] = Margin(outcome.name, None, longest - outcome.lasting, float(enter), 0, False)
            continue
        wanted = [("largest", outcome.when)] if outcome.absorbing else [("end", outcome.when)]
        wanted += [("smallest", outcome.when)] if outcome.always and not outcome.absorbing else []
        wanted += [("largest once", outcome.once)] if outcome.once is not None else []
        for kind, condition in wanted:
            value, time, segment = seen.extreme(conditions.index(condition), kind)
            if np.isfinite(value):
                name = f"{outcome.name}, {kind}"
                repeated = sum(other == name or other.startswith(f"{name} (") for other in found)  # an outcome may be declared in several ways
                found[f"{name} ({repeated + 1})" if repeated else name] = Margin(outcome.name, condition, value, time, segment, kind == "end")
    return found


class _Extremes(Seen):
    """The looks at a path, with the extremes of its margins."""

    def extreme(self, row: int, kind: str) -> tuple[float, float, int]:
        """Return value, time and segment of the end or of the largest or smallest margin, by the solver's interpolant."""
        values = self.margins[row]
        if kind == "end":
            return float(values[-1]), float(self.t[-1]), int(self.segment[-1])
        sign = -1.0 if kind == "smallest" else 1.0
        signed = np.where(np.isfinite(values), sign * values, -np.inf)
        best = int(np.argmax(signed))
        found = float(signed[best]), float(self.t[best]), int(self.segment[best])
        left, right = max(best - 1, 0), min(best + 1, len(values) - 1)
        left, right = (place if self.segment[place] == self.segment[best] else best for place in (left, right))
        first, last = float(self.t[left]), float(self.t[right])
        for _ in range(_PASSES if last > first else 0):
            times = np.linspace(first, last, _NARROWED)
            own = sign * self.path.evaluate(self.path.compiled.margins, times, self._states(times, found[2]), np.full(len(times), found[2]))[row]
            top = int(np.argmax(np.where(np.isfinite(own), own, -np.inf)))
            if own[top] > found[0]:
                found = float(own[top]), float(times[top]), found[2]
            first, last = times[max(top - 1, 0)], times[min(top + 1, len(times) - 1)]
        return sign * found[0], found[1], found[2]

    def _states(self, times: np.ndarray, segment: int) -> np.ndarray:
        """Return the states at times of one segment, step by step."""
        piece = self.path.pieces[segment]
        steps = np.clip(np.searchsorted(piece.t, times, side="right") - 1, 0, len(piece.interpolants) - 1)
        return np.concatenate([np.reshape(piece.interpolants[step](times[steps == step]).T, (-1, piece.x.shape[1])) for step in np.unique(steps)])
