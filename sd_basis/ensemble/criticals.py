"""The critical delay over uncertain parameters: one for each sample, all narrowed at once, and the probability that a delay is too long.

The probability of a collapse given the delay is the distribution function of the critical delay over the samples, with the band of
Dvoretzky, Kiefer and Wolfowitz (Massart 1990): within sqrt(ln(2 / alpha) / 2n) of the truth at every delay, with confidence 1 - alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, unknown
from ..outcomes import UNDECIDED
from ..transition.scene import DELAY, Scene
from .job import Engine, Job


@dataclass(frozen=True)
class CriticalDelays:
    """The critical delay of each sample, in model time after clock zero, or the critical value of the parameter `axis`, and what was seen on the way.

    `values` (n,) are -inf where the outcome is met at every delay looked at, inf where at none, nan where a run failed; `delays` (m,) were
    looked at for every sample and `met` (n, m) tells which met the outcome; `returning` counts the samples in which a longer delay ended well
    again: their value is the first turn. `width` is that of the brackets, `runs` the number of runs, `reasons` why runs failed.
    """

    columns: tuple[str, ...]
    samples: np.ndarray
    code: str
    values: np.ndarray
    delays: np.ndarray
    met: np.ndarray
    returning: int
    width: float
    runs: int
    reasons: tuple[str, ...]
    axis: str = DELAY

    @property
    def known(self) -> np.ndarray:
        """The critical delays of the samples whose runs did not fail."""
        return self.values[~np.isnan(self.values)]

    def probability(self, delay: float | np.ndarray) -> np.ndarray:
        """Return the share of the samples whose critical delay is not above a delay."""
        return np.searchsorted(np.sort(self.known), np.asarray(delay, float), side="right") / max(len(self.known), 1)

    def band(self, alpha: float = 0.05) -> float:
        """Return the half width of the band that holds the whole distribution function with confidence 1 - alpha."""
        return math.sqrt(math.log(2 / alpha) / (2 * max(len(self.known), 1)))

    def quantile(self, share: float) -> float:
        """Return the delay that a share of the critical delays does not exceed; -inf or inf where it is outside what was looked at."""
        own = np.sort(self.known)
        return float(own[min(max(math.ceil(share * len(own)) - 1, 0), len(own) - 1)]) if len(own) else math.nan

    def deciding(self) -> dict[str, float]:
        """Return how the critical delay goes with each parameter: Spearman's rank correlation, the strongest first; 0 where one of them is constant."""
        from scipy.stats import rankdata

        kept = ~np.isnan(self.values)
        if kept.sum() < 3:
            return dict.fromkeys(self.columns, 0.0)
        ranks = rankdata(self.values[kept])
        found = {}
        for place, name in enumerate(self.columns):
            own = rankdata(self.samples[kept, place])
            spread = float(np.std(ranks) * np.std(own))
            found[name] = float(np.mean((ranks - ranks.mean()) * (own - own.mean())) / spread) if spread > 0 else 0.0
        return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def critical_delays(engine: Engine, scene: Scene, columns: tuple[str, ...], samples: np.ndarray, *, code: str, delays: tuple[float, float],
                    scan: int = 9, xtol: float = 1e-2, axis: str = DELAY) -> CriticalDelays:
    """Return the critical delay of every sample (rows of parameters `columns`): where the outcome `code` of the scene's group begins to be met.

    With the name of a parameter as `axis` it is that parameter's critical value, such as the smallest shock that kills, and `delays` are its values.
    All samples are looked at together at `scan` delays, then the bracket of each is halved until it is narrower than `xtol`, or holds no further
    number. Raises InputError for a code, delays or a width that cannot be used, and where in every sample a run failed.
    """
    job = Job(scene, (axis, *columns))
    groups = job.groups
    outcomes = [name for name in groups.get(scene.group, ()) if name != UNDECIDED]
    if code == UNDECIDED:
        raise InputError(f"{scene.where}: {UNDECIDED!r} is no outcome that a run meets; name the one to look for, with --code: {', '.join(outcomes)}")
    if code not in outcomes:
        raise unknown(scene.where, "outcome", code, outcomes)
    low, high = delays
    if axis != DELAY and not low < high:
        raise InputError(f"{scene.where}, {axis}: {low:g} to {high:g} does not rise; give the lower end first")
    if axis == DELAY and not scene.earliest <= low < high < scene.latest:
        raise InputError(f"{scene.where}, delays: {low:g} to {high:g} does not rise within {scene.earliest:g} to {scene.latest:g}; give delays in that range")
    if scan < 2 or not xtol > 0:
        raise InputError(f"{scene.where}: {scan} delays and a width of {xtol:g}; give at least two delays and a positive width")
    samples = np.asarray(samples, float).reshape(-1, len(columns))
    place, number, count = list(groups).index(scene.group), groups[scene.group].index(code), len(samples)
    reasons: list[str] = []
    runs = 0

    def meets(at: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell for some samples at their delays whether the outcome is met, and which runs failed."""
        nonlocal runs
        batch = engine(job, np.column_stack([at, samples[which]]))
        runs += len(which)
        failed = np.array([bool(reason) for reason in batch.reasons], bool)
        reasons.extend(dict.fromkeys(reason for reason in batch.reasons if reason))
        return batch.codes[:, place] == number, failed
    grid, every = np.linspace(low, high, scan), np.arange(count)
    met, broken = np.zeros((count, scan), bool), np.zeros(count, bool)
    for column, delay in enumerate(grid):
        met[:, column], failed = meets(np.full(count, delay), every)
        broken |= failed
    first = np.where(met.any(axis=1), met.argmax(axis=1), scan)
    values = np.where(first == 0, -np.inf, np.inf)
    returning = int(np.sum(np.any(met[:, :-1] & ~met[:, 1:], axis=1) & ~broken))
    open_ = np.flatnonzero((first > 0) & (first < scan) & ~broken)
    left, right = grid[np.maximum(first - 1, 0)].copy(), grid[np.minimum(first, scan - 1)].copy()
    while open_.size and float(np.max(right[open_] - left[open_])) > xtol:
        middle = (left[open_] + right[open_]) / 2
        if np.all((middle == left[open_]) | (middle == right[open_])):
            break  # no number lies between
        inside, failed = meets(middle, open_)
        right[open_], left[open_] = np.where(inside, middle, right[open_]), np.where(inside, left[open_], middle)
        broken[open_[failed]] = True
        open_ = open_[~failed]
    values[open_] = (left[open_] + right[open_]) / 2
    values[broken] = np.nan
    if broken.all():
        raise InputError(f"{scene.where}: in every sample a run failed ({reasons[0] if reasons else 'there is none'}); mend what failed, or give other samples")
    width = float(np.max(right[open_] - left[open_])) if open_.size else 0.0
    return CriticalDelays(columns, samples, code, values, grid, met, returning, width, runs, tuple(dict.fromkeys(reasons)), axis)
