"""A plane of two axes through a scene, the delay of its policy and parameters, and what a run at one of its points says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError, NumericalFailure
from ..outcomes import UNDECIDED
from ..quantities import finite_number
from ..run import Run
from .margins import Margin, margins
from .scene import DELAY, Scene

FAILED = "failed"  # the code of a run that could not be computed


@dataclass(frozen=True)
class Axis:
    """One axis of a plane: DELAY or the name of a parameter, and the range looked at."""

    name: str
    low: float
    high: float

    def value(self, share: float) -> float:
        """Return the value at a share of the range; its ends are exact."""
        return self.low if share <= 0 else self.high if share >= 1 else self.low + share * (self.high - self.low)

    def share(self, value: float) -> float:
        """Return the share of the range at a value."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Probe:
    """One look at a point of a plane, in shares of its ranges: the outcome, since when, the deciding margins, and why it failed where it did."""

    place: tuple[float, float]
    code: str
    time: float | None
    margins: Mapping[str, Margin] = field(default_factory=dict, repr=False)
    reason: str = ""


def checked_axis(scene: Scene, axis: Sequence | Axis, where: str) -> Axis:
    """Return an axis whose name is known and whose range lies in the domain of the parameter, or within the run; raise InputError."""
    if not isinstance(axis, Axis):
        if not isinstance(axis, (tuple, list)) or len(axis) != 3:
            raise InputError(f"{where}: {axis!r} is not an axis; give (name, low, high)")
        name = str(getattr(axis[0], "name", axis[0]))
        axis = Axis(name, finite_number(f"{where}, {name}", axis[1]), finite_number(f"{where}, {name}", axis[2]))
    if axis.high <= axis.low:
        raise InputError(f"{where}, {axis.name}: the range runs from {axis.low:g} to {axis.high:g}; give the lower end first")
    if axis.name == DELAY:
        if axis.low < scene.earliest or axis.high > scene.latest:
            raise InputError(f"{where}, delay: the range from {axis.low:g} to {axis.high:g} leaves the run, in which the policy starts at delays "
                             f"from {scene.earliest:g} to {scene.latest:g}; narrow it, or give the case a longer span")
        return axis
    for parameter in scene.model.parameters_of(axis.name, where):
        low, high = parameter.domain
        if axis.low < low or axis.high > high:
            raise InputError(f"{where}, {axis.name}: the range from {axis.low:g} to {axis.high:g} leaves the domain of {parameter.name}, "
                             f"from {low:g} to {high:g}; narrow it")
    return axis


class Plane:
    """A plane through a scene; places are shares (x, y) of the two ranges. Each place is looked at once.

    Where neither axis is the delay the policy keeps `delay`, by default that of the case. An undecided run is followed
    to `longest` spans.
    """

    def __init__(self, scene: Scene, x: Sequence | Axis, y: Sequence | Axis, delay: float | None = None, longest: float = 1.0):
        where = f"{scene.where}, plane"
        self.scene, self.x, self.y = scene, checked_axis(scene, x, f"{where}, x axis"), checked_axis(scene, y, f"{where}, y axis")
        if self.x.name == self.y.name:
            raise InputError(f"{where}: {self.x.name!r} is both axes; choose two different ones")
        self.delay, self.longest = scene.own if delay is None else delay, longest
        if self.delay is None and scene.moved is not None and DELAY not in (self.x.name, self.y.name):
            raise InputError(f"{where}: neither axis is the delay, and {scene.moved.name!r} has no date; give delay=")
        self._probes: dict[tuple[float, float], Probe] = {}

    def values(self, place: tuple[float, float]) -> tuple[float | None, dict[str, float]]:
        """Return the delay and the parameters at a place."""
        found = {axis.name: axis.value(share) for axis, share in zip((self.x, self.y), place, strict=True)}
        return found.pop(DELAY, self.delay), found

    def run(self, place: tuple[float, float]) -> Run:
        """Return the run at a place."""
        return self.scene.run(*self.values(place))

    def probe(self, place: Sequence[float]) -> Probe:
        """Return what the run at a place says; one that cannot be computed has the code `failed` and a reason."""
        key = float(place[0]), float(place[1])
        if key not in self._probes:
            self._probes[key] = probe(self.scene, key, *self.values(key), longest=self.longest)
        return self._probes[key]

    def at(self, place: Sequence[float]) -> tuple[float, float]:
        """Return the values on both axes at a place."""
        return self.x.value(float(place[0])), self.y.value(float(place[1]))

    def place(self, point: Sequence[float]) -> np.ndarray:
        """Return the place of values on both axes."""
        return np.array([self.x.share(float(point[0])), self.y.share(float(point[1]))])

    def text(self, place: Sequence[float]) -> str:
        """Return a place in words."""
        return ", ".join(f"{axis.name} {value:.4g}" for axis, value in zip((self.x, self.y), self.at(place), strict=True))


def probe(scene: Scene, place: tuple[float, float], delay: float | None, values: Mapping[str, Any], longest: float = 1.0) -> Probe:
    """Return what one run of a scene says; one that is undecided is followed to `longest` spans, each time four times as far."""
    stretch = 1.0
    try:
        while True:
            run = scene.run(delay, values, stretch)  # whole, for its margins
            look = scene.look(delay, values, stretch)
            if look.code != UNDECIDED or stretch >= longest:
                return Probe(place, look.code, look.time, margins(run, scene.group))
            stretch = min(4 * stretch, longest)
    except NumericalFailure as failure:
        return Probe(place, FAILED, None, reason=str(failure))
