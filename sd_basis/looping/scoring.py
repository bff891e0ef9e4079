"""Loops That Matter: how much each feedback loop contributes to what the stocks do, along a run.

The score of a link x -> z is dz/dx |x'/z'|, of a flow into a stock its sign times |flow'/net flow'| (Schoenberg, Hayward and
Eberlein, System Dynamics Review 39, 2023, in the limit of short intervals); that of a loop is the product of its links. In the product
everything but stocks cancels: it is the gain around the loop times |S'/S''| of each stock. An isolated loop scores 1 or -1.
The relative score is the score by the sum of the absolute scores of the cycle partition: raw scores grow without bounds where a
speed changes its sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..circuits import Loop
from ..errors import InputError
from ..model import Model
from ..run import Run
from .enumerating import links_of
from .finding import MOST, checked, found_along, named, run_of
from .found import Loops
from .intervals import Intervals, interval_scores
from .links import Along, LinkGraph, along, times_along


@dataclass(frozen=True)
class Group:
    """Loops that count together: one loop, or those of one name, member by member."""

    label: str
    given: str | None
    rows: tuple[int, ...]
    polarity: str
    delayed: bool
    partition: int


@dataclass(frozen=True)
class LoopScores:
    """The scores of loops along a run: `scores` and `relative` (loops, times) in the order of `loops`, at `t`.

    Of the discrete form `t` are the beginnings of intervals, [t, t + step], as published tables label them. Where a
    partition rests, its scores are zero and its relative ones not a number. `complete` tells whether the relative scores are shares of all loops.
    """

    run: Run
    loops: Loops
    t: np.ndarray
    scores: np.ndarray
    relative: np.ndarray
    form: str
    links: Along | Intervals
    gains: np.ndarray  # of each link (links, instants), for its sign

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the relative score of a loop, of a name that stands for several their sum; raise InputError with the nearest names."""
        wanted = {loop.name for loop in self.loops.named(name)}
        return np.sum(self.relative[[row for row, loop in enumerate(self.loops) if loop.name in wanted]], axis=0)

    @property
    def complete(self) -> bool:
        """Whether the relative scores are shares of all loops of their partition."""
        return self.loops.complete

    @property
    def groups(self) -> list[Group]:
        """The loops, those of one given name together."""
        rows: dict[tuple[str, int], list[int]] = {}
        for row, loop in enumerate(self.loops):
            rows.setdefault((loop.given or loop.name, loop.partition), []).append(row)
        made = []
        for own in rows.values():
            first, polarities = self.loops[own[0]], {self.loops[row].polarity for row in own} - {"none"}
            label = first.label if len(own) == 1 else f"{first.name}–{self.loops[own[-1]].name} {first.given}"
            polarity = polarities.pop() if len(polarities) == 1 else "changes" if polarities else "none"
            made.append(Group(label, first.given, tuple(own), polarity, first.delayed, first.partition))
        return made

    def mean(self, rows: Iterable[int]) -> float:
        """Return the mean absolute relative score of loops over the time in which their partition moves."""
        return mean_over(self.t, np.abs(np.sum(self.relative[list(rows)], axis=0)))

    def ranked(self, partition: int | None = None) -> list[Group]:
        """Return the groups by their mean absolute relative score, the strongest first."""
        own = [group for group in self.groups if partition in (None, group.partition)]
        return sorted(own, key=lambda group: -self.mean(group.rows))

    def shares(self, groups: Iterable[Group]) -> np.ndarray:
        """Return the scores of some groups as shares of the sum of theirs, with their signs (groups, times); not a number where that is nothing."""
        own = np.array([np.sum(self.scores[list(group.rows)], axis=0) for group in groups])
        with np.errstate(all="ignore"):
            total = np.sum(np.abs(own), axis=0)
            return np.where(total > 0, own / total, np.nan)

    def leads(self, groups: Iterable[Group]) -> list[float]:
        """Return for which share of the time each of some groups of one partition has the largest score, of the time in which one has."""
        own = list(groups)
        found = {group.label: 0.0 for group in own}
        for start, end, leader in self.phases(own[0].partition if own else 1, own):
            found[leader.label] += end - start
        total = sum(found.values())
        return [found[group.label] / total if total else 0.0 for group in own]

    def phases(self, partition: int = 1, groups: Iterable[Group] | None = None) -> list[tuple[float, float, Group]]:
        """Return from when to when which group of a partition had the largest score; times at which it rests are left out."""
        own = [group for group in (self.groups if groups is None else groups) if group.partition == partition]
        sizes = np.array([np.abs(np.sum(self.relative[list(group.rows)], axis=0)) for group in own]).reshape(len(own), len(self.t))
        found: list[tuple[float, float, Group]] = []
        for place in range(len(self.t) - 1):
            if not own or not np.isfinite(sizes[:, place]).all() or not sizes[:, place].any():
                continue
            leader = own[int(np.argmax(sizes[:, place]))]
            if found and found[-1][2] is leader and found[-1][1] == self.t[place]:
                found[-1] = (found[-1][0], float(self.t[place + 1]), leader)
            else:
                found.append((float(self.t[place]), float(self.t[place + 1]), leader))
        return found


