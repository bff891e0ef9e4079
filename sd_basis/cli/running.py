"""The command `run`: one simulation, its summary and its files."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from ..errors import NumericalFailure
from .options import case_option, model_argument, out_option, shift_option, simulation_options
from .output import WIDTH, file_name, number, store, table, warn
from .request import request

if TYPE_CHECKING:
    from ..run import Run


@click.command()
@model_argument()
@case_option()
@shift_option()
@simulation_options
@out_option("the run as CSV, with its manifest,")
def run(model, case, values, policies, shift, settings, method, rtol, out, as_json) -> None:
    """Simulate MODEL and say how it ends; a collapse is a result, not an error."""
    from ..run import strict_json
    from ..storage import output_folder

    asked = request(model, values, policies, settings, method, rtol)
    chosen = asked.case(case, shift)
    folder = output_folder(out) if out else None
    made, failure = asked.attempt(chosen)
    if failure:
        if folder is not None:
            partial, _ = store(made, folder, f"{file_name(made)}-partial")
            failure += f"; the run up to there is in {partial}"
        raise NumericalFailure(failure, made)
    paths = store(made, folder, file_name(made)) if folder is not None else []
    warn(made.warnings)
    if as_json:
        click.echo(strict_json(made.row()))
        return
    click.echo(_report(made))
    for path in paths:
        click.echo(f"Wrote {path}")


def _report(run: Run) -> str:
    """Return the summary, a table of the stocks, the ledgers and the solver's line."""
    row = run.row()
    stocks = [(stock.name, stock.unit or "", number(run[stock][0]), number(row["final"][stock.name]),
               number(row["peak"][stock.name]["value"]), run.when(row["peak"][stock.name]["time"])) for stock in run.model.stocks]
    lines = [run.summary, "", table(("stock", "unit", "start", "end", "peak", "when"), stocks, left=2), ""]
    if row["ledgers"]:
        errors = sorted(row["ledgers"].items(), key=lambda entry: -entry[1])
        line = "Ledgers, largest closing error relative to scale: " + ", ".join(f"{name} {error:.1e}" for name, error in errors)
        lines += [textwrap.fill(line, WIDTH, subsequent_indent="  ")]
    solver = row["solver"]
    lines += [f"Solver: {solver['method']}, {solver['steps']} steps, {solver['restarts']} restarts, "
              f"rtol {solver['rtol']:g}, {solver['seconds']:.2f} s"]
    return "\n".join(lines)
