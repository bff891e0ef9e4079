"""Flows joined into bundles, stocks into connected components, and the stock in the middle of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..quantities import CLOUD, Flow, Stock
from .wording import balanced

SIZE = 7.0  # of the type, in points
_SHARED = 3  # flows between a stock and the outside that may share a pipe


@dataclass(frozen=True)
class Bundle:
    """The flows between two ends, of which the second may be a cloud (None)."""

    first: Stock
    second: Stock | None
    flows: tuple[Flow, ...]

    def heads(self, end: Stock | None) -> tuple[str, str]:
        """Return the heads at `end` and at the other end."""
        arriving = {flow.sink == (CLOUD if end is None else end) for flow in self.flows}
        backward = "open" if any(flow.reversible for flow in self.flows) else ""
        return "full" if True in arriving else backward, "full" if False in arriving else backward

    def label(self, towards: Stock | None, signs: str, width: float) -> tuple[str, ...]:
        """Return the lines of a label; with flows both ways each name begins with the sign of its direction, first that `towards` an end."""
        both = towards is not None and len({flow.sink == towards for flow in self.flows}) == 2
        lines: list[str] = []
        for number, flow in enumerate(self.flows, 1):
            mark = f"{signs[0] if flow.sink == towards else signs[1]} " if both else ""
            comma = "," if number < len(self.flows) else ""
            lines += balanced(f"{mark}{flow.name}{comma}", width, SIZE)
        return tuple(lines)


def bundles(flows: Sequence[Flow]) -> list[Bundle]:
    """Return the flows joined by the pair of their ends; flows from and to clouds stay apart, and many have a pipe each."""
    found: dict[tuple, list[Flow]] = {}
    for flow in flows:
        stocks = [stock for stock, _ in flow.ends]
        key = (frozenset(stocks), "" if len(stocks) == 2 else "in" if flow.source is CLOUD else "out")
        found.setdefault(key, []).append(flow)
    shared = [part for (ends, _), own in found.items() for part in ([own] if len(ends) == 2 or len(own) <= _SHARED else [[flow] for flow in own])]
    return [Bundle(own[0].ends[0][0], own[0].sink if len(own[0].ends) == 2 else None, tuple(own)) for own in shared]


def components(stocks: Sequence[Stock], joined: Sequence[Bundle]) -> list[list[Stock]]:
    """Return the stocks by connected component of the flow graph, the largest first."""
    group = {stock: [stock] for stock in stocks}
    for bundle in joined:
        if bundle.second is not None and group[bundle.first] is not group[bundle.second]:
            merged = group[bundle.first] + group[bundle.second]
            group.update(dict.fromkeys(merged, merged))
    distinct = {id(members): sorted(members, key=stocks.index) for members in group.values()}
    return sorted(distinct.values(), key=lambda members: (-len(members), stocks.index(members[0])))


def middle(stocks: Sequence[Stock], inside: Sequence[Bundle]) -> Stock:
    """Return the hub of a component: the stock with most connections, then the least far from all others."""
    between = [bundle for bundle in inside if bundle.second is not None]
    return max(stocks, key=lambda stock: (sum(stock in (bundle.first, bundle.second) for bundle in between), -_reach(stock, stocks, between),
                                          sum(stock == bundle.first for bundle in inside), -stocks.index(stock)))


def _reach(stock: Stock, stocks: Sequence[Stock], between: Sequence[Bundle]) -> int:
    """Return the number of steps from a stock to the farthest of its component."""
    known, steps = {stock}, 0
    while len(known) < len(stocks):
        known |= {end for bundle in between if {bundle.first, bundle.second} & known for end in (bundle.first, bundle.second)}
        steps += 1
    return steps
