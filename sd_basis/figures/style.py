"""One quiet, colour-blind-safe style: sized figures, panels, dated axes, direct labels, named policy lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator, NullLocator

from ..calendar import Calendar
from ..case import Case
from .spacing import rows_without_overlap, spread
from .wording import FONT, spoken, text_width, wrapped

# Okabe and Ito (2008), in an order that keeps neighbours apart
BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
INK, QUIET, PIPE, GRID = "#222222", "#666666", "#51616f", "#e3e6e8"
WIDTH = 8.5  # inches, shown at about 850 px
DPI, SIZE = 150, 8.0
_SETTINGS: dict[Any, Any] = {
    "font.family": [FONT], "font.size": SIZE, "text.color": INK, "text.parse_math": False, "axes.unicode_minus": True,
    "axes.edgecolor": QUIET, "axes.linewidth": 0.7, "axes.labelcolor": INK, "axes.labelsize": SIZE, "axes.titlesize": SIZE,
    "axes.spines.top": False, "axes.spines.right": False, "xtick.color": QUIET, "ytick.color": QUIET, "xtick.labelsize": SIZE - 1,
    "ytick.labelsize": SIZE - 1, "xtick.major.width": 0.7, "ytick.major.width": 0.7, "xtick.major.size": 3, "ytick.major.size": 3,
    "lines.linewidth": 1.5, "svg.hashsalt": "sd_basis", "svg.fonttype": "path", "path.simplify": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """Put the style in force for a block or, as `@styled()`, a function; what was set before comes back."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def blank(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, with a canvas of its own and nothing global."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def panels(count: int, *, columns: int = 2, height: float = 2.1, labels: float = 0.9, width: float = WIDTH,
           share_time: bool = True, title: str = "") -> tuple[Figure, list[Axes]]:
    """Return a figure with `count` panels in rows; `labels` is the room in inches for direct labels right of each."""
    columns = min(columns, count)
    rows = -(-count // columns)
    top, bottom, left, above = (0.3 if title else 0.05), 0.28, 0.62, 0.27
    total = top + rows * (height + bottom) + 0.16
    figure = blank(width, total)
    cell = (width - 0.08) / columns
    made: list[Axes] = []
    for index in range(count):
        row, column = divmod(index, columns)
        x, y = column * cell + left, total - top - (row + 1) * (height + bottom) + bottom
        axes = figure.add_axes((x / width, y / total, (cell - left - labels) / width, (height - above) / total),
                               sharex=made[0] if made and share_time else None)
        made.append(axes)
    if title:
        figure.text(0.08 / width, 1 - 0.2 / total, title, size=SIZE + 1.5, weight="bold", va="center")
    return figure, made


def panel(axes: Axes, title: str, *, unit_axis: str = "") -> Axes:
    """Dress a panel: its title (a quantity with its unit) above left, quiet grid, plain numbers; returns it."""
    width = axes.get_position().width * axes.figure.get_figwidth() + 0.5  # type: ignore[union-attr]  # subfigures are not used
    size = SIZE
    while text_width(title, size) > width and size > SIZE - 2:
        size -= 0.25
    lines = wrapped(title, width, size)
    axes.annotate("\n".join(lines), (0, 1), xytext=(-24, 5), xycoords="axes fraction", textcoords="offset points", size=size, va="bottom")
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    if unit_axis:
        axes.set_xlabel(unit_axis, size=SIZE - 1, color=QUIET, labelpad=2)
    if axes.get_yscale() == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(_Plain())
    return axes


class _Plain(Formatter):
    """Plain numbers, with as many decimals for all ticks as one of them needs."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        texts = [f"{value + 0.0:.6g}" for value in values]
        if not any("e" in text for text in texts):
            decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
            texts = [f"{value + 0.0:,.{decimals}f}" for value in values]
        return [text.replace("-", "−") for text in texts]


def settle(axes: Axes) -> None:
    """Fix the vertical limits after everything is plotted; a constant gets room instead of noise."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "linear":
        lines = [np.asarray(line.get_ydata(), float) for line in axes.get_lines() if line.get_transform().contains_branch(axes.transData)]
        values = np.concatenate([line[np.isfinite(line)] for line in lines] or [np.zeros(1)])
        if values.size:
            least, most = float(values.min()), float(values.max())
            if most - least <= 1e-5 * max(abs(least), abs(most), 1e-12):
                room = 0.1 * max(abs(most), 1e-12 if most else 1.0)
                low, high = least - room, most + room
            elif 0 <= least < 0.5 * most:
                low = 0.0  # stocks that come near zero are shown down to it
    axes.set_ylim(low, high)


def dated_axis(axes: Axes, case: Case, start: float, end: float, *, time_unit: str = "") -> None:
    """Show model time from start to end: ISO dates where the case has an origin, else numbers with the time unit."""
    axes.set_xlim(start, end)
    axes.xaxis.set_minor_locator(NullLocator())
    width = axes.get_position().width * axes.figure.get_figwidth()  # type: ignore[union-attr]  # subfigures are not used
    if case.calendar is None:
        axes.xaxis.set_major_locator(MaxNLocator(max(3, int(width / 0.55)), steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}".replace("-", "−")))
        if time_unit:
            axes.set_xlabel(f"time ({time_unit})", size=SIZE - 1, color=QUIET, labelpad=2)
        return
    ticks = _date_ticks(case.calendar, start, end, max(2, int(width / 0.78)), max(2, int(width / 0.55)))
    axes.set_xticks([time for time, _ in ticks], [text for _, text in ticks])


def _date_ticks(calendar: Calendar, start: float, end: float, most: int, most_months: int) -> list[tuple[float, str]]:
    """Return at most about `most` ticks on round dates, with the shortest ISO text that names them."""
    first, last = calendar.moment(start), calendar.moment(end)
    days: list[date] = []
    day = first.date()
    while day <= last.date():
        if calendar.moment(calendar.time("axis", datetime(day.year, day.month, day.day))).date() == day:
            days.append(day)  # trading days only
        day += timedelta(days=1)
    if len(days) <= 2:
        step = next((step for step in (1, 2, 3, 6, 12) if 24 * (end - start) / step <= most - 1), 24)
        chosen: Sequence[date] = [datetime(day.year, day.month, day.day, hour) for day in days for hour in range(0, 24, step)]
        form = "%m-%d %H:%M"
    else:
        chosen, form = _round_dates(days, most, most_months)
    times = [(calendar.time("axis", moment), moment.strftime(form)) for moment in chosen]
    return [(time, text) for time, text in times if start - 1e-9 <= time <= end + 1e-9]


def _round_dates(days: Sequence[date], most: int, most_months: int) -> tuple[Sequence[date], str]:
    """Return every first trading day of a day, of weeks, months, quarters or years, the finest that fit."""
    def firsts(key) -> list[date]:
        before = days[0] - timedelta(days=3 if days[0].weekday() == 0 else 1)
        return [day for earlier, day in zip([before, *days], days, strict=False) if key(earlier) != key(day)] or [days[0]]

    weeks = firsts(lambda day: day.isocalendar()[:2])
    fine = [days, *(weeks[::stride] for stride in (1, 2, 3, 4))]
    months, quarters = firsts(lambda day: (day.year, day.month)), firsts(lambda day: (day.year, (day.month - 1) // 3))
    years = firsts(lambda day: day.year)
    coarse: list[tuple[Sequence[date], str]] = [(months, "%Y-%m"), (quarters, "%Y-%m"), *((years[::stride], "%Y") for stride in range(1, len(years) + 1))]
    if len(months) <= 3:  # a short span keeps its days: two months would be too few ticks
        coarse = [(days[::-(-len(days) // most)], "%Y-%m-%d")]
    return next((chosen, form) for chosen, form in (*((chosen, "%Y-%m-%d") for chosen in fine), *coarse, (days[:1], "%Y-%m-%d"))
                if len(chosen) <= (most_months if form in ("%Y-%m", "%Y") else most) or (chosen, form) == coarse[-1])


def end_labels(axes: Axes, labels: Iterable[tuple[float, float, str, str]], *, room: float = 0.85, size: float = SIZE - 0.5) -> None:
    """Write direct labels (x, y, text, colour) right of the axes, level with their line ends and never overlapping.

    Call it once for each panel, after plotting and after `settle`: the limits must be final.
    `room` is the width in inches in which texts are wrapped.
    """
    entries = [(x, y, "\n".join(wrapped(text, room, size)), colour) for x, y, text, colour in labels if np.isfinite(y)]
    if not entries:
        return
    low, high = axes.get_ylim()
    anchors = [axes.transData.transform((x, min(max(y, low), high))) for x, y, _, _ in entries]
    pixel = axes.figure.dpi / 72
    heights = [(text.count("\n") + 1) * size * 1.2 * pixel for _, _, text, _ in entries]
    box = axes.get_window_extent()
    wanted = spread([y for _, y in anchors], heights, box.y0 - 8 * pixel, box.y1 + 8 * pixel)
    for (x, y, text, colour), anchor, height in zip(entries, anchors, wanted, strict=True):
        near = abs(height - anchor[1]) < 2 * pixel
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 1, "relpos": (0, 0.5), "alpha": 0.7}
        # relative to its line end, so that the label moves with the axes when a footer is added
        offset = (box.x1 - anchor[0]) / pixel + (4 if near else 11), (height - anchor[1]) / pixel
        axes.annotate(text, (x, min(max(y, low), high)), xytext=offset, textcoords="offset points",
                      color=colour, size=size, va="center", ha="left", annotation_clip=False, linespacing=1.1,
                      arrowprops=None if near else leader)


def policy_lines(axes: Axes, dates: Iterable[tuple[float, str]] | Iterable[tuple[float, str, str]], *, names: bool = True,
                 size: float = SIZE - 1.5) -> None:
    """Draw thin lines at policy dates (time, name[, colour]), named in free rows at the top of the panel.

    Call it after `settle`, before `end_labels`: it raises the upper limit to make room for the names.
    """
    low, high = axes.get_xlim()
    marks = sorted({(entry[0], entry[1], entry[2] if len(entry) > 2 else QUIET) for entry in dates if low <= entry[0] <= high})
    for time, _, colour in marks:
        axes.axvline(time, color=colour, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    named = [(time, spoken(text), colour) for time, text, colour in marks if text]
    if not names or not named:
        return
    box, pixel = axes.get_window_extent(), axes.figure.dpi / 72
    spans, sides = [], []
    for time, text, _ in named:
        x, width = axes.transData.transform((time, 0))[0], text_width(text, size) * axes.figure.dpi + 6 * pixel
        rightward = x + width <= box.x1 + 20 * pixel or x - width < box.x0
        sides.append(rightward)
        spans.append((x, x + width) if rightward else (x - width, x))
    rows = rows_without_overlap(spans)
    line = size * 1.35 * pixel
    headroom(axes, (max(rows) + 1) * line / box.height)
    for (time, text, colour), row, rightward in zip(named, rows, sides, strict=True):
        axes.annotate(text, (time, 1), xycoords=("data", "axes fraction"), xytext=(3 if rightward else -3, -row * line / pixel - 1),
                      textcoords="offset points", size=size, color=colour, va="top", ha="left" if rightward else "right",
                      annotation_clip=False, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85})


def footer(figure: Figure, text: str, *, size: float = SIZE - 1.5) -> None:
    """Write a remark below the panels, wrapped to the width; the figure grows by what it needs."""
    lines = wrapped(text, 0.92 * figure.get_figwidth(), size)
    grown, old = len(lines) * size * 1.3 / 72 + 0.06, figure.get_figheight()
    total = old + grown
    for axes in figure.axes:
        box = axes.get_position()
        axes.set_position((box.x0, (box.y0 * old + grown) / total, box.width, box.height * old / total))
    figure.set_figheight(total)
    figure.text(0.08 / figure.get_figwidth(), 0.05 / total, "\n".join(lines), size=size, color=QUIET, va="bottom", linespacing=1.25)


def headroom(axes: Axes, share: float) -> None:
    """Raise the upper limit so that a share of the panel's height above the data is free."""
    scale, limits = axes.yaxis.get_transform(), axes.get_ylim()
    bottom, top = scale.transform(np.array(limits))
    axes.set_ylim(limits[0], float(scale.inverted().transform(bottom + (top - bottom) / (1 - min(0.6, share)))))


def note(axes: Axes, text: str, *, size: float = SIZE - 1.5) -> None:
    """Write a quiet remark at the top of a panel, above the data. Call it after `settle`, before `end_labels`."""
    headroom(axes, size * 1.5 / 72 / (axes.get_position().height * axes.figure.get_figheight()))  # type: ignore[union-attr]  # subfigures are not used
    axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=(4, -1), textcoords="offset points", size=size, color=QUIET, va="top",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85})
