"""The stock-and-flow diagram: stocks as boxes, flows as pipes with valves, clouds for the outside."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle

from ..model import Model
from ..quantities import CLOUD
from .bundles import SIZE, bundles, components
from .gridded import best
from .layout import Pipe, Place
from .packing import packed
from .sides import LINE, box_lines
from .spots import BESIDE, UNDER
from .style import INK, PIPE, QUIET, blank, styled

WIDEST = 9.3  # inches: at a README's 900 pixels the smallest text is then 6.5 points
_MARGIN = 0.15
_FILL = "#eaf1f7"
_LABEL = {"above": (0.0, UNDER, "center"), "below": (0.0, -UNDER - 0.075, "center"), "right": (BESIDE, 0.0, "left"), "left": (-BESIDE, 0.0, "right")}


@styled()
def stock_and_flow(model: Model) -> Figure:
    """Return the stock-and-flow diagram of a model, without auxiliaries."""
    joined = bundles(model.flows)
    limit = WIDEST - 2 * _MARGIN
    drawing = packed([best(stocks, joined, limit) for stocks in components(model.stocks, joined)], limit)
    left, bottom, right, top = drawing.bounds
    figure = blank(right - left + 2 * _MARGIN, top - bottom + 2 * _MARGIN)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left - _MARGIN, right + _MARGIN), ylim=(bottom - _MARGIN, top + _MARGIN))
    axes.set_axis_off()
    for pipe in drawing.pipes:
        _pipe(axes, pipe)
    for place in drawing.places:
        _place(axes, place)
    return figure


def stock_and_flow_table(model: Model) -> dict[str, list[str]]:
    """Return the flows behind the diagram: source, sink, name and rate."""
    def end(stock) -> str:
        return "CLOUD" if stock is CLOUD else stock.name

    return {"source": [end(flow.source) for flow in model.flows], "sink": [end(flow.sink) for flow in model.flows],
            "flow": [flow.name for flow in model.flows], "rate": [str(flow.expression) for flow in model.flows]}


def _place(axes: Axes, place: Place) -> None:
    """Draw a stock with its name and unit, or a cloud."""
    if place.stock is None:
        puffs = [(-0.07, -0.02, 0.06), (0.07, -0.02, 0.06), (-0.03, 0.04, 0.065), (0.045, 0.035, 0.055), (0.0, -0.035, 0.06)]
        for x, y, radius in puffs:
            axes.add_patch(Circle((place.x + x, place.y + y), radius, facecolor="white", edgecolor=PIPE, linewidth=1.2, zorder=5))
        for x, y, radius in puffs:
            axes.add_patch(Circle((place.x + x, place.y + y), radius, facecolor="white", edgecolor="none", zorder=6))
        return
    axes.add_patch(Rectangle((place.x - place.width / 2, place.y - place.height / 2), place.width, place.height,
                             facecolor=_FILL, edgecolor=INK, linewidth=1.0, zorder=5))
    lines = box_lines(place.stock)
    y = place.y + (len(lines) - 1) / 2 * LINE
    for text, size in lines:
        axes.text(place.x, y, text, size=size, color=INK if size > SIZE else QUIET, ha="center", va="center_baseline", zorder=7)
        y -= LINE


def _pipe(axes: Axes, pipe: Pipe) -> None:
    """Draw a double-line pipe with its valve, heads and label."""
    xs, ys = zip(*pipe.points, strict=True)
    for width, colour in ((4.0, PIPE), (2.2, "white")):
        axes.plot(xs, ys, color=colour, linewidth=width, solid_joinstyle="miter", solid_capstyle="butt", snap=False, zorder=2)
    _head(axes, pipe.heads[0], pipe.points[-2], pipe.points[-1])
    _head(axes, pipe.heads[1], pipe.points[1], pipe.points[0])
    x, y = pipe.valve
    upright = pipe.side in ("right", "left")
    wings = [(-0.065, 0.05), (-0.065, -0.05), (0.065, 0.05), (0.065, -0.05)]
    axes.add_patch(Polygon([(x + b, y + a) if upright else (x + a, y + b) for a, b in wings],
                           facecolor=PIPE, edgecolor="white", linewidth=0.6, zorder=4))
    (dx, dy, align), lines = _LABEL[pipe.side], len(pipe.label)
    base = y + dy + {"above": lines - 1, "below": 0}.get(pipe.side, (lines - 1) / 2) * LINE
    for number, text in enumerate(pipe.label):
        axes.text(x + dx, base - number * LINE, text, size=SIZE, color=INK, ha=align,
                  va="center_baseline" if upright else "baseline", zorder=7)


def _head(axes: Axes, kind: str, before: tuple[float, float], tip: tuple[float, float]) -> None:
    """Draw an arrow head that ends at `tip` and comes from `before`."""
    if not kind:
        return
    across = abs(tip[0] - before[0]) >= abs(tip[1] - before[1])
    back = -0.1 if tip[not across] > before[not across] else 0.1
    corners = [(back, 0.055), (back, -0.055)]
    axes.add_patch(Polygon([tip, *((tip[0] + a, tip[1] + b) if across else (tip[0] + b, tip[1] + a) for a, b in corners)],
                           facecolor=PIPE if kind == "full" else "white", edgecolor=PIPE, linewidth=0.9, zorder=4))
