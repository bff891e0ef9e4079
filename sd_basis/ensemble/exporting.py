"""Results written to one file, chunk by chunk: parquet, netCDF, or CSV, which needs no extra."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, missing_extra, unknown
from ..storage import manifest_path, strict_json, write_atomic
from .chunks import Chunk
from .columns import code_names, codes, numbered, table

Chunks = Iterable[Chunk]


def exporter(path: Path) -> Callable[[Path, dict[str, Any], Chunks], None]:
    """Return the function that writes a file, by the end of its name; raise InputError for another end or where a package is missing."""
    known: dict[str, tuple[Callable, tuple[str, ...]]] = {".parquet": (_parquet, ("pyarrow",)), ".nc": (_netcdf, ("netCDF4",)), ".csv": (_csv, ())}
    if path.suffix not in known:
        raise unknown(f"--export {path}", "kind of file", path.suffix or "without an end", known)
    write, packages = known[path.suffix]
    for package in packages:
        try:
            __import__(package)
        except ImportError:
            raise missing_extra(f"--export {path}", package, "data") from None
    return write


def export(path: str | Path, about: dict[str, Any], chunks: Chunks) -> Path:
    """Write the results to one file, whole or not at all, with the manifest inside or beside it; raise InputError where it cannot be written."""
    path = Path(path)
    write = exporter(path)
    try:
        with _whole(path) as temporary:
            write(temporary, about, chunks)
        if path.suffix == ".csv":
            write_atomic(manifest_path(path), strict_json(about) + "\n")
    except OSError as error:
        raise InputError(f"--export {path}: it cannot be written ({error.strerror or error}); choose another place") from None
    return path


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _csv(path: Path, about: dict[str, Any], chunks: Chunks) -> None:
    with path.open("x", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, chunk in enumerate(chunks):
            found = table(about, chunk)
            if not number:
                writer.writerow(found)
            columns = [["" if value != value else repr(value) for value in column.tolist()] if column.dtype.kind == "f" else column.tolist()
                       for column in found.values()]
            writer.writerows(zip(*columns, strict=True))


def _parquet(path: Path, about: dict[str, Any], chunks: Chunks) -> None:
    import pyarrow
    import pyarrow.parquet

    writer = None
    try:
        for chunk in chunks:
            found = table(about, chunk)
            if writer is None:
                fields = [pyarrow.field(name, pyarrow.string() if column.dtype == object else pyarrow.float64()) for name, column in found.items()]
                schema = pyarrow.schema(fields, metadata={"manifest": strict_json(about)})
                writer = pyarrow.parquet.ParquetWriter(path, schema)
            writer.write_table(pyarrow.table([pyarrow.array(column, field.type) for column, field in zip(found.values(), schema, strict=True)], schema=schema))
    finally:
        if writer is not None:
            writer.close()


def _netcdf(path: Path, about: dict[str, Any], chunks: Chunks) -> None:
    """Write variables along the dimension `run`; outcomes are numbers with their meanings as attributes, and so are reasons."""
    import netCDF4

    reasons: dict[str, int] = {"": 0}
    with netCDF4.Dataset(path, "w") as file:
        file.manifest = strict_json(about)
        file.createDimension("run", about["runs"])
        start = 0
        for chunk in chunks:
            whole = {name: column.astype(float) for name, column in numbered(about, chunk).items()}
            whole |= {name: column.astype(np.int16) for name, column in codes(about, chunk).items()}
            for reason in chunk.batch.reasons:
                reasons.setdefault(reason, len(reasons))
            whole["reason"] = np.array([reasons[reason] for reason in chunk.batch.reasons], np.int32)
            if not start:
                for name, column in whole.items():
                    file.createVariable(name, column.dtype, ("run",), zlib=True)
                for name, names in zip(codes(about, chunk), code_names(about), strict=True):
                    file[name].flag_values = np.array([*range(len(names) - 1), -1], np.int16)
                    file[name].flag_meanings = " ".join(text.replace(" ", "_") for text in names)
            for name, column in whole.items():
                file[name][start:start + len(column)] = column
            start += len(chunk.rows)
        file["reason"].meanings = json.dumps(list(reasons))
