"""Sobol indices: which share of the variance of a result each parameter explains, alone (first) and with all its interactions (total).

Points and estimators (Saltelli et al. 2010 for both indices) are SALib's; the intervals are those of its bootstrap, at 95 per cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from ..ensemble.axes import Range
from ..ensemble.designs import Points
from ..errors import InputError, NumericalFailure, missing_extra

RESAMPLES = 500
_FEWEST = 4  # blocks from which indices are estimated
SMALLEST = 4 * _FEWEST  # blocks that can be asked for: indices are taken from a quarter of them too
DROPPED = 0.1  # of the blocks, more of which are not left out unless that is asked for


@dataclass(frozen=True)
class Indices:
    """First and total indices of each parameter with half the width of their intervals, from a number of whole blocks.

    A block is `parameters + 2` runs; `dropped` of the `asked` blocks are left out, because a run in them failed.
    """

    names: tuple[str, ...]
    first: np.ndarray
    first_width: np.ndarray
    total: np.ndarray
    total_width: np.ndarray
    asked: int
    dropped: int
    mean: float
    variance: float

    @property
    def blocks(self) -> int:
        """The blocks that count."""
        return self.asked - self.dropped

    def ranked(self) -> list[int]:
        """Return the places of the parameters, the largest total index first."""
        return [int(place) for place in np.argsort(-self.total, kind="stable")]


def sobol_points(axes: Sequence[Range], blocks: int, seed: int = 0) -> Points:
    """Return the points for Sobol indices, `blocks` times (parameters + 2) of them; raise InputError where their number is no power of two."""
    if not axes:
        raise InputError("sobol: no parameter is varied; give at least one with a range")
    check_blocks(blocks)
    if blocks * (len(axes) + 2) > 2**26:
        raise InputError(f"sobol: N = {blocks:,} with {len(axes)} parameters are {blocks * (len(axes) + 2):,} points; give a smaller N")
    sample = salib("sample.sobol")
    shares = sample.sample(_problem(axes), blocks, calc_second_order=False, seed=seed)
    return Points(tuple(axes), shares, f"{blocks} blocks of Saltelli's design on scrambled Sobol points (seed {seed})")


def check_blocks(blocks: int) -> None:
    """Raise InputError for a number of blocks that is no power of two."""
    if blocks < SMALLEST or blocks & (blocks - 1):
        near = max(SMALLEST, 1 << (max(blocks, 1).bit_length() - 1))
        raise InputError(f"sobol: N = {blocks} is no power of two of at least {SMALLEST}, on which the balance of Sobol's points and the convergence at N/4 "
                         f"and N/2 rest; give {near} or {2 * near}")


def sobol_indices(values: np.ndarray, names: Sequence[str], blocks: int, *, seed: int = 0, drop: float = DROPPED, of: str = "the result",
                  resamples: int = RESAMPLES) -> Indices:
    """Return the Sobol indices of the first `blocks` blocks of values at `sobol_points`, in their order.

    A block in which a value is not known is left out as a whole, nothing is filled in; more than a share `drop` of them, or a result that does not
    vary, is an InputError; where none is known at all it is a NumericalFailure.
    """
    width = len(names) + 2
    rows = np.asarray(values, float)[:blocks * width].reshape(blocks, width)
    whole = np.isfinite(rows).all(axis=1)
    dropped = int(np.sum(~whole))
    if dropped == blocks:
        raise NumericalFailure(f"sobol, {of}: a run failed in each of {blocks} blocks of {width} runs; mend the model or the ranges")
    if dropped > drop * blocks or blocks - dropped < _FEWEST:
        more = "" if dropped > 0.85 * blocks or blocks - dropped < _FEWEST else f", or let more blocks be left out with --drop {dropped / blocks + 0.05:.2f}"
        raise InputError(f"sobol, {of}: in {dropped} of {blocks} blocks of {width} runs a run failed, and blocks count as a whole; mend what failed, narrow "
                         f"the ranges, or vary fewer parameters{more}")
    kept = rows[whole].ravel()
    if not np.ptp(kept) > 1e-12 * np.max(np.abs(kept)):
        raise InputError(f"sobol, {of}: it is {kept[0]:g} at every point, and there is no variance to explain; vary other parameters, "
                         "or ask for another quantity")
    found = salib("analyze.sobol").analyze({"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}, kept,
                                           calc_second_order=False, num_resamples=resamples, seed=seed + 1)
    ends = rows[whole][:, [0, -1]]
    return Indices(tuple(names), *(np.asarray(found[key], float) for key in ("S1", "S1_conf", "ST", "ST_conf")), blocks, dropped,
                   float(ends.mean()), float(ends.var()))


def converging(values: np.ndarray, names: Sequence[str], blocks: int, **options: object) -> tuple[Indices, ...]:
    """Return the indices from a quarter, a half and all of the blocks: an earlier part of Sobol's points is such a design itself."""
    return tuple(sobol_indices(values, names, part, **options) for part in (blocks // 4, blocks // 2, blocks))  # type: ignore[arg-type]


def salib(module: str) -> ModuleType:
    """Return a module of SALib; raise InputError with the extra's name where it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        raise missing_extra("sensitivity", "SALib", "sensitivity") from None


def _problem(axes: Sequence[Range]) -> dict:
    return {"num_vars": len(axes), "names": [axis.name for axis in axes], "bounds": [[0.0, 1.0]] * len(axes)}
