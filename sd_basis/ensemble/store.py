"""The store of an ensemble: a folder with manifest.json and one .npz file for each chunk, whose name ends in the digest of its content.

A file is whole or absent. What an interruption left is cleared and the rest computed when the same sweep is started again. A chunk whose
content is not that of its name is damaged: it is named in `warnings`, removed and computed again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import BasisError, InputError
from ..storage import output_folder, strict_json, write_atomic
from .chunks import Chunk, unpacked
from .locking import Lock

MANIFEST = "manifest.json"
_CHUNK = re.compile(r"chunk-(\d{6,})-([0-9a-f]{32})\.npz")
_UNFINISHED = re.compile(rf"\.({_CHUNK.pattern}|manifest\.json)\.[0-9a-f]{{8}}")
FORMAT = 1  # of manifest and chunks


class Held:
    """The chunks of an ensemble in memory; `Store` keeps them in a folder."""

    def __init__(self, chunks: int):
        self.chunks = chunks
        self.warnings: list[str] = []
        self._contents: dict[int, bytes] = {}

    def __enter__(self) -> Held:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    @property
    def missing(self) -> list[int]:
        """The numbers of the chunks that are still to be computed."""
        return [number for number in range(self.chunks) if number not in self._contents]

    def keep(self, number: int, content: bytes) -> None:
        """Keep the content of a chunk, for good."""
        self._contents[number] = content

    def chunk(self, number: int) -> Chunk:
        """Return a chunk that was kept."""
        return unpacked(self._contents[number])

    def each(self) -> Iterator[Chunk]:
        """Give every chunk, one after the other."""
        for number in range(self.chunks):
            yield self.chunk(number)


class Store(Held):
    """The chunks of an ensemble in a folder; `about` is what they hang on. To be used in a `with` block, which holds the folder's lock.

    Raises InputError where the folder holds something else, cannot be written, or is in use.
    """

    def __init__(self, folder: str | Path, chunks: int, about: dict[str, Any]):
        super().__init__(chunks)
        self.folder = output_folder(folder)
        self.about = json.loads(strict_json(about))
        self._names: dict[int, str] = {}

    def __enter__(self) -> Store:
        self._lock = Lock(self.folder)
        try:
            self._open()
        except BaseException:
            self._lock.free()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.free()

    def _open(self) -> None:
        kept = stored_manifest(self.folder)
        names = chunk_names(self.folder)
        if kept is None and names:
            raise InputError(f"store {self.folder}: it holds chunks without {MANIFEST}; choose another folder, or remove it")
        if kept is not None and kept != self.about:
            raise InputError(f"store {self.folder}: {_differing(kept, self.about)}; give the same settings, or choose another folder")
        for path in self.folder.iterdir():
            if _UNFINISHED.fullmatch(path.name):
                path.unlink(missing_ok=True)
        if kept is None:
            self._written(MANIFEST, (strict_json(self.about) + "\n").encode())
        if self._lock.left:
            self.warnings.append(f"store {self.folder}: {self._lock.left} ended while it wrote to it; it goes on from there")
        for number, name in names:
            if _digest((self.folder / name).read_bytes()) == _CHUNK.fullmatch(name)[2]:  # type: ignore[index]
                self._names[number] = name
            else:
                self.warnings.append(f"store {self.folder}: {name} is damaged; its runs are computed again")
                (self.folder / name).unlink()

    @property
    def missing(self) -> list[int]:
        """The numbers of the chunks that are still to be computed."""
        return [number for number in range(self.chunks) if number not in self._names]

    def keep(self, number: int, content: bytes) -> None:
        """Write a chunk; raise BasisError where it cannot be written."""
        name = f"chunk-{number:06d}-{_digest(content)}.npz"
        self._written(name, content)
        self._names[number] = name

    def chunk(self, number: int) -> Chunk:
        """Return a chunk that was kept; raise InputError where it is damaged."""
        return read_chunk(self.folder, self._names[number])

    def _written(self, name: str, content: bytes) -> None:
        try:
            write_atomic(self.folder / name, content)
        except OSError as error:
            raise BasisError(f"store {self.folder}: {name} cannot be written ({error.strerror}) after {len(self._names)} of {self.chunks} chunks; make room "
                             "and give the same command again, which goes on from there") from None


def stored_manifest(folder: str | Path) -> dict[str, Any] | None:
    """Return what the chunks in a folder hang on, None where it holds no store; raise InputError where that cannot be read."""
    try:
        found = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"store {folder}: {MANIFEST} cannot be read ({error}); choose another folder, or remove it") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(f"store {folder}: {MANIFEST} is not that of a sweep of this version; choose another folder")
    return found


def chunk_names(folder: Path) -> list[tuple[int, str]]:
    """Return the numbers and names of the chunks in a folder, in their order."""
    found = [match for path in folder.iterdir() if (match := _CHUNK.fullmatch(path.name))]
    return sorted((int(match[1]), match[0]) for match in found)


def read_chunk(folder: Path, name: str) -> Chunk:
    """Return a chunk of a folder; raise InputError where it is damaged."""
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise InputError(f"store {folder}: {name} cannot be read ({error.strerror}); sweep again, which computes what is missing") from None
    if _digest(content) != _CHUNK.fullmatch(name)[2]:  # type: ignore[index]
        raise InputError(f"store {folder}: {name} is damaged; sweep again with the same settings, which computes it anew")
    return unpacked(content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


_SPOKEN = {"model_hash": "version of the model, or values in it", "case_hash": "version of the case", "settings_hash": "setting of its runs", "over": "design"}


def _differing(kept: dict[str, Any], asked: dict[str, Any]) -> str:
    """Return what of a store differs from what is asked for, in words; what only follows from other differences is left out."""
    names = [name for name in dict.fromkeys((*asked, *kept)) if kept.get(name) != asked.get(name)]
    hidden = {"design", "axes", "groups", *({"settings_hash"} if len(names) > 1 else ())}
    told = [_SPOKEN.get(name, name.replace("_", " ")) + ("" if name.endswith("_hash") else f" ({_short(kept.get(name))}, not {_short(asked.get(name))})")
            for name in names if name not in hidden or len(names) == 1]
    return f"it was made with another {' and another '.join(told[:3])}"


def _short(value: Any) -> str:
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list) else "none" if value is None else str(value)
