"""Curves of folds over two parameters, with the cusps at which two folds meet and Bogdanov-Takens points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from ..case import Case
from ..errors import InputError, NumericalFailure
from ..model import Model
from ..quantities import Parameter, Stock
from .equilibria import default_span
from .following import Trace, follow
from .found import FoldCurve, Rest
from .kinked import Kinks
from .refining import Fold, eigenvalues
from .resting_problem import Beyond, Problem
from .tracing import Place, Step, corrected, first_direction, place_at


class _Renewed(Fold):
    """The equations of a fold along a curve, whose border follows the null vectors."""

    def slopes(self, u: np.ndarray) -> np.ndarray:
        """Return the derivatives, with the border renewed first; what vanishes does so whatever the border."""
        self.renew(u)
        return super().slopes(u)


def continue_folds(model: Model, over: tuple[Parameter | str, Parameter | str], fold: Mapping, *, span: Mapping | tuple | None = None,
                   case: Case | str | Path | None = None, set: Mapping | None = None, initial: Mapping | None = None, frozen: Iterable[Stock | str] = (),
                   longest: float = 0.02, most_steps: int = 2000) -> FoldCurve:
    """Return the curve of folds through a fold over two parameters, both ways, with its cusps and Bogdanov-Takens points.

    `fold` gives the first parameter and the stocks, as in `continue_equilibria(...).folds`; the second parameter is taken from it, else it
    has the value in force. `span` gives both spans, as a pair of pairs or by name. The rest is that of `continue_equilibria`, and has to be the same.
    """
    where = "folds"
    try:
        first, second = over
    except (TypeError, ValueError):
        raise InputError(f"{where}: {over!r} is not a pair of parameters; give two") from None
    one, other = (model.quantity(item, f"model {model.name!r}, {where}", Parameter) for item in (first, second))
    if one is other:
        raise InputError(f"model {model.name!r}, {where}: {one.name!r} is given twice; give two parameters")
    if isinstance(span, Mapping):
        by_name = {str(getattr(key, "name", key)): value for key, value in span.items()}
        spans = [by_name[item.name] if item.name in by_name else default_span(model, item, where) for item in (one, other)]
    else:
        spans = [default_span(model, item, where) for item in (one, other)] if span is None else list(span)
    problem = Problem(model, (one, other), spans, where, case, set, initial, frozen)
    x = problem.begin.copy()
    try:
        for place in problem.kept:
            x[place] = fold[model.stocks[place].name]
        values = [float(fold[one.name]), float(fold.get(other.name, problem.plan.base[problem.places[1]]))]
    except KeyError as missing:
        raise InputError(f"{problem.where}: the fold has no value of {missing}; give one of continue_equilibria(...).folds") from None
    start = problem.unknowns(x, values)
    for item, value, q in zip(problem.over, values, start[problem.count:], strict=True):
        if not -1e-9 <= q <= 1 + 1e-9:
            raise InputError(f"{problem.where}: the fold lies at {item.name} = {value:g}, outside its span; give a span that holds it")
    problem.equilibrate(start)
    kinks = Kinks(problem)
    kinks.watch(start)
    try:
        curve = _Renewed(problem, start)
        found = corrected(curve, start, np.eye(len(start))[-1])
    except Beyond:
        found = None
    if found is None:
        raise NumericalFailure(f"{problem.where}: there is no fold near {one.name} = {values[0]:g}, {other.name} = {values[1]:g}; "
                               "give one of continue_equilibria(...).folds of the same settings")
    begin = place_at(curve, found[0], first_direction(curve, found[0]))
    ahead = follow(curve, problem, kinks, begin, longest, most_steps, begin)
    back = Trace([], ahead.end, True) if ahead.closed else follow(curve, problem, kinks, Place(begin.u, -begin.tangent, -begin.sign), longest, most_steps)
    return _curve(problem, begin, back, ahead)


def _curve(problem: Problem, begin: Place, back: Trace, ahead: Trace) -> FoldCurve:
    places, cusps, seconds = [begin], list[Rest](), list[Rest]()
    for trace, reverse in ((back, True), (ahead, False)):
        for step in trace.steps:
            problem.held = step.held
            found = [(share, place, kind) for kind, test in (("cusp", Fold.curvature), ("Bogdanov-Takens", Fold.overlap))
                     for share, place in _zero(problem, step, test) if share <= step.until + 1e-6]
            for _, place, kind in sorted(found, key=lambda item: item[0]):
                rest = Rest(problem.named(place.u), kind, 0, eigenvalues(problem, place))
                (cusps if kind == "cusp" else seconds).append(rest)
            own = [place for _, place, _ in sorted(found, key=lambda item: item[0])]
            try:
                own.append(step.at(step.until))
            except Beyond:
                own.append(step.start)
            for place in own:
                places.insert(0, place) if reverse else places.append(place)
    problem.held = None
    named = [problem.named(place.u) for place in places]
    one, other = problem.over
    return FoldCurve((one.name, other.name), {name: np.array([values[name] for values in named]) for name in named[0]}, tuple(cusps), tuple(seconds),
                     (back.end, ahead.end), next(row for row, place in enumerate(places) if place is begin))


def _zero(problem: Problem, step: Step, test: Callable[[Fold, np.ndarray], float]) -> list[tuple[float, Place]]:
    """Return where a test of the null vectors changes sign within a step, the vectors keeping their direction."""
    if step.length < 1e-13:
        return []
    try:
        fixed = Fold(problem, step.start.u)  # one border for the step, so that signs compare
        before, after = test(fixed, step.start.u), test(fixed, step.end.u)
        if before * after >= 0:
            return []
        share = step.zero(lambda place: test(fixed, place.u))
        return [(share, step.at(share))]
    except (Beyond, ValueError):
        return []
