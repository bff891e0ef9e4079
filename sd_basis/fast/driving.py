"""A run in its lane: how it begins, which steps it accepts, what is kept of it and how it ends; numba's part of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from . import lanes as at
from .kernels import LANES
from .lanes import HERE, NOW, array, function
from .lockstep import parts

_MOST_STEPS, _MOST_SWITCHES, _CHATTER = 200_000, 20_000, 60


def driving(steps: Any, looks: Any) -> Any:
    """Return the compiled functions `begin`, `observe`, `sampled`, `first_step`, `ended`, `judged` and `moved`."""
    import numpy as np

    part = parts()

    call, evaluate, inputs_of, within = steps.call, steps.evaluate, steps.inputs_of, looks.within
    X, Y, F, TIME, TOLERANCE, RTOL, ERROR, OBSERVED = (array(name) for name in ("x", "y", "f", "time", "tolerance", "rtol", "error", "observe_out"))
    HERE_COUNT = len(HERE)
    OBSERVE, NORM = function("observe"), function("norm")
    RUN, SEGMENT, STATE, FRESH, DATED, MOVING, STEPS, REJECTED, LOST, SAMPLE, CROSSINGS, SWITCHES, DONE = (HERE.index(name) for name in (
        "run", "segment", "state", "fresh", "dated", "moving", "steps", "rejected", "lost", "sample", "crossings", "switches", "done"))
    START, END, LAST, ACCEPTED, FORMER, CUT, CHATTER, WANTED = (NOW.index(name) for name in NOW)

    FIRST = 0.03  # the share of its tolerance's fifth root by which a stock may move in a first step

    @part
    def begin(i, r, w, s, b, o, lane, run):
        """Put a run into a lane."""
        for row in range(HERE_COUNT):
            s[row, lane] = 0
        s[RUN, lane], s[STATE, lane], s[DATED, lane] = run, 1, 1
        w[i[at.W_T], lane], w[START, lane], w[LAST, lane] = r[at.R_START], r[at.R_START], 0.0
        for place in range(i[at.A_STOCKS]):
            w[i[at.W_X] + place, lane] = b[run, i[at.B_X] + place]
            w[i[at.W_TOLERANCE] + place, lane] = b[run, i[at.B_ATOL] + place]
        for place in range(i[at.A_INPUTS]):
            w[i[at.W_P] + place, lane] = b[run, i[at.B_BASE] + place]
        for row in range(i[at.A_CONDITIONS]):
            s[i[at.S_INSIDE] + row, lane] = 0
        for item in range(i[at.A_DURATIONS + 1]):
            s[i[at.S_ARMED] + item, lane] = 0
            for row in (i[at.W_PENDING] + item, i[at.W_FIRED] + item, i[at.W_FIRED] + i[at.A_DURATIONS + 1] + item):
                w[row, lane] = np.inf

    @part
    def ended(i, r, w, s, o, lane, status):
        """Take a run out of its lane."""
        run = s[RUN, lane]
        o[run, i[at.O_STATUS]], o[run, i[at.O_STOPPED]], o[run, i[at.O_STEPS]] = status, w[i[at.W_T], lane], s[STEPS, lane]
        for item in range(i[at.A_DURATIONS + 1]):
            if r[at.R_END] < w[i[at.W_FIRED] + item, lane] < np.inf:
                o[run, i[at.O_DUE]] = 1
        for row in range(i[at.A_CONDITIONS]):
            if not s[i[at.S_INSIDE] + row, lane]:
                o[run, i[at.O_SINCE] + row] = np.nan
        s[RUN, lane], s[STATE, lane], s[MOVING, lane], s[FRESH, lane] = -1, 0, 0, 0

    @part
    def observe(i, r, w, s, b, o, lane, x, sample):
        """Keep what is asked for, from the states and the observed quantities at one time: as a sample, or among the extremes."""
        run = s[RUN, lane]
        for place in range(i[at.A_KEPT + 1]):
            kept = i[i[at.A_KEPT] + place]
            value = w[x + kept, lane] if kept < i[at.A_STOCKS] else w[i[at.W_OBSERVED] + kept - i[at.A_STOCKS], lane]
            if sample >= 0:
                o[run, i[at.O_VALUES] + place * i[at.A_TIMES + 1] + sample] = value
            else:
                o[run, i[at.O_LOWEST] + place] = min(o[run, i[at.O_LOWEST] + place], value)
                o[run, i[at.O_HIGHEST] + place] = max(o[run, i[at.O_HIGHEST] + place], value)

    @part
    def sampled(i, r, w, s, b, o, lane, until, last, moving):
        """Take the samples within a step, before its end; at the end of the run there too."""
        while s[SAMPLE, lane] < i[at.A_TIMES + 1]:
            time = r[i[at.A_TIMES] + s[SAMPLE, lane]]
            if not (time < until or last):
                break
            w[i[at.W_SHARE], lane] = min((time - w[i[at.W_T], lane]) / w[i[at.W_H], lane], w[CUT, lane])
            within(i, r, w, s)
            if i[at.A_OBSERVING]:
                evaluate(i, r, w, s, b, OBSERVE, TIME, i[Y], i[OBSERVED], moving)
            observe(i, r, w, s, b, o, lane, i[at.W_Y], s[SAMPLE, lane])
            s[SAMPLE, lane] += 1

    @part
    def first_step(i, r, w, s, b):
        """Choose the first step of each piece, from the size of its rates; dx/dt is in f."""
        n = i[at.A_STOCKS]
        for lane in range(LANES):
            if s[FRESH, lane]:
                for place in range(n):
                    w[i[at.W_TOLERANCE] + n + place, lane] = w[i[at.W_X] + place, lane]
        call(i[at.FUNCTION + NORM], i[X], i[TOLERANCE], i[F], i[RTOL], i[ERROR])
        for lane in range(LANES):
            if s[FRESH, lane]:
                pace, left = w[i[at.W_ERROR], lane], w[END, lane] - w[i[at.W_T], lane]
                step = left if not pace > 0 else min(left, FIRST / (r[at.R_RTOL] ** 0.8 * pace))
                if w[LAST, lane] > 0:
                    step = min(step, w[LAST, lane])
                w[LAST, lane] = step
                w[ACCEPTED, lane] = 0.0
                s[FRESH, lane] = s[REJECTED, lane] = s[LOST, lane] = 0

    @part
    def below_zero(i, w, lane, x):
        """Return the first stock declared non-negative that is below zero by more than ten tolerances, -1 where none is; the stocks begin in row x."""
        for place in range(i[at.A_STOCKS]):
            if i[i[at.A_NONNEGATIVE] + place] and w[x + place, lane] < -10.0 * w[i[at.W_TOLERANCE] + place, lane]:
                return place
        return -1

    @part
    def judged(i, r, w, s, o, lane):
        """Accept a step or not, and choose the length of the next one, by Gustafsson's predictive control."""
        error, h = w[i[at.W_ERROR], lane], w[i[at.W_H], lane]
        s[STEPS, lane] += 1
        if not np.isfinite(error):
            s[LOST, lane] += 1
            w[LAST, lane] = 0.2 * h
            if s[LOST, lane] > 25:
                ended(i, r, w, s, o, lane, 1)
        elif error > 1.0:
            w[LAST, lane] = h * max(0.15, 0.9 * error ** -0.2)
            s[REJECTED, lane] = 1
        elif below_zero(i, w, lane, i[at.W_TOLERANCE] + i[at.A_STOCKS]) >= 0:
            # within the tolerance of the step's error, not within that of the stock: a shorter step tells which of both is wrong
            w[LAST, lane] = 0.25 * h
            s[REJECTED, lane] = 1
        else:
            safe = max(error, 1e-8)
            factor = safe ** 0.2 / 0.9
            if w[ACCEPTED, lane] > 0:
                factor = max(factor, w[ACCEPTED, lane] / h * (safe * safe / w[FORMER, lane]) ** 0.2 / 0.9)
            factor = min(max(factor, 0.125), 5.0)
            w[LAST, lane] = min(h / factor, h) if s[REJECTED, lane] else max(h / factor, w[WANTED, lane])  # a switch may have cut it short
            w[ACCEPTED, lane], w[FORMER, lane] = h, max(error, 1e-2)
            s[REJECTED, lane] = s[LOST, lane] = 0
            return 1
        if s[RUN, lane] >= 0:
            if w[LAST, lane] < 16 * 2.3e-16 * max(abs(w[i[at.W_T], lane]), 1e-3 * (r[at.R_END] - r[at.R_START])):
                place = below_zero(i, w, lane, i[at.W_TOLERANCE] + i[at.A_STOCKS])
                o[s[RUN, lane], i[at.O_STOCK]] = max(place, 0)
                ended(i, r, w, s, o, lane, 1 if s[LOST, lane] else 4 if error <= 1.0 and place >= 0 else 2)
            elif s[STEPS, lane] > _MOST_STEPS:
                ended(i, r, w, s, o, lane, 3)
        return 0

    @part
    def moved(i, r, w, s, b, o, lane, row):
        """Put a lane to the end of its accepted step."""
        n, cut = i[at.A_STOCKS], w[CUT, lane]
        at_end = row < 0 and w[i[at.W_T], lane] + w[i[at.W_H], lane] >= w[END, lane] - r[at.R_NEAREST]
        time = w[END, lane] if at_end else w[i[at.W_T], lane] + cut * w[i[at.W_H], lane]
        for place in range(n):
            w[i[at.W_X] + place, lane] = w[i[at.W_Y] + place, lane] if row >= 0 else w[i[at.W_TOLERANCE] + n + place, lane]
        w[i[at.W_T], lane] = time
        if s[MOVING, lane]:
            inputs_of(i, r, w, s, b, lane, time)
        place = below_zero(i, w, lane, i[at.W_X])
        if place >= 0:
            o[s[RUN, lane], i[at.O_STOCK]] = place
            ended(i, r, w, s, o, lane, 4)
            return
        if row >= 0:
            s[CROSSINGS, lane] += 1
            if s[CROSSINGS, lane] == 1 or time - w[CHATTER, lane] > 1e-9 * (r[at.R_END] - r[at.R_START]):
                w[CHATTER, lane], s[CROSSINGS, lane] = time, 1
            if s[CROSSINGS, lane] > _CHATTER and i[i[at.A_KINDS] + row] == 1:
                ended(i, r, w, s, o, lane, 5)
                return
        if at_end or row >= 0:
            run, segment = s[RUN, lane], s[SEGMENT, lane]
            dated = at_end and time >= b[run, i[at.B_ENDS] + segment] - r[at.R_NEAREST]
            s[DATED, lane], s[STATE, lane] = (1 if dated else 0), 1
            s[SWITCHES, lane] += 1
            if dated and segment + 1 == b[run, i[at.B_SEGMENTS]]:
                ended(i, r, w, s, o, lane, 0)
                return
            if dated:
                s[SEGMENT, lane] += 1
            if s[SWITCHES, lane] > _MOST_SWITCHES:
                ended(i, r, w, s, o, lane, 6)
    return SimpleNamespace(begin=begin, observe=observe, sampled=sampled, first_step=first_step, ended=ended, judged=judged, moved=moved)
