"""The gain of a loop: how many dollars of forced sales one dollar of forced sales causes.

The loop is cut at a quantity u that enters, dx/dt = f(x, u), and y = g(x, u) is what returns. The gain G(s) = g_u +
g_x (s I - f_x)^-1 f_u of the open loop still holds that what is executed discharges the need, -rate/s; without it
L(s) = (rate + s G(s)) / (s + rate), and L(s) = 1 for an s > 0 exactly where the closed loop grows like e^(s t). The
supremum of L over real s >= 0 is the spiral number: from one on something grows, and L(0) alone would miss what
answers to speed, such as volatility. For a family L is a matrix and its dominant eigenvalue counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .beginning import initial_state
from .case import Case
from .compiled import Compiled, compiled
from .errors import InputError, NumericalFailure
from .families import Members
from .library import find_case
from .model import Model
from .opening import Opening, check_units, opened_program, opening
from .quantities import Stock, finite_number
from .resting import at_rest
from .run import Run
from .schedule import schedule
from .system import Program
from .transfer import Transfer, dominant, reaches, reduced, supremum


@dataclass(frozen=True)
class Gain:
    """The gain of a loop at one state.

    `value` is the supremum of L(s) over real s >= 0 and `at` the s where it lies (0 or infinity at the ends), `static` is
    L(0). `actual` is the supremum with the rows of L times the weights, None without weights. `growth` is the largest
    growth rate of what is left where the loop is open: where it is positive beyond rounding, the rest is unstable without the loop.
    """

    value: float
    at: float
    static: float
    actual: float | None
    growth: float
    members: tuple[str, ...]
    _loop: Transfer = field(repr=False)

    def matrix(self, s: float) -> np.ndarray:
        """Return L(s) for s > 0: an entry is what its row's member must sell for each dollar its column's member sells."""
        if not finite_number("matrix, s", s) > 0:
            raise InputError(f"matrix, s: {s} is not positive; give a growth rate above zero")
        try:
            return self._loop.matrix(np.array([[float(s)]]))[0, 0]
        except np.linalg.LinAlgError:
            raise InputError(f"matrix, s: the rest grows at {s:g} by itself, where the gain is infinite; give another growth rate") from None

    def curve(self, s: Iterable[float]) -> np.ndarray:
        """Return the gain at growth rates s > 0, not weighted."""
        given = np.array([finite_number("curve, s", value) for value in s])
        if np.any(given <= 0):
            raise InputError(f"curve, s: {np.min(given):g} is not positive; give growth rates above zero, and see .static for zero")
        return dominant(self._loop.matrix(given[None, :]))[0]


@dataclass(frozen=True)
class GainPath:
    """The gain of a loop along a run: arrays over `t` of what `Gain` holds; not a number where the derivatives are not finite."""

    t: np.ndarray
    value: np.ndarray
    at: np.ndarray
    static: np.ndarray
    actual: np.ndarray | None
    growth: np.ndarray
    members: tuple[str, ...]


def loop_gain(subject: Run | Model, enters: Any, returns: Any = None, *, rate: Any, stocks: Iterable[Any] | None = None, weights: Any = None,
              hold: Iterable[Any] = (), at: Any = None, set: Mapping | None = None, horizon: float | None = None) -> Gain:
    """Return the gain of a loop that is cut at `enters`, at one state of a run or at a model's initial state.

    `enters` is an auxiliary or a flow, or a family of them; every other equation sees it held. `returns`, by default the
    same, is what comes back for the same members: a quantity or an expression, for example the order that would be given
    if a limit were binding. `rate` is that at which `returns` falls as what entered is executed (fill_share / execution_time,
    and for an order behind a gate times the gate's slope). `stocks` are those that take part, by default all; the others are
    frozen. `hold` names auxiliaries and flows that keep their values too, such as purchases: where these rebuild what was
    sold, L(0) is one whatever the spiral does. `weights` (0 to 1) multiply the rows of L in `actual`: the share
    that is bound. Of a run `at` is a time or date, by default its end; of a model `at` holds values of stocks and `set` of
    parameters. With a `horizon` growth slower than 1/horizon does not count: `value` is the supremum over s >= 1/horizon.
    Of complex eigenvalues of L the real part counts. Where the rest grows by itself at a rate p, s begins at 1.1 p:
    from one on it grows at least a tenth faster with the loop.
    Raises InputError for quantities that do not exist or do not fit, and where nothing returns.
    """
    if isinstance(subject, Run):
        if set is not None:
            raise InputError("loop_gain, set: a run has its parameters already; leave set= out, or give the model")
        loop = _Loop(subject.path.compiled, "loop_gain", enters, returns, rate, weights, stocks, hold)
        times = _times(subject, "loop_gain, at", [subject.path.t[-1] if at is None else at])
        values, span = _along(subject, loop, times), subject.path.t[-1] - subject.path.t[0]
        where = f"loop_gain, at {subject.when(times[0])}"
    elif isinstance(subject, Model):
        loop = _Loop(compiled(subject), "loop_gain", enters, returns, rate, weights, stocks, hold)
        values, span = _at_first(subject, loop, at, set)
        where = "loop_gain, at the initial state"
    else:
        raise InputError(f"loop_gain: {subject!r} is neither a run nor a model; give simulate(...) or a Model")
    opened, shares = loop.opened(values)
    found = _found(loop, opened, shares, span, _least("loop_gain", horizon))
    if np.isnan(found["value"][0]):
        raise NumericalFailure(f"{where}: a derivative is not finite there; look for a division by zero, or choose another state")
    plain: dict[str, Any] = {name: None if column is None else float(column[0]) for name, column in found.items()}
    return Gain(**plain, members=loop.opening.members, _loop=opened)


def gain_along(run: Run, enters: Any, returns: Any = None, *, rate: Any, stocks: Iterable[Any] | None = None, weights: Any = None,
               hold: Iterable[Any] = (), times: Iterable[Any] | None = None, horizon: float | None = None) -> GainPath:
    """Return the gain of a loop along a run, with the parameters in force at each time.

    `times` are model times or dates in order, by default 201 over the run; at a switch the gain is that after it. The rest is as in `loop_gain`.
    """
    if not isinstance(run, Run):
        raise InputError(f"gain_along: {run!r} is not a run; give simulate(...)")
    loop = _Loop(run.path.compiled, "gain_along", enters, returns, rate, weights, stocks, hold)
    first, last = run.path.t[0], run.path.t[-1]
    t = np.linspace(first, last, 201) if times is None else _times(run, "gain_along, times", times)
    opened, shares = loop.opened(_along(run, loop, t))
    return GainPath(t=t, **_found(loop, opened, shares, last - first, _least("gain_along", horizon)), members=loop.opening.members)


class _Loop:
    """An opening with its compiled derivatives and the stocks that take part."""

    def __init__(self, functions: Compiled, where: str, enters: Any, returns: Any, rate: Any, weights: Any, stocks: Iterable[Any] | None,
                 hold: Iterable[Any]):
        self.functions, self.where = functions, where
        model = functions.model
        self.opening: Opening = opening(model, where, enters, returns, rate, weights, hold)
        self.function, self.places = functions.entries("gain", self.opening.about, self._program)
        self.size = len(model.stocks) + len(self.opening.members)
        self.linked = np.zeros((self.size, self.size), bool)
        self.linked[tuple(self.places)] = True
        if isinstance(stocks, (str, Stock)):
            raise InputError(f"{where}, stocks: {stocks!r} is one; give a list of stocks")
        chosen = model.stocks if stocks is None else [stock for given in stocks for stock in _stocks(model, f"{where}, stocks", given)]
        self.stocks = sorted({model.stocks.index(stock) for stock in chosen})
        unmoved = [member for member, row in zip(self.opening.members, reaches(self.linked, self.stocks, len(self.opening.members)), strict=True) if not row]
        if unmoved:
            place = self.opening.members.index(unmoved[0])
            cut, back = self.opening.enters[place], self.opening.returns[place]
            through = "" if stocks is None else " through the stocks chosen"
            raise InputError(f"{where}: {str(back)!r} does not depend on {str(cut)!r}{through}, so that no loop is cut; "
                             f"choose {'what returns' if stocks is None else 'more stocks'}, or another quantity to cut")

    def _program(self) -> tuple[Program, list[tuple[int, int]]]:
        check_units(self.functions.model, self.where, self.opening)
        return opened_program(self.functions.system, self.opening)

    def opened(self, values: np.ndarray) -> tuple[Transfer, np.ndarray | None]:
        """Return the open loop and the weights from the outputs (outputs, times) of the compiled derivatives."""
        count, members = self.places.shape[1], len(self.opening.members)
        whole = np.zeros((values.shape[1], self.size, self.size))
        whole[:, self.places[0], self.places[1]] = values[:count].T
        rates, weights = values[count:count + members].T, values[count + members:].T
        for name, given in (("rate", rates), ("weights", weights)):
            if np.any(given < 0):
                raise InputError(f"{self.where}, {name}: it is {np.nanmin(given):g}, which is negative; give one that is not")
        return reduced(whole, rates, self.stocks, self.linked), weights if weights.shape[1] else None


def _found(loop: _Loop, opened: Transfer, weights: np.ndarray | None, span: float, least: float) -> dict[str, Any]:
    plain = supremum(opened, 1 / span, least)
    actual = None if weights is None else supremum(opened, 1 / span, least, weights).value
    return {"value": plain.value, "at": plain.at, "static": plain.static, "actual": actual, "growth": plain.growth}


def _stocks(model: Model, where: str, given: Any) -> list[Stock]:
    """Return the stock of a name, or the members of a family of stocks."""
    if isinstance(given, Members):
        return [model.quantity(member, where, Stock) for member in given]
    members = [stock for stock in model.stocks if stock.name.startswith(f"{given}[")]
    return members or [model.quantity(given, where, Stock)]


def _times(run: Run, where: str, given: Iterable[Any]) -> np.ndarray:
    times = np.array([run.case.time(where, value) for value in given], dtype=float)
    first, last = run.path.t[0], run.path.t[-1]
    if times.size == 0 or np.any(np.diff(times) < 0) or times[0] < first or times[-1] > last:
        raise InputError(f"{where}: the times do not rise within the run from {run.when(first)} to {run.when(last)}; give times in that range, in order")
    return times


def _along(run: Run, loop: _Loop, times: np.ndarray) -> np.ndarray:
    x, segment = run.path.at(times)
    return run.path.evaluate(loop.function, times, x, segment)


def _at_first(model: Model, loop: _Loop, at: Any, given: Mapping | None) -> tuple[np.ndarray, float]:
    """Return the outputs of the compiled derivatives where the model's case begins, with its stocks and parameters replaced, and the span."""
    if not isinstance(at, (Mapping, type(None))):
        raise InputError(f"loop_gain, at: {at!r} is a time, but a model has none; give values of stocks, or a run")
    case, functions = find_case(model, None) or Case("default"), loop.functions
    plan = schedule(model, case, (), given, None)
    own = replace(case, initial={}) if isinstance(case.initial, str) else case
    x = initial_state(model, own, functions, plan, at or {})
    if own is not case and at is None:
        x = at_rest(functions, plan, x)
    modes = functions.modes(plan.start, x.tolist(), plan.base) if model.modes else []
    inputs = [*plan.base[:len(plan.base) - len(modes)], *modes]
    with np.errstate(all="ignore"):
        values = loop.function(np.array([plan.start]), list(x[:, None]), [np.array([value]) if isinstance(value, float) else value for value in inputs])
    return np.array([np.broadcast_to(value, (1,)) for value in values], dtype=float), plan.end - plan.start


def _least(where: str, horizon: float | None) -> float:
    """Return the least growth rate that counts."""
    if horizon is None:
        return 0.0
    if not finite_number(f"{where}, horizon", horizon) > 0:
        raise InputError(f"{where}, horizon: {horizon:g} is not a positive length; give the time within which growth matters")
    return 1 / float(horizon)
