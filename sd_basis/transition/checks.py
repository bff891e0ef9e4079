"""Checks of a turn: the control in which it should vanish, and its convergence with tolerance, horizon and method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..cutting import cut
from ..errors import InputError, NumericalFailure
from .scene import DELAY, Scene
from .searching import Line, Turn, refined, search
from .separating import Gap, concerned

RTOLS = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11)
METHODS = ("LSODA", "BDF", "Radau")
_FINEST = 1e-8  # BDF takes hundreds of thousands of steps for more
_COARSE = 1e-3  # of the scan's spacing: how closely the turn of a control is found
_SHARES = 10.0 ** -np.arange(1, 5)  # of the scan's spacing: distances at which the control's response is looked at
_SMOOTH = 0.5  # a tenth of the distance leaves less than this of the difference


def default_control(scene: Scene) -> Mapping[Any, float]:
    """Return the control that the model's outcomes declare for the group, empty where they declare none."""
    return next((outcome.control for outcome in scene.model.outcomes if outcome.group == scene.group and outcome.control), {})


def controlled(axis: Line, low: float, high: float, scan: int, value: float, control: Any) -> dict[str, Any]:
    """Return what remains of a turn under a control, a mapping of parameters or the links to cut, and whether the response is smooth.

    The control is searched like the case itself, on the same bracket. Where it has a turn, the response is looked at beside that, otherwise beside
    `value`, where the turn was: it is smooth if the runs on the two sides come together as their distance falls.
    """
    scene, said = _with_control(axis.scene, control)
    own = replace(axis, scene=scene)
    spacing = (high - low) / (scan - 1)
    found = search(own, low, high, _COARSE * spacing, scan)
    values = [turn.value for turn in found.turns]
    stretch = found.turns[-1].stretch if found.turns else 1.0
    beside = min(max(values[-1] if values else value, low + 0.11 * spacing), high - 0.11 * spacing)
    places, jumps = concerned(scene.model, scene.group), []
    for distance in spacing * _SHARES[:2 if values else None]:  # a turn is known to a thousandth of the spacing
        if not (own.allows(beside - distance) and own.allows(beside + distance)):
            continue
        runs = own.run(beside - distance, stretch), own.run(beside + distance, stretch)
        jumps.append(Gap(runs[0], [runs[1]], places, np.array(runs[0].atol) / runs[0].solver["rtol"]).largest)
    smooth = all(after < max(_SMOOTH * before, 100 * scene.rtol) for before, after in zip(jumps, jumps[1:], strict=False))
    code = found.looks[-1][1].code
    if values:
        what = f"the outcome still turns, at {', '.join(f'{own.text(turn)} ({turn:.6g})' for turn in values)}"
    else:
        what = f"the turn vanishes: {scene.group} ends {' or '.join(dict.fromkeys(look.code for _, look in found.looks))} at every {axis.name}"
    response = "continuous" if smooth else "not seen to be continuous"
    return {"control": said, "values": values, "vanishes": not values, "outcome": code, "smooth": smooth, "jump": jumps,
            "reason": f"with {said} {what}, and the response is {response} there", "integrations": scene.integrations}


def _with_control(scene: Scene, control: Any) -> tuple[Scene, str]:
    """Return the scene under a control, and the control in words."""
    if isinstance(control, Mapping):
        return scene.changed(set=control), ", ".join(f"{getattr(name, 'name', name)} = {value:g}" for name, value in control.items())
    links = [control] if isinstance(control, str) else list(control)
    model = scene.model
    for link in links:
        model = cut(model, link)
    return scene.changed(model=model), f"{' and '.join(links)} held"


def converging(axis: Line, turn: Turn, top: str, xtol: float, rtols: Iterable[float] = RTOLS, methods: Iterable[str] = METHODS) -> tuple[dict[str, Any], ...]:
    """Return where a turn lies at other tolerances, over longer runs and by other methods, each as a row with its difference from the turn."""
    rows = []

    def row(what: str, own: Line, stretch: float) -> None:
        found: dict[str, Any] = {"varied": what, "rtol": own.scene.rtol, "method": own.scene.method, "stretch": stretch, "value": None, "difference": None}
        try:
            value = float(_again(own, replace(turn, stretch=stretch), top, xtol))
            found |= {"value": value, "difference": float(value - turn.value), "said": ""}
        except (NumericalFailure, InputError) as error:
            found["said"] = str(error)
        rows.append({**found, "integrations": own.scene.integrations})
    scene = axis.scene
    for rtol in rtols:
        row("rtol", replace(axis, scene=scene.with_rtol(rtol)), turn.stretch)
    row("horizon", replace(axis, scene=scene.with_rtol(scene.rtol)), 4.0 * turn.stretch)
    for method in methods:
        row("method", replace(axis, scene=scene.with_rtol(max(scene.rtol, _FINEST), method)), turn.stretch)
    return tuple(rows)


def _again(axis: Line, turn: Turn, top: str, xtol: float) -> float:
    """Return the turn found anew near where it was; raise NumericalFailure where it is not near."""
    def code(value: float) -> str:
        return axis.look(value, turn.stretch).code
    reach = max(10 * xtol, 10 * axis.scene.rtol * (axis.scene.end - axis.scene.start if axis.name == DELAY else 1 + abs(turn.value)))
    for _ in range(6):
        low, high = turn.value - reach, turn.value + reach
        if axis.name == DELAY:
            low, high = max(low, axis.scene.earliest), min(high, axis.scene.latest)
        ends = code(low), code(high)
        if (ends[0] == top) != (ends[1] == top):
            return refined(axis, replace(turn, low=low, high=high, below=ends[0], above=ends[1], seen=((), ())), top, xtol).value
        reach *= 10
    raise NumericalFailure(f"{axis.scene.where}: no turn lies within {reach:g} of {turn.value:g} at rtol {axis.scene.rtol:g}")
