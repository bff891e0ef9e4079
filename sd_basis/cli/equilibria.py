"""The command `equilibria`: where a model rests over a parameter, where rest ends or begins to oscillate, and slow sweeps to see it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from . import completing
from .options import case_option, json_option, model_argument, out_option, set_option, values_option
from .output import count, number, table, warn
from .request import initial, settings_of

if TYPE_CHECKING:
    from ..continuation.found import Equilibria, FoldCurve, Rest, Sweep
    from ..model import Model

_WORDS = {"fold": "fold", "hopf": "Hopf", "branch point": "branches cross", "exchange": "stability changes", "kink": "kink"}
_SHOWN = 4


@click.command()
@model_argument()
@click.option("--over", required=True, metavar="PARAM[=LOW:HIGH]", shell_complete=completing.parameters,
              help="The parameter, and the span to look at; by default its plausible range.")
@click.option("--and", "second", metavar="PARAM[=LOW:HIGH]", shell_complete=completing.parameters,
              help="A second parameter: the curve of each fold over both, with its cusps.")
@case_option()
@values_option
@set_option
@click.option("--initial", "initials", metavar="STOCK=VALUE", multiple=True, shell_complete=completing.stocks,
              help="Begin at another value of a stock; a state of rest near there is looked for first. Repeatable.")
@click.option("--freeze", "frozen", metavar="STOCK", multiple=True, shell_complete=completing.stocks, help="Hold a stock at its initial value. Repeatable.")
@click.option("--sweep", is_flag=True, help="Let the parameter rise and fall slowly in runs too, and say where they jump.")
@click.option("--show", "shown", metavar="STOCK", multiple=True, shell_complete=completing.stocks, help="Draw and list this stock. Repeatable.")
@out_option("the branches as CSV, the bifurcation diagram and the result as JSON")
@json_option
def equilibria(model, over, second, case, values, settings, initials, frozen, sweep, shown, out, as_json) -> None:
    """Follow the equilibria of MODEL over a parameter: branches, stability, folds and Hopf points."""
    name, span = _parameter("--over", over)
    other = None if second is None else _parameter("--and", second)
    if other is not None and other[0] == name:
        raise InputError(f"--and {name}: it is the parameter of --over; give a second one")
    given, begin = settings_of(settings), initial(initials)
    if isinstance(begin, str):
        raise InputError("--initial equilibrium: every branch begins at one; give STOCK=VALUE, or leave it out")
    if name in given:
        raise InputError(f"--set {name}: --over moves it already; leave one of them out")
    from ..library import load
    from ..quantities import Stock
    from ..storage import output_folder, strict_json

    loaded = load(model, values=values)
    for stock in shown:
        loaded.quantity(stock, "--show", Stock)
    folder = output_folder(out) if out else None
    from ..continuation.equilibria import continue_equilibria

    common: dict[str, Any] = {"case": case, "set": given, "frozen": frozen}
    found = continue_equilibria(loaded, name, span=span, initial=begin, progress=_tell(), **common)
    warn(found.warnings)
    curves = [] if other is None else _curves(loaded, found, *other, {**common, "initial": begin})
    sweeps = _sweeps(loaded, found, {**common, "initial": begin}) if sweep else ()
    document = {**found.document(), "values": loaded.value_set, "case": found.settings["case"], "set": given,
                "fold_curves": [curve.document() for curve in curves],
                "sweeps": [{"direction": way, **own.document()} for way, own in zip(("rising", "falling"), sweeps, strict=False)]}
    click.echo(strict_json(document) if as_json else _text(loaded, found, curves, sweeps, shown))
    if folder is not None:
        _write(loaded, found, sweeps, curves, document, folder, shown, as_json)


def _parameter(option: str, text: str) -> tuple[str, tuple[float, float] | None]:
    """Return the name and the span of a text like "impact" or "impact=0:0.5"."""
    name, equals, rest = text.partition("=")
    if not name.strip() or (equals and ":" not in rest):
        raise InputError(f"{option} {text!r}: it is not PARAM or PARAM=LOW:HIGH; write for example {option} impact=0:0.5")
    if not equals:
        return name.strip(), None
    numbers = []
    for part in rest.split(":", 1):
        try:
            numbers.append(float(part))
        except ValueError:
            raise InputError(f"{option} {text!r}: {part!r} is not a number; write for example {option} {name.strip()}=0:0.5") from None
    return name.strip(), (numbers[0], numbers[1])


def _tell() -> Callable[[int, str], None]:
    """Return what tells of each branch as it is found."""
    began = time.monotonic()

    def tell(done: int, text: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"{text} ({time.monotonic() - began:.1f} s)", err=True)
    return tell


def _curves(model: Model, found: Equilibria, name: str, span: tuple | None, common: dict[str, Any]) -> list[FoldCurve]:
    """Return the curve of each fold that does not lie on one found before."""
    from ..continuation.equilibria import default_span
    from ..continuation.folding import continue_folds

    second = model.parameters_of(name, "--and")[0]
    wide = default_span(model, second, "--and") if span is None else span
    curves: list[FoldCurve] = []
    for place, fold in enumerate(found.folds, 1):
        if any(_passes(curve, fold) for curve in curves):
            continue
        if sys.stderr.isatty():
            click.echo(f"curve of fold {place} of {len(found.folds)}", err=True)
        curves.append(continue_folds(model, (found.over, second.name), fold, span=(found.span, wide), **common))
    return curves


def _passes(curve: FoldCurve, fold: Rest) -> bool:
    """Tell whether a curve of folds passes through a fold, to the length of its steps."""
    import numpy as np

    begun = {curve.over[1]: curve[curve.over[1]][curve.start]}
    gaps = np.max([np.abs(path - {**begun, **fold}[name]) / (np.ptp(path) or 1.0) for name, path in curve.values.items()], axis=0)
    return bool(np.min(gaps) < 0.02)


def _sweeps(model: Model, found: Equilibria, common: dict[str, Any]) -> tuple[Sweep, ...]:
    """Return a slow sweep up and one down, with a bar where stderr is a terminal."""
    from ..continuation.sweeping import hysteresis
    from .output import progress

    points = 61
    with progress(2 * points, f"{2 * points} runs") as bar:
        return hysteresis(model, found.over, span=found.span, points=points, progress=lambda done, text: bar(done), **common)


def _text(model: Model, found: Equilibria, curves: list[FoldCurve], sweeps: tuple[Sweep, ...], shown: tuple[str, ...]) -> str:
    """Return the special points as a table, the branches and what was left out as sentences."""
    stocks = list(shown) or [name for name in found.branches[0].states if name not in found.frozen][:_SHOWN]
    points = [point for branch in found.branches for point in branch.special]
    lines = []
    if points:
        rows = [[str(point.branch), _WORDS[point.kind], f"{point[found.over]:.8g}", *(number(point[name], 5) for name in stocks),
                 number(point.period)] for point in points]
        lines.append(table(["branch", "point", found.over, *stocks, f"period\n({model.time_unit})"], rows, left=2))
    else:
        lines.append(f"No folds and no Hopf points for {found.over} between {found.span[0]:g} and {found.span[1]:g}.")
    for branch in found.branches:
        stable = f"{100 * branch.stable.mean():.0f} % of its points stable"
        lines.append(f"Branch {branch.number}: {found.over} from {branch.values.min():.5g} to {branch.values.max():.5g}, "
                     f"{count(len(branch.values), 'point')}, {stable}; it ends where {' and where '.join(dict.fromkeys(map(_end, branch.ends)))}.")
    lines += [f"At the kink {point[found.over]:.6g}: {point.detail} changes sign." for point in found.kinks]
    for what, names in (("Not held to rest, since no rate depends on them", found.dropped), ("Frozen", found.frozen)):
        if names:
            lines.append(f"{what}: {', '.join(names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}.")
    if found.totals:
        lines.append(f"{count(len(found.totals), 'conserved total').capitalize()} kept as at the beginning.")
    for place, curve in enumerate(curves, 1):
        cusps = "; ".join(f"{point.kind} at {curve.over[0]} = {point[curve.over[0]]:.6g}, {curve.over[1]} = {point[curve.over[1]]:.6g}"
                          for point in (*curve.cusps, *curve.bogdanov_takens))
        lines.append(f"Fold curve {place}: {curve.over[1]} from {curve[curve.over[1]].min():.5g} to {curve[curve.over[1]].max():.5g}"
                     f"{'; ' + cusps if cusps else ', no cusp'}.")
    for sweep, way in zip(sweeps, ("rising", "falling"), strict=False):
        jumps = ", ".join(f"between {jump['between'][0]:.5g} and {jump['between'][1]:.5g}" for jump in sweep.jumps)
        moving = sweep.values[~sweep.settled]
        lines.append(f"Runs with {found.over} slowly {way} {f'jump {jumps}' if jumps else 'do not jump'}"
                     + (f", and do not come to rest from {moving.min():.5g} to {moving.max():.5g}." if len(moving) else "."))
    return "\n".join(lines)


def _end(reason: str) -> str:
    return "another crosses it" if reason == "a branch point" else reason


def _write(model: Model, found: Equilibria, sweeps: tuple[Sweep, ...], curves: list[FoldCurve], document: dict[str, Any], folder: Path, shown: tuple[str, ...],
           quiet: bool) -> None:
    """Write the result as JSON, and the diagrams with the CSV behind them, each with its manifest."""
    from ..figures.bifurcations import draw_equilibria
    from ..manifest import versions
    from ..storage import strict_json, write_result

    name = f"{found.model}-{found.over}".replace("/", "_")
    manifest = {**versions(), "model": found.model, "value_set": model.value_set, "over": found.over, "span": list(found.span), **found.settings}
    paths = [write_result(folder / f"{name}.json", strict_json(document) + "\n", manifest)]
    for path in [*paths, *draw_equilibria(model, found, sweeps, curves, folder, name, manifest, shown)]:
        click.echo(f"Wrote {path}", err=quiet)
