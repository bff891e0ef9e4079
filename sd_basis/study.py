"""The study: what the formula of a claim is given to measure with, with the control's changes on top where it is one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from .case import Case
from .compiled import compiled
from .cutting import cut
from .errors import InputError, NumericalFailure
from .expectations import Control
from .library import find_case, with_values
from .model import Model
from .policies import Impulse, Policy
from .quantities import Parameter, Quantity
from .run import Run
from .simulation import simulate
from .timing import Turning, bisected

_SHOWN = 12  # runs kept for a figure; a run takes megabytes
_NONE = Control("none", in_formula=True)


class Runs:
    """The runs of a model, each computed once in a process, whichever claim asks for it; the latest are kept."""

    def __init__(self, model: Model, method: str = "LSODA", rtol: float = 1e-6, keep: int = 64):
        self.model, self.method, self.rtol, self.keep = model, method, rtol, keep
        self.computed = 0
        self._cut: dict[tuple[str, ...], Model] = {}
        self._models: dict[tuple, Model] = {}
        self._known: OrderedDict[tuple, Run | NumericalFailure] = OrderedDict()

    def with_values(self, values: str | None, cuts: tuple[str, ...] = ()) -> Model:
        """Return the model with a value set in force and links held, compiled once for all value sets."""
        if (values, cuts) not in self._models:
            if cuts not in self._cut:
                self._cut[cuts] = held(self.model, cuts)
                compiled(self._cut[cuts])  # before it is copied, so that the copies share it
            self._models[values, cuts] = self._cut[cuts] if values is None else with_values(self._cut[cuts], values)
        return self._models[values, cuts]

    def run(self, values: str | None, case: str | Case | None, shift: float, cuts: tuple[str, ...], options: Mapping[str, Any]) -> Run:
        """Return the run of a case with its policies shifted; `options` go to `simulate`. A failure is remembered and raised again."""
        key = (values, case if isinstance(case, str) else repr(case), float(shift), cuts, repr(sorted(options.items())))
        if key not in self._known:
            model = self.with_values(values, cuts)
            found = find_case(model, case)
            if shift:
                found = (found or Case("default")).shifted(shift)
            self.computed += 1
            try:
                self._known[key] = simulate(model, found, method=self.method, rtol=self.rtol, **options)
            except NumericalFailure as failure:
                self._known[key] = failure.with_traceback(None)  # whose frames would keep everything alive
        self._known.move_to_end(key)
        while len(self._known) > self.keep:
            self._known.popitem(last=False)
        known = self._known[key]
        if isinstance(known, NumericalFailure):
            raise known.with_traceback(None)
        return known


class Study:
    """What the formula of a claim measures with: runs in one value set and, in a control study, with the control's changes on top.

    `values` is the value set in force (None without one), `is_control` tells whether the control's changes apply. `asked` are the first runs asked for.
    """

    def __init__(self, runs: Runs, values: str | None = None, control: Control | None = None):
        self.runs, self.values, self.control = runs, values, control
        self.asked: list[Run] = []

    @property
    def is_control(self) -> bool:
        """Whether this is the control, in which the claim is expected to fail."""
        return self.control is not None

    @property
    def model(self) -> Model:
        """The model with the value set in force and the control's cuts."""
        return self.runs.with_values(self.values, self.control.cuts if self.control else ())

    def run(self, case: str | Case | None = None, *, set: Mapping | None = None, policies: Iterable[Policy | Impulse | str] | None = None,
            shift: float = 0.0, cuts: Iterable[str] = (), span: tuple | None = None, initial: Mapping | str | None = None,
            at: Iterable[Any] | None = None) -> Run:
        """Return the run of a case; the same call gives the same run, and no claim computes it twice.

        The arguments are those of `simulate`; `shift` moves the policies of the case, `cuts` are links as in "price -> sales" or
        "price -> sales@12". A run that fails raises NumericalFailure, which makes the measurement one that cannot be told.
        """
        if isinstance(cuts, str):
            raise InputError(f"study.run, cuts: {cuts!r} is no tuple; write cuts=({cuts!r}, )")
        control = self.control or _NONE
        own = {_name(policy): policy for policy in (*(policies or ()), *control.policies)}
        links = tuple(dict.fromkeys((*cuts, *control.cuts)))
        begin = initial if isinstance(initial, str) and not control.initial else _over(None if isinstance(initial, str) else initial, control.initial)
        options = {"set": _over(set, control.set), "policies": tuple(own.values()), "span": span, "initial": begin,
                   "at": None if at is None else tuple(item if isinstance(item, (str, date)) else float(item) for item in at)}
        chosen = case if control.case is None else control.case
        made = self.runs.run(self.values, chosen, shift, links, {name: value for name, value in options.items() if value})
        if len(self.asked) < _SHOWN and not any(made is other for other in self.asked):
            self.asked.append(made)
        return made

    def turning(self, case: str | Case | None, low: float, high: float, *, group: str | None = None, xtol: float = 1e-3, **options: Any) -> Turning | None:
        """Return the bracket of shifts between which the outcome of a case turns, None where it is the same at both ends.

        `options` are those of `run`; `group` is the group of outcomes that decides, by default the first.
        """
        if not low < high:
            raise InputError(f"study.turning: the shift {high:g} is not above {low:g}; give the lower one first")

        def code(shift: float) -> str:
            outcomes = self.run(case, shift=shift, **options).outcomes
            if not outcomes or (group is not None and group not in outcomes):
                raise InputError(f"study.turning: the model has no outcomes{f' {group!r}' if group else ''}; choose one of: {', '.join(outcomes)}")
            return outcomes[group or next(iter(outcomes))].code

        return None if code(low) == code(high) else bisected(code, low, high, xtol)

    def parameter(self, name: str | Quantity, case: str | Case | None = None) -> float:
        """Return the value of a parameter when a case begins, with value set and control."""
        parameter = self.model.quantity(name, "study", Parameter)
        control = self.control or _NONE
        found = find_case(self.model, case if control.case is None else control.case)
        value = self.model.values.get(parameter.name, parameter.value)
        for given in (found.values if found else {}, control.set):
            for key, number in given.items():
                if parameter in self.model.parameters_of(key, "study"):
                    value = number
        return float(value)


def held(model: Model, cuts: Iterable[str]) -> Model:
    """Return the model with links held, each written as in "price -> sales" or "price -> sales@12"."""
    for link in cuts:
        name, _, date = str(link).partition("@")
        model = cut(model, name, date.strip() or None)
    return model


def _over(own: Mapping | None, control: Mapping) -> dict[str, float]:
    """Return values by name with the control's last, so that they win, over a family too."""
    changed = {_name(key): float(value) for key, value in control.items()}
    return {name: value for key, value in (own or {}).items() if (name := _name(key)) not in changed} | changed


def _name(thing: Any) -> str:
    return str(getattr(thing, "name", thing))

