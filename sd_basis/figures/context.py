"""The context of a figure: the loaded model, its cases and data, and runs computed once."""

from __future__ import annotations

from pathlib import Path

from ..case import Case
from ..errors import unknown
from ..library import case_paths, find_case, load, locate
from ..model import Model
from ..run import Run
from ..series import read_columns
from ..simulation import simulate

# two digits beyond what the check compares, so that a table does not hang on the solver's luck
_RTOL = 1e-8


class Context:
    """What a figure function is given: `.model`, `.cases`, `.run(...)`, `.data(...)`.

    `model` may also be a Model that comes from no file; it then has its own case only.
    """

    def __init__(self, model: str | Path | Model):
        self.path = model.path if isinstance(model, Model) else locate(model)
        self.model = model if isinstance(model, Model) else load(model)
        self.cases: list[str] = list(case_paths(self.path)) if self.path else []
        self._models: dict[str | None, Model] = {None: self.model, self.model.value_set: self.model}
        self._runs: dict[tuple, Run] = {}
        self.used: dict[tuple, Run] = {}  # the runs the figure at work asked for, for its manifest

    def with_values(self, values: str | None) -> Model:
        """Return the model with a published value set in force."""
        if values not in self._models:
            self._models[values] = load(self.path or self.model.name, values=values)
        return self._models[values]

    def case(self, name: str | Case | None = None) -> Case | None:
        """Return a case by name."""
        return find_case(self.model, name)

    def run(self, case: str | Case | None = None, shift: float = 0.0, values: str | None = None, **options) -> Run:
        """Return the run of a case with its policies shifted; the same call gives the same run. `options` go to `simulate`."""
        key = (case if isinstance(case, str) else repr(case), float(shift), values, repr(sorted(options.items())))
        if key not in self._runs:
            model = self.with_values(values)
            found = find_case(model, case)
            if shift:
                found = (found or Case("default")).shifted(shift)
            self._runs[key] = simulate(model, found, **{"rtol": _RTOL, **options})
        self.used[key] = self._runs[key]
        return self._runs[key]

    def file(self, name: str) -> Path:
        """Return a file in the model's folder `data`; raise InputError with the nearest names."""
        folder = self.path / "data" if self.path and self.path.is_dir() else None
        known = {file.name: file for file in sorted(folder.glob("*"))} if folder else {}
        if name not in known:
            raise unknown(f"model {self.model.name!r}", "data file", name, known)
        return known[name]

    def data(self, file: str, column: str, case: str | Case, *, time: str = "date") -> tuple[list[float], list[float]]:
        """Return model times and values of a column of dated data; dates outside a case's span are left out."""
        found = find_case(self.model, case) or Case("default")
        span = found.span or self.model.span
        first, last = (found.time("span", value) for value in span)
        texts, values = read_columns(self.file(file), time, column)
        pairs = [(found.time(file, text), value) for text, value in zip(texts, values, strict=True)]
        inside = [(moment, value) for moment, value in pairs if first <= moment <= last]
        return [moment for moment, _ in inside], [value for _, value in inside]
