"""The two sides of a hub: neighbours and clouds stacked from the top, each as tall as its pipes and labels need."""

from __future__ import annotations

from ..quantities import Stock
from .bundles import SIZE, Bundle
from .wording import balanced

BOX, VALVE, CLOUD_SIZE, TRACK = 1.04, 1.06, 0.26, 0.11
LINE, CLEAR, GAP = 0.112, 0.15, 0.13  # a line of text, room for a pipe with its valve, room between boxes


class Item:
    """A stock or a hub's cloud beside the hub, with what is attached to its inner and outer side."""

    def __init__(self, stock: Stock | None):
        self.stock = stock
        self.inner: list[tuple[Bundle, tuple[str, ...]]] = []
        self.outer: list[tuple[Bundle, tuple[str, ...]]] = []
        self.above: dict[Bundle, bool] = {}  # which way its flows across the hub go
        self.y = 0.0

    def offsets(self, slots: list) -> list[float]:
        """Return the heights of the pipes relative to the middle, from the top."""
        heights = [0.0]
        for _, label in slots[1:]:
            heights.append(heights[-1] - len(label) * LINE - CLEAR)
        return [height - heights[-1] / 2 for height in heights[:len(slots)]]

    @property
    def half(self) -> float:
        """Half the height of the box."""
        if self.stock is None:
            return CLOUD_SIZE / 2
        reach = max([*self.offsets(self.inner), *self.offsets(self.outer), 0.0])
        return max(reach + 0.09, box_height(self.stock) / 2)

    def extent(self) -> tuple[float, float]:
        """Return how far the item with its labels reaches below and above its middle."""
        above = [offset + len(label) * LINE + 0.09 for slots in (self.inner, self.outer)
                 for offset, (_, label) in zip(self.offsets(slots), slots, strict=True)]
        return self.half, max([self.half, *above])

    def at(self, bundle: Bundle, slots: list) -> float:
        """Return the height of the pipe of a bundle."""
        index = [own for own, _ in slots].index(bundle)
        return self.y + self.offsets(slots)[index]


class Side:
    """The items on one side of the hub (sign -1 left, 1 right)."""

    def __init__(self, sign: int):
        self.sign = sign
        self.items: list[Item] = []
        self.loops: list[tuple[Bundle, Item, Item]] = []
        self.gutter = 0.0

    def item(self, stock: Stock) -> Item:
        return next(item for item in self.items if item.stock == stock)

    def stack(self) -> tuple[float, float]:
        """Give the items their heights around zero, and return how far down and up they reach."""
        cursor = 0.0
        for item in self.items:
            below, above = item.extent()
            item.y = cursor - above
            cursor = item.y - below - GAP
        middle = (cursor + GAP) / 2 if self.items else 0.0
        if len(self.items) == 1:
            middle = self.items[0].y  # a single neighbour stands level with the hub
        for item in self.items:
            item.y -= middle
        return (self.items[-1].y - self.items[-1].extent()[0], self.items[0].y + self.items[0].extent()[1]) if self.items else (0.0, 0.0)

    @property
    def column(self) -> tuple[float, float]:
        """The distances from the hub's middle at which the column of items begins and ends."""
        if not self.items:
            return BOX / 2, BOX / 2
        start = BOX / 2 + VALVE + self.gutter
        return start, start + (BOX if any(item.stock is not None for item in self.items) else CLOUD_SIZE)


def box_lines(stock: Stock) -> list[tuple[str, float]]:
    """Return the lines of text in a stock's box, its name and its unit, with their size."""
    name = [(line, SIZE + 0.5) for line in balanced(stock.name, BOX - 0.1, SIZE + 0.5)]
    return name + [(line, SIZE - 0.5) for line in balanced(stock.unit or "", BOX - 0.1, SIZE - 0.5)]


def box_height(stock: Stock) -> float:
    """Return the height that a stock's name and unit need."""
    return len(box_lines(stock)) * LINE + 0.13
