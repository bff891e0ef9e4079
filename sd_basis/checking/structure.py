"""Structure: loops without a stock, and units."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Model
from ..quantities import Auxiliary, Flow
from .context import Context
from .findings import Finding, Skip, error, listed, warning


def algebraic_loops(model: Model, context: Context) -> Iterator[Finding]:
    """No equations need one another at the same instant.

    A model with such a loop cannot be put together: `check_model` makes the findings of the error that names them, and a model that exists has none.
    """
    return iter(())


def units(model: Model, context: Context) -> Iterator[Finding]:
    """Every equation has one dimension and scale, every quantity a unit.

    All faults are gathered. A quantity of unknown unit fits everything, so that nothing is known of the equations it stands in: where some
    quantities of a model have units and others none, that is a doubt.
    """
    faults, known = context.units
    for sentence in faults:
        yield error(sentence, *(name for name in model.quantities if f"{name!r}" in sentence.partition(":")[0]))
    own = [quantity for quantity in (*model.stocks, *model.parameters, *model.series, *model.auxiliaries) if not _internal(quantity)]
    without = [quantity.name for quantity in own if known.get(quantity) is None and quantity.unit is None]
    if known and without and len(without) == len(own):
        raise Skip("no quantity has a unit")
    if known and without:
        verb = "has no unit" if len(without) == 1 else "have no unit"
        yield warning(f"units: {listed(without)} {verb}, so that equations with them fit whatever they say; give a unit, \"1\" where there is none", *without)


def _internal(quantity: object) -> bool:
    """Tell whether the engine made a quantity: a stage of a delay, a total of a family."""
    return isinstance(quantity, Flow) or hasattr(quantity, "holds") or hasattr(quantity, "lag") or (
        isinstance(quantity, Auxiliary) and quantity.description.startswith("all of "))
