"""Expectations: what a model claims, each with a formula that measures it, bounds, and a control that could fail.

They are declared beside the model, as its figures are: `claims.py` or a package `claims/` in the folder of a
model, `NAME.claims.py` beside a file `NAME.py`, with a tuple EXPECTATIONS. Loading them runs their code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError, unknown
from .library import code_path, module

if TYPE_CHECKING:
    from .case import Case
    from .policies import Policy
    from .study import Study

Measure = Callable[["Study"], Mapping[str, float]]


@dataclass(frozen=True)
class Bound:
    """A measured number lies at or below one limit, at or above another, or between both."""

    name: str
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    def __post_init__(self):
        where = f"bound {self.name!r}"
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"{where}: its name is no text; name a number that the formula measures")
        limits = [limit for limit in (self.at_least, self.at_most) if limit is not None]
        for limit in limits:
            if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not math.isfinite(limit):
                raise InputError(f"{where}: the limit {limit!r} is no finite number; give one")
        if not limits:
            raise InputError(f"{where}: it has no limit; give at_most, at_least or both")
        if limits[0] > limits[-1]:
            raise InputError(f"{where}: at least {self.at_least:g} and at most {self.at_most:g} exclude one another; exchange them")

    def holds(self, value: float) -> bool:
        """Tell whether a number keeps the bound."""
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    @property
    def text(self) -> str:
        """The bound without its name, "at most 5 bp"."""
        limits = [f"{words} {limit:g}" for words, limit in (("at least", self.at_least), ("at most", self.at_most)) if limit is not None]
        return f"{' and '.join(limits)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Control:
    """Changes under which the same formula is measured again, and under which at least one bound must break.

    They apply to every run of the formula: `set` and `initial` win over the formula's own, `policies` replace those of the
    same name, `cuts` come on top ("price -> sales", or with a date "price -> sales@12"), `case` takes the place of every case
    the formula asks for. Where the difference lies in the formula alone, which then looks at `study.is_control`, say `in_formula=True`.
    """

    description: str
    set: Mapping[Any, float] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()
    case: str | Case | None = None
    policies: tuple[str | Policy, ...] = ()
    initial: Mapping[Any, float] = field(default_factory=dict)
    in_formula: bool = False

    def __post_init__(self):
        where = f"control {self.description!r}"
        if not isinstance(self.description, str) or not self.description.strip():
            raise InputError(f"{where}: it has no description; say in a few words what is different")
        for name in ("cuts", "policies"):
            if not isinstance(getattr(self, name), (tuple, list)):
                raise InputError(f"{where}, {name}: {getattr(self, name)!r} is no tuple; write {name}=(..., )")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("set", "initial"):
            if not isinstance(getattr(self, name), Mapping):
                raise InputError(f"{where}, {name}: {getattr(self, name)!r} is no mapping; write {name}={{name: number}}")
        if not (self.set or self.cuts or self.policies or self.initial or self.in_formula) and self.case is None:
            raise InputError(f"{where}: it changes nothing; give set, cuts, case, policies or initial, "
                             "or in_formula=True where the formula looks at study.is_control")


@dataclass(frozen=True)
class Expectation:
    """A claim about a model that its runs can contradict.

    `measure` is given a Study and returns every number that a bound names; more are reported and not judged. A number that does
    not exist is None or NaN (it cannot be told), "never" is infinite. The docstring of `measure` explains the formula. `shows` are
    the quantities drawn over time when the claim is explained.
    """

    number: int
    name: str
    claim: str
    measure: Measure
    bounds: tuple[Bound, ...]
    control: Control
    caution: str = ""
    shows: tuple[str, ...] = ()

    def __post_init__(self):
        where = f"claim {self.number} {self.name!r}"
        if isinstance(self.number, bool) or not isinstance(self.number, int) or self.number < 1:
            raise InputError(f"{where}: its number is {self.number!r}; count from 1")
        for name in ("name", "claim"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InputError(f"{where}: its {name} is empty; say it in words")
        if not callable(self.measure):
            raise InputError(f"{where}, measure: {self.measure!r} is no function; give a function of a study")
        for name, kind in (("bounds", Bound), ("shows", str)):
            value = getattr(self, name)
            if not isinstance(value, (tuple, list)) or not all(isinstance(item, kind) for item in value):
                raise InputError(f"{where}, {name}: {value!r} is no tuple of {kind.__name__}; write {name}=(..., )")
            object.__setattr__(self, name, tuple(value))
        if not self.bounds:
            raise InputError(f"{where}: it has no bounds; give at least one, so that it can fail")
        names = [bound.name for bound in self.bounds]
        if len(set(names)) < len(names):
            raise InputError(f"{where}: two bounds are about {max(names, key=names.count)!r}; give one with at_least and at_most")
        if not isinstance(self.control, Control):
            raise InputError(f"{where}, control: {self.control!r} is no Control; say what is to be different when the claim must fail")

    @property
    def where(self) -> str:
        """How errors name the claim."""
        return f"claim {self.number} {self.name!r}"


def expectations(path: str | Path | None) -> tuple[Expectation, ...]:
    """Return the expectations beside a model, by number; raise InputError where it has none or one is wrong. This runs their code."""
    file = code_path(Path(path), "claims") if path is not None else None
    if path is None or file is None:
        name = "the model" if path is None else Path(path).name
        raise InputError(f"{name}: it makes no claims; put claims.py with EXPECTATIONS into its folder, or NAME.claims.py beside NAME.py")
    loaded = module(Path(path), "claims")
    label = f"{file.parent.name}/__init__.py" if file.name == "__init__.py" else file.name
    given = getattr(loaded, "EXPECTATIONS", None)
    if not isinstance(given, (tuple, list)) or not given or not all(isinstance(item, Expectation) for item in given):
        raise InputError(f"{label}: it defines no EXPECTATIONS; end it with EXPECTATIONS = (Expectation(...), )")
    for kind in ("number", "name"):
        values = [getattr(item, kind) for item in given]
        if len(set(values)) < len(values):
            raise InputError(f"{label}: two claims have the {kind} {max(values, key=values.count)!r}; change one")
    return tuple(sorted(given, key=lambda item: item.number))


def numbered(path: str | Path | None, wanted: Iterable[int | str] = ()) -> tuple[Expectation, ...]:
    """Return the expectations of some numbers or names, or all without any; raise InputError with the nearest ones."""
    every = expectations(path)
    found: dict[int, Expectation] = {}
    for given in wanted:
        claim = next((claim for claim in every if str(given) in (str(claim.number), claim.name)), None)
        if claim is None:
            known = [str(claim.number) if str(given).isdigit() else claim.name for claim in every]
            raise unknown(f"model {Path(str(path)).stem!r}", "claim", str(given), known)
        found[claim.number] = claim
    return tuple(found.values()) or every
