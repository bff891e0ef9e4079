"""Figures: what people look at, each as SVG and PNG with the CSV behind it and a manifest.

A figure is a function of a `Context` that returns (matplotlib Figure, table); a table maps column
names to one-dimensional columns. Every model has a stock-and-flow diagram and the paths of its
cases, one with balance sheets also their matrices. The folder of a model may hold `figures.py`, or a
package `figures`, with figures of its own:

    def cost_of_an_hour(context):
        '''What an hour of delay costs.'''          # the first line is the title
        run = context.run("march-2020", shift=0.5)   # computed once, whoever asks
        return paths([run], ["dollar_liquidity"])

    FIGURES = {"cost_of_an_hour": cost_of_an_hour}

A name given there replaces the generic figure of that name; None leaves it out. COMPARED names what paths show,
CASE the case whose matrices are drawn. `style` has the
parts to build from: panels, panel, dated_axis, settle, policy_lines, end_labels (in this order).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import matplotlib

from ..compiled import compiled, fingerprint
from ..errors import InputError, unknown
from ..library import code_path, locate, module
from ..manifest import manifest, versions
from ..model import Model
from ..run import Run
from ..storage import manifest_path, strict_json, write_atomic
from ..study import Study
from ..verdicts import Judgement
from ..workers import spread
from .claiming import claim_figure
from .context import Context
from .diagram import stock_and_flow, stock_and_flow_table
from .matrices import of_accounts, tables
from .output import differences, save
from .paths import decisive_stocks, later_starts, paths, rescue_against_collapse
from .style import footer, styled

__all__ = ["Context", "available", "check", "for_claim", "for_comparison", "later_starts", "paths", "regenerate",
           "rescue_against_collapse", "save", "stock_and_flow", "stock_and_flow_table", "tables"]

Function = Callable[[Context], tuple]
_MANY = 8  # figures for each process; it takes as long to begin as a few of them


def available(model: str | Path | Model) -> dict[str, str]:
    """Return the figures of a model, name to title. This runs the model's code."""
    return {name: title for name, (title, _) in _figures(Context(model)).items()}


