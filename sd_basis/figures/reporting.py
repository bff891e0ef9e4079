"""The pictures of a report: the stock-and-flow diagram, the paths of the case, and what the model's own figures name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ..reporting.subject import Picture
from .diagram import stock_and_flow
from .output import svg_bytes
from .paths import decisive_stocks, paths
from .style import styled

if TYPE_CHECKING:
    from ..model import Model
    from ..reporting import Subject

_PIXELS = 100  # an inch of a figure on a page


def pictures(subject: Subject, what: str) -> Sequence[Picture]:
    """Return the pictures of one kind: "structure" the diagram, "behaviour" the paths of what matters most; none of another kind."""
    with styled():
        if what == "structure":
            return [_picture(stock_and_flow(subject.model), "stock_and_flow", f"Stocks and flows of {subject.model.name}")]
        if what == "behaviour" and subject.shows:
            figure, _ = paths([subject.run], list(subject.shows))
            return [_picture(figure, "paths", f"Paths of {subject.model.name}, {subject.case.name}", "Thin lines are the dates of policies and shocks.")]
    return ()


def shown(model: Model) -> tuple[str, ...]:
    """Return what a report of a model shows over time: what its figures name in COMPARED, else the stocks that decide the outcome."""
    from . import compared

    return tuple(compared(model) or decisive_stocks(model, 6))


def _picture(figure: Figure, name: str, title: str, remark: str = "") -> Picture:
    return Picture(name, title, svg_bytes(figure), remark, round(figure.get_figwidth() * _PIXELS))
