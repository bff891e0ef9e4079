"""Morris's screening: the mean and the spread of elementary effects, a few runs for each of many parameters.

A trajectory changes one parameter after the other on a grid of four levels; an elementary effect is the change of the result
for that of one parameter, scaled to its whole range. mu* is the mean of their sizes (Campolongo, Cariboni and Saltelli 2007),
sigma their standard deviation: large beside mu* where a parameter acts in curves or with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ensemble.axes import Range
from ..ensemble.designs import Points
from ..errors import InputError
from .variance import RESAMPLES, salib

LEVELS = 4


@dataclass(frozen=True)
class Effects:
    """Elementary effects of each parameter over its whole range: their mean `mu`, mean size `mu_star` with half its interval, and spread `sigma`.

    `known` counts the effects of each parameter: those of which a run failed are left out. A parameter with fewer than two has none (nan).
    """

    names: tuple[str, ...]
    mu: np.ndarray
    mu_star: np.ndarray
    mu_star_width: np.ndarray
    sigma: np.ndarray
    known: np.ndarray
    trajectories: int

    def ranked(self) -> list[int]:
        """Return the places of the parameters, the largest mu* first, those without one last."""
        return [int(place) for place in np.argsort(-np.nan_to_num(self.mu_star, nan=-1.0), kind="stable")]


def morris_points(axes: Sequence[Range], trajectories: int, seed: int = 0) -> Points:
    """Return the points of a number of trajectories, (parameters + 1) for each."""
    if not axes:
        raise InputError("morris: no parameter is varied; give at least one with a range")
    check_trajectories(trajectories)
    problem = {"num_vars": len(axes), "names": [axis.name for axis in axes], "bounds": [[0.0, 1.0]] * len(axes)}
    shares = salib("sample.morris").sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    return Points(tuple(axes), shares, f"{trajectories} trajectories of Morris on {LEVELS} levels (seed {seed})")


def check_trajectories(trajectories: int) -> None:
    """Raise InputError for too few trajectories."""
    if trajectories < 4:
        raise InputError(f"morris: {trajectories} trajectories say nothing of a spread; give at least 4")


def morris_effects(values: np.ndarray, points: Points, trajectories: int, *, seed: int = 0, of: str = "the result", resamples: int = RESAMPLES) -> Effects:
    """Return the elementary effects of the first `trajectories` of values at `morris_points`, with a bootstrap of mu* at 95 per cent.

    Where all runs are known they are SALib's; an effect of which one of both runs failed is left out, nothing is filled in.
    """
    names = points.columns
    width = len(names) + 1
    shares = points.shares[:trajectories * width].reshape(trajectories, width, len(names))
    steps = np.diff(shares, axis=1)
    effects = np.full((trajectories, len(names)), np.nan)
    changed = np.argmax(np.abs(steps), axis=2)
    moved = np.take_along_axis(steps, changed[:, :, None], axis=2)[:, :, 0]
    rows = np.asarray(values, float)[:trajectories * width].reshape(trajectories, width)
    np.put_along_axis(effects, changed, np.diff(rows, axis=1) / moved, axis=1)
    if not np.isfinite(effects).any():
        raise InputError(f"morris, {of}: a run of every effect failed; mend what failed, or narrow the ranges")
    random = np.random.default_rng([seed, 31])
    found = np.full((4, len(names)), np.nan)
    for place in range(len(names)):
        own = effects[np.isfinite(effects[:, place]), place]
        if len(own) >= 2:
            again = np.abs(random.choice(own, (resamples, len(own)))).mean(axis=1)
            found[:, place] = own.mean(), np.abs(own).mean(), 1.959964 * again.std(ddof=1), own.std(ddof=1)
    return Effects(names, *found, np.isfinite(effects).sum(axis=0), trajectories)


def converging(values: np.ndarray, points: Points, trajectories: int, *, seed: int = 0, of: str = "the result") -> tuple[Effects, ...]:
    """Return the effects from a quarter, a half and all of the trajectories, as far as these are at least two."""
    return tuple(morris_effects(values, points, part, seed=seed, of=of) for part in (trajectories // 4, trajectories // 2, trajectories) if part >= 2)
