"""How legible a drawing is, in numbers: crossings, bends, length of pipes, and all of it as one cost."""

from __future__ import annotations

from itertools import combinations, pairwise

from .layout import APART, Drawing, Pipe

_CROSSING, _BEND, _LENGTH, _AREA, _LINE = 1.0, 0.25, 0.08, 0.05, 0.1  # inches, square inches and lines of text against a crossing


def crossings(drawing: Drawing) -> int:
    """Return how often one pipe crosses another."""
    return sum(_crossings(one, other) for one, other in combinations(drawing.pipes, 2))


def _crossings(one: Pipe, other: Pipe) -> int:
    count = 0
    for (a, b), (c, d) in pairwise(one.points):
        for (e, f), (g, h) in pairwise(other.points):
            if abs(a - c) < 1e-9 and abs(f - h) < 1e-9:
                count += min(e, g) < a < max(e, g) and min(b, d) < f < max(b, d)
            elif abs(b - d) < 1e-9 and abs(e - g) < 1e-9:
                count += min(a, c) < e < max(a, c) and min(f, h) < b < max(f, h)
    return count


def bends(drawing: Drawing) -> int:
    """Return how often pipes turn."""
    return sum(len(pipe.points) - 2 for pipe in drawing.pipes)


def length(drawing: Drawing) -> float:
    """Return the length of all pipes in inches."""
    return sum(abs(a - c) + abs(b - d) for pipe in drawing.pipes for (a, b), (c, d) in pairwise(pipe.points))


def cost(drawing: Drawing, page: float) -> float:
    """Return the cost by which one drawing of a component is chosen among several, on a page of a width."""
    width, height = drawing.size
    lines = sum(len(pipe.label) for pipe in drawing.pipes)
    share = page / max(1, int((page + APART) / (width + APART)))  # what others like it leave free beside it is lost
    return _CROSSING * crossings(drawing) + _BEND * bends(drawing) + _LENGTH * length(drawing) + _LINE * lines + _AREA * (width + share) / 2 * height
