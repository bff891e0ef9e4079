"""The parts of the command `sensitivity`: local slopes, Morris, Sobol and PRIM, each with its share of the document and its figures."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import sensitivity_text
from .interruption import check
from .output import warn
from .sampling import apart

if TYPE_CHECKING:
    import numpy as np

    from ..sensitivity.cases import Condition
    from ..sensitivity.interests import Interest
    from ..sensitivity.local import Local
    from ..sensitivity.measuring import Measured, Window, Work
    from ..transition.scene import Scene
_LINE = 60.0  # seconds between lines of progress where stderr is no terminal


class Counting:
    """Counts runs on stderr, with an estimate of what is left: where that is a terminal all the time, else a line a minute; heeds interruptions."""

    def __init__(self, part: str = "", expected: float = 0.0):
        self.part, self.expected, self.made = part, expected, 0
        self.began = self.told = time.monotonic()

    def __call__(self, runs: int) -> None:
        check()
        self.made += runs
        now, there = time.monotonic(), sys.stderr.isatty()
        if not self.part or not (there or now > self.told + _LINE):
            return
        self.told, rate = now, self.made / max(now - self.began, 1e-3)
        left = f", about {max(self.expected - self.made, 0) / rate:,.0f} s left" if self.made < self.expected else ""
        said = f"{self.part}: {self.made:,} runs, {rate:,.0f} a second{left}"
        click.echo(f"\r{said}  " if there else said, err=True, nl=not there)


@dataclass
class Study:
    """What the command works at; each part returns its share of the document and draws its figures."""

    scene: Scene
    interests: list[Interest]
    axes: list[Any]
    window: Window
    work: Work
    folder: Path | None
    seed: int
    files: list[str] = field(default_factory=list)
    weight: dict[str, float] = field(default_factory=dict)  # by parameter, the largest share of mu* in any quantity

    @property
    def titles(self) -> dict[str, str]:
        """The quantities of interest in words, by their text, with units."""
        return {interest.text: self._title(interest, True) for interest in self.interests}

    @property
    def clipping(self) -> str:
        """What is said of critical delays on pictures of runs, empty where none is asked about."""
        return f"Critical delays of runs outside {self.window.low:g} to {self.window.high:g}, or never, count as its ends." if any(
            interest.kind == "critical_delay" for interest in self.interests) else ""

    @property
    def plain(self) -> dict[str, str]:
        """The quantities of interest in words, by their text, without units."""
        return {interest.text: self._title(interest, False) for interest in self.interests}

    def _title(self, interest: Interest, with_unit: bool) -> str:
        model, quantity = self.scene.model, self.scene.model.quantities.get(interest.name)
        said = interest.spoken if interest.time is None else f"{interest.name.replace('_', ' ')} at {self.scene.case.when(interest.time)}"
        unit = model.time_unit if interest.kind == "critical_delay" else None if quantity is None else model.unit_text(quantity)
        return f"{said} ({unit})" if with_unit and unit not in (None, "", "1") else said

    def named(self, part: str, points: int, interests: Iterable[Interest]) -> Work:
        """Return the work with a folder of its own for a part, and what counts its runs."""
        window, kinds = self.window, [interest.kind for interest in interests]
        halvings = math.log2(max((window.high - window.low) / (window.scan - 1) / window.xtol, 1.0))
        expected = points * (bool([kind for kind in kinds if kind != "critical_delay"]) + kinds.count("critical_delay") * (window.scan + 0.6 * halvings))
        return replace(self.work, folder=None if self.folder is None else self.folder / part, progress=Counting(part, expected))

    def save(self, name: str, drawn: tuple) -> None:
        from ..figures.output import save

        if self.folder is not None:
            self.files += [path.name for path in save(*drawn, self.folder, name)]

    def local(self, checked: int, ends: int) -> list[dict[str, Any]]:
        """Return exact slopes of every quantity that has one."""
        from ..sensitivity.deadlines import critical_slopes
        from ..sensitivity.interests import CRITICAL
        from ..sensitivity.local import local_sensitivities
        from ..sensitivity.ranging import at_ends, dates_of

        smooth = [interest for interest in self.interests if not interest.binary]
        warn(f"{interest.text}: a yes or no has no derivative and is left out of the local part" for interest in self.interests if interest.binary)
        own = [interest for interest in smooth if interest.kind != CRITICAL]
        found: dict[str, Local] = {}
        if own:
            found |= {one.of: one for one in local_sensitivities(self.scene, own, self.axes, dates_of(self.scene), check=checked)}
        for interest in smooth:
            if interest.kind == CRITICAL:
                found[interest.text] = critical_slopes(self.scene, interest, self.axes, self.window, check=checked, work=self.work)
        ordered = [found[interest.text] for interest in smooth]
        for text in dict.fromkeys(text for one in ordered for text in one.warnings):
            warn([text])
        beside = at_ends(self.scene, smooth, found, self.axes, ends, self.window, self.work) if ends else {}
        if ordered and self.folder is not None:
            from ..figures.tornado import tornado

            self.save("tornado", tornado(self.scene.model, self.scene.case, ordered, self.titles, beside, remark=self.clipping))
        return [sensitivity_text.local_document(one, beside.get(one.of, {})) for one in ordered]

    def morris(self, count: int) -> dict[str, Any]:
        """Return elementary effects, and keep the ranking."""
        from ..sensitivity.screening import converging, morris_points

        points = morris_points(self.axes, count, self.seed)
        found = self._measured(points, self.interests, "morris")
        parts = {interest.text: converging(found.values[interest.text], points, count, seed=self.seed, of=interest.text) for interest in self.interests}
        for effects in (part[-1] for part in parts.values()):
            most = max(float(effects.mu_star[effects.ranked()[0]]), 1e-300)
            for name, value in zip(effects.names, effects.mu_star, strict=True):
                self.weight[name] = max(self.weight.get(name, 0.0), float(value) / most if value == value else 0.0)
        if self.folder is not None:
            from ..figures.indices import convergence_picture, morris_plane

            model, case = self.scene.model, self.scene.case
            self.save("morris", morris_plane(model, case, {text: part[-1] for text, part in parts.items()}, self.titles))
            self.save("morris_convergence", convergence_picture(model, case, {text: [(one.trajectories, one.mu_star, one.mu_star_width) for one in part]
                                                                              for text, part in parts.items()}, points.columns, self.titles,
                                                                "μ*, mean size of the effects", "trajectories"))
        return {**self._about(found, points.rows(0, points.runs)), "trajectories": count,
                "effects": [sensitivity_text.morris_document(text, part) for text, part in parts.items()]}

    def keep(self, count: int) -> None:
        """Go on with the parameters that Morris ranks first."""
        names = sorted(self.weight, key=lambda name: -self.weight[name])[:count]
        self.axes = [axis for name in names for axis in self.axes if axis.name == name]

    def sobol(self, blocks: int, drop: float) -> dict[str, Any]:
        """Return Sobol indices with their convergence."""
        from ..sensitivity.variance import converging, sobol_points

        for interest in self.interests:
            if interest.binary:
                warn([f"{interest.text}: a yes or no makes noisy indices; critical_delay:{interest.name} or margin:{interest.name} is the better quantity"])
        points = sobol_points(self.axes, blocks, self.seed)
        found = self._measured(points, self.interests, "sobol")
        parts = {interest.text: converging(found.values[interest.text], points.columns, blocks, seed=self.seed, drop=drop, of=interest.text)
                 for interest in self.interests}
        if self.folder is not None:
            from ..figures.indices import convergence_picture, sobol_bars

            model, case = self.scene.model, self.scene.case
            self.save("sobol", sobol_bars(model, case, {text: part[-1] for text, part in parts.items()}, self.plain))
            self.save("sobol_convergence", convergence_picture(model, case, {text: [(one.asked, one.total, one.total_width) for one in part]
                                                                             for text, part in parts.items()}, points.columns, self.plain, "total index",
                                                               "blocks N"))
        return {**self._about(found, points.rows(0, points.runs)), "blocks": blocks,
                "indices": [sensitivity_text.sobol_document(text, part) for text, part in parts.items()]}

    def prim(self, count: int, condition: Condition, boxes: int, density: float | None) -> dict[str, Any]:
        """Return the boxes in which a condition holds."""
        from ..sensitivity.cases import scenarios

        found, measured = scenarios(self.scene, condition, self.axes, count, seed=self.seed, boxes=boxes, density=density, window=self.window,
                                    work=self.named("prim", count, [condition.interest]))
        if self.folder is not None:
            from ..figures.scenarios import boxes_picture

            self.save("boxes", boxes_picture(self.scene.model, self.scene.case, found, condition.spoken))
        return {**self._about(measured, found.points), "where": condition.spoken, **sensitivity_text.prim_document(found)}

    def _measured(self, points: Any, interests: list[Interest], part: str) -> Measured:
        from ..sensitivity.measuring import measure

        found = measure(self.scene, interests, points, self.window, self.named(part, points.runs, interests))
        if sys.stderr.isatty():
            click.echo("", err=True)
        return found

    def _about(self, found: Measured, rows: np.ndarray) -> dict[str, Any]:
        """Return how runs were made, and how far some of them are from LSODA."""
        from ..ensemble.job import Job

        difference, said = apart(Job(self.scene, tuple(axis.name for axis in self.axes)), rows, found.engine, self.seed)
        return {"over": [axis.text for axis in self.axes], "runs": found.runs, "engine": found.engine, "failures": list(found.reasons),
                "clipped": {text: {"below": ends[0], "above": ends[1]} for text, ends in found.clipped.items()}, "difference": difference, "said": said}
