"""Scenario discovery: the runs of a sample in which something comes about, and the boxes of parameters that hold them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ensemble.axes import Range
from ..ensemble.designs import LHS, Sample
from ..errors import InputError
from ..transition.scene import Scene
from .interests import OUTCOME, Interest, interest_of
from .measuring import Measured, Window, Work, measure
from .peeling import Discovery, discovered

_FORM = re.compile(r"(?P<name>[^<>]+)(?:(?P<sign>[<>])(?P<bound>[^<>=]+))?")


@dataclass(frozen=True)
class Condition:
    """What makes a run a case: an interest above (`sign` ">") or below a bound, or an outcome that is met."""

    text: str
    interest: Interest
    sign: str = ">"
    bound: float = 0.5

    @property
    def spoken(self) -> str:
        """The condition in words."""
        return self.interest.name.replace("_", " ") if self.interest.binary else f"{self.interest.spoken} {self.sign} {self.bound:g}"

    def met(self, values: np.ndarray) -> np.ndarray:
        """Return 1 where it holds, 0 where not, nan where a value is not known."""
        with np.errstate(invalid="ignore"):
            return np.where(np.isnan(values), np.nan, np.where(values > self.bound if self.sign == ">" else values < self.bound, 1.0, 0.0))


def condition_of(scene: Scene, text: str) -> Condition:
    """Return the condition of a text: outcome[:CODE], or a quantity of interest with a bound, as in "cash:lowest<5" or "critical_delay<10"."""
    where = f"{scene.where}, --where {text!r}"
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{where}: it is no condition; write outcome:CODE, or a quantity with a bound, as in 'cash:lowest<5'")
    interest = interest_of(scene, match["name"].strip(), "--where")
    if interest.kind == OUTCOME:
        if match["sign"]:
            raise InputError(f"{where}: an outcome is met or not and has no bound; write {match['name'].strip()}")
        return Condition(text, interest)
    if not match["sign"]:
        raise InputError(f"{where}: a quantity needs a bound; write for example '{match['name'].strip()}<5', or outcome:CODE")
    try:
        bound = float(match["bound"])
    except ValueError:
        raise InputError(f"{where}: {match['bound'].strip()!r} is not a number; give one finite number") from None
    if not np.isfinite(bound):
        raise InputError(f"{where}: {match['bound'].strip()!r} is not finite; give one finite number")
    return Condition(text, interest, match["sign"], bound)


def scenarios(scene: Scene, condition: Condition, axes: Sequence[Range], sample: int, *, seed: int = 0, design: str = LHS, boxes: int = 1,
              density: float | None = None, window: Window | None = None, work: Work | None = None) -> tuple[Discovery, Measured]:
    """Return the boxes of parameters in which a condition holds among points drawn from ranges, and how these were computed."""
    drawn = Sample(tuple(axes), sample, seed, design)
    found = measure(scene, [condition.interest], drawn, window, work)
    values = found.values[condition.interest.text]
    cases = condition.met(values)
    if not condition.interest.binary and np.isfinite(values).any() and np.nanmin(cases) == np.nanmax(cases):
        raise InputError(f"{scene.where}, --where {condition.text!r}: it holds in {'every' if np.nanmax(cases) else 'no'} run of {sample}, in which the "
                         f"quantity goes from {np.nanmin(values):.5g} to {np.nanmax(values):.5g}; give a bound between")
    low, high = (np.array([axis.ends[end] for axis in axes]) for end in (0, 1))
    return discovered(drawn.rows(0, sample), cases, drawn.columns, boxes=boxes, density=density,
                      low=low, high=high), found
