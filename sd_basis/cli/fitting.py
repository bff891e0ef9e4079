"""The command `fit`: parameters found from data, what the data determine of them, and how well the run agrees."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from . import completing
from .fit_request import Asked
from .options import case_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import progress, warn
from .request import settings_of

if TYPE_CHECKING:
    from ..fitting import Evaluation, Fit, Fitted
    from ..model import Model


@click.command()
@model_argument()
@click.argument("fit", metavar="[FIT]", required=False, shell_complete=completing.fits)
@click.option("--data", metavar="FILE.csv", type=click.Path(), help="Fit to this file instead: a column of times, and columns named like quantities.")
@click.option("--free", metavar="NAMES", multiple=True, shell_complete=completing.parameters,
              help="Parameters to find, with commas; NAME=LOW:HIGH searches that range, NAME its plausible one. Repeatable.")
@click.option("--map", "columns", metavar="COLUMN=QUANTITY", multiple=True, help="Hold a column of another name against a quantity. Repeatable.")
@click.option("--time", "time_column", metavar="COLUMN", help="The column of times: model times, or ISO dates where the case has an origin.")
@case_option()
@click.option("--until", metavar="DATE", help="Fit to the data up to this time; what follows is held out and judged.")
@click.option("--held-out", metavar="COLUMNS", multiple=True, help="Columns that are judged and not fitted.")
@click.option("--error", "errors", metavar="[COLUMN=]NUMBER", multiple=True,
              help="Standard deviation of the data; without it, it is taken from the residuals. Repeatable.")
@click.option("--leave-out-holes", is_flag=True, help="Leave out missing dates and empty cells instead of refusing them.")
@values_option
@set_option
@click.option("--starts", type=click.IntRange(1), default=8, show_default=True, help="Searches: from the given start and others spread over the box.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the spread of the starts.")
@click.option("--profile", "profiled", metavar="NAME", multiple=True, shell_complete=completing.free_parameters,
              help="Profile likelihood of a free parameter. Repeatable.")
@click.option("--profiles", "all_profiles", is_flag=True, help="Profile likelihoods of all free parameters.")
@click.option("--evaluate", "only_evaluate", is_flag=True, help="Fit nothing: hold the run with the values in force against the data.")
@click.option("--residuals", is_flag=True, help="List every residual too.")
@click.option("--write-values", metavar="NAME", help="Write the fitted parameters as a value set of the model, or to a path NAME.toml.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes that search at once.")
@method_option
@rtol_option
@out_option("the result, its figures and the ends of searches, from which the same fit goes on,")
@json_option
def fit(model, fit, data, free, columns, time_column, case, until, held_out, errors, leave_out_holes, values, settings, starts, seed, profiled,
        all_profiles, only_evaluate, residuals, write_values, workers, method, rtol, out, as_json) -> None:
    """Fit parameters of MODEL to data: those of FIT, a fit file of the model or the path of a TOML file, or --data FILE.csv.

    \b
    sd-basis fit treasury_basis march-2020
    sd-basis fit tank.py --data levels.csv --free share,tap=0.1:3 --until 6
    """
    if only_evaluate and (profiled or all_profiles or write_values):
        raise InputError("--evaluate: it fits nothing; leave --profile, --profiles and --write-values out")
    asked = Asked(fit, data, free, columns, case, until, held_out, errors, time_column, leave_out_holes)
    asked.check(only_evaluate)
    given = settings_of(settings)
    from ..library import load
    from ..run import strict_json
    from ..storage import output_folder

    folder = output_folder(out) if out else None
    loaded = load(model, values=values)
    from .. import fitting
    from . import fit_tables

    wanted = asked.of(loaded)
    options: dict[str, Any] = {"values": values, "set": given, "rtol": rtol, "method": method}
    if only_evaluate:
        made = fitting.evaluate(loaded, wanted, **options)
        document, text, name = made.document(), fit_tables.evaluation(made, residuals), f"{made.problem.model.name}-{made.problem.fit.name}-evaluated"
        warn([*made.problem.fit.notes, *made.run.warnings])
    else:
        fitted = _fitted(loaded, wanted, options, starts, seed, True if all_profiles else profiled, workers, folder)
        document, text, name = fitted.document(), fit_tables.fitted(fitted, residuals), f"{fitted.problem.model.name}-{fitted.problem.fit.name}"
        made = fitted.evaluation
        warn(fitted.warnings)
    click.echo(strict_json(document) if as_json else text)
    if folder is not None:
        for path in _store(made, None if only_evaluate else fitted, document, folder, name):
            click.echo(f"Wrote {path}", err=as_json)
    if write_values:
        click.echo(f"Wrote {fitting.write_values(fitted, write_values)}", err=as_json)


def _fitted(model: Model, wanted: str | Fit, options: dict[str, Any], starts: int, seed: int, profiles: Any, workers: int, folder: Path | None) -> Fitted:
    """Return the fit, with a bar where stderr is a terminal, else a line for each search with how long the rest may take."""
    from ..fitting import fit

    store = None if folder is None else folder / "searches"
    began = time.monotonic()
    count = starts + (len(profiles) if isinstance(profiles, tuple) else 0)
    with progress(count, f"{starts} searches") as bar:
        told: list[int] = []  # the first is what the store held already

        def tell(done: int, length: int) -> None:
            bar(done - (told[-1] if told else 0))
            told.append(done)
            if done > told[0] and length > done and not sys.stderr.isatty():
                left = (time.monotonic() - began) / (done - told[0]) * (length - done)
                click.echo(f"{done} of {length} searches and profiles done, about {left:.0f} s left", err=True)
        return fit(model, wanted, **options, starts=starts, seed=seed, profiles=profiles, workers=workers, store=store, progress=tell)


def _store(made: Evaluation, fitted: Fitted | None, document: dict[str, Any], folder: Path, name: str) -> list[Path]:
    """Write the result as JSON with its manifest, and the figures."""
    from ..figures.fits import draw_fit
    from ..storage import strict_json, write_result

    manifest = {key: value for key, value in document["manifest"].items()}
    manifest |= {"fit": made.problem.fit.name, "problem": made.problem.key, "values": dict(made.values)}
    if fitted is not None:
        manifest |= {"seed": fitted.seed, "starts": len(fitted.ends)}
    result = write_result(folder / f"{name}.json", strict_json(document) + "\n", manifest)
    return [result, *draw_fit(made, fitted, folder, name, manifest)]
