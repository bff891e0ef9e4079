"""Eigenvalues along a run, and how they respond to loops: which loops make a model grow, swing or settle.

With J r = lambda r and l J = lambda l, the elasticity of an eigenvalue by the gain a of a link u -> v is (a / lambda) L_v R_u / (l . r),
where R and L carry r forward and l backward along the links through auxiliaries. What enters a quantity leaves it, so that the elasticities of links are
one sum of elasticities of independent loops (Kampmann, System Dynamics Review 28, 2012). Counted once for each stock in
a loop they sum to one. They hang on the set of loops chosen; here it begins with the loops the model names, and goes on with the shortest.
What hangs on no choice is the elasticity by the first link of a loop: of all loops through that link together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import eig, matrix_balance
from scipy.optimize import linear_sum_assignment

from ..case import Case
from ..circuits import Loop
from ..model import Model
from ..run import Run
from .enumerating import links_of, partitions
from .finding import MOST, checked, found_along, named, run_of
from .found import FeedbackLoop, Loops
from .links import Along, LinkGraph, along

_INSTANTS = 41
_ZERO, _DEFECTIVE = 1e-9, 1e7  # of the largest eigenvalue; condition of an eigenvalue from which it counts as defective


@dataclass(frozen=True)
class LoopModes:
    """The eigenvalues of one cycle partition along a run, and what they owe to its independent loops.

    `eigenvalues` (times, modes) are tracked from one time to the next by the overlap of their vectors. `elasticities` (times, modes, loops)
    are d log lambda / d log gain of each loop in `loops`; not a number where `zero` or `defective` (times, modes) flags an eigenvalue.
    `sums` (times, modes) are theirs, each counted once a stock of its loop: one. `through` (times, modes, loops) are those by the first
    link of each loop in `named`. `weights` (times, modes) are the shares of the modes in how the stocks move, each by its size.
    """

    t: np.ndarray
    partition: int
    stocks: tuple[str, ...]
    loops: tuple[FeedbackLoop, ...]
    eigenvalues: np.ndarray
    elasticities: np.ndarray
    sums: np.ndarray
    named: tuple[FeedbackLoop, ...]
    through: np.ndarray
    weights: np.ndarray
    zero: np.ndarray
    defective: np.ndarray

    @property
    def growth(self) -> np.ndarray:
        """The largest real part of the eigenvalues at each time."""
        return np.max(self.eigenvalues.real, axis=1)

    def leading(self, place: int) -> int:
        """Return the mode with the largest real part at a time, given by its place; a zero eigenvalue only where there is no other."""
        real = self.eigenvalues[place].real
        return int(np.argmax(real if self.zero[place].all() else np.where(self.zero[place], -np.inf, real)))

    def strongest(self, place: int, mode: int, count: int = 5) -> list[tuple[FeedbackLoop, complex]]:
        """Return the loops with the largest elasticities of a mode at a time."""
        own = self.elasticities[place, mode]
        if not np.isfinite(own).all():
            return []
        return [(self.loops[row], complex(own[row])) for row in np.argsort(-np.abs(own))[:count]]


def loop_modes(model: Model | Run, case: Case | str | Path | None = None, *, partition: int = 1, most: int = MOST, loops: Iterable[Loop] = (),
               set: Mapping | None = None, policies: Iterable[Any] = (), times: Iterable[float] | None = None) -> LoopModes:
    """Return the eigenvalues of a cycle partition along a run and the elasticities by its independent loops, at 41 times or `times`.

    Partitions are numbered as in `find_loops`, the largest first. Raises InputError where the model has no feedback loop.
    """
    run = run_of(model, case, set, policies)
    graph = LinkGraph(run.path.compiled)
    checked(graph)
    whole = along(run, graph=graph)
    t = instants(whole.t) if times is None else np.array(list(times), dtype=float)
    return modes_along(along(run, t, graph), found_along(whole, most, named(run.model, loops)), partition, run)


def instants(t: np.ndarray, count: int = _INSTANTS) -> np.ndarray:
    """Return some of the times along a run, more where the solver took more steps."""
    return t[np.unique(np.linspace(0, len(t) - 1, count).astype(int))]


def modes_along(links: Along, found: Loops, partition: int, run: Run) -> LoopModes:
    """Return the modes of a partition at the times of the links."""
    graph = links.graph
    nodes = partitions(graph)[partition - 1]
    own = [loop for loop in found if loop.partition == partition and loop.independent]
    given = [loop for loop in found if loop.partition == partition and loop.given]
    part = _Part(graph, nodes, [links_of(graph, loop.nodes) for loop in own])
    size = np.maximum(np.max(np.abs(run.path.x), axis=0), run.atol)[part.stocks]
    count = len(part.stocks)
    values, right, left = (np.zeros((len(links.t), *shape), complex) for shape in ((count,), (count, count), (count, count)))
    for place in range(len(links.t)):
        values[place], right[place], left[place] = _vectors(part.jacobian(links.gains[:, place]))
    order = _tracked(right, left)
    values, right, left = (np.take_along_axis(array, order[:, None, :] if array.ndim == 3 else order, axis=-1) for array in (values, right, left))
    top = np.max(np.abs(values), axis=1, keepdims=True)
    zero = np.abs(values) <= _ZERO * np.where(top > 0, top, 1.0)
    overlap = np.einsum("tsm,tsm->tm", left, right)
    defective = np.abs(overlap) * _DEFECTIVE < 1
    elasticity = np.full((len(links.t), count, len(own)), np.nan + 0j)
    first = [part.links.index(links_of(graph, loop.nodes)[0]) for loop in given]
    through = np.full((len(links.t), count, len(given)), np.nan + 0j)
    sums, weights = np.full(values.shape, np.nan + 0j), np.zeros(values.shape)
    for place in range(len(links.t)):
        good = ~zero[place] & ~defective[place]
        if good.any():
            carried = part.carried(links.gains[:, place], right[place][:, good], left[place][:, good]) / (overlap[place, good] * values[place, good])
            elasticity[place, good] = part.decomposed(carried)
            through[place, good] = carried[first].T
            sums[place, good] = elasticity[place, good] @ part.multiplicity
        weights[place] = _weights(links.speeds[part.stocks, place], right[place], left[place], overlap[place], size)
    names = tuple(graph.nodes[stock].name for stock in part.stocks)
    return LoopModes(links.t, partition, names, tuple(own), values, elasticity, sums, tuple(given), through, weights, zero, defective)


class _Part:
    """A partition: its Jacobian through the auxiliaries in it, and what vectors carry along its links."""

    def __init__(self, graph: LinkGraph, nodes: tuple[int, ...], loops: list[list[int]]):
        inside = set(nodes)
        self.graph = graph
        self.links = [link for link, (source, target) in enumerate(graph.ends.T.tolist()) if source in inside and target in inside]
        self.stocks = [node for node in nodes if node < graph.stocks]
        self.row = {node: row for row, node in enumerate(nodes)}
        self.first = len(self.stocks)  # nodes are in order, stocks first
        self.size = len(nodes)
        self.source, self.target = np.array([[self.row[int(end)] for end in graph.ends[:, link]] for link in self.links]).T
        self.inner = [place for place in np.argsort(self.target, kind="stable") if self.target[place] >= self.first]
        self.outer = np.flatnonzero(self.target < self.first)
        column = {link: place for place, link in enumerate(self.links)}
        self.around = np.zeros((len(self.links), len(loops)))
        for number, loop in enumerate(loops):
            self.around[[column[link] for link in loop], number] = 1
        self.multiplicity = np.sum(self.around[self.outer], axis=0)
        self._inverse: np.ndarray | None = None

    def forward(self, gains: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Return what vectors of the stocks (stocks, any) move in every node."""
        whole = np.zeros((self.size, vectors.shape[1]), vectors.dtype)
        whole[:self.first] = vectors
        for place in self.inner:
            whole[self.target[place]] += gains[self.links[place]] * whole[self.source[place]]
        return whole

    def backward(self, gains: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Return the weight of every node in what vectors weigh the changes of the stocks with; for stocks, as targets."""
        whole = np.zeros((self.size, vectors.shape[1]), vectors.dtype)
        for place in self.outer:
            whole[self.source[place]] += gains[self.links[place]] * vectors[self.target[place]]
        for place in self.inner[::-1]:
            if self.source[place] >= self.first:
                whole[self.source[place]] += gains[self.links[place]] * whole[self.target[place]]
        whole[:self.first] = vectors
        return whole

    def jacobian(self, gains: np.ndarray) -> np.ndarray:
        """Return d(dx/dt)/dx among the stocks of the partition."""
        whole = self.forward(gains, np.eye(self.first))
        made = np.zeros((self.first, self.first))
        for place in self.outer:
            made[self.target[place]] += gains[self.links[place]] * whole[self.source[place]]
        return made

    def carried(self, gains: np.ndarray, right: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Return what each link carries of a mode (links, modes): left after it, right before it."""
        before, after = self.forward(gains, right), self.backward(gains, left)
        return gains[self.links][:, None] * after[self.target] * before[self.source]

    def decomposed(self, carried: np.ndarray) -> np.ndarray:
        """Return what is carried along links as a sum of loops (modes, loops)."""
        if self._inverse is None:
            self._inverse = np.linalg.pinv(self.around)
        return (self._inverse @ carried).T


def _vectors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return eigenvalues with right and left vectors; l . r is the inverse of an eigenvalue's condition, stocks measured by what balances the matrix."""
    if not np.isfinite(matrix).all():
        return (np.full(array, np.nan + 0j) for array in ((len(matrix),), matrix.shape, matrix.shape))  # type: ignore[return-value]
    balanced, (scale, _) = matrix_balance(matrix, permute=False, separate=True)
    values, left, right = eig(balanced, left=True, right=True)
    return values, right * scale[:, None], left.conj() / scale[:, None]


def _tracked(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return for each time the order in which its modes follow those of the time before, by the overlap of left and right vectors."""
    order = np.tile(np.arange(right.shape[-1]), (len(right), 1))
    for place in range(1, len(right)):
        before, own = left[place - 1][:, order[place - 1]], right[place]
        overlap = np.nan_to_num(np.abs(before.T @ own))
        order[place] = linear_sum_assignment(-overlap)[1]
    return order


def _weights(speeds: np.ndarray, right: np.ndarray, left: np.ndarray, overlap: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the share of each mode in how the stocks move: of dx/dt = sum of r (l . dx/dt) / (l . r), by the stocks' sizes."""
    with np.errstate(all="ignore"):
        parts = np.sum(np.abs(right * (left.T @ speeds / overlap)) / size[:, None], axis=0)
    parts = np.nan_to_num(parts)
    return parts / parts.sum() if parts.sum() > 0 else parts
