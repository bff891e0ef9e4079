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
from sympy.simplify.cse_main import tree_cse

from . import choosing, gates, lookups
from .choices import choose, largest, smallest, truth
from .errors import InputError
from .gates import Gate
from .graph import ordered
from .model import Model
from .quantities import TIME
from .system import Program

SCALAR = {**gates.SCALAR, **choosing.SCALAR}
VECTOR = {**gates.VECTOR, **choosing.VECTOR, **lookups.VECTOR}
_LARGE = 800  # expressions of a program
_IN_LINE = (Gate, largest, smallest)


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


@dataclass(frozen=True)
class Layout:
    """A program in plain symbols: the time t, stocks x0, x1, ..., inputs p0, p1, ..., and what is computed of them.

    `fixed` rests on inputs alone; of it `moving` and the outputs need the inputs and values `constants`.
    """

    time: sympy.Symbol
    stocks: list[sympy.Symbol]
    given: list[sympy.Symbol]
    fixed: list[tuple[sympy.Symbol, sympy.Expr]]
    moving: list[tuple[sympy.Symbol, sympy.Expr]]
    constants: list[sympy.Symbol]
    outputs: list[sympy.Expr]


def layout(model: Model, program: Program) -> Layout:
    """Return a program as scalar code computes it, common subexpressions once and what rests on inputs alone apart."""
    time, stocks, given, assignments, outputs = _plain(model, program)
    assignments, outputs = _unfolded(*_shared(assignments, outputs))
    return Layout(time, stocks, given, *_split(assignments, outputs, given), outputs)


def _plain(model: Model, program: Program) -> tuple[sympy.Symbol, list, list, list, list]:
    """Return the symbols of time, stocks and inputs, and a program written in them."""
    time = sympy.Symbol("t", real=True)
    stocks = [sympy.Symbol(f"x{i}", real=True) for i in range(len(model.stocks))]
    inputs = (*model.inputs, *model.modes.values())
    given = [sympy.Symbol(f"p{i}", real=True) for i in range(len(inputs))]
    short = {TIME: time, **dict(zip(model.stocks, stocks, strict=True)), **dict(zip(inputs, given, strict=True))}
    for number, (symbol, _) in enumerate(program.assignments):
        short[symbol] = sympy.Symbol(f"a{number}", real=True)
    assignments = [(short[symbol], expression.xreplace(short)) for symbol, expression in program.assignments]
    outputs = [sympy.sympify(expression).xreplace(short) for expression in program.outputs]
    return time, stocks, given, assignments, outputs


def source(model: Model, program: Program, scalar: bool, write: Callable[[Model, Program], str] | None = None) -> str:
    """Return the source of a program, as another writer has it where one is given; raise InputError for a function that has no code."""
    try:
        if write is not None:
            return write(model, program)
        if not scalar:
            time, stocks, given, assignments, outputs = _plain(model, program)
            return lambdified("_inner", [time, stocks, given], *_shared(assignments, outputs), scalar)
        made = layout(model, program)
        return (lambdified("_constants", [made.given], made.fixed, made.constants, scalar)
                + lambdified("_inner", [made.time, made.stocks, made.constants], made.moving, made.outputs, scalar))
    except NotImplementedError as error:
        raise _no_code(model.name, (str(error).partition("_print_")[2] or "a function").split()[0]) from None


def scalar_function(name: str, arguments: list, expression: sympy.Expr, scalar: bool = True) -> Callable:
    """Return one expression as a function of its arguments, numbers or, not `scalar`, arrays, for values that are needed now and then."""
    plain = [sympy.Symbol(f"v{number}", real=True) for number in range(len(arguments))]
    text = lambdified("_inner", plain, [], [expression.xreplace(dict(zip(arguments, plain, strict=True)))], scalar)
    made = functions(name, compile(text, f"<{name} value>", "exec"), scalar).inner
    return lambda *values: made(*values)[0]


def functions(name: str, code: CodeType, scalar: bool) -> Functions:
    """Return the functions of compiled source; raise InputError for a name that has no code."""
    namespace: dict = {**vars(math), **SCALAR} if scalar else {**vars(np), **VECTOR, "numpy": np, "reduce": reduce}
    exec(code, namespace)  # our own generated code, from expressions that were never text
    made = Functions(namespace["_inner"], namespace.get("_constants"))
    for function in filter(None, (made.inner, made.constants)):
        for used in function.__code__.co_names:
            if used not in namespace and not hasattr(builtins, used) and not hasattr(lookups.Table, used):
                raise _no_code(name, used)
    return made


def _no_code(model: str, function: str) -> InputError:
    return InputError(f"model {model!r}: an equation or its derivative holds {function!r}, which has no code; "
                      "use functions with a derivative, such as exp, log, tanh, Max, Min and positive")


