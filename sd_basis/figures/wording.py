"""Words on figures: names as a reader says them, labels with units, lines no wider than their space."""

from __future__ import annotations

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ..model import Model
from ..quantities import Quantity

FONT = "DejaVu Sans"


def spoken(name: str) -> str:
    """Return a name as it is said: underscores are spaces."""
    return name.replace("_", " ")


def label(model: Model, name: str | Quantity) -> str:
    """Return the label of a quantity, "hedge fund collateral (USD bn)"; a pure number has no unit to show."""
    quantity = model.quantity(name, "figure")
    unit = model.unit_text(quantity)
    return spoken(quantity.name) if unit in (None, "1") else f"{spoken(quantity.name)} ({unit})"


def shift_label(shift: float, time_unit: str) -> str:
    """Return the label of a shift, "+2 days" or "as dated"."""
    if shift == 0:
        return "as dated"
    return f"{shift:+g} {time_unit}{'' if abs(shift) == 1 else 's'}".replace("-", "−")


@cache
def text_width(text: str, size: float) -> float:
    """Return the width of a text in inches."""
    return text_to_path.get_text_width_height_descent(text, FontProperties(family=FONT, size=size), ismath=False)[0] / 72


@cache
def wrapped(name: str, width: float, size: float) -> tuple[str, ...]:
    """Return a name in lines of at most `width` inches; only a single word may be wider, and is cut."""
    lines: list[str] = []
    for word in spoken(name).split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size) <= width:
            lines[-1] = joined
            continue
        while text_width(word, size) > width and len(word) > 3:
            if 2 < (bracket := word.find("[")) and text_width(word[:bracket], size) <= width:  # a member of a family is parted from it before a word is
                lines.append(word[:bracket])
                word = word[bracket:]
                continue
            cut = next((end for end in range(len(word) - 1, 2, -1) if text_width(word[:end] + "-", size) <= width), 2)
            cut = min(cut, max(2, len(word) - 3))  # no single letter on the next line
            lines.append(word[:cut] + "-")
            word = word[cut:]
        lines.append(word)
    return tuple(lines)


@cache
def balanced(name: str, width: float, size: float) -> tuple[str, ...]:
    """Return a name wrapped to at most `width` inches, its lines as even as their number allows."""
    lines = wrapped(name, width, size)
    widest = max((text_width(word, size) for word in spoken(name).split()), default=0.0)
    for narrow in (width * part / 24 for part in range(8, 24)):
        if narrow >= widest and len(even := wrapped(name, narrow, size)) == len(lines):
            return even
    return lines
