"""Subscript ranges of a foreign model: their elements, which range maps to which, and the number an element is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import InputError, unknown
from .elements import key_of, plain_name

_NAME = r'(?:"(?:[^"\\]|\\.)*"|[^\[\]=(:<>"~|,]+)'
_RANGE = re.compile(rf"\s*({_NAME})\s*:(?!\s*[\w ]+:)\s*([^=].*)", re.S)
_COPY = re.compile(rf"\s*({_NAME})\s*<->\s*({_NAME})\s*", re.S)
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|\([^()]*\)|[^,"(]+|.', re.S)  # a comma in quotes or brackets parts nothing
_SEQUENCE = re.compile(r"\(\s*(.*?)(\d+)\s*-\s*(.*?)(\d+)\s*\)", re.S)
_MOST = 10_000  # elements of a range


@dataclass(frozen=True)
class Ranges:
    """The ranges of a file by key: `members` are the keys of their elements, `names` all names as written.

    `mappings` has, for a range and another that it maps to, the pairs of their elements; `copies` are second names of ranges.
    """

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    mappings: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    copies: frozenset[str] = frozenset()

    def is_element(self, key: str) -> bool:
        """Tell whether a key is that of an element."""
        return key in self.names and key not in self.members

    def of(self, where: str, name: str) -> tuple[str, ...]:
        """Return the elements that a name stands for: those of a range, or the one that it is."""
        key = key_of(name)
        if key not in self.names:
            raise unknown(where, "subscript", plain_name(name), self.names.values())
        return self.members.get(key, (key,))

    def mapped(self, where: str, wanted: str, held: Mapping[str, str]) -> str:
        """Return the element of a range that belongs to the elements of other ranges held: by a second name, or by a mapping in either direction."""
        members = set(self.members[wanted])
        owns = {other: set(self.members.get(other, ())) for other in held}
        found = {element for other, element in held.items() if owns[other] == members}
        for forward in (True, False):  # a mapping that is written in this direction counts before one that is turned round
            if found:
                break
            for (source, target), pairs in self.mappings.items():
                right, left = (source, target) if forward else (target, source)
                for other, element in held.items():
                    if members <= set(self.members[right]) and owns[other] <= set(self.members[left]):
                        ends = pairs if forward else [(two, one) for one, two in pairs]
                        found |= {one for one, another in ends if another == element and one in members}
        if len(found) == 1:
            return found.pop()
        name = self.names[wanted]
        if found:
            raise InputError(f"{where}: {name!r} is mapped to more than one of its elements, {', '.join(sorted(self.names[key] for key in found))}; map to one")
        raise InputError(f"{where}: the subscript {name!r} stands on the right only, and no range on the left is mapped to it; name an element of it, "
                         f"or write SUM(...[{name}!])")

    def number(self, where: str, element: str, range_key: str | None = None) -> int:
        """Return the place of an element in its range, counted from one in the largest that holds it."""
        sets = {key: set(members) for key, members in self.members.items()}
        holders = [key for key, own in sets.items() if element in own and (range_key is None or own >= sets[range_key])]
        largest = sorted(key for key in holders if not any(sets[key] < sets[other] for other in holders))
        places = {self.members[key].index(element) + 1 for key in largest if key not in self.copies or len(largest) == 1}
        if len(places) > 1:
            raise InputError(f"{where}: {self.names[element]!r} has another place in each of {', '.join(self.names[key] for key in largest)}; write its number")
        return places.pop()


def ranges_of(where: str, entries: Iterable[tuple[int, str]]) -> Ranges:
    """Return the ranges that entries of a Vensim file define; raise InputError by line for what cannot be one."""
    written: dict[str, tuple[int, str, list[str]]] = {}
    names: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    copies: set[str] = set()
    for line, text in entries:
        text = " ".join(re.sub(r"\\\s*\n", " ", text).split())
        copy, found = _COPY.fullmatch(text), _RANGE.fullmatch(text)
        if not (copy or found) or text.startswith(":"):
            continue
        key = key_of((copy or found)[1])
        at = f"{where}, line {line}, {plain_name((copy or found)[1])!r}"
        if key in written:
            raise InputError(f"{at}: the range is defined 2 times; define it once")
        names[key] = plain_name((copy or found)[1])
        listed, arrow, targets = (copy[2], "", "") if copy else found[2].partition("->")
        if re.match(r"get\s", listed, flags=re.I):
            raise InputError(f"{at}: its elements stand in another file, which is not imported; write them out")
        written[key] = line, at, [name for part in _parts(listed) for name in _sequence(at, part)]
        copies |= {key} if copy else set()
        arrows += [(key, target.strip()) for target in _parts(targets) if arrow]
    for _, at, parts in written.values():
        for part in parts:
            if not key_of(part):
                raise InputError(f"{at}: an element of the range has no name; write names with commas between")
            names.setdefault(key_of(part), plain_name(part))
    members: dict[str, tuple[str, ...]] = {}
    for key in written:
        members[key] = _flat(key, written, ())
    made = Ranges(members, names, {}, frozenset(copies))
    return Ranges(members, names, {(key, target): pairs for key, text in arrows for target, pairs in [_arrow(made, written[key][1], key, text)]}, made.copies)


def _parts(text: str) -> list[str]:
    parts = [""]
    for token in _TOKENS.finditer(text):
        if token[0] == ",":
            parts.append("")
        else:
            parts[-1] += token[0]
    return parts


def _sequence(where: str, part: str) -> list[str]:
    found = _SEQUENCE.fullmatch(part.strip())
    if found is None:
        return [part.strip()]
    prefix, first, other, last = found.groups()
    if not prefix or key_of(prefix) != key_of(other) or not 0 <= int(last) - int(first) < _MOST or int(last) == int(first):
        raise InputError(f"{where}: {part.strip()} is no sequence of elements; write (A1-A5), one name with rising numbers")
    return [f"{prefix}{number}" for number in range(int(first), int(last) + 1)]


def _flat(key: str, written: Mapping[str, tuple[int, str, list[str]]], above: tuple[str, ...]) -> tuple[str, ...]:
    """Return the elements of a range, those of ranges within it at their place."""
    _, where, parts = written[key]
    if key in above:
        raise InputError(f"{where}: the range holds itself; list its elements")
    found: list[str] = []
    for part in map(key_of, parts):
        found += _flat(part, written, (*above, key)) if part in written else [part]
    if len(set(found)) < len(found):
        twice = next(element for element in found if found.count(element) > 1)
        raise InputError(f"{where}: the element {twice!r} stands in the range twice; list it once")
    return tuple(found)


def _arrow(ranges: Ranges, where: str, key: str, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the range that another maps to, with the pairs of elements; `(range: a, b)` gives them in order, of which one may be a range itself."""
    name, colon, listed = text.removeprefix("(").removesuffix(")").partition(":") if text.startswith("(") else (text, "", "")
    target = key_of(name)
    if target not in ranges.members:
        raise unknown(where, "range to map to", plain_name(name), (ranges.names[known] for known in ranges.members))
    targets = [ranges.of(where, part) for part in _parts(listed)] if colon else [(element,) for element in ranges.members[target]]
    own = ranges.members[key]
    if len(targets) != len(own):
        raise InputError(f"{where}: it has {len(own)} elements and is mapped to {len(targets)} of {ranges.names[target]!r}; map each to one")
    for element in (element for group in targets for element in group):
        if element not in ranges.members[target]:
            raise InputError(f"{where}: {ranges.names[element]!r} is no element of {ranges.names[target]!r}, to which it is mapped; mend the mapping")
    return target, tuple((one, other) for one, group in zip(own, targets, strict=True) for other in group)
