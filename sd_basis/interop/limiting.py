"""What limits the outflows of a non-negative stock in XMILE.

In the order in which the stock lists them, each outflow takes at most what the stock holds, spread over one TIME STEP, and
what flows in, less what the outflows before it take. An inflow that itself rests on the outflow, as in a cycle of such
stocks, is left out of its limit, which is then the stricter one.
"""

from __future__ import annotations

from typing import Any

from .elements import Element, key_of
from .trees import kind_of, nodes_of


def limits_on_outflows(elements: dict[str, Element]) -> dict[str, tuple[str, list[tuple[int, str]]]]:
    """Return, by outflow of a non-negative stock, the stock and the flows beside its content: 1 for an inflow, -1 for an outflow before it."""
    rests = {key: _references(element.tree) for key, element in elements.items() if kind_of(element.tree) != "Integ"}
    found: dict[str, tuple[str, list[tuple[int, str]]]] = {}
    for key, element in elements.items():
        if kind_of(element.tree) != "Integ" or not element.tree.non_negative:
            continue
        ends = [(sign, key_of(term.reference)) for sign, term in terms_of(element.tree.flow, 1) if kind_of(term) == "Reference"]
        inflows, outflows = ([flow for sign, flow in ends if sign == wanted] for wanted in (1, -1))
        for place, outflow in enumerate(outflows):
            usable = [(1, flow) for flow in inflows if outflow not in _reached(flow, rests)] + [(-1, flow) for flow in outflows[:place]]
            found[outflow] = (key, usable)
            rests.setdefault(outflow, set()).update(flow for _, flow in usable)
    return found


def terms_of(tree: Any, sign: int) -> list[tuple[int, Any]]:
    """Return the terms of a sum, each with its sign."""
    if kind_of(tree) == "Arithmetic" and set(tree.operators) <= {"+", "-"}:
        signs = [sign, *(sign if operator == "+" else -sign for operator in tree.operators)]
        return [term for part, own in zip(tree.arguments, signs, strict=True) for term in terms_of(part, own)]
    if kind_of(tree) == "Arithmetic" and list(tree.operators) == ["negative"]:
        return terms_of(tree.arguments[0], -sign)
    return [] if isinstance(tree, (int, float)) and tree == 0 else [(sign, tree)]


def _references(tree: Any) -> set[str]:
    return {key_of(node.reference) for node in nodes_of(tree) if kind_of(node) == "Reference"}


def _reached(key: str, rests: dict[str, set[str]]) -> set[str]:
    found, waiting = {key}, [key]
    while waiting:
        new = rests.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
