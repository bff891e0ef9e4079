"""What the command `sensitivity` says: documents for strict JSON, and their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .output import number, table
from .sampling import finite, named

if TYPE_CHECKING:
    from ..sensitivity.local import Local
    from ..sensitivity.peeling import Discovery
    from ..sensitivity.screening import Effects
    from ..sensitivity.variance import Indices

_ROWS = 12  # of a table; all are in the document


def local_document(found: Local, ends: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Return local sensitivities as plain numbers, with the runs at both ends of ranges."""
    slopes = [{"name": one.name, "value": one.value, "low": one.low, "high": one.high, "derivative": one.slope, "elasticity": one.elasticity,
               "swing": one.swing, "linear": one.ends, "difference": one.difference, "disagreement": one.disagreement,
               "at_ends": [finite(value) for value in ends[one.name]] if one.name in ends else None} for one in found.slopes]
    return {"of": found.of, "result": found.result, "time": found.time, "slopes": slopes,
            "dates": [{"name": one.name, "derivative": one.slope} for one in found.dates], "warnings": list(found.warnings), "note": found.note or None}


def morris_document(text: str, parts: Sequence[Effects]) -> dict[str, Any]:
    """Return elementary effects as plain numbers, the strongest first, with mu* at earlier numbers of trajectories."""
    last = parts[-1]
    return {"of": text, "trajectories": [one.trajectories for one in parts], "effects": [
        {"name": last.names[place], "mu": finite(last.mu[place]), "mu_star": finite(last.mu_star[place]), "half_interval": finite(last.mu_star_width[place]),
         "sigma": finite(last.sigma[place]), "known": int(last.known[place]), "mu_star_earlier": [finite(one.mu_star[place]) for one in parts[:-1]]}
        for place in last.ranked()]}


def sobol_document(text: str, parts: Sequence[Indices]) -> dict[str, Any]:
    """Return Sobol indices as plain numbers, the largest total first, from all blocks and from earlier ones."""
    last = parts[-1]
    return {"of": text, "asked": [one.asked for one in parts], "dropped": [one.dropped for one in parts], "mean": last.mean,
            "variance": last.variance, "indices": [
        {"name": last.names[place], "first": float(last.first[place]), "first_half_interval": float(last.first_width[place]), "total": float(last.total[place]),
         "total_half_interval": float(last.total_width[place]), "first_earlier": [float(one.first[place]) for one in parts[:-1]],
         "total_earlier": [float(one.total[place]) for one in parts[:-1]]} for place in last.ranked()]}


def prim_document(found: Discovery) -> dict[str, Any]:
    """Return boxes as plain numbers."""
    return {"points": len(found.points), "cases": int(found.cases.sum()), "failed": found.failed, "boxes": [
        {"coverage": one.chosen.coverage, "density": one.chosen.density, "support": one.chosen.support, "points": one.chosen.points,
         "sides": [{"name": side.name, "end": side.end, "value": side.value, "quasi_p": side.quasi_p} for side in one.chosen.sides],
         "way": [{"coverage": box.coverage, "density": box.density, "support": box.support, "restricted": len(box.restricted)} for box in one.way]}
        for one in found.boxes]}


def text(document: Mapping[str, Any]) -> str:
    """Return the document as tables."""
    over = document["over"]
    lines = [f"{named(dict(document))}: {', '.join(document['of'])} over {', '.join(over) if len(over) <= 6 else f'{len(over)} parameters in their ranges'}"]
    for one in document.get("local", ()):
        lines += ["", *_local(one, document["time_unit"])]
    if "morris" in document:
        lines += _morris(document["morris"])
    if "sobol" in document:
        lines += _sobol(document["sobol"])
    if "prim" in document:
        lines += _prim(document["prim"])
    return "\n".join(lines)


