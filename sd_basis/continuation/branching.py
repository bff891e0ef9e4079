"""Branches of equilibria: both directions from a point of rest, their special points, and the branches that cross them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .following import Trace, follow
from .found import Branch, Rest
from .kinked import Kinks
from .refining import branch_point_within, eigenvalues, exchange_within, fold_within, hopf_within, unstable
from .resting_problem import Beyond, Problem
from .tracing import Place, Step, corrected, first_direction, place_at

_SAME = 1e-5  # distance below which two branch points are one
_ASIDE = (0.02, 0.005, 0.05)  # how far from a branch point the other branch is looked for


@dataclass
class Node:
    """A point of a branch, and what is special about it."""

    place: Place
    kind: str = ""
    frequency: float | None = None
    detail: str = ""


@dataclass
class Search:
    """The branches found so far, and the branch points from which others may start."""

    problem: Problem
    longest: float
    most: int
    most_branches: int
    progress: Callable[[int, str], None]
    branches: list[list[Node]] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)
    crossings: list[Node] = field(default_factory=list)
    left_out: int = 0

    def __post_init__(self):
        self.kinks = Kinks(self.problem)

    def begin(self, u: np.ndarray) -> None:
        """Trace the branch through a point of rest in both directions, unless it is known."""
        self.problem.equilibrate(u)
        self.kinks.watch(u)
        if self.known(u):
            return
        start = place_at(self.problem, u, first_direction(self.problem, u))
        if start.tangent[-1] < 0:
            start = Place(start.u, -start.tangent, start.sign)
        forward = self._follow(start, home=start)
        back = Trace([], "it comes back to where it began", True) if forward.closed else self._follow(Place(start.u, -start.tangent, -start.sign))
        nodes = [*reversed(self._nodes(back)), Node(start), *self._nodes(forward)]
        self._keep(nodes, (back.end, forward.end))

    def switch(self) -> None:
        """Trace the branches that cross at the branch points found, and at those found on them, each once."""
        done = 0
        while done < len(self.crossings):
            crossing = self.crossings[done]
            done += 1
            for start in self._aside(crossing.place):
                if self.known(start.u):
                    continue
                if len(self.branches) >= self.most_branches:
                    self.left_out += 1
                    continue
                trace = self._follow(start)
                origin = Node(Place(crossing.place.u, start.tangent, start.sign))
                self._keep([origin, Node(start), *self._nodes(trace)], ("a branch point", trace.end))

    def _follow(self, start: Place, home: Place | None = None) -> Trace:
        return follow(self.problem, self.problem, self.kinks, start, self.longest, self.most, home)

    def _keep(self, nodes: list[Node], ends: tuple[str, str]) -> None:
        self.branches.append(nodes)
        self.ends.append(ends)
        for node in nodes:
            if node.kind == "branch point":
                if any(self._distance(node.place.u, other.place.u) < _SAME for other in self.crossings):
                    node.kind = ""
                else:
                    self.crossings.append(node)
        self.progress(len(self.branches), f"branch {len(self.branches)}: {len(nodes)} points")

    def _distance(self, one: np.ndarray, other: np.ndarray) -> float:
        return float(np.linalg.norm(self.problem.metric(one) @ (other - one)))

    def known(self, u: np.ndarray) -> bool:
        """Tell whether a point lies on a branch that is known: whether it is met where that one is corrected beside it."""
        metric = self.problem.metric(u)
        for nodes in self.branches:
            points = np.array([node.place.u for node in nodes])
            gaps = np.linalg.norm((points - u) @ metric.T, axis=1)
            nearest = int(np.argmin(gaps))
            if gaps[nearest] < 1e-9:
                return True
            if gaps[nearest] > 2 * self.longest:
                continue
            along = nodes[nearest].place.tangent
            ahead = float((metric @ along) @ (metric @ (u - points[nearest])))
            found = corrected(self.problem, points[nearest] + ahead * along, along)
            if found is not None and self._distance(u, found[0]) < max(1e-7, 0.02 * gaps[nearest]):
                return True
        return False

    def _aside(self, crossing: Place) -> list[Place]:
        """Return places on the other branch at a branch point, to both sides."""
        metric = self.problem.metric(crossing.u)
        plane = np.linalg.svd(self.problem.slopes(crossing.u))[2][-2:]
        scaled = plane @ metric.T
        gram = scaled @ scaled.T
        own = np.linalg.solve(gram, scaled @ (metric @ crossing.tangent))
        other = np.array([-(gram @ own)[1], (gram @ own)[0]]) @ plane
        other /= np.linalg.norm(metric @ other)
        found = []
        for side in (1.0, -1.0):
            for length in _ASIDE:
                solved = corrected(self.problem, crossing.u + side * length * other, side * other)
                if solved is None or not 0.3 * length < self._distance(crossing.u, solved[0]) < 3 * length:
                    continue
                try:
                    found.append(place_at(self.problem, solved[0], side * other))
                    break
                except Beyond:
                    continue
        return [place for place in found if self._inside(place.u)]

    def _inside(self, u: np.ndarray) -> bool:
        signs = np.array([self.problem.model.stocks[place].nonnegative for place in self.problem.kept])
        return bool(np.all(self.problem.scaled(u)[signs] > -1e-9) and -1e-12 <= u[-1] <= 1 + 1e-12)

    # Special points --------------------------------------------------------------------------

    def _nodes(self, trace: Trace) -> list[Node]:
        """Return the points of a trace behind its first, special ones among them."""
        nodes: list[Node] = []
        for step in trace.steps:
            self.problem.held = step.held
            known = len(nodes)
            special = [(share, node) for share, node in special_in(self.problem, step) if share <= step.until + 1e-6]
            nodes += [node for _, node in special]
            if step.until < 1:
                if step.until > 0 and not any(abs(share - step.until) < 1e-6 for share, _ in special):
                    nodes.append(Node(_last(step)))
            elif step.kink is None:
                nodes.append(Node(step.end))
            else:
                nodes.append(Node(step.end, "kink", detail=self.kinks.text(step.kink)))
            for node in nodes[known:]:
                eigenvalues(self.problem, node.place)  # on this side of a jump
        self.problem.held = None
        return nodes


def special_in(problem: Problem, step: Step) -> list[tuple[float, Node]]:
    """Return branch points, folds and Hopf points within a step, with their shares, in order."""
    found: list[tuple[float, Node]] = []
    if step.length < 1e-13:
        return found
    # beside neutral directions a crossing of families does not turn the determinant: there the eigenvalue is followed
    crossing = None if problem.neutral else branch_point_within(problem, step)
    if crossing is not None:
        found.append((crossing[0], Node(crossing[1], "branch point")))
    fold = fold_within(problem, step)
    if fold is not None:
        apart = crossing is None or np.linalg.norm(problem.metric(fold[1].u) @ (fold[1].u - crossing[1].u)) > 1e-6 + 1e-3 * step.length
        if apart:
            found.append((fold[0], Node(fold[1], "fold")))
    cuts = [0.0, *sorted(share for share, _ in found), 1.0]
    gap = 1e-4
    for low, high in zip(cuts[:-1], cuts[1:], strict=True):
        own_low, own_high = low + (gap if low else 0.0), high - (gap if high < 1 else 0.0)
        found += [(share, Node(place, "hopf", frequency)) for share, place, frequency in hopf_within(problem, step, own_low, own_high)]
    if problem.neutral and fold is None and not found:
        found += [(share, Node(place, "exchange")) for share, place in exchange_within(problem, step)]
    return sorted(found, key=lambda pair: pair[0])


def _last(step: Step) -> Place:
    """Return the place at which a step leaves what is looked at."""
    try:
        return step.at(step.until)
    except Beyond:
        return Place(step.start.u + step.until * (step.end.u - step.start.u), step.start.tangent, step.start.sign)


def as_branch(problem: Problem, number: int, nodes: list[Node], ends: tuple[str, str]) -> Branch:
    """Return a branch by name from its points."""
    named = [problem.named(node.place.u) for node in nodes]
    special, places = [], []
    for place, (node, values) in enumerate(zip(nodes, named, strict=True)):
        if node.kind:
            special.append(Rest(values, node.kind, number, eigenvalues(problem, node.place), node.frequency, node.detail))
            places.append(place)
    over = problem.over[0].name
    low, high = problem.low[0], problem.low[0] + problem.width[0]
    for values in named:  # at the ends of the span exactly
        values[over] = float(low if abs(values[over] - low) < 1e-12 * problem.width[0] else high if abs(values[over] - high) < 1e-12 * problem.width[0]
                             else values[over])
    stocks = [name for name in named[0] if name != over]
    return Branch(number, over, np.array([values[over] for values in named]), {name: np.array([values[name] for values in named]) for name in stocks},
                  np.array([unstable(problem, node.place) for node in nodes]), np.array([eigenvalues(problem, node.place) for node in nodes]),
                  tuple(special), tuple(places), ends)
