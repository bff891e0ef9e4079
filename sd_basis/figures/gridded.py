"""The layout of a component on a grid: placed, routed with ample room, drawn together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..quantities import Stock
from .bundles import Bundle, middle
from .layout import Drawing, Pipe, Place, component
from .measures import bends, cost, crossings
from .packing import family
from .placing import arranged_on_grid
from .routing import Board
from .sides import BOX, CLOUD_SIZE
from .sketch import Line, Sketch

_SMALL, _LARGE = 16, 40  # stocks up to which every way is tried, and from which the first grid that fits will do
_ROOM = (14, 11), (18, 17), (26, 26)  # free cells between columns and between rows at first
_NOTHING = 1e-6  # inches
_HOPE = 1.015  # of the width: so much the last steps may still save
_FLOW, _FAMILY, _HOLDER = 20, 14, 3  # the pull of a flow, between members of a family, and between stocks of one holder
_WIDE, _NARROW = (0.98, 0.0), (0.78, 4.0)  # the width of labels, and what clouds cost beside their stocks


def best(stocks: Sequence[Stock], joined: Sequence[Bundle], limit: float) -> Drawing:
    """Return the best drawing of a connected component that is no wider than a limit, or the narrowest.

    Tried are all around one stock, and grids of several numbers of columns with wide and with
    narrow labels; of a component of more stocks only until two grids fit, or one hardly crossed.
    """
    inside = [bundle for bundle in joined if bundle.first in stocks]
    small = len(stocks) <= _SMALL
    found = [component(stocks, joined)] if small or _is_star(stocks, inside) else []
    if found and found[0].size[0] <= limit and bends(found[0]) == 0:
        return found[0]
    wider: list[Sketch] = []
    counts = [columns for columns in range(2 if small else 3, 6) if columns <= len(stocks)]
    for _, places in sorted((_placed(stocks, inside, columns) for columns in counts), key=lambda grid: grid[0]):
        for width, sideways in (_WIDE, _NARROW):
            sketch = _on_board(places, inside, width, sideways)
            if sketch is None or sketch.page[0] > _HOPE * limit:
                wider += [sketch] if sketch else []
                continue
            found.append(_drawing(sketch.finish()))
            if not small and found[-1].size[0] <= limit:
                break
        fitting = [drawing for drawing in found if drawing.size[0] <= limit]
        if not small and (len(fitting) >= (2 if len(stocks) <= _LARGE else 1) or any(crossings(drawing) <= 1 for drawing in fitting)):
            break
    fitting = [drawing for drawing in found if drawing.size[0] <= limit]
    if fitting:
        return min(fitting, key=lambda drawing: cost(drawing, limit))
    found += [_drawing(sketch.finish()) for sketch in wider] or [component(stocks, joined)]
    return min(found, key=lambda drawing: drawing.size[0])


def _is_star(stocks: Sequence[Stock], inside: Sequence[Bundle]) -> bool:
    """Return whether most stocks are joined to one of them."""
    hub = middle(stocks, inside)
    return sum(hub in (bundle.first, bundle.second) for bundle in inside if bundle.second is not None) > 0.7 * (len(stocks) - 1)


def _placed(stocks: Sequence[Stock], inside: Sequence[Bundle], columns: int) -> tuple[float, dict[Stock, tuple[int, int]]]:
    """Return the cost and the places of the stocks on a grid that reads with the flows, from the left and from the top."""
    index = {stock: number for number, stock in enumerate(stocks)}
    weights = _drawn_together(stocks)
    for bundle in inside:
        if bundle.second is not None:
            weights[index[bundle.first], index[bundle.second]] = weights[index[bundle.second], index[bundle.first]] = _FLOW
    price, places = arranged_on_grid(weights, [range(len(stocks))], -(-len(stocks) // columns), columns)
    flows = [(places[index[flow.source]], places[index[flow.sink]]) for bundle in inside for flow in bundle.flows if len(flow.ends) == 2]
    for axis in (0, 1):
        if sum(np.sign(sink[axis] - source[axis]) for source, sink in flows) < 0:
            last = max(place[axis] for place in places)
            places = [(last - row, column) if axis == 0 else (row, last - column) for row, column in places]
    return price, dict(zip(stocks, places, strict=True))


def _drawn_together(stocks: Sequence[Stock]) -> np.ndarray:
    """Return how strongly stocks attract one another that no flow joins: members of a family, then those of one holder."""
    weights = np.zeros((len(stocks), len(stocks)))
    latest: dict[object, int] = {}
    for number, stock in enumerate(stocks):
        for kin, weight in ((family(stock.name) or None, _FAMILY), (stock.holder, _HOLDER)):
            if kin is not None:
                before = latest.get(kin, number)
                weights[before, number] = weights[number, before] = max(weights[before, number], weight * (before != number))
                latest[kin] = number
    return weights


def _on_board(places: dict[Stock, tuple[int, int]], inside: Sequence[Bundle], width: float, sideways: float) -> Sketch | None:
    """Return the sketch of stocks at their places; None where a pipe found no way even with more room."""
    for room in _ROOM:
        board = Board(places, inside, width, room, sideways)
        if board.laid():
            return Sketch(board)
    return None


def _drawing(sketch: Sketch) -> Drawing:
    """Turn a sketch into a drawing, upwards positive."""
    places = [Place(stock, x, -y, BOX, sketch.height[stock]) for stock in sketch.places for x, y in [sketch.centre(stock)]]
    pipes = []
    for line in sketch.lines:
        route, points = line.route, tuple((x, -y) for x, y in sketch.points(line))
        across = line.axes[line.carrier] == 0
        valve = (line.valve, -line.at[line.carrier]) if across else (line.at[line.carrier], -line.valve)
        pipes.append(Pipe(route.bundle.flows, _turns(points), valve, _directed(line, points), route.bundle.heads(route.bundle.second), route.spot.side))
        if route.bundle.second is None:
            x, y = (line.cloud, line.at[-1]) if line.axes[-1] == 0 else (line.at[-1], line.cloud)
            places.append(Place(None, x, -y, CLOUD_SIZE, CLOUD_SIZE))
    level = sketch.middle[1][0]  # the first row stands at 0
    return Drawing(tuple(places), tuple(pipes), (0.0, -sketch.page[1], sketch.page[0], 0.0)).moved(0.0, level)


def _turns(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the ends of a pipe and the points where it turns, for some runs have vanished."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        if max(abs(here[0] - before[0]), abs(here[1] - before[1])) > _NOTHING and max(abs(after[0] - here[0]), abs(after[1] - here[1])) > _NOTHING:
            kept.append(here)
    return *kept, points[-1]


def _directed(line: Line, points: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    """Return the label with its arrows as the pipe runs at the valve: those written were for a run to the right."""
    (x, y), (u, v) = points[line.carrier:line.carrier + 2]
    arrows = ("→←" if u > x else "←→") if line.axes[line.carrier] == 0 else ("↓↑" if v < y else "↑↓")
    return tuple(text.translate(str.maketrans("→←", arrows)) for text in line.route.spot.lines)
