"""Forward sensitivities: how a run's path moves with parameters, initial stocks and the dates of its policies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .errors import InputError, unknown
from .forward import Forward
from .integrators import FIXED
from .quantities import Parameter, Stock
from .run import Run


class Sensitivities:
    """The sensitivities of a run: `s["level", "share"]` (n,) along `t`, of any quantity by anything varied.

    `varied` are the names; `s.stocks` (times, stocks, varied) holds them all. `warnings` name crossings that only graze
    their level and dates that coincide with others that do not move: there the derivative is one-sided or large.
    """

    def __init__(self, run: Run, varied: Sequence[Any], along: tuple[np.ndarray, np.ndarray, np.ndarray], stocks: np.ndarray,
                 effects: list[np.ndarray], warnings: list[str]):
        self.run, self.stocks, self.warnings = run, stocks, warnings
        self.t, self._x, self._segment = along
        self._varied, self._effects = varied, effects
        self.varied = [_name(item) for item in varied]

    def __getitem__(self, key: tuple[Any, Any]) -> np.ndarray:
        """Return d quantity / d varied along `t`; raise InputError with the nearest names."""
        if not (isinstance(key, tuple) and len(key) == 2):
            raise InputError(f"sensitivities: {key!r} is not a pair; write s[quantity, varied]")
        quantity = self.run.model.quantity(key[0], "sensitivities")
        name = _name(key[1])
        if name not in self.varied:
            raise unknown("sensitivities", "varied quantity", name, self.varied)
        column = self.varied.index(name)
        if isinstance(quantity, Stock):
            return self.stocks[:, self.run.model.stocks.index(quantity), column]
        model = self.run.model
        if quantity in model.input_places:
            return np.array([effect[model.input_places[quantity], column] for effect in self._effects])
        return self.of(quantity)[:, column]

    def of(self, expression: Any) -> np.ndarray:
        """Return the derivatives of an expression of stocks, auxiliaries, flows and inputs by all that is varied (times, varied), along `t`."""
        path, model = self.run.path, self.run.model
        gradient = path.compiled.gradient([expression], [*model.stocks, *model.parameters, *model.series])
        found = []
        for row, (t, x, segment) in enumerate(zip(self.t, self._x, self._segment, strict=True)):
            slopes = gradient(t, x.tolist(), path.segments[segment].values(t))[0]
            found.append(slopes[:len(model.stocks)] @ self.stocks[row] + slopes[len(model.stocks):] @ self._effects[row][:, :len(self._varied)])
        return np.array(found)


def sensitivities(run: Run, varied: Iterable[Any], *, at: Iterable[float] | None = None, method: str = "LSODA", rtol: float | None = None) -> Sensitivities:
    """Return the sensitivities of a run to parameters, to initial stocks, and to dates.

    `varied` are parameters and stocks (their initial values), by name or symbol, names of dated policies and impulses
    (the date, with which their end and series move) and "shift" (all dates of policies). They are given at the steps of the run, or
    `at` rising model times. Each is integrated on its own, with the run's rtol unless another is given; method "collocation" takes
    all at once along the run's steps, which is faster for many. Raises InputError for names that do not exist or did not take part, for a run
    that went on from a saved state, and for one that begins at an equilibrium; NumericalFailure where an integration ends early.
    """
    if run.begins == "resumed":
        raise InputError("sensitivities: the run went on from a saved state and does not know its beginning; run the whole of it")
    if run.solver["method"] in FIXED:
        raise InputError(f"sensitivities: the run took fixed steps ({run.solver['method']}); run it with LSODA, BDF or Radau")
    chosen = [_resolved(run, item) for item in varied]
    if not chosen:
        raise InputError("sensitivities: nothing is varied; name parameters, stocks, policies or 'shift'")
    path = run.path
    along = path.t, path.x, path.segment
    if at is not None:
        times = np.array(list(at), float)
        if np.any(np.diff(times) < 0) or not (len(times) and path.t[0] <= times[0] and times[-1] <= path.t[-1]):
            raise InputError(f"sensitivities, at: the times do not rise within the run from {path.t[0]:g} to {path.t[-1]:g}; "
                             "give times in that range, in order")
        along = times, *path.at(times)
    made = Forward(run, chosen, method, run.solver["rtol"] if rtol is None else rtol)
    return Sensitivities(run, chosen, along, *made.integrated(along[0], along[2]))


def _resolved(run: Run, item: Any) -> Any:
    """Return the parameter, the stock, or the name of what is dated."""
    name, plan = _name(item), run.path.schedule
    found = run.model.quantities.get(name)
    if isinstance(found, (Parameter, Stock)):
        return found
    dated = [action.name for action in plan.actions] + [kick.impulse.name for kick in plan.kicks]
    if name == "shift" or name in dated:
        return name
    known = [*(quantity.name for quantity in (*run.model.parameters, *run.model.stocks)), *dated, "shift"]
    raise unknown("sensitivities", "parameter, stock, or policy of this run", name, known)


def _name(item: Any) -> str:
    return item.name if hasattr(item, "name") else str(item)
