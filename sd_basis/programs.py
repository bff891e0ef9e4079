"""Programs beside dx/dt: initial values, what is watched, and what passes in impulses."""

from __future__ import annotations

import sympy

from .choices import choose, truth
from .collecting import initial_order
from .kinks import Kink, kinks
from .quantities import Stock
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


def rate_kinks(system: System) -> list[Kink]:
    """Return the kinks of the rates."""
    return kinks(system.model.equations[quantity] for quantity in system.needed_for(system.derivatives()))


def impulse_program(system: System) -> Program:
    """Return the program of what passes through each flow in each impulse, in the order of declaration."""
    return system.program(amount for impulse in system.model.impulses.values() for amount in impulse.amounts.values())
