"""One step of every lane at once: numba's part of it, which calls the model's machine code.

The functions are made inside others, so that numba is asked for only where it is used.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from . import lanes as at
from .kernels import LANES
from .lanes import HERE, NOW, array, function
from .rosenbrock import GAMMA, NODES, TIMES

_REAL = ("time", "left", "right", "before", "after", "share", "value", "due", "until")


def signature(function: Callable) -> Any:
    """Return the types a compiled function takes, by the names of its arguments: numbers are whole but for those in `_REAL`."""
    from numba import float64, int64

    kinds = {"rows": int64[::1], "i": int64[::1], "r": float64[::1], "w": float64[:, ::1], "s": int64[:, ::1], "b": float64[:, ::1], "o": float64[:, ::1]}
    return tuple(kinds.get(name, float64 if name in _REAL else int64) for name in inspect.signature(function).parameters)


def parts() -> Callable:
    """Return a decorator for functions that only other compiled functions call; none of them makes an array or raises, and each is compiled at once."""
    from numba import njit

    def part(function: Callable) -> Callable:
        return njit(signature(function), error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return part


def caller() -> Callable:
    """Return a compiled function that calls machine code at an address with five others."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def call(typing, where, one, two, three, four, five):
        def generate(context, builder, signature, arguments):
            whole = ir.IntType(64)
            kind = ir.FunctionType(ir.VoidType(), [whole] * 5)
            builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
            return context.get_dummy_value()
        return types.void(*[types.int64] * 6), generate
    return call


