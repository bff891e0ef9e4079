"""Scenario discovery as a picture: coverage against density on the way of peeling, the box that was chosen, and the points in its plane."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ..case import Case
from ..model import Model
from ..sensitivity.peeling import Box, Discovery
from .paths import Table
from .style import BLUE, GRID, INK, QUIET, SIZE, VERMILLION, footer, panel, panels, styled
from .tornado import named_rows
from .wording import label, spoken


@styled()
def boxes_picture(model: Model, case: Case, found: Discovery, what: str) -> tuple[Figure, Table]:
    """Return for each box three panels: coverage and density of the boxes on the way, the sides of the chosen one, and the points in its two leading sides."""
    figure, axes = panels(3 * len(found.boxes), columns=3, height=2.9, labels=0.12, share_time=False)
    table: Table = {name: [] for name in ("box", "step", "coverage", "density", "support", "points", "restricted", "chosen")}
    taken = np.zeros(len(found.points), bool)
    for number, one in enumerate(found.boxes):
        trade, sides, plane = axes[3 * number:3 * number + 3]
        panel(trade, "density: share of cases among its runs")
        _dots(trade, one.way, QUIET, 3)
        trade.plot(one.chosen.coverage, one.chosen.density, marker="o", markersize=8, markerfacecolor="none", markeredgecolor=VERMILLION, markeredgewidth=1.5)
        trade.set_xlim(0, 1.03)
        trade.set_ylim(0, 1.03)
        trade.grid(axis="x", color=GRID, linewidth=0.6)
        trade.set_xlabel("coverage: share of all cases in it", size=SIZE - 1, color=QUIET, labelpad=2)
        order = _sides(sides, found, one.chosen, number)
        _plane(plane, model, found, one.chosen, order, taken)
        taken |= one.chosen.holds(found.points)
        for step, box in enumerate(one.way):
            same = bool(np.array_equal(box.low, one.chosen.low) and np.array_equal(box.high, one.chosen.high))
            for name, value in zip(table, (number + 1, step, box.coverage, box.density, box.support, box.points, len(box.restricted), int(same)), strict=True):
                table[name].append(value)  # type: ignore[attr-defined]
    failed = f" {found.failed} runs failed and are left out." if found.failed else ""
    footer(figure, f"{model.name}, {spoken(case.name)}: {what} in {int(found.cases.sum())} of {len(found.cases)} runs. Left: the boxes on the way of peeling "
                   "and pasting (PRIM), the chosen one ringed. Middle: its sides within the ranges. Right: cases (red) and other runs in its two tightest "
                   f"sides.{failed}")
    return figure, table


def _dots(axes, way: tuple[Box, ...], colour: str, size: float) -> None:
    axes.plot([box.coverage for box in way], [box.density for box in way], color=colour, linewidth=0.7, marker="o", markersize=size)


def _sides(axes, found: Discovery, box: Box, number: int) -> list[int]:
    """Draw the sides of a box, the tightest on top, and return the places of its parameters in that order."""
    places = [found.names.index(name) for name in box.restricted]
    share = (box.high - box.low) / (found.high - found.low)
    order = sorted(places, key=lambda place: share[place])
    named_rows(axes, f"box {number + 1}: coverage {box.coverage:.2f}, density {box.density:.2f}, support {box.support:.2f}",
               [spoken(found.names[place]) for place in order])
    axes.grid(axis="x", visible=False)
    for row, place in enumerate(order[::-1]):
        low, high = ((end - found.low[place]) / (found.high[place] - found.low[place]) for end in (box.low[place], box.high[place]))
        axes.plot([0, 1], [row, row], color=GRID, linewidth=5, solid_capstyle="butt", zorder=1)
        axes.plot([low, high], [row, row], color=BLUE, linewidth=5, solid_capstyle="butt", zorder=2)
        chances = [f"{side.value:.3g} (p {side.quasi_p:.1g})" for side in box.sides if side.name == found.names[place]]
        axes.annotate(f"{'from' if low > 0 else 'to'} {' to '.join(chances)}", (0, row), xytext=(0, 6), textcoords="offset points", size=SIZE - 2, color=INK)
    axes.set_ylim(-0.7, max(len(order) - 0.3, 2.7))
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 1], ["low", "high"])
    return order


def _plane(axes, model: Model, found: Discovery, box: Box, order: list[int], taken: np.ndarray) -> None:
    across = order[0]
    up = order[1] if len(order) > 1 else next((place for place in range(len(found.names)) if place != across), across)
    panel(axes, label(model, found.names[up]) if up != across else "cases")
    shown = ~taken
    for case_, colour, size in ((False, QUIET, 2.0), (True, VERMILLION, 3.0)):
        own = shown & (found.cases == case_)
        axes.plot(found.points[own, across], found.points[own, up], linestyle="none", marker="o", markersize=size, color=colour, alpha=0.55, markeredgewidth=0)
    x, y = (box.low[across], box.high[across]), (box.low[up], box.high[up])
    axes.plot([x[0], x[1], x[1], x[0], x[0]], [y[0], y[0], y[1], y[1], y[0]], color=BLUE, linewidth=1.5)
    axes.set_xlim(found.low[across], found.high[across])
    axes.set_ylim(found.low[up], found.high[up])
    axes.set_xlabel(label(model, found.names[across]), size=SIZE - 1, color=QUIET, labelpad=2)
