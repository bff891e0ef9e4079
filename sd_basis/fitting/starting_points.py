"""Many searches: starts spread over the box, in processes of their own, each end kept as it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy.stats import qmc

from ..errors import InputError
from ..workers import spread
from .problem import Problem
from .searching import End, Store, search

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
    several = workers > 1 and len(missing) > 1
    for end in (end for _, end in spread("fit", _search, missing, workers, _begin, (problem,))) if several else map(partial(search, problem), missing):
        store.keep(end)
        ends[end.start] = end
        done(1)
    return [ends[start] for start in starts]


def _begin(problem: Problem) -> None:
    _own.append(problem)


def _search(start: tuple[float, ...]) -> End:
    return search(_own[-1], start)
