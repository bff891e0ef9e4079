"""Loop knock-outs: links of feedback loops that carry nothing in any case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..codegen import scalar_function
from ..lookups import Lookup
from ..model import Model
from ..path import Path
from ..quantities import TIME, Auxiliary, Quantity, Stock
from .context import Context
from .findings import Finding, Skip, listed, note, warning

_NOTHING = 1e-9
_SHARES = (0.0, 0.01, 10.0)
Link = tuple[Quantity, Auxiliary]


def loops(model: Model, context: Context) -> Iterator[Finding]:
    """Every link of a feedback loop acts in some case: held at its first value there, it changes the equation it stands in.

    Sterman's behaviour-anomaly test, loop by loop. A link x -> y that is held at the value x has when the run begins leaves the run as it is
    just where y's equation gives the same along it; then no run with the link cut has to be made, and whatever loop passes through it is idle. One
    that is idle at other values too (none, a hundredth, tenfold) is dead, a warning; the others are noted, safeguards often among them.
    """
    links = looping_links(model)
    if not links:
        raise Skip("the model has no feedback loop through a computed quantity")
    runs = context.completed
    if not runs:
        raise Skip("no case has a run")
    idle, dead = links, list[Link]()
    for run in runs.values():
        inputs = run.path.inputs(run.path.t, run.path.segment)
        idle = [link for link in idle if not acts(run.path, inputs, *link)]
        if not idle:
            return
    for source, target in idle:
        if not any(acts(run.path, run.path.inputs(run.path.t, run.path.segment), source, target, share) for share in _SHARES for run in runs.values()):
            dead.append((source, target))
            yield warning(f"link {source} -> {target}: it carries nothing in {_among(list(runs))}, {target.where} is the same whatever {source} is, and so "
                          "every loop through it is dead; mend the equation or a parameter, or remove it", source.name, target.name)
    resting = [f"{source} -> {target}" for source, target in idle if (source, target) not in dead]
    if resting:
        yield note(f"loops: in {_among(list(runs))} nothing passes through {listed(resting, 3)}; these links would act at other values, as safeguards do, "
                   "add a case in which they act", *resting)


def _among(names: list[str]) -> str:
    return f"case {names[0]!r}" if len(names) == 1 else f"any of the {len(names)} cases"


def looping_links(model: Model) -> list[Link]:
    """Return the links from a stock or a computed quantity into a computed one that lie on a feedback loop."""
    nodes: list[Quantity] = [*model.stocks, *model.computed]
    place = {node: number for number, node in enumerate(nodes)}
    pairs = [(source, target) for target in model.computed
             for source in sorted(model.equations[target].free_symbols, key=str) if isinstance(source, (Stock, Auxiliary)) and source in place]
    ends = [(flow, stock) for flow in model.flows for stock, _ in flow.ends]
    rows, columns = [[place[pair[side]] for pair in (*pairs, *ends)] for side in (0, 1)]
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(component)
    return [(source, target) for source, target in pairs if component[place[source]] == component[place[target]] and sizes[component[place[source]]] > 1]


def acts(path: Path, inputs: np.ndarray, source: Quantity, target: Auxiliary, share: float | None = None) -> bool:
    """Tell whether an equation differs along a run with one of its quantities held at its first value, or at a share of what it is.

    `inputs` are the parameters and series of the run.
    """
    model = path.compiled.model
    equation = model.equations[target]
    symbols = sorted(equation.free_symbols, key=str)
    columns = [_column(path, inputs, symbol) for symbol in symbols]
    own = columns[symbols.index(source)]
    other = np.full(len(path.t), own[0]) if share is None else share * own if own.any() else np.full(len(path.t), share)
    held = [other if symbol is source else column for symbol, column in zip(symbols, columns, strict=True)]
    function = scalar_function(model.name, symbols, equation, scalar=False)
    with np.errstate(all="ignore"):
        was, now = (np.broadcast_to(np.asarray(function(*given), float), path.t.shape) for given in (columns, held))
    size = max(float(np.nanmax(np.abs(was))), float(np.nanmax(np.abs(now))), 1e-300)
    return bool(np.nanmax(np.abs(was - now)) > _NOTHING * size)


def _column(path: Path, inputs: np.ndarray, symbol: Quantity) -> Any:
    """Return a quantity along a run."""
    model = path.compiled.model
    if symbol is TIME:
        return path.t
    if isinstance(symbol, Lookup):
        return path.tables[model.lookups.index(symbol)]
    if isinstance(symbol, Stock):
        return path.x[:, model.stocks.index(symbol)]
    if isinstance(symbol, Auxiliary):
        return path.computed[model.computed.index(symbol)]
    return inputs[model.input_places[symbol]]

