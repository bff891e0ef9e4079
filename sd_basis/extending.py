"""A model with more than its file says: policies, outcomes and the like, for questions that the file does not ask."""

from __future__ import annotations

from collections.abc import Iterable

from sympy.core.relational import Relational

from .declarations import Outcome
from .errors import InputError
from .model import Model
from .policies import Impulse, Policy
from .quantities import Quantity


def extended(model: Model, *, policies: Iterable[Policy] = (), impulses: Iterable[Impulse] = (), outcomes: Iterable[Outcome] = (),
             outputs: Iterable[Quantity] = (), runaway: Relational | None = None) -> Model:
    """Return a model with further policies, impulses, outcomes and outputs, as one of another tool needs for `critical_delay`.

    They are written in the model's own quantities, `model.quantities["Room Temperature"]`; `runaway` takes the place of the model's. The model
    itself stays as it is. Raises InputError for two of one name, and for whatever Model refuses.
    """
    if not isinstance(model, Model):
        raise InputError(f"extended: {model!r} is not a model; give load(NAME) or a Model")
    if model.cuts:
        raise InputError(f"{model.where}: it has cut links; extend it first, and cut then")
    names = set(model.policies) | set(model.impulses)
    for item in (*(policies := tuple(policies)), *(impulses := tuple(impulses))):
        if getattr(item, "name", None) in names:
            raise InputError(f"{model.where}: it has a policy or an impulse named {item.name!r}; choose another name")
    made = Model(model.name, model.trades + tuple(flow for flow in model.flows if not any(flow in trade.flows for trade in model.trades)),
                 span=model.span, time_unit=model.time_unit, policies=(*model.policies.values(), *policies), impulses=(*model.impulses.values(), *impulses),
                 outcomes=(*model.outcomes, *outcomes), runaway=model.runaway if runaway is None else runaway, outputs=(*model.outputs, *outputs),
                 units=model.unit_definitions, description=model.description, step=model.step, saving=model.saving, stepping=model.stepping)
    made.loops, made.case, made.value_set, made.values, made.path = model.loops, model.case, model.value_set, dict(model.values), model.path
    return made
