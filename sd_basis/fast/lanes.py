"""How the compiled loop finds its numbers: a few arrays in place of many, whose parts have their places in the first of them.

`i` holds addresses, whole numbers that are the same for every run, and the places of everything else; `r` such real numbers. `w` are the vectors
of the lanes, one row a number and one column a lane, and `s` whole numbers by lane; `b` the runs' own numbers, one row a run, and `o` what comes
out of them. (numba takes its time over functions of many arrays.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .kernels import FUNCTIONS, LANES, PROGRAMS, Kernels

ARRAYS = ("t", "x", "u", "f", "b", "ft", "k", "slopes", "factors", "dense", "y", "p", "tolerance", "h", "inverse", "pace", "rtol", "least", "error",
          "share", "time", "scratch", *(f"{name}_constants" for name in PROGRAMS), *(f"{name}_out" for name in PROGRAMS))
REASONS = ("", "a rate is not finite", "the step size became too small", "more than 200000 steps were needed",
           "stock {stock!r} is declared non-negative but falls below zero there; let its outflows vanish with it",
           "an equation switches back and forth there", "more than 20000 switches were needed", "the delay of a trigger is negative there")
INSIDE = (0.02, 0.2, 0.4, 0.6, 0.8, 0.98, 1.0)  # where the outcomes' regions are looked at within a step
WATCHED = (0.146, 0.5, 0.854, 1.0)  # where what makes the rates jump is looked at

NOW = ("start", "end", "last", "accepted", "former", "cut", "chatter", "wanted")  # the first rows of w
HERE = ("run", "segment", "state", "fresh", "dated", "moving", "steps", "bad", "rejected", "lost", "sample", "crossings", "switches", "done", "taken",
        "row")  # and of s
FUNCTION = len(ARRAYS)

_facts = ("stocks", "inputs", "computed", "conditions", "rows", "timed", "early", "observing", "groups", "amounts", "places", "nonnegative", "kept",
          "times", "kinds", "level_starts", "levels", "above", "periods", "mode_places", "moved", "amount_starts", "lasting_rows", "lasting",
          "absorbing_rows", "absorbing_groups", "triggers", "durations", "answer_starts", "answer_places", "pattern")
_first = FUNCTION + len(FUNCTIONS)
# a number has two places, itself and nothing; an array has the place where it begins, in i or in r, and its length
(A_STOCKS, A_INPUTS, A_COMPUTED, A_CONDITIONS, A_ROWS, A_TIMED, A_EARLY, A_OBSERVING, A_GROUPS, A_AMOUNTS, A_PLACES, A_NONNEGATIVE, A_KEPT, A_TIMES, A_KINDS,
 A_LEVEL_STARTS, A_LEVELS, A_ABOVE, A_PERIODS, A_MODE_PLACES, A_MOVED, A_AMOUNT_STARTS, A_LASTING_ROWS, A_LASTING, A_ABSORBING_ROWS, A_ABSORBING_GROUPS,
 A_TRIGGERS, A_DURATIONS, A_ANSWER_STARTS, A_ANSWER_PLACES, A_PATTERN) = range(_first, _first + 2 * len(_facts), 2)
_first += 2 * len(_facts)
_runs = ("x", "atol", "base", "ends", "segments", "values", "slopes", "kicks")
B_X, B_ATOL, B_BASE, B_ENDS, B_SEGMENTS, B_VALUES, B_SLOPES, B_KICKS = range(_first, _first + 8)
_first += 8
_found = ("status", "stopped", "stock", "due", "steps", "first", "since", "outside", "stays", "values", "lowest", "highest")
(O_STATUS, O_STOPPED, O_STOCK, O_DUE, O_STEPS, O_FIRST, O_SINCE, O_OUTSIDE, O_STAYS, O_VALUES, O_LOWEST, O_HIGHEST) = range(_first, _first + 12)
_first += 12
_vectors = ("t", "x", "f", "b", "ft", "k", "slopes", "y", "p", "tolerance", "h", "inverse", "pace", "rtol", "least", "error", "share", "time",
            "margins_out", "watch_out", "observe_out", "modes_out", "amounts_out", "answers_out", "looks", "seen", "before", "watched",
            "fired", "pending", "whole")
(W_T, W_X, W_F, W_B, W_FT, W_K, W_SLOPES, W_Y, W_P, W_TOLERANCE, W_H, W_INVERSE, W_PACE, W_RTOL, W_LEAST, W_ERROR, W_SHARE, W_TIME,
 W_MARGINS, W_WATCH, W_OBSERVED, W_MODES, W_AMOUNTS, W_ANSWERS, W_LOOKS, W_SEEN, W_BEFORE, W_WATCHED, W_FIRED, W_PENDING, W_WHOLE) = range(_first, _first + 31)
_first += 31
S_INSIDE, S_MODE, S_ARMED, S_TURNS, S_KICKS, S_ALREADY = range(_first, _first + 6)
_length = _first + 6
R_START, R_END, R_NEAREST, R_RTOL, R_TRUSTED = range(5)


@dataclass(frozen=True)
class Facts:
    """What is the same for every run of a job: the head of `i`, `r`, and the sizes of everything by lane and by run."""

    whole: np.ndarray
    real: np.ndarray
    vectors: dict[str, int]
    runs: dict[str, int]
    found: dict[str, int]
    states: tuple[int, ...]


def facts(kernels: Kernels, numbers: Mapping[str, int], whole: Mapping[str, np.ndarray], real: Mapping[str, np.ndarray], span: tuple[float, ...],
          segments: int) -> Facts:
    """Return the facts of a job from its numbers and its arrays of whole and of real numbers; `span` is start, end, nearest, rtol, the least trusted pivot."""
    head = np.zeros(_length, np.int64)
    head[FUNCTION:FUNCTION + len(FUNCTIONS)] = [kernels.addresses[name] for name in FUNCTIONS]
    parts, reals = [head], [np.array(span, float)]
    for place, name in zip(range(A_STOCKS, A_PATTERN + 1, 2), _facts, strict=True):
        if name in numbers:
            head[place] = numbers[name]
            continue
        own, kind = (whole[name], parts) if name in whole else (real[name], reals)
        head[place:place + 2] = sum(map(len, kind)), len(own)
        kind.append(np.asarray(own, np.int64 if name in whole else float))
    n, rows, conditions, inputs = (numbers[name] for name in ("stocks", "rows", "conditions", "inputs"))
    count, items, kept = len(whole["places"]), len(real["durations"]), len(whole["kept"])
    vectors = dict.fromkeys(ARRAYS, 1) | {
        "x": n, "u": n, "f": n, "b": n, "ft": 2 * n, "k": 8 * n, "slopes": len(whole["pattern"]) // 2, "factors": kernels.factors, "dense": 3 * n, "y": n,
        "p": inputs, "tolerance": 2 * n, "scratch": kernels.scratch, "looks": len(INSIDE) * conditions, "seen": 4 * rows, "before": conditions,
        "watched": rows, "fired": 2 * items, "pending": items, "whole": n * n}
    vectors |= {f"{name}_constants": kernels.constants[name] for name in PROGRAMS} | {f"{name}_out": kernels.outputs[name] for name in PROGRAMS}
    impulses = len(whole["amount_starts"]) - 1
    runs = dict(zip(_runs, (n, n, inputs, segments, 1, segments * count, segments * count, segments * impulses), strict=True))
    out = dict(zip(_found, (1, 1, 1, 1, 1, conditions, conditions, conditions, len(real["lasting"]), kept * len(real["times"]), kept, kept), strict=True))
    head[B_X:B_X + len(runs)] = np.cumsum([0, *runs.values()])[:-1]
    head[O_STATUS:O_STATUS + len(out)] = np.cumsum([0, *out.values()])[:-1]
    return Facts(np.concatenate(parts), np.concatenate(reals), vectors, runs, out, (conditions, rows, items, n, impulses, items))


def lanes(made: Facts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return `i`, `w` and `s` of one thread."""
    size = len(NOW) + sum(max(rows, 1) for rows in made.vectors.values())
    space = np.zeros((size + 8) * LANES)
    first = -(space.ctypes.data // 8) % (8 * LANES)
    vectors = space[first:first + size * LANES].reshape(size, LANES)
    whole, place, own = made.whole.copy(), len(NOW), {}
    for name, rows in made.vectors.items():
        own[name] = place
        place += max(rows, 1)
    whole[:len(ARRAYS)] = [vectors[own[name]:].ctypes.data for name in ARRAYS]
    whole[W_T:W_T + len(_vectors)] = [own[name] for name in _vectors]
    places = len(HERE) + np.cumsum([0, *made.states])
    whole[S_INSIDE:S_INSIDE + 6] = places[:6]
    vectors[own["rtol"]] = made.real[R_RTOL]
    vectors[own["tolerance"]:own["tolerance"] + 2 * made.states[3]] = vectors[own["h"]] = 1.0
    return whole, vectors, np.zeros((int(places[-1]), LANES), np.int64)


def run_rows(made: Facts, **given: np.ndarray) -> np.ndarray:
    """Return `b` from the numbers of the runs by name, each with runs first."""
    runs = len(given["x"])
    return np.ascontiguousarray(np.concatenate([np.asarray(given[name], float).reshape(runs, -1) for name in made.runs], axis=1))


def room(made: Facts, runs: int) -> np.ndarray:
    """Return `o` for some runs, with nothing in it."""
    empty = {"status": 0.0, "stock": 0.0, "due": 0.0, "steps": 0.0, "outside": 0.0, "lowest": np.inf, "highest": -np.inf}
    return np.concatenate([np.full((runs, size), empty.get(name, np.nan)) for name, size in made.found.items()], axis=1)


def found(made: Facts, out: np.ndarray) -> dict[str, np.ndarray]:
    """Return what came out, by name."""
    parts = np.split(out, np.cumsum(list(made.found.values()))[:-1], axis=1)
    return dict(zip(made.found, parts, strict=True))


def function(name: str) -> int:
    """Return the place of a function among FUNCTIONS."""
    return FUNCTIONS.index(name)


def array(name: str) -> int:
    """Return the place of an array's address in `i`."""
    return ARRAYS.index(name)
