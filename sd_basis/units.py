"""Units: parsed from text by a small grammar, checked on the tree of every equation.

`person/dwelling`, `1/year`, `billion dollar/day`, `bp`, `(dollar/year)^2`. A name that the tables
below do not know is a base unit of its own. None is an unknown unit and fits everything; "1"
is dimensionless. Text is tokenised here and never evaluated.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import sympy

from .choices import choose, largest, smallest, truth
from .errors import InputError
from .lookups import look
from .symbols import Quantity
from .written import WrittenPower, WrittenProduct, WrittenSum

# Scale and base of each known unit; a time unit is counted in days, a year of 365.25.
KNOWN: dict[str, tuple[float, str | None]] = {
    "second": (1 / 86400, "day"), "minute": (1 / 1440, "day"), "hour": (1 / 24, "day"), "day": (1.0, "day"),
    "week": (7.0, "day"), "month": (365.25 / 12, "day"), "year": (365.25, "day"),
    "percent": (1e-2, None), "bp": (1e-4, None), "thousand": (1e3, None), "million": (1e6, None),
    "billion": (1e9, None), "trillion": (1e12, None),
}
_ALIKE = (WrittenSum, largest, smallest, sympy.Max, sympy.Min, sympy.Abs, sympy.Mod, sympy.floor, sympy.ceiling, sympy.frac)
_TOKEN = re.compile(r"\s*(\*\*|[\^*/()]|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|-\d+(?:\.\d+)?|%|[^\W\d]\w*\$?|\$)")


@dataclass(frozen=True)
class Unit:
    """A product of powers of base units times a scale."""

    powers: tuple[tuple[str, Fraction], ...] = ()
    scale: float = 1.0

    def __mul__(self, other: Unit) -> Unit:
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, Fraction(0)) + power
        return Unit(tuple(sorted((base, power) for base, power in powers.items() if power)), self.scale * other.scale)

    def __pow__(self, power: Fraction) -> Unit:
        return Unit(tuple((base, value * power) for base, value in self.powers if power),
                    self.scale ** float(power))

    def same(self, other: Unit) -> bool:
        """Tell whether both have the same dimension and scale."""
        return self.powers == other.powers and abs(self.scale / other.scale - 1) < 1e-9

    def __str__(self) -> str:
        body = "*".join(base if power == 1 else f"{base}^{power}" for base, power in self.powers) or "1"
        if abs(self.scale - 1) < 1e-12:
            return body
        return f"{self.scale:g} {body}" if self.powers else f"{self.scale:g}"


ONE = Unit()


class Units:
    """The unit tables of one model: the known units and the model's own definitions."""

    def __init__(self, own: dict[str, str] | None = None):
        self._table = {name: Unit(((base, Fraction(1)),) if base else (), scale) for name, (scale, base) in KNOWN.items()}
        self._parsed = lru_cache(maxsize=None)(self._parse)
        for name, text in (own or {}).items():
            self._table[name] = self.parse(text, f"units of the model, {name!r}")
            self._parsed.cache_clear()

    def parse(self, text: str, where: str) -> Unit:
        """Return the unit of a text; raise InputError where it is malformed."""
        if not isinstance(text, str):
            raise InputError(f"{where}: the unit {text!r} is not text; write it like \"person/year\", or \"1\" where there is none")
        return self._parsed(text, where)

    def _name(self, word: str) -> Unit:
        if word == "%":
            return self._table["percent"]
        for candidate in (word, word.removesuffix("s")):
            if candidate in self._table:
                return self._table[candidate]
        return Unit(((word, Fraction(1)),))

    def _parse(self, text: str, where: str) -> Unit:
        tokens, position = [], 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if not match:
                raise InputError(f"{where}: the unit {text!r} is malformed at {text[position:]!r}; write it like person/year")
            tokens.append(match.group(1))
            position = match.end()
        try:
            unit, rest = self._product(tokens, text, where)
        except OverflowError:
            unit, rest = Unit((), math.inf), []
        if rest or not tokens or not 0 < unit.scale < math.inf:
            raise InputError(f"{where}: the unit {text!r} is malformed; write it like person/year, or 1 where there is none")
        return unit

    def _product(self, tokens: list[str], text: str, where: str) -> tuple[Unit, list[str]]:
        total, sign = ONE, 1
        expect = True
        while tokens and tokens[0] != ")":
            token, *tokens = tokens
            if token in ("*", "/"):
                if expect:
                    raise InputError(f"{where}: the unit {text!r} has nothing before {token!r}; write it like person/year or 1/year")
                sign, expect = (1 if token == "*" else -1), True
                continue
            if token == "(":
                factor, tokens = self._product(tokens, text, where)
                if not tokens:
                    raise InputError(f"{where}: the unit {text!r} has an open bracket; close it")
                tokens = tokens[1:]
            elif token[0].isdigit():
                if float(token) == 0:
                    raise InputError(f"{where}: the unit {text!r} holds a zero; leave it out")
                factor = Unit((), float(token))
            elif token in ("^", "**") or token[0] == "-":
                raise InputError(f"{where}: the unit {text!r} has a power without a base; write it like day^2")
            else:
                factor = self._name(token)
            if tokens and tokens[0] in ("^", "**"):
                if len(tokens) < 2 or not re.fullmatch(r"-?\d+(\.\d+)?", tokens[1]):
                    raise InputError(f"{where}: the unit {text!r} has a malformed power; write it like day^2")
                factor, tokens = factor ** Fraction(tokens[1]), tokens[2:]
            total, sign, expect = total * factor ** Fraction(sign), 1 if expect else sign, False
        if expect:
            raise InputError(f"{where}: the unit {text!r} ends early; write it like person/year")
        return total, tokens

    def of(self, quantity: Quantity) -> Unit | None:
        """Return the declared unit of a quantity, None where it declares none."""
        return None if quantity.unit is None else self.parse(quantity.unit, quantity.where)

    def check(self, where: str, expression: sympy.Expr, expected: Unit | None, known: dict) -> Unit | None:
        """Return the unit of an equation; raise InputError where it is inconsistent or not as expected.

        An equation that is one bare number takes the declared unit.
        """
        if expression.is_number:
            return ONE if expected is None else expected
        try:
            found = self._unit(where, expression, known)
            if expected is not None and found is not None:
                _agree(where, "the equation", found, "the declaration", expected)
        except ArithmeticError:
            raise InputError(f"{where}: the scale of a unit is too large or too small to be computed; use smaller powers, or units nearer to one") from None
        return found if found is not None else expected

    def _unit(self, where: str, expression: sympy.Basic, known: dict) -> Unit | None:
        if isinstance(expression, Quantity):
            return known.get(expression)
        if expression.is_number:
            return ONE
        if expression.is_Mul or isinstance(expression, WrittenProduct):
            factors = [self._unit(where, argument, known) for argument in expression.args]
            found = [factor for factor in factors if factor is not None]
            return math.prod(found, start=ONE) if len(found) == len(factors) else None
        if expression.is_Pow or isinstance(expression, WrittenPower):
            base, exponent = expression.args
            unit = self._unit(where, base, known)
            if exponent.is_Rational:
                return None if unit is None else unit ** Fraction(int(exponent.p), int(exponent.q))
            if exponent.is_number:
                return None if unit is None else unit ** Fraction(float(exponent)).limit_denominator(1000)
            for argument, role in ((base, "base"), (exponent, "exponent")):
                self._dimensionless(where, argument, f"the {role} {{}}", known)
            return None if unit is None else ONE
        return self._function(where, expression, known)

    def _function(self, where: str, expression: sympy.Basic, known: dict) -> Unit | None:
        alike = getattr(expression, "unit_alike", None)
        if isinstance(expression, (sympy.sign, sympy.Heaviside)):
            self._unit(where, expression.args[0], known)
            return ONE
        if isinstance(expression, sympy.Piecewise):
            for pair in expression.args:
                for condition in sorted(pair.args[1].atoms(sympy.core.relational.Relational), key=str):
                    self._unit(where, condition, known)
            return self._common(where, [pair.args[0] for pair in expression.args], expression, known)
        if isinstance(expression, choose):
            self._unit(where, expression.args[0], known)
            return self._common(where, expression.args[1:], expression, known)
        if isinstance(expression, truth):
            return self._threshold(where, expression.args[0], known)
        if isinstance(expression, look):
            return self._lookup(where, expression, known)
        if expression.is_Add or isinstance(expression, _ALIKE) or alike:
            return self._common(where, expression.args, expression, known)
        if isinstance(expression, sympy.core.relational.Relational):  # a bare number is a threshold in the other side's unit
            self._common(where, [side for side in expression.args if not side.is_number], expression, known)
            return ONE
        for argument in expression.args:
            self._dimensionless(where, argument, f"the argument {{}} of {type(expression).__name__}", known)
        return ONE

    def _threshold(self, where: str, margin: sympy.Expr, known: dict) -> Unit:
        """Check the margin of a condition, in which a bare number is a threshold in the other side's unit."""
        inner = margin.args[1] if isinstance(margin, WrittenProduct) and margin.args[0] == -1 else margin
        inner = inner.args[0] if isinstance(inner, sympy.Abs) else inner
        if isinstance(inner, WrittenSum):
            self._common(where, [term for term in inner.args if not term.is_number], inner, known)
        else:
            self._unit(where, inner, known)
        return ONE

    def _lookup(self, where: str, expression: look, known: dict) -> Unit | None:
        lookup, argument = expression.args
        unit = self._unit(where, argument, known)
        if unit is not None and lookup.of is not None and not argument.is_number:
            _agree(where, f"the argument {argument} of {lookup.name}", unit, "the table", self.parse(lookup.of, f"{lookup.where}, of"))
        return known.get(lookup)

    def _common(self, where: str, arguments, expression: sympy.Basic, known: dict) -> Unit | None:
        first, of, unknown, measured = None, None, False, False
        for argument in arguments:
            if argument.is_zero:
                continue
            unit = self._unit(where, argument, known)
            if unit is None:
                unknown = True
                continue
            measured = measured or not argument.is_number
            if first is None:
                first, of = unit, argument
            elif not unit.same(first):  # texts of large equations take time
                _agree(where, f"{argument}", unit, f"{of}", first)
        return None if unknown and not measured else first  # a bare number beside what is unknown may be one of it

    def _dimensionless(self, where: str, argument: sympy.Expr, role: str, known: dict) -> None:
        unit = self._unit(where, argument, known)
        if unit is not None and not unit.same(ONE):
            _agree(where, role.format(argument), unit, "a pure number", ONE)


def _agree(where: str, one: str, first: Unit, other: str, second: Unit) -> None:
    if first.powers != second.powers:
        raise InputError(f"{where}: {one} is in {first} but {other} is in {second}; the dimensions differ, mend the equation or a unit")
    if not first.same(second):
        raise InputError(f"{where}: {one} is in {first} but {other} is in {second}; same dimension, "
                         f"multiply {one} by a parameter that carries the factor {first.scale / second.scale:g}")
