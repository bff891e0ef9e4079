"""The layout around a hub, for stars: its neighbours left and right, every flow label in a row of its own.

Stocks fall into connected components of the flow graph. The stock of one with the most
connections is its hub: a box as tall as its pipes need, so that each pipe to a neighbour is
straight. Flows between neighbours on one side bend around outside, flows across pass above or
below the hub. Lengths are inches; each label owns its space, so no two texts can overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..quantities import CLOUD, Flow, Stock
from .bundles import Bundle, middle
from .ordering import arranged, divided
from .sides import BOX, CLOUD_SIZE, LINE, TRACK, VALVE, Item, Side, box_height

APART = 0.32  # inches between two drawings on a page
_LOPSIDED = 4  # clouds more on one side of the hub, beyond which the next go to the other
_NARROW = VALVE - 0.08  # the width of a label


@dataclass(frozen=True)
class Place:
    """A stock's box, or a cloud where `stock` is None: centre, width and height."""

    stock: Stock | None
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Pipe:
    """A pipe along `points` with its valve and label; `heads` are (at the end, at the start).

    A head is "full" where a flow arrives, "open" where a reversible one may, else "". The label
    stands on one `side` of the valve: above or below a stretch across, right or left of one down.
    """

    flows: tuple[Flow, ...]

    points: tuple[tuple[float, float], ...]
    valve: tuple[float, float]
    label: tuple[str, ...]
    heads: tuple[str, str]
    side: str = "above"


@dataclass(frozen=True)
class Drawing:
    """Places and pipes with the rectangle (left, bottom, right, top) that holds them and their texts."""

    places: tuple[Place, ...]
    pipes: tuple[Pipe, ...]
    bounds: tuple[float, float, float, float]

    @classmethod
    def of(cls, parts: Sequence[Drawing]) -> Drawing:
        """Return several drawings as one."""
        left, bottom, right, top = zip(*(part.bounds for part in parts), strict=True)
        return cls(tuple(place for part in parts for place in part.places), tuple(pipe for part in parts for pipe in part.pipes),
                   (min(left), min(bottom), max(right), max(top)))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        return self.bounds[2] - self.bounds[0], self.bounds[3] - self.bounds[1]

    def within(self, bottom: float, top: float) -> Drawing:
        """Return the drawing with room down to `bottom` and up to `top`."""
        return replace(self, bounds=(self.bounds[0], min(self.bounds[1], bottom), self.bounds[2], max(self.bounds[3], top)))

    def moved(self, x: float, y: float) -> Drawing:
        """Return the drawing moved by (x, y)."""
        left, bottom, right, top = self.bounds
        return Drawing(tuple(replace(place, x=place.x + x, y=place.y + y) for place in self.places),
                       tuple(replace(pipe, points=tuple((a + x, b + y) for a, b in pipe.points),
                                     valve=(pipe.valve[0] + x, pipe.valve[1] + y)) for pipe in self.pipes),
                       (left + x, bottom + y, right + x, top + y))


def component(stocks: Sequence[Stock], joined: Sequence[Bundle]) -> Drawing:
    """Return the drawing of one connected component, with its hub at (0, 0)."""
    inside = [bundle for bundle in joined if bundle.first in stocks]
    between = [bundle for bundle in inside if bundle.second is not None]
    hub = middle(stocks, inside)
    others = [stock for stock in stocks if stock != hub]
    across = {frozenset((bundle.first, bundle.second)) for bundle in between if hub not in (bundle.first, bundle.second)}
    weight = {stock: sum(stock in (bundle.first, bundle.second) for bundle in inside) for stock in others}
    upstream = {stock: any(flow.source == stock and flow.sink == hub for bundle in between for flow in bundle.flows) for stock in others}
    left, right = divided(others, across, weight, upstream)
    sides = {-1: Side(-1), 1: Side(1)}
    side_of = {stock: sign for sign, members in ((-1, left), (1, right)) for stock in members}
    crossing = {stock for pair in across if len({side_of[stock] for stock in pair}) == 2 for stock in pair}
    for sign, members in ((-1, left), (1, right)):
        for stock in arranged(members, [pair for pair in across if pair <= set(members)], crossing):
            sides[sign].items.append(Item(stock))
    for bundle in inside:
        _attach(bundle, hub, sides, side_of)
    return _assembled(hub, sides)


def _attach(bundle: Bundle, hub: Stock, sides: dict[int, Side], side_of: dict[Stock, int]) -> None:
    """Attach a bundle to the items it touches, with its label where the label will stand."""
    if bundle.second is None:
        if bundle.first == hub:
            sign = -1 if bundle.flows[0].source is CLOUD else 1
            if len(sides[sign].items) > len(sides[-sign].items) + _LOPSIDED:
                sign = -sign
            cloud = Item(None)
            cloud.inner.append((bundle, bundle.label(None, "", _NARROW)))
            sides[sign].items.append(cloud)
        else:
            sides[side_of[bundle.first]].item(bundle.first).outer.append((bundle, bundle.label(None, "", _NARROW)))
        return
    if hub in (bundle.first, bundle.second):
        other = bundle.second if bundle.first == hub else bundle.first
        sign = side_of[other]
        sides[sign].item(other).inner.append((bundle, bundle.label(other, "←→" if sign < 0 else "→←", _NARROW)))
        return
    signs = side_of[bundle.first], side_of[bundle.second]
    if signs[0] != signs[1]:
        ends = [(sides[sign], sides[sign].item(stock)) for stock, sign in zip((bundle.first, bundle.second), signs, strict=True)]
        # above the hub where the ends stand high, below it where they stand low
        above = sum((side.items.index(item) + 0.5) / len(side.items) for side, item in ends) <= 1
        for _, item in ends:
            item.inner.insert(0 if above else len(item.inner), (bundle, ()))
            item.above[bundle] = above
        return
    side = sides[signs[0]]
    upper, lower = sorted((side.item(bundle.first), side.item(bundle.second)), key=side.items.index)
    upper.outer.append((bundle, bundle.label(upper.stock, "↑↓", _NARROW)))
    lower.outer.insert(0, (bundle, ()))
    side.loops.append((bundle, upper, lower))


