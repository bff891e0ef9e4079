"""Stocks on a grid so that flows are short: the quadratic assignment problem, by tabu search.

Taillard (1991), Robust taboo search for the quadratic assignment problem. The change of cost by
exchanging any two places follows for all pairs at once from one matrix product, so a step costs
microseconds. (scipy's `quadratic_assignment` ends up to a quarter higher on our test models.)
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import numpy as np

# of a step across and one down, a bend, and a box to go around: whole numbers, so that sums are exact on every machine
_ACROSS, _DOWN, _BEND, _PAST = 20, 23, 16, 18
_STARTS = 3


def arranged_on_grid(weights: np.ndarray, orders: Sequence[Sequence[int]], rows: int, columns: int) -> tuple[float, list[tuple[int, int]]]:
    """Return the cost of the best arrangement found and the (row, column) of each member.

    `weights` says in whole numbers how strongly two members are joined (symmetric, zero diagonal); `orders` are
    orders of the members, laid along rows and columns for the search to start from.
    """
    size = rows * columns
    joined = np.zeros((size, size))
    joined[:len(weights), :len(weights)] = weights
    distance = _distances(rows, columns)
    starts = {}
    for order in orders:
        for path in _paths(rows, columns):
            cells = np.zeros(size, dtype=int)
            cells[[*order, *range(len(weights), size)]] = path
            starts[tuple(cells.tolist())] = float((joined * distance[np.ix_(cells, cells)]).sum() / 2)
    found = [_searched(joined, distance, np.array(cells), starts[cells], len(weights)) for cells in sorted(starts, key=starts.__getitem__)[:_STARTS]]
    cost, cells = min(found, key=lambda one: one[0])
    return cost, [divmod(cell, columns) for cell in cells[:len(weights)]]


def _paths(rows: int, columns: int) -> Iterable[list[int]]:
    """Return ways through all places: along rows, along columns, each way to and fro or from one side always."""
    for turning in (True, False):
        yield [row * columns + (columns - 1 - column if turning and row % 2 else column) for row in range(rows) for column in range(columns)]
        yield [(rows - 1 - row if turning and column % 2 else row) * columns + column for column in range(columns) for row in range(rows)]


def _distances(rows: int, columns: int) -> np.ndarray:
    """Return what a flow between two places of the grid costs."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    down, across = np.abs(row[:, None] - row), np.abs(column[:, None] - column)
    straight = (down == 0) | (across == 0)
    return (_ACROSS * across + _DOWN * down + np.where(straight, _PAST * np.maximum(down + across - 1, 0), _BEND)).astype(float)


def _searched(joined: np.ndarray, distance: np.ndarray, cells: np.ndarray, cost: float, count: int) -> tuple[float, list[int]]:
    """Exchange two places at a time, the best pair that is not tabu, and return the best arrangement met."""
    size = len(cells)
    chance = random.Random(size)
    members = np.arange(size)
    until = np.zeros((size, size), dtype=int)  # the step until which a member may not return to a place
    never = np.where((members[:, None] >= count) & (members >= count), np.inf, 0.0)
    np.fill_diagonal(never, np.inf)
    best, kept, since = cost, cells.copy(), 0
    for step in range(1, 40 * size):
        apart = distance[cells][:, cells]
        product = joined @ apart
        own = product.diagonal()
        change = product + product.T - own[:, None] - own + 2 * joined * apart + never
        tabu = until[members[:, None], cells] > step
        allowed = np.where(tabu & tabu.T & (cost + change > best - 0.5), np.inf, change)
        one, other = divmod(int(allowed.argmin()), size)
        for member in (one, other):
            until[member, cells[member]] = step + chance.randrange(size // 2, size + 2)
        cells[[one, other]] = cells[[other, one]]
        cost += float(change[one, other])
        since += 1
        if cost < best - 0.5:
            best, kept, since = cost, cells.copy(), 0
        if since > 5 * size:
            break
    return best, kept.tolist()
