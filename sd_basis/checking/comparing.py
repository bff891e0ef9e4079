"""Comparing runs: how far two are apart, in the sizes of their stocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..run import Run

_PLACES = 401


@dataclass(frozen=True)
class Apart:
    """The largest difference of two runs in a stock, relative to its size in them, with its time, and the groups that end differently."""

    value: float
    stock: str
    time: float
    outcomes: dict[str, tuple[str, str]]

    @property
    def ends(self) -> str:
        """The outcomes that differ, as text."""
        return _told(self.outcomes)


def changed_outcomes(one: Run, other: Run) -> str:
    """Return the outcomes in which two runs differ, as text, empty where they are the same."""
    return _told(_changed(one, other))


def _changed(one: Run, other: Run) -> dict[str, tuple[str, str]]:
    codes = {group: (decision.code, other.outcomes[group].code) for group, decision in one.outcomes.items() if group in other.outcomes}
    return {group: pair for group, pair in codes.items() if pair[0] != pair[1]}


def _told(outcomes: dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{'the outcome' if group == 'outcome' else group} is {one}, then {other}" for group, (one, other) in outcomes.items())


def apart(one: Run, other: Run) -> Apart:
    """Return how far two runs of the same model are apart over the time they share."""
    start, end = max(one.path.t[0], other.path.t[0]), min(one.path.t[-1], other.path.t[-1])
    times = np.linspace(start, end, _PLACES)
    first, second = one.path.at(times)[0], other.path.at(times)[0]
    sizes = np.array([max(stock.scale or 0.0, float(np.max(np.abs(column))), 1e-300)
                      for stock, column in zip(one.model.stocks, np.vstack([first, second]).T, strict=True)])
    differences = np.abs(first - second) / sizes
    row, column = np.unravel_index(int(np.argmax(differences)), differences.shape)
    return Apart(float(differences[row, column]), one.model.stocks[int(column)].name, float(times[row]), _changed(one, other))
