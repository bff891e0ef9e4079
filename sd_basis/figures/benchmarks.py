"""The work-precision diagram: seconds per run against delivered error, a line for each engine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from ..bench.measuring import Measured
from .style import COLOURS, GRID, INK, QUIET, SIZE, end_labels, footer, panel, panels, styled

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "<")  # lines are told apart without colours too
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@styled()
def work_precision(measured: Sequence[Measured], error: float, remark: str = "") -> tuple[Figure, Mapping[str, Sequence]]:
    """Return the diagram and its numbers: errors fall to the right, where what lies lower is faster; the line at the error asked for."""
    shown = [one for one in measured if one.curve]
    figure, (axes,) = panels(1, columns=1, height=3.6, labels=1.5, share_time=False)
    axes.set_xscale("log")
    axes.set_yscale("log")
    panel(axes, "milliseconds per run")
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    labels = []
    for place, one in enumerate(shown):
        colour = (*COLOURS, INK, QUIET)[place % (len(COLOURS) + 2)]
        x, y = [point[1] for point in one.curve], [1e3 * point[2] for point in one.curve]
        axes.plot(x, y, color=colour, marker=_MARKS[place % len(_MARKS)], markersize=4, linewidth=1.3)
        labels.append((x[-1], y[-1], one.name, colour))
    axes.axvline(error, color=QUIET, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    axes.invert_xaxis()
    axes.set_xlabel("delivered error: the largest over runs, stocks and times, in the size of each stock", size=SIZE - 1, color=QUIET, labelpad=2)
    axes.xaxis.set_major_locator(LogLocator(numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"10{str(round(math.log10(value))).translate(_SUPERSCRIPTS)}"))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    axes.set_ylim(low, high)
    end_labels(axes, labels, room=1.3)
    footer(figure, f"Dashed: the error at which engines are compared, {error:g}. {remark}".strip())
    rows = [(one.name, *point) for one in shown for point in one.curve]
    return figure, {"engine": [row[0] for row in rows], "rtol": [row[1] for row in rows], "error": [row[2] for row in rows],
                    "seconds per run": [row[3] for row in rows]}
