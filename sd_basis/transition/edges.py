"""The edge state: the state of rest on the boundary between two outcomes, polished by Newton's method, and its spectrum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from ..compiled import compiled
from ..run import Run
from .separating import Gap

_ZERO = 1e-7  # of the fastest rate: an eigenvalue that counts as zero
_NEAR = 0.3  # how far polishing may move a state
_TRIES = 5


@dataclass(frozen=True)
class Edge:
    """A state of rest by stock, the eigenvalues there without those that are zero, the single unstable one or None, and what was found in words."""

    state: dict[str, float] | None
    spectrum: tuple[complex, ...]
    eigenvalue: float | None
    said: str
    hopeless: bool = False  # whether nothing can be at rest there


@dataclass(frozen=True)
class Field:
    """The rates of some stocks at fixed inputs, the others held, with their slopes and conserved totals; lengths in units of `size`."""

    run: Run
    inputs: list
    time: float
    places: list[int]
    rest: np.ndarray
    size: np.ndarray

    def whole(self, y: np.ndarray) -> np.ndarray:
        """Return the state of all stocks."""
        x = self.rest.copy()
        x[self.places] = y * self.size
        return x

    def _inputs(self, x: np.ndarray) -> list:
        functions, count = compiled(self.run.model), len(self.run.model.modes)
        return self.inputs if not count else [*self.inputs[:-count], *functions.modes(self.time, x.tolist(), self.inputs)]

    def rates(self, y: np.ndarray, time: float | None = None) -> np.ndarray:
        """Return the rates."""
        x = self.whole(y)
        moment = self.time if time is None else time
        return np.array(compiled(self.run.model).rhs(moment, x.tolist(), self._inputs(x)))[self.places] / self.size

    def slopes(self, y: np.ndarray) -> np.ndarray:
        """Return the derivatives of the rates."""
        x, functions = self.whole(y), compiled(self.run.model)
        matrix = np.zeros((len(x), len(x)))
        matrix[tuple(functions.pattern)] = functions.jacobian(self.time, x.tolist(), self._inputs(x))
        return matrix[np.ix_(self.places, self.places)] / self.size[:, None] * self.size

    def totals(self) -> np.ndarray:
        """Return the weights of the totals that the flows among these stocks conserve (totals, stocks)."""
        incidence = compiled(self.run.model).system.incidence[self.places]
        weights = null_space(incidence.T.astype(float)).T * self.size
        return weights / np.maximum(np.max(np.abs(weights), axis=1, keepdims=True), 1e-300)


def edge_state(pair: tuple[Run, Run], places: list[int], size: np.ndarray, frozen: Iterable[str] = ()) -> Edge:
    """Return the edge state that the closest pair of runs passes, from the slowest states on their common way."""
    low, high = pair
    gap = Gap(low, [high], places, size)
    until = gap.parted(0.01 * gap.largest)
    if until is None:
        return Edge(None, (), None, "the closest runs do not part")
    held = {low.model.quantity(name, "frozen").name for name in frozen}
    places = [place for place in places if low.model.stocks[place].name not in held]
    path = low.path
    last = max((float(piece.t[0]) for piece in path.pieces if piece.t[0] <= until), default=path.t[0])
    rows = np.flatnonzero((path.t <= until) & (path.t >= last))
    field = _field(low, places, size, int(rows[len(rows) // 2]))
    if (moves := _moving(low, field, float(path.t[rows[len(rows) // 2]]), until)) is not None:
        return Edge(None, (), None, moves, True)
    speeds = np.array([np.max(np.abs(_field(low, places, size, int(row)).rates(path.x[row, places] / _field(low, places, size, int(row)).size)))
                       for row in rows])
    found = "no state of rest lies near the slowest states on the boundary"
    for row in rows[np.argsort(speeds)[:: max(1, len(rows) // 50)][:_TRIES]]:
        field = _field(low, places, size, int(row))
        begin = path.x[row, places] / field.size
        solved = polished(field, begin)
        if solved is None or np.max(np.abs(solved - begin) / (1 + np.abs(begin))) > _NEAR:
            continue
        edge = spectrum_at(field, solved, 1.0 / max(until - last, 1e-300))
        if edge.eigenvalue is not None:
            return edge
        found = edge.said
    return Edge(None, (), None, found)


def _field(run: Run, places: list[int], size: np.ndarray, row: int) -> Field:
    path = run.path
    x = path.x[row]
    return Field(run, path.segments[path.segment[row]].values(float(path.t[row])), float(path.t[row]), places, x,
                 np.maximum(size, np.abs(x))[places])


def _moving(run: Run, field: Field, begin: float, until: float) -> str | None:
    """Return why there can be no state of rest where rates or inputs move with time between two times, else None."""
    path, y = run.path, field.rest[field.places] / field.size
    segment = path.segments[path.segment[int(np.searchsorted(path.t, begin))]]
    rates = field.rates(y)
    for time in np.linspace(begin, until, 9):
        own = segment.values(float(time))
        changed = Field(run, own, float(time), field.places, field.rest, field.size).rates(y)
        if np.max(np.abs(changed - rates)) > 1e-9 * np.max(np.abs(rates)) + 1e-300:
            return "the rates depend on time after the last switch, so that nothing is at rest there"
    return None


def polished(field: Field, begin: np.ndarray) -> np.ndarray | None:
    """Return the state of rest nearest to a state, its conserved totals held, by Newton's method with steps of least norm; None where it finds none."""
    y, totals = begin.copy(), field.totals()
    for _ in range(60):
        try:
            rates, slopes = field.rates(y), field.slopes(y)
            unit = max(float(np.max(np.abs(slopes))), 1e-300)
            matrix = np.vstack([slopes / unit, totals])
            step = np.linalg.lstsq(matrix, -np.concatenate([rates / unit, totals @ (y - begin)]), rcond=1e-11)[0]
        except (ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
            return None
        length = float(np.max(np.abs(step)))
        y = y + step * min(1.0, 0.5 / max(length, 1e-300))
        if not np.all(np.isfinite(y)):
            return None
        if length < 1e-13 * (1 + float(np.max(np.abs(y)))):
            break
    return y if np.max(np.abs(field.rates(y))) <= 1e-9 * max(float(np.max(np.abs(field.slopes(y)))), 1e-300) else None


def spectrum_at(field: Field, y: np.ndarray, slow: float) -> Edge:
    """Return the edge state with its spectrum; rates far below `slow`, one over the time the run took, count as zero."""
    values = np.linalg.eigvals(field.slopes(y))
    zero = np.abs(values) <= max(_ZERO * float(np.max(np.abs(values))), 1e-6 * slow)
    left = sorted(values[~zero].tolist(), key=lambda value: -complex(value).real)
    unstable = [value for value in left if complex(value).real > 0]
    names = [field.run.model.stocks[place].name for place in field.places]
    state = dict(zip(names, map(float, y * field.size), strict=True))
    also = f"; {int(zero.sum())} zero eigenvalues of conserved totals or neutral directions left out" if zero.any() else ""
    if len(unstable) != 1:
        return Edge(state, tuple(left), None, f"the state of rest on the boundary has {len(unstable)} unstable directions, not one{also}")
    if abs(complex(unstable[0]).imag) > 0:
        return Edge(state, tuple(left), None, f"the unstable eigenvalue on the boundary is not real{also}")
    rate = float(complex(unstable[0]).real)
    return Edge(state, tuple(left), rate, f"the edge state has the single unstable eigenvalue {rate:.6g}{also}")
