"""Many searches: starts spread over the box, in processes of their own, each end kept as it comes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

import numpy as np
from scipy.stats import qmc

from ..errors import BasisError, InputError
from .problem import Problem
from .searching import End, Store, search

_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
_own: list[Problem] = []  # in a process of its own: the problem it works at


def starts_of(problem: Problem, count: int, seed: int) -> list[tuple[float, ...]]:
    """Return the start that was given and others spread over the box by a Latin hypercube."""
    if count < 1:
        raise InputError(f"starts: {count} is below 1; give at least the one start of the fit file")
    first = tuple(item.place(item.start) for item in problem.free)
    if count == 1 or not first:
        return [first]
    others = qmc.LatinHypercube(len(first), rng=np.random.default_rng(seed)).random(count - 1)
    return [first, *(tuple(row) for row in others.tolist())]


def searched(problem: Problem, starts: Sequence[tuple[float, ...]], store: Store, workers: int = 1,
             done: Callable[[int], None] = lambda steps: None) -> list[End]:
    """Return the end of each start, in their order; those in the store are not made again.

    More than one worker are spawned processes, which import the script that called: it needs `if __name__ == "__main__"`.
    """
    ends = {start: kept for start in starts if (kept := store.end(start)) is not None}
    done(len(ends))
    missing = [start for start in starts if start not in ends]
    for end in (_spread(problem, missing, workers) if workers > 1 and len(missing) > 1 else (search(problem, start) for start in missing)):
        store.keep(end)
        ends[end.start] = end
        done(1)
    return [ends[start] for start in starts]


def _spread(problem: Problem, starts: Sequence[tuple[float, ...]], workers: int) -> Iterator[End]:
    """Give the ends of searches in spawned processes as they come; whatever ends this ends them."""
    others, before = set(multiprocessing.active_children()), {name: os.environ.get(name) for name in _THREADS}
    os.environ.update({name: "1" for name in _THREADS if before[name] is None})  # processes that share the cores gain nothing by threads
    pool = ProcessPoolExecutor(min(workers, len(starts)), multiprocessing.get_context("spawn"), _begin, (problem,))
    try:
        for future in as_completed([pool.submit(_search, start) for start in starts]):
            yield future.result()
    except BrokenProcessPool:
        raise BasisError("fit: a worker process ended by itself; there may be too little memory, or the script lacks if __name__ == \"__main__\"; try --workers 1") from None
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        for name in [name for name in _THREADS if before[name] is None]:
            os.environ.pop(name, None)
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(problem: Problem) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever spawned it hears the interruption and ends it
    _own.append(problem)


def _search(start: tuple[float, ...]) -> End:
    return search(_own[-1], start)
