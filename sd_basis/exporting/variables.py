"""What a document of XMILE is made of: variables with their equations as text, and the times of the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..quantities import Quantity
from .graphs import Graph


@dataclass(frozen=True)
class Variable:
    """A stock, flow or auxiliary of XMILE; `graph` is the graphical function its equation is the argument of, `mentions` what stands in it."""

    kind: str
    name: str
    equation: str
    unit: str | None = None
    description: str = ""
    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()
    graph: Graph | None = None
    limits: tuple[float, float] = (-math.inf, math.inf)
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A model as variables, with its times; `stands` says which stock or flow of the model each name is, `notes` what the form lacks."""

    name: str
    description: str
    start: float
    stop: float
    step: float
    time_unit: str
    variables: tuple[Variable, ...]
    stands: Mapping[str, Quantity] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
