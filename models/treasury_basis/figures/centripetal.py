"""The centripetal collapse as a polar picture: what everything is worth, shrinking to the origin."""

import numpy as np

from sd_basis.figures.spacing import spread
from sd_basis.figures.style import GRID, INK, QUIET, SIZE, VERMILLION, WIDTH, blank
from sd_basis.figures.wording import spoken
from sd_basis.series import read_columns

from .comparing import AFTERNOON, remark

SPOKES = ("bitcoin", "oil", "silver", "dollar cash", "foreign_currencies", "Treasuries", "credit_bonds", "gold", "sp500")  # from the top, clockwise
SAID = {"sp500": "S&P 500", "foreign_currencies": "foreign\ncurrencies", "credit_bonds": "credit\nbonds"}
START = "2020-03-09"
DATES = ("2020-03-11", "2020-03-12", "2020-03-19", "2020-07-31")
SHADES = ("#8ab4d8", "#4a8fc2", "#1d6aa5", "#08304f")  # of one hue, so that they are told apart in grey too
MONTHS = {"03": "March", "07": "July"}
FALLS = {"2020-03-18": "o", "2020-03-19": "D"}


def centripetal_collapse(context):
    """What everything is worth against 9 March 2020, shrinking to the origin, without and with the rescue."""
    angles = {name: np.pi / 2 - 2 * np.pi * place / len(SPOKES) for place, name in enumerate(SPOKES)}
    height, radius = 4.4, 1.55
    figure = blank(WIDTH, height)
    table: dict = {"asset": list(SPOKES)}
    for place, (case, title) in enumerate((("no-rescue", "without the central bank"), ("march-2020", "as it was"))):
        run = context.run(case)
        side = 2 * radius + 0.9
        left = (WIDTH / 2 - side) / 2 + place * WIDTH / 2
        own = figure.add_axes((left / WIDTH, 0.02, side / WIDTH, side / height))
        own.set(xlim=(-side / 2 / radius, side / 2 / radius), ylim=(-side / 2 / radius, side / 2 / radius))
        own.set_axis_off()
        own.annotate(title, (0.5, 1), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points", size=SIZE + 1, weight="bold", ha="center")
        _web(own, angles)
        zero = run.case.time("figure", START) + AFTERNOON
        heights = []
        for date, shade in zip(DATES, SHADES, strict=True):
            time = min(run.case.time("figure", date) + AFTERNOON, run.t[-1])
            worth = {name: _worth(run, name, time) / _worth(run, name, zero) for name in SPOKES}
            table[f"{case}, {date}"] = list(worth.values())
            points = np.array([[r * np.cos(angles[name]), r * np.sin(angles[name])] for name, r in worth.items()])
            own.plot(*np.vstack([points, points[:1]]).T, color=shade, linewidth=1.5, zorder=3)
            own.fill(*points.T, color=shade, alpha=0.07, linewidth=0)
            heights.append(worth[SPOKES[0]])
        _dates(own, heights, radius)
        if case == "march-2020":
            table |= _data(context, own, angles)
    said = (
        "Radius: price against that of 9 March 2020 in the afternoon (outer circle); rings at 25, 50 and 75 per cent, the centre is worth nothing. "
        "Orange: what happened, from 9 March to the close of 18 March (dots) and of 19 March (diamonds). Sensitivities are fixed from calm volatility and "
        "ownership; the assets' own news is left out. Treasuries: cash price, with the news of the case."
    )
    return remark(figure, said), table


def _worth(run, name: str, time: float) -> float:
    """Return the price in dollars at a time."""
    if name == "dollar cash":
        return 1.0
    return float(np.interp(time, run.t, run["price" if name == "Treasuries" else f"asset_price[{name}]"]))


def _web(own, angles) -> None:
    """Draw the rings, the spokes and the names at their ends."""
    around = np.linspace(0, 2 * np.pi, 181)
    for ring in (0.25, 0.5, 0.75, 1.0):
        own.plot(ring * np.cos(around), ring * np.sin(around), color=QUIET if ring == 1 else GRID, linewidth=0.9 if ring == 1 else 0.7, zorder=1)
    for name, angle in angles.items():
        x, y = np.cos(angle), np.sin(angle)
        own.plot([0, x], [0, y], color=GRID, linewidth=0.7, zorder=1)
        across = "left" if x > 0.2 else "right" if x < -0.2 else "center"
        own.text(1.05 * x, 1.07 * y, SAID.get(name, spoken(name)), size=SIZE, color=INK, ha=across, va="bottom" if y > 0.9 else "center")
    own.plot(0, 0, marker="o", markersize=2.5, color=QUIET, zorder=2)


def _dates(own, heights, radius: float) -> None:
    """Name the curves by their dates right of the first spoke, which points up."""
    line = (SIZE - 1) * 1.25 / 72 / radius
    for text, shade, at, level in zip(DATES, SHADES, heights, spread(list(heights), [line] * len(heights), 0.0, 1.05), strict=True):
        own.annotate(
            f"{int(text[8:])} {MONTHS[text[5:7]]}",
            (0, at),
            xytext=(0.13, level),
            textcoords="data",
            size=SIZE - 1,
            color=shade,
            weight="bold",
            va="center",
            zorder=6,
            arrowprops={"arrowstyle": "-", "color": shade, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0},
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        )


def _data(context, own, angles) -> dict[str, list]:
    """Mark the falls as they were and return them as columns."""
    file = context.file("asset_falls_2020.csv")
    assets, falls = read_columns(file, "asset", "fall")
    starts, ends = (read_columns(file, column, "fall")[0] for column in ("from", "to"))
    found: dict[str, list] = {}
    for end, marker in FALLS.items():
        column: dict[str, float] = {}
        for asset, fall, first, to in zip(assets, falls, starts, ends, strict=True):
            if first == START and to == end:
                column.setdefault(asset, 1 - fall)
        for asset, r in column.items():
            own.plot(
                r * np.cos(angles[asset]),
                r * np.sin(angles[asset]),
                marker=marker,
                markersize=4.2,
                markerfacecolor="white",
                markeredgecolor=VERMILLION,
                markeredgewidth=1.3,
                linestyle="none",
                zorder=5,
            )
        found[f"data, {end}"] = [column.get(name) for name in SPOKES]
    return found
