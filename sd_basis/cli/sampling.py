"""What the commands on uncertain parameters share: their options, the sample, and the engine that runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from . import completing
from .interruption import check
from .output import compiled_fast
from .sweeping import DESIGNS, ENGINES, known

if TYPE_CHECKING:
    import numpy as np

    from ..ensemble.job import Batch, Engine, Job
    from ..transition.scene import Scene

_CHECKED = 8  # runs compared with LSODA


def sample_options(command: Callable) -> Callable:
    """Add the options of a sample of parameters and of what runs it."""
    options = (
        click.option("--over", metavar="NAME[=FORM]", multiple=True, required=True, shell_complete=completing.varied,
                     help="An uncertain parameter: nothing (its plausible range), uniform(LOW,HIGH) or loguniform(LOW,HIGH). Repeatable."),
        click.option("--sample", type=click.IntRange(min=2), default=256, show_default=True, metavar="N", help="Points to draw."),
        click.option("--design", default="lhs", show_default=True, shell_complete=known(DESIGNS), help=f"How they are drawn: {', '.join(DESIGNS)}."),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the sample."),
        click.option("--engine", default="auto", show_default=True, shell_complete=known(ENGINES), help=f"What runs them: {', '.join(ENGINES)}."),
        click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes, or threads of the compiled engine."))
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class Drawn:
    """A sample: names of parameters, points (runs, parameters), and how it was drawn, in words."""

    columns: tuple[str, ...]
    points: np.ndarray
    text: str


def drawn(scene: Scene, over: tuple[str, ...], count: int, seed: int, design: str) -> Drawn:
    """Return a sample of ranges; raise InputError for what cannot be sampled."""
    from ..ensemble.axes import axes_of
    from ..ensemble.designs import design_of
    from ..transition.scene import DELAY
    from .output import warn

    axes, warnings = axes_of(scene, over, True)
    if any(axis.name == DELAY for axis in axes):
        raise InputError(f"--over {DELAY}: the delay is what is asked about; name uncertain parameters")
    made = design_of(axes, count, seed, design)
    warn(warnings)
    return Drawn(made.columns, made.rows(0, made.runs), made.text)


@contextmanager
def running(scenes: list[Scene], columns: tuple[str, ...], engine: str, workers: int, store: Path | None) -> Iterator[tuple[Engine, str]]:
    """Give the engine for jobs on these scenes, which counts its runs on stderr where that is a terminal, and its name."""
    from ..ensemble.crews import open_engine
    from ..ensemble.engines import chosen
    from ..ensemble.job import Job

    names = {chosen(Job(scene, columns), engine) for scene in scenes}
    name = "scipy" if "scipy" in names else names.pop()
    for model in {id(scene.model): scene.model for scene in scenes}.values():
        compiled_fast(model, name)
    made = 0
    with open_engine(scenes, name, workers, store) as run:
        def counted(job: Job, rows: np.ndarray) -> Batch:
            nonlocal made
            check()
            batch = run(job, rows)
            made += len(rows)
            if sys.stderr.isatty():
                click.echo(f"\r{made:,} runs", err=True, nl=False)
            return batch
        yield counted, name
        if sys.stderr.isatty():
            click.echo("", err=True)


def apart(job: Job, rows: np.ndarray, name: str, seed: int) -> tuple[dict[str, Any], str]:
    """Return how far some of the runs are from LSODA, as a document and a sentence; warn where that is too far."""
    import numpy as np

    from ..ensemble.checking import compared
    from .output import warn

    picked = np.sort(np.random.default_rng([seed, 21]).choice(len(rows), min(_CHECKED, len(rows)), replace=False))
    found = compared(job, rows[picked], name)
    warn([found.warning] if found.warning else [])
    document = found.document()
    return document, (f"largest difference from LSODA at rtol {found.rtol:g} over {found.runs} runs: {found.value:.2g} of the size of {found.quantity} "
                      f"(allowed {document['allowed']:g}); {found.codes or 'no'} outcome{'s' if found.codes > 1 else ''} differ{'' if found.codes > 1 else 's'}")


def finite(value: float) -> float | str | None:
    """Return a number for strict JSON: None for nan, "never" and "always" for no turn within what was looked at."""
    return None if value != value else "never" if value == float("inf") else "always" if value == float("-inf") else float(value)


def quantiles(values: np.ndarray) -> dict[str, Any]:
    """Return the quantiles that are printed, of numbers of which some may be infinite."""
    import numpy as np

    kept = np.sort(values[~np.isnan(values)])
    return {f"{share:g}": finite(float(kept[min(int(np.ceil(share * len(kept))) - 1 if share else 0, len(kept) - 1)])) if len(kept) else None
            for share in (0.05, 0.25, 0.5, 0.75, 0.95)}


def named(document: dict[str, Any]) -> str:
    """Return model, case and value set of a document as text."""
    return ", ".join(str(document[key]) for key in ("model", "case", "values") if document[key] is not None)
