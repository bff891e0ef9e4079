"""The ghost of a fold: runs on one side pass where two states of rest have just vanished, in a time that grows as the inverse square root.

Over a finite time such runs look like those that stay, so that the turn moves with the horizon; it is extrapolated from passage times.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import InputError, NumericalFailure
from ..outcomes import UNDECIDED
from .laws import SIDES, Power, inverse_root
from .searching import Line, Turn

_LONG = 256.0  # spans over which passages are followed
_FULL = 0.8  # of that time: passages longer than this are left out
_HALF = 0.02  # how near to -1/2 the exponent has to be
_TRUE = 1e-3  # largest relative residual of the expansion
_GROWS = 1.3  # from one step of the passage time to the next, each for the square root of ten in distance; the law has 1.78, a logarithm 1
_MOST = 14  # runs a pass


@dataclass(frozen=True)
class Ghost:
    """The law of the passage times, the side that passes and its outcome, distances and times there, and how the other side ends."""

    power: Power
    side: str
    code: str
    distance: np.ndarray
    time: np.ndarray
    other: str


def ghost(axis: Line, turn: Turn, spacing: float) -> Ghost | None:
    """Return the ghost at a turn, None where decision times on neither side grow as an inverse square root."""
    for side in SIDES:
        try:
            found = _passing(axis, turn, spacing, side)
        except (InputError, NumericalFailure):  # the run cannot be made so long
            continue
        if found is not None:
            return found
    return None


def _passing(axis: Line, turn: Turn, spacing: float, side: str) -> Ghost | None:
    sign, near = (1.0, turn.high) if side == "above" else (-1.0, turn.low)
    code = axis.look(near, _LONG).code  # over the search's shorter time it may have been on its way
    if code == UNDECIDED:
        return None
    begin, longest = axis.scene.start, _FULL * _LONG * (axis.scene.end - axis.scene.start)

    def passage(value: float) -> float | None:
        look = axis.look(value, _LONG)
        return look.time - begin if look.code == code and look.time is not None else None

    known: dict[float, float] = {}
    power = None
    for _ in range(3):
        centre = near if power is None else power.turn
        misses = 0
        for distance in spacing * 10.0 ** (-0.5 * np.arange(1, _MOST + 1)):
            value = float(centre + sign * distance)
            if value in known or not axis.allows(value):
                continue
            if power is not None and power.amplitude * distance**-0.5 > longest:
                break
            time = passage(value)
            if time is None or time > longest:
                misses += 1
                if misses > 1:
                    break
                continue
            known[value] = time
            steps = np.diff(list(known.values()))[-3:]
            short = time < 0.25 * turn.stretch * (axis.scene.end - begin)  # longer ones no longer grow, where the turn itself is one of the horizon
            if power is None and len(known) >= 6 and short and all(after < _GROWS * before for before, after in pairwise(steps)):
                return None
        values = np.array(list(known))
        times = np.array(list(known.values()))
        if len(values) < 6 or not 0 < 5 * times.min() < times.max():
            return None
        power = inverse_root(values, times, side, spacing)
        if power is None or power.amplitude <= 0:
            return None
    distance = sign * (values - power.turn)
    chosen = distance <= 0.05 * spacing
    if chosen.sum() >= 7:
        power = inverse_root(values[chosen], times[chosen], side, spacing) or power
    distance = sign * (values - power.turn)
    order = np.argsort(distance)
    if abs(power.exponent + 0.5) > _HALF or power.residual > _TRUE or power.decades < 2:
        return None
    other = axis.look(float(power.turn - sign * distance[order[0]]), _LONG).code
    return None if other == code else Ghost(power, side, code, distance[order], times[order], other)
