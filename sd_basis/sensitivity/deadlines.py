"""How the critical delay moves with each parameter: dd_c/dp = -m_p / m_d, from exact sensitivities of one run beside it.

m is the margin that decides the outcome, where it decides. Where the response jumps (a saddle), m is taken before the two
sides part: there every functional grows along the one unstable direction, so that the ratio no longer hangs on which. Where the length of
a stay decides, that length takes the place of m.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..declarations import margin
from ..ensemble.axes import Range
from ..ensemble.criticals import critical_delays
from ..errors import InputError, NumericalFailure
from ..forward import COLLOCATION
from ..responses import Sensitivities, sensitivities
from ..run import Run
from ..transition.margins import Margin, margins
from ..transition.scene import Scene
from ..transition.searching import Line, Turn, search
from ..transition.separating import Gap, concerned
from .interests import Interest
from .local import Local, Slope, rate_along
from .measuring import Window, Work, opened

_FINER = 1e-4  # of the bracket: the tolerance of the runs beside the critical delay
_JUMP = 0.05  # of a margin's size: more on both sides of so narrow a bracket is a jump
_SETTLED = 0.02  # of change between the last two looks, beyond which a ratio has not converged
_SMALL = 1e-3  # the distance of the two sides, in sizes of the stocks, up to which they are one run
_FEW, _STEPS = 3.0, 1e-3  # differences: the bracket in predicted moves, and the step in plausible ranges


def critical_slopes(scene: Scene, interest: Interest, axes: Sequence[Range], window: Window, *, bracket: float = 1e-6, check: int = 0,
                    work: Work | None = None) -> Local:
    """Return how the first critical delay within a window of delays moves with each parameter; a shift of all dates does not move it.

    `bracket` is the width to which it is bisected. For `check` parameters the derivative is compared with critical delays beside, found anew.
    Raises InputError where there is no turn in the window, NumericalFailure where the derivative has no meaning.
    """
    fine = scene.with_rtol(min(max(_FINER * bracket, 1e-12), scene.rtol))
    found = search(Line(fine, code=interest.name), window.low, window.high, bracket, max(window.scan, 2))
    if not found.turns:
        codes = ", ".join(dict.fromkeys(look.code for _, look in found.looks))
        raise InputError(f"{scene.where}, {interest.text}: the outcome does not turn {interest.name} between delays {window.low:g} and {window.high:g} "
                         f"({codes}); look elsewhere with --between LOW:HIGH")
    turn = found.turns[0]
    warnings = [f"{interest.text}: there are {len(found.turns)} turns in the window; the first is taken"] if len(found.turns) > 1 else []
    warnings += [f"{interest.text}: {note}" for note in found.notes]
    slopes, time, (note, *said) = _slopes(fine, interest, axes, turn)
    warnings += [f"{interest.text}: {text}" for text in said]
    own = [Slope(interest.text, axis.name, scene.value(axis.name), axis.low, axis.high, turn.value, float(slope))
           for axis, slope in zip(axes, slopes, strict=True)]
    own.sort(key=lambda slope: -abs(slope.swing))
    if check:
        own = _checked(fine, interest, own, check, bracket, work or Work())
    return Local(interest.text, turn.value, time, tuple(own), (), tuple(dict.fromkeys(warnings)), note)


def _slopes(fine: Scene, interest: Interest, axes: Sequence[Range], turn: Turn) -> tuple[np.ndarray, float, list[str]]:
    runs = [fine.run(value, stretch=turn.stretch) for value in (turn.low, turn.high)]
    beside = runs[0]
    moved = "shift" if fine.moved is None else fine.moved.name
    varied = [*(axis.name for axis in axes), moved]
    led = _leading(fine, runs)
    if led is not None and led.condition is None:
        return _by_stay(fine, interest, beside, led, varied)
    if led is not None:
        made = sensitivities(beside, varied, at=[led.time], method=COLLOCATION)
        note = f"decided by the margin of {led.name} at {beside.when(led.time)}"
        return _ratio(made, led, -1, fine, interest), led.time, [note, *made.warnings]
    parted = _parting(fine, runs)
    functional = next((one for one in margins(beside, fine.group).values() if one.name == interest.name and one.condition is not None), None)
    if functional is None:
        raise NumericalFailure(f"{fine.where}, {interest.text}: the length of a stay decides, which is no expression of the model, so that its slope is "
                               "unknown; ask for the indices of the critical delay instead (--sobol, --morris)")
    start = fine.zero + turn.value
    times = [parted - share * (parted - start) for share in (0.2, 0.1, 0.0)]
    made = sensitivities(beside, varied, at=times, method=COLLOCATION)
    ratios = [_ratio(made, functional, row, fine, interest) for row in range(len(times))]
    change = float(np.max(np.abs(ratios[-1] - ratios[-2])) / max(float(np.max(np.abs(ratios[-1]))), 1e-300))
    if not change < _SETTLED:
        raise NumericalFailure(f"{fine.where}, {interest.text}: the outcome jumps at {turn.value:.6g} and no ratio of sensitivities settles "
                               f"before the sides part at {beside.when(parted)} (it still changed by {100 * change:.2g} per cent); "
                               "ask for its indices instead (--sobol, --morris)")
    return ratios[-1], parted, [f"the response jumps there; the ratio of sensitivities is taken where the sides part, at {beside.when(parted)}, and changed by "
                                f"{100 * change:.2g} per cent over the last tenth before", *made.warnings]


def _ratio(made: Sensitivities, one: Margin, row: int, fine: Scene, interest: Interest) -> np.ndarray:
    assert one.expression is not None
    own = made.of(one.expression)[row]
    if own[-1] == 0 or not np.all(np.isfinite(own)):
        raise NumericalFailure(f"{fine.where}, {interest.text}: the margin of {one.name!r} does not move with the delay, so that the critical delay has no "
                               "slope; look at another outcome, or elsewhere with --between LOW:HIGH")
    return -own[:-1] / own[-1] + 0.0  # no negative zero


def _leading(fine: Scene, runs: Sequence[Run]) -> Margin | None:
    """Return the margin that passes zero between two runs without a jump, None where none does."""
    low, high = (margins(run, fine.group) for run in runs)
    crossing = []
    for name, one in low.items():
        other = high.get(name)
        if other is None or (one.value > 0) == (other.value > 0):
            continue
        values = fine.end - fine.start if one.condition is None else _range(runs[0], one)
        crossing.append((abs(one.value - other.value) / max(values, 1e-300), name))
    if not crossing:
        return None
    jump, name = min(crossing)
    return low[name] if jump < _JUMP else None


def _by_stay(fine: Scene, interest: Interest, run: Run, led: Margin, varied: Sequence[str]) -> tuple[np.ndarray, float, list[str]]:
    """Return the slopes where the length of a stay decides: its end and its beginning move by -m_p / m' each, m being what holds during the stay."""
    outcome = next(one for one in fine.model.outcomes if one.group == fine.group and one.name == led.name and one.lasting)
    ends = led.time, led.time + led.value + (outcome.lasting or 0.0)
    expression, path, near = margin(led.name, outcome.when), run.path, 8 * run.path.schedule.nearest
    if any(min(abs(end - float(piece.t[0])) for piece in path.pieces) <= near for end in ends) or ends[1] >= float(path.t[-1]) - near:
        raise NumericalFailure(f"{fine.where}, {interest.text}: the stay that decides begins or ends on a switch, or with the run, so that the critical delay "
                               "has no slope there; ask for its indices instead (--sobol, --morris)")
    made = sensitivities(run, varied, at=ends, method=COLLOCATION)
    moved = -made.of(expression) / np.array([rate_along(run, expression, end) for end in ends])[:, None]
    longer = moved[1] - moved[0]
    if longer[-1] == 0 or not np.all(np.isfinite(longer)):
        raise NumericalFailure(f"{fine.where}, {interest.text}: the stay does not move with the delay, so that the critical delay has no slope; look elsewhere "
                               "with --between LOW:HIGH")
    note = f"decided by the length of a stay, from {run.when(ends[0])} to {run.when(ends[1])}"
    return -longer[:-1] / longer[-1] + 0.0, ends[1], [note, *made.warnings]


