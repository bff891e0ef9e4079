"""Members of families gathered again for tables: by the name they share, and their values in one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from .quantities import Quantity

Kind = TypeVar("Kind", bound=Quantity)


def bare(quantity: Quantity) -> str:
    """Return the name of a quantity without that of its member."""
    return quantity.name.partition("[")[0]


def by_family(quantities: Iterable[Kind]) -> dict[str, list[Kind]]:
    """Return quantities by their bare names: the members of a family together."""
    found: dict[str, list[Kind]] = {}
    for quantity in quantities:
        found.setdefault(bare(quantity), []).append(quantity)
    return found


def one_text(values: Mapping[str, str]) -> str:
    """Return the values of members, given by full name, as one text: a single value where all are alike."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return ", ".join(f"{name.partition('[')[2].rstrip(']')} {value}" for name, value in values.items())


def counted(rows: int, quantities: int) -> str:
    """Return how many parameters there are, those of a family counted once and, where that differs, with all members."""
    return f"{rows} parameters" + (f" ({quantities} with the members of families)" if quantities > rows else "")
