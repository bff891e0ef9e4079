"""The command `sensitivity`: what moves a result, at the point where the model stands and over the ranges of its parameters."""

from __future__ import annotations

import math
from typing import Any

import click

from ..errors import InputError
from . import completing
from .options import case_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import warn
from .request import request, span_of
from .sensitivity_parts import Counting, Study
from .sensitivity_text import text
from .sweeping import ENGINES, known


@click.command()
@model_argument()
@case_option()
@values_option
@set_option
@click.option("--of", "asked_of", metavar="QUANTITY", multiple=True, required=True, shell_complete=completing.kept,
              help="What is asked about: NAME (at the end), NAME:highest, NAME:lowest, NAME@TIME, critical_delay, margin or outcome, the last three with "
                   ":CODE if need be. Repeatable.")
@click.option("--over", metavar="NAME[=FORM]", multiple=True, shell_complete=completing.varied,
              help="A parameter: nothing (its plausible range), uniform(LOW,HIGH) or loguniform(LOW,HIGH). Repeatable. By default 'uncertain': "
              "all with a plausible range that are not chosen, by a policy, a control or a case, nor conventions.")
@click.option("--policy", metavar="NAME", shell_complete=completing.policies, help="The policy whose delay is critical; by default all dated ones together.")
@click.option("--outcome", "group", metavar="GROUP", help="The group of outcomes; by default the first.")
@click.option("--local/--no-local", default=True, show_default=True, help="Elasticities and the tornado.")
@click.option("--check", "checked", type=click.IntRange(min=0), default=3, show_default=True, metavar="K", help="Compare the first K slopes with differences.")
@click.option("--ends", type=click.IntRange(min=0), default=8, show_default=True, metavar="K", help="Run the first K parameters at both ends of their ranges.")
@click.option("--morris", type=int, metavar="N", help="Screen by N trajectories of Morris, parameters + 1 runs each.")
@click.option("--sobol", type=int, metavar="N", help="Sobol indices from N blocks of parameters + 2 runs; a power of two.")
@click.option("--top", type=click.IntRange(min=1), metavar="K", help="After --morris take only its first K parameters for --sobol and --prim.")
@click.option("--prim", type=click.IntRange(min=20), metavar="N", help="Look for boxes of parameters among N points in which --where holds.")
@click.option("--where", metavar="CONDITION", help="A case for --prim: outcome:CODE, or a quantity with a bound, 'cash:lowest<5'; by "
              "default the outcome without the policy.")
@click.option("--boxes", type=click.IntRange(min=1), default=1, show_default=True, help="Boxes to look for, each where the others are not.")
@click.option("--density", type=click.FloatRange(0, 1), help="Take the box of this density, not that with the best of coverage and density.")
@click.option("--drop", type=click.FloatRange(0, 0.9), default=0.1, show_default=True, metavar="SHARE",
              help="Largest share of Sobol's blocks that may be left out because a run in them failed.")
