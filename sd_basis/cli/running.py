"""The command `run`: one simulation, its summary and its files."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError, Interrupted, NumericalFailure
from .options import (
    case_option,
    model_argument,
    out_option,
    shift_option,
    simulation_options,
)
from .output import WIDTH, file_name, number, store, table, warn
from .request import initial, request

if TYPE_CHECKING:
    from ..run import Run


@click.command()
@model_argument()
@case_option()
@shift_option()
@simulation_options
@click.option("--initial", "begin", metavar="NAME=NUMBER", multiple=True,
              help="Begin with another value of a stock, or with the word equilibrium where the model comes to rest. Repeatable.")
@click.option("--step", type=float, help="The length of the steps of Euler and RK4, where it is not the model's own.")
@click.option("--until", metavar="DATE", help="Run to this ISO date or model time.")
@click.option("--save", metavar="FILE", help="Keep the state at the end, or where the run was interrupted, to go on from.")
@click.option("--resume", metavar="FILE", help="Go on from a state kept with --save, under the same settings.")
@out_option("the run as CSV, with its manifest,")
def run(model, case, values, policies, shift, settings, cuts, method, rtol, begin, step, until, save, resume, out, as_json) -> None:
    """Simulate MODEL and say how it ends; a collapse is a result, not an error."""
    from ..run import strict_json
    from ..storage import output_folder

    asked = request(model, values, policies, settings, cuts, method, rtol)
    chosen = asked.case(case, shift)
    folder = output_folder(out) if out else None
    if save:
        if Path(save).is_dir():
            raise InputError(f"--save {save}: it is a folder; give the name of a file")
        output_folder(Path(save).parent, "--save")
    start = (chosen.span or asked.model.span or (None,))[0]
    more = {"initial": initial(begin), "resume": resume, "step": step, "span": None if until is None else (start, until)}
    try:
        made, failure = asked.attempt(chosen, **more)
    except Interrupted as stopped:
        if save:
            _keep(stopped.run, save, err=True)
        raise
    if save:
        _keep(made, save, err=as_json)
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


def _keep(made: Run, save: str, err: bool) -> None:
    """Keep the state of a run and say how to go on."""
    path = made.state().save(save)
    click.echo(f"Kept the state at {made.when(float(made.path.t[-1]))} in {path}; go on with --resume {path}", err=err)


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
