"""The view of an XMILE document: stocks and flows as they are laid out, auxiliaries in rows below, near what rests on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from ..quantities import Quantity
from .naming import quoted
from .variables import Outline, Variable

Point = tuple[float, float]
_INCH = 105.0  # pixels
_WIDE, _HIGH, _MARGIN = 130.0, 75.0, 60.0  # of a place in the rows
_COLUMNS = 12


@dataclass(frozen=True)
class Layout:
    """Where stocks stand and along which points flows run, in inches with y upwards; `valves` are the middles of the flows."""

    stocks: Mapping[Quantity, Point] = field(default_factory=dict)
    valves: Mapping[Quantity, Point] = field(default_factory=dict)
    pipes: Mapping[Quantity, tuple[Point, ...]] = field(default_factory=dict)


def view(outline: Outline, layout: Layout | None) -> Element:
    """Return the view of an outline, with every variable placed and every link drawn as a connector."""
    found = Element("view", {"type": "stock_flow"})
    places, pipes, bottom = _drawn(outline, layout or Layout())
    _rows(outline, places, bottom)
    for variable in outline.variables:
        x, y = places[variable.name]
        shape = SubElement(found, variable.kind, {"name": variable.name, "x": f"{x:.0f}", "y": f"{y:.0f}"})
        if variable.kind == "flow":
            points = SubElement(shape, "pts")
            for across, down in pipes.get(variable.name) or _pipe(outline, variable, places):
                SubElement(points, "pt", {"x": f"{across:.0f}", "y": f"{down:.0f}"})
    number = 0
    for variable in outline.variables:
        if variable.kind == "stock":
            continue  # what an initial value rests on is no link
        for name in variable.mentions:
            number += 1
            (x, y), (to_x, to_y) = places[name], places[variable.name]
            angle = math.degrees(math.atan2(y - to_y, to_x - x)) % 360
            link = SubElement(found, "connector", {"uid": str(number), "angle": f"{angle:.1f}"})
            SubElement(link, "from").text = quoted(name)
            SubElement(link, "to").text = quoted(variable.name)
    return found


def _drawn(outline: Outline, layout: Layout) -> tuple[dict[str, Point], dict[str, list[Point]], float]:
    """Return the places and pipes of a layout in pixels with y downwards, and how far down they reach."""
    every = [*layout.stocks.values(), *layout.valves.values(), *(point for pipe in layout.pipes.values() for point in pipe)]
    left, top = min((x for x, _ in every), default=0.0), max((y for _, y in every), default=0.0)

    def pixels(point: Point) -> Point:
        return _MARGIN + (point[0] - left) * _INCH, _MARGIN + (top - point[1]) * _INCH
    places: dict[str, Point] = {}
    pipes: dict[str, list[Point]] = {}
    for name, quantity in outline.stands.items():
        known = layout.stocks.get(quantity, layout.valves.get(quantity))
        if known is not None:
            places[name] = pixels(known)
        if quantity in layout.pipes:
            pipes[name] = [pixels(point) for point in layout.pipes[quantity]]
    return places, pipes, max((y for _, y in map(pixels, every)), default=0.0)


def _rows(outline: Outline, places: dict[str, Point], bottom: float) -> None:
    """Place the other variables in rows below, what flows rest on first, each row in the order of the places of what rests on it."""
    used_by: dict[str, list[str]] = {variable.name: [] for variable in outline.variables}
    for variable in outline.variables:
        for name in variable.mentions:
            used_by[name].append(variable.name)
    waiting = [variable.name for variable in outline.variables if variable.name not in places]
    stocks = [variable.name for variable in outline.variables if variable.kind != "aux" and variable.name in waiting]
    y = bottom + 1.5 * _HIGH

    def across(name: str) -> float:
        users = [places[user][0] for user in used_by[name] if user in places]
        return sum(users) / len(users) if users else math.inf
    layer = stocks
    while waiting:
        if not layer:
            layer = [name for name in waiting if all(user in places for user in used_by[name])] or waiting
        ordered = sorted(layer, key=across)
        for first in range(0, len(ordered), _COLUMNS):
            for column, name in enumerate(ordered[first:first + _COLUMNS]):
                places[name] = _MARGIN + _WIDE * (column + 0.5), y
            y += _HIGH
        waiting, layer = [name for name in waiting if name not in places], []


def _pipe(outline: Outline, flow: Variable, places: Mapping[str, Point]) -> list[Point]:
    """Return a straight pipe through a flow's place, between the stocks at its ends where there are any."""
    x, y = places[flow.name]
    ends: list[Point] = [(x - _WIDE / 2, y), (x + _WIDE / 2, y)]
    for variable in outline.variables:
        if flow.name in variable.outflows:
            ends[0] = places[variable.name]
        if flow.name in variable.inflows:
            ends[1] = places[variable.name]
    return ends