def stepping() -> Any:
    """Return the compiled functions of a step: `fixed`, `run`, `inputs_of`, `evaluate`, `attempt`."""
    import numpy as np

    part = parts()

    call = caller()
    T, X, U, F, B, K, P = (array(name) for name in ("t", "x", "u", "f", "b", "k", "p"))
    SLOPES, FACTORS, DENSE, TOLERANCE, H, INVERSE, PACE, RTOL, LEAST, ERROR, TIME, SCRATCH, FT = (array(name) for name in (
        "slopes", "factors", "dense", "tolerance", "h", "inverse", "pace", "rtol", "least", "error", "time", "scratch", "ft"))
    RHS, JACOBIAN, FACTOR, SOLVE, STATE, RIGHT, DENSE_OUT, NORM = (function(name) for name in (
        "rhs", "jacobian", "factor", "solve", "state_1", "right_1", "dense", "norm"))
    FIXED, CONSTANTS, OUT = function("rhs_fixed"), array("rhs_constants"), array("rhs_out")
    MOVING, BAD, RUN, SEGMENT, START = HERE.index("moving"), HERE.index("bad"), HERE.index("run"), HERE.index("segment"), NOW.index("start")
    nodes, times = np.array(NODES), np.array(TIMES)

    @part
    def fixed(i, r, w, s, which):
        """Compute what a program needs of the inputs alone."""
        if i[at.FUNCTION + which] != 0:
            call(i[at.FUNCTION + FIXED + which], i[T], i[P], i[P], i[CONSTANTS + which], i[SCRATCH])

    @part
    def inputs_of(i, r, w, s, b, lane, time):
        """Set the inputs of a lane that move to their values at a time."""
        run, segment = s[RUN, lane], s[SEGMENT, lane]
        for place in range(i[at.A_PLACES + 1]):
            if b[run, i[at.B_SLOPES] + segment * i[at.A_PLACES + 1] + place] != 0.0:
                value = b[run, i[at.B_VALUES] + segment * i[at.A_PLACES + 1] + place]
                slope = b[run, i[at.B_SLOPES] + segment * i[at.A_PLACES + 1] + place]
                w[i[at.W_P] + i[i[at.A_PLACES] + place], lane] = value + slope * (time - w[START, lane])

    @part
    def inputs_at(i, r, w, s, b, times_row):
        """Set the inputs that move to their values at times, one a lane."""
        for lane in range(LANES):
            if s[MOVING, lane]:
                inputs_of(i, r, w, s, b, lane, w[times_row, lane])

    @part
    def evaluate(i, r, w, s, b, which, clock, x, out, moving):
        """Compute a program at the times and states of two arrays."""
        if moving:
            inputs_at(i, r, w, s, b, i[at.W_TIME] if clock == TIME else i[at.W_T])
            fixed(i, r, w, s, which)
        if i[at.FUNCTION + which] != 0:
            call(i[at.FUNCTION + which], i[clock], x, i[CONSTANTS + which], out, i[SCRATCH])

    @part
    def factored(i, r, w, s, lane):
        """Factor W of one lane densely, with pivoting."""
        n, first = i[at.A_STOCKS], i[at.W_WHOLE]
        for place in range(n * n):
            w[first + place, lane] = 0.0
        for place in range(n):
            w[first + place * n + place, lane] = w[i[at.W_INVERSE], lane]
        for place in range(i[at.A_PATTERN + 1] // 2):
            w[first + i[i[at.A_PATTERN] + place] * n + i[i[at.A_PATTERN] + i[at.A_PATTERN + 1] // 2 + place], lane] -= w[i[at.W_SLOPES] + place, lane]
        for turn in range(n):
            best = turn
            for row in range(turn + 1, n):
                if abs(w[first + row * n + turn, lane]) > abs(w[first + best * n + turn, lane]):
                    best = row
            s[i[at.S_TURNS] + turn, lane] = best
            for column in range(n if best != turn else 0):
                one, other = first + turn * n + column, first + best * n + column
                w[one, lane], w[other, lane] = w[other, lane], w[one, lane]
            for row in range(turn + 1, n):
                share = w[first + row * n + turn, lane] / w[first + turn * n + turn, lane] if w[first + turn * n + turn, lane] != 0.0 else np.nan
                w[first + row * n + turn, lane] = share
                if share != 0.0:
                    for column in range(turn + 1, n):
                        w[first + row * n + column, lane] -= share * w[first + turn * n + column, lane]

    @part
    def solved(i, r, w, s, lane, stage):
        """Solve W k = b of one lane with its dense factors."""
        n = i[at.A_STOCKS]
        whole, first = i[at.W_WHOLE], i[at.W_K] + stage * i[at.A_STOCKS]
        for place in range(n):
            w[first + place, lane] = w[i[at.W_B] + place, lane]
        for turn in range(n):
            best = s[i[at.S_TURNS] + turn, lane]
            if best != turn:
                w[first + turn, lane], w[first + best, lane] = w[first + best, lane], w[first + turn, lane]
        for row in range(n):
            for column in range(row):
                w[first + row, lane] -= w[whole + row * n + column, lane] * w[first + column, lane]
        for row in range(n - 1, -1, -1):
            for column in range(row + 1, n):
                w[first + row, lane] -= w[whole + row * n + column, lane] * w[first + column, lane]
            w[first + row, lane] /= w[whole + row * n + row, lane]

    @part
    def time_slopes(i, r, w, s, b, moving):
        """Compute df/dt by a central difference, short against the step."""
        n = i[at.A_STOCKS]
        for side in range(2):
            for lane in range(LANES):
                w[i[at.W_TIME], lane] = w[i[at.W_T], lane] + (1e-3 if side else -1e-3) * w[i[at.W_H], lane]
            evaluate(i, r, w, s, b, RHS, TIME, i[X], i[FT] + 8 * LANES * n * side, moving)
        for place in range(n):
            for lane in range(LANES):
                w[i[at.W_FT] + place, lane] = (w[i[at.W_FT] + n + place, lane] - w[i[at.W_FT] + place, lane]) / (2e-3 * w[i[at.W_H], lane])

    @part
    def attempt(i, r, w, s, b, moving, looking):
        """Make a step of length h from (t, x) with dx/dt in f: its end, its error, and where somebody looks its dense output."""
        n = i[at.A_STOCKS]
        timed = moving or i[at.A_TIMED]
        part = 8 * LANES * n
        for lane in range(LANES):
            w[i[at.W_INVERSE], lane] = 1.0 / (GAMMA * w[i[at.W_H], lane])
            w[i[at.W_PACE], lane] = 1.0 / w[i[at.W_H], lane]
        if timed:
            time_slopes(i, r, w, s, b, moving)
        evaluate(i, r, w, s, b, JACOBIAN, T, i[X], i[SLOPES], moving)
        call(i[at.FUNCTION + FACTOR], i[SLOPES], i[INVERSE], i[FACTORS], i[LEAST], i[SCRATCH])
        for lane in range(LANES):
            s[BAD, lane] = 0
            if w[i[at.W_LEAST], lane] < r[at.R_TRUSTED]:
                s[BAD, lane] = 1
                factored(i, r, w, s, lane)
        for place in range(n):
            for lane in range(LANES):
                w[i[at.W_B] + place, lane] = w[i[at.W_F] + place, lane]
        for stage in range(8):
            if stage:
                call(i[at.FUNCTION + STATE + stage - 1], i[X], i[K], i[F], i[H], i[U])
                for lane in range(LANES):
                    w[i[at.W_TIME], lane] = w[i[at.W_T], lane] + nodes[stage] * w[i[at.W_H], lane]
                evaluate(i, r, w, s, b, RHS, TIME, i[U], i[OUT], moving)
                call(i[at.FUNCTION + RIGHT + stage - 1], i[X], i[K], i[OUT], i[PACE], i[B])
            if timed and times[stage] != 0.0:
                for place in range(n):
                    for lane in range(LANES):
                        w[i[at.W_B] + place, lane] += w[i[at.W_H], lane] * times[stage] * w[i[at.W_FT] + place, lane]
            call(i[at.FUNCTION + SOLVE], i[FACTORS], i[B], i[K] + part * stage, i[SCRATCH], i[SCRATCH])
            for lane in range(LANES):
                if s[BAD, lane]:
                    solved(i, r, w, s, lane, stage)
        call(i[at.FUNCTION + STATE + 7], i[X], i[K], i[F], i[H], i[TOLERANCE] + part)
        call(i[at.FUNCTION + NORM], i[X], i[TOLERANCE], i[K] + 7 * part, i[RTOL], i[ERROR])
        if looking:
            call(i[at.FUNCTION + DENSE_OUT], i[X], i[K], i[F], i[H], i[DENSE])
    return SimpleNamespace(call=call, fixed=fixed, inputs_of=inputs_of, evaluate=evaluate, attempt=attempt)
