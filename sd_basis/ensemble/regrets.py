"""Regret: what is lost by having chosen one action where another would have been best, over uncertain parameters.

R(a, theta) = L(a, theta) - min over a' of L(a', theta) (Savage 1951). The minimax action has the smallest largest regret; the ninetieth
percentile forgives one sample in ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..quantities import finite_number
from ..transition.scene import DELAY, Scene
from .job import Batch, Engine, Job

MEASURES = ("end", "highest", "lowest")


@dataclass(frozen=True)
class Term:
    """A part of a loss: the weight of a quantity at the end of the run, or of its highest or lowest value along it."""

    quantity: str
    weight: float = 1.0
    measure: str = "end"

    def __post_init__(self):
        finite_number(f"loss, weight of {self.quantity!r}", self.weight)
        if self.measure not in MEASURES:
            raise InputError(f"loss: {self.measure!r} is no measure of {self.quantity!r}; use {', '.join(MEASURES)}")


@dataclass(frozen=True)
class Action:
    """What could be done: a policy of a scene, its delay (None: never), and parameters that go with it."""

    name: str
    scene: Scene
    delay: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Regret:
    """The losses (actions, samples) and what follows; samples with a run that failed or broke off early are left out and counted in `failed`."""

    names: tuple[str, ...]
    columns: tuple[str, ...]
    samples: np.ndarray
    losses: np.ndarray
    failed: int

    @property
    def regrets(self) -> np.ndarray:
        """The regret of each action in each sample."""
        return self.losses - self.losses.min(axis=0)

    @property
    def largest(self) -> dict[str, float]:
        """The largest regret of each action, the minimax action first."""
        return self._ranked(self.regrets.max(axis=1))

    @property
    def ninetieth(self) -> dict[str, float]:
        """The ninetieth percentile of each action's regret, the best first."""
        return self._ranked(np.quantile(self.regrets, 0.9, axis=1))

    @property
    def expected(self) -> dict[str, float]:
        """The mean loss of each action, the best first."""
        return self._ranked(self.losses.mean(axis=1))

    @property
    def best(self) -> dict[str, float]:
        """The share of the samples in which each action is best, ties shared."""
        ties = self.regrets <= 0
        return self._ranked(-(ties / ties.sum(axis=0)).mean(axis=1), -1.0)

    def flips(self) -> dict[str, tuple[float, float]]:
        """Return where the ranking of the two actions that are best most often flips, parameter by parameter, the most telling first.

        For each parameter: the chance that a sample in which the first is better has the larger value (0.5 tells nothing; Mann and Whitney),
        and the value that separates the two kinds of samples best. Empty where one action is always at least as good.
        """
        first, second = (self.names.index(name) for name in list(self.best)[:2]) if len(self.names) > 1 else (0, 0)
        gap = self.losses[first] - self.losses[second]
        better, worse = np.flatnonzero(gap < 0), np.flatnonzero(gap > 0)
        if not better.size or not worse.size:
            return {}
        found = {}
        for place, name in enumerate(self.columns):
            one, other = self.samples[better, place], self.samples[worse, place]
            chance = float(np.mean(one[:, None] > other[None, :]) + 0.5 * np.mean(one[:, None] == other[None, :]))
            every = np.unique(np.concatenate([one, other]))
            cuts = (every[1:] + every[:-1]) / 2 if len(every) > 1 else every
            apart = [abs(np.mean(one > cut) - np.mean(other > cut)) for cut in cuts]
            found[name] = chance, float(cuts[int(np.argmax(apart))])
        return dict(sorted(found.items(), key=lambda item: -abs(item[1][0] - 0.5)))

    def _ranked(self, values: np.ndarray, sign: float = 1.0) -> dict[str, float]:
        return {self.names[place]: sign * float(values[place]) for place in np.argsort(values, kind="stable")}


def regret(engine: Engine, actions: Sequence[Action], columns: tuple[str, ...], samples: np.ndarray, loss: Sequence[Term]) -> Regret:
    """Return the losses and regrets of actions over samples (rows of parameters `columns`).

    Raises InputError for fewer than two actions, two of one name, no loss, or where every sample has a run that failed.
    """
    names = tuple(action.name for action in actions)
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"regret: the actions are {', '.join(names) or 'none'}; give at least two, of different names")
    if not loss:
        raise InputError("regret: no loss is given; name a quantity that is to be small")
    samples = np.asarray(samples, float).reshape(-1, len(columns))
    keep = tuple(dict.fromkeys(term.quantity for term in loss))
    losses, good, why = [], np.ones(len(samples), bool), ""
    for action in actions:
        own = tuple(action.values)
        given = np.broadcast_to([np.nan if action.delay is None else action.delay, *action.values.values()], (len(samples), 1 + len(own)))
        batch = engine(Job(action.scene, (DELAY, *own, *columns), keep), np.column_stack([given, samples]))
        good &= np.array([not reason for reason in batch.reasons], bool)
        why = why or next(filter(None, batch.reasons), "")
        found = sum(term.weight * _measured(batch, keep.index(term.quantity), term.measure) for term in loss)
        good &= np.isfinite(found)  # a run that broke off once all was decided has no end
        losses.append(found)
    if not good.any():
        raise InputError(f"regret: in every sample a run of some action failed ({why or 'it broke off before its end'}); mend what failed, "
                         "or give other samples")
    return Regret(names, columns, samples[good], np.array(losses)[:, good], int(np.sum(~good)))


def _measured(batch: Batch, place: int, measure: str) -> np.ndarray:
    return batch.values[:, place, -1] if measure == "end" else getattr(batch, measure)[:, place]
