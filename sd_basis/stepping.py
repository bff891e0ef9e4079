"""Methods of fixed steps, as models of other tools are run: what they published is reproduced, not bettered.

Euler takes rates at the start of a step and holds them over it, so that a condition, a test input of time or a kink acts
from the first step that begins behind it; the stocks lie on straight lines between the steps. RK4 is the classical method
of Runge and Kutta. What jumps at a date (STEP, PULSE) holds over its steps too, so that a pulse of one step has its area, and
so does what stands in `at_step`.
Nothing is searched for within a step but triggers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .codegen import Functions
from .compiled import Compiled, compiled
from .course import Course, Status, Switch
from .integrators import INTERRUPTED, Piece
from .model import Model
from .pacing import Pace
from .timeline import Schedule, Segment
from .watching import Crossing, Watch

_BLOCK = 2**18  # numbers kept as Python's between two looks at them


class _Chord:
    """The straight line of one step."""

    __slots__ = ("_time", "_state", "_speed")

    def __init__(self, time: float, state: np.ndarray, speed: np.ndarray):
        self._time, self._state, self._speed = time, state, speed

    def __call__(self, time):
        """Return the state at a time, or states (stocks, times) at several."""
        since = np.asarray(time) - self._time
        return self._state + since * self._speed if since.ndim == 0 else self._state[:, None] + np.outer(self._speed, since)


class _Chords(Sequence):
    """The straight lines between many states, each made when it is asked for: most never are."""

    def __init__(self, times: np.ndarray, states: np.ndarray):
        self._times, self._states = times, states

    def __len__(self) -> int:
        return len(self._times) - 1

    def _speeds(self, places):
        with np.errstate(over="ignore"):  # a run that blows up
            return (self._states[places + 1] - self._states[places]) / np.subtract(self._times[places + 1], self._times[places])[..., None]

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self[row] for row in range(len(self))[place]]
        place = range(len(self))[place]
        return _Chord(float(self._times[place]), self._states[place], self._speeds(np.array(place)))

    def at(self, places: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Return the states (times, stocks) that the lines at given places have at times."""
        return self._states[places] + (times - self._times[places])[:, None] * self._speeds(places)


class _Cubic:
    """The cubic through both ends of a step, with the rates there."""

    __slots__ = ("_time", "_length", "_state", "_parts")

    def __init__(self, time: float, length: float, state: np.ndarray, after: np.ndarray, speeds: tuple[np.ndarray, np.ndarray]):
        first, last = (speed * length for speed in speeds)
        gap = after - state
        self._time, self._length, self._state = time, length, state
        self._parts = np.array([first, 3 * gap - 2 * first - last, first + last - 2 * gap])

    def __call__(self, time):
        """Return the state at a time, or states (stocks, times) at several."""
        share = (np.asarray(time) - self._time) / self._length
        powers = np.array([share, share ** 2, share ** 3])
        return self._state + powers @ self._parts if share.ndim == 0 else self._state[:, None] + self._parts.T @ powers


def _euler(rates: Callable, time: float, state: np.ndarray, right: float) -> tuple[np.ndarray, Callable]:
    chord = _Chord(time, state, rates(time, state))
    return chord(right), chord


def _rk4(rates: Callable, time: float, state: np.ndarray, right: float) -> tuple[np.ndarray, Callable]:
    length = right - time
    middle = time + length / 2
    first = rates(time, state)
    second = rates(middle, state + length / 2 * first)
    third = rates(middle, state + length / 2 * second)
    fourth = rates(right, state + length * third)
    after = state + length / 6 * (first + 2 * second + 2 * third + fourth)
    return after, _Cubic(time, length, state, after, (first, rates(right, after)))


_STEPS: dict[str, Callable[..., tuple[np.ndarray, Any]]] = {"Euler": _euler, "RK4": _rk4}


def step_by_step(pace: Pace, rates: Callable, start: float, end: float, x0: np.ndarray, watch: Watch | None = None,
                 held: Callable | None = None) -> Piece:
    """Integrate dx/dt = rates(t, x) by steps from start to end, or to the first crossing of the watch.

    `rates` takes (t, list of floats), and an error in it ends the piece with its last good state. With `held`, the rates
    over a step are what held(t, list of floats) returns at its start.
    """
    times, states = [start], [np.array(x0, float)]
    lines: list[Callable] = []
    problem: str | None = None
    crossing: Crossing | None = None
    advance = _STEPS[pace.method]
    if watch is not None:
        watch.begin(start, states[0])
    for right in pace.times(start, end)[1:].tolist():
        time, state = times[-1], states[-1]
        try:
            own = rates if held is None else held(time, state.tolist())
            after, line = advance(lambda t, x, own=own: np.array(own(t, x.tolist()), float), time, state, right)
        except (ArithmeticError, ValueError, TypeError) as error:  # a power of a negative number is complex in Python
            problem = _trouble(error, time)
            break
        except KeyboardInterrupt:
            problem = INTERRUPTED
            break
        if not np.all(np.isfinite(after)):
            problem = "a rate is not finite"
            break
        if watch is not None:
            crossing = watch.step(time, right, after, line)
        times.append(right if crossing is None else crossing.time)
        states.append(after if crossing is None else line(crossing.time))
        lines.append(line)
        if crossing is not None:
            break
    return Piece(np.array(times), np.array(states), lines, problem, crossing=crossing)


