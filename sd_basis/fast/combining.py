"""The sums of a Rosenbrock step as loops over stocks in LLVM's language: states and right-hand sides of stages, dense output, norms."""

from __future__ import annotations

from .rosenbrock import STAGES, tables
from .vector_math import Lines

_ARRAYS = ("x", "k", "f", "h", "out")


def _loop(name: str, lanes: int, size: int, code: Lines, before: str = "", after: str = "", carried: str = "") -> str:
    """Return a function of five arrays whose body runs over the stocks, %i."""
    arguments = ", ".join(f"ptr noalias %{array}" for array in _ARRAYS)
    return (f"define void @{name}({arguments}) nounwind {{\nentry:\n{before}  br label %loop\nloop:\n  %i = phi i64 [0, %entry], [%next, %loop]\n{carried}"
            + "\n".join(code.text) + f"\n  %next = add i64 %i, 1\n  %more = icmp ult i64 %next, {size}\n  br i1 %more, label %loop, label %done\ndone:\n"
            + f"{after}  ret void\n}}\n")


def _element(code: Lines, array: str, shift: int = 0) -> str:
    """Return the address of an array's element %i, `shift` vectors on."""
    place = "%i" if not shift else code.add(f"add i64 %i, {shift}")
    return code.add(f"getelementptr inbounds {code.type}, ptr %{array}, i64 {place}")


def _read(code: Lines, array: str, shift: int = 0) -> str:
    return code.add(f"load {code.type}, ptr {_element(code, array, shift)}, align {8 * code.lanes}")


def _write(code: Lines, value: str, shift: int = 0) -> None:
    code.text.append(f"  store {code.type} {value}, ptr {_element(code, 'out', shift)}, align {8 * code.lanes}")


def _whole(code: Lines, array: str, place: int) -> str:
    """Return a vector that is the same for every stock."""
    at = code.add(f"getelementptr inbounds {code.type}, ptr %{array}, i64 {place}")
    return code.add(f"load {code.type}, ptr {at}, align {8 * code.lanes}")


def functions(lanes: int, size: int) -> list[str]:
    """Return the functions of a step of `size` stocks, each of (x, k, f, h, out).

    `state_1` ... `state_8` are x + sum a_ij k_j, the last of them the end of the step; `right_1` ... `right_7` are f + sum C_ij k_j / h, with 1 / h in h;
    `dense` the three vectors of the dense output from k; `within` the state at the share h of the step from f, the step's end, and k,
    those vectors; `norm` the largest share of f in the tolerance k[0] + h max(|x|, |x of the end|), the end in k's second part.
    """
    a, c, dense = tables()
    texts = []
    for stage in range(1, STAGES + 1):
        code = Lines(lanes)
        total = _read(code, "x")
        for other in range(stage):
            if a[stage, other]:
                total = code.fused(code.constant(a[stage, other]), _read(code, "k", other * size), total)
        _write(code, total)
        texts.append(_loop(f"state_{stage}", lanes, size, code))
        if stage < STAGES:
            code = Lines(lanes)
            total = code.constant(0.0)
            for other in range(stage):
                total = code.fused(code.constant(c[stage, other]), _read(code, "k", other * size), total)
            _write(code, code.fused(total, _whole(code, "h", 0), _read(code, "f")))
            texts.append(_loop(f"right_{stage}", lanes, size, code))
    code = Lines(lanes)
    slopes = [_read(code, "k", other * size) for other in range(STAGES)]
    for place, weights in enumerate(dense):
        total = code.constant(0.0)
        for weight, slope in zip(weights, slopes, strict=True):
            total = code.fused(code.constant(weight), slope, total)
        _write(code, total, place * size)
    texts.append(_loop("dense", lanes, size, code))
    code = Lines(lanes)
    share = _whole(code, "h", 0)
    rest = code.binary("fsub", code.constant(1.0), share)
    inner = code.fused(share, _read(code, "k", 2 * size), _read(code, "k", size))
    inner = code.fused(share, inner, _read(code, "k"))
    inner = code.fused(rest, inner, _read(code, "f"))
    _write(code, code.fused(share, inner, code.binary("fmul", rest, _read(code, "x"))))
    texts.append(_loop("within", lanes, size, code))
    return [*texts, _norm(lanes, size)]


def _norm(lanes: int, size: int) -> str:
    code = Lines(lanes)
    one, other = code.unary("fabs", _read(code, "x")), code.unary("fabs", _read(code, "k", size))
    larger = code.select(code.holds("ogt", one, other), one, other)
    allowed = code.fused(_whole(code, "h", 0), larger, _read(code, "k"))
    share = code.binary("fdiv", code.unary("fabs", _read(code, "f")), allowed)
    most = code.select(code.holds("ogt", share, "%most"), share, "%most")
    total = code.binary("fadd", share, "%total")  # what is not finite must not vanish in a comparison
    zero = code.constant(0.0)
    carried = "".join(f"  %{name} = phi {code.type} [{zero}, %entry], [{value}, %loop]\n" for name, value in (("most", most), ("total", total)))
    lost = f"  %lost = fsub {code.type} {total}, {total}\n  %sum = fadd {code.type} {most}, %lost\n"
    return _loop("norm", lanes, size, code, after=lost + f"  store {code.type} %sum, ptr %out, align {8 * lanes}\n", carried=carried)
