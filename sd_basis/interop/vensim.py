"""Reading Vensim files, through PySD's translator."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from ..errors import InputError
from .counting import counted
from .elements import Definition, Element, Variable, key_of, limits_of, plain_name, reason
from .entries import entries_of
from .macros import Macro, inlined, macros_first
from .ranges import Ranges, ranges_of
from .spreading import spread

_COLONED = re.compile(r":(?:and|or|not|na|except):", re.I)


def read_vensim(where: Path) -> dict[str, Element]:
    """Return the elements of a Vensim file by key; raise InputError for one that cannot be read or holds what has no tree.

    A subscripted variable is one element for each of its members, and a call of a macro is what the macro says.
    """
    ranges = ranges_of(str(where), entries_of(where))
    sections = _translated(where)
    elements = spread(str(where), _variables(where, *sections[0]), ranges)
    return inlined(str(where), elements, [_macro(where, section, texts) for section, texts in sections[1:]])


def _macro(where: Path, section: Any, texts: list[str]) -> Macro:
    """Return a macro of a file; what it holds has no subscripts of its own."""
    told = f"{where}, macro {plain_name(section.name)!r}"
    if section.subscripts:
        raise InputError(f"{told}: it defines a subscript range, which a macro cannot; define it outside")
    variables = _variables(where, section, texts)
    subscripted = next((variable.name for variable in variables.values() if variable.definitions[0].subscripts), None)
    if subscripted is not None:
        raise InputError(f"{told}: {subscripted!r} in it has subscripts, which is not imported; write it out")
    own = variables.get(key_of(section.name))  # PySD keeps the name of a macro in lower case only
    return Macro(plain_name(section.name) if own is None else own.name, tuple(section.params), tuple(section.returns), spread(told, variables, Ranges()))


def _variables(where: Path, section: Any, texts: list[str]) -> dict[str, Variable]:
    """Return the variables of a section by key, each with all its equations."""
    found: dict[str, Variable] = {}
    rest = iter(texts)
    for element in section.elements:
        key, name = key_of(element.name), plain_name(element.name)
        made = []
        for component in element.components:
            if component.type == "Data":
                raise InputError(f"{where}, {name!r}: it is external data, which is not imported; give it an equation or a lookup")
            subscripts, excepted = component.subscripts
            made.append(Definition(tuple(subscripts), tuple(map(tuple, excepted)), next(rest), component.ast, component.type))
        before = found[key].definitions if key in found else ()
        found[key] = Variable(name, (*before, *made), element.units or "", limits_of(element.limits), element.documentation or "")
    return found


def _translated(where: Path) -> list[tuple[Any, list[str]]]:
    """Return the sections of a file, as PySD translates them, the main one first, each with its equations as text in the order of its elements."""
    from pysd.translators.vensim import vensim_element, vensim_file

    # PySD evaluates numbers, tables and their limits as Python, and between the brackets of limits anything may stand.
    # The name in its module hides the builtin: there is nothing else in a model for it to read than literals.
    vensim_element.eval = ast.literal_eval
    file: Any = None
    try:
        file = vensim_file.VensimFile(where)
        # PySD knows the words between colons in capitals only, where Vensim's case does not matter
        file.model_text = _COLONED.sub(lambda word: word[0].upper(), macros_first(file.model_text))
        with counted(where, (vensim_element.Element, vensim_element.Component)):
            file.parse()
        model = file.get_abstract_model()
    except Exception as error:  # PySD raises what its parser and its visitors happen to raise
        raise InputError(f"{where}{_culprit(file)}: it is not a Vensim model that can be read ({reason(error)}); mend it there") from None
    made = []
    for section, source in zip(model.sections, file.sections, strict=True):
        by_tree = {id(component.ast): component.expression for component in source.components}
        made.append((section, [by_tree.get(id(component.ast), "") for element in section.elements for component in element.components]))
    return made


def _culprit(file: Any) -> str:
    """Return the variable at which the translation stopped, where it came so far."""
    for section in getattr(file, "sections", ()):
        for component in section.components or ():
            if component.ast is None:
                return f", {plain_name(component.name)!r}"
    return ""
