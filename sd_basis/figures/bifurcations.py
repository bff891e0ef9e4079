"""The bifurcation diagram: equilibria over a parameter, stable solid and unstable dashed, with folds and Hopf points named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..continuation.found import Branch, Equilibria, FoldCurve, Rest, Sweep
from ..model import Model
from ..storage import manifest_path, strict_json, write_atomic
from .output import save
from .style import BLUE, GREEN, INK, ORANGE, QUIET, SIZE, VERMILLION, footer, panel, panels, settle, styled
from .wording import label, spoken

Table = dict[str, Any]

_MOST = 4  # stocks shown
_MARKS = {"fold": ("o", "fold"), "hopf": ("s", "Hopf"), "branch point": ("D", "crossing"), "exchange": ("D", "stability changes"), "kink": ("^", "kink")}


def draw_equilibria(model: Model, found: Equilibria, sweeps: tuple[Sweep, ...], curves: Sequence[FoldCurve], folder: str | Path, name: str,
                    manifest: Mapping[str, Any], stocks: Sequence[str] = ()) -> list[Path]:
    """Draw the bifurcation diagram, and the fold curves where there are any, each with its manifest; return the files."""
    with styled():
        drawn = [(name, *diagram(model, found, sweeps, stocks))]
        if curves:
            drawn.append((f"{name}-folds", *fold_curves(model, curves)))
    written: list[Path] = []
    for own, figure, table in drawn:
        write_atomic(manifest_path(Path(folder) / own), strict_json({**manifest, "matplotlib": matplotlib.__version__, "figure": own}) + "\n")
        written += save(figure, table, folder, own)
    return written


def table_of(found: Equilibria, sweeps: tuple[Sweep, ...] = ()) -> Table:
    """Return every branch point by point: its number, what is special, the parameter, the unstable eigenvalues, the stocks, the period."""
    kinds, periods = [], []
    for branch in found.branches:
        special = dict(zip(branch.places, branch.special, strict=True))
        kinds += [special[place].kind if place in special else "" for place in range(len(branch.values))]
        periods += [special[place].period if place in special else None for place in range(len(branch.values))]
    table: Table = {"branch": [branch.number for branch in found.branches for _ in branch.values], "point": kinds,
                    found.over: np.concatenate([branch.values for branch in found.branches]),
                    "unstable eigenvalues": np.concatenate([branch.unstable for branch in found.branches]),
                    "largest real part": np.concatenate([branch.eigenvalues.real.max(axis=1) for branch in found.branches]), "period": periods}
    for stock in found.branches[0].states:
        table[stock] = np.concatenate([branch.states[stock] for branch in found.branches])
    for sweep, way in zip(sweeps, ("rising", "falling"), strict=False):
        table |= {f"{way}: {found.over}": sweep.values, f"{way}: at rest": sweep.settled.astype(int)}
        table |= {f"{way}: {stock}": path for stock, path in sweep.states.items()}
    return table


def diagram(model: Model, found: Equilibria, sweeps: tuple[Sweep, ...] = (), stocks: Sequence[str] = ()) -> tuple[Figure, Table]:
    """Return the bifurcation diagram, a panel for each of the stocks, by default those that differ most between equilibria."""
    shown = list(stocks) or _telling(found)
    figure, axes = panels(len(shown), columns=min(2, len(shown)), height=3.0 if len(shown) < 3 else 2.5, labels=0.15, share_time=False)
    for own, stock in zip(axes, shown, strict=True):
        panel(own, label(model, stock), unit_axis=label(model, found.over))
        own.set_xlim(*found.span)
        for branch in found.branches:
            for stable, points in _stretches(branch):
                own.plot(branch.values[points], branch.states[stock][points], color=BLUE if stable else VERMILLION,
                         linestyle="solid" if stable else (0, (4, 2)), solid_capstyle="butt")
        for sweep, colour, mark in zip(sweeps, (GREEN, ORANGE), (">", "<"), strict=False):
            own.plot(sweep.values, np.where(sweep.settled, sweep.states[stock], np.nan), color=colour, linewidth=0.6, marker=mark, markersize=2.6, zorder=1.5)
            if stock in sweep.lowest:
                moving = ~sweep.settled
                own.vlines(sweep.values[moving], sweep.lowest[stock][moving], sweep.highest[stock][moving], color=colour, linewidth=1.2, alpha=0.7, zorder=1.4)
        settle(own)
        _named(own, [(point[found.over], point[stock], point) for branch in found.branches for point in branch.special])
    remark = f"{found.model}. Equilibria: solid, blue: stable; dashed, red: unstable."
    if sweeps:
        remark += " Triangles: states that runs come to as the parameter rises (green, to the right) and falls (orange, to the left); bars: they oscillate."
    if found.frozen:
        remark += f" Frozen: {', '.join(map(spoken, found.frozen))}."
    footer(figure, remark)
    return figure, table_of(found, sweeps)


def fold_curves(model: Model, curves: Sequence[FoldCurve]) -> tuple[Figure, Table]:
    """Return the folds in the plane of two parameters, with their cusps."""
    one, other = curves[0].over
    figure, (axes,) = panels(1, columns=1, height=3.2, labels=1.7, share_time=False)
    panel(axes, label(model, other), unit_axis=label(model, one))
    table: Table = {}
    for number, curve in enumerate(curves, 1):
        axes.plot(curve[one], curve[other], color=BLUE)
        table |= {f"curve {number}: {name}": path for name, path in curve.values.items()}
    axes.margins(0.08)
    marked = {(round(point[one], 9), round(point[other], 9), point.kind): point for curve in curves for point in (*curve.cusps, *curve.bogdanov_takens)}
    for point in marked.values():
        axes.plot([point[one]], [point[other]], linestyle="none", marker="o" if point.kind == "cusp" else "s", markersize=4.5, color=INK,
                  markerfacecolor=INK if point.kind == "cusp" else "white", zorder=4)
        axes.annotate(f"{point.kind} ({_short(point[one])}, {_short(point[other])})", (point[one], point[other]),
                      xytext=(8, 0), textcoords="offset points", size=SIZE - 1, color=INK, va="center", annotation_clip=False,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8})
    footer(figure, f"{model.name}. Folds of equilibria: where a curve is crossed two equilibria appear or vanish.")
    return figure, table


def _telling(found: Equilibria) -> list[str]:
    """Return the stocks that differ most between equilibria, by their own size."""
    def range_of(stock: str) -> float:
        values = np.concatenate([branch.states[stock] for branch in found.branches])
        return -round(float(np.ptp(values)) / (float(np.max(np.abs(values))) or 1.0), 2)
    every = [stock for stock in found.branches[0].states if stock not in found.frozen]
    return sorted(every, key=range_of)[:_MOST]


def _stretches(branch: Branch) -> list[tuple[bool, np.ndarray]]:
    """Return the stretches of a branch with the same stability; they meet at special points, which belong to both."""
    special = set(branch.places)
    kinds = []
    for first, last in pairwise(range(len(branch.values))):
        ordinary = [place for place in (first, last) if place not in special] or [first, last]
        kinds.append(bool(np.all(branch.unstable[ordinary] == 0)))
    found, start = [], 0
    for stable, group in groupby(kinds):
        length = len(list(group))
        found.append((stable, np.arange(start, start + length + 1)))
        start += length
    return found


def _named(axes: Axes, points: Sequence[tuple[float, float, Rest]]) -> None:
    """Mark special points and write what and where they are beside them, away from the middle."""
    low, high = axes.get_xlim()
    bottom, top = axes.get_ylim()
    taken: list[tuple[float, float]] = []
    for x, y, point in points:
        if not (low <= x <= high and bottom <= y <= top):
            continue
        mark, word = _MARKS[point.kind]
        axes.plot([x], [y], linestyle="none", marker=mark, markersize=4.5, color=INK, markerfacecolor="white" if point.kind == "hopf" else INK, zorder=4)
        text = f"{word} {_short(x)}" + (f"\nperiod {_short(point.period)}" if point.period is not None else "")
        across, up = (x - low) / (high - low), (y - bottom) / (top - bottom)
        right = across < 0.72
        lift = 6 if up < 0.55 else -6
        while any(abs(across - one) < 0.2 and abs(up + lift / 150 - other) < 0.09 for one, other in taken) and abs(lift) < 60:
            lift += 12 if lift > 0 else -12
        taken.append((across, up + lift / 150))
        axes.annotate(text, (x, y), xytext=(7 if right else -7, lift), textcoords="offset points", size=SIZE - 1, color=INK,
                      ha="left" if right else "right", va="bottom" if lift > 0 else "top", annotation_clip=False, linespacing=1.15, zorder=5,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
                      arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkB": 2} if abs(lift) > 12 else None)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}".replace("-", "−")
