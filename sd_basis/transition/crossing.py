"""A crossing: where along a line through a plane the outcome leaves one code, found to a tolerance in few runs.

The bracket of codes decides. Within it the next run is placed by the smooth function that has foretold best: a deciding
margin, which is linear across a threshold or a steep passage, or the time of decision, T = T0 - ln|s - s*| / lambda on
each side of a saddle, whose rate lambda is estimated on the way. A smooth function that jumps, or that does not shrink
the bracket, gives way to bisection.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .habit import CODES, DECISION, Crossing, Habit, Seen
from .plane import Probe

_MOST = 80
_SURE = 4  # tolerances away: where a distance is known well enough for an offset
_FAR, _AGREED = 12.0, 0.28  # brackets away from its middle: where a distance is known well enough for a rate; how near two rates must be


def crossing(look: Callable[[float], Probe], inside: Callable[[Probe], bool], xtol: float, *, ends: tuple[float, float] | None = None,
             step: float = 0.0, reach: float = 1.0, habit: Habit | None = None) -> Crossing | None:
    """Return where the inside ends along s, to `xtol`: within known `ends` (inside, outside), or near 0 with the outside towards rising s.

    Without `ends` the bracket grows from 0 by `step` at first, to `reach` at most; None where there is no crossing so far.
    """
    search = _Search(look, inside, xtol, habit or Habit())
    if ends is not None:
        for s in ends:
            search.see(s)
        if search.a is None or search.a.s != ends[0] or search.b is None:
            return None
    elif not search.bracketed(step, reach):
        return None
    return search.closed()


class _Search:
    def __init__(self, look: Callable[[float], Probe], inside: Callable[[Probe], bool], xtol: float, habit: Habit):
        self.look, self.is_inside, self.xtol, self.habit = look, inside, xtol, habit
        self.seen: list[Seen] = []
        self.a: Seen | None = None  # the last inside
        self.b: Seen | None = None  # the first outside
        self.before: dict[str, float] = {}
        self.dropped = set(habit.jumps)
        self.gaps: dict[str, tuple[float, float]] = {}
        self.foretold: float | None = None

    def see(self, s: float) -> Seen:
        probe = self.look(float(s))
        found = Seen(float(s), self.is_inside(probe), probe)
        self.seen.append(found)
        if found.inside:
            self.a = found
        else:
            self.b = found
        return found

    # The bracket -----------------------------------------------------------------------------

    def bracketed(self, step: float, reach: float) -> bool:
        """Look outwards from 0 until both codes are seen; the outside lies towards rising s."""
        found = self.see(0.0)
        way = 1.0 if found.inside else -1.0
        expected = self._expected(found)
        length = step
        if expected is not None:
            length = (1 + min(max(2 * self.habit.doubt, 0.001), 0.3)) * expected + 0.5 * self.xtol
            self.foretold = way * expected
            self.before[self.habit.leading] = way * expected
        while self.a is None or self.b is None:
            length = min(length, reach)
            self.see(way * length)
            if (self.a is None or self.b is None) and length >= reach:
                return False
            more = self._expected(self.seen[-1]) if expected is not None else None
            length = max(2 * length, min(step, 8 * length)) if more is None else min(max(length + 1.3 * more, 1.6 * length), 8 * length)
        return True

    def _expected(self, one: Seen) -> float | None:
        """Return the distance to the crossing that the last crossing's slope, or offset and rate, gives at one look."""
        known = self.habit
        if known.leading == DECISION and known.rate and one.probe.time is not None and one.inside in known.offsets:
            return known.distance(one.inside, one.probe.time)
        slope, value = known.slopes.get(known.leading), one.margin(known.leading)
        return None if not slope or value is None else abs(value / slope)

    # The estimates ---------------------------------------------------------------------------

    def closed(self) -> Crossing:
        """Shrink the bracket to the tolerance and return the crossing."""
        assert self.a is not None and self.b is not None
        widths = [abs(self.b.s - self.a.s)]
        guess = None
        for _ in range(_MOST):
            a, b = self.a.s, self.b.s
            width = abs(b - a)
            if width <= self.xtol or not min(a, b) < (a + b) / 2 < max(a, b):
                break
            guess = self._guess()
            slow = len(widths) > 3 and width > 0.3 * widths[-4]
            if guess is None or slow:
                s = (a + b) / 2
                widths = []
            else:
                s = self._beyond(*guess)
            self.see(s)
            widths.append(abs(self.b.s - self.a.s))
        a, b = self.a.s, self.b.s
        middle = (a + b) / 2
        final = self._guess()
        if final is not None and final[2] != CODES:
            middle = final[0]
        return Crossing(middle, self.a.probe, self.b.probe, (a, b), self._learnt(final[2] if final else CODES, middle))

    def _beyond(self, s: float, doubt: float, _: str) -> float:
        """Return a place just beyond an estimate, so that the farther end of the bracket comes near it too."""
        a, b = self.a.s, self.b.s
        far = a if abs(s - a) > abs(s - b) else b
        more = min(max(1.5 * doubt, 0.4 * self.xtol), 0.4 * abs(far - s))
        placed = s + math.copysign(more, far - s)
        low, high = min(a, b), max(a, b)
        room = min(0.05 * (high - low), 0.3 * self.xtol)
        return min(max(placed, low + room), high - room)

    def _guess(self) -> tuple[float, float, str] | None:
        """Return the estimate that moved least since the last look, with how much it moved and its name."""
        a, b = self.a, self.b
        low, high = min(a.s, b.s), max(a.s, b.s)
        found: list[tuple[float, float, str]] = []
        estimates = {**self._by_margins(), **self._by_time()}
        for name, s in estimates.items():
            if not low <= s <= high:
                continue
            known = self.before.get(name)
            doubt = abs(s - known) if known is not None else 0.1 * (high - low)
            found.append((s, doubt * (1.0 if name == self.habit.leading else 1.5), name))
        self.before = estimates
        return min(found, key=lambda one: one[1]) if found else None

    def _by_margins(self) -> dict[str, float]:
        """Return where each margin that has both signs across the bracket is zero by inverse interpolation."""
        found = {}
        width = abs(self.b.s - self.a.s)
        for name in self._common():
            one, other = self.a.margin(name), self.b.margin(name)
            if name in self.dropped or one is None or other is None or one * other > 0 or one == other:
                continue
            gap, at = self.gaps.setdefault(name, (abs(one - other), width))
            if width < at / 16:  # a continuous function shrinks with the bracket, one that jumps does not
                if abs(one - other) > 0.5 * gap:
                    self.dropped.add(name)
                    continue
                self.gaps[name] = abs(one - other), width
            found[name] = self._zero(name)
        return found

    def _common(self) -> list[str]:
        return [name for name in self.a.probe.margins if name in self.b.probe.margins]

    def _zero(self, name: str) -> float:
        a, b = self.a, self.b
        straight = a.s - a.margin(name) * (b.s - a.s) / (b.margin(name) - a.margin(name))
        others = sorted((one for one in self.seen if one is not a and one is not b and one.margin(name) is not None), key=lambda one: abs(one.s - straight))
        if not others or abs(others[0].s - straight) > 20 * abs(b.s - a.s):
            return straight
        three = [(one.margin(name), one.s) for one in (a, b, others[0])]
        (f, p), (g, q), (h, r) = three
        if len({f, g, h}) < 3:
            return straight
        slopes = (f - g) / (p - q), (g - h) / (q - r), (f - h) / (p - r)
        if not (min(slopes) > 0 or max(slopes) < 0):
            return straight
        curved = p * g * h / ((f - g) * (f - h)) + q * f * h / ((g - f) * (g - h)) + r * f * g / ((h - f) * (h - g))
        return curved if min(a.s, b.s) <= curved <= max(a.s, b.s) else straight

    def _rates(self) -> dict[bool, float]:
        """Return, for the sides on which it is one, the rate at which the time of decision grows with nearness.

        Looks far from the bracket for its width must agree on it; at a threshold or a steep passage the time is no logarithm, and they do not.
        """
        middle, width = (self.a.s + self.b.s) / 2, abs(self.b.s - self.a.s)
        found: dict[bool, float] = {}
        for side in (True, False):
            own = sorted((abs(one.s - middle), one.probe.time) for one in self.seen if one.inside is side and one.probe.time is not None
                         and abs(one.s - middle) > _FAR * width)
            rates: list[float] = []
            near = own[0] if own else (0.0, 0.0)
            for far in own[1:]:
                if far[0] > 2 * near[0]:
                    rates.append(math.log(far[0] / near[0]) / (near[1] - far[1]) if near[1] > far[1] else 0.0)
                    near = far
            known = self.habit.rate if side in self.habit.offsets else None
            if len(rates) + (known is not None) > 1:
                first, second = (*rates, known)[:2]  # type: ignore[misc]
                if first > 0 and abs(second / first - 1) < _AGREED:
                    found[side] = first
            elif known is not None:
                found[side] = known
        return found

    def _by_time(self) -> dict[str, float]:
        """Return where the time of decision would be infinite, from two looks on the nearer side."""
        found = []
        for side, rate in self._rates().items():
            own = sorted((one for one in self.seen if one.inside is side and one.probe.time is not None), key=lambda one: one.s, reverse=side == (
                self.a.s < self.b.s))
            if len(own) > 1 and rate * (own[0].probe.time - own[1].probe.time) > 0.2:
                share = math.exp(-min(rate * (own[0].probe.time - own[1].probe.time), 700.0))
                s = (own[0].s - share * own[1].s) / (1 - share)
                found.append((abs(s - own[0].s), s))
            elif own and side in self.habit.offsets:
                way = math.copysign(1.0, self.b.s - self.a.s) * (1.0 if side else -1.0)
                distance = self.habit.distance(side, own[0].probe.time)
                found.append((2 * distance, own[0].s + way * distance))
        return {DECISION: min(found)[1]} if found else {}

    def _learnt(self, leading: str, middle: float) -> Habit:
        slopes = {}
        for name in self._common():
            own = sorted((one for one in self.seen if one.margin(name) is not None), key=lambda one: abs(one.s - middle))
            wide = next((one for one in own if abs(one.s - middle) > 3 * self.xtol), None)
            if wide is not None and wide.margin(name):
                slopes[name] = abs(wide.margin(name) / (wide.s - middle))
        rates = self._rates()
        rate = next(iter(rates.values()), None)
        offsets, drifts = {}, {}
        for side in rates:
            own = sorted((abs(one.s - middle), one.probe.time) for one in self.seen if one.inside is side and one.probe.time is not None
                         and abs(one.s - middle) > _SURE * self.xtol)
            if own:
                offsets[side] = own[0][1] + math.log(own[0][0]) / rate
                drifts[side] = offsets[side] - self.habit.offsets[side] if side in self.habit.drifts else 0.0
            elif side in self.habit.offsets:
                offsets[side] = self.habit.offset(side)  # and no drift further: what is not measured must not run away
        doubt = self.habit.doubt
        if self.foretold is not None and abs(middle) > 2 * self.xtol:
            doubt = min(abs(self.foretold / middle - 1), 0.3)
        return Habit(leading, {**self.habit.slopes, **slopes}, rate, offsets, doubt, drifts, frozenset(self.dropped))
