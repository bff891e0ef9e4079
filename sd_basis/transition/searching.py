"""The search for turns along one axis: a scan for every change of the outcome, and bisection of each.

A turn is a change of one predicate: whether a run ends as it does at the upper end of the bracket, which for a delay is
what waiting too long leads to. A scan of n points sees every outcome that holds over more than 1 / (n - 1) of the bracket;
of narrower ones it may miss pairs of turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from ..errors import InputError, NumericalFailure
from ..quantities import finite_number
from ..run import Run
from ..saving import State
from .narrowing import Bracket, narrowed
from .scene import DELAY, Look, Scene

HORIZONS = (1.0, 4.0, 16.0)  # spans over which a turn is looked for, until it no longer moves
_COARSE = 1e-3  # of the scan's spacing: a first look at whether the horizon matters
_AFTER = 64  # the last delay of the default bracket leaves one part in so many of the span


@dataclass(frozen=True)
class Line:
    """What moves: the delay, or a parameter at a fixed delay; `values` are further parameters that stay."""

    scene: Scene
    name: str = DELAY
    delay: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    code: str | None = None  # the outcome whose beginning or end is a turn; by default that at the upper end

    def __post_init__(self):
        if self.name != DELAY:
            self.scene.model.parameters_of(self.name, self.scene.where)

    def _point(self, value: float) -> tuple[float | None, dict[str, float]]:
        return (value, dict(self.values)) if self.name == DELAY else (self.delay, {**self.values, self.name: value})

    def look(self, value: float, stretch: float = 1.0) -> Look:
        """Return how the run at a value ends."""
        return self.scene.look(*self._point(value), stretch=stretch, longest=stretch)

    def run(self, value: float, stretch: float = 1.0) -> Run:
        """Return the run at a value."""
        return self.scene.run(*self._point(value), stretch=stretch)

    def go_on(self, value: float, state: State, stretch: float = 1.0) -> Run:
        """Return the run at a value as it goes on from a state."""
        return self.scene.go_on(state, *self._point(value), stretch=stretch)

    def allows(self, value: float) -> bool:
        """Tell whether a run can be made at a value: within the run, or the parameter's domain."""
        if self.name == DELAY:
            return self.scene.earliest <= value < self.scene.latest
        return all(item.domain[0] <= value <= item.domain[1] for item in self.scene.model.parameters_of(self.name, self.scene.where))

    def text(self, value: float) -> str:
        """Return a value as text: the date of a delay, or the parameter."""
        return self.scene.when(value) if self.name == DELAY else f"{self.name} = {value:.6g}"

    def bracket(self, given: tuple | None) -> tuple[float, float]:
        """Return the bracket of the search, checked; by default every delay of the run, or every plausible value of the parameter."""
        scene, where = self.scene, f"{self.scene.where}, bracket"
        if self.name == DELAY:
            first, last = scene.earliest, scene.latest - (scene.latest - scene.earliest) / _AFTER
            if scene.moved is None:
                first = float(np.nextafter(first, np.inf)) + 1e-12 * (last - first)  # a date computed back must not fall before the run
        elif given is None:
            between = scene.model.parameters_of(self.name, scene.where)[0].between
            if not np.all(np.isfinite(between)):
                raise InputError(f"{where}: the plausible range of {self.name!r} is not known; give bracket=(low, high)")
            first, last = between
        if given is None:
            return float(first), float(last)
        try:
            low, high = (finite_number(where, end) for end in given)
        except (TypeError, ValueError):
            raise InputError(f"{where}: {given!r} is not a pair of numbers; give (low, high)") from None
        if not high > low:
            raise InputError(f"{where}: its upper end {high:g} is not above its lower end {low:g}; give the lower one first")
        if self.name == DELAY and (low < scene.earliest or high >= scene.latest):
            raise InputError(f"{where}: ({low:g}, {high:g}) reaches beyond the run, whose delays go from {scene.earliest:g} to below {scene.latest:g}; "
                             "give delays in that range, or a longer span")
        return (max(low, first) if self.name == DELAY else low), high


