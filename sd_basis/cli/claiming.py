"""The command `claims`: what a model claims, measured against its bounds and its controls."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import completing
from .options import (
    json_option,
    method_option,
    model_argument,
    out_option,
    rtol_option,
    values_option,
)
from .output import progress

if TYPE_CHECKING:
    from ..expectations import Expectation
    from ..model import Model
    from ..verdicts import Judgement


@click.command()
@model_argument()
@click.argument("wanted", metavar="[N]...", nargs=-1, shell_complete=completing.claims)
@values_option
@method_option
@rtol_option
@click.option("--workers", type=click.IntRange(min=1), help="Processes that measure; by default one for each core, four at most.")
@out_option("claims.csv, a file for each claim as soon as it is measured, or the figure of a single one")
@json_option
def claims(model, wanted, values, method, rtol, workers, out, as_json) -> None:
    """Measure the claims of MODEL, all or those numbered N, and print a verdict on each.

    A claim holds where its bounds hold and at least one of them breaks in the control. It is measured in every value set, and
    cannot be told where they disagree. A single N is explained, with a figure. With --out, claims measured before under
    the same settings are not measured again, so that an interrupted command goes on. The exit code is 0 whatever the verdicts.
    """
    from ..expectations import numbered
    from ..library import load
    from ..storage import output_folder, strict_json
    from ..trials import value_sets
    from ..verdicts import check, document

    loaded = load(model, values=values)
    chosen = numbered(loaded.path, wanted)
    sets = value_sets(loaded) if values is None else [values]
    for claim in chosen:
        check(claim, loaded)
    if len(wanted) == 1 and not as_json:
        _explain(loaded, chosen[0], sets, method, rtol, out)
        return
    folder = output_folder(out) if out else None
    count = workers or (min(os.cpu_count() or 1, 4) if len(chosen) > 1 else 1)
    judged = _judged(loaded, chosen, sets, method, rtol, count, folder)
    if folder is not None:
        _write(loaded, judged, sets, method, rtol, folder)
    if as_json:
        click.echo(strict_json([document(one) for one in judged]))
        return
    from .verdict_tables import overview

    click.echo(overview(judged))
    if folder is not None:
        click.echo(f"\nWrote claims.csv and {len(judged)} claims to {folder}")


def _judged(model: Model, chosen: Sequence[Expectation], sets: list, method: str, rtol: float, workers: int, folder: Path | None) -> list[Judgement]:
    """Return the judgement of each claim: one kept in the folder where it was measured under the same settings, else a new one, kept at once."""
    from ..storage import strict_json, write_atomic
    from ..trials import made_with, tried
    from ..verdicts import document, judgement

    settings = made_with(model, sets, method, rtol)
    done = {claim.number: kept for claim in chosen if folder is not None and (kept := _kept(claim, folder, settings)) is not None}
    left = [claim for claim in chosen if claim.number not in done]
    if done:
        click.echo(f"{len(done)} of {len(chosen)} claims were measured before, in {folder}", err=True)
    found: dict[int, list] = {claim.number: [] for claim in left}
    with progress(len(left) * len(sets), f"{len(left)} claims") as step:
        for claim, finding in tried(model, left, sets, method, rtol, workers):
            found[claim.number].append(finding)
            if len(found[claim.number]) == len(sets):
                done[claim.number] = judgement(claim, sorted(found[claim.number], key=lambda one: sets.index(one.values)))
                if folder is not None:
                    write_atomic(_file(claim, folder), strict_json({**document(done[claim.number]), "made_with": settings}) + "\n")
            step(1)
    return [done[claim.number] for claim in chosen]


def _file(claim: Expectation, folder: Path) -> Path:
    return folder / f"claim-{claim.number:02d}.json"


def _kept(claim: Expectation, folder: Path, settings: dict[str, Any]) -> Judgement | None:
    """Return the judgement kept in a folder, None where there is none made with the same settings."""
    from ..verdicts import restored

    try:
        content = json.loads(_file(claim, folder).read_text(encoding="utf-8"))
        return restored(claim, content) if content["made_with"] == settings else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(model: Model, judged: Sequence[Judgement], sets: list, method: str, rtol: float, folder: Path) -> None:
    """Write claims.csv, a row for each claim and value set, with its manifest."""
    from ..storage import write_result
    from ..trials import made_with
    from ..verdicts import document

    text = io.StringIO()
    rows = [{key: value for key, value in document(one).items() if key != "value_sets"} for one in judged]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_result(folder / "claims.csv", text.getvalue(), made_with(model, sets, method, rtol))


def _explain(model: Model, claim: Expectation, sets: list, method: str, rtol: float, out: str | None) -> None:
    """Say what a claim rests on and how it came out, and draw it."""
    from ..storage import output_folder
    from ..study import Runs
    from ..verdicts import judgement, trial
    from .verdict_tables import explanation

    folder = output_folder(Path(out or "figures") / Path(str(model.path)).stem / "claims")
    runs = Runs(model, method, rtol)
    trials = [trial(claim, runs, values) for values in sets]
    judged = judgement(claim, [finding for finding, _, _ in trials])
    click.echo(explanation(judged))
    from ..figures import for_claim

    for path in for_claim(judged, [(study, control) for _, study, control in trials], folder):
        click.echo(f"Wrote {path}")
