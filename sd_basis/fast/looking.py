"""Looks within a step: the regions of the outcomes, where rates jump or bend, samples and extremes; numba's part of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from . import lanes as at
from .kernels import LANES
from .lanes import HERE, INSIDE, NOW, WATCHED, array, function
from .lockstep import parts


def looking(steps: Any) -> Any:
    """Return the compiled functions that look: `regions` and `begun` for outcomes, `mode_of`, `mode_at` and `modes_begun` for rates."""
    import numpy as np

    part = parts()

    call, evaluate = steps.call, steps.evaluate
    X, Y, K, DENSE, TOLERANCE, SHARE, TIME, T = (array(name) for name in ("x", "y", "k", "dense", "tolerance", "share", "time", "t"))
    MARGINS, WATCH, WITHIN = function("margins"), function("watch"), function("within")
    MARGINS_OUT, WATCH_OUT = array("margins_out"), array("watch_out")
    RUN, FRESH, DONE, TAKEN, CUT = (*(HERE.index(name) for name in ("run", "fresh", "done", "taken")), NOW.index("cut"))
    inside_shares, watched_shares = np.array(INSIDE), np.array(WATCHED)
    LOOKS, HARD = len(INSIDE), len(WATCHED)

    @part
    def within(i, r, w, s):
        """Put the states at `share` into y and the times into `time`."""
        for lane in range(LANES):
            w[i[at.W_TIME], lane] = w[i[at.W_T], lane] + w[i[at.W_SHARE], lane] * w[i[at.W_H], lane]
        call(i[at.FUNCTION + WITHIN], i[X], i[DENSE], i[TOLERANCE] + 8 * LANES * i[at.A_STOCKS], i[SHARE], i[Y])

    @part
    def margin_at(i, r, w, s, b, lane, row, share, moving):
        """Return the margin of a region at a share of one lane's step."""
        w[i[at.W_SHARE], lane] = share
        within(i, r, w, s)
        evaluate(i, r, w, s, b, MARGINS, TIME, i[Y], i[MARGINS_OUT], moving)
        return w[i[at.W_MARGINS] + row, lane]

    @part
    def turned(i, r, w, s, b, lane, row, left, right, before, after, moving):
        """Return the share at which a margin has turned from `before`, at the end of the bracket at which it has."""
        goal = after > 0
        least = max(1e-9 * (r[at.R_END] - r[at.R_START]), 4e-16 * max(abs(r[at.R_START]), abs(r[at.R_END]))) / w[i[at.W_H], lane]
        for turn in range(60):
            if right - left <= least:
                break
            middle = left + (right - left) * (before / (before - after)) if turn % 3 != 2 and before != after else left + (right - left) / 2
            middle = min(max(middle, left + 0.01 * (right - left)), right - 0.01 * (right - left))
            value = margin_at(i, r, w, s, b, lane, row, middle, moving)
            if (value > 0) == goal:
                if turn and after != value:
                    before *= 0.5 if (right - middle) < 0.5 * (right - left) else 1.0
                right, after = middle, value
            else:
                if turn and before != value:
                    after *= 0.5 if (middle - left) < 0.5 * (right - left) else 1.0
                left, before = middle, value
        return right

    @part
    def over(before, value, after, left, right):
        """Return by how much a margin may rise above the middle one of three looks, `left` and `right` apart: twice what a parabola does, and some."""
        rise, fall = (value - before) / left, (after - value) / right
        slope = (rise * right + fall * left) / (left + right)
        return 0.1 * max(value - before, value - after) + slope * slope * (left + right) / (2 * (rise - fall) + 1e-300)

    @part
    def summit(i, r, w, s, b, lane, row, left, right, moving):
        """Return the share at which a margin turns positive between two looks at which it is not, nan where it stays."""
        for _ in range(4):
            best, top, wide = 0, -np.inf, (right - left) / 16
            for place in range(17):
                value = margin_at(i, r, w, s, b, lane, row, left + place * wide, moving)
                if value > top:
                    best, top = place, value
            peak = left + best * wide
            if top > 0:
                return turned(i, r, w, s, b, lane, row, left, peak, -1e-300, top, moving) if peak > left else peak
            left, right = max(left, peak - wide), min(right, peak + wide)
        return np.nan

    @part
    def stayed(i, r, o, run, row, time):
        """Note the outcomes that last long enough."""
        for place in range(i[at.A_LASTING + 1]):
            enough = o[run, i[at.O_SINCE] + row] + r[i[at.A_LASTING] + place]
            if i[i[at.A_LASTING_ROWS] + place] == row and np.isnan(o[run, i[at.O_STAYS] + place]) and time >= enough:
                o[run, i[at.O_STAYS] + place] = o[run, i[at.O_SINCE] + row] + r[i[at.A_LASTING] + place]

    @part
    def arrived(i, r, w, s, o, lane, row, inside, time):
        """Note that a run is inside or outside a region at a time, and how long it stayed."""
        run = s[RUN, lane]
        if inside and not s[i[at.S_INSIDE] + row, lane]:
            if np.isnan(o[run, i[at.O_FIRST] + row]):
                o[run, i[at.O_FIRST] + row] = time
            o[run, i[at.O_SINCE] + row] = time
        if not inside:
            o[run, i[at.O_OUTSIDE] + row] = 1
            if s[i[at.S_INSIDE] + row, lane]:
                stayed(i, r, o, run, row, time)
        s[i[at.S_INSIDE] + row, lane] = 1 if inside else 0

    @part
    def begun(i, r, w, s, b, o, moving):
        """Look at the regions where a piece of a run begins, behind the switch."""
        if i[at.A_CONDITIONS] == 0:
            return
        evaluate(i, r, w, s, b, MARGINS, T, i[X], i[MARGINS_OUT], moving)
        for lane in range(LANES):
            if s[RUN, lane] >= 0 and s[FRESH, lane]:
                for row in range(i[at.A_CONDITIONS]):
                    w[i[at.W_BEFORE] + row, lane] = w[i[at.W_MARGINS] + row, lane]
                    arrived(i, r, w, s, o, lane, row, w[i[at.W_MARGINS] + row, lane] > 0, w[i[at.W_T], lane])

    @part
    def decided(i, r, o, run):
        """Tell whether every group of outcomes is absorbed."""
        left = i[at.A_GROUPS]
        for group in range(i[at.A_GROUPS]):
            for place in range(i[at.A_ABSORBING_ROWS + 1]):
                if i[i[at.A_ABSORBING_GROUPS] + place] == group and not np.isnan(o[run, i[at.O_FIRST] + i[i[at.A_ABSORBING_ROWS] + place]]):
                    left -= 1
                    break
        return 1 if left == 0 else 0

    @part
    def regions(i, r, w, s, b, o, moving):
        """Look at the regions within the steps that were accepted, up to where they are cut."""
        for look in range(LOOKS):
            for lane in range(LANES):
                w[i[at.W_SHARE], lane] = inside_shares[look] * w[CUT, lane]
            within(i, r, w, s)
            evaluate(i, r, w, s, b, MARGINS, TIME, i[Y], i[MARGINS_OUT], moving)
            for row in range(i[at.A_CONDITIONS]):
                for lane in range(LANES):
                    w[i[at.W_LOOKS] + look * i[at.A_CONDITIONS] + row, lane] = w[i[at.W_MARGINS] + row, lane]
        for lane in range(LANES):
            if not s[TAKEN, lane]:
                continue
            run, cut, start, h = s[RUN, lane], w[CUT, lane], w[i[at.W_T], lane], w[i[at.W_H], lane]
            for row in range(i[at.A_CONDITIONS]):
                former, left = w[i[at.W_BEFORE] + row, lane], 0.0
                if np.isnan(o[run, i[at.O_FIRST] + row]):  # it may rise above zero between two looks and fall again
                    low, mid = former, w[i[at.W_LOOKS] + row, lane]
                    for look in range(1, LOOKS):
                        high = w[i[at.W_LOOKS] + look * i[at.A_CONDITIONS] + row, lane]
                        if low > 0 or mid > 0 or high > 0:
                            break
                        begin, middle, end = inside_shares[look - 2] if look > 1 else 0.0, inside_shares[look - 1], inside_shares[look]
                        if mid >= low and mid >= high and mid + over(low, mid, high, middle - begin, end - middle) > 0 and (mid > low or mid > high):
                            share = summit(i, r, w, s, b, lane, row, begin * cut, end * cut, moving)
                            if not np.isnan(share):
                                o[run, i[at.O_FIRST] + row] = start + share * h
                                break
                        low, mid = mid, high
                for look in range(LOOKS):
                    value, right = w[i[at.W_LOOKS] + look * i[at.A_CONDITIONS] + row, lane], inside_shares[look] * cut
                    inside = value > 0
                    if inside != (s[i[at.S_INSIDE] + row, lane] == 1):
                        share = turned(i, r, w, s, b, lane, row, left, right, former, value, moving)
                        arrived(i, r, w, s, o, lane, row, inside, start + share * h)
                    elif inside:
                        stayed(i, r, o, run, row, start + right * h)
                    former, left = value, right
                w[i[at.W_BEFORE] + row, lane] = former
            if i[at.A_EARLY]:
                s[DONE, lane] = decided(i, r, o, run)

    # Where rates jump or bend ------------------------------------------------------------

    @part
    def mode_of(i, r, row, value):
        """Return the number of levels below a value."""
        first, last, turns = i[i[at.A_LEVEL_STARTS] + row], i[i[at.A_LEVEL_STARTS] + row + 1], 0
        if not np.isnan(r[i[at.A_PERIODS] + row]):
            turns = int(np.floor((value - r[i[at.A_LEVELS] + first]) / r[i[at.A_PERIODS] + row]))
            value -= turns * r[i[at.A_PERIODS] + row]
        count = turns * (last - first)
        for place in range(first, last):
            if r[i[at.A_LEVELS] + place] < value or (i[i[at.A_ABOVE] + row] and r[i[at.A_LEVELS] + place] == value):
                count += 1
        return count

    @part
    def mode_at(i, r, w, s, b, lane, row, share, moving):
        """Return the mode of a row at a share of one lane's step."""
        w[i[at.W_SHARE], lane] = share
        within(i, r, w, s)
        evaluate(i, r, w, s, b, WATCH, TIME, i[Y], i[WATCH_OUT], moving)
        return mode_of(i, r, row, w[i[at.W_WATCH] + row, lane])

    @part
    def modes_begun(i, r, w, s, b, moving):
        """Take the modes where a piece of a run begins."""
        if i[at.A_ROWS] == 0:
            return
        evaluate(i, r, w, s, b, WATCH, T, i[X], i[WATCH_OUT], moving)
        for lane in range(LANES):
            if s[RUN, lane] >= 0 and s[FRESH, lane]:
                for row in range(i[at.A_ROWS]):
                    w[i[at.W_WATCHED] + row, lane] = w[i[at.W_WATCH] + row, lane]
                    s[i[at.S_MODE] + row, lane] = mode_of(i, r, row, w[i[at.W_WATCH] + row, lane])
    return SimpleNamespace(within=within, begun=begun, regions=regions, mode_of=mode_of, mode_at=mode_at, modes_begun=modes_begun,
                           watched_shares=watched_shares, hard=HARD)
