"""Wrong files and options: each gives one sentence that names the culprit, exit 2 or 3, and nothing in it is ever run."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sd_basis.cli import main

CHECKOUT = Path(__file__).parent.parent
# click before 8.2 mixes stderr into stdout unless it is told not to
RUNNER = CliRunner(**({"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))

BASE = '''"""A tank."""
import sympy
from sympy import exp, log, sqrt
from sd_basis import *
level, other = Stock("level", 10.0, "litre"), Stock("other", 5.0, "litre")
k, tap = Parameter("k", 0.1, "1/day", domain=(0, 10)), Parameter("tap", 2.0, "litre/day")
bare = Stock("bare", 10.0)
free, zero = Parameter("free", 1.0), Parameter("zero", 0.0)
def tank(rate, *more, stock=level, **options):
    return Model("tank", (Flow("drain", source=stock, sink=CLOUD, rate=rate, reversible=True), *more), **({"span": (0, 10)} | options))
'''
GOOD = BASE + '''plan = Series("plan", (0, 5), (1, 2), "1/day")
MODEL = tank(k * level, policies=(Policy("act", {k: 0.5}, start=2), Policy("undated", {k: 0.5})), time_unit="day")
'''
CODE = "__import__('pathlib').Path('SENTINEL').touch()"


def command(tmp_path, monkeypatch, *words):
    """Run the command line in a folder and return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(main, list(words))
    return done.exit_code, done.stdout, done.stderr


def refused(answer, code, parts, tmp_path):
    """Assert that there is one sentence on stderr which holds every part, the exit code, and no trace of code that ran."""
    exit_code, stdout, stderr = answer
    assert exit_code == code, (exit_code, stderr)
    assert stderr.startswith("Error: ") and stderr.count("\n") == 1, stderr
    assert not stdout.strip(), stdout
    assert len(stderr) < 600 and ";" in stderr or "(see " in stderr, stderr
    for word in ("Traceback", "Error: unexpected", "<class", "object at 0x"):
        assert word not in stderr
    for part in parts:
        assert part in stderr, (part, stderr)
    assert not list(tmp_path.rglob("SENTINEL*"))


