"""A model as a file of this language, to read, change and run: what `sd-basis import` writes."""

from __future__ import annotations

import keyword
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Any

import sympy

from ..errors import InputError
from ..lookups import Lookup
from ..model import Model
from ..quantities import CLOUD, Auxiliary, Flow, Parameter, Quantity, Stock
from ..written import plus
from .spelling import Speller

_TAKEN = {"And", "Not", "Abs", "If", "Max", "Min", "Mod", "Model", "Stock", "Flow", "Auxiliary", "Parameter", "Lookup", "TIME", "START", "CLOUD", "MODEL", "at_step",
          "DELAYN", "SMOOTHN", "sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "floor", "ceiling"}


def model_source(model: Model, origin: str) -> str:
    """Return a model as a Python file that defines MODEL with the same numbers; raise InputError for what it has no words for.

    `origin` is named at its top. Quantities keep their names; the words of Python for them are made from these. Covers what
    `import_model` makes: stocks, flows, auxiliaries, parameters, lookups, delays and smooths.
    """
    return _Writing(model, origin).text()


class _Writing:
    def __init__(self, model: Model, origin: str):
        self.model, self.origin = model, origin
        if model.series or model.policies or model.impulses or model.outcomes or model.trades or model.totals:
            raise InputError(f"{model.where}: only models of stocks, flows, auxiliaries, parameters and lookups are written to files; it has more")
        self.chains: dict[Quantity, tuple[Flow, ...]] = {}  # a delay or smooth, and the flows between its stages
        for quantity in model.quantities.values():
            if flows := getattr(quantity, "flows", ()):
                self.chains[quantity] = tuple(flows)
        inner = {flow for owner, flows in self.chains.items() for flow in flows if flow is not owner}
        stages = {stock for flows in self.chains.values() for flow in flows for stock, _ in flow.ends if hasattr(stock, "begun")}
        self.shown = [quantity for quantity in model.quantities.values() if quantity not in inner and quantity not in stages]
        self.names: dict[Any, str] = {}
        for quantity in self.shown:
            self.names[quantity] = _identifier(quantity.name, set(self.names.values()))
        self.spell = Speller(self.names)
        self.late: list[Auxiliary] = []  # declared, and defined once everything else is
        self.doubt = self._doubt_of_units()
        self.keeps_units = not self.doubt

    def _doubt_of_units(self) -> str:
        """Return why units do not check where the stages of delays take those of what they hold, as in a file that is loaded; "" where they do."""
        stages = [(stock, self._chain(owner)[1]) for owner, flows in self.chains.items() for flow in flows for stock, _ in flow.ends if hasattr(stock, "begun")]
        if not any(quantity.unit for quantity in self.shown):
            return ""
        before = [(stock, stock.holds) for stock, _ in stages]
        try:
            for stock, followed in stages:
                stock.holds = followed
            self.model.check_units()
        except InputError as error:
            return str(error)
        finally:
            for stock, held in before:
                stock.holds = held
        return ""

    def text(self) -> str:
        """Return the file."""
        sections: dict[str, list[str]] = {"Parameters": [], "Tables": [], "Stocks, auxiliaries and flows, each after what it rests on": []}
        parameters, tables, rest = sections.values()
        for quantity in self._ordered():
            line = _wrapped(f"{self.names[quantity]} = {self._declared(quantity)}")
            (parameters if isinstance(quantity, Parameter) else tables if isinstance(quantity, Lookup) else rest).append(line)
        rest += [_wrapped(f"define({self.names[quantity]}, {self.spell(quantity.written)})") for quantity in self.late]
        body = "\n\n".join(f"# {title}\n" + "\n".join(lines) for title, lines in sections.items() if lines)
        made = self._model()
        words = sorted({word for word in re.findall(r"\b[A-Za-z]+(?=\()", body) if word in _TAKEN} & _DOOR | (self.spell.own & _DOOR) | {"Model"}
                       | ({"CLOUD"} if "=CLOUD" in body else set()) | ({"define"} if self.late else set()), key=str.lower)
        head = [f"from sympy import {', '.join(sorted(self.spell.used, key=str.lower))}\n"] if self.spell.used else []
        more = self.model.description.removeprefix(f"imported from {self.origin}").lstrip("; ")
        if self.doubt:
            more += f"; its units are left out, since they do not check with those of its delays ({self.doubt})"
        more = more.lstrip("; ")
        described = f"\n\n{textwrap.fill(_plain(more[:1].upper() + more[1:]), _WIDTH)}." if more else ""
        doc = f'"""{_plain(self.model.name)}, imported from {_plain(self.origin)}.{described}' + ('\n"""' if described else '"""')
        return "\n".join([doc, "", *head, f"from sd_basis import {', '.join(words)}", "", body, "", made, ""])

    def _ordered(self) -> list[Quantity]:
        """Return the quantities, each after what its declaration mentions; in a loop through a smooth one auxiliary is defined late."""
        done: dict[Quantity, None] = {}
        for quantity in self.shown:
            waiting = [quantity]
            while waiting:
                needed = [] if waiting[-1] in self.late else [other for other in self._needs(waiting[-1]) if other not in done and other in self.names]
                circle = next((waiting[waiting.index(other):] for other in needed if other in waiting), None)
                if circle is not None:
                    plain = [item for item in circle if type(item) is Auxiliary and item not in self.chains]
                    if not plain:
                        raise InputError(f"{self.model.where}: {circle[0].name!r} rests on itself and has no auxiliary between; give it one")
                    self.late.append(plain[0])
                    return self._ordered()
                if needed:
                    waiting.append(needed[0])
                else:
                    done.setdefault(waiting.pop())
        return list(done)

    def _reached(self, quantities: Iterable[Quantity]) -> set:
        """Return quantities with all that a model holds because of them."""
        found, waiting = set(quantities), list(quantities)
        while waiting:
            new = set(self._needs(waiting.pop())) - found
            found |= new
            waiting += new
        return found

    def _needs(self, quantity: Quantity) -> list[Any]:
        symbols: set = set()
        for expression in self._parts(quantity):
            symbols |= expression.free_symbols
        ends = [stock for stock, _ in quantity.ends] if isinstance(quantity, Flow) and quantity not in self.chains else []
        return sorted((symbols | set(ends)) - {quantity}, key=lambda symbol: symbol.name)

    def _parts(self, quantity: Quantity) -> list[sympy.Expr]:
        if quantity in self.chains:
            return [part for part in self._chain(quantity)[1:] if part is not None]
        return [part for part in (getattr(quantity, "written", None),) if part is not None]

    def _chain(self, quantity: Quantity) -> tuple[str, sympy.Expr, sympy.Expr, sympy.Expr | None]:
        """Return the word of a delay or smooth, its input, its time and the initial value where it is not that of the input."""
        flows = self.chains[quantity]
        if isinstance(quantity, Flow):
            followed, time, first = flows[0].written, flows[-1].lag[0], flows[-1].source
            return "DELAYN", followed, time, None if first.begun == followed else first.begun
        followed, time = plus(*flows[0].lag[1].args[:-1]), flows[0].lag[0]
        return "SMOOTHN", followed, time, None if flows[0].sink.begun == followed else flows[0].sink.begun

    def _declared(self, quantity: Any) -> str:
        name = repr(quantity.name)
        said = f", description={quantity.description!r}" if quantity.description else ""
        unit = f", {quantity.unit!r}" if quantity.unit and self.keeps_units else ""
        if quantity in self.chains:
            word, followed, time, begun = self._chain(quantity)
            order = len(self.chains[quantity]) - (word == "DELAYN")
            first = "" if begun is None else f", initial={self.spell(begun)}"
            return f"{word}({name}, {self.spell(followed)}, {self.spell(time)}, {order}{first}{said})"
        if isinstance(quantity, Parameter):
            low, high = (_value(end) if math.isfinite(end) else "None" for end in quantity.between)
            between = "" if low == high == "None" else f", between=({low}, {high})"
            return f"Parameter({name}, {_value(quantity.value)}{unit}{between}{said})"
        if isinstance(quantity, Lookup):
            points = ", ".join(f"({_value(x)}, {_value(y)})" for x, y in zip(quantity.x, quantity.y, strict=True))
            more = "".join(f", {word}={value!r}" for word, value, usual in (
                ("kind", quantity.interpolation, "linear"), ("below", quantity.below, "hold"), ("above", quantity.above, "hold")) if value != usual)
            return f"Lookup({name}, [{points}]{unit}{more}{said})"
        if isinstance(quantity, Stock):
            return f"Stock({name}, {self.spell(quantity.written)}{unit}{said})"
        if isinstance(quantity, Flow):
            source, sink = ("CLOUD" if end is CLOUD else self.names[end] for end in (quantity.source, quantity.sink))
            return f"Flow({name}, source={source}, sink={sink}, rate={self.spell(quantity.written)}, reversible={quantity.reversible}{said})"
        if quantity in self.late:
            return f"Auxiliary({name}{unit.replace(', ', ', unit=', 1)}{said})"
        return f"Auxiliary({name}, {self.spell(quantity.written)}{unit}{said})"

    def _model(self) -> str:
        model = self.model
        flows = [flow for flow in model.flows if flow in self.names and flow not in self.chains]
        outputs: list[Quantity] = []
        held = self._reached(flows)
        for quantity in reversed(self._ordered()):
            if quantity not in held:
                outputs.insert(0, quantity)
                held |= self._reached([quantity])
        parts = [f"{model.name!r}, [{self._list(flows)}]", f"span=({_value(model.span[0])}, {_value(model.span[1])})", f"time_unit={model.time_unit!r}"]
        parts += [f"outputs=[{self._list(outputs)}]"] if outputs else []
        for word, given in (("step", model.step), ("saving", model.saving)):
            if given is not None:
                parts.append(f"{word}={self.names[given] if given in self.names else _value(given)}")
        parts += [f"stepping={model.stepping!r}"] if model.stepping != "Euler" else []
        parts += [f"description={model.description!r}"] if model.description else []
        return "MODEL = Model(" + ",\n              ".join(_wrapped(part).replace("\n", "\n              ") for part in parts) + ")"

    def _list(self, quantities: Iterable[Quantity]) -> str:
        return ", ".join(self.names[quantity] for quantity in quantities)


_WIDTH = 140
_DOOR = {"at_step", "define", "Auxiliary", "CLOUD", "DELAYN", "Flow", "If", "Lookup", "Max", "Min", "Model", "Parameter", "SMOOTHN", "START", "Stock", "TIME"}


def _identifier(name: str, taken: set[str]) -> str:
    word = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name.lower())).strip("_") or "quantity"
    if not f"v_{word}".isidentifier():
        word = re.sub(r"[^a-z0-9_]+", "_", word).strip("_") or "quantity"
    if not word.isidentifier() or keyword.iskeyword(word) or word in _TAKEN:
        word = f"v_{word}"
    number, free = 1, word
    while free in taken:
        number, free = number + 1, f"{word}_{number + 1}"
    return free


def _value(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _wrapped(line: str) -> str:
    """Return a line of Python, broken between its words but not within its texts."""
    kept = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", lambda found: found[0].replace(" ", "\0"), line)
    head, bracket, rest = kept.partition("(")
    lines = textwrap.wrap(head.replace(" ", "\0") + bracket + rest, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def _plain(text: str) -> str:
    return " ".join(text.replace("\\", "/").replace('"', "'").split())
