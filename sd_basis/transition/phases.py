"""The phase map: how every run of a plane ends, on a grid that is refined where neighbours differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from ..compiled import compiled
from ..errors import InputError, NumericalFailure
from ..workers import crew
from .keeping import Kept, described
from .plane import FAILED, Axis, Plane
from .scene import DELAY, Scene

_own: list[Scene] = []  # the scene of a worker process


@dataclass(frozen=True)
class MapPoint:
    """How one run of a map ended, since when, and why it could not be computed where it could not."""

    x: float
    y: float
    code: str
    time: float | None
    reason: str = ""


@dataclass(frozen=True)
class PhaseMap:
    """A map of outcomes: the points computed, by place on the finest grid, and the cells (column, row, size), in finest units.

    `computed` counts the runs made now, the others came from the store.
    """

    x: Axis
    y: Axis
    shape: tuple[int, int]
    points: dict[tuple[int, int], MapPoint]
    cells: tuple[tuple[int, int, int], ...]
    group: str
    computed: int

    @property
    def codes(self) -> tuple[str, ...]:
        """The outcomes that occur, the most frequent on the map first."""
        names, counts = np.unique(self.raster, return_counts=True)
        return tuple(str(name) for _, name in sorted(zip(-counts, names, strict=True)))

    @cached_property
    def raster(self) -> np.ndarray:
        """The outcome in each finest cell (columns, rows): that of the nearest corner of the cell it lies in."""
        found = np.empty(self.shape, dtype=object)
        for column, row, size in self.cells:
            for i in range(size):
                for j in range(size):
                    corner = column + (size if 2 * i + 1 > size else 0), row + (size if 2 * j + 1 > size else 0)
                    found[column + i, row + j] = self.points[corner].code
        return found

    @property
    def failures(self) -> tuple[MapPoint, ...]:
        """The points that could not be computed."""
        return tuple(point for point in self.points.values() if point.code == FAILED)


def phase_map(scene: Scene, x: Sequence[Any] | Axis, y: Sequence[Any] | Axis, *, grid: tuple[int, int] = (12, 12), depth: int = 3,
              store: str | Path | None = None, workers: int = 1, delay: float | None = None, longest: float = 1.0,
              progress: Callable[[int], None] = lambda made: None) -> PhaseMap:
    """Return the map of outcomes over two axes (name, low, high): `grid` cells, halved `depth` times where the codes at their corners differ.

    Points are kept in the folder `store` as they come, so that a map that was interrupted goes on with an equal result. More than one worker are
    spawned processes, which import the script that called: it needs `if __name__ == "__main__"`. `progress` is told the number of runs made.
    """
    plane = Plane(scene, x, y, delay, longest)
    where = f"{scene.where}, phase map"
    if min(grid) < 1 or depth < 0:
        raise InputError(f"{where}: a grid of {grid[0]} by {grid[1]} cells, refined {depth} times; give at least one cell each way and no negative depth")
    finest = 2**depth
    columns, rows = grid[0] * finest, grid[1] * finest
    points: dict[tuple[int, int], MapPoint] = {}
    made = 0
    about = described(scene, (plane.x.name, plane.y.name), plane.delay, longest)
    with Kept(store, about) as kept, _looking(plane, workers) as looked:
        def compute(wanted: Iterable[tuple[int, int]]) -> None:
            nonlocal made
            places = {(plane.x.value(i / columns), plane.y.value(j / rows)): (i, j) for i, j in wanted if (i, j) not in points}
            missing = [values for values in places if values not in kept.points]
            for entry in looked(missing):
                kept.keep(entry)
                made += 1
                progress(made)
            for values, place in places.items():
                points[place] = MapPoint(**kept.points[values])

        cells = [(i * finest, j * finest, finest) for i in range(grid[0]) for j in range(grid[1])]
        leaves: list[tuple[int, int, int]] = []
        compute(corner for cell in cells for corner in _corners(cell))
        while cells:
            mixed = [cell for cell in cells if cell[2] > 1 and len({points[corner].code for corner in _corners(cell)}) > 1]
            leaves += [cell for cell in cells if cell not in set(mixed)]
            cells = [(i + a * size // 2, j + b * size // 2, size // 2) for i, j, size in mixed for a in (0, 1) for b in (0, 1)]
            compute(corner for cell in cells for corner in _corners(cell))
    return PhaseMap(plane.x, plane.y, (columns, rows), dict(sorted(points.items())), tuple(sorted(leaves)), scene.group, made)


def _corners(cell: tuple[int, int, int]) -> list[tuple[int, int]]:
    i, j, size = cell
    return [(i, j), (i + size, j), (i, j + size), (i + size, j + size)]


@contextmanager
def _looking(plane: Plane, workers: int) -> Iterator[Callable[[Sequence[tuple[float, float]]], Iterator[dict[str, Any]]]]:
    """Give a function that gives the entries of points as they come; its processes start when they are first worth it, and end with the block."""
    names, delay, longest = (plane.x.name, plane.y.name), plane.delay, plane.longest
    with ExitStack() as stack:
        done: Callable[..., Iterator[tuple[Any, Any]]] | None = None

        def looked(wanted: Sequence[tuple[float, float]]) -> Iterator[dict[str, Any]]:
            nonlocal done
            if done is None and (workers <= 1 or len(wanted) < 4 * workers):
                yield from (_entry(plane.scene, names, values, delay, longest) for values in wanted)
                return
            if done is None:
                compiled(plane.scene.model)  # once, into the cache on disk, not once in every worker
                done = stack.enter_context(crew("phase map", workers, _begin, (plane.scene.changed(),)))
            yield from (entry for _, entry in done(partial(_look, names, delay, longest), wanted))
        yield looked


def _begin(scene: Scene) -> None:
    _own.append(scene)


def _look(names: tuple[str, str], delay: float | None, longest: float, values: tuple[float, float]) -> dict[str, Any]:
    return _entry(_own[-1], names, values, delay, longest)


def _entry(scene: Scene, names: tuple[str, str], values: tuple[float, float], delay: float | None, longest: float) -> dict[str, Any]:
    """Return how the run at values on both axes ended."""
    found = dict(zip(names, values, strict=True))
    try:
        look = scene.look(found.pop(DELAY, delay), found, longest=longest)
        code, time, reason = look.code, look.time, ""
    except NumericalFailure as failure:
        code, time, reason = FAILED, None, str(failure)
    return {"x": values[0], "y": values[1], "code": code, "time": time, "reason": reason}