def _shared(assignments: list, outputs: list) -> tuple[list, list]:
    """Return the program with common subexpressions computed once, in an order that works."""
    expressions = [expression for _, expression in assignments] + outputs
    names = sympy.numbered_symbols("c", real=True)
    # what stands in a branch of a choice may be computed in that branch only: sharing would undo the guard
    open_ones = [place for place, expression in enumerate(expressions) if not expression.has(choose)]
    wanted = [expressions[place] for place in open_ones]
    # in large programs only whole repetitions: to look for common parts of sums and products takes most of the time
    common, shared = sympy.cse(wanted, symbols=names) if len(wanted) < _LARGE else tree_cse(wanted, names, order="none")
    reduced = list(expressions)
    for place, expression in zip(open_ones, shared, strict=True):
        reduced[place] = expression
    every = dict(common)
    every.update(zip((symbol for symbol, _ in assignments), reduced, strict=False))
    order = ordered(every, lambda symbol: every[symbol].free_symbols)
    return [(symbol, every[symbol]) for symbol in order], reduced[len(assignments):]


def _unfolded(assignments: list, outputs: list) -> tuple[list, list]:
    """Return the program with gates, Max and Min of symbols alone, to stand in line: a call costs more than its arithmetic."""
    done: list = []
    names = sympy.numbered_symbols("g", real=True)

    def plain(expression: sympy.Expr) -> sympy.Expr:
        if isinstance(expression, choose) or not expression.has(*_IN_LINE):
            return expression
        arguments = [plain(argument) for argument in expression.args]
        if not isinstance(expression, _IN_LINE):
            return expression.func(*arguments)
        for place, argument in enumerate(arguments):
            if argument.args:
                arguments[place] = next(names)
                done.append((arguments[place], argument))
        if isinstance(expression, Gate):
            return choose(truth(arguments[0], 1), expression.formula(*arguments), sympy.S.Zero)
        while len(arguments) > 2:
            joined = next(names)
            done.append((joined, expression.func(*arguments[:2])))
            arguments[:2] = [joined]
        return expression.func(*arguments)

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


class _Scalar(PythonCodePrinter):
    """Python for single numbers: small whole powers as products, which compute twice as fast, and choices in line."""

    def _print_Pow(self, expr, rational=False):
        if expr.base.is_Symbol and expr.exp in (2, 3, 4):
            return "(" + "*".join([self._print(expr.base)] * int(expr.exp)) + ")"
        return super()._print_Pow(expr, rational=rational)

    def _holds(self, condition: sympy.Expr) -> str:
        if isinstance(condition, truth):
            return f"{self._print(condition.args[0])} {'>' if condition.args[1] else '>='} 0"
        if condition.is_Mul and all(isinstance(factor, truth) for factor in condition.args):
            return " and ".join(map(self._holds, condition.args))
        return self._print(condition)

    def _print_truth(self, expr):
        return f"(1.0 if {self._holds(expr)} else 0.0)"

    def _print_choose(self, expr):
        condition, then, otherwise = expr.args
        return f"(({self._print(then)}) if {self._holds(condition)} else ({self._print(otherwise)}))"

    def _print_whole(self, expr):
        return f"floor({self._print(expr.args[0])})"

    def _extreme(self, expr, better: str) -> str:
        if len(expr.args) != 2 or any(argument.args for argument in expr.args):
            return f"{type(expr).__name__}({', '.join(map(self._print, expr.args))})"
        one, other = map(self._print, expr.args)  # neither is better than what is not a number
        return f"({one} if {one} {better}= {other} else {other} if {other} {better} {one} else nan)"

    def _print_largest(self, expr):
        return self._extreme(expr, ">")

    def _print_smallest(self, expr):
        return self._extreme(expr, "<")

    def _print_look(self, expr):
        table, argument = map(self._print, expr.args)
        return f"{table}.{expr.method}({argument})" if expr.method != "__call__" else f"{table}({argument})"

    _print_look_slope = _print_look_curve = _print_look


def scalar_printer() -> PythonCodePrinter:
    """Return what writes expressions as Python for single numbers."""
    return _Scalar({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True, "user_functions": {gate: gate for gate in SCALAR}})


def lambdified(name: str, arguments: list, assignments: list, outputs: list, scalar: bool) -> str:
    """Return the source of a function of that name."""
    modules = [SCALAR, "math"] if scalar else [VECTOR, "numpy"]
    options = {"printer": scalar_printer()} if scalar else {}
    function = sympy.lambdify(arguments, outputs, modules=modules, cse=lambda _: (assignments, outputs), **options)
    return inspect.getsource(function).replace("_lambdifygenerated", name, 1) + "\n"
