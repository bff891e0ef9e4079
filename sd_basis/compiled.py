"""Compiled functions: a system's programs as fast Python, lambdified once and cached on disk.

Parameters and series are arguments, so that one compilation serves every case. The cache is keyed
by the content of model, engine and library versions; one that cannot be read or written only costs time.
"""

from __future__ import annotations

import hashlib
import itertools
import marshal
import sys
from collections.abc import Callable, Sequence
from functools import cache as once
from functools import cached_property
from pathlib import Path

import numpy as np
import sympy
from sympy.core.relational import Relational

from . import cache
from .codegen import Functions, functions, source
from .declarations import margin
from .marching import march_source
from .model import Model
from .programs import gradient_program, impulse_ledger_program, impulse_program, initial_program, mode_program, watch_program
from .quantities import TIME, Quantity
from .stages import compiling
from .system import Program, System
from .watching import Watched

_ENGINE_FILES = (
    "choices.py", "choosing.py", "codegen.py", "collecting.py", "compiled.py", "declarations.py", "dimensions.py", "families.py",
    "gates.py", "graph.py", "holding.py", "kinks.py", "lookups.py", "marching.py", "model.py", "opening.py", "policies.py", "programs.py", "quantities.py", "slopes.py", "symbols.py",
    "system.py", "units.py", "written.py")


