"""Causal-loop diagrams: quantities as words, arrows with their signs, and each loop as R or B with its name in its middle.

A small model is one diagram. Of a larger one every loop shown is a ring of its own, so that no arrow crosses another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from ..looping.enumerating import links_of
from ..looping.scoring import Group, LoopScores
from .gathering import bare
from .style import BLUE, INK, QUIET, SIZE, VERMILLION, WIDTH, blank, footer
from .wording import balanced, text_width

Table = dict[str, Any]
_ONE = 12  # quantities up to which everything is one diagram
_COLOURS = {"+": VERMILLION, "-": BLUE}
_NAME = 1.0  # inches in which a name is wrapped
_STEP, _ASIDE = 0.36, 0.85  # inches between words of a ring, and from its middle to its sides
_BENDS = (0.18, -0.18, 0.08, -0.08, 0.32, -0.32, 0.5, -0.5, 0.7, -0.7)
_RINGS, _LOW = 9, 3  # rings at most, and steps from top to bottom at least
_SIGNS = {1: "+", -1: "−", 0: "±"}


def causal_loops(scores: LoopScores, groups: Sequence[Group]) -> tuple[Figure, Table]:
    """Return the causal-loop diagram of groups of loops and the table of their links."""
    every, groups = groups, groups[:_RINGS]
    names = list(dict.fromkeys(name for group in groups for name in _names(scores, group)))
    links = _links(scores, groups)
    figure = _whole(scores, groups, names, links) if len(names) <= _ONE else _rings(scores, groups, links)
    more = f"The {len(groups)} strongest of {len(every)} loops. " if len(every) > len(groups) else ""
    footer(figure, f"{scores.run.model.name}. {more}R: reinforcing, B: balancing, U: changes along the run; =: through a delay. "
           "A sign is that of the partial derivative along the run, ± where it changes.")
    rows = [(group.label, source, target, _SIGNS[links[source, target]]) for group in groups for source, target in _around(_names(scores, group))]
    return figure, {head: [row[place] for row in rows] for place, head in enumerate(("loop", "from", "to", "sign"))}


def _names(scores: LoopScores, group: Group) -> list[str]:
    names = scores.loops[group.rows[0]].quantities
    return [bare(name) for name in names] if len(group.rows) > 1 else list(names)


def _around(names: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(names, (*names[1:], names[0]), strict=True))


def _links(scores: LoopScores, groups: Sequence[Group]) -> dict[tuple[str, str], int]:
    """Return the sign of each link drawn, 0 where it changes along the run."""
    found: dict[tuple[str, str], set[int]] = {}
    for group in groups:
        for row in group.rows:
            loop = scores.loops[row]
            for link, ends in zip(links_of(scores.links.graph, loop.nodes), _around(_names(scores, group)), strict=True):
                found.setdefault(ends, set()).update(int(sign) for sign in np.unique(np.sign(scores.gains[link])) if sign)
    return {ends: next(iter(signs)) if len(signs) == 1 else 0 for ends, signs in found.items()}


# One diagram ---------------------------------------------------------------------------------------


def _whole(scores: LoopScores, groups: Sequence[Group], names: list[str], links: dict[tuple[str, str], int]) -> Figure:
    """Draw everything once: the longest loop as a ring, the others where springs put them."""
    side = 2.6 + 0.22 * len(names)
    figure = blank(1.7 * side, side)
    axes = _page(figure, 1.7 * side, side)
    places = _placed(scores, groups, names, 1.7 * side - 1.3, side - 0.7)
    boxes = {name: _word(axes, name, *places[name]) for name in names}
    drawn: list[np.ndarray] = []
    page = np.array([1.7 * side / 2 - 0.1, side / 2 - 0.1])
    for (source, target), sign in links.items():
        others = [box for name, box in boxes.items() if name not in (source, target)]
        bends = [bend for bend in _BENDS if (target, source) not in links or bend >= 0.3]  # two opposite arrows bow away from each other
        bend = min(bends, key=lambda bend: _met(_curve(places[source], places[target], bend), others, drawn, page) + abs(bend))
        drawn += _arrow(axes, boxes[source], boxes[target], places[source], places[target], _SIGNS[sign], bend)
    taken = [np.array(box.get_center()) for box in boxes.values()]
    for group in groups:
        middle = _free(np.mean([places[name] for name in _names(scores, group)], axis=0), [*taken, *drawn], 1.7 * side / 2 - 0.4, side / 2 - 0.3)
        _badge(axes, group, *middle)
        taken += [middle, middle + (0.25, 0), middle - (0.25, 0)]
    return figure


def _placed(scores: LoopScores, groups: Sequence[Group], names: list[str], width: float, height: float) -> dict[str, np.ndarray]:
    """Return a place for each name within a rectangle around (0, 0): on an ellipse, in the order in which fewest arrows cross."""
    order = list(max((_names(scores, group) for group in groups), key=len))
    neighbours = {name: [other for pair in _pairs(scores, groups) for other in pair if name in pair and other != name] for name in names}
    for name in (name for name in names if name not in order):
        known = [order.index(other) for other in neighbours[name] if other in order]
        order.insert(max(known) if known else len(order), name)
    angle = np.pi / 2 - 2 * np.pi * np.arange(len(order)) / len(order)
    return {name: np.array([width / 2 * np.cos(turn), height / 2 * np.sin(turn)]) for name, turn in zip(order, angle, strict=True)}


def _pairs(scores: LoopScores, groups: Sequence[Group]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pair for group in groups for pair in _around(_names(scores, group))))


def _free(wanted: np.ndarray, taken: list[np.ndarray], width: float, height: float) -> np.ndarray:
    """Return the point nearest to the one wanted that is clear of words, arrows and other marks."""
    grid = np.array([(x, y) for x in np.arange(-width, width, 0.1) for y in np.arange(-height, height, 0.1)])
    gaps = (grid[:, None] - np.array(taken)[None]) * np.array([0.55, 1.0])
    clear = np.min(np.hypot(gaps[..., 0], gaps[..., 1]), axis=1)
    cost = np.hypot(*(grid - wanted).T) + 20 * np.maximum(0.27 - clear, 0)
    return grid[int(np.argmin(cost))]


# A ring for each loop ------------------------------------------------------------------------------


def _rings(scores: LoopScores, groups: Sequence[Group], links: dict[tuple[str, str], int]) -> Figure:
    """Draw each loop as a ring of its own, three in a row: down on the right, up on the left."""
    columns = min(3, len(groups))
    chains = [_names(scores, group) for group in groups]
    rows = [chains[first:first + columns] for first in range(0, len(groups), columns)]
    heights = [_STEP * max(_LOW, *(len(names) // 2 for names in row)) + 0.75 for row in rows]
    total, above = sum(heights), 0.0
    figure = blank(WIDTH, total)
    axes = _page(figure, WIDTH, total)
    for row, height in enumerate(heights):
        for column, names in enumerate(rows[row]):
            centre = np.array([(column - (columns - 1) / 2) * WIDTH / columns, total / 2 - above - height / 2])
            places = {name: centre + offset for name, offset in zip(names, _ring(len(names)), strict=True)}
            boxes = {name: _word(axes, name, *places[name], size=SIZE - 1.5) for name in names}
            for source, target in _around(names):
                _arrow(axes, boxes[source], boxes[target], places[source], places[target], _SIGNS[links[source, target]], 0.8 if len(names) == 2 else 0.0)
            _badge(axes, groups[row * columns + column], *centre)
        above += height
    return figure


def _ring(count: int) -> list[np.ndarray]:
    """Return places around a centre, clockwise from the top: two columns, with one place above and one below them."""
    if count == 3:
        return [np.array([0.0, 0.45]), np.array([_ASIDE, -0.35]), np.array([-_ASIDE, -0.35])]
    right = (count - 1) // 2
    left = count - 2 - right
    high = _STEP * max(count // 2, _LOW) / 2
    down = [np.array([_ASIDE, high - 2 * high * (place + 1) / (right + 1)]) for place in range(right)]
    up = [np.array([-_ASIDE, -high + 2 * high * (place + 1) / (left + 1)]) for place in range(left)]
    return [np.array([0.0, high]), *down, np.array([0.0, -high]), *up]


# Parts ---------------------------------------------------------------------------------------------


def _page(figure: Figure, width: float, height: float) -> Axes:
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-width / 2, width / 2)
    axes.set_ylim(-height / 2, height / 2)
    axes.axis("off")
    return axes


def _word(axes: Axes, name: str, x: float, y: float, size: float = SIZE - 0.5) -> Rectangle:
    """Write a name and return the box around it, which arrows end at."""
    lines = balanced(name, _NAME, size)
    wide, high = max(text_width(line, size) for line in lines) + 0.08, len(lines) * size * 1.2 / 72 + 0.05
    box = Rectangle((x - wide / 2, y - high / 2), wide, high, facecolor="white", edgecolor="none", zorder=2)
    axes.add_patch(box)
    axes.text(x, y, "\n".join(lines), size=size, color=INK, ha="center", va="center", linespacing=1.1, zorder=4)
    return box


def _arrow(axes: Axes, start: Rectangle, end: Rectangle, at: np.ndarray, to: np.ndarray, sign: str, bend: float) -> list[np.ndarray]:
    """Draw an arrow with its sign beside the head and return points along it."""
    colour = VERMILLION if sign == "+" else BLUE if sign == "−" else QUIET
    arrow = FancyArrowPatch(tuple(at), tuple(to), connectionstyle=f"arc3,rad={-bend}", arrowstyle="-|>", mutation_scale=8, linewidth=0.9, color=colour,
                            patchA=start, patchB=end, shrinkA=1, shrinkB=1, zorder=1)
    axes.add_patch(arrow)
    points = np.array([point for point in _curve(at, to, bend) if not any(_within(box, point) for box in (start, end))] or [(at + to) / 2])
    back = points[max(0, len(points) - 12)]
    along = (points[-1] - back) / max(float(np.hypot(*(points[-1] - back))), 1e-9)
    tip = points[-1] - 0.13 * along if bend else points[len(points) // 2]
    place = tip + 0.1 * np.array([-along[1], along[0]])
    axes.text(*place, sign, size=SIZE, color=colour, ha="center", va="center", zorder=5, weight="bold")
    return [*points[::4], place]


def _curve(at: np.ndarray, to: np.ndarray, bend: float) -> np.ndarray:
    """Return points along an arrow from middle to middle, bowed as matplotlib's arc3 does it."""
    share, over = np.linspace(0, 1, 80)[:, None], to - at
    control = (at + to) / 2 - bend * np.array([over[1], -over[0]])
    return (1 - share) ** 2 * at + 2 * share * (1 - share) * control + share**2 * to


