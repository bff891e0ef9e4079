"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt raised inside a destructor or a callback of C code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_asked: list[int] = []


@contextmanager
def heeded() -> Iterator[None]:
    """Remember an interruption for as long as a command runs, besides raising KeyboardInterrupt."""
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number: int, frame) -> None:
        _asked.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
        check()
    finally:
        signal.signal(signal.SIGINT, before)


def check() -> None:
    """Raise KeyboardInterrupt if one was asked for and got lost on the way."""
    if _asked:
        raise KeyboardInterrupt
