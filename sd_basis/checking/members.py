"""Family members: every case of the model, its outcome, its ledgers, its signs and its tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy

from ..case import Case
from ..errors import NumericalFailure
from ..lookups import Lookup, look
from ..model import Model
from ..outcomes import UNDECIDED
from ..quantities import Stock
from ..run import Run
from .context import Context, stopped
from .findings import Finding, Skip, error, note, warning

_SHARP = 1e-11
_CLOSED = 1e-9


def cases(model: Model, context: Context) -> Iterator[Finding]:
    """Every case runs, decides its outcomes and ends as it says.

    Sterman's family-member test. A case says what it expects as `expected = "rescued"`, or a table by group.
    """
    for name, run in context.runs.items():
        if not isinstance(run, Run):
            if not falls_below_zero(run):
                yield error(f"case {name!r}: {stopped(run)}; mend the model or the case", name)
            continue
        case = context.cases[name]
        for group, decision in run.outcomes.items():
            if decision.code == UNDECIDED and not _expects(case, run, group):
                yield warning(f"case {name!r}{_of(group)}: no outcome is decided by {run.when(run.path.t[-1])}; lengthen the span, or declare the outcome it "
                              "ends in", name)
        yield from _as_expected(run, case if isinstance(case, Case) else run.case)
        for sentence in run.path.schedule.warnings:
            if "plausible range" in sentence and not sentence.startswith(f"model {model.name!r}"):
                yield warning(f"case {name!r}, {sentence}; mend the case or the range", name, *_named(model, sentence))
            elif "after the run ends" in sentence:
                yield warning(f"case {name!r}, {sentence}; move it, or lengthen the span", name, sentence.partition(":")[0])
        for key, value in run.case.values.items():
            for parameter in model.parameters_of(key):
                if doubt := parameter.check(value, f"case {name!r}, parameter {parameter.name!r}"):
                    yield warning(f"{doubt}; mend the case or the range", name, parameter.name)
        if wild := unbounded(run):
            yield error(f"case {name!r}: {wild}; mend the equation", name)


def _as_expected(run: Run, case: Case) -> Iterator[Finding]:
    groups = {"": next(iter(run.outcomes), ""), **{group: group for group in run.outcomes}}
    for group, code in case.expected.items():
        if group not in groups or not groups[group]:
            yield error(f"case {case.name!r}: it expects an outcome{_of(group)}, which the model does not declare; choose one of: {', '.join(run.outcomes)}",
                        case.name)
            continue
        found = run.outcomes[groups[group]]
        if found.code != code:
            when = "" if found.time is None else f", since {run.when(found.time)}"
            yield error(f"case {case.name!r}{_of(group)}: it ends {found.code}{when}, not {code} as it says; mend the case, or what it expects", case.name)


def _expects(case: object, run: Run, group: str) -> bool:
    """Tell whether a case says how a group ends, so that an end without an outcome is told there."""
    return isinstance(case, Case) and (group in case.expected or ("" in case.expected and group == next(iter(run.outcomes))))


def _of(group: str) -> str:
    return "" if group in ("", "outcome") else f" of {group}"


def _named(model: Model, sentence: str) -> list[str]:
    return [parameter.name for parameter in model.parameters if f": {parameter.name} = " in sentence]


def falls_below_zero(failure: object) -> bool:
    """Tell whether a run failed because a stock declared non-negative fell below zero."""
    return isinstance(failure, NumericalFailure) and "is declared non-negative" in str(failure)


def positivity(model: Model, context: Context) -> Iterator[Finding]:
    """No stock falls below zero and no flow runs backwards, unless it may."""
    below: dict[str, tuple[str, NumericalFailure]] = {}
    for name, run in context.runs.items():
        if isinstance(run, NumericalFailure) and falls_below_zero(run):
            stock = next((stock.name for stock in model.stocks if f"stock {stock.name!r}" in str(run)), "")
            below.setdefault(stock, (name, run))
    for stock, (name, failure) in below.items():
        when = "" if failure.run is None else f" at {failure.run.when(float(failure.run.path.t[-1]))}"
        draining = [flow.name for flow in model.flows if getattr(flow.source, "name", "") == stock]
        yield error(f"stock {stock!r}: it is declared non-negative but falls below zero in case {name!r}{when}; let its outflows ({', '.join(draining[:4])}) "
                    "vanish with it", stock)
    backwards: dict[str, tuple[str, str]] = {}
    for name, run in context.completed.items():
        for sentence in run.warnings:
            if "it runs backwards" in sentence:
                backwards.setdefault(sentence.partition(":")[0], (name, sentence))
    for where, (name, sentence) in backwards.items():
        yield warning(sentence.replace("it runs backwards (", f"it runs backwards in case {name!r} (", 1), where.partition("'")[2].rstrip("'"))


def ledgers(model: Model, context: Context) -> Iterator[Finding]:
    """Every ledger closes, the better the sharper the tolerance.

    Net worth of each sector is integrated as income plus revaluation, the total of each instrument as its boundary flows: both must equal the
    balance, within a thousand tolerances, and at rtol 1e-11 to 1e-9 of its scale.
    """
    if not model.sectors:
        raise Skip("the model has no balance sheets")
    open_in: dict[str, list[tuple[float, str]]] = {}
    for name, run in context.completed.items():
        for ledger, gap in run.ledgers.items():
            if gap > 1e3 * context.rtol:
                open_in.setdefault(ledger, []).append((gap, name))
    for ledger, found in open_in.items():
        gap, name = max(found)
        many = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield error(f"ledger of {ledger}: it does not close, off by {gap:.2g} of its scale in case {name!r}{many}; a flow changes net worth without "
                    "transfer=True, or one leg of a trade goes astray", ledger)
    base = context.base
    sharp = context.attempt(context.main, rtol=_SHARP)
    if not isinstance(sharp, Run):
        yield error(f"ledgers: the run at rtol {_SHARP:g} fails ({sharp}); mend the model so that sharp runs are possible", context.main.name)
        return
    for ledger, gap in sharp.ledgers.items():
        if ledger not in open_in and gap > _CLOSED:
            yield error(f"ledger of {ledger}: at rtol {_SHARP:g} it is off by {gap:.2g} of its scale, at {context.rtol:g} by {base.ledgers[ledger]:.2g}; "
                        "a gap that does not shrink with the tolerance is no error of integration, look for a leg that goes astray", ledger)


def runs_of_ledgers(model: Model, context: Context) -> int:
    """Return how many runs the ledgers take beside those of the cases."""
    return 1 if model.sectors else 0


def lookups(model: Model, context: Context) -> Iterator[Finding]:
    """No lookup is asked beyond its points.

    There its value is only held or extended. Looked at are the runs of every case. Where a table that is held has levelled off at that end,
    to less than a quarter of its mean slope, that is only noted.
    """
    if not model.lookups:
        raise Skip("the model has no lookups")
    runs = context.completed
    if not runs:
        raise Skip("no case has a run")
    nodes = sorted(set().union(*(equation.atoms(look) for equation in model.equations.values())), key=str)
    nodes = [node for node in nodes if type(node) is look and node.args[0].below != "repeat"]
    if not nodes:
        return
    wanted = [node.args[1] for node in nodes]
    functions = next(iter(runs.values())).path.compiled
    function, _ = functions.entries("lookup-arguments", wanted, lambda: (functions.system.program(wanted), []))
    spans: dict[sympy.Symbol, list[tuple[float, float, str]]] = {}
    for name, run in runs.items():
        values = run.path.evaluate(function, run.path.t, run.path.x, run.path.segment)
        for node, own in zip(nodes, values, strict=True):
            spans.setdefault(node.args[0], []).append((float(np.min(own)), float(np.max(own)), name))
    for lookup, found in spans.items():
        low, high = min(found)[0], max(found, key=lambda entry: entry[1])[1]
        left, right = lookup.x[0], lookup.x[-1]
        slack = 1e-6 * (right - left)
        if low < left - slack or high > right + slack:
            name = min(found)[2] if low < left - slack else max(found, key=lambda entry: entry[1])[2]
            level = (low >= left - slack or _levels_off(lookup, 0)) and (high <= right + slack or _levels_off(lookup, -1))
            yield (note if level else warning)(
                f"lookup {lookup.name!r}: it is asked from {low:.4g} to {high:.4g}, but its points lie from {left:g} to {right:g} (case {name!r}); add "
                "points, or mend what it is asked at", lookup.name)


def _levels_off(lookup: Lookup, end: int) -> bool:
    """Tell whether a table that is held beyond an end, 0 or -1, hardly rises or falls any more there."""
    one, other = (0, 1) if end == 0 else (-2, -1)
    slope = abs(lookup.y[other] - lookup.y[one]) / (lookup.x[other] - lookup.x[one])
    mean = (max(lookup.y) - min(lookup.y)) / (lookup.x[-1] - lookup.x[0])
    return (lookup.below if end == 0 else lookup.above) == "hold" and (lookup.is_step or slope <= mean / 4)


def unbounded(run: Run) -> str:
    """Return which computed quantity is no finite number along a run, and when; an empty text where all are."""
    bad = ~np.isfinite(run.path.computed)
    if not bad.any():
        return ""
    row = int(np.argmax(bad.any(axis=1)))
    quantity = run.path.compiled.system.observables()[row]
    return f"{quantity.where} is no finite number at {run.when(float(run.path.t[int(np.argmax(bad[row]))]))}"


def nonnegative_stocks(model: Model) -> list[Stock]:
    """Return the stocks that are declared non-negative."""
    return [stock for stock in model.stocks if stock.nonnegative]
