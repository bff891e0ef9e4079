"""The starter model: what `sd-basis new` writes runs at once, teaches, and never takes the place of anything."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from test_cli import RUNNER

from sd_basis import load, simulate
from sd_basis.cli import creating, main, starter

CASE = f"{starter.CASE_NAME}.toml"


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, code=0):
        done = RUNNER.invoke(main, list(arguments))
        assert done.exit_code == code, done.output
        return done
    return call


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The starter, written once; the tests only read it."""
    path = tmp_path_factory.mktemp("starter") / "town.py"
    assert RUNNER.invoke(main, ["new", str(path)]).exit_code == 0
    return path


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("given", "written"), [("town", "town"), ("town.py", "town"), ("new folder/my_town", "new folder/my_town"),
                                                ("./a/b/town2.py", "a/b/town2"), ("städte", "städte")])
def test_a_name_or_a_path_gives_a_model_and_its_case(given, written, call, tmp_path):
    said = call("new", given).stdout
    assert files(tmp_path) == sorted([f"{written}.py", f"{written}.cases/{CASE}"])
    assert f"Wrote {written}.py\nWrote {written}.cases/{CASE}\n" in said
    assert load(tmp_path / f"{written}.py").name == written.rpartition("/")[2]


@pytest.mark.parametrize("given", ["town", "my models/town.py"])
def test_the_three_commands_it_names_work_word_for_word(given, call, tmp_path):
    commands = [line.strip() for line in call("new", given).stdout.splitlines() if line.startswith("  sd-basis")]
    assert [shlex.split(command)[1] for command in commands] == ["run", "compare", "figures"]
    for command in commands:
        done = call(*shlex.split(command)[1:])
        assert done.stderr == ""
        if "compare" in command:
            assert re.search(r"turns from sustained to \w+ at the shift \d", done.stdout)
    assert (tmp_path / "figures" / "town" / f"paths_{starter.CASE_NAME}.svg").is_file()


@pytest.mark.parametrize("arguments", [["run"], ["run", "--case", starter.CASE_NAME], ["run", "--policy", "closed_season@2030"], ["run", "--method", "Radau"],
                                       ["show"], ["show", "--format", "latex"], ["show", "--json"], ["show", "--format", "matrix"],
                                       ["show", "--format", "diagram"], ["compare", "--out", "results"], ["figures"]])
def test_every_command_takes_the_starter_without_a_warning(arguments, town, call):
    done = call(*arguments[:1], str(town), *arguments[1:])
    assert done.stdout and done.stderr == ""


def test_the_starter_passes_its_units_and_closes_its_ledgers(town):
    model = load(town)
    units = model.check_units()
    assert all(unit is not None for unit in units.values())
    for case in (None, starter.CASE_NAME):
        run = simulate(model, case, rtol=1e-8)
        assert not run.warnings and set(run.ledgers) == {"fishers", "fleet", "money"} and max(run.ledgers.values()) < 1e-6


def test_the_policy_of_the_starter_decides_how_it_ends(town):
    model = load(town)
    assert simulate(model).outcome == "collapsed" and simulate(model, policies=["closed_season"]).outcome == "sustained"
    assert simulate(model, policies=[model.policy("closed_season").at(2050)]).outcome == "collapsed"


def test_the_catch_of_the_starter_is_what_its_comments_say(town):
    run = simulate(load(town), policies=["closed_season"], rtol=1e-9)
    before, after = np.flatnonzero(run.t == 2035)
    assert run["catch"][after] == pytest.approx(0.4 * run["catch"][before], rel=1e-6)
    assert run["income"] == pytest.approx(0.015 * run["catch"]) and run["building_payment"] == pytest.approx(0.6 * run["income"])


def test_the_starter_has_one_of_each_and_teaches():
    model, case = starter.MODEL, tomllib.loads(starter.CASE)
    for word in ("Stock(", "Flow(", "Auxiliary(", "Trade(", "Policy(", "Outcome(", "between=", "domain=", "reference=", "description=", "start="):
        assert word in model
    assert sum(line.lstrip().startswith("#") for line in model.splitlines()) > 12
    assert max(map(len, [*model.splitlines(), *starter.CASE.splitlines()])) <= 120
    assert set(case) == {"title", "description", "parameters", "initial", "shocks", "policies"}


