"""Loop dominance over time: the shares of feedback loops in what a partition does, stacked, and the eigenvalue that grows fastest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..looping.modes import LoopModes
from ..looping.scoring import Group, LoopScores
from ..storage import manifest_path, strict_json, write_atomic
from .causal import causal_loops
from .output import save
from .style import BLUE, COLOURS, INK, QUIET, SIZE, dated_axis, footer, panel, panels, policy_lines, settle, styled
from .wording import spoken, text_width

Table = dict[str, Any]
_BANDS = 6
_THIN = 0.06  # of the panel's height, below which a band bears no label


def draw_loops(scores: LoopScores, modes: LoopModes, folder: str | Path, name: str, manifest: Mapping[str, Any], shown: int) -> list[Path]:
    """Draw the dominance of loops and the causal-loop diagram, each with its manifest and the CSV behind it; return the files."""
    with styled():
        groups = told(scores, shown)
        drawn = [(f"{name}-dominance", *dominance(scores, modes, groups)), (f"{name}-diagram", *causal_loops(scores, groups))]
    written: list[Path] = []
    for own, figure, table in drawn:
        write_atomic(manifest_path(Path(folder) / own), strict_json({**manifest, "matplotlib": matplotlib.__version__, "figure": own}) + "\n")
        written += save(figure, table, folder, own)
    return written


def told(scores: LoopScores, count: int = _BANDS, partition: int = 1) -> list[Group]:
    """Return the groups of loops of a partition that a figure shows: those named where not all are known, else the strongest."""
    ranked = [group for group in scores.ranked(partition) if group.polarity != "none"]
    named = [group for group in ranked if group.given]
    return named if named and not scores.complete else ranked[:count]


def dominance(scores: LoopScores, modes: LoopModes | None = None, groups: Sequence[Group] | None = None) -> tuple[Figure, Table]:
    """Return the stacked shares of loops over time, and below them the largest growth rate among the eigenvalues."""
    own = told(scores) if groups is None else list(groups)
    run = scores.run
    figure, axes = panels(1 if modes is None else 2, columns=1, height=3.2, labels=0.25)
    table = stacked(axes[0], scores, own)
    title = f"share of the scores of {'the loops named' if _among_named(scores, own) else 'all loops'}; reinforcing above, balancing below"
    panel(axes[0], title)
    starts = [(action.start, action.name) for action in run.path.schedule.actions if action.name not in {shock.name for shock in run.case.shocks}]
    first, last = float(scores.t[0]), float(scores.t[-1])
    for axis in axes:
        dated_axis(axis, run.case, first, last, time_unit=run.model.time_unit)
    policy_lines(axes[0], starts, names=False)
    if modes is not None:
        growth = np.array([modes.eigenvalues[place, modes.leading(place)].real for place in range(len(modes.t))])
        axes[1].plot(modes.t, growth, color=BLUE)
        axes[1].axhline(0, color=QUIET, linewidth=0.8)
        panel(axes[1], f"largest real part of the eigenvalues (1/{run.model.time_unit})")
        settle(axes[1])
        policy_lines(axes[1], starts)
        table |= {f"eigenvalues: time ({run.model.time_unit})": modes.t, "largest real part": growth}
    footer(figure, f"{run.model.name}, {spoken(run.case.name)}. {remark(scores, own)}")
    return figure, table


def remark(scores: LoopScores, groups: Sequence[Group]) -> str:
    """Return what the shares are shares of, as a sentence."""
    if _among_named(scores, groups):
        return f"Loops That Matter, {scores.form} form: shares among the loops that the model names, of more than can be counted."
    return f"Loops That Matter, {scores.form} form. {scores.loops.summary.capitalize()}"


def stacked(axes: Axes, scores: LoopScores, groups: Sequence[Group], colours: Mapping[str, str] | None = None) -> Table:
    """Stack the shares of groups of loops, the strongest next to zero, and label each band where it is thickest; return the table.

    With `colours` by label the groups stand in that order, the same in every panel.
    """
    among = _among_named(scores, groups)
    values = scores.shares(groups) if among else np.array([np.sum(scores.relative[list(group.rows)], axis=0) for group in groups])
    order = np.argsort([-np.nanmean(np.abs(row)) if np.isfinite(row).any() else 0.0 for row in values])[:_BANDS]
    if colours is not None:
        order = np.array([place for label in colours for place, group in enumerate(groups) if group.label == label], dtype=int)
    rest = [place for place in range(len(groups)) if place not in order]
    shown = [(groups[place].label, values[place], COLOURS[number] if colours is None else colours[groups[place].label]) for number, place in enumerate(order)]
    known = np.isfinite(values).all(axis=0)
    left = 1 - np.sum(np.abs(values[order]), axis=0) if not among else np.sum(np.abs(values[rest]), axis=0) if rest else np.zeros(len(scores.t))
    axes.axhline(0, color=INK, linewidth=0.8, zorder=3)
    up, down = np.zeros(len(scores.t)), np.zeros(len(scores.t))
    table: Table = {f"time ({scores.run.model.time_unit})": scores.t}
    texts = []
    for label, row, colour in shown:
        share = np.where(known, row, np.nan)
        above, below = np.where(share > 0, share, 0.0), np.where(share < 0, share, 0.0)
        axes.fill_between(scores.t, up, up + above, color=colour, alpha=0.85, linewidth=0, where=known)
        axes.fill_between(scores.t, down, down + below, color=colour, alpha=0.85, linewidth=0, where=known)
        texts.append((label, colour, np.where(np.abs(above) >= np.abs(below), up + above / 2, down + below / 2), np.abs(np.nan_to_num(share))))
        up, down = up + above, down + below
        table[label] = share
    sides = [np.where(known, sum((np.where(np.sign(values[place]) == sign, np.abs(values[place]), 0.0) for place in rest), np.zeros(len(scores.t))), np.nan)
             for sign in (1, -1)]
    if among or scores.complete:
        axes.fill_between(scores.t, up, up + sides[0], color="#c9ced3", linewidth=0, where=known)
        axes.fill_between(scores.t, down, down - sides[1], color="#c9ced3", linewidth=0, where=known)
    if rest or not among:
        table["others, absolute"] = np.where(known, left, np.nan)
    axes.set_ylim(-1, 1)
    axes.set_xlim(scores.t[0], scores.t[-1])
    taken: list[tuple[float, float, float]] = []
    for label, _, middle, thick in texts:
        _inside(axes, scores.t, label, middle, thick, taken)
    return table


def _inside(axes: Axes, t: np.ndarray, label: str, middle: np.ndarray, thick: np.ndarray, taken: list[tuple[float, float, float]]) -> None:
    """Write a band's label inside it, where it is thickest over the length of the text and no other label (left, right, height) stands."""
    width = axes.get_position().width * axes.figure.get_figwidth()  # type: ignore[union-attr]  # subfigures are not used
    long = (text_width(label, SIZE - 1) + 0.12) / width * (t[-1] - t[0])
    best, where, height = 0.0, None, 0.0
    for centre in np.linspace(t[0] + long / 2, t[-1] - long / 2, 200):
        inside = (t >= centre - long / 2) & (t <= centre + long / 2)
        if inside.any():
            least = float(np.mean(thick[inside]) + np.min(thick[inside])) / 2
            own = float(np.mean(middle[inside]))
            heavy = np.sum(thick[inside])
            one_side = abs(np.sum(np.sign(middle[inside]) * thick[inside])) > 0.95 * heavy  # else it would stand between its own parts
            free = not any(left < centre + long / 2 and right > centre - long / 2 and abs(own - other) < 0.1 for left, right, other in taken)
            if least > best and one_side and free:
                best, where, height = least, centre, own
    if where is None or best < _THIN:
        return
    taken.append((where - long / 2, where + long / 2, height))
    axes.text(where, height, label, size=SIZE - 1, color=INK, ha="center", va="center", zorder=4, clip_on=True,
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.7})


def _among_named(scores: LoopScores, groups: Sequence[Group]) -> bool:
    return not scores.complete and bool(groups) and all(group.given for group in groups)
