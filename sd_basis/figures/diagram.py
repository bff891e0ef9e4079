"""The stock-and-flow diagram: stocks as boxes, flows as pipes with valves, clouds for the outside."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, Polygon, Rectangle
from matplotlib.patheffects import withStroke

from ..model import Model
from ..quantities import CLOUD, Auxiliary, Flow, Stock
from .bundles import SIZE, bundles, components
from .gathering import gathered
from .gridded import best
from .layout import Drawing, Pipe, Place
from .packing import packed
from .sides import LINE, box_lines
from .spots import BESIDE, UNDER
from .style import INK, PIPE, QUIET, blank, styled

WIDEST = 9.3  # inches: at a README's 900 pixels the smallest text is then 6.5 points
_MARGIN = 0.15
_MANY = 40  # stocks; with more, a family is one box
_OUTSIDE = 8  # the zorder of text outside boxes
_FILL = "#eaf1f7"
_LABEL = {"above": (0.0, UNDER, "center"), "below": (0.0, -UNDER - 0.075, "center"), "right": (BESIDE, 0.0, "left"), "left": (-BESIDE, 0.0, "right")}


@styled()
def stock_and_flow(model: Model, *, links: bool = False) -> Figure:
    """Return the stock-and-flow diagram of a model, without auxiliaries.

    With `links`, a thin dashed line leads from each stock to the flows whose rates depend on it,
    straight or through auxiliaries, other than the flows that it feeds or that feed it. Of a
    model with more than 40 stocks a family is one box, and links are not drawn.
    """
    drawing = laid_out(model)
    left, bottom, right, top = drawing.bounds
    figure = blank(right - left + 2 * _MARGIN, top - bottom + 2 * _MARGIN)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left - _MARGIN, right + _MARGIN), ylim=(bottom - _MARGIN, top + _MARGIN))
    axes.set_axis_off()  # the limits are known: artists added as such are not asked for theirs
    for pipe in drawing.pipes:
        _pipe(axes, pipe)
    for place in drawing.places:
        _place(axes, place)
    if links:
        _links(axes, drawing)
    return figure


def laid_out(model: Model) -> Drawing:
    """Return where the stocks and flows of a model stand: each connected component as it is drawn best, all packed on a page."""
    stocks, flows = gathered(model) if len(model.stocks) > _MANY else (model.stocks, model.flows)
    joined = bundles(flows)
    limit = WIDEST - 2 * _MARGIN
    return packed([best(own, joined, limit) for own in components(stocks, joined)], limit)


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
            axes.add_artist(Circle((place.x + x, place.y + y), radius, facecolor="white", edgecolor=PIPE, linewidth=1.2, zorder=5))
        for x, y, radius in puffs:
            axes.add_artist(Circle((place.x + x, place.y + y), radius, facecolor="white", edgecolor="none", zorder=6))
        return
    axes.add_artist(Rectangle((place.x - place.width / 2, place.y - place.height / 2), place.width, place.height,
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
        axes.add_artist(Line2D(xs, ys, color=colour, linewidth=width, solid_joinstyle="miter", solid_capstyle="butt", snap=False, zorder=2))
    _head(axes, pipe.heads[0], pipe.points[-2], pipe.points[-1])
    _head(axes, pipe.heads[1], pipe.points[1], pipe.points[0])
    x, y = pipe.valve
    upright = pipe.side in ("right", "left")
    wings = [(-0.065, 0.05), (-0.065, -0.05), (0.065, 0.05), (0.065, -0.05)]
    axes.add_artist(Polygon([(x + b, y + a) if upright else (x + a, y + b) for a, b in wings],
                           facecolor=PIPE, edgecolor="white", linewidth=0.6, zorder=4))
    (dx, dy, align), lines = _LABEL[pipe.side], len(pipe.label)
    base = y + dy + {"above": lines - 1, "below": 0}.get(pipe.side, (lines - 1) / 2) * LINE
    for number, text in enumerate(pipe.label):
        axes.text(x + dx, base - number * LINE, text, size=SIZE, color=INK, ha=align,
                  va="center_baseline" if upright else "baseline", zorder=_OUTSIDE)


def _links(axes: Axes, drawing: Drawing) -> None:
    """Draw the information links under all else, and make the labels stand out from them."""
    at = {place.stock: (place.x, place.y) for place in drawing.places if place.stock is not None}
    for pipe in drawing.pipes:
        ends = {stock for flow in pipe.flows for stock, _ in flow.ends}
        for stock in sorted({stock for flow in pipe.flows for stock in informing(flow)} - ends, key=list(at).index):
            axes.add_artist(FancyArrowPatch(at[stock], pipe.valve, connectionstyle="arc3,rad=0.15", arrowstyle="-|>", mutation_scale=6, shrinkA=0,
                                           shrinkB=5, color=QUIET, linewidth=0.7, linestyle=(0, (4, 2.5)), zorder=1))
    for text in axes.texts:
        if text.get_zorder() == _OUTSIDE:
            text.set_path_effects([withStroke(linewidth=1.8, foreground="white")])


def informing(flow: Flow) -> set[Stock]:
    """Return the stocks on which the rate of a flow depends."""
    found: set[Stock] = set()
    known, pending = set(), [flow]
    while pending:
        quantity = pending.pop()
        if quantity in known:
            continue
        known.add(quantity)
        if isinstance(quantity, Stock):
            found.add(quantity)
        elif isinstance(quantity, Auxiliary):
            pending += quantity.expression.free_symbols
    return found


def _head(axes: Axes, kind: str, before: tuple[float, float], tip: tuple[float, float]) -> None:
    """Draw an arrow head that ends at `tip` and comes from `before`."""
    if not kind:
        return
    across = abs(tip[0] - before[0]) >= abs(tip[1] - before[1])
    back = -0.1 if tip[not across] > before[not across] else 0.1
    corners = [(back, 0.055), (back, -0.055)]
    axes.add_artist(Polygon([tip, *((tip[0] + a, tip[1] + b) if across else (tip[0] + b, tip[1] + a) for a, b in corners)],
                           facecolor=PIPE if kind == "full" else "white", edgecolor=PIPE, linewidth=0.9, zorder=4))
