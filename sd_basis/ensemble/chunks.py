"""Chunks: some rows of an ensemble and what came of them as the bytes of an .npz file, equal for equal results."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import numpy as np

from .job import Batch, Job

_ARRAYS = ("codes", "decided", "values", "lowest", "highest")


@dataclass(frozen=True)
class Chunk:
    """Rows (runs, columns) with their batch."""

    rows: np.ndarray
    batch: Batch

    @property
    def failed(self) -> np.ndarray:
        """Which runs failed."""
        return np.array([bool(reason) for reason in self.batch.reasons], bool)


def bytes_per_run(job: Job) -> int:
    """Return the bytes that a run takes in a store."""
    groups, kept = len(job.groups), len(job.keep)
    return 8 * len(job.columns) + 10 * groups + kept * (8 * len(job.looked_at) + 16) + 4


def packed(chunk: Chunk) -> bytes:
    """Return a chunk as the content of an .npz file that holds plain arrays alone; reasons are numbered, and 0 is none."""
    reasons = list(dict.fromkeys(filter(None, chunk.batch.reasons)))
    numbers = {"": 0, **{reason: number for number, reason in enumerate(reasons, 1)}}
    file = io.BytesIO()
    np.savez(file, rows=chunk.rows, **{name: getattr(chunk.batch, name) for name in _ARRAYS},
             reason=np.array([numbers[reason] for reason in chunk.batch.reasons], np.int32),
             reasons=np.frombuffer(json.dumps(reasons).encode(), np.uint8))
    return file.getvalue()


def unpacked(content: bytes) -> Chunk:
    """Return the chunk of the content of an .npz file."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        reasons = ["", *json.loads(file["reasons"].tobytes())]
        arrays = {name: file[name] for name in _ARRAYS}
        return Chunk(file["rows"], Batch(**arrays, reasons=tuple(reasons[number] for number in file["reason"])))


def joined(chunks: list[Chunk]) -> Chunk:
    """Return several chunks as one."""
    batches = [chunk.batch for chunk in chunks]
    arrays = {name: np.concatenate([getattr(batch, name) for batch in batches]) for name in _ARRAYS}
    return Chunk(np.concatenate([chunk.rows for chunk in chunks]), Batch(**arrays, reasons=tuple(reason for batch in batches for reason in batch.reasons)))
