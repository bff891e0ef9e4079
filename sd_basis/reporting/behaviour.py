"""The behaviour: how the run ended, its paths, where each stock went, and the cases side by side."""

from __future__ import annotations

from ..case import Case
from ..errors import BasisError
from ..library import find_case
from ..run import Run
from .drawing import drawn
from .page import Markup, element, folded, joined, table
from .subject import Subject
from .words import moment, number

_OPEN = 16


def outcome(subject: Subject) -> Markup:
    """Return how the run ended, with its warnings, paths and stocks."""
    run = subject.run
    row = run.row()
    parts: list = [element("p", subject.failure, class_="failed")] if subject.failure else []
    parts.append(element("p", element("strong", run.summary)))
    meant: dict[tuple[str, str], list[str]] = {}  # groups share names, and an outcome may be declared in several ways
    for item in subject.model.outcomes:
        meant.setdefault((item.group, item.name), []).append(item.description)
    groups = [(group, decision["outcome"], "" if decision["decided_at"] is None else moment(run, decision["decided_at"]),
               "; or ".join(filter(None, meant.get((group, decision["outcome"]), []))))
              for group, decision in row["outcomes"].items()]
    parts.append(table(("group", "outcome", "since", "meaning"), groups, whole=(2,), words=(3,)))
    parts += [element("p", f"Warning: {sentence}.", class_="failed") for sentence in run.warnings]
    parts += drawn(subject, "behaviour")
    first, units = run.path.x[0], {stock.name: stock.unit or "" for stock in subject.model.stocks}
    rows = [(name, number(first[place]), number(row["final"][name]), number(row["peak"][name]["value"]), moment(run, row["peak"][name]["time"]), units[name])
            for place, name in enumerate(units)]
    made = table(("stock", "start", "end", "peak", "peak at", "unit"), rows, numbers=(1, 2, 3), whole=(4,))
    parts.append(made if len(rows) <= _OPEN else folded(f"All {len(rows)} stocks: start, end and peak", made))
    return joined(parts)


def figures(subject: Subject) -> Markup | None:
    """Return the figures that the model brings itself, where they are asked for."""
    made = drawn(subject, "figures")
    return joined(made) if made else None


def cases(subject: Subject) -> Markup | None:
    """Return the cases of the model side by side: what each assumes in a line, how it ends, and what matters most at its end."""
    if not subject.others:
        return None
    groups = list(dict.fromkeys(item.group for item in subject.model.outcomes))
    names = [name for name in subject.shows if name in subject.model.quantities]
    rows, failures = [], []
    for name in dict.fromkeys((subject.case.name, *subject.others)):
        if name == subject.case.name:
            case: Case | None = subject.case
        else:
            case = find_case(subject.model, name)
        title = case.title if case is not None else ""
        try:
            run, failure = subject.of_case(name)
        except BasisError as error:
            rows.append((name, title, *[""] * (len(groups) + 1 + len(names))))
            failures.append((name, str(error)))
            continue
        failures += [(name, failure)] if failure else []
        rows.append((name, title, *(_decided(run, group) for group in groups), moment(run, run.t[-1]), *(number(run[quantity][-1], 5) for quantity in names)))
    heads = ["outcome" if group == "outcome" else group for group in groups]
    units = {name: subject.model.unit_text(subject.model.quantities[name]) for name in names}
    last = [spoken(name, units[name]) for name in names]
    numbers = range(3 + len(groups), 3 + len(groups) + len(names))
    return joined(element("p", "Each case is run with the same solver settings; the columns at the right are values at its end."),
                  table(("case", "title", *heads, "end", *last), rows, numbers=numbers, words=(1,), whole=range(2, 3 + len(groups))),
                  [element("p", f"{name}: {sentence}", class_="failed") for name, sentence in failures])


def spoken(name: str, unit: str | None) -> Markup:
    """Return the head of a column: the name in words, its unit below."""
    return joined(name.replace("_", " "), [element("br"), element("span", unit, class_="quiet")] if unit not in (None, "1") else None)


def _decided(run: Run, group: str) -> Markup | str:
    decision = run.outcomes.get(group)
    if decision is None:
        return ""
    if decision.time is None or decision.time <= run.path.schedule.start:
        return decision.code
    return joined(decision.code, element("br"), element("span", moment(run, decision.time), class_="quiet"))
