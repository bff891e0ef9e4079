"""Functions of several numbers at once in LLVM's language: exp, log, tanh and powers without a branch, to a few units in the last place.

A processor's vector registers hold the numbers of several runs; a call of the C library would take them one by one.
"""

from __future__ import annotations

import math
import struct

_MAGIC = 1.5 * 2.0**52  # added to a small number it leaves its nearest whole number in the lowest bits
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TANH_ABOVE = (-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3)  # Cephes, below 0.625
_TANH_BELOW = (1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3)
ONE_BY_ONE = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "erfc", "atan2", "tgamma", "lgamma", "pow")


def number(value: float) -> str:
    """Return a double in LLVM's language, to the last bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Lines:
    """Instructions of one function on vectors of `lanes` doubles; each method returns the name of its value."""

    def __init__(self, lanes: int):
        self.lanes, self.text, self._count = lanes, [], 0
        self.type = f"<{lanes} x double>"

    def add(self, instruction: str) -> str:
        """Append an instruction that has a value."""
        self._count += 1
        self.text.append(f"  %v{self._count} = {instruction}")
        return f"%v{self._count}"

    def constant(self, value: float) -> str:
        """Return a constant that is the same in every lane."""
        return "<" + ", ".join([f"double {number(value)}"] * self.lanes) + ">"

    def whole(self, value: int) -> str:
        """Return a whole number that is the same in every lane."""
        return "<" + ", ".join([f"i64 {value}"] * self.lanes) + ">"

    def binary(self, word: str, one: str, other: str) -> str:
        """Return fadd, fsub, fmul or fdiv of two values."""
        return self.add(f"{word} {self.type} {one}, {other}")

    def negative(self, value: str) -> str:
        """Return minus a value."""
        return self.add(f"fneg {self.type} {value}")

    def fused(self, one: str, other: str, third: str) -> str:
        """Return one * other + third, rounded once."""
        return self.add(f"call {self.type} @llvm.fma.v{self.lanes}f64({self.type} {one}, {self.type} {other}, {self.type} {third})")

    def unary(self, name: str, value: str) -> str:
        """Return an intrinsic of LLVM such as sqrt, fabs or floor."""
        return self.add(f"call {self.type} @llvm.{name}.v{self.lanes}f64({self.type} {value})")

    def called(self, name: str, *values: str) -> str:
        """Return a function of vectors, one of those below."""
        return self.add(f"call {self.type} @of_{name}({', '.join(f'{self.type} {value}' for value in values)})")

    def holds(self, word: str, one: str, other: str) -> str:
        """Return a comparison, in every lane true or false."""
        return self.add(f"fcmp {word} {self.type} {one}, {other}")

    def select(self, condition: str, one: str, other: str) -> str:
        """Return one where a condition holds, else the other."""
        return self.add(f"select <{self.lanes} x i1> {condition}, {self.type} {one}, {self.type} {other}")

    def cast(self, value: str, back: bool = False) -> str:
        """Return the bits of doubles as whole numbers, or `back`."""
        whole = f"<{self.lanes} x i64>"
        return self.add(f"bitcast {whole} {value} to {self.type}" if back else f"bitcast {self.type} {value} to {whole}")

    def integer(self, word: str, one: str, other: str) -> str:
        """Return add, sub, shl, lshr, and, or of whole numbers."""
        return self.add(f"{word} <{self.lanes} x i64> {one}, {other}")

    def polynomial(self, coefficients: tuple[float, ...], x: str) -> str:
        """Return a polynomial, the coefficient of the highest power first."""
        value = self.constant(coefficients[0])
        for coefficient in coefficients[1:]:
            value = self.fused(value, x, self.constant(coefficient))
        return value


def _function(name: str, arguments: str, lines: Lines, value: str) -> str:
    given = ", ".join(f"{lines.type} %{argument}" for argument in arguments)
    return f"define internal {lines.type} @of_{name}({given}) nounwind noinline {{\n" + "\n".join(lines.text) + f"\n  ret {lines.type} {value}\n}}\n"


def _exponential(lanes: int) -> str:
    code = Lines(lanes)
    inside = code.select(code.holds("ogt", "%x", code.constant(709.7)), code.constant(709.7), "%x")
    inside = code.select(code.holds("olt", inside, code.constant(-708.0)), code.constant(-708.0), inside)
    shifted = code.fused(inside, code.constant(1 / math.log(2)), code.constant(_MAGIC))
    turns = code.binary("fsub", shifted, code.constant(_MAGIC))
    rest = code.fused(turns, code.constant(-_LN2_HIGH), inside)
    rest = code.fused(turns, code.constant(-_LN2_LOW), rest)
    value = code.polynomial(tuple(1 / math.factorial(power) for power in range(13, -1, -1)), rest)
    bits = code.integer("shl", code.cast(shifted), code.whole(52))
    value = code.cast(code.integer("add", code.cast(value), bits), back=True)
    value = code.select(code.holds("ogt", "%x", code.constant(709.7)), code.constant(math.inf), value)
    value = code.select(code.holds("olt", "%x", code.constant(-708.0)), code.constant(0.0), value)
    return _function("exp", "x", code, code.select(code.holds("uno", "%x", "%x"), "%x", value))


def _logarithm(lanes: int) -> str:
    code = Lines(lanes)
    bits = code.cast("%x")
    # the mantissa between sqrt(1/2) and sqrt(2), and the power of two that goes with it
    raised = code.integer("sub", bits, code.whole(0x3FE6A09E667F3BCD))
    power = code.integer("ashr", raised, code.whole(52))
    mantissa = code.cast(code.integer("sub", bits, code.integer("shl", power, code.whole(52))), back=True)
    magic = struct.unpack("<q", struct.pack("<d", _MAGIC))[0]
    turns = code.binary("fsub", code.cast(code.integer("add", power, code.whole(magic)), back=True), code.constant(_MAGIC))
    less, more = code.binary("fsub", mantissa, code.constant(1.0)), code.binary("fadd", mantissa, code.constant(1.0))
    share = code.binary("fdiv", less, more)
    square = code.binary("fmul", share, share)
    series = code.polynomial(tuple(2 / (2 * term + 1) for term in range(11, 0, -1)), square)
    # 2 s = f - s f exactly in fewer digits lost: log m = f - s (f - s^2 R)
    tail = code.fused(series, square, code.negative(less))
    small = code.fused(turns, code.constant(_LN2_LOW), code.binary("fmul", share, tail))
    value = code.fused(turns, code.constant(_LN2_HIGH), code.binary("fadd", less, small))
    value = code.select(code.holds("olt", "%x", code.constant(2.3e-308)), code.constant(-math.inf), value)
    value = code.select(code.holds("olt", "%x", code.constant(0.0)), code.constant(math.nan), value)
    value = code.select(code.holds("oeq", "%x", code.constant(math.inf)), "%x", value)
    return _function("log", "x", code, code.select(code.holds("uno", "%x", "%x"), "%x", value))


def _hyperbolic(lanes: int) -> str:
    code = Lines(lanes)
    size = code.unary("fabs", "%x")
    growth = code.called("exp", code.binary("fadd", size, size))
    far = code.binary("fsub", code.constant(1.0), code.binary("fdiv", code.constant(2.0), code.binary("fadd", growth, code.constant(1.0))))
    signed = code.add(f"call {code.type} @llvm.copysign.v{lanes}f64({code.type} {far}, {code.type} %x)")
    square = code.binary("fmul", "%x", "%x")
    share = code.binary("fdiv", code.polynomial(_TANH_ABOVE, square), code.polynomial(_TANH_BELOW, square))
    near = code.fused(code.binary("fmul", "%x", square), share, "%x")
    return _function("tanh", "x", code, code.select(code.holds("olt", size, code.constant(0.625)), near, signed))


def _one_by_one(name: str, lanes: int) -> str:
    """Return a function that asks the C library for each lane."""
    arguments = "xy" if name in ("pow", "atan2") else "x"
    code, value = Lines(lanes), "undef"
    for lane in range(lanes):
        own = ", ".join("double " + code.add(f"extractelement {code.type} %{argument}, i32 {lane}") for argument in arguments)
        value = code.add(f"insertelement {code.type} {value}, double {code.add(f'call double @{name}({own})')}, i32 {lane}")
    return f"declare double @{name}({', '.join(['double'] * len(arguments))})\n" + _function(name, arguments, code, value)


def functions(lanes: int, used: set[str]) -> str:
    """Return the declarations and functions that generated code calls; `used` are those of the C library."""
    kind = f"<{lanes} x double>"
    text = [f"declare {kind} @llvm.{name}.v{lanes}f64({', '.join([kind] * count)})" for name, count in
            (("fma", 3), ("sqrt", 1), ("fabs", 1), ("floor", 1), ("copysign", 2))]
    return "\n".join([*text, _exponential(lanes), _logarithm(lanes), _hyperbolic(lanes), *(_one_by_one(name, lanes) for name in sorted(used))])
