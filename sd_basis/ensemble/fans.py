"""Fans: the middle 50, 75 and 95 per cent of the paths of an ensemble at each time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError

SHARES = (0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Fan:
    """Of one quantity: the median (times,) and, for each share, the two paths (times,) between which that share of the runs lies at each time."""

    times: np.ndarray
    median: np.ndarray
    bands: dict[float, tuple[np.ndarray, np.ndarray]]
    runs: int


def fan(times: np.ndarray, values: np.ndarray, shares: tuple[float, ...] = SHARES) -> Fan:
    """Return the fan of the paths `values` (runs, times); failed runs, which are nan, are left out.

    Quantiles are those of each time by itself (Hyndman and Fan 1996, definition 7). Raises InputError for no run and for shares outside 0 to 1.
    """
    if any(not 0 < share < 1 for share in shares):
        raise InputError(f"fan: the shares are {shares}; give numbers between 0 and 1")
    kept = values[~np.isnan(values).any(axis=1)]
    if not len(kept):
        raise InputError("fan: no run is known at all of its times; look at the reasons of the failures")
    bands = {share: (np.quantile(kept, (1 - share) / 2, axis=0), np.quantile(kept, (1 + share) / 2, axis=0)) for share in shares}
    return Fan(np.asarray(times, float), np.median(kept, axis=0), bands, len(kept))
