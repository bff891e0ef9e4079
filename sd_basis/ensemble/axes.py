"""What is varied: the steps of a grid and the ranges of a sample, from texts like "gain=lin(0,1,5)"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, unknown
from ..quantities import Parameter, finite_number
from ..transition.scene import DELAY, Scene

_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*")
_FORMS = {"lin": 3, "log": 3, "uniform": 2, "loguniform": 2}
NEVER = "never"


@dataclass(frozen=True)
class Steps:
    """The values of a parameter, or of the delay, along a grid: `count` of them from low to high, evenly or by equal factors, or those that are listed."""

    name: str
    count: int
    low: float
    high: float
    factors: bool = False
    listed: tuple[float, ...] = ()

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return the values at places 0 to count - 1; both ends are exact."""
        if self.listed:
            return np.array(self.listed)[places]
        share = places / max(self.count - 1, 1)
        values = self.low * (self.high / self.low) ** share if self.factors else self.low + share * (self.high - self.low)
        return np.where(places == 0, self.low, np.where(places == self.count - 1, self.high, values))

    @property
    def ends(self) -> tuple[float, ...]:
        """The least and the greatest value; none for a delay that is always "never"."""
        values = [value for value in self.listed or (self.low, self.high) if not math.isnan(value)]
        return (min(values), max(values)) if values else ()

    @property
    def text(self) -> str:
        """The axis as it is written on the command line."""
        if self.listed:
            return f"{self.name}={','.join(NEVER if math.isnan(value) else f'{value:.12g}' for value in self.listed)}"
        return f"{self.name}={'log' if self.factors else 'lin'}({self.low:.12g},{self.high:.12g},{self.count})"


