"""The command `compare`: cases against shifts of their policies, and the shifts at which the outcome turns."""

from __future__ import annotations

import csv
import io
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from ..errors import NumericalFailure
from .options import (
    case_option,
    model_argument,
    out_option,
    shift_option,
    simulation_options,
)
from .output import WIDTH, file_name, narrow, number, progress, store, table, warn
from .request import Request, request, shifts

if TYPE_CHECKING:
    from ..case import Case
    from ..run import Run
    from ..timing import Turning


@click.command()
@model_argument()
@case_option(multiple=True)
@shift_option(multiple=True)
@simulation_options
@out_option("the table, every run with its manifest, and the figures")
def compare(model, cases, values, policies, shifts_given, settings, cuts, method, rtol, out, as_json) -> None:
    """Run every case of MODEL with every shift of its policies and compare how they end.

    Where the outcome differs between neighbouring shifts of one case, the shift at which it turns
    is found by bisection.
    """
    from ..run import strict_json
    from ..storage import output_folder

    moves = shifts(shifts_given)
    asked = request(model, values, policies, settings, cuts, method, rtol)
    chosen = _cases(asked, cases)
    folder = output_folder(out) if out else None
    plan = [case.shifted(move) for case in chosen for move in (moves if case.policies or asked.policies else [0.0])]
    runs: list[Run] = []
    failures: list[str] = []
    with progress(len(plan), f"{len(plan)} runs") as done:
        for case in plan:
            run, failure = asked.attempt(case)
            runs.append(run)
            if failure:
                failures.append(f"case {case.name!r}, shift {case.shift:g}: {failure}")
            if folder is not None:
                store(run, folder, file_name(run, shift=True) + ("-partial" if failure else ""))
            done(1)
    for run in runs:
        warn(run.warnings, f"case {run.case.name!r}, shift {run.case.shift:g}: ")
    rows = [run.row() for run in runs]
    click.echo(strict_json(rows) if as_json else _table(runs, rows))
    turnings = [] if failures else _turnings(asked, runs)
    for run, group, turning in turnings:
        click.echo(_sentence(run, group, turning), err=as_json)
    if folder is not None:
        _write(asked, runs, rows, turnings, folder, quiet=as_json)
    if failures:
        raise NumericalFailure("; ".join(failures))


def _cases(asked: Request, names: tuple[str, ...]) -> list[Case]:
    """Return the cases asked for; by default those of the model that have policies, else all, else the default."""
    from ..library import case_paths

    if names:
        return [asked.case(name) for name in dict.fromkeys(names)]
    every = [asked.case(name) for name in case_paths(asked.model.path)]
    return [case for case in every if case.policies] or every or [asked.case(None)]


def _starts(run: Run) -> list[float]:
    """Return the starts of a run's policies, in order; its shocks are not among them."""
    return sorted(action.start for action in run.path.schedule.actions if not action.shock)


def _at_work(run: Run) -> list[float]:
    """Return the starts of those policies that begin before the run ends."""
    return [start for start in _starts(run) if start < run.path.schedule.end]


def _table(runs: list[Run], rows: list[dict[str, Any]]) -> str:
    """Return the table of outcomes, with as many of the stocks that differ most as fit the width."""
    unit = rows[0]["time_unit"]
    header = ["case", f"shift\n({unit})", "policies\nstart", *(f"{narrow(group)}\n(at {unit})" for group in rows[0]["outcomes"])]
    lines = []
    for run, row in zip(runs, rows, strict=True):
        starts = _at_work(run)
        others = f" +{len(starts) - 1}" if len(starts) > 1 else ""
        outcomes = [decision["outcome"] + ("" if decision["decided_at"] is None else f" {number(decision['decided_at'])}")
                    for decision in row["outcomes"].values()]
        lines.append([row["case"], f"{row['shift']:g}", run.when(starts[0]) + others if starts else "-", *outcomes])
    text = table(header, lines)
    model = runs[0].model
    left_out = {member.name for members in model.totals.values() for member in members}
    left_out |= {stock.name for stock in model.stocks if model.sectors and stock.holder is None}  # balance sheets tell more than states
    for stock in _telling(rows, left_out)[:4]:
        header.append(f"{narrow(stock)}\nend (peak)")
        for line, row in zip(lines, rows, strict=True):
            line.append(f"{number(row['final'][stock])} ({number(row['peak'][stock]['value'])})")
        wider = table(header, lines)
        if max(map(len, wider.splitlines())) > WIDTH:
            break
        text = wider
    return text


