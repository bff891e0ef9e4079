"""What waiting does, as pictures: the cost of an hour along the critical curve, and the time of decision near the critical delay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from ..case import Case
from ..model import Model
from ..transition.price import Price
from .paths import Table
from .style import BLUE, COLOURS, INK, QUIET, SIZE, VERMILLION, dated_axis, end_labels, footer, note, panel, panels, settle, styled
from .wording import label, spoken


@styled()
def cost_picture(model: Model, case: Case, size: str, prices: Sequence[Price], *, unit: str, per: str = "hour", zero: float = 0.0,
                 remark: str = "") -> tuple[Figure, Table]:
    """Return what an hour of waiting costs along the critical curve, beside the size that just suffices.

    `unit` is that of the cost, such as "USD bn", `per` the time it is for. Dots are exact sensitivities, the line is the slope of the traced curve.
    """
    figure, (cost, needed) = panels(2, columns=2, height=2.7, labels=0.85)
    own = list(prices)
    dated = case.calendar is not None
    x = np.array([price.x for price in own]) + (zero if dated else 0.0)
    traced = np.array([price.traced * (price.cost / price.slope if price.slope else 0.0) for price in own])
    exact = np.array([price.cost if price.exact is not None else np.nan for price in own])
    panel(cost, f"cost of waiting, {unit} per {per}")
    panel(needed, f"{label(model, size)} that just suffices")
    traced[~np.isfinite(traced)] = np.nan  # where the curve stands vertical
    for number in dict.fromkeys(price.branch for price in own):
        rows = [place for place, price in enumerate(own) if price.branch == number]
        cost.plot(x[rows], traced[rows], color=BLUE)
        needed.plot(x[rows], [own[place].y for place in rows], color=INK)
    cost.plot(x, exact, color=VERMILLION, linestyle="none", marker="o", markersize=4.5)
    for axes in (cost, needed):
        if dated:
            dated_axis(axes, case, float(x.min()), float(x.max()), time_unit=model.time_unit)
        else:
            axes.set_xlim(float(x.min()), float(x.max()))
            axes.set_xlabel(f"delay ({model.time_unit})" if model.time_unit else "delay", size=SIZE - 1, color=QUIET, labelpad=2)
        settle(axes)
    usual = float(np.nanpercentile(np.abs(traced), 75))
    if usual > 0 and float(np.nanmax(np.abs(traced))) > 20 * usual:  # near a vertical stretch an hour costs without limit
        cost.set_ylim(-5 * usual if float(np.nanmin(traced)) < 0 else 0.0, 5 * usual)
    agreements = [price.agreement for price in own if price.agreement is not None]
    right = int(np.argmax(np.where(np.isfinite(traced), x, -np.inf)))
    last = max((place for place in range(len(own)) if np.isfinite(exact[place])), key=lambda place: x[place], default=None)
    if agreements:
        note(cost, f"the two routes differ by {100 * max(agreements):.2g} % at most")
    names = [(float(x[right]), float(traced[right]), "slope of the curve", BLUE)]
    if last is not None:
        names.append((float(x[last]), float(exact[last]), "exact sensitivities", VERMILLION))
    end_labels(cost, names)
    reasons = [price.reason for price in own if price.reason]
    footer(figure, f"{model.name}, {spoken(case.name)}. Along the critical curve, where the rescue that just suffices grows with its delay. "
                   + (f"Without dot: {reasons[0]}{f', and {len(reasons) - 1} more' if reasons[1:] else ''}. " if reasons else "") + remark)
    table: Table = {"branch": [price.branch for price in own], "delay": [price.x for price in own],
                    size: [price.y for price in own], f"cost ({unit} per {per})": [price.cost for price in own],
                    "slope, exact": [price.exact for price in own], "slope, traced": [price.traced for price in own],
                    "agreement": [price.agreement for price in own], "change over the last e-folding": [price.converged for price in own],
                    f"amount per unit of {size}": [price.amount for price in own]}
    return figure, table


@styled()
def decision_picture(sides: Mapping[str, tuple[Sequence[float], Sequence[float]]], eigenvalue: float | None = None, *, time_unit: str = "",
                     slopes: Mapping[str, float] | None = None, remark: str = "", name: str = "delay") -> tuple[Figure, Table]:
    """Return the time of decision against the distance |d - d_c| on a logarithmic axis, for each named side (distances, times).

    With the `eigenvalue` of the edge state the lines T0 - ln|d - d_c| / eigenvalue are drawn, each through the median of its side. `slopes` are the
    fitted ones, dT / d ln|d - d_c|.
    """
    figure, (axes,) = panels(1, columns=1, height=3.2, labels=1.5, share_time=False)
    unit = f" ({time_unit})" if time_unit else ""
    panel(axes, f"time of decision{unit}")
    axes.set_xscale("log")
    names, table = [], {}
    every = np.concatenate([np.asarray(distances, float) for distances, _ in sides.values()])
    low, high = float(every.min()) / 2, float(every.max()) * 2
    for (side, (distances, times)), colour in zip(sides.items(), COLOURS, strict=False):
        own, when = np.asarray(distances, float), np.asarray(times, float)
        order = np.argsort(own)
        own, when = own[order], when[order]
        axes.plot(own, when, color=colour, linestyle="none", marker="o", markersize=4)
        text = spoken(side)
        if slopes and side in slopes:
            text += f", slope {slopes[side]:.4g}".replace("-", "−")
        at = when[-1]
        if eigenvalue:
            middle = float(np.median(when + np.log(own) / eigenvalue))
            line = np.array([low, high])
            axes.plot(line, middle - np.log(line) / eigenvalue, color=colour, linewidth=0.9)
            at = middle - np.log(high) / eigenvalue
            table |= {f"{side}: line": (middle - np.log(own) / eigenvalue).tolist()}
        names.append((high, float(at), text, colour))
        table = {**table, f"{side}: distance": own.tolist(), f"{side}: time": when.tolist()}
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=9))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_power))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlabel(f"distance from the critical {name}{unit}, logarithmic", size=SIZE - 1, color=QUIET, labelpad=2)
    heights = np.concatenate([np.asarray(times, float) for _, times in sides.values()])
    room = 0.15 * float(np.ptp(heights)) or 1.0
    axes.set_ylim(float(heights.min()) - room, float(heights.max()) + room)
    if eigenvalue:
        note(axes, f"lines: slope −1/λ = {-1 / eigenvalue:.4g}, from the eigenvalue λ = {eigenvalue:.4g} of the edge state".replace("= -", "= −"))
    end_labels(axes, names, room=1.4)
    if remark:
        footer(figure, remark)
    return figure, table


def _power(value: float, _: int | None = None) -> str:
    power = int(round(np.log10(value)))
    return f"{value:g}" if -3 <= power <= 3 else f"10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
