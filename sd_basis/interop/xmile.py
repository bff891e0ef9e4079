"""Reading XMILE and Stella files: their variables, of all modules, with the trees that PySD's translator makes of them.

PySD knows neither modules nor comments nor SAVEPER, and keeps the last of two scales of a table. So the XML is put in order
here and each equation given to PySD by itself. A variable of a module is `module.variable`; one that is connected to
another is that other. An array is one element for each of its members.
"""

from __future__ import annotations

import ast
import dataclasses
import math
import re
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..stages import each
from .arrays import STAR, dimensions_in, dimensions_of, equations_in, with_subscripts
from .elements import CONTROLS, Definition, Element, Variable, key_of, limits_of, plain_name, reason
from .macros import Macro, inlined
from .modules import UNKNOWN, Module, all_modules, local, module_of, name_of, resolved
from .ranges import Ranges
from .spreading import spread

_TOKENS = re.compile(r"""("(?:\\.|[^"\\])*")|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([^\W\d][\w$']*(?:\.[^\W\d][\w$']*)*)|(.)""", re.S)
_WORDS = {"if": "IF", "then": "THEN", "else": "ELSE", "and": "and", "or": "or", "not": "not", "mod": "mod"}
_UNDEFINED_PREFIX = 201  # what Stella's own export leaves in its files


def read_xmile(where: Path) -> dict[str, Element]:
    """Return the elements of an XMILE file by key; raise InputError for one that cannot be read or holds what has no tree."""
    root = _root(where)
    for node in root.iter():
        if isinstance(node.tag, str):
            node.tag = "{x}" + local(node)
    models = {key_of(plain_name(node.get("name") or "")): node for node in root.iterfind("{x}model")}
    main = models.get("") if "" in models else next(iter(models.values()), None)
    if main is None:
        raise InputError(f"{where}: it has no model; give a whole XMILE file")
    specs = root.find("{x}sim_specs")
    specs = main.find("{x}sim_specs") if specs is None else specs
    found = {} if specs is None else _controls(where, specs)
    file, top = _File(where, root), module_of(where, "", main, models, None, ())
    variables: dict[str, Variable] = {}
    for module in all_modules(top):
        for node in each(f"Reading {where.name}", module.nodes):
            own = name_of(where, node)
            key = key_of(own)
            if key in module.connected or not module.path and key in CONTROLS[:3]:
                continue
            name = module.path.replace("_", " ") + own if module.path else own
            if module.path + key in variables or module.path + key in found and key != "saveper":
                raise InputError(f"{where}, {name!r}: it is defined 2 times; names differ by more than case; define it once")
            variables[module.path + key] = file.variable(f"{where}, {name!r}", name, node, module)
    arrays = {key: variable.definitions[0].dimensions for key, variable in variables.items()}
    for key, variable in variables.items():
        told = [dataclasses.replace(one, tree=with_subscripts(f"{where}, {variable.name!r}", one.tree, arrays)) for one in variable.definitions]
        variables[key] = dataclasses.replace(variable, definitions=tuple(told))
    macros = [file.macro(node, top) for node in root.iterfind("{x}macro")]
    return inlined(str(where), found | spread(str(where), variables, file.ranges), macros)


