"""The outcomes of a sweep over a grid of two even axes as a picture for each group."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..ensemble.axes import Steps
from ..ensemble.chunks import joined
from ..ensemble.columns import code_names
from ..ensemble.designs import Design, Grid
from ..ensemble.store import Held
from ..errors import InputError
from ..storage import manifest_path, strict_json, write_atomic
from ..transition.phases import MapPoint, PhaseMap
from ..transition.plane import Axis
from ..transition.scene import DELAY, Scene
from .output import save
from .phase_maps import phase_picture

_MOST = 250_000  # runs on a map


def check_map(design: Design) -> None:
    """Raise InputError where a design has no map: anything but a grid of two axes with even steps, or one of more runs than a picture shows."""
    even = isinstance(design, Grid) and [axis.count > 1 and not axis.factors and not axis.listed for axis in design.axes] == [True, True]
    if not even or design.runs > _MOST:
        raise InputError(f"--map: it needs a grid of two axes with even steps and at most {_MOST:,} runs; give --over A=lin(LOW,HIGH,COUNT) twice, "
                         "or leave --map out")


def sweep_maps(scene: Scene, design: Grid, about: dict, held: Held, folder: Path) -> list[Path]:
    """Draw the map of each group of outcomes into a folder, with a manifest each; every run is the middle of its cell."""
    whole = joined(list(held.each()))
    own = scene.own if DELAY in design.columns else None
    files: list[Path] = []
    for place, (group, names) in enumerate(zip(about["groups"], code_names(about), strict=True)):
        codes = names[np.where(whole.failed, -1, whole.batch.codes[:, place])]
        reasons, times = whole.batch.reasons, whole.batch.decided[:, place].tolist()
        points = {divmod(run, design.shape[1]): MapPoint(*row, str(codes[run]), None if np.isnan(times[run]) else times[run], reasons[run])
                  for run, row in enumerate(whole.rows.tolist())}
        found = PhaseMap(*map(_axis, design.axes), design.shape, points, tuple((*point, 1) for point in points), group, len(points))
        actual = None if own is None else [own if name == DELAY else scene.value(name) for name in design.columns]
        if actual is not None and not all(axis.low <= value <= axis.high for axis, value in zip((found.x, found.y), actual, strict=True)):
            actual = None
        figure, table = phase_picture(scene.model, scene.case, found, zero=scene.zero, actual=None if actual is None else (actual[0], actual[1]))
        write_atomic(manifest_path(folder / f"map_{group}"), strict_json({"figure": f"map_{group}", **about}) + "\n")
        files += save(figure, table, folder, f"map_{group}")
    return files


def _axis(steps: Steps) -> Axis:
    half = (steps.high - steps.low) / (steps.count - 1) / 2
    return Axis(steps.name, steps.low - half, steps.high + half)