@click.option("--between", metavar="LOW:HIGH", help="Delays in which critical delays are looked for; by default from the first shock to half the run.")
@click.option("--scan", type=click.IntRange(min=2), default=9, show_default=True, help="Delays that all points are run at for critical delays.")
@click.option("--xtol", type=float, default=0.01, show_default=True, help="Width of the bracket of a critical delay.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the points and intervals.")
@click.option("--engine", default="auto", show_default=True, shell_complete=known(ENGINES), help=f"What runs them: {', '.join(ENGINES)}.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes, or threads of the compiled engine.")
@method_option
@rtol_option
@out_option("figures, sensitivity.json and the runs, from which an interrupted command goes on")
@json_option
def sensitivity(model, case, values, settings, asked_of, over, policy, group, local, checked, ends, morris, sobol, top, prim, where, boxes, density, drop,
                between, scan, xtol, seed, engine, workers, method, rtol, out, as_json) -> None:
    """Find what moves a result of MODEL: exact elasticities, Sobol indices, Morris's screening, and boxes in which something comes about.

    Local: derivatives of one run by parameters and by the dates of policies, through every switch. Global: over the plausible ranges, by runs of
    the ensemble engine; with the extra `sensitivity`.
    """
    from ..ensemble.axes import axes_of
    from ..manifest import digest, versions
    from ..sensitivity.cases import condition_of
    from ..sensitivity.interests import interest_of
    from ..sensitivity.measuring import Window, Work
    from ..sensitivity.ranging import guessed, uncertain
    from ..storage import output_folder, strict_json, write_atomic
    from ..transition.scene import DELAY, Scene

    _wanted(local, morris, sobol, prim, top, where, (drop, density))
    asked = request(model, values, (), settings, (), method, rtol)
    scene = Scene(asked.model, asked.case(case), policy=policy, outcome=group, set=asked.set, method=method, rtol=rtol)
    window_ends = span_of("--between", between) if between else (max(scene.earliest, 0.0), 0.5 * scene.latest)
    if not xtol > 0:
        raise InputError(f"--xtol {xtol:g}: it is not positive; give the width of a bracket in model time")
    interests = [interest_of(scene, text) for text in dict.fromkeys(asked_of)]
    if (morris, sobol, prim) == (None, None, None) and all(one.binary for one in interests):
        raise InputError(f"--of {asked_of[0]}: a yes or no has no derivative; ask for {interests[0].text.replace('outcome', 'margin', 1)}, or give --prim N")
    axes, warnings = axes_of(scene, uncertain(scene, over), True)
    if any(axis.name == DELAY for axis in axes):
        raise InputError(f"--over {DELAY}: the derivative by dates is always shown; for a delay as a range use sweep or uncertainty")
    warn([*warnings, *filter(None, [guessed(axes, asked.model)])])
    condition = None if prim is None else condition_of(scene, where or next((one.text for one in interests if one.binary), "outcome"))
    folder = output_folder(out) if out else None
    study = Study(scene, interests, axes, Window(*window_ends, scan, xtol), Work(engine, workers, None, Counting()), folder, seed)
    document: dict[str, Any] = {"model": asked.model.name, "case": scene.case.name, "values": asked.model.value_set, "set": asked.set, "outcome": scene.group,
                                "of": list(asked_of), "over": [axis.text for axis in axes], "window": window_ends, "seed": seed,
                                "solver": {"method": method, "rtol": rtol}, "time_unit": asked.model.time_unit}
    if local:
        document["local"] = study.local(checked, ends)
    if morris is not None:
        document["morris"] = study.morris(morris)
        if top is not None:
            study.keep(top)
    if sobol is not None:
        document["sobol"] = study.sobol(sobol, drop)
    if prim is not None and condition is not None:
        document["prim"] = study.prim(prim, condition, boxes, density)
    click.echo(strict_json(document) if as_json else text(document))
    if folder is not None:
        about = {**document, "digest": digest(asked.model, scene.case), "versions": versions()}
        write_atomic(folder / "sensitivity.json", strict_json(about) + "\n")
        click.echo(f"Wrote {', '.join(['sensitivity.json', *study.files])} to {folder}", err=as_json)


def _wanted(local: bool, morris: int | None, sobol: int | None, prim: int | None, top: int | None, where: str | None,
            shares: tuple[float | None, ...]) -> None:
    """Raise InputError for options that contradict one another, before anything is loaded."""
    if not local and morris is None and sobol is None and prim is None:
        raise InputError("sensitivity: with --no-local nothing is left to do; ask for --morris N, --sobol N or --prim N")
    if any(share is not None and math.isnan(share) for share in shares):
        raise InputError("--drop, --density: nan is no share; give a number from 0 to 1")
    if top is not None and morris is None:
        raise InputError(f"--top {top}: the ranking is that of Morris; give --morris N too, or name parameters with --over")
    if where is not None and prim is None:
        raise InputError(f"--where {where!r}: it is the condition of --prim; give --prim N too")
    if morris is not None or sobol is not None:  # what is missing or wrong is said before anything is run
        from ..sensitivity.screening import check_trajectories
        from ..sensitivity.variance import SMALLEST, check_blocks, salib

        salib("sample.sobol")
        check_blocks(SMALLEST if sobol is None else sobol)
        check_trajectories(4 if morris is None else morris)