def _telling(rows: list[dict[str, Any]], left_out: set[str]) -> list[str]:
    """Return the stocks, families as their totals, by how much their ends differ between shifts of a case, between all runs, and how much they move."""
    cases = {row["case"] for row in rows}

    def telling(stock: str) -> tuple[float, float, float]:
        ends = [row["final"][stock] for row in rows]
        every = ends + [row["peak"][stock]["value"] for row in rows]
        size = max(map(abs, every)) or 1.0  # of the peaks too: ends near zero would differ without meaning
        of_cases = [[row["final"][stock] for row in rows if row["case"] == case] for case in cases]
        within = max(max(own) - min(own) for own in of_cases)
        return -round(within / size, 2), -round((max(ends) - min(ends)) / size, 3), -(max(every) - min(every)) / size
    return sorted((stock for stock in rows[0]["final"] if stock not in left_out), key=telling)


def _turnings(asked: Request, runs: list[Run]) -> list[tuple[Run, str, Turning]]:
    """Return each run with the groups of outcomes that turn between it and the next shift of its case, and where."""
    from ..timing import turning_shift

    found = []
    for earlier, later in pairwise(runs):
        if earlier.case.shifted(0.0) != later.case.shifted(0.0):
            continue
        for group, decision in earlier.outcomes.items():
            low, high = earlier.case.shift, later.case.shift
            code = decision.code
            while code != later.outcomes[group].code:  # a third outcome may lie between the two
                if sys.stderr.isatty():
                    click.echo(f"{earlier.case.name}, {group}: bisecting between the shifts {low:g} and {high:g}", err=True)
                known = {low: code, high: later}
                turning = turning_shift(asked.model, earlier.case, low, high, group=group, known=known, **asked.settings)
                found.append((earlier, group, turning))
                low, code = turning.high, turning.above
    return found


def _sentence(run: Run, group: str, turning: Turning) -> str:
    """Return where an outcome turns, as a shift and as the date of the first shifted policy."""
    start = _starts(run)[0] - run.case.shift + turning.shift
    which = "the outcome" if group == next(iter(run.outcomes)) else f"the outcome of {group}"
    return (f"{run.case.name}: {which} turns from {turning.below} to {turning.above} at the shift {turning.shift:.4f} {run.model.time_unit}, "
            f"policies from {run.when(start)} (between {turning.low:.5f} and {turning.high:.5f}).")


def _write(asked: Request, runs: list[Run], rows: list[dict[str, Any]], turnings: list[tuple[Run, str, Turning]], folder, quiet: bool) -> None:
    """Write compare.csv, its manifest and the figures."""
    from dataclasses import asdict

    from ..figures import for_comparison
    from ..manifest import manifest
    from ..storage import write_result

    flat = [_flat(run, row) for run, row in zip(runs, rows, strict=True)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    document = {"runs": [manifest(run) for run in runs],
                "turning": [{"case": run.case.name, "group": group, **asdict(turning)} for run, group, turning in turnings]}
    write_result(folder / "compare.csv", text.getvalue(), document)
    drawn = for_comparison(asked.model, runs, folder)
    click.echo(f"Wrote compare.csv, {len(runs)} runs and {len(drawn)} figure files to {folder}", err=quiet)


def _flat(run: Run, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the comparison with one number or text a column."""
    flat = {key: row[key] for key in ("model", "case", "values", "shift", "time_unit")}
    flat["policies_start"] = " ".join(run.when(start).replace(" ", "T") for start in _at_work(run))
    for group, decision in row["outcomes"].items():
        flat |= {group: decision["outcome"], f"{group}_decided_at": decision["decided_at"]}
    for stock, value in row["final"].items():
        flat |= {f"{stock}_end": value, f"{stock}_peak": row["peak"][stock]["value"], f"{stock}_peak_time": row["peak"][stock]["time"]}
    return flat | {"largest_ledger_error": max(row["ledgers"].values(), default=None), "warnings": len(row["warnings"])}
