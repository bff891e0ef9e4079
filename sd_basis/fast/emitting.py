"""From the expressions of a program to LLVM's language, for the vectors of several runs at once.

Both sides of a choice are computed and one is taken, so that runs in different branches stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from ..choices import choose, largest, smallest, truth, whole
from ..codegen import Layout
from ..gates import Gate
from ..lookups import look
from .vector_math import ONE_BY_ONE, Lines

_CALLED = {"exp": "exp", "log": "log", "tanh": "tanh", **{name: name for name in ONE_BY_ONE}, "gamma": "tgamma", "loggamma": "lgamma"}
_PART = 500  # instructions of one function: compilation takes more than twice as long for twice as many


def without_code(expressions: Sequence[sympy.Expr]) -> str | None:
    """Return the name of a function in expressions that has no compiled code, None where there is none."""
    for function in set().union(*(expression.atoms(sympy.Function) for expression in expressions)):
        if not isinstance(function, (choose, truth, largest, smallest, whole, Gate, look, sympy.Abs)) and type(function).__name__ not in _CALLED:
            return type(function).__name__
    return None


class Emitter(Lines):
    """Writes expressions as instructions; `names` holds the value of each symbol, `used` the functions of the C library."""

    def __init__(self, lanes: int):
        super().__init__(lanes)
        self.names: dict[sympy.Expr, str] = {}
        self.used: set[str] = set()

    def value(self, expression: sympy.Expr) -> str:
        """Return the value of an expression, computed once."""
        if expression.is_Number:
            return self.constant(float(expression))
        if expression not in self.names:
            self.names[expression] = self._new(expression)
        return self.names[expression]

    def _new(self, expression: sympy.Expr) -> str:
        if expression.is_Add:
            return self._sum(expression)
        if expression.is_Mul:
            return self._product(expression)
        if expression.is_Pow:
            return self._power(expression)
        if isinstance(expression, choose):
            condition, then, otherwise = expression.args
            return self.select(self._condition(condition), self.value(then), self.value(otherwise))
        if isinstance(expression, truth):
            return self.select(self._condition(expression), self.constant(1.0), self.constant(0.0))
        if isinstance(expression, (largest, smallest)):
            return self._extreme(expression)
        if isinstance(expression, whole):
            return self.unary("floor", self.value(expression.args[0]))
        if isinstance(expression, sympy.Abs):
            return self.unary("fabs", self.value(expression.args[0]))
        if isinstance(expression, Gate):
            inside = self.holds("ogt", self.value(expression.args[0]), self.constant(0.0))
            return self.select(inside, self.value(expression.formula(*expression.args)), self.constant(0.0))
        if isinstance(expression, look):
            return self.called(type(expression).__name__, *map(self.value, expression.args))
        if expression.is_number:
            return self.constant(float(expression))
        name = _CALLED[type(expression).__name__]
        if name in ONE_BY_ONE:
            self.used.add(name)
        return self.called(name, *map(self.value, expression.args))

    def _condition(self, expression: sympy.Expr) -> str:
        if isinstance(expression, truth):
            return self.holds("ogt" if expression.args[1] else "oge", self.value(expression.args[0]), self.constant(0.0))
        return self.holds("une", self.value(expression), self.constant(0.0))

    def _extreme(self, expression: sympy.Expr) -> str:
        value, word = self.value(expression.args[0]), "oge" if isinstance(expression, largest) else "ole"
        for argument in expression.args[1:]:
            other = self.value(argument)
            # neither is better than what is not a number
            lost = self.holds("uno", value, value)
            value = self.select(self.add(f"or <{self.lanes} x i1> {lost}, {self.holds(word, value, other)}"), value, other)
        return value

    def _sum(self, expression: sympy.Expr) -> str:
        terms = sorted(expression.args, key=lambda term: term.is_Mul)  # what is no product begins, products are added to it
        total = None
        for term in terms:
            sign, factors, below = self._factors(term)
            if total is None:
                total = self._times(sign, factors, below)
            elif below or len(factors) < 2:
                one = self._times(abs(sign), factors, below)
                total = self.binary("fsub" if sign < 0 else "fadd", total, one)
            else:
                one = self._times(sign, factors[:-1], [])
                total = self.fused(one, factors[-1], total)
        return total or self.constant(0.0)

    def _product(self, expression: sympy.Expr) -> str:
        return self._times(*self._factors(expression))

    def _factors(self, expression: sympy.Expr) -> tuple[float, list[str], list[str]]:
        """Return the number in a product, its other factors, and what it is divided by."""
        number, above, below = 1.0, [], []
        for factor in sympy.Mul.make_args(expression):
            if factor.is_Number:
                number *= float(factor)
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(self.value(factor.base ** -factor.exp))
            else:
                above.append(self.value(factor))
        return number, above, below

    def _times(self, number: float, above: list[str], below: list[str]) -> str:
        value = None
        for factor in above:
            value = factor if value is None else self.binary("fmul", value, factor)
        if value is None:
            value, number = self.constant(number), 1.0
        if below:
            divisor = below[0]
            for factor in below[1:]:
                divisor = self.binary("fmul", divisor, factor)
            value = self.binary("fdiv", value, divisor)
        return value if number == 1.0 else self.negative(value) if number == -1.0 else self.binary("fmul", value, self.constant(number))

    def _power(self, expression: sympy.Expr) -> str:
        base, exponent = expression.base, expression.exp
        if exponent.is_Rational and exponent < 0:
            return self.binary("fdiv", self.constant(1.0), self.value(base ** -exponent))
        if exponent.is_Integer and exponent <= 64:
            half = self.value(base ** (exponent // 2)) if exponent > 1 else ""
            square = self.binary("fmul", half, half)
            return square if exponent % 2 == 0 else self.binary("fmul", square, self.value(base))
        if exponent.is_Rational and exponent.q == 2 and exponent < 16:
            root = self.unary("sqrt", self.value(base))
            return root if exponent.p == 1 else self.binary("fmul", root, self.value(base ** ((exponent.p - 1) // 2)))
        self.used.add("pow")
        return self.called("pow", self.value(base), self.value(exponent))


def _load(code: Lines, array: str, place: int) -> str:
    at = code.add(f"getelementptr inbounds {code.type}, ptr %{array}, i64 {place}")
    return code.add(f"load {code.type}, ptr {at}, align {8 * code.lanes}")


def _store(code: Lines, array: str, place: int, value: str) -> None:
    at = code.add(f"getelementptr inbounds {code.type}, ptr %{array}, i64 {place}")
    code.text.append(f"  store {code.type} {value}, ptr {at}, align {8 * code.lanes}")


def program(name: str, lanes: int, layout: Layout, constants: Sequence[sympy.Symbol]) -> tuple[list[str], set[str], int]:
    """Return the functions of a program's moving part, the C functions they use, and how many vectors of scratch they need.

    `name(t, x, c, out, scratch)` calls its parts one after the other; what one part computes and a later one needs lies in `scratch`.
    """
    sources = {layout.time: ("t", 0), **{symbol: ("x", place) for place, symbol in enumerate(layout.stocks)},
               **{symbol: ("c", place) for place, symbol in enumerate(constants)}}
    return _parts(name, lanes, layout.moving, layout.outputs, sources)


def fixed_program(name: str, lanes: int, fixed: Sequence[tuple[sympy.Symbol, sympy.Expr]], given: Sequence[sympy.Symbol],
                  outputs: Sequence[sympy.Expr]) -> tuple[list[str], set[str], int]:
    """Return the functions of what rests on inputs alone, as `program` does; they read the inputs in place of x."""
    return _parts(name, lanes, fixed, outputs, {symbol: ("x", place) for place, symbol in enumerate(given)})


def _by_output(assignments: Sequence[tuple[sympy.Symbol, sympy.Expr]], outputs: Sequence[sympy.Expr]) -> list[tuple[Any, sympy.Expr]]:
    """Return assignments and outputs with each value computed shortly before it is first needed; an output has its number in place of a symbol."""
    definitions, done, jobs = dict(assignments), set(), []
    for number, output in enumerate(outputs):
        pending = [(symbol, False) for symbol in sorted(output.free_symbols, key=str, reverse=True)]
        while pending:
            symbol, ready = pending.pop()
            if symbol in done or symbol not in definitions:
                continue
            if ready:
                done.add(symbol)
                jobs.append((symbol, definitions[symbol]))
                continue
            pending.append((symbol, True))
            pending += [(needed, False) for needed in sorted(definitions[symbol].free_symbols, key=str, reverse=True) if needed not in done]
        jobs.append((number, output))
    return jobs


def _parts(name: str, lanes: int, assignments: Sequence, outputs: Sequence, sources: dict) -> tuple[list[str], set[str], int]:
    jobs = _by_output(assignments, outputs)
    last: dict[sympy.Symbol, int] = {}
    for number, (_, expression) in enumerate(jobs):
        last.update(dict.fromkeys(expression.free_symbols, number))
    texts, used, place, begun = [], set(), 0, 0
    arguments = ", ".join(f"ptr noalias %{argument}" for argument in ("t", "x", "c", "out", "scratch"))
    while begun < len(jobs) or not texts:
        code, own = Emitter(lanes), []
        number = begun
        while number < len(jobs) and len(code.text) < _PART:
            symbol, expression = jobs[number]
            for needed in sorted(expression.free_symbols - code.names.keys(), key=str):
                code.names[needed] = _load(code, *sources[needed])
            value = code.value(expression)
            if isinstance(symbol, int):
                _store(code, "out", symbol, value)
            else:
                code.names[symbol] = value
                own.append(symbol)
            number += 1
        for symbol in own:
            if last.get(symbol, -1) >= number:
                sources[symbol] = ("scratch", place)
                _store(code, "scratch", place, code.names[symbol])
                place += 1
        used |= code.used
        texts.append(f"define internal void @{name}_{len(texts)}({arguments}) nounwind noinline {{\n" + "\n".join(code.text) + "\n  ret void\n}\n")
        begun = number
    calls = "\n".join(f"  call void @{name}_{part}(ptr %t, ptr %x, ptr %c, ptr %out, ptr %scratch)" for part in range(len(texts)))
    texts.append(f"define void @{name}({arguments}) nounwind {{\n{calls}\n  ret void\n}}\n")
    return texts, used, place
