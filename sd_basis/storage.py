"""Files that are either whole or absent: written beside their place, then moved into it."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from .errors import InputError


def write_atomic(path: str | Path, content: bytes | str) -> None:
    """Write a file so that no reader and no interruption ever sees half of it; raise OSError as `open` does."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:  # from before the file exists, so that an interruption at any instant leaves none behind
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def output_folder(path: str | Path) -> Path:
    """Return a folder that results can be written to, made if need be; raise InputError where it cannot."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"--out {path}: it cannot be written ({error.strerror}); choose a folder you may write to") from None
    return path
