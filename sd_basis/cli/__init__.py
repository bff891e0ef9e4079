"""The command line `sd-basis`: its commands, exit codes and the sentences it fails with.

Nothing here imports sympy, numpy, scipy or matplotlib before a command needs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from ..errors import BasisError, NumericalFailure, unknown
from ..stages import listening
from ..version import __version__
from .benching import bench
from .caching import cache
from .checking import check
from .claiming import claims
from .comparing import compare
from .completing import completion
from .creating import new
from .drawing import figures
from .equilibria import equilibria
from .exporting import export
from .fitting import fit
from .importing import import_file
from .interruption import heeded
from .listing import list_models
from .looping import feedback_loops
from .output import told_stage
from .regretting import regret
from .reporting import report
from .running import run
from .sensitivities import sensitivity
from .showing import show
from .sweeping import sweep
from .timing import timing
from .uncertain import uncertainty

BAD_USE, NUMERICAL_FAILURE, UNEXPECTED, INTERRUPTED = 2, 3, 70, 130


class CommandLine(click.Group):
    """The group of commands, which ends with the exit codes of the interface contract.

    0 done, 1 findings, 2 bad use or input, 3 numerical failure, 130 interrupted. Anything not
    foreseen ends with 70, so that it cannot pass for a finding; SD_BASIS_TRACEBACK shows where.
    """

    def resolve_command(self, ctx: click.Context, args: list[str]):
        """Find a command; an unknown one is answered with the nearest names."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise unknown("sd-basis", "command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
             standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command line and exit with its code."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            with heeded(), listening(told_stage):
                code = super().main(args, prog_name, complete_var, False, **extra) or 0
        except click.UsageError as error:
            where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
            code = _fail(f"{error.format_message()}{where}", BAD_USE)
        except click.ClickException as error:
            code = _fail(error.format_message(), BAD_USE)
        except (click.Abort, KeyboardInterrupt):
            code = _fail("interrupted; files written so far are whole", INTERRUPTED)
        except NumericalFailure as error:
            code = _fail(str(error), NUMERICAL_FAILURE)
        except BasisError as error:
            code = _fail(str(error), BAD_USE)
        except RecursionError:
            code = _fail("an equation of the model is nested too deeply; give parts of it names, as auxiliaries", BAD_USE)
        except OSError as error:
            code = _fail(f"{error.filename or 'file'}: it cannot be read or written ({error.strerror or error}); choose another", BAD_USE)
        except Exception as error:
            if os.environ.get("SD_BASIS_TRACEBACK"):
                raise
            code = _fail(f"unexpected {type(error).__name__}: {error}; set SD_BASIS_TRACEBACK=1 to see where", UNEXPECTED)
        sys.exit(code)

    def invoke(self, ctx: click.Context):
        """Run the command; a reader who left early (`| head`) has what they wanted."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # what is left in the buffer would fail again when Python exits
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _fail(message: str, code: int) -> int:
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    return code


@click.group(cls=CommandLine, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sd-basis")
@click.pass_context
def main(ctx: click.Context) -> None:
    """System dynamics that knows calculus and accounting.

    MODEL is the name of a shipped model or the path of your own; loading a model runs its code.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in (list_models, new, import_file, show, check, run, compare, claims, timing, sweep, uncertainty, regret, sensitivity, equilibria,
                feedback_loops, fit, figures, report, export, bench, cache, completion):
    main.add_command(command)

__all__ = ["main"]
