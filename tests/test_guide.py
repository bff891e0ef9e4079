"""The guide `docs/writing-a-model.md`: every block in it runs as it stands and shows what the text says."""

import json
import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sd_basis import System, load, simulate
from sd_basis.cli import main

GUIDE = Path(__file__).parent.parent / "docs" / "writing-a-model.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FILES = {body.partition("\n")[0].removeprefix("# "): body for kind, body in BLOCKS if kind in ("python", "toml")}
COMMANDS = [line for kind, body in BLOCKS if kind == "sh" for line in body.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with every file of the guide."""
    folder = tmp_path_factory.mktemp("guide")
    for name, body in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


def final(run, name):
    return run[name][-1]


def test_every_block_is_a_file_or_commands():
    assert {kind for kind, _ in BLOCKS} == {"python", "toml", "sh"}
    assert len(FILES) == sum(kind != "sh" for kind, _ in BLOCKS)
    assert all(re.fullmatch(r"[\w./-]+\.(py|toml)", name) for name in FILES)
    assert COMMANDS and all(line.startswith("sd-basis ") for line in COMMANDS)


def test_the_epidemic_obeys_its_final_size_with_a_dated_campaign():
    model = load("sir")
    for policies, campaign in (((), 0.0), (("campaign",), 0.03 * 60)):
        run = simulate(model, policies=policies, rtol=1e-10)
        # d ln(susceptible) = -contact_rate infected / people - vaccination_rate, and recovery = infected / illness
        expected = 0.2 * 10 * final(run, "recovered") / 10_000 + campaign
        assert np.log(run["susceptible"][0] / final(run, "susceptible")) == pytest.approx(expected, rel=1e-7)


def test_the_epidemic_keeps_its_people():
    model = load("sir", case="winter")
    names = ("susceptible", "infected", "recovered", "vaccinated", "dead")
    run = simulate(model, policies=["distancing"], rtol=1e-9)
    assert sum(run[name] for name in names) == pytest.approx(10_000, rel=1e-12)
    assert [{stock.name: weight for stock, weight in total.items()} for total in System(model).conserved] == [dict.fromkeys(names, 1)]


@pytest.mark.parametrize(("case", "values", "policies", "outcome"), [
    (None, None, (), "overwhelmed"), (None, None, ("campaign",), "contained"), (None, None, ("campaign", "distancing"), "contained"),
    ("winter", None, (), "contained"), ("late-winter", None, (), "overwhelmed"), ("winter", "contagious", (), "overwhelmed")])
def test_the_outcomes_of_the_epidemic(case, values, policies, outcome):
    run = simulate(load("sir", case=case, values=values), policies=policies)
    assert run.outcome == outcome and run.outcomes["herd"].code == "immune" and not run.warnings


def test_the_epidemic_may_pass_unnoticed():
    assert simulate(load("sir"), set={"contact_rate": 0.08}).outcome == "unnoticed"


def test_the_case_does_what_its_comments_say():
    run = simulate(load("sir", case="winter"))
    before, after = np.flatnonzero(run.t == 40)
    assert run["contact_rate"][[before, after]].tolist() == [0.2, 0.25] and final(run, "illness") == 9 and final(run, "caution") == 0.3
    late = load("sir", case="late-winter").case
    assert late.shocks == run.case.shocks and late.values == run.case.values and late.policies[0].start == 45


def test_a_series_moves_with_its_policy_and_a_ramp_counts_from_its_start():
    model = load("sir")
    run = simulate(model, policies=[model.policy("rollout").at(33), model.policy("distancing").at(50)], at=[32, 33, 47, 53.5, 61, 75, 91])
    assert run["vaccination_rate"].tolist() == [0, 0.01, 0.02, 0.02, 0.03, 0.03, 0.03]
    assert run["contact_rate"] == pytest.approx([0.2, 0.2, 0.2, 0.16, 0.12, 0.12, 0.2])


def test_the_bonds_approach_what_is_wanted_and_their_ledgers_close():
    run = simulate(load("bonds.py"), rtol=1e-10)
    assert run["bonds"] == pytest.approx(100 * (1 - np.exp(-0.1 * run.t)), rel=1e-7, abs=1e-7)
    paid = final(run, "bonds") - 0.001 * final(run, "bonds") ** 2  # the integral of the price over the bonds
    coupons = 0.05 / 252 * 100 * (60 - (1 - np.exp(-6)) / 0.1)
    assert 200 - final(run, "saver_cash") == pytest.approx(paid - coupons, rel=1e-7)
    assert set(run.ledgers) == {"saver", "firm", "bond", "cash"} and max(run.ledgers.values()) < 1e-7 and not run.warnings


def test_the_depot_shows_every_construct_of_its_section():
    model = load("depot.py")
    assert all(unit is not None for unit in model.check_units().values())
    run = simulate(model, policies=["queue", "rationing"], rtol=1e-9)
    assert run["goods"] == pytest.approx(run["goods[north]"] + run["goods[south]"]) and not run.warnings
    inside = sum(run[f"arrivals[north]_{stage}"] for stage in (1, 2, 3))
    assert run["arrivals[north]"] == pytest.approx(run["arrivals[north]_3"] / 2) and inside[0] == pytest.approx(12 * 6)
    closed = (run.t > 40) & (run.t < 47)
    assert np.all(run["sales"][closed] == 0) and np.all(run["sales"][~closed & (run.t != 40) & (run.t != 47)] > 0)
    assert simulate(model, set={"demand": 0}, rtol=1e-9)["goods"][-1] == pytest.approx(150, rel=1e-2)


def test_the_controls_of_the_depot_run(capsys):
    shown = runpy.run_path("controls.py")
    assert shown["s"].warnings == [] and abs(shown["later"]["goods"][-1] - shown["run"]["goods"][-1]) < 1e-4
    assert [action.name for action in shown["run"].path.actions][0] == "queue" and shown["rest"]["infected"] == pytest.approx(0, abs=1e-9)


def test_the_fit_of_the_guide_finds_what_made_its_data(capsys):
    found = runpy.run_path("fit_sir.py", run_name="__main__")["found"]
    assert found.values == pytest.approx({"contact_rate": 0.3, "illness": 8}, rel=0.02) and found.spectrum.determined == 2
    assert [own.held_out for own in found.evaluation.agreements] == [False, True, False]


def test_a_date_on_a_closed_day_moves_to_the_next_trading_day():
    run = simulate(load("bonds.py", case="spring"), rtol=1e-10)
    (pause,) = run.path.schedule.actions
    assert (pause.start, pause.end, run.when(pause.start)) == (4, 8.5, "2024-04-01 00:00")
    assert final(run, "bonds") == pytest.approx(100 * (1 - np.exp(-0.1 * (run.t[-1] - 4.5))), rel=1e-7)


def test_the_open_ledger_shows_what_leaks_and_the_mended_one_closes():
    shown = runpy.run_path("open_ledger.py")
    leaking, mended = shown["leaking"], shown["mended"]
    scale = np.max(leaking["firm_cash"] + leaking["bonds"] * leaking["price"])
    assert leaking.ledgers["firm"] == pytest.approx(30 / scale, rel=1e-4)
    assert max(value for name, value in leaking.ledgers.items() if name != "firm") < 1e-4
    assert [warning for warning in leaking.warnings if "firm" in warning]
    assert max(mended.ledgers.values()) < 1e-4 and not mended.warnings


def test_the_script_for_the_epidemic_runs(folder):
    shown = runpy.run_path("run_sir.py")
    run, turn = shown["run"], shown["turn"]
    assert (folder / "winter.csv").read_text().startswith("t,susceptible,infected,")
    assert np.count_nonzero(run.t == 20) == 2 and len(shown["faster"].t) == 31
    before, after = run["vaccination"][run.t == 20]
    assert before == 0 and after == pytest.approx(0.03 * run["susceptible"][run.t == 20][1])
    assert (turn.below, turn.above, shown["later"].outcome) == ("contained", "overwhelmed", "overwhelmed") and 0 < turn.shift < 25


def test_the_tables_have_units():
    pytest.importorskip("pandas")
    pytest.importorskip("xarray")
    run = simulate(load("sir", case="winter"))
    assert list(run.to_pandas().columns) == run.names and run.to_xarray()["infection"].attrs["units"] == "person/day"


def test_the_failures_are_what_the_guide_says(capsys):
    runpy.run_path("failing.py")
    misspelt, stopped = capsys.readouterr().out.splitlines()
    assert "did you mean 'outflow'?" in misspelt and "'water' is declared non-negative" in stopped
    assert 0 <= float(stopped.split()[-1]) <= 5  # the tank is empty at 5


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(command, folder):
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    if "compare" in command:
        assert "the outcome turns from contained to overwhelmed" in done.output and (folder / "results" / "compare.csv").is_file()
    if "claims sir --json" in command:
        (claim,) = json.loads(done.stdout)
        assert [(found["values"], found["verdict"]) for found in claim["value_sets"]] == [(None, "holds"), ("contagious", "does not hold")]
    if "figures" in command:
        (table,) = folder.rglob("later_campaigns.csv")
        assert "infected" in table.read_text().partition("\n")[0]
