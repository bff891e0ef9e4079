"""A model's parameters as a table in Markdown: values, units, plausible ranges, where each comes from, by file, with counts."""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..gathered import by_family, counted, one_text
from ..library import headline, value_set_paths, with_values
from ..model import Model
from ..quantities import Parameter
from ..references import ASSUMED, CHOSEN, CONVENTION, KINDS, kind

HEADER = ("parameter", "value", "unit", "plausible range", "kind", "reference", "description")


def parameters(model: Model) -> str:
    """Return every parameter in Markdown, a table for each file that declares some; the members of a family share a row."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    counts: Counter[str] = Counter()
    files = _files(model.path)
    for name, members in by_family(model.parameters).items():
        row = _row(model, name, members)
        rows.setdefault(files.get(name, ""), []).append(row)
        counts[row[HEADER.index("kind")]] += 1
    total = counted(sum(counts.values()), len(model.parameters))
    known = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    parts = [f"# Parameters of {model.name}", f"{total}: {known or 'none'}." + _sets(model) + _legend(counts)]
    for file, own in rows.items():
        if file and len(rows) > 1:
            parts.append(f"## {Path(file).stem}\n\n{headline(Path(file))}")
        parts.append(_table(own))
    return "\n\n".join(parts)


def _legend(counts: Counter[str]) -> str:
    told = {ASSUMED: "a reference that says so, unknown or unverified", CHOSEN: "a policy, a control or what cases set",
            CONVENTION: "a definition or a numerical width"}
    return "".join(f" {name.capitalize()}: {text}." for name, text in told.items() if counts[name])


def _sets(model: Model) -> str:
    others = [name for name in value_set_paths(model.path) if name != model.value_set] if model.path else []
    if not others:
        return ""
    in_force = f"Values are those of `{model.value_set}`" if model.value_set else "Values are the model's own"
    return f" {in_force}; where another set differs, its value is beside it."


def _row(model: Model, name: str, members: list[Parameter]) -> tuple[str, ...]:
    value = _values(model, members)
    for other in value_set_paths(model.path) if model.path else ():
        if other != model.value_set and (differs := _values(with_values(model, other), members)) != value:
            value += f" ({other}: {differs})"
    first = members[0]
    return name, value, first.unit or "", _range(first), kind(first.reference), first.reference, first.description


def _values(model: Model, members: list[Parameter]) -> str:
    return one_text({member.name: f"{model.values.get(member.name, member.value):.6g}" for member in members})


def _range(parameter: Parameter) -> str:
    low, high = (f"{limit:g}" if math.isfinite(limit) else "any" for limit in parameter.between)
    return "" if low == high == "any" else f"{low} to {high}"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = [HEADER, ("---",) * len(HEADER), *((f"`{name}`", *rest) for name, *rest in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _files(path: Path | None) -> dict[str, str]:
    """Return, by the bare name of a parameter, the file of the model's folder in which it is written out."""
    if path is None:
        return {}
    found = {}
    for file in sorted(path.rglob("*.py")) if path.is_dir() else (path,):
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError, OSError):
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and call.args and getattr(call.func, "id", getattr(call.func, "attr", "")) == "Parameter":
                if isinstance(call.args[0], ast.Constant):
                    found[str(call.args[0].value)] = str(file)
    return found
