"""Along a branch: its slope, by the polynomial through the points nearby."""

from __future__ import annotations

import numpy as np

from .curve import Branch

_NEAR = 5  # points


def _local(branch: Branch, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scales, and the coefficients of x and y in the arclength from a point, lowest power first."""
    count = len(branch.points)
    if branch.closed:
        own = [(place + shift) % (count - 1) for shift in range(-(_NEAR // 2), _NEAR // 2 + 1)]
    else:
        first = min(max(place - _NEAR // 2, 0), max(count - _NEAR, 0))
        own = list(range(first, min(first + _NEAR, count)))
    points = np.array([[branch.points[one].x, branch.points[one].y] for one in own])
    scale = np.ptp(points, axis=0)
    scale[scale == 0] = 1.0
    chords = np.linalg.norm(np.diff(points / scale, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(chords)])
    here = own.index(place % (count - 1) if branch.closed else place)
    at -= at[here]
    kept = np.concatenate([[True], chords > 0.05 * float(np.median(chords))])  # the last stretch to an edge may be very short
    kept[here] = True
    at, points = at[kept], points[kept]
    fitted = [np.polynomial.polynomial.polyfit(at, points[:, axis], len(at) - 1) for axis in (0, 1)]
    return scale, fitted[0], fitted[1]


def traced_slope(branch: Branch, place: int) -> float:
    """Return dy/dx of the traced branch at one of its points; infinite where it stands vertical."""
    scale, x, y = _local(branch, place)
    along, across = (float(own[1]) if len(own) > 1 else 0.0 for own in (x, y))
    return across / along if abs(along) > 1e-9 * scale[0] else float("inf")
