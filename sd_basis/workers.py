"""Work spread over spawned processes: results as they come, and whatever ends the work ends them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, TypeVar

from .errors import BasisError

Task = TypeVar("Task")
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def spread(where: str, work: Callable[[Task], Any], tasks: Sequence[Task], workers: int, begin: Callable[..., None], given: tuple) -> Iterator[tuple[Task, Any]]:
    """Give each task with `work(task)` as it comes, from processes that each began with `begin(*given)`; the rest is as in `crew`."""
    with crew(where, min(workers, len(tasks)), begin, given) as done:
        yield from done(work, tasks)


@contextmanager
def crew(where: str, workers: int, begin: Callable[..., None], given: tuple) -> Iterator[Callable[..., Iterator[tuple[Any, Any]]]]:
    """Give a function of (work, tasks) that gives each task with its result as it comes; its processes each began with `begin(*given)` and end with the block.

    Functions and tasks pickle. Spawned processes import the script that called: it needs `if __name__ == "__main__"`.
    An exception of a task is raised here. Raises BasisError where a process ends by itself.
    """
    others, before = set(multiprocessing.active_children()), {name: os.environ.get(name) for name in _THREADS}
    os.environ.update({name: "1" for name in _THREADS if before[name] is None})  # processes that share the cores gain nothing by threads
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, (begin, given))

    def done(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        futures = {pool.submit(work, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()  # and nothing is held of what was given
    try:
        yield done
    except BrokenProcessPool:
        raise BasisError(f"{where}: a worker process ended by itself; there may be too little memory, or the script lacks "
                         "if __name__ == \"__main__\"; try --workers 1") from None
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        for name in [name for name in _THREADS if before[name] is None]:
            os.environ.pop(name, None)
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(begin: Callable[..., None], given: tuple) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever spawned it hears the interruption and ends it
    begin(*given)


def _end_with_parent() -> None:
    """End this process when the one that spawned it was killed, which would leave it waiting for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
