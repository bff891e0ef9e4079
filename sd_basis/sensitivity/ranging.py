"""Runs at both ends of the ranges of parameters, one at a time: what the straight lines of a tornado leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..ensemble.axes import Range
from ..ensemble.designs import Given
from ..errors import InputError
from ..model import Model
from ..quantities import Parameter, Stock
from ..references import CHOSEN, CONVENTION, kind
from ..transition.scene import Scene
from .interests import Interest
from .local import Local
from .measuring import Window, Work, measure

UNCERTAIN = "uncertain"  # in the place of a parameter: all of which the value is not known


def at_ends(scene: Scene, interests: Sequence[Interest], found: Mapping[str, Local], axes: Sequence[Range], count: int, window: Window | None = None,
            work: Work | None = None) -> dict[str, dict[str, tuple[float, float]]]:
    """Return for each interest the results of runs at both ends of the ranges of its first `count` parameters, nan where a run failed."""
    ranges = {axis.name: axis for axis in axes}
    ends: dict[str, dict[str, tuple[float, float]]] = {}
    for interest in interests:
        names = [slope.name for slope in found[interest.text].slopes[:count]]
        if not names:
            continue
        rows = np.tile([scene.value(name) for name in names], (2 * len(names), 1))
        for place, name in enumerate(names):
            rows[2 * place:2 * place + 2, place] = ranges[name].ends
        values = measure(scene, [interest], Given(tuple(names), rows, "both ends"), window, work).values[interest.text].reshape(-1, 2)
        ends[interest.text] = {name: (float(low), float(high)) for name, (low, high) in zip(names, values, strict=True)}
    return ends


def uncertain(scene: Scene, over: Any = None) -> Any:
    """Return what is varied: `over` as it is given, the word "uncertain" in a list of texts replaced by what it stands for; by default that alone.

    It stands for the parameters with a plausible range of two ends that are not chosen, by a policy, a control or a case, and no convention, as
    their references say, and that are not set. Where none has such a range, as in most models of other tools, it stands for all that a rate rests
    on, each within a tenth of its value. Raises InputError where there is none.
    """
    if isinstance(over, Mapping) or over and (UNCERTAIN in scene.model.quantities or UNCERTAIN not in over):
        return over
    named = [text.partition("=")[0].strip() for text in over or ()]
    known = [parameter for parameter in scene.model.parameters if parameter.name not in (*scene.set, *named)
             and kind(parameter.reference) not in (CHOSEN, CONVENTION)]
    found = [parameter.name for parameter in known if np.all(np.isfinite(parameter.between))] or _by_a_tenth(scene, known)
    if not found:
        raise InputError(f"{scene.where}: no uncertain parameter has a plausible range; give parameters between=, or name one with "
                         "--over NAME=uniform(LOW,HIGH)")
    return [*(text for text in over or () if text != UNCERTAIN), *found]


def guessed(axes: Sequence[Range], model: Model) -> str | None:
    """Return the warning that ranges are none of the model's, but a tenth around each value, where they are that."""
    if any(np.all(np.isfinite(parameter.between)) for parameter in model.parameters) or not any(_is_a_tenth(axis, model) for axis in axes):
        return None
    return "no parameter has a plausible range: each is varied within a tenth of its value; give ranges with --over NAME=uniform(LOW,HIGH)"


def _by_a_tenth(scene: Scene, known: Sequence[Parameter]) -> list[str]:
    """Return the parameters that rates rest on, but for the steps of the model, as texts with a tenth around each value."""
    rests = scene.model.rests_on([*scene.model.flows]) | set().union(*(stock.initial.free_symbols for stock in scene.model.stocks))
    found = [(parameter.name, scene.value(parameter.name)) for parameter in known
             if parameter in rests and not any(parameter is control for control in (scene.model.step, scene.model.saving))]
    return [f"{name}=uniform({min(0.9 * value, 1.1 * value)!r},{max(0.9 * value, 1.1 * value)!r})" for name, value in found if value and "=" not in name]


def _is_a_tenth(axis: Range, model: Model) -> bool:
    value = model.values.get(axis.name, float(getattr(model.quantities.get(axis.name), "value", np.nan)))
    return sorted((0.9 * value, 1.1 * value)) == [axis.low, axis.high]


def dates_of(scene: Scene) -> tuple[str, ...]:
    """Return what of a scene is dated: its policies, by name, and "shift" for all of them together where there are several.

    A policy with the name of a parameter or stock is left out, since that name means these.
    """
    run = scene.run(scene.own)
    own = tuple(dict.fromkeys(action.name for action in run.path.schedule.actions if not action.shock and action.start >= scene.start
                              and not isinstance(scene.model.quantities.get(action.name), (Parameter, Stock))))
    return (*own, "shift") if len(own) > 1 else own
