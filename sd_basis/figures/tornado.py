"""The tornado: how far each parameter moves a quantity of interest over its plausible range, by exact derivatives and by runs at both ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ..case import Case
from ..model import Model
from ..sensitivity.local import Local
from .paths import Table
from .style import BLUE, GRID, INK, QUIET, SIZE, VERMILLION, WIDTH, footer, panel, panels, styled
from .wording import label, spoken, text_width

_ROW, _LEFT = 0.2, 2.3  # inches: height of a row, widest room for names


@styled()
def tornado(model: Model, case: Case, found: Sequence[Local], titles: Mapping[str, str], ends: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
            rows: int = 12, remark: str = "") -> tuple[Figure, Table]:
    """Return a panel for each quantity of interest, the parameters with the largest swing on top.

    Bars are straight lines by the exact derivative, from the result at the low end of a parameter's range (red) to that at the high end (blue);
    dots are runs there. Beside stand the elasticities.
    """
    shown = [one.slopes[:rows] for one in found]
    most = max(map(len, shown))
    figure, axes = panels(len(found), columns=1, height=_ROW * most + 0.75, labels=0.75, share_time=False, width=WIDTH)
    table: Table = {name: [] for name in ("quantity", "parameter", "value", "low", "high", "result", "derivative", "elasticity", "at low, linear",
                                          "at high, linear", "at low, run", "at high, run", "difference quotient")}
    for own, one, slopes in zip(axes, found, shown, strict=True):
        named_rows(own, f"{titles[one.of]}: {one.result:.5g} as it stands", [label(model, slope.name) for slope in slopes])
        runs = (ends or {}).get(one.of, {})
        for place, slope in enumerate(slopes):
            row, sides = len(slopes) - 1 - place, slope.ends
            assert sides is not None
            for side, colour in zip(sides, (VERMILLION, BLUE), strict=True):
                own.barh(row, side - one.result, left=one.result, height=0.62, color=colour, linewidth=0)
            beside = runs.get(slope.name, (math.nan, math.nan))
            for value, colour in zip(beside, (VERMILLION, BLUE), strict=True):
                own.plot(value, row, marker="o", markersize=6, markerfacecolor=colour, markeredgecolor="white", markeredgewidth=1.2, linestyle="none")
            beside_it = "" if slope.elasticity is None else f"{slope.elasticity:+.2g}".replace("-", "−") if slope.elasticity else "0"
            own.annotate(beside_it, (1, row), xycoords=("axes fraction", "data"),
                         xytext=(6, 0), textcoords="offset points", size=SIZE - 1, va="center", color=INK)
            for name, entry in zip(table, (one.of, slope.name, slope.value, slope.low, slope.high, one.result, slope.slope, slope.elasticity, *sides, *beside,
                                           slope.difference), strict=True):
                table[name].append(entry)  # type: ignore[attr-defined]
        own.axvline(one.result, color=INK, linewidth=0.8)
        own.annotate("elasticity", (1, 1), xycoords="axes fraction", xytext=(6, 2), textcoords="offset points", size=SIZE - 1.5, color=QUIET, va="bottom")
    told = " Dots: runs with that parameter at the end of its range." if ends else ""
    footer(figure, f"{model.name}, {spoken(case.name)}. Bars: exact derivative times the plausible range, from the result with the parameter at its low end "
                   f"(red) to that at its high end (blue).{told} {remark}".strip())
    return figure, table


def named_rows(axes: Axes, title: str, names: Sequence[str]) -> None:
    """Dress a panel whose rows have names at the left, the first on top, with as much room as they take."""
    figure, size = axes.figure, SIZE - 1
    width = figure.get_figwidth()  # type: ignore[union-attr]  # subfigures are not used
    room = min(max((text_width(name, size) for name in names), default=0.0) + 0.2, _LEFT)
    box = axes.get_position()
    left = box.x0 + (room - 0.55) / width
    axes.set_position((left, box.y0, max(box.x1 - left, 0.1), box.height))
    panel(axes, title)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.yaxis.set_major_formatter(NullFormatter())
    axes.set_yticks(range(len(names)), [_cut(name, room - 0.1, size) for name in names][::-1], size=size, color=INK)
    axes.tick_params(axis="y", length=0)


def _cut(name: str, width: float, size: float) -> str:
    while text_width(name, size) > width and len(name) > 8:
        name = name[:-2].rstrip("(… ") + "…"
    return name
