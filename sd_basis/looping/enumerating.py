"""Feedback loops in the graph of links: all of them where they can be counted, the shortest independent set, the strongest.

Every loop lies inside a cycle partition, a strongly connected component of the graph. Johnson's algorithm (SIAM J.
Computing 4, 1975) lists them; large models have more loops than anybody can. The shortest independent loop set (Oliva, System Dynamics Review
20, 2004) always has links - quantities + 1 loops a partition; here it is a basis in the strict sense, which Oliva's rule of
new links does not ensure (Huang, Howley and Duggan, 2012).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path

from ..errors import missing_extra
from .links import LinkGraph

Cycle = tuple[int, ...]  # nodes in the order of their links; the last one acts on the first
_LAST = 200_000  # cycles looked at where the shortest do not span all


def turned(cycle: Iterable[int]) -> Cycle:
    """Return a cycle so that it begins with its smallest node: the same for every way of writing it."""
    nodes = list(cycle)
    first = nodes.index(min(nodes))
    return (*nodes[first:], *nodes[:first])


def links_of(graph: LinkGraph, cycle: Cycle) -> list[int]:
    """Return the numbers of the links around a cycle."""
    return [graph.number[pair] for pair in zip(cycle, (*cycle[1:], cycle[0]), strict=True)]


def partitions(graph: LinkGraph, acting: np.ndarray | None = None) -> list[tuple[int, ...]]:
    """Return the cycle partitions of a graph, or of its links that act, the largest first, each as its nodes in order."""
    ends = graph.ends if acting is None else graph.ends[:, acting]
    size = len(graph.nodes)
    _, label = connected_components(csr_array((np.ones(ends.shape[1]), ends), shape=(size, size)), connection="strong")
    found: dict[int, list[int]] = {}
    for node in range(size):
        found.setdefault(int(label[node]), []).append(node)
    return sorted((tuple(nodes) for nodes in found.values() if len(nodes) > 1), key=lambda nodes: (-len(nodes), nodes))


def every_cycle(graph: LinkGraph, nodes: tuple[int, ...], most: int) -> tuple[list[Cycle], bool]:
    """Return the cycles of a partition, at most so many, and whether these are all."""
    own = _directed(graph).subgraph(nodes)
    found = [turned(cycle) for cycle in islice(_networkx().simple_cycles(own), most + 1)]
    return sorted(found[:most], key=_order), len(found) <= most


def independent(graph: LinkGraph, nodes: tuple[int, ...], acting: np.ndarray, first: Iterable[Cycle] = ()) -> list[Cycle]:
    """Return independent cycles of a partition over the links that act, those given first and then the shortest.

    A shortest cycle leads along shortest paths from one node to another and back. The cycles are independent as sums
    of links, so that whatever is carried around (elasticities of an eigenvalue) has one decomposition on them.
    """
    found: list[Cycle] = []
    within = set(nodes)
    for part in partitions(graph, acting):
        if within.issuperset(part):
            own = set(part)
            links = [link for link in np.flatnonzero(acting).tolist() if own.issuperset(graph.ends[:, link].tolist())]
            known = set(links)
            found += _basis(graph, part, links, [cycle for cycle in first if known.issuperset(links_of(graph, cycle))])
    return found


def _basis(graph: LinkGraph, nodes: tuple[int, ...], links: list[int], first: Iterable[Cycle]) -> list[Cycle]:
    """Return links - nodes + 1 independent cycles."""
    column = {link: place for place, link in enumerate(links)}
    wanted = len(links) - len(nodes) + 1
    basis = _Basis()
    chosen: list[Cycle] = []
    for cycle in _candidates(graph, nodes, links, first):
        if len(chosen) == wanted:
            break
        if basis.takes([column[link] for link in links_of(graph, cycle)]):
            chosen.append(cycle)
    return chosen


class _Basis:
    """Vectors of links in echelon form, sparse, over a prime field, where elimination does not round."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, int]] = {}

    def takes(self, columns: list[int]) -> bool:
        """Take in a cycle, unless it is a sum of those before it."""
        prime = 2_147_483_647
        vector = dict.fromkeys(columns, 1)
        while vector:
            pivot = min(vector)
            row = self.rows.get(pivot)
            if row is None:
                inverse = pow(vector[pivot], -1, prime)
                self.rows[pivot] = {place: value * inverse % prime for place, value in vector.items()}
                return True
            factor = vector[pivot]
            for place, value in row.items():
                left = (vector.get(place, 0) - factor * value) % prime
                if left:
                    vector[place] = left
                else:
                    vector.pop(place, None)
        return False


