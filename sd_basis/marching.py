"""Euler's method as generated code: one function that computes the rates and takes the steps, for runs in which nothing happens within a step.

To call the rates at every step costs several times the arithmetic of a small model.
"""

from __future__ import annotations

import sympy

from .codegen import lambdified, layout, scalar_printer
from .model import Model
from .system import Program


def march_source(model: Model, program: Program) -> str:
    """Return the source of the steps for the program of the rates, with what it needs of the inputs apart.

    Its function takes the time, the stocks, the inputs, the ends of the steps, and `keep`, which is given the stocks at each of them. The
    numbers are those of calling the rates step by step.
    """
    made = layout(model, program)
    write = scalar_printer().doprint
    same: dict[sympy.Symbol, sympy.Expr] = {}  # a second name for a number costs a store and a load
    lines = ["length = after - t"]
    for symbol, expression in made.moving:
        plain = expression.xreplace(same)
        if plain.is_Symbol:
            same[symbol] = plain
        else:
            lines.append(f"{symbol} = {write(plain)}")
    moves = []
    for place, output in enumerate(made.outputs):
        rate = output.xreplace(same)
        if rate in made.stocks or not (rate.is_Symbol or rate == 0):  # before any level moves
            lines.append(f"r{place} = {write(rate)}")
            rate = sympy.Symbol(f"r{place}")
        if rate != 0:
            moves.append(f"x{place} += length*{write(rate)}")
    lines += [*moves, f"keep(({', '.join(map(str, made.stocks))},))", "t = after"]
    return "\n".join([
        lambdified("_constants", [made.given], made.fixed, made.constants, scalar=True),
        "def _inner(t, stocks, given, ends, keep):",
        f"    [{', '.join(map(str, made.stocks))}] = stocks",
        f"    [{', '.join(map(str, made.constants))}] = given",
        "    for after in ends:",
        *(f"        {line}" for line in lines), ""])
