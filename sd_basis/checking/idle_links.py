"""Idle links: links of feedback loops that carry nothing in any case, found without a run in which they are cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sympy

from ..codegen import scalar_function
from ..gathered import bare
from ..library import value_set_paths, with_values
from ..lookups import Lookup
from ..looping.enumerating import partitions
from ..looping.links import LinkGraph
from ..model import Model
from ..path import Path
from ..quantities import TIME, Auxiliary, Quantity, Stock
from .context import Context
from .findings import Finding, Skip, counted, listed, note, warning

_NOTHING = 1e-9
Link = tuple[Quantity, Quantity]


def loops(model: Model, context: Context) -> Iterator[Finding]:
    """Every link of a feedback loop carries something in some case.

    Sterman's behaviour-anomaly test, loop by loop. A link x -> y that is held at the value x has when the run begins leaves the run as it is
    just where y's equation gives the same along it; then no run with the link cut has to be made, and whatever loop passes through it is idle. One
    that the values of parameters shut in every case and value set is dead, a warning; others would act in other states, as safeguards do, and are noted.
    """
    runs = context.completed
    if not runs:
        raise Skip("no case has a run")
    links = looping_links(LinkGraph(next(iter(runs.values())).path.compiled))
    if not links:
        raise Skip("the model has no feedback loop through a computed quantity")
    idle = links
    columns = {name: run.path.inputs(run.path.t, run.path.segment) for name, run in runs.items()}
    for name, run in runs.items():
        idle = [link for link in idle if not acts(run.path, columns[name], *link)]
    constant = _constant(model, list(columns.values()))
    dead = [(source, target) for source, target in idle if source not in model.equations[target].xreplace(constant).free_symbols]
    alike: dict[tuple, list[Link]] = {}
    for link in dead:
        shut = _shut(model, *link, constant)
        alike.setdefault((*map(bare, (*link, *shut)), *(constant[parameter] for parameter in shut)), []).append(link)
    for members in alike.values():
        source, target = members[0]
        by = [f"{parameter} = {float(constant[parameter]):g}" for parameter in _shut(model, source, target, constant)]
        more = f" (and {counted(len(members) - 1, 'link')} like it)" if len(members) > 1 else ""
        yield warning(f"link {source} -> {target}{more}: with {listed(by)} in every case {target} does not depend on {source}, so that every loop through "
                      "it is dead; mend the equation or a parameter, or add a case in which it acts",
                      *dict.fromkeys(quantity.name for link in members for quantity in link))
    resting = [f"{source} -> {target}" for source, target in idle if (source, target) not in dead]
    if resting:
        yield note(f"loops: nothing passes through {listed(resting, 3)} in {_among(list(runs))}; these links would act in other states, as safeguards do, "
                   "add a case in which they act", *resting)


def _shut(model: Model, source: Quantity, target: Quantity, constant: Mapping[Quantity, sympy.Expr]) -> list[Quantity]:
    """Return the parameters that shut a link by their value, each alone where one does."""
    equation = model.equations[target]
    known = sorted(equation.free_symbols & set(constant), key=str)
    return [parameter for parameter in known if source not in equation.xreplace({parameter: constant[parameter]}).free_symbols] or known


def _constant(model: Model, inputs: list[np.ndarray]) -> dict[Quantity, sympy.Expr]:
    """Return the value of each parameter that has one alone in all runs and value sets."""
    found: dict[Quantity, sympy.Expr] = {}
    sets = [with_values(model, name).values for name in value_set_paths(model.path)] if model.path else []
    for place, parameter in enumerate(model.parameters):
        value = float(inputs[0][place][0])
        if all(np.all(columns[place] == value) for columns in inputs) and all(own.get(parameter.name, value) == value for own in sets):
            found[parameter] = sympy.Integer(int(value)) if value == int(value) else sympy.Float(value)
    return found


def _among(names: list[str]) -> str:
    return f"case {names[0]!r}" if len(names) == 1 else f"any of {len(names)} cases"


def looping_links(graph: LinkGraph) -> list[Link]:
    """Return the links from a stock or a computed quantity into a computed one that lie on a feedback loop."""
    part = {node: number for number, nodes in enumerate(partitions(graph)) for node in nodes}
    pairs = [(source, target) for source, target in graph.ends[:, :graph.into].T.tolist() if source in part and part[source] == part.get(target)]
    return [(graph.nodes[source], graph.nodes[target]) for source, target in pairs]


def acts(path: Path, inputs: np.ndarray, source: Quantity, target: Quantity) -> bool:
    """Tell whether an equation differs along a run with one of its quantities held at its first value; `inputs` are the run's."""
    model = path.compiled.model
    equation = model.equations[target]
    symbols = sorted(equation.free_symbols, key=str)
    columns = [_column(path, inputs, symbol) for symbol in symbols]
    held = [np.full(len(path.t), column[0]) if symbol is source else column for symbol, column in zip(symbols, columns, strict=True)]
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

