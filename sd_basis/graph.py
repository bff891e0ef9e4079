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


def cycles(nodes: Iterable[Node], needs: Callable[[Node], Iterable[Node]]) -> list[list[Node]]:
    """Return cycles that share no node, each ending where it began, until none is left: empty where an order exists."""
    left, found = list(nodes), []
    while True:
        try:
            ordered(left, needs)
        except Cycle as cycle:
            found.append(cycle.nodes)
            left = [node for node in left if node not in set(cycle.nodes)]
        else:
            return found


def ordered(nodes: Iterable[Node], needs: Callable[[Node], Iterable[Node]]) -> list[Node]:
    """Return the nodes so that each comes after those it needs; raise Cycle where none exists."""
    nodes = list(nodes)
    inside = set(nodes)
    sorter = TopologicalSorter({node: [need for need in needs(node) if need in inside] for node in nodes})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise Cycle(error.args[1]) from None
