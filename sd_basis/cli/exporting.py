"""The command `export`: a model as XMILE with a laid-out view, as LaTeX, as a JSON document or as a graph for Graphviz."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from .options import case_option, model_argument, policy_option, set_option, values_option
from .request import Request, request

if TYPE_CHECKING:
    from ..case import Case
    from ..exporting import Layout
    from ..model import Model
    from ..quantities import Flow

FORMS = ("xmile", "latex", "json", "dot", "graphviz")


@click.command()
@model_argument()
@click.option("--to", "form", type=click.Choice(FORMS), required=True, help="The form to write; dot and graphviz are the same.")
@case_option()
@values_option
@policy_option
@set_option
@click.option("--step", type=float, metavar="LENGTH", help="The step of XMILE's run; by default the model's own, else a stable power of two.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write to this file, whole or not at all; else to stdout.")
def export(model, form, case, values, policies, settings, step, out) -> None:
    """Write MODEL in the form of other tools.

    XMILE is read by Stella, simlin and PySD. It holds the case that is asked for, with its dated policies in the equations;
    what has no form there is refused by name.
    """
    given = {"--case": case, "--policy": policies, "--set": settings, "--step": step}
    if form != "xmile" and (extra := [option for option, value in given.items() if value not in (None, ())]):
        raise InputError(f"{extra[0]}: it belongs to --to xmile, not to --to {form}, which has the model without a case; leave it out")
    asked = request(model, values, policies, settings)
    text = (_xmile(asked, asked.case(case), step) if form == "xmile" else _plain(asked.model, form)).rstrip("\n")
    if out is None:
        click.echo(text)
        return
    from ..storage import write_atomic

    write_atomic(out, text + "\n")
    click.echo(f"Wrote {Path(out)}")


def _plain(model: Model, form: str) -> str:
    if form == "latex":
        from .described import latex

        return latex(model)
    if form == "json":
        from ..storage import strict_json
        from .described import document

        return strict_json(document(model))
    from ..exporting import to_dot

    return to_dot(model)


def _xmile(asked: Request, case: Case, step: float | None) -> str:
    from ..exporting import outlined, to_xmile
    from .output import warn

    outline = outlined(asked.model, case, policies=asked.policies, set=asked.set, step=step)
    warn(outline.notes)
    return to_xmile(outline, _layout(asked.model))


def _layout(model: Model) -> Layout:
    """Return where the stock-and-flow diagram has the stocks and flows of a model."""
    from ..exporting import Layout
    from ..figures.diagram import laid_out

    drawing = laid_out(model)
    stocks = {place.stock: (place.x, place.y) for place in drawing.places if place.stock is not None}
    valves, pipes = {}, {}
    for pipe in drawing.pipes:
        for number, flow in enumerate(pipe.flows):  # flows that share a pipe in the diagram lie side by side
            apart = 0.12 * number
            valves[flow] = pipe.valve[0] + apart, pipe.valve[1] - apart
            pipes[flow] = tuple((x + apart, y - apart) for x, y in _from_source(pipe.points, flow, stocks))
    return Layout(stocks, valves, pipes)


def _from_source(points: tuple, flow: Flow, stocks: dict) -> tuple:
    """Return the points of a pipe from the source of a flow to its sink."""
    stock, sign = flow.ends[0]
    near = [math.dist(point, stocks[stock]) for point in (points[0], points[-1])]
    return points if (near[0] <= near[1]) == (sign < 0) else points[::-1]
