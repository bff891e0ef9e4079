"""Macros of a foreign file written out where they are called: `M` called for `x` is `x.M`, with variables `x.M.variable`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, unknown
from .elements import CONTROLS, Element, key_of, plain_name
from .trees import kind_of, rewritten

_WITH_OUTPUTS = re.compile(r":MACRO:\s*([^(]+?)\s*\([^:)]*:[^)]*\)", re.I)
_BLOCK = re.compile(r":MACRO:.*?:END OF MACRO:", re.S | re.I)
_HEAD = re.compile(r"\s*\{[^}]*\}")
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|:[A-Z ]+:|[():]', re.I)


@dataclass(frozen=True)
class Macro:
    """A macro: its name, what it takes, what it gives beside its value, and its variables by key, of which the one that bears its name is its value."""

    name: str
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    elements: Mapping[str, Element]


def macros_first(text: str) -> str:
    """Return the text of a file as PySD reads it: macros before the rest, of which it would take all up to the last for one, and calls without colons.

    A call `M(a, b : c)` of a macro that gives more than its value is `M(a, b, c)`.
    """
    blocks = _BLOCK.findall(text)
    head = _HEAD.match(text)
    place = head.end() if head else 0
    text = " ".join([text[:place], *blocks, _BLOCK.sub(" ", text[place:])]) if blocks else text
    for name in {found[1] for found in _WITH_OUTPUTS.finditer(text)}:
        words = _pattern(name)
        for call in re.finditer(rf"(?<![\w$']){words}\s*\(", text, flags=re.I):  # a comma is as long as a colon, so that the places stay
            if re.search(r":MACRO:\s*$", text[:call.start()], flags=re.I):
                continue
            depth = 1
            for mark in _MARKS.finditer(text, call.end()):
                depth += {"(": 1, ")": -1}.get(mark[0], 0)
                if depth == 0:
                    break
                if depth == 1 and mark[0] == ":":
                    text = f"{text[:mark.start()]},{text[mark.end():]}"
    return text


def inlined(where: str, elements: Mapping[str, Element], macros: Iterable[Macro]) -> dict[str, Element]:
    """Return elements with the calls of macros replaced by variables of their own for each call."""
    known: dict[str, Macro] = {}
    for macro in macros:
        if known.setdefault(key_of(macro.name), macro) is not macro:
            raise InputError(f"{where}: the macro {macro.name!r} is defined 2 times; give each a name of its own")
    made = _Inlining(where, known, set(elements))
    for key, element in elements.items():
        made.found[key] = element if not known else dataclasses.replace(element, tree=made.tree(element, element.tree, {}, ()))
    return made.found


def _pattern(name: str) -> str:
    return r"[\s_]+".join(map(re.escape, re.split(r"[\s_]+", name)))


class _Inlining:
    def __init__(self, where: str, macros: Mapping[str, Macro], taken: set[str]):
        self.where, self.macros, self.taken = where, macros, taken
        self.found: dict[str, Element] = {}

    def tree(self, element: Element, tree: Any, renamed: Mapping[str, str], above: tuple[str, ...]) -> Any:
        """Return the tree of an element with references renamed and calls of macros replaced; `above` are the macros that it is in."""
        def change(node: Any, of: Any) -> Any:
            if kind_of(node) == "Call":
                arguments = tuple(of(argument) for argument in node.arguments)
                if (key := key_of(node.function.reference)) in self.macros:
                    return self.called(element, node, arguments, above)
                function = renamed.get(key, node.function.reference.rstrip("$") if above else key)
                return dataclasses.replace(node, function=dataclasses.replace(node.function, reference=function), arguments=arguments)
            if kind_of(node) != "Reference" or not above:
                return None
            key = key_of(node.reference)
            if key not in renamed and not key.endswith("$") and key not in (*CONTROLS, "time"):  # Time$ is the Time outside
                raise unknown(f"{self.where}, {element.name!r}", "variable of its macro", node.reference, renamed)
            return dataclasses.replace(node, reference=renamed.get(key, key.rstrip("$")))
        return rewritten(tree, change)

    def called(self, element: Element, node: Any, arguments: tuple[Any, ...], above: tuple[str, ...]) -> Any:
        """Return a reference to the value of a macro called by an element, whose variables are added."""
        key = key_of(node.function.reference)
        macro = self.macros[key]
        at = f"{self.where}, {element.name!r}"
        if key in above:
            raise InputError(f"{at}: the macro {macro.name!r} calls itself; take that out")
        taken = len(macro.parameters)
        if len(arguments) not in (taken, taken + len(macro.outputs)):
            raise InputError(f"{at}: the macro {macro.name!r} has {len(arguments)} arguments; give it {taken}"
                             + (f", and after a colon {len(macro.outputs)} names for what else it gives" if macro.outputs else ""))
        for needed in (macro.name, *macro.outputs):
            if key_of(needed) not in macro.elements:
                raise InputError(f"{at}: the macro {macro.name!r} has no equation for {needed!r}, which it gives; add one")
        name = f"{element.name}.{macro.name}"
        path, number = name, 1
        while key_of(path) in self.taken:
            number += 1
            path = f"{name} {number}"
        self.taken.add(key_of(path))
        names = {local: path if local == key else f"{path}.{own.name}" for local, own in macro.elements.items()}
        renamed = {local: key_of(name) for local, name in names.items()}
        for parameter, argument in zip(macro.parameters, arguments[:taken], strict=True):
            if kind_of(argument) == "Reference" and argument.subscripts is None:
                renamed[key_of(parameter)] = key_of(argument.reference)
                continue
            name = f"{path}.{plain_name(parameter)}"
            renamed[key_of(parameter)] = key_of(name)
            self.found[key_of(name)] = Element(name, element.text, argument, False, "", (None, None), f"given to the macro {macro.name}")
        for output, bound in zip(macro.outputs, arguments[taken:], strict=bool(arguments[taken:])):
            if kind_of(bound) != "Reference" or above:
                raise InputError(f"{at}: what the macro {macro.name!r} gives as {output!r} has no name of its own in the main model; write a name there")
            if key_of(bound.reference) in self.taken:
                raise InputError(f"{at}: {bound.reference!r} is given by the macro {macro.name!r} and has an equation too; use another name")
            self.taken.add(key_of(bound.reference))
            value = dataclasses.replace(bound, reference=renamed[key_of(output)])
            written = re.search(_pattern(bound.reference), element.text, flags=re.I)  # PySD keeps references in lower case only
            name = plain_name(written[0]) if written else bound.reference
            self.found[key_of(name)] = Element(name, "", value, False, "", (None, None), f"given by the macro {macro.name}")
        for local, own in macro.elements.items():
            moved = dataclasses.replace(own, name=names[local])
            self.found[renamed[local]] = dataclasses.replace(moved, tree=self.tree(moved, own.tree, renamed, (*above, key)))
        return type(node.function)(renamed[key])
