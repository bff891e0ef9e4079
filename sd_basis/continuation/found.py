"""What continuation finds: points of rest by name, branches of them, curves of folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Rest(Mapping):
    """A point of rest: the parameter and every stock by name, `kind`, `branch` (its number) and the eigenvalues.

    At a Hopf point `frequency` is the angular frequency, per time unit, and `period` the time of one turn; at a kink `detail` names
    the margin that changes sign there.
    """

    by_name: dict[str, float] = field(repr=False)
    kind: str
    branch: int
    eigenvalues: np.ndarray = field(repr=False)
    frequency: float | None = None
    detail: str = ""

    @property
    def period(self) -> float | None:
        """The time of one turn of a small oscillation, at a Hopf point."""
        return None if self.frequency is None else 2 * np.pi / self.frequency

    def __getitem__(self, name: Any) -> float:
        return self.by_name[getattr(name, "name", name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value:.6g}" for name, value in list(self.by_name.items())[:4])
        return f"<{self.kind} at {shown}{', ...' if len(self.by_name) > 4 else ''}>"

    def document(self) -> dict[str, Any]:
        """Return the point as plain data."""
        more: dict[str, Any] = {} if self.frequency is None else {"frequency": self.frequency, "period": self.period}
        if self.detail:
            more["margin"] = self.detail
        return {"kind": self.kind, "branch": self.branch, "values": dict(self.by_name), **more}


@dataclass(frozen=True, eq=False)
class Branch:
    """A branch of equilibria, in its order: `values` of the parameter and `states` by stock, arrays over its points.

    `unstable` counts the eigenvalues with positive real part, `stable` is where there is none; `eigenvalues` is (points, unknowns).
    Special points are among the points, at `places`. `ends` says why the branch ends, at its first and at its last point.
    """

    number: int
    over: str
    values: np.ndarray
    states: dict[str, np.ndarray]
    unstable: np.ndarray
    eigenvalues: np.ndarray
    special: tuple[Rest, ...]
    places: tuple[int, ...]
    ends: tuple[str, str]

    @property
    def stable(self) -> np.ndarray:
        """Where no eigenvalue has a positive real part."""
        return self.unstable == 0

    def of(self, kind: str) -> list[Rest]:
        """Return the special points of a kind: fold, hopf, branch point, exchange, kink."""
        return [point for point in self.special if point.kind == kind]

    @property
    def folds(self) -> list[Rest]:
        """The folds of the branch."""
        return self.of("fold")

    @property
    def hopf(self) -> list[Rest]:
        """The Hopf points of the branch."""
        return self.of("hopf")

    def __repr__(self) -> str:
        return (f"<branch {self.number}: {len(self.values)} points, {self.over} {self.values.min():.6g} to {self.values.max():.6g}, "
                f"{len(self.folds)} folds, {len(self.hopf)} Hopf points>")


@dataclass(frozen=True, eq=False)
class Equilibria:
    """The equilibria of a model over a parameter, branch by branch.

    `dropped` are stocks that no rate depends on and that need not be at rest, `frozen` those held at their value, `totals` the
    conserved totals that keep the value of the beginning, `neutral` the stocks along which states of rest are a family, of which one member
    is followed; `warnings` say what was not found.
    """

    model: str
    over: str
    span: tuple[float, float]
    branches: tuple[Branch, ...]
    dropped: tuple[str, ...]
    frozen: tuple[str, ...]
    totals: tuple[dict[str, float], ...]
    neutral: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict, repr=False)

    def of(self, kind: str) -> list[Rest]:
        """Return the special points of a kind on all branches: fold, hopf, branch point (once), kink."""
        return [point for branch in self.branches for point in branch.of(kind)]

    @property
    def folds(self) -> list[Rest]:
        """The folds: where two equilibria meet and vanish."""
        return self.of("fold")

    @property
    def hopf(self) -> list[Rest]:
        """The Hopf points: where an oscillation is born."""
        return self.of("hopf")

    @property
    def branch_points(self) -> list[Rest]:
        """The points at which branches cross: transcritical and pitchfork."""
        return self.of("branch point")

    @property
    def exchanges(self) -> list[Rest]:
        """The points at which stability changes along a family of states of rest without a fold."""
        return self.of("exchange")

    @property
    def kinks(self) -> list[Rest]:
        """The points at which the rates bend or jump, where the branch need not be smooth."""
        return self.of("kink")

    def document(self) -> dict[str, Any]:
        """Return everything as plain data for strict JSON."""
        branches = [{"number": branch.number, "points": len(branch.values), "values": branch.values.tolist(),
                     "states": {name: path.tolist() for name, path in branch.states.items()}, "unstable": branch.unstable.tolist(),
                     "ends": list(branch.ends)} for branch in self.branches]
        return {"model": self.model, "over": self.over, "span": list(self.span), "branches": branches,
                "folds": [point.document() for point in self.folds], "hopf": [point.document() for point in self.hopf],
                "branch_points": [point.document() for point in self.branch_points], "exchanges": [point.document() for point in self.exchanges],
                "kinks": [point.document() for point in self.kinks],
                "dropped": list(self.dropped), "frozen": list(self.frozen), "totals": [dict(total) for total in self.totals], "neutral": list(self.neutral),
                "warnings": list(self.warnings)}


@dataclass(frozen=True, eq=False)
class FoldCurve:
    """A curve of folds over two parameters: arrays over its points, by name of the parameters and stocks.

    `cusps` are the points at which two folds meet, `bogdanov_takens` those at which a second eigenvalue vanishes too;
    `start` is the place of the fold it was begun at.
    """

    over: tuple[str, str]
    values: dict[str, np.ndarray]
    cusps: tuple[Rest, ...]
    bogdanov_takens: tuple[Rest, ...]
    ends: tuple[str, str]
    start: int = 0

    def __getitem__(self, name: Any) -> np.ndarray:
        return self.values[getattr(name, "name", name)]

    def document(self) -> dict[str, Any]:
        """Return everything as plain data for strict JSON."""
        return {"over": list(self.over), "values": {name: path.tolist() for name, path in self.values.items()},
                "cusps": [point.document() for point in self.cusps], "bogdanov_takens": [point.document() for point in self.bogdanov_takens],
                "ends": list(self.ends)}


@dataclass(frozen=True, eq=False)
class Sweep:
    """A slow sweep of a parameter by runs: its `values` in order, and the `states` the model had come to at each.

    `settled` tells where it had come to rest; elsewhere it goes round between `lowest` and `highest`. `jumps` are the intervals between
    neighbouring values over which the state went elsewhere, with `before`, `after` and whether it `rests` there.
    """

    over: str
    values: np.ndarray
    states: dict[str, np.ndarray]
    lowest: dict[str, np.ndarray]
    highest: dict[str, np.ndarray]
    settled: np.ndarray
    jumps: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """Return everything as plain data for strict JSON."""
        return {"over": self.over, "values": self.values.tolist(), "states": {name: path.tolist() for name, path in self.states.items()},
                "settled": self.settled.tolist(), "jumps": [dict(jump) for jump in self.jumps]}
