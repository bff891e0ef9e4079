"""The phase map as a picture: which outcome where, with the critical curve, the point as it was, and what a spark needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from scipy.ndimage import distance_transform_edt
from scipy.ndimage import label as parts_of

from ..case import Case
from ..model import Model
from ..outcomes import UNDECIDED
from ..transition.curve import CriticalCurve
from ..transition.phases import PhaseMap
from ..transition.plane import FAILED, Axis
from ..transition.scene import DELAY
from .paths import Table, outcome_colours
from .style import BLUE, GREEN, GRID, INK, ORANGE, PURPLE, QUIET, SIZE, VERMILLION, dated_axis, end_labels, footer, panel, panels, styled
from .wording import label, spoken, text_width

_TINT = 0.3
_HALO = [withStroke(linewidth=2.5, foreground="white")]


@styled()
def phase_picture(model: Model, case: Case, found: PhaseMap, curves: Sequence[CriticalCurve] = (), *, zero: float = 0.0,
                  actual: tuple[float, float] | None = None, actual_name: str = "as it was", remark: str = "") -> tuple[Figure, Table]:
    """Return the map of outcomes with critical curves on it, and the point as it was; over the delay the dates are shown where the case has an origin.

    `zero` is the model time from which delays count. Undecided is hatched.
    """
    dated = found.x.name == DELAY and case.calendar is not None
    offset = zero if dated else 0.0
    figure, (axes,) = panels(1, columns=1, height=4.3, labels=1.0, share_time=False, title=" " if dated else "")
    panel(axes, "")
    axes.annotate(_name(model, found.y), (0, 1), xytext=(-24, 19 if dated else 5), xycoords="axes fraction", textcoords="offset points", va="bottom")
    _areas(axes, model, found, offset)
    for curve in curves:
        for branch in curve.branches:
            axes.plot(branch.x + offset, branch.y, color=INK, linewidth=1.6, path_effects=[withStroke(linewidth=3.4, foreground="white")], zorder=4)
    axes.set_ylim(found.y.low, found.y.high)
    if dated:
        _dates(axes, case, zero, found.x, model.time_unit)
    else:
        axes.set_xlim(found.x.low, found.x.high)
        axes.set_xlabel(_name(model, found.x), size=SIZE - 1, color=QUIET, labelpad=2)
    axes.grid(False)
    if actual is not None:
        axes.plot([actual[0] + offset], [actual[1]], marker="D", markersize=6, color="white", markeredgecolor=INK, markeredgewidth=1.3, zorder=6)
        right = actual[0] < (found.x.low + found.x.high) / 2
        axes.annotate(actual_name, (actual[0] + offset, actual[1]), xytext=(8 if right else -8, 0), textcoords="offset points", va="center",
                      ha="left" if right else "right", color=INK, zorder=6, path_effects=_HALO)
    _named_areas(axes, found, offset)
    remarks = [f"{len(found.points)} runs", "line: the critical curve" if any(curve.branches for curve in curves) else "",
               "hatched: undecided" if UNDECIDED in found.codes else "", f"crossed: not computed ({len(found.failures)} of them)" if found.failures else ""]
    group = "" if found.group == "outcome" else f", outcome of the {spoken(found.group)}"
    footer(figure, f"{model.name}, {spoken(case.name)}{group}: {'; '.join(filter(None, remarks))}. {remark}")
    points = list(found.points.values())
    table: Table = {found.x.name: [point.x for point in points], found.y.name: [point.y for point in points],
                    "outcome": [point.code for point in points], "decided at": [point.time for point in points]}
    lines = [(number, branch) for number, branch in enumerate((branch for curve in curves for branch in curve.branches), 1)]
    table |= {f"curve: {found.x.name}": [x for _, branch in lines for x in branch.x.tolist()],
              f"curve: {found.y.name}": [y for _, branch in lines for y in branch.y.tolist()],
              "curve: branch": [number for number, branch in lines for _ in branch.points]}
    return figure, table


def _name(model: Model, axis: Axis) -> str:
    if axis.name == DELAY:
        return f"delay ({model.time_unit})" if model.time_unit else "delay"
    return label(model, axis.name) if axis.name in model.quantities else spoken(axis.name)


def _dates(axes: Axes, case: Case, zero: float, axis: Axis, time_unit: str) -> None:
    """Show dates below and delays above."""
    dated_axis(axes, case, zero + axis.low, zero + axis.high, time_unit=time_unit)
    above = axes.secondary_xaxis("top", functions=(lambda time: time - zero, lambda delay: delay + zero))
    above.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
    above.tick_params(labelsize=SIZE - 1, colors=QUIET, length=3, pad=1)
    above.spines["top"].set_visible(False)
    after = f"{time_unit}s after the first shock" if time_unit else "time after the first shock"
    axes.annotate(after, (1, 1), xytext=(0, 19), xycoords="axes fraction", textcoords="offset points", ha="right", va="bottom", size=SIZE - 1, color=QUIET)


def _areas(axes: Axes, model: Model, found: PhaseMap, offset: float) -> None:
    """Fill the outcomes: tinted, undecided hatched, failed crossed."""
    colours = outcome_colours(model)
    columns, rows = found.shape
    image = np.ones((rows, columns, 3))
    for code in found.codes:
        own = np.array(to_rgb("white" if code in (UNDECIDED, FAILED) else colours.get(code, QUIET)))
        image[(found.raster == code).T] = 1 - _TINT * (1 - own)
    left, right = found.x.low + offset, found.x.high + offset
    axes.imshow(image, origin="lower", extent=(left, right, found.y.low, found.y.high), aspect="auto", interpolation="nearest", zorder=1)
    wide, high = (right - left) / columns, (found.y.high - found.y.low) / rows
    for code, hatch in ((UNDECIDED, "/////"), (FAILED, "xxxx")):
        for row, start, end in _stretches((found.raster == code).T):
            axes.add_patch(Rectangle((left + start * wide, found.y.low + row * high), (end - start) * wide, high, facecolor="none", edgecolor=QUIET,
                                     hatch=hatch, linewidth=0, zorder=2))


def _stretches(inside: np.ndarray) -> Iterable[tuple[int, int, int]]:
    """Yield the stretches of each row that are inside: row, start, end."""
    for row, own in enumerate(inside):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], own.astype(int), [0]])))
        for start, end in edges.reshape(-1, 2).tolist():
            yield row, start, end


def _named_areas(axes: Axes, found: PhaseMap, offset: float) -> None:
    """Write the name of each outcome into its largest area, or right of the map where none is large enough."""
    box = axes.get_window_extent()
    columns, rows = found.shape
    cell = box.width / columns, box.height / rows
    beside = []
    for code in found.codes:
        inside = (found.raster == code).T
        numbered, count = parts_of(inside)
        largest = numbered == 1 + int(np.argmax([np.sum(numbered == number) for number in range(1, count + 1)]))
        depth = distance_transform_edt(np.pad(largest, 1), sampling=(cell[1], cell[0] / 3.0))[1:-1, 1:-1]  # names are wider than high
        row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
        x = found.x.low + offset + (column + 0.5) / columns * (found.x.high - found.x.low)
        y = found.y.low + (row + 0.5) / rows * (found.y.high - found.y.low)
        pixel = axes.figure.dpi
        if 3.0 * depth[row, column] * 2 > 1.1 * text_width(spoken(code), SIZE + 1) * pixel and 2 * depth[row, column] > 1.4 * (SIZE + 1) / 72 * pixel:
            axes.text(x, y, spoken(code), size=SIZE + 1, color=INK, ha="center", va="center", weight="bold", zorder=5, path_effects=_HALO)
        else:
            right = int(np.max(np.flatnonzero(largest.any(axis=0))))
            rows_there = np.flatnonzero(largest[:, right])
            beside.append((found.x.low + offset + (right + 1) / columns * (found.x.high - found.x.low),
                           found.y.low + (float(np.median(rows_there)) + 0.5) / rows * (found.y.high - found.y.low), spoken(code), INK))
    end_labels(axes, beside)


@styled()
def spark_map(x: Sequence[float], y: Sequence[float], smallest: np.ndarray, *, labels: tuple[str, str, str], levels: Sequence[float] | None = None,
              lines: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {}, actual: tuple[float, float] | None = None,  # noqa: B006
              actual_name: str = "as it was", remark: str = "") -> tuple[Figure, Table]:
    """Return the smallest spark that kills over two axes as contours, `smallest` (y, x) with NaN where none does; `labels` are those of x, y and the spark.

    `lines` are further named curves (x, y), such as where the spiral number is one.
    """
    values = np.array(smallest, float)
    figure, (axes,) = panels(1, columns=1, height=4.1, labels=1.15, share_time=False)
    panel(axes, f"{labels[1]}; contours: {labels[2]}")
    finite = values[np.isfinite(values)]
    if levels is None:
        levels = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(float(finite.min()), float(finite.max())).tolist() if finite.size else []
    axes.set_xlim(min(x), max(x))
    axes.set_ylim(min(y), max(y))
    if not np.all(np.isfinite(values)):
        nothing = axes.contourf(x, y, np.where(np.isfinite(values), 0.0, 1.0), levels=[1e-6, 1.5], colors="none", hatches=["////"], zorder=0)
        nothing.set(edgecolor=GRID, linewidth=0)
    if finite.size and len(levels):
        masked = np.ma.masked_invalid(values)
        axes.contourf(x, y, masked, levels=levels, cmap="cividis", alpha=0.25, extend="both", zorder=1)
        drawn = axes.contour(x, y, masked, levels=levels, colors=[BLUE], linewidths=1.0, zorder=2)
        for text in axes.clabel(drawn, fmt=lambda level: f"{level:g}", fontsize=SIZE - 1, colors=[INK]):
            text.set_path_effects(_HALO)
    named = []
    for (name, (own_x, own_y)), colour in zip(lines.items(), (VERMILLION, PURPLE, GREEN, ORANGE) * (1 + len(lines) // 4), strict=False):
        axes.plot(own_x, own_y, color=colour, linewidth=1.8, zorder=3, path_effects=[withStroke(linewidth=3.2, foreground="white")])
        last = int(np.argmax(own_x))
        named.append((float(own_x[last]), float(own_y[last]), name, colour))
    if actual is not None:
        axes.plot([actual[0]], [actual[1]], marker="D", markersize=6, color="white", markeredgecolor=INK, markeredgewidth=1.3, zorder=6)
        axes.annotate(actual_name, actual, xytext=(8, 0), textcoords="offset points", va="center", color=INK, zorder=6, path_effects=_HALO)
    axes.set_xlabel(labels[0], size=SIZE - 1, color=QUIET, labelpad=2)
    axes.grid(False)
    end_labels(axes, named, room=1.05)
    hatched = "" if np.all(np.isfinite(values)) else "Hatched: no spark within the range kills. "
    if hatched or remark:
        footer(figure, f"{hatched}{remark}")
    across, up = np.meshgrid(np.asarray(x, float), np.asarray(y, float))
    table: Table = {labels[0]: across.ravel(), labels[1]: up.ravel(), labels[2]: values.ravel()}
    for name, (own_x, own_y) in lines.items():
        table |= {f"{name}: {labels[0]}": own_x, f"{name}: {labels[1]}": own_y}
    return figure, table
