"""The least-squares problem: residuals (model - data) / error over a box of parameters, with their exact Jacobian."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..case import Case
from ..compiled import fingerprint
from ..errors import InputError, unknown
from ..forward import COLLOCATION
from ..library import find_case, load, with_values
from ..manifest import tables_of, versions
from ..model import Model
from ..quantities import Parameter
from ..responses import sensitivities
from ..run import Run
from ..simulation import simulate
from .description import Fit, Free, find_fit
from .observations import Observed, observed


@dataclass(frozen=True)
class Range:
    """The box of one parameter and its coordinate, which goes from 0 to 1, in logarithms or not."""

    name: str
    low: float
    high: float
    start: float
    log: bool

    @property
    def width(self) -> float:
        """The length of the box, in logarithms where the scale is."""
        return math.log(self.high / self.low) if self.log else self.high - self.low

    def value(self, place: float) -> float:
        """Return the parameter at a coordinate."""
        found = self.low * math.exp(place * self.width) if self.log else self.low + place * self.width
        return min(max(found, self.low), self.high)

    def place(self, value: float) -> float:
        """Return the coordinate of a value."""
        return (math.log(value / self.low) if self.log else value - self.low) / self.width

    def slope(self, value: float) -> float:
        """Return d parameter / d coordinate."""
        return self.width * (value if self.log else 1.0)


@dataclass(frozen=True)
class Problem:
    """A model with a case, fixed values, free parameters and data; everything a fit hangs on."""

    model: Model
    case: Case
    fit: Fit
    free: tuple[Range, ...]
    observed: tuple[Observed, ...]
    fixed: Mapping[str, float] = field(default_factory=dict)
    rtol: float = 1e-6
    method: str = "LSODA"

    @property
    def fitted(self) -> tuple[Observed, ...]:
        """What is fitted: everything that is not held out."""
        return tuple(item for item in self.observed if not item.held_out)

    @property
    def count(self) -> int:
        """The number of data that are fitted."""
        return sum(len(item.times) for item in self.fitted)

    @property
    def key(self) -> str:
        """A digest of everything the end of a start hangs on."""
        data = [(item.quantity, item.times.tolist(), item.values.tolist(), item.error, item.base) for item in self.fitted]
        own = self.case
        case = (own.origin, own.span, sorted(own.values.items()), repr(own.initial), own.shocks, own.policies, own.shift)
        acts = (tuple(self.model.policies.values()), tuple(self.model.impulses.values()), [(stock.name, stock.scale, stock.nonnegative) for stock in self.model.stocks])
        parts = (versions(), fingerprint(self.model), self.model.span, tables_of(self.model), acts, sorted(self.model.values.items()), [(item.name, float(item.value)) for item in self.model.parameters], case,
                 [(item.name, item.low, item.high, item.log) for item in self.free], sorted(self.fixed.items()), data, self.rtol, self.method)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def values(self, places: Sequence[float] | np.ndarray) -> dict[str, float]:
        """Return the free parameters at coordinates."""
        return {item.name: item.value(float(place)) for item, place in zip(self.free, places, strict=True)}

    def run(self, values: Mapping[str, float], wanted: Sequence[Observed] | None = None) -> Run:
        """Return the run with free parameters at values, shown at the times of what is wanted, by default all; it goes no further than these."""
        start, end = (self.case.time("span", value) for value in (self.case.span or self.model.span))
        times = _times(self.observed if wanted is None else wanted)
        last = min(end, times[-1] + 1e-3 * (times[-1] - start)) if times[-1] > start else end  # beyond, so that a switch at the last date is behind it
        return simulate(self.model, self.case, set={**self.fixed, **values}, span=(start, last), at=times, rtol=self.rtol, method=self.method)

    def residuals(self, run: Run, wanted: Sequence[Observed]) -> np.ndarray:
        """Return (model - data) / error of all that is wanted, one after the other."""
        return np.concatenate([(predicted(run, item) - item.values) / item.error for item in wanted])

    def jacobian(self, run: Run, values: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
        """Return the derivatives of the fitted residuals (rows) by the coordinates of parameters (columns), by forward sensitivities."""
        ranges = [next(item for item in self.free if item.name == name) for name in names]
        found = sensitivities(run, names, at=_times(self.fitted), method=COLLOCATION)
        columns = []
        for item in ranges:
            parts = []
            for data in self.fitted:
                along = found[data.quantity, item.name]
                own = along[np.searchsorted(found.t, data.times)]
                parts.append((own if data.base is None else own - along[np.searchsorted(found.t, data.base)]) / data.error)
            columns.append(np.concatenate(parts) * item.slope(values[item.name]))
        return np.column_stack(columns)


def predicted(run: Run, item: Observed) -> np.ndarray:
    """Return what a run, shown at the times of the data, says of them."""
    along = run[item.quantity]
    own = along[np.searchsorted(run.t, item.times)]
    return own if item.base is None else own - along[np.searchsorted(run.t, item.base)]


def _times(wanted: Sequence[Observed]) -> np.ndarray:
    return np.unique(np.concatenate([np.append(item.times, [] if item.base is None else item.base) for item in wanted]))


def problem(model: Model | str | Path, fit: Fit | str | Path, *, values: str | None = None, set: Mapping[Any, float] | None = None,
            rtol: float = 1e-6, method: str = "LSODA") -> Problem:
    """Return the problem of a fit; raise InputError for anything in it that the model does not have or that cannot be compared.

    The later wins: the parameter's own value, the value set (`values`, else that of the fit, else the model's), the case, the
    fit's `[parameters]`, `set`. A free parameter starts from the value in force.
    """
    if not isinstance(model, Model):
        model = load(model)
    description = fit if isinstance(fit, Fit) else find_fit(model.path, fit)
    where = description.path.name if description.path else description.name
    chosen = values or description.values
    if chosen is not None and chosen != model.value_set:
        if model.path is None:
            raise unknown(where, "value set", chosen, ())
        model = with_values(model, chosen)
    case = find_case(model, description.case) or Case("default")
    fixed: dict[str, float] = {}
    for given, place in ((description.parameters, f"{where}, parameters"), (set or {}, "set")):
        for name, value in given.items():
            for parameter in model.parameters_of(name, place):
                parameter.check(value, place)
                fixed[parameter.name] = value
    free = tuple(_range(f"{where}, free {number} ({item.name})", model, case, item, fixed) for number, item in enumerate(description.free, 1))
    names = [item.name for item in free]
    return Problem(model, case, description, free, observed(model, case, description), {name: fixed[name] for name in fixed if name not in names}, rtol, method)


def in_force(model: Model, case: Case, fixed: Mapping[str, float], name: str) -> float:
    """Return the value a parameter has before any shock or policy."""
    bare = name.partition("[")[0]
    for values in (fixed, case.values, model.values):
        for key in (name, bare):
            if key in values:
                return float(values[key])
    return float(model.quantity(name, None, Parameter).value)


def _range(where: str, model: Model, case: Case, item: Free, fixed: Mapping[str, float]) -> Range:
    parameter = model.quantity(item.name, where, Parameter)
    low, high = parameter.between if item.between is None else item.between
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{where}: the parameter has no plausible range of its own; write between = [low, high]")
    if low >= high:
        raise InputError(f"{where}, between: {low:g} is not below {high:g}; give [low, high]")
    if low < parameter.domain[0] or high > parameter.domain[1]:
        raise InputError(f"{where}, between: [{low:g}, {high:g}] leaves the parameter's domain [{parameter.domain[0]:g}, {parameter.domain[1]:g}]; narrow it")
    if item.scale == "log" and low <= 0:
        raise InputError(f"{where}, between: {low:g} has no logarithm; give a lower limit above zero, or scale = \"linear\"")
    start = in_force(model, case, fixed, item.name) if item.start is None else item.start
    if item.name in fixed:
        start = float(fixed[item.name])
    if not low <= start <= high:
        given = "the value in force" if item.start is None else "its start"
        raise InputError(f"{where}: {given}, {start:g}, lies outside [{low:g}, {high:g}]; give a start inside, or a wider range")
    return Range(item.name, low, high, start, item.scale == "log")


