"""What engines are compared on: runs of a case that differ in a few columns, their true states, and the pieces between switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..ensemble.axes import axes_of
from ..ensemble.designs import design_of
from ..ensemble.job import Job
from ..ensemble.plain import delay_of
from ..errors import InputError, NumericalFailure
from ..run import Run
from ..simulation import simulate
from ..timeline import Segment
from ..transition.scene import DELAY, Scene

REFERENCE = 1e-11  # the tolerance of the states that count as true
LOOKS = 5  # times at which states are compared
_LATE = 0.25  # share of the latest delay up to which it is varied by default


@dataclass(frozen=True)
class Stretch:
    """A piece of a run between two switches: what passes as it begins (impulse and inputs), and when states are looked at within it."""

    segment: Segment
    start: float
    end: float
    kicks: tuple[tuple[str, list], ...]
    looks: tuple[float, ...]


@dataclass(frozen=True)
class Problem:
    """Runs of a scene, one for each row of values of `columns`, with their states (runs, stocks, times) by LSODA at rtol 1e-11.

    `size` is that of each stock, in which errors are measured: the largest along any of these runs, at least that to which the solver's tolerance
    refers. `starts`, `scales` (runs, stocks) and `courses` are what a solver needs that does not know models.
    """

    scene: Scene
    columns: tuple[str, ...]
    rows: np.ndarray
    times: tuple[float, ...]
    text: str
    states: np.ndarray
    size: np.ndarray
    starts: np.ndarray
    scales: np.ndarray
    courses: tuple[tuple[Stretch, ...], ...]

    def job(self, rtol: float) -> Job:
        """Return the runs as a job for the engines of ensembles, which keeps the stocks at the times that are compared."""
        return Job(self.scene.with_rtol(rtol), self.columns, tuple(stock.name for stock in self.scene.model.stocks), self.times)

    def errors(self, states: np.ndarray) -> np.ndarray:
        """Return the largest error of each run over stocks and times, in the size of each stock; infinite where a run failed."""
        apart = (np.abs(states - self.states) / self.size[None, :, None]).reshape(len(self.rows), -1)
        return np.where(np.isnan(apart), np.inf, apart).max(axis=1)


def default_ranges(scene: Scene) -> tuple[str, ...]:
    """Return what is varied where nothing is said: the delay, and the size of the policy that moves or else the first parameter with a plausible range."""
    found = [] if scene.own is None else [f"{DELAY}=uniform({max(scene.earliest, 0.0):.12g},{_LATE * scene.latest:.12g})"]
    own = getattr(scene.moved, "size", None)
    ranged = [parameter.name for parameter in scene.model.parameters if np.all(np.isfinite(parameter.between)) and parameter.between[0] < parameter.between[1]
              and parameter.name not in scene.set]
    name = own.name if own is not None and own.name in ranged else next(iter(ranged), None)
    if name is None and not found:
        raise InputError(f"{scene.where}, bench: no parameter has a plausible range; say what is varied with --over NAME=uniform(LOW,HIGH)")
    return (*found, *(() if name is None else (name,)))


def problem(scene: Scene, over: Iterable[str] = (), runs: int = 8, seed: int = 0, done: Callable[[int], None] = lambda number: None) -> Problem:
    """Return a comparison of so many runs, drawn over ranges as a sweep draws them, with their true states; raise InputError for what cannot be run."""
    axes, _ = axes_of(scene, tuple(over) or default_ranges(scene), True)
    design = design_of(axes, runs, seed)
    rows = design.rows(0, design.runs)
    times = tuple(float(time) for time in np.linspace(scene.start, scene.end, LOOKS + 1)[1:])
    job = Job(scene, design.columns)
    states, size, starts, scales, courses = [], np.zeros(len(scene.model.stocks)), [], [], []
    for row in rows:
        run = alone(job, row, "LSODA", REFERENCE)
        states.append(run.path.at(np.array(times))[0].T)
        scale = run.atol / REFERENCE
        size = np.maximum(size, np.maximum(np.abs(run.path.x).max(axis=0), scale))
        starts.append(run.path.course.switches[0].x)
        scales.append(scale)
        courses.append(stretches(run, times))
        done(1)
    return Problem(scene, design.columns, rows, times, design.text, np.array(states), size, np.array(starts), np.array(scales), tuple(courses))


def alone(job: Job, row: np.ndarray, method: str, rtol: float) -> Run:
    """Return a run by `simulate` from its start, which shares nothing with the others, as a scene's runs would."""
    scene, values = job.scene, dict(zip(job.columns, map(float, row), strict=True))
    case, policies = scene._placed(delay_of(job, values))
    given = {**scene.set, **{name: value for name, value in values.items() if name != DELAY}}
    return simulate(scene.model, case, policies=policies, set=given, initial=scene.initial, span=(scene.start, scene.end), method=method, rtol=rtol)


def stretches(run: Run, times: tuple[float, ...]) -> tuple[Stretch, ...]:
    """Return the pieces of a run; each time belongs to the piece that ends with it or holds it."""
    path, found = run.path, []
    for piece, segment, switch in zip(path.pieces, path.segments, path.course.switches, strict=True):
        start, end = float(piece.t[0]), float(piece.t[-1])
        kicks = tuple((passing.kick.impulse.name, passing.inputs) for passing in switch.kicks)
        found.append(Stretch(segment, start, end, kicks, tuple(time for time in times if start < time <= end)))
    if found[-1].end < times[-1]:
        raise NumericalFailure(f"{run.model.name!r}: the reference ends at {found[-1].end:g}, before the last time that is compared")
    return tuple(found)
