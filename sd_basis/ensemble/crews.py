"""Engines for analyses that ask again and again: processes that stay open, and answers that are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..compiled import compiled
from ..errors import InputError
from ..storage import write_atomic
from ..transition.keeping import described
from ..transition.scene import Scene
from ..workers import crew
from .chunks import Chunk, joined, packed, unpacked
from .engines import SCIPY, engine, engine_versions
from .job import Batch, Engine, Job

_PART = 16  # rows that a process takes at a time


@contextmanager
def open_engine(scenes: Sequence[Scene], name: str, workers: int = 1, store: Path | None = None) -> Iterator[Engine]:
    """Give the engine that `chosen` named, for jobs on these scenes, while the block lasts.

    scipy's takes `workers` processes, the compiled one as many threads. With a folder `store` every answer is kept there, so that the same
    questions are answered at once after an interruption.
    """
    if name != SCIPY or workers == 1:
        yield _kept(engine(name, workers), name, store)
        return
    for scene in scenes:
        compiled(scene.model)  # once, into the cache on disk, not once in every process
    with crew("ensemble", workers, _begin, (tuple(scenes),)) as done:
        def spread(job: Job, rows: np.ndarray) -> Batch:
            place = next(place for place, scene in enumerate(scenes) if scene is job.scene)
            size = max(min(_PART, -(-len(rows) // workers)), 1)
            tasks = [_Task(start, place, job.columns, job.keep, job.times, rows[start:start + size]) for start in range(0, len(rows), size)]
            found = sorted(((task.start, batch) for task, batch in done(_one, tasks)), key=lambda one: one[0])
            return joined([Chunk(batch.codes, batch) for _, batch in found]).batch if found else Batch.empty(job, 0)
        yield _kept(spread, name, store)


@dataclass(frozen=True, eq=False)
class _Task:
    """A part of a job for another process; the scene is one of those it was begun with."""

    start: int
    place: int
    columns: tuple[str, ...]
    keep: tuple[str, ...]
    times: tuple[float, ...]
    rows: np.ndarray


_own: list[tuple[Scene, ...]] = []  # in a process of its own: what it works at


def _begin(scenes: tuple[Scene, ...]) -> None:
    _own.append(scenes)


def _one(task: _Task) -> Batch:
    return engine(SCIPY)(Job(_own[-1][task.place], task.columns, task.keep, task.times), task.rows)


def _kept(run: Engine, name: str, store: Path | None) -> Engine:
    if store is None:
        return run

    def answered(job: Job, rows: np.ndarray) -> Batch:
        about = described(job.scene, job.columns, job.scene.own, 1.0) | engine_versions(name)
        question = hashlib.sha256(repr((sorted(about.items(), key=str), name, job.keep, job.looked_at, rows.shape)).encode() + rows.tobytes()).hexdigest()[:32]
        path = store / f"batch-{question}.npz"
        try:
            return unpacked(path.read_bytes()).batch
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InputError(f"store {store}: {path.name} cannot be read ({error}); remove it, and it is computed anew") from None
        batch = run(job, rows)
        store.mkdir(parents=True, exist_ok=True)
        write_atomic(path, packed(Chunk(rows, batch)))
        return batch
    return answered
