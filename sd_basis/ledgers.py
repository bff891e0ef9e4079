"""Ledgers of a run: what the balance says against what was independently integrated.

Net worth of each sector is integrated as income plus revaluation, and the total of each instrument
as its boundary flows, by Gauss-Legendre quadrature over the solver's own interpolants. Neither uses
the balance it is compared with. The largest difference, relative to the scale, is the closing error.
"""

from __future__ import annotations

import numpy as np

from .course import Passing
from .path import Path
from .quadrature import nodes
from .quantities import Auxiliary


def closing_errors(path: Path) -> dict[str, float]:
    """Return each ledger's largest closing error over the run, relative to its scale.

    The scale of a sector is the largest sum of its assets and liabilities; of an instrument, its
    largest total or the smallest balance sheet that carries it. Empty for a model without balance sheets.
    """
    system = path.compiled.system
    if not system.model.sectors:
        return {}
    names = [sector.name for sector in system.model.sectors] + [instrument.name for instrument in system.instruments]
    balances = path.evaluate(path.compiled.ledger, path.t, path.x, path.segment)[0::2]
    points = nodes(path)
    gains = points.integrals(points.rates(path.compiled.ledger))
    scales, kicks = _scales(path), impulse_surplus(path)
    errors = {}
    for index, name in enumerate(names):
        # a policy date may move a price at once: that jump is revaluation, holdings do not jump
        changes = np.diff(balances[index])
        steps = np.diff(path.segment) == 0
        integrated = np.where(steps, 0.0, changes)
        integrated[steps] = gains[index]
        integrated[~steps] += kicks[index]
        error = np.cumsum(integrated) - np.cumsum(changes)
        errors[name] = float(np.max(np.abs(error), initial=0.0) / scales[index])
    return errors


def impulse_surplus(path: Path) -> np.ndarray:
    """Return by ledger (rows) and switch between pieces (columns) what impulses declare beyond what holdings gain by them.

    Holdings jump, and are valued at the price before; at the price after, the holdings after make the revaluation.
    It is zero where every amount that passes is a transfer, a trade or a boundary flow of the right size.
    """
    system, course = path.compiled.system, path.course
    count = len(system.model.sectors) + len(system.instruments)
    surplus = np.zeros((count, len(path.pieces) - 1))
    names = list(system.model.impulses)
    for column, switch in enumerate(course.switches[1:len(path.pieces)]):
        for passing in switch.kicks:
            name, x = passing.kick.impulse.name, passing.x
            place = names.index(name)
            declared = path.compiled.impulse_ledger(switch.time, x.tolist(), passing.inputs)[place * count:(place + 1) * count]
            surplus[:, column] += np.array(declared) - _gain(path, switch.time, passing, path.compiled.kick(name, switch.time, x, passing.inputs))
    return surplus


def _gain(path: Path, time: float, passing: Passing, jump: np.ndarray) -> np.ndarray:
    """Return what each ledger gains by a jump of the stocks, at the prices before it."""
    system = path.compiled.system
    jumps = dict(zip(system.stocks, jump, strict=True))
    prices = {instrument: path.compiled.value_of(instrument.price, time, passing.x, passing.inputs)
              if isinstance(instrument.price, Auxiliary) else float(instrument.price) for instrument in system.instruments}
    gains = [sum(sign * prices[stock.instrument] * jumps[stock] for stock, sign in system.positions(sector)) for sector in system.model.sectors]
    gains += [sum(jumps[stock] for stock in system.stocks if stock.instrument == instrument) for instrument in system.instruments]
    return np.array(gains, float)


def _scales(path: Path) -> list[float]:
    """Return the size against which each ledger's error is measured."""
    system = path.compiled.system
    columns = {stock: path.x[:, index] for index, stock in enumerate(system.stocks)}
    values = {quantity: path.computed[index] for index, quantity in enumerate(system.observables())}
    worth = {stock: np.abs(columns[stock] * np.asarray(values.get(stock.instrument.price, stock.instrument.price)))
             for stock in system.stocks if stock.instrument is not None}
    sectors = {sector: max(float(np.max(sum(worth[stock] for stock, _ in system.positions(sector)))), 1e-300)
               for sector in system.model.sectors}
    scales = list(sectors.values())
    for instrument in system.instruments:
        own = [stock for stock in system.stocks if stock.instrument == instrument]
        # much may pass through a claim that stands near zero: it is measured against the smallest balance sheet that carries it
        carried = min(scale for sector, scale in sectors.items() if any(stock in own for stock, _ in system.positions(sector)))
        scales.append(max(float(np.max(sum(np.abs(columns[stock]) for stock in own))), carried))
    return scales
