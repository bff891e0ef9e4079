"""The links of a model: which quantity acts directly on which, and how strongly along a run.

Auxiliaries are never substituted into one another, so that each link x -> z has the exact partial derivative of z's own
equation. A flow acts on its stocks with the sign +1 or -1. How fast every quantity moves, z', follows from the
stocks by the chain rule along the links, together with TIME, series and policies that move parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy

from ..codegen import scalar_function
from ..compiled import Compiled
from ..effects import Effects
from ..model import Model
from ..quantities import TIME, Auxiliary, Quantity
from ..run import Run
from ..system import Program

_EVEN, _STEPS = 301, 300  # times along a run: an even grid, and steps of the solver, which are many where much happens


class LinkGraph:
    """The quantities of a model that its rates rest on, and the links between them.

    `nodes` are the stocks and then the computed quantities in their order; `ends` (2, links) the places of source and
    target of each link, those into stocks at the end, from `into` on, with `signs`.
    """

    def __init__(self, functions: Compiled):
        system, self.functions = functions.system, functions
        self.model: Model = functions.model
        self.needed = system.needed_for(system.derivatives())
        self.nodes: tuple[Quantity, ...] = (*system.stocks, *self.needed)
        self.place = {quantity: place for place, quantity in enumerate(self.nodes)}
        pairs = [(self.place[source], self.place[target]) for target in self.needed
                 for source in sorted(system.equations[target].free_symbols & self.place.keys(), key=lambda item: self.place[item])]
        flows = [(self.place[flow], self.place[stock], sign) for flow in self.model.flows for stock, sign in flow.ends]
        self.into = len(pairs)
        self.ends = np.array([*pairs, *((flow, stock) for flow, stock, _ in flows)], dtype=int).reshape(-1, 2).T
        self.signs = np.array([sign for _, _, sign in flows], dtype=float)
        self._equations: dict[int, tuple[Callable, list]] = {}
        self.number = {(int(source), int(target)): link for link, (source, target) in enumerate(self.ends.T)}

    @property
    def stocks(self) -> int:
        """How many of the nodes are stocks; they come first."""
        return len(self.model.stocks)

    def program(self, moving: Sequence[Quantity]) -> Program:
        """Return the partial derivatives along the links between computed quantities, then those by inputs that move."""
        equations, outputs = self.functions.system.equations, []
        for source, target in self.ends[:, :self.into].T:
            outputs.append(partial(equations[self.nodes[target]], self.nodes[source]))
        outputs += [partial(equations[target], source) for target, source in self.driven(moving)]
        return Program([(quantity, equations[quantity]) for quantity in self.needed], outputs)

    def driven(self, moving: Sequence[Quantity]) -> list[tuple[Auxiliary, Quantity]]:
        """Return the computed quantities that rest directly on an input that moves, each with that input."""
        equations = self.functions.system.equations
        return [(target, source) for target in self.needed for source in moving if source in equations[target].free_symbols]

    def equation(self, target: int) -> tuple[Callable, list]:
        """Return the equation of a computed node as a function of arrays, and the symbols it takes; made once."""
        if target not in self._equations:
            expression = self.functions.system.equations[self.nodes[target]]
            symbols = sorted(expression.free_symbols, key=str)
            self._equations[target] = scalar_function(self.model.name, symbols, expression, scalar=False), symbols
        return self._equations[target]

    @cached_property
    def delayed(self) -> frozenset[int]:
        """The stages of DELAYs and SMOOTHs."""
        return frozenset(self.place[stock] for stock in self.model.stocks if getattr(stock, "holds", None) is not None)


def partial(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Return a partial derivative; a sum, such as the total of a family, is searched for the terms that hold the symbol."""
    terms = [term for term in sympy.Add.make_args(expression) if symbol in term.free_symbols]
    return sympy.Add(*(sympy.diff(term, symbol) for term in terms))


@dataclass(frozen=True)
class Along:
    """The links along a run: `gains` (links, times), how fast each node moves `speeds` (nodes, times), and how fast the speeds of the stocks change, `bends`.

    At a switch `t` holds both sides; nothing is a difference of values in time.
    """

    graph: LinkGraph
    t: np.ndarray
    gains: np.ndarray
    speeds: np.ndarray
    bends: np.ndarray
    resting: np.ndarray  # (stocks, times): the stock does not move, or its speed does not

    @cached_property
    def acting(self) -> np.ndarray:
        """Whether each link acts at any of the times (links,)."""
        return np.any((self.gains != 0) & np.isfinite(self.gains), axis=1)

    def factors(self) -> np.ndarray:
        """Return |x'/x''| of each stock (stocks, times), zero where the stock rests or moves evenly."""
        with np.errstate(all="ignore"):
            found = np.abs(self.speeds[:self.graph.stocks] / self.bends)
        return np.where(self.resting, 0.0, found)

    def link_scores(self) -> np.ndarray:
        """Return the continuous score of each link (links, times): dz/dx |x'/z'|, into stocks the sign times |flow'/net flow'|."""
        after = np.concatenate([self.bends, self.speeds[self.graph.stocks:]])
        source, target = self.graph.ends
        above = np.concatenate([self.speeds[source[:self.graph.into]], self.speeds[source[self.graph.into:]]])
        with np.errstate(all="ignore"):
            ratio = np.abs(above / np.concatenate([self.speeds[target[:self.graph.into]], after[target[self.graph.into:]]]))
        return self.gains * np.where(np.isfinite(ratio), ratio, 0.0)


