"""The options that commands share."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from . import completing

METHOD_NAMES = ("LSODA", "BDF", "Radau", "Euler", "RK4")  # a test holds them to the integrators', which cost scipy to import


def _methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return completing.items(METHOD_NAMES, incomplete)


def _named(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Return a method as it is spelled here, whatever its case; the engine refuses what is none."""
    return {name.lower(): name for name in METHOD_NAMES}.get(value.lower(), value)


def model_argument(required: bool = True):
    """Return the argument MODEL."""
    return click.argument("model", required=required, shell_complete=completing.models)


def case_option(multiple: bool = False):
    """Return the option --case."""
    more = " Repeatable; without it, every case of the model that has policies." if multiple else ""
    return click.option("--case", "cases" if multiple else "case", metavar="NAME_OR_PATH", multiple=multiple, shell_complete=completing.cases,
                        help=f"A case of the model, or the path of a TOML file.{more}")


values_option = click.option("--values", metavar="SET", shell_complete=completing.value_sets, help="A published value set of the model.")
set_option = click.option("--set", "settings", metavar="NAME=NUMBER", multiple=True, shell_complete=completing.settings,
                          help="Give a parameter another value. Repeatable.")
policy_option = click.option("--policy", "policies", metavar="NAME[@DATE]", multiple=True, shell_complete=completing.policies,
                             help="Use a policy of the model, from an ISO date or model time on, or give a parameter another value from then on, as in "
                                  "--policy rate=0.5@12. Repeatable.")
cut_option = click.option("--cut", "cuts", metavar="LINK[@DATE]", multiple=True,
                          help="Hold a link or loop at its value, from a date or the start on, as in --cut 'price -> sales@12'. Repeatable.")
method_option = click.option("--method", default="LSODA", show_default=True, shell_complete=_methods, callback=_named,
                             help=f"The integrator: {', '.join(METHOD_NAMES)}; the last two take the model's own fixed steps.")
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
    for option in (json_option, rtol_option, method_option, cut_option, set_option, policy_option, values_option):
        command = option(command)
    return command
