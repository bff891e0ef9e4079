"""Numbers and expressions as short text."""

from __future__ import annotations

import math
from typing import Any

import sympy

from ..choices import carried_out
from ..run import Run


def number(value: Any, digits: int = 6) -> str:
    """Return a number as short text, "" where there is none."""
    if value is None:
        return ""
    return f"{float(value):.{digits}g}"


def value_text(value: Any) -> str:
    """Return a number or an expression as text."""
    if isinstance(value, sympy.Basic):
        return sympy.sstr(carried_out(value), full_prec=False)
    return number(value) if isinstance(value, (int, float)) else str(value)


def moment(run: Run, time: float) -> str:
    """Return a model time as a run says it, without the hour at the start of a day."""
    return run.when(time).removesuffix(" 00:00")


def sentences(*parts: str) -> str:
    """Return texts one after the other, divided where the one before does not end."""
    found = ""
    for part in filter(None, (part.strip() for part in parts)):
        found += ("" if not found else " " if found[-1] in ".!?;:" else "; ") + part
    return found


def limits(pair: tuple[float, float]) -> str:
    """Return a range, "" where there is no limit."""
    low, high = (f"{limit:g}" if math.isfinite(limit) else "any" for limit in pair)
    if low == high:
        return "" if low == "any" else f"only {low}"
    return f"{low} to {high}"
