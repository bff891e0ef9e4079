"""The command `new`: a small model to start from, written as files of the user's own."""

from __future__ import annotations

import keyword
import shlex
import sys
from pathlib import Path

import click

from .. import library
from ..errors import InputError
from ..storage import write_atomic
from . import starter

# a file of such a name would be imported in place of the module by every Python started in its folder
_TAKEN = {*sys.stdlib_module_names, "click", "matplotlib", "numpy", "pandas", "scipy", "sd_basis", "sympy", "xarray"}


@click.command()
@click.argument("model")
def new(model: str) -> None:
    """Write a small, commented model to start from: MODEL.py and a case beside it.

    MODEL is a name, or a path that ends in one. Files that are there already stay as they are.
    """
    path = _path(model)
    case = path.with_suffix(".cases") / f"{starter.CASE_NAME}.toml"
    _write({case: starter.CASE, path: starter.MODEL.replace("{name}", path.stem)})
    for file in (path, case):
        click.echo(f"Wrote {file}")
    given = shlex.quote(str(path))
    click.echo("It runs as it stands. Try:")
    for line in (f"run {given}", f"compare {given} --shift 0,4,8,12", f"figures {given}"):
        click.echo(f"  sd-basis {line}")


def _path(text: str) -> Path:
    """Return the file of a new model; raise InputError for a name that is none, or that means something else already."""
    path = Path(text)
    name = "" if text.endswith("/") else path.name.removesuffix(".py")
    if not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
        what = "a word of Python" if keyword.iskeyword(name) else "no plain name"
        raise InputError(f"new {text!r}: {name!r} is {what}; use letters, digits and underscores, a letter first, as in sd-basis new fishery")
    if name in library.model_paths():
        raise InputError(f"new {text!r}: a shipped model has that name, and sd-basis run {name} would mean that one; choose another name")
    if name in _TAKEN:
        raise InputError(f"new {text!r}: a Python module has that name, and {name}.py would hide it; choose another name")
    return path.with_name(f"{name}.py")


def _write(files: dict[Path, str]) -> None:
    """Write all of the files or none."""
    written: list[Path] = []
    try:
        for path in reversed(files):
            if path.exists():
                raise FileExistsError
        for path, text in files.items():
            write_atomic(path, text, replace=False)
            written.append(path)
    except BaseException as error:
        for done in written:
            done.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise InputError(f"new: {path} is there already; choose another name, or move it away first") from None
        if isinstance(error, OSError):
            raise InputError(f"new: {path} cannot be written ({error.strerror}); choose a folder you may write to") from None
        raise
