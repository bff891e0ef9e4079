"""Paths over time: small multiples that compare runs, with direct labels and named policy dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..declarations import margin
from ..model import Model
from ..outcomes import UNDECIDED
from ..quantities import Auxiliary, Stock
from ..run import Run
from .style import BLUE, COLOURS, GREEN, ORANGE, PURPLE, QUIET, SKY, VERMILLION, dated_axis, end_labels, note, panel, panels, policy_lines, settle, styled
from .wording import label, shift_label, spoken, text_width

Table = dict[str, Any]
_POINTS = 401
_NAMED = 8  # dates; where there are more, those of shocks are left out


def on_grid(run: Run, points: int = _POINTS) -> Run:
    """Return the run shown on an even grid with both sides of every switch, so that its table has a fixed length."""
    start, end = run.path.t[0], run.path.t[-1]
    switches = [segment.start for segment in run.path.segments[1:] if start < segment.start < end]
    times = np.unique(np.concatenate([np.linspace(start, end, points), switches, np.nextafter(switches, -np.inf)]))
    return Run(run.model, run.case, run.path, times, run.solver, run.atol)


def outcome_colours(model: Model) -> dict[str | None, str]:
    """Return a colour for each outcome: warm where it absorbs, cool where it does not, grey where undecided."""
    cool, warm = iter((SKY, PURPLE)), iter((VERMILLION, ORANGE))
    # the codes of the interface contract look the same in every model
    found: dict[str | None, str] = {"rescued": BLUE, "collapsed": VERMILLION, "calm": GREEN, "partial": ORANGE}
    for outcome in model.outcomes:
        found.setdefault(outcome.name, next(warm if outcome.absorbing else cool, QUIET))
    return {**found, UNDECIDED: QUIET}


def run_labels(runs: Sequence[Run]) -> list[str]:
    """Return what tells the runs apart: case, value set, shift, outcome, else a number."""
    parts = [("case", [spoken(run.case.name) for run in runs]), ("values", [run.model.value_set or "" for run in runs]),
             ("shift", [shift_label(run.case.shift, run.model.time_unit) if len(run.path.schedule.actions) > len(run.case.shocks) else "" for run in runs]), ("outcome", [run.outcome or "" for run in runs])]
    labels = ["" for _ in runs]
    for kind, texts in parts:
        if len(set(texts)) > 1 and (kind != "outcome" or len(set(labels)) < len(runs)):
            labels = [", ".join(filter(None, pair)) for pair in zip(labels, texts, strict=True)]
    if len(set(labels)) < len(runs):
        labels = [f"{text} {number}".strip() for number, text in enumerate(labels, 1)]
    return labels


def decisive_stocks(model: Model, count: int = 4) -> list[str]:
    """Return the stocks nearest to the outcomes' conditions, those they mention first; the first stocks without outcomes."""
    conditions = [margin(outcome.name, condition) for outcome in model.outcomes for condition in (outcome.when, outcome.once)
                  if condition is not None]
    found: dict[str, None] = {}
    seen: set = set()
    while conditions and len(found) < count:
        level = [symbol for expression in conditions for symbol in sorted(expression.free_symbols, key=lambda item: item.identity[1])
                 if symbol not in seen]
        seen.update(level)
        for symbol in level:
            if isinstance(symbol, Stock):
                found.setdefault(symbol.name)
        conditions = [symbol.expression for symbol in dict.fromkeys(level) if isinstance(symbol, Auxiliary)]
    for stock in model.stocks:
        if len(found) < count:
            found.setdefault(stock.name)
    return list(found)[:count]


def policy_dates(runs: Sequence[Run], colours: Sequence[str]) -> list[tuple[float, str, str]]:
    """Return (time, name, colour) of every policy and shock with at most two dates; a date that all runs share is grey.

    Where they would be a crowd the shocks are left out.
    """
    dates = []
    known = {shock.name for run in runs for shock in run.case.shocks}
    crowd = sum(len(starts) for starts in _starts(runs).values() if len(starts) <= 2) > _NAMED
    for name, starts in _starts(runs).items():
        if crowd and name in known:
            continue
        if len(starts) > 2:
            continue  # too many lines; the paths carry dots instead
        for start, own in starts.items():
            shared = len(own) == len(runs)
            dates.append((start, name, QUIET if shared else colours[own[0]]))
    return dates


def _starts(runs: Sequence[Run]) -> dict[str, dict[float, list[int]]]:
    """Return by policy and start the runs (by number) in which it starts then."""
    starts: dict[str, dict[float, list[int]]] = {}
    for index, run in enumerate(runs):
        for action in run.path.actions:
            starts.setdefault(action.name, {}).setdefault(action.start, []).append(index)
    return starts


