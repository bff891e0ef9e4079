"""The size of a rescue: the parameter that says how large it is, and the flow through which it spends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..declarations import Trade
from ..errors import InputError
from ..model import Model
from ..policies import Policy
from ..quadrature import passed
from ..quantities import Flow
from ..run import Run


@dataclass(frozen=True)
class Size:
    """What is called the size of a rescue: a parameter and its range, and the flow through which the rescue spends."""

    parameter: str
    low: float
    high: float
    spends: Flow | None = None


def size_of(model: Model, run: Run, policy: Policy | None, given: tuple[str, float | None, float | None] | None) -> Size | None:
    """Return the size to look at: the parameter given, else that of the policy, else that of the policy of the run that spends most.

    Its range is by default the parameter's plausible one. Raises InputError where that is not known.
    """
    acting = [model.policies[name] for name in dict.fromkeys(action.name for action in run.path.actions) if name in model.policies]
    chosen = policy if policy is not None and policy.size is not None else None
    if given is None and chosen is None:
        spending = [item for item in acting if item.size is not None and item.spends is not None]
        chosen = max(spending, key=lambda item: passed(run.path, paying(item)), default=None)
        if chosen is None:
            return None
    name, low, high = given if given is not None else (str(chosen.size), None, None)
    parameter = model.parameters_of(name, "size")[0]
    if chosen is None:
        chosen = next((item for item in acting if str(item.size) == name), None)
    low, high = (parameter.between[0] if low is None else low), (parameter.between[1] if high is None else high)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(f"size {name!r}: its plausible range is not known; give its range, as in {name}=0:2")
    return Size(name, float(low), float(high), None if chosen is None or chosen.spends is None else paying(chosen))


def paying(policy: Policy) -> Flow:
    """Return the flow through which a policy spends: of a trade the payment."""
    return policy.spends.payment if isinstance(policy.spends, Trade) else policy.spends  # type: ignore[return-value]
