"""What `loops` prints: tables and sentences for a person, plain numbers for a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .output import count, number, table

if TYPE_CHECKING:
    from ..case import Case
    from ..looping.cutting_each import LoopCut
    from ..looping.modes import LoopModes
    from ..looping.scoring import Group, LoopScores
    from .request import Request

_WIDE = 96


def text(scores: LoopScores, modes: LoopModes, cuts: Sequence[LoopCut] | None, shown: int) -> str:
    """Return the tables: the loops with their scores, when which led, the eigenvalues, and the cuts."""
    groups = shown_groups(scores, shown)
    leads = _leads(scores, groups)
    heads = ["loop", "polarity", "delay", "mean share", "leads", "largest", f"at ({scores.run.model.time_unit})"]
    lines = [scores.loops.summary, _independent(scores), "", table(heads, [_row(scores, group, leads[group.label]) for group in groups], left=3)]
    rest = len(scores.groups) - len(groups)
    if rest:
        lines.append(f"and {count(rest, 'more loop')}; --show {len(scores.groups)} lists all, --json has their quantities.")
    lines += [_path(scores, group) for group in groups]
    lines += ["", *_phases(scores, groups), "", *_modes(modes)]
    if cuts is not None:
        lines += ["", *_cuts(scores, cuts)]
    return "\n".join(lines)


def document(asked: Request, case: Case, scores: LoopScores, modes: LoopModes, cuts: Sequence[LoopCut] | None, shown: int) -> dict[str, Any]:
    """Return everything as one strict document."""
    groups = shown_groups(scores, shown)
    rows = [{"label": group.label, "given": group.given, "loops": [scores.loops[row].name for row in group.rows], "polarity": group.polarity,
             "partition": group.partition, "mean_share": scores.mean(group.rows), "largest_share": largest[0], "largest_at": largest[1]}
            for group in scores.ranked() for largest in (_largest(scores, group),)]
    leading = [modes.leading(place) for place in range(len(modes.t))]
    return {"model": asked.model.name, "case": case.name, "values": asked.model.value_set, "shift": case.shift, "set": asked.set, "form": scores.form,
            **scores.loops.document(), "groups": rows,
            "phases": [{"start": start, "end": end, "leads": group.label, "among": "found" if scores.complete or group.given is None else "named"}
                       for part in _parts(scores) for start, end, group in _led(scores, part, groups)],
            "eigenvalues": [{"time": float(t), "leading": {"real": float(modes.eigenvalues[place, own].real),
                                                           "imaginary": float(modes.eigenvalues[place, own].imag)},
                             "zero": int(modes.zero[place].sum()), "defective": int(modes.defective[place].sum()), "loops": _elasticities(modes, place, own),
                             "through": {name: value for name, value in _through(modes, place, own)}}
                            for place, (t, own) in enumerate(zip(modes.t, leading, strict=True))],
            "cuts": None if cuts is None else [cut.document() for cut in cuts]}


def shown_groups(scores: LoopScores, shown: int) -> list[Group]:
    """Return the loops that tables and figures show: those named, and where none are named or all loops are known, the strongest."""
    ranked = scores.ranked()
    named = [group for group in ranked if group.given]
    return named if named and not scores.complete else [*named, *(group for group in ranked if not group.given)][:max(shown, len(named))]


def _named(groups: Sequence[Group]) -> bool:
    return bool(groups) and all(group.given for group in groups)


def _independent(scores: LoopScores) -> str:
    parts = scores.loops.partitions[:6]
    told = ", ".join(f"{part.number}: {count(part.quantities, 'quantity').replace('quantitys', 'quantities')} with {count(part.stocks, 'stock')}, "
                     f"{part.independent} of {count(part.loops, 'loop')} independent" for part in parts)
    return f"Partition {told}{' ...' if len(scores.loops.partitions) > 6 else ''}."


def _leads(scores: LoopScores, groups: Sequence[Group]) -> dict[str, float]:
    """Return for which share of the time each group leads its partition, among those named where only they are shown."""
    found: dict[str, float] = {}
    for part in dict.fromkeys(group.partition for group in groups):
        own = [group for group in groups if group.partition == part]
        among = own if _named(own) and not scores.complete else [group for group in scores.groups if group.partition == part]
        found |= dict(zip((group.label for group in among), scores.leads(among), strict=True))
    return found


def _row(scores: LoopScores, group: Group, leads: float) -> list[str]:
    value, time = _largest(scores, group)
    return [group.label, {"+": "reinforcing", "-": "balancing", "none": "idle"}.get(group.polarity, "changes"), "yes" if group.delayed else "",
            number(scores.mean(group.rows), 3), f"{100 * leads:.0f} %", number(value, 3), number(time)]


def _largest(scores: LoopScores, group: Group) -> tuple[float | None, float | None]:
    own = np.sum(scores.relative[list(group.rows)], axis=0)
    if not np.isfinite(own).any():
        return None, None
    place = int(np.nanargmax(np.abs(own)))
    return float(own[place]), float(scores.t[place])


def _path(scores: LoopScores, group: Group) -> str:
    loop = scores.loops[group.rows[0]]
    names = loop.path.replace(f"[{loop.member}]", "[*]") if len(group.rows) > 1 and loop.member else loop.path
    lines, line = [], f"{loop.name if len(group.rows) == 1 else group.label.partition(' ')[0]}:"
    for part in names.split(" "):
        if len(line) + len(part) >= _WIDE:
            lines.append(line)
            line = "   "
        line += f" {part}"
    return "\n".join([*lines, line])


def _parts(scores: LoopScores) -> list[int]:
    return [part.number for part in scores.loops.partitions if part.loops > 1][:3]


def _led(scores: LoopScores, partition: int, groups: Sequence[Group]) -> list[tuple[float, float, Group]]:
    """Return the phases of a partition, among its named loops where only they are shown."""
    own = [group for group in groups if group.partition == partition]
    return scores.phases(partition, own if _named(own) and not scores.complete else None)


def _phases(scores: LoopScores, groups: Sequence[Group]) -> list[str]:
    lines = []
    for part in _parts(scores):
        led = _led(scores, part, groups)
        if not led:
            continue
        shortest = (scores.t[-1] - scores.t[0]) / 200
        told = [f"{number(start)} to {number(end)} {group.label}" for start, end, group in led if end - start >= shortest]
        short = len(led) - len(told)
        left_out = f" ({count(short, 'shorter spell')} left out)" if short else ""
        among = "of those named, " if all(group.given for _, _, group in led) and not scores.complete else ""
        lines.append(f"Partition {part}, {among}the largest score had, by {scores.run.model.time_unit}: "
                     f"{'; '.join(told) or 'each for an instant only'}{left_out}.")
    if lines:
        return lines
    return ["Nothing moves in a partition of more than one loop, so that no loop leads." if _parts(scores) else
            "No partition has more than one loop: each contributes all there is."]


def _modes(modes: LoopModes) -> list[str]:
    rows = []
    for place in np.unique(np.linspace(0, len(modes.t) - 1, 9).astype(int)):
        own = modes.leading(place)
        value = modes.eigenvalues[place, own]
        swings = f" ± {abs(value.imag):.3g}i" if abs(value.imag) > 1e-9 * abs(value) else ""
        strongest = _through(modes, place, own) or [(item["loop"], item["elasticity"]) for item in _elasticities(modes, place, own)]
        flag = "zero" if modes.zero[place, own] else "defective" if modes.defective[place, own] else ""
        told = ", ".join(f"{name} {amount:+.2f}" for name, amount in sorted(strongest, key=lambda item: -abs(item[1]))[:3] if abs(amount) >= 0.005)
        rows.append([number(modes.t[place]), f"{value.real:.3g}{swings}", flag, told])
    what = "elasticity by the first link of" if modes.named else "elasticity by"
    return [f"Eigenvalues of partition 1, {count(len(modes.stocks), 'stock')}: the one with the largest real part.",
            table(["time", "eigenvalue", "", what], rows, left=4)]


def _elasticities(modes: LoopModes, place: int, own: int) -> list[dict[str, Any]]:
    return [{"loop": loop.label, "elasticity": value.real, "imaginary": value.imag} for loop, value in modes.strongest(place, own)]


def _through(modes: LoopModes, place: int, own: int) -> list[tuple[str, float]]:
    """Return the elasticities by the first links of named loops, members together; each link counts once."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    for loop, value in zip(modes.named, modes.through[place, own], strict=True):
        if np.isfinite(value):
            found.setdefault(str(loop.given), {})[loop.quantities[0], loop.quantities[1]] = float(value.real)
    return [(name, sum(values.values())) for name, values in found.items()]


