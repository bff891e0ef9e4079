"""Functions over all elements of a subscript, SUM(x[A!]) and the like, written out as arithmetic of members."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import InputError
from .elements import key_of
from .ranges import Ranges
from .trees import kind_of

REDUCTIONS = ("sum", "prod", "vmin", "vmax", "vector_select", "elmcount", "xmean", "xsize")  # the last two are MEAN and SIZE of XMILE
_ACTIONS = {0: ("sum", True), 1: ("product", True), 2: ("min", True), 3: ("max", True), 4: ("mean", True),
            6: ("sum", False), 7: ("product", False), 8: ("min", False), 9: ("max", False), 10: ("mean", False)}


def reduced(at: str, tree: Any, ranges: Ranges, within: Callable[[Any, Mapping[str, str]], Any], number: Callable[[Any], Any]) -> Any:
    """Return a call of one of these functions as a tree of members.

    `within` gives a tree for further elements of ranges, `number` the number that a constant is.
    """
    word = key_of(tree.function.reference)
    title = word.removeprefix("x").upper().replace("_", " ")
    counts = {"vector_select": 5}
    if len(tree.arguments) != counts.get(word, 1):
        raise InputError(f"{at}: {title} has {len(tree.arguments)} arguments; give it {counts.get(word, 1)}")
    if word == "elmcount":
        name = getattr(tree.arguments[0], "reference", "")
        if key_of(name) not in ranges.members:
            raise InputError(f"{at}: ELMCOUNT counts the elements of a subscript range, and {name or 'its argument'} is none; name one")
        return len(ranges.members[key_of(name)])
    over = list(dict.fromkeys(subscript for argument in tree.arguments for subscript in _marked(argument)))
    if not over:
        raise InputError(f"{at}: {title} runs over no subscript; mark one, {title}(x[A!])")
    places = [dict(zip((f"{key}!" for key in over), member, strict=True)) for member in itertools.product(*(ranges.of(at, key) for key in over))]
    made = _Nodes(type(tree), type(tree.function))
    if word == "vector_select":
        selection, values = ([within(argument, place) for place in places] for argument in tree.arguments[:2])
        missing, action, fault = within(tree.arguments[2], {}), number(tree.arguments[3]), number(tree.arguments[4])
        if fault != 0:
            raise InputError(f"{at}: VECTOR SELECT with an error action is not imported; write 0 there, and check the selection")
        if action not in _ACTIONS:
            raise InputError(f"{at}: VECTOR SELECT takes one of the numbers {', '.join(map(str, _ACTIONS))} as its numerical action; write one")
        return made.selected(selection, values, missing, *_ACTIONS[action])
    values = [within(tree.arguments[0], place) for place in places]
    if word == "xsize":
        return len(values)
    return {"sum": made.sum, "prod": made.product, "vmin": made.smallest, "vmax": made.largest, "xmean": made.mean}[word](values)


def _marked(tree: Any) -> Iterator[str]:
    """Yield the keys of ranges that stand with an exclamation mark, but not those of a function over them within the tree."""
    if isinstance(tree, (tuple, list)):
        for part in tree:
            yield from _marked(part)
    elif kind_of(tree):
        if kind_of(tree) == "Call" and key_of(tree.function.reference) in REDUCTIONS:
            return
        if kind_of(tree) == "SubscriptsReference":
            yield from (key_of(name.strip()[:-1]) for name in tree.subscripts if name.strip().endswith("!"))
        for part in vars(tree).values():
            yield from _marked(part)


class _Nodes:
    """New nodes of a tree, in the classes of its translator."""

    def __init__(self, call: type, reference: type):
        from pysd.translators.structures.abstract_expressions import ArithmeticStructure, LogicStructure

        self._arithmetic, self._logic, self._make, self._name = ArithmeticStructure, LogicStructure, call, reference

    def _call(self, word: str, *arguments: Any) -> Any:
        return self._make(self._name(word), tuple(arguments))

    def _joined(self, sign: str, parts: list[Any]) -> Any:
        if all(isinstance(part, (int, float)) for part in parts):
            return functools.reduce(operator.add if sign == "+" else operator.mul, parts)
        return self._arithmetic([sign] * (len(parts) - 1), list(parts)) if len(parts) > 1 else parts[0]

    def sum(self, parts: list[Any]) -> Any:
        return self._joined("+", parts)

    def product(self, parts: list[Any]) -> Any:
        return self._joined("*", parts)

    def mean(self, parts: list[Any]) -> Any:
        return self._arithmetic(["/"], [self.sum(parts), len(parts)])

    def smallest(self, parts: list[Any]) -> Any:
        return self._call("min", *parts) if len(parts) > 1 else parts[0]

    def largest(self, parts: list[Any]) -> Any:
        return self._call("max", *parts) if len(parts) > 1 else parts[0]

    def selected(self, selection: list[Any], values: list[Any], missing: Any, action: str, weighted: bool) -> Any:
        """Return what VECTOR SELECT makes of the values whose selection is not zero, each times it where it weighs."""
        taken = [self._logic(["<>"], (chosen, 0)) for chosen in selection]
        values = [self._arithmetic(["*"], [chosen, value]) for chosen, value in zip(selection, values, strict=True)] if weighted else values
        neutral = {"product": 1, "min": self.largest(values), "max": self.smallest(values)}.get(action, 0)  # what changes nothing where it is not taken
        chosen = [self._call("if_then_else", one, value, neutral) for one, value in zip(taken, values, strict=True)]
        count = self.sum([self._call("if_then_else", one, 1, 0) for one in taken])
        joined = {"product": self.product, "min": self.smallest, "max": self.largest}.get(action, self.sum)(chosen)
        if action == "mean":
            joined = self._arithmetic(["/"], [joined, self._call("max", count, 1)])
        return self._call("if_then_else", self._logic([">"], (count, 0)), joined, missing)
