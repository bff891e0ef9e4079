"""A lattice on which pipes find their way: cheapest paths around boxes and labels, with few bends and crossings.

A cell is passed along one of two axes, 0 across and 1 down, so that two pipes may cross in a cell
but never share it; a bend takes both. Every path is the cheapest by scipy's Dijkstra.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

PITCH = 0.13  # of the lattice, in inches
_BEND, _CROSSING, _OFF_CENTRE = 4.0, 20.0, 0.25  # against a step of one cell
_NEAR = 0.35  # for a step beside another pipe, so that pipes keep apart where there is room

Cell = tuple[int, int]
Block = tuple[int, int, int, int]  # the first and last column, the first and last row


class Lattice:
    """Cells (column, row) with boxes; pipes and labels are added."""

    def __init__(self, columns: int, rows: int, boxes: list[Block]):
        self.shape = (columns, rows)
        self.boxes = boxes
        self._free = np.zeros((columns, rows, 2))  # the cost of entering each cell along each axis, boxes alone
        for left, right, top, bottom in boxes:
            self._free[left:right + 1, top:bottom + 1] = np.inf
            self._free[[left - 1, right + 1], top:bottom + 1, 1] = np.inf  # beside a box a pipe comes or goes, none passes
            self._free[left:right + 1, [top - 1, bottom + 1], 0] = np.inf
        self._arcs()
        self._used = np.zeros((columns, rows, 2), dtype=int)
        self._near = np.zeros((columns, rows, 2), dtype=int)
        self._solid = np.zeros((columns, rows), dtype=int)
        self._sums: np.ndarray | None = None
        for box in boxes:
            self.add([], [box])

    def _arcs(self) -> None:
        """Lay the arcs: one cell on along an axis, a bend within a cell, and from each box to its ports and back."""
        columns, rows = self.shape
        index = np.arange(2 * columns * rows).reshape(columns, rows, 2)
        arcs = [(index[:-1, :, 0], index[1:, :, 0], 1.0), (index[:, :-1, 1], index[:, 1:, 1], 1.0), (index[..., 0], index[..., 1], _BEND)]
        tails, heads, costs = (list(part) for part in zip(*((a.ravel(), b.ravel(), np.full(a.size, cost)) for a, b, cost in arcs), strict=True))
        for number, (left, right, top, bottom) in enumerate(self.boxes):
            for ports in (index[left - 1, top:bottom + 1, 0], index[right + 1, top:bottom + 1, 0],
                          index[left + 1:right, top - 1, 1], index[left + 1:right, bottom + 1, 1]):
                tails.append(np.full(len(ports), index.size + number))
                heads.append(ports)
                costs.append(0.5 + _OFF_CENTRE * np.abs(np.arange(len(ports)) - (len(ports) - 1) / 2))
        tail, head, cost = np.concatenate(tails), np.concatenate(heads), np.concatenate(costs)
        tail, head, cost = np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([cost, cost])
        order = np.argsort(tail, kind="stable")
        size = index.size + len(self.boxes)
        self._index, self._tail, self._head, self._cost = index, tail[order], head[order].astype(np.int32), cost[order]
        self._starts = np.searchsorted(tail[order], np.arange(size + 1)).astype(np.int32)

    def add(self, path: Sequence[Cell], blocks: Sequence[Block], count: int = 1) -> None:
        """Add a path, given by its corners, with the blocks nothing else may enter; or take them away, with a count of -1."""
        for (x, y), (u, v) in pairwise(path):
            (left, right), (top, bottom) = sorted((x, u)), sorted((y, v))
            axis, columns, rows = (0 if y == v else 1), slice(left, right + 1), slice(top, bottom + 1)
            self._used[columns, rows, axis] += count
            for beside in (-1, 1):
                near = (columns, slice(top + beside, bottom + beside + 1)) if axis == 0 else (slice(left + beside, right + beside + 1), rows)
                self._near[*near, axis] += count
        for left, right, top, bottom in blocks:
            self._solid[left:right + 1, top:bottom + 1] += count
        self._sums = None

    def _taken(self, left: int, right: int, top: int, bottom: int) -> int:
        """Return how many cells of a block are taken, from sums over all blocks that begin in the first cell."""
        if self._sums is None:
            taken = (self._solid > 0) | (self._used > 0).any(axis=2)
            self._sums = np.zeros((self.shape[0] + 1, self.shape[1] + 1), dtype=int)
            self._sums[1:, 1:] = taken.cumsum(axis=0).cumsum(axis=1)
        sums = self._sums
        return int(sums[right + 1, bottom + 1] - sums[left, bottom + 1] - sums[right + 1, top] + sums[left, top])

    def free(self, block: Block) -> bool:
        """Return whether nothing lies in a block, which must lie within the lattice."""
        left, right, top, bottom = block
        if left < 0 or top < 0 or right >= self.shape[0] or bottom >= self.shape[1]:
            return False
        return self._taken(*block) == 0

    def crowd(self, block: Block) -> int:
        """Return how many cells of a block are taken."""
        columns, rows = self.shape
        return self._taken(max(block[0], 0), min(block[1], columns - 1), max(block[2], 0), min(block[3], rows - 1))

    def straight(self, first: int, second: int) -> list[Cell] | None:
        """Return the path from the middle of a box to that of another one level with it or above or below it, None where it is not free."""
        one, other = sorted((self.boxes[first], self.boxes[second]))
        middle = (one[0] + one[1] + 1) // 2, (one[2] + one[3]) // 2
        if middle[1] == (other[2] + other[3]) // 2:
            cells = [(one[1] + 1, middle[1]), (other[0] - 1, middle[1])]
        elif middle[0] == (other[0] + other[1] + 1) // 2:
            cells = [(middle[0], one[3] + 1), (middle[0], other[2] - 1)]
        else:
            return None
        (left, top), (right, bottom) = cells
        if not self.free((left, right, top, bottom)):
            return None
        return cells if one == self.boxes[first] else cells[::-1]

    def path(self, first: int, second: int) -> tuple[float, list[Cell]] | None:
        """Return the cost and the corners of the cheapest path between two boxes, None where there is none."""
        used = self._used > 0
        enter = self._free + _NEAR * self._near + _CROSSING * used[..., ::-1]
        enter[used | (self._solid[..., None] > 0)] = np.inf
        size = self._index.size
        entering = np.concatenate([enter.ravel(), np.full(len(self.boxes), np.inf)])
        entering[size + second] = 0.0
        # with costs reduced by what is left to go at least, Dijkstra's search is A*'s: it stays near the straight way
        left, right, top, bottom = self.boxes[second]
        column, row = np.arange(self.shape[0]), np.arange(self.shape[1])
        off = np.maximum(np.maximum(left - column, column - right), 0)[:, None] + np.maximum(np.maximum(top - row, row - bottom), 0)
        to_go = np.zeros(size + len(self.boxes))
        to_go[:size] = np.repeat(off.ravel() - 1.0, 2).clip(0.0)
        left, right, top, bottom = self.boxes[first]
        to_go[size + first] = off[left - 1:right + 2, top - 1:bottom + 2].min() - 1.0
        weights = self._cost + (entering + to_go)[self._head] - to_go[self._tail]
        graph = csr_array((np.maximum(weights, 0.0, out=weights), self._head, self._starts), shape=(size + len(self.boxes),) * 2)
        for limit in (6 * _BEND, 20 * _BEND, np.inf):
            distance, previous = dijkstra(graph, indices=size + first, return_predecessors=True, limit=limit)
            if np.isfinite(distance[size + second]):
                break
        else:
            return None
        cells: list[Cell] = []
        node = int(previous[size + second])
        while node < size:
            column, row = divmod(node // 2, self.shape[1])
            if not cells or cells[-1] != (column, row):
                cells.append((column, row))
            node = int(previous[node])
        return float(distance[size + second] + to_go[size + first]), _corners(cells[::-1])


def _corners(cells: list[Cell]) -> list[Cell]:
    """Return the ends of a path of adjacent cells and the cells where it turns."""
    kept = cells[:1]
    for before, here, after in zip(cells, cells[1:], cells[2:], strict=False):
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1]):
            kept.append(here)
    return kept + cells[-1:] if len(cells) > 1 else kept
