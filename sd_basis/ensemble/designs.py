"""Designs: which runs an ensemble has. Any stretch of rows is computed from its numbers alone, without the others."""

from __future__ import annotations

import hashlib
import math
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputError, unknown
from .axes import Range, Steps

LHS, SOBOL = "lhs", "sobol"
KINDS = (LHS, SOBOL)


@dataclass(frozen=True)
class Grid:
    """Every combination of the steps; the last axis moves fastest."""

    axes: tuple[Steps, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(axis.name for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of steps along each axis."""
        return tuple(axis.count for axis in self.axes)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return math.prod(self.shape)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from start up to stop (rows, columns)."""
        places = np.unravel_index(np.arange(start, min(stop, self.runs)), self.shape)
        return np.column_stack([axis.at(place) for axis, place in zip(self.axes, places, strict=True)])

    @property
    def text(self) -> str:
        """The design in words."""
        return " x ".join(axis.text for axis in self.axes)

    def document(self) -> dict[str, Any]:
        """Return the design as plain numbers and texts."""
        axes = [{**asdict(axis), "listed": [None if math.isnan(value) else value for value in axis.listed]} for axis in self.axes]
        return {"kind": "grid", "axes": axes}


@dataclass(frozen=True)
class Sample:
    """Points drawn from ranges: a Latin hypercube, in which each of `runs` equal strata of every axis holds one point, or scrambled Sobol points."""

    axes: tuple[Range, ...]
    runs: int
    seed: int = 0
    kind: str = LHS

    def __post_init__(self):
        if self.kind not in KINDS:
            raise unknown("sample", "design", self.kind, KINDS)
        if not 1 <= self.runs <= 2**30:
            raise InputError(f"sample: {self.runs} runs; give a number between 1 and {2**30}")
        if self.seed < 0:
            raise InputError(f"sample: the seed {self.seed} is negative; give a whole number from zero on")

    @property
    def columns(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(axis.name for axis in self.axes)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from start up to stop (rows, columns)."""
        shares = (self._sobol if self.kind == SOBOL else self._hypercube)(start, min(stop, self.runs))
        return np.column_stack([axis.at(shares[:, place]) for place, axis in enumerate(self.axes)])

    def _sobol(self, start: int, stop: int) -> np.ndarray:
        from scipy.stats import qmc

        points = qmc.Sobol(len(self.axes), scramble=True, rng=np.random.default_rng(self.seed))
        with warnings.catch_warnings():  # that their number is no power of two: the command says so once
            warnings.simplefilter("ignore", UserWarning)
            return points.fast_forward(start).random(stop - start) if start else points.random(stop)

    def _hypercube(self, start: int, stop: int) -> np.ndarray:
        """Return shares of a Latin hypercube; scipy's own is made whole or not at all."""
        rows = np.arange(start, stop, dtype=np.uint64)
        strata = [_shuffled(rows, self.runs, _key(self.seed, 2 * place)) for place in range(len(self.axes))]
        within = [_hashed(rows, _key(self.seed, 2 * place + 1)) for place in range(len(self.axes))]
        return np.column_stack([(stratum + (inside >> np.uint64(11)) * 2.0**-53) / self.runs for stratum, inside in zip(strata, within, strict=True)])

    @property
    def text(self) -> str:
        """The design in words."""
        return f"{self.kind} points (seed {self.seed}) of {', '.join(axis.text for axis in self.axes)}"

    def document(self) -> dict[str, Any]:
        """Return the design as plain numbers and texts."""
        return {"kind": self.kind, "sample": self.runs, "seed": self.seed, "axes": [asdict(axis) for axis in self.axes]}


@dataclass(frozen=True, eq=False)
class Points:
    """Points that an analysis chose: `shares` (runs, axes) of the ranges, between 0 and 1, and in `said` how they were chosen."""

    axes: tuple[Range, ...]
    shares: np.ndarray
    said: str

    @property
    def columns(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(axis.name for axis in self.axes)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.shares)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from start up to stop (rows, columns)."""
        return np.column_stack([axis.at(self.shares[start:stop, place]) for place, axis in enumerate(self.axes)])

    @property
    def text(self) -> str:
        """The design in words."""
        return f"{self.said} of {', '.join(axis.text for axis in self.axes)}"

    def document(self) -> dict[str, Any]:
        """Return the design as plain numbers and texts; the points themselves stand in as a digest."""
        digest = hashlib.sha256(np.ascontiguousarray(self.shares).tobytes()).hexdigest()[:32]
        return {"kind": "points", "said": self.said, "points": digest, "axes": [asdict(axis) for axis in self.axes]}


@dataclass(frozen=True, eq=False)
class Given:
    """Rows of values (runs, columns) as they are given, and in `said` what they are."""

    columns: tuple[str, ...]
    values: np.ndarray
    said: str

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.values)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from start up to stop (rows, columns)."""
        return self.values[start:stop]

    @property
    def text(self) -> str:
        """The design in words."""
        return f"{self.said} of {', '.join(self.columns)}"

    def document(self) -> dict[str, Any]:
        """Return the design as plain texts; the values themselves stand in as a digest."""
        digest = hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()[:32]
        return {"kind": "given", "said": self.said, "values": digest, "axes": list(self.columns)}


Design = Grid | Sample | Points | Given


def design_of(axes: list[Steps | Range], sample: int | None, seed: int = 0, kind: str = LHS) -> Design:
    """Return the grid of axes of steps, or where `sample` is a number of runs the sample of axes of ranges."""
    steps, ranges = [axis for axis in axes if isinstance(axis, Steps)], [axis for axis in axes if isinstance(axis, Range)]
    made: Design = Grid(tuple(steps)) if sample is None else Sample(tuple(ranges), sample, seed, kind)
    if made.runs >= 2**62:
        raise InputError(f"sweep: a grid of {made.runs:.3g} runs can never be computed; give fewer steps, or a sample of it")
    return made


def _key(seed: int, place: int) -> int:
    return int(_hashed(np.array([seed & 0xFFFFFFFFFFFFFFFF], np.uint64), 0x9E3779B97F4A7C15 * (place + 1) & 0xFFFFFFFFFFFFFFFF)[0])


def _hashed(numbers: np.ndarray, key: int) -> np.ndarray:
    """Return 64 bits for each whole number: the finaliser of splitmix64 (Steele, Lea and Flood 2014), twice."""
    z = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    for _ in range(2):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z


def _shuffled(numbers: np.ndarray, count: int, key: int) -> np.ndarray:
    """Return where a permutation of 0 to count - 1 sends each number: a Feistel cipher, walked until it is within the range (Black and Rogaway 2002)."""
    half = np.uint64(max(((count - 1).bit_length() + 1) // 2, 1))
    mask = np.uint64((1 << int(half)) - 1)
    found, outside = numbers.copy(), np.ones(len(numbers), bool)
    while outside.any():
        left, right = found[outside] >> half, found[outside] & mask
        for turn in range(8):
            left, right = right, left ^ (_hashed(right, (key + turn) & 0xFFFFFFFFFFFFFFFF) & mask)
        found[outside] = (left << half) | right
        outside = found >= np.uint64(count)
    return found
