"""The compiled loop: runs advance in the lanes of a vector, each with its own time and step, and the next run takes the place of one that ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as once
from typing import Any

from .. import cache
from . import lanes as at
from .driving import driving
from .kernels import LANES, PROGRAMS, compiler, engine_key
from .lanes import HERE, NOW, array, function
from .lockstep import parts, signature, stepping
from .looking import looking
from .switching import switching

_FILES = ("driving.py", "kernels.py", "lanes.py", "lockstep.py", "looking.py", "loop.py", "rosenbrock.py", "switching.py")


class _Kept:
    """Keeps the compiled loop in the project's cache, where numba would keep it beside the source."""

    def __init__(self, key: str):
        self.key, self.found = key, False

    def load_overload(self, types: Any, context: Any) -> Any:
        """Return the compiled loop where it is kept."""
        import pickle

        from numba.core.compiler import CompileResult

        context.refresh()
        kept = cache.read(self.key, "loop")
        if kept is None:
            return None
        self.found = True
        return CompileResult._rebuild(context, *pickle.loads(kept))

    def save_overload(self, types: Any, made: Any) -> None:
        """Keep the compiled loop."""
        from numba.core.serialize import dumps

        cache.keep(self.key, "loop", dumps(made._reduce()))


def _drive(rows, i, r, w, s, b, o):
    """Stand for the loop until its machine code is read."""


def loop_key() -> str:
    """Return the key of the compiled loop in the cache."""
    return engine_key(_FILES)


@once
def loop() -> Callable:
    """Return the compiled loop `drive(rows, i, r, w, s, b, o)`, from the cache where it has been made before; it holds no lock of Python's."""
    compiler()  # which says what is missing
    from numba import njit

    kept, options = _Kept(loop_key()), {"nogil": True, "error_model": "numpy"}
    if cache.read(kept.key, "loop") is not None:
        made = njit(**options)(_drive)
        made._cache = kept
        made.compile(signature(_drive))
        if kept.found:
            made.disable_compile()
            return made
    made = njit(**options)(_made())
    made._cache = kept
    made.compile(signature(_drive))
    made.disable_compile()
    return made


def _made() -> Any:
    part = parts()

    steps = stepping()
    looks = looking(steps)
    switches, course = switching(steps, looks), driving(steps, looks)
    evaluate, fixed, attempt = steps.evaluate, steps.fixed, steps.attempt
    within, begun, regions, modes_begun, arrive, crossed = looks.within, looks.begun, looks.regions, looks.modes_begun, switches.arrive, switches.crossed
    begin, observe, sampled, first_step, ended, judged, moved = (
        course.begin, course.observe, course.sampled, course.first_step, course.ended, course.judged, course.moved)
    T, X, Y, F, TIME, OBSERVED = (array(name) for name in ("t", "x", "y", "f", "time", "observe_out"))
    RHS, OBSERVE, COUNT = function("rhs"), function("observe"), len(PROGRAMS)
    RUN, STATE, FRESH, MOVING, DONE, TAKEN, ROW = (HERE.index(name) for name in ("run", "state", "fresh", "moving", "done", "taken", "row"))
    END, LAST, CUT, WANTED = (NOW.index(name) for name in ("end", "last", "cut", "wanted"))

    @part
    def most(s, row):
        """Return the largest number among the lanes."""
        found = s[row, 0]
        for lane in range(1, LANES):
            found = max(found, s[row, lane])
        return found

    @part
    def filled(rows, place, i, r, w, s, b, o):
        """Let the next runs into free lanes and carry out the switches that are due; return the place of the next run, and whether any piece begins."""
        new = False
        for lane in range(LANES):
            while True:
                if s[RUN, lane] < 0 and place < len(rows):
                    begin(i, r, w, s, b, o, lane, rows[place])
                    place += 1
                if s[RUN, lane] < 0 or s[STATE, lane] != 1:
                    break
                status = arrive(i, r, w, s, b, lane)
                new = True
                if status:
                    ended(i, r, w, s, o, lane, status)
        return place, new

    @part
    def kept(i, r, w, s, b, o, chosen, x, clock, array_of_x, moving):
        """Note the extremes at one time of some lanes."""
        if i[at.A_KEPT + 1] == 0:
            return
        if i[at.A_OBSERVING]:
            evaluate(i, r, w, s, b, OBSERVE, clock, x, i[OBSERVED], moving)
        for lane in range(LANES):
            if s[chosen, lane] and s[RUN, lane] >= 0:
                observe(i, r, w, s, b, o, lane, array_of_x, -1)

    def drive(rows, i, r, w, s, b, o):
        """Carry out the runs `rows`."""
        place = 0
        s[RUN] = -1
        looks_on = i[at.A_CONDITIONS] > 0 or i[at.A_ROWS] > 0 or i[at.A_KEPT + 1] > 0
        while True:
            place, new = filled(rows, place, i, r, w, s, b, o)
            if most(s, RUN) < 0:
                break
            moving = most(s, MOVING) > 0
            if new:
                for which in range(COUNT):
                    fixed(i, r, w, s, which)
                begun(i, r, w, s, b, o, moving)
                modes_begun(i, r, w, s, b, moving)
                kept(i, r, w, s, b, o, FRESH, i[X], T, i[at.W_X], moving)
            evaluate(i, r, w, s, b, RHS, T, i[X], i[F], moving)
            if new:
                first_step(i, r, w, s, b)
            for lane in range(LANES):
                left = w[END, lane] - w[i[at.W_T], lane]
                if s[RUN, lane] < 0:
                    w[i[at.W_H], lane] = 1.0
                else:
                    step = w[LAST, lane]
                    w[WANTED, lane] = step
                    w[i[at.W_H], lane] = left if step > 0.999 * left else 0.5 * left if step > 0.6 * left else step
            attempt(i, r, w, s, b, moving, looks_on)
            for lane in range(LANES):
                s[TAKEN, lane] = judged(i, r, w, s, o, lane) if s[RUN, lane] >= 0 else 0
                w[CUT, lane], s[ROW, lane] = 1.0, -1
            if most(s, TAKEN) == 0:
                continue
            if i[at.A_ROWS]:
                crossed(i, r, w, s, b, moving)
            if i[at.A_CONDITIONS]:
                regions(i, r, w, s, b, o, moving)
            for lane in range(LANES):
                if s[TAKEN, lane] and i[at.A_TIMES + 1]:
                    time = w[i[at.W_T], lane] + w[CUT, lane] * w[i[at.W_H], lane]
                    sampled(i, r, w, s, b, o, lane, time, s[ROW, lane] < 0 and time >= r[at.R_END] - r[at.R_NEAREST], moving)
            if i[at.A_KEPT + 1] or most(s, ROW) >= 0:
                for lane in range(LANES):
                    w[i[at.W_SHARE], lane] = w[CUT, lane]
                within(i, r, w, s)
                kept(i, r, w, s, b, o, TAKEN, i[Y], TIME, i[at.W_Y], moving)
            for lane in range(LANES):
                if s[TAKEN, lane]:
                    moved(i, r, w, s, b, o, lane, s[ROW, lane])
                    if s[RUN, lane] >= 0 and s[DONE, lane]:
                        ended(i, r, w, s, o, lane, 0)
    return drive
