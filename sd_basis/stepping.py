"""Methods of fixed steps, as models of other tools are run: what they published is reproduced, not bettered.

Euler takes rates at the start of a step and holds them over it, so that a condition, a test input of time or a kink acts
from the first step that begins behind it; the stocks lie on straight lines between the steps. RK4 is the classical method
of Runge and Kutta. What jumps at a date (STEP, PULSE) holds over its steps too, so that a pulse of one step has its area.
Nothing is searched for within a step but triggers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .compiled import compiled
from .integrators import Piece
from .model import Model
from .pacing import Pace
from .timeline import Segment
from .watching import Crossing, Watch


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
    """The straight lines of many steps, each made when it is asked for: most never are."""

    def __init__(self, times: np.ndarray, states: np.ndarray, speeds: np.ndarray):
        self._times, self._states, self._speeds = times, states, speeds

    def __len__(self) -> int:
        return len(self._speeds)

    def __getitem__(self, place):
        if isinstance(place, slice):
            rows = range(len(self))[place]
            return [self[row] for row in rows]
        return _Chord(float(self._times[place]), self._states[place], self._speeds[place])


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
    if pace.method == "Euler" and watch is None and held is None:
        piece = _unwatched(pace, rates, start, end, x0)
        if piece is not None:
            return piece
    times, states = [start], [np.array(x0, float)]
    lines: list[Callable] = []
    problem: str | None = None
    crossing: Crossing | None = None
    advance = _STEPS[pace.method]
    if watch is not None:
        watch.begin(start, states[0])
    for right in pace.ends(start, end):
        time, state = times[-1], states[-1]
        try:
            own = rates if held is None else held(time, state.tolist())
            after, line = advance(lambda t, x, own=own: np.array(own(t, x.tolist()), float), time, state, right)
        except (ArithmeticError, ValueError, TypeError) as error:  # a power of a negative number is complex in Python
            problem = f"a rate is not finite; {error} while the rates were computed at t = {time:g}"
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


def _unwatched(pace: Pace, rates: Callable, start: float, end: float, x0: np.ndarray) -> Piece | None:
    """Integrate by Euler where nothing can happen within a step, in plain numbers, which for few stocks costs a tenth of arrays.

    Every number is the same. Return None where a rate is no real number, which arrays would have refused at once.
    """
    time, state = start, np.array(x0, float).tolist()
    times, states, speeds = array("d", [start]), array("d", state), array("d")  # lists of lists would be searched for garbage again and again
    problem: str | None = None
    try:
        for right in pace.ends(start, end):
            speed = rates(time, state)
            length = right - time
            state = [level + length * rate for level, rate in zip(state, speed)]  # noqa: B905 - a rate for each level
            states.extend(state)
            speeds.extend(speed)
            times.append(right)
            time = right
    except (ArithmeticError, ValueError) as error:
        problem = f"a rate is not finite; {error} while the rates were computed at t = {time:g}"
    except TypeError:  # a power of a negative number is complex in Python
        return None
    count = len(x0)
    rows = np.array(states).reshape(-1, count)
    finite = np.isfinite(rows).all(axis=1)
    kept = len(rows) if finite.all() else int(np.argmin(finite))  # from there on nothing that was computed counts
    if kept < len(rows):
        problem = "a rate is not finite"
    chords = _Chords(np.array(times[:kept]), rows[:kept], np.array(speeds[:count * (kept - 1)]).reshape(-1, count))
    return Piece(np.array(times[:kept]), rows[:kept], chords, problem)


def held_over_steps(pace: Pace, model: Model, segment: Segment) -> Callable | None:
    """Return what gives the rates over a step from its start, for a method that looks into its steps: what jumps at dates alone stays there; else None."""
    if pace.method == "Euler" or not model.modes:
        return None
    functions, stocks = compiled(model), set(model.stocks)
    count = len(model.modes)
    dated = [model.rests_on([node]).isdisjoint(stocks) for node in model.modes]

    def held(time: float, state: list[float]) -> Callable:
        begun = functions.modes(time, state, segment.values(time))

        def rates(t: float, x: list[float]) -> list[float]:
            inputs = segment.values(t)
            now = begun if all(dated) else [old if stays else new for stays, old, new in zip(dated, begun, functions.modes(t, x, inputs), strict=True)]
            return functions.rhs(t, x, [*inputs[:-count], *now])
        return rates
    return held
