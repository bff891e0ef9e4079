"""The command `uncertainty`: how likely a collapse is by the start of the rescue, over uncertain parameters, and which of them decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from . import completing
from .options import case_option, json_option, method_option, model_argument, out_option, rtol_option, set_option, values_option
from .output import number, table
from .request import request, span_of
from .sampling import apart, drawn, finite, named, quantiles, running, sample_options

if TYPE_CHECKING:
    from ..ensemble.criticals import CriticalDelays


@click.command()
@model_argument()
@case_option()
@values_option
@set_option
@sample_options
@click.option("--outcome", "group", metavar="GROUP", help="The group of outcomes; by default the first.")
@click.option("--code", metavar="CODE", help="The outcome to be avoided; by default that of the run without the policy.")
@click.option("--policy", metavar="NAME", shell_complete=completing.policies, help="The policy that moves; by default all dated ones together.")
@click.option("--along", metavar="PARAM", shell_complete=completing.parameters,
              help="Ask for the critical value of a parameter instead, such as the size of the shock; the policy stays at its date.")
@click.option("--between", metavar="LOW:HIGH", help="The delays, or values of --along, to look at; by default delays from the first shock to half the run.")
@click.option("--scan", type=click.IntRange(min=2), default=9, show_default=True, help="Delays that all samples are run at; brackets between them are halved.")
@click.option("--xtol", type=float, default=0.05, show_default=True, help="Width of the bracket of each sample, in model time or units of --along.")
@click.option("--fan", "fans", metavar="QUANTITY", multiple=True, shell_complete=completing.kept, help="Draw the fan of a path, with the case as it is. Repeatable.")
@method_option
@rtol_option
@out_option("answers, from which an interrupted command goes on, figures and uncertainty.json")
@json_option
def uncertainty(model, case, values, settings, over, sample, design, seed, engine, workers, group, code, policy, along, between, scan, xtol, fans, method,
                rtol, out, as_json) -> None:
    """Find for each of many samples of parameters of MODEL the delay at which a rescue comes too late.

    Their distribution function is the probability that a delay is too long. Prints it with its band, and the parameters that decide.
    """
    import numpy as np

    from ..ensemble.criticals import critical_delays
    from ..ensemble.job import Job
    from ..manifest import origin
    from ..storage import output_folder, strict_json, write_atomic
    from ..transition.scene import DELAY, Scene

    asked = request(model, values, (), settings, (), method, rtol)
    scene = Scene(asked.model, asked.case(case), policy=policy, outcome=group, set=asked.set, method=method, rtol=rtol)
    made = drawn(scene, over, sample, seed, design)
    folder = output_folder(out) if out else None
    if along is not None and not between:
        raise InputError(f"--along {along}: say where to look, --between LOW:HIGH")
    ends = span_of("--between", between) if between else (max(scene.earliest, 0.0), 0.5 * scene.latest)
    avoided = code or scene.look(None).code
    axis = along or DELAY
    fans = tuple(dict.fromkeys(fans))
    times = tuple(np.linspace(scene.start, scene.end, 121)) if fans else ()
    with running([scene], (axis, *made.columns), engine, workers, folder) as (run, name):
        found = critical_delays(run, scene, made.columns, made.points, code=avoided, delays=ends, scan=scan, xtol=xtol, axis=axis)
        paths = run(Job(scene, made.columns, tuple(fans), times), made.points) if fans else None
    delays = np.random.default_rng([seed, 22]).choice(found.delays, len(made.points))
    difference, said = apart(Job(scene, (axis, *made.columns)), np.column_stack([delays, made.points]), name, seed)
    document: dict[str, Any] = {
        "model": asked.model.name, "case": scene.case.name, "values": asked.model.value_set, "set": asked.set, "outcome": scene.group, "code": avoided,
        "axis": axis, "sample": made.text, "samples": len(made.points), "known": len(found.known), "runs": found.runs, "engine": name,
        "solver": {"method": method, "rtol": rtol}, "critical": quantiles(found.values), "values_of_samples": [finite(value) for value in found.values],
        "probability": [{"at": float(at), "probability": float(found.probability(at)), "met": float(share)}
                        for at, share in zip(found.delays, found.met[~np.isnan(found.values)].mean(axis=0), strict=True)],
        "band": found.band(), "own": scene.own if axis == DELAY else None, "returning": found.returning, "deciding": found.deciding(),
        "failures": list(found.reasons), "difference": difference, "time_unit": asked.model.time_unit,
        "fans": {} if paths is None else {name: {"highest": quantiles(paths.highest[:, place]), "end": quantiles(paths.values[:, place, -1])}
                                          for place, name in enumerate(fans)}}
    if document["own"] is not None:
        document["probability_at_own"] = float(found.probability(document["own"]))
    click.echo(strict_json(document) if as_json else _text(document, found, said))
    if folder is not None:
        from ..ensemble.fans import fan
        from ..figures.output import save
        from ..figures.uncertainty import fan_picture, probability_picture

        kept = {**document, "columns": made.columns, "points": made.points.tolist(), "met": found.met.astype(int).tolist(), **origin(asked.model, scene.case)}
        write_atomic(folder / "uncertainty.json", strict_json(kept) + "\n")
        figure, rows = probability_picture(asked.model, scene.case, found, zero=scene.zero)
        files = save(figure, rows, folder, "probability")
        if paths is not None:
            figure, rows = fan_picture(asked.model, scene.case, {name: fan(np.array(times), paths.values[:, place]) for place, name in enumerate(fans)})
            files += save(figure, rows, folder, "fans")
        click.echo(f"Wrote uncertainty.json, {', '.join(Path(path).name for path in files)} to {folder}", err=as_json)


def _text(document: dict[str, Any], found: CriticalDelays, said: str) -> str:
    unit = document["time_unit"] if document["axis"] == "delay" else ""
    what = "critical delay" if document["axis"] == "delay" else f"critical {document['axis']}"
    lines = [f"{document['outcome']} of {named(document)}: {document['code']} over {document['sample']}",
             f"{document['known']} of {document['samples']} samples known, {document['runs']:,} runs, engine {document['engine']}", "",
             table(["share of samples", *document["critical"]], [[f"{what} ({unit})" if unit else what, *(value if isinstance(value, str) else number(value)
                                                                                                       for value in document["critical"].values())]]), "",
             table([f"{document['axis']}", "probability", "share of runs"], [[number(row["at"]), f"{row['probability']:.3f}", f"{row['met']:.3f}"]
                                                                             for row in document["probability"]], left=0),
             f"within {document['band']:.3f} at every {document['axis']}, with confidence 0.95"]
    if "probability_at_own" in document:
        lines.append(f"at the date of the case, {number(document['own'])}: {document['probability_at_own']:.3f}")
    if document["returning"]:
        lines.append(f"in {document['returning']} samples a later start ended well again; their first turn counts")
    lines += ["", table(["parameter", "rank correlation"], [[name, f"{value:+.2f}"] for name, value in list(document["deciding"].items())[:12]])]
    for name, own in document["fans"].items():
        lines += ["", table([name, *own["highest"]], [[measure, *(value if isinstance(value, str) else number(value) for value in own[measure].values())]
                                                      for measure in ("highest", "end")])]
    return "\n".join([*lines, "", said, *(f"failed: {reason}" for reason in document["failures"])])
