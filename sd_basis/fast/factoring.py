"""The sparse LU of W = I / (gamma h) - J on the Jacobian's pattern, planned once for a model and written out without a loop.

The order of elimination is Markowitz's on the diagonal: at each turn the stock with the fewest products. Nothing is
pivoted; each pivot is compared with the terms it was added up from, and where they cancel the caller takes a dense
LU with pivoting instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .emitting import _load, _store
from .vector_math import Lines

_PART = 500


@dataclass(frozen=True)
class Plan:
    """The order of elimination and, by row in that order, the columns left and right of the diagonal, in that order too.

    `places` are the numbers of the factors' entries, by (row, column) in the order of elimination.
    """

    order: tuple[int, ...]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]
    places: dict[tuple[int, int], int]


def plan(size: int, pattern: Sequence[tuple[int, int]]) -> Plan:
    """Return the plan of a matrix whose entries off the diagonal are at (row, column) of a pattern."""
    rows = [{place} for place in range(size)]
    for row, column in pattern:
        rows[row].add(column)
    columns: list[set[int]] = [set() for _ in range(size)]
    for row, own in enumerate(rows):
        for column in own:
            columns[column].add(row)
    left, order, kept = set(range(size)), [], {}
    while left:
        turn = min(left, key=lambda place: ((len(rows[place]) - 1) * (len(columns[place]) - 1), place))
        left.remove(turn)
        order.append(turn)
        right, below = rows[turn] - {turn}, columns[turn] - {turn}
        kept[turn] = right, below
        for row in below:
            for column in right - rows[row]:
                rows[row].add(column)
                columns[column].add(row)
            rows[row].discard(turn)
        for column in right:
            columns[column].discard(turn)
    ranks = {place: rank for rank, place in enumerate(order)}
    lower: list[set[int]] = [set() for _ in range(size)]
    upper = []
    for rank, place in enumerate(order):
        right, below = kept[place]
        upper.append(tuple(sorted(ranks[column] for column in right)))
        for row in below:
            lower[ranks[row]].add(rank)
    places: dict[tuple[int, int], int] = {}
    for rank in range(size):
        for column in (*sorted(lower[rank]), rank, *upper[rank]):
            places[rank, column] = len(places)
    return Plan(tuple(order), tuple(tuple(sorted(own)) for own in lower), tuple(upper), places)


def factor(name: str, lanes: int, made: Plan, pattern: Sequence[tuple[int, int]]) -> list[str]:
    """Return the functions `name(slopes, inverse, factors, least)`: factors of W, on the diagonal the inverse pivots.

    `inverse` is 1 / (gamma h) and `least` becomes the smallest share of a pivot in the size of its terms.
    """
    entry = {place: number for number, place in enumerate(pattern)}
    arguments = "ptr noalias %slopes, ptr noalias %inverse, ptr noalias %factors, ptr noalias %least"
    texts: list[str] = []
    code = Lines(lanes)
    least = _load(code, "least", 0)
    known: dict[tuple[int, int], str] = {}

    def read(place: tuple[int, int]) -> str:
        if place not in known:
            known[place] = _load(code, "factors", made.places[place])
        return known[place]

    def close() -> None:
        _store(code, "least", 0, least)
        texts.append(f"define internal void @{name}_{len(texts)}({arguments}) nounwind noinline {{\n" + "\n".join(code.text) + "\n  ret void\n}\n")

    for rank, row in enumerate(made.order):
        if len(code.text) > _PART:
            close()
            code, known = Lines(lanes), {}
            least = _load(code, "least", 0)
        work: dict[int, str] = {}
        for column in (*made.lower[rank], rank, *made.upper[rank]):
            number = entry.get((row, made.order[column]))
            value = None if number is None else code.negative(_load(code, "slopes", number))
            if column == rank:
                inverse = _load(code, "inverse", 0)
                value = inverse if value is None else code.binary("fadd", inverse, value)
            if value is not None:
                work[column] = value
        size = code.unary("fabs", work[rank])
        for turn in made.lower[rank]:
            share = code.binary("fmul", work[turn], read((turn, turn)))
            _store(code, "factors", made.places[rank, turn], share)
            less = code.negative(share)
            for column in made.upper[turn]:
                other = read((turn, column))
                if column == rank:
                    size = code.fused(code.unary("fabs", share), code.unary("fabs", other), size)
                work[column] = code.fused(less, other, work[column]) if column in work else code.binary("fmul", less, other)
        trust = code.binary("fdiv", code.unary("fabs", work[rank]), size)
        least = code.select(code.holds("olt", least, trust), least, trust)
        known[rank, rank] = code.binary("fdiv", code.constant(1.0), work[rank])
        _store(code, "factors", made.places[rank, rank], known[rank, rank])
        for column in made.upper[rank]:
            known[rank, column] = work[column]
            _store(code, "factors", made.places[rank, column], work[column])
    close()
    start = Lines(lanes)
    _store(start, "least", 0, start.constant(1.0))
    calls = "\n".join(f"  call void @{name}_{part}(ptr %slopes, ptr %inverse, ptr %factors, ptr %least)" for part in range(len(texts)))
    texts.append(f"define void @{name}({arguments}) nounwind {{\n" + "\n".join(start.text) + f"\n{calls}\n  ret void\n}}\n")
    return texts


def solve(name: str, lanes: int, made: Plan) -> list[str]:
    """Return the function `name(factors, right, found)` that solves W found = right."""
    code, values = Lines(lanes), []
    for rank, row in enumerate(made.order):
        value = _load(code, "right", row)
        for turn in made.lower[rank]:
            value = code.fused(code.negative(_load(code, "factors", made.places[rank, turn])), values[turn], value)
        values.append(value)
    for rank in reversed(range(len(made.order))):
        for column in made.upper[rank]:
            values[rank] = code.fused(code.negative(_load(code, "factors", made.places[rank, column])), values[column], values[rank])
        values[rank] = code.binary("fmul", values[rank], _load(code, "factors", made.places[rank, rank]))
        _store(code, "found", made.order[rank], values[rank])
    arguments = "ptr noalias %factors, ptr noalias %right, ptr noalias %found"
    return [f"define void @{name}({arguments}) nounwind {{\n" + "\n".join(code.text) + "\n  ret void\n}\n"]
