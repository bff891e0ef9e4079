"""The front of sensitivity in Python: elasticities, Sobol indices and Morris's effects of a model, with one call each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..case import Case
from ..ensemble.axes import Range, axes_of
from ..ensemble.engines import AUTO
from ..model import Model
from ..policies import Impulse, Policy
from ..transition.scene import Scene
from .deadlines import critical_slopes
from .interests import CRITICAL, Interest, interest_of
from .local import Local, local_sensitivities
from .measuring import Window, Work, measure
from .ranging import dates_of, uncertain
from .screening import Effects, morris_effects, morris_points
from .variance import DROPPED, Indices, converging, sobol_points


def elasticities(model: Model, case: Case | str | Path | None = None, *, of: Iterable[str], over: Any = None, policy: Policy | Impulse | str | None = None,
                 outcome: str | None = None, set: Mapping | None = None, between: tuple[float, float] | None = None, check: int = 0,
                 method: str = "LSODA", rtol: float = 1e-6) -> dict[str, Local]:
    """Return for each quantity of interest how it moves with every parameter, by name or in `over`, and with every date: exact derivatives of one run.

    `of` are texts such as "cash", "cash:lowest", "price@2020-03-16", "margin:collapsed" and "critical_delay". `over` names parameters, as `sweep` does for
    a sample; by default all that are uncertain. `between` are the delays in which a critical delay is looked for, `check` the number of slopes
    to compare with differences. A critical delay has no slope by a date.
    """
    scene = Scene(model, case, policy=policy, outcome=outcome, set=set, method=method, rtol=rtol)
    interests, axes = _asked(scene, of, over)
    own = [interest for interest in interests if interest.kind != CRITICAL]
    found = {one.of: one for one in local_sensitivities(scene, own, axes, dates_of(scene), check=check)} if own else {}
    for interest in interests:
        if interest.kind == CRITICAL:
            found[interest.text] = critical_slopes(scene, interest, axes, _window(scene, between, 1e-2), check=check)
    return {interest.text: found[interest.text] for interest in interests}


def sobol(model: Model, case: Case | str | Path | None = None, *, of: Iterable[str], over: Any = None, blocks: int = 1024, seed: int = 0,
          policy: Policy | Impulse | str | None = None, outcome: str | None = None, set: Mapping | None = None, between: tuple[float, float] | None = None,
          xtol: float = 1e-2, drop: float = DROPPED, engine: str = AUTO, workers: int = 1, store: str | Path | None = None,
          rtol: float = 1e-6) -> dict[str, tuple[Indices, ...]]:
    """Return for each quantity of interest its Sobol indices from a quarter, a half and all of the blocks of parameters + 2 runs.

    `blocks` is a power of two; `store` a folder from which interrupted work goes on; the rest is as in `elasticities` and `sweep`. Needs the extra
    `sensitivity`.
    """
    scene = Scene(model, case, policy=policy, outcome=outcome, set=set, rtol=rtol)
    interests, axes = _asked(scene, of, over)
    points = sobol_points(axes, blocks, seed)
    found = measure(scene, interests, points, _window(scene, between, xtol), Work(engine, workers, None if store is None else Path(store)))
    return {interest.text: converging(found.values[interest.text], points.columns, blocks, seed=seed, drop=drop, of=interest.text) for interest in interests}


def morris(model: Model, case: Case | str | Path | None = None, *, of: Iterable[str], over: Any = None, trajectories: int = 16, seed: int = 0,
           policy: Policy | Impulse | str | None = None, outcome: str | None = None, set: Mapping | None = None, between: tuple[float, float] | None = None,
           xtol: float = 1e-2, engine: str = AUTO, workers: int = 1, store: str | Path | None = None, rtol: float = 1e-6) -> dict[str, Effects]:
    """Return for each quantity of interest the elementary effects of every parameter over its whole range; the rest is as in `sobol`."""
    scene = Scene(model, case, policy=policy, outcome=outcome, set=set, rtol=rtol)
    interests, axes = _asked(scene, of, over)
    points = morris_points(axes, trajectories, seed)
    found = measure(scene, interests, points, _window(scene, between, xtol), Work(engine, workers, None if store is None else Path(store)))
    return {interest.text: morris_effects(found.values[interest.text], points, trajectories, seed=seed, of=interest.text) for interest in interests}


def _asked(scene: Scene, of: Iterable[str], over: Any) -> tuple[list[Interest], list[Range]]:
    interests = [interest_of(scene, text) for text in ([of] if isinstance(of, str) else dict.fromkeys(of))]
    return interests, axes_of(scene, uncertain(scene, over), True)[0]  # type: ignore[return-value]


def _window(scene: Scene, between: tuple[float, float] | None, xtol: float) -> Window:
    return Window(*(between or (max(scene.earliest, 0.0), 0.5 * scene.latest)), xtol=xtol)
