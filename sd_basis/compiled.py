"""Compiled functions: a system's programs as fast Python, lambdified once and cached on disk.

Parameters and series are arguments, so that one compilation serves every case. The cache is keyed
by the content of model, engine and library versions; one that cannot be read or written only costs time.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import sympy
from sympy.core.relational import Relational

from . import cache
from .codegen import Functions, functions, source
from .declarations import margin
from .model import Model
from .system import Program, System

_ENGINE_FILES = ("codegen.py", "compiled.py", "declarations.py", "gates.py", "graph.py", "model.py", "quantities.py", "symbols.py", "system.py", "units.py")


def fingerprint(model: Model) -> str:
    """Return a digest of everything that shapes generated code: equations, engine, library versions."""
    digest = hashlib.sha256(f"{sys.version}|{sympy.__version__}|{np.__version__}".encode())
    for name in _ENGINE_FILES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    for quantity in model.quantities.values():
        parts = [type(quantity).__name__, quantity.name, quantity.unit or ""]
        for attribute in ("initial", "expression"):
            if hasattr(quantity, attribute):
                parts.append(_text(getattr(quantity, attribute)))
        for attribute in ("holder", "instrument", "source", "sink", "transfer"):
            parts.append(str(getattr(quantity, attribute, "")))
        digest.update("|".join(parts).encode() + b"\n")
    for trade in model.trades:
        digest.update(f"trade {trade.name}\n".encode())
    for policy in model.policies.values():
        for parameter, expression in policy.changes.items():
            digest.update(f"{policy.name}|{parameter.name}|{_text(expression)}\n".encode())
    for outcome in model.outcomes:
        for condition in (outcome.when, outcome.once):
            digest.update(f"{outcome.name}|{condition if condition is None else _text(condition)}\n".encode())
    digest.update(repr((model.time_unit, sorted(model.unit_definitions.items()))).encode())
    return digest.hexdigest()[:32]


def _text(expression: sympy.Basic) -> str:
    """Return an unambiguous text of an expression; sympy's own printers are fifty times slower."""
    if isinstance(expression, sympy.Symbol):
        return f"{type(expression).__name__}:{expression.name!r}"
    if not expression.args:
        return sympy.srepr(expression)
    return f"{type(expression).__name__}({','.join(map(_text, expression.args))})"


class Compiled:
    """The fast functions of a model.

    `rhs(t, x, p)` returns dx/dt and `jacobian(t, x, p)` the entries at `pattern`, from lists of
    floats; `observe(t, x, p)` returns every computed quantity and `ledger(t, x, p)` the ledgers,
    from arrays. p holds the parameters and then the series, in the model's order. `rhs.bind(p)` is
    rhs(t, x) at given parameters, with what depends on them alone computed once.
    """

    def __init__(self, model: Model):
        self.model = model
        self.system = System(model)
        self.key = fingerprint(model)
        self.cached = cache.has(self.key, "rhs")
        if not self.cached:
            model.check_units()
            cache.prune()  # new code comes in, so the old may go

    @cached_property
    def rhs(self) -> Functions:
        """dx/dt as a list, from floats."""
        return self._function("rhs", self.system.right_hand_side, scalar=True)

    @cached_property
    def jacobian(self) -> Functions:
        """The nonzero entries of df/dx as a list, from floats."""
        return self._function("jacobian", self.system.jacobian, scalar=True)

    @cached_property
    def pattern(self) -> np.ndarray:
        """The places of those entries, as two rows: row and column numbers."""
        def places() -> Program:
            flat = [sympy.Integer(number) for place in self.system.jacobian_pattern for number in place]
            return Program([], flat)
        numbers = self._function("pattern", places, scalar=True)(0.0, *self._blank())
        return np.array(numbers, dtype=int).reshape(-1, 2).T

    @cached_property
    def initial(self) -> Callable:
        """The initial stocks as a list, from floats."""
        return self._function("initial", lambda: Program([], [stock.initial for stock in self.model.stocks]), scalar=True)

    @cached_property
    def observe(self) -> Callable:
        """Every computed quantity, from arrays."""
        return self._function("observe", self.system.observation, scalar=False)

    @cached_property
    def ledger(self) -> Callable:
        """Net worth and its declared rate by sector, total and boundary flow by instrument, from arrays."""
        return self._function("ledger", self.system.ledger, scalar=False)

    @cached_property
    def _conditions(self) -> list:
        return list(dict.fromkeys(condition for outcome in self.model.outcomes
                                  for condition in (outcome.when, outcome.once) if condition is not None))

    @cached_property
    def margins(self) -> Callable:
        """The margin of each outcome's inequality, positive where it holds, from arrays."""
        def program() -> Program:
            wanted = [margin("outcome", condition) for condition in self._conditions]
            needed = self.system.needed_for(wanted)
            return Program([(quantity, quantity.expression) for quantity in needed], wanted)
        return self._function("margins", program, scalar=False)

    def margin_row(self, condition: Relational) -> int:
        """Return the row of `margins` that belongs to an inequality."""
        return self._conditions.index(condition)

    def _blank(self) -> tuple[list, list]:
        return ([0.0] * len(self.model.stocks), [0.0] * (len(self.model.parameters) + len(self.model.series)))

    def _function(self, kind: str, program: Callable[[], Program], *, scalar: bool) -> Functions:
        kept = cache.read(self.key, kind)
        if kept is None:
            code = compile(source(self.model, program(), scalar), f"<{self.model.name} {kind}>", "exec")
            cache.keep(self.key, kind, marshal.dumps(code))
        else:
            code = marshal.loads(kept)
        return functions(self.model.name, code, scalar)
