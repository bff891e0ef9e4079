"""Lookup tables in machine code: an argument of the model's functions, given as the address of its numbers.

All lanes share a table. The polynomial in force at each lane's x is selected by going through the knots, without a branch.
"""

from __future__ import annotations

import numpy as np

from ..lookups import Table

_HEAD = ("pieces", "next", "step", "repeat", "period", "below_hold", "below_extend", "above_hold", "above_extend",
         "first", "last", "at_first", "at_last", "slope_first", "slope_last")
_kept: dict[bytes, np.ndarray] = {}  # machine code holds their addresses
FUNCTIONS = ("look", "look_slope", "look_curve")
_FORMULAS = {  # of h with constant %c, slope %s, quadratic %q and cubic %k
    "look": ("fmul T %k, %h", "fadd T %q, %f0", "fmul T %f1, %h", "fadd T %s, %f2", "fmul T %f3, %h", "fadd T %c, %f4"),
    "look_slope": ("fmul T %k, %h", "fmul T %f0, THREE", "fadd T %q2, %f1", "fmul T %f2, %h", "fadd T %s, %f3"),
    "look_curve": ("fmul T %k, %h", "fmul T %f0, SIX", "fadd T %q2, %f1"),
}


def address(table: Table) -> float:
    """Return the address of a table's numbers as the bits of a float, in which form it stands among the inputs."""
    last = len(table.x) - 1
    slopes = table._slope_at(0, table.x[0]), table._slope_at(last - 1, table.x[-1])
    head = {
        "pieces": last, "next": table.kind == "next", "step": table.kind in ("previous", "next"), "repeat": table.below == "repeat",
        "period": table.x[-1] - table.x[0], "below_hold": table.below == "hold", "below_extend": table.below == "extend", "above_hold": table.above == "hold",
        "above_extend": table.above == "extend", "first": table.x[0], "last": table.x[-1], "at_first": table.y[0], "at_last": table.y[-1],
        "slope_first": slopes[0], "slope_last": slopes[1]}
    pieces = [(knot, *piece) for knot, piece in zip(table.x[:-1], table._pieces, strict=True)]
    numbers = np.concatenate([[float(head[name]) for name in _HEAD], np.ravel(pieces)])
    kept = _kept.setdefault(numbers.tobytes(), numbers)
    return float(np.array([kept.ctypes.data], np.int64).view(float)[0])


def functions(lanes: int) -> str:
    """Return the functions of (table, x) for the value, the slope and the curvature of a table."""
    return "\n".join(_function(name, lanes) for name in FUNCTIONS)


