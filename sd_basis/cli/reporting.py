"""The command `report`: a model and a case as one page of HTML."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from ..errors import InputError
from . import completing
from .interruption import check
from .options import case_option, json_option, method_option, model_argument, rtol_option, set_option, values_option
from .output import warn


@click.command()
@model_argument()
@case_option()
@values_option
@set_option
@click.option("--compare", "others", metavar="CASE", multiple=True, shell_complete=completing.cases,
              help="A case to compare with; without it, all cases of the model. Repeatable.")
@click.option("--claims", metavar="FOLDER", type=click.Path(), help="Verdicts stored by the command claims with --out.")
@click.option("--measure", is_flag=True, help="Measure the claims that have no stored verdict, which may take minutes.")
@click.option("--with-figures", is_flag=True, help="Add the figures that the model brings itself, which may take a minute.")
@click.option("--without-figures", is_flag=True, help="Leave the pictures out.")
@method_option
@rtol_option
@click.option("--out", metavar="FILE.html", type=click.Path(), help="The page.  [default: MODEL-CASE.html]")
@json_option
def report(model, case, values, settings, others, claims, measure, with_figures, without_figures, method, rtol, out, as_json) -> None:
    """Write a report of MODEL as one self-contained page of HTML.

    It holds the story, diagrams, equations, parameters with ranges and references, matrices, checks, claims, cases, figures, solver settings,
    versions and hashes, and needs no network. A part that fails is told in its place.
    """
    from .request import request

    if with_figures and without_figures:
        raise InputError("--with-figures, --without-figures: they exclude one another; give one")
    asked = request(model, values, settings=settings, method=method, rtol=rtol)
    chosen = asked.case(case)
    from .. import reporting
    from ..storage import manifest_path, strict_json

    label = f"{asked.model.name}-{chosen.name}" if chosen.name != "default" else asked.model.name
    file = reporting.writable(out or f"{label}.html".replace("/", "_"))
    if file.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {file}: it does not end in .html; give the name of a page, as in {file}.html")
    draw, shows = _pictures(asked.model, with_figures, without_figures)
    began = time.monotonic()
    made = reporting.report(asked.model, chosen, set=asked.set, others=others or None, shows=shows, claims=claims, measure=measure, pictures=draw,
                            method=method, rtol=rtol, progress=_progress(began))
    made.write(file)
    warn(f"{made.parts.get(anchor, anchor)}: {sentence}" for anchor, sentence in made.failures.items())
    size = file.stat().st_size
    document = {"file": str(file), "manifest_file": str(manifest_path(file)), "bytes": size, "parts": dict(made.parts), "failures": dict(made.failures),
                "manifest": dict(made.manifest)}
    told = f"Wrote {file}: {len(made.parts)} parts, {size / 1e6:.1f} MB, in {time.monotonic() - began:.0f} s"
    click.echo(strict_json(document) if as_json else told)


def _pictures(model: Any, everything: bool, without: bool) -> tuple[Any, tuple[str, ...]]:
    """Return what draws, and the quantities shown."""
    from ..figures.reporting import all_pictures, pictures, shown  # it costs matplotlib

    return None if without else all_pictures if everything else pictures, shown(model)


def _progress(began: float) -> Callable[[str], None]:
    """Return what tells which part is at work, with the time since the beginning."""
    def tell(title: str) -> None:
        check()
        where = click.style(f"[{time.monotonic() - began:.0f} s]", dim=True) if sys.stderr.isatty() else f"[{time.monotonic() - began:.0f} s]"
        click.echo(f"{where} {title}", err=True)
    return tell
