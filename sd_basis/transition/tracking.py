"""Edge tracking: two runs on either side of the boundary, brought together again each time they part, until they rest.

Where the runs closest to a turn part before they have come to rest, the boundary is followed further: their states just before they part are
bisected, the two nearest are followed from there, and so on (Skufca, Yorke and Eckhardt 2006).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..run import Run
from .edges import Edge, edge_state
from .ladder import Ladder
from .separating import Gap

_ROUNDS = 6
_APART = 0.02  # of the jump: where the runs are brought together again
_LONGEST = 64.0  # spans
_NARROW = 36  # bisections a round


def edge_of(ladder: Ladder, frozen: Iterable[str] = ()) -> Edge:
    """Return the edge state at a turn: from the closest runs, or by following the boundary until it is found."""
    pair = ladder.closest()
    begun = edge = edge_state(pair, ladder.places, ladder.size, frozen)
    for number in range(1, _ROUNDS + 1):
        if edge.eigenvalue is not None or edge.hopeless:
            break
        if (nearer := _together(ladder, pair, min(_LONGEST, ladder.stretch * 4**number))) is None:
            break
        pair = nearer
        edge = edge_state(pair, ladder.places, ladder.size, frozen)
        if edge.eigenvalue is not None:
            return replace(edge, said=f"{edge.said}, found by following the boundary {number} times further")
    return edge if edge.eigenvalue is not None else begun


def _together(ladder: Ladder, pair: tuple[Run, Run], stretch: float) -> tuple[Run, Run] | None:
    """Return two runs that begin close together where a pair has parted a little, None where they cannot be made."""
    low, high = pair
    gap = Gap(low, [high], ladder.places, ladder.size)
    time = gap.parted(_APART * gap.largest)
    if time is None or not low.path.t[0] < time < min(low.path.t[-1], high.path.t[-1]):
        return None
    states = low.state(time), high.state(time)
    value, scene = ladder.turn.low, ladder.axis.scene

    def followed(share: float) -> Run:
        mixed = {name: (1 - share) * states[0].stocks[name] + share * states[1].stocks[name] for name in states[0].stocks}
        return ladder.axis.go_on(value, replace(states[0], stocks=mixed), stretch)

    def ends_high(run: Run) -> bool:
        return run.outcomes[scene.group].code == ladder.turn.above
    left, right = 0.0, 1.0
    ends = followed(left), followed(right)
    if ends_high(ends[0]) or not ends_high(ends[1]):
        return None
    for _ in range(_NARROW):
        middle = (left + right) / 2
        run = followed(middle)
        left, right, ends = (left, middle, (ends[0], run)) if ends_high(run) else (middle, right, (run, ends[1]))
    return ends
