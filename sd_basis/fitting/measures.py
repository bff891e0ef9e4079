"""How well a run agrees with data: the measures of the field, with Theil's shares of the mean squared error.

RMSE, MAE, MAPE, R2; U_M, U_S and U_C by population standard deviations, which sum to one (Sterman, Dynamica 10, 1984).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """The agreement of one series: errors in the unit of the quantity, shares and R2 of 1; None where it has no meaning.

    `naive` is the RMSE of who expects no change since the last value before the window.
    """

    label: str
    unit: str | None
    held_out: bool
    n: int
    chi_square: float
    rmse: float
    mae: float
    mape: float | None
    r2: float | None
    bias: float | None
    unequal_variation: float | None
    unequal_covariation: float | None
    naive: float | None


def agreement(label: str, model: np.ndarray, data: np.ndarray, error: float, before: float = math.nan, *,
              unit: str | None = None, held_out: bool = False) -> Agreement:
    """Return the agreement of model values with data."""
    misfit = model - data
    mean_square = float(np.mean(misfit**2))
    spread = float(np.sum((data - data.mean()) ** 2)) if np.ptp(data) > 0 else 0.0
    shares: tuple[float | None, float | None, float | None] = (None, None, None)
    if mean_square > 0:
        of_model, of_data = float(np.std(model)), float(np.std(data))
        together = float(np.mean((model - model.mean()) * (data - data.mean())))
        shares = (float(model.mean() - data.mean()) ** 2 / mean_square, (of_model - of_data) ** 2 / mean_square,
                  2 * (of_model * of_data - together) / mean_square)
    one_sign = bool(np.all(data > 0) or np.all(data < 0))
    return Agreement(label, unit, held_out, len(data), float(np.sum((misfit / error) ** 2)), math.sqrt(mean_square), float(np.mean(np.abs(misfit))),
                     float(np.mean(np.abs(misfit / data))) if one_sign else None,
                     1 - mean_square * len(data) / spread if spread > 0 else None, *shares,
                     None if math.isnan(before) else math.sqrt(float(np.mean((before - data) ** 2))))
