"""What a reader is told first: what the model is for, what the case assumes, what is done and when, how it ended."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from ..case import Event
from ..model import Model
from .page import Markup, element, facts, joined, paragraphs, table
from .subject import Subject
from .words import moment, number, sentences, value_text


def story(subject: Subject) -> Markup:
    """Return the docstring of the model, its size and what the case assumes."""
    model, case = subject.model, subject.case
    told = docstring(model) or model.description
    parts: list[Any] = [paragraphs(told) if told else element("p", "The model says nothing about itself; its file has no docstring.", class_="failed")]
    parts.append(element("h3", f"The case {case.name}"))
    parts.append(paragraphs("\n\n".join(filter(None, (case.title, case.description)))) or element("p", "The case has no description: the model as it stands."))
    start, end = subject.run.path.schedule.start, subject.run.path.schedule.end
    counts = ", ".join(f"{len(items)} {kind}{'' if len(items) == 1 else 's'}" for kind, items in (
        ("stock", model.stocks), ("flow", model.flows), ("parameter", model.parameters), ("sector", model.sectors)) if items)
    origin = f"{case.origin}, the start of model time 0; model time counts trading days" if case.origin else ""
    counts += f", {_plural(len(model.auxiliaries), 'auxiliary', 'auxiliaries')}"
    parts.append(facts([("size", counts), ("time unit", model.time_unit), ("origin", origin),
                        ("horizon", f"{moment(subject.run, start)} to {moment(subject.run, end)}"), ("value set", model.value_set),
                        ("shift of the policies", f"{case.shift:+g} {model.time_unit}" if case.shift else "")]))
    parts.append(_assumed(subject))
    parts.append(_events("Shocks: what happens", subject, case.shocks))
    parts.append(_events("Policies: what is done", subject, case.policies))
    return joined(*parts)


def docstring(model: Model) -> str:
    """Return what the file of a model says at its top, without running it."""
    if model.path is None:
        return ""
    file = Path(model.path)
    try:
        return ast.get_docstring(ast.parse((file / "__init__.py" if file.is_dir() else file).read_text(encoding="utf-8"))) or ""
    except (SyntaxError, UnicodeDecodeError, OSError):
        return ""


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _assumed(subject: Subject) -> Any:
    """Return the parameters and initial stocks that the case sets."""
    case, model = subject.case, subject.model
    rows = [(name, number(value), _unit(model, name), case.reasons.get(name, "")) for name, value in case.values.items()]
    made = [element("h3", "Parameters the case sets"), table(("parameter", "value", "unit", "reason"), rows, numbers=(1,), words=(3,))] if rows else []
    if isinstance(case.initial, str):
        made.append(element("p", "The run begins where the model without policies and shocks comes to rest."))
    elif case.initial:
        made += [element("h3", "Stocks the case sets at the start"),
                 table(("stock", "value", "unit"), [(name, number(value), _unit(model, name)) for name, value in case.initial.items()], numbers=(1,))]
    return made


def _unit(model: Model, name: str) -> str:
    quantity = model.quantities.get(name)
    return (model.unit_text(quantity) or "") if quantity is not None else ""


def _events(title: str, subject: Subject, events: tuple[Event, ...]) -> Any:
    if not events:
        return None
    acted = {action.name: action for action in subject.run.path.actions}
    rows = []
    for event in events:
        action = acted.get(event.name)
        policy = subject.model.policies.get(event.name)
        changes = event.set or (policy.changes if policy is not None else {})
        told = policy.description if policy is not None else ""
        end = "" if action is None or action.end == float("inf") else moment(subject.run, action.end)
        rows.append((event.name, "not in this run" if action is None else moment(subject.run, action.start), end,
                     "; ".join(f"{getattr(name, 'name', name)} = {value_text(value)}" for name, value in changes.items()),
                     sentences(told, event.reason)))
    return [element("h3", title), table(("name", "from", "to", "values", "what and why"), rows, whole=(1, 2), words=(3, 4))]
