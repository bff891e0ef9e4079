"""Counting what PySD reads: its translators take a file as a whole, so that each piece they parse is told as a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..stages import stage

_BYTES = 30  # of the text, for a piece, roughly


@contextmanager
def counted(where: Path, kinds: tuple[Any, ...]) -> Iterator[None]:
    """Tell each call of `parse` of some classes of PySD as a step of reading a file, for as long as a block runs."""
    own = {kind: kind.__dict__["parse"] for kind in kinds}
    expected = where.stat().st_size // _BYTES
    with stage(f"Reading {where.name}", expected) as done:
        def telling(parse: Any) -> Any:
            def told(self: Any, *given: Any) -> Any:
                done(1)
                return parse(self, *given)
            return told
        try:
            for kind, parse in own.items():
                kind.parse = telling(parse)
            yield
        finally:
            for kind, parse in own.items():
                kind.parse = parse
