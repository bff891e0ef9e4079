"""Linear differential equations S' = A(t) S + b(t), all columns together, by Radau IIA collocation from node to node.

Three stages, order five, L-stable (Hairer and Wanner, Solving Ordinary Differential Equations II, IV.8). The nodes are the
steps a solver took on the path along which A and b are known, so that one factorisation a step serves every column.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_ROOT = 6**0.5
_NODES = np.array([(4 - _ROOT) / 10, (4 + _ROOT) / 10, 1.0])
_WEIGHTS = np.array([[(88 - 7 * _ROOT) / 360, (296 - 169 * _ROOT) / 1800, (-2 + 3 * _ROOT) / 225],
                     [(296 + 169 * _ROOT) / 1800, (88 + 7 * _ROOT) / 360, (-2 - 3 * _ROOT) / 225],
                     [(16 - _ROOT) / 36, (16 + _ROOT) / 36, 1 / 9]])
_ERROR, _REAL = np.array([-13 - 7 * _ROOT, -13 + 7 * _ROOT, -1.0]) / 3, 3 + 3 ** (2 / 3) - 3 ** (1 / 3)
_HALVINGS = 12

Slopes = Callable[[float], tuple[np.ndarray, np.ndarray]]


def collocated(slopes: Slopes, nodes: np.ndarray, start: np.ndarray, size: np.ndarray, rtol: float) -> np.ndarray:
    """Return S at the nodes (nodes, rows, columns); `slopes` gives A (rows, rows) and b (rows, columns) at a time.

    A step whose embedded estimate, which is of order three, promises less than `rtol` of order five is halved. `size`
    (rows, columns) is what S is measured against besides itself.
    """
    found = np.empty((len(nodes), *start.shape))
    found[0] = s = start
    first = slopes(float(nodes[0]))
    for place in range(1, len(nodes)):
        left, right = float(nodes[place - 1]), float(nodes[place])
        s, first = _across(slopes, left, right, s, first, size, rtol**0.6, _HALVINGS)
        found[place] = s
    return found


def _across(slopes: Slopes, left: float, right: float, s: np.ndarray, first: tuple[np.ndarray, np.ndarray], size: np.ndarray,
            most: float, halvings: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return S and the slopes at the end of one interval, which is cut in two as often as the estimate asks for."""
    length, count = right - left, len(s)
    parts = [slopes(left + length * node) for node in _NODES[:-1]] + [slopes(right)]
    matrix = np.eye(3 * count)
    sources = np.empty((3 * count, s.shape[1]))
    for row, (own, source) in enumerate(parts):
        rows = slice(row * count, (row + 1) * count)
        sources[rows] = own @ s + source
        for column in range(3):
            matrix[rows, column * count:(column + 1) * count] -= length * _WEIGHTS[row, column] * own
    speeds = np.linalg.solve(matrix, sources).reshape(3, count, -1)
    moves = length * np.tensordot(_WEIGHTS, speeds, 1)
    after, middle = s + moves[2], left + length / 2
    if halvings and left < middle < right:
        raw = first[0] @ s + first[1] + np.tensordot(_ERROR, moves, 1) / length
        error = np.linalg.solve(_REAL / length * np.eye(count) - first[0], raw)
        if not np.max(np.abs(error) / (size + np.maximum(np.abs(s), np.abs(after)))) <= most:
            half, between = _across(slopes, left, middle, s, first, size, most, halvings - 1)
            return _across(slopes, middle, right, half, between, size, most, halvings - 1)
    return after, parts[-1]