def _met(curve: np.ndarray, boxes: Sequence[Rectangle], drawn: Sequence[np.ndarray], page: np.ndarray) -> float:
    """Return how much a curve meets: words that it passes and the edge of the page count most, then arrows that it runs along."""
    words = sum(_within(box, point, 0.06) for box in boxes for point in curve[::2]) + int(np.sum(np.abs(curve) > page))
    along = sum(float(np.min(np.hypot(*(np.array(drawn) - point).T))) < 0.08 for point in curve[8:-8:4]) if drawn else 0
    return words + 0.15 * along


def _within(box: Rectangle, point: np.ndarray, room: float = 0.0) -> bool:
    left, bottom = box.get_xy()
    return left - room <= point[0] <= left + box.get_width() + room and bottom - room <= point[1] <= bottom + box.get_height() + room


def _badge(axes: Axes, group: Group, x: float, y: float) -> None:
    """Write R or B with the loop's number and name."""
    number, _, name = group.label.partition(" ")
    colour = _COLOURS.get(group.polarity, QUIET)
    lines = [f"{number}{' =' if group.delayed else ''}", *(balanced(name.partition(" [")[0], 0.62, SIZE - 0.5) if name else ())]
    axes.text(x, y, "\n".join(lines), size=SIZE - 0.5, color=colour, weight="bold", ha="center", va="center", linespacing=1.15, zorder=6,
              bbox={"facecolor": "white", "edgecolor": colour, "linewidth": 0.8, "boxstyle": "round,pad=0.25", "alpha": 0.95})
