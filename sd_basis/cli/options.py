"""The options that commands share, and the completion of names in the shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from .. import library
from ..errors import InputError

METHOD_NAMES = ("LSODA", "BDF", "Radau")  # a test holds them to the integrators', which cost scipy to import


def _items(known: Iterable[str], incomplete: str, files: bool = True) -> list[CompletionItem]:
    found = [CompletionItem(name) for name in known if name.startswith(incomplete)]
    return found or ([CompletionItem(incomplete, type="file")] if files else [])


def _beside(ctx: click.Context, paths: Callable[[Path], dict[str, Path]]) -> list[str]:
    # an option that still waits for its value stops click's parser, which then leaves MODEL among the arguments
    for word in (ctx.params.get("model"), *ctx.args):
        try:
            return list(paths(library.locate(word)))
        except (InputError, TypeError):
            continue
    return []


def _models(ctx, param, incomplete):
    return _items(library.model_paths(), incomplete)


def _cases(ctx, param, incomplete):
    return _items(_beside(ctx, library.case_paths), incomplete)


def _value_sets(ctx, param, incomplete):
    return _items(_beside(ctx, library.value_set_paths), incomplete, files=False)


def _methods(ctx, param, incomplete):
    return _items(METHOD_NAMES, incomplete, files=False)


def model_argument(required: bool = True):
    """Return the argument MODEL."""
    return click.argument("model", required=required, shell_complete=_models)


def case_option(multiple: bool = False):
    """Return the option --case."""
    more = " Repeatable; without it, every case of the model that has policies." if multiple else ""
    return click.option("--case", "cases" if multiple else "case", metavar="NAME_OR_PATH", multiple=multiple, shell_complete=_cases,
                        help=f"A case of the model, or the path of a TOML file.{more}")


values_option = click.option("--values", metavar="SET", shell_complete=_value_sets, help="A published value set of the model.")
set_option = click.option("--set", "settings", metavar="NAME=NUMBER", multiple=True, help="Give a parameter another value. Repeatable.")
policy_option = click.option("--policy", "policies", metavar="NAME[@DATE]", multiple=True,
                             help="Use a policy of the model, from an ISO date or model time on. Repeatable.")
method_option = click.option("--method", default="LSODA", show_default=True, shell_complete=_methods,
                             help=f"The integrator: {', '.join(METHOD_NAMES)}.")
rtol_option = click.option("--rtol", type=float, default=1e-6, show_default=True, help="Relative tolerance of the integration.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one strict JSON document and nothing else.")


def shift_option(multiple: bool = False):
    """Return the option --shift: one number, or lists of them."""
    if multiple:
        return click.option("--shift", "shifts_given", metavar="DAYS", multiple=True,
                            help="Move the policies of the cases, as in --shift -2,0,3.5. Repeatable.")
    return click.option("--shift", type=float, metavar="DAYS", help="Move the policies of the case; negative is earlier.")


def out_option(what: str, default: str | None = None):
    """Return the option --out, the folder for `what`."""
    return click.option("--out", metavar="FOLDER", default=default, show_default=default is not None,
                        type=click.Path(file_okay=True), help=f"Write {what} to this folder.")


def simulation_options(command: Callable) -> Callable:
    """Add the options that every simulation takes."""
    for option in (json_option, rtol_option, method_option, set_option, policy_option, values_option):
        command = option(command)
    return command
