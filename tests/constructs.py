"""Every function and construct of Vensim and of XMILE with what becomes of it: `python tests/constructs.py` writes the table of docs/foreign-models.md.

A row has the words, an equation, and its value at Time = 4 with TIME STEP = 1, or None where it is refused. `s` is a stock
that begins at 1 and grows by 1, `f` a table from (0, 0) over (2, 4) to (10, 8), `x` is 1, 2 and 3 for a1, a2 and a3 of A (in
XMILE for the three elements of `A`), `M(a, b)` a macro whose value is a stock that begins at a and grows by b. The tests compute each value and
read each refusal.
"""

import math
import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "foreign-models.md"
BEGIN, END = "<!-- constructs: begin -->\n", "<!-- constructs: end -->\n"

VENSIM = [
    ("`+ - * / ^`, brackets, `:NA:`", "1 + 2*s - s/2^2", 1 + 10 - 5 / 4),
    ("`INTEG`", "INTEG(2, 3)", 11), ("`INITIAL`", "INITIAL(s + 1)", 2), ("`ACTIVE INITIAL`", "ACTIVE INITIAL(s, 2)", 5),
    ("`IF THEN ELSE`", "IF THEN ELSE(Time > 3, 5, 6)", 5), ("`= <> < <= > >=`", "(s = 5) + (s <> 5) + (s < 5) + (s <= 5) + (s > 5) + (s >= 5)", 3),
    ("`:AND: :OR: :NOT:`", "IF THEN ELSE(s > 1 :AND: :NOT: (s > 9) :OR: s < 0, 1, 0)", 1),
    ("`XIDZ`, `ZIDZ`", "XIDZ(s, 0, 7) + ZIDZ(s, 0) + ZIDZ(s, 2)", 9.5),
    ("`ABS`, `MIN`, `MAX`", "ABS(-s) + MIN(s, 2) + MAX(s, 7)", 14), ("`EXP`, `LN`, `LOG`", "EXP(0) + LN(s) + LOG(s, 10)", 1 + math.log(5) + math.log10(5)),
    ("`SQRT`, `POWER`", "SQRT(s) + POWER(s, 2)", math.sqrt(5) + 25),
    ("`SIN COS TAN`", "SIN(s) + COS(s) + TAN(s)", math.sin(5) + math.cos(5) + math.tan(5)),
    ("`ARCSIN ARCCOS ARCTAN`", "ARCSIN(s/9) + ARCCOS(s/9) + ARCTAN(s)", math.pi / 2 + math.atan(5)),
    ("`SINH COSH TANH`", "SINH(s) + COSH(s) + TANH(s)", math.exp(5) + math.tanh(5)),
    ("`INTEGER`, `MODULO`, `QUANTUM`", "INTEGER(s/2) + MODULO(s, 3) + QUANTUM(s, 2)", 2 + 2 + 4),
    ("`STEP`", "STEP(3, 2)", 3), ("`PULSE`", "PULSE(4, 1)", 1), ("`PULSE TRAIN`", "PULSE TRAIN(1, 1, 3, 9)", 1), ("`RAMP`", "RAMP(2, 1, 3)", 4),
    ("lookup, `WITH LOOKUP`", "f(s) + WITH LOOKUP(s, ((0,0),(10,20)))", 5.5 + 10),
    ("`SMOOTH`, `SMOOTHI`", "SMOOTH(Time, 2) - SMOOTHI(Time, 2, 0)", 0),
    ("`SMOOTH3`, `SMOOTH3I`, `SMOOTH N`", "SMOOTH3(7, 3) + SMOOTH3I(7, 3, 7) + SMOOTH N(7, 3, 7, 2)", 21),
    ("`DELAY1`, `DELAY1I`", "DELAY1(7, 2) + DELAY1I(7, 2, 7)", 14),
    ("`DELAY3`, `DELAY3I`, `DELAY N`", "DELAY3(7, 3) + DELAY3I(7, 3, 7) + DELAY N(7, 3, 7, 2)", 21),
    ("`TREND`, `FORECAST`", "TREND(7, 2, 0) + FORECAST(7, 2, 3)", 7), ("`GAME`", "GAME(s)", 5),
    ("`LOOKUP FORWARD`, `LOOKUP BACKWARD`, `LOOKUP EXTRAPOLATE`", "LOOKUP FORWARD(f, s) + LOOKUP BACKWARD(f, s) + LOOKUP EXTRAPOLATE(f, s + 7)", 8 + 4 + 9),
    ("subscripts: ranges, tables, `:EXCEPT:`, mappings, the number of an element", "x[a2] + a3", 5), ("`SUM`, `PROD`", "SUM(x[A!]*s) + PROD(x[A!])", 36),
    ("`VMIN`, `VMAX`, `ELMCOUNT`", "VMIN(x[A!]) + VMAX(x[A!]) + ELMCOUNT(A)", 7),
    ("`VECTOR SELECT`, all actions but 5", "VECTOR SELECT(x[A!], x[A!], 0, 3, 0)", 9),
    ("`:MACRO:`, with stocks and further outputs", "M(1, 2) + M(s, s)", 9 + 11),
    ("`DELAY FIXED`, `DELAY MATERIAL`", "DELAY FIXED(s, 2, 0)", None), ("`SAMPLE IF TRUE`", "SAMPLE IF TRUE(s > 2, s, 0)", None),
    ("`RANDOM ...`", "RANDOM UNIFORM(0, 1, 2)", None), ("`GET XLS ...`, `GET DIRECT ...`", "GET XLS DATA('a.xls', 'b', 'A', 'B2')", None),
    ("`ALLOCATE ...`", "ALLOCATE AVAILABLE(s, s, s)", None), ("`VECTOR ELM MAP`, `VECTOR SORT ORDER`", "VECTOR ELM MAP(x[a1], 1)", None),
]
XMILE = [
    ("`+ - * / ^`, `mod`, brackets", "1 + 2*s - s/2^2 + (s mod 3)", 1 + 10 - 5 / 4 + 2), ("`IF THEN ELSE`", "(IF s > 3 THEN 5 ELSE 6)", 5),
    ("`= <> < <= > >=`, `AND OR NOT`", "(IF (s >= 5) AND NOT (s <> 5) THEN 1 ELSE 0)", 1),
    ("`ABS`, `MIN`, `MAX`, `INT`", "ABS(0-s) + MIN(s, 2) + MAX(s, 7) + INT(s/2)", 16),
    ("`EXP`, `LN`, `LOG10`, `SQRT`", "EXP(0) + LN(s) + LOG10(s) + SQRT(s)", 1 + math.log(5) + math.log10(5) + math.sqrt(5)),
    ("`SIN COS TAN`, `ARCSIN ARCCOS ARCTAN`", "SIN(s)^2 + COS(s)^2 + TAN(s) + ARCSIN(s/9) + ARCCOS(s/9) + ARCTAN(s)",
     1 + math.tan(5) + math.pi / 2 + math.atan(5)),
    ("`STEP`, `RAMP`", "STEP(3, 2) + RAMP(2, 1)", 9), ("`PULSE`", "PULSE(3, 4)", 3), ("`SAFEDIV`", "SAFEDIV(s, 0) + SAFEDIV(s, 0, 2)", 2),
    ("`SMTH1`, `SMTH3`, `SMTHN`", "SMTH1(7, 2) + SMTH3(7, 3, 7) + SMTHN(7, 3, 2)", 21),
    ("`DELAY1`, `DELAY3`, `DELAYN`", "DELAY1(7, 2) + DELAY3(7, 3, 7) + DELAYN(7, 3, 2)", 21),
    ("`TREND`, `FORCST`", "TREND(7, 2) + FORCST(7, 2, 3)", 7), ("`INIT`", "INIT(s) + 1", 2), ("graphical function", "f(s)", 5.5),
    ("arrays: `SUM`, `PROD`, `MIN`, `MAX`, `MEAN`, `SIZE`", "x[2] + SUM(x) + PROD(x[*]) + MIN(x) + MAX(x) + MEAN(x) + SIZE(x)", 23),
    ("macro", "M(1, 2) + M(s, s)", 9 + 11),
    ("`DELAY`", "DELAY(s, 2)", None), ("`RANDOM`, `NORMAL`, `POISSON`", "RANDOM(0, 1)", None), ("`PREVIOUS`, `SELF`, `HISTORY`", "PREVIOUS(s, 0)", None),
]
EXPORTED = """
| here | in XMILE |
|---|---|
| Stock, Flow, Auxiliary, Parameter, families member by member | themselves; a plausible range is `range`; `x[5y]` is `x 5y` |
| Max, Min, If, conditions, Abs, `positive` | `MAX`, `MIN` of two at a time, `IF THEN ELSE`, `AND`, `NOT` |
| exp, log, powers, circular and hyperbolic functions, floor, Mod | themselves, or of `EXP` and `INT` |
| DELAY, SMOOTH | the stocks they are |
| Lookup, Series | graphical functions; a jump is a line between a number and the next, what is extended is added where the points end |
| Policy with a date, shock of a case | `IF STEP(1, date) > 0.5` in the parameter, which keeps its value `before` the policy as a variable |
| Policy with `when`, once | a stock that latches the condition, one step later |
| Impulse with a date | a flow of its own with `PULSE`, beside the flows of that step |
| Outcome | left out, with a warning |
| Policy with `rearm`, Impulse with `when`, a smooth Lookup, cut links, a step that changes | refused by name |
"""


def rows(words, known):
    """Return rows of the table: read or refused, and the example."""
    return "\n".join(f"| {word} | {'refused' if value is None else known} | `{equation}` |" for word, equation, value in words)


def table():
    """Return the text that stands in the document."""
    return (f"| Vensim | status | example |\n|---|---|---|\n{rows(VENSIM, 'read and exported')}\n"
            "| data variables | refused | |\n\n"
            f"| XMILE | status | example |\n|---|---|---|\n{rows(XMILE, 'read')}\n{EXPORTED}")


def stands():
    """Return what stands between the marks of the document."""
    return re.search(re.escape(BEGIN) + "(.*)" + re.escape(END), DOCUMENT.read_text(encoding="utf-8"), flags=re.S).group(1)


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(text.replace(BEGIN + stands() + END, BEGIN + table() + END), encoding="utf-8")
