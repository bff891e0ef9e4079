"""Sides and orders for the diagram: which neighbours stand left or right of the hub, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, product
from typing import Any

_EXHAUSTIVE = 11


def divided(members: Sequence, pairs: Collection[frozenset], weight: Mapping[Any, float],
            upstream: Mapping[Any, bool]) -> tuple[list, list]:
    """Return the members left and right of the hub.

    Few `pairs` (joined members) should be parted, the two sides about equally heavy, and what
    flows to the hub left of it. All divisions are tried where they are few, else single moves.
    """
    places = {member: index for index, member in enumerate(members)}
    edges = sorted(sorted(places[member] for member in pair) for pair in pairs)

    def cost(signs: Sequence[int]) -> float:
        parted = sum(signs[first] != signs[second] for first, second in edges)
        balance = abs(sum(sign * (0.6 + weight[member]) for sign, member in zip(signs, members, strict=True)))
        against = sum((sign > 0) == upstream[member] for sign, member in zip(signs, members, strict=True))
        return 3.0 * parted + 0.7 * balance + 0.3 * against

    if len(members) <= _EXHAUSTIVE:
        best = min(product((-1, 1), repeat=len(members)), key=lambda signs: (cost(signs), signs))
    else:
        best = _descended([-1 if index % 2 == 0 else 1 for index in range(len(members))], cost)
    return ([member for sign, member in zip(best, members, strict=True) if sign < 0],
            [member for sign, member in zip(best, members, strict=True) if sign > 0])


def _descended(signs: list[int], cost) -> list[int]:
    """Flip single members and exchange pairs as long as the cost falls."""
    moves = [(index,) for index in range(len(signs))] + list(combinations(range(len(signs)), 2))
    known = cost(signs)
    while True:
        trials = []
        for move in moves:
            trial = [-sign if index in move else sign for index, sign in enumerate(signs)]
            trials.append((cost(trial), move, trial))
        best, _, trial = min(trials)
        if best >= known - 1e-12:
            return signs
        known, signs = best, trial


def arranged(members: Sequence, pairs: Collection[frozenset], crossing: Collection) -> list:
    """Return the members of a side from top to bottom: joined ones near, those with flows across at the ends."""
    order = list(members)

    def cost(order: Sequence) -> float:
        place = {member: index for index, member in enumerate(order)}
        apart = sum(abs(place[first] - place[second]) ** 1.5 for first, second in map(tuple, pairs))
        return apart + 0.4 * sum(min(place[member], len(order) - 1 - place[member]) for member in order if member in crossing)

    known = cost(order)
    while True:
        trials = []
        for first, second in combinations(range(len(order)), 2):
            exchanged = list(order)
            exchanged[first], exchanged[second] = exchanged[second], exchanged[first]
            inserted = [member for member in order if member is not order[first]]
            inserted.insert(second, order[first])
            trials += [(cost(exchanged), first, second, 0, exchanged), (cost(inserted), first, second, 1, inserted)]
        best = min(trials, key=lambda trial: trial[:4], default=None)
        if best is None or best[0] >= known - 1e-12:
            return order
        known, order = best[0], best[4]
