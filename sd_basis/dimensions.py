"""Units of a model: every equation, initial value, policy, impulse and condition, on the tree as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy

from .errors import InputError
from .quantities import START, TIME, Auxiliary, Flow, Quantity
from .units import ONE, Unit, Units

if TYPE_CHECKING:
    from .model import Model


class _Gathering(Units):
    """The unit tables of a model, which gather what does not fit and go on."""

    def __init__(self, own: dict[str, str]):
        self.faults: list[InputError] = []
        super().__init__(own)

    def of(self, quantity: Quantity) -> Unit | None:
        """Return the declared unit of a quantity, None too where it is malformed."""
        try:
            return super().of(quantity)
        except InputError as fault:
            self.faults.append(fault)
            return None

    def check(self, where: str, expression: sympy.Expr, expected: Unit | None, known: dict) -> Unit | None:
        """Return the unit of an equation, the expected one where it does not fit."""
        try:
            return super().check(where, expression, expected, known)
        except InputError as fault:
            self.faults.append(fault)
            return expected


def _refuse(units: Units, fault: InputError) -> None:
    """Raise a fault, or gather it where faults are gathered."""
    if not isinstance(units, _Gathering):
        raise fault
    units.faults.append(fault)


def faults(model: Model) -> tuple[list[str], dict[Quantity, Any]]:
    """Return the sentence of every equation whose units do not fit, and the unit of each quantity where it can be told."""
    try:
        units = _Gathering(model.unit_definitions)
        known = _checked(model, units)
    except InputError as fault:  # the time unit, or a unit of the model's own, without which nothing can be told
        return [str(fault)], {}
    return list(dict.fromkeys(map(str, units.faults))), known


def check(model: Model) -> dict[Quantity, Any]:
    """Return each quantity's unit, None where it is unknown; raise InputError at the first equation that does not fit."""
    return _checked(model, Units(model.unit_definitions))


def _checked(model: Model, units: Units) -> dict[Quantity, Any]:
    time = units.parse(model.time_unit, f"{model.where}, time unit")
    known: dict[Quantity, Any] = {quantity: units.of(quantity) for quantity in (*model.stocks, *model.parameters, *model.series, *model.lookups)}
    staged = [stock for stock in model.stocks if stock.unit is None and getattr(stock, "holds", None) is not None]
    # where some units are unknown, a bare number beside TIME may well be one of them
    known[TIME] = known[START] = time if all(known[quantity] is not None for quantity in known if quantity not in staged) else None
    known.update({quantity: _declared(units, quantity, known, time) for quantity in model.computed})
    for _ in range(1 + len(staged)):  # a delay's stages have the unit of what they hold, which may rest on another delay
        _check_computed(model, units, known, time)
        unknown = [stock for stock in staged if known[stock] is None]
        for stock in unknown:
            held = units.check(stock.where, stock.holds, None, known)
            known[stock] = held * time if stock.gathers and held is not None else held
        if not unknown or all(known[stock] is None for stock in unknown):
            break
    for stock in model.stocks:
        begun, unit = getattr(stock, "begun", stock.written), known[stock]
        if getattr(stock, "gathers", False) and unit is not None:  # a delay begins at the rate that flows in
            unit = unit * time ** -1
        units.check(f"{stock.where}, initial value", begun, unit, known)
    for instrument in dict.fromkeys(stock.instrument for stock in model.stocks if stock.instrument is not None):
        _check_price(model, instrument, units, known)
    _check_actions(model, units, known, time)
    return known


def _check_computed(model: Model, units: Units, known: dict, time: Unit) -> None:
    for quantity in model.computed:
        declared = _declared(units, quantity, known, time)
        if hasattr(quantity, "lag"):  # what a delay or smooth gives is (content or gap) / time
            span, moved = quantity.lag
            bare = known[TIME] is None and units.check(quantity.where, span, None, known)  # where some units are unknown, a bare number may be a time
            units.check(f"{quantity.where}, time", span, None if bare and bare.same(ONE) else time, known)
            units.check(quantity.where, moved, None if declared is None else declared * time, known)
            known[quantity] = declared
            continue
        known[quantity] = units.check(quantity.where, quantity.written if quantity.written is not None else quantity.expression, declared, known)


