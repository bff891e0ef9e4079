"""Macros of a foreign file written out where they are called: `M` called for `x` is `x.M`, with variables `x.M.variable`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .elements import Element, key_of, plain_name
from .trees import kind_of, rewritten


@dataclass(frozen=True)
class Macro:
    """A macro: its name, what it takes, and its variables by key, of which one bears its name and is its value."""

    name: str
    parameters: tuple[str, ...]
    elements: Mapping[str, Element]


def inlined(where: str, elements: Mapping[str, Element], macros: Mapping[str, Macro]) -> dict[str, Element]:
    """Return elements with the calls of macros replaced by variables of their own for each call."""
    made = _Inlining(where, macros, set(elements))
    for key, element in elements.items():
        made.found[key] = element if not macros else dataclasses.replace(element, tree=made.tree(element, element.tree, {}, ()))
    return made.found


class _Inlining:
    def __init__(self, where: str, macros: Mapping[str, Macro], taken: set[str]):
        self.where, self.macros, self.taken = where, macros, taken
        self.found: dict[str, Element] = {}

    def tree(self, element: Element, tree: Any, renamed: Mapping[str, str], above: tuple[str, ...]) -> Any:
        """Return the tree of an element with references renamed and calls of macros replaced; `above` are the macros that it is in."""
        def change(node: Any, of: Any) -> Any:
            if kind_of(node) == "Reference":
                key = key_of(node.reference)
                if key in renamed:
                    return dataclasses.replace(node, reference=renamed[key])
                return dataclasses.replace(node, reference=node.reference.rstrip("$")) if above else node  # Time$ is the Time outside
            if kind_of(node) == "Call" and key_of(node.function.reference) in self.macros:
                return self.called(element, node, [of(argument) for argument in node.arguments], above)
            return None
        return rewritten(tree, change)

    def called(self, element: Element, node: Any, arguments: list[Any], above: tuple[str, ...]) -> Any:
        """Return a reference to the value of a macro called by an element, whose variables are added."""
        key = key_of(node.function.reference)
        macro = self.macros[key]
        at = f"{self.where}, {element.name!r}"
        if key in above:
            raise InputError(f"{at}: the macro {macro.name!r} calls itself; take that out")
        if len(arguments) != len(macro.parameters):
            raise InputError(f"{at}: the macro {macro.name!r} has {len(arguments)} arguments; give it {len(macro.parameters)}")
        if key not in macro.elements:
            raise InputError(f"{at}: the macro {macro.name!r} has no equation for {macro.name!r}, its value; add one")
        name = f"{element.name}.{macro.name}"
        path, number = name, 1
        while key_of(path) in self.taken:
            number += 1
            path = f"{name} {number}"
        self.taken.add(key_of(path))
        names = {local: path if local == key else f"{path}.{own.name}" for local, own in macro.elements.items()}
        renamed = {local: key_of(name) for local, name in names.items()}
        for parameter, argument in zip(macro.parameters, arguments, strict=True):
            if kind_of(argument) == "Reference" and argument.subscripts is None:
                renamed[key_of(parameter)] = key_of(argument.reference)
                continue
            name = f"{path}.{plain_name(parameter)}"
            renamed[key_of(parameter)] = key_of(name)
            self.found[key_of(name)] = Element(name, element.text, argument, False, "", (None, None), f"given to the macro {macro.name}")
        for local, own in macro.elements.items():
            moved = dataclasses.replace(own, name=names[local])
            self.found[renamed[local]] = dataclasses.replace(moved, tree=self.tree(moved, own.tree, renamed, (*above, key)))
        return type(node.function)(renamed[key])
