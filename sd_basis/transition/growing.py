"""How a small difference of two runs grows: a cascade that grows for a while and ends makes a cliff with no state of rest on it.

The integration's own errors grow as such a difference does, so that a turn is known no better than they allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..run import Run
from .separating import Gap

_SLOWER = 0.5  # of the mean rate: what grows more slowly is left out at both ends
_FAR = 0.5  # of the largest difference: by then it has grown
_CASCADE = 1e3  # times: less is no growth worth a word
_ERRORS = 10.0  # times rtol: the integration's errors


@dataclass(frozen=True)
class Growth:
    """When the difference of two runs grew fastest, from its size `least` by a `factor`, its mean `rate`, and the stock in which it was largest then."""

    begin: float
    end: float
    least: float
    factor: float
    rate: float
    stock: str

    def blur(self, distance: float, rtol: float) -> float:
        """Return by how much errors at `rtol`, which grow likewise, may move a turn; the runs were `distance` from it."""
        return distance * _ERRORS * rtol / self.least


def growth(run: Run, other: Run, places: list[int], size: np.ndarray, floor: float) -> Growth | None:
    """Return how the difference of two runs grew at its fastest, None where it never grew; below `floor` it has only just begun and does not count."""
    gap = Gap(run, [other], places, size)
    times, values = gap.t, gap.values
    top = int(np.argmax(values > _FAR * np.max(values, initial=0.0))) if len(values) else 0
    if not top or not times[top] > times[0]:
        return None
    logs = np.log(values + floor)
    above = logs - _SLOWER * (logs[top] - logs[:top].min()) / (times[top] - times[0]) * times
    end = int(np.argmax(above - np.minimum.accumulate(above)))
    begin = int(np.argmin(above[:end + 1]))
    if not (times[end] > times[begin] and values[end] > values[begin] > 0):
        return None
    logs = np.log(values[[begin, end]])
    grown = float(logs[1] - logs[0])
    stock = run.model.stocks[gap.widest_at(float(times[(begin + end) // 2]))].name
    return Growth(float(times[begin]), float(times[end]), float(values[begin]), float(np.exp(grown)), grown / float(times[end] - times[begin]), stock)


def cascade(found: Growth | None, distance: float, least: float, rtol: float) -> str:
    """Return in words how a difference of two runs grew, empty where it did not by much; `least` is the smallest distance that told the sides apart."""
    if found is None or found.factor < _CASCADE:
        return ""
    said = (f"; between runs {distance:.1g} from the turn a difference grows {found.factor:.1e}-fold from {found.begin:.4g} to {found.end:.4g}, at "
            f"{found.rate:.3g} for a unit of time, first in {found.stock!r}")
    blur = found.blur(distance, rtol)
    return said + (f"; the errors of the integration grow likewise: at rtol {rtol:.0e} the turn may be off by {blur:.1g}, and at smaller distances than "
                   "that nothing can be told; give a smaller rtol" if blur > 0.1 * least else "")
