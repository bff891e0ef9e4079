"""The command `regret`: what is lost by choosing one action where another would have been best, over uncertain parameters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from . import completing
from .options import case_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import number, table
from .request import Request, request, settings_of
from .sampling import apart, drawn, named, running, sample_options

if TYPE_CHECKING:
    from ..ensemble.regrets import Action, Term

_TERM = re.compile(r"(?:(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\*)?(?P<name>[^:*]+)(?::(?P<measure>\w+))?")


@click.command()
@model_argument()
@case_option()
@values_option
@set_option
@sample_options
@click.option("--action", "actions", metavar="NAME:delay=D[,policy=P][,PARAM=V]...", multiple=True, required=True,
              help="What could be done: the delay of the policy after the first shock (or never), which policy (by default all dated ones), and "
                   "parameters. Repeatable.")
@click.option("--loss", "losses", metavar="[WEIGHT*]QUANTITY[:end|highest|lowest]", multiple=True, required=True, shell_complete=completing.kept,
              help="What is to be small; several add up. Repeatable.")
@method_option
@rtol_option
@out_option("answers, from which an interrupted command goes on, the figure and regret.json")
@json_option
def regret(model, case, values, settings, over, sample, design, seed, engine, workers, actions, losses, method, rtol, out, as_json) -> None:
    """Compare actions over many samples of parameters of MODEL by their regret: the loss beyond that of the best action for each sample.

    The minimax action has the smallest largest regret; the ninetieth percentile forgives one sample in ten.
    """
    import numpy as np

    from ..ensemble.job import Job
    from ..ensemble.regrets import regret as regretted
    from ..manifest import origin
    from ..storage import output_folder, strict_json, write_atomic
    from ..transition.scene import DELAY

    asked = request(model, values, (), settings, (), method, rtol)
    own = asked.case(case)
    terms = [_term(text) for text in losses]
    chosen = [_action(asked, own, text) for text in actions]
    made = drawn(chosen[0].scene, over, sample, seed, design)
    folder = output_folder(out) if out else None
    with running([action.scene for action in chosen], (DELAY, *made.columns), engine, workers, folder) as (run, name):
        found = regretted(run, chosen, made.columns, made.points, terms)
    first = chosen[0]
    given = np.broadcast_to([np.nan if first.delay is None else first.delay, *first.values.values()], (len(made.points), 1 + len(first.values)))
    difference, said = apart(Job(first.scene, (DELAY, *first.values, *made.columns)), np.column_stack([given, made.points]), name, seed)
    document: dict[str, Any] = {
        "model": asked.model.name, "case": own.name, "values": asked.model.value_set, "set": asked.set, "sample": made.text, "samples": len(made.points),
        "failed": found.failed, "engine": name, "solver": {"method": method, "rtol": rtol}, "loss": list(losses), "minimax": next(iter(found.largest)), "difference": difference,
        "actions": [{"action": action, "largest": found.largest[action], "ninetieth": found.ninetieth[action], "mean_loss": found.expected[action],
                     "best": found.best[action]} for action in found.largest],
        "flips": [{"parameter": parameter, "chance": chance, "at": at} for parameter, (chance, at) in found.flips().items()],
        "leading": list(found.best)[:2]}
    click.echo(strict_json(document) if as_json else _text(document, said))
    if folder is not None:
        from ..figures.output import save
        from ..figures.uncertainty import regret_picture

        kept = {**document, "names": found.names, "columns": found.columns, "points": found.samples.tolist(), "losses": found.losses.tolist()}
        write_atomic(folder / "regret.json", strict_json({**kept, **origin(asked.model, own)}) + "\n")
        figure, rows = regret_picture(asked.model, own, found, " + ".join(losses))
        click.echo(f"Wrote regret.json, {', '.join(Path(path).name for path in save(figure, rows, folder, 'regret'))} to {folder}", err=as_json)


def _action(asked: Request, case: Any, text: str) -> Action:
    from ..ensemble.regrets import Action
    from ..transition.scene import Scene

    name, colon, rest = text.partition(":")
    pairs = [(key.strip(), value) for key, _, value in (part.partition("=") for part in rest.split(",") if part.strip())]
    given = dict(pairs)
    if len(given) < len(pairs):
        raise InputError(f"--action {text!r}: it says something twice; say each thing once")
    if not name.strip() or not colon or "delay" not in given:
        raise InputError(f"--action {text!r}: it is not NAME:delay=...; write for example soon:delay=2 or nothing:delay=never")
    delay, policy = given.pop("delay").strip(), given.pop("policy", None)
    try:
        start = None if delay == "never" else float(delay)
    except ValueError:
        raise InputError(f"--action {text!r}: the delay {delay!r} is no number; give model time after the first shock, or never") from None
    scene = Scene(asked.model, case, policy=policy, set=asked.set, method=asked.method, rtol=asked.rtol)
    if start is not None and not scene.earliest <= start < scene.latest:
        raise InputError(f"--action {text!r}: the delay is not between {scene.earliest:g} and {scene.latest:g}; give one within the run")
    return Action(name.strip(), scene, start, settings_of([f"{key}={value}" for key, value in given.items()], f"--action {name.strip()}:"))


def _term(text: str) -> Term:
    from ..ensemble.regrets import Term

    match = _TERM.fullmatch(text.strip())
    if match is None:
        raise InputError(f"--loss {text!r}: it is not [WEIGHT*]QUANTITY[:MEASURE]; write for example 0.5*losses:end")
    return Term(match["name"].strip(), float(match["weight"] or 1.0), match["measure"] or "end")


def _text(document: dict[str, Any], said: str) -> str:
    rows = [[row["action"], number(row["largest"]), number(row["ninetieth"]), number(row["mean_loss"]), f"{100 * row['best']:.3g} %"] for row in document["actions"]]
    lines = [f"regret in {' + '.join(document['loss'])} of {named(document)}, over {document['sample']}, "
             f"engine {document['engine']}", "", table(["action", "largest\nregret", "ninetieth\npercentile", "mean\nloss", "best in"], rows)]
    if document["failed"]:
        lines.append(f"{document['failed']} samples with a failed run are left out")
    if document["flips"]:
        first, second = document["leading"]
        lines += ["", f"where {first} is better than {second}: the chance that its samples have the larger value, and the value that parts the two best",
                  table(["parameter", "chance", "parted at"], [[row["parameter"], f"{row['chance']:.2f}", number(row["at"])] for row in document["flips"][:8]])]
    return "\n".join([*lines, "", said])
