"""Names as XMILE wants them: case, blanks and underscores do not tell them apart, and what is no identifier stands in quotes."""

from __future__ import annotations

import re

CONTROLS = ("initial time", "final time", "time step", "saveper")
_RESERVED = """
abs and arccos arcsin arctan cos counter delay delay1 delay3 delayn dt else exp exprnd forcst history if inf init int interpolate irr ln
log10 lognormal lookup max mean min mod normal not npv or pi poisson previous prod pulse ramp random rank safediv self sin size smth1
smth3 smthn sqrt starttime stddev step stoptime sum tan then time trend uniform
""".split()


def folded(name: str) -> str:
    """Return what makes two names of XMILE the same."""
    return re.sub(r"[\s_]+", " ", name).strip().lower()


def quoted(name: str) -> str:
    """Return a name as it stands in an equation: blanks as underscores, and in quotes unless it is a plain identifier."""
    # a name that begins like "not" is taken for the operator by readers that do not look for the end of a word
    if re.fullmatch(r"[^\W\d][\w ]*", name) and not name.lower().startswith("not"):
        return name.replace(" ", "_")
    return f'"{name}"'


class Names:
    """The names of a document, each once and none of them a word of XMILE."""

    def __init__(self, reserved: tuple[str, ...] = ()):
        self._taken = {*_RESERVED, *reserved}

    def fresh(self, wanted: str) -> str:
        """Return the nearest name to a wanted one that is still free."""
        # brackets are subscripts to other tools, and members are single variables here
        plain = re.sub(r"[\x00-\x1f\x7f\[\],]", " ", wanted).replace('"', "'").replace("\\", "/")
        plain = " ".join(plain.split()).replace(" _", " ").replace("_ ", " ") or "unnamed"
        name, number = plain, 1
        while folded(name) in self._taken:
            number += 1
            name = f"{plain} {number}"
        self._taken.add(folded(name))
        return name
