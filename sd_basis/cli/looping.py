"""The command `loops`: the feedback loops of a model, which of them drives a run, and what cutting one changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from .options import case_option, json_option, model_argument, out_option, policy_option, set_option, shift_option, values_option
from .output import warn
from .request import request, span_of

if TYPE_CHECKING:
    from ..circuits import Loop
    from ..looping.cutting_each import LoopCut
    from ..looping.modes import LoopModes
    from ..looping.scoring import LoopScores


@click.command("loops")
@model_argument()
@case_option()
@values_option
@policy_option
@shift_option()
@set_option
@click.option("--loop", "given", metavar="NAME: A -> B -> C", multiple=True,
              help="Name a loop: quantities as each acts on the next, the last on the first; x[*] is every member of a family. Repeatable.")
@click.option("--most", type=click.IntRange(min=1), default=1000, show_default=True,
              help="Loops of a cycle partition beyond which they are searched for, not counted.")
@click.option("--between", metavar="LOW:HIGH", help="Look at this window of model time; by default at the whole run.")
@click.option("--step", type=float, metavar="TIME", help="Score over intervals of this length, as published; by default exactly, at instants.")
@click.option("--cut-each", is_flag=True, help="Run again with each loop cut at its first link, and tell the outcomes.")
@click.option("--cut-at", metavar="DATE", help="Cut from this date or model time on; by default from the start.")
@click.option("--show", "shown", type=click.IntRange(min=1), default=12, show_default=True, help="Loops in the tables and figures.")
@out_option("the result as JSON, the scores, the figure of dominance and the causal-loop diagram")
@json_option
def feedback_loops(model, case, values, policies, shift, settings, given, most, between, step, cut_each, cut_at, shown, out, as_json) -> None:
    """Find the feedback loops of MODEL, and which of them drive the run of a case.

    Scores are those of Loops That Matter, shares of what all loops of a cycle partition contribute; eigenvalues along the run say what grows.
    """
    window = span_of("--between", between) if between else None
    if cut_at and not cut_each:
        raise InputError("--cut-at: it says when --cut-each cuts; give that too")
    asked = request(model, values, policies, settings)
    own = asked.case(case, shift)
    from ..circuits import read_loop
    from ..looping.cutting_each import cut_loops
    from ..looping.finding import RTOL
    from ..looping.modes import instants, modes_along
    from ..looping.scoring import loop_scores
    from ..simulation import simulate
    from ..storage import output_folder, strict_json
    from .loop_text import document, text

    folder = output_folder(out) if out else None
    more: list[Loop] = [read_loop(asked.model, one) for one in given]
    run = simulate(asked.model, own, policies=asked.policies, set=asked.set, rtol=RTOL)
    warn(run.path.schedule.warnings)
    scores = loop_scores(run, loops=more, most=most, between=window, step=step)
    modes = modes_along(*_at(run, scores, window, instants), run)
    cuts: list[LoopCut] | None = None
    if cut_each:
        ranked = [scores.loops[group.rows[0]] for group in scores.ranked()[:shown] if group.given is None]
        named = [loop for loop in scores.loops if loop.given]
        cuts = cut_loops(asked.model, own, loops=more, found=[] if named else ranked, at=cut_at, set=asked.set, policies=asked.policies)
    about = document(asked, own, scores, modes, cuts, shown)
    click.echo(strict_json(about) if as_json else text(scores, modes, cuts, shown))
    if folder is not None:
        _write(scores, modes, about, folder, shown, as_json)


def _at(run: Any, scores: LoopScores, window: tuple[float, float] | None, instants: Any) -> tuple:
    """Return the links at the instants at which eigenvalues are taken, the loops, and the partition: the largest."""
    from ..looping.links import along, times_along

    t = instants(times_along(run, *(window or (None, None))))
    return along(run, t, scores.links.graph), scores.loops, 1


def _write(scores: LoopScores, modes: LoopModes, about: dict[str, Any], folder: Path, shown: int, quiet: bool) -> None:
    """Write the result as JSON and the figures with the CSV behind them, each with its manifest."""
    from ..figures.dominance import draw_loops
    from ..manifest import manifest
    from ..storage import strict_json, write_result

    run = scores.run
    name = f"{run.model.name}-{run.case.name}-loops".replace("/", "_")
    made = {**manifest(run), "form": scores.form}
    paths = [write_result(folder / f"{name}.json", strict_json(about) + "\n", made), *draw_loops(scores, modes, folder, name, made, shown)]
    for path in paths:
        click.echo(f"Wrote {path}", err=quiet)
