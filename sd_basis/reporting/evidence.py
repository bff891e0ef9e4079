"""The evidence: what the field's tests find, and the claims with their verdicts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from ..checking import check_model
from ..errors import InputError
from ..expectations import Expectation, expectations
from ..library import code_path
from ..trials import made_with, tried, value_sets
from ..verdicts import FAILS, HOLDS, OPEN, Judgement, judgement, restored, told
from .page import Markup, element, joined, table
from .subject import Subject
from .words import sentences


def checks(subject: Subject) -> Markup:
    """Return a quick look of the field's tests: units, documentation, ledgers, signs, regions of outcomes."""
    found = check_model(subject.model, case=subject.case, quick=True, **subject.settings)
    rows = [(check.title, check.result, len(check.findings) or "", check.source) for check in found.checked if not check.skipped]
    listed = [element("li", f"{item.grade.capitalize()}, {item.sentence}.") for item in found]
    return joined(element("p", "A quick look. The command check makes every test, those that need many runs too."),
                  table(("test", "result", "findings", "after"), rows, numbers=(2,), words=(0, 3)), element("ul", listed) if listed else None)


def claims(subject: Subject) -> Markup:
    """Return the claims the model makes, each with bounds, control and verdict as far as it is known."""
    model = subject.model
    if model.path is None or code_path(Path(model.path), "claims") is None:
        return element("p", "The model makes no claims that a run could contradict.")
    every = expectations(model.path)
    judged, remark = _judged(subject, every)
    rows = []
    for claim in every:
        one = judged.get(claim.number)
        bounds = "; ".join(f"{bound.name} {bound.text}" for bound in claim.bounds)
        verdict = "not measured here" if one is None else one.verdict
        mark = {HOLDS: "holds", FAILS: "fails"}.get(verdict)
        control = claim.control.description if one is None else joined(claim.control.description, element("br"), _measured(one, "control"))
        why = "" if one is None or verdict != OPEN else one.why
        rows.append((str(claim.number), claim.claim, element("span", verdict, class_=mark), bounds, "" if one is None else _measured(one, "claim"),
                     control, sentences(why, claim.caution)))
    counts = Counter(one.verdict for one in judged.values())
    tally = ", ".join(f"{verdict} {counts[verdict]}" for verdict in (HOLDS, FAILS, OPEN) if counts[verdict])
    tally = f"Verdicts: {tally}. " if tally else ""
    counted = f"{len(every)} claims, each" if len(every) > 1 else "One claim,"
    return joined(element("p", f"{counted} with bounds fixed beforehand and a control in which it must fail. {tally}{remark}"),
                  table(("", "claim", "verdict", "bounds", "measured", "control, and what it gives", "caution"), rows, words=(1, 3, 4, 5, 6), whole=(0,)))


def _measured(one: Judgement, what: str) -> Markup:
    """Return what was measured in each value set, of the claim or in its control."""
    parts = []
    for found in one.findings:
        numbers = ", ".join(f"{bound.name} {told(bound, getattr(found, what))}" for bound in one.expectation.bounds)
        parts += [element("br") if parts else "", f"{found.title}: {numbers}" if len(one.findings) > 1 else numbers]
    return joined(parts)


def _judged(subject: Subject, every: tuple[Expectation, ...]) -> tuple[dict[int, Judgement], str]:
    """Return verdicts by number, those stored and those measured, and a remark on where they are from."""
    found: dict[int, Judgement] = {}
    stale = 0
    if subject.claims is not None:
        now = made_with(subject.model, value_sets(subject.model), **subject.settings)
        for claim in every:
            kept = _stored(subject.claims, claim)
            if kept is not None:
                found[claim.number] = kept[0]
                stale += kept[1] != now
    stored = len(found)
    if subject.measure:
        found.update(_measure(subject, [claim for claim in every if claim.number not in found]))
    said = [f"{stored} verdicts are stored ones"] if stored else []
    if stale:
        said.append(f"{stale} of them were measured under other settings or with another state of the model")
    if len(found) > stored:
        said.append(f"{len(found) - stored} were measured for this page")
    if len(found) < len(every):
        said.append(f"{len(every) - len(found)} were not measured; the command claims measures them")
    return found, f"{'; '.join(said)}." if said else ""


def _measure(subject: Subject, left: list[Expectation]) -> dict[int, Judgement]:
    """Return the judgement of claims measured now."""
    sets = value_sets(subject.model)
    parts: dict[int, list] = {claim.number: [] for claim in left}
    for claim, finding in tried(subject.model, left, sets, **subject.settings):
        subject.tell(f"Claims: {claim.number} measured, {finding.title}")
        parts[claim.number].append(finding)
    return {claim.number: judgement(claim, sorted(parts[claim.number], key=lambda one: sets.index(one.values))) for claim in left}


def _stored(folder: Path, claim: Expectation) -> tuple[Judgement, Any] | None:
    """Return a judgement stored by the command `claims` and the settings it was made with, None without one; raise InputError for a damaged one."""
    file = folder / f"claim-{claim.number:02d}.json"
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return restored(claim, content), content["made_with"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{file}: it holds no verdict that can be read; let the command claims measure it again") from None