def _dots(runs: Sequence[Run]) -> tuple[str, dict[int, float]]:
    """Return the policy whose many starts are dots on the paths, and its start by run."""
    for name, starts in _starts(runs).items():
        if len(starts) > 2:
            return name, {index: start for start, own in starts.items() for index in own}
    return "", {}


@styled()
def paths(runs: Sequence[Run] | Mapping[str, Run], names: Sequence[str], *, colours: Sequence[str] | None = None, columns: int = 2,
          height: float = 2.1, title: str = "", marks: Sequence[str] | None = None,
          extra: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None) -> tuple[Figure, Table]:
    """Return a figure with a panel for each quantity, comparing runs over time, and its table.

    `runs` may map labels to runs. `marks` names the policies and shocks whose dates are drawn, by default all that
    are no crowd. `extra` adds data points by quantity: (model times, values).
    """
    labels = list(runs) if isinstance(runs, Mapping) else run_labels(runs)
    shown = [on_grid(run) for run in (runs.values() if isinstance(runs, Mapping) else runs)]
    model, case = shown[0].model, shown[0].case
    colours = list(colours or (COLOURS[index % len(COLOURS)] for index in range(len(shown))))
    direct = len(shown) > 1
    room = min(1.3, max(text_width(text, 7.5) for text in labels) + 0.05) if direct else 0.0
    figure, axes = panels(len(names), columns=columns, height=height, labels=room + 0.2 if direct else 0.32, title=title)
    start, end = min(run.t[0] for run in shown), max(run.t[-1] for run in shown)
    dates, (dotted, dots) = [entry for entry in policy_dates(shown, colours) if marks is None or entry[1] in marks], _dots(shown)
    for index, (name, own) in enumerate(zip(names, axes, strict=True)):
        for run, colour in zip(shown, colours, strict=True):
            own.plot(run.t, run[name], color=colour)
        if extra and name in extra:
            own.plot(*extra[name], linestyle="none", marker="o", markersize=3, markerfacecolor="white", markeredgecolor=QUIET, zorder=3, clip_on=False)
        panel(own, label(model, name))
        last_row = index + columns >= len(names)
        dated_axis(own, case, start, end, time_unit=model.time_unit if last_row else "")
        settle(own)
        for number, moment in dots.items():
            run = shown[number]
            own.plot(moment, np.interp(moment, run.t, run[name]), marker="o", markersize=3.5, color=colours[number], zorder=3)
        if dots and index == min(1, len(names) - 1):  # the first panel names the dates
            note(own, f"dot: {spoken(dotted)} starts")
        policy_lines(own, dates, names=index == 0)
        if direct:
            end_labels(own, [(run.t[-1], run[name][-1], text, colour)
                             for run, text, colour in zip(shown, labels, colours, strict=True)], room=room)
    table: Table = {}
    for run, text in zip(shown, labels, strict=True):
        head = f"{text}: " if direct else ""
        table[f"{head}time ({model.time_unit})"] = run.t
        if case.calendar is not None:
            table[f"{head}date"] = [run.when(time) for time in run.t]
        for name in names:
            table[f"{head}{label(model, name)}"] = run[name]
    for name, (times, values) in (extra or {}).items():
        table[f"data: time of {spoken(name)} ({model.time_unit})"] = list(times)
        table[f"data: {label(model, name)}"] = list(values)
    return figure, table


def rescue_against_collapse(run_a: Run, run_b: Run, names: Sequence[str], **options) -> tuple[Figure, Table]:
    """Return the paths of two runs labelled by what became of them, in the colours of their outcomes."""
    runs = (run_a, run_b)
    if run_a.outcome == run_b.outcome:
        return paths(runs, names, **options)
    colours = [outcome_colours(run.model)[run.outcome] for run in runs]
    labels = [str(run.outcome) if run_a.case.shift == run_b.case.shift else f"{run.outcome}, {shift_label(run.case.shift, run.model.time_unit)}"
              for run in runs]
    return paths(dict(zip(labels, runs, strict=True)), names, colours=colours if colours[0] != colours[1] else None, **options)


def later_starts(runs: Sequence[Run], name: str | Sequence[str], **options) -> tuple[Figure, Table]:
    """Return the paths of runs whose policies start earlier or later, coloured by outcome and labelled with the shift."""
    names = [name] if isinstance(name, str) else list(name)
    colours = [outcome_colours(run.model).get(run.outcome, COLOURS[0]) for run in runs]
    told = [f"{text}: {run.outcome}" if run.outcome else text for text, run in zip(run_labels(runs), runs, strict=True)]
    return paths(dict(zip(told, runs, strict=True)), names, colours=colours, **{"columns": min(2, len(names)), **options})
