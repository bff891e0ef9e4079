"""Free spots on the lattice: for the label of a pipe beside its valve, and for a cloud beside its stock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf

from .bundles import SIZE
from .lattice import PITCH, Block, Cell, Lattice
from .sides import LINE
from .wording import text_width

UNDER, BESIDE = 0.085, 0.1  # from the middle of a valve to its label: up or down to the text, and across
_CLOUD = 1  # a cloud's cells on each side of its middle
_HINTED = 1.03
_CROWD = 0.04  # of a taken cell beside a label


@dataclass(frozen=True)
class Spot:
    """Where a pipe carries its valve and label: on a stretch along `axis`, the label on one side of it."""

    valve: Cell
    axis: int
    side: str
    lines: tuple[str, ...]
    label: Block

    @property
    def around_valve(self) -> Block:
        """The cells of the valve."""
        (x, y), (across, down) = self.valve, (1 - self.axis, self.axis)
        return x - across, x + across, y - down, y + down

    @property
    def blocks(self) -> list[Block]:
        """The cells that no other pipe may use."""
        return [self.label, self.around_valve]


def label_size(label: Sequence[str]) -> tuple[float, float]:
    """Return width and height of a label in inches; on a lattice of pixels type runs a little wider than its outlines."""
    return _HINTED * max(text_width(line, SIZE) for line in label), len(label) * LINE


def label_spot(lattice: Lattice, path: Sequence[Cell], labels: Sequence[tuple[str, ...]]) -> Spot | None:
    """Return the best free spot along a path that lies on the lattice already, for one of several forms of a label; None where there is none."""
    best, chosen = inf, None
    for cost, spot in sorted((one for label in labels for one in _spots(path, label)), key=lambda one: one[0]):
        if cost >= best:
            break  # the crowd around a spot only adds to its cost
        if lattice.free(spot.label) and _alone(lattice, spot):
            cost += _CROWD * lattice.crowd(_around(spot.label))
            if cost < best:
                best, chosen = cost, spot
    return chosen


def _alone(lattice: Lattice, spot: Spot) -> bool:
    """Return whether no other pipe crosses the one with the valve there."""
    left, right, top, bottom = spot.around_valve
    if spot.axis == 0:
        return lattice.free((left, right, top - 1, top - 1)) or lattice.free((left, right, bottom + 1, bottom + 1))
    return lattice.free((left - 1, left - 1, top, bottom)) or lattice.free((right + 1, right + 1, top, bottom))


def _around(block: Block) -> Block:
    return block[0] - 1, block[1] + 1, block[2] - 1, block[3] + 1


def _spots(path: Sequence[Cell], label: tuple[str, ...]) -> Iterator[tuple[float, Spot]]:
    """Yield every spot along a path with what speaks against it: far from the middle of its stretch, on a short one, off the best side."""
    blocks = {side: _label_block((0, 0), side, label) for side in ("above", "below", "right", "left")}
    bulk = 0.25 * len(label) + label_size(label)[0]
    for (x, y), (u, v) in pairwise(path):
        axis = 0 if y == v else 1
        low, high = (min(x, u), max(x, u)) if axis == 0 else (min(y, v), max(y, v))
        for place in range(low + 2, high - 1):
            away = bulk + 0.15 * abs(place - (low + high) / 2) + 3.0 / (high - low)
            valve = (place, y) if axis == 0 else (x, place)
            for side, against in (("above", 0.0), ("below", 1.0)) if axis == 0 else (("right", 0.3), ("left", 0.8)):
                left, right, top, bottom = blocks[side]
                yield away + against, Spot(valve, axis, side, label, (left + valve[0], right + valve[0], top + valve[1], bottom + valve[1]))


def _label_block(valve: Cell, side: str, label: Sequence[str]) -> Block:
    (x, y), (width, height) = valve, label_size(label)
    if side in ("above", "below"):
        half, tall = ceil((width / 2 + 0.03) / PITCH - 0.5), ceil((height + 0.03) / PITCH)
        return (x - half, x + half, y - tall, y - 1) if side == "above" else (x - half, x + half, y + 1, y + tall)
    wide, half = ceil((BESIDE + width + 0.03) / PITCH - 0.5), ceil((height / 2 + 0.01) / PITCH - 0.5)
    return (x + 1, x + wide, y - half, y + half) if side == "right" else (x - wide, x - 1, y - half, y + half)


def cloud_spot(lattice: Lattice, box: Block, label: tuple[str, ...], sides: dict[str, float]) -> tuple[float, list[Cell], Cell, Spot] | None:
    """Return cost, path, middle of the cloud and spot of the best straight pipe between a box and a cloud; `sides` says what each side costs."""
    best = None
    for side, against in sides.items():
        axis = 0 if side in ("left", "right") else 1
        forward = side in ("right", "bottom")
        start, step = (box[2 * axis + 1] + 1, 1) if forward else (box[2 * axis] - 1, -1)
        # as long as the label beside it needs; on the short sides of a box the corners stay free
        left, right, top, bottom = _label_block((0, 0), "above" if axis == 0 else "right", label)
        long = max((right - left if axis == 0 else bottom - top) + 1, 5)
        ports = range(box[2], box[3] + 1) if axis == 0 else range(box[0] + 1, box[1])
        for port in ports:
            first, valve, last, cloud = ((along, port) if axis == 0 else (port, along)
                                         for along in (start, start + step * (long // 2), start + step * (long - 1), start + step * (long + _CLOUD)))
            for where, more in (("above", 0.0), ("below", 1.0)) if axis == 0 else (("right", 0.0), ("left", 0.5)):
                spot = Spot(valve, axis, where, label, _label_block(valve, where, label))
                cost = against + more + 0.15 * abs(port - (ports[0] + ports[-1]) / 2)
                pipe = min(first[0], last[0]), max(first[0], last[0]), min(first[1], last[1]), max(first[1], last[1])
                if (best is None or cost < best[0]) and all(map(lattice.free, (pipe, spot.label, cloud_block(cloud)))):
                    cost += _CROWD * lattice.crowd(_around(spot.label))
                    if best is None or cost < best[0]:
                        best = cost, [first, last], cloud, spot
    return best


def cloud_block(middle: Cell) -> Block:
    """Return the cells of a cloud."""
    x, y = middle
    return x - _CLOUD, x + _CLOUD, y - _CLOUD, y + _CLOUD