def _assembled(hub: Stock, sides: dict[int, Side]) -> Drawing:
    """Turn the attached items into places and pipes."""
    crossing = [(bundle, item, above) for item in sides[-1].items for bundle, above in item.above.items()]
    # from the middle outwards, so that the flow of an upper stock passes above that of a lower one
    routes = [route for route in reversed(crossing) if route[2]] + [route for route in crossing if not route[2]]
    count = [sum(route[2] for route in crossing), sum(not route[2] for route in crossing)]
    for side in sides.values():
        side.gutter = TRACK * (max(count) - 1) + 0.22 if crossing else 0.0
    reaches = [side.stack() for side in sides.values()]
    bottom, top = min(low for low, _ in reaches), max(high for _, high in reaches)
    ys = [item.at(bundle, item.inner) for side in sides.values() for item in side.items for bundle, label in item.inner if label]
    half = box_height(hub) / 2
    low, high = min([y - 0.1 for y in ys] + [-half]), max([y + 0.1 for y in ys] + [half])
    places = [Place(hub, 0.0, (low + high) / 2, BOX, high - low)]
    pipes: list[Pipe] = []
    bottom, top = min(bottom, low), max(top, high)
    laid = [0, 0]
    for bundle, item, above in routes:
        partner = sides[1].item(bundle.second if bundle.first == item.stock else bundle.first)
        label = bundle.label(partner.stock, "→←", BOX + 2 * VALVE - 0.2)
        start, end = item.at(bundle, item.inner), partner.at(bundle, partner.inner)
        if above:
            y = top + 0.12
            top = y + len(label) * LINE + 0.09
        else:
            y = bottom - len(label) * LINE - 0.15
            bottom = y - 0.08
        laid[above] += 1
        track = 0.17 + TRACK * (count[not above] - laid[above])  # the outermost route nearest to the stocks
        left, right = sides[-1].column[0], sides[1].column[0]
        points = ((-left, start), (track - left, start), (track - left, y), (right - track, y), (right - track, end), (right, end))
        pipes.append(Pipe(bundle.flows, points, (0.0, y), label, bundle.heads(partner.stock)))
    widths = {}
    for side in sides.values():
        own, more, widths[side.sign] = _drawn(side)
        places += own
        pipes += more
    return Drawing(tuple(places), tuple(pipes), (-widths[-1], bottom, widths[1], top))


def _drawn(side: Side) -> tuple[list[Place], list[Pipe], float]:
    """Return the places and pipes of one side, and how far it reaches from the hub's middle."""
    sign, (start, end) = side.sign, side.column
    places, pipes, reach = [], [], end
    for item in side.items:
        width = BOX if item.stock is not None else CLOUD_SIZE
        places.append(Place(item.stock, sign * (start + width / 2), item.y, width, 2 * item.half))
        for bundle, label in item.inner:
            if label:
                y = item.at(bundle, item.inner)
                points = ((sign * BOX / 2, y), (sign * start, y))
                pipes.append(Pipe(bundle.flows, points, (sign * (BOX + VALVE) / 2, y), label, bundle.heads(item.stock)))
        for bundle, label in item.outer:
            if bundle.second is None:
                y = item.at(bundle, item.outer)
                places.append(Place(None, sign * (end + VALVE + CLOUD_SIZE / 2), y, CLOUD_SIZE, CLOUD_SIZE))
                pipes.append(Pipe(bundle.flows, ((sign * end, y), (sign * (end + VALVE), y)), (sign * (end + VALVE / 2), y), label, bundle.heads(None)))
                reach = end + VALVE + CLOUD_SIZE
    tracks: list[float] = []  # the lowest point used on each track, as loops are laid from the top
    beyond = (reach if reach > end else end + VALVE) + 0.1
    for bundle, upper, lower in sorted(side.loops, key=lambda loop: (-loop[1].at(loop[0], loop[1].outer), -loop[2].y)):
        a, b = upper.at(bundle, upper.outer), lower.at(bundle, lower.outer)
        free = next((index for index, used in enumerate(tracks) if used > a + 0.1), len(tracks))
        tracks[free:free + 1] = [b]
        x = beyond + TRACK * free
        points = ((sign * end, a), (sign * x, a), (sign * x, b), (sign * end, b))
        pipes.append(Pipe(bundle.flows, points, (sign * (end + VALVE / 2), a), dict(upper.outer)[bundle], bundle.heads(lower.stock)))
        reach = max(reach, x + 0.08)
    return places, pipes, reach
