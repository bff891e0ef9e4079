"""Ledgers of a run: what the balance says against what was independently integrated.

Net worth of each sector is integrated as income plus revaluation, and the total of each instrument
as its boundary flows, by Gauss-Legendre quadrature over the solver's own interpolants. Neither uses
the balance it is compared with. The largest difference, relative to the scale, is the closing error.
"""

from __future__ import annotations

import numpy as np

from .path import Path

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


def closing_errors(path: Path) -> dict[str, float]:
    """Return each ledger's largest closing error over the run, relative to its scale.

    The scale of a sector is the largest sum of its assets and liabilities; of an instrument, its
    largest total. Empty for a model without balance sheets.
    """
    system = path.compiled.system
    if not system.model.sectors:
        return {}
    names = [sector.name for sector in system.model.sectors] + [instrument.name for instrument in system.instruments]
    balances = path.evaluate(path.compiled.ledger, path.t, path.x, path.segment)[0::2]
    t, x, segment, lengths = path.between((_NODES + 1) / 2)
    rates = path.evaluate(path.compiled.ledger, t, x, segment)[1::2]
    gains = (rates.reshape(len(names), -1, len(_NODES)) @ (_WEIGHTS / 2)) * lengths
    scales = _scales(path)
    errors = {}
    for index, name in enumerate(names):
        # a policy date may move a price at once: that jump is revaluation, holdings do not jump
        changes = np.diff(balances[index])
        steps = np.diff(path.segment) == 0
        integrated = np.where(steps, 0.0, changes)
        integrated[steps] = gains[index]
        error = np.cumsum(integrated) - np.cumsum(changes)
        errors[name] = float(np.max(np.abs(error), initial=0.0) / scales[index])
    return errors


def _scales(path: Path) -> list[float]:
    """Return the size against which each ledger's error is measured."""
    system = path.compiled.system
    prices = {}
    for stock in system.stocks:
        if stock.instrument is not None:
            prices[stock.instrument] = stock.instrument.price
    columns = {stock: path.x[:, index] for index, stock in enumerate(system.stocks)}
    values = {quantity: path.computed[index] for index, quantity in enumerate(system.observables())}
    worth = {stock: np.abs(columns[stock] * np.asarray(values.get(stock.instrument.price, 1.0)))
             for stock in system.stocks if stock.instrument is not None}
    scales = [max(float(np.max(sum(worth[stock] for stock, _ in system.positions(sector)))), 1e-300)
              for sector in system.model.sectors]
    for instrument in system.instruments:
        total = sum(np.abs(columns[stock]) for stock in system.stocks if stock.instrument == instrument)
        scales.append(max(float(np.max(total)), 1e-300))
    return scales
