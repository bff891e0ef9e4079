"""Forward sensitivities of one run, integrated from switch to switch.

Between switches S' = f_x S + f_p, along the solver's own interpolants. At a switch at t* with the reset R,
S+ = R_x S- + R_p + (R_x f- + R_t - f+) dt*/dp, where a date moves by itself and a crossing of the margin g by
dt*/dp = -(g_x S- + g_p) / (g_t + g_x f-) (Hiskens and Pai, IEEE Trans. Circuits and Systems I 47, 2000).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .collocation import collocated
from .compiled import Compiled
from .course import Passing, Switch
from .declarations import margin
from .effects import Effects
from .errors import NumericalFailure
from .integrators import Piece, integrate
from .quantities import TIME, Parameter, Quantity, Stock
from .run import Run
from .starting import initial_slopes

COLLOCATION = "collocation"  # all columns at once, along the steps of the run
_GRAZING = 1e-9


class Forward:
    """The sensitivities of one run to what is varied: parameters, stocks, names of what is dated, or "shift"."""

    def __init__(self, run: Run, varied: list[Any], method: str, rtol: float):
        self.run, self.path, self.model, self.method, self.rtol = run, run.path, run.model, method, rtol
        self.functions: Compiled = run.path.compiled
        self.varied = varied
        self.effects = Effects(self.model, self.varied)
        self.bases: list[Quantity] = [*self.model.stocks, *self.model.parameters, *self.model.series]
        felt = self.model.rests_on(self.functions.system.derivatives())  # inputs that no rate depends on move nothing
        self.felt = [item in felt for item in (*self.model.parameters, *self.model.series)]
        self.starts: dict[tuple[str, float], np.ndarray] = {}
        self.held: dict[str, np.ndarray] = {}
        self.warnings: list[str] = []
        self.starts.update({(action.name, action.start): self._dated(action.name, action.shock) for action in self.path.schedule.actions})

    def _dated(self, name: str, shock: bool) -> np.ndarray:
        return np.array([float(item == name or (item == "shift" and not shock)) for item in self.varied])

    # Derivatives at a point ------------------------------------------------------------------

    def rates(self, index: int, t: float, x: np.ndarray) -> np.ndarray:
        """Return dx/dt with the inputs of a piece."""
        return np.array(self.functions.rhs(t, x.tolist(), self.path.segments[index].values(t)))

    def gradient(self, wanted: Sequence[Any], t: float, x: np.ndarray, inputs: list) -> np.ndarray:
        """Return the derivatives of expressions by stocks, then inputs, then time."""
        return self.functions.gradient(list(wanted), [*self.bases, TIME])(t, x.tolist(), inputs)

    def total(self, slopes: np.ndarray, s: np.ndarray, effect: np.ndarray) -> np.ndarray:
        """Return the derivatives by what is varied at fixed time (columns)."""
        count = len(self.model.stocks)
        return slopes[:, :count] @ s + slopes[:, count:-1] @ effect[:, :-1]

    def drift(self, slopes: np.ndarray, effect: np.ndarray) -> np.ndarray:
        """Return the derivatives by time at a fixed state."""
        return slopes[:, -1] + slopes[:, len(self.model.stocks):-1] @ effect[:, -1]

    # Switches --------------------------------------------------------------------------------

    def at_switch(self, index: int, s: np.ndarray) -> np.ndarray:
        """Return the sensitivities after the switch before a piece."""
        switch = self.path.course.switches[index]
        if index:
            before = self.rates(index - 1, switch.time, switch.x)
            effect = self.effects.inputs(self.path.segments[index - 1], switch.time, self.starts, self.held)
        else:
            before, effect = np.zeros(len(self.model.stocks)), self.effects.base
        moved, mixed = self.moved(switch, index, s, effect, before)
        for name in switch.held:
            self.held[name] = self.captured(name, switch, s, effect, before, moved)
        for name in switch.fired:
            self.fired(name, switch, index, moved)
        after, x, flow = s, switch.x, before
        for passing in switch.kicks:  # all of one moment take their amounts at one state; later ones at the state they left
            after, flow = self.kicked(passing, switch.time, after, flow, effect if passing.inputs is switch.inputs else self.between(index))
            x = x + self.functions.kick(passing.kick.impulse.name, switch.time, passing.x, passing.inputs)
        if switch.crossing is not None and switch.crossing.watched.kind in ("bend", "knot") and not switch.fired and not switch.kicks:
            return after
        there = self.rates(index, switch.time, x)
        if np.any(mixed != moved):  # what moves comes last: compare with what holds when only the others have happened
            flow = self.without(index, switch, x)
            self.warnings.append(f"at {self.run.when(switch.time)} a date that moves coincides with one that does not; the derivative is one-sided")
        return after + np.outer(flow - there, moved)

    def between(self, index: int) -> np.ndarray:
        """Return the derivatives of the inputs after what was due at a switch, before what fired there began."""
        segment = self.path.segments[index]
        own = replace(segment, active=tuple(action for action in segment.active if action.cause != index))
        return self.effects.inputs(own, segment.start, self.starts, self.held)

    def moved(self, switch: Switch, index: int, s: np.ndarray, effect: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how the time of a switch moves, and how those of its causes move that move least."""
        if switch.crossing is not None:
            conditions = [margin(item.name, item.when) for item in self.path.schedule.triggers]
            wanted = [*conditions, *(kink.margin.xreplace(self.model.modes) for kink in self.model.kinks)][switch.crossing.watched.row]
            slopes = self.gradient([wanted], switch.time, switch.x, switch.inputs)
            speed = float(slopes[0, :len(flow)] @ flow + self.drift(slopes, effect)[0])
            size = float(np.abs(slopes[0, :len(flow)]) @ np.abs(flow)) + abs(float(self.drift(slopes, effect)[0]))
            if abs(speed) <= _GRAZING * size or speed == 0:
                self.warnings.append(f"at {self.run.when(switch.time)} a margin only grazes its level; sensitivities have no meaning from there on")
                speed = speed or 1e-300
            found = -self.total(slopes, s, effect)[0] / speed
            return found, found
        near = self.path.schedule.nearest
        causes = [move for (_, start), move in self.starts.items() if abs(start - switch.time) <= near]
        for action in self.path.actions:
            if any(abs(time - switch.time) <= near for time in (action.end, *action.knots)):
                causes.append(self.starts[action.name, action.start])
        for passing in switch.kicks:
            kick = passing.kick
            causes.append(self.starts.get((kick.impulse.name, kick.time), self._dated(kick.impulse.name, kick.shock)))
        fixed = [time for series in self.path.schedule.sampled.values() for time in series.knots()]
        if any(abs(time - switch.time) <= near for time in fixed) or not causes:
            causes.append(np.zeros(len(self.varied)))
        most = max(causes, key=lambda move: float(np.abs(move).sum()))
        return most, min(causes, key=lambda move: float(np.abs(move - most).sum() == 0))

    def without(self, index: int, switch: Switch, x: np.ndarray) -> np.ndarray:
        """Return the rates after a switch at which only what does not move has happened."""
        plan, near = self.path.schedule, self.path.schedule.nearest
        early = switch.time - 2 * near
        active = self.path.segments[index].active
        before = self.path.segments[index - 1].active if index else ()
        movers = {(name, start) for (name, start), move in self.starts.items() if np.any(move)}
        kept = [action for action in active if (action.name, action.start) not in movers or action in before]
        kept += [action for action in before if action not in active and (action.name, action.start) in movers]
        inputs = plan.segment(early, switch.time + 2 * near, kept, self.path.segments[index].modes).values(switch.time)
        return np.array(self.functions.rhs(switch.time, x.tolist(), inputs))

    def captured(self, name: str, switch: Switch, s: np.ndarray, effect: np.ndarray, flow: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Return how a held value moves."""
        source = next(item.source for item in self.model.cuts if item.held.name == name)
        slopes = self.gradient([source], switch.time, switch.x, switch.inputs)
        return self.total(slopes, s, effect)[0] + (slopes[0, :len(flow)] @ flow + self.drift(slopes, effect)[0]) * moved

    def fired(self, name: str, switch: Switch, index: int, moved: np.ndarray) -> None:
        """Take down how the start of what a trigger fired moves: with the crossing and with its delay."""
        item = next(item for item in self.path.schedule.triggers if item.name == name)
        effect = self.effects.inputs(self.path.segments[index], switch.time, self.starts, self.held)
        slopes = self.gradient([item.delay], switch.time, switch.x, self.path.segments[index].values(switch.time))
        for fired, start, number in self.path.course.statuses[index].fired:
            if fired == name and number == index:
                self.starts[name, start] = moved * (1 + self.drift(slopes, effect)[0]) + slopes[0, len(self.model.stocks):-1] @ effect[:, :-1]

    def kicked(self, passing: Passing, t: float, s: np.ndarray, flow: np.ndarray, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return R_x S- + R_p and R_x f- + R_t of an impulse."""
        impulse = passing.kick.impulse
        slopes = self.gradient(list(impulse.amounts.values()), t, passing.x, passing.inputs)
        flows = [self.model.flows.index(own) for own in impulse.amounts]
        carried = self.functions.system.incidence[:, flows].astype(float)
        count = len(self.model.stocks)
        return (s + carried @ self.total(slopes, s, effect),
                flow + carried @ (slopes[:, :count] @ flow + self.drift(slopes, effect)))

    # Pieces ----------------------------------------------------------------------------------

    def moving(self) -> np.ndarray:
        """Return the places of the inputs that may move: what is varied and what actions replace. A solver takes all: each choice is a program to compile."""
        if self.method != COLLOCATION:
            return np.arange(len(self.bases) - len(self.model.stocks))
        replaced = {place for action in self.path.actions for place, _ in (*action.expressions, *action.holds)}
        return np.array(sorted(replaced | {self.model.input_places[item] for item in self.varied if isinstance(item, Parameter)}), dtype=int)

    def over(self, index: int, s: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the sensitivities at the wanted times of a piece (times, stocks, varied) and at its end."""
        piece, segment = self.path.pieces[index], self.path.segments[index]
        rows, columns = self.functions.pattern
        count, moving = len(self.model.stocks), self.moving()
        gradient = self.functions.gradient(self.functions.system.derivatives(), [self.bases[place] for place in [*range(count), *(count + moving)]])
        fixed = self.effects.inputs(segment, segment.start, self.starts, self.held) if segment.constant else None
        times = piece.t.tolist()
        if fixed is not None and not s.any() and not fixed[self.felt, :-1].any():
            return np.zeros((len(wanted), *s.shape)), s  # nothing has moved yet
        states = _Along(piece)

        def slopes(t: float) -> tuple[np.ndarray, np.ndarray]:
            found = gradient(t, states(t), segment.values(t))
            effect = fixed if fixed is not None else self.effects.inputs(segment, t, self.starts, self.held)
            return found[:, :count], found[:, count:] @ effect[moving, :-1]

        def matrix(t: float, x: list[float]) -> np.ndarray:
            made = np.zeros((count, count))
            made[rows, columns] = self.functions.jacobian(t, x, segment.values(t))
            return made

        if times[-1] - times[0] <= 10 * self.path.schedule.nearest:  # too short for a solver, and straight
            own, source = slopes(times[0])
            speed = own @ s + source
            return s + (wanted - times[0])[:, None, None] * speed, s + (times[-1] - times[0]) * speed
        if self.method == COLLOCATION:
            along = collocated(slopes, nodes := np.union1d(piece.t, wanted), s, self.scale / self.rtol, self.rtol)
            return along[np.searchsorted(nodes, wanted)], along[-1]
        found, end = np.empty((len(wanted), count, len(self.varied))), np.empty_like(s)
        for column in range(len(self.varied)):
            def slope(t: float, own: list[float], column: int = column) -> np.ndarray:
                own_slopes, source = slopes(t)
                return own_slopes @ np.array(own) + source[:, column]
            solved = integrate(self.method, slope, lambda t, own: matrix(t, states(t)), times[0], times[-1], s[:, column], self.rtol, self.scale[:, column])
            if solved.problem:
                raise NumericalFailure(f"sensitivities to {str(self.varied[column])!r}: the integration stopped at t = {solved.t[-1]:g} ({solved.problem}); "
                                       "try another method= or a smaller rtol=", self.run)
            along_column = _Along(solved)
            found[:, :, column], end[:, column] = np.reshape([along_column(t) for t in wanted.tolist()], (len(wanted), count)), solved.x[-1]
        return found, end

    def integrated(self, t: np.ndarray, pieces: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], list[str]]:
        """Return the sensitivities of the stocks (times, stocks, varied) at rising times, each within its piece, those of the inputs, and warnings."""
        sizes = self.run.atol / self.run.solver["rtol"]
        self.scale = np.empty((len(sizes), len(self.varied)))
        for column, item in enumerate(self.varied):
            value = abs(float(self.run[item][0])) if isinstance(item, (Parameter, Stock)) else 0.0
            self.scale[:, column] = self.rtol * sizes / (value or 1.0)
        s = initial_slopes(self.run, self.varied)
        parts, effects = [], []
        for index in range(int(pieces.max(initial=-1)) + 1):
            wanted = t[pieces == index]
            s = self.at_switch(index, s)
            found, s = self.over(index, s, wanted)
            parts.append(found)
            segment = self.path.segments[index]
            at = [segment.start] * len(wanted) if segment.constant else wanted.tolist()
            effects += [self.effects.inputs(segment, own, self.starts, self.held) for own in at]
        return np.concatenate(parts), effects, list(dict.fromkeys(self.warnings))


class _Along:
    """The states of a piece at any time within it, as lists."""

    def __init__(self, piece: Piece):
        self._piece, self._times = piece, piece.t.tolist()

    def __call__(self, t: float) -> list[float]:
        place = min(max(bisect_right(self._times, t) - 1, 0), len(self._piece.interpolants) - 1)
        if t == self._times[place]:
            return self._piece.x[place].tolist()
        if t == self._times[place + 1]:
            return self._piece.x[place + 1].tolist()
        return self._piece.interpolants[place](t).tolist()