def regenerate(model: str | Path | Model, folder: str | Path, only: str | Iterable[str] | None = None,
               progress: Callable[[int, int, str], None] | None = None, workers: int | None = None) -> list[Path]:
    """Draw the figures of a model into a folder, each with a manifest of the runs behind it, and return the files.

    The manifest knows the runs that came from the context. `progress` is told (number done, number of all, name of the next, or of one at work). Several
    `workers` are spawned processes that load the model themselves; by default one for each core, four at most, where there are many figures. Raises InputError for an unknown name in `only`.
    """
    context = Context(model)
    figures = _figures(context)
    wanted = list(figures) if only is None else [only] if isinstance(only, str) else list(only)
    for name in wanted:
        if name not in figures:
            raise unknown(f"model {context.model.name!r}", "figure", name, figures)
    workers = min(os.cpu_count() or 1, 4, len(wanted) // _MANY) if workers is None else min(workers, len(wanted))
    if workers > 1 and context.path is not None and not isinstance(model, Model):
        compiled(context.model)  # once, into the cache on disk, not once in every worker
        return _spread_out(context.path, folder, wanted, progress, workers)
    written: list[Path] = []
    for number, name in enumerate(wanted):
        if progress is not None:
            progress(number, len(wanted), name)
        written += _drawn(context, figures[name][1], folder, name)
    return written


def _drawn(context: Context, function: Function, folder: str | Path, name: str) -> list[Path]:
    context.used.clear()
    with styled():
        made = function(context)
    if not (isinstance(made, tuple) and len(made) == 2 and isinstance(made[1], Mapping)):
        raise InputError(f"figure {name!r}: it returned {type(made).__name__}; return (figure, table) with a mapping of columns")
    _write_manifest(context.model, context.used.values(), folder, name)
    return save(*made, folder, name)


def _spread_out(path: Path, folder: str | Path, wanted: Sequence[str], progress: Callable[[int, int, str], None] | None, workers: int) -> list[Path]:
    """Draw figures in several processes and return the files in the order wanted."""
    files: dict[str, list[Path]] = {}
    for name, written in spread("figures", _task, wanted, workers, _begin, (str(path), str(folder))):
        files[name] = written
        if progress is not None and len(files) < len(wanted):
            progress(len(files), len(wanted), next(other for other in wanted if other not in files))
    return [file for name in wanted for file in files[name]]


_at_work: list[tuple[Context, dict[str, tuple[str, Function]], str]] = []  # in a process of its own: whose figures it draws, and where to


def _begin(path: str, folder: str) -> None:
    context = Context(path)
    _at_work.append((context, _figures(context), folder))


def _task(name: str) -> list[Path]:
    context, figures, folder = _at_work[-1]
    return _drawn(context, figures[name][1], folder, name)


def _write_manifest(model: Model, runs: Iterable[Run], folder: str | Path, name: str) -> None:
    """Write NAME.manifest.json: the versions, the model, and each run behind the figure with its case and tolerances."""
    common = {**versions(), "matplotlib": matplotlib.__version__}
    behind = [{key: value for key, value in manifest(run).items() if key not in common} for run in runs]
    about = {**common, "figure": name, "model": model.name, "model_hash": fingerprint(model), "value_set": model.value_set, "runs": behind}
    write_atomic(manifest_path(Path(folder) / name), strict_json(about) + "\n")


def check(model: str | Path | Model, folder: str | Path, only: str | Iterable[str] | None = None,
          progress: Callable[[int, int, str], None] | None = None, workers: int | None = None) -> list[str]:
    """Return as sentences how the stored CSVs in a folder differ from freshly computed ones; [] where they agree."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as fresh:
        for file in regenerate(model, fresh, only, progress, workers):
            stored = Path(folder) / file.name
            if not stored.is_file():
                found.append(f"{file.name}: it is missing; regenerate it")
            elif file.suffix == ".csv":
                found += differences(file.name, stored.read_text(encoding="utf-8"), file.read_text(encoding="utf-8"))
    return found


def for_comparison(model: Model, runs: Sequence[Run], folder: str | Path) -> list[Path]:
    """Draw the stocks that decide the outcome, run against run, and return the files of `comparison`.

    The model's own `figures.py` may bring the names it wants shown (COMPARED) and a remark for the foot (REMARK).
    """
    own = _own(model.path)
    figure, table = later_starts(runs, getattr(own, "COMPARED", None) or decisive_stocks(model))
    values = f", values {model.value_set}" if model.value_set else ""
    footer(figure, f"{model.name}{values}. {getattr(own, 'REMARK', '')}")
    _write_manifest(model, runs, folder, "comparison")
    return save(figure, table, folder, "comparison")


def for_claim(judged: Judgement, studies: Sequence[tuple[Study, Study]], folder: str | Path) -> list[Path]:
    """Draw a claim with the studies behind it, one pair of claim and control for each value set, and return the files."""
    name = f"{judged.expectation.number:02d}_{judged.expectation.name.replace('/', '_').replace(' ', '_')}"
    figure, table = claim_figure(judged, studies)
    _write_manifest(studies[0][0].model, [run for pair in studies for study in pair for run in study.asked], folder, name)
    return save(figure, table, folder, name)


def compared(model: Model) -> Sequence[str] | None:
    """Return what a model's figures name in COMPARED, None where they name nothing."""
    return getattr(_own(model.path), "COMPARED", None)


def _own(path: str | Path | None):
    """Return the module `figures.py`, or the package `figures`, in a model's folder, None where there is none."""
    folder = locate(path) if path else None
    return module(folder, "figures") if folder is not None and folder.is_dir() and code_path(folder, "figures") else None


def _figures(context: Context) -> dict[str, tuple[str, Function]]:
    """Return the generic figures and the model's own, name to (title, function)."""
    name = context.model.name
    found: dict[str, tuple[str, Function]] = {"stock_and_flow": (f"Stocks and flows of {name}", _diagram)}
    for case in (*context.cases,) or (None,):
        found[f"paths_{case}" if case else "paths"] = (f"Paths of {name}{f', {case}' if case else ''}", partial(_case_paths, case=case))
    beside = _own(context.path)
    found |= of_accounts(context, getattr(beside, "CASE", None))
    if beside is None:
        return found
    folder, own = Path(context.path), getattr(beside, "FIGURES", None)
    if not isinstance(own, Mapping):
        raise InputError(f"{folder.name}/figures.py: it defines no FIGURES; end it with FIGURES = {{\"name\": function}}")
    for key, function in own.items():
        if function is None:
            found.pop(key, None)
            continue
        if not callable(function):
            raise InputError(f"{folder.name}/figures.py, {key}: {function!r} is not a function; give a function of the context")
        title = (getattr(function, "__doc__", None) or key.replace("_", " ")).strip().partition("\n")[0]
        found[key] = (title, function)
    return found


def own_figures(context: Context) -> dict[str, tuple[str, Function]]:
    """Return the figures that the model brings itself, name to (title, function)."""
    own = getattr(_own(context.path), "FIGURES", {})
    return {name: made for name, made in _figures(context).items() if name in own}


def _diagram(context: Context) -> tuple:
    return stock_and_flow(context.model), stock_and_flow_table(context.model)


def _case_paths(context: Context, case: str | None) -> tuple:
    """Return the paths of one case: what the model's figures name in COMPARED, else the deciding stocks, six at most."""
    return paths([context.run(case)], getattr(_own(context.path), "COMPARED", None) or decisive_stocks(context.model, 6))