@pytest.mark.parametrize(("given", "message"), [
    ("3towns", "'3towns' is no plain name"), ("my-town", "use letters, digits and underscores"), ("my town", "is no plain name"),
    ("town.txt", "is no plain name"),
    ("", "'' is no plain name"), (".", "is no plain name"), ("..", "is no plain name"), ("town/", "'' is no plain name"), ("_town", "a letter first"),
    (".py", "is no plain name"), ("class", "'class' is a word of Python"), ("savings", "a shipped model has that name"), ("x/savings.py", "a shipped model"),
    ("random", "a Python module has that name, and random.py would hide it"), ("sympy.py", "a Python module has that name"),
    ("a.cases/x'y", "is no plain name"), ("x" * 300, "cannot be written"), ("file/town", "cannot be written"), ("town\n", "is no plain name"),
])
def test_what_is_no_name_is_refused_in_one_sentence(given, message, call, tmp_path):
    (tmp_path / "file").write_text("")
    (line,) = call("new", given, code=2).stderr.splitlines()
    assert line.startswith("Error: new") and message in line
    assert files(tmp_path) == ["file"]


@pytest.mark.parametrize("there", ["town.py", f"town.cases/{CASE}"])
def test_what_is_there_already_stays_as_it_is(there, call, tmp_path):
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    (line,) = call("new", "town", code=2).stderr.splitlines()
    assert line == f"Error: new: {there} is there already; choose another name, or move it away first"
    assert files(tmp_path) == [there] and path.read_text() == "mine"


def test_a_link_to_nothing_is_not_written_through(call, tmp_path):
    (tmp_path / "town.py").symlink_to(tmp_path / "elsewhere.py")
    call("new", "town", code=2)
    assert not (tmp_path / "elsewhere.py").exists() and files(tmp_path) == []


def test_a_file_that_appears_meanwhile_stays_as_it_is(call, tmp_path, monkeypatch):
    write = creating.write_atomic

    def slow(path, text, **options):
        (tmp_path / "town.py").write_text("another's")
        write(path, text, **options)
    monkeypatch.setattr(creating, "write_atomic", slow)
    assert "town.py is there already" in call("new", "town", code=2).stderr
    assert files(tmp_path) == ["town.py"] and (tmp_path / "town.py").read_text() == "another's"


def test_a_file_system_without_links_is_no_obstacle(call, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")
    monkeypatch.setattr(os, "link", refuse)
    call("new", "town")
    assert files(tmp_path) == sorted(["town.py", f"town.cases/{CASE}"])
    assert "is there already" in call("new", "town", code=2).stderr


def test_an_interruption_leaves_nothing_behind(call, tmp_path, monkeypatch):
    write = creating.write_atomic

    def interrupt(path, text, **options):
        if path.suffix == ".py":
            raise KeyboardInterrupt
        write(path, text, **options)
    monkeypatch.setattr(creating, "write_atomic", interrupt)
    call("new", "town", code=130)
    assert files(tmp_path) == []


def test_the_json_of_the_starter_is_strict(town, call):
    row = json.loads(call("run", str(town), "--json").stdout, parse_constant=pytest.fail)
    assert row["outcome"] == "collapsed" and row["warnings"] == []


@pytest.mark.parametrize("arguments", [["new", "town"], ["completion", "bash"]])
def test_what_needs_no_model_imports_nothing_heavy(arguments, tmp_path):
    code = ("import sys\nfrom sd_basis.cli import main\ntry:\n    main(sys.argv[1:], prog_name='sd-basis')\nexcept SystemExit as end:\n"
            "    assert not end.code\nassert not {'numpy', 'sympy', 'scipy', 'matplotlib'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, cwd=tmp_path, capture_output=True,
                   env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])})
