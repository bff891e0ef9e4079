"""Order of definitions: topological order, and the cycle that prevents it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


class Cycle(Exception):
    """Definitions that need one another; `nodes` walks the cycle and ends where it began."""

    def __init__(self, nodes: list):
        super().__init__(" -> ".join(str(node) for node in nodes))
        self.nodes = nodes


def ordered(nodes: Iterable[Node], needs: Callable[[Node], Iterable[Node]]) -> list[Node]:
    """Return the nodes so that each comes after those it needs; raise Cycle where none exists."""
    nodes = list(nodes)
    inside = set(nodes)
    sorter = TopologicalSorter({node: [need for need in needs(node) if need in inside] for node in nodes})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise Cycle(error.args[1]) from None
