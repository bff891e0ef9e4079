"""The modules of an XMILE file: which variable a reference means."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from .elements import CONTROLS, key_of, plain_name
from .trees import kind_of, rewritten

_KINDS = ("stock", "flow", "aux", "gf")
UNKNOWN = {"conveyor": "a conveyor", "queue": "a queue", "oven": "an oven", "element": "an array", "dimensions": "an array", "delay_aux": "a delay"}
_OTHERWISE = {"starttime": "initial_time", "stoptime": "final_time", "dt": "time_step"}


@dataclass
class Module:
    """A model of the file at its place: the names of its variables, its connections, and the modules within it."""

    path: str  # "" for the main model, else "outer.inner."
    nodes: list[Any]
    parent: Module | None = None
    keys: set[str] = field(default_factory=set)
    inner: dict[str, Module] = field(default_factory=dict)
    connected: dict[str, str] = field(default_factory=dict)  # the key of an input, and the reference that it is in the module around

    @property
    def top(self) -> Module:
        """The main model."""
        return self if self.parent is None else self.parent.top

    def find(self, reference: str) -> str | None:
        """Return the full key of a reference made in this module; None where there is no such variable."""
        if reference.startswith("."):
            return self.top.find(reference[1:])
        first, dot, rest = reference.partition(".")
        if dot and key_of(first) in self.inner:
            return self.inner[key_of(first)].find(rest)
        key = key_of(reference)
        if key in self.connected and self.parent is not None:
            return self.parent.find(self.connected[key])
        return self.path + key if key in self.keys else None


def local(node: Any) -> str:
    """Return the name of an XML element without its namespace."""
    return node.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(node.tag, str) else ""


def name_of(where: Path, node: Any) -> str:
    """Return the name of a variable or module as its modeller reads it."""
    if not (name := node.get("name")):
        raise InputError(f"{where}, line {node.sourceline}: a {local(node)} has no name; give it one")
    return plain_name(name.replace("\\n", " "))


def module_of(where: Path, path: str, model: Any, models: dict[str, Any], parent: Module | None, above: tuple) -> Module:
    """Return a model of the file with the modules within it."""
    if model in above:
        raise InputError(f"{where}: the module {path.rstrip('.')!r} holds itself; take it out")
    holders = [model, *model.iterfind("{x}variables")]  # old files of Stella have no element around the variables
    made = Module(path, [node for holder in holders for node in holder if local(node) in _KINDS], parent)
    made.keys = {key_of(name_of(where, node)) for node in made.nodes}
    if not path:
        made.keys |= {*CONTROLS, "time"}
    for node in (node for holder in holders for node in holder if local(node) == "module"):
        name = key_of(name_of(where, node))
        template = models.get(key_of(node.get("model") or name), models.get(name))
        if template is None:
            raise InputError(f"{where}, {path + name!r}: the file has no model for this module; add it")
        inner = module_of(where, f"{path}{name}.", template, models, made, (*above, model))
        for link in node.iterfind("{x}connect"):
            target = key_of((link.get("to") or "").rpartition(".")[2])
            inner.connected[target] = link.get("from") or ""
        made.inner[name] = inner
    for node in holders:
        for item in node:
            if local(item) in UNKNOWN:
                raise InputError(f"{where}, {path + (item.get('name') or local(item))!r}: it is {UNKNOWN[local(item)]}, which is not imported; write it out")
    return made


def all_modules(module: Module) -> Iterator[Module]:
    """Yield a module and all within it."""
    yield module
    for inner in module.inner.values():
        yield from all_modules(inner)


def resolved(tree: Any, module: Module) -> Any:
    """Return a tree whose references are full keys."""
    def change(node: Any, _: Any) -> Any:
        if kind_of(node) != "Reference":
            return None
        found, short = module.find(node.reference), key_of(node.reference)
        if found is None and short == "pi":
            return 3.141592653589793
        found = found or module.top.find(_OTHERWISE.get(short, short)) if short in (*_OTHERWISE, *CONTROLS, "time") else found
        return dataclasses.replace(node, reference=found or node.reference)
    return rewritten(tree, change)
