"""The command `sweep`: many runs of a case over a grid or a sample, kept in chunks so that an interrupted one goes on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ..errors import InputError, NumericalFailure
from . import completing
from .interruption import check
from .options import case_option, cut_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import compiled_fast, warn
from .request import Request, request
from .sweep_text import cost_text, plan_text, summary_text

if TYPE_CHECKING:
    from ..ensemble.store import Held
    from ..ensemble.sweeps import Prepared
    from ..transition.scene import Scene

ENGINES, DESIGNS = ("auto", "fast", "scipy"), ("lhs", "sobol")  # a test holds them to the engine's, which cost scipy to import
_SHORT = 4.0  # seconds that processes take to start
_LINE = 60.0  # seconds between lines of progress where stderr is no terminal


def known(names: tuple[str, ...]) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Return what completes an option of known names."""
    return lambda ctx, param, incomplete: completing.items(names, incomplete)


@click.command()
@model_argument()
@case_option()
@values_option
@set_option
@cut_option
@click.option("--over", metavar="NAME=FORM", multiple=True, shell_complete=completing.varied,
              help="Vary a parameter, or the delay: lin(LOW,HIGH,COUNT), log(LOW,HIGH,COUNT) or v1,v2,... of a grid; nothing (the plausible range), "
                   "uniform(LOW,HIGH) or loguniform(LOW,HIGH) of a sample. Repeatable; the last one varies fastest.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Draw this many points instead of a grid.")
@click.option("--design", default="lhs", show_default=True, shell_complete=known(DESIGNS), help=f"How points are drawn: {', '.join(DESIGNS)}.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the sample and of the runs that are checked.")
@click.option("--policy", metavar="NAME", shell_complete=completing.policies, help="The policy that moves with the delay; by default all dated ones together.")
@click.option("--keep", metavar="QUANTITY", multiple=True, shell_complete=completing.kept,
              help="Keep a stock, flow or auxiliary of each run: its value at --times and its extremes. Repeatable.")
@click.option("--times", metavar="TIME,...", multiple=True, help="When to keep them, in model time or as ISO dates; by default at the end.")
@method_option
@rtol_option
@click.option("--engine", default="auto", show_default=True, shell_complete=known(ENGINES), help=f"What runs them: {', '.join(ENGINES)}.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes, or threads of the compiled engine.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a cluster of dask.distributed, tcp://HOST:PORT.")
@click.option("--chunk", type=click.IntRange(min=1), metavar="N", help="Runs in one file, and what a killed process loses.")
@click.option("--check", "checked", type=click.IntRange(min=0), default=8, show_default=True, help="Runs compared with LSODA.")
@out_option("chunks with their manifest, from which an interrupted sweep goes on, and the summary")
@click.option("--export", "exports", metavar="FILE", multiple=True, type=click.Path(), help="Write all runs as FILE.csv, FILE.parquet or FILE.nc. Repeatable.")
@click.option("--map", "drawn", is_flag=True, help="Draw the outcomes of a grid of two even axes into the folder of --out.")
@click.option("--plan", is_flag=True, help="Print what these runs and a million would cost, and run only a few.")
@click.option("--cores", type=click.IntRange(min=1), multiple=True, metavar="N", help="Cores to plan for. Repeatable.")
@json_option
def sweep(model, case, values, settings, cuts, over, sample, design, seed, policy, keep, times, method, rtol, engine, workers, scheduler, chunk, checked,
          out, exports, drawn, plan, cores, as_json) -> None:
    """Run a case of MODEL many times, over a grid or a sample, and count how the runs end.

    A run that fails is a row with its reason. With --out, a sweep that was killed goes on when the same command is given again, to equal results.
    """
    from ..ensemble.exporting import exporter
    from ..ensemble.planning import pilot
    from ..ensemble.sweeps import prepared
    from ..storage import strict_json
    from ..transition.scene import Scene

    files = tuple(Path(path) for path in exports)
    for path in files:
        exporter(path)
    asked = request(model, values, (), settings, cuts, method, rtol)
    scene = Scene(asked.model, asked.case(case), policy=policy, set=asked.set, method=method, rtol=rtol)
    moments = [part.strip() for text in times for part in text.split(",")]
    made = prepared(scene, over, sample=sample, seed=seed, kind=design, keep=keep, times=moments, engine=engine, chunk=chunk, store=out)
    if drawn:
        _check_map(made)
    warn(made.warnings)
    if plan:
        compiled_fast(scene.model, made.errand.engine)
        cost = pilot(made.errand)
        document: dict[str, Any] = {"engine": made.errand.engine, "bytes_per_run": cost.bytes_per_run, "runs_per_core_second": cost.rate,
                    "plans": [cost.on(number, runs) for runs in dict.fromkeys((cost.runs, 1_000_000)) for number in cores or (1, os.cpu_count() or 1, 64)]}
        click.echo(strict_json(document) if as_json else plan_text(document))
        return
    with made.held(workers, files) as held:
        warn(held.warnings)
        document = _carried(asked, made, held, workers, scheduler, checked, seed, files)
        click.echo(strict_json(document) if as_json else summary_text(document, scene.model.time_unit))
        if out is not None:
            _noted(Path(out), strict_json(document))
            maps = _maps(scene, made, held) if drawn else []
            click.echo(f"Wrote {', '.join([f'{held.chunks} chunks', 'manifest.json', 'summary.json', *maps])} to {out}", err=as_json)
    for path in files:
        click.echo(f"Wrote {path}", err=as_json)
    if document["failed"] == document["runs"]:
        raise NumericalFailure(f"{scene.where}, sweep: every run failed, the first because {next(iter(document['failures']))}")


