"""Quantities of interest: what of a run is asked about, from texts like "cash:lowest", "price@2020-03-16" or "critical_delay"."""

from __future__ import annotations

from dataclasses import dataclass

from sympy.core.relational import Relational

from ..declarations import Outcome, margin
from ..errors import InputError, unknown
from ..model import Model
from ..quantities import Auxiliary, Parameter
from ..transition.scene import Scene

END, HIGHEST, LOWEST, AT = "end", "highest", "lowest", "at"
CRITICAL, MARGIN, OUTCOME = "critical_delay", "margin", "outcome"
_MEASURES = (END, HIGHEST, LOWEST)
_SPECIAL = (CRITICAL, MARGIN, OUTCOME)


@dataclass(frozen=True)
class Interest:
    """One number of a run: a quantity `name` at the end, at a `time`, or its extreme, or, for an outcome `name`, its margin or whether it is met.

    The critical delay is the start of the policy from which on the outcome `name` is met. `text` is how it was written.
    """

    text: str
    kind: str
    name: str
    time: float | None = None

    @property
    def binary(self) -> bool:
        """Whether it is a yes or no."""
        return self.kind == OUTCOME

    @property
    def spoken(self) -> str:
        """The quantity of interest in words."""
        name = self.name.replace("_", " ")
        return {END: f"{name} at the end", HIGHEST: f"highest {name}", LOWEST: f"lowest {name}", AT: "" if self.time is None else f"{name} at {self.time:g}",
                CRITICAL: f"critical delay for {name}", MARGIN: f"margin of {name}", OUTCOME: f"whether {name}"}[self.kind]


def interest_of(scene: Scene, text: str, option: str = "--of") -> Interest:
    """Return the quantity of interest of a text: NAME, NAME:highest, NAME:lowest, NAME@TIME, critical_delay, margin or outcome, the last three with :CODE.

    Without a code the outcome is that of the run in which the policy never comes. Raises InputError with the nearest names.
    """
    model, where = scene.model, f"{scene.where}, {option} {text!r}"
    names = [quantity.name for quantity in (*model.stocks, *model.computed)]
    name, at, time = text.partition("@")
    if at:
        _known(model, where, name.strip(), names)
        if not time.strip():
            raise InputError(f"{where}: it names no time; write for example {name.strip()}@{scene.end:g}")
        found = scene.case.time(where, _number(time.strip()))
        if not scene.start <= found <= scene.end:
            raise InputError(f"{where}: {time.strip()} is not within the run, from {scene.case.when(scene.start)} to {scene.case.when(scene.end)}; "
                             "give a time in it")
        return Interest(text, AT, name.strip(), found)
    name, colon, measure = (part.strip() for part in text.partition(":"))
    if name in _SPECIAL and name not in names:
        code, mark, way = measure.partition("#") if name == MARGIN else (measure, "", "")
        found = Interest(text, name, _code(scene, where, code) + mark + way)
        if name == MARGIN:
            deciding(scene, found.name)
        return found
    _known(model, where, name, names)
    if colon and measure not in _MEASURES:
        raise unknown(where, f"measure of {name!r}", measure, _MEASURES)
    return Interest(text, measure or END, name)


def _known(model: Model, where: str, name: str, names: list[str]) -> None:
    if isinstance(model.quantities.get(name), Parameter):
        raise InputError(f"{where}: {name!r} is a parameter, which is varied; name a stock, flow or auxiliary")
    if name not in names:
        raise unknown(where, "stock, flow or auxiliary", name, [*names, *_SPECIAL])


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text  # a date


def _code(scene: Scene, where: str, given: str) -> str:
    """Return the outcome that is asked about, by default that of the run in which the policy never comes."""
    codes = list(dict.fromkeys(outcome.name for outcome in scene.model.outcomes if outcome.group == scene.group))
    if not codes:
        raise InputError(f"{where}: the model declares no outcomes; give it outcomes=, or name a stock, flow or auxiliary")
    if given and given not in codes:
        raise unknown(where, f"outcome in the group {scene.group!r}", given, codes)
    found = given or scene.look(None).code
    if found not in codes:
        raise InputError(f"{where}: without the policy the run is {found}; say which outcome is meant, as in {given or CRITICAL}:{codes[0]}")
    return found


def deciding(scene: Scene, code: str) -> tuple[Outcome, Relational, str]:
    """Return the way in which an outcome of the scene's group comes about, its inequality, and where along a run that decides it.

    Of an outcome that is declared in several ways it is the first, or with CODE#2 the second, and so on of those that have a margin.
    Raises InputError for one that the length of a stay decides, which is no expression of the model.
    """
    code, mark, number = code.partition("#")
    ways = [outcome for outcome in scene.model.outcomes if outcome.group == scene.group and outcome.name == code]
    usable = [outcome for outcome in ways if not outcome.lasting]
    if not usable:
        raise InputError(f"{scene.where}, margin of {code!r}: the length of a stay decides it, which has no margin; ask for critical_delay, or for a quantity")
    if mark and not (number.isdigit() and 1 <= int(number) <= len(usable)):
        raise InputError(f"{scene.where}, margin of {code!r}: it has no way #{number} to come about; give #1 to #{len(usable)}")
    chosen = usable[int(number) - 1 if mark else 0]
    return chosen, chosen.when, HIGHEST if chosen.absorbing else END


def margin_name(code: str) -> str:
    """Return the name under which the margin of an outcome is kept."""
    return f"margin of {code}"


def with_margins(model: Model, margins: dict[str, Relational]) -> Model:
    """Return the model with the margins of outcomes as further auxiliaries, so that runs can keep them; no rate mentions them."""
    if not margins:
        return model
    made = model.altered()
    added = [Auxiliary(margin_name(code), margin(code, condition)) for code, condition in margins.items()]
    for item, condition in zip(added, margins.values(), strict=True):
        item.written = condition  # units are those of an inequality, in which a bare number takes the other side's
    made.outputs = (*model.outputs, *added)
    made.computed = (*model.computed, *added)
    made.quantities = {**model.quantities, **{item.name: item for item in added}}
    made.equations = {**model.equations, **{item: item.expression for item in added}}
    return made