def _range(run: Run, one: Margin) -> float:
    """Return the range of a margin along a run."""
    conditions = run.path.compiled.conditions
    values = run.path.evaluate(run.path.compiled.margins, run.path.t, run.path.x, run.path.segment)[conditions.index(one.condition)]
    return float(np.nanmax(values) - np.nanmin(values))


def _parting(fine: Scene, runs: Sequence[Run]) -> float:
    """Return the time until which two runs are one, to a small distance in sizes of their stocks."""
    places = concerned(fine.model, fine.group)
    size = np.maximum(np.max(np.abs(runs[0].path.x), axis=0), 1e-12)
    parted = Gap(runs[0], [runs[1]], places, size, fixed=True).parted(_SMALL)
    return float(runs[0].path.t[-1]) if parted is None else parted


def _checked(fine: Scene, interest: Interest, slopes: list[Slope], count: int, bracket: float, work: Work) -> list[Slope]:
    """Return the slopes with differences of critical delays for the first few, found anew in a narrow window around what the slope foretells."""
    found = list(slopes)
    for place, slope in enumerate(slopes[:count]):
        assert slope.value is not None and slope.low is not None and slope.high is not None
        move = max(abs(slope.swing) * _STEPS, 100 * bracket)
        step = move / abs(slope.slope) if slope.slope else _STEPS * (slope.high - slope.low)
        domain = fine.model.quantities[slope.name].domain
        low, high = max(slope.value - step, domain[0]), min(slope.value + step, domain[1])  # one-sided where the domain ends
        points = np.array([[low], [high]])
        around = slope.result - _FEW * move, slope.result + _FEW * move
        if not fine.earliest <= around[0] < around[1] < fine.latest:
            continue
        with opened(fine, (slope.name,), work) as (run, _):
            beside = critical_delays(run, fine, (slope.name,), points, code=interest.name, delays=around, scan=2, xtol=bracket).values
        if np.all(np.isfinite(beside)):
            found[place] = replace(slope, difference=float(beside[1] - beside[0]) / (high - low))
    return found
