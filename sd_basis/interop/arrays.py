"""Arrays of XMILE: their dimensions, the equations of their members, and what a reference without subscripts or with stars means."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, unknown
from .elements import key_of, plain_name
from .ranges import Ranges
from .reductions import REDUCTIONS
from .trees import kind_of, rewritten

STAR = '"*"!'  # how a star among subscripts is given to PySD
_OWN_WORDS = {"vmin_xmile": "vmin", "vmax_xmile": "vmax", "mean": "xmean", "size": "xsize", "integer": "xinteger", "modulo": "xmodulo"}

_ROUNDING = {"xinteger", "xmodulo"}  # INT and mod round down in XMILE, towards zero in Vensim


def dimensions_of(where: Path, root: Any) -> Ranges:
    """Return the dimensions of an XMILE file, whose elements are named or counted."""
    members: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for node in root.iterfind("{x}dimensions/{x}dim"):
        name = plain_name(node.get("name") or "")
        told = f"{where}, line {node.sourceline}, dimension {name!r}"
        elements = [plain_name(part.get("name") or "") for part in node.iterfind("{x}elem")]
        size = node.get("size") or ""
        if not elements and size.isdigit():
            elements = [str(number + 1) for number in range(int(size[:6]))]
        if not name or not elements or not all(elements) or key_of(name) in members:
            raise InputError(f"{told}: it is defined twice, or has no name, no size and no elements; give each dimension a name and elements once")
        if len(set(map(key_of, elements))) < len(elements):
            raise InputError(f"{told}: an element stands in it twice; list it once")
        members[key_of(name)] = tuple(map(key_of, elements))
        names |= {key_of(element): element for element in elements}
        names[key_of(name)] = name
    return Ranges(members, names)


def dimensions_in(at: str, node: Any, ranges: Ranges) -> tuple[str, ...]:
    """Return the dimensions of a variable as they are written, none for one that is no array."""
    found = tuple(plain_name(part.get("name") or "") for part in node.iterfind("{x}dimensions/{x}dim"))
    for name in found:
        if key_of(name) not in ranges.members:
            raise unknown(at, "dimension", name, (ranges.names[key] for key in ranges.members))
    return found


def equations_in(at: str, node: Any, dimensions: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """Return the equations of a variable: the subscripts each is for, and a node that holds it alone."""
    if not dimensions:
        return [((), node)]
    parts = node.findall("{x}element")
    bare = copy.deepcopy(node)
    for inside in [*bare.iterfind("{x}element"), *bare.iterfind("{x}dimensions")]:
        bare.remove(inside)
    if not parts:
        return [(dimensions, bare)]
    made = []
    for part in parts:
        subscripts = tuple(plain_name(name) for name in (part.get("subscript") or "").split(","))
        if len(subscripts) != len(dimensions):
            raise InputError(f"{at}: an element of it has {len(subscripts)} subscripts and the variable {len(dimensions)} dimensions; give as many")
        own = copy.deepcopy(bare)
        for inside in part:
            for old in own.findall(inside.tag):
                own.remove(old)
            own.append(copy.deepcopy(inside))
        made.append((subscripts, own))
    return made


def with_subscripts(at: str, tree: Any, arrays: Mapping[str, tuple[str, ...]]) -> Any:
    """Return a tree in which each reference to an array has its subscripts.

    Without any it means the member at hand, or all within SUM and the like; a star means all of one dimension.
    """
    from pysd.translators.structures.abstract_expressions import SubscriptsReferenceStructure

    def written(node: Any, whole: bool, of: Any) -> Any:
        if kind_of(node) == "Reference" and (dimensions := arrays.get(key_of(node.reference))):
            given = [] if node.subscripts is None else list(node.subscripts.subscripts)
            if given and len(given) != len(dimensions):
                raise InputError(f"{at}: {node.reference!r} has {len(dimensions)} dimensions and stands here with {len(given)} subscripts; give it as many")
            made = [f"{dimension}!" if one == STAR else one for one, dimension in zip(given, dimensions, strict=True)] if given else [
                dimension + "!" * whole for dimension in dimensions]
            return dataclasses.replace(node, subscripts=SubscriptsReferenceStructure(tuple(made)))
        if kind_of(node) == "Call":
            word = _OWN_WORDS.get(key_of(node.function.reference), key_of(node.function.reference))
            if word in REDUCTIONS or word in _ROUNDING:
                inside = tuple(rewritten(argument, lambda part, again: written(part, whole or word in REDUCTIONS, again)) for argument in node.arguments)
                return dataclasses.replace(node, function=dataclasses.replace(node.function, reference=word), arguments=inside)
        return None
    return rewritten(tree, lambda node, of: written(node, False, of))
