"""Opening a loop: what is cut, what comes back, and the derivatives of the model in between.

The quantities that enter are held at their values wherever other equations use them, and become inputs u; what returns
is y. The derivatives of dx/dt and y by x and u follow from the model's own equations by the chain rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from .errors import InputError, unknown
from .families import Members
from .model import Model
from .quantities import TIME, Auxiliary, Quantity, as_expression
from .slopes import jacobian_entries
from .system import Program, System
from .units import ONE, Units


@dataclass(frozen=True)
class Opening:
    """A loop to be cut, member by member: what enters, what returns, the rate at which own orders are worked off, the weights (or none).

    What is in `hold` keeps its value wherever other equations use it.
    """

    members: tuple[str, ...]
    enters: tuple[Quantity, ...]
    returns: tuple[sympy.Expr, ...]
    rates: tuple[sympy.Expr, ...]
    weights: tuple[sympy.Expr, ...]
    hold: tuple[Quantity, ...]

    @property
    def about(self) -> list[sympy.Basic]:
        """Everything that it is made of, in order."""
        return [sympy.Tuple(*part) for part in (self.enters, self.returns, self.rates, self.weights, self.hold)]


def opening(model: Model, where: str, enters: Any, returns: Any, rate: Any, weights: Any = None, hold: Iterable[Any] = ()) -> Opening:
    """Return the opening of a loop from names, quantities, expressions or families of them; raise InputError where they do not fit."""
    cut = _computed(f"{where}, enters", _laid_out(model, f"{where}, enters", enters), "cut")
    if isinstance(hold, (str, Quantity, Members)):
        hold = (hold,)
    kept = [quantity for given in hold for quantity in _computed(f"{where}, hold", _laid_out(model, f"{where}, hold", given), "held").values()]
    back = _laid_out(model, f"{where}, returns", enters if returns is None else returns)
    if back.keys() != cut.keys():
        raise InputError(f"{where}: what enters has {_listed(cut)}, but what returns has {_listed(back)}; give both for the same members")
    rates = _spread(f"{where}, rate", _laid_out(model, f"{where}, rate", rate), cut)
    shares = () if weights is None else _spread(f"{where}, weights", _laid_out(model, f"{where}, weights", weights), cut)
    return Opening(tuple(cut), tuple(cut.values()), tuple(back[member] for member in cut), rates, shares, tuple(kept))


def opened_program(system: System, cut: Opening) -> tuple[Program, list[tuple[int, int]]]:
    """Return the program of the derivatives, with their places, and behind them the rates and the weights.

    Rows are the changes of the stocks and then what returns; columns the stocks and then what enters.
    """
    held: dict[sympy.Expr, Any] = {quantity: Auxiliary(f"held {quantity.name}") for quantity in (*cut.enters, *cut.hold)}
    equations: dict[Quantity, sympy.Expr] = dict(system.equations)
    equations.update({quantity: equation.xreplace(held) for quantity, equation in equations.items()})
    returns = [expression.xreplace(system.modes) for expression in cut.returns]
    back = []
    for member, expression in zip(cut.members, returns, strict=True):
        back.append(Auxiliary(f"return {member}"))  # what is cut itself returns by its own equation
        equations[back[-1]] = expression if expression in cut.enters else expression.xreplace(held)
    net = system.derivatives()
    wanted = [expression.xreplace(held) for expression in net] + back
    needed = _rests_on(system, equations, wanted, back)
    places = {quantity: place for place, quantity in enumerate((*system.stocks, *(held[quantity] for quantity in cut.enters)))}
    assignments, entries = jacobian_entries(equations, [*needed, *back], wanted, places)
    rest = {symbol: quantity for quantity, symbol in held.items()}
    extra = [expression.xreplace(system.modes) for expression in (*cut.rates, *cut.weights)]
    values = [(quantity, system.equations[quantity]) for quantity in system.needed_for([*net, *cut.about])]
    slopes = [(symbol, expression.xreplace(rest)) for symbol, expression in assignments]
    return Program(values + slopes, [entry.xreplace(rest) for _, entry in entries] + extra), [place for place, _ in entries]


def check_units(model: Model, where: str, cut: Opening) -> None:
    """Raise InputError where what returns has another unit than what enters, a rate is none per time, or a weight has a unit."""
    known, units = model.check_units(), Units(model.unit_definitions)
    pace = units.parse(f"1/({model.time_unit})", f"{model.where}, time unit")
    for quantity, expression in zip(cut.enters, cut.returns, strict=True):
        units.check(f"{where}, returns", expression, known[quantity], known)
    for name, given, unit in (("rate", cut.rates, pace), ("weights", cut.weights, ONE)):
        for expression in dict.fromkeys(given):
            units.check(f"{where}, {name}", expression, unit, known)


def _rests_on(system: System, equations: Mapping[Quantity, sympy.Expr], wanted: Iterable[sympy.Expr], back: list[Auxiliary]) -> list[Quantity]:
    """Return the computed quantities that the wanted expressions rest on where the loop is open, in order."""
    found = set().union(*(expression.free_symbols for expression in wanted), *(equations[quantity].free_symbols for quantity in back))
    kept = []
    for quantity in reversed(system.model.computed):
        if quantity in found:
            found |= equations[quantity].free_symbols
            kept.append(quantity)
    return kept[::-1]


def _laid_out(model: Model, where: str, given: Any) -> dict[str, sympy.Expr]:
    """Return expressions of the model's quantities by member; "" is the one that has no members."""
    if isinstance(given, Members):
        return {", ".join(key): _own(model, where, item) for key, item in given.items.items()}
    if isinstance(given, str):
        members = {name[len(given) + 1:-1]: quantity for name, quantity in model.quantities.items() if name.startswith(f"{given}[") and name.endswith("]")}
        if not members and given not in model.quantities:
            raise unknown(where, "quantity", given, [*(name.partition("[")[0] for name in model.quantities), *model.quantities])
        return members or {"": model.quantities[given]}
    if isinstance(given, Mapping):
        return {", ".join(key) if isinstance(key, tuple) else str(key): _own(model, where, item) for key, item in given.items()}
    if isinstance(given, (list, tuple)):
        return {str(number): _own(model, where, item) for number, item in enumerate(given, 1)}
    return {"": _own(model, where, given)}


