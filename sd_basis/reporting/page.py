"""A page of HTML from small functions: elements with every text escaped, tables that scroll in their box, sections with anchors.

Nothing on a page is fetched: the style stands in it, pictures are data, and its own policy forbids the rest.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

_VOID = {"meta", "img", "link", "br"}
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Markup(str):
    """HTML that is whole already and is not escaped again."""


def element(name: str, /, *children: Any, **attributes: str | None) -> Markup:
    """Return an element; texts in it and in its attributes are escaped, None is left out, `class_` is the class."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"' for key, value in attributes.items() if value is not None)
    return Markup(f"<{name}{given}>" if name in _VOID else f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: Any) -> Markup:
    """Return children one after the other, texts escaped, lists laid out."""
    found = []
    for child in children:
        if isinstance(child, Markup):
            found.append(str(child))
        elif isinstance(child, (list, tuple)):
            found.append(str(joined(*child)))
        elif child is not None:
            found.append(escape(str(child), quote=False))
    return Markup("".join(found))


def table(header: Sequence[Any], rows: Iterable[Sequence[Any]], *, numbers: Iterable[int] = (), words: Iterable[int] = (), whole: Iterable[int] = (),
          members: Iterable[int] = (), caption: str = "", last_is_total: bool = False) -> Markup | None:
    """Return a table in a box of its own that scrolls sideways, None without rows.

    The first column names the rows; `numbers` are columns to the right, `words` those of sentences, `whole` those that are
    not broken, `members` those of numbers or lists of them. Columns that are empty throughout are left out.
    """
    body = [list(row) for row in rows]
    if not body:
        return None
    kept = [place for place in range(len(header)) if any(row[place] not in (None, "") for row in body)]
    kinds = {**dict.fromkeys(numbers, "number"), **dict.fromkeys(words, "words"), **dict.fromkeys(whole, "whole"), **dict.fromkeys(members, "members")}
    top = element("tr", [element("th", header[place], scope="col", class_="number" if kinds.get(place) in ("number", "members") else None) for place in kept])
    lines = [element("tr", [element("td" if place else "th", row[place], scope=None if place else "row", class_=kinds.get(place)) for place in kept],
                     class_="total" if last_is_total and row is body[-1] else None) for row in body]
    inside = element("table", element("caption", caption) if caption else None, element("thead", top), element("tbody", lines))
    return element("div", inside, class_="wide", tabindex="0", role="region", aria_label=caption or str(header[0]) or "table")


def facts(pairs: Iterable[tuple[str, Any]]) -> Markup:
    """Return names and what they are, leaving out what is empty."""
    return element("dl", [[element("dt", name), element("dd", value)] for name, value in pairs if value not in (None, "")])


def paragraphs(text: str) -> list[Markup]:
    """Return a text as paragraphs, which empty lines divide."""
    return [element("p", " ".join(part.split())) for part in text.strip().split("\n\n") if part.strip()]


def folded(title: str, *body: Any, open_: bool = False) -> Markup:
    """Return what opens when one asks for it."""
    return element("details", element("summary", title), *body, open="" if open_ else None)


def picture(svg: bytes, title: str, remark: str = "", width: int | None = None) -> Markup:
    """Return an SVG as data within the page, on white, with its title below; one wider than the page scrolls."""
    data = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    image = element("img", src=data, alt=title, width=None if width is None else str(width), class_="fit" if width is None or width <= 1000 else None)
    box = element("div", image, class_="wide", tabindex="0", role="region", aria_label=title)
    return element("figure", box, element("figcaption", title, f". {remark}" if remark else ""))


def page(title: str, lead: Markup, sections: Sequence[tuple[str, str, Markup]], foot: Markup) -> str:
    """Return the whole page; `sections` are (anchor, title, content)."""
    links = [element("li", element("a", name, href=f"#{anchor}")) for anchor, name, _ in sections]
    contents = element("nav", element("strong", "Contents"), element("ol", links), aria_label="Contents")
    head = element("head", element("meta", charset="utf-8"), element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                   element("meta", http_equiv="Content-Security-Policy", content=_POLICY), element("meta", name="color-scheme", content="light dark"),
                   element("title", title), element("link", rel="icon", href="data:,"), Markup(f"<style>\n{style()}</style>"))
    main = element("main", [element("section", element("h2", name), content, id=anchor) for anchor, name, content in sections])
    body = element("body", element("header", element("h1", title), lead, contents), main, element("footer", foot))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def style() -> str:
    """Return the style of the page."""
    return files(__package__).joinpath("page.css").read_text(encoding="utf-8")
