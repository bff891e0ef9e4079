"""Fitted parameters as a value set: TOML in which every value says where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

from ..case import read_toml, values_of
from ..errors import InputError
from ..library import value_set_paths
from ..storage import write_atomic
from .calibrating import Fitted


def values_text(fitted: Fitted) -> str:
    """Return a value set that holds the fitted values, those fixed in the fit, and those of the value set in force."""
    asked, model = fitted.problem, fitted.problem.model
    entries: dict[str, tuple[float, str]] = {}
    sets = value_set_paths(model.path) if model.path else {}
    if model.value_set in sets:
        values, reasons = values_of(model.value_set, "parameters", read_toml(sets[model.value_set]).get("parameters", {}))
        entries |= {name: (value, reasons.get(name) or f"value set {model.value_set}") for name, value in values.items()}
    entries |= {name: (value, asked.fit.reasons.get(name) or f"fixed in the fit {asked.fit.name}") for name, value in asked.fixed.items()}
    for item in fitted.estimates:
        spread = "not bounded by the data" if item.error is None else f"standard error {item.error:.2g}"
        if item.at_bound:
            spread = f"at the {item.at_bound} end of its range"
        entries[item.name] = item.value, f"fitted: {asked.fit.name}, case {asked.case.name}, {spread}"
    lines = [f"title = {_quoted(asked.fit.title or f'Fitted: {asked.fit.name}')}",
             f"description = {_quoted(f'Fitted to {asked.count} data of {asked.fit.name}, chi-square {fitted.best.chi_square:.6g}.')}", "", "[parameters]"]
    lines += [f"{_quoted(name)} = {{ value = {float(value)!r}, reason = {_quoted(reason)} }}" for name, (value, reason) in entries.items()]
    return "\n".join(lines) + "\n"


def write_values(fitted: Fitted, name: str) -> Path:
    """Write the fitted values as the value set NAME of the model, or to the path NAME.toml; raise InputError where a file is there."""
    path = Path(name)
    if path.suffix != ".toml":
        own = fitted.problem.model.path
        if own is None:
            raise InputError(f"values {name!r}: the model comes from no file; give a path that ends in .toml")
        folder = Path(own) / "values" if Path(own).is_dir() else Path(own).with_suffix(".values")
        path = folder / f"{name}.toml"
    try:
        write_atomic(path, values_text(fitted), replace=False)
    except FileExistsError:
        raise InputError(f"values {name!r}: {path} is there already; choose another name or remove it") from None
    return path


def _quoted(text: str) -> str:
    """Return a text, or a key, as a basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
