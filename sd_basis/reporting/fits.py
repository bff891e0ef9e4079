"""What a reader is told of fits: what is searched within which range, against which data and errors, and what is held out."""

from __future__ import annotations

from typing import Any

from ..fitting.description import Fit, read_fit
from ..library import fit_paths
from .page import Markup, element, facts, joined, paragraphs, table
from .subject import Subject
from .words import number

_SEARCH = ("least squares of residuals in units of their errors, in the logarithms of positive parameters, with exact derivatives, from the given start and "
           "others spread over the ranges")


def fits(subject: Subject) -> Markup | None:
    """Return the fits that lie beside the model; what a search found, its intervals and profiles, the command fit prints."""
    paths = fit_paths(subject.model.path) if subject.model.path is not None else {}
    if not paths:
        return None
    parts: list[Any] = [element("p", "The fits that lie beside the model, as their files describe them. The values in force are those of the report.")]
    for name, path in paths.items():
        parts += _told(subject, name, read_fit(path))
    return joined(*parts)


def _told(subject: Subject, name: str, fit: Fit) -> list[Any]:
    model = subject.model
    parts: list[Any] = [element("h3", fit.title or name), paragraphs(fit.description)] if fit.description else [element("h3", fit.title or name)]
    parts.append(facts([("case", fit.case or ""), ("value set", fit.values or ""), ("objective", _SEARCH if fit.free else ""), ("command", f"sd-basis fit {model.name} {name}")]))
    rows = []
    for one in fit.free:
        parameter = model.quantities.get(one.name)
        between = one.between or getattr(parameter, "between", None)
        value = model.values.get(one.name, getattr(parameter, "value", None))
        rows.append((one.name, "" if between is None else f"{between[0]:g} to {between[1]:g}", "" if value is None else number(value),
                     getattr(parameter, "unit", None) or "", one.reason))
    if rows:
        parts.append(table(("searched", "range", "in force", "unit", "why"), rows, numbers=(2,), words=(4,)))
    data = [(target.quantity, f"{target.file}: {target.column}", f"{target.error:g}", "held out" if target.held_out else "fitted", target.reason)
            for target in fit.series]
    data += [(point.quantity, number(point.value), f"{point.error:g}", "held out" if point.held_out else "fitted", point.reason) for point in fit.points]
    parts.append(table(("quantity", "datum", "its error", "use", "why"), data, words=(4,)))
    return parts
