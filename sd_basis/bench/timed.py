"""Seconds of a run, by the processor's clock and by the wall's, and what a second thread is worth on this machine now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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


def thread_gain(threads: int = 2) -> float:
    """Return how many times more plain arithmetic threads do than one, by the clock: their number where as many processors are free."""
    numbers = np.linspace(0.0, 1.0, 50_000)

    def work(part: int) -> None:
        for _ in range(100):
            np.sin(numbers)  # numpy lets other threads run meanwhile

    def seconds(pool: ThreadPoolExecutor, count: int) -> float:
        began = time.perf_counter()
        list(pool.map(work, range(count)))
        return time.perf_counter() - began
    with ThreadPoolExecutor(threads) as pool:
        seconds(pool, threads)
        pairs = [(seconds(pool, 1), seconds(pool, threads)) for _ in range(3)]
    return float(np.median([threads * one / several for one, several in pairs]))
