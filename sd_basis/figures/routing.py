"""Routes for all the flows of a component: boxes on a grid with ample room, pipes laid one by one with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from ..quantities import CLOUD, Stock
from .bundles import Bundle
from .lattice import PITCH, Block, Cell, Lattice
from .sides import BOX, box_height
from .spots import Spot, cloud_block, cloud_spot, label_spot

WIDE = round(BOX / PITCH)
_EASY = 8.0  # what bends and detours may cost in a route that stays as it was laid


@dataclass(frozen=True)
class Route:
    """A bundle on the lattice: its path from the first stock to the second or to a cloud, with its valve and label."""

    bundle: Bundle
    path: tuple[Cell, ...]
    spot: Spot
    cloud: Cell | None
    cost: float

    @property
    def blocks(self) -> list[Block]:
        """The cells that no other pipe may use."""
        return self.spot.blocks + ([cloud_block(self.cloud)] if self.cloud else [])


class Board:
    """The lattice of a component, with its boxes and the routes laid so far.

    `places` are the (row, column) of the stocks; `width` is that of a label in inches, `room` the
    free cells between columns and between rows, `sideways` what a cloud costs beside a box more
    than above or below it.
    """

    def __init__(self, places: dict[Stock, tuple[int, int]], bundles: Sequence[Bundle], width: float, room: tuple[int, int], sideways: float):
        self.places, self._sideways = places, sideways
        self._labels = {bundle: [bundle.label(bundle.second, "→←", wide) for wide in (width, 1.9 * width)] for bundle in bundles}
        self.routes: dict[Bundle, Route] = {}
        degree = {stock: sum(stock in (bundle.first, bundle.second) for bundle in bundles) for stock in places}
        half = {stock: max(ceil((box_height(stock) / PITCH - 1) / 2), 2 * ((degree[stock] + 1) // 2) - 2) for stock in places}
        across, down = room
        columns, rows = 1 + max(column for _, column in places.values()), 1 + max(row for row, _ in places.values())
        middles, edge = [], down
        for number in range(rows):
            tall = max((half[stock] for stock, (row, _) in places.items() if row == number), default=0)
            middles.append(edge + tall)
            edge += 2 * tall + 1 + down
        self.boxes: dict[Stock, Block] = {}
        for stock, (row, column) in places.items():
            left = across + column * (WIDE + across)
            self.boxes[stock] = (left, left + WIDE - 1, middles[row] - half[stock], middles[row] + half[stock])
        self._index = {stock: number for number, stock in enumerate(self.boxes)}
        self._lattice = Lattice(across + columns * (WIDE + across), edge, list(self.boxes.values()))

    def laid(self) -> bool:
        """Lay all routes, neighbours first, then those that bend once more among the others; return whether all found their way."""
        for bundle in sorted(self._labels, key=self._far):
            if not self._lay(bundle):
                return False
        for _ in range(2):
            for bundle in sorted(self.routes, key=lambda own: -self.routes[own].cost):
                route = self.routes[bundle]
                if route.cost - _length(route.path) > _EASY:
                    self._lay(bundle)
        return True

    def _far(self, bundle: Bundle) -> float:
        """Return how far the ends of a bundle are apart; clouds come after the neighbours."""
        if bundle.second is None:
            return 1.5
        (row, column), (other_row, other_column) = self.places[bundle.first], self.places[bundle.second]
        return abs(row - other_row) + abs(column - other_column)

    def _lay(self, bundle: Bundle) -> bool:
        """Lay the cheapest route of a bundle among the others; return whether there is one."""
        lattice, before = self._lattice, self.routes.get(bundle)
        if before is not None:
            lattice.add(before.path, before.blocks, -1)
        route = self._to_cloud(bundle) if bundle.second is None else self._to_stock(bundle)
        route = route or before
        if route is not None:
            self.routes[bundle] = route
            lattice.add(route.path, route.blocks)
        return route is not None

    def _to_cloud(self, bundle: Bundle) -> Route | None:
        found = cloud_spot(self._lattice, self.boxes[bundle.first], self._labels[bundle][0], self._sides(bundle))
        if found is None:
            return None
        cost, path, cloud, spot = found
        return Route(bundle, tuple(path), spot, cloud, cost)

    def _to_stock(self, bundle: Bundle) -> Route | None:
        ends = self._index[bundle.first], self._index[bundle.second]
        path = self._lattice.straight(*ends)
        cost = float(_length(path)) if path else 0.0
        if path is None:
            way = self._lattice.path(*ends)
            if way is None:
                return None
            cost, path = way
        self._lattice.add(path, [])
        spot = label_spot(self._lattice, path, self._labels[bundle])
        self._lattice.add(path, [], -1)
        return None if spot is None else Route(bundle, tuple(path), spot, None, cost)

    def _sides(self, bundle: Bundle) -> dict[str, float]:
        """Return what a cloud costs on each side of a stock: what comes in stands left or above, and away from neighbours."""
        row, column = self.places[bundle.first]
        taken = set(self.places.values())
        sides = {"left": 0.0, "right": 0.6, "top": 0.5, "bottom": 1.0} if bundle.flows[0].source is CLOUD else {
            "left": 0.6, "right": 0.0, "top": 1.0, "bottom": 0.5}
        for side, neighbour in (("left", (row, column - 1)), ("right", (row, column + 1)), ("top", (row - 1, column)), ("bottom", (row + 1, column))):
            sides[side] += 1.5 * (neighbour in taken) + self._sideways * (side in ("left", "right"))
        return sides


def _length(path: Sequence[Cell]) -> int:
    return sum(abs(x - u) + abs(y - v) for (x, y), (u, v) in pairwise(path))
