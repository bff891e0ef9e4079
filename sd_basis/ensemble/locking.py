"""The lock of a store: a file that names the process that writes, locked by the system, which frees it whenever that process ends."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path
from typing import IO, Any

from ..errors import InputError

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


class Lock:
    """The lock on a folder. `left` names the process that was killed while it held it, None where nobody was.

    The file stays, empty: to remove it would let two processes lock two files of one name. Raises InputError where another process holds it.
    """

    def __init__(self, folder: Path):
        self.path = folder / "lock"
        self._file: IO[Any] = self.path.open("a+b")
        try:
            _take(self._file.fileno())
        except OSError as error:
            holder = self._holder()
            self._file.close()
            if error.errno not in _TAKEN:
                raise InputError(f"store {folder}: it cannot be locked ({error.strerror}); choose a folder on another file system") from None
            raise InputError(f"store {folder}: {holder or 'another process'} is writing to it; wait for it to end, or choose another folder") from None
        self.left = self._holder()
        self._write({"process": os.getpid(), "host": socket.gethostname()})

    def free(self) -> None:
        """Free the lock."""
        self._write(None)
        self._file.close()

    def _holder(self) -> str | None:
        self._file.seek(0)
        try:
            about = json.loads(self._file.read())
            return f"process {about['process']} on {about['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, about: dict[str, Any] | None) -> None:
        self._file.seek(0)
        self._file.truncate()
        if about is not None:
            self._file.write(json.dumps(about).encode())
        self._file.flush()


def _take(number: int) -> None:
    """Lock a file for this process, or raise OSError at once."""
    try:
        import fcntl
    except ImportError:  # Windows, where a byte far behind the content is locked, so that the content can be read
        import msvcrt

        os.lseek(number, 1 << 30, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
