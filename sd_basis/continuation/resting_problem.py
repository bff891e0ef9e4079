"""The equations of rest in scaled, reduced unknowns: N' S^-1 f(x, p) = 0 with x = x0 + S N y.

S holds the scales of the stocks and the columns of N span what the flows can move, so that conserved totals keep the
values of the beginning. Stocks that no rate depends on are left out, frozen ones keep their value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..beginning import initial_state, scales
from ..case import Case
from ..compiled import Compiled, compiled
from ..library import find_case
from ..model import Model
from ..quantities import Parameter, Stock
from ..schedule import schedule
from ..timeline import Schedule
from .reducing import check_rates, frozen_stocks, kept_stocks, limits, reachable

_FAILURES = (ArithmeticError, ValueError, TypeError)  # of computed rates; a power of a negative number is complex in Python
_LARGEST = 1e120
_NEUTRAL = 1e-7  # of the largest slope: directions in which gates are shut, or all but shut
_SLOW = 1e-6  # of one per span of the model: slopes below are not magnified
_STEP = 1e-3  # of the scales: fourth-order differences of the exact Jacobian


class Beyond(ArithmeticError):
    """The rates cannot be computed at a state."""


class Problem:
    """The equations of rest over one or two parameters; unknowns are u = (y, q), with each parameter low + width q."""

    def __init__(self, model: Model, over: Sequence[Parameter | str], spans: Sequence[tuple], where: str, case: Case | str | Path | None = None,
                 set: Mapping | None = None, initial: Mapping | None = None, frozen: Iterable[Stock | str] = ()):
        self.model, self.where = model, f"model {model.name!r}, {where}"
        self.functions: Compiled = compiled(model)
        self.case = find_case(model, case) or Case("default")
        self.plan: Schedule = schedule(model, self.case, (), set, None)
        self.over = tuple(model.quantity(item, self.where, Parameter) for item in over)
        self.places = [model.input_places[item] for item in self.over]
        self.low, self.width = limits(self.where, self.over, spans)
        self.begin = self.beginning(initial)
        held = frozen_stocks(model, f"{self.where}, frozen", frozen)
        self.frozen = tuple(stock.name for stock in held)
        self.kept, self.dropped = kept_stocks(self.functions, self.where, [model.stocks.index(stock) for stock in held])
        check_rates(self.functions, self.where, self.kept, self.over)
        self.size = np.array(scales(model, self.begin))[self.kept]
        self.basis, self.totals = reachable(self.functions, self.kept, self.size)
        self.moved = self.left = self.basis  # of the states and the equations; others than that of the unknowns once neutral directions are held
        self.neutral: tuple[str, ...] = ()
        self._lost = np.zeros((len(self.kept), 0))
        self._through(self.begin)
        self._slopes = self.functions.gradient([self.functions.system.derivatives()[place] for place in self.kept], self.over)
        self.held: tuple[float, ...] | None = None
        self._margins = self.functions.watching(())[0] if model.kinks else None

    @property
    def length(self) -> float:
        """The span of the model, in its time unit; one where it is endless."""
        span = self.plan.end - self.plan.start
        return span if np.isfinite(span) else 1.0

    def beginning(self, initial: Mapping | None) -> np.ndarray:
        """Return the initial stocks, given ones in place of declared ones."""
        return initial_state(self.model, self.case, self.functions, self.plan, initial or {})

    def _through(self, x: np.ndarray) -> None:
        """Let the unknowns reach a state."""
        scaled = x[self.kept] / self.size
        self.origin = self.size * (scaled - self.basis @ (self.basis.T @ scaled))
        self.count = self.basis.shape[1]
        self.rows = np.ones(self.count)

    def hold_neutral(self, u: np.ndarray) -> np.ndarray:
        """Hold the directions in which a state of rest may be anywhere, name the stocks that lie along them, and return the unknowns that are left.

        The equations that say nothing there are left out; `astray` tells where they begin to.
        """
        self.equilibrate(u)
        left, sizes, right = np.linalg.svd(self.slopes(u)[:, :self.count])
        small = sizes <= _NEUTRAL * max(float(sizes[0]), 1e-300)
        if not np.any(small) or np.linalg.svd(self.slopes(u))[1][-1] > 10 * _NEUTRAL * sizes[0]:  # a fold is singular in the states only
            return u
        weights = np.max(np.abs(right[small] @ self.basis.T), axis=0)
        order = [int(place) for place in np.argsort(-weights, kind="stable") if weights[place] > 0.3 * np.max(weights)]
        self.neutral = tuple(self.model.stocks[self.kept[place]].name for place in order)
        x, values = self.stocks(u), self.parameters(u)
        scaled = self.left * self.rows
        self._lost = np.linalg.qr(scaled @ left[:, small])[0]
        self.left = scaled @ left[:, ~small]
        self.basis = self.basis @ right[~small].T
        self._through(x)
        found = self.unknowns(x, values)
        self.equilibrate(found)
        return found

    def astray(self, u: np.ndarray) -> float:
        """Return by how much of their scales the stocks along held directions would move over the model's span."""
        if not self._lost.size:
            return 0.0
        return float(np.max(np.abs(self._lost.T @ self.changes(u)))) * self.length

    # Unknowns ------------------------------------------------------------------------------

    def unknowns(self, x: np.ndarray, values: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return u of the stocks and the parameters."""
        return np.concatenate([self.basis.T @ ((x[self.kept] - self.origin) / self.size), (np.asarray(values, float) - self.low) / self.width])

    def scaled(self, u: np.ndarray) -> np.ndarray:
        """Return the stocks that are solved for, in their scales."""
        return self.origin / self.size + self.basis @ u[:self.count]

    def stocks(self, u: np.ndarray) -> np.ndarray:
        """Return every stock, those left out with their initial value."""
        x = self.begin.copy()
        x[self.kept] = self.size * self.scaled(u)
        return x

    def parameters(self, u: np.ndarray) -> np.ndarray:
        """Return the values of the parameters."""
        return self.low + self.width * u[self.count:]

    def named(self, u: np.ndarray) -> dict[str, float]:
        """Return the parameters and every stock that is not left out, by name."""
        found = {item.name: float(value) for item, value in zip(self.over, self.parameters(u), strict=True)}
        x = self.stocks(u)
        return found | {stock.name: float(x[place]) for place, stock in enumerate(self.model.stocks) if stock.name not in self.dropped}

    def metric(self, u: np.ndarray) -> np.ndarray:
        """Return L of the norm |L du|: stocks by their scale, or their own size where that is larger, and parameters by their span, in equal parts."""
        weights = 1 / (np.maximum(1.0, np.abs(self.scaled(u))) * np.sqrt(len(self.kept)))
        whole = np.zeros((len(self.kept) + len(self.over), self.count + len(self.over)))
        whole[:len(self.kept), :self.count] = weights[:, None] * self.basis
        whole[len(self.kept):, self.count:] = np.eye(len(self.over))
        return whole

    # Equations -----------------------------------------------------------------------------

    def _inputs(self, u: np.ndarray, x: list[float]) -> list:
        inputs = list(self.plan.base)
        for place, value in zip(self.places, self.parameters(u).tolist(), strict=True):
            inputs[place] = value
        if modes := len(self.model.modes):
            inputs[-modes:] = self.functions.modes(self.plan.start, x, inputs) if self.held is None else self.held
        return inputs

    def modes(self, u: np.ndarray) -> tuple[float, ...] | None:
        """Return what the nodes at which rates jump are at a state, to be `held` along a branch until it comes to a jump."""
        if not self.model.modes:
            return None
        x = self.stocks(u).tolist()
        held, self.held = self.held, None
        try:
            return tuple(self._inputs(u, x)[-len(self.model.modes):])
        except _FAILURES as error:
            raise Beyond(str(error)) from None
        finally:
            self.held = held

    def _computed(self, u: np.ndarray, wanted: str) -> tuple[np.ndarray, ...]:
        x = self.stocks(u).tolist()
        try:
            inputs = self._inputs(u, x)
            if wanted == "rates":
                found: tuple = (np.array(self.functions.rhs(self.plan.start, x, inputs), float)[self.kept],)
            elif wanted == "margins":
                found = (np.array([] if self._margins is None else self._margins(self.plan.start, x, inputs), float),)
            else:
                rows, columns = self.functions.pattern
                matrix = np.zeros((len(x), len(x)))
                matrix[rows, columns] = self.functions.jacobian(self.plan.start, x, inputs)
                found = matrix[np.ix_(self.kept, self.kept)], self._slopes(self.plan.start, x, inputs)
        except _FAILURES as error:
            raise Beyond(str(error)) from None
        for part in found:
            if part.size and not np.abs(part).max() < _LARGEST:  # false for what is not a number
                raise Beyond("a rate is not finite")
        return found

    def changes(self, u: np.ndarray) -> np.ndarray:
        """Return dz/dt of the scaled stocks that are solved for."""
        return self._computed(u, "rates")[0] / self.size

    def margins(self, u: np.ndarray) -> np.ndarray:
        """Return the margins of every kink of the rates."""
        return self._computed(u, "margins")[0]

    def residual(self, u: np.ndarray) -> np.ndarray:
        """Return what must vanish at rest."""
        return self.rows * (self.left.T @ self.changes(u))

    def _both(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        matrix, slopes = self._computed(u, "slopes")
        return self.left.T @ (matrix * self.size / self.size[:, None]) @ self.basis, self.left.T @ (slopes * self.width / self.size[:, None])

    def slopes(self, u: np.ndarray) -> np.ndarray:
        """Return the derivatives of the residual by u."""
        return self.rows[:, None] * np.hstack(self._both(u))

    def jacobian(self, u: np.ndarray) -> np.ndarray:
        """Return the Jacobian of dy/dt, whose eigenvalues are those of the model on its totals; neutral directions add zeros."""
        matrix = self._computed(u, "slopes")[0]
        return self.moved.T @ (matrix * self.size / self.size[:, None]) @ self.moved

    def bend(self, u: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Return the derivative of the slopes along a direction, by differences of the exact ones."""
        length = float(np.max(np.abs(self.metric(u) @ direction))) * np.sqrt(len(self.kept))
        for share in (_STEP, _STEP / 30, _STEP / 1000):
            own = direction * share / length
            try:
                near, far = (self.slopes(u + part * own) - self.slopes(u - part * own) for part in (1, 2))
            except Beyond:
                continue
            return (8 * near - far) / (12 * share / length)
        raise Beyond("the rates cannot be computed nearby")

    def equilibrate(self, u: np.ndarray) -> None:
        """Scale the equations so that the largest slope of each is one at u."""
        self.rows = np.ones(self.count)
        largest = np.max(np.abs(self.slopes(u)), axis=1)
        self.rows = 1 / np.maximum(largest, _SLOW / self.length)