def _function(name: str, lanes: int) -> str:
    vector, mask = f"<{lanes} x double>", f"<{lanes} x i1>"
    text: list[str] = []

    def splat(target: str, pointer: str) -> None:
        text.extend([f"%{target}_s = load double, ptr {pointer}", f"%{target}_i = insertelement {vector} poison, double %{target}_s, i32 0",
                     f"%{target} = shufflevector {vector} %{target}_i, {vector} poison, <{lanes} x i32> zeroinitializer"])

    def constant(value: str) -> str:
        return "<" + ", ".join([f"double {value}"] * lanes) + ">"

    def chosen(target: str, condition: str, one: str, other: str) -> None:
        text.append(f"%{target} = select {mask} {condition}, {vector} {one}, {vector} {other}")
    zero = constant("0.0")
    text += [f"%bits = extractelement {vector} %table, i32 0", "%where = bitcast double %bits to i64", "%t = inttoptr i64 %where to ptr"]
    for place, part in enumerate(_HEAD):
        text.append(f"%at_{part}_p = getelementptr double, ptr %t, i64 {place}")
        splat(f"t_{part}", f"%at_{part}_p")
    for part in ("next", "step", "repeat", "below_hold", "below_extend", "above_hold", "above_extend"):
        text.append(f"%is_{part} = fcmp ogt {vector} %t_{part}, {zero}")
    text += [f"%from = fsub {vector} %given, %t_first", f"%turns = fdiv {vector} %from, %t_period",
             f"%whole = call {vector} @llvm.floor.v{lanes}f64({vector} %turns)", f"%back = fmul {vector} %whole, %t_period",
             f"%inner = fsub {vector} %given, %back"]
    chosen("x", "%is_repeat", "%inner", "%given")
    for place, part in enumerate("ocsqk"):
        text.append(f"%first_{part}_p = getelementptr double, ptr %t, i64 {len(_HEAD) + place}")
        splat(f"b_{part}", f"%first_{part}_p")
    text += ["%pieces = fptosi double %t_pieces_s to i64", "%several = icmp ugt i64 %pieces, 1", "br i1 %several, label %loop, label %done", "loop:",
             "%i = phi i64 [1, %entry], [%following, %loop]"]
    text += [f"%l_{part} = phi {vector} [%b_{part}, %entry], [%m_{part}, %loop]" for part in "ocsqk"]
    text += ["%row = mul i64 %i, 5", f"%begin = add i64 %row, {len(_HEAD)}"]
    for place, part in enumerate("ocsqk"):
        text += [f"%n_{part}_a = add i64 %begin, {place}", f"%n_{part}_p = getelementptr double, ptr %t, i64 %n_{part}_a"]
        splat(f"n_{part}", f"%n_{part}_p")
    every = "<" + ", ".join(["i1 true"] * lanes) + ">"
    text += [f"%beyond = fcmp ogt {vector} %x, %n_o", f"%on = fcmp oeq {vector} %x, %n_o", f"%right = xor {mask} %is_next, {every}",
             f"%taken = and {mask} %on, %right", f"%passed = or {mask} %beyond, %taken"]
    for part in "ocsqk":
        chosen(f"m_{part}", "%passed", f"%n_{part}", f"%l_{part}")
    text += ["%following = add i64 %i, 1", "%more = icmp ult i64 %following, %pieces", "br i1 %more, label %loop, label %done", "done:"]
    text += [f"%d_{part} = phi {vector} [%b_{part}, %entry], [%m_{part}, %loop]" for part in "ocsqk"]
    text.append(f"%d_h = fsub {vector} %x, %d_o")
    now = {part: f"%d_{part}" for part in "hcsqk"}

    def replaced(stage: str, condition: str, **new: str) -> None:
        for part in "hcsqk":
            chosen(f"{stage}_{part}", condition, new.get(part, zero), now[part])
            now[part] = f"%{stage}_{part}"
    for side, end, word in (("below", "first", "olt"), ("above", "last", "ogt")):
        text += [f"%{side} = fcmp {word} {vector} %x, %t_{end}", f"%{side}_h = fsub {vector} %x, %t_{end}"]
        chosen(f"{side}_s", f"%is_{side}_extend", f"%t_slope_{end}", zero)
        text.append(f"%{side}_known = or {mask} %is_{side}_hold, %is_{side}_extend")
        chosen(f"{side}_c", f"%{side}_known", f"%t_at_{end}", constant("0x7FF8000000000000"))
        replaced(f"{side}_new", f"%{side}", h=f"%{side}_h", c=f"%{side}_c", s=f"%{side}_s")
    for end, kind in (("last", "step"), ("first", "next")):
        text += [f"%on_{end}_x = fcmp oeq {vector} %x, %t_{end}", f"%on_{end} = and {mask} %on_{end}_x, %is_{kind}"]
        replaced(f"end_{end}", f"%on_{end}", c=f"%t_at_{end}")
    names = {f"%{part}": now[part] for part in "hcsqk"}
    text.append(f"%q2 = fadd {vector} {now['q']}, {now['q']}")
    for place, step in enumerate(_FORMULAS[name]):
        word, _, one, other = step.replace(",", "").split()
        parts = [names.get(part, part).replace("THREE", constant("3.0")).replace("SIX", constant("6.0")) for part in (one, other)]
        text.append(f"%f{place} = {word} {vector} {parts[0]}, {parts[1]}")
    body = "\n".join(line if line.endswith(":") else f"  {line}" for line in text)
    return (f"define internal {vector} @of_{name}({vector} %table, {vector} %given) nounwind noinline {{\nentry:\n{body}\n"
            f"  ret {vector} %f{len(_FORMULAS[name]) - 1}\n}}\n")
