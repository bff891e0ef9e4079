"""Subscripted variables as one element for each of their members, `population[young]`, with trees that refer to members alone."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, unknown
from .elements import Definition, Element, Variable, key_of
from .ranges import Ranges
from .reductions import REDUCTIONS, reduced
from .trees import kind_of, rewritten

_MOST = 50_000  # members of a model


@dataclass(frozen=True)
class _Member:
    definition: Definition
    bound: Mapping[str, str]  # range by key, and the element that it is in this member
    place: int  # among the members of the definition, for tables


def spread(where: str, variables: Mapping[str, Variable], ranges: Ranges) -> dict[str, Element]:
    """Return the elements of a file by key, a subscripted variable as its members; raise InputError for subscripts that do not fit."""
    return _Spreading(where, variables, ranges).elements()


def member_key(key: str, member: tuple[str, ...]) -> str:
    """Return the key of a member of a variable."""
    return f"{key}[{','.join(member)}]" if member else key


class _Spreading:
    def __init__(self, where: str, variables: Mapping[str, Variable], ranges: Ranges):
        self.where, self.variables, self.ranges = where, variables, ranges
        self.members: dict[str, dict[tuple[str, ...], _Member]] = {}
        self.arrays: dict[str, int] = {}  # the number of subscripts of a variable
        self.count = 0  # of all members
        for key, variable in variables.items():
            self.arrays[key] = len(variable.definitions[0].subscripts)
            self.members[key] = self._members(variable)

    def _of(self, name: str) -> str:
        return f"{self.where}, {name!r}"

    def _members(self, variable: Variable) -> dict[tuple[str, ...], _Member]:
        at = self._of(variable.name)
        found: dict[tuple[str, ...], _Member] = {}
        for definition in variable.definitions:
            count = self.arrays[key_of(variable.name)]
            if len(definition.subscripts) != count:
                raise InputError(f"{at}: it has {count} subscripts in one equation and {len(definition.subscripts)} in another; give it as many in each")
            keys = [key_of(subscript) for subscript in definition.subscripts]
            excepted = {member for group in definition.excepted for member in self._excepted(at, group, count)}
            twice = next((key for place, key in enumerate(keys) if key in keys[:place] and key in self.ranges.members), None)
            if twice is not None and kind_of(definition.tree):
                raise InputError(f"{at}: the subscript {self.ranges.names[twice]!r} stands twice on its left, so that it cannot be told on its right; "
                                 "give it a second name, for one of them")
            places = [self.ranges.of(at, subscript) for subscript in definition.subscripts]
            self.count += math.prod(map(len, places))
            if self.count > _MOST:
                raise InputError(f"{at}: with it the model has more than {_MOST} members; leave out what it does not need")
            _check_table(at, definition.tree, [len(self.ranges.of(at, key)) for key in keys if key in self.ranges.members])
            for place, member in enumerate(itertools.product(*places)):
                if member in excepted:
                    continue
                if member in found:
                    shown = f" for {self._shown(member)}" if member else ""
                    raise InputError(f"{at}: it is defined {'2' if member else len(variable.definitions)} times{shown}; "
                                     + ("leave one of them out, or use :EXCEPT:" if member else "names differ by more than case; define it once"))
                held = zip(map(key_of, definition.dimensions or definition.subscripts), member, strict=True)
                found[member] = _Member(definition, {key: own for key, own in held if key in self.ranges.members}, place)
        return found

    def _excepted(self, at: str, group: tuple[str, ...], count: int) -> list[tuple[str, ...]]:
        if len(group) != count:
            raise InputError(f"{at}: :EXCEPT: names {len(group)} subscripts where it has {count}; name as many")
        return list(itertools.product(*(self.ranges.of(at, subscript) for subscript in group)))

    def _shown(self, member: tuple[str, ...]) -> str:
        return ", ".join(self.ranges.names[element] for element in member)

    def elements(self) -> dict[str, Element]:
        """Return the elements."""
        made: dict[str, Element] = {}
        for key, variable in self.variables.items():
            for combination, member in self.members[key].items():
                name = f"{variable.name}[{self._shown(combination)}]" if combination else variable.name
                if member_key(key, combination) in made:
                    raise InputError(f"{self._of(name)}: it is defined 2 times; names differ by more than case; define it once")
                definition = member.definition
                tree = _entry(definition.tree, member.place) if combination else definition.tree
                text = definition.text if tree is definition.tree else repr(tree)
                made[member_key(key, combination)] = Element(
                    name, text, self.expanded(name, tree, member.bound), definition.kind == "Lookup", variable.unit, variable.limits, variable.description)
        return made

    # What a tree means in one member -----------------------------------------------------------

    def expanded(self, name: str, tree: Any, bound: Mapping[str, str]) -> Any:
        """Return the tree of one member, where ranges are the elements that they are bound to."""
        at = self._of(name)

        def change(node: Any, _: Any) -> Any:
            if kind_of(node) == "Reference":
                return self.referred(at, node, bound)
            if kind_of(node) == "Call" and (word := key_of(node.function.reference)) in REDUCTIONS and word not in self.members:
                return reduced(at, node, self.ranges, lambda part, more: self.expanded(name, part, {**bound, **more}), self.constant)
            return None
        return rewritten(tree, change)

    def element(self, at: str, subscript: str, bound: Mapping[str, str]) -> str:
        """Return the element that a subscript on the right-hand side stands for."""
        key = key_of(subscript.rstrip("!").rstrip()) + "!" * subscript.endswith("!")
        if key in bound:
            return bound[key]
        if key.endswith("!"):
            self.ranges.of(at, key[:-1])
            raise InputError(f"{at}: {subscript} runs over elements outside SUM, PROD, VMIN, VMAX and VECTOR SELECT; write it within one of these")
        if key not in self.ranges.members:
            return self.ranges.of(at, subscript)[0]
        return self.ranges.mapped(at, key, {other: own for other, own in bound.items() if not other.endswith("!")})

    def referred(self, at: str, tree: Any, bound: Mapping[str, str]) -> Any:
        """Return a reference to a variable as one to a member, and to an element or a range as its number."""
        key, given = key_of(tree.reference), [] if tree.subscripts is None else list(tree.subscripts.subscripts)
        if key not in self.members:
            if not given and key in self.ranges.names:
                return self._number(at, key, bound)
            if given:
                raise unknown(at, "variable", tree.reference, (variable.name for variable in self.variables.values()))
            return tree
        name, count = self.variables[key].name, self.arrays[key]
        if len(given) != count:
            told = f"has {count} subscript{'s' * (count != 1)}" if count else "has no subscripts"
            raise InputError(f"{at}: {name!r} {told} and stands here with {len(given) or 'none'}; write "
                             + (f"{name}[{', '.join(self.variables[key].definitions[0].subscripts)}]" if count else name))
        member = tuple(self.element(at, subscript, bound) for subscript in given)
        if member not in self.members[key]:
            raise unknown(at, f"member of {name!r}", self._shown(member), map(self._shown, self.members[key]))
        return dataclasses.replace(tree, reference=member_key(key, member), subscripts=None)

    def constant(self, tree: Any) -> float | None:
        """Return the number that a tree is, or that the variable it refers to is given; None for any other."""
        key = key_of(getattr(tree, "reference", ""))
        if key in self.members and not self.arrays[key]:
            tree = self.members[key][()].definition.tree
        return tree if isinstance(tree, (int, float)) else None

    def _number(self, at: str, key: str, bound: Mapping[str, str]) -> int:
        if self.ranges.is_element(key):
            return self.ranges.number(at, key)
        if key in bound:
            return self.ranges.number(at, bound[key], key)
        return self.ranges.number(at, self.ranges.mapped(at, key, bound), key)


def _is_table(tree: Any) -> bool:
    return hasattr(tree, "ravel") and getattr(tree, "ndim", 0) > 0


def _entry(tree: Any, place: int) -> Any:
    return float(tree.ravel()[place]) if _is_table(tree) else tree


def _check_table(at: str, tree: Any, sizes: list[int]) -> None:
    """See that a table of numbers has one for each member, in rows that fit where it has rows."""
    if not _is_table(tree) or not sizes:
        return
    wanted = [size for size in sizes if size > 1] or [1]
    whole = math.prod(sizes)
    if tree.size != whole or (tree.ndim > 1 and list(tree.shape) != wanted[-2:]):
        found = f"{tree.shape[0]} rows of {tree.shape[1]}" if tree.ndim > 1 else str(tree.size)
        needed = f"{sizes[-2]} rows of {sizes[-1]}" if len(sizes) == 2 else str(whole)
        raise InputError(f"{at}: its table has {found} numbers where its subscripts ask for {needed}; give one for each")
