"""What one crossing of the boundary teaches the next: which smooth function foretold it, its slopes, the rate and the offsets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from .plane import Probe

DECISION, CODES = "time of decision", "codes"


@dataclass(frozen=True)
class Habit:
    """What one crossing teaches the next: the smooth function that led, its slopes, the rate and the offsets T0 of the time of decision.

    `doubt` is the share by which the distance foretold from the one before was wrong, `drifts` how the offsets moved, `jumps` the margins that
    are not continuous there.
    """

    leading: str = CODES
    slopes: Mapping[str, float] = field(default_factory=dict)
    rate: float | None = None
    offsets: Mapping[bool, float] = field(default_factory=dict)
    doubt: float = 0.1
    drifts: Mapping[bool, float] = field(default_factory=dict)
    jumps: frozenset[str] = frozenset()

    def offset(self, side: bool) -> float:
        """Return T0 on one side as it is expected one step on."""
        return self.offsets[side] + self.drifts.get(side, 0.0)

    def distance(self, side: bool, time: float) -> float:
        """Return how far from the crossing a decision at a time is."""
        return math.exp(max(min(-(self.rate or 0.0) * (time - self.offset(side)), 0.0), -40.0))


@dataclass(frozen=True)
class Crossing:
    """Where a code ends along a line: the best estimate, the looks on both sides, and how it was found."""

    place: float
    inside: Probe
    outside: Probe
    ends: tuple[float, float]
    habit: Habit

    @property
    def width(self) -> float:
        """The length of the bracket of codes."""
        return abs(self.ends[1] - self.ends[0])


@dataclass(frozen=True)
class Seen:
    """One look along a line: the place, whether it is inside, and what was seen."""

    s: float
    inside: bool
    probe: Probe

    def margin(self, name: str) -> float | None:
        """Return the value of a deciding margin, None where the run has none of that name."""
        found = self.probe.margins.get(name)
        return None if found is None else found.value