def _cuts(scores: LoopScores, cuts: Sequence[LoopCut]) -> list[str]:
    whole = scores.run.outcomes
    groups = list(whole)
    stocks = [] if groups else [stock.name for stock in scores.run.model.stocks][:4]
    rows = [["(none)", "", *(_told(whole[group].code, whole[group].time) for group in groups), *(number(float(scores.run[name][-1])) for name in stocks)]]
    for cut in cuts:
        link = cut.links[0] + (f" and {len(cut.links) - 1} more" if len(cut.links) > 1 else "")
        if cut.run is None or cut.failure:
            rows.append([cut.name, link, *("failed" for _ in (*groups, *stocks))])
            continue
        rows.append([cut.name, link, *(_told(cut.run.outcomes[group].code, cut.run.outcomes[group].time) for group in groups),
                     *(number(float(cut.run[name][-1])) for name in stocks)])
    changed = [cut.name for cut in cuts if cut.changes]
    told = f"An outcome changes where {' or '.join(changed)} is cut." if changed else "No cut changes an outcome."
    failed = [f"Without {cut.name}: {cut.failure}." for cut in cuts if cut.failure]
    return [table(["loop cut", "at", *groups, *(f"{name}, end" for name in stocks)], rows, left=2), *([told] if groups else []), *failed]


def _told(code: str | None, time: float | None) -> str:
    return f"{code} {number(time)}" if time is not None else str(code)
