"""Names completed by the shell, and the command `completion` that prints what the shell needs for it.

Models, cases, value sets and figures come from file names and text alone; policies and parameters need
the model loaded, which takes about a second. Whatever goes wrong completes nothing and says nothing.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from .. import library
from ..endings import is_foreign
from ..errors import BasisError, InputError

if TYPE_CHECKING:
    from ..model import Model

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
SHELLS = ("bash", "zsh", "fish")


def items(known: Iterable[str], incomplete: str, remarks: Mapping[str, str] | None = None, files: bool = False) -> list[CompletionItem]:
    """Return the names that begin as typed, with their remarks; where there is none, let the shell offer its files."""
    # the shells divide what they are told at blanks and ends of lines
    found = [CompletionItem(name, help=" ".join((remarks or {}).get(name, "").split()) or None) for name in known
             if name.startswith(incomplete) and not any(map(str.isspace, name))]
    return found or ([CompletionItem(incomplete, type="file")] if files else [])


def _silent(complete: Complete) -> Complete:
    """Make a completion that fails complete nothing, and keep what a model prints out of the shell."""
    def quiet(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return complete(ctx, param, incomplete)
        return []
    return quiet


def _path(ctx: click.Context) -> Path:
    """Return where MODEL lies, as far as it is typed."""
    # an option that still waits for its value stops click's parser, which then leaves MODEL among the arguments
    for word in filter(None, (ctx.params.get("model"), *ctx.args)):
        with contextlib.suppress(InputError):
            return library.locate(word)
    raise InputError("completion: there is no model yet; write its name first")


def _loaded(ctx: click.Context) -> Model:
    path = _path(ctx)
    try:
        return library.load(path, values=ctx.params.get("values"))
    except BasisError:
        return library.load(path)


@_silent
def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the shipped models and, in the folder typed so far, Python files and folders that are models."""
    typed = incomplete[:incomplete.rfind("/") + 1]
    folder = Path(typed or ".")
    own = [path.name for path in sorted(folder.glob("*.*")) if (path.suffix == ".py" and library.is_model_file(path)) or is_foreign(path)]
    own += [path.parent.name for path in sorted(folder.glob("*/__init__.py"))]
    shipped = {name: library.headline(path) for name, path in library.model_paths().items() if name.startswith(incomplete)}
    return items([*shipped, *(typed + name for name in own)], incomplete, shipped, files=True)


@_silent
def cases(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the cases of MODEL."""
    from .listing import title

    found = {}
    with contextlib.suppress(InputError):
        found = library.case_paths(_path(ctx))
    return items(found, incomplete, {name: title(file) for name, file in found.items()}, files=True)


@_silent
def value_sets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the value sets of MODEL."""
    return items(library.value_set_paths(_path(ctx)), incomplete)


@_silent
def fits(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the fit files of MODEL."""
    from .listing import title

    found = {}
    with contextlib.suppress(InputError):
        found = library.fit_paths(_path(ctx))
    return items(found, incomplete, {name: title(file) for name, file in found.items()}, files=True)


@_silent
def free_parameters(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the free parameters of FIT."""
    known = library.fit_paths(_path(ctx))
    words = [word for word in (ctx.params.get("fit"), *ctx.args) if word]
    file = next((known.get(word, Path(word)) for word in words if word in known or word.endswith(".toml")), None)
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("free", []) if file else []
    return items([entry["name"] for entry in entries], incomplete)


@_silent
def policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the policies of MODEL."""
    found = _loaded(ctx).policies
    return items(found, incomplete, {name: policy.description for name, policy in found.items()})


@_silent
def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the parameters of MODEL, each with the value in force, which can then be changed."""
    model = _loaded(ctx)
    found = {f"{item.name}={_number(model.values.get(item.name, float(item.value)))}": item.description or item.unit or "" for item in model.parameters}
    return items(found, incomplete, found)


@_silent
def parameters(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the parameters of MODEL."""
    found = {item.name: item.description or item.unit or "" for item in _loaded(ctx).parameters}
    return items(found, incomplete, found)


@_silent
def varied(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete what a sweep of MODEL can vary: its parameters and the delay."""
    found = {item.name: item.description or item.unit or "" for item in _loaded(ctx).parameters} | {"delay": "start of the policy after the first shock"}
    return items(found, incomplete, found)


@_silent
def kept(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete what a sweep of MODEL can keep: its stocks, flows and auxiliaries."""
    model = _loaded(ctx)
    found = {item.name: item.description or item.unit or "" for item in (*model.stocks, *model.computed)}
    return items(found, incomplete, found)


@_silent
def stocks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the stocks of MODEL."""
    found = {item.name: item.description or item.unit or "" for item in _loaded(ctx).stocks}
    return items(found, incomplete, found)


def _number(value: float) -> str:
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


@_silent
def figures(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the figures of MODEL from the names of its cases and the text of its figures.py."""
    path = _path(ctx)
    known = dict.fromkeys(["stock_and_flow", *([f"paths_{case}" for case in library.case_paths(path)] or ["paths"])])
    own = library.code_path(path, "figures") if path.is_dir() else None
    for line in ast.parse(own.read_text(encoding="utf-8")).body if own else ():
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Dict) and "FIGURES" in [getattr(name, "id", "") for name in line.targets]:
            for key, value in zip(line.value.keys, line.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    known[key.value] = None
                    if isinstance(value, ast.Constant) and value.value is None:
                        del known[key.value]
    return items(known, incomplete)


@_silent
def claims(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the numbers of the claims of MODEL, which loads the model."""
    from ..expectations import expectations

    given = ctx.params.get("wanted") or ()
    found = {str(claim.number): claim.claim for claim in expectations(_loaded(ctx).path) if str(claim.number) not in given}
    return items(found, incomplete, found)


@_silent
def checks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of checks."""
    from ..checking import CHECKS

    return items([check.name for check in CHECKS], incomplete, {check.name: check.title for check in CHECKS})


@click.command()
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str | None) -> None:
    """Print the lines with which SHELL completes sd-basis: commands, options, models, cases, policies, parameters.

    \b
    bash:  echo 'eval "$(sd-basis completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(sd-basis completion zsh)"' >> ~/.zshrc
    fish:  sd-basis completion fish > ~/.config/fish/completions/sd-basis.fish

    Then open a new shell. Completing policies and parameters loads the model, which runs its code.
    """
    if shell is None:
        shell = Path(os.environ.get("SHELL", "")).name
        if shell not in SHELLS:
            known = f"the shell {shell!r} is none it knows" if shell else "SHELL does not say which shell this is"
            raise InputError(f"completion: {known}; write sd-basis completion bash, zsh or fish")
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, "sd-basis", "_SD_BASIS_COMPLETE").source())
