"""Global sensitivities as pictures: Sobol indices with their intervals, the plane of Morris, and how both settle as runs are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ..case import Case
from ..model import Model
from ..sensitivity.screening import Effects
from ..sensitivity.variance import Indices
from .paths import Table
from .style import BLUE, COLOURS, GRID, INK, ORANGE, QUIET, SIZE, end_labels, footer, panel, panels, styled
from .tornado import named_rows
from .wording import spoken

_SHOWN = 12


@styled()
def sobol_bars(model: Model, case: Case, found: Mapping[str, Indices], titles: Mapping[str, str]) -> tuple[Figure, Table]:
    """Return first and total indices of each quantity of interest as bars, the largest total on top; whiskers are intervals of 95 per cent."""
    most = max(min(len(one.names), _SHOWN) for one in found.values())
    figure, axes = panels(len(found), columns=min(2, len(found)), height=0.26 * most + 0.75, labels=0.15, share_time=False)
    table: Table = {name: [] for name in ("quantity", "parameter", "first", "first, half interval", "total", "total, half interval", "blocks")}
    for own, (text, one) in zip(axes, found.items(), strict=True):
        order = one.ranked()[:_SHOWN]
        named_rows(own, f"share of the variance of {titles[text]}", [spoken(one.names[place]) for place in order])
        for number, place in enumerate(order):
            row = len(order) - 1 - number
            for shift, value, width, colour in ((0.19, one.first[place], one.first_width[place], BLUE),
                                                (-0.19, one.total[place], one.total_width[place], ORANGE)):
                own.barh(row + shift, max(value, 0.0), height=0.34, color=colour, linewidth=0)
                own.plot([value - width, value + width], [row + shift] * 2, color=INK, linewidth=0.9)
        own.axvline(0, color=QUIET, linewidth=0.7)
        most_right = float(np.max(np.concatenate([one.first + one.first_width, one.total + one.total_width])))
        least = float(min(np.min(one.first - one.first_width), np.min(one.total - one.total_width), 0.0))
        own.set_xlim(max(least, -0.3) - 0.02, max(most_right, 0.2) + 0.03)
        for place in one.ranked():
            for name, value in zip(table, (text, one.names[place], float(one.first[place]), float(one.first_width[place]), float(one.total[place]),
                                           float(one.total_width[place]), one.blocks), strict=True):
                table[name].append(value)  # type: ignore[attr-defined]
    some = next(iter(found.values()))
    left_out = f", {max(one.dropped for one in found.values())} left out for a failed run" if any(one.dropped for one in found.values()) else ""
    footer(figure, f"{model.name}, {spoken(case.name)}. Sobol indices over the plausible ranges: alone (blue) and with all interactions (orange), intervals of "
                   f"95 % by bootstrap; {some.asked} blocks of {len(some.names) + 2} runs{left_out}.")
    return figure, table


@styled()
def morris_plane(model: Model, case: Case, found: Mapping[str, Effects], titles: Mapping[str, str]) -> tuple[Figure, Table]:
    """Return the plane of mean size and spread of elementary effects for each quantity of interest; the strongest parameters are named."""
    figure, axes = panels(len(found), columns=min(2, len(found)), height=3.1, labels=1.45, share_time=False)
    table: Table = {name: [] for name in ("quantity", "parameter", "mu", "mu*", "mu*, half interval", "sigma", "effects")}
    for own, (text, one) in zip(axes, found.items(), strict=True):
        panel(own, f"σ, spread of the effects on {titles[text]}")
        order = one.ranked()
        named = [place for place in order[:8] if one.mu_star[place] > 0]
        for place in order:
            strong = place in named
            own.errorbar(one.mu_star[place], one.sigma[place], xerr=one.mu_star_width[place] if strong else None, marker="o", markersize=4.5 if strong else 3,
                         color=BLUE if strong else QUIET, elinewidth=0.7, linestyle="none", zorder=3 if strong else 2, clip_on=False)
            for name, value in zip(table, (text, one.names[place], float(one.mu[place]), float(one.mu_star[place]), float(one.mu_star_width[place]),
                                           float(one.sigma[place]), int(one.known[place])), strict=True):
                table[name].append(value)  # type: ignore[attr-defined]
        across = 1.08 * float(np.nanmax(one.mu_star + np.nan_to_num(one.mu_star_width))) or 1.0
        up = 1.08 * float(np.nanmax(one.sigma)) or 1.0
        own.plot([0, min(across, up)], [0, min(across, up)], color=QUIET, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
        own.set_xlim(0, across)
        own.set_ylim(0, up)
        own.grid(axis="x", color=GRID, linewidth=0.6)
        own.xaxis.set_major_locator(MaxNLocator(5))
        own.set_xlabel("μ*, mean size of the effects", size=SIZE - 1, color=QUIET, labelpad=2)
        end_labels(own, [(float(one.mu_star[place]), float(one.sigma[place]), spoken(one.names[place]), BLUE) for place in named], room=1.35, size=SIZE - 1)
    lost = " Effects with a failed run are left out." if any(np.any(one.known < one.trajectories) for one in found.values()) else ""
    some = next(iter(found.values()))
    footer(figure, f"{model.name}, {spoken(case.name)}. Elementary effects over the whole plausible range, {some.trajectories} trajectories, whiskers of 95 %. "
                   f"Above the dashed line (σ = μ*) a parameter acts in curves or with others.{lost}")
    return figure, table


@styled()
def convergence_picture(model: Model, case: Case, found: Mapping[str, Sequence[tuple[int, np.ndarray, np.ndarray]]], names: Sequence[str],
                        titles: Mapping[str, str], what: str, counted: str) -> tuple[Figure, Table]:
    """Return estimates with their intervals against the number of blocks or trajectories (N, values, half widths), those largest at the end named."""
    figure, axes = panels(len(found), columns=min(2, len(found)), height=2.6, labels=1.45, share_time=False)
    table: Table = {name: [] for name in ("quantity", "parameter", counted, what, "half interval")}
    for own, (text, parts) in zip(axes, found.items(), strict=True):
        panel(own, f"{what} on {titles[text]}" if what.startswith("μ") else f"{what} of {titles[text]}")
        own.set_xscale("log", base=2)
        counts = [part[0] for part in parts]
        order = np.argsort(-np.nan_to_num(parts[-1][1], nan=-1.0), kind="stable")[:6]
        labels = []
        for number, place in enumerate(order):
            colour = COLOURS[number % len(COLOURS)]
            values, widths = (np.array([part[which][place] for part in parts]) for which in (1, 2))
            x = np.array(counts) * 2.0 ** (0.03 * (number - (len(order) - 1) / 2))
            own.plot(x, values, color=colour, linewidth=1, marker="o", markersize=3.5)
            own.vlines(x, values - widths, values + widths, color=colour, linewidth=0.8)
            labels.append((float(x[-1]), float(values[-1]), spoken(names[place]), colour))
        for place in range(len(names)):
            for count, values, widths in parts:
                for name, value in zip(table, (text, names[place], count, float(values[place]), float(widths[place])), strict=True):
                    table[name].append(value)  # type: ignore[attr-defined]
        own.xaxis.set_major_locator(FixedLocator(counts))
        own.xaxis.set_minor_locator(NullLocator())
        own.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        own.set_xlim(counts[0] / 1.25, counts[-1] * 1.25)
        own.set_ylim(*own.get_ylim())
        own.set_xlabel(counted, size=SIZE - 1, color=QUIET, labelpad=2)
        end_labels(own, labels, room=1.35, size=SIZE - 1)
    footer(figure, f"{model.name}, {spoken(case.name)}. The same estimate from the first quarter, the first half and all of the runs; bars: 95 % by bootstrap.")
    return figure, table
