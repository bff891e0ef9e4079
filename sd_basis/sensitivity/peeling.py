"""PRIM, the patient rule induction method (Friedman and Fisher 1999): a box of parameters in which an outcome is frequent.

From the box of all points a small share is peeled off at the side that leaves the densest rest, again and again; then a side is pasted back as
long as that makes the box denser. As in scenario discovery (Bryant and Lempert 2010, EMA Workbench) every box on the way is kept: coverage is the
share of all cases in it, density the share of its points that are cases, support the share of all points in it. The quasi-p value of a side is
the chance of as many cases in the box if that side told nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError

PEELED, SUPPORT = 0.05, 0.05


@dataclass(frozen=True)
class Side:
    """One restriction of a box: the parameter, whether its `low` or `high` end moved, to which value, and its quasi-p value."""

    name: str
    end: str
    value: float
    quasi_p: float


@dataclass(frozen=True)
class Box:
    """A box (low, high by parameter) with its coverage, density, support and the number of its points; `sides` are its restrictions."""

    low: np.ndarray
    high: np.ndarray
    coverage: float
    density: float
    support: float
    points: int
    restricted: tuple[str, ...]
    sides: tuple[Side, ...] = ()

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Tell which points lie in the box."""
        return np.all((points >= self.low) & (points <= self.high), axis=1)


@dataclass(frozen=True)
class Found:
    """One box that was chosen, and the boxes on the way to it, from all points to the smallest."""

    chosen: Box
    way: tuple[Box, ...]


@dataclass(frozen=True)
class Discovery:
    """The boxes in which a case is frequent, one after the other, each on the points that those before it leave.

    `points` (n, parameters) and `cases` (n,) are what was looked at; `failed` points are left out.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    points: np.ndarray
    cases: np.ndarray
    failed: int
    boxes: tuple[Found, ...]


def discovered(points: np.ndarray, cases: np.ndarray, names: Sequence[str], *, boxes: int = 1, density: float | None = None, peel: float = PEELED,
               support: float = SUPPORT, low: np.ndarray | None = None, high: np.ndarray | None = None) -> Discovery:
    """Return boxes of the cases among points (runs, parameters); nan in `cases` marks a run that failed, which is left out and counted.

    Of the boxes on the way the one with the largest harmonic mean of coverage and density is chosen, or the first that is at least as dense as
    `density`. No box holds less than a share `support` of the points. Raises InputError where there is no case, or nothing else.
    """
    kept = ~np.isnan(np.asarray(cases, float))
    points, met, names = np.asarray(points, float)[kept], np.asarray(cases, float)[kept] > 0, tuple(names)
    if not 0 < peel < 0.5 or not 0 < support < 1:
        raise InputError(f"prim: a peel of {peel:g} with a support of {support:g}; give shares above 0, the peel below 0.5")
    if not met.any() or met.all():
        raise InputError(f"prim: {'all' if met.any() else 'none'} of {len(met)} runs {'are' if met.any() else 'is a'} case{'s' if met.any() else ''}, so that "
                         "no box can be told from the rest; choose another outcome or wider ranges")
    low = points.min(axis=0) if low is None else np.asarray(low, float)
    high = points.max(axis=0) if high is None else np.asarray(high, float)
    found: list[Found] = []
    left = np.ones(len(points), bool)
    for _ in range(boxes):
        if not met[left].any() or met[left].all():
            break
        way = _way(points[left], met[left], names, (low, high), peel, max(support * len(points) / left.sum(), 0.0))
        way = [_told(box, points, met, left) for box in way]
        chosen = _chosen(way, density)
        if not chosen.restricted:
            break
        found.append(Found(_with_sides(chosen, points[left], met[left], names, low, high), tuple(way)))
        left &= ~chosen.holds(points)
    if not found:
        raise InputError(f"prim: no box is denser than all {len(met)} points; draw more of them, or vary other parameters")
    return Discovery(names, low, high, points, met, int(np.sum(~kept)), tuple(found))


def _chosen(way: Sequence[Box], density: float | None) -> Box:
    if density is not None:
        dense = [box for box in way if box.density >= density]
        if dense:
            return max(dense, key=lambda box: box.coverage)
    return max(way, key=lambda box: 2 * box.coverage * box.density / max(box.coverage + box.density, 1e-300))


def _told(box: Box, points: np.ndarray, met: np.ndarray, left: np.ndarray) -> Box:
    """Return a box with its shares of all points, of which earlier boxes took some."""
    inside = box.holds(points) & left
    cases, count = int(met[inside].sum()), int(inside.sum())
    return replace(box, coverage=cases / int(met.sum()), density=cases / max(count, 1), support=float(inside.mean()), points=count)


def _way(points: np.ndarray, met: np.ndarray, names: tuple[str, ...], whole: tuple[np.ndarray, np.ndarray], peel: float, support: float) -> list[Box]:
    """Return the boxes of peeling, and of pasting from the last."""
    box = _box(whole[0].copy(), whole[1].copy(), points, met, names, whole)
    way = [box]
    while (smaller := _peeled(box, points, met, peel, support)) is not None:
        box = _box(*smaller, points, met, names, whole)
        way.append(box)
    while (larger := _pasted(box, points, met, peel, whole)) is not None:
        box = _box(*larger, points, met, names, whole)
        way.append(box)
    return way


def _box(low: np.ndarray, high: np.ndarray, points: np.ndarray, met: np.ndarray, names: tuple[str, ...], whole: tuple[np.ndarray, np.ndarray]) -> Box:
    inside = np.all((points >= low) & (points <= high), axis=1)
    restricted = tuple(name for place, name in enumerate(names) if low[place] > whole[0][place] or high[place] < whole[1][place])
    return Box(low, high, float(met[inside].sum() / met.sum()), float(met[inside].mean()), float(inside.mean()), int(inside.sum()), restricted)


def _peeled(box: Box, points: np.ndarray, met: np.ndarray, peel: float, support: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the limits after the best peel: the largest gain of density for each point given up (the default of EMA Workbench)."""
    inside = box.holds(points)
    own, cases = points[inside], met[inside]
    best, found = -np.inf, None
    for place in range(points.shape[1]):
        values = np.sort(own[:, place])
        count = max(int(peel * len(values)), 1)
        if count >= len(values):
            continue
        for end in (0, 1):
            edge = (values[count - 1] + values[count]) / 2 if end == 0 else (values[-count] + values[-count - 1]) / 2
            keep = own[:, place] >= edge if end == 0 else own[:, place] <= edge
            left = int(keep.sum())
            if left == len(own) or left < support * len(points) or not left:
                continue
            gain = (cases[keep].mean() - cases.mean()) / (len(own) - left)
            if gain > best:
                low, high = box.low.copy(), box.high.copy()
                (low if end == 0 else high)[place] = edge
                best, found = gain, (low, high)
    return found if best > 0 else None


