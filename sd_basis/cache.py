"""The cache of generated code: where it lies, what it holds, and how it stays small.

An entry is a file KEY-KIND that begins with the digest of the rest. Nothing but such files is ever
touched, since the folder may hold others. Processes may read, write and clear at once: a
file is whole or absent, and whoever misses one makes it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

from .errors import InputError
from .storage import write_atomic

# the second form is a file that is being written, or was when its process was killed
_ENTRY, _UNFINISHED = re.compile(r"[0-9a-f]{32}-[a-z][a-z0-9_-]*"), re.compile(r"\.[0-9a-f]{32}-[a-z][a-z0-9_-]*\.[0-9a-f]{8}")
_DAY = 86400.0
KEEP_DAYS, KEEP_BYTES = 90, 256_000_000


@dataclass(frozen=True)
class Entry:
    """A file of the cache, its size in bytes and when it was last used, in seconds of the epoch."""

    path: Path
    size: int
    used: float

    @property
    def key(self) -> str:
        """The fingerprint of the model it belongs to."""
        return self.path.name.lstrip(".").partition("-")[0]

    @property
    def finished(self) -> bool:
        """Whether it is whole, not a file that is being written."""
        return not self.path.name.startswith(".")


def cache_folder() -> Path:
    """Return where generated code is kept: SD_BASIS_CACHE, else XDG_CACHE_HOME or ~/.cache."""
    own = os.environ.get("SD_BASIS_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sd_basis"


def entries() -> list[Entry]:
    """Return the files of the cache, the one unused for longest first; raise InputError where the folder cannot be read."""
    folder = cache_folder()
    found = []
    try:
        with os.scandir(folder) as files:
            for file in files:
                if _ENTRY.fullmatch(file.name) or _UNFINISHED.fullmatch(file.name):
                    with contextlib.suppress(FileNotFoundError):  # another process cleared it
                        if file.is_file(follow_symlinks=False):
                            about = file.stat(follow_symlinks=False)
                            found.append(Entry(folder / file.name, about.st_size, max(about.st_mtime, about.st_atime)))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"cache {folder}: it cannot be read ({error.strerror}); let SD_BASIS_CACHE name a folder of your own") from None
    return sorted(found, key=lambda entry: (entry.used, entry.path.name))


def clear() -> list[Entry]:
    """Remove every file of the cache and return them; raise InputError where one cannot be removed."""
    found = entries()
    _remove(found)
    return found


def prune() -> None:
    """Remove what nobody used for KEEP_DAYS and, beyond KEEP_BYTES, what was unused for longest; never fail."""
    with contextlib.suppress(InputError):
        found, now = entries(), time.time()
        size = sum(entry.size for entry in found)
        old = []
        for entry in found:
            if (now - entry.used) / _DAY > (KEEP_DAYS if entry.finished else 1) or size > KEEP_BYTES:
                old.append(entry)
                size -= entry.size
        _remove(old)


@once
def prune_once() -> None:
    """Prune the first time in a process: to look through thousands of files takes longer than to compile a small model."""
    prune()


def _remove(given: Iterable[Entry]) -> None:
    for entry in given:
        try:
            entry.path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"cache {entry.path.parent}: {entry.path.name} cannot be removed ({error.strerror}); "
                             "look at who owns the folder") from None


def has(key: str, kind: str) -> bool:
    """Tell whether there is an entry, in whatever state."""
    return os.path.exists(cache_folder() / f"{key}-{kind}")


def read(key: str, kind: str) -> bytes | None:
    """Return the content of an entry and note that it was used; None where it is missing or damaged."""
    path = cache_folder() / f"{key}-{kind}"
    try:
        content = path.read_bytes()
        about = path.stat()
        if time.time() - about.st_atime > _DAY:  # many file systems do not note it
            os.utime(path, ns=(time.time_ns(), about.st_mtime_ns))
    except OSError:
        content = b""
    digest, rest = content[:32], content[32:]
    return rest if hashlib.sha256(rest).digest() == digest else None


def keep(key: str, kind: str, content: bytes) -> None:
    """Store an entry; a cache that cannot be written only costs time."""
    with contextlib.suppress(OSError):
        write_atomic(cache_folder() / f"{key}-{kind}", hashlib.sha256(content).digest() + content)
