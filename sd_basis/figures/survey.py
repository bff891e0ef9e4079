"""The figures of a survey: the phase map with the critical curve, the time of decision, and what an hour costs."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from ..manifest import versions
from ..storage import manifest_path, strict_json, write_atomic
from ..transition.phases import PhaseMap
from ..transition.survey import HOURS, Survey
from .output import save
from .phase_maps import phase_picture
from .style import styled
from .waiting import cost_picture, decision_picture

Table = dict


def survey_pictures(one: Survey, whole: PhaseMap | None, remark: str = "") -> dict[str, tuple[Figure, Table]]:
    """Return the figures that a survey allows, by name: "map", "cost", "decision"."""
    scene, found = one.scene, {}
    with styled():
        if whole is not None:
            assert one.size is not None
            actual = None if scene.own is None else (scene.own, scene.value(one.size.parameter))
            curves = [] if one.curve is None else [one.curve]
            found["map"] = phase_picture(scene.model, scene.case, whole, curves, zero=scene.zero, actual=actual, remark=remark)
        if one.prices and one.size is not None:
            unit = scene.model.unit_text(one.size.spends if one.size.spends is not None else scene.model.quantity(one.size.parameter)) or ""
            found["cost"] = cost_picture(scene.model, scene.case, one.size.parameter, one.prices, unit=unit.removesuffix(f"/{scene.model.time_unit}"),
                                         per="hour" if scene.model.time_unit in HOURS else scene.model.time_unit, zero=scene.zero, remark=remark)
        scaling = one.critical.scaling
        sides = {side: (scaling["distance"], scaling[key]) for side in ("below", "above")
                 for key in (f"decided_{side}", f"time_{side}") if key in scaling}  # the last counts: times of parting, where the sides jump
        if sides:
            slopes = {side: slope for side, slope in one.critical.log_slope.items() if slope is not None}
            found["decision"] = decision_picture(sides, one.critical.unstable_eigenvalue, time_unit=scene.model.time_unit, slopes=slopes or None,
                                                 remark=remark)
    return found


def survey_figures(one: Survey, whole: PhaseMap | None, folder: str | Path, name: str, remark: str = "") -> list[Path]:
    """Draw the figures of a survey into a folder, each with a manifest, and return the files."""
    written: list[Path] = []
    for kind, (figure, table) in survey_pictures(one, whole, remark).items():
        about = {**versions(), "figure": f"{name}_{kind}", "model": one.scene.model.name, "case": one.scene.case.name,
                 "value_set": one.scene.model.value_set, "set": one.scene.set, "rtol": one.scene.rtol, "method": one.scene.method}
        write_atomic(manifest_path(Path(folder) / f"{name}_{kind}"), strict_json(about) + "\n")
        written += save(figure, table, folder, f"{name}_{kind}")
    return written
