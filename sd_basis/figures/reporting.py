"""The pictures of a report: the stock-and-flow diagram, the paths of the case, and what the model's own figures name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ..errors import BasisError
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
    """Return the pictures of one kind: "structure" the diagram, "behaviour" the paths of what matters most, "loops" the causal loops."""
    with styled():
        if what == "structure":
            return [_picture(stock_and_flow(subject.model), "stock_and_flow", f"Stocks and flows of {subject.model.name}")]
        if what == "behaviour" and subject.shows:
            figure, _ = paths([subject.run], list(subject.shows))
            return [_picture(figure, "paths", f"Paths of {subject.model.name}, {subject.case.name}", "Thin lines are the dates of policies and shocks.")]
        if what == "loops":
            return _loops(subject)
    return ()


def all_pictures(subject: Subject, what: str) -> Sequence[Picture]:
    """Return the pictures of one kind; beside those of `pictures`, "figures" are the figures that the model brings itself. One that cannot be drawn is told."""
    if what != "figures":
        return pictures(subject, what)
    from . import own_figures
    from .context import Context

    context, made = Context(subject.model), []
    for name, (title, function) in own_figures(context).items():
        subject.tell(f"figure {name}")
        try:
            with styled():
                made.append(_picture(function(context)[0], name, title))
        except BasisError as error:
            subject.failures[f"figure {name}"] = str(error)
    return made


def _loops(subject: Subject) -> Sequence[Picture]:
    """Return the diagram of the strongest loops, or of those the model names, and their dominance over time."""
    from ..reporting.feedback import scores_of
    from .causal import causal_loops
    from .dominance import dominance, told

    scores = scores_of(subject)
    groups = told(scores)
    if not groups:
        return ()
    return [_picture(causal_loops(scores, groups)[0], "loops", f"Causal loops of {subject.model.name}", "R reinforces, B balances."),
            _picture(dominance(scores, None, groups)[0], "dominance", f"Which loops drive {subject.case.name}", "Shares of the scores of loops over time.")]


def shown(model: Model) -> tuple[str, ...]:
    """Return what a report of a model shows over time: what its figures name in COMPARED, else the stocks that decide the outcome."""
    from . import compared

    return tuple(compared(model) or decisive_stocks(model, 6))


def _picture(figure: Figure, name: str, title: str, remark: str = "") -> Picture:
    return Picture(name, title, svg_bytes(figure), remark, round(figure.get_figwidth() * _PIXELS))
