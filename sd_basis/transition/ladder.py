"""The ladder: pairs of runs at geometric distances on both sides of a turn, and what they show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import InputError, NumericalFailure
from ..run import Run
from .searching import Line, Turn, refined
from .separating import Gap, concerned

_DEEP = 1e-11  # of the scan's spacing: how closely the turn is bracketed for evidence
_STILL = 1e-9  # of the scan's spacing: a turn that a longer time moves by less does not move with it
_CLEAR = 30.0  # times that bracket: the smallest distance looked at
_RUNGS = 9  # decades below the scan's spacing
_LONGEST = 64.0  # spans
_RETRIES = 4.0  # times as long as the search followed its runs
_PARTED = 0.2  # of the jump: two runs have parted


@dataclass(frozen=True)
class Rung:
    """Two runs at the same distance below and above a turn, their distance, and the times at which they are decided."""

    distance: float
    low: Run
    high: Run
    jump: float
    decided: tuple[float | None, float | None]


@dataclass
class Ladder:
    """The rungs from the widest to the narrowest, the pair closest to the turn, and the time by which each rung's runs have left that pair."""

    axis: Line
    turn: Turn
    top: str
    spacing: float
    stretch: float
    size: np.ndarray = field(init=False)
    places: list[int] = field(init=False)
    rungs: list[Rung] = field(default_factory=list)
    mixed: list[float] = field(default_factory=list)  # distances at which a side ends as the other does
    notes: list[str] = field(default_factory=list)
    moves: bool = False  # whether the turn still moves with the horizon, however long that is

    def climb(self) -> Ladder:
        """Bracket the turn as closely as floating point and tolerance allow, and make the rungs."""
        floor = 16 * float(np.spacing(max(abs(self.turn.low), abs(self.turn.high), abs(self.axis.scene.zero), abs(self.axis.scene.end))))
        self.turn = refined(self.axis, self.turn, self.top, max(_DEEP * self.spacing, floor), self.stretch)
        turn = self.turn
        while not self.moves and self._moving():
            before = self.turn.value  # so close to the turn a run may need longer than the search followed it
            self.stretch *= 4
            if self.stretch > _RETRIES * turn.stretch or (wider := self._bracketed()) is None:
                self.moves = True
            else:
                self.turn = refined(self.axis, wider, self.top, max(_DEEP * self.spacing, floor), self.stretch)
                if abs(self.turn.value - before) < _STILL * self.spacing:
                    break  # what long runs err, not the horizon, moved it
        if self.moves:
            return self
        run = self.axis.run(self.turn.high, self.stretch)
        self.size = np.array(run.atol) / run.solver["rtol"]
        self.places = concerned(run.model, self.axis.scene.group)
        tried = False
        for distance in self.spacing * 10.0 ** -np.arange(1, _RUNGS + 1):
            if distance < _CLEAR * (self.turn.high - self.turn.low):
                break
            reach = self.turn.value - distance, self.turn.value + distance
            if not all(map(self.axis.allows, reach)) or (rung := self._rung(float(distance), self.stretch)) is None:
                continue
            if not tried and self.rungs and rung.jump < 0.5 * self.rungs[-1].jump:
                rung, tried = self._followed(float(distance), rung), True
            self.rungs.append(rung)
        if tried and self.rungs:
            self.rungs[-1] = self._followed(self.rungs[-1].distance, self.rungs[-1])
        return self

    def _moving(self) -> bool:
        """Tell whether one of the closest runs ends otherwise when it is followed four times as far."""
        try:
            return any(self.axis.look(value, 4 * self.stretch).code != code
                       for value, code in ((self.turn.low, self.turn.below), (self.turn.high, self.turn.above)))
        except (InputError, NumericalFailure) as error:
            self.notes.append(f"the runs could not be followed further ({error})")
            return False

    def _bracketed(self) -> Turn | None:
        """Return a bracket of the turn over the longer time, None where it has none within the scan's spacing."""
        for reach in self.spacing * 10.0 ** np.arange(-9, 1):
            low, high = float(self.turn.low - reach), float(self.turn.high + reach)
            if not (self.axis.allows(low) and self.axis.allows(high)):
                return None
            below, above = (self.axis.look(value, self.stretch).code for value in (low, high))
            if (below == self.top) != (above == self.top):
                return replace(self.turn, low=low, high=high, below=below, above=above, seen=((), ()))
        return None

    def _followed(self, distance: float, rung: Rung) -> Rung:
        """Return a rung followed for as long as its runs go on parting."""
        while self.stretch < _LONGEST:
            try:
                longer = self._rung(distance, 4 * self.stretch)
            except (InputError, NumericalFailure) as error:
                self.notes.append(f"the runs could not be followed further ({error})")
                return rung
            if longer is None or longer.jump < 2 * rung.jump:
                return rung
            rung, self.stretch = longer, 4 * self.stretch
        return rung

    def _rung(self, distance: float, stretch: float) -> Rung | None:
        values = self.turn.value - distance, self.turn.value + distance
        looks = [self.axis.look(value, stretch) for value in values]
        if [look.code == self.top for look in looks] != [code == self.top for code in (self.turn.below, self.turn.above)]:
            self.mixed.append(distance)  # so too where the sides have changed places, which is noise
            return None
        low, high = (self.axis.run(value, stretch) for value in values)
        return Rung(distance, low, high, Gap(low, [high], self.places, self.size).largest, (looks[0].time, looks[1].time))

    def closest(self) -> tuple[Run, Run]:
        """Return the pair closest to the turn."""
        return self.axis.run(self.turn.low, self.stretch), self.axis.run(self.turn.high, self.stretch)

    @property
    def jumps(self) -> np.ndarray:
        """The distance of the two runs on each rung."""
        return np.array([rung.jump for rung in self.rungs])

    @property
    def distances(self) -> np.ndarray:
        """The distance of each rung from the turn."""
        return np.array([rung.distance for rung in self.rungs])

    def parting(self) -> dict[str, np.ndarray]:
        """Return by side the time at which each rung's run has left the closest pair, nan where it never does."""
        pair = self.closest()
        bound = _PARTED * float(np.median(self.jumps[-4:]))
        common = Gap(pair[0], [pair[1]], self.places, self.size)
        until = common.parted(0.01 * common.largest)
        along = np.abs(pair[0].path.x[pair[0].path.t <= (np.inf if until is None else until)])
        size = self.size + np.max(along, axis=0)  # one that does not change, or a drift along the boundary would show in the times
        times: dict[str, list[float]] = {"below": [], "above": []}
        for rung in self.rungs:
            for side, run in (("below", rung.low), ("above", rung.high)):
                found = Gap(run, pair, self.places, size, fixed=True).parted(bound)
                times[side].append(np.nan if found is None else found)
        return {side: np.array(found) for side, found in times.items()}
