"""Units of measure of Vensim in the grammar of this language."""

from __future__ import annotations

import re

from ..errors import InputError
from ..model import Model
from ..units import Units

_DIMENSIONLESS = ("dmnl", "dimensionless")


def unit_of(text: str) -> str | None:
    """Return a unit as this language writes it, None where it is unknown or does not parse.

    Vensim's units are not sensitive to case and their names may hold blanks, which become underscores.
    """
    text = " ".join(text.split()).lower()
    parts = [re.sub(r"[\s_]+", "_", part.strip()) for part in re.split(r"([*/()^])", text)]
    unit = "".join("1" if part in _DIMENSIONLESS else part for part in parts)
    try:
        Units().parse(unit, "unit")
    except InputError:
        return None
    return unit


def keep_units(model: Model) -> str:
    """Take the units off a model whose units do not check, and return the reason, else an empty text.

    Vensim runs models whose units do not check, and so does this importer: all or none are kept, for half of them would check nothing.
    """
    for stock in model.stocks:
        stock.holds = None  # the unit of a delay's stages would follow from bare numbers, which Vensim gives no unit
    try:
        model.check_units()
    except InputError as error:
        for quantity in model.quantities.values():
            quantity.unit = None
        return str(error)
    return ""