@dataclass(frozen=True)
class Turn:
    """A change of the outcome between two values: its bracket, the codes on both sides, and the spans over which the runs were followed."""

    low: float
    high: float
    below: str
    above: str
    stretch: float = 1.0
    moves: bool = False  # whether it still moves with the horizon
    seen: tuple = ((), ())  # the last decision times below and above

    @property
    def value(self) -> float:
        """The middle of the bracket."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Found:
    """What a search found: its turns in order, the outcomes on the scan, and what to say of it beside."""

    turns: tuple[Turn, ...]
    looks: tuple[tuple[float, Look], ...]
    code: str
    notes: tuple[str, ...] = ()


def search(axis: Line, low: float, high: float, xtol: float, scan: int = 13) -> Found:
    """Return every turn that a scan sees, each bisected to a width of xtol, at the first horizon that does not move it."""
    notes: tuple[str, ...] = ()
    for stretch in HORIZONS:
        found = _scanned(axis, low, high, scan, stretch)
        for width in (None, max(xtol, _COARSE * (high - low) / (scan - 1)), xtol):  # a horizon that is too short shows early, at the ends or beside a turn
            found = found if width is None else _refined(axis, found, width)
            try:
                moved = _moved(axis, replace(found, turns=()) if width is None else found, 4 * stretch)
            except (InputError, NumericalFailure) as error:
                found = _refined(axis, found, xtol)
                return replace(found, notes=(*notes, f"the horizon could not be extended to {4 * stretch:g} spans ({error})"))
            if moved:
                break
        else:
            return replace(found, notes=notes)
        notes = (f"it is judged over {4 * stretch:g} spans: over {stretch:g} the outcome was not yet final",)
    found = _refined(axis, found, xtol)
    return Found(tuple(replace(turn, moves=True) for turn in found.turns), found.looks, found.code,
                 (f"the turn still moves when the run is followed from {stretch:g} to {4 * stretch:g} spans",))


def _scanned(axis: Line, low: float, high: float, scan: int, stretch: float) -> Found:
    values = np.linspace(low, high, scan).tolist()
    looks = [axis.look(value, stretch) for value in values]
    top = axis.code or looks[-1].code
    turns = [Turn(left, right, first.code, second.code, stretch) for (left, first), (right, second) in pairwise(zip(values, looks, strict=True))
             if (first.code == top) != (second.code == top)]
    return Found(tuple(turns), tuple(zip(values, looks, strict=True)), top)


def _refined(axis: Line, found: Found, xtol: float) -> Found:
    """Return what was found with every turn bisected to a width."""
    turns = tuple(refined(axis, turn, found.code, xtol) for turn in found.turns)
    return replace(found, turns=turns)


def refined(axis: Line, turn: Turn, top: str, xtol: float, stretch: float | None = None) -> Turn:
    """Return a turn with its bracket no wider than xtol, or as floating point allows; `top` is the outcome at the upper end of the search."""
    spans = turn.stretch if stretch is None else stretch

    def look(value: float) -> tuple[str, float | None]:
        found = axis.look(value, spans)
        return found.code, found.time
    found = narrowed(look, Bracket(turn.low, turn.high, turn.below, turn.above, turn.seen), top, xtol)
    return replace(turn, low=found.low, high=found.high, below=found.below, above=found.above, seen=found.seen)


def _moved(axis: Line, found: Found, stretch: float) -> bool:
    """Tell whether the runs beside the turns, and at the ends of the bracket, end otherwise when they are followed further."""
    beside = [(turn.low, turn.below) for turn in found.turns] + [(turn.high, turn.above) for turn in found.turns]
    ends = [(value, look.code) for value, look in (found.looks[0], found.looks[-1])]
    return any(axis.look(value, stretch).code != code for value, code in (*ends, *beside))


def parameter_line(scene: Scene, parameter: object, delay: float | None) -> Line:
    """Return the axis of a parameter; raise InputError with the nearest names for one that does not exist."""
    name = str(getattr(parameter, "name", parameter))
    if name == DELAY and name not in scene.model.quantities:
        raise InputError(f"{scene.where}: {DELAY!r} is no parameter; use critical_delay to move the policy")
    scene.model.parameters_of(name, scene.where)
    return Line(scene, name, delay)
