"""Reading Vensim files, through PySD's translator."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from ..errors import InputError
from .counting import counted
from .elements import Element, key_of, limits_of, plain_name, reason
from .entries import check_text


def read_vensim(where: Path) -> dict[str, Element]:
    """Return the elements of a Vensim file by key; raise InputError for one that cannot be read or holds what has no tree."""
    check_text(where)
    section, texts = _translated(where)
    found: dict[str, Element] = {}
    for element in section.elements:
        key = key_of(element.name)
        component, name = element.components[0], plain_name(element.name)
        said = limits_of(element.limits), element.documentation or ""
        if len(element.components) > 1 and not component.subscripts[0]:
            raise InputError(f"{where}, {name!r}: it is defined {len(element.components)} times; names differ by more than case; define it once")
        if component.subscripts[0]:
            raise InputError(f"{where}, {name!r}: it has subscripts, which are not imported; write out its members")
        if component.type == "Data":
            raise InputError(f"{where}, {name!r}: it is external data, which is not imported; give it an equation or a lookup")
        found[key] = Element(name, texts[key], component.ast, component.type == "Lookup", element.units or "", *said)
    return found


def _translated(where: Path) -> tuple[Any, dict[str, str]]:
    """Return the one section of a file, as PySD translates it, and its equations as text by key."""
    from pysd.translators.vensim import vensim_element, vensim_file

    # PySD evaluates numbers, tables and their limits as Python, and between the brackets of limits anything may stand.
    # The name in its module hides the builtin: there is nothing else in a model for it to read than literals.
    vensim_element.eval = ast.literal_eval
    file: Any = None
    try:
        file = vensim_file.VensimFile(where)
        with counted(where, (vensim_element.Element, vensim_element.Component)):
            file.parse()
        model = file.get_abstract_model()
    except Exception as error:  # PySD raises what its parser and its visitors happen to raise
        raise InputError(f"{where}{_culprit(file)}: it is not a Vensim model that can be read ({reason(error)}); mend it there") from None
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
