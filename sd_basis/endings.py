"""The endings of files of other tools, known without reading them."""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".mdl", ".xmile", ".stmx", ".xml")


def is_foreign(path: str | Path) -> bool:
    """Tell whether a file is a model of another tool by its ending, in capitals or not."""
    return Path(path).suffix.lower() in ENDINGS
