"""Finding the feedback loops of a model, and telling which way each turns along a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..circuits import Circuit, Loop, circuits
from ..errors import InputError
from ..model import Model
from ..run import Run
from ..simulation import simulate
from .enumerating import Cycle, every_cycle, independent, links_of, partitions, strongest, turned
from .found import BALANCING, CHANGING, IDLE, LETTERS, REINFORCING, FeedbackLoop, Loops, Partition
from .links import Along, LinkGraph, along

MOST = 1000  # loops of a partition beyond which they are searched, not counted
_INSTANTS, _STRONGEST = 12, 40  # at which the strongest loops are searched, and how many are kept of each
RTOL = 1e-8  # speeds of speeds are looked at, so the run is closer than runs need be


def find_loops(model: Model | Run, case: Case | str | Path | None = None, *, most: int = MOST, loops: Iterable[Loop] = (), set: Mapping | None = None,
               policies: Iterable[Any] = ()) -> Loops:
    """Return the feedback loops of a model, those it names, and `loops` more.

    All loops of a cycle partition are found where there are at most `most`; in a larger one those named, the shortest independent loop set
    and the strongest met at instants along the run. Polarity is the sign of the product of the partial derivatives around the
    loop along the run of the case; of a run given, along that. Raises InputError where the model has no feedback loop, or a
    named one does not exist. Needs the extra `loops`.
    """
    run = run_of(model, case, set, policies)
    graph = LinkGraph(run.path.compiled)
    checked(graph)
    return found_along(along(run, graph=graph), most, named(run.model, loops))


def run_of(model: Model | Run, case: Case | str | Path | None, set: Mapping | None, policies: Iterable[Any]) -> Run:
    """Return the run that is looked at: the one given, or that of a case."""
    if isinstance(model, Run):
        if case is not None or set or policies:
            raise InputError("loops: a run has its case, parameters and policies already; leave case=, set= and policies= out, or give the model")
        return model
    return simulate(model, case, set=set, policies=policies, rtol=RTOL)


def checked(graph: LinkGraph) -> list[tuple[int, ...]]:
    """Return the cycle partitions; raise InputError where there is none."""
    found = partitions(graph)
    if not found:
        raise InputError(f"{graph.model.where}: it has no feedback loop: no flow depends on what it fills or drains, directly or through others; "
                         "let a rate depend on a stock")
    return found


def named(model: Model, more: Iterable[Loop]) -> tuple[Circuit, ...]:
    """Return the loops the model names and further ones; raise InputError for a name given twice."""
    added = circuits(model, more)
    for circuit in added:
        if any(circuit.name == known.name for known in model.loops):
            raise InputError(f"loop {circuit.name!r}: the model names one like this already; choose another name")
    return (*model.loops, *added)


def found_along(links: Along, most: int, named: tuple[Circuit, ...], only_named: bool = False) -> Loops:
    """Return the loops of a graph, or only those named, with their polarity along the links of a run."""
    graph = links.graph
    given = {turned(graph.place[quantity] for quantity in circuit.quantities): circuit for circuit in named if _rates(graph, circuit)}
    scores = None
    made: list[tuple[Cycle, int, bool]] = []
    parts = []
    for number, nodes in enumerate(partitions(graph), 1):
        inside = frozenset(nodes)
        own = [cycle for cycle in given if inside.issuperset(cycle)]
        cycles, complete = (own, False) if only_named else every_cycle(graph, nodes, most)
        short = own if only_named else independent(graph, nodes, links.acting, own)
        if not complete and not only_named:
            scores = links.link_scores() if scores is None else scores
            kept = dict.fromkeys(own) | dict.fromkeys(short)
            for place in np.unique(np.linspace(0, len(links.t) - 1, _INSTANTS).astype(int)):
                kept |= dict.fromkeys(strongest(graph, nodes, scores[:, place], _STRONGEST))
            cycles = sorted(kept, key=lambda cycle: (len(cycle), cycle))
        basis = frozenset() if only_named else frozenset(short)
        made += [(cycle, number, cycle in basis) for cycle in cycles]
        ends = sum(source in inside and target in inside for source, target in graph.ends.T.tolist())
        parts.append(Partition(number, len(nodes), sum(node < graph.stocks for node in nodes), ends, len(short), len(cycles), complete))
    return Loops(_dressed(links, made, given), tuple(parts), most, not only_named)


def _rates(graph: LinkGraph, circuit: Circuit) -> bool:
    return all(quantity in graph.place for quantity in circuit.quantities)


def _dressed(links: Along, made: list[tuple[Cycle, int, bool]], given: Mapping[Cycle, Circuit]) -> tuple[FeedbackLoop, ...]:
    """Return loops with polarity and names: those that the model names first, then the shorter ones."""
    graph, counts, found = links.graph, dict.fromkeys(LETTERS, 0), []
    taken = {circuit.name for circuit in given.values()}  # a model may call a loop R1 itself
    made = sorted(made, key=lambda item: (list(given).index(item[0]) if item[0] in given else len(given), len(item[0]), item[1], item[0]))
    for cycle, number, inside in made:
        circuit = given.get(cycle)
        nodes = cycle if circuit is None else tuple(graph.place[quantity] for quantity in circuit.quantities)
        polarity = _polarity(np.prod(np.sign(links.gains[links_of(graph, cycle)]), axis=0))
        counts[polarity] += 1
        while f"{LETTERS[polarity]}{counts[polarity]}" in taken:
            counts[polarity] += 1
        delayed = len(cycle) > 2 and not graph.delayed.isdisjoint(cycle)  # a stage emptying into nothing is no loop through the delay
        found.append(FeedbackLoop(f"{LETTERS[polarity]}{counts[polarity]}", tuple(graph.nodes[node].name for node in nodes), polarity, delayed, number, inside,
                                  None if circuit is None else circuit.name, "" if circuit is None else circuit.member, nodes))
    return tuple(found)


def _polarity(signs: np.ndarray) -> str:
    """Return which way a loop turns from its signs along a run; instants at which a link does not act do not count."""
    up, down = bool(np.any(signs > 0)), bool(np.any(signs < 0))
    return CHANGING if up and down else REINFORCING if up else BALANCING if down else IDLE
