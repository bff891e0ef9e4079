"""How far an ensemble is from LSODA: some of its runs again, and the largest difference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..transition.scene import DELAY
from .carrying import Errand
from .chunks import Chunk, joined
from .engines import engine
from .job import Batch, Job
from .plain import delay_of, plain_rows
from .store import Held

ALLOWED = 10.0  # times the tolerance
_FINER = 100.0  # LSODA at the same tolerance errs itself by up to ten times that


@dataclass(frozen=True)
class Difference:
    """The largest difference from LSODA at `rtol` over some runs.

    `value` is that of the kept quantities (of the stocks at the end where none is kept), in units of the size of each: the largest along any of these
    runs, of a stock at least that to which the solver's tolerance refers. `quantity` says which; `decided` is that of the times at which outcomes were
    decided; `codes` counts runs of which an outcome differs.
    """

    runs: int
    rtol: float
    tolerance: float
    value: float
    quantity: str
    decided: float
    codes: int

    @property
    def warning(self) -> str | None:
        """What deserves attention; None where the difference is below ten times the tolerance and all outcomes agree."""
        told = [f"runs differ by {self.value:.2g} of the size of {self.quantity}, more than ten times the tolerance {self.tolerance:g}"] \
            if self.value > ALLOWED * self.tolerance else []
        told += [f"{self.codes} of {self.runs} runs have another outcome"] if self.codes else []
        return f"against LSODA at rtol {self.rtol:g} {' and '.join(told)}; try a smaller rtol" if told else None

    def document(self) -> dict[str, Any]:
        """Return the difference as plain numbers and texts."""
        return {"runs": self.runs, "rtol": self.rtol, "value": self.value if math.isfinite(self.value) else None, "quantity": self.quantity or None,
                "decided": self.decided, "codes": self.codes, "allowed": ALLOWED * self.tolerance}


def difference(errand: Errand, held: Held, count: int, seed: int = 0) -> Difference | None:
    """Compare a random subset of finished runs with LSODA at a hundredth of the tolerance."""
    numbers = np.sort(np.random.default_rng([seed, 20]).choice(errand.design.runs, min(count, errand.design.runs), replace=False))
    if not len(numbers):
        return None
    chosen = joined([_picked(held.chunk(int(place)), numbers[numbers // errand.chunk == place] % errand.chunk) for place in np.unique(numbers // errand.chunk)])
    return compared(errand.job, chosen.rows, errand.engine, chosen.batch)


def compared(job: Job, rows: np.ndarray, engine_name: str, batch: Batch | None = None) -> Difference:
    """Compare what an engine makes of some rows (`batch`, if that is known) with LSODA at a hundredth of the tolerance."""
    own = batch
    if own is None or not job.keep:  # outcomes alone say little of how far runs are apart
        job = job if job.keep else replace(job, keep=tuple(stock.name for stock in job.scene.model.stocks), times=())
        own = engine(engine_name)(job, rows)
    scene = job.scene
    rtol = max(scene.rtol / _FINER, 1e-13)
    other = plain_rows(replace(job, scene=scene.with_rtol(rtol, "LSODA")), rows)
    both = np.array([not (mine or theirs) for mine, theirs in zip(own.reasons, other.reasons, strict=True)], bool)
    one = np.array([bool(mine) != bool(theirs) for mine, theirs in zip(own.reasons, other.reasons, strict=True)], bool)
    size = _sizes(job, rows, other, both)[None, :, None]
    apart = np.abs(own.values - other.values)[both]
    apart[np.isnan(apart)] = 0.0  # after a run broke off
    apart = np.where(apart > 0, apart / np.where(size > 0, size, 1.0), 0.0)
    worst = int(np.argmax(apart.max(axis=(0, 2)))) if apart.size else 0
    decided = np.abs(own.decided - other.decided)[both]
    differ = one | (both & (own.codes != other.codes).any(axis=1))
    return Difference(len(rows), rtol, scene.rtol, float(apart.max()) if apart.size else 0.0, job.keep[worst] if apart.size else "",
                      float(np.nanmax(decided, initial=0.0)) if np.isfinite(decided).any() else 0.0, int(differ.sum()))


def _sizes(job: Job, rows: np.ndarray, batch: Batch, both: np.ndarray) -> np.ndarray:
    """Return the size of each kept quantity: the largest along any of the runs, of a stock at least that to which the solver's tolerance refers."""
    size = np.maximum(np.abs(batch.lowest), np.abs(batch.highest))[both].max(axis=0, initial=0.0)
    if both.any():
        values = dict(zip(job.columns, map(float, rows[np.argmax(both)]), strict=True))
        run = job.scene.run(delay_of(job, values), {name: value for name, value in values.items() if name != DELAY})
        scales = {stock.name: atol / job.scene.rtol for stock, atol in zip(run.model.stocks, run.atol, strict=True)}
        size = np.maximum(size, [scales.get(name, 0.0) for name in job.keep])
    return size


def _picked(chunk: Chunk, places: np.ndarray) -> Chunk:
    batch = chunk.batch
    return Chunk(chunk.rows[places], replace(batch, codes=batch.codes[places], decided=batch.decided[places], values=batch.values[places],
                                             lowest=batch.lowest[places], highest=batch.highest[places],
                                             reasons=tuple(batch.reasons[place] for place in places)))
