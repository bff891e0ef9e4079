"""What the model declares besides equations: parameters with ranges and references, data, lookups, policies, impulses, outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..gathered import by_family, counted, one_text
from ..library import value_set_paths, with_values
from ..model import Model
from ..quantities import Parameter
from ..references import KINDS, kind
from .page import Markup, element, joined, table
from .subject import Subject
from .words import limits, number, value_text


def parameters(subject: Subject) -> Markup:
    """Return every parameter: value in force at the start, value sets, unit, ranges, and where it comes from."""
    model, start = subject.model, subject.run.path.segments[0]
    names = [quantity.name for quantity in (*model.parameters, *model.series)]
    force = dict(zip(names, start.values(start.start), strict=False))
    sets = {name: with_values(model, name) for name in (value_set_paths(model.path) if model.path else ())}
    rows, counts = [], Counter[str]()
    for name, members in by_family(model.parameters).items():
        first = members[0]
        counts[kind(first.reference)] += 1
        published = {title: _values(members, lambda item, own=own: own.values.get(item.name, item.value)) for title, own in sets.items()}
        differ = "; ".join(f"{title} {text}" for title, text in published.items()) if len(set(published.values())) > 1 else ""
        rows.append((name, _values(members, lambda item: force.get(item.name, item.value)), first.unit or "", limits(first.between),
                     limits(first.domain), differ, kind(first.reference), first.reference, first.description))
    if not rows:
        return element("p", "The model has no parameters.")
    told = ", ".join(f"{counts[found]} {found}" for found in KINDS if counts[found])
    head = ("parameter", f"value, {subject.case.name}", "unit", "plausible", "possible", "value sets", "kind", "reference", "meaning")
    total = counted(len(rows), len(model.parameters))
    return joined(element("p", f"{total}: {told}. Values are those in force when the run begins; policies and shocks change them later."),
                  table(head, rows, members=(1,), words=(7, 8)))


def _values(members: Sequence[Parameter], value: Any) -> str:
    """Return the value of a parameter, or of each member of a family where they differ."""
    return one_text({member.name: number(value(member)) for member in members})


def inputs(subject: Subject) -> Markup | None:
    """Return the data series and lookup tables."""
    model = subject.model
    series = [(item.name, item.unit or "", item.interpolation, str(item.times[0]), str(item.times[-1]), str(len(item.times)), item.reference, item.description)
              for item in model.series]
    lookups = [(item.name, item.of or "", item.unit or "", item.interpolation, " / ".join(dict.fromkeys((item.below, item.above))),
                ", ".join(f"({number(x, 4)}, {number(y, 4)})" for x, y in zip(item.x, item.y, strict=True)), item.reference, item.description)
               for item in model.lookups]
    if not series and not lookups:
        return None
    of_series = ("series", "unit", "between points", "from", "to", "points", "reference", "meaning")
    of_lookups = ("lookup", "of", "unit", "between points", "beyond them", "points", "reference", "meaning")
    return joined([element("h3", "Data series"), table(of_series, series, numbers=(5,), words=(6, 7))] if series else None,
                  [element("h3", "Lookup tables"), table(of_lookups, lookups, words=(5, 6, 7))] if lookups else None)


def rules(subject: Subject) -> Markup | None:
    """Return the policies the model offers, its impulses and its outcomes."""
    model = subject.model
    policies = [(policy.name, _when(policy), "; ".join(f"{item.name} := {value_text(value)}" for item, value in policy.changes.items()), policy.description)
                for policy in model.policies.values()]
    impulses = [(item.name, _when(item), f"{value_text(item.amount)} through {item.flow.name}", item.description) for item in model.impulses.values()]
    outcomes = [(outcome.name, outcome.group, value_text(outcome.when), _manner(outcome), outcome.description) for outcome in model.outcomes]
    parts = [([element("h3", title), table(head, rows, words=words)] if rows else None) for title, head, rows, words in (
        ("Policies the model offers", ("policy", "when", "changes", "meaning"), policies, (2, 3)),
        ("Impulses", ("impulse", "when", "amount", "meaning"), impulses, (3,)),
        ("Outcomes: how a run is judged", ("outcome", "group", "holds where", "how", "meaning"), outcomes, (2, 4)))]
    return joined(parts) if any(parts) else None


def _when(item: Any) -> str:
    start = getattr(item, "start", None) if hasattr(item, "start") else getattr(item, "at", None)
    told = "the case says" if start is None and item.when is None else f"from {start}" if item.when is None else f"when {value_text(item.when)}"
    delay = "" if item.delay == 0 else f", {value_text(item.delay)} later"
    end = getattr(item, "end", None)
    lasting = f" to {end}" if end is not None else f" for {item.duration:g}" if getattr(item, "duration", None) is not None else ""
    return f"{told}{delay}{lasting}{', again and again' if item.rearm else ''}"


def _manner(outcome: Any) -> str:
    words = ["absorbing"] if outcome.absorbing else []
    words += ["always"] if outcome.always else []
    words += [f"lasting {outcome.lasting:g}"] if outcome.lasting else []
    words += [f"once {value_text(outcome.once)}"] if outcome.once is not None else []
    return ", ".join(words) or "at the end, beyond the last switch"


def value_sets(model: Model) -> tuple[str, ...]:
    """Return the names of a model's published value sets."""
    return tuple(value_set_paths(model.path)) if model.path else ()
