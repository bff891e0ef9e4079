"""Generated code: a system's program as Python source, written by sympy's lambdify.

Common subexpressions are computed once. Scalar code, which the solver calls thousands of times,
comes in two functions: what depends on parameters alone is computed when they are bound.
"""

from __future__ import annotations

import builtins
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from types import CodeType

import numpy as np
import sympy
from sympy.printing.pycode import PythonCodePrinter

from .errors import InputError
from .gates import SCALAR, VECTOR, Gate
from .graph import ordered
from .model import Model
from .quantities import TIME
from .system import Program


@dataclass(frozen=True)
class Functions:
    """A compiled program: call it with (t, x, p), or bind p first and call the result with (t, x)."""

    inner: Callable
    constants: Callable | None

    def __call__(self, t, x, p):
        """Return the program's outputs at time t, stocks x and inputs p."""
        return self.inner(t, x, p if self.constants is None else self.constants(p))

    def bind(self, p: list[float]) -> Callable:
        """Return the function of (t, x) at fixed inputs."""
        inner, values = self.inner, p if self.constants is None else self.constants(p)
        return lambda t, x: inner(t, x, values)


def source(model: Model, program: Program, scalar: bool) -> str:
    """Return the source of a program; raise InputError for a function that has no code."""
    time = sympy.Symbol("t", real=True)
    stocks = [sympy.Symbol(f"x{i}", real=True) for i in range(len(model.stocks))]
    inputs = (*model.parameters, *model.series)
    given = [sympy.Symbol(f"p{i}", real=True) for i in range(len(inputs))]
    short = {TIME: time, **dict(zip(model.stocks, stocks, strict=True)), **dict(zip(inputs, given, strict=True))}
    for number, (symbol, _) in enumerate(program.assignments):
        short[symbol] = sympy.Symbol(f"a{number}", real=True)
    assignments = [(short[symbol], expression.xreplace(short)) for symbol, expression in program.assignments]
    outputs = [sympy.sympify(expression).xreplace(short) for expression in program.outputs]
    try:
        assignments, outputs = _shared(assignments, outputs)
        if not scalar:
            return _lambdified("_inner", [time, stocks, given], assignments, outputs, scalar)
        assignments, outputs = _unfolded(assignments, outputs)
        fixed, moving, constants = _split(assignments, outputs, given)
        return (_lambdified("_constants", [given], fixed, constants, scalar)
                + _lambdified("_inner", [time, stocks, constants], moving, outputs, scalar))
    except NotImplementedError as error:
        raise _no_code(model.name, (str(error).partition("_print_")[2] or "a function").split()[0]) from None


def functions(name: str, code: CodeType, scalar: bool) -> Functions:
    """Return the functions of compiled source; raise InputError for a name that has no code."""
    namespace: dict = {**vars(math), **SCALAR} if scalar else {**vars(np), **VECTOR, "numpy": np, "reduce": reduce}
    exec(code, namespace)  # our own generated code, from expressions that were never text
    made = Functions(namespace["_inner"], namespace.get("_constants"))
    for function in filter(None, (made.inner, made.constants)):
        for used in function.__code__.co_names:
            if used not in namespace and not hasattr(builtins, used):
                raise _no_code(name, used)
    return made


def _no_code(model: str, function: str) -> InputError:
    return InputError(f"model {model!r}: an equation or its derivative holds {function!r}, which has no code; "
                      "use functions with a derivative, such as exp, log, tanh, Max, Min and positive")


def _shared(assignments: list, outputs: list) -> tuple[list, list]:
    """Return the program with common subexpressions computed once, in an order that works."""
    expressions = [expression for _, expression in assignments] + outputs
    names = sympy.numbered_symbols("c", real=True)
    # what stands in a branch of a Piecewise may be computed in that branch only: sharing would undo the guard
    open_ones = [place for place, expression in enumerate(expressions) if not expression.has(sympy.Piecewise)]
    common, shared = sympy.cse([expressions[place] for place in open_ones], symbols=names)
    reduced = list(expressions)
    for place, expression in zip(open_ones, shared, strict=True):
        reduced[place] = expression
    every = dict(common)
    every.update(zip((symbol for symbol, _ in assignments), reduced, strict=False))
    order = ordered(every, lambda symbol: every[symbol].free_symbols)
    return [(symbol, every[symbol]) for symbol in order], reduced[len(assignments):]


def _unfolded(assignments: list, outputs: list) -> tuple[list, list]:
    """Return the program with each gate as a conditional expression in line: a call costs more than its arithmetic."""
    done: list = []
    names = sympy.numbered_symbols("g", real=True)

    def plain(expression: sympy.Expr) -> sympy.Expr:
        if not expression.has(Gate) or isinstance(expression, sympy.Piecewise):
            return expression
        arguments = [plain(argument) for argument in expression.args]
        if not isinstance(expression, Gate):
            return expression.func(*arguments)
        for place, argument in enumerate(arguments):
            if argument.args:
                arguments[place] = next(names)
                done.append((arguments[place], argument))
        return sympy.Piecewise((expression.formula(*arguments), arguments[0] > 0), (0, True), evaluate=False)

    for symbol, expression in assignments:
        done.append((symbol, plain(expression)))
    return done, [plain(expression) for expression in outputs]


def _split(assignments: list, outputs: list, given: list) -> tuple[list, list, list]:
    """Return the assignments that rest on inputs alone, the others, and the symbols the others need of the first."""
    known = set(given)
    fixed, moving = [], []
    for symbol, expression in assignments:
        if expression.free_symbols <= known:
            known.add(symbol)
            fixed.append((symbol, expression))
        else:
            moving.append((symbol, expression))
    used = set().union(*(expression.free_symbols for _, expression in moving), *(output.free_symbols for output in outputs))
    return fixed, moving, sorted(used & known, key=str)


class _Products(PythonCodePrinter):
    """Small whole powers as products, which Python computes twice as fast."""

    def _print_Pow(self, expr, rational=False):
        if expr.base.is_Symbol and expr.exp in (2, 3, 4):
            return "(" + "*".join([self._print(expr.base)] * int(expr.exp)) + ")"
        return super()._print_Pow(expr, rational=rational)


def _lambdified(name: str, arguments: list, assignments: list, outputs: list, scalar: bool) -> str:
    modules = [SCALAR, "math"] if scalar else [VECTOR, "numpy"]
    options = {}
    if scalar:
        settings = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True,
                    "user_functions": {gate: gate for gate in SCALAR}}
        options["printer"] = _Products(settings)
    function = sympy.lambdify(arguments, outputs, modules=modules, cse=lambda _: (assignments, outputs), **options)
    return inspect.getsource(function).replace("_lambdifygenerated", name, 1) + "\n"
