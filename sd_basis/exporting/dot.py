"""The links of a model for Graphviz: text only, drawn by whoever has it."""

from __future__ import annotations

from ..compiled import compiled
from ..looping.links import LinkGraph
from ..model import Model
from ..quantities import CLOUD, Flow, Stock


def to_dot(model: Model) -> str:
    """Return the stocks, flows and auxiliaries that the rates rest on, and the links between them, as a graph of Graphviz.

    Flows are double arrows from stock to stock through a valve, clouds where they leave the model; thin arrows are
    the links of `loops`: which quantity stands in whose equation.
    """
    graph = LinkGraph(compiled(model, held=False))
    label = {quantity: _quoted(quantity.name) for quantity in graph.nodes}
    lines = [f"digraph {_quoted(model.name)} {{", "  rankdir=LR;", "  node [fontname=Helvetica, fontsize=10];"]
    for quantity in graph.nodes:
        shape = "box" if isinstance(quantity, Stock) else "diamond" if isinstance(quantity, Flow) else "ellipse"
        lines.append(f"  {label[quantity]} [shape={shape}];")
    for number, flow in enumerate(model.flows):
        for end, arrow in ((flow.source, "{} -> {}"), (flow.sink, "{1} -> {0}")):
            name = f'"CLOUD {number}"' if end is CLOUD else label[end]
            if end is CLOUD:
                lines.append(f'  {name} [shape=none, label="☁"];')
            lines.append(f"  {arrow.format(name, label[flow])} [color=\"black:invis:black\"];")
    for source, target in graph.ends[:, :graph.into].T:
        lines.append(f"  {label[graph.nodes[source]]} -> {label[graph.nodes[target]]} [color=gray50];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(name: str) -> str:
    text = " ".join(name.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
