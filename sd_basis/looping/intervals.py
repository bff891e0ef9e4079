"""Loops That Matter as published: link scores from differences over intervals of time.

Over [t, t + step] the score of a link x -> z is |change of z due to x alone / change of z|, with the sign of the
change of z due to x by the change of x (Schoenberg, Davidsen and Eberlein, System Dynamics Review 36, 2020), that of a flow into
a stock +-|change of the flow / change of the net flow| (corrected 2023). Where x or z does not change it is zero. An interval
that holds a switch inside has no score; one that ends or begins at one has the values of its own side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import TIME, finite_number
from ..run import Run
from .links import LinkGraph, resting


@dataclass(frozen=True)
class Intervals:
    """The link scores (links, times) over intervals that begin at `t`."""

    graph: LinkGraph
    t: np.ndarray
    step: float
    scores: np.ndarray


def interval_scores(run: Run, graph: LinkGraph, first: float, last: float, step: float) -> Intervals:
    """Return the score of each link over each interval of a length between two times; not a number over a switch."""
    if not finite_number("loops, step", step) > 0:
        raise InputError(f"loops, step: {step:g} is not positive; give the length of an interval")
    count = int(np.floor((last - first) / step + 1e-9))
    if not 1 <= count <= 100_000:
        raise InputError(f"loops, step: {count} intervals of {step:g} lie between {first:g} and {last:g}; choose a length that gives between 1 and 100,000")
    begin = first + step * np.arange(count)
    end = np.minimum(begin + step, last)
    switches = np.array([segment.start for segment in run.path.segments[1:]])
    near = 1e-9 * step
    across = np.array([bool(np.any((switches > left + near) & (switches < right - near))) for left, right in zip(begin, end, strict=True)])
    before, after = _values(run, graph, begin), _values(run, graph, np.nextafter(end, -np.inf))
    scores = np.zeros((graph.ends.shape[1], count))
    for row, (source, target) in enumerate(graph.ends[:, :graph.into].T):
        scores[row] = _link(run, graph, int(source), int(target), before, after)
    change = after.nodes - before.nodes
    net = np.zeros((graph.stocks, count))
    np.add.at(net, graph.ends[1, graph.into:], graph.signs[:, None] * change[graph.ends[0, graph.into:]])
    scores[graph.into:] = graph.signs[:, None] * _share(change[graph.ends[0, graph.into:]], net[graph.ends[1, graph.into:]])
    rests = resting(run, change[:graph.stocks] / step, net / step)
    scores[graph.into:][rests[graph.ends[1, graph.into:]]] = 0.0
    scores[:, across] = np.nan
    return Intervals(graph, begin, step, scores)


@dataclass(frozen=True)
class _Values:
    """The nodes (nodes, times) and everything else equations hold, by quantity."""

    nodes: np.ndarray
    given: dict[Any, Any]


def _values(run: Run, graph: LinkGraph, t: np.ndarray) -> _Values:
    path, model = run.path, run.model
    x, segment = path.at(t)
    computed = path.evaluate(path.compiled.observe, t, x, segment)
    place = {quantity: row for row, quantity in enumerate(path.compiled.system.observables())}
    nodes = np.concatenate([x.T, computed[[place[quantity] for quantity in graph.needed]]])
    inputs = dict(zip((*model.parameters, *model.series), path.inputs(t, segment), strict=True))
    modes = {symbol: np.array([path.segments[index].values(path.segments[index].start)[row - len(model.modes)] for index in segment], dtype=float)
             for row, symbol in enumerate(path.compiled.system.modes.values())}
    return _Values(nodes, {**inputs, **modes, TIME: t, **dict(zip(model.lookups, path.tables, strict=True))})


def _link(run: Run, graph: LinkGraph, source: int, target: int, before: _Values, after: _Values) -> np.ndarray:
    """Return the score of one link into a computed quantity: what it changes by where the source alone has changed, by its change."""
    function, symbols = graph.equation(target)
    own = graph.nodes[source]
    given = [_of(graph, symbol, after if symbol == own else before) for symbol in symbols]
    with np.errstate(all="ignore"):
        alone = np.asarray(function(*given), dtype=float) - before.nodes[target]
    moved, change = (after.nodes[node] - before.nodes[node] for node in (source, target))
    return np.sign(alone * moved) * np.abs(_share(alone, change))


def _of(graph: LinkGraph, symbol: Any, values: _Values) -> Any:
    place = graph.place.get(symbol)
    return values.given[symbol] if place is None else values.nodes[place]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return |part / whole|, zero where the whole does not change."""
    with np.errstate(all="ignore"):
        found = np.abs(part / whole)
    return np.where(np.isfinite(found), found, 0.0)
