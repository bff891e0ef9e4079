"""What `fit` is asked for: a fit file of the model, or a data file with the parameters that are free."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..fitting import Fit, Free
    from ..model import Model


@dataclass(frozen=True)
class Asked:
    """The texts of the options that say what is fitted to what."""

    fit: str | None
    data: str | None
    free: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    case: str | None = None
    until: str | None = None
    held_out: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    time_column: str | None = None
    leave_out_holes: bool = False

    def check(self, only_evaluate: bool) -> None:
        """Raise InputError where the options do not go together, before anything is loaded."""
        if self.fit is not None and self.data is not None:
            raise InputError(f"fit: FIT {self.fit!r} and --data {self.data!r} are two ways to say the data; give one")
        own = {"--free": self.free, "--map": self.columns, "--case": self.case, "--until": self.until, "--held-out": self.held_out,
               "--error": self.errors, "--time": self.time_column, "--leave-out-holes": self.leave_out_holes}
        for option, given in own.items():
            if self.data is None and given:
                raise InputError(f"{option}: it belongs to --data FILE.csv; a fit file says this itself")
        if self.data is not None and not self.free and not only_evaluate:
            raise InputError("fit: nothing is free; write --free NAME, or --evaluate to hold the run against the data without fitting")

    def of(self, model: Model) -> str | Fit:
        """Return the name of the fit file, or the fit of the data file; raise InputError with the fits of the model where neither is given."""
        if self.fit is not None:
            return self.fit
        if self.data is None:
            from ..library import fit_paths

            known = ", ".join(fit_paths(model.path)) if model.path else ""
            raise InputError(f"fit: it needs data; write --data FILE.csv --free NAMES{f', or one of the fits of the model: {known}' if known else ''}")
        from ..fitting import read_table

        free = [_free(text) for text in _parts(self.free)]
        columns = dict(_pair("--map", text, "level=stock") for text in self.columns)
        return read_table(model, self.data, free, columns=columns, case=self.case, until=self.until, held_out=_parts(self.held_out),
                          errors=_errors(self.errors), time_column=self.time_column, leave_out_holes=self.leave_out_holes)


def _parts(texts: Iterable[str]) -> list[str]:
    """Return the parts of lists with commas; one within brackets belongs to a name."""
    return [part.strip() for text in texts for part in re.split(r",(?![^\[]*\])", text) if part.strip()]


def _free(text: str) -> Free | str:
    """Return a free parameter of NAME, or of NAME=LOW:HIGH."""
    from ..fitting import Free
    from .request import span_of

    name, equals, reach = text.partition("=")
    if not equals:
        return name
    low, high = span_of(f"--free {name.strip()}", reach)
    return Free(name.strip(), (low, high), scale="log" if low > 0 else "linear")


def _errors(texts: Iterable[str]) -> dict[str, float] | float | None:
    """Return no errors, one for all columns, or one by column."""
    found: dict[str, float] = {}
    given = list(texts)
    for text in given:
        name, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise InputError(f"--error {text!r}: {number!r} is not a number; write --error 0.5, or --error COLUMN=0.5") from None
        if not equals and len(given) > 1:
            raise InputError(f"--error {text!r}: it stands beside others; give one number for all columns, or COLUMN=NUMBER for each")
        if not equals:
            return value
        found[name.strip()] = value
    return found or None


def _pair(option: str, text: str, example: str) -> tuple[str, str]:
    name, equals, quantity = text.partition("=")
    if not (equals and name.strip() and quantity.strip()):
        raise InputError(f"{option} {text!r}: it is not COLUMN=QUANTITY; write for example {option} {example}")
    return name.strip(), quantity.strip()
