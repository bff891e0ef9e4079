"""The command `import`: a model of another tool as a model file of this language."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from ..errors import InputError
from ..storage import write_atomic
from . import completing


@click.command(name="import")
@click.argument("model", shell_complete=completing.models)
@click.option("--out", metavar="FILE.py", type=click.Path(), help="The file to write; without it MODEL's name with .py, in the current folder.")
def import_file(model: str, out: str | None) -> None:
    """Write the Vensim or XMILE file MODEL as a model file to read, change and run.

    The file has the same equations and runs to the same numbers. One that is there already stays as it is. Every command takes such a MODEL without this too.
    """
    path = Path(re.sub(r"\W+", "_", Path(model).stem).strip("_") + ".py") if out is None else Path(out)
    if path.suffix != ".py":
        raise InputError(f"--out {out}: its name does not end in .py; a model is a file of Python")
    if path.exists():
        raise InputError(f"import: {path} is there already; choose another with --out, or move it away first")
    from ..interop import import_model, model_source

    made = import_model(model)
    try:
        write_atomic(path, model_source(made, Path(model).name), replace=False)
    except FileExistsError:
        raise InputError(f"import: {path} is there already; choose another with --out, or move it away first") from None
    except OSError as error:
        raise InputError(f"import: {path} cannot be written ({error.strerror}); choose a folder you may write to") from None
    counts = ((made.stocks, "stock", "stocks"), (made.flows, "flow", "flows"), (made.parameters, "parameter", "parameters"))
    click.echo(f"Wrote {path}: " + ", ".join(f"{len(items)} {one if len(items) == 1 else many}" for items, one, many in counts))
    click.echo(f"Try:\n  sd-basis run {shlex.quote(str(path))} --method Euler")
