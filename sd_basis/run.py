"""The run: the paths by name, with ledgers, outcome and everything a report of it needs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from .case import Case
from .display import run_html
from .errors import missing_extra, unknown
from .ledgers import closing_errors
from .manifest import manifest
from .model import Model
from .outcomes import Decision, decide
from .path import Path
from .quantities import Flow, Quantity
from .saving import State, state_of
from .storage import strict_json, write_result


class Run:
    """What a simulation gives back.

    `t` (n,) are model times, `run["name"]` (n,) any stock, flow, auxiliary, parameter or series.
    Without `at`, `t` are the solver's steps and hold both sides of each switch.
    """

    def __init__(self, model: Model, case: Case, path: Path, shown: np.ndarray | None, solver: dict, atol: np.ndarray,
                 begins: str = "declared", given: Iterable[str] = ()):
        self.model, self.case, self.path, self.solver, self.atol = model, case, path, solver, atol
        self.begins, self.given = begins, frozenset(given)  # from declared initial values but for those given, an equilibrium, or a saved state
        if shown is None:
            self.t, self._x, self._segment = path.t, path.x, path.segment
        else:
            self.t = shown
            self._x, self._segment = path.at(shown)
        self._whole = shown is None

    @cached_property
    def _computed(self) -> np.ndarray:
        if self._whole:
            return self.path.computed
        return self.path.evaluate(self.path.compiled.observe, self.t, self._x, self._segment)

    @cached_property
    def _inputs(self) -> np.ndarray:
        return self.path.inputs(self.t, self._segment)

    def __getitem__(self, name: str | Quantity) -> np.ndarray:
        """Return a quantity along `t`; raise InputError with the nearest names where there is none."""
        places = self.path.compiled.system.places
        place = places.get(name) if isinstance(name, str) else places.get(self.model.quantity(name, "run").name)
        if place is None:
            raise unknown("run", "quantity", str(name), self.model.quantities)
        rows, index = place
        values = getattr(self, rows)
        own = values[:, index] if rows == "_x" else values[index]
        own.flags.writeable = False  # claims share runs: a formula must not change what the next one reads
        return own

    @cached_property
    def outcomes(self) -> dict[str, Decision]:
        """The decision (code and time) of each group of outcomes."""
        return decide(self.path)

    @property
    def outcome(self) -> str | None:
        """The code of the first group of outcomes, None where the model declares none."""
        return next((decision.code for decision in self.outcomes.values()), None)

    @property
    def decided_at(self) -> float | None:
        """Model time at which the first group's outcome was decided."""
        return next((decision.time for decision in self.outcomes.values()), None)

    @cached_property
    def ledgers(self) -> dict[str, float]:
        """The largest closing error of each ledger, relative to its scale."""
        return closing_errors(self.path)

    @cached_property
    def warnings(self) -> list[str]:
        """What deserves attention: values outside their plausible range, flows that ran backwards."""
        found = list(self.path.schedule.warnings)
        scales = {stock: max(stock.scale or 0.0, float(np.max(np.abs(self.path.x[:, place])))) for place, stock in enumerate(self.model.stocks)}
        for index, quantity in enumerate(self.path.compiled.system.observables()):
            if isinstance(quantity, Flow) and not quantity.reversible:
                rates = self.path.computed[index]
                lowest = float(np.min(rates))
                # undershoot within tolerance is rounding, not a reversal
                size = max(float(np.max(np.abs(rates))) * 10, min(scales[stock] for stock, _ in quantity.ends))
                if lowest < -100 * self.solver["rtol"] * size:
                    when = self.when(self.path.t[int(np.argmin(rates))])
                    found.append(f"{quantity.where}: it runs backwards ({lowest:.3g} at {when}); declare it reversible or mend its rate")
        for name, error in self.ledgers.items():
            if error > 1e3 * self.solver["rtol"]:
                found.append(f"ledger of {name}: it does not close (off by {error:.2g} of its scale); a flow changes net worth without "
                             "transfer=True, or one leg of a trade goes astray")
        return found

    def when(self, time: float) -> str:
        """Return a model time as text: a date and hour where the case has an origin, else the number."""
        return self.case.when(time)

    @property
    def summary(self) -> str:
        """One sentence on how the run ended."""
        head = f"{self.model.name}, {self.case.name}"
        if self.case.shift:
            head += f", policies {self.case.shift:+g} {self.model.time_unit}"
        if not self.outcomes:
            return f"{head}: ran from {self.when(self.t[0])} to {self.when(self.t[-1])}."
        parts = []
        for group, decision in self.outcomes.items():
            at = "" if decision.time is None or decision.time <= self.path.schedule.start else f" (since {self.when(decision.time)})"
            parts.append(f"{'' if group == 'outcome' else group + ' '}{decision.code}{at}")
        return f"{head}: {', '.join(parts)}."

    def row(self) -> dict[str, Any]:
        """Return the run as one row of the interface contract, of plain numbers and texts; `final` and `peak` hold each stock and each family's total."""
        columns = {stock: self.path.x[:, place] for place, stock in enumerate(self.model.stocks)}
        columns |= {total: sum(columns[stock] for stock in members) for total, members in self.model.totals.items()}
        peaks = {quantity: int(np.argmax(values)) for quantity, values in columns.items()}
        return {
            "model": self.model.name, "case": self.case.name, "values": self.model.value_set, "shift": self.case.shift,
            "outcome": self.outcome, "decided_at": self.decided_at,
            "outcomes": {group: {"outcome": decision.code, "decided_at": decision.time} for group, decision in self.outcomes.items()},
            "time_unit": self.model.time_unit,
            "final": {quantity.name: float(values[-1]) for quantity, values in columns.items()},
            "peak": {quantity.name: {"value": float(columns[quantity][peak]), "time": float(self.path.t[peak])} for quantity, peak in peaks.items()},
            "ledgers": self.ledgers, "solver": dict(self.solver), "warnings": self.warnings,
        }

    @property
    def names(self) -> list[str]:
        """The names of every stock and computed quantity, in the order of the columns of `to_csv`."""
        return [quantity.name for quantity in (*self.model.stocks, *self.path.compiled.system.observables())]

    def state(self, at: Any = None) -> State:
        """Return the state at a model time or date, by default the end, from which `simulate(..., resume=...)` goes on; `.save(FILE)` keeps it."""
        return state_of(self, at)

    def to_csv(self, path: str | FilePath) -> FilePath:
        """Write `t` and every quantity as columns, with the manifest NAME.manifest.json beside NAME.csv, and return the path."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["t", *self.names])
        columns = np.column_stack([self.t, self._x, self._computed.T])
        writer.writerows([f"{value:.10g}" for value in row] for row in columns)
        return write_result(path, text.getvalue(), manifest(self))

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame indexed by t, the manifest as JSON in `attrs`; needs the extra `data`."""
        try:
            import pandas
        except ImportError:
            raise missing_extra("to_pandas", "pandas", "data") from None
        frame = pandas.DataFrame({name: self[name] for name in self.names}, index=pandas.Index(self.t, name="t"))
        frame.attrs["manifest"] = strict_json(manifest(self))
        return frame

    def to_xarray(self) -> Any:
        """Return an xarray Dataset over t with units as attributes, the manifest as JSON in `attrs`; needs the extra `data`."""
        try:
            import xarray
        except ImportError:
            raise missing_extra("to_xarray", "xarray", "data") from None
        variables = {name: ("t", self[name], {"units": self.model.unit_text(self.model.quantities[name]) or ""}) for name in self.names}
        return xarray.Dataset(variables, coords={"t": self.t}, attrs={"manifest": strict_json(manifest(self))})

    _repr_html_ = run_html

    def __repr__(self) -> str:
        return f"<Run {self.summary}>"