class _File:
    """What the equations of a file are read with."""

    def __init__(self, where: Path, root: Any):
        from pysd.translators.xmile import xmile_element

        xmile_element.eval = ast.literal_eval  # PySD evaluates numbers as Python; the name hides the builtin in its module
        self.where, self.ranges, self.tables = where, dimensions_of(where, root), _tables(root)
        self.makers = {"stock": xmile_element.Stock, "flow": xmile_element.Flow, "aux": xmile_element.Aux, "gf": xmile_element.Gf}
        self.behaviour = {f"non_negative_{kind}": any(root.iterfind(f"{{x}}behavior/{inside}{{x}}non_negative"))
                          for kind in ("stock", "flow") for inside in [f"{{x}}{kind}/"]}
        if root.find("{x}behavior/{x}non_negative") is not None:
            self.behaviour = dict.fromkeys(self.behaviour, True)

    def variable(self, at: str, name: str, node: Any, module: Module) -> Variable:
        """Return a variable with the trees that PySD makes of its equations; `at` is how errors name it."""
        is_used_as_table = key_of(name_of(self.where, node)) in self.tables
        kind = "gf" if is_used_as_table else local(node)
        dimensions = dimensions_in(at, node, self.ranges)
        made, definitions = None, []
        for subscripts, equation in equations_in(at, node, dimensions):
            text = _put_in_order(at, equation, local(node) == "gf" or is_used_as_table)
            try:
                made = self.makers[kind](equation, {"ns": "x"}, {})
                made.parse(self.behaviour)
                tree = made.get_abstract_element().components[0].ast
            except Exception as error:  # PySD raises what its parser and its visitors happen to raise
                raise InputError(f"{at}: its equation cannot be read ({reason(error)}); mend it there") from None
            definitions.append(Definition(subscripts, (), text, resolved(tree, module), "Lookup" if kind == "gf" else "", dimensions))
        return Variable(name, tuple(definitions), made.units, limits_of(made.limits), made.documentation)

    def macro(self, node: Any, top: Module) -> Macro:
        """Return a macro: its equation is a variable of its name, beside those it has."""
        name = name_of(self.where, node)
        told = f"{self.where}, macro {name!r}"
        parameters = node.findall("{x}parm")
        if node.find("{x}sim_specs") is not None or any(parameter.get("default") is not None for parameter in parameters):
            raise InputError(f"{told}: it has times or defaults of its own, which are not imported; write it without them")
        own = {key_of(name_of(self.where, part)): part for holder in (node, *node.iterfind("{x}variables")) for part in holder if local(part) in self.makers}
        if key_of(name) not in own and node.find("{x}eqn") is not None:
            own[key_of(name)] = value = node.makeelement("{x}aux", {"name": name})
            value.append(node.find("{x}eqn"))
        variables = {key: self.variable(f"{told}, {name_of(self.where, part)!r}", name_of(self.where, part), part, top) for key, part in own.items()}
        if arrayed := next((one.name for one in variables.values() if one.definitions[0].dimensions), None):
            raise InputError(f"{told}: {arrayed!r} in it is an array, which is not imported; write it out")
        return Macro(name, tuple(plain_name(parameter.text or "") for parameter in parameters), (), spread(told, variables, Ranges()))


def _root(where: Path) -> Any:
    """Return the XML of a file; nothing outside it is looked at, and entities are not expanded."""
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(where.read_bytes(), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"{where}: it is no XML ({' '.join(str(error).split())[:120]}); give an XMILE file") from None
    faults = [entry for entry in parser.error_log if entry.level > 1 and entry.type != _UNDEFINED_PREFIX]
    if faults:
        raise InputError(f"{where}, line {faults[0].line}: it is no whole XML ({' '.join(faults[0].message.split())[:120]}); mend it there")
    if root is None or local(root) != "xmile":
        raise InputError(f"{where}: it is no XMILE, its root is {'missing' if root is None else repr(local(root))}; give an XMILE file")
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(f"{where}: it declares a document type of its own, which no model needs; take that out")
    return root


def _controls(where: Path, specs: Any) -> dict[str, Element]:
    """Return INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER as elements."""
    def number(name: str, node: Any, reciprocal: bool = False) -> float:
        try:
            value = float(node if isinstance(node, str) else node.text)
            if not math.isfinite(value):
                raise ValueError
            return 1 / value if reciprocal else value
        except (TypeError, ValueError, ZeroDivisionError):
            raise InputError(f"{where}, {name!r}: the file gives no number for it; write one in sim_specs") from None
    unit = specs.get("time_units") or ""
    start, stop, step = (specs.find(f"{{x}}{word}") for word in ("start", "stop", "dt"))
    values = {"INITIAL TIME": None if start is None else number("INITIAL TIME", start), "FINAL TIME": None if stop is None else number("FINAL TIME", stop)}
    values["TIME STEP"] = 1.0 if step is None else number("TIME STEP", step, (step.get("reciprocal") or "").lower() == "true")  # the default of XMILE
    every = next((value for name, value in specs.attrib.items() if name.rpartition("}")[2].rpartition(":")[2] == "save_interval"), specs.find("{x}save_step"))
    values["SAVEPER"] = values["TIME STEP"] if every is None else number("SAVEPER", every)
    return {key_of(name): Element(name, "", value, False, unit, (None, None), "") for name, value in values.items() if value is not None}


