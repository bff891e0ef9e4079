"""The nodes of PySD's syntax trees: what they are, walking them, and trees with some nodes replaced."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import sympy

from .functions import NOT_AVAILABLE

_KEEPS_STATE = ("Integ", "Initial", "Delay", "DelayN", "Smooth", "SmoothN", "Trend", "Forecast")


def kind_of(tree: Any) -> str:
    """Return what a node of a tree is, without PySD's endings: "Arithmetic", "Call", "Integ"; "" for a number."""
    return type(tree).__name__.removesuffix("Structure") if hasattr(tree, "__dataclass_fields__") else ""


def number(value: Any) -> sympy.Expr | None:
    """Return a number of a tree as an expression, :NA: as the number it is to Vensim; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if math.isnan(value):
        return NOT_AVAILABLE
    if math.isinf(value):
        return sympy.oo if value > 0 else -sympy.oo  # refused where it is used
    return sympy.Integer(int(value)) if value == int(value) else sympy.Float(value)


def nodes_of(tree: Any) -> Iterator[Any]:
    """Yield the nodes of a tree, but not what lies under one that keeps a state: its value at the start is its own."""
    if isinstance(tree, (tuple, list)):
        for part in tree:
            yield from nodes_of(part)
    elif kind_of(tree) and kind_of(tree) not in _KEEPS_STATE:
        yield tree
        for part in vars(tree).values():
            yield from nodes_of(part)


def rewritten(tree: Any, change: Callable[[Any, Callable[[Any], Any]], Any]) -> Any:
    """Return a tree in which `change` replaces nodes; it is given a node and what rewrites its parts, and returns None to leave it.

    What is one node of the tree stays one.
    """
    done: dict[int, Any] = {}

    def of(node: Any) -> Any:
        if isinstance(node, (tuple, list)):
            return type(node)(of(part) for part in node)
        if not kind_of(node):
            return node
        if id(node) not in done:
            new = change(node, of)
            if new is None:
                new = dataclasses.replace(node, **{part.name: of(getattr(node, part.name)) for part in dataclasses.fields(node) if part.init})
            done[id(node)] = new
        return done[id(node)]
    return of(tree)
