"""The stock-and-flow diagram: stocks as boxes, flows as pipes with valves, clouds for the outside."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle

from ..model import Model
from ..quantities import CLOUD
from .bundles import bundles, components
from .layout import Drawing, Pipe, Place, component
from .sides import BOX, LINE, SIZE
from .style import INK, PIPE, QUIET, blank, styled
from .wording import wrapped

_MARGIN, _WIDTH, _APART = 0.15, 8.5, 0.32
_FILL = "#eaf1f7"


@styled()
def stock_and_flow(model: Model) -> Figure:
    """Return the stock-and-flow diagram of a model, without auxiliaries."""
    drawings, width, height = _packed(model)
    figure = blank(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    for drawing in drawings:
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


def _packed(model: Model) -> tuple[list[Drawing], float, float]:
    """Return the components in shelves from the top, with the size of the whole."""
    joined = bundles(model.flows)
    drawings = [component(stocks, joined) for stocks in components(model.stocks, joined)]

    def width(drawing: Drawing) -> float:
        return drawing.bounds[2] - drawing.bounds[0]

    limit = max(_WIDTH, 2 * _MARGIN + max(map(width, drawings)))
    shelves: list[list[Drawing]] = []
    for drawing in sorted(drawings, key=lambda item: (-round(item.bounds[3] - item.bounds[1]), -width(item))):
        fitting = (shelf for shelf in shelves if sum(map(width, shelf)) + _APART * len(shelf) + width(drawing) + 2 * _MARGIN <= limit)
        shelf = next(fitting, None)
        if shelf is None:
            shelves.append([drawing])
        else:
            shelf.append(drawing)
    widths = [sum(map(width, shelf)) for shelf in shelves]
    total = max(own + _APART * (len(shelf) - 1) for own, shelf in zip(widths, shelves, strict=True)) + 2 * _MARGIN
    placed, y = [], -_MARGIN
    for own, shelf in zip(widths, shelves, strict=True):
        gap = (total - own) / (len(shelf) + 1)
        below, above = -min(drawing.bounds[1] for drawing in shelf), max(drawing.bounds[3] for drawing in shelf)
        x = max(gap, _MARGIN) if len(shelf) == 1 or gap > _APART else _MARGIN
        between = gap if gap > _APART else (total - 2 * _MARGIN - own) / max(len(shelf) - 1, 1)
        for drawing in shelf:
            placed.append(drawing.moved(x - drawing.bounds[0], y - above))
            x += width(drawing) + between
        y -= above + below + _APART
    height = -y - _APART + _MARGIN
    return [drawing.moved(0.0, height) for drawing in placed], total, height


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
    lines = [(text, SIZE + 0.5, INK) for text in wrapped(place.stock.name, BOX - 0.1, SIZE + 0.5)]
    if place.stock.unit:
        lines.append((place.stock.unit, SIZE - 1, QUIET))
    y = place.y + (len(lines) - 1) / 2 * LINE
    for text, size, colour in lines:
        axes.text(place.x, y, text, size=size, color=colour, ha="center", va="center_baseline", zorder=7)
        y -= LINE


def _pipe(axes: Axes, pipe: Pipe) -> None:
    """Draw a double-line pipe with its valve, heads and label."""
    xs, ys = zip(*pipe.points, strict=True)
    for width, colour in ((4.0, PIPE), (2.2, "white")):
        axes.plot(xs, ys, color=colour, linewidth=width, solid_joinstyle="miter", solid_capstyle="butt", snap=False, zorder=2)
    _head(axes, pipe.heads[0], pipe.points[-2], pipe.points[-1])
    _head(axes, pipe.heads[1], pipe.points[1], pipe.points[0])
    x, y = pipe.valve
    axes.add_patch(Polygon([(x - 0.065, y + 0.05), (x - 0.065, y - 0.05), (x + 0.065, y + 0.05), (x + 0.065, y - 0.05)],
                           facecolor=PIPE, edgecolor="white", linewidth=0.6, zorder=4))
    for number, text in enumerate(reversed(pipe.label)):
        axes.text(x, y + 0.085 + number * LINE, text, size=SIZE, color=INK, ha="center", va="baseline", zorder=7)


def _head(axes: Axes, kind: str, before: tuple[float, float], tip: tuple[float, float]) -> None:
    """Draw an arrow head that ends at `tip`; every last stretch of a pipe is horizontal."""
    if not kind:
        return
    back = -0.1 if tip[0] > before[0] else 0.1
    axes.add_patch(Polygon([tip, (tip[0] + back, tip[1] + 0.055), (tip[0] + back, tip[1] - 0.055)],
                           facecolor=PIPE if kind == "full" else "white", edgecolor=PIPE, linewidth=0.9, zorder=4))
