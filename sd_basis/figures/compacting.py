"""Positions along one axis that keep everything apart and make all as short as possible: a linear program.

The order of what stands beside one another is kept, so no overlap can arise. Each step of the
layout moves things along one axis only, with what they cover along the other axis held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Position:
    """A position that is linear in the variables: sum of coefficient x variable, plus a constant."""

    terms: tuple[tuple[int, float], ...]
    constant: float = 0.0

    def __add__(self, other: Position | float) -> Position:
        if isinstance(other, Position):
            return Position(self.terms + other.terms, self.constant + other.constant)
        return Position(self.terms, self.constant + other)

    def __mul__(self, factor: float) -> Position:
        return Position(tuple((variable, factor * value) for variable, value in self.terms), factor * self.constant)

    def __sub__(self, other: Position | float) -> Position:
        return self + other * -1.0 if isinstance(other, Position) else self + -other


@dataclass(frozen=True)
class Thing:
    """Something that stands between `low` and `high` on the axis and covers `span` of the other; `kind` sets its distances."""

    low: Position
    high: Position
    span: tuple[float, float]
    kind: str
    route: int = -1  # the pipe it belongs to, which may touch itself
    run: int = -1


class Program:
    """The linear program: variables with a value each to begin with, constraints and what to make small."""

    def __init__(self):
        self.values: list[float] = []
        self._costs: dict[int, float] = {}
        self._rows: list[tuple[Position, float]] = []
        self._free: set[int] = set()

    def variable(self, value: float) -> Position:
        """Return a new variable, at least zero, that stands at `value` now."""
        self.values.append(value)
        return Position(((len(self.values) - 1, 1.0),))

    def value(self, place: Position) -> float:
        """Return where a position stands now."""
        return sum(factor * self.values[variable] for variable, factor in place.terms) + place.constant

    def least(self, place: Position, bound: float) -> None:
        """Require that a position is at least `bound`, or as much of it as it is now."""
        self._rows.append((place, min(bound, self.value(place))))

    def small(self, place: Position, weight: float) -> None:
        """Make a position small."""
        for variable, factor in place.terms:
            self._costs[variable] = self._costs.get(variable, 0.0) + weight * factor

    def near(self, one: Position, other: Position, weight: float) -> None:
        """Bring two positions near one another."""
        apart = self.variable(abs(self.value(one) - self.value(other)))
        self.least(apart - (one - other), 0.0)
        self.least(apart - (other - one), 0.0)
        self.small(apart, weight)

    def keep_apart(self, things: Sequence[Thing], distances: dict[frozenset[str], float], clear: float) -> None:
        """Keep the distance and the order of all that stand beside one another now."""
        low, high = np.array([(self.value(thing.low), self.value(thing.high)) for thing in things]).T
        start, end = np.array([thing.span for thing in things]).T
        beside = (start[:, None] < end + clear) & (start < end[:, None] + clear) & (high[:, None] <= low + 1e-9)
        np.fill_diagonal(beside, False)
        route, run = np.array([thing.route for thing in things]), np.array([thing.run for thing in things])
        beside &= ~((route[:, None] == route) & (route >= 0) & (run >= 0) & (run[:, None] >= 0) & (abs(run[:, None] - run) == 2))
        beside &= (beside.astype(np.float32) @ beside.astype(np.float32)) == 0  # the rest follows
        for one, other in zip(*np.nonzero(beside), strict=True):
            self.least(things[other].low - things[one].high, distances[frozenset((things[one].kind, things[other].kind))])

    def solve(self) -> None:
        """Move the variables to the optimum; where the solver finds none, all stays where it is."""
        rows, columns, factors, bounds = [], [], [], []
        for number, (place, bound) in enumerate(self._rows):
            for variable, factor in place.terms:
                rows.append(number)
                columns.append(variable)
                factors.append(-factor)
            bounds.append(place.constant - bound + 1e-12)
        matrix = csr_array((factors, (rows, columns)), shape=(len(bounds), len(self.values)))
        costs = np.zeros(len(self.values))
        costs[list(self._costs)] = list(self._costs.values())
        found = linprog(costs, A_ub=matrix, b_ub=bounds, bounds=(0, None), method="highs")
        if found.success:
            self.values = found.x.tolist()

