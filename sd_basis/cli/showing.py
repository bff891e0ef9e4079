"""The command `show`: a model as text, LaTeX, JSON, table of parameters, matrices of its balance sheets or stock-and-flow diagram."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import InputError
from .options import case_option, model_argument, out_option, set_option, values_option
from .request import request

FORMATS = ("text", "latex", "json", "parameters", "matrix", "diagram")


@click.command()
@model_argument()
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to show it.")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--symbolic", is_flag=True, help="The matrices as formulas, without a run.")
@case_option()
@values_option
@set_option
@out_option("the diagram", default="figures")
def show(model, form, symbolic, case, values, settings, out) -> None:
    """Show MODEL: its stocks, flows, equations, parameters, policies and outcomes."""
    if symbolic and form != "matrix":
        raise InputError(f"--symbolic: it belongs to the matrices, not to --format {form}; write --format matrix --symbolic")
    asked = request(model, values, settings=settings)
    chosen = asked.case(case)
    if form == "diagram":
        for path in _diagram(asked.model, out):
            click.echo(f"Wrote {path}")
    elif form == "matrix":
        from .matrix import matrix

        click.echo(matrix(asked, chosen, symbolic))
    elif form == "json":
        from ..run import strict_json
        from .described import document

        click.echo(strict_json(document(asked.model)))
    elif form == "parameters":
        from .parameter_table import parameters

        click.echo(parameters(asked.model))
    elif form == "latex":
        from .described import latex

        click.echo(latex(asked.model))
    else:
        from .described import text

        click.echo(text(asked.model))


def _diagram(model, out: str) -> list[Path]:
    from ..storage import output_folder

    folder = output_folder(Path(out) / model.name)
    from ..figures import regenerate

    return regenerate(model, folder, only="stock_and_flow")
