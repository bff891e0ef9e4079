"""Verdicts: what the measured numbers of a claim say about its bounds, in one value set and over all of them."""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import BasisError, InputError, NumericalFailure, unknown
from .expectations import Bound, Expectation
from .library import find_case
from .model import Model
from .quantities import Stock, finite_number
from .study import Runs, Study, held

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"


@dataclass(frozen=True)
class Measurement:
    """What a formula gave: numbers by name, None for one that does not exist, or the sentence of the run that failed."""

    numbers: Mapping[str, float | None] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim in one value set: what was measured, with and without the control, and what follows."""

    values: str | None
    claim: Measurement
    control: Measurement
    verdict: str
    why: str

    @property
    def title(self) -> str:
        """How the value set is called beside others."""
        return self.values or "own values"


@dataclass(frozen=True)
class Judgement:
    """A claim over all value sets."""

    expectation: Expectation
    findings: tuple[Finding, ...]
    verdict: str
    why: str


def measured(expectation: Expectation, study: Study) -> Measurement:
    """Return what the formula of a claim gives in a study; raise InputError, naming the claim, for a formula that is wrong."""
    try:
        given = expectation.measure(study)
    except NumericalFailure as failure:
        return Measurement(failure=str(failure))
    except BasisError as error:
        raise InputError(f"{expectation.where}: {error}") from error
    except SystemExit:
        raise InputError(f"{expectation.where}: its formula ends Python itself; return numbers instead") from None
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames[1:] if Path(__file__).parent not in Path(frame.filename).parents or "models" in Path(frame.filename).parts]
        frame = (own or frames)[-1]
        raise InputError(f"{expectation.where}: {Path(frame.filename).name}, line {frame.lineno}: {type(error).__name__}: {error}; mend its formula") from error
    if not isinstance(given, Mapping):
        raise InputError(f"{expectation.where}: its formula returned {type(given).__name__}; return a mapping of names to numbers")
    for bound in expectation.bounds:
        if bound.name not in given:
            raise unknown(f"{expectation.where}, bound", "measured number", bound.name, map(str, given))
    return Measurement({str(name): _number(f"{expectation.where}, {name}", value) for name, value in given.items()})


def _number(where: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{where}: {value!r} is not one number; return a number, or None where there is none") from None
    if isinstance(value, str):
        raise InputError(f"{where}: {value!r} is text; return a number, or None where there is none")
    return None if math.isnan(number) else number


def finding(expectation: Expectation, values: str | None, claim: Measurement, control: Measurement) -> Finding:
    """Return what two measurements say: a broken bound is enough to refute, a claim that nothing can refute is not told."""
    broken = [bound for bound in expectation.bounds if _breaks(bound, claim)]
    missing = [bound.name for bound in expectation.bounds if claim.numbers.get(bound.name) is None]
    refuted = [bound for bound in expectation.bounds if _breaks(bound, control)]
    blank = [bound.name for bound in expectation.bounds if control.numbers.get(bound.name) is None]
    named = f"the control ({expectation.control.description})"
    if broken:
        return Finding(values, claim, control, FAILS, " and ".join(f"{bound.name} is {told(bound, claim)}, not {bound.text}" for bound in broken))
    if claim.failure or missing:
        why = f"a run failed ({claim.failure})" if claim.failure else f"{' and '.join(missing)} {'has' if len(missing) == 1 else 'have'} no value"
        return Finding(values, claim, control, OPEN, why)
    if refuted:
        said = " and ".join(f"{bound.name} is {told(bound, control)}" for bound in refuted)
        return Finding(values, claim, control, HOLDS, f"every bound holds, and in {named} {said}")
    if control.failure or blank:
        why = f"a run failed ({control.failure})" if control.failure else f"{' and '.join(blank)} {'has' if len(blank) == 1 else 'have'} no value"
        return Finding(values, claim, control, OPEN, f"every bound holds, but in {named} {why}")
    why = f"{named} changes none of the numbers" if claim.numbers == control.numbers else f"every bound holds in {named} too"
    return Finding(values, claim, control, OPEN, f"{why}, so that it could not have failed")


def _breaks(bound: Bound, measurement: Measurement) -> bool:
    value = measurement.numbers.get(bound.name)
    return value is not None and not bound.holds(value)


def told(bound: Bound, measurement: Measurement) -> str:
    """Return a measured number as text with its unit, with as many digits as show on which side of the bound it lies."""
    value = measurement.numbers.get(bound.name)
    if value is None:
        return "failed" if measurement.failure else "none"
    if math.isinf(value):
        return f"{value:g}"
    short = f"{value:.4g}"
    return f"{short if bound.holds(float(short)) == bound.holds(value) else repr(value)} {bound.unit}".rstrip()


def judgement(expectation: Expectation, findings: Sequence[Finding]) -> Judgement:
    """Return the verdict over all value sets: theirs where they agree, else it cannot be told."""
    verdicts = {found.verdict for found in findings}
    if len(findings) == 1:
        return Judgement(expectation, tuple(findings), findings[0].verdict, findings[0].why)
    said = "; ".join(f"{found.title}: {found.why}" for found in findings)
    if len(verdicts) == 1:
        return Judgement(expectation, tuple(findings), verdicts.pop(), said)
    which = ", ".join(f"in {found.title} it {found.verdict}" for found in findings)
    return Judgement(expectation, tuple(findings), OPEN, f"the value sets disagree: {which} ({said})")


def trial(expectation: Expectation, runs: Runs, values: str | None) -> tuple[Finding, Study, Study]:
    """Measure a claim in one value set, as it is and in its control; return the finding and both studies."""
    study, control = Study(runs, values), Study(runs, values, expectation.control)
    return finding(expectation, values, measured(expectation, study), measured(expectation, control)), study, control


def check(expectation: Expectation, model: Model) -> None:
    """Raise InputError for a control or a shown quantity that the model does not have."""
    control, where = expectation.control, f"{expectation.where}, control"
    for name, value in control.set.items():
        for parameter in model.parameters_of(name, where):
            parameter.check(finite_number(f"{where}: {parameter.name}", value), where)
    for name, value in control.initial.items():
        finite_number(f"{where}: {model.quantity(name, where, Stock).name}", value)
    try:
        find_case(model, control.case)
        for policy in control.policies:
            if isinstance(policy, str):
                model.policy(policy)
        held(model, control.cuts)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    for name in expectation.shows:
        model.quantity(name, f"{expectation.where}, shows")


def changes(expectation: Expectation) -> str:
    """Return what the control changes, as one text."""
    control = expectation.control
    parts: Iterable[str] = (
        *(f"{getattr(name, 'name', name)} = {value:g}" for name, value in control.set.items()), *(f"cut {link}" for link in control.cuts),
        *([] if control.case is None else [f"case {getattr(control.case, 'name', control.case)}"]),
        *(f"policy {getattr(policy, 'name', policy)}" for policy in control.policies),
        *(f"{getattr(name, 'name', name)} begins at {value:g}" for name, value in control.initial.items()))
    return ", ".join(parts) or "in the formula"




def document(judged: Judgement) -> dict[str, Any]:
    """Return a judgement as plain texts and numbers; a number that does not exist is null, an infinite one the text "inf" or "-inf"."""
    claim = judged.expectation

    def over_sets(kind: str) -> str:
        parts = []
        for found in judged.findings:
            said = ", ".join(f"{bound.name} {told(bound, getattr(found, kind))}" for bound in claim.bounds)
            parts.append(f"{found.title}: {said}" if len(judged.findings) > 1 or found.values else said)
        return "; ".join(parts)

    return {"number": claim.number, "name": claim.name, "claim": claim.claim, "measured": over_sets("claim"),
            "bound": ", ".join(f"{bound.name} {bound.text}" for bound in claim.bounds),
            "control": f"{claim.control.description}: {over_sets('control')}", "verdict": judged.verdict, "why": judged.why, "caution": claim.caution,
            "value_sets": [{"values": found.values, "measured": _plain(found.claim), "control": _plain(found.control),
                            "verdict": found.verdict, "why": found.why} for found in judged.findings]}


def _plain(measurement: Measurement) -> dict[str, Any]:
    numbers = {name: str(value) if value is not None and math.isinf(value) else value for name, value in measurement.numbers.items()}
    return {"numbers": numbers, "failure": measurement.failure}


def restored(claim: Expectation, content: Mapping[str, Any]) -> Judgement:
    """Return the judgement of a document; raise KeyError or TypeError where it is none."""
    def measurement(kept: Mapping[str, Any]) -> Measurement:
        return Measurement({name: None if value is None else float(value) for name, value in kept["numbers"].items()}, kept["failure"])

    return judgement(claim, [finding(claim, kept["values"], measurement(kept["measured"]), measurement(kept["control"]))
                             for kept in content["value_sets"]])
