"""What a model holds: every quantity its flows, policies, impulses and outcomes mention, checked and ordered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .declarations import margin
from .errors import AlgebraicLoop, InputError
from .graph import Cycle, cycles, ordered
from .lookups import Lookup
from .quantities import START, TIME, Auxiliary, Flow, Input, Parameter, Quantity, Stock, as_expression
from .series import Series

if TYPE_CHECKING:
    from .model import Model


def collect(model: Model) -> None:
    """Give a model its quantities, in the order of declaration, and its computed ones in the order of computation.

    Raises InputError for anything that is no quantity, two of one name, an undefined auxiliary, a flow that is
    not listed, and AlgebraicLoop for a loop among equations or among initial values.
    """
    found: dict[Quantity, None] = {}
    carried: list[Flow] = []
    pending = _roots(model)
    while pending:
        quantity = pending.pop()
        if not isinstance(quantity, Quantity):
            raise InputError(f"{model.where}: {quantity!r} is not a quantity; give stocks, auxiliaries, flows or parameters")
        if quantity in found or isinstance(quantity, Input):
            continue
        found[quantity] = None
        pending += _mentions(model, quantity)
        if isinstance(quantity, Stock) and quantity.instrument is not None:
            pending += as_expression(quantity.where, quantity.instrument.price).free_symbols
        if getattr(quantity, "counted_in", None) is not None:
            pending.append(quantity.counted_in)
        for flow in getattr(quantity, "flows", ()):
            carried.append(flow)
            pending += [flow, *(stock for stock, _ in flow.ends)]
    everything = sorted(found, key=lambda quantity: quantity.identity[1])
    listed = set(model.flows)
    model.flows += tuple(dict.fromkeys(flow for flow in sorted(carried, key=lambda flow: flow.identity[1]) if flow not in listed))
    names = _names(model, everything)
    model.quantities = names
    model.stocks = tuple(quantity for quantity in everything if isinstance(quantity, Stock))
    model.parameters = tuple(quantity for quantity in everything if isinstance(quantity, Parameter))
    model.series = tuple(quantity for quantity in everything if isinstance(quantity, Series))
    model.lookups = tuple(quantity for quantity in everything if isinstance(quantity, Lookup))
    computed = [quantity for quantity in everything if isinstance(quantity, Auxiliary)]
    declared = set(model.flows)
    for flow in (quantity for quantity in computed if isinstance(quantity, Flow)):
        if flow not in declared:
            raise InputError(f"{model.where}: {flow.where} is used in an equation but is not in flows=; add it")
    def needs(item: Quantity) -> list[Quantity]:
        return sorted(item.expression.free_symbols, key=str)
    try:
        model.computed = tuple(ordered(computed, needs))
    except Cycle as cycle:
        raise AlgebraicLoop(f"{model.where}: algebraic loop {_path(cycle.nodes)}; put a stock into it, for example the state of a delay",
                            tuple(_names_along(nodes) for nodes in cycles(computed, needs))) from None
    initial_order(model)


def initial_order(model: Model) -> list[Quantity]:
    """Return stocks and computed quantities in an order in which initial values can be computed; raise InputError where there is none."""
    def needs(quantity: Quantity) -> list[Quantity]:
        expression = quantity.initial if isinstance(quantity, Stock) else quantity.expression
        return sorted(expression.free_symbols, key=str)
    wanted: dict[Quantity, None] = {}
    pending: list[Quantity] = list(model.stocks)
    while pending:
        quantity = pending.pop()
        if quantity not in wanted and isinstance(quantity, (Stock, Auxiliary)):
            wanted[quantity] = None
            pending += needs(quantity)
    try:
        return ordered(wanted, needs)
    except Cycle as cycle:
        raise AlgebraicLoop(f"{model.where}: initial values need one another, {_path(cycle.nodes)}; give one of these stocks a number",
                            (_names_along(cycle.nodes),)) from None


def _path(nodes: list[Quantity]) -> str:
    return " -> ".join(_names_along(nodes))


def _names_along(nodes: list[Quantity]) -> tuple[str, ...]:
    return tuple(quantity.name for quantity in reversed(nodes))


def _roots(model: Model) -> list:
    """Return what the model names itself."""
    pending: list = list(model.outputs)
    for flow in model.flows:
        pending += [flow, *(stock for stock, _ in flow.ends)]
    for policy in model.policies.values():
        pending += list(policy.changes)
        for expression in (*policy.changes.values(), *policy.written.values(), policy.written_delay):
            pending += expression.free_symbols
    for impulse in model.impulses.values():
        for flow, amount in impulse.amounts.items():
            if flow not in model.flows:
                raise InputError(f"{model.where}: impulse {impulse.name!r} passes through {flow.where}, which is not in flows=; add it")
            pending += [*amount.free_symbols, *impulse.written.free_symbols, *impulse.written_delay.free_symbols]
    conditions = [(f"outcome {outcome.name!r}", condition) for outcome in model.outcomes for condition in (outcome.when, outcome.once)]
    conditions += [("runaway", model.runaway)]
    conditions += [(f"{item.name!r}", item.when) for item in (*model.policies.values(), *model.impulses.values())]
    for name, condition in conditions:
        if condition is not None:
            pending += margin(name, condition).free_symbols | condition.free_symbols
    return pending


def _mentions(model: Model, quantity: Quantity) -> list[Quantity]:
    """Return the quantities that a definition mentions, in a fixed order."""
    if not isinstance(quantity, (Stock, Auxiliary)):
        return []
    expression = quantity.initial if isinstance(quantity, Stock) else quantity.expression
    if expression is None:
        raise InputError(f"{model.where}: {quantity.where} is declared but has no equation; give it one with define()")
    written = expression if quantity.written is None else quantity.written
    # what sympy has cancelled still has its unit to be checked
    symbols = sorted(expression.free_symbols | written.free_symbols, key=lambda symbol: symbol.identity[1])
    if START in symbols:
        raise InputError(f"{quantity.where}: it uses START, which only a policy has; use TIME or a parameter")
    return symbols


def _names(model: Model, everything: list[Quantity]) -> dict[str, Quantity]:
    """Return the quantities by name, and check the names of sectors and instruments too."""
    names: dict[str, Quantity] = {}
    for quantity in everything:
        if names.setdefault(quantity.name, quantity) is not quantity:
            raise InputError(f"{model.where}: two quantities are named {quantity.name!r} "
                             f"({names[quantity.name].where} and {quantity.where}); rename one")
    for name in (TIME.name, START.name):
        if name in names:
            raise InputError(f"{model.where}: {names[name].where} has the name of an input of the language; rename it")
    stocks = [quantity for quantity in everything if isinstance(quantity, Stock) and quantity.instrument is not None]
    sectors = dict.fromkeys(sector for stock in stocks for sector in (stock.holder, stock.instrument.issuer) if sector is not None)
    columns = [*sectors, *dict.fromkeys(stock.instrument for stock in stocks)]
    for place, column in enumerate(columns):
        if column.name in [other.name for other in columns[:place]]:
            raise InputError(f"{model.where}: two sectors or instruments are named {column.name!r}; rename one")
    return names


def by_name(where: str, kind: str, items: Iterable, expected: Any) -> dict:
    """Return items by their names; raise InputError for one of another kind, and for two of one name."""
    found: dict = {}
    for item in items:
        if not isinstance(item, expected):
            raise InputError(f"{where}: {item!r} is not a {kind}; give {expected.__name__} objects")
        if item.name in found:
            raise InputError(f"{where}: two {kind[:-1] + 'ies' if kind.endswith('y') else kind + 's'} are named {item.name!r}; rename one")
        found[item.name] = item
    return found
