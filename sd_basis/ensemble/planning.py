"""What an ensemble will cost, before it starts: seconds by a few runs of it, bytes by what is kept of each."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .carrying import Errand
from .chunks import Chunk, bytes_per_run, packed
from .designs import Design, Grid
from .engines import FAST, SCIPY, engine
from .job import Job

_ENOUGH = 0.5  # seconds that a pilot measures
_FILLED = 64  # runs from which on the lanes of a thread are full most of the time
_CHUNKS, _LEAST, _MOST = 1000, {SCIPY: 16, FAST: 1024}, 64_000_000  # chunks in all, runs in one by engine, bytes in one
_FILE = 4400  # bytes that a chunk takes besides its numbers, with half a block of the disk
_TEXT = 2.5  # the size of numbers as text, in that of their bytes


@dataclass(frozen=True)
class Cost:
    """The cost of runs: how many there are, of how many bytes each, and how many a core finishes in a second."""

    runs: int
    bytes_per_run: int
    rate: float

    def on(self, cores: int, runs: int | None = None) -> dict[str, Any]:
        """Return what runs, by default these, cost on a number of cores."""
        runs = self.runs if runs is None else runs
        return {"runs": runs, "cores": cores, "seconds": runs / (self.rate * cores), "core_hours": runs / self.rate / 3600, "bytes": runs * self.bytes_per_run}


def pilot(errand: Errand, most: int = 512, enough: float = _ENOUGH, threads: int = 1) -> Cost:
    """Measure some runs of an ensemble, at most about `most`, spread over it, as a chunk of it is made, by so many threads of the compiled engine.

    The first run, which compiles, does not count.
    """
    runs, threads = errand.design.runs, threads if errand.engine == FAST else 1
    count = max(min(_FILLED * threads, most), 1) if errand.engine == FAST else 1
    work = engine(errand.engine, threads)
    work(errand.job, errand.design.rows(0, 1))
    while True:
        rows = _spread(errand.design, min(count, runs, errand.chunk))
        made, began = 0, time.perf_counter()
        while made + len(rows) <= max(count, len(rows)):
            packed(Chunk(rows, work(errand.job, rows)))
            made += len(rows)
        spent = max(time.perf_counter() - began, 1e-9)
        if spent > enough / 2 or made >= runs or 3 * count > most:
            return Cost(runs, _bytes(errand), made / spent / threads)
        count *= 2


def _spread(design: Design, count: int) -> np.ndarray:
    """Return some rows of a design: those of a sample are spread already, those of a grid are not."""
    if not isinstance(design, Grid):
        return design.rows(0, count)
    places = np.unique(np.linspace(0, design.runs - 1, count).astype(np.int64))
    return np.concatenate([design.rows(int(place), int(place) + 1) for place in places])


def _bytes(errand: Errand) -> int:
    return bytes_per_run(errand.job) + -(-_FILE // errand.chunk)


def chunk_size(job: Job, runs: int, engine_name: str) -> int:
    """Return how many runs go into a chunk: about a thousandth of them, neither so few that files cost more than runs nor so many that memory fills."""
    return max(min(max(-(-runs // _CHUNKS), _LEAST[engine_name]), _MOST // bytes_per_run(job)), 1)


def check_room(errand: Errand, chunks: int, workers: int, store: Path | None, exports: tuple[Path, ...] = ()) -> None:
    """Raise InputError where the chunks still to be computed do not fit into memory or onto the disk, with the numbers."""
    each, where = _bytes(errand), f"{errand.job.scene.where}, sweep"
    runs, free = errand.design.runs, free_memory()
    needed = each * errand.chunk * (workers + 2) * 2 if store is not None else 3 * each * runs
    if free is not None and needed > free:
        advice = "give a smaller --chunk" if store is not None else "keep them in a folder with --out, or make fewer runs"
        raise InputError(f"{where}: {runs:,} runs of {each} bytes take {size_text(needed)} of memory and {size_text(free)} are free; {advice}")
    wanted: dict[int, tuple[float, Path]] = {}
    for folder, amount in ([(store, each * min(chunks * errand.chunk, runs))] if store is not None else []) + [
            (path.parent, each * runs * (_TEXT if path.suffix == ".csv" else 1.0)) for path in exports]:
        folder = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
        device = os.stat(folder).st_dev
        wanted[device] = wanted.get(device, (0.0, folder))[0] + amount, folder
    for amount, folder in wanted.values():
        room = shutil.disk_usage(folder).free
        if amount > room:
            raise InputError(f"{where}: {runs:,} runs of {each} bytes take {size_text(amount)} and {folder} has {size_text(room)} free; make fewer runs, "
                             "keep less of each, or choose a folder on another disk")


def free_memory() -> float | None:
    """Return the bytes of memory that are free, None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError):
        return None


def size_text(size: float) -> str:
    """Return a size in bytes as short text."""
    power = next((power for power in (5, 4, 3, 2, 1) if size >= 1000**power), 0)
    return f"{size / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"
