"""The work of `timing` on one group of outcomes, in whatever process: its survey as document, text and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..transition.spending import Size

Answer = tuple[dict[str, Any], str, list[str]]


@dataclass(frozen=True)
class Work:
    """What was asked for, as names and numbers that another process can take."""

    model: str
    values: str | None
    case: str | None
    policy: str | None
    size: Size | None
    spends: str | None
    between: tuple[float, float] | None
    within: float | None
    set: Mapping[str, float]
    method: str
    rtol: float
    xtol: float
    control: Mapping[str, float] | None
    points: int
    frozen: tuple[str, ...]
    convergence: bool
    folder: Path | None


def surveyed(work: Work, group: str) -> Answer:
    """Return the document, the text and the files of the survey of one group of outcomes."""
    from ..library import load
    from ..quantities import Flow
    from ..transition.survey import mapped, survey
    from .timing_text import text

    model = load(work.model, values=work.values)
    size = work.size
    if size is not None and work.spends is not None:
        size = replace(size, spends=model.quantity(work.spends, "timing", Flow))
    made = survey(model, work.case, group, policy=work.policy, size=size, bracket=work.between, within=work.within, set=work.set, method=work.method,
                  rtol=work.rtol, xtol=work.xtol, control=work.control, points=work.points, frozen=work.frozen, convergence=work.convergence)
    files: list[str] = []
    if work.folder is not None:
        from ..figures.survey import survey_figures

        whole = None if size is None else mapped(made, work.folder / f"map-{group}")
        files = [path.name for path in survey_figures(made, whole, work.folder, f"timing_{group}")]
    return made.document(), text(made), files