def fingerprint(model: Model, engine: bool = True) -> str:
    """Return a digest of everything that shapes generated code: equations, and `engine` with library versions."""
    digest = hashlib.sha256(f"{sys.version}|{sympy.__version__}|{np.__version__}".encode() if engine else b"")
    for name in _ENGINE_FILES if engine else ():
        digest.update(Path(__file__).with_name(name).read_bytes())
    for quantity in model.quantities.values():
        parts = [type(quantity).__name__, quantity.name, str(quantity.unit or "")]
        for expression in (getattr(quantity, "initial", None), model.equations.get(quantity), getattr(quantity, "written", None)):
            parts.append("" if expression is None else _text(expression))
        for attribute in ("holder", "instrument", "source", "sink", "transfer", "of", "interpolation", "below"):
            parts.append(str(getattr(quantity, attribute, "")))
        digest.update("|".join(parts).encode() + b"\n")
    for trade in model.trades:
        digest.update(f"trade {trade.name}\n".encode())
    expressions = [(policy.name, parameter.name, expression) for policy in model.policies.values() for parameter, expression in policy.written.items()]
    expressions += [(impulse.name, flow.name, amount) for impulse in model.impulses.values() for flow, amount in impulse.amounts.items()]
    expressions += [(impulse.name, "", impulse.written) for impulse in model.impulses.values()]
    for item in (*model.policies.values(), *model.impulses.values()):
        expressions += [(item.name, "when", item.when), (item.name, "delay", item.written_delay)]
    expressions += [(outcome.name, "", condition) for outcome in model.outcomes for condition in (outcome.when, outcome.once)]
    expressions.append(("runaway", "", model.runaway))
    for first, second, expression in expressions:
        digest.update(f"{first}|{second}|{'' if expression is None else _text(expression)}\n".encode())
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

    `rhs(t, x, p)` returns dx/dt and `jacobian(t, x, p)` the entries at `pattern`, from lists of floats;
    `observe(t, x, p)` returns every computed quantity and `ledger(t, x, p)` the ledgers, from arrays. p holds the parameters and then the series,
    in the model's order. `rhs.bind(p)` is rhs(t, x) at given parameters, with what depends on them alone computed once. `held` is that of the System.
    """

    def __init__(self, model: Model, held: bool = True):
        self.model = model
        self.system = System(model, held)
        self.key = fingerprint(model) if held else f"{fingerprint(model)}-stepped"
        self._watching: dict[str, tuple[Functions, list[Watched]]] = {}
        self._gradients: dict[str, Callable] = {}
        self._entries: dict[str, tuple[Functions, np.ndarray]] = {}
        self.cached = cache.has(self.key, "rhs")
        if not self.cached:
            model.check_units()
            cache.prune_once()  # new code comes in, so the old may go

    def __reduce__(self):
        return Compiled, (self.model, self.system.held)

    @cached_property
    def rhs(self) -> Functions:
        """dx/dt as a list, from floats."""
        return self._function("rhs", self.system.right_hand_side, scalar=True)

    @cached_property
    def march(self) -> Functions:
        """Euler's steps, from floats: `inner(t, x, constants, ends, keep)`."""
        return self._function("march", self.system.right_hand_side, scalar=True, write=march_source)

    @cached_property
    def jacobian(self) -> Functions:
        """The nonzero entries of df/dx as a list, from floats."""
        return self._function("jacobian", self.system.jacobian, scalar=True)

    @cached_property
    def pattern(self) -> np.ndarray:
        """The places of those entries, as two rows: row and column numbers."""
        return self._places("pattern", lambda: self.system.jacobian_pattern)

    @cached_property
    def initial(self) -> Callable:
        """The initial stocks as a list, from floats."""
        return self._function("initial", lambda: initial_program(self.system), scalar=True)

    @cached_property
    def modes(self) -> Functions:
        """What the nodes held over a piece of the run are, from floats."""
        return self._function("modes", lambda: mode_program(self.system), scalar=True)

    @cached_property
    def amounts(self) -> Functions:
        """What passes through each flow in each impulse, from floats; `kicked` tells which is which."""
        return self._function("amounts", lambda: impulse_program(self.system), scalar=True)

    @cached_property
    def impulse_ledger(self) -> Functions:
        """What each impulse declares for each sector and instrument, from floats."""
        return self._function("impulse-ledger", lambda: impulse_ledger_program(self.system), scalar=True)

    @cached_property
    def kicked(self) -> dict[str, list[tuple[int, int]]]:
        """By impulse, the row among `amounts` and the flow of each amount."""
        rows = itertools.count()
        places = {flow: place for place, flow in enumerate(self.model.flows)}
        return {name: [(next(rows), places[flow]) for flow in impulse.amounts] for name, impulse in self.model.impulses.items()}

    def kick(self, name: str, t: float, x: np.ndarray, inputs: list) -> np.ndarray:
        """Return by how much an impulse moves each stock."""
        amounts = self.amounts(t, x.tolist(), inputs)
        return sum((self.system.incidence[:, place] * amounts[row] for row, place in self.kicked[name]), np.zeros(len(x)))

    def watching(self, conditions: tuple[sympy.Expr, ...]) -> tuple[Functions, list[Watched]]:
        """Return the margins of conditions and of the kinks of the rates, from floats, and what to watch: first the conditions, as triggers."""
        digest = hashlib.sha256("|".join(map(_text, conditions)).encode()).hexdigest()[:12]
        if digest not in self._watching:
            watched = [Watched(row, "trigger") for row in range(len(conditions))]
            watched += [Watched(row, kink.kind, kink.levels, kink.above, kink.period) for row, kink in enumerate(self.system.kinks, len(conditions))]
            for item, wanted in zip(watched, [*conditions, *(kink.margin for kink in self.system.kinks)], strict=True):
                rests = self.model.rests_on([wanted])
                item.driven, item.stocks = TIME in rests, not rests.isdisjoint(self.system.stocks)
            self._watching[digest] = self._function(f"watch-{digest}", lambda: watch_program(self.system, conditions), scalar=True), watched
        return self._watching[digest]

    def gradient(self, wanted: Sequence[sympy.Expr], bases: Sequence[Quantity]) -> Callable[[float, list[float], list], np.ndarray]:
        """Return the derivatives of expressions (rows) by stocks, inputs and TIME (columns), as a function of (t, x, p)."""
        digest = hashlib.sha256("|".join(map(_text, [*wanted, *bases])).encode()).hexdigest()[:12]
        if digest not in self._gradients:
            program = once(lambda: gradient_program(self.system, wanted, bases))
            made = self._function(f"gradient-{digest}", lambda: program()[0], scalar=True)
            places = tuple(self._places(f"gradient-places-{digest}", lambda: program()[1]))

            def gradient(t: float, x: list[float], p: list) -> np.ndarray:
                matrix = np.zeros((len(wanted), len(bases)))
                matrix[places] = made(t, x, p)
                return matrix
            self._gradients[digest] = gradient
        return self._gradients[digest]

    def entries(self, kind: str, about: Sequence[sympy.Basic], make: Callable[[], tuple[Program, list[tuple[int, int]]]]) -> tuple[Functions, np.ndarray]:
        """Return a program's outputs, from arrays, and the places (row, column) in a matrix of the first of them; kept by what they are about."""
        digest = hashlib.sha256("|".join(map(_text, about)).encode()).hexdigest()[:12]
        if digest not in self._entries:
            made = once(make)
            function = self._function(f"{kind}_{digest}", lambda: made()[0], scalar=False)
            self._entries[digest] = function, self._places(f"{kind}_places_{digest}", lambda: made()[1])
        return self._entries[digest]

    def value_of(self, quantity: Quantity, t: float, x: np.ndarray, inputs: list) -> float:
        """Return one quantity at one state."""
        if quantity in self.system.stocks:
            return float(x[self.system.stocks.index(quantity)])
        if quantity in self.model.input_places:
            return float(inputs[self.model.input_places[quantity]])
        values = self.observe(np.array([t]), list(x[:, None]), [np.array([value]) if isinstance(value, float) else value for value in inputs])
        return float(np.ravel(values[self.system.observables().index(quantity)])[0])

    @cached_property
    def observe(self) -> Callable:
        """Every computed quantity, from arrays."""
        return self._function("observe", self.system.observation, scalar=False)

    @cached_property
    def ledger(self) -> Callable:
        """Net worth and its declared rate by sector, total and boundary flow by instrument, from arrays."""
        return self._function("ledger", self.system.ledger, scalar=False)

    @cached_property
    def prices(self) -> Callable:
        """Price and its rate along the flow by instrument, from arrays."""
        return self._function("prices", self.system.prices, scalar=False)

    @cached_property
    def conditions(self) -> list[Relational]:
        """The inequalities of the outcomes and of the runaway, each once, in the order of `margins`."""
        model = self.model
        every = [condition for outcome in model.outcomes for condition in (outcome.when, outcome.once)]
        return list(dict.fromkeys(condition for condition in (*every, model.runaway) if condition is not None))

    @cached_property
    def margins(self) -> Callable:
        """The margin of each outcome's inequality, positive where it holds, from arrays."""
        def program() -> Program:
            wanted = [margin("outcome", condition) for condition in self.conditions]
            return self.system.program(wanted)
        return self._function("margins", program, scalar=False)

    def _places(self, kind: str, make: Callable[[], list[tuple[int, int]]]) -> np.ndarray:
        """Return places of a matrix as two rows, row and column numbers, kept in the cache as a program of constants."""
        def places() -> Program:
            return Program([], [sympy.Integer(number) for place in make() for number in place])
        numbers = self._function(kind, places, scalar=True)(0.0, *self._blank())
        return np.array(numbers, dtype=int).reshape(-1, 2).T

    def _blank(self) -> tuple[list, list]:
        return ([0.0] * len(self.model.stocks), [0.0] * (len(self.model.inputs) + len(self.model.modes)))

    def _function(self, kind: str, program: Callable[[], Program], *, scalar: bool, write: Callable[[Model, Program], str] | None = None) -> Functions:
        kept = cache.read(self.key, kind)
        if kept is not None:
            return functions(self.model.name, marshal.loads(kept), scalar)
        with compiling(f"Compiling {kind.partition('-')[0]} of {self.model.name}", len(self.model.quantities)):
            code = compile(source(self.model, program(), scalar, write), f"<{self.model.name} {kind}>", "exec")
        cache.keep(self.key, kind, marshal.dumps(code))
        return functions(self.model.name, code, scalar)


def compiled(model: Model, held: bool = True) -> Compiled:
    """Return the compiled functions of a model, made once and kept with it; those for fixed steps are not `held`."""
    kept = "compiled" if held else "stepped"
    if getattr(model, kept) is None:
        setattr(model, kept, Compiled(model, held))
    return getattr(model, kept)
