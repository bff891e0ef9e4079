"""The figure of a claim: what it is about over time, with and without its control, and its numbers against their bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..case import Case
from ..expectations import Bound
from ..run import Run
from ..study import Study
from ..verdicts import Judgement, told
from .paths import Table, on_grid
from .style import BLUE, GREEN, QUIET, VERMILLION, dated_axis, end_labels, footer, panel, panels, settle, styled
from .wording import label, shift_label, spoken

_COLOURS = {"claim": BLUE, "control": VERMILLION}
_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
_ROOM = 1.05


@styled()
def claim_figure(judged: Judgement, studies: Sequence[tuple[Study, Study]]) -> tuple[Figure, Table]:
    """Return a column of panels for each value set, the runs of the claim against those of its control, and its table.

    At most three runs of each study are drawn, the first that its formula asked for; below them each bound with the numbers on both sides of it.
    """
    claim, sets = judged.expectation, [found.title if found.values or len(judged.findings) > 1 else "" for found in judged.findings]
    rows = len(claim.shows) if any(study.asked for study, _ in studies) else 0
    figure, axes = panels((rows + len(claim.bounds)) * len(sets), columns=len(sets), height=1.9, labels=_ROOM + 0.2, share_time=False,
                          title=f"Claim {claim.number}, {spoken(claim.name)}: {judged.verdict}")
    table: Table = {}
    for column, (values, pair) in enumerate(zip(sets, studies, strict=True)):
        own = axes[column::len(sets)]
        head = f"{values}, " if values else ""
        runs = [(kind, on_grid(run)) for kind, study in zip(_COLOURS, pair, strict=True) for run in study.asked[:len(_DASHES)]]
        labels = _labels(runs)
        for text, (_, run) in zip(labels, runs, strict=True):
            table[f"{head}{text}: time ({run.model.time_unit})"] = run.t
            table |= {f"{head}{text}: {label(run.model, name)}": run[name] for name in claim.shows}
        for axis, name in zip(own, claim.shows if rows else (), strict=False):
            _over_time(axis, f"{f'{values}: ' if values else ''}{label(runs[0][1].model, name)}", name, runs, labels, last=name == claim.shows[-1])
        for axis, bound in zip(own[rows:], claim.bounds, strict=True):
            found = judged.findings[column]
            measured = {"claim": found.claim, "control": found.control}
            _against_bound(axis, f"{f'{values}: ' if values else ''}{spoken(bound.name)} {bound.text}", bound,
                           {kind: one.numbers.get(bound.name) for kind, one in measured.items()},
                           {kind: told(bound, one) for kind, one in measured.items()}, _range(judged, bound))
        numbers = {name: None for found in judged.findings for one in (found.claim, found.control) for name in one.numbers}
        table[f"{head}number"] = list(numbers)
        for kind in _COLOURS:
            table[f"{head}{kind} measured"] = [getattr(judged.findings[column], kind).numbers.get(name) for name in numbers]
    footer(figure, f"{claim.claim} Control: {claim.control.description}. Green: where the bound holds.{f' {claim.caution}' if claim.caution else ''}")
    return figure, table


def _labels(runs: Sequence[tuple[str, Run]]) -> list[str]:
    """Return what tells the runs apart: claim or control, and within one the case and the shift."""
    found = []
    for kind, run in runs:
        mine = [other for other_kind, other in runs if other_kind == kind]
        parts = [spoken(run.case.name)] if len({other.case.name for other in mine}) > 1 else []
        parts += [shift_label(run.case.shift, run.model.time_unit)] if len({other.case.shift for other in mine}) > 1 else []
        if len({(other.case.name, other.case.shift) for other in mine}) < len(mine):
            parts.append(f"run {[other is run for other in mine].index(True) + 1}")
        found.append(": ".join((kind, ", ".join(parts))) if parts else kind)
    return found


def _over_time(axes: Axes, title: str, name: str, runs: Sequence[tuple[str, Run]], labels: Sequence[str], last: bool) -> None:
    """Draw a quantity in the runs of the claim and of its control."""
    ends, used = [], {kind: 0 for kind in _COLOURS}
    for (kind, run), text in zip(runs, labels, strict=True):
        axes.plot(run.t, run[name], color=_COLOURS[kind], linestyle=_DASHES[used[kind]], linewidth=1.4)
        used[kind] += 1
        ends.append((run.t[-1], float(run[name][-1]), text, _COLOURS[kind]))
    panel(axes, title)
    dated = len({run.case.origin for _, run in runs}) == 1
    first = runs[0][1]
    start, end = min(run.t[0] for _, run in runs), max(run.t[-1] for _, run in runs)
    dated_axis(axes, first.case if dated else Case("several"), start, end, time_unit=first.model.time_unit if last else "")
    settle(axes)
    end_labels(axes, ends, room=_ROOM)


def _range(judged: Judgement, bound: Bound) -> tuple[float, float]:
    """Return the range of a bound's panels, the same in every value set: all finite numbers and the limits, with room."""
    numbers = [value for found in judged.findings for one in (found.claim, found.control)
               if (value := one.numbers.get(bound.name)) is not None and math.isfinite(value)]
    numbers += [limit for limit in (bound.at_least, bound.at_most) if limit is not None]
    low, high = min(numbers), max(numbers)
    room = 0.15 * (high - low) or 0.15 * abs(high) or 1.0
    return low - room, high + room


def _against_bound(axes: Axes, title: str, bound: Bound, numbers: dict[str, float | None], texts: dict[str, str], limits: tuple[float, float]) -> None:
    """Draw the numbers of a claim and of its control as dots against the range in which the bound holds."""
    low, high = limits
    axes.set_xlim(low, high)
    axes.set_ylim(-0.6, 1.6)
    inside = (low if bound.at_least is None else bound.at_least, high if bound.at_most is None else bound.at_most)
    axes.axvspan(*inside, color=GREEN, alpha=0.13, linewidth=0)
    for limit in (bound.at_least, bound.at_most):
        if limit is not None:
            axes.axvline(limit, color=GREEN, linewidth=1.0)
    panel(axes, title)
    axes.grid(visible=False)
    axes.set_yticks([1, 0], list(_COLOURS))
    for (kind, value), height in zip(numbers.items(), (1, 0), strict=True):
        axes.annotate(texts[kind], (1, height), xycoords=("axes fraction", "data"), xytext=(9, 0), textcoords="offset points",
                      color=QUIET if value is None else _COLOURS[kind], ha="left", va="center", annotation_clip=False)
        if value is not None:
            marker = "o" if math.isfinite(value) else ">" if value > 0 else "<"
            axes.plot([float(np.clip(value, low, high))], [height], marker=marker, markersize=6, color=_COLOURS[kind], clip_on=False, zorder=3)
