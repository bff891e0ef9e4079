"""Reading a foreign model: a file as elements with their syntax trees, through PySD's translator.

The trees are PySD's own (`pysd.translators.structures.abstract_expressions`); this module is the only one that
calls PySD.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, missing_extra

CONTROLS = ("initial_time", "final_time", "time_step", "saveper")
_MOST_CHARACTERS = 20_000_000


@dataclass(frozen=True)
class Element:
    """A variable of a file: its name as written, its equation as text and as a tree, whether it is a lookup, and what is said of it."""

    name: str
    text: str
    tree: Any
    is_lookup: bool
    unit: str
    limits: tuple[float | None, float | None]
    description: str


def key_of(name: str) -> str:
    """Return what makes two names of a file the same: neither case, nor blanks or underscores, nor quotes around it."""
    return re.sub(r"[\s_]+", "_", plain_name(name).lower())


def plain_name(name: str) -> str:
    """Return a name as its modeller reads it, without the quotes that let it hold anything."""
    name = name.strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1].replace('\\"', '"')
    return " ".join(name.split())


def read(path: str | Path) -> dict[str, Element]:
    """Return the elements of a Vensim file by key; raise InputError for one that cannot be read or holds what has no tree.

    Raises InputError too where PySD is not installed.
    """
    where = Path(path)
    if where.suffix.lower() != ".mdl":
        raise InputError(f"{where}: its name does not end in .mdl; give a Vensim model")
    try:
        size = where.stat().st_size
        with where.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise InputError(f"{where}: it cannot be read ({error.strerror}); give the path of a Vensim model") from None
    if size > _MOST_CHARACTERS:
        raise InputError(f"{where}: it has {size} bytes, more than the {_MOST_CHARACTERS} of any model; give a Vensim model")
    section, texts = _translated(where)
    found: dict[str, Element] = {}
    for element in section.elements:
        key = key_of(element.name)
        component, name = element.components[0], plain_name(element.name)
        said = _limits(element.limits), element.documentation or ""
        if len(element.components) > 1 and not component.subscripts[0]:
            raise InputError(f"{where}, {name!r}: it is defined {len(element.components)} times; names differ by more than case; define it once")
        if component.subscripts[0]:
            raise InputError(f"{where}, {name!r}: it has subscripts, which are not imported; write out its members")
        if component.type == "Data":
            raise InputError(f"{where}, {name!r}: it is external data, which is not imported; give it an equation or a lookup")
        found[key] = Element(name, texts[key], component.ast, component.type == "Lookup", element.units or "", *said)
    return found


def _limits(limits: Any) -> tuple[float | None, float | None]:
    low, high = (*(limits or ()), None, None)[:2]
    return low, high


def _translated(where: Path) -> tuple[Any, dict[str, str]]:
    """Return the one section of a file, as PySD translates it, and its equations as text by key."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PySD's own dependencies warn of while they are loaded is not for our reader
        try:
            from pysd.translators.vensim import vensim_element, vensim_file
        except ImportError:
            raise missing_extra("import_model", "pysd", "interop") from None
        # PySD evaluates numbers, tables and their limits as Python, and between the brackets of limits anything may stand.
        # The name in its module hides the builtin: there is nothing else in a model for it to read than literals.
        vensim_element.eval = ast.literal_eval
        file: Any = None
        try:
            file = vensim_file.VensimFile(where)
            file.parse()
            model = file.get_abstract_model()
        except Exception as error:  # PySD raises what its parser and its visitors happen to raise
            raise InputError(f"{where}{_culprit(file)}: it is not a Vensim model that can be read ({_reason(error)}); mend it there") from None
    if len(model.sections) > 1:
        raise InputError(f"{where}: it has the macro {model.sections[1].name!r}, and macros are not imported; write out what it does")
    section = model.sections[0]
    if section.subscripts:
        raise InputError(f"{where}: it has the subscript range {section.subscripts[0].name!r}, and subscripts are not imported; write out the members")
    return section, {key_of(component.name): component.expression for component in file.sections[0].components}


def _culprit(file: Any) -> str:
    """Return the variable at which the translation stopped, where it came so far."""
    for section in getattr(file, "sections", ()):
        for component in section.components or ():
            if component.ast is None:
                return f", {plain_name(component.name)!r}"
    return ""


def _reason(error: Exception) -> str:
    """Return the part of the file that a parser could not read, or what else stopped it, in one short line."""
    if isinstance(error, RecursionError):
        return "brackets are nested too deeply"
    text, place = getattr(error, "text", None), getattr(error, "pos", None)
    if isinstance(text, str) and isinstance(place, int):
        rest = " ".join(text[place:place + 60].split())
        return f"no sense can be made of {rest!r}" if rest else "it ends too early"
    cause = error.__cause__ or error
    if isinstance(cause, TypeError):
        return "a function there has too few or too many arguments"
    if isinstance(cause, (ValueError, SyntaxError, IndexError)):
        return "a table or a number there holds what is no number"
    return " ".join(str(cause).split())[:160] or type(cause).__name__
