"""Figures of a fit: the model against each series with the residuals below, profiles, and what the data determine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..fitting.calibrating import Evaluation, Fitted
from ..fitting.identifying import NORMAL
from ..fitting.observations import Observed
from ..fitting.profiling import RISE, Profile
from ..storage import manifest_path, strict_json, write_atomic
from .output import save
from .paths import on_grid
from .style import BLUE, INK, QUIET, VERMILLION, dated_axis, footer, note, panel, panels, settle, styled
from .wording import spoken

Table = dict[str, Sequence]


def draw_fit(made: Evaluation, fitted: Fitted | None, folder: str | Path, name: str, manifest: Mapping[str, Any]) -> list[Path]:
    """Draw the figures of a fit or evaluation into a folder, each with its manifest, and return the files."""
    drawn = [("data", against_data)] + ([("determined", determined)] if fitted is not None else [])
    written: list[Path] = []
    for suffix, function in drawn:
        with styled():
            figure, table = function(made if function is against_data else fitted)
        own = f"{name}-{suffix}"
        write_atomic(manifest_path(Path(folder) / own), strict_json({**manifest, "matplotlib": matplotlib.__version__, "figure": own}) + "\n")
        written += save(figure, table, folder, own)
    return written


def against_data(made: Evaluation) -> tuple[Figure, Table]:
    """Return the model against each series, with the residuals below it in errors; two series beside one another."""
    shown = [(item, own) for item, own in zip(made.problem.observed, made.predictions, strict=True) if not item.point]
    if not shown:
        return single_values(made)
    columns = min(2, len(shown))
    figure, axes = panels(2 * columns * -(-len(shown) // columns), columns=columns, height=1.9, labels=0.15, share_time=False)
    run, table = on_grid(made.run), {}
    for place, (item, own) in enumerate(shown):
        row, column = divmod(place, columns)
        above, below = axes[2 * row * columns + column], axes[(2 * row + 1) * columns + column]
        agreed = made.agreements[made.problem.observed.index(item)]
        _path(above, made, item, run, table)
        naive = "" if agreed.naive is None else f", no change {agreed.naive:.3g}"
        note(above, f"{'held out' if item.held_out else 'fitted'}: RMSE {agreed.rmse:.3g}{naive}")
        residuals = (own - item.values) / item.error
        panel(below, "residuals (errors)")
        below.axhspan(-NORMAL, NORMAL, color=QUIET, alpha=0.12, linewidth=0)
        below.axhline(0, color=QUIET, linewidth=0.7)
        below.vlines(item.times, 0, residuals, color=VERMILLION if item.held_out else BLUE, linewidth=1.0)
        below.plot(item.times, residuals, linestyle="none", marker="o", markersize=2.4, color=VERMILLION if item.held_out else BLUE)
        reach = 1.1 * max(float(np.max(np.abs(residuals))), 2.2)
        below.set_ylim(-reach, reach)
        dated_axis(below, made.run.case, *above.get_xlim())
        table |= {f"{item.label}: time": item.times, f"{item.label}: data": item.values, f"{item.label}: model": own, f"{item.label}: residual": residuals}
    for spare in [own for own in axes if not own.get_lines()]:
        spare.set_axis_off()
    names = ", ".join(f"{name} = {value:.4g}" for name, value in made.values.items())
    told = "taken from the residuals" if made.problem.fit.errors_from_residuals else "given in the fit file" if made.problem.fit.path else "given"
    footer(figure, f"{made.problem.model.name}, {made.problem.fit.name}, case {made.problem.case.name}. "
           + (f"Fitted: {names}. " if names else "Nothing was fitted. ") + f"Band: 95 % of normal errors of the size {told}.")
    return figure, table


def _path(axes: Axes, made: Evaluation, item: Observed, run: Any, table: Table) -> None:
    """Draw the path of one quantity and its data."""
    line = run[item.quantity]
    if item.base is not None:
        line = line - float(made.run[item.quantity][np.searchsorted(made.run.t, item.base)])
    ends = [float(item.times[0]), float(item.times[-1]), *([] if item.base is None else [item.base])]
    room = 0.04 * (max(ends) - min(ends) or 1.0)
    start, end = max(min(ends) - room, float(run.t[0])), min(max(ends) + room, float(run.t[-1]))
    inside = (run.t >= start) & (run.t <= end)
    since = "" if item.base is None else f", change since {made.run.when(item.base)[:10]}"
    panel(axes, f"{spoken(item.label)}{since}{f' ({item.unit})' if item.unit and item.unit != '1' else ''}")
    axes.plot(run.t[inside], line[inside], color=VERMILLION if item.held_out else BLUE)
    axes.plot(item.times, item.values, linestyle="none", marker="o", markersize=2.6, markerfacecolor="white", markeredgecolor=INK, zorder=3)
    dated_axis(axes, made.run.case, start, end)
    settle(axes)
    table |= {f"{item.label}: time of the path": run.t[inside], f"{item.label}: path": line[inside]}


def single_values(made: Evaluation) -> tuple[Figure, Table]:
    """Return the residuals of single values, in errors."""
    items = [item for item in made.problem.observed if item.point]
    residuals = [float((own[0] - item.values[0]) / item.error) for item, own in zip(made.problem.observed, made.predictions, strict=True) if item.point]
    figure, (axes,) = panels(1, columns=1, height=0.7 + 0.22 * len(items), labels=0.15)
    panel(axes, "residuals of single values (errors)")
    axes.axvspan(-NORMAL, NORMAL, color=QUIET, alpha=0.12, linewidth=0)
    axes.plot(residuals, range(len(items)), linestyle="none", marker="o", markersize=3.5, color=BLUE)
    axes.set_yticks(range(len(items)), ["" for _ in items])
    for place, item in enumerate(items):
        axes.annotate(spoken(item.label), (residuals[place], place), xytext=(5, 3), textcoords="offset points", size=7, color=QUIET)
    axes.set_ylim(-0.7, len(items) - 0.2)
    return figure, {"value": [item.label for item in items], "residual": residuals}


def determined(fitted: Fitted) -> tuple[Figure, Table]:
    """Return the singular values of the scaled Jacobian, and the profile of each parameter that has one."""
    figure, axes = panels(1 + len(fitted.profiles), columns=min(2, 1 + len(fitted.profiles)), height=2.0, labels=0.15, share_time=False)
    own, spectrum = axes[0], fitted.spectrum
    values = np.maximum(np.array(spectrum.singular), max(spectrum.noise, 1e-12))
    own.set_yscale("log")
    panel(own, f"singular values: the data determine {spectrum.determined} of {len(values)} directions")
    own.axhline(1.0, color=QUIET, linewidth=0.8, linestyle=(0, (4, 2)))
    own.plot(range(1, len(values) + 1), values, color=BLUE, marker="o", markersize=3.5, linewidth=0.8)
    own.set_xticks(range(1, len(values) + 1))
    own.set_xlim(0.5, len(values) + 0.5)
    low, high = min(0.5, float(values.min()) / 3), max(3.0, float(values.max()) * 4)
    own.set_ylim(low, high)
    decades = range(int(np.ceil(np.log10(low))), int(np.floor(np.log10(high))) + 1)
    ticks = [10.0**power for power in decades][::-(-len(decades) // 6)]
    own.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    own.set_yticks([], minor=True)
    table: Table = {"direction": [spectrum.combination(place, 0.02) for place in range(len(values))], "singular value": spectrum.singular}
    for axis, profile in zip(axes[1:], fitted.profiles, strict=True):
        _profile(axis, fitted, profile)
        table |= {f"{profile.name}": profile.values, f"{profile.name}: rise of chi-square": profile.rises}
    footer(figure, f"{fitted.problem.model.name}, {fitted.problem.fit.name}. Above the dashed line a direction has a standard error below 1 of a logarithm "
           "(of the range, where the scale is linear). Profiles: least chi-square with all others searched again, above that of the fit; dashed: 3.84; "
           "grey: the parabola of the linearised standard error.")
    return figure, table


def _profile(axes: Axes, fitted: Fitted, profile: Profile) -> None:
    """Draw one profile; what rises beyond four times 3.84 is cut off."""
    item = next(own for own in fitted.problem.free if own.name == profile.name)
    estimate = next(own for own in fitted.estimates if own.name == profile.name)
    if item.log:
        axes.set_xscale("log")
    panel(axes, f"{spoken(profile.name)}{f' ({estimate.unit})' if estimate.unit and estimate.unit != '1' else ''}: {profile.verdict}")
    grid = np.array([item.value(place) for place in np.linspace(item.place(profile.values[0]), item.place(profile.values[-1]), 101)])
    if estimate.error is not None:
        distance = np.log(grid / estimate.value) * estimate.value if item.log else grid - estimate.value
        axes.plot(grid, (distance / estimate.error) ** 2, color=QUIET, linewidth=0.8, alpha=0.7)
    axes.plot(profile.values, profile.rises, color=BLUE, marker="o", markersize=2.8)
    axes.axhline(RISE, color=QUIET, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_ylim(-0.3, min(4 * RISE, max(1.5 * RISE, 1.1 * max(profile.rises))))
    axes.set_xlim(profile.values[0], profile.values[-1])
    if item.log:
        ticks = _ticks(profile.values[0], profile.values[-1])
        axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
        axes.set_xticks([], minor=True)


def _ticks(low: float, high: float) -> list[float]:
    """Return three to five round numbers between two on a logarithmic axis."""
    for digits in (1, 2, 3):
        found = sorted({float(f"{value:.{digits}g}") for value in np.geomspace(low, high, 5)})
        found = [value for value in found if low <= value <= high]
        if len(found) >= 3:
            return found
    return [low, high]
