"""Stages of long work: what the engine is at, told to whoever listens, such as the command line.

Without a listener nothing is told and nothing costs. A listener is called with what begins and how many steps it has, and
returns a function to be called with the number of steps done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

Done = Callable[[int], None]
Listener = Callable[[str, int], AbstractContextManager[Done]]
Item = TypeVar("Item")

_LARGE = 1000
_listening: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener of every stage for as long as a block runs."""
    _listening.append(listener)
    try:
        yield
    finally:
        _listening.remove(listener)


def stage(what: str, steps: int) -> AbstractContextManager[Done]:
    """Begin a stage of some steps: the block gets the function that tells of steps done."""
    return _listening[-1](what, steps) if _listening else nullcontext(lambda done: None)


def compiling(what: str, quantities: int) -> AbstractContextManager[Done]:
    """Begin a stage whose steps cannot be counted, where a model has so many quantities that it takes seconds."""
    return stage(what, 0) if quantities > _LARGE else nullcontext(lambda done: None)


def each(what: str, items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, each a step of a stage."""
    every = list(items)
    with stage(what, len(every)) as done:
        for item in every:
            yield item
            done(1)
