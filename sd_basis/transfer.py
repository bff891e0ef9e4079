"""The open loop in numbers: L(s) along real s, and the supremum of its dominant eigenvalue.

Of dx/dt = A x + B u, y = C x + D u the transfer function is G(s) = D + C (s I - A)^-1 B. With K the rates at which
orders are worked off, the loop without its own depletion is L(s) = (s I + K)^-1 (K + s G(s)): s (I - G) = (s I + K) (I - L),
so that for s > 0 det(I - G) = 0 exactly where det(I - L) = 0. Every array begins with the times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import matrix_balance

_POINTS = 4  # of the scan a decade
_ZOOMS, _ZOOM = 3, 9  # rounds of refinement, and points in each
_FASTER, _SLOWER = 10.0, 1e-3  # the scan ends so far beyond the fastest rate; the limit at zero is taken so far below the slowest
_BEYOND = 1.1  # times what grows by itself, where the scan begins
_ROUNDS = 3  # of eight power iterations each
_BATCH = 2_000_000  # numbers at once


@dataclass(frozen=True)
class Transfer:
    """The matrices A (times, stocks, stocks), B, C, D and the rates K (times, members) of an open loop."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    d: np.ndarray
    rates: np.ndarray

    def __getitem__(self, times: np.ndarray | slice) -> Transfer:
        """Return the open loop at some of the times."""
        return Transfer(self.a[times], self.b[times], self.c[times], self.d[times], self.rates[times])

    def __len__(self) -> int:
        return len(self.rates)

    @property
    def finite(self) -> np.ndarray:
        """Whether all numbers are finite, at each time."""
        return np.all([np.isfinite(part).reshape(len(part), -1).all(axis=1) for part in (self.a, self.b, self.c, self.d, self.rates)], axis=0)

    def matrix(self, s: np.ndarray) -> np.ndarray:
        """Return L (times, points, members, members) at positive s (times, points)."""
        stocks, members = self.b.shape[1:]
        found = np.empty((*s.shape, members, members))
        batch = max(1, _BATCH // max(1, s.shape[1] * stocks**2))
        for first in range(0, len(s), batch):
            part = slice(first, first + batch)
            own = s[part, :, None, None]
            solved = np.linalg.solve(own * np.eye(stocks) - self.a[part, None], np.broadcast_to(self.b[part, None], (*own.shape[:2], stocks, members)))
            g = self.d[part, None] + self.c[part, None] @ solved
            rates = self.rates[part, None, :, None]
            found[part] = (rates * np.eye(members) + own * g) / (own + rates)
        return found

    def gain(self, s: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Return the dominant eigenvalue of L (times, points), its rows times the weights (times, members)."""
        return dominant(self.matrix(s), weights)


def dominant(matrices: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the largest real part of the eigenvalues of L (times, points, members, members); of non-negative entries it is the Perron root."""
    if weights is not None:
        matrices = weights[:, None, :, None] * matrices
    if matrices.shape[-1] == 1:
        return matrices[..., 0, 0]
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    value, settled = _iterated(flat)
    if not settled.all():
        value[~settled] = np.max(np.linalg.eigvals(flat[~settled]).real, axis=-1)
    return value.reshape(matrices.shape[:-2])


def _iterated(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positive eigenvalues of largest modulus by power iteration, ten times faster for large families, and where that has settled."""
    vector = np.repeat((1 + 0.1 * np.sin(np.arange(1.0, 1 + matrices.shape[-1])))[None, :, None], len(matrices), axis=0)
    for _ in range(_ROUNDS):
        for _ in range(8):
            vector = matrices @ vector
            size = np.linalg.norm(vector, axis=1, keepdims=True)
            vector = vector / np.where(size > 0, size, 1.0)
        moved = matrices @ vector
        value = np.sum(vector * moved, axis=1, keepdims=True)
        settled = (np.linalg.norm(moved - value * vector, axis=1) <= 1e-12 * value[:, 0])[:, 0] & (value[:, 0, 0] > 0)
        if settled.all():
            break
    return value[:, 0, 0], settled


def reduced(whole: np.ndarray, rates: np.ndarray, stocks: list[int], linked: np.ndarray) -> Transfer:
    """Return the open loop of derivatives `whole` (times, stocks + members, stocks + members) with the given stocks; the others are frozen.

    Of these only those stay that what enters moves and that move what returns: others change no gain, and totals that
    only accumulate would make s I - A nearly singular. `linked` are the places where `whole` may differ from zero.
    """
    count, members = whole.shape[1] - rates.shape[1], rates.shape[1]
    ends = list(range(count, count + members))
    moved = _reached(linked, stocks, ends)
    kept = [stock for stock in stocks if stock in moved & _reached(linked.T, stocks, ends)]
    a = whole[:, kept][:, :, kept]
    if kept:  # stocks in trillions beside shares: measure each by its own size
        sizes = np.max(np.abs(np.where(np.isfinite(a), a, 0.0)), axis=0)
        _, (scale, _) = matrix_balance(sizes, permute=False, separate=True)
    else:
        scale = np.ones(0)
    return Transfer(a / scale[:, None] * scale, whole[:, kept][:, :, ends] / scale[:, None], whole[:, ends][:, :, kept] * scale,
                    whole[:, ends][:, :, ends], rates)


def reaches(linked: np.ndarray, stocks: list[int], members: int) -> list[bool]:
    """Return whether what returns depends on anything that enters, directly or through the stocks, by member."""
    ends = list(range(len(linked) - members, len(linked)))
    moved = sorted(_reached(linked, stocks, ends))
    return [bool(linked[end, moved + ends].any()) for end in ends]


def _reached(linked: np.ndarray, stocks: list[int], begin: list[int]) -> set[int]:
    """Return the stocks that a beginning moves, directly or through others."""
    left = np.zeros(len(linked), bool)
    left[stocks] = True
    found: set[int] = set()
    fresh = np.array(begin)
    while fresh.size:
        fresh = np.flatnonzero(left & linked[:, fresh].any(axis=1))
        left[fresh] = False
        found.update(fresh.tolist())
    return found


@dataclass(frozen=True)
class Supremum:
    """The supremum of the gain over s >= 0 at each time, the s where it lies, the gain in the limit s to 0, and the largest growth rate of A."""

    value: np.ndarray
    at: np.ndarray
    static: np.ndarray
    growth: np.ndarray


def supremum(loop: Transfer, slow: float, least: float = 0.0, weights: np.ndarray | None = None) -> Supremum:
    """Return the supremum of the gain over s from `least` on, at each time: by scan and refinement, and at the ends zero and infinity.

    Of s below `slow`, a rate at which nothing much happens any more, only the limit at zero is looked at. Where A grows by
    itself at a real rate p, what lies below tells nothing and L is infinite at p: there s runs from 1.1 p on, so that the
    supremum passes one where with the loop it grows at least a tenth faster.
    """
    everything = [np.full(len(loop), np.nan) for _ in range(4)]
    good = loop.finite if weights is None else loop.finite & np.isfinite(weights).all(axis=1)
    if good.any():
        for whole, part in zip(everything, _supremum(loop[good], slow, least, None if weights is None else weights[good]), strict=True):
            whole[good] = part
    return Supremum(*everything)


def _supremum(loop: Transfer, slow: float, least: float, weights: np.ndarray | None) -> tuple[np.ndarray, ...]:
    rows = np.arange(len(loop))
    begin = least or slow
    rates = np.linalg.eigvals(loop.a) if loop.a.shape[1] else np.full((len(loop), 1), -np.inf)
    pole = _pole(rates, _SLOWER * slow)
    first = np.maximum(begin, pole * _BEYOND)
    last = _FASTER * np.maximum(np.max(np.abs(loop.a).sum(axis=2), axis=1, initial=0.0), np.max(loop.rates, axis=1))
    last = np.maximum(last, 10 * first)
    points = 2 + int(np.ceil(_POINTS * np.log10(np.max(last / first))))
    s = np.geomspace(first, last, points, axis=1)
    gains = loop.gain(s, weights)
    static = _limit(loop, np.full(len(loop), min(begin, slow) * _SLOWER), weights, gains[:, 0])
    best = np.argmax(gains, axis=1)
    value, place = gains[rows, best], s[rows, best]
    inside = np.flatnonzero((best < points - 1) & ((best > 0) | (gains[:, 1] > gains[:, 0] - 1e-3 * np.abs(gains[:, 0]))))
    if inside.size:
        around = np.log(s[inside, np.maximum(best[inside] - 1, 0)]), np.log(s[inside, best[inside] + 1])
        value[inside], place[inside] = _refined(loop[inside], weights if weights is None else weights[inside], *around)
    at_infinity = dominant(loop.d[:, None], weights)[:, 0]
    candidates = np.stack([value, np.where((pole > 0) | (least > 0), -np.inf, static), at_infinity])
    places = np.stack([place, np.zeros(len(loop)), np.full(len(loop), np.inf)])
    chosen = np.argmax(candidates, axis=0)
    return candidates[chosen, rows], places[chosen, rows], static, np.max(rates.real, axis=1)


def _refined(loop: Transfer, weights: np.ndarray | None, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest gain between two logarithms of s at each time, and the s where it lies: by finer scans and then a parabola."""
    rows = np.arange(len(loop))
    for _ in range(_ZOOMS):
        s = np.exp(np.linspace(left, right, _ZOOM, axis=1))
        gains = loop.gain(s, weights)
        best = np.argmax(gains, axis=1)
        left, right = np.log(s[rows, np.maximum(best - 1, 0)]), np.log(s[rows, np.minimum(best + 1, _ZOOM - 1)])
    middle = np.clip(best, 1, _ZOOM - 2)
    below, peak, above = (gains[rows, middle + step] for step in (-1, 0, 1))
    bend = below - 2 * peak + above
    shift = np.divide(below - above, 2 * bend, out=np.zeros_like(bend), where=bend < 0)
    vertex = s[rows, middle] * (s[:, 1] / s[:, 0]) ** np.clip(shift, -1, 1)
    summit = loop.gain(vertex[:, None], weights)[:, 0]
    higher = summit > gains[rows, best]
    return np.where(higher, summit, gains[rows, best]), np.where(higher, vertex, s[rows, best])


def _pole(rates: np.ndarray, least: float) -> np.ndarray:
    """Return the largest real one of eigenvalues (times, stocks) above the least that counts, else zero."""
    real = np.where(np.abs(rates.imag) <= 1e-9 * np.abs(rates.real), rates.real, 0.0)
    largest = np.max(real, axis=1)
    return np.where(largest > least, largest, 0.0)


def _limit(loop: Transfer, small: np.ndarray, weights: np.ndarray | None, low: np.ndarray) -> np.ndarray:
    """Return the gain in the limit s to 0, extrapolated from three small s since A may be singular; infinite where it grows without end."""
    one, half, quarter = np.moveaxis(loop.gain(small[:, None] * np.array([1.0, 0.5, 0.25]), weights), 1, 0)
    grows = (np.abs(quarter) > 1.5 * np.abs(one)) & (np.abs(one) > 10 * np.abs(low))
    return np.where(grows, np.copysign(np.inf, quarter), (8 * quarter - 6 * half + one) / 3)