def _tables(root: Any) -> set[str]:
    """Return the keys of variables that equations use as tables, LOOKUP(variable, x)."""
    texts = " ".join(node.text or "" for node in root.iter("{x}eqn"))
    return {key_of(name) for name in re.findall(r"\blookup\s*\(\s*(\"[^\"]*\"|[\w.$']+)\s*,", texts, flags=re.I)}


def _put_in_order(where: str, node: Any, is_table: bool) -> str:
    """Put the equations and tables of a variable in the form that PySD reads, and return its equations as text."""
    for inside in node.iter():
        word = local(inside)
        if word in UNKNOWN and not (word in ("dimensions", "element") and len(inside) == 0):
            raise InputError(f"{where}: it is {UNKNOWN[word]}, which is not imported; write it in other words")
        if word in ("eqn", "inflow", "outflow"):
            inside.text = _plain(inside.text or "")
            if not inside.text and not is_table:
                raise InputError(f"{where}: it has no equation; write one, or connect it to another variable")
        elif word == "gf":
            _check_table(where, inside)
            if is_table and inside is not node:
                for part in inside:
                    node.append(part)
                node.attrib.update({name: value for name, value in inside.attrib.items() if name == "type"})
    if not is_table and node.find("{x}eqn") is None:
        raise InputError(f"{where}: it has no equation; write one, or connect it to another variable")
    return " ".join(inside.text for inside in node.iter("{x}eqn"))


def _plain(text: str) -> str:
    """Return an equation without comments, on one line, every name but those of functions in quotes, LOOKUP(table, x) as table(x)."""
    text = " ".join(re.sub(r"\{[^{}]*\}", " ", text).split())
    text = re.sub(r"\[[^\[\]]*\]", lambda found: re.sub(r"(?<=[\[,])\s*\*\s*(?=[\],])", STAR, found[0]), text)
    text = re.sub(r"\blookup\s*\(\s*(\"[^\"]*\"|[\w.$']+)\s*,", lambda found: f"{found[1]} (", text, flags=re.I)

    def told(found: re.Match) -> str:
        quoted, _, name, _ = found.groups()
        if quoted:
            return quoted.replace("\\n", " ")
        if name is None:
            return found[0]
        follows = text[found.end():].lstrip()[:1]
        if name.lower() in _WORDS and not (follows == "(" and name.lower() == "mod"):
            return _WORDS[name.lower()]
        if follows == "(":
            return name.lower()
        return f'"{name}"'
    return _TOKENS.sub(told, text)


def _check_table(where: str, table: Any) -> None:
    """See to the points of a table: numbers, as many x as y; points win over a scale."""
    counts = {}
    for word in ("xpts", "ypts"):
        node = table.find(f"{{x}}{word}")
        if node is None:
            continue
        mark = node.get("sep") or ","
        try:
            counts[word] = len([float(part) for part in (node.text or "").strip().strip(mark).split(mark)])
        except ValueError:
            raise InputError(f"{where}: a point of its table is no number; write numbers with {mark!r} between them") from None
    scale = table.find("{x}xscale")
    if "ypts" not in counts or ("xpts" not in counts and scale is None) or counts.get("xpts", counts["ypts"]) != counts["ypts"]:
        raise InputError(f"{where}: its table has not as many x as y; give each point both")
    if scale is not None and "xpts" in counts:
        table.remove(scale)
    if (table.get("discrete") or "").lower() == "true":
        table.set("type", "discrete")
    if table.get("type") not in (None, "continuous", "extrapolate", "discrete"):
        raise InputError(f"{where}: its table is {table.get('type')!r}, which is no kind of table; use continuous, extrapolate or discrete")
