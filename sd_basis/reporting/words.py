"""Numbers and expressions as short text."""

from __future__ import annotations

import math
from typing import Any

import sympy

from ..choices import carried_out


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


def limits(pair: tuple[float, float]) -> str:
    """Return a range, "" where there is no limit."""
    low, high = (f"{limit:g}" if math.isfinite(limit) else "any" for limit in pair)
    return "" if low == high == "any" else f"{low} to {high}"
