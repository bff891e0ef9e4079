"""Documentation: where numbers come from, and what is plausible."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ..errors import InputError
from ..gathered import by_family
from ..library import value_set_paths, with_values
from ..model import Model
from ..quantities import Parameter, Quantity
from .context import Context
from .findings import Finding, error, listed, note, warning

_MANY = 20  # findings of one kind that are better said in one


def documentation(model: Model, context: Context) -> Iterator[Finding]:
    """Every parameter, table and series says where it is from.

    SDM-Doc and Rahmandad and Sterman (2012) ask for a source of each number: a reference, or at least a description.
    """
    for kind, given in (("parameter", model.parameters), ("lookup", model.lookups), ("series", model.series)):
        bare = [quantity for quantity in given if not quantity.reference.strip() and not quantity.description.strip() and quantity is not model.step]
        families = _families(bare)
        if len(families) > _MANY:
            yield warning(f"documentation: {listed(families)} have neither a reference nor a description; say where the numbers of each {kind} come from, "
                          "reference=\"invented\" where they are", *(quantity.name for quantity in bare))
            continue
        for name, members in families.items():
            yield warning(f"{kind} {name!r}: it has neither a reference nor a description; say where its numbers come from, reference=\"invented\" "
                          "where they are", *members)


def ranges(model: Model, context: Context) -> Iterator[Finding]:
    """Every parameter has a plausible range and lies inside it.

    In every value set. Without `between`, or a `domain` with two ends, neither extreme conditions nor sensitivity can try it: that is noted.
    """
    yield from _outside(model, model.values, model.value_set)
    for name in value_set_paths(model.path) if model.path else ():
        if name != model.value_set:
            try:
                yield from _outside(model, with_values(model, name).values, name)
            except InputError as fault:
                yield error(str(fault), name)
    for parameter in model.parameters:
        low, high = parameter.between
        if low == high:
            yield warning(f"parameter {parameter.name!r}: its plausible range [{low:g}, {high:g}] is one number; widen it, or leave it out of a constant",
                          parameter.name)
    shown = set(model.outputs) - model.rests_on([*model.flows, *(stock.initial for stock in model.stocks)])  # as the dates of a foreign file
    unbounded = [parameter for parameter in model.parameters if plausible(parameter) is None and parameter is not model.step and parameter not in shown]
    if unbounded:
        names = list(_families(unbounded))
        yield note(f"ranges: {listed(names)} {'has' if len(names) == 1 else 'have'} no plausible range, so that nothing can try them at its ends; "
                   "give between=(low, high)", *(parameter.name for parameter in unbounded))


def plausible(parameter: Parameter) -> tuple[float, float] | None:
    """Return the ends of a parameter's plausible range, else of a domain with two ends; None where there is no range of any width."""
    for low, high in (parameter.between, parameter.domain):
        if math.isfinite(low) and math.isfinite(high) and low < high:
            return low, high
    return None


def _outside(model: Model, values: dict[str, float], name: str | None) -> Iterator[Finding]:
    for parameter in model.parameters:
        value = values.get(parameter.name)
        if value is None and (name is None or name == model.value_set):
            value = parameter.value
        low, high = parameter.between
        if value is not None and not low <= value <= high:
            where = f"parameter {parameter.name!r}" + (f", value set {name!r}" if name else "")
            yield warning(f"{where}: its value {value:g} lies outside its own plausible range [{low:g}, {high:g}]; mend the one or the other", parameter.name)


def _families(quantities: Iterable[Quantity]) -> dict[str, list[str]]:
    """Return names, members of a family under that of the family."""
    return {members[0].name if len(members) == 1 else f"{name}[...]": [member.name for member in members] for name, members in by_family(quantities).items()}
