"""Files that are either whole or absent: written beside their place, then moved into it; results with a manifest."""

from __future__ import annotations

import errno
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from .errors import InputError


def write_atomic(path: str | Path, content: bytes | str, *, replace: bool = True) -> None:
    """Write a file so that no reader and no interruption ever sees half of it; raise OSError as `open` does.

    Without `replace` a file that is there already stays as it is and FileExistsError is raised.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:  # from before the file exists, so that an interruption at any instant leaves none behind
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        if replace:
            os.replace(temporary, path)
        else:
            _place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _place(temporary: Path, path: Path) -> None:
    """Give a file its name unless something has it already."""
    try:
        os.link(temporary, path)  # which, unlike a move, never takes the place of a file
    except OSError:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(temporary, path)  # this file system has no links
    else:
        temporary.unlink()


def strict_json(document: Any) -> str:
    """Return strict JSON: NaN and infinities are refused, not written."""
    return json.dumps(document, allow_nan=False, indent=1)


def manifest_path(path: str | Path) -> Path:
    """Return where the manifest of a result lies: NAME.manifest.json beside NAME.csv."""
    path = Path(path)
    return path.with_name(f"{path.name.removesuffix('.csv')}.manifest.json")


def write_result(path: str | Path, content: bytes | str, manifest: dict[str, Any]) -> Path:
    """Write a result and its manifest beside it, the manifest first, so that no result stands without one."""
    write_atomic(manifest_path(path), strict_json(manifest) + "\n")
    write_atomic(path, content)
    return Path(path)


def output_folder(path: str | Path, option: str = "--out") -> Path:
    """Return a folder that results can be written to, made if need be; raise InputError where it cannot."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"{option} {path}: it cannot be written ({error.strerror}); choose a folder you may write to") from None
    return path
