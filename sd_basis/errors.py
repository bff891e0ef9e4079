"""Errors a reader can act on: *where: what is so; what it should be; what to do*."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import Run


class BasisError(Exception):
    """Base of every error that sd_basis raises on purpose; its text is one sentence for a person."""


class InputError(BasisError):
    """A model, case, name, value, unit, date or path is not usable as given."""


class AlgebraicLoop(InputError):
    """Equations need one another at one instant; `loops` are the quantities of each such loop by name, ending where it began."""

    def __init__(self, message: str, loops: tuple[tuple[str, ...], ...] = ()):
        super().__init__(message)
        self.loops = loops


class NumericalFailure(BasisError):
    """The integration could not go on; `run` holds what was computed up to the last good state."""

    def __init__(self, message: str, run: Run | None = None):
        super().__init__(message)
        self.run = run


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; `run` holds what was computed until then."""

    def __init__(self, message: str, run: Any = None):
        super().__init__(message)
        self.run = run


def unknown(where: str, kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that does not exist, with the nearest names that do."""
    names = sorted(set(known))
    folded = {known_name.lower(): known_name for known_name in names}
    near = [folded[match] for match in get_close_matches(str(name).lower(), folded, n=3, cutoff=0.6)]
    if near:
        hint = "did you mean " + " or ".join(repr(match) for match in near) + "?"
    elif names:
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        hint = f"choose one of: {shown}"
    else:
        hint = "there is none to choose from"
    return InputError(f"{where}: no {kind} {name!r}; {hint}")


def missing_extra(where: str, package: str, extra: str) -> InputError:
    """Return the error for an optional package that is not installed, naming the extra that brings it."""
    return InputError(f"{where}: the package {package!r} is not installed; "
                      f"install the extra with: pip install 'sd_basis[{extra}]'")