def _declared(units: Units, quantity: Auxiliary, known: dict, time: Unit) -> Unit | None:
    return _flow_unit(units, quantity, known, time) if isinstance(quantity, Flow) else units.of(quantity)


def _flow_unit(units: Units, flow: Flow, known: dict, time: Unit) -> Unit | None:
    ends = [known[stock] for stock, _ in flow.ends]
    rates = [end * time ** -1 for end in ends if end is not None]
    if len(rates) == 2 and not rates[0].same(rates[1]):
        _refuse(units, InputError(f"{flow.where}: it joins {flow.source} in {ends[0]} and {flow.sink} in {ends[1]}; "
                                + (_scaled(*ends) or "a flow carries one unit, use a Trade for an exchange")))
        return None
    return rates[0] if rates else None


def _check_price(model: Model, instrument: Any, units: Units, known: dict) -> None:
    """Stocks of an instrument have one unit, and unit times price is the same money for every instrument of a sector."""
    of = [(stock, known[stock]) for stock in model.stocks if stock.instrument is instrument and known[stock] is not None]
    for stock, unit in of[1:]:
        if not unit.same(of[0][1]):
            _refuse(units, InputError(f"instrument {instrument.name!r}: {of[0][0].name} is in {of[0][1]} but {stock.name} is in {unit}; "
                                    + (_scaled(of[0][1], unit) or "stocks of one instrument share a unit, mend one or make two instruments")))
    price = sympy.sympify(instrument.price)
    if not of or (price.is_number and price != 1):  # a bare number may carry any unit
        return
    worth = of[0][1] if price == 1 else None if known[price] is None else of[0][1] * known[price]
    if worth is None:
        return
    for other in dict.fromkeys(stock.instrument for stock in model.stocks if stock.instrument is not None):
        if other is instrument:
            return
        other_price = sympy.sympify(other.price)
        unit = next((known[stock] for stock in model.stocks if stock.instrument is other and known[stock] is not None), None)
        if unit is None or (other_price.is_number and other_price != 1) or (not other_price.is_number and known[other_price] is None):
            continue
        money = unit if other_price == 1 else unit * known[other_price]
        if not worth.same(money):
            _refuse(units, InputError(f"instrument {instrument.name!r}: its stocks at its price are worth {worth}, but those of {other.name!r} are worth "
                                    f"{money}; " + (_scaled(worth, money) or "a balance sheet is in one money, mend a price or a unit")))


def _scaled(one: Unit, other: Unit) -> str | None:
    """Return the advice for two units of one dimension, which differ by a factor; None where the dimensions differ."""
    if one.powers != other.powers:
        return None
    return f"same dimension, give both one unit (the factor from the first to the second is {one.scale / other.scale:g})"


def _check_actions(model: Model, units: Units, known: dict, time: Unit) -> None:
    for outcome in model.outcomes:
        for condition in (outcome.when, outcome.once):
            if condition is not None:
                units.check(f"outcome {outcome.name!r}", condition, None, known)
    if model.runaway is not None:
        units.check("runaway", model.runaway, None, known)
    for policy in model.policies.values():
        for parameter, expression in policy.written.items():
            units.check(f"policy {policy.name!r}, {parameter.name}", expression, known[parameter], known)
    for impulse in model.impulses.values():
        ends = [known[stock] for stock, _ in next(iter(impulse.amounts)).ends]
        units.check(f"impulse {impulse.name!r}, amount", impulse.written, next((end for end in ends if end is not None), None), known)
    for item in (*model.policies.values(), *model.impulses.values()):
        if item.when is not None:
            units.check(f"{type(item).__name__.lower()} {item.name!r}, when", item.when, None, known)
        units.check(f"{type(item).__name__.lower()} {item.name!r}, delay", item.written_delay, time, known)
