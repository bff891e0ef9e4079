"""Along a branch: its slope and its extremes, by the polynomial through the points nearby."""

from __future__ import annotations

import numpy as np

from .curve import Branch, turning

_NEAR = 5  # points


def _local(branch: Branch, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Return arclengths about a point, scales and coefficients of x and y in them, lowest power first."""
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
    return at, fitted[0], fitted[1], scale, int(np.flatnonzero(at == 0.0)[0])


def traced_slope(branch: Branch, place: int) -> float:
    """Return dy/dx of the traced branch at one of its points; infinite where it stands vertical."""
    _, x, y, scale, _ = _local(branch, place)
    along, across = (float(own[1]) if len(own) > 1 else 0.0 for own in (x, y))
    return across / along if abs(along) > 1e-9 * scale[0] else float("inf")


def extreme(branch: Branch, axis: int, largest: bool) -> tuple[float, float]:
    """Return the point of a branch with the largest or smallest value on an axis, between its points where it turns there."""
    values = branch.y if axis else branch.x
    place = int(np.argmax(values) if largest else np.argmin(values))
    best = float(branch.x[place]), float(branch.y[place])
    if not branch.closed and place in (0, len(values) - 1):
        return best
    if place not in turning(values, 0.0, branch.closed) and not branch.closed:
        return best
    at, x, y, _, here = _local(branch, place)
    own = (x, y)[axis]
    low, high = at[max(here - 1, 0)], at[min(here + 1, len(at) - 1)]
    for root in np.polynomial.polynomial.polyroots(np.polynomial.polynomial.polyder(own)):
        if abs(root.imag) < 1e-9 and low <= root.real <= high:
            found = tuple(float(np.polynomial.polynomial.polyval(root.real, part)) for part in (x, y))
            if (found[axis] > best[axis]) is largest:
                best = found  # type: ignore[assignment]
    return best
