"""The results of an ensemble: arrays of all runs, as tables of pandas and xarray, and counts of how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, missing_extra
from ..storage import strict_json
from .checking import Difference
from .chunks import Chunk, joined
from .columns import FAILED, code_names, codes, numbered, table
from .exporting import export
from .store import chunk_names, read_chunk, stored_manifest


@dataclass(frozen=True)
class Counts:
    """How the runs of an ensemble ended: how many failed, for which reasons, how many of each group came to which code, and the ends of what was kept."""

    runs: int
    failures: dict[str, int]
    outcomes: dict[str, dict[str, int]]
    kept: dict[str, dict[str, float | None]]

    @property
    def failed(self) -> int:
        """The number of runs that failed."""
        return sum(self.failures.values())


def counted(about: dict[str, Any], chunks: Iterable[Chunk]) -> Counts:
    """Count how runs ended, one chunk after the other."""
    runs, failures = 0, Counter[str]()
    numbers = {group: np.zeros(len(names) + 1, np.int64) for group, names in about["groups"].items()}
    ends: dict[str, list[np.ndarray]] = {name: [] for name in about["keep"]}
    for chunk in chunks:
        runs += len(chunk.rows)
        failures.update(filter(None, chunk.batch.reasons))
        for group, found in zip(numbers, codes(about, chunk).values(), strict=True):
            np.add.at(numbers[group], found, 1)
        for place, name in enumerate(about["keep"]):
            last = chunk.batch.values[:, place, -1]
            last = last[np.isfinite(last)]
            if len(last):
                ends[name].append(np.array([len(last), last.sum(), last.min(), last.max(), chunk.batch.lowest[~chunk.failed, place].min(),
                                            chunk.batch.highest[~chunk.failed, place].max()]))
    outcomes = {group: {str(code): int(count) for code, count in zip(names, numbers[group], strict=True) if count}
                for group, names in zip(numbers, code_names(about), strict=True)}
    return Counts(runs, dict(failures.most_common()), outcomes, {name: _kept(np.array(parts)) for name, parts in ends.items()})


def _kept(parts: np.ndarray) -> dict[str, float | None]:
    names = ("mean", "least", "most", "lowest", "highest")
    if not len(parts):
        return dict.fromkeys(names)
    count, total, least, most, lowest, highest = parts.T
    found = (total.sum() / count.sum(), least.min(), most.max(), lowest.min(), highest.max())
    return {name: float(value) if np.isfinite(value) else None for name, value in zip(names, found, strict=True)}


@dataclass(frozen=True)
class Ensemble:
    """Many runs of a case: `rows` are what was varied, the other arrays what came of it, in the same order; `about` is the manifest.

    `difference` is that from LSODA, None where it was not looked at.
    """

    about: dict[str, Any]
    whole: Chunk = field(repr=False)
    difference: Difference | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: str | Path) -> Ensemble:
        """Return the ensemble of a store, without its model; raise InputError where the folder holds none, or a part of one."""
        about = stored_manifest(folder)
        if about is None:
            raise InputError(f"store {folder}: it holds no sweep; give the folder that sd-basis sweep --out wrote")
        names = chunk_names(Path(folder))
        if [number for number, _ in names] != list(range(-(-about["runs"] // about["chunk"]))):
            raise InputError(f"store {folder}: its sweep is not finished; give the same command again, which goes on from there")
        return cls(about, joined([read_chunk(Path(folder), name) for _, name in names]))

    @property
    def rows(self) -> np.ndarray:
        """What was varied (runs, columns)."""
        return self.whole.rows

    @property
    def codes(self) -> np.ndarray:
        """The outcome of each group (runs, groups), as numbers into `groups`."""
        return self.whole.batch.codes

    @property
    def decided(self) -> np.ndarray:
        """The model times at which outcomes were decided (runs, groups), nan where they were not."""
        return self.whole.batch.decided

    @property
    def values(self) -> np.ndarray:
        """What was kept (runs, kept, times), nan where a run failed."""
        return self.whole.batch.values

    @property
    def lowest(self) -> np.ndarray:
        """The least value of what was kept along each run (runs, kept)."""
        return self.whole.batch.lowest

    @property
    def highest(self) -> np.ndarray:
        """The greatest value of what was kept along each run (runs, kept)."""
        return self.whole.batch.highest

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why each run failed, empty where it did not."""
        return self.whole.batch.reasons

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what was varied."""
        return tuple(self.about["columns"])

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The codes of each group of outcomes."""
        return {group: tuple(names) for group, names in self.about["groups"].items()}

    @property
    def keep(self) -> tuple[str, ...]:
        """The names of the quantities that were kept."""
        return tuple(self.about["keep"])

    @property
    def times(self) -> tuple[float, ...]:
        """The model times at which they were."""
        return tuple(self.about["times"])

    @property
    def shape(self) -> tuple[int, ...]:
        """The steps of a grid along each of its axes, the number of runs of a sample."""
        design = self.about["design"]
        return tuple(axis["count"] for axis in design["axes"]) if design["kind"] == "grid" else (self.about["runs"],)

    @cached_property
    def counts(self) -> Counts:
        """How the runs ended."""
        return counted(self.about, [self.whole])

    def outcome(self, group: str | None = None) -> np.ndarray:
        """Return the outcome of every run as text, "failed" where it failed; by default of the first group."""
        groups = list(self.about["groups"])
        if not groups or (group is not None and group not in groups):
            raise InputError(f"ensemble: no group of outcomes {group!r}; choose one of: {', '.join(groups) or 'none is declared'}")
        place = 0 if group is None else groups.index(group)
        return code_names(self.about)[place][np.where(self.whole.failed, -1, self.codes[:, place])]

    def export(self, path: str | Path) -> Path:
        """Write FILE.parquet, FILE.nc (both need the extra `data`) or FILE.csv and return its path."""
        return export(path, self.about, [self.whole])

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a row for each run, the manifest as JSON in `attrs`; needs the extra `data`."""
        try:
            import pandas
        except ImportError:
            raise missing_extra("to_pandas", "pandas", "data") from None
        frame = pandas.DataFrame(table(self.about, self.whole), index=pandas.RangeIndex(len(self.rows), name="run"))
        frame.attrs["manifest"] = strict_json(self.about)
        return frame

    def to_xarray(self) -> Any:
        """Return an xarray Dataset over the axes of a grid, or over `run`, with the manifest in `attrs`; needs the extra `data`."""
        try:
            import xarray
        except ImportError:
            raise missing_extra("to_xarray", "xarray", "data") from None
        grid = self.about["design"]["kind"] == "grid"
        dims, shape = (self.columns if grid else ("run",)), self.shape
        names = {name: code_names(self.about)[place][column] for place, (name, column) in enumerate(codes(self.about, self.whole).items())}
        flat = {name: column for name, column in (numbered(self.about, self.whole) | names).items() if not (grid and name in self.columns)}
        variables = {name: (dims, column.reshape(shape)) for name, column in flat.items()}
        coords = {} if not grid else {name: np.moveaxis(self.rows[:, place].reshape(shape), place, 0).reshape(shape[place], -1)[:, 0]
                                      for place, name in enumerate(self.columns)}
        return xarray.Dataset(variables, coords=coords, attrs={"manifest": strict_json(self.about)})

    def __repr__(self) -> str:
        told = "; ".join(f"{group} {', '.join(f'{code} {count}' for code, count in found.items())}" for group, found in self.counts.outcomes.items())
        return f"<Ensemble of {self.counts.runs} runs, {self.counts.failed} {FAILED}; {told or 'no outcomes'}>"
