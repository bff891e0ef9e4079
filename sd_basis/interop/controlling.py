"""The control variables of a foreign model: when it begins, ends, steps and saves, and by which method."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..model import Model
from ..pacing import MOST_STEPS, rounded, value_at
from ..quantities import Auxiliary, Parameter, Quantity

_RUNGE_KUTTA = {"1", "3", "4", "5"}  # of Vensim: 1 and 5 are of fourth order, 3 and 4 of second; 0 and 2 are Euler's


def control(model: Model, known: dict[str, Quantity], of: Callable[[str], str]) -> None:
    """Give a model the span, the steps and the saving of its file; `of` names a control variable in errors.

    FINAL TIME may change while the model runs: the run ends at the first step that reaches it.
    """
    def told(key: str, time: float) -> float:
        try:
            return value_at(model, known[key], time, {})
        except InputError as error:
            raise InputError(f"{of(key)}: {error}") from None
    start = told("initial_time", 0.0)
    end, step = told("final_time", start), told("time_step", start)
    if not step > 0:
        raise InputError(f"{of('time_step')}: TIME STEP {step:g} is not positive; give the length of a step")
    if not end > start:
        raise InputError(f"{of('final_time')}: FINAL TIME {end:g} is not after INITIAL TIME {start:g}; mend one of them")
    if _changes(model, known["final_time"]):
        end = start
        for _ in range(MOST_STEPS):
            step = told("time_step", end)
            if end >= told("final_time", end) - 1e-9 * step:
                break
            if step <= 0:
                raise InputError(f"{of('time_step')}: it is {step:g} at t = {end:g}; steps have a positive length")
            end = rounded(end + step)
        else:
            raise InputError(f"{of('final_time')}: it is not reached in {MOST_STEPS} steps; mend it")
    model.span = (start, end)
    model.step = _as_given(model, known["time_step"])
    if "saveper" in known:
        if not (every := told("saveper", start)) > 0:
            raise InputError(f"{of('saveper')}: SAVEPER {every:g} is not positive; give the time between rows, such as TIME STEP")
        model.saving = _as_given(model, known["saveper"])


def _changes(model: Model, quantity: Quantity) -> bool:
    return isinstance(quantity, Auxiliary) and any(not isinstance(symbol, (Parameter, Auxiliary)) for symbol in model.rests_on([quantity]))


def _as_given(model: Model, quantity: Quantity) -> Quantity:
    """Return the parameter that a control variable is only another name of, else itself."""
    while isinstance(quantity, Auxiliary) and isinstance(model.equations[quantity], (Parameter, Auxiliary)):
        quantity = model.equations[quantity]
    return quantity


def asked_method(path: Path) -> str:
    """Return the method of fixed steps that a file asks for: "Euler", or "RK4" for one of Runge and Kutta, of second order too."""
    text = path.read_bytes().decode("utf-8", "replace")
    if path.suffix.lower() == ".mdl":
        asked = re.findall(r"^15:\d+,\d+,\d+,(\d+)", text.rpartition("///---")[2], flags=re.M)
        return "RK4" if asked and asked[-1] in _RUNGE_KUTTA else "Euler"
    method = re.search(r"<\w*:?sim_specs\b[^>]*\bmethod\s*=\s*[\"'](\w+)", text)
    return "RK4" if method and method[1].lower().startswith("rk") else "Euler"
