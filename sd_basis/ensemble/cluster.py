"""Chunks computed on a cluster of dask.distributed: results come back here, so workers need no common disk.

A worker that ends midway loses nothing: the scheduler gives its chunks to the others. Every worker must have the versions of this process,
since others might round otherwise.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import BasisError, InputError, missing_extra
from ..manifest import versions
from .carrying import Errand
from .engines import engine_versions

PATIENCE = 60.0  # seconds without any worker
_AHEAD = 3  # chunks given out for each thread of a worker, so that memory here is bounded

_errands: dict[str, Errand] = {}  # in a worker: what it works at
_busy = threading.Lock()  # a worker may have several threads; the solvers of scipy want to be alone


def on_cluster(errand: Errand, numbers: Sequence[int], scheduler: str) -> Iterator[tuple[int, bytes]]:
    """Give chunks with their numbers as the workers of a scheduler, tcp://HOST:PORT, have done them."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise missing_extra(f"sweep, scheduler {scheduler}", "distributed", "cluster") from None
    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"sweep, scheduler {scheduler}: it cannot be reached ({str(error) or type(error).__name__}); start one with dask scheduler, "
                         "and give its address, tcp://HOST:PORT") from None
    with client:
        payload = pickle.dumps(errand)
        key = hashlib.sha256(payload).hexdigest()[:32]
        given = client.submit(_payload, payload, key=f"sweep-errand-{key}", pure=True)  # a task, not data: it can be made again
        needed = versions() | engine_versions(errand.engine)
        ahead, waiting = _Ahead(client, scheduler), list(numbers)[::-1]
        places: dict[Any, int] = {}

        def more() -> list[Any]:
            futures, room = [], ahead.room()
            while waiting and len(places) < room:
                number = waiting.pop()
                future = client.submit(_content, given, key, number, needed, key=f"sweep-{key}-{number}", pure=True)
                places[future.key] = number
                futures.append(future)
            return futures
        ahead.workers()
        running = as_completed(more(), loop=client.loop)
        while places:
            future = ahead.next(running)
            number, content = places.pop(future.key), _result(future, scheduler)
            future.release()
            running.update(more())
            yield number, content


class _Ahead:
    """How many chunks may be out at once, and patience with a scheduler that has no workers."""

    def __init__(self, client: Any, scheduler: str):
        self.client, self.scheduler = client, scheduler

    def room(self) -> int:
        return max(_AHEAD * sum(self.client.nthreads().values()), 1)

    def workers(self) -> None:
        """Wait for a worker, no longer than patience lasts."""
        until = time.monotonic() + PATIENCE
        while not self._there():
            if time.monotonic() > until:
                raise BasisError(f"sweep, scheduler {self.scheduler}: it has had no workers for {PATIENCE:g} s; start some with dask worker "
                                 f"{self.scheduler}, and give the same command again, which goes on from there")
            time.sleep(0.2)

    def _there(self) -> bool:
        try:
            if self.client.status == "running":
                return bool(self.client.nthreads())
        except (OSError, TimeoutError):
            pass
        raise _gone(self.scheduler)

    def next(self, running: Any) -> Any:
        """Return the next future that is done."""
        looked = time.monotonic()
        while not running.has_ready():
            time.sleep(0.01)
            if time.monotonic() > looked + 2:
                self.workers()
                looked = time.monotonic()
        return next(running)


def _result(future: Any, scheduler: str) -> bytes:
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        raise BasisError(f"sweep, scheduler {scheduler}: one chunk ended its worker four times; the workers may have too little memory, give a smaller "
                         "--chunk") from None
    except CancelledError:
        raise _gone(scheduler) from None


def _gone(scheduler: str) -> BasisError:
    return BasisError(f"sweep, scheduler {scheduler}: it is gone; start it anew and give the same command again, which goes on from there")


def _payload(payload: bytes) -> bytes:
    return payload


def _content(payload: bytes, key: str, number: int, needed: dict[str, str]) -> bytes:
    """Compute a chunk, in a worker."""
    with _busy:
        if key not in _errands:
            errand = pickle.loads(payload)
            found = versions() | engine_versions(errand.engine)
            if found != needed:
                name = next(name for name in needed if found.get(name) != needed[name])
                raise InputError(f"sweep: a worker of the cluster has {name} {found.get(name)} and this process {needed[name]}; install the same there")
            _errands.clear()
            _errands[key] = errand
        return _errands[key].content(number)
