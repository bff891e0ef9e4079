"""An outline as a document of XMILE 1.0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..version import __version__
from .equations import number
from .naming import quoted
from .variables import Outline, Variable
from .view import Layout, view

_NAMESPACE = "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"


def to_xmile(outline: Outline, layout: Layout | None = None) -> str:
    """Return an outline as XMILE; `layout` says where stocks and flows stand in its view, by default in rows."""
    root = Element("xmile", {"version": "1.0", "xmlns": _NAMESPACE})
    header = SubElement(root, "header")
    SubElement(header, "vendor").text = "The sd_basis authors"
    SubElement(header, "product", {"version": __version__, "lang": "en"}).text = "sd_basis"
    SubElement(header, "name").text = _said(outline.name)
    if outline.description:
        SubElement(header, "caption").text = _said(outline.description)
    specs = SubElement(root, "sim_specs", {"method": "Euler", "time_units": outline.time_unit})
    for word, value in (("start", outline.start), ("stop", outline.stop), ("dt", outline.step)):
        SubElement(specs, word).text = number(value)
    model = SubElement(root, "model")
    variables = SubElement(model, "variables")
    for variable in outline.variables:
        _variable(variables, variable)
    SubElement(model, "views").append(view(outline, layout))
    indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _variable(parent: Element, variable: Variable) -> None:
    own = SubElement(parent, variable.kind, {"name": variable.name})
    if variable.description:
        SubElement(own, "doc").text = _said(variable.description)
    SubElement(own, "eqn").text = variable.equation
    for word, flows in (("inflow", variable.inflows), ("outflow", variable.outflows)):
        for flow in flows:
            SubElement(own, word).text = quoted(flow)
    if variable.graph is not None:
        graph = variable.graph
        drawn = SubElement(own, "gf", {"type": "continuous"})
        SubElement(drawn, "yscale", {"min": number(min(graph.y)), "max": number(max(graph.y))})
        SubElement(drawn, "xpts").text = _numbers(graph.x)
        SubElement(drawn, "ypts").text = _numbers(graph.y)
    if variable.unit is not None:
        SubElement(own, "units").text = variable.unit.replace("**", "^")
    low, high = (number(limit) if abs(limit) < float("inf") else None for limit in variable.limits)
    if low is not None and high is not None:
        SubElement(own, "range", {"min": low, "max": high})


def _numbers(values: Sequence[float]) -> str:
    return ",".join(map(number, values))


def _said(text: str) -> str:
    """Return a text without the signs that XML cannot hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)
