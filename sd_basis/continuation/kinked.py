"""Kinks along a branch: on which side of their levels the margins are at which the rates bend or jump."""

from __future__ import annotations

import numpy as np

from .resting_problem import Problem


class Kinks:
    """The margins of a problem at which its rates bend or jump; where only the curvature jumps, a branch is smooth enough."""

    def __init__(self, problem: Problem):
        self.problem = problem
        watched = problem.functions.watching(())[1] if problem.model.kinks else []
        self._watched = [item for item in watched if item.kind in ("bend", "jump")]
        self._near = np.zeros(len(self._watched))

    def values(self, u: np.ndarray) -> np.ndarray:
        """Return the margins at which the rates bend or jump."""
        return self.problem.margins(u)[[item.row for item in self._watched]] if self._watched else np.zeros(0)

    def watch(self, u: np.ndarray) -> None:
        """Take the sizes of the margins, so that one which rests on its level is not seen to cross it by rounding."""
        if self._watched:
            own = self.values(u)
            moved = [self.values(u + 1e-4 * unit) - own for unit in np.eye(len(u))]
            self._near = 1e-5 * np.sum(np.abs(moved), axis=0) + 1e-300

    def cells(self, u: np.ndarray, before: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Return on which side of their levels the margins are; one that is at its level stays on the side it was."""
        if not self._watched:
            return ()
        own = self.values(u)
        found = [item.mode(float(value)) for item, value in zip(self._watched, own, strict=True)]
        if before is not None:
            close = [bool(item.gap(np.array([value]))[0] <= near) for item, value, near in zip(self._watched, own, self._near, strict=True)]
            found = [old if at else new for new, old, at in zip(found, before, close, strict=True)]
        return tuple(found)

    def gap(self, u: np.ndarray, which: int) -> float:
        """Return by how much a margin exceeds its nearest level."""
        item, value = self._watched[which], float(self.values(u)[which])
        if item.period is not None:
            value = item.levels[0] + (value - item.levels[0]) % item.period
        return min((value - level for level in item.levels), key=abs)

    def text(self, place: int) -> str:
        """Return the margin that changes sign at a kink, as text."""
        item = self._watched[place]
        levels = "" if item.levels == (0.0,) else " = " + ", ".join(f"{level:g}" for level in item.levels[:3])
        return f"{self.problem.functions.system.kinks[item.row].margin}{levels}"

    def jumps(self, place: int) -> bool:
        """Tell whether the rates jump, and do not merely bend, at a kink."""
        return self._watched[place].kind == "jump"
