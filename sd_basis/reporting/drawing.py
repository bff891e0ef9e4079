"""The pictures of a part; where drawing fails, the part keeps its words and says so."""

from __future__ import annotations

from ..errors import BasisError
from .page import Markup, element, picture
from .subject import Subject


def drawn(subject: Subject, what: str, remark: str = "") -> list[Markup]:
    """Return the pictures of one kind as markup, or the sentence of why they could not be drawn."""
    if subject.pictures is None:
        return []
    try:
        return [picture(made.svg, made.title, made.remark or remark, made.width) for made in subject.pictures(subject, what)]
    except BasisError as error:
        sentence = str(error)
    except Exception as error:  # a part without its picture is worth more than none
        sentence = f"unexpected {type(error).__name__}: {error}"
    subject.failures[f"picture of {what}"] = sentence
    return [element("p", f"The picture could not be drawn. {sentence}", class_="failed")]
