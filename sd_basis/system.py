"""The system: dx/dt = B r(x, p, t) with its exact Jacobian, conserved totals and ledgers.

Nobody writes a right-hand side. Flows carry stock to stock, which is the incidence matrix B, and
their rates are r. Computed quantities are never substituted into one another: each stays an
assignment, and derivatives follow by the chain rule along the assignments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy

from .model import Model
from .quantities import CLOUD, TIME, Instrument, Quantity, Sector, Stock
from .slopes import jacobian_entries, namer

Assignment = tuple[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True)
class Program:
    """Assignments in the order of computation, and the expressions wanted at the end."""

    assignments: list[Assignment]
    outputs: list[sympy.Expr]


def _quantities(expression: sympy.Expr) -> list[Quantity]:
    """Return the quantities in an expression, without the inputs that hold its modes."""
    return [symbol for symbol in expression.free_symbols if isinstance(symbol, Quantity)]


class System:
    """The mathematics of a model: incidence, rates, derivatives, conserved totals, ledgers.

    Where a rate jumps, its node is `held` over each piece of a run; methods of fixed steps need it in place."""
    def __init__(self, model: Model, held: bool = True):
        self.model = model
        self.stocks = model.stocks
        self.held = held
        self.kinks, self.modes = (model.kinks, model.modes) if held else ([], {})
        self.equations = {quantity: equation.xreplace(self.modes) for quantity, equation in model.equations.items()}
        self._row = {stock: row for row, stock in enumerate(self.stocks)}

    @cached_property
    def incidence(self) -> np.ndarray:
        """The matrix B, stocks by flows: -1 at the source of a flow, +1 at its sink."""
        matrix = np.zeros((len(self.stocks), len(self.model.flows)), dtype=int)
        for column, flow in enumerate(self.model.flows):
            for stock, sign in flow.ends:
                matrix[self._row[stock], column] += sign
        return matrix

    @cached_property
    def conserved(self) -> list[dict[Stock, sympy.Rational]]:
        """The conserved totals: a basis of the left null space of B, as weights of the stocks."""
        basis = sympy.Matrix(self.incidence.T.tolist()).nullspace()
        return [{stock: weight for stock, weight in zip(self.stocks, vector, strict=True) if weight} for vector in basis]

    def derivatives(self) -> list[sympy.Expr]:
        """The net flow of each stock, in terms of the flows' symbols."""
        net: list[list] = [[] for _ in self.stocks]
        for flow in self.model.flows:
            for stock, sign in flow.ends:
                net[self._row[stock]].append(sign * flow)
        return [sympy.Add(*terms) for terms in net]

    def program(self, wanted: Iterable[sympy.Expr]) -> Program:
        """The program of any expressions of the model's quantities."""
        wanted = list(wanted)
        return Program([(quantity, self.equations[quantity]) for quantity in self.needed_for(wanted)], wanted)

    def needed_for(self, wanted: Iterable[sympy.Expr]) -> list[Quantity]:
        """Return the computed quantities that the wanted expressions rest on, in order."""
        found = self.model.rests_on(wanted)
        return [quantity for quantity in self.model.computed if quantity in found]

    def uses_time(self, wanted: Iterable[sympy.Expr]) -> bool:
        """Tell whether TIME stands in the equations that the wanted expressions rest on."""
        return TIME in self.model.rests_on(wanted)

    def right_hand_side(self) -> Program:
        """The program of dx/dt."""
        return self.program(self.derivatives())

    @cached_property
    def jacobian_pattern(self) -> list[tuple[int, int]]:
        """The places (row, column) of the Jacobian that are not identically zero, in the order of its program."""
        return [place for place, _ in self._jacobian_entries[1]]

    @cached_property
    def _jacobian_entries(self) -> tuple[list[Assignment], list[tuple[tuple[int, int], sympy.Expr]]]:
        net = self.derivatives()
        return jacobian_entries(self.equations, self.needed_for(net), net, self._row)

    def jacobian(self) -> Program:
        """The program of the entries of df/dx at `jacobian_pattern`."""
        assignments, entries = self._jacobian_entries
        values = [(quantity, self.equations[quantity]) for quantity in self.needed_for(self.derivatives())]
        return Program(values + assignments, [entry for _, entry in entries])

    def chain_rule(self, quantities: list[Quantity], bases: Iterable[Quantity] | None = None) -> tuple[list[Assignment], dict]:
        """Return assignments for d(quantity)/d(base) and, by quantity, the symbol of each derivative; the bases are by default the stocks.

        For z = g(x, a), dz/dx = g_x + sum over a of g_a da/dx: one assignment a link, one a slope.
        """
        assignments: list[Assignment] = []
        gradient: dict[Quantity, dict[Quantity, sympy.Expr]] = {}
        given = set(self.stocks if bases is None else bases)

        name = namer(assignments)

        for quantity in quantities:
            slopes: dict[Quantity, list] = {}
            for symbol in sorted(_quantities(self.equations[quantity]), key=lambda item: item.identity[1]):
                if symbol not in given and not gradient.get(symbol):
                    continue
                link = name(sympy.diff(self.equations[quantity], symbol), "link")
                upstream = {symbol: sympy.S.One} if symbol in given else gradient[symbol]
                for base, slope in upstream.items():
                    slopes.setdefault(base, []).append(link * slope)
            gradient[quantity] = {base: name(sympy.Add(*terms), "slope") for base, terms in slopes.items()}
        return assignments, gradient

    # Ledgers -------------------------------------------------------------------------------

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """The rows of the balance-sheet matrix, in the order of declaration."""
        return tuple(dict.fromkeys(stock.instrument for stock in self.stocks if stock.instrument is not None))

    def positions(self, sector: Sector) -> list[tuple[Stock, int]]:
        """Return the stocks on a sector's balance sheet: +1 as an asset, -1 as a liability."""
        return [(stock, sign) for stock in self.stocks if stock.instrument is not None
                for sign, party in ((1, stock.holder), (-1, stock.instrument.issuer)) if party == sector]

    def balance(self, sector: Sector) -> sympy.Expr:
        """Return a sector's net worth: assets less liabilities at the prices of their instruments."""
        return sympy.Add(*(sign * sympy.sympify(stock.instrument.price) * stock for stock, sign in self.positions(sector)))

    def income(self, sector: Sector) -> sympy.Expr:
        """Return a sector's income from what the modeller declared: transfers, and trades off the carrying price.

        It does not look at the incidence of a trade's legs, so that a leg which goes astray opens the ledger.
        """
        terms = []
        for flow in self.model.flows:
            if flow.transfer:
                for stock, sign in flow.ends:
                    if stock.instrument is None:
                        continue
                    value = sign * sympy.sympify(stock.instrument.price) * flow
                    terms += [value if stock.holder == sector else 0, -value if stock.instrument.issuer == sector else 0]
        for trade in self.model.trades:
            goods = next((stock for stock in trade.delivered if stock is not CLOUD), None)
            if goods is None or goods.instrument is None:
                continue
            gain = trade.payment - sympy.sympify(goods.instrument.price) * trade.delivery
            if self.model.equations[trade.payment] == goods.instrument.price * trade.delivery:
                continue
            source, sink = trade.paid
            payee = sink.holder if sink is not CLOUD else source.instrument.issuer
            payer = source.holder if source is not CLOUD else sink.instrument.issuer
            terms += [gain if payee == sector else 0, -gain if payer == sector else 0]
        return sympy.Add(*terms)

    def boundary(self, instrument: Instrument) -> sympy.Expr:
        """Return the net rate at which an instrument's stocks grow through CLOUD."""
        terms = []
        for flow in self.model.flows:
            if (flow.source is CLOUD) != (flow.sink is CLOUD):
                ((stock, sign),) = flow.ends
                if stock.instrument == instrument:
                    terms.append(sign * flow)
        return sympy.Add(*terms)

    def ledger(self) -> Program:
        """The program of the ledgers.

        Its outputs are, for each sector, net worth and the rate income + revaluation; then for each
        instrument, the total of its stocks and the boundary flow. Revaluation is the sum of
        holdings times dp/dt, with dp/dt along the flow by the chain rule.
        """
        outputs: list[sympy.Expr] = []
        for sector in self.model.sectors:
            outputs += [self.balance(sector), self.income(sector)]
        for instrument in self.instruments:
            total = sympy.Add(*(stock for stock in self.stocks if stock.instrument == instrument))
            outputs += [total, self.boundary(instrument)]
        assignments, speed = self._price_speeds(outputs)
        for index, sector in enumerate(self.model.sectors):
            outputs[2 * index + 1] += sympy.Add(*(
                sign * stock * speed[stock.instrument] for stock, sign in self.positions(sector) if stock.instrument in speed))
        return Program(assignments, outputs)

    def prices(self) -> Program:
        """The program of each instrument's price and dp/dt along the flow, one after the other."""
        levels = [sympy.sympify(instrument.price) for instrument in self.instruments]
        assignments, speed = self._price_speeds(levels)
        pairs = zip(levels, (speed.get(instrument, sympy.S.Zero) for instrument in self.instruments), strict=True)
        return Program(assignments, [output for pair in pairs for output in pair])

    def _price_speeds(self, wanted: list[sympy.Expr]) -> tuple[list[Assignment], dict[Instrument, sympy.Expr]]:
        """Return the assignments for the wanted expressions and for dp/dt, and dp/dt of each price that can move."""
        net = self.derivatives()
        moving = {instrument: price for instrument in self.instruments if not (price := sympy.sympify(instrument.price)).is_number}
        assignments = [(quantity, self.equations[quantity]) for quantity in self.needed_for([*wanted, *net, *moving.values()])]
        slopes, gradient = self.chain_rule(self.needed_for(moving.values()))
        speed = {}
        for instrument, price in moving.items():
            terms = []
            for symbol in price.free_symbols:
                upstream = {symbol: sympy.S.One} if symbol in self._row else gradient.get(symbol, {})
                terms += [sympy.diff(price, symbol) * slope * net[self._row[stock]] for stock, slope in upstream.items()]
            speed[instrument] = sympy.Add(*terms)
        return assignments + slopes, speed

    def observables(self) -> list[Quantity]:
        """The quantities a run can show beside its stocks."""
        return [*self.model.computed]

    @cached_property
    def places(self) -> dict[str, tuple[str, int]]:
        """Which rows of a run each quantity stands among, and where, by name: to look for a symbol among many costs more than its column."""
        rows = (("_x", self.model.stocks), ("_computed", self.observables()), ("_inputs", (*self.model.parameters, *self.model.series)))
        return {quantity.name: (word, index) for word, quantities in rows for index, quantity in enumerate(quantities)}

    def observation(self) -> Program:
        """The program of every computed quantity."""
        return self.program(self.observables())