def _carried(asked: Request, made: Prepared, held: Held, workers: int, scheduler: str | None, checked: int, seed: int,
             files: tuple[Path, ...]) -> dict[str, Any]:
    """Compute what is missing and return the summary of all."""
    from dataclasses import asdict

    from ..ensemble.checking import difference
    from ..ensemble.engines import SCIPY
    from ..ensemble.exporting import export
    from ..ensemble.planning import pilot
    from ..ensemble.results import counted
    from ..ensemble.sweeps import carry_out

    errand, missing = made.errand, held.missing
    runs = sum(map(errand.size, missing))
    if runs:
        compiled_fast(errand.job.scene.model, errand.engine)
    cost = pilot(errand, max(runs // 10, 1), threads=workers) if runs else None
    if cost is not None and cost.on(1, runs)["seconds"] < _SHORT:
        workers = 1 if errand.engine == SCIPY else workers  # it would be done before others are there
    click.echo(cost_text(errand.design.runs, runs, cost, workers, scheduler), err=True)
    began = time.monotonic()
    with _progress(runs, f"{runs:,} runs") as done:
        carry_out(made, held, workers, scheduler, done)
    seconds = time.monotonic() - began
    found = counted(made.about, held.each())
    apart = difference(errand, held, checked, seed)
    if apart is not None and apart.warning:
        warn([apart.warning])
    for path in files:
        export(path, made.about, held.each())
    about = made.about
    return {"model": about["model"], "case": about["case"], "values": about["value_set"], "policy": about["policy"], "set": asked.set,
            "solver": {"method": about["method"], "rtol": about["rtol"], "engine": about["engine"]}, "over": about["over"], "design": about["design"],
            "runs": found.runs, "failed": found.failed, "failures": found.failures, "outcomes": found.outcomes, "kept": found.kept,
            "difference": None if apart is None else apart.document(), "computed": runs, "seconds": seconds if runs else 0.0,
            "rate": runs / seconds if runs else None, "pilot": None if cost is None else asdict(cost), "chunks": held.chunks, "workers": workers,
            "store": None if made.folder is None else str(made.folder), "exports": [str(path) for path in files]}


def _check_map(made: Prepared) -> None:
    if made.folder is None:
        raise InputError("--map: it is drawn beside the chunks; say where with --out FOLDER")
    from ..figures.sweep_maps import check_map

    check_map(made.errand.design)


def _maps(scene: Scene, made: Prepared, held: Held) -> list[str]:
    from ..figures.sweep_maps import sweep_maps

    return [path.name for path in sweep_maps(scene, made.errand.design, made.about, held, made.folder)]


def _noted(folder: Path, summary: str) -> None:
    from ..storage import write_atomic

    write_atomic(folder / "summary.json", summary + "\n")


@contextmanager
def _progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and estimate on stderr; where that is no terminal, a line a minute."""
    began = said = time.monotonic()
    made = 0

    def rate() -> float:
        return made / max(time.monotonic() - began, 1e-9)

    if not sys.stderr.isatty():
        def note(runs: int) -> None:
            nonlocal made, said
            check()
            made += runs
            if time.monotonic() - said > _LINE:
                said = time.monotonic()
                click.echo(f"{made:,} of {length:,} runs, {rate():.3g} a second, {(length - made) / rate():.0f} s left", err=True)
        yield note
        return
    bar: Any
    with click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True, item_show_func=lambda _: f"{rate():.3g} a second") as bar:
        def update(runs: int) -> None:
            nonlocal made
            check()
            made += runs
            bar.update(runs)
        yield update