def mean_over(t: np.ndarray, values: np.ndarray) -> float:
    """Return the mean over time of values, the times left out at which there is none."""
    known = np.isfinite(values)
    weight = np.gradient(t) if len(t) > 1 else np.ones(1)
    total = float(np.sum(weight[known]))
    return float(np.sum(weight[known] * values[known])) / total if total > 0 else 0.0


def loop_scores(model: Model | Run, case: Case | str | Path | None = None, *, most: int = MOST, loops: Iterable[Loop] = (), set: Mapping | None = None,
                policies: Iterable[Any] = (), between: tuple[Any, Any] | None = None, step: float | None = None, times: Iterable[float] | None = None,
                only_named: bool = False) -> LoopScores:
    """Return the scores of every feedback loop along the run of a case, or along a run given.

    Without `step` the exact continuous form, from partial derivatives and the speeds of stocks; with a `step` the published form of
    differences over intervals of that length, from the start on, of which those that hold a switch inside have no score. `between`
    are two model times or dates; `times` are by default even ones in it, steps of the solver and both sides of each switch. The loops are
    those of `find_loops`, whose `most` and `loops` these are, or `only_named` those with a name, without a search for others. Raises
    InputError as that does.
    """
    run = run_of(model, case, set, policies)
    graph = LinkGraph(run.path.compiled)
    checked(graph)
    first, last = _window(run, between)
    links = along(run, times_along(run, first, last) if times is None else np.array(list(times), dtype=float), graph)
    circuits = named(run.model, loops)
    if only_named and not circuits:
        raise InputError(f"{run.model.where}: it names no loop; give it loops=, or look at all")
    found = found_along(links, most, circuits, only_named)
    if step is None:
        factors = links.factors()
        through = [[node for node in loop.nodes if node < graph.stocks] for loop in found]
        scores = np.array([np.prod(links.gains[links_of(graph, loop.nodes)], axis=0) * np.prod(factors[stocks], axis=0)
                           for loop, stocks in zip(found, through, strict=True)])
        return LoopScores(run, found, links.t, scores, relative_scores(found, scores), "continuous", links, links.gains)
    intervals = interval_scores(run, graph, first, last, step)
    scores = np.array([np.prod(intervals.scores[links_of(graph, loop.nodes)], axis=0) for loop in found])
    return LoopScores(run, found, intervals.t, scores, relative_scores(found, scores), "discrete", intervals, links.gains)


def _window(run: Run, between: tuple[Any, Any] | None) -> tuple[float, float]:
    start, end = float(run.path.t[0]), float(run.path.t[-1])
    if between is None:
        return start, end
    first, last = (run.case.time("between", value) for value in between)
    if not start <= first < last <= end:
        raise InputError(f"between: {first:g} to {last:g} does not lie in the run from {run.when(start)} to {run.when(end)}; "
                         "give two times in it, the earlier first")
    return first, last


def relative_scores(found: Loops, scores: np.ndarray) -> np.ndarray:
    """Return scores as shares of the sum of absolute scores of their partition; where that is nothing, not a number."""
    made = np.full_like(scores, np.nan)
    for part in found.partitions:
        rows = [row for row, loop in enumerate(found) if loop.partition == part.number]
        total = np.sum(np.abs(scores[rows]), axis=0)
        with np.errstate(all="ignore"):
            made[rows] = np.where(total > 0, scores[rows] / total, np.nan)
    return made
