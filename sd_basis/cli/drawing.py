"""The command `figures`: every figure of a model regenerated, or checked against its stored numbers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from ..errors import InputError
from . import completing
from .options import model_argument, out_option


@click.command()
@model_argument(required=False)
@click.option("--only", metavar="NAME", shell_complete=completing.figures, help="Make or check this figure alone.")
@click.option("--check", is_flag=True, help="Compute the figures and compare with the stored numbers; the exit code is 1 where they differ.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that draw; by default one for each core, four at most, where there are many figures.")
@out_option("SVG, PNG and the CSV behind each figure", default="figures")
@click.pass_context
def figures(ctx, model, only, check, workers, out) -> None:
    """Regenerate the figures of MODEL, or of every shipped model, in FOLDER/NAME of the model."""
    from ..library import locate, model_paths
    from ..storage import output_folder

    folders = {name: Path(out) / locate(name).stem for name in ([model] if model else model_paths())}
    if not folders:
        raise InputError("figures: no model is shipped; give the path of your own")
    for name, folder in folders.items():
        if not check:
            output_folder(folder)
    from .. import (
        figures as drawn,  # it costs matplotlib, so not before the arguments are known to be good
    )

    findings: list[str] = []
    for name, folder in folders.items():
        if check:
            findings += [f"{folder / finding}" for finding in drawn.check(name, folder, only, _progress(), workers)]
        else:
            for path in drawn.regenerate(name, folder, only, _progress(), workers):
                click.echo(f"Wrote {path}")
    if findings:
        click.echo("\n".join(findings))
        ctx.exit(1)
    if check:
        click.echo(f"The figures in {out} hold the numbers that the model gives.")


def _progress() -> Callable[[int, int, str], None] | None:
    """Return what tells which figure is at work and about how long the rest takes, where stderr is a terminal."""
    if not sys.stderr.isatty():
        return None
    began = time.monotonic()

    def tell(done: int, length: int, name: str) -> None:
        left = f", about {(time.monotonic() - began) / done * (length - done):.0f} s left" if done else ""
        click.echo(f"[{done + 1}/{length}] {name}{left}", err=True)
    return tell
