"""What a foreign file is made of: elements with their syntax trees, which are PySD's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

CONTROLS = ("initial_time", "final_time", "time_step", "saveper")


@dataclass(frozen=True)
class Element:
    """A variable of a file: its name as written, its equation as text and as a tree, whether it is a lookup, and what is said of it."""

    name: str
    text: str
    tree: Any
    is_lookup: bool
    unit: str
    limits: tuple[float | None, float | None]
    description: str


@dataclass(frozen=True)
class Definition:
    """One equation of a variable: the subscripts it is for, those it leaves out, and what a file calls data, a lookup or neither.

    `dimensions` are the ranges of the subscripts where a file says them for a single element too, as XMILE does.
    """

    subscripts: tuple[str, ...]
    excepted: tuple[tuple[str, ...], ...]
    text: str
    tree: Any
    kind: str
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variable:
    """What a file says under one name, in one equation or in several for its members."""

    name: str
    definitions: tuple[Definition, ...]
    unit: str
    limits: tuple[float | None, float | None]
    description: str


def key_of(name: str) -> str:
    """Return what makes two names of a file the same: neither case, nor blanks or underscores, nor quotes around it."""
    return re.sub(r"[\s_]+", "_", plain_name(name).lower())


def plain_name(name: str) -> str:
    """Return a name as its modeller reads it, without the quotes that let it hold anything."""
    name = name.strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1].replace('\\"', '"')
    return " ".join(name.split())


def limits_of(limits: Any) -> tuple[float | None, float | None]:
    """Return the limits that a file gives a variable, None for one that it does not."""
    low, high = (*(limits or ()), None, None)[:2]
    return low, high


def reason(error: Exception) -> str:
    """Return the part of the file that a parser could not read, or what else stopped it, in one short line."""
    if isinstance(error, RecursionError):
        return "brackets are nested too deeply"
    text, place = getattr(error, "text", None), getattr(error, "pos", None)
    if isinstance(text, str) and isinstance(place, int):
        rest = " ".join(text[place:place + 60].split())
        return f"no sense can be made of {rest!r}" if rest else "it ends too early"
    cause = error.__cause__ or error
    if isinstance(cause, TypeError):
        return "a function there has too few or too many arguments"
    if isinstance(cause, ValueError) and "inhomogeneous" in str(cause):
        return "the rows of its table have not the same length"
    if isinstance(cause, (ValueError, SyntaxError, IndexError)):
        return "a table or a number there holds what is no number"
    return " ".join(str(cause).split())[:160] or type(cause).__name__
