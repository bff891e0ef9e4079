"""The structure: the diagram, stocks, and every equation."""

from __future__ import annotations

from ..model import Model
from ..quantities import Quantity, Stock
from ..system import System
from .breaking import equation
from .drawing import drawn
from .formulas import named, rate_of_change
from .page import Markup, element, folded, joined, table
from .subject import Subject
from .words import number, value_text

_OPEN = 14  # equations that stand open


def diagram(subject: Subject) -> Markup:
    """Return the stock-and-flow diagram."""
    remark = "Boxes are stocks, double lines flows, clouds the outside."
    return joined(drawn(subject, "structure", remark) or element("p", "No pictures were asked for."))


def stocks(subject: Subject) -> Markup:
    """Return every stock with its initial value, unit, holder and meaning."""
    model = subject.model
    first = subject.run.path.x[0]
    rows = [(stock.name, number(first[place]), "" if stock.initial.is_number else value_text(stock.initial), stock.unit or "",
             "yes" if stock.nonnegative else "", stock.holder.name if stock.holder else "",
             stock.instrument.name if stock.instrument else "", stock.description)
            for place, stock in enumerate(model.stocks)]
    totals = System(model).conserved
    kept = [" + ".join(stock.name if weight == 1 else f"{float(weight):g} {stock.name}" for stock, weight in total.items()) for total in totals]
    said = f"Conserved whatever happens: {'; '.join(kept)}." if kept else "No total is conserved: every one has a flow across the boundary."
    head = ("stock", "at the start", "initial equation", "unit", "never negative", "holder", "instrument", "meaning")
    return joined(table(head, rows, numbers=(1,), words=(2, 7)), element("p", said))


def equations(subject: Subject) -> Markup:
    """Return every equation: the net flow of each stock, the rate of each flow, the auxiliaries in the order of computation."""
    model = subject.model
    nets = zip(model.stocks, System(model).derivatives(), strict=True)
    groups = [("Stocks", [(equation(rate_of_change(stock), net), stock, "") for stock, net in nets]),
              ("Flows", [(equation(named(flow), flow.expression), flow, f"{flow.source.name} → {flow.sink.name}") for flow in model.flows]),
              ("Auxiliaries, in the order of computation", [(equation(named(item), item.expression), item, "") for item in model.auxiliaries])]
    parts = [element("p", "t is model time in units of ", model.time_unit, ". Names are those of the model's file; brackets hold the member of a family.")]
    for title, lines in groups:
        if lines:
            body = [_equation(model, *line) for line in lines]
            parts.append(folded(f"{title} ({len(lines)})", element("div", body, class_="equations"), open_=len(lines) <= _OPEN))
    return joined(parts)


def _equation(model: Model, made: Markup, quantity: Quantity, ends: str) -> Markup:
    unit = model.unit_text(quantity)
    if isinstance(quantity, Stock):
        unit = f"{quantity.unit}/{model.time_unit}" if quantity.unit else None
    about = "; ".join(filter(None, (ends, unit if unit != "1" else "dimensionless", quantity.description)))
    return element("div", made, element("span", about, class_="about") if about else None, class_="equation", tabindex="0")
