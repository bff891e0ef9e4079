"""Chunks computed, in this process, in others, or on a cluster: which ones are where changes nothing in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..compiled import compiled
from ..workers import crew
from .chunks import Chunk, packed
from .designs import Design
from .engines import SCIPY, engine
from .job import Job


@dataclass(frozen=True)
class Errand:
    """What a process must know to compute any chunk: the job, its rows, how many go into a chunk, and the engine."""

    job: Job
    design: Design
    chunk: int
    engine: str

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.design.runs // self.chunk)

    def size(self, number: int) -> int:
        """Return the number of runs in a chunk."""
        return min(self.chunk, self.design.runs - number * self.chunk)

    def content(self, number: int, threads: int = 1) -> bytes:
        """Compute a chunk and return it as the content of a file."""
        rows = self.design.rows(number * self.chunk, (number + 1) * self.chunk)
        return packed(Chunk(rows, engine(self.engine, threads)(self.job, rows)))


def carried(errand: Errand, numbers: Sequence[int], workers: int = 1, scheduler: str | None = None) -> Iterator[tuple[int, bytes]]:
    """Give chunks with their numbers as they are done.

    scipy's engine takes `workers` processes, the compiled one as many threads of this process; a `scheduler` is the address of one of
    dask.distributed. Raises BasisError where workers are lost.
    """
    if scheduler is not None:
        from .cluster import on_cluster

        yield from on_cluster(errand, numbers, scheduler)
    elif errand.engine == SCIPY and min(workers, len(numbers)) > 1:
        compiled(errand.job.scene.model)  # once, into the cache on disk, not once in every worker
        with crew("sweep", min(workers, len(numbers)), _begin, (errand,)) as done:
            yield from done(_one, numbers)
    else:
        for number in numbers:
            yield number, errand.content(number, workers)


_own: list[Errand] = []  # in a process of its own: what it works at


def _begin(errand: Errand) -> None:
    _own.append(errand)


def _one(number: int) -> bytes:
    return _own[-1].content(number)
