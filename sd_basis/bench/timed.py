"""Seconds of a run, by the processor's clock and by the wall's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Timing:
    """Seconds per run, of all threads' processors (`cpu`) and by the clock (`wall`), and the states (runs, stocks, times)."""

    cpu: float
    wall: float
    states: np.ndarray


class Stopwatch:
    """What `timed` measures."""

    def __init__(self, runs: int):
        self.runs, self.cpu, self.wall = runs, 0.0, 0.0

    def timing(self, states: np.ndarray) -> Timing:
        """Return seconds per run with the states they gave."""
        return Timing(self.cpu / self.runs, self.wall / self.runs, states)


@contextmanager
def timed(runs: int) -> Iterator[Stopwatch]:
    """Measure a block that carries out so many runs."""
    watch = Stopwatch(runs)
    wall, cpu = time.perf_counter(), time.process_time()
    yield watch
    watch.cpu, watch.wall = time.process_time() - cpu, time.perf_counter() - wall