def _candidates(graph: LinkGraph, nodes: tuple[int, ...], links: list[int], first: Iterable[Cycle]) -> Iterable[Cycle]:
    """Yield the cycles given, then the shortest one through each link, then those through two nodes, the shortest first."""
    yield from first
    distance, before = _shortest(graph, nodes, links)
    local = {node: place for place, node in enumerate(nodes)}

    def path(start: int, end: int) -> list[int]:
        walked = [end]
        while walked[-1] != start:
            walked.append(int(before[start, walked[-1]]))
        return walked[::-1]

    ends = [(local[int(graph.ends[0, link])], local[int(graph.ends[1, link])]) for link in links]
    shortest = {turned(nodes[place] for place in path(target, source)) for source, target in ends}
    yield from sorted(shortest, key=_order)
    there_and_back = distance + distance.T
    for length in np.unique(there_and_back[there_and_back > 0]):
        again = set()
        for one, other in zip(*np.nonzero(np.triu(there_and_back == length)), strict=True):
            around = path(one, other)[:-1] + path(other, one)[:-1]
            if len(set(around)) == len(around):
                again.add(turned(nodes[place] for place in around))
        yield from sorted(again - shortest, key=_order)
    acting = np.zeros(graph.ends.shape[1], dtype=bool)
    acting[links] = True
    yield from islice((turned(cycle) for cycle in _networkx().simple_cycles(_directed(graph, acting))), _LAST)


def _shortest(graph: LinkGraph, nodes: tuple[int, ...], links: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lengths of shortest paths between nodes of a partition, and on each the node before the last."""
    matrix = np.zeros((len(graph.nodes), len(graph.nodes)))
    matrix[graph.ends[0, links], graph.ends[1, links]] = 1
    own = csr_array(matrix[np.ix_(nodes, nodes)])
    return shortest_path(own, unweighted=True, return_predecessors=True)


def strongest(graph: LinkGraph, nodes: tuple[int, ...], scores: np.ndarray, most: int) -> list[Cycle]:
    """Return loops found by following the strongest links first (Eberlein and Schoenberg, arXiv 2009.08425, 2020).

    `scores` (links,) are those of one instant. From every stock the search goes on along the links in the order of their
    strength, and turns back where an earlier way to the same quantity was stronger: a heuristic, which misses loops.
    """
    inside = set(nodes)
    outward: dict[int, list[tuple[float, int]]] = {node: [] for node in nodes}
    for (source, target), score in zip(graph.ends.T.tolist(), np.abs(scores).tolist(), strict=True):
        if source in inside and target in inside and score > 0:
            outward[source].append((score, target))
    for ways in outward.values():
        ways.sort(reverse=True)
    found: dict[Cycle, float] = {}
    for start in (node for node in nodes if node < graph.stocks):
        _search(start, outward, found)
    return [cycle for cycle, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most]]


def _search(start: int, outward: dict[int, list[tuple[float, int]]], found: dict[Cycle, float]) -> None:
    best = dict.fromkeys(outward, 0.0)
    walked, on_way = [start], {start}
    stack = [(1.0, iter(outward[start]))]
    while stack:
        strength, ways = stack[-1]
        step = next(ways, None)
        if step is None:
            stack.pop()
            on_way.discard(walked.pop())
            continue
        score, target = step
        if target == start:
            found.setdefault(turned(walked), strength * score)
        elif target not in on_way and strength * score > best[target]:
            best[target] = strength * score
            walked.append(target)
            on_way.add(target)
            stack.append((strength * score, iter(outward[target])))


def _order(cycle: Cycle) -> tuple[int, Cycle]:
    return len(cycle), cycle


def _directed(graph: LinkGraph, acting: np.ndarray | None = None) -> Any:
    made = _networkx().DiGraph()
    ends = graph.ends if acting is None else graph.ends[:, acting]
    made.add_edges_from(map(tuple, ends.T.tolist()))
    return made


def _networkx() -> ModuleType:
    try:
        import networkx
    except ImportError:
        raise missing_extra("loops", "networkx", "loops") from None
    return networkx
