"""Verdicts as text: the table of all claims, and one claim explained."""

from __future__ import annotations

import inspect
import textwrap
from collections import Counter
from collections.abc import Sequence

from ..expectations import Bound
from ..verdicts import FAILS, HOLDS, OPEN, Judgement, changes, told
from .output import WIDTH, count, table

_WIDTHS = {"claim": 33, "measured": 22, "bound": 14, "control": 24}  # with numbers, verdicts and gaps 119 columns


def overview(judged: Sequence[Judgement]) -> str:
    """Return a table with a row for each claim, wrapped to less than 120 columns."""
    sets = [found.title for found in judged[0].findings]
    lines: list[tuple[str, ...]] = []
    for one in judged:
        claim = one.expectation
        measured, bound, control = [], [], _wrapped(f"{claim.control.description}:", "control")
        for each in claim.bounds:
            own = _named(each.name, _numbers(one, each, "claim"), "measured")
            limit = _wrapped(each.text, "bound")
            height = max(len(own), len(limit))
            measured += own + [""] * (height - len(own))
            bound += limit + [""] * (height - len(limit))
            control += _named(each.name if len(claim.bounds) > 1 else "", _numbers(one, each, "control"), "control")
        columns = [[str(claim.number)], _wrapped(claim.claim, "claim"), measured, bound, control, [one.verdict]]
        height = max(map(len, columns))
        lines += [tuple(column[row] if row < len(column) else "" for column in columns) for row in range(height)]
        lines.append(("",) * 6)
    text = table(("N", "claim", "measured", "bound", "control", "verdict"), lines[:-1], left=6)
    tally = Counter(one.verdict for one in judged)
    said = ", ".join(f"{verdict} {number}" for verdict, number in sorted(tally.items(), key=lambda entry: (HOLDS, FAILS, OPEN).index(entry[0])))
    order = f" Numbers: {' | '.join(sets)}." if len(sets) > 1 else f" Values: {sets[0]}." if judged[0].findings[0].values else ""
    return f"{text}\n\n{count(len(judged), 'claim')}: {said}.{order}"


def _numbers(judged: Judgement, bound: Bound, kind: str) -> str:
    """Return a measured number in each value set, the unit once."""
    texts = [told(bound, getattr(found, kind)).removesuffix(f" {bound.unit}" if bound.unit else "\0") for found in judged.findings]
    return f"{' | '.join(texts)} {bound.unit}".rstrip()


def _named(name: str, numbers: str, column: str) -> list[str]:
    """Return numbers after their name, on the next line where the two do not fit one."""
    together = f"{name} {numbers}".strip()
    return [together] if len(together) <= _WIDTHS[column] else [*_wrapped(name, column), *_wrapped(numbers, column)]


def _wrapped(text: str, column: str) -> list[str]:
    return textwrap.wrap(text, _WIDTHS[column], break_on_hyphens=False)


def explanation(judged: Judgement) -> str:
    """Return everything there is to say about a claim: formula, bounds, control, caution and verdict."""
    claim = judged.expectation
    doc = inspect.getdoc(claim.measure) or "(its formula has no docstring)"
    many = len(judged.findings) > 1
    sets = [found.title if many or found.values else "measured" for found in judged.findings]
    rows = []
    for bound in claim.bounds:
        rows.append((bound.name, bound.text, *(told(bound, found.claim) for found in judged.findings)))
        rows.append(("  in the control", "", *(told(bound, found.control) for found in judged.findings)))
    judged_names = {bound.name for bound in claim.bounds}
    more = dict.fromkeys(name for found in judged.findings for name in (*found.claim.numbers, *found.control.numbers) if name not in judged_names)
    for name in more:
        rows.append((name, "not judged", *(_number(found.claim.numbers.get(name)) for found in judged.findings)))
        rows.append(("  in the control", "", *(_number(found.control.numbers.get(name)) for found in judged.findings)))
    failures = [f"{found.title if many else 'run'}{' in the control' if kind == 'control' else ''}: {failure}" for found in judged.findings
                for kind in ("claim", "control") if (failure := getattr(found, kind).failure)]
    parts = [_filled(f"Claim {claim.number}, {claim.name}: {claim.claim}"),
             "\n\n".join(_filled(f"{'Measured: ' if not number else ''}{part}") for number, part in enumerate(doc.split("\n\n"))),
             table(("number", "bound", *sets), rows, left=2),
             _filled(f"Control: {claim.control.description} ({changes(claim)}). At least one bound must break in it.")]
    parts += [_filled(f"Failed, {text}") for text in failures]
    parts += [_filled(f"Caution: {claim.caution}")] if claim.caution else []
    parts += [_filled(f"Verdict: {judged.verdict}.")]
    parts[-1] += "\n" + "\n".join(_filled(f"  {f'{found.title}: ' if many or found.values else ''}{found.verdict}: {found.why}.") for found in judged.findings)
    return "\n\n".join(parts) + "\n"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()) if not text.startswith("  ") else text, WIDTH, subsequent_indent="    " if text.startswith("  ") else "")
