"""The command `timing`: the delay at which a rescue comes too late, of what kind that is, how large it must be, and what an hour costs."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import click

from ..errors import InputError
from ..workers import spread
from . import completing
from .options import case_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import warn
from .request import Request, request, span_of
from .surveying import Answer, Work, surveyed


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
@click.option("--points", type=click.IntRange(min=4), default=12, show_default=True, help="Points along the critical curve, for one length of the box.")
@click.option("--quick", is_flag=True, help="Leave out the curve of sizes, the convergence and the map.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes, one for each group of outcomes.")
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
    span, wanted = span_of("--between", between) if between else None, _size(size)
    from ..manifest import origin
    from ..policies import Policy
    from ..storage import output_folder, strict_json, write_atomic
    from ..transition.spending import size_of
    from .request import settings_of

    control = settings_of(controls)
    asked = request(model, values, (), settings, (), method, rtol)
    own, every = asked.case(case), list(dict.fromkeys(outcome.group for outcome in asked.model.outcomes))
    if not every:
        raise InputError(f"model {asked.model.name!r}: it declares no outcomes; give it outcomes=, a model of another tool by extended()")
    chosen = _groups(asked, groups, every)
    moved = None if policy is None else asked.model.policy(policy)
    folder = output_folder(out) if out else None
    run = asked.simulate(own)
    warn(run.path.schedule.warnings)
    about = None if quick else size_of(asked.model, run, moved if isinstance(moved, Policy) else None, wanted)
    work = Work(model, values, case, policy, about if about is None else replace(about, spends=None), None if about is None or about.spends is None else
                about.spends.name, span, within, asked.set, method, rtol, xtol, control or None, points, frozen, not quick, folder)
    found = _found(work, chosen, min(workers, len(chosen)))
    document = {"model": asked.model.name, "case": own.name, "values": asked.model.value_set, "policy": policy, "set": asked.set,
                "solver": {"method": method, "rtol": rtol}, "outcomes": {group: found[group][0] for group in chosen}}
    click.echo(strict_json(document) if as_json else "\n\n".join(found[group][1] for group in chosen))
    if folder is not None:
        write_atomic(folder / "timing.json", strict_json({**document, **origin(asked.model, own)}) + "\n")
        files = ["timing.json", *(name for group in chosen for name in found[group][2])]
        click.echo(f"Wrote {', '.join(files)} to {folder}", err=as_json)


def _found(work: Work, groups: list[str], workers: int) -> dict[str, Answer]:
    """Return what was found for each group, in this process or in one for each, and tell where stderr is a terminal."""
    began, found = time.monotonic(), {}
    answers = spread("timing", _one, groups, workers, _begin, (work,)) if workers > 1 else ((group, surveyed(work, group)) for group in groups)
    if sys.stderr.isatty():
        click.echo(f"timing of {', '.join(groups)}", err=True)
    for group, answer in answers:
        found[group] = answer
        if sys.stderr.isatty():
            click.echo(f"[{len(found)}/{len(groups)}] {group}, {time.monotonic() - began:.0f} s", err=True)
    return found


_own: list[Work] = []  # in a process of its own: what it works at


def _begin(work: Work) -> None:
    _own.append(work)


def _one(group: str) -> Answer:
    return surveyed(_own[-1], group)


def _groups(asked: Request, given: tuple[str, ...], every: list[str]) -> list[str]:
    from ..errors import unknown

    for group in given:
        if group not in every:
            raise unknown(f"model {asked.model.name!r}", "group of outcomes", group, every)
    return list(dict.fromkeys(given)) or every


def _size(given: str | None) -> tuple[str, float | None, float | None] | None:
    if given is None:
        return None
    name, equals, ends = given.partition("=")
    return (name.strip(), *span_of(f"--size {name}", ends)) if equals else (name.strip(), None, None)
