"""The command `check`: a model put to the field's tests, and what they found."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

import click

from . import completing
from .options import case_option, json_option, method_option, model_argument, rtol_option, values_option
from .output import WIDTH, progress, table

if TYPE_CHECKING:
    from ..checking import Checked, Findings

_FOUND = 1


@click.command()
@model_argument()
@case_option()
@values_option
@click.option("--only", metavar="CHECK", multiple=True, shell_complete=completing.checks, help="Make this check alone. Repeatable.")
@click.option("--skip", metavar="CHECK", multiple=True, shell_complete=completing.checks, help="Leave this check out. Repeatable.")
@click.option("--quick", is_flag=True, help="Only what needs no run, and the run of one case.")
@method_option
@rtol_option
@click.option("--workers", type=click.IntRange(min=1), help="Processes for extreme conditions and claims; by default one for each core, four at most.")
@json_option
@click.pass_context
def check(ctx, model, case, values, only, skip, quick, method, rtol, workers, as_json) -> None:
    """Put MODEL to the field's tests: structure, extreme conditions, integration error, cases, claims.

    Prints what each check found, an error (a fault), a warning (a doubt to settle) or a note (worth knowing), with the quantity and what to do.
    Extreme conditions and integration error are tried on one case: --case, else the first that has policies. The exit code is 0 where there
    is neither an error nor a warning, else 1.
    """
    from ..checking import check_model
    from ..storage import strict_json

    found = check_model(model, case=case, values=values, only=only, skip=skip, quick=quick, method=method, rtol=rtol,
                        workers=workers or min(os.cpu_count() or 1, 4), progress=progress)
    click.echo(strict_json(found.document()) if as_json else report(found))
    if not found.sound:
        ctx.exit(_FOUND)


def report(found: Findings) -> str:
    """Return the table of checks, the findings by grade and the summary."""
    names = max(len(check.name) for check in found.checked)
    results = max(len(_result(check)) for check in found.checked)
    rows = [(check.name, _result(check), textwrap.shorten(check.title, WIDTH - names - results - 4, placeholder=" ...")) for check in found.checked]
    parts = [table(("check", "result", "what has to be so"), rows, left=3)]
    parts += [_filled(f"{one.grade.capitalize()} ({one.check}): {one.sentence}") for one in found]
    on = f" with values {found.values}" if found.values else ""
    parts.append(_filled(f"{found.model}{on}, case {found.case}. {found.summary}" if found.case else f"{found.model}. {found.summary}"))
    return "\n\n".join(parts)


def _result(check: Checked) -> str:
    if check.result != "findings":
        return check.result + (f", {_grades(check)}" if check.findings else "")
    return _grades(check)


def _grades(check: Checked) -> str:
    from ..checking.findings import GRADES, counted

    counts = [(sum(one.grade == grade for one in check.findings), grade) for grade in GRADES]
    return ", ".join(counted(number, grade) for number, grade in counts if number)


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
