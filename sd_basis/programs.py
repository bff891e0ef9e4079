"""Programs beside dx/dt: initial values, what is watched, and what passes in impulses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy

from .choices import choose, truth
from .collecting import initial_order
from .quantities import Quantity, Stock
from .system import Assignment, Program, System


def initial_program(system: System) -> Program:
    """Return the program of the initial stocks.

    Its stocks are values to take instead of the declared ones; one below -1e308 asks for the declared one.
    """
    own = {stock: sympy.Symbol(f"_initial{row}", real=True) for row, stock in enumerate(system.stocks)}
    assignments: list[Assignment] = []
    for quantity in initial_order(system.model):
        if isinstance(quantity, Stock):
            given = truth(quantity + sympy.Float(1e308), 1)
            assignments.append((own[quantity], choose(given, quantity, quantity.initial.xreplace(own))))
        else:
            assignments.append((quantity, quantity.expression.xreplace(own)))
    return Program(assignments, list(own.values()))


def mode_program(system: System) -> Program:
    """Return the program of what the nodes that are held over a piece of the run are at its start."""
    wanted = [kink.value for kink in system.model.kinks if kink.node is not None]
    equations = system.model.equations
    return Program([(quantity, equations[quantity]) for quantity in system.needed_for(wanted)], wanted)


def watch_program(system: System, conditions: Iterable[sympy.Expr]) -> Program:
    """Return the program of the margins of conditions and of the kinks of the rates."""
    return system.program([*conditions, *(kink.margin.xreplace(system.modes) for kink in system.kinks)])


def impulse_program(system: System) -> Program:
    """Return the program of what passes through each flow in each impulse, in the order of declaration."""
    return system.program(amount for impulse in system.model.impulses.values() for amount in impulse.amounts.values())


def impulse_ledger_program(system: System) -> Program:
    """Return the program of what each impulse declares: each sector's income, then each instrument's growth through CLOUD.

    The outputs run over the impulses in the order of declaration, for each over sectors and then instruments.
    """
    outputs = []
    for impulse in system.model.impulses.values():
        passing = {flow: impulse.amounts.get(flow, sympy.S.Zero) for flow in system.model.flows}
        outputs += [system.income(sector).xreplace(passing) for sector in system.model.sectors]
        outputs += [system.boundary(instrument).xreplace(passing) for instrument in system.instruments]
    return system.program(outputs)


def gradient_program(system: System, wanted: Sequence[sympy.Expr], bases: Sequence[Quantity]) -> tuple[Program, list[tuple[int, int]]]:
    """Return the program of the derivatives of expressions by stocks, inputs and TIME, and the (expression, base) of each output."""
    needed = system.needed_for(wanted)
    assignments, gradient = system.chain_rule(needed, bases)
    places = {base: place for place, base in enumerate(bases)}
    outputs, pattern = [], []
    for row, expression in enumerate(wanted):
        slopes: dict[int, list] = {}
        for symbol in sorted((item for item in expression.free_symbols if isinstance(item, Quantity)), key=lambda item: item.identity[1]):
            upstream = {symbol: sympy.S.One} if symbol in places else gradient.get(symbol, {})
            for base, slope in upstream.items():
                slopes.setdefault(places[base], []).append(sympy.diff(expression, symbol) * slope)
        for column in sorted(slopes):
            total = sympy.Add(*slopes[column])
            if total != 0:
                outputs.append(total)
                pattern.append((row, column))
    return Program([(quantity, system.equations[quantity]) for quantity in needed] + assignments, outputs), pattern
