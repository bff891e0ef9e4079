"""Syntax trees of a foreign model as expressions of this language, with the stocks and flows that their functions carry."""

from __future__ import annotations

import re
from typing import Any

import sympy

from ..delays import DELAYN, SMOOTHN
from ..errors import InputError, unknown
from ..lookups import Lookup
from ..quantities import CLOUD, TIME, Auxiliary, Flow, Parameter, Quantity, Stock, define
from ..written import minus, plus, power, times
from .elements import Element, key_of
from .functions import PLAIN, STEPPED, holds, quotient, relation
from .trees import kind_of, nodes_of, number

_RELATIONS = {"=": sympy.Eq, "<>": sympy.Ne, "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
_NEGATIVE_BASE = re.compile(r"(\(\s*)?-\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\))?\s*\^", re.I)
_OTHERWISE_READ = {"lookup_forward": {"kind": "next"}, "lookup_backward": {"kind": "previous"}, "lookup_extrapolate": {"beyond": "extend"}}


class Translation:
    """The quantities of a file by key, and the expressions of its trees.

    With `at_start` an expression is for an initial value, where ACTIVE INITIAL has another one. `flows` collects what
    INITIAL, TREND and the like need beside the file's own flows.
    """

    def __init__(self, where: str, elements: dict[str, Element]):
        self.where, self.elements = where, elements
        self.known: dict[str, Quantity] = {"time": TIME}
        self.flows: list[Flow] = []
        self._names = {element.name for element in elements.values()} | {"TIME", "START"}
        self._beginning: dict[str, Auxiliary] = {}
        self._twins: dict[tuple[str, str], Lookup] = {}
        self._apart: dict[str, bool] = {}

    def fresh(self, name: str) -> str:
        """Return a name that no other quantity has."""
        number, free = 1, name
        while free in self._names:
            number, free = number + 1, f"{name} {number + 1}"
        self._names.add(free)
        return free

    def of(self, element: Element) -> str:
        """How errors name a variable."""
        return f"{self.where}, {element.name!r}"

    def quantity(self, element: Element, reference: str) -> Quantity:
        """Return the quantity that an element's equation refers to; raise InputError where there is none."""
        found = self.known.get(key_of(reference))
        if found is None:
            raise unknown(self.of(element), "variable", reference, self.elements)
        if isinstance(found, Lookup):
            raise InputError(f"{self.of(element)}: the lookup {found.name!r} stands without an argument; write {found.name}(...)")
        return found

    def expression(self, element: Element, tree: Any, at_start: bool = False) -> sympy.Expr:
        """Return a tree as an expression; raise InputError for what this language has no word for."""
        value = number(tree)
        if value is not None:
            return value
        translate = getattr(self, f"_{kind_of(tree).lower()}", None)
        if not kind_of(tree) or translate is None:
            words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind_of(tree)).upper()
            raise InputError(f"{self.of(element)}: {words or 'an array'} is not imported; write it in other words, or without it")
        return translate(element, tree, at_start)

    # The nodes ------------------------------------------------------------------------------

    def _arithmetic(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        first, *rest = (self.expression(element, part, at_start) for part in tree.arguments)
        if list(tree.operators) == ["negative"]:
            return minus(first)
        if tree.operators.count("^") > 1:
            raise InputError(f"{self.of(element)}: one power stands on another, which tools read differently; put brackets around one")
        if "^" in tree.operators and first.is_Number and first < 0:
            # PySD's tree is the same for -2^2, which is -4, and (-2)^2: only the text can tell
            bracketed = {bool(opened and closed) for opened, base, closed in _NEGATIVE_BASE.findall(element.text) if float(base) == float(-first)}
            if len(bracketed) != 1 or True in bracketed and not rest[0].is_Integer and rest[0] != int(rest[0] if rest[0].is_Number else 0):
                raise InputError(f"{self.of(element)}: its negative number under a power is ambiguous; write the power of a constant")
            return power(first, rest[0]) if True in bracketed else minus(power(-first, rest[0]))
        if set(tree.operators) <= {"+", "-"}:  # at once, for a sum over a subscript may be long
            return plus(first, *(other if operator == "+" else minus(other) for operator, other in zip(tree.operators, rest, strict=True)))
        for operator, other in zip(tree.operators, rest, strict=True):
            joined = {"*": times, "/": quotient, "^": power}
            first = joined[operator](first, other)
        return first

    def _logic(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        operators = [operator.upper() for operator in tree.operators]
        if operators[0] in _RELATIONS:
            left, right = (self.expression(element, part, at_start) for part in tree.arguments)
            return relation(_RELATIONS[operators[0]], left, right)
        parts = [self.condition(element, part, at_start) for part in tree.arguments]
        if operators == [":NOT:"]:
            return _not(parts[0])
        if len(set(operators)) > 1:  # PySD gives a row of both; AND binds more closely
            groups: list[list] = [[parts[0]]]
            for operator, part in zip(operators, parts[1:], strict=True):
                if operator == ":OR:":
                    groups.append([])
                groups[-1].append(part)
            return _not(times(*(_not(times(*group)) for group in groups)))
        return times(*parts) if operators[0] == ":AND:" else _not(times(*map(_not, parts)))

    def condition(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        """Return a tree as a condition of ones and zeros."""
        value = self.expression(element, tree, at_start)
        return value if kind_of(tree) == "Logic" else holds(value)

    def _reference(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        if tree.subscripts is not None:
            raise InputError(f"{self.of(element)}: {tree.reference!r} has subscripts, which are not imported; write out its members")
        found = self.quantity(element, tree.reference)
        return self._begun(key_of(tree.reference)) if at_start and self.is_apart(key_of(tree.reference)) else found

    def _call(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        key = key_of(tree.function.reference)
        table = self.known.get(key)
        word = key.upper().replace("_", " ")
        if isinstance(table, Lookup):
            if len(tree.arguments) != 1:
                raise InputError(f"{self.of(element)}: the lookup {table.name!r} has {len(tree.arguments)} arguments; give it one")
            return table(self.expression(element, tree.arguments[0], at_start))
        if key in _OTHERWISE_READ and len(tree.arguments) == 2 and isinstance(self.known.get(key_of(getattr(tree.arguments[0], "reference", ""))), Lookup):
            return self.read_otherwise(key, self.known[key_of(tree.arguments[0].reference)])(self.expression(element, tree.arguments[1], at_start))
        if key == "active_initial" and len(tree.arguments) == 2:
            return self.expression(element, tree.arguments[at_start], at_start)
        if key not in PLAIN and key not in STEPPED:
            raise unknown(self.of(element), "imported function", word, [name.upper().replace("_", " ") for name in (*PLAIN, *STEPPED)])
        least, most, function = PLAIN.get(key) or STEPPED[key]
        if not least <= len(tree.arguments) <= most:
            raise InputError(f"{self.of(element)}: {word} has {len(tree.arguments)} arguments; give it {least if least == most else f'at least {least}'}")
        given = [self.condition(element, part, at_start) if key == "if_then_else" and place == 0 else self.expression(element, part, at_start)
                 for place, part in enumerate(tree.arguments)]
        if key not in STEPPED:
            return function(*given)
        begins = self.quantity(element, "initial time")
        return function(self.quantity(element, "time step"), sympy.Float(begins.value) if isinstance(begins, Parameter) else begins, *given)

    def _inlinelookups(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        table = self.lookup(element, f"{element.name} (lookup)", tree.lookups)
        return table(self.expression(element, tree.argument, at_start))

    def lookup(self, element: Element, name: str, tree: Any, **said: Any) -> Lookup:
        """Return the lookup of a table, which holds its last values beyond its points, as Vensim's do."""
        kinds = {"interpolate": {}, "extrapolate": {"beyond": "extend"}, "hold_backward": {"kind": "previous"}}
        if kind_of(tree) != "Lookups" or tree.type not in kinds:
            raise InputError(f"{self.of(element)}: its table is not written out in the file, which is not imported; write its points")
        try:
            points = list(zip(map(float, tree.x), map(float, tree.y), strict=True))
            return Lookup(self.fresh(name) if name != element.name else name, points, **kinds[tree.type], **said)
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from None

    def read_otherwise(self, word: str, table: Lookup) -> Lookup:
        """Return the lookup of the same points between and beyond which another value holds: the next, the one before, or on along the slope."""
        if (word, table.name) not in self._twins:
            more = {"kind": table.interpolation, "beyond": "hold", **_OTHERWISE_READ[word]}
            name = self.fresh(f"{table.name} ({word.removeprefix('lookup_')})")
            self._twins[word, table.name] = Lookup(name, list(zip(table.x, table.y, strict=True)), table.unit, description=table.description, **more)
        return self._twins[word, table.name]

    def _game(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        return self.expression(element, tree.expression, at_start)

    # What keeps a state ---------------------------------------------------------------------

    def _initial(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        # a stock that nothing fills keeps what it began with
        return Stock(self.fresh(f"{element.name} (initial)"), self.expression(element, tree.initial, True), description="a value fixed at the start")

    def _delay(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        return self._staged(element, DELAYN, "delay", tree, tree.delay_time)

    def _smooth(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        return self._staged(element, SMOOTHN, "smooth", tree, tree.smooth_time)

    _delayn, _smoothn = _delay, _smooth

    def _staged(self, element: Element, make: Any, word: str, tree: Any, time: Any) -> sympy.Expr:
        order = self.expression(element, tree.order)
        order = order.xreplace({symbol: sympy.Float(symbol.value) for symbol in order.free_symbols if isinstance(symbol, Parameter)})
        if not order.is_number or order != int(order) or order < 1:
            raise InputError(f"{self.of(element)}: the order of its {word} is {order}; the order is structure here, give a whole number")
        if self._rests_apart(time):
            raise InputError(f"{self.of(element)}: the time of its {word} has another value at the start (ACTIVE INITIAL), which is not imported; give it one")
        begun = None if tree.initial is tree.input and not self._rests_apart(tree.input) else self.expression(element, tree.initial, True)
        return make(self.fresh(f"{element.name} ({word})"), self.expression(element, tree.input), self.expression(element, time), int(order), initial=begun)

    def _trend(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        first = self.expression(element, tree.initial_trend, True)
        return self._growth(element, tree, first, sympy.Abs)

    def _forecast(self, element: Element, tree: Any, at_start: bool) -> sympy.Expr:
        first = self.expression(element, tree.initial_trend, True)
        growth = times(self._growth(element, tree, first, lambda average: average), self.expression(element, tree.horizon))
        return times(self.expression(element, tree.input), plus(sympy.S.One, growth))

    def _growth(self, element: Element, tree: Any, first: sympy.Expr, size: Any) -> sympy.Expr:
        """Return the fractional growth of an input against its own exponential average."""
        followed, time = self.expression(element, tree.input), self.expression(element, tree.average_time)
        begun = quotient(self.expression(element, tree.input, True), plus(sympy.S.One, times(first, self.expression(element, tree.average_time, True))))
        average = Stock(self.fresh(f"{element.name} (average)"), begun, description="the exponential average of the input")
        gap = plus(followed, minus(average))
        self.flows.append(Flow(self.fresh(f"{element.name} (change of the average)"), source=CLOUD, sink=average, rate=quotient(gap, time), reversible=True))
        return PLAIN["zidz"][2](gap, times(time, size(average)))

    # ACTIVE INITIAL -------------------------------------------------------------------------

    def is_apart(self, key: str) -> bool:
        """Tell whether a variable rests on an ACTIVE INITIAL, and so has another value where initial values are computed."""
        if key not in self._apart:
            self._apart[key] = False  # in a loop, what stands elsewhere in it decides
            element = self.elements.get(key)
            self._apart[key] = element is not None and not element.is_lookup and self._rests_apart(element.tree)
        return self._apart[key]

    def _rests_apart(self, tree: Any) -> bool:
        calls = [node for node in nodes_of(tree) if kind_of(node) == "Call" and key_of(node.function.reference) == "active_initial"]
        return bool(calls) or any(self.is_apart(key_of(node.reference)) for node in nodes_of(tree) if kind_of(node) == "Reference")

    def _begun(self, key: str) -> Auxiliary:
        if key not in self._beginning:
            element = self.elements[key]
            self._beginning[key] = Auxiliary(self.fresh(f"{element.name} (at the start)"), description="where initial values are computed")
            define(self._beginning[key], self.expression(element, element.tree, True))
        return self._beginning[key]


def _not(value: sympy.Expr) -> sympy.Expr:
    return plus(sympy.S.One, minus(value))
