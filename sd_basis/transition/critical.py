"""The critical delay and its companions: where the outcome turns, of what kind the turn is, and on what evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..errors import InputError, NumericalFailure, unknown
from ..model import Model
from ..outcomes import UNDECIDED
from ..policies import Impulse, Policy
from ..quantities import Parameter, finite_number
from .checks import controlled, converging, default_control
from .judging import judged
from .scene import Scene
from .searching import Line, Found, parameter_line, search


@dataclass(frozen=True)
class Critical:
    """Where an outcome turns along a delay or a parameter, and the evidence for the kind of the turn.

    `value` is the last turn, None where there is none, `values` are all of them, `date` their dates as text, and `below` and `above`
    the outcomes on both sides of each; `tolerance` is the width of the bracket. `classification` is that of `value`: "saddle", "fold-ghost",
    "threshold", "steep", or "none" where there is no turn or its kind is not settled, as `reason` says. `log_slope` is dT/d ln|d - d_c|
    by side, `decades` over how many powers of ten, and `agreement` is |slope x eigenvalue + 1|, the larger of both sides.
    `integrations` were used to find the values, `evidence_integrations` for the rest.
    """

    value: float | None
    values: tuple[float, ...]
    below: tuple[str, ...]
    above: tuple[str, ...]
    date: tuple[str, ...]
    tolerance: float
    reason: str
    integrations: int
    parameter: str = "delay"
    classification: str = "none"
    unstable_eigenvalue: float | None = None
    log_slope: Mapping[str, float | None] = field(default_factory=lambda: {"below": None, "above": None})
    decades: float = 0.0
    agreement: float | None = None
    edge_state: Mapping[str, float] | None = None
    spectrum: tuple[complex, ...] = ()
    scaling: Mapping[str, np.ndarray] = field(default_factory=dict)
    control: Mapping[str, Any] | None = None
    convergence: tuple[Mapping[str, Any], ...] = ()
    evidence_integrations: int = 0


def critical_delay(model: Model, policy: Policy | Impulse | str | None = None, *, case: Case | str | Path | None = None, outcome: str | None = None,
                   bracket: tuple | None = None, set: Mapping | None = None, xtol: float = 1e-8, policies: Iterable[Policy | str] = (),
                   method: str = "LSODA", rtol: float | None = None, scan: int = 13, control: Any = None, code: str | None = None,
                   classify: bool = True, convergence: bool = False, frozen: Iterable[str] = ()) -> Critical:
    """Return the delay of a policy at which the outcome turns, counted from clock zero, the first shock of the case.

    `policy` is a name, a Policy or an Impulse, or None for all dated policies of the case together. Delays are searched in `bracket`, by
    default all of the run, at `scan` points; what happens between two of them alone is not seen. Each turn is
    bisected to `xtol`, by default at the tolerance rtol = xtol / 10000, between 1e-12 and 1e-6. A turn is where the outcome of the group `outcome`
    becomes, or ceases to be, `code`, by default that of the run in which the policy never comes. Raises InputError for what cannot be searched; that there is no turn is a result.
    """
    scene = Scene(model, case, policy=policy, outcome=outcome, set=set, policies=policies, method=method, rtol=_rtol(model, xtol, rtol))
    return critical_in(Line(scene, code=_checked(scene, code) or never(scene)), bracket, xtol, scan, control, classify, convergence, tuple(frozen))


def critical_value(model: Model, parameter: Parameter | str, *, policy: Policy | Impulse | str | None = None, delay: float | None = None,
                   case: Case | str | Path | None = None, outcome: str | None = None, bracket: tuple | None = None, set: Mapping | None = None,
                   xtol: float = 1e-8, policies: Iterable[Policy | str] = (), method: str = "LSODA", rtol: float | None = None,
                   scan: int = 13, control: Any = None, code: str | None = None,
                   classify: bool = True, convergence: bool = False, frozen: Iterable[str] = ()) -> Critical:
    """Return the value of a parameter at which the outcome turns, as `critical_delay` does for the delay.

    Of the size of a rescue, of a spark, or a rate. `bracket` is by default the parameter's plausible range. With `policy` it acts at a
    `delay`, by default its own; without, the case is as it stands. `code` is by default the outcome where the policy never comes, or,
    where none is dated, that at the upper end.
    """
    scene = Scene(model, case, policy=policy, outcome=outcome, set=set, policies=policies, method=method, rtol=_rtol(model, xtol, rtol))
    at = scene.own if delay is None else finite_number(f"{scene.where}, delay", delay)
    if at is None and scene.moved is not None:
        raise InputError(f"{scene.where}: the policy {scene.moved.name!r} has no date of its own; give delay=, counted from the first shock")
    axis = replace(parameter_line(scene, parameter, at), code=_checked(scene, code) or (None if at is None else never(scene)))
    return critical_in(axis, bracket, xtol, scan, control, classify, convergence, tuple(frozen))


def never(scene: Scene) -> str | None:
    """Return the outcome of the run in which the policy never comes, None where it is undecided."""
    try:
        found = scene.look(None).code
    except NumericalFailure:
        return None
    return None if found == UNDECIDED else found


def _checked(scene: Scene, code: str | None) -> str | None:
    codes = [item.name for item in scene.model.outcomes if item.group == scene.group]
    if code is not None and code not in codes:
        raise unknown(scene.where, f"outcome in the group {scene.group!r}", code, codes)
    return code


def _rtol(model: Model, xtol: float, rtol: float | None) -> float:
    if not finite_number(f"{model.where}, xtol", xtol) > 0:
        raise InputError(f"{model.where}: xtol is {xtol:g}; give a positive tolerance")
    return min(max(1e-4 * xtol, 1e-12), 1e-6) if rtol is None else rtol


def critical_in(axis: Line, bracket: tuple | None, xtol: float, scan: int = 13, control: Any = None, classify: bool = True, convergence: bool = False,
                frozen: Iterable[str] = (), **checked: Any) -> Critical:
    """Return where an outcome turns along an axis; the arguments are those of `critical_delay`, and `rtols` and `methods` those of `converging`."""
    _rtol(axis.scene.model, xtol, None)
    if not (isinstance(scan, int) and scan >= 2):
        raise InputError(f"{axis.scene.where}: scan is {scan!r}; give a number of points, two or more")
    low, high = axis.bracket(bracket)
    found = search(axis, low, high, xtol, scan)
    turns = found.turns
    plain = Critical(
        turns[-1].value if turns else None, tuple(turn.value for turn in turns), tuple(turn.below for turn in turns), tuple(turn.above for turn in turns),
        tuple(axis.text(turn.value) for turn in turns), max((turn.high - turn.low for turn in turns), default=xtol),
        _said(axis, found), axis.scene.integrations, axis.name)
    if not turns:
        return plain
    wanted = default_control(axis.scene) if control is None else control
    if wanted:
        plain = replace(plain, control=controlled(axis, low, high, scan, turns[-1].value, wanted))
    made = _judged(plain, axis, found, (high - low) / (scan - 1), tuple(frozen)) if classify else plain
    if convergence and made.classification != "fold-ghost":  # where a ghost is, each finite time has a turn of its own
        turn = replace(turns[-1], low=made.values[-1], high=made.values[-1])
        made = replace(made, convergence=converging(axis, turn, found.code, max(0.1 * xtol, axis.scene.rtol), **checked))
    return made


def _judged(plain: Critical, axis: Line, found: Found, spacing: float, frozen: tuple) -> Critical:
    """Return what was found with the class of the last turn and its evidence."""
    evidence = judged(axis, found.turns[-1], found.code, spacing, frozen)
    values = (*plain.values[:-1], evidence.value)
    if evidence.codes is not None:
        plain = replace(plain, below=(*plain.below[:-1], evidence.codes[0]), above=(*plain.above[:-1], evidence.codes[1]))
    law, edge = evidence.law, evidence.edge
    made = replace(plain, value=evidence.value, values=values, date=tuple(map(axis.text, values)), classification=evidence.classification,
                   reason=f"{plain.reason}; {evidence.reason}", scaling=evidence.scaling, decades=evidence.decades,
                   evidence_integrations=axis.scene.integrations - plain.integrations)
    if law is not None:
        made = replace(made, log_slope=law.slope)
    if edge is not None:
        made = replace(made, edge_state=edge.state, spectrum=edge.spectrum, unstable_eigenvalue=edge.eigenvalue)
    if law is not None and edge is not None and edge.eigenvalue is not None:
        made = replace(made, agreement=max(abs(slope * edge.eigenvalue + 1) for slope in law.slope.values()))
    return made


def _said(axis: Line, found: Found) -> str:
    """Return what the search found as a sentence."""
    first, last, notes = found.looks[0], found.looks[-1], "".join(f"; {note}" for note in found.notes)
    if not found.turns:
        codes = list(dict.fromkeys(look.code for _, look in found.looks))
        also = f" ({' and '.join(codes)})" if len(codes) > 1 else ""
        return (f"no turn: of {len(found.looks)} values of {axis.name} from {first[0]:g} to {last[0]:g} none changes whether {axis.scene.group} "
                f"ends {found.code}{also}{notes}")
    turns = ", ".join(f"{turn.below} turns {turn.above} at {turn.value:.9g}" for turn in found.turns)
    open_ = "; a side is undecided however far it is followed" if UNDECIDED in {code for turn in found.turns for code in (turn.below, turn.above)} else ""
    return f"{axis.scene.group}: {turns}{open_}{notes}"