def _pasted(box: Box, points: np.ndarray, met: np.ndarray, peel: float, whole: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the limits after the best paste, one that makes the box denser; None where none does."""
    inside = box.holds(points)
    density, count = met[inside].mean(), max(int(peel * inside.sum()), 1)
    best, found = density, None
    for place in range(points.shape[1]):
        open_low, open_high = box.low.copy(), box.high.copy()
        open_low[place], open_high[place] = whole[0][place], whole[1][place]
        near = np.all((points >= open_low) & (points <= open_high), axis=1) & ~inside
        for end in (0, 1):
            side = np.sort(points[near & ((points[:, place] < box.low[place]) if end == 0 else (points[:, place] > box.high[place])), place])
            if not side.size:
                continue
            low, high = box.low.copy(), box.high.copy()
            if end == 0:
                low[place] = side[-min(count, len(side))] if len(side) > count else whole[0][place]
            else:
                high[place] = side[min(count, len(side)) - 1] if len(side) > count else whole[1][place]
            grown = met[np.all((points >= low) & (points <= high), axis=1)].mean()
            if grown > best:
                best, found = grown, (low, high)
    return found


def _with_sides(box: Box, points: np.ndarray, met: np.ndarray, names: tuple[str, ...], low: np.ndarray, high: np.ndarray) -> Box:
    """Return a box with the quasi-p value of each of its sides."""
    from scipy.stats import binomtest

    inside = box.holds(points)
    cases, count = int(met[inside].sum()), int(inside.sum())
    sides = []
    for place, name in enumerate(names):
        for end, moved in (("low", box.low[place] > low[place]), ("high", box.high[place] < high[place])):
            if not moved:
                continue
            wide_low, wide_high = box.low.copy(), box.high.copy()
            if end == "low":
                wide_low[place] = low[place]
            else:
                wide_high[place] = high[place]
            wide = np.all((points >= wide_low) & (points <= wide_high), axis=1)
            p = float(binomtest(cases, count, float(met[wide].mean()), alternative="greater").pvalue)
            sides.append(Side(name, end, float((box.low if end == "low" else box.high)[place]), p))
    return replace(box, sides=tuple(sides))