def times_along(run: Run, first: float | None = None, last: float | None = None) -> np.ndarray:
    """Return times along a run, or a window of it: an even grid, steps of the solver, and both sides of every switch."""
    path = run.path
    start, end = max(path.t[0], path.t[0] if first is None else first), min(path.t[-1], path.t[-1] if last is None else last)
    steps = path.t[(path.t >= start) & (path.t <= end)]
    steps = steps[np.linspace(0, len(steps) - 1, min(len(steps), _STEPS)).astype(int)] if len(steps) else steps
    switches = [segment.start for segment in path.segments[1:] if start < segment.start < end]
    return np.unique(np.concatenate([np.linspace(start, end, _EVEN), steps, switches, np.nextafter(switches, -np.inf)]))


def along(run: Run, times: np.ndarray | None = None, graph: LinkGraph | None = None) -> Along:
    """Return the links along a run; a link's strength at a switch is that on its own side."""
    graph = LinkGraph(run.path.compiled) if graph is None else graph
    path = run.path
    t = times_along(run) if times is None else times
    x, segment = path.at(t)
    moving = _moving(run)
    function, _ = graph.functions.entries("links", [sympy.Tuple(*moving)], lambda: (graph.program(moving), []))
    values = path.evaluate(function, t, x, segment)
    gains = np.concatenate([values[:graph.into], np.repeat(graph.signs[:, None], len(t), axis=1)])
    speeds, bends = _speeds(run, graph, t, x, segment, gains, values[graph.into:], moving)
    return Along(graph, t, gains, speeds, bends, resting(run, speeds[:graph.stocks], bends))


def _moving(run: Run) -> list[Quantity]:
    """Return the inputs that move between the switches of a run: TIME, linear series, parameters under policies that move."""
    model = run.model
    if all(part.constant for part in run.path.segments):
        return [TIME] if run.path.compiled.system.uses_time(run.path.compiled.system.derivatives()) else []
    places = {place for part in run.path.segments for action in part.active if action.moves for place, _ in action.changes}
    parameters: list[Quantity] = [parameter for place, parameter in enumerate(model.parameters) if place in places]
    return [TIME, *parameters, *model.series]


def _speeds(run: Run, graph: LinkGraph, t: np.ndarray, x: np.ndarray, segment: np.ndarray, gains: np.ndarray, driven: np.ndarray,
            moving: list[Quantity]) -> tuple[np.ndarray, np.ndarray]:
    """Return how fast every node moves, and how fast the speeds of the stocks change."""
    path, model = run.path, run.model
    inputs = _input_speeds(run, t, segment, moving)
    speeds = np.zeros((len(graph.nodes), len(t)))
    for place in range(len(t)):
        speeds[:graph.stocks, place] = graph.functions.rhs(t[place], x[place].tolist(), path.segments[segment[place]].values(t[place]))
    for (target, source), slope in zip(graph.driven(moving), driven, strict=True):
        speeds[graph.place[target]] += slope * inputs[moving.index(source)]
    begins = np.searchsorted(graph.ends[1, :graph.into], np.arange(graph.stocks, len(graph.nodes) + 1))
    for node in range(graph.stocks, len(graph.nodes)):  # each rests on earlier ones
        own = slice(begins[node - graph.stocks], begins[node - graph.stocks + 1])
        speeds[node] += np.sum(gains[own] * speeds[graph.ends[0, own]], axis=0)
    bends = np.zeros((len(model.stocks), len(t)))
    np.add.at(bends, graph.ends[1, graph.into:], graph.signs[:, None] * speeds[graph.ends[0, graph.into:]])
    return speeds, bends


def _input_speeds(run: Run, t: np.ndarray, segment: np.ndarray, moving: list[Quantity]) -> np.ndarray:
    """Return how fast the inputs move (moving, times)."""
    found = np.zeros((len(moving), len(t)))
    if not moving:
        return found
    effects = Effects(run.model, [])
    places = run.model.input_places
    for column, (time, index) in enumerate(zip(t, segment, strict=True)):
        part = run.path.segments[index]
        slopes = None if part.constant else effects.inputs(part, time, {}, {})[:, -1]
        for row, item in enumerate(moving):
            found[row, column] = 1.0 if item == TIME else 0.0 if slopes is None else slopes[places[item]]
    return found


def resting(run: Run, speeds: np.ndarray, bends: np.ndarray) -> np.ndarray:
    """Tell where a stock would, at this pace, hardly move over the whole run, or its pace would not change, or where it is the solver's error that moves it.

    `speeds` and `bends` are (stocks, times). A stock that stays within its tolerance all along the run rests.
    """
    span = run.path.t[-1] - run.path.t[0]
    least = np.maximum(1e-3 * run.atol, 1e-12 * np.max(np.abs(run.path.x), axis=0))[:, None]
    return (np.abs(speeds) * span <= least) | (np.abs(bends) * span**2 <= least) | (np.ptp(run.path.x, axis=0) <= run.atol)[:, None]