@dataclass(frozen=True)
class Range:
    """The range over which a parameter, or the delay, is sampled: uniformly, or so that its logarithm is uniform."""

    name: str
    low: float
    high: float
    logarithmic: bool = False

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Return the values at shares between 0 and 1."""
        if self.logarithmic:
            return np.clip(self.low * (self.high / self.low) ** shares, self.low, self.high)
        return np.clip(self.low + shares * (self.high - self.low), self.low, self.high)

    @property
    def ends(self) -> tuple[float, ...]:
        """Both ends."""
        return self.low, self.high

    @property
    def text(self) -> str:
        """The axis as it is written on the command line."""
        return f"{self.name}={'loguniform' if self.logarithmic else 'uniform'}({self.low:.12g},{self.high:.12g})"


def axes_of(scene: Scene, over: Mapping[Any, Any] | Iterable[str], sampled: bool) -> tuple[list[Steps | Range], list[str]]:
    """Return what is varied, and warnings for values outside a plausible range.

    `over` is texts NAME=FORM, or a mapping from names to forms or lists of numbers. Forms of a grid are lin(a,b,n), log(a,b,n) and v1,v2,...
    (the delay may be "never"), those of a sample range (or nothing: the plausible range), uniform(a,b) and loguniform(a,b). Raises InputError.
    """
    pairs = [(str(getattr(name, "name", name)), form) for name, form in over.items()] if isinstance(over, Mapping) else [_pair(text) for text in over]
    where = scene.where
    if not pairs:
        raise InputError(f"{where}: nothing is varied; give --over NAME=lin(LOW,HIGH,COUNT), or --sample N --over NAME")
    found: list[Steps | Range] = []
    warnings: list[str] = []
    for name, form in pairs:
        if name in [axis.name for axis in found]:
            raise InputError(f"{where}: {name!r} is varied twice; give it once")
        if name in scene.set:
            raise InputError(f"{where}: {name!r} is set and varied; do one of the two")
        parameter = None if name == DELAY else scene.model.quantity(name, where, Parameter)
        axis = _sampled(where, name, form, parameter) if sampled else _stepped(where, name, form)
        warnings += _outside(scene, axis, parameter, where)
        found.append(axis)
    return found, warnings


def _pair(text: str) -> tuple[str, str]:
    name, _, form = text.partition("=")
    if not name.strip():
        raise InputError(f"--over {text!r}: it names no parameter; write for example --over gain=lin(0,1,5)")
    return name.strip(), form.strip()


def _stepped(where: str, name: str, form: Any) -> Steps:
    if isinstance(form, Sequence | np.ndarray) and not isinstance(form, str):
        return _listed(f"{where}, {name}", name, list(form))
    text, where = str(form), f"{where}, {name}={form}"
    kind, given = _call(where, text)
    if kind is None:
        if not text:
            raise InputError(f"{where}: a grid needs values; write {name}=lin(LOW,HIGH,COUNT), or ask for a sample with --sample N")
        return _listed(where, name, text.split(","))
    if kind not in ("lin", "log"):
        raise InputError(f"{where}: {kind} is for samples; write {name}=lin(LOW,HIGH,COUNT), log(LOW,HIGH,COUNT) or values, or give --sample N")
    low, high, count = given
    if count != int(count) or count < 1 or (count == 1 and low != high):
        raise InputError(f"{where}: {count:g} steps from {low:g} to {high:g}; give a whole number of at least 2")
    if low > high or (kind == "log" and low <= 0):
        raise InputError(f"{where}: the ends are {low:g} and {high:g}; give the lower one first" + (", above zero" if kind == "log" else ""))
    return Steps(name, int(count), low, high, kind == "log")


def _listed(where: str, name: str, values: list) -> Steps:
    never = [str(value).strip().lower() == NEVER for value in values] if name == DELAY else [False] * len(values)
    numbers = tuple(math.nan if late else _number(where, value) for value, late in zip(values, never, strict=True))
    if not numbers or len(set(map(repr, numbers))) < len(numbers):
        raise InputError(f"{where}: the values are none or not distinct; give each once")
    return Steps(name, len(numbers), 0.0, 0.0, listed=numbers)


def _sampled(where: str, name: str, form: Any, parameter: Parameter | None) -> Range:
    if isinstance(form, tuple) and len(form) == 2:
        form = f"uniform({form[0]!r},{form[1]!r})"
    text, where = str(form), f"{where}, {name}={form}"
    kind, given = _call(where, text)
    if kind is None:
        if text not in ("", "range"):
            raise InputError(f"{where}: a sample takes ranges; write {name}=range, {name}=uniform(LOW,HIGH) or {name}=loguniform(LOW,HIGH)")
        low, high = (-math.inf, math.inf) if parameter is None else parameter.between
        if not (math.isfinite(low) and math.isfinite(high)):
            raise InputError(f"{where}: {name!r} has no plausible range of two ends; give one, {name}=uniform(LOW,HIGH)")
        given = [low, high]
    elif kind not in ("uniform", "loguniform"):
        raise InputError(f"{where}: {kind} is for grids; write {name}=uniform(LOW,HIGH) or {name}=loguniform(LOW,HIGH), or leave --sample out")
    low, high = given
    if low >= high or (kind == "loguniform" and low <= 0):
        raise InputError(f"{where}: the ends are {low:g} and {high:g}; give the lower one first" + (", above zero" if kind == "loguniform" else ""))
    return Range(name, low, high, kind == "loguniform")


def _call(where: str, text: str) -> tuple[str | None, list[float]]:
    """Return the kind of a form like lin(0,1,5) and its numbers; None for a text of another form."""
    match = _CALL.fullmatch(text)
    if match is None:
        if "(" in text or ")" in text:
            raise InputError(f"{where}: it is malformed; write lin(LOW,HIGH,COUNT), log(LOW,HIGH,COUNT), uniform(LOW,HIGH) or loguniform(LOW,HIGH)")
        return None, []
    kind, inside = match.groups()
    if kind not in _FORMS:
        raise unknown(where, "form", kind, _FORMS)
    numbers = inside.split(",")
    if len(numbers) != _FORMS[kind]:
        right = "LOW,HIGH,COUNT" if _FORMS[kind] == 3 else "LOW,HIGH"
        raise InputError(f"{where}: {kind} takes {_FORMS[kind]} numbers and {len(numbers)} are given; write {kind}({right})")
    return kind, [_number(where, number) for number in numbers]


def _number(where: str, value: Any) -> float:
    try:
        return finite_number(where, float(value))
    except (TypeError, ValueError):
        raise InputError(f"{where}: {str(value).strip()!r} is not a number; give finite numbers") from None


def _outside(scene: Scene, axis: Steps | Range, parameter: Parameter | None, where: str) -> list[str]:
    """Return warnings for ends outside the plausible range; raise InputError outside the domain or the run."""
    if parameter is not None:
        return [text for value in axis.ends if (text := parameter.check(value, where))]
    for value in axis.ends:
        if not scene.earliest <= value <= scene.latest:
            raise InputError(f"{where}, delay: {value:g} leaves the run, in which the policy starts at delays from {scene.earliest:g} to {scene.latest:g}; "
                             "narrow it, or give the case a longer span")
    return []
