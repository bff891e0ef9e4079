"""What a command was asked for: from the texts of the options to policies, parameter values and shifts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import InputError, NumericalFailure

if TYPE_CHECKING:
    from ..case import Case
    from ..model import Model
    from ..policies import Policy
    from ..run import Run


@dataclass(frozen=True)
class Request:
    """A model with the settings of its simulation, still without a case."""

    model: Model
    policies: tuple[Policy, ...] = ()
    set: dict[str, float] = field(default_factory=dict)
    method: str = "LSODA"
    rtol: float = 1e-6

    @property
    def settings(self) -> dict[str, Any]:
        """The keyword arguments of `simulate` and `turning_shift`."""
        return {"policies": self.policies, "set": self.set, "method": self.method, "rtol": self.rtol}

    def case(self, name_or_path: str | None, shift: float | None = None) -> Case:
        """Return a case, its policies moved by `shift`; raise InputError where there is none to move."""
        from ..case import Case
        from ..library import find_case

        case = find_case(self.model, name_or_path) or Case("default")
        if shift is None:
            return case
        if shift and not case.policies and not self.policies:
            raise InputError(f"--shift {shift:g}: case {case.name!r} has no policies to move; choose a case that has, or use --policy NAME@DATE")
        return case.shifted(shift)

    def simulate(self, case: Case, **more: Any) -> Run:
        """Run the case with the settings."""
        from ..simulation import simulate

        return simulate(self.model, case, **self.settings, **more)

    def attempt(self, case: Case, **more: Any) -> tuple[Run, str | None]:
        """Run the case; return the run, or as much of it as there is with the sentence of the failure."""
        try:
            return self.simulate(case, **more), None
        except NumericalFailure as failure:
            if failure.run is None:
                raise
            return failure.run, str(failure)


def request(model: str, values: str | None = None, policies: Iterable[str] = (), settings: Iterable[str] = (),
            cuts: Iterable[str] = (), method: str = "LSODA", rtol: float = 1e-6) -> Request:
    """Load a model and read the options of its simulation; raise InputError for what cannot be used."""
    given = settings_of(settings)  # before loading, which may take seconds
    _once("--policy", [(text.partition("@")[0], text) for text in policies])
    from ..library import load

    loaded = load(model, values=values)
    for text in cuts:
        loaded = _cut(loaded, text)
    return Request(loaded, tuple(_policy(loaded, text) for text in policies), given, method, rtol)


def settings_of(texts: Iterable[str], option: str = "--set") -> dict[str, float]:
    """Return the parameter values of texts like "gain=0.5"; raise InputError for a name given twice."""
    return _once(option, [_setting(text, option) for text in texts])


def _once(option: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return named values as a mapping; raise InputError for a name given twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(f"{option}: {name!r} is given twice; give it once")
        found[name] = value
    return found


def _setting(text: str, option: str = "--set", example: str = "gain=0.5") -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise InputError(f"{option} {text!r}: it is not NAME=NUMBER; write for example {option} {example}")
    return name.strip(), _number(f"{option} {text!r}", value)


def _number(where: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{where}: {text!r} is not a number; give one finite number") from None
    if not math.isfinite(number):
        raise InputError(f"{where}: {text!r} is not finite; give one finite number")
    return number


def _policy(model: Model, text: str) -> Policy:
    name, at, start = text.rpartition("@") if "@" in text else (text, "", "")
    policy = _ad_hoc(model, text, name) if "=" in name and name not in (*model.policies, *model.impulses) else model.policy(name)
    if not at:
        return policy
    if not start.strip():
        raise InputError(f"--policy {text!r}: there is no date after the @; write {name}@2020-03-13 or {name}@14.5")
    return policy.at(start.strip()) if hasattr(policy, "changes") else policy.at_date(start.strip())


def _ad_hoc(model: Model, text: str, change: str) -> Policy:
    """Return the policy of a text like "rate=0.5@12": a parameter takes another value from a date on."""
    from ..policies import Policy
    from ..quantities import Parameter

    name, value = _setting(change, "--policy", "rate=0.5@12")
    if "@" not in text:
        raise InputError(f"--policy {text!r}: a change of a parameter needs a date; write {change}@12, or --set {change} for the whole run")
    parameter = model.quantity(name, f"--policy {text!r}", Parameter)
    parameter.check(value, f"--policy {text!r}")
    return Policy(change, {parameter: value})


def _cut(model: Model, text: str) -> Model:
    """Return the model with a link held, from the date after the @ on."""
    from ..cutting import cut

    link, at, date = text.partition("@")
    if at and not date.strip():
        raise InputError(f"--cut {text!r}: there is no date after the @; write 'a -> b@2020-03-13' or 'a -> b@14.5'")
    return cut(model, link, date.strip() or None)


def initial(texts: Iterable[str]) -> dict[str, float] | str | None:
    """Return what --initial asks for: "equilibrium", or stocks and their values."""
    given = list(texts)
    if given == ["equilibrium"]:
        return "equilibrium"
    return _once("--initial", [_setting(text, "--initial", "cash=5, or --initial equilibrium") for text in given]) or None


def shifts(texts: Iterable[str]) -> list[float]:
    """Return the shifts of texts like "-2,0,3.5" in rising order, each once; zero where there is none."""
    found = {_number(f"--shift {text!r}", part) for text in texts for part in text.split(",")}
    return sorted(found) or [0.0]


def span_of(option: str, given: str) -> tuple[float, float]:
    """Return the two ends of an option LOW:HIGH; raise InputError where it is not that."""
    low, colon, high = given.partition(":")
    try:
        ends = float(low), float(high)
    except ValueError:
        raise InputError(f"{option} {given!r}: it is not LOW:HIGH; write two numbers, as in 0:20") from None
    if not all(map(math.isfinite, ends)):
        raise InputError(f"{option} {given!r}: an end is not finite; write two numbers, as in 0:20")
    if not ends[0] < ends[1]:
        raise InputError(f"{option} {given!r}: the upper end is not above the lower one; write the lower one first")
    return ends