# name -> (what follows BASE, exit code, parts of the sentence)
MODELS = {
    # Python
    "undefined name": ("MODEL = tank(kk * level)", 2, ("wrong.py, line 12", "'kk'")),
    "missing import": ("import no_such_module\nMODEL = tank(1)", 2, ("wrong.py, line 12", "no_such_module")),
    "name the package has not": ("from sd_basis import Stok\nMODEL = tank(1)", 2, ("wrong.py, line 12", "Stok")),
    "syntax error": ("MODEL = tank(k *", 2, ("wrong.py, line 12",)),
    "indentation": ("  MODEL = tank(1)", 2, ("wrong.py, line 12", "indent")),
    "file that raises": ("raise KeyError('reservoir')", 2, ("wrong.py, line 12", "reservoir")),
    "file that raises a text of lines": ("raise ValueError('one\\ntwo')", 2, ("wrong.py, line 12", "one two")),
    "file that ends Python": ("import sys\nsys.exit(0)", 2, ("wrong.py", "ends Python")),
    "division by zero": ("ratio = 1 / 0", 2, ("wrong.py, line 12", "division by zero")),
    "endless recursion": ("def f(x): return f(x)\nf(1)", 2, ("wrong.py, line 12", "recursion")),
    "deep nesting": ("x = bare\nfor _ in range(1200): x = (x + 1) * free\nMODEL = tank(x)", 2, ("flow 'drain', rate", "too deeply")),
    "nesting not quite as deep": ("x = bare\nfor _ in range(300): x = (x + 1) * free\nMODEL = tank(x)", 2, ("nested too deeply",)),
    "failed assertion": ("assert False, 'never so'", 2, ("wrong.py, line 12", "never so")),
    "no MODEL": ("model = tank(1)", 2, ("wrong.py", "no MODEL")),
    "MODEL of another type": ("MODEL = 'tank'", 2, ("wrong.py", "no MODEL")),
    "MODEL that is the class": ("MODEL = Model", 2, ("wrong.py", "no MODEL")),
    "forgotten argument": ("MODEL = Model('tank')", 2, ("wrong.py, line 12", "flows")),
    "misspelt option": ("MODEL = tank(1, time_units='year')", 2, ("time_units",)),
    "nobody to iterate": ("MODEL = Model('tank', 5, span=(0, 1))", 2, ("wrong.py, line 12", "int")),
    # structure
    "no flow": ("MODEL = Model('tank', (), span=(0, 1))", 2, ("model 'tank'", "no flow")),
    "stock as a flow": ("MODEL = tank(1, level)", 2, ("level", "not a flow")),
    "flow from a name": ("MODEL = tank(1, stock='level')", 2, ("flow 'drain', source", "'level'")),
    "flow to itself": ("MODEL = tank(1, Flow('turn', source=level, sink=level, rate=1))", 2, ("flow 'turn'", "level")),
    "cloud to cloud": ("Flow('turn', source=CLOUD, sink=CLOUD, rate=1)", 2, ("flow 'turn'", "CLOUD")),
    "flow not listed": ("f = Flow('leak', source=level, sink=CLOUD, rate=1)\nMODEL = tank(f)", 2, ("flow 'leak'", "not in flows=")),
    "flow listed twice": ("f = Flow('leak', source=level, sink=CLOUD, rate=1)\nMODEL = tank(1, f, f)", 2, ("flow 'leak'", "twice")),
    "undefined auxiliary": ("MODEL = tank(k * Auxiliary('pressure', unit='litre'))", 2, ("auxiliary 'pressure'", "no equation")),
    "auxiliary defined twice": ("a = Auxiliary('a', 1)\ndefine(a, 2)", 2, ("auxiliary 'a'", "defined already")),
    "algebraic loop": ("a, b = Auxiliary('a'), Auxiliary('b')\ndefine(a, 2 * b)\ndefine(b, a + 1)\nMODEL = tank(a)", 2, ("algebraic loop", "a -> b")),
    "circular initial values": ("a = Auxiliary('a')\ns = Stock('s', 2 * a)\ndefine(a, s + 1)\nMODEL = tank(a, stock=s)", 2, ("initial values", "s -> a")),
    "two quantities of one name": ("MODEL = tank(k * Parameter('k', 2) * level)", 2, ("two quantities", "'k'")),
    "stock and parameter of one name": ("MODEL = tank(k * Parameter('level', 2))", 2, ("two quantities", "'level'")),
    "two policies of one name": ("MODEL = tank(k * level, policies=[Policy('act', {k: 1}), Policy('act', {k: 2})])", 2, ("two policies", "'act'")),
    "quantity named TIME": ("MODEL = tank(k * Parameter('TIME', 2))", 2, ("TIME",)),
    "name that is no text": ("Parameter(3, 1)", 2, ("parameter: 3 is not a name",)),
    "span reversed": ("MODEL = tank(1, span=(10, 0))", 2, ("model 'tank', span", "not after")),
    "span of nan": ("MODEL = tank(1, span=(0, float('nan')))", 2, ("model 'tank', span", "nan")),
    "span of dates": ("MODEL = tank(1, span=('2020-01-01', '2020-02-01'))", 2, ("model 'tank', span", "2020-01-01")),
    "time unit that is none": ("MODEL = tank(1, time_unit='day^^')", 2, ("model 'tank'", "day^^")),
    "time unit that is a number": ("MODEL = tank(1, time_unit=1)", 2, ("model 'tank'", "unit 1")),
    "unit that is a number": ("MODEL = tank(Parameter('q', 1, 3))", 2, ("parameter 'q'", "unit 3")),
    "unit that is malformed": ("MODEL = tank(Parameter('q', 1, 'litre//day'))", 2, ("parameter 'q'", "litre//day")),
    "units of one's own that are malformed": ("MODEL = tank(1, units={'cup': 0.25})", 2, ("'cup'", "0.25")),
    "units that disagree": ("MODEL = tank(k * level * level)", 2, ("flow 'drain'", "litre^2")),
    # equations
    "rate that is text": (f"MODEL = tank({CODE!r})", 2, ("flow 'drain', rate", "text")),
    "auxiliary that is text": (f"a = Auxiliary('a', {CODE!r}, 'litre')\nMODEL = tank(a)", 2, ("auxiliary 'a'", "text")),
    "initial value that is text": (f"Stock('pool', {CODE!r})", 2, ("stock 'pool', initial value", "text")),
    "parameter that is text": (f"Parameter('q', {CODE!r})", 2, ("parameter 'q'", "not a number")),
    "unit that is code": (f"MODEL = tank(Parameter('q', 1, {CODE!r}))", 2, ("parameter 'q'", "malformed")),
    "rate that is a truth value": ("MODEL = tank(True)", 2, ("flow 'drain', rate", "True")),
    "rate that is an inequality": ("MODEL = tank(level > 1)", 2, ("flow 'drain', rate", "level > 1")),
    "rate that is a list": ("MODEL = tank([1, 2])", 2, ("flow 'drain', rate", "[1, 2]")),
    "rate that is None": ("MODEL = tank(None)", 2, ("flow 'drain', rate", "None")),
    "inequality as a Python condition": ("MODEL = tank(1 if level > 1 else 2)", 2, ("wrong.py, line 12", "truth value")),
    "imaginary rate": ("MODEL = tank(sqrt(-1) * level)", 2, ("flow 'drain', rate", "not real")),
    "complex number": ("MODEL = tank(2j)", 2, ("flow 'drain', rate", "not real")),
    "nan in a rate": ("MODEL = tank(float('nan') * level)", 2, ("flow 'drain', rate", "not finite")),
    "inf in a rate": ("MODEL = tank(float('inf'))", 2, ("flow 'drain', rate", "not finite")),
    "division by the number zero": ("MODEL = tank(level / 0)", 2, ("flow 'drain', rate", "division by zero")),
    "plain sympy symbol": ("MODEL = tank(sympy.Symbol('q') * level)", 2, ("flow 'drain', rate", "q is a plain sympy symbol")),
    "function without code": ("MODEL = tank(sympy.Function('leak')(bare), stock=bare)", 2, ("leak", "no code")),
    "Max of nothing": ("MODEL = tank(Max())", 2, ("Max", "no argument")),
    "If without a condition": ("MODEL = tank(If(level, 1, 2))", 2, ("If", "level is not a condition")),
    "If of text": ("MODEL = tank(If(level > 1, 'full', 2))", 2, ("full",)),
    "parameter of nan": ("Parameter('q', float('nan'))", 2, ("parameter 'q'", "nan")),
    "parameter outside its domain": ("Parameter('q', 5, domain=(0, 1))", 2, ("parameter 'q': q = 5", "domain")),
    "initial value of inf": ("Stock('pool', float('inf'))", 2, ("stock 'pool', initial value", "not finite")),
    "START in a rate": ("MODEL = tank(START * level)", 2, ("flow 'drain'", "START")),
    "attribute of a quantity": ("MODEL = tank(level.rate)", 2, ("wrong.py, line 12", "rate")),
    # at the start
    "division by zero at the start": ("MODEL = tank(free / zero)", 3, ("model 'tank'", "t = 0", "division")),
    "nan at the start": ("MODEL = tank(free * (exp(1e5 * bare) - exp(2e5 * bare)), stock=bare)", 3, ("model 'tank'", "t = 0")),
    "log of a negative at the start": ("MODEL = tank(log(-bare), stock=bare)", 3, ("model 'tank'", "t = 0")),
    "root of a negative at the start": ("MODEL = tank(sqrt(3 - bare), stock=bare)", 3, ("model 'tank'", "t = 0")),
    "initial value that divides by zero": ("MODEL = tank(free, stock=Stock('pool', free / zero))", 2, ("initial value", "division")),
    "initial value of a log of a negative": ("MODEL = tank(free, stock=Stock('pool', log(zero - free)))", 2, ("initial value", "'tank'")),
    "negative at the start": ("MODEL = tank(free, stock=Stock('pool', -3, nonnegative=True))", 2, ("stock 'pool'", "-3")),
    # later
    "rate that becomes infinite": ("MODEL = tank(-free * level**2)", 3, ("model 'tank'", "t = 0.09", "'level'")),
    "stock that falls below zero": ("MODEL = tank(tap, stock=Stock('pool', 5, 'litre', nonnegative=True))", 3, ("stock 'pool'", "below zero", "t = 2.4")),
    "lookup beyond its points": ("t = Lookup('table', [(0, 0), (12, 1)], beyond='error')\nMODEL = tank(-free * t(level))", 3, ("lookup 'table'", "beyond")),
    "equations that chatter": ("MODEL = tank(free * If(level > 9, 1, -1))", 3, ("model 'tank'", "t = 1", "back and forth")),
    "log that becomes negative": ("MODEL = tank(free + 0.01 * log(bare - 5), stock=bare)", 3, ("model 'tank'",)),
    "root that becomes negative": ("MODEL = tank(free + sqrt(bare - 5), stock=bare)", 3, ("model 'tank'",)),
    # lookups, series, delays, families
    "lookup out of order": ("Lookup('table', [(1, 0), (0, 1)])", 2, ("lookup 'table'", "0 follows 1")),
    "lookup of one point": ("Lookup('table', [(1, 0)])", 2, ("lookup 'table'", "1 point")),
    "lookup of text": (f"Lookup('table', [(0, {CODE!r}), (1, 2)])", 2, ("lookup 'table', y of point 1",)),
    "lookup of an unknown kind": ("Lookup('table', [(0, 0), (1, 2)], kind='liner')", 2, ("lookup 'table'", "did you mean 'linear'?")),
    "series out of order": ("MODEL = tank(Series('data', (2, 1), (0, 0)))", 2, ("series 'data'", "1 follows 2")),
    "series of dates without an origin": ("MODEL = tank(Series('data', ('2020-03-02',), (0,)))", 2, ("series 'data'", "origin")),
    "delay of order zero": ("MODEL = tank(1, DELAYN('late', k * level, 2, 0))", 2, ("delay 'late', order",)),
    "delay of text": ("DELAY3('late', k * level, 'two')", 2, ("delay 'late', time", "'two'")),
    "delay of no time": ("MODEL = tank(1, DELAY1('late', tap, zero))", 3, ("model 'tank'", "division")),
    "family without members": ("Family('age', ())", 2, ("family 'age'", "no member")),
    "wrong member of a family": ("x = Parameter('x', 1, over=Family('age', ('young', 'old')))\nMODEL = tank(x['yuong'])",
                              2, ("x[yuong]", "did you mean 'young'?")),
    "too many indexes": ("x = Parameter('x', 1, over=Family('age', ('young', 'old')))\nMODEL = tank(x['young', 'old'])", 2, ("x[young, old]", "2 indexes")),
    "member without a value": ("Parameter('x', {'young': 1}, over=Family('age', ('young', 'old')))", 2, ("x, value", "'old'")),
    "value of no member": ("Parameter('x', {'young': 1, 'old': 1, 'odl': 2}, over=Family('age', ('young', 'old')))", 2, ("x, value", "did you mean 'old'?")),
    "family as a function's argument": ("x = Parameter('x', 1, over=Family('age', ('young', 'old')))\nMODEL = tank(exp(x))",
                              2, ("wrong.py, line 13", "x[age]", "map")),
    "family that is text": ("Parameter('x', 1, over='age')", 2, ("over", "not a family")),
    # policies, impulses, outcomes, instruments, trades
    "policy of a stock": ("Policy('act', {level: 1})", 2, ("policy 'act'", "level is not a parameter")),
    "policy of a name": ("Policy('act', {'k': 1})", 2, ("policy 'act'", "k is not a parameter")),
    "policy that uses a stock": ("Policy('act', {k: level})", 2, ("policy 'act', k", "stock 'level'")),
    "policy of text": (f"Policy('act', {{k: {CODE!r}}})", 2, ("policy 'act', k", "text")),
    "policy of nothing": ("Policy('act', None)", 2, ("policy 'act'", "None")),
    "policy among the flows": ("MODEL = tank(1, Policy('act', {k: 1}))", 2, ("act", "not a flow")),
    "policy with an end and a duration": ("Policy('act', {k: 1}, end=3, duration=1)", 2, ("policy 'act'", "one of them")),
    "trigger that is no inequality": ("Policy('act', {k: 1}, when=level)", 2, ("policy 'act'", "not one inequality")),
    "trigger that is text": ("Policy('act', {k: 1}, when='level > 1')", 2, ("policy 'act'", "not one inequality")),
    "trigger of two inequalities": ("Policy('act', {k: 1}, when=sympy.And(level > 1, level < 2))", 2, ("policy 'act'", "Min and Max")),
    "trigger with a negative delay": ("Policy('act', {k: 1}, when=level > 1, delay=-1)", 2, ("policy 'act'", "-1")),
    "trigger with a date": ("Policy('act', {k: 1}, when=level > 1, start=3)", 2, ("policy 'act'", "`when` and a date")),
    "impulse through an unlisted flow": ("f = Flow('leak', source=level, sink=CLOUD, rate=0)\nMODEL = tank(1, impulses=[Impulse(f, 1, at=2)])",
                              2, ("impulse 'leak'", "not in flows=")),
    "impulse through a stock": ("Impulse(level, 1, at=2)", 2, ("impulse", "level")),
    "outcome that is no inequality": ("Outcome('low', when=level)", 2, ("outcome 'low'", "not one inequality")),
    "outcome that is a name": ("MODEL = tank(1, outcomes=('low',))", 2, ("'low' is not an outcome",)),
    "instrument without a holder": ("Stock('pool', 1, instrument=Instrument('water'))", 2, ("stock 'pool'", "holder")),
    "instrument of a text price": ("Instrument('water', price='par')", 2, ("instrument 'water', price", "'par'")),
    "trade between three": ("a, b, c = Sector('a'), Sector('b'), Sector('c')\nm, n = Instrument('m'), Instrument('n')\n"
                            "x, y = Stock('x', 1, holder=a, instrument=m), "
                            "Stock('y', 1, holder=b, instrument=m)\np, q = Stock('p', 1, holder=c, instrument=n), Stock('q', 1, holder=a, instrument=n)\n"
                            "Trade('sale', delivered=(x, y), paid=(p, q), rate=1)", 2, ("trade 'sale'", "b receives but c pays")),
    "trade of one leg": ("Trade('sale', delivered=(level, other), paid=level, rate=1)", 2, ("trade 'sale', paid", "not a pair")),
}


