"""The bifurcation diagram of the fast stocks: where volatility, margins, prices and capacity rest while balance sheets are held. From stored branches."""

import numpy as np

from sd_basis.figures.style import INK, QUIET, SIZE, VERMILLION, panel, panels
from sd_basis.figures.wording import label

from .comparing import SETS, remark
from .stored import computed_from, said_of, stored

SHADES = ("#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
NAMED = 0.74  # capacity at which a branch is named


def states_of_rest(context):
    """Where fast stocks rest over dealers' capacity, with balance sheets held as they are on days without rescue."""
    found = stored("rests")
    source = computed_from(context, found["digests"])
    case = context.case("no-rescue")
    figure, axes = panels(2, columns=2, height=3.3, labels=0.35, share_time=False)
    table: dict = {}
    for own, values in zip(axes, SETS, strict=True):
        panel(own, f"{values}: {label(context.model, 'perceived_volatility')}", unit_axis=label(context.model, "capacity_scale"))
        rows = [row for row in found["rows"] if row["values"] == values]
        for row, shade in zip([row for row in rows if not row["news"]], SHADES, strict=True):
            day = case.when(row["day"])[:10]
            for branch in row["branches"]:
                x, y, unstable = (np.array(branch[key]) for key in ("x", "perceived_volatility", "unstable"))
                own.plot(np.where(unstable == 0, x, np.nan), y, color=shade)
                own.plot(np.where(unstable > 0, x, np.nan), y, color=VERMILLION, linestyle=(0, (3, 1.5)))
                table |= {f"{values}, {day}: capacity_scale": x, f"{values}, {day}: perceived_volatility": y, f"{values}, {day}: unstable": unstable}
                _named(own, x, y, day[5:], shade)
            for fold in row["folds"]:
                own.plot(fold["capacity_scale"], fold["perceived_volatility"], "o", color=INK, markersize=3.6, zorder=5)
            table |= {f"{values}, {day}: folds": [fold["capacity_scale"] for fold in row["folds"]]}
        own.axvline(1.0, color=QUIET, linewidth=0.8)
        own.set_xlim(0.7, 1.3)
        own.set_ylim(0.8, None)
    table["computed from"] = [source]
    said = (
        "Held: balance sheets of the run without rescue on the day, and no more news. Free: volatility, margin, capacity and the three discounts. "
        "Solid: stable; dashed: unstable; dots: folds. Grey: capacity as it is. Right of a curve's steep part the market is quiet, left of it strained. "
        f"{said_of('rests', source)}"
    )
    return remark(figure, said), table


def _named(own, x, y, text: str, colour: str) -> None:
    """Write a name on a branch, left of where branches turn."""
    order = np.argsort(x)
    own.text(
        NAMED,
        float(np.interp(NAMED, x[order], y[order])),
        text,
        size=SIZE - 1.5,
        color=colour,
        va="center",
        ha="center",
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
    )
