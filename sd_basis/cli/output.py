"""What commands print and store: tables, numbers, warnings, progress, and runs with their manifests."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .interruption import check

if TYPE_CHECKING:
    from ..model import Model
    from ..run import Run

WIDTH = 100
_LONG = 3000  # steps of a stage of work, a second or so, from which on it is shown


def number(value: float | None, digits: int = 4) -> str:
    """Return a number as short text, a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}g}"


def count(number: int, what: str) -> str:
    """Return "1 stock", "2 stocks"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return rows as aligned text, the first `left` columns to the left; a header may have several lines."""
    heads = [column.split("\n") for column in header]
    height = max(map(len, heads))
    lines = [[""] * (height - len(head)) + head for head in heads]
    body = [list(row) for row in rows]
    top = [[head[level] for head in lines] for level in range(height)]
    widths = [max(map(len, column)) for column in zip(*top, *body, strict=True)]
    rule = [["-" * width for width in widths]]
    return "\n".join("  ".join(cell.ljust(width) if index < left else cell.rjust(width)
                               for index, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
                     for row in (*top, *rule, *body))


def narrow(name: str, width: int = 16, at: str = "_ ") -> str:
    """Return a name broken at its underscores and spaces, or at other marks, into lines of about `width`."""
    lines = [""]
    for part in re.findall(f"[{at}]*[^{at}]+[{at}]*", name):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def warn(sentences: Iterable[str], where: str = "") -> None:
    """Print warnings to stderr."""
    for sentence in sentences:
        click.echo(f"Warning: {where}{sentence}", err=True)


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show a bar with an estimate on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda steps: check()
        return
    with click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True) as bar:
        def update(steps: int) -> None:
            check()
            bar.update(steps)
        yield update


@contextmanager
def told_stage(what: str, steps: int) -> Iterator[Callable[[int], None]]:
    """Show a stage of the engine's work on stderr: a bar, or a line where it cannot count its steps or stderr is no terminal; short ones not at all."""
    if steps and steps < _LONG:
        yield lambda done: check()
        return
    if steps and sys.stderr.isatty():
        with click.progressbar(length=steps, label=what, file=sys.stderr, show_eta=False, update_min_steps=max(1, steps // 100)) as bar:
            def update(done: int) -> None:
                check()
                bar.update(done)
            yield update
            bar.finish()
            bar.render_progress()
        return
    if steps or sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
    yield lambda done: check()


def compiled_fast(model: Model, engine: str) -> None:
    """Make the machine code of the engine `fast` where it is not in the cache yet, with a bar on stderr, or a sentence where that is no terminal."""
    if engine != "fast":
        return
    from ..fast.preparing import STEPS, prepare, prepared

    if not prepared(model):
        if not sys.stderr.isatty():
            click.echo(f"Compiling {model.name} for the engine fast, once: some ten to twenty seconds", err=True)
        with progress(STEPS, f"Compiling {model.name}, once") as done:
            prepare(model, done)


def store(run: Run, folder: Path, name: str) -> list[Path]:
    """Write a run as NAME.csv with NAME.manifest.json beside it; each file is whole or absent."""
    from ..storage import manifest_path

    table = run.to_csv(folder / f"{name}.csv")
    return [table, manifest_path(table)]


def file_name(run: Run, shift: bool = False) -> str:
    """Return the name of a run's files: model, case and, if asked for and not zero, the shift."""
    moved = f"{run.case.shift:+g}" if shift and run.case.shift else ""
    return f"{run.model.name}-{run.case.name}{moved}".replace("/", "_")
