"""Spacing of labels: the smallest moves that end every overlap."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Return centres near the wanted ones whose intervals of the given sizes do not overlap.

    Neighbours that would overlap become one block around their mean (pool adjacent violators, the
    least-squares solution); where the room from low to high suffices, none leaves it.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[list[int], float, float]] = []  # members, size, centre
    for index in order:
        members, size = [index], sizes[index]
        centre = _inside(wanted[index], size, low, high)
        while blocks and blocks[-1][2] + blocks[-1][1] / 2 > centre - size / 2:
            earlier, earlier_size, _ = blocks.pop()
            members, size = earlier + members, earlier_size + size
            cursor, shifts = -size / 2, []
            for member in members:
                shifts.append(wanted[member] - cursor - sizes[member] / 2)
                cursor += sizes[member]
            centre = _inside(sum(shifts) / len(shifts), size, low, high)
        blocks.append((members, size, centre))
    placed = [0.0] * len(wanted)
    for members, size, centre in blocks:
        cursor = centre - size / 2
        for member in members:
            placed[member] = cursor + sizes[member] / 2
            cursor += sizes[member]
    return placed


def _inside(centre: float, size: float, low: float, high: float) -> float:
    return min(max(centre, low + size / 2), max(high - size / 2, low + size / 2))


def rows_without_overlap(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Return for each span the first row in which it overlaps no earlier one."""
    rows: list[list[tuple[float, float]]] = []
    chosen = []
    for start, end in spans:
        row = next((number for number, used in enumerate(rows) if all(end <= left or start >= right for left, right in used)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append((start, end))
        chosen.append(row)
    return chosen
