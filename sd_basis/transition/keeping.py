"""The store of a map: one file of JSON lines, a header that says of what, then one line for each point as it comes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ..compiled import fingerprint
from ..errors import InputError
from ..manifest import tables_of, versions
from ..storage import output_folder
from .scene import Scene

_FILE = "phase_map.jsonl"


def described(scene: Scene, axes: Sequence[str], delay: float | None, longest: float) -> dict[str, Any]:
    """Return what the points of a map hang on: versions, model, case and settings, as short texts and digests."""
    model, case, moved = scene.model, scene.case, scene.moved
    values = sorted({**{parameter.name: parameter.value for parameter in model.parameters}, **model.values, **scene.set}.items())
    starts = [(stock.name, str(stock.initial), stock.scale, stock.nonnegative) for stock in model.stocks]
    dates = [(item.name, *(str(getattr(item, name, None)) for name in ("start", "end", "duration", "at", "rearm")))
             for item in (*model.policies.values(), *model.impulses.values(), *((moved,) if moved is not None else ()),
                          *(item for item in scene.policies if not isinstance(item, str)))]
    outcomes = [(item.name, item.group, item.absorbing, item.lasting, item.always, str(item.when), str(item.once)) for item in model.outcomes]
    initial = scene.initial if isinstance(scene.initial, str) else sorted((str(name), float(value)) for name, value in (scene.initial or {}).items())
    begins = case.initial if isinstance(case.initial, str) else sorted(case.initial.items())
    settings = (scene.group, None if moved is None else moved.name, [str(getattr(item, "name", item)) for item in scene.policies], initial, scene.method,
                scene.rtol, delay, longest, scene.start, scene.end)
    about = (case.name, case.origin, case.span, sorted(case.values.items()), begins, case.shocks, case.policies, case.shift)
    return {**versions(), "model": model.name, "model_hash": _digest(fingerprint(model), values, starts, tables_of(model), dates, outcomes), "case": case.name,
            "case_hash": _digest(about), "settings": _digest(settings), "axes": list(axes)}


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


class Kept:
    """The points kept in a folder, by their values on both axes; without a folder nothing is kept. To be used in a `with` block.

    A last line that was torn by an interruption is dropped. Raises InputError where the folder holds a map of something else.
    """

    def __init__(self, folder: str | Path | None, about: dict[str, Any]):
        self.points: dict[tuple[float, float], dict[str, Any]] = {}
        self._file: Any = None
        if folder is None:
            return
        path = output_folder(folder, "store") / _FILE
        header, whole = self._read(path)
        if header is not None and header != about:
            differing = next((name for name in about if header.get(name) != about[name]), "contents")
            raise InputError(f"store {path}: it holds a map of something else (its {differing.replace('_', ' ')} differs); choose another folder, or remove it")
        self._file = path.open("r+b" if path.exists() else "x+b")
        self._file.truncate(whole)
        self._file.seek(whole)
        if header is None:
            self._write(about)

    def _read(self, path: Path) -> tuple[dict[str, Any] | None, int]:
        """Return the header and the length of what is whole."""
        if not path.exists():
            return None, 0
        header, whole = None, 0
        content = path.read_bytes()
        for line in content.splitlines(keepends=True):
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if not isinstance(entry, dict):
                if whole + len(line) < len(content):
                    raise InputError(f"store {path}: it is damaged after {len(self.points)} points; remove it, or choose another folder") from None
                break
            if header is None:
                header = entry
            else:
                self.points[float(entry["x"]), float(entry["y"])] = entry
            whole += len(line)
        return header, whole

    def keep(self, entry: dict[str, Any]) -> None:
        """Keep one point, at once and for good."""
        self.points[entry["x"], entry["y"]] = entry
        if self._file is not None:
            self._write(entry)

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry, allow_nan=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
