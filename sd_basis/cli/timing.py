"""The command `timing`: the delay at which a rescue comes too late, of what kind that is, how large it must be, and what an hour costs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from . import completing
from .options import case_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import warn
from .request import request

if TYPE_CHECKING:
    from ..transition.survey import Survey
    from .request import Request


@click.command()
@model_argument()
@case_option()
@values_option
@set_option
@click.option("--policy", metavar="NAME", shell_complete=completing.policies, help="The policy that moves; by default all dated policies of the case together.")
@click.option("--outcome", "groups", metavar="GROUP", multiple=True, help="A group of outcomes; by default all. Repeatable.")
@click.option("--between", metavar="LOW:HIGH", help="The delays to look at, in model time from the first shock; by default those of the whole run.")
@click.option("--size", metavar="PARAM[=LOW:HIGH]", shell_complete=completing.parameters,
              help="The parameter that says how large the rescue is; by default that of the policy, or of the one that spends most.")
@click.option("--within", type=float, metavar="TIME", help="Ask also for the size that recovers within this time of the start of the policy.")
@click.option("--control", "controls", metavar="NAME=NUMBER", multiple=True, help="A value under which nothing should turn; by default that of the outcomes. "
              "Repeatable.")
@click.option("--freeze", "frozen", metavar="STOCK", multiple=True, shell_complete=completing.stocks,
              help="Hold a slow stock where the edge state is sought. Repeatable.")
@click.option("--points", type=click.IntRange(min=4), default=50, show_default=True, help="Points along the critical curve, for one length of the box.")
@click.option("--quick", is_flag=True, help="Leave out the curve of sizes, the convergence and the map.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes that compute the map.")
@method_option
@rtol_option
@click.option("--xtol", type=float, default=1e-6, show_default=True, help="Width of the bracket of a critical delay, in model time.")
@out_option("the result as JSON, the figures and the points of the map, from which an interrupted map goes on")
@json_option
def timing(model, case, values, settings, policy, groups, between, size, within, controls, frozen, points, quick, workers, method, rtol, xtol, out,
           as_json) -> None:
    """Find the delay at which a rescue of MODEL comes too late, for each group of outcomes, and what kind of a turn that is.

    Delays count from the first shock of the case to the start of the policy. Where there is no critical delay the reason is given, with the
    sizes that would have one.
    """
    span, wanted = _range("--between", between) if between else None, _size(size)
    from ..storage import output_folder, strict_json
    from ..transition.survey import size_of, survey
    from .request import settings_of

    control = settings_of(controls)
    asked = request(model, values, (), settings, (), method, rtol)
    own, every = asked.case(case), list(dict.fromkeys(outcome.group for outcome in asked.model.outcomes))
    if not every:
        raise InputError(f"model {asked.model.name!r}: it declares no outcomes; give it outcomes=")
    chosen = _groups(asked, groups, every)
    moved = None if policy is None else asked.model.policy(policy)
    folder = output_folder(out) if out else None
    run = asked.simulate(own)
    warn(run.path.schedule.warnings)
    named = moved if hasattr(moved, "changes") else None
    about = None if quick else size_of(asked.model, run, named, wanted)
    found: dict[str, Survey] = {}
    tell = _teller(len(chosen) * (2 if folder is not None and about is not None else 1))
    for group in chosen:
        tell(group)
        found[group] = survey(asked.model, own, group, policy=moved, size=about, bracket=span, within=within, set=asked.set, method=method, rtol=rtol,
                              xtol=xtol, control=control or None, points=points, frozen=frozen, convergence=not quick)
    document = {"model": asked.model.name, "case": own.name, "values": asked.model.value_set, "policy": policy, "set": asked.set,
                "solver": {"method": method, "rtol": rtol}, "outcomes": {group: one.document() for group, one in found.items()}}
    if folder is not None:
        _write(found, document, folder, workers, tell, quiet=as_json)
    if as_json:
        click.echo(strict_json(document))
        return
    from .timing_text import text

    click.echo("\n\n".join(text(one) for one in found.values()))


def _groups(asked: Request, given: tuple[str, ...], every: list[str]) -> list[str]:
    from ..errors import unknown

    for group in given:
        if group not in every:
            raise unknown(f"model {asked.model.name!r}", "group of outcomes", group, every)
    return list(dict.fromkeys(given)) or every


def _range(option: str, given: str) -> tuple[float, float]:
    low, colon, high = given.partition(":")
    try:
        ends = float(low), float(high)
    except ValueError:
        raise InputError(f"{option} {given!r}: it is not LOW:HIGH; write two numbers, as in 0:20") from None
    if not colon or not ends[0] < ends[1]:
        raise InputError(f"{option} {given!r}: the upper end is not above the lower one; write the lower one first")
    return ends


def _size(given: str | None) -> tuple[str, float | None, float | None] | None:
    if given is None:
        return None
    name, equals, ends = given.partition("=")
    return (name.strip(), *_range(f"--size {name}", ends)) if equals else (name.strip(), None, None)


def _teller(count: int) -> Callable[[str], None]:
    """Return what tells on stderr, where that is a terminal, what is at work and about how long the rest takes."""
    began, done = time.monotonic(), 0

    def tell(what: str) -> None:
        nonlocal done
        if sys.stderr.isatty():
            left = f", about {(time.monotonic() - began) / done * (count - done):.0f} s left" if done else ""
            click.echo(f"[{done + 1}/{count}] {what}{left}", err=True)
        done += 1
    return tell


def _write(found: dict[str, Survey], document: dict[str, Any], folder: Path, workers: int, tell: Callable[[str], None], quiet: bool) -> None:
    """Write timing.json, and for each group of outcomes its map and figures."""
    from ..figures.survey import survey_figures
    from ..manifest import versions
    from ..storage import strict_json, write_atomic
    from ..transition.survey import mapped

    write_atomic(folder / "timing.json", strict_json({**document, "versions": versions()}) + "\n")
    files = ["timing.json"]
    for group, one in found.items():
        whole = None
        if one.size is not None:
            tell(f"map of {group}")
            whole = mapped(one, folder / f"map-{group}", workers)
        files += [path.name for path in survey_figures(one, whole, folder, f"timing_{group}")]
    click.echo(f"Wrote {', '.join(files)} to {folder}", err=quiet)
