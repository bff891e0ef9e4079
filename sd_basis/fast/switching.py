"""Switches: crossings of watched margins within a step, and what happens where a piece of a run begins; numba's part of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from . import lanes as at
from .kernels import LANES
from .lanes import HERE, NOW, array, function
from .lockstep import parts


def switching(steps: Any, looks: Any) -> Any:
    """Return the compiled functions `arrive`, which carries out the switch of one lane, and `crossed`, which cuts steps at crossings."""
    import numpy as np

    part = parts()

    call, evaluate, fixed = steps.call, steps.evaluate, steps.fixed
    within, mode_of, mode_at, watched_shares, HARD = looks.within, looks.mode_of, looks.mode_at, looks.watched_shares, looks.hard
    X, Y, T, TIME = (array(name) for name in ("x", "y", "t", "time"))
    WATCH, MODES, AMOUNTS, ANSWERS = (function(name) for name in ("watch", "modes", "amounts", "answers"))
    WATCH_OUT, MODES_OUT, AMOUNTS_OUT, ANSWERS_OUT = (array(f"{name}_out") for name in ("watch", "modes", "amounts", "answers"))
    RUN, SEGMENT, DATED, MOVING, STATE, FRESH, TAKEN, ROW = (
        HERE.index(name) for name in ("run", "segment", "dated", "moving", "state", "fresh", "taken", "row"))
    START, END, CUT = (NOW.index(name) for name in ("start", "end", "cut"))

    SCRATCH, FIRST_CONSTANTS = array("scratch"), array("rhs_constants")

    @part
    def taken(i, r, w, s, which, out):
        """Compute a program at (t, x) with the inputs as they are."""
        fixed(i, r, w, s, which)
        if i[at.FUNCTION + which] != 0:
            call(i[at.FUNCTION + which], i[T], i[X], i[FIRST_CONSTANTS + which], i[out], i[SCRATCH])

    @part
    def passing(i, r, w, s, lane):
        """Let impulses pass at once, all with amounts taken before."""
        due = 0
        for impulse in range(i[at.A_AMOUNT_STARTS + 1] - 1):
            due += s[i[at.S_KICKS] + impulse, lane]
        if due == 0:
            return
        taken(i, r, w, s, AMOUNTS, AMOUNTS_OUT)
        for impulse in range(i[at.A_AMOUNT_STARTS + 1] - 1):
            if s[i[at.S_KICKS] + impulse, lane]:
                for place in range(i[i[at.A_AMOUNT_STARTS] + impulse], i[i[at.A_AMOUNT_STARTS] + impulse + 1]):
                    for stock in range(i[at.A_STOCKS]):
                        w[i[at.W_X] + stock, lane] += r[i[at.A_MOVED] + stock * i[at.A_AMOUNTS] + place] * w[i[at.W_AMOUNTS] + place, lane]
                s[i[at.S_KICKS] + impulse, lane] = 0

    @part
    def inputs(i, r, w, s, b, lane, due):
        """Set the inputs in force from now on: dated changes, then those of triggered policies, then the modes held."""
        run, segment = s[RUN, lane], s[SEGMENT, lane]
        for place in range(i[at.A_INPUTS]):
            w[i[at.W_P] + place, lane] = b[run, i[at.B_BASE] + place]
        s[MOVING, lane] = 0
        for place in range(i[at.A_PLACES + 1]):
            slope = b[run, i[at.B_SLOPES] + segment * i[at.A_PLACES + 1] + place]
            w[i[at.W_P] + i[i[at.A_PLACES] + place], lane] = b[run, i[at.B_VALUES] + segment * i[at.A_PLACES + 1] + place]
            if slope != 0.0:
                s[MOVING, lane] = 1
                w[i[at.W_P] + i[i[at.A_PLACES] + place], lane] += slope * (w[i[at.W_T], lane] - w[START, lane])
        for item in range(i[at.A_DURATIONS + 1]):
            if i[i[at.A_TRIGGERS] + 4 * item + 0] < 0 and w[i[at.W_FIRED] + item, lane] <= due < w[i[at.W_FIRED] + i[at.A_DURATIONS + 1] + item, lane]:
                taken(i, r, w, s, ANSWERS, ANSWERS_OUT)
                for place in range(i[i[at.A_ANSWER_STARTS] + item], i[i[at.A_ANSWER_STARTS] + item + 1]):
                    w[i[at.W_P] + i[i[at.A_ANSWER_PLACES] + place], lane] = w[i[at.W_ANSWERS] + place, lane]
        if i[at.A_MODE_PLACES + 1]:
            taken(i, r, w, s, MODES, MODES_OUT)
            for place in range(i[at.A_MODE_PLACES + 1]):
                w[i[at.W_P] + i[i[at.A_MODE_PLACES] + place], lane] = w[i[at.W_MODES] + place, lane]

    @part
    def fire(i, r, w, s, lane, due):
        """Fire the armed triggers whose condition holds, and arm those whose condition has become false; -1 for a negative delay."""
        taken(i, r, w, s, WATCH, WATCH_OUT)
        taken(i, r, w, s, ANSWERS, ANSWERS_OUT)
        new = 0
        for item in range(i[at.A_DURATIONS + 1]):
            if not i[i[at.A_TRIGGERS] + 4 * item + 3]:
                continue
            value = w[i[at.W_WATCH] + item, lane]
            holds = value > 0 or (value == 0 and i[i[at.A_TRIGGERS] + 4 * item + 2])
            if s[i[at.S_ARMED] + item, lane] == 1 and not holds and not w[i[at.W_FIRED] + i[at.A_DURATIONS + 1] + item, lane] > due:
                s[i[at.S_ARMED] + item, lane] = 0
            elif s[i[at.S_ARMED] + item, lane] == 0 and holds and not s[i[at.S_ALREADY] + item, lane]:
                delay = w[i[at.W_ANSWERS] + i[i[at.A_ANSWER_STARTS] + i[at.A_DURATIONS + 1]] + item, lane]
                if not delay >= 0:
                    return -1
                s[i[at.S_ARMED] + item, lane] = 1 if i[i[at.A_TRIGGERS] + 4 * item + 1] else 2
                w[i[at.W_FIRED] + item, lane] = w[i[at.W_T], lane] + delay
                w[i[at.W_FIRED] + i[at.A_DURATIONS + 1] + item, lane] = w[i[at.W_T], lane] + delay + r[i[at.A_DURATIONS] + item]
                if i[i[at.A_TRIGGERS] + 4 * item + 0] >= 0:
                    w[i[at.W_PENDING] + item, lane] = w[i[at.W_FIRED] + item, lane]
                s[i[at.S_ALREADY] + item, lane] = 1
                new += 1
        return new

    @part
    def pending(i, r, w, s, lane, due):
        """Note the fired impulses that pass now."""
        for item in range(i[at.A_DURATIONS + 1]):
            if w[i[at.W_PENDING] + item, lane] <= due:
                s[i[at.S_KICKS] + i[i[at.A_TRIGGERS] + 4 * item], lane] += 1
                w[i[at.W_PENDING] + item, lane] = np.inf

    @part
    def arrive(i, r, w, s, b, lane):
        """Carry out the switch of a lane, with the inputs before it still in force; 0, or the number of a reason to stop."""
        run, segment, due = s[RUN, lane], s[SEGMENT, lane], w[i[at.W_T], lane] + r[at.R_NEAREST]
        if s[DATED, lane]:
            for impulse in range(i[at.A_AMOUNT_STARTS + 1] - 1):
                s[i[at.S_KICKS] + impulse, lane] = int(b[run, i[at.B_KICKS] + segment * (i[at.A_AMOUNT_STARTS + 1] - 1) + impulse])
            w[START, lane] = r[at.R_START] if segment == 0 else b[run, i[at.B_ENDS] + segment - 1]
        pending(i, r, w, s, lane, due)
        passing(i, r, w, s, lane)
        for item in range(i[at.A_DURATIONS + 1]):
            s[i[at.S_ALREADY] + item, lane] = 0
        while True:
            inputs(i, r, w, s, b, lane, due)
            new = fire(i, r, w, s, lane, due) if i[at.A_DURATIONS + 1] else 0
            if new < 0:
                return 7
            if new == 0:
                break
            pending(i, r, w, s, lane, due)
            passing(i, r, w, s, lane)
        end = b[run, i[at.B_ENDS] + segment]
        for item in range(i[at.A_DURATIONS + 1]):
            for time in (w[i[at.W_FIRED] + item, lane], w[i[at.W_FIRED] + i[at.A_DURATIONS + 1] + item, lane], w[i[at.W_PENDING] + item, lane]):
                if due < time < end:
                    end = time
        w[END, lane] = end
        s[FRESH, lane] = 1
        s[STATE, lane] = 2
        return 0

    @part
    def gap(i, r, row, value):
        """Return the distance of a margin from its nearest level."""
        least, first = np.inf, i[i[at.A_LEVEL_STARTS] + row]
        if not np.isnan(r[i[at.A_PERIODS] + row]):
            value = r[i[at.A_LEVELS] + first] + (value - r[i[at.A_LEVELS] + first]) % r[i[at.A_PERIODS] + row]
        for place in range(first, i[i[at.A_LEVEL_STARTS] + row + 1]):
            least = min(least, abs(value - r[i[at.A_LEVELS] + place]))
        return least

    @part
    def found(i, r, w, s, b, lane, row, looks, moving):
        """Return the share of a step at which a row changes its mode for the first time, inf where it does not."""
        mode, soft = s[i[at.S_MODE] + row, lane], i[i[at.A_KINDS] + row] == 2
        left, right, low, high = 0.0, np.inf, w[i[at.W_WATCHED] + row, lane], w[i[at.W_WATCHED] + row, lane]
        near, former = gap(i, r, row, low), 0.0
        for look in range(looks):
            share, value = watched_shares[look + HARD - looks], w[i[at.W_SEEN] + look * i[at.A_ROWS] + row, lane]
            low, high, near = min(low, value), max(high, value), min(near, gap(i, r, row, value))
            if mode_of(i, r, row, value) != mode and right == np.inf and not (soft and look < looks - 1):
                left, right = former, share
            if not soft:
                former = share
        if soft:
            before, after = w[i[at.W_WATCHED] + row, lane], w[i[at.W_SEEN] + (looks - 1) * i[at.A_ROWS] + row, lane]
            if right == np.inf or mode_of(i, r, row, after + 2e-12 * (before - after)) == mode:
                return np.inf
        elif left > 0.0 or right == np.inf:
            if near < high - low:  # it may cross there and back between two looks
                for place in range(1, 17):
                    share = place / 16
                    if share >= right:
                        break
                    if mode_at(i, r, w, s, b, lane, row, share, moving) != mode:
                        left, right = 0.0 if place == 1 else (place - 1) / 16, share
                        break
        if right == np.inf:
            return np.inf
        while True:
            middle = left + (right - left) / 2
            if not left < middle < right or (right - left) * w[i[at.W_H], lane] <= 2e-16 * abs(w[i[at.W_T], lane]):
                return right
            if mode_at(i, r, w, s, b, lane, row, middle, moving) == mode:
                left = middle
            else:
                right = middle

    @part
    def crossed(i, r, w, s, b, moving):
        """Cut the accepted steps where something that is watched crosses first: the share in `cut`, and the row, -1 where nothing does."""
        looks = 1
        for row in range(i[at.A_ROWS]):
            if 0 <= i[i[at.A_KINDS] + row] < 2:
                looks = HARD
        for look in range(looks):
            for lane in range(LANES):
                w[i[at.W_SHARE], lane] = watched_shares[look + HARD - looks]
            within(i, r, w, s)
            evaluate(i, r, w, s, b, WATCH, TIME, i[Y], i[WATCH_OUT], moving)
            for row in range(i[at.A_ROWS]):
                for lane in range(LANES):
                    w[i[at.W_SEEN] + look * i[at.A_ROWS] + row, lane] = w[i[at.W_WATCH] + row, lane]
        for lane in range(LANES):
            if not s[TAKEN, lane]:
                continue
            for row in range(i[at.A_ROWS]):
                if i[i[at.A_KINDS] + row] < 0 or (i[i[at.A_KINDS] + row] == 0 and s[i[at.S_ARMED] + row, lane] == 2):
                    continue
                share = found(i, r, w, s, b, lane, row, looks, moving)
                if share <= 1.0 and (s[ROW, lane] < 0 or share < w[CUT, lane]):
                    s[ROW, lane], w[CUT, lane] = row, share
            if s[ROW, lane] < 0:
                for row in range(i[at.A_ROWS]):
                    w[i[at.W_WATCHED] + row, lane] = w[i[at.W_SEEN] + (looks - 1) * i[at.A_ROWS] + row, lane]
                    s[i[at.S_MODE] + row, lane] = mode_of(i, r, row, w[i[at.W_WATCHED] + row, lane])
    return SimpleNamespace(arrive=arrive, crossed=crossed)
