"""The course of a run: its pieces, the switches between them, and what the run carries beside its stocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .integrators import Piece
from .timeline import Kick, Segment
from .watching import Crossing


@dataclass(frozen=True)
class Status:
    """What a run carries beside its stocks: its triggers, what they fired, what is held and which impulses have passed.

    `triggers` are "armed", "waiting" (until the condition is false) or "spent", by name; `fired` are (name, start,
    number of the switch that fired it), `held` values by parameter.
    """

    triggers: dict[str, str] = field(default_factory=dict)
    fired: tuple[tuple[str, float, int], ...] = ()
    held: dict[str, float] = field(default_factory=dict)
    passed: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Passing:
    """An impulse as it passed, with the state and the inputs at which its amounts were taken."""

    kick: Kick
    x: np.ndarray
    inputs: list


@dataclass
class Switch:
    """What happened between two pieces: at `time`, by which crossing, which impulses passed, which triggers fired.

    `x` is the state before; `held` and `kicks` name what was taken and passed, `fired` the triggers.
    """

    time: float
    x: np.ndarray
    inputs: list
    crossing: Crossing | None = None
    kicks: tuple[Passing, ...] = ()
    fired: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


@dataclass
class Course:
    """The run: the status it began with, pieces with their segments, the switch before each piece and the status after it."""

    begun: Status = field(default_factory=Status)
    pieces: list[Piece] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