def test_more_than_fifty_model_files_are_wrong():
    assert len(MODELS) >= 50


@pytest.mark.parametrize("name", MODELS)
def test_a_wrong_model_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    body, code, parts = MODELS[name]
    (tmp_path / "wrong.py").write_text(BASE + "\n" + body + "\n")
    refused(command(tmp_path, monkeypatch, "run", "wrong.py"), code, parts, tmp_path)


FILES = {
    "empty.py": (b"", ("empty.py", "no MODEL")),
    "latin.py": ("# caf\xe9\nMODEL = 1\n".encode("latin-1"), ("latin.py",)),
    "null.py": (b"MODEL = 1\0", ("null.py", "null")),
    "binary.py": (bytes(range(256)), ("binary.py",)),
    "notes.txt": (b"MODEL = 1", ("notes.txt", "neither a .py file")),
    "folder/readme.md": (b"", ("folder", "__init__.py")),
    "broken/__init__.py": (b"from .parts import pool", ("__init__.py, line 1", "parts")),
    "figures/__init__.py": (b"from . import other\n", ("other",)),
    "brackets.py": (b"MODEL = " + b"(" * 300 + b")" * 300, ("brackets.py",)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_model_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    content, parts = FILES[name]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    target = name if "/" not in name else name.partition("/")[0]
    refused(command(tmp_path, monkeypatch, "run", target), 2, parts, tmp_path)
    refused(command(tmp_path, monkeypatch, "show", target), 2, parts, tmp_path)


CASES = {
    "malformed": ("span = [0, 1", ("case.toml", "malformed TOML")),
    "malformed line": ("title = 'a'\n= 3\n", ("case.toml", "line 2")),
    "key twice": ("title = 'a'\ntitle = 'b'\n", ("case.toml", "malformed TOML")),
    "unknown key": ("titel = 'a'", ("case.toml", "did you mean 'title'?")),
    "title that is a number": ("title = 3", ("case.toml, title", "3")),
    "unknown parameter": ("[parameters]\nkk = 1", ("case 'case'", "no parameter 'kk'")),
    "stock as a parameter": ("[parameters]\nlevel = 1", ("case 'case'", "no parameter 'level'")),
    "parameter that is text": ("[parameters]\nk = '1'", ("case.toml, parameters.k", "'1'")),
    "parameter that is true": ("[parameters]\nk = true", ("case.toml, parameters.k", "True")),
    "parameter that is nan": ("[parameters]\nk = nan", ("case.toml, parameters.k", "nan")),
    "parameter that is inf": ("[parameters]\nk = -inf", ("case.toml, parameters.k", "-inf")),
    "parameter that is a list": ("[parameters]\nk = [1]", ("case.toml, parameters.k", "[1]")),
    "parameter too large for a float": ("[parameters]\nk = 1" + "0" * 400, ("case.toml, parameters.k",)),
    "parameter outside its domain": ("[parameters]\nk = 11", ("k = 11", "domain")),
    "parameter without a value": ("[parameters]\nk = { reason = 'none' }", ("case.toml, parameters.k", "no value")),
    "parameters that are a list": ("parameters = [1, 2]", ("case.toml, parameters", "not a table")),
    "reason that is a number": ("[parameters]\nk = { value = 1, reason = 2 }", ("case.toml, parameters.k, reason",)),
    "unknown stock": ("[initial]\nlevle = 1", ("case 'case', initial", "did you mean 'level'?")),
    "span reversed": ("span = [5, 1]", ("span", "not after")),
    "span that is a number": ("span = 5", ("case.toml, span", "5")),
    "span of words": ("span = ['begin', 'end']", ("span", "'begin'")),
    "span of dates without an origin": ("span = [2020-03-02, 2020-04-01]", ("span", "no origin")),
    "span that is infinite": ("span = [0, inf]", ("span", "inf")),
    "unknown policy": ("[[policies]]\nname = 'atc'\nstart = 1", ("no policy 'atc'", "did you mean 'act'?")),
    "policy without a date": ("[[policies]]\nname = 'undated'", ("undated", "no start")),
    "policy without a name": ("[[policies]]\nstart = 1", ("case.toml, policies, entry 1", "no name")),
    "policy twice": ("[[policies]]\nname = 'act'\n[[policies]]\nname = 'act'", ("entry 2 (act)", "twice")),
    "policy that sets": ("[[policies]]\nname = 'act'\nset = { k = 1 }", ("entry 1 (act)", "shock")),
    "policies that are one table": ("[policies]\nname = 'act'", ("case.toml, policies", "[[policies]]")),
    "policy before the run": ("[[policies]]\nname = 'act'\nstart = -5", ("act", "before the run")),
    "policy that ends before it starts": ("[[policies]]\nname = 'act'\nstart = 5\nend = 4", ("act", "not after")),
    "policy with a duration of text": ("[[policies]]\nname = 'act'\nduration = 'long'", ("entry 1 (act), duration", "'long'")),
    "policy with a start that is a list": ("[[policies]]\nname = 'act'\nstart = [1]", ("act, start", "[1]")),
    "policy with a time of day": ("[[policies]]\nname = 'act'\nstart = 07:32:00", ("act, start", "time")),
    "shock that sets nothing": ("[[shocks]]\nname = 'flood'\nstart = 1", ("entry 1 (flood)", "sets nothing")),
    "shock of an unknown parameter": ("[[shocks]]\nname = 'flood'\nstart = 1\nset = { K = 1 }", ("shock 'flood'", "did you mean 'k'?")),
    "shock outside a domain": ("[[shocks]]\nname = 'flood'\nstart = 1\nset = { k = 99 }", ("flood", "k = 99")),
    "shock that never ends in time": ("[[shocks]]\nname = 'flood'\nstart = nan\nset = { k = 1 }", ("flood, start", "nan")),
    "origin that is text": ("origin = '2020-03-02'", ("case.toml, origin", "without quotes")),
    "origin on a closed day": ("origin = 2020-03-01", ("2020-03-01",)),
    "origin on a holiday": ("origin = 2020-12-25", ("2020-12-25",)),
    "origin beyond the calendar": ("origin = 9999-12-31", ("9999",)),
    "date beyond the calendar": ("origin = 2020-03-02\n[[policies]]\nname = 'act'\nstart = 9999-01-04", ("act, start", "9999")),
    "extends nobody": ("extends = 'parent'", ("case.toml, extends", "'parent'")),
    "parameter with more digits than Python reads": ("[parameters]\nk = 1" + "0" * 5000, ("case.toml", "malformed TOML")),
    "brackets without end": ("x = " + "[" * 5000, ("case.toml", "malformed TOML")),
    "extends a list": ("extends = ['case']", ("case.toml, extends",)),
    "extends itself": ("extends = 'case'", ("case.toml", "circle (case -> case)")),
    "extends a path": ("extends = '../../etc/passwd'", ("case.toml, extends", "passwd")),
    # code
    "code as a value": (f'[parameters]\nk = "{CODE}"', ("case.toml, parameters.k", "SENTINEL")),
    "code as an initial value": (f'[initial]\nlevel = "{CODE}"', ("case.toml, initial.level", "SENTINEL")),
    "code as a name": (f'[parameters]\n"{CODE}" = 1', ("no parameter", "SENTINEL")),
    "code as a policy": (f'[[policies]]\nname = "{CODE}"', ("no policy", "SENTINEL")),
    "code as a date": (f'[[policies]]\nname = "act"\nstart = "{CODE}"', ("act, start", "SENTINEL")),
    "code as a duration": (f'[[policies]]\nname = "act"\nduration = "{CODE}"', ("(act), duration", "SENTINEL")),
    "code as an origin": (f'origin = "{CODE}"', ("case.toml, origin", "SENTINEL")),
    "code as a span": (f'span = [0, "{CODE}"]', ("span", "SENTINEL")),
    "code as a parent": (f'extends = "{CODE}"', ("case.toml, extends", "SENTINEL")),
    "code in a shock": (f'[[shocks]]\nname = "flood"\nstart = 1\nset = {{ k = "{CODE}" }}', ("(flood), set.k", "SENTINEL")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_case_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    text, parts = CASES[name]
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "good.cases").mkdir()
    (tmp_path / "good.cases" / "case.toml").write_text(text)
    refused(command(tmp_path, monkeypatch, "run", "good.py", "--case", "case"), 2, parts, tmp_path)


def test_cases_that_extend_one_another_in_a_circle_are_named(tmp_path, monkeypatch):
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "good.cases").mkdir()
    for child, parent in (("one", "two"), ("two", "three"), ("three", "one")):
        (tmp_path / "good.cases" / f"{child}.toml").write_text(f"extends = '{parent}'")
    refused(command(tmp_path, monkeypatch, "run", "good.py", "--case", "one"), 2, ("circle (one -> two -> three -> one)",), tmp_path)


def test_a_case_file_that_is_not_utf8_is_refused(tmp_path, monkeypatch):
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "latin.toml").write_bytes("title = 'caf\xe9'".encode("latin-1"))
    refused(command(tmp_path, monkeypatch, "run", "good.py", "--case", "latin.toml"), 2, ("latin.toml",), tmp_path)


VALUES = {
    "unknown parameter": ("[parameters]\nkk = 1", ("set.toml", "no parameter 'kk'")),
    "text": ("[parameters]\nk = 'much'", ("set.toml, parameters.k", "'much'")),
    "code": (f'[parameters]\nk = "{CODE}"', ("set.toml, parameters.k", "SENTINEL")),
    "outside the domain": ("[parameters]\nk = 11", ("set.toml", "k = 11")),
    "unknown table": ("[initial]\nlevel = 1", ("set.toml", "no key 'initial'")),
    "malformed": ("[parameters", ("set.toml", "malformed TOML")),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_value_set_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    text, parts = VALUES[name]
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "good.values").mkdir()
    (tmp_path / "good.values" / "set.toml").write_text(text)
    refused(command(tmp_path, monkeypatch, "run", "good.py", "--values", "set"), 2, parts, tmp_path)


DATA = {
    "missing file": (None, ("data.csv",)),
    "empty": (b"", ("data.csv", "column")),
    "missing column": (b"date,rain\n0,1\n", ("data.csv", "'inflow'")),
    "no rows": (b"date,inflow\n", ("data",)),
    "text in a cell": (b"date,inflow\n0,1\n1,much\n", ("data.csv, line 3", "'much'")),
    "code in a cell": (f'date,inflow\n0,"{CODE}"\n'.encode(), ("data.csv, line 2", "SENTINEL")),
    "code as a time": (f'date,inflow\n"{CODE}",1\n'.encode(), ("data", "SENTINEL")),
    "nan in a cell": (b"date,inflow\n0,nan\n", ("data", "nan")),
    "times out of order": (b"date,inflow\n2020-03-03,1\n2020-03-02,1\n", ("data", "0 follows 1")),
    "a day that is none": (b"date,inflow\n2020-02-30,1\n", ("data", "2020-02-30")),
    "dates before any calendar": (b"date,inflow\n0001-01-01,1\n", ("data", "0001-01-01")),
    "numbers for dates": (b"date,inflow\n0.5,1\n", ("data", "0.5")),
    "short row": (b"inflow,date\n1\n", ("data",)),
    "not utf8": ("date,inflow\n0,1\xe9\n".encode("latin-1"), ("data.csv",)),
    "binary": (bytes(range(256)), ("data.csv",)),
}


@pytest.mark.parametrize("name", DATA)
def test_wrong_data_are_refused_in_one_sentence(name, tmp_path, monkeypatch):
    content, parts = DATA[name]
    (tmp_path / "wrong.py").write_text(BASE + "from pathlib import Path\n"
                                       "MODEL = tank(Series.from_csv('data', Path(__file__).with_name('data.csv'), 'inflow') * free)\n")
    if content is not None:
        (tmp_path / "data.csv").write_bytes(content)
    (tmp_path / "case.toml").write_text("origin = 2020-03-02\nspan = [0, 5]\n")
    refused(command(tmp_path, monkeypatch, "run", "wrong.py", "--case", "case.toml"), 2, parts, tmp_path)


OPTIONS = {
    "unknown command": ("rnu good.py", ("did you mean 'run'?",)),
    "no model": ("run", ("MODEL",)),
    "unknown model": ("run treasury_bassis", ("did you mean 'treasury_basis'?",)),
    "missing file": ("run none.py", ("none.py",)),
    "unknown option": ("run good.py --csae x", ("--csae",)),
    "unknown case": ("run good.py --case cas", ("no case", "'cas'")),
    "unknown value set": ("run good.py --values high", ("no value set 'high'",)),
    "unknown parameter": ("run good.py --set kk=1", ("no parameter 'kk'",)),
    "no number": ("run good.py --set k=much", ("--set 'k=much'", "'much'")),
    "no value": ("run good.py --set k", ("--set 'k'", "NAME=NUMBER")),
    "nan": ("run good.py --set k=nan", ("--set 'k=nan'", "not finite")),
    "twice": ("run good.py --set k=1 --set k=2", ("'k' is given twice",)),
    "outside the domain": ("run good.py --set k=-1", ("k = -1", "domain")),
    "code as a value": (f"run good.py --set k={CODE}", ("--set", "SENTINEL")),
    "code as a name": (f"run good.py --set {CODE}=1", ("SENTINEL",)),
    "unknown policy": ("run good.py --policy atc@3", ("did you mean 'act'?",)),
    "policy without a date": ("run good.py --policy undated", ("undated", "no start")),
    "empty date": ("run good.py --policy act@", ("--policy 'act@'",)),
    "date without an origin": ("run good.py --policy act@2020-03-02", ("act, start", "no origin")),
    "code as a date": (f"run good.py --policy act@{CODE}", ("act, start", "SENTINEL")),
    "unknown method": ("run good.py --method LSODE", ("method", "did you mean 'LSODA'?")),
    "tolerance": ("run good.py --rtol 5", ("rtol", "5")),
    "shift of text": ("run good.py --shift soon", ("--shift", "soon")),
    "shift of nothing": ("run good.py --shift 3", ("--shift 3", "no policies")),
    "code as a case": (f"run good.py --case {CODE}", ("no case", "SENTINEL")),
    "code as a model": (f"run {CODE}", ("SENTINEL",)),
    "a form there is not": ("show good.py --format word", ("word",)),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_wrong_option_is_refused_in_one_sentence(name, tmp_path, monkeypatch):
    line, parts = OPTIONS[name]
    (tmp_path / "good.py").write_text(GOOD)
    refused(command(tmp_path, monkeypatch, *line.split()), 2, parts, tmp_path)


@pytest.mark.parametrize("body, code, words", [
    (MODELS["algebraic loop"][0], 2, ("run",)), (MODELS["rate that becomes infinite"][0], 3, ("run",)), (MODELS["rate that is text"][0], 2, ("show",)),
    ("MODEL = tank(k * level)", 2, ("run", "--set", f"k={CODE}")), (MODELS["deep nesting"][0], 2, ("run",))])
def test_the_real_program_ends_with_one_sentence_and_its_code(body, code, words, tmp_path):
    (tmp_path / "wrong.py").write_text(BASE + "\n" + body + "\n")
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-m", "sd_basis", words[0], "wrong.py", *words[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True)
    refused((done.returncode, done.stdout, done.stderr), code, (), tmp_path)


def test_the_good_model_of_these_tests_runs(tmp_path, monkeypatch):
    (tmp_path / "good.py").write_text(GOOD)
    code, stdout, stderr = command(tmp_path, monkeypatch, "run", "good.py", "--policy", "act")
    assert code == 0 and "level" in stdout and not stderr
