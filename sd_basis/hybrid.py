"""A run from switch to switch: dated actions, triggers, impulses and kinks, with the solver restarted at each.

At a switch, in this order: what links hold is taken, dated impulses pass with amounts taken just before, actions
end and begin, and triggers whose condition holds fire, which may let more impulses pass and more actions begin.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import sympy

from .actions import Action, acting
from .codegen import Functions
from .compiled import Compiled
from .course import Course, Passing, Status, Switch
from .declarations import holds_at_zero, margin
from .errors import InputError
from .integrators import Piece, integrate
from .model import Model
from .pacing import Pace
from .policies import Impulse, Policy
from .stepping import in_steps
from .timeline import Kick, Schedule, Segment
from .watching import Crossing, Watch

_MOST_SWITCHES = 20_000
_CHATTER = 60  # this many crossings in a row without progress in time mean that two equations push against each other


class Advance:
    """Integrates a schedule; `advance` below is its door."""

    def __init__(self, functions: Compiled, plan: Schedule, status: Status, method: str, rtol: float, atol: np.ndarray, check: Callable[[Piece], None],
                 pace: Pace | None = None, before: list | None = None, enough: Callable[[Course], bool] | None = None, number: int = 0):
        self.functions, self.plan, self.method, self.rtol, self.atol, self.check = functions, plan, method, rtol, atol, check
        self.model, self.pace, self.before, self.enough, self.number = functions.model, pace, before, enough, number
        self.triggers = {item.name: item for item in plan.triggers}
        self.rows = {name: row for row, name in enumerate(self.triggers)}
        conditions = tuple(margin(f"{name!r}, when", item.when) for name, item in self.triggers.items())
        self.margins, self.watched = functions.watching(conditions) if conditions or functions.system.kinks else (None, [])
        self.state = dict.fromkeys(self.triggers, "armed") | {name: word for name, word in status.triggers.items() if name in self.triggers}
        self.held, self.passed = dict(status.held), list(status.passed)
        self.fired: list[tuple[str, float, int]] = list(status.fired)
        fired = [Kick(item, start, cause=cause) for name, start, cause in self.fired if isinstance(item := self.triggers[name], Impulse)]
        dated = [kick for kick in plan.kicks if kick.time >= plan.start - plan.nearest]  # earlier ones passed before the run
        self.pending = [kick for kick in (*dated, *fired) if (kick.impulse.name, kick.time) not in {*self.passed}]  # impulses yet to pass
        self.own: dict[tuple[str, float, int], Action] = {}
        self.course = Course(status)

    # What is in force ----------------------------------------------------------------------

    def actions(self) -> list[Action]:
        """Return the dated and the fired actions in the order in which they compose."""
        found: list[Action] = []
        for item in self.plan.order:
            if isinstance(item, Policy):
                for entry in self.fired:
                    if entry[0] == item.name:
                        if entry not in self.own:
                            end = entry[1] + item.duration if item.duration is not None else math.inf
                            self.own[entry] = acting(self.model, item, entry[1], end, cause=entry[2])
                        found.append(self.own[entry])
            elif item.holds:
                names = [self.model.parameters[place].name for place, _ in item.holds]
                if all(name in self.held for name in names):
                    found.append(item.holding({place: self.held[name] for (place, _), name in zip(item.holds, names, strict=True)}))
            else:
                found.append(item)
        return found

    def next_time(self, t: float) -> float:
        """Return the next time at which something is due."""
        times = [self.plan.end, *self.plan.switches, *(kick.time for kick in self.pending)]
        if self.fired:
            times += [time for action in self.actions() for time in (action.start, action.end, *action.knots)]
        return min(time for time in times if time > t + self.plan.nearest)

    # A switch ------------------------------------------------------------------------------

    def values_before(self, t: float) -> list:
        """Return the inputs just before a time at which no piece ends: where a run begins."""
        before = [action for action in self.actions() if action.start < t - self.plan.nearest and t <= action.end + self.plan.nearest]
        if not before:
            return self.plan.base
        return self.plan.segment(t, t + max(self.plan.nearest, math.ulp(t)), [replace(action, end=math.inf) for action in before]).values(t)

    def arrive(self, t: float, x: np.ndarray, inputs: list, crossing: Crossing | None = None) -> tuple[np.ndarray, float, Segment]:
        """Carry out the switch at t and return the state after it, the end of the next segment and that segment."""
        before, due = x, t + self.plan.nearest
        held = self.take_held(t, x, inputs, due)
        passing = [kick for kick in self.pending if kick.time <= due]
        x = self.kick(t, x, inputs, passing)
        kicks, names = [Passing(kick, before, inputs) for kick in passing], []
        while True:
            right = self.next_time(t)
            segment = self.held_modes(self.plan.segment(t, right, actions := self.actions()), x, actions)
            new = self.fire(t, x, segment, names)
            now = [kick for kick in self.pending if kick.time <= due]
            if not new:
                break
            kicks += [Passing(kick, x, segment.values(t)) for kick in now]
            x = self.kick(t, x, segment.values(t), now)
            names += new
        self.course.switches.append(Switch(t, before, inputs, crossing, tuple(kicks), tuple(names), tuple(held)))
        self.course.statuses.append(Status(dict(self.state), tuple(self.fired), dict(self.held), tuple(self.passed)))
        self.number += 1
        return x, right, segment

    def held_modes(self, segment: Segment, x: np.ndarray, actions: list[Action]) -> Segment:
        """Return a segment with the modes that hold at its start."""
        if not self.functions.system.modes:
            return segment
        modes = self.functions.modes(segment.start, x.tolist(), segment.values(segment.start))
        return self.plan.segment(segment.start, segment.end, actions, modes)

    def take_held(self, t: float, x: np.ndarray, inputs: list, due: float) -> list[str]:
        """Take the values that cut links hold from now on."""
        taken = []
        for item in self.plan.order:
            if isinstance(item, Action) and item.holds and item.start <= due:
                for place, quantity in item.holds:
                    name = self.model.parameters[place].name
                    if name not in self.held:
                        self.held[name] = self.functions.value_of(quantity, t, x, inputs)
                        taken.append(name)
        return taken

    def kick(self, t: float, x: np.ndarray, inputs: list, kicks: list[Kick]) -> np.ndarray:
        """Return the state after impulses that pass at once, all with amounts taken before."""
        after = x
        for kick in kicks:
            self.passed.append((kick.impulse.name, kick.time))
            self.pending.remove(kick)
            after = after + self.functions.kick(kick.impulse.name, t, x, inputs)
        return after

    def fire(self, t: float, x: np.ndarray, segment: Segment, already: list[str]) -> list[str]:
        """Fire the armed triggers whose condition holds, and arm those whose condition has become false."""
        if not self.triggers:
            return []
        margins = self.margins(t, x.tolist(), segment.values(t))
        new = []
        for name, item in self.triggers.items():
            value = margins[self.rows[name]]
            holds = value > 0 or (value == 0 and holds_at_zero(item.when))
            if self.state[name] == "waiting" and not holds and not self.busy(item, t):
                self.state[name] = "armed"
            elif self.state[name] == "armed" and holds and name not in already:
                self.state[name] = "waiting" if item.rearm else "spent"
                delay = _delay(self.model, item, segment.values(t))
                self.fired.append((name, t + delay, self.number))
                if isinstance(item, Impulse):
                    self.pending.append(Kick(item, t + delay, cause=self.number))
                new.append(name)
        return new

    def busy(self, item: Policy | Impulse, t: float) -> bool:
        """Tell whether the last firing of a trigger has not run its course."""
        last = max((start for name, start, _ in self.fired if name == item.name), default=-math.inf)
        return last + (item.duration if isinstance(item, Policy) else 0.0) > t + self.plan.nearest

    # A segment -----------------------------------------------------------------------------

    def watch(self, segment: Segment) -> tuple[Watch | None, Watch | None]:
        """Return what has to be watched over a segment: margins that time alone moves, and the others."""
        moving, waiting = not segment.constant, len(self.triggers)
        items = [replace(self.watched[self.rows[name]], above=holds_at_zero(item.when)) for name, item in self.triggers.items() if self.state[name] != "spent"]
        items = [replace(item, driven=item.driven or moving) for item in (*items, *self.watched[waiting:])]
        clocks = [item for item in items if item.driven and not item.stocks]
        others = [item for item in items if item not in clocks and (item.driven or item.stocks and item.kind != "knot")]  # inputs alone stay as they are
        margins = partial(_moving, self.margins, segment.values) if moving else self.margins and self.margins.bind(segment.values(segment.start))
        return Watch(margins, clocks) if clocks else None, Watch(margins, others) if others else None

    def integrate(self, segment: Segment, x: np.ndarray) -> Piece:
        """Integrate one segment, to its end or to the first crossing."""
        clock, watch = self.watch(segment)
        known = None if clock is None else clock.ahead(segment.start, segment.end, x)
        end = segment.end if known is None else max(known.time, segment.start + self.plan.nearest)
        last = math.nextafter(end, segment.start)  # what jumps at a known time is not seen before

        def over(function: Functions) -> Callable:
            made = function.bind(segment.values(segment.start)) if segment.constant else partial(_moving, function, segment.values)
            return made if known is None else lambda t, state: made(min(t, last), state)
        if self.pace is not None:
            return _ended(in_steps(self.pace, self.functions, segment, end, x, over, watch), known)
        rates = over(self.functions.rhs)
        slopes = over(self.functions.jacobian)

        def jacobian(t, state):
            matrix = np.zeros((len(x), len(x)))
            matrix[tuple(self.functions.pattern)] = slopes(t, state)
            return matrix
        return _ended(integrate(self.method, rates, jacobian, segment.start, end, x, self.rtol, self.atol, watch), known)

    def run(self, x: np.ndarray) -> Course:
        """Integrate to the end of the schedule, or to the first problem."""
        t, end = self.plan.start, self.plan.end
        inputs, crossing = self.values_before(t) if self.before is None else self.before, None
        if self.functions.system.modes and self.before is None:
            inputs = [*inputs[:-len(self.model.modes)], *self.functions.modes(t, x.tolist(), inputs)]
        recent: list[float] = []
        while end - t > self.plan.nearest:
            x, right, segment = self.arrive(t, x, inputs, crossing)
            piece = self.integrate(segment, x)
            self.check(piece)
            if piece.t[-1] != segment.end:
                segment = replace(segment, end=float(piece.t[-1]))
            crossing = piece.crossing
            if crossing is not None:
                recent = [*recent[-_CHATTER + 1:], crossing.time]
                if len(recent) == _CHATTER and recent[-1] - recent[0] < 1e-9 * (end - self.plan.start) and crossing.watched.kind == "jump":
                    piece.problem, piece.mend = "an equation switches back and forth there", "let its two sides meet where it switches"
            if len(self.course.pieces) > _MOST_SWITCHES:
                piece.problem, piece.mend = f"more than {_MOST_SWITCHES} switches were needed", "end the run earlier, or make what switches smooth"
            self.course.pieces.append(piece)
            self.course.segments.append(segment)
            if piece.problem or (self.enough is not None and self.enough(self.course)):
                break
            t, x, inputs = float(piece.t[-1]), piece.x[-1], segment.values(float(piece.t[-1]))
        return self.course


def advance(functions: Compiled, plan: Schedule, x: np.ndarray, status: Status, method: str, rtol: float, atol: np.ndarray,
            check: Callable[[Piece], None], pace: Pace | None = None, before: list | None = None, enough: Callable[[Course], bool] | None = None,
            number: int = 0) -> Course:
    """Integrate from a state, a status, and inputs in force `before` after `number` switches; `check` ends pieces, `enough` the run; `pace` has fixed steps."""
    return Advance(functions, plan, status, method, rtol, atol, check, pace, before, enough, number).run(x)


def _ended(piece: Piece, known: Crossing | None) -> Piece:
    """Return a piece, ended by what time alone makes cross where nothing came before."""
    piece.crossing = piece.crossing or (None if piece.problem else known)
    return piece


def _moving(function: Functions, values: Callable, t: float, state: list[float]) -> list[float]:
    return function(t, state, values(t))


def _delay(model: Model, item: Policy | Impulse, inputs: list) -> float:
    """Return a trigger's delay at the inputs in force; raise InputError where it is negative."""
    value = item.delay.xreplace({symbol: sympy.Float(inputs[model.input_places[symbol]]) for symbol in item.delay.free_symbols})
    if not (value.is_extended_real and value >= 0):
        raise InputError(f"{item.name!r}, delay: it comes to {value}; give a length of time that is not negative")
    return float(value)