def _computed(where: str, given: dict[str, sympy.Expr], done: str) -> dict[str, Any]:
    for quantity in given.values():
        if not isinstance(quantity, Auxiliary):
            what = quantity.where if isinstance(quantity, Quantity) else f"the expression {quantity}"
            raise InputError(f"{where}: {what} cannot be {done}; name an auxiliary or a flow")
    return given


def _own(model: Model, where: str, given: Any) -> sympy.Expr:
    """Return an expression in the model's own quantities of the same names; a text is one name."""
    if isinstance(given, str):
        return model.quantity(given, where)
    expression = as_expression(where, given)
    own = {symbol: model.quantity(symbol, where) for symbol in sorted(expression.free_symbols - {TIME}, key=str)}
    return expression.xreplace(own)


def _spread(where: str, given: dict[str, sympy.Expr], members: Mapping[str, Any]) -> tuple[sympy.Expr, ...]:
    """Return one expression a member, the same for all where only one is given."""
    if given.keys() == {""}:
        return tuple(given[""] for _ in members)
    if given.keys() != members.keys():
        raise InputError(f"{where}: it has {_listed(given)}, but what is cut has {_listed(members)}; give one for all, or one for each")
    return tuple(given[member] for member in members)


def _listed(members: Mapping[str, Any]) -> str:
    names = list(members)
    if names == [""]:
        return "no members"
    return f"the member{'' if len(names) == 1 else 's'} {', '.join(names[:6])}{', ...' if len(names) > 6 else ''}"
