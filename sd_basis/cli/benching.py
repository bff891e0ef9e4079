"""The command `bench`: engines at equal delivered error on runs of a case, in one process, in turn."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..errors import InputError
from . import completing
from .interruption import check
from .options import case_option, json_option, model_argument, out_option, set_option, values_option
from .output import number, progress, table
from .request import request

ENGINES = ("lsoda", "fast", "fast-2", "bdf", "radau", "odeint", "cvode", "cvode-c", "diffrax")  # a test holds them to the engine's, which cost scipy to import
_MODEL, _CASE, _POLICY = "treasury_basis", "march-2020", "purchases"


def _engines(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return completing.items(ENGINES, incomplete)


@click.command()
@model_argument(required=False)
@case_option()
@values_option
@set_option
@click.option("--over", metavar="NAME[=FORM]", multiple=True, shell_complete=completing.varied,
              help="What differs between runs, as in a sample of `sweep`; by default the delay and the size of the policy. Repeatable.")
@click.option("--policy", metavar="NAME", shell_complete=completing.policies, help="The policy that moves with the delay; by default all dated ones together.")
@click.option("--error", type=float, default=1e-5, show_default=True, help="The delivered error at which engines are compared.")
@click.option("--runs", type=click.IntRange(min=1), default=8, show_default=True, help="Runs that are compared.")
@click.option("--repeats", type=click.IntRange(min=1), default=3, show_default=True,
              help="How often each engine is timed at its tolerance, in turn with the others.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the runs.")
@click.option("--engine", "engines", metavar="NAME", multiple=True, shell_complete=_engines, help=f"One of {', '.join(ENGINES)}; by default all. Repeatable.")
@click.option("--start", "started", is_flag=True, help="Measure how long the compiled engine takes to begin, in fresh processes, cold and warm.")
@out_option("bench.json, bench.txt and the work-precision diagram")
@json_option
def bench(model, case, values, settings, over, policy, error, runs, repeats, seed, engines, started, out, as_json) -> None:
    """Time engines at equal delivered error on runs of a case of MODEL, by default the flagship's march-2020.

    The error is that against LSODA at rtol 1e-11. An engine that is not installed is a row that says so.
    """
    from ..bench.engines import NOT_BUILT, contestants, versions
    from ..bench.measuring import baseline_of, check_error, measure
    from ..bench.problem import problem
    from ..bench.timed import thread_gain
    from ..storage import output_folder, strict_json, write_atomic
    from ..transition.scene import Scene

    check_error(error)
    chosen = contestants(engines)
    folder = output_folder(out) if out else None
    if model is None:
        model, case = _MODEL, case or _CASE
        policy = policy or (_POLICY if case == _CASE else None)
    asked = request(model, values, (), settings)
    scene = Scene(asked.model, asked.case(case), policy=policy, set=asked.set)
    load_before = _load()
    with progress(runs, f"{runs} references") as done:
        made = problem(scene, over, runs, seed, done)
    measured = measure(made, chosen, error, repeats, _told)
    baseline = baseline_of(measured, error)
    document: dict[str, Any] = {
        "model": asked.model.name, "case": scene.case.name, "values": asked.model.value_set, "set": asked.set, "policy": policy, "sample": made.text,
        "runs": runs, "repeats": repeats, "stocks": len(asked.model.stocks), "pieces": max(map(len, made.courses)), "error": error,
        "engines": [one.document(error, baseline) for one in measured], "not_built": dict(NOT_BUILT), "start": None,
        "machine": {"processor": _processor(), "cpus": os.cpu_count(), "python": platform.python_version(), "load_before": load_before, "load_after": _load(),
                    "thread_gain": thread_gain() if any(one.threads == 2 and one.repeats for one in measured) else None},
        "versions": versions()}
    if started:
        document["start"] = _start(made, model, values, case)
    text = _text(document)
    click.echo(strict_json(document) if as_json else text)
    if folder is not None:
        from ..figures.benchmarks import work_precision
        from ..figures.output import save

        write_atomic(folder / "bench.json", strict_json(document) + "\n")
        write_atomic(folder / "bench.txt", text + "\n")
        remark = f"{asked.model.name}, {scene.case.name}, {len(asked.model.stocks)} stocks, {runs} runs; {document['machine']['processor']}. " \
                 "By the processor's clock, engines of several threads by the wall's."
        files = save(*work_precision(measured, error, remark), folder, "work-precision")
        click.echo(f"Wrote bench.json, bench.txt, {', '.join(path.name for path in files)} to {folder}", err=as_json)


def _told(text: str) -> None:
    """Say on a terminal what is done next."""
    check()
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _start(made: Any, model: str, values: str | None, case: str | None) -> dict[str, Any]:
    from dataclasses import asdict

    from ..bench.starts import beginnings

    _told("fresh processes")
    try:
        cold, warm = beginnings(made, model, values, case)
    except InputError as error:
        return {"absent": str(error)}
    return {"cold": asdict(cold), "warm": asdict(warm)}


def _load() -> list[float] | None:
    try:
        return [round(load, 2) for load in os.getloadavg()]
    except OSError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor() or platform.machine())


def _text(document: dict[str, Any]) -> str:
    """Return the table with what it rests on."""
    if sys.stderr.isatty():
        click.echo("", err=True)
    machine = document["machine"]
    lines = [f"{document['model']}, {document['case']}: {document['stocks']} stocks, {document['pieces']} pieces",
             f"{document['runs']} runs, {document['sample']}",
             f"error {document['error']:g}, {document['repeats']} repeats; {machine['processor']}, {machine['cpus']} cpus"
             + (f", load {machine['load_before'][0]:g} before, {machine['load_after'][0]:g} after" if machine["load_before"] else ""), ""]
    there = [one for one in document["engines"] if one["absent"] is None]
    lines.append(table(["engine", "threads", "rtol", "error", "ms per run", "spread", "ms at error", "ratio"], [
        [one["engine"], str(one["threads"]), number(one["rtol"], 2), number(one["error"], 2), _milliseconds(one["seconds"]),
         "-" if one["spread"] is None else f"{100 * one['spread']:.0f} %", _milliseconds(one["seconds_at_error"]), number(one["ratio"], 3)] for one in there]))
    lines += [f"{one['engine']}: {one['about']}" for one in there]
    lines.append(f"ratio: to {ENGINES[0]}; spread: half the range; ms at error: between the measured errors, by straight lines in logarithms")
    lines += _ratios({one["engine"]: one for one in there}, machine["thread_gain"])
    lines += [f"{one['engine']}: not here, {one['absent']}" for one in document["engines"] if one["absent"] is not None]
    lines += [f"{name}: not built, {reason}" for name, reason in document["not_built"].items()]
    start = document["start"]
    if start is not None:
        lines += [start["absent"]] if "absent" in start else [
            f"{word} start: {own['prepare']:.2f} s to {what} machine code, {own['first']:.2f} s for the first runs, "
            f"after {own['load']:.2f} s for libraries and model"
            for word, what, own in (("cold", "make", start["cold"]), ("warm", "read", start["warm"]))]
    return "\n".join(lines)


def _milliseconds(seconds: float | None) -> str:
    return number(None if seconds is None else 1e3 * seconds, 3)


def _ratios(found: dict[str, dict[str, Any]], gain: float | None) -> list[str]:
    """Return what is asked of the compiled engine: its ratios to the baseline and to C, and what a second thread gives."""
    lines = []
    fast = found.get("fast")
    for other, what in (("lsoda", "the baseline"), ("cvode-c", "C with CVODE")):
        if fast is not None and other in found and fast["seconds_at_error"] and found[other]["seconds_at_error"]:
            lines.append(f"fast: {found[other]['seconds_at_error'] / fast['seconds_at_error']:.3g} times {what} per core")
    two = found.get("fast-2")
    if fast is not None and two is not None and fast["repeats"] and two["repeats"]:
        each = [one["wall"] / both["wall"] for one, both in zip(fast["repeats"], two["repeats"], strict=True)]
        lines.append(f"two threads: {sorted(each)[len(each) // 2]:.3g} times one, by the wall's clock; "
                     f"plain arithmetic in two threads here and now: {gain or 1:.3g} times")
    return lines

