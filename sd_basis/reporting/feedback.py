"""The feedback loops: which drive the run, by name, polarity and delay, with the causal-loop diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .drawing import drawn
from .page import Markup, element, joined, table
from .subject import Subject

if TYPE_CHECKING:
    from ..looping import LoopScores

_MOST = 40  # loops listed
_WORDS = {"+": "reinforcing", "-": "balancing", "changes": "changes along the run", "none": "never acts here"}


def scores_of(subject: Subject) -> LoopScores:
    """Return the scores of the loops along the case, computed once."""
    from ..looping import loop_scores

    if "loops" not in subject.kept:
        subject.kept["loops"] = loop_scores(subject.model, subject.case, set=subject.set)
    return subject.kept["loops"]


def loops(subject: Subject) -> Markup:
    """Return the feedback loops by their share in the run, the strongest first, and their diagram."""
    try:
        scores = scores_of(subject)
    except ImportError:
        return element("p", "This installation has no analysis of loops.")
    except InputError as error:
        return element("p", f"{error}.")
    ranked = scores.ranked()
    rows: list[tuple[Any, ...]] = []
    for group in ranked[:_MOST]:
        chain = scores.loops[group.rows[0]].quantities
        rows.append((group.label, _WORDS.get(group.polarity, group.polarity), "yes" if group.delayed else "", f"{scores.mean(group.rows):.1%}",
                     " → ".join((*chain, chain[0]))))
    left = f" The {len(rows)} strongest are listed." if len(ranked) > len(rows) else ""
    told = element("p", f"{scores.loops.summary}{left} The share is the mean absolute relative score of Loops That Matter, in continuous form, over the run.")
    return joined(told, drawn(subject, "loops"),
                  table(("loop", "polarity", "delayed", "share", "quantities in order"), rows, numbers=(3,), words=(4,)))
