"""Narrowing the bracket of a turn: bisection, and where decision times foresee the turn, steps to both sides of it.

Near a saddle |d - d_c| = C exp(-lambda T) on either side. Three runs of one side give d_c, C and lambda; the next two runs are placed just
before and behind, at the distance that the guess may be off by. Where times foresee nothing the bracket is halved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

_SAFE = 2.0  # times by how much a guess may be off
_WAIT = 2  # bisections after a guess that failed


@dataclass(frozen=True)
class Bracket:
    """Two values with their codes, of which one is the predicate's and the other not, and values and times `seen` so far on both sides."""

    low: float
    high: float
    below: str
    above: str
    seen: tuple[tuple[tuple[float, float], ...], ...] = ((), ())


def narrowed(look: Callable[[float], tuple[str, float | None]], begin: Bracket, top: str, xtol: float) -> Bracket:
    """Return a bracket no wider than xtol, or as floating point allows; `look` gives the code and the time of a decision, `top` is the predicate's code."""
    low, high, below, above = begin.low, begin.high, begin.below, begin.above
    sides = list(begin.seen[0]), list(begin.seen[1])
    last, wait = None, 0
    while high - low > xtol and low < (middle := (low + high) / 2) < high:
        value, expected = middle, None
        guess = _foreseen(sides, low, high)
        if guess is not None and wait <= 0:
            place, off = guess
            if last is not None and place != last:  # guesses converge faster than bisection does
                off = min(off, 0.1 * abs(place - last))
            off, last = max(_SAFE * off, 0.4 * xtol), place
            expected = place - low > high - place  # the longer part is to go
            value = place - off if expected else place + off
            if not low + 1e-3 * (high - low) < value < high - 1e-3 * (high - low) or min(value - low, high - value) > 0.45 * (high - low):
                value, expected = middle, None
        code, time = look(value)
        is_low = (code == top) == (below == top)
        if time is not None:
            sides[0 if is_low else 1].append((value, time))
        if expected is not None and is_low != expected:
            wait = _WAIT
        wait -= expected is None
        if is_low:
            low, below = value, code
        else:
            high, above = value, code
    return Bracket(low, high, below, above, (tuple(sides[0][-3:]), tuple(sides[1][-3:])))


def _foreseen(sides: tuple[list, list], low: float, high: float) -> tuple[float, float] | None:
    """Return where the turn should lie and by how much that may be off, None where the times tell nothing."""
    found = [guess for points in sides if len(points) >= 3 and (guess := _limit(points[-3:], low, high)) is not None]
    if not found:
        return None
    place, off = min(found, key=lambda entry: entry[1])
    return place, max(off, abs(found[0][0] - found[-1][0]) if len(found) > 1 else 0.0)


def _limit(points: list[tuple[float, float]], low: float, high: float) -> tuple[float, float] | None:
    """Return the value at which the times of three runs of one side, in units of a logarithm, become infinite."""
    (first, one), (second, two), (third, three) = points
    if not one < two < three:
        return None

    def miss(place: float) -> float:
        near, far = np.log((first - place) / (second - place)), np.log((second - place) / (third - place))
        return float(near * (three - two) - far * (two - one))
    width = 1e-4 * (high - low)
    ends = low + width, high - width
    if any(end in (first, second, third) for end in ends):
        return None
    values = [miss(end) for end in ends]
    if not np.all(np.isfinite(values)) or values[0] * values[1] > 0:
        return None
    place = float(brentq(miss, *ends, xtol=max(1e-3 * width, 4 * float(np.spacing(max(abs(low), abs(high)))))))
    return place, 0.05 * abs(third - place)
