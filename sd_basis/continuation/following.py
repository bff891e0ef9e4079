"""A curve followed to its ends: the borders of the span, stocks that would be negative, kinks, and where it closes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import numpy as np

from .kinked import Kinks
from .resting_problem import Beyond, Problem
from .starting_points import LARGE
from .tracing import Curve, Place, Step, corrected, next_step, place_at, turned

_NEGATIVE = 1e-9  # of a stock's scale
_PROBE = 1e-6
_ASTRAY = 1e-6  # of a stock's scale over the model's span


@dataclass
class Trace:
    """The steps of a curve in one direction, why it ends, and whether it came back to where it began."""

    steps: list[Step]
    end: str
    closed: bool = False


def follow(curve: Curve, problem: Problem, kinks: Kinks, start: Place, longest: float, most: int, home: Place | None = None) -> Trace:
    """Follow a curve from a place along its tangent for at most so many steps of at most a length.

    `home` is where the curve began, which a closed one comes back to. Behind a kink a branch of equilibria goes on along
    the tangent on the other side; a curve of folds ends there.
    """
    try:
        problem.held = problem.modes(start.u)
        return _followed(curve, problem, kinks, start, longest, most, home)
    except Beyond as reason:
        return Trace([], str(reason))
    finally:
        problem.held = None


def _followed(curve: Curve, problem: Problem, kinks: Kinks, start: Place, longest: float, most: int, home: Place | None) -> Trace:
    steps: list[Step] = []
    cells, length = kinks.cells(start.u), longest / 4
    while len(steps) < most:
        found = next_step(curve, start, length, longest)
        if found is None:
            ahead = Place(start.u + _PROBE * start.tangent, start.tangent, start.sign)  # the branch may turn round at a kink, where no plane ahead meets it
            step = Step(curve, start, ahead, _PROBE)
        else:
            step, length = found
        other = _cells(kinks, step.end, cells)
        step.held = problem.held
        if found is None and other == cells:
            return Trace(steps, _stuck(problem, step))
        if other != cells:
            step, place = _to_kink(kinks, step, cells)
            border = _border(problem, step)
            if border is not None:
                steps.append(border[0])
                return Trace(steps, border[1])
            steps.append(step)
            if place is None:
                return Trace(steps, "the rates cannot be computed beyond it")
            if curve is not problem:
                return Trace(steps, f"the rates bend there ({kinks.text(place)})")
            step.kink, crossed = place, _across(problem, kinks, step, place, longest)
            if crossed is None:
                what = "jump" if kinks.jumps(place) else "bend"
                return Trace(steps, f"the rates {what} there ({kinks.text(place)}) and nothing rests beyond")
            start = crossed
            problem.held = problem.modes(start.u)
            cells, length = _cells(kinks, start, None), longest / 16
            continue
        border = _border(problem, step)
        steps.append(step if border is None else border[0])
        if border is not None:
            return Trace(steps, border[1])
        if home is not None and len(steps) > 5 and _came_home(curve, home, step):
            steps[-1] = replace(step, end=home)
            return Trace(steps, "it comes back to where it began", True)
        start = step.end
    return Trace(steps, f"the most steps ({most}) were taken")


def _stuck(problem: Problem, step: Step) -> str:
    """Return why no further point is found: whether some stocks may rest anywhere from there on."""
    with contextlib.suppress(Beyond):
        for share in (1.0, 1e1, 1e2, 1e3, 1e4):
            _, sizes, right = np.linalg.svd(problem.slopes(step.start.u + share * step.length * step.start.tangent)[:, :problem.count])
            if sizes[-1] < 1e-9 * sizes[0]:
                weights = np.abs(problem.basis @ right[-1])
                names = [problem.model.stocks[problem.kept[row]].name for row in np.argsort(-weights) if weights[row] > 0.3 * weights.max()]
                return f"{', '.join(names[:3])} may rest anywhere beyond it (freeze {'it' if len(names) == 1 else 'one of them'})"
    return "no further point was found"


def _cells(kinks: Kinks, place: Place, before: tuple[int, ...] | None) -> tuple[int, ...]:
    try:
        return kinks.cells(place.u, before)
    except Beyond:
        return ()


def _border(problem: Problem, step: Step) -> tuple[Step, str] | None:
    """Return the step up to where it leaves what is looked at, and why it does; None where it does not."""
    count = problem.count
    leaves: list[tuple[float, str]] = []

    def crossing(test, reason: str) -> None:
        try:
            share = step.zero(test)
        except (Beyond, ValueError):
            first, last = test(step.start), test(step.end)
            share = first / (first - last) if first * last < 0 else 0.0
        leaves.append((share, reason))
    for number, item in enumerate(problem.over):
        own = step.end.u[count + number]
        for bound in (0.0, 1.0):
            if (own - bound) * (1 if bound else -1) > 0:
                crossing(lambda place, number=number, bound=bound: place.u[count + number] - bound, f"{item.name} leaves the span")
    scaled = problem.scaled(step.end.u)
    for row, place in enumerate(problem.kept):
        stock = problem.model.stocks[place]
        if stock.nonnegative and scaled[row] < -_NEGATIVE:
            crossing(lambda at, row=row: problem.scaled(at.u)[row] + _NEGATIVE / 2, f"{stock.name} would be negative")
        if abs(scaled[row]) > LARGE:
            leaves.append((1.0, f"{stock.name} exceeds a million times its scale"))
    if not leaves and problem.neutral:
        with contextlib.suppress(Beyond):
            if problem.astray(step.end.u) > _ASTRAY:
                leaves.append((0.0, f"{', '.join(problem.neutral[:3])} no longer rest{'s' if len(problem.neutral) == 1 else ''}"))
    if not leaves:
        return None
    share, reason = min(leaves)
    return replace(step, until=share), reason


def _to_kink(kinks: Kinks, step: Step, cells: tuple[int, ...]) -> tuple[Step, int | None]:
    """Return the step up to the first kink within it, and which margin changes sign there (None where the rates cannot be computed beyond)."""
    low, high, beyond = 0.0, 1.0, _cells(kinks, step.end, cells)
    end = step.start
    while high - low > 1e-12:
        middle = (low + high) / 2
        try:
            place = step.at(middle)
            other = kinks.cells(place.u, cells)
        except Beyond:
            high = middle
            continue
        if other == cells:
            low, end = middle, place
        else:
            high, beyond = middle, other
    which = next((number for number, (old, new) in enumerate(zip(cells, beyond, strict=False)) if old != new), None)
    if which is not None:  # on the level itself: the branch is smooth up to there
        with contextlib.suppress(Beyond):
            back = end.u - 1e-4 * end.tangent
            over = kinks.gap(end.u, which)
            slope = (over - kinks.gap(back, which)) / 1e-4
            if slope and abs(over / slope) < 1e-5:
                end = Place(end.u - over / slope * end.tangent, end.tangent, end.sign, end.notes)
    return Step(step.curve, step.start, end, low * step.length, held=step.held), which


def _across(problem: Problem, kinks: Kinks, step: Step, which: int, longest: float) -> Place | None:
    """Return a place on the branch behind a kink, its tangent on the far side; None where there is none."""
    here = step.end
    try:
        ahead = here.tangent if step.length > 0 else step.start.tangent
        own = kinks.values(here.u)[which]
        beyond = here.u + _PROBE * ahead
        if kinks.jumps(which):
            problem.held = problem.modes(beyond)
        side = np.sign(kinks.values(beyond)[which] - own)
        tangent = place_at(problem, beyond, ahead).tangent
        turn = np.sign(kinks.values(here.u + _PROBE * tangent)[which] - own)
        tangent = tangent * (side * turn if turn else 1.0)
        for length in (1e-2 * longest, 1e-4 * longest):
            found = corrected(problem, here.u + length * tangent, tangent)
            if found is not None and np.linalg.norm(problem.metric(here.u) @ (found[0] - here.u)) < 3 * length:
                place = place_at(problem, found[0], tangent)
                return place if turned(problem, Place(here.u, tangent, 1.0), place) > 0.5 else None
    except Beyond:
        pass
    return None


def _came_home(curve: Curve, home: Place, step: Step) -> bool:
    metric = curve.metric(home.u)
    before, after = (metric @ (place.u - home.u) for place in (step.start, step.end))
    ahead = metric @ home.tangent
    near = np.linalg.norm(after) < 2 * step.length and np.linalg.norm(before) < 2 * step.length
    return bool(near and before @ ahead < 0 <= after @ ahead and turned(curve, home, step.end) > 0.9)
