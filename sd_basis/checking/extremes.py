"""Extreme conditions: parameters at the ends of their ranges, no policy, shocks tenfold, stocks at zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..case import Case
from ..errors import InputError, NumericalFailure
from ..model import Model
from ..run import Run
from ..simulation import simulate
from ..workers import spread
from .context import Context, stopped
from .describing import plausible
from .findings import Finding, error, note, warning
from .members import falls_below_zero, nonnegative_stocks, unbounded

_TENFOLD = 10.0
_MANY = 40  # runs that are worth processes of their own
_ADVICE = {"zero": "let its outflows vanish with it", "equation": "mend the equations so that they hold there"}
_HERE: dict[str, Any] = {}  # a worker's model and settings


@dataclass(frozen=True)
class Extreme:
    """A run under one extreme condition: where it applies, in words, and the arguments of the run."""

    where: str
    condition: str
    names: tuple[str, ...]
    case: Case
    options: Mapping[str, Any] = field(default_factory=dict)


def extremes(model: Model, context: Context) -> Iterator[Finding]:
    """Under extreme conditions the model runs, finite and balanced.

    No stock falls below zero, every equation is finite and the ledgers close in the main case with
    each parameter at both ends of its plausible range, each policy of the case absent and all of them, each shock ten times as far from the
    value it moves, each non-negative stock at zero and all of them. Sterman's extreme-conditions test. A stock that starts at zero and falls
    below is a warning, of a balance sheet a note: what is owed is due from an empty purse too.
    """
    base, at_fault = context.base, set[str]()
    tasks = list(conditions(model, base))
    settings = {"method": context.method, "rtol": context.rtol}
    if context.workers > 1 and len(tasks) > _MANY:
        found: dict[int, str] = {}
        for number, said in spread("check", _tried, range(len(tasks)), context.workers, _begin, (model, tasks, settings)):
            found[number] = said
            context.step(1)
        answers: Iterator[str] = iter([found[number] for number in range(len(tasks))])
    else:
        answers = (_told(model, task, settings, context) for task in tasks)
    for task, said in zip(tasks, answers, strict=True):
        together = len(task.names) > 1 and any(name in at_fault for name in task.names)
        if not said or together:  # what one of them does alone is told already
            continue
        at_fault.update(task.names)
        if "initial" not in task.options or not said.endswith(_ADVICE["zero"]):
            yield error(f"{task.where}: {task.condition}, {said}", *task.names)
        elif any(stock.instrument is not None for stock in model.stocks if f"stock {stock.name!r} is declared" in said):
            yield note(f"{task.where}: {task.condition}, {said.partition(';')[0]}; what is owed is due from an empty purse too, say so where default is not "
                       "part of the model", *task.names)
        else:
            yield warning(f"{task.where}: {task.condition}, {said}", *task.names)


def conditions(model: Model, base: Run) -> Iterator[Extreme]:
    """Give every extreme condition of a run."""
    case, values = base.case, dict(zip((item.name for item in model.parameters), base.path.schedule.base, strict=False))
    for parameter in model.parameters:
        ends = plausible(parameter) or ()
        for value, end in zip(ends if parameter is not model.step else (), ("lower", "upper"), strict=False):
            yield Extreme(f"parameter {parameter.name!r}", f"at {value:g}, the {end} end of its range",
                          (parameter.name,), case, {"set": {parameter.name: value}})
    for event in case.policies:
        rest = tuple(other for other in case.policies if other is not event)
        yield Extreme(f"policy {event.name!r}", "without it", (event.name,), replace(case, policies=rest))
    if len(case.policies) > 1:
        yield Extreme("policies", "without any", tuple(event.name for event in case.policies), replace(case, policies=()))
    for event in case.shocks:
        if event.set:
            changed = replace(event, set=_tenfold(model, event.set, values))
            shocks = tuple(changed if other is event else other for other in case.shocks)
            yield Extreme(f"shock {event.name!r}", "ten times as large", (event.name,), replace(case, shocks=shocks))
    stocks = nonnegative_stocks(model)
    for stock in stocks:
        yield Extreme(f"stock {stock.name!r}", "from zero on", (stock.name,), case, {"initial": {stock.name: 0.0}})
    if len(stocks) > 1:
        yield Extreme("stocks", "all from zero on", tuple(stock.name for stock in stocks), case, {"initial": {stock.name: 0.0 for stock in stocks}})


def runs_of_extremes(model: Model, context: Context) -> int:
    """Return how many runs the extreme conditions take."""
    stocks = len(nonnegative_stocks(model))
    parameters = sum(2 for parameter in model.parameters if plausible(parameter))
    return parameters + len(context.main.policies) + len(context.main.shocks) + stocks + (len(context.main.policies) > 1) + (stocks > 1)


def _tenfold(model: Model, given: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
    """Return the values of a shock ten times as far from those without it, within the domains."""
    found = {}
    for name, value in given.items():
        for parameter in model.parameters_of(name):
            low, high = parameter.domain
            found[parameter.name] = min(max(values[parameter.name] + _TENFOLD * (value - values[parameter.name]), low), high)
    return found


def _told(model: Model, task: Extreme, settings: Mapping[str, Any], context: Context) -> str:
    said = trial(model, task, settings)
    context.step(1)
    return said


def trial(model: Model, task: Extreme, settings: Mapping[str, Any]) -> str:
    """Return what is wrong with the run under an extreme condition, an empty text where nothing is."""
    try:
        run = simulate(model, task.case, **settings, **task.options)
    except (NumericalFailure, InputError) as failure:
        return f"{stopped(failure)}; {_ADVICE['zero' if falls_below_zero(failure) else 'equation']}"
    wild = unbounded(run)
    if wild:
        return f"{wild}; {_ADVICE['equation']}"
    ledger, gap = max(run.ledgers.items(), key=lambda entry: entry[1], default=("", 0.0))
    if gap > 1e3 * settings["rtol"]:
        return f"the ledger of {ledger} is off by {gap:.2g} of its scale; look for a leg of a flow that goes astray"
    return ""


def _begin(model: Model, tasks: list[Extreme], settings: Mapping[str, Any]) -> None:
    _HERE.update(model=model, tasks=tasks, settings=settings)


def _tried(number: int) -> str:
    return trial(_HERE["model"], _HERE["tasks"][number], _HERE["settings"])
