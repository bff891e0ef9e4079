"""What the text of a Vensim file must look like before its grammar is tried, which takes minutes to give up on ten megabytes of something else."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InputError
from .elements import key_of, plain_name

_SKETCH = re.compile(rb"\\{2,}---///")
_LONGEST = 100_000  # characters of an equation
_PART = r'(?:"(?:[^"\\]|\\.)*+"|[^~|"]++|")*+'
_ENTRY = re.compile(rf"({_PART})~{_PART}~[^~|]*+(?:~{_PART})?\||\s*\*{_PART}~{_PART}\|", re.S)  # the second is the heading of a group
_NAME = re.compile(r'\s*("(?:[^"\\]|\\.)*+"|[^=(\[:<"~|]++)\s*(?:=|\()')

_UNFINISHED = re.compile(r"[-+*/^(,<>]\s*\Z")
_APART = re.compile(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}')  # quoted names, and comments


def entries_of(where: Path) -> list[tuple[int, str]]:
    """Return the line and the text left of the first ~ of each entry `equation ~ unit ~ comment |` before the sketch.

    Raises InputError for a file that is no text or not such entries, and for two equations of one name without subscripts.
    """
    content = _SKETCH.split(where.read_bytes(), maxsplit=1)[0].removeprefix(b"\xef\xbb\xbf")
    header = re.match(rb"\s*\{([\w-]+)\}", content)
    encoding = header[1].decode() if header else "utf-8"
    try:
        text = content.decode(encoding)
    except LookupError:
        raise InputError(f"{where}: it says that its encoding is {encoding!r}, which is none; write {{UTF-8}} on its first line") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{where}, line {line}: it is not encoded in {encoding}, as byte {error.start} shows; save it in UTF-8") from None
    if "\0" in text:
        raise InputError(f"{where}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}: it holds bytes that are no text; save it in UTF-8")
    if not text[header.end() if header else 0:].strip():
        raise InputError(f"{where}: it is empty; give a model")
    unique = ":MACRO:" not in text  # a macro has names of its own
    place, names = header.end() if header else 0, dict[str, str]()
    found_entries: list[tuple[int, str]] = []
    while found := _ENTRY.match(text, place):
        name = _NAME.match(found[1] or "")
        told = f", {plain_name(name[1])[:60]!r}" if name else ""
        if len(found[1] or "") > _LONGEST:
            raise InputError(f"{where}, line {_line(text, place)}{told}: an equation of {len(found[1])} characters is no equation; mend it there")
        if fault := _fault(found[1] or ""):
            raise InputError(f"{where}, line {_line(text, place)}{told}: its equation {fault}, {' '.join(found[1].split())[-40:]!r}; mend it there")
        if name and unique:
            key = key_of(name[1])
            if key in names:
                raise InputError(f"{where}, {names[key]!r}: it is defined 2 times; names differ by more than case; define it once")
            names[key] = plain_name(name[1])
        left = re.sub(r"^\s*:END OF MACRO:", "", found[1] or "", flags=re.I)
        if left:
            found_entries.append((_line(text, place), left))
        place = found.end()
    rest = text[place:].split()
    if rest and " ".join(rest).upper() != ":END OF MACRO:" or not place:
        raise InputError(f"{where}, line {_line(text, place)}: no sense can be made of {' '.join(rest[:12])[:60]!r}, an entry is equation ~ unit ~ comment |; "
                         "mend it there")
    return found_entries


def _fault(equation: str) -> str | None:
    """Return what no equation can be, where that is seen without a grammar: the whole file would be parsed before its first equation is."""
    if _UNFINISHED.search(equation):
        return "ends in the middle"
    plain = _APART.sub("", equation)
    return None if plain.count("(") == plain.count(")") else "has brackets that are not closed or not opened"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place + len(text[place:place + 10_000]) - len(text[place:place + 10_000].lstrip())) + 1