def march(pace: Pace, steps: Callable, start: float, end: float, x0: np.ndarray) -> Piece | None:
    """Integrate by Euler where nothing can happen within a step: steps(t, list of floats, ends, keep) takes them and gives the stocks at each end to `keep`.

    Every number is that of `step_by_step`. Return None where one is complex, which is then refused there.
    """
    times, count, most = pace.times(start, end), len(x0), max(1, _BLOCK // len(x0))
    blocks, problem = [x0[None]], None
    done = 0
    while done < len(times) - 1 and problem is None:
        kept: list[float] = blocks[-1][-1].tolist()
        try:
            steps(float(times[done]), kept[:], times[done + 1:done + 1 + most].tolist(), kept.extend)
        except (ArithmeticError, ValueError) as error:
            problem = _trouble(error, float(times[done + len(kept) // count - 1]))
        except KeyboardInterrupt:
            problem = INTERRUPTED
        except TypeError:
            return None
        try:
            finite = all(map(math.isfinite, kept[-count:]))  # no stock comes back from where it was not
        except TypeError:
            return None
        rows = np.array(kept).reshape(-1, count)
        if not finite:  # nothing that was computed since counts
            rows, problem = rows[:int(np.argmin(np.isfinite(rows).all(axis=1)))], "a rate is not finite"
        blocks.append(rows[1:])
        done += len(rows) - 1
    states = rows if len(blocks) == 2 else np.concatenate(blocks)
    times = times[:done + 1]
    return Piece(times, states, _Chords(times, states), problem)


def _trouble(error: Exception, time: float) -> str:
    return f"a rate is not finite; {error} while the rates were computed at t = {time:g}"


def undisturbed(pace: Pace, functions: Compiled, plan: Schedule, status: Status, x0: np.ndarray, check: Callable[[Piece], None]) -> Course | None:
    """Return the course of a run in which nothing is dated and nothing can happen, of one piece; None where that is not known beforehand.

    It is what `hybrid.advance` would return, whose preparations take longer than a hundred steps of a small model.
    """
    if pace.method != "Euler" or plan.order or plan.kicks or plan.sampled or plan.watched or functions.system.kinks:
        return None
    segment = plan.segment(plan.start, plan.end, ())
    piece = in_steps(pace, functions, segment, plan.end, x0, lambda function: function.bind(plan.base), None)
    check(piece)
    if piece.t[-1] != plan.end:
        segment = replace(segment, end=float(piece.t[-1]))
    return Course(status, [piece], [segment], [Switch(plan.start, x0, plan.base)], [status])


def in_steps(pace: Pace, functions: Compiled, segment: Segment, end: float, x0: np.ndarray, bound: Callable[[Functions], Callable],
             watch: Watch | None) -> Piece:
    """Integrate from the start of a segment to a time or the first crossing of the watch; `bound` gives a function of (t, list of floats)."""
    if pace.method == "Euler" and watch is None and segment.constant:
        inner, constants = functions.march.inner, functions.march.constants(segment.values(segment.start))
        piece = march(pace, lambda t, x, ends, keep: inner(t, x, constants, ends, keep), segment.start, end, x0)
        if piece is not None:
            return piece
    return step_by_step(pace, bound(functions.rhs), segment.start, end, x0, watch, _held_over_steps(pace, functions.model, segment))


def _held_over_steps(pace: Pace, model: Model, segment: Segment) -> Callable | None:
    """Return what gives the rates over a step from its start, for a method that looks into its steps: what jumps at dates alone stays there; else None."""
    model = model.over_steps
    if pace.method == "Euler" or not model.modes:
        return None
    functions, stocks, count = compiled(model), set(model.stocks), len(model.inputs)  # behind the inputs are modes
    dated = [model.rests_on([node]).isdisjoint(stocks) for node in model.modes]
    blank = [0.0] * len(model.modes)

    def held(time: float, state: list[float]) -> Callable:
        begun = functions.modes(time, state, segment.values(time)[:count] + blank)

        def rates(t: float, x: list[float]) -> list[float]:
            inputs, now = segment.values(t)[:count], begun
            if not all(dated):
                now = [old if stays else new for stays, old, new in zip(dated, begun, functions.modes(t, x, inputs + blank), strict=True)]
            return functions.rhs(t, x, [*inputs, *now])
        return rates
    return held
