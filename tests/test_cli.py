"""The command line: its exit codes, its one-sentence errors, what it prints and what it writes."""

import contextlib
import csv
import importlib.metadata
import inspect
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from sd_basis.cli import main
from sd_basis.cli.options import METHOD_NAMES
from sd_basis.cli.output import narrow, number, table
from sd_basis.cli.request import shifts
from sd_basis.integrators import FIXED, METHODS

CHECKOUT = Path(__file__).parent.parent
# click before 8.2 mixes stderr into stdout unless it is told not to
RUNNER = CliRunner(**({"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))
HEAVY = ("sympy", "scipy", "matplotlib", "numpy")

TIP = '''"""A ball between two valleys, pushed by a shock and held back by a policy."""
from sd_basis import CLOUD, Auxiliary, Flow, Model, Outcome, Parameter, Policy, Stock
position = Stock("position", initial=-1.0, unit="1", scale=1)
push = Parameter("push", 0.0, "1", between=(-1, 2), domain=(-5, 5), reference="invented")
pull = Parameter("pull", 0.0, "1", domain=(-5, 5))
pace = Parameter("pace", 1.0, "1/day", domain=(0, None))
slope = Auxiliary("slope", position - position**3, unit="1")
move = Flow("move", source=CLOUD, sink=position, rate=pace * (slope + push - pull), reversible=True)
hold = Policy("hold", {pull: 0.3}, start=3.0, description="Hold it back")
undated = Policy("undated", {pull: 2.0})
MODEL = Model("tip", flows=(move,), policies=(hold, undated), span=(0, 40),
              outcomes=(Outcome("stayed", position < 0), Outcome("tipped", position > 0)))
'''
PUSHED = '''title = "Pushed, then held"
origin = 2020-02-24
[[shocks]]
name = "push"
start = 1.0
duration = 4.0
set = { push = 0.6 }
[[policies]]
name = "hold"
start = 2.0
'''
BLOWUP = '''from sd_basis import CLOUD, Flow, Model, Stock
x = Stock("x", initial=1.0)
MODEL = Model("blowup", (Flow("grow", source=CLOUD, sink=x, rate=x**2),), span=(0, 2))
'''
BOOKS = '''from sd_basis import Flow, Instrument, Model, Parameter, Sector, Stock
saver, bank = Sector("saver"), Sector("bank")
deposits, house = Instrument("deposits", issuer=bank), Instrument("house", price=3.0)
have = Stock("have", 100, "dollar", holder=saver, instrument=deposits)
other = Stock("other", 20, "dollar", holder=saver, instrument=deposits)
home = Stock("home", 2, "dwelling", holder=bank, instrument=house)
move = Flow("move", source=have, sink=other, rate=Parameter("pace", 0.1, "1/day") * have)
MODEL = Model("books", (move,), span=(0, 10), outputs=(home,))
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models of a user, in a folder of their own."""
    path = tmp_path_factory.mktemp("models")
    cases = path / "tip.cases"
    values = path / "tip.values"
    cases.mkdir()
    values.mkdir()
    (path / "tip.py").write_text(TIP)
    (cases / "pushed.toml").write_text(PUSHED)
    (cases / "quiet.toml").write_text('title = "Nothing happens"\n')
    (path / "bad.toml").write_text("title = \n")
    (path / "odd.toml").write_text("titel = 'x'\n")
    (values / "slow.toml").write_text("[parameters]\npace = 0.5\n")
    (path / "blowup.py").write_text(BLOWUP)
    (path / "books.py").write_text(BOOKS)
    (path / "empty.py").write_text("x = 1\n")
    (path / "broken.py").write_text("x = = 1\n")
    return path


@pytest.fixture
def call(folder, monkeypatch):
    """Call the command line in the folder of the models."""
    monkeypatch.chdir(folder)

    def call(*arguments, code=0):
        result = RUNNER.invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result
    return call


def process(arguments, folder, **options):
    """Start the command line as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "sd_basis", *map(str, arguments)], cwd=folder, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, **options)


def read(path):
    """Return the rows of a CSV file."""
    return list(csv.DictReader(path.read_text().splitlines()))


# Start-up

LIGHT = [["--help"], ["--version"], ["list"], ["list", "--json"], *([name, "--help"] for name in sorted(main.commands))]


def test_help_version_and_list_import_nothing_heavy(folder):
    code = f"""import sys
from sd_basis.cli import main
for arguments in {LIGHT!r}:  # what one imports stays for the next, so that the first to be named is at fault
    try:
        main(arguments, prog_name="sd-basis")
    except SystemExit as end:
        assert not end.code
    sys.stdout.flush()
    print(" ".join(arguments), [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
    assert done.stderr.splitlines() == [f"{' '.join(arguments)} []" for arguments in LIGHT]
    assert done.stdout.count("Usage: sd-basis") == len(LIGHT) - 3


def test_python_m_and_the_group_are_the_same_command_line(folder):
    out, _ = process(["--version"], folder).communicate()
    assert out.startswith("sd-basis, version ")


def test_the_methods_that_complete_are_the_integrators():
    assert set(METHOD_NAMES) == {*METHODS, *FIXED}


@pytest.mark.parametrize("words, expected", [
    ("sd-basis ru", "run"), ("sd-basis run tip.py --case pu", "pushed"), ("sd-basis run tip.py --values ", "slow"),
    ("sd-basis run tip.py --method Ra", "Radau"),
])
def test_names_complete_in_the_shell(words, expected, folder):
    environment = {"_SD_BASIS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    code = "import sys\nfrom sd_basis.cli import main\ntry:\n    main(prog_name='sd-basis')\nfinally:\n    assert 'sympy' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder,
                          env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment})
    assert f"plain,{expected}" in done.stdout.splitlines(), done.stderr


def test_without_arguments_it_shows_its_commands(call):
    assert "Commands:" in call().stdout


def test_every_option_and_command_has_a_help_text():
    for command in main.commands.values():
        assert command.help
        for option in command.params:
            assert option.param_type_name == "argument" or option.help, f"{command.name} {option.name}"


# Bad use and input

BAD = [
    (["runn", "tip.py"], "did you mean 'run'"),
    (["run", "tip.py", "--cas", "x"], "--case"),
    (["run"], "Missing argument 'MODEL'"),
    (["run", "tipp.py"], "no shipped model or file 'tipp.py'"),
    (["run", "."], "neither a .py file"),
    (["run", "empty.py"], "defines no MODEL"),
    (["run", "broken.py"], "broken.py, line 1"),
    (["run", "tip.py", "--case", "pushd"], "did you mean 'pushed'"),
    (["run", "tip.py", "--case", "bad.toml"], "bad.toml: malformed TOML"),
    (["run", "tip.py", "--case", "odd.toml"], "did you mean 'title'"),
    (["run", "tip.py", "--values", "slwo"], "did you mean 'slow'"),
    (["run", "tip.py", "--policy", "holt"], "did you mean 'hold'"),
    (["run", "tip.py", "--policy", "undated"], "undated@DATE"),
    (["run", "tip.py", "--policy", "hold@"], "no date after the @"),
    (["run", "tip.py", "--policy", "hold@-3"], "before the run begins"),
    (["run", "tip.py", "--policy", "hold@nan"], "finite"),
    (["run", "tip.py", "--policy", "hold@2020-03-02"], "no origin"),
    (["run", "tip.py", "--case", "pushed", "--policy", "hold@2020-02-30"], "is not a date"),
    (["run", "tip.py", "--case", "pushed", "--policy", "hold@2020-02-20"], "before the run begins"),
    (["run", "tip.py", "--set", "pusch=1"], "did you mean 'push'"),
    (["run", "tip.py", "--set", "push=9"], "outside its domain"),
    (["run", "tip.py", "--set", "push=nan"], "not finite"),
    (["run", "tip.py", "--set", "push=-inf"], "not finite"),
    (["run", "tip.py", "--set", "push=much"], "not a number"),
    (["run", "tip.py", "--set", "push"], "NAME=NUMBER"),
    (["run", "tip.py", "--set", "=1"], "NAME=NUMBER"),
    (["run", "tip.py", "--set", "position=1"], "no parameter 'position'"),
    (["run", "tip.py", "--shift", "1"], "no policies to move"),
    (["run", "tip.py", "--case", "pushed", "--shift", "nan"], "finite"),
    (["run", "tip.py", "--case", "pushed", "--shift", "-5"], "before the run begins"),
    (["run", "tip.py", "--method", "LSOD"], "did you mean 'LSODA'"),
    (["run", "tip.py", "--rtol", "0"], "rtol"),
    (["run", "tip.py", "--rtol", "nan"], "rtol"),
    (["run", "tip.py", "--out", "tip.py"], "cannot be written"),
    (["compare", "tip.py", "--shift", "1,x"], "'x' is not a number"),
    (["compare", "tip.py", "--shift", "inf"], "not finite"),
    (["compare", "tip.py", "--case", "pushed", "--case", "quite"], "did you mean 'quiet'"),
    (["compare", "tip.py", "--out", "tip.py"], "cannot be written"),
    (["show", "tip.py", "--format", "matrix"], "no balance sheets"),
    (["show", "tip.py", "--format", "matrix", "--symbolic"], "no balance sheets"),
    (["show", "books.py", "--symbolic"], "--format matrix --symbolic"),
    (["show", "tip.py", "--format", "txt"], "'text'"),
    (["figures", "tip.py", "--only", "nothing"], "no figure 'nothing'"),
    (["figures", "tip.py", "--out", "tip.py"], "cannot be written"),
    (["list", "tip.py"], "unexpected extra argument"),
]


@pytest.mark.parametrize("arguments, message", BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_use_and_input_give_one_sentence_and_code_two(arguments, message, call):
    result = call(*arguments, code=2)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert message in line


def test_the_folder_is_checked_before_anything_is_computed(call, monkeypatch):
    monkeypatch.setattr("sd_basis.simulation.simulate", lambda *_, **__: pytest.fail("it computed first"))
    call("run", "tip.py", "--out", "tip.py", code=2)
    call("compare", "tip.py", "--out", "tip.py", code=2)


def test_what_nobody_foresaw_is_a_sentence_and_does_not_pass_for_a_finding(call, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("a defect")
    monkeypatch.setattr("sd_basis.simulation.simulate", fail)
    result = call("run", "tip.py", code=70)
    assert result.stderr.startswith("Error: unexpected ZeroDivisionError: a defect")
    monkeypatch.setenv("SD_BASIS_TRACEBACK", "1")
    assert isinstance(RUNNER.invoke(main, ["run", "tip.py"]).exception, ZeroDivisionError)


# list and show

def test_list_names_models_cases_and_value_sets(call, folder, monkeypatch):
    package = folder / "shipped" / "town"
    (package / "cases").mkdir(parents=True, exist_ok=True)
    (package / "values").mkdir(exist_ok=True)
    (package / "__init__.py").write_text('"""A town that grows."""\nraise RuntimeError("listing runs no model")\n')
    (package / "cases" / "boom.toml").write_text('title = "A boom"\n')
    (package / "cases" / "later.toml").write_text('extends = "boom"\n')
    (package / "cases" / "torn.toml").write_text("title = \n")
    (package / "values" / "fast.toml").write_text("")
    monkeypatch.setattr("sd_basis.library.shipped", lambda: folder / "shipped")
    out = call("list").stdout
    assert "town  A town that grows." in out
    assert "--case boom   A boom" in out
    assert "as boom, changed" in out
    assert "(cannot be read)" in out
    assert "--values fast" in out
    assert json.loads(call("list", "--json").stdout)[0]["cases"]["boom"] == "A boom"


def test_show_reads_as_the_modeller_wrote_it(call):
    out = call("show", "tip.py").stdout
    for part in ("A ball between two valleys", "CLOUD <--move--> position", "= pace*(slope - pull + push)", "slope = -position**3 + position",
                 "push = 0  [1], between -1 .. 2, domain -5 .. 5; invented", "domain 0 .. any", "hold from 3.0: Hold it back", "pull := 0.3", "tipped where position > 0",
                 "Pushed, then held", "Value sets: slow", "every total has a boundary flow"):
        assert part in out
    assert max(map(len, out.splitlines())) <= 100


def test_show_gives_the_conserved_totals(call):
    assert "have + other" in call("show", "books.py").stdout.split("Conserved totals")[1]


def test_show_json_is_strict_and_holds_the_values_in_force(call):
    document = json.loads(call("show", "tip.py", "--json", "--values", "slow").stdout, parse_constant=pytest.fail)
    parameters = {parameter["name"]: parameter for parameter in document["parameters"]}
    assert parameters["pace"]["value"] == 0.5
    assert parameters["pace"]["domain"] == [0.0, None]
    assert document["flows"][0]["source"] == "CLOUD"
    assert document["cases"] == {"pushed": "Pushed, then held", "quiet": "Nothing happens"}
    assert call("show", "tip.py", "--format", "json").stdout == call("show", "tip.py", "--json").stdout


def test_show_latex_has_one_line_an_equation(call):
    lines = call("show", "books.py", "--format", "latex").stdout.splitlines()
    assert lines[0] == r"\begin{align*}" and r"\end{align*}" in lines
    assert r"  \mathrm{move} &= \mathrm{pace}\,\mathrm{have} \\" in lines or r"  \mathrm{move} &= \mathrm{have}\,\mathrm{pace} \\" in lines
    assert r"  \frac{d}{dt} \mathrm{have} &= - \mathrm{move} \\" in lines


def test_the_matrix_sums_to_zero_for_claims_and_to_what_there_is_for_the_rest(call):
    start, *_ = call("show", "books.py", "--format", "matrix").stdout.split("transactions from")
    lines = {line.split("  ")[0]: line.split()[-3:] for line in start.splitlines()[2:]}
    assert lines["deposits"] == ["+120", "-120", "0"]
    assert lines["house"][-2:] == ["+6", "+6"]
    assert lines["net worth"] == ["+120", "-114", "+6"]


def test_the_diagram_is_written(call, tmp_path):
    call("show", "tip.py", "--format", "diagram", "--out", tmp_path / "new")
    assert {path.suffix for path in (tmp_path / "new" / "tip").iterdir()} == {".svg", ".png", ".csv", ".json"}


# run

def test_run_says_how_it_ends(call):
    out = call("run", "tip.py", "--case", "pushed").stdout
    assert out.startswith("tip, pushed: stayed")
    assert "position" in out and "2020-02-26 00:00" in out
    assert "LSODA" in out and "rtol 1e-06" in out


def test_a_collapse_is_a_result(call):
    assert "tipped" in call("run", "tip.py", "--case", "pushed", "--shift", "4").stdout


def test_run_json_is_one_strict_row_of_the_contract(call):
    row = json.loads(call("run", "tip.py", "--case", "pushed", "--shift", "-0.5", "--json").stdout, parse_constant=pytest.fail)
    assert {"model", "case", "shift", "outcome", "decided_at", "time_unit", "final", "peak", "ledgers", "solver", "warnings"} <= set(row)
    assert (row["model"], row["case"], row["shift"], row["outcome"]) == ("tip", "pushed", -0.5, "stayed")


def test_warnings_go_to_stderr(call):
    result = call("run", "tip.py", "--set", "push=3")
    assert "Warning: model 'tip': push = 3 lies outside its plausible range" in result.stderr
    assert "Warning" not in result.stdout


def test_ledgers_are_reported(call):
    assert "Ledgers, largest closing error relative to scale" in call("run", "books.py").stdout


def test_values_set_and_policy_reach_the_run(call):
    fast, slow = (json.loads(call("run", "tip.py", *more, "--json").stdout)["final"]["position"]
                  for more in ([], ["--values", "slow", "--set", "push=0.2", "--policy", "undated@39.5"]))
    assert fast != slow
    held = json.loads(call("run", "tip.py", "--case", "pushed", "--policy", "hold@2020-03-09", "--json").stdout)
    assert held["outcome"] == "tipped"  # the policy given replaces the case's, and comes too late


def test_run_writes_csv_and_manifest(call, tmp_path):
    call("run", "tip.py", "--case", "pushed", "--out", tmp_path / "a" / "b")
    written = tmp_path / "a" / "b"
    assert sorted(path.name for path in written.iterdir()) == ["tip-pushed.csv", "tip-pushed.manifest.json"]
    rows = read(written / "tip-pushed.csv")
    assert set(rows[0]) == {"t", "position", "slope", "move"}
    assert json.loads((written / "tip-pushed.manifest.json").read_text())["case"] == "pushed"


def test_a_numerical_failure_keeps_what_was_computed(call, tmp_path):
    result = call("run", "blowup.py", "--out", tmp_path, code=3)
    partial = tmp_path / "blowup-default-partial.csv"
    assert str(partial) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    rows = read(partial)
    assert 0.9 < float(rows[-1]["t"]) <= 1.0 + 1e-6
    call("run", "blowup.py", "--json", code=3)


# compare

def test_compare_finds_where_the_outcome_turns(call):
    out = call("compare", "tip.py", "--shift", "-1,0", "--shift", "4").stdout
    assert out.count("pushed  ") == 3
    assert "quiet" not in out  # it has no policies
    assert "turns from stayed to tipped at the shift 2.12" in out
    assert "2020-02-28" in out
    assert max(map(len, out.splitlines()[:5])) <= 100


def test_compare_takes_cases_and_runs_one_without_policies_once(call):
    rows = json.loads(call("compare", "tip.py", "--case", "quiet", "--case", "pushed", "--shift", "0,1", "--json").stdout,
                      parse_constant=pytest.fail)
    assert [(row["case"], row["shift"]) for row in rows] == [("quiet", 0), ("pushed", 0), ("pushed", 1)]


def test_compare_json_leaves_the_turning_to_stderr(call):
    result = call("compare", "tip.py", "--shift", "0,4", "--json")
    assert [row["outcome"] for row in json.loads(result.stdout)] == ["stayed", "tipped"]
    assert "turns from stayed to tipped" in result.stderr


def test_a_model_without_cases_compares_as_it_is(call):
    assert "default" in call("compare", "books.py").stdout


def test_compare_writes_the_table_every_run_and_the_figures(call, tmp_path):
    call("compare", "tip.py", "--shift", "0,4", "--out", tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"compare.csv", "compare.manifest.json", "tip-pushed.csv", "tip-pushed+4.csv", "tip-pushed+4.manifest.json"} <= names
    assert any(name.endswith(".svg") for name in names)
    rows = read(tmp_path / "compare.csv")
    assert [row["outcome"] for row in rows] == ["stayed", "tipped"]
    (turning,) = json.loads((tmp_path / "compare.manifest.json").read_text())["turning"]
    assert (turning["below"], turning["above"]) == ("stayed", "tipped")
    assert 0 < turning["high"] - turning["low"] <= 1e-4


def test_compare_reports_every_run_before_a_numerical_failure(call):
    result = call("compare", "blowup.py", code=3)
    assert "default" in result.stdout
    assert len([line for line in result.stderr.splitlines() if line.startswith("Error: ")]) == 1


def test_a_policy_after_the_end_has_no_date(call):
    result = call("compare", "tip.py", "--shift", "1e9")
    assert "has no effect" in result.stderr and "undecided" in result.stdout


# figures

def test_figures_are_made_and_checked_and_a_finding_is_code_one(call, tmp_path):
    out = call("figures", "tip.py", "--out", tmp_path).stdout
    assert "stock_and_flow.svg" in out
    call("figures", "tip.py", "--out", tmp_path, "--check")
    (tmp_path / "tip" / "stock_and_flow.csv").write_text("other\n1\n")
    assert "stock_and_flow.csv" in call("figures", "tip.py", "--out", tmp_path, "--check", code=1).stdout


def test_figures_without_a_model_makes_those_of_every_shipped_one(call, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sd_basis.library.model_paths", lambda: {"tip": folder / "tip.py", "books": folder / "books.py"})
    call("figures", "--out", tmp_path, "--only", "stock_and_flow")
    assert (tmp_path / "tip" / "stock_and_flow.svg").exists() and (tmp_path / "books" / "stock_and_flow.svg").exists()


# Interruption and closed pipes

@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interrupted_comparison_ends_with_130_and_leaves_whole_files(folder, tmp_path):
    (folder / "long.py").write_text('''from sd_basis import CLOUD, Flow, Model, Parameter, Policy, Stock
a, b = Stock("a", 1.0), Stock("b", 0.0, scale=1)
k = Parameter("k", 1.0)
flows = (Flow("f", source=CLOUD, sink=a, rate=k * b, reversible=True), Flow("g", source=b, sink=CLOUD, rate=k * a, reversible=True))
MODEL = Model("long", flows, span=(0, 600), policies=(Policy("quick", {k: 1.1}),))
''')
    (folder / "long.cases").mkdir(exist_ok=True)
    (folder / "long.cases" / "on.toml").write_text('[[policies]]\nname = "quick"\nstart = 100\n')
    running = process(["compare", "long.py", "--shift", ",".join(map(str, range(90))), "--rtol", "1e-10", "--out", tmp_path], folder)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.csv"))) < 2 and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, error = running.communicate(timeout=60)
    assert running.returncode == 130, error
    assert "Traceback" not in error and error.strip().splitlines()[-1].startswith("Error: interrupted")
    assert out == ""
    for path in tmp_path.iterdir():
        assert path.suffix in (".csv", ".json")  # no temporary file stays
        if path.suffix == ".csv":
            assert path.read_text().splitlines()[-1].startswith("600,")


@pytest.mark.skipif(os.name == "nt", reason="pipes")
@pytest.mark.parametrize("arguments", [["list"], ["show", "tip.py"], ["--help"]])
def test_a_reader_who_leaves_early_sees_no_traceback(arguments, folder):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "sd_basis", *arguments], stdout=write, stderr=subprocess.PIPE, text=True, cwd=folder,
                          env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
    os.close(write)
    assert done.stderr == ""


# Small parts

def test_numbers_and_tables_are_aligned():
    assert table(("name", "two\nlines"), [("a", "1"), ("longer", "22.5")]).splitlines() == [
        "          two", "name    lines", "------  -----", "a           1", "longer   22.5"]
    assert number(None) == "-" and number(12345.678) == "1.235e+04"
    assert narrow("dealer_balance_sheet_capacity").splitlines() == ["dealer_balance_", "sheet_capacity"]
    assert narrow("asset managers", 8).splitlines() == ["asset", "managers"]


def test_shifts_are_sorted_and_each_once():
    assert shifts(("3.5,-2", "0", "3.5")) == [-2.0, 0.0, 3.5]
    assert shifts(()) == [0.0]


def test_the_entry_point_is_the_group():
    points = [point for point in importlib.metadata.entry_points(group="console_scripts") if point.name == "sd-basis"]
    assert all(point.value == "sd_basis.cli:main" for point in points)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interruption_that_python_drops_is_heeded_at_the_next_step():
    from sd_basis.cli.interruption import check, heeded

    with pytest.raises(KeyboardInterrupt), heeded():
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)  # as a callback that swallows it would
            time.sleep(0.05)
        check()