def _local(one: Mapping[str, Any], unit: str) -> list[str]:
    when = "" if one["time"] is None else f", taken at {one['time']:.6g}"
    when += f"; {one['note']}" if one["note"] else ""
    slopes = one["slopes"]
    rows = [[slope["name"], number(slope["value"]), number(slope["derivative"]), number(slope["elasticity"], 3), " to ".join(map(number, slope["linear"])),
             "-" if slope["at_ends"] is None else " to ".join(_end(value) for value in slope["at_ends"]),
             "-" if slope["disagreement"] is None else f"{slope['disagreement']:.0e}"] for slope in slopes[:_ROWS] if slope["swing"]]
    still = sum(not slope["swing"] for slope in slopes)
    header = ["parameter", "value", "derivative", "elasticity", "straight over\nits range", "runs at\nits ends", "against\ndifference"]
    lines = [f"{one['of']} = {one['result']:.6g}{when}", *(["", table(header, rows)] if rows else [])]
    if len(slopes) - still > _ROWS:
        lines.append(f"and {len(slopes) - still - _ROWS} more with a smaller swing (--json, or the CSV of --out)")
    if still:
        lines.append(f"{still} parameter{'s' if still > 1 else ''} do{'' if still > 1 else 'es'} not move it")
    if one["dates"]:
        lines += ["", table(["date", f"derivative for a {unit or 'unit of time'} later"],
                            [[date["name"], number(date["derivative"])] for date in one["dates"]])]
    return lines


def _end(value: float | str | None) -> str:
    return "failed" if value is None else value if isinstance(value, str) else number(value)


def _morris(part: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in part["effects"]:
        earlier = one["trajectories"][:-1]
        rows = [[own["name"], number(own["mu_star"]), f"± {number(own['half_interval'], 2)}", number(own["sigma"]), number(own["mu"]),
                 *(number(value) for value in own["mu_star_earlier"]), str(own["known"])] for own in one["effects"][:_ROWS]]
        lines += ["", f"Morris, {one['of']}: effects over whole ranges, {part['trajectories']} trajectories, {part['runs']:,} runs, "
                      f"engine {part['engine']}", "",
                  table(["parameter", "mu*", "95 %", "sigma", "mu", *(f"mu* of {count}" for count in earlier), "effects"], rows)]
    return [*lines, *_remarks(part)]


def _sobol(part: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in part["indices"]:
        left = f", of which {one['dropped'][-1]} are left out because a run in them failed" if one["dropped"][-1] else ""
        rows = [[own["name"], f"{own['first']:.3f}", f"± {own['first_half_interval']:.3f}", f"{own['total']:.3f}", f"± {own['total_half_interval']:.3f}",
                 *(f"{value:.3f}" for value in own["total_earlier"])] for own in one["indices"]]
        lines += ["", f"Sobol, {one['of']}: {part['blocks']} blocks{left}, {part['runs']:,} runs, engine {part['engine']}; mean {one['mean']:.5g}, variance "
                      f"{one['variance']:.4g}", "",
                  table(["parameter", "first", "95 %", "total", "95 %", *(f"total of {count}" for count in one["asked"][:-1])], rows),
                  f"first indices sum to {sum(own['first'] for own in one['indices']):.3f}; what they miss to 1 is interactions, but for their intervals"]
    return [*lines, *_remarks(part)]


def _prim(part: Mapping[str, Any]) -> list[str]:
    lines = ["", f"PRIM: {part['where']} in {part['cases']} of {part['points']} runs" + (f", {part['failed']} failed and left out" if part["failed"] else "")]
    for place, box in enumerate(part["boxes"], 1):
        rows = [[side["name"], "from" if side["end"] == "low" else "to", number(side["value"]), f"{side['quasi_p']:.2g}"] for side in box["sides"]]
        lines += ["", f"box {place}: coverage {box['coverage']:.3f}, density {box['density']:.3f}, support {box['support']:.3f} ({box['points']} runs)", "",
                  table(["parameter", "side", "value", "quasi-p"], rows, left=2)]
    return [*lines, *_remarks(part)]


def _remarks(part: Mapping[str, Any]) -> list[str]:
    lines = ["", part["said"]]
    for text_, ends in part["clipped"].items():
        if ends["below"] or ends["above"]:
            lines.append(f"{text_}: {ends['below']} points lie before the window and {ends['above']} behind it or never; they count as its ends")
    lines += [f"failed: {reason}" for reason in part["failures"][:5]]
    return lines + ([f"and {len(part['failures']) - 5} more reasons"] if len(part["failures"]) > 5 else [])
