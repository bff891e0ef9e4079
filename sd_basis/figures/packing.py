"""Drawings of unconnected groups on one page: each as high up as there is room."""

from __future__ import annotations

from collections.abc import Sequence

from .layout import APART, Drawing

_LOW = 1.1  # of drawings no higher, the boxes of one row stand level


def packed(drawings: Sequence[Drawing], limit: float) -> Drawing:
    """Return the drawings on one page no wider than a limit (but for one that is wider alone), families together."""
    blocks = [_page(members, limit) if len(members) > 1 else members[0] for members in _families(_level(drawings))]
    return _page(blocks, limit)


def family(name: str) -> str:
    """Return the family of a stock, by which members like `holdings[5y]` and `holdings[10y]` stand beside one another; "" where it has none."""
    return name.partition("[")[0] if "[" in name else ""


def _families(drawings: Sequence[Drawing]) -> list[list[Drawing]]:
    """Return the drawings by the family of their stocks, those of no family alone."""
    found: dict[object, list[Drawing]] = {}
    for number, drawing in enumerate(drawings):
        names = [family(place.stock.name) for place in drawing.places if place.stock is not None]
        found.setdefault(next(filter(None, names), number), []).append(drawing)
    return list(found.values())


def _level(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return the drawings, the low ones with as much room above and below their middle as any of these needs."""
    low = [drawing for drawing in drawings if drawing.size[1] <= _LOW]
    bottom, top = min((drawing.bounds[1] for drawing in low), default=0.0), max((drawing.bounds[3] for drawing in low), default=0.0)
    return [drawing.within(bottom, top) if drawing in low else drawing for drawing in drawings]


def _page(drawings: Sequence[Drawing], limit: float) -> Drawing:
    """Return the drawings on one page, the highest first, each as high up as it fits, then as far left."""
    limit = max([limit, *(drawing.size[0] for drawing in drawings)])
    placed: list[Drawing] = []
    for drawing in sorted(drawings, key=lambda own: (-round(2 * own.size[1]), -round(2 * own.size[0]))):
        width, height = drawing.size
        tops = sorted({0.0, *(other.bounds[1] - APART for other in placed)}, reverse=True)
        lefts = sorted(left for left in {0.0, *(other.bounds[2] + APART for other in placed)} if left + width <= limit + 1e-9)
        left, top = next((left, top) for top in tops for left in lefts
                         if not any(_near(other, left, top - height, left + width, top) for other in placed))
        placed.append(drawing.moved(left - drawing.bounds[0], top - drawing.bounds[3]))
    return Drawing.of(_spread(placed))


def _near(drawing: Drawing, left: float, bottom: float, right: float, top: float) -> bool:
    """Return whether a drawing lies too near to a rectangle."""
    own, near = drawing.bounds, APART - 1e-9
    return own[0] < right + near and left < own[2] + near and own[1] < top + near and bottom < own[3] + near


def _spread(placed: Sequence[Drawing]) -> list[Drawing]:
    """Return the drawings with those of each row, where nothing else stands beside them, spread over the width of the page."""
    page = max(drawing.bounds[2] for drawing in placed)
    found = []
    for drawing in placed:
        left, bottom, right, top = drawing.bounds
        beside = [other for other in placed if other.bounds[1] < top - 1e-9 and other.bounds[3] > bottom + 1e-9]
        if all(abs(other.bounds[3] - top) < 1e-9 for other in beside):
            row = sorted(beside, key=lambda other: other.bounds[0])
            free, number = page - sum(other.size[0] for other in row), row.index(drawing)
            outside = free / (len(row) + 1) >= APART or len(row) == 1  # else the first and the last stand at the edges
            gap = free / (len(row) + (1 if outside else -1))
            drawing = drawing.moved(sum(other.size[0] for other in row[:number]) + (number + outside) * gap - left, 0.0)
        found.append(drawing)
    return found


def _depth(skyline: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """Return how far down the page is taken between two places."""
    ends = [at for at, _ in skyline[1:]] + [float("inf")]
    return max(depth for (at, depth), until in zip(skyline, ends, strict=True) if until > start and (at < end or at <= start))
