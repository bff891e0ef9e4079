"""Manifests: every stored result says what made it, whichever door it came through."""

import json
import math

import pytest
from click.testing import CliRunner
from small import draining, market

from sd_basis import simulate
from sd_basis.cli import main
from sd_basis.manifest import manifest
from sd_basis.storage import manifest_path, write_result

VERSIONS = {"sd_basis", "python", "numpy", "scipy", "sympy"}
OF_A_RUN = {"model", "model_hash", "value_set", "case", "case_hash", "shift", "span", "inputs_hash", "atol", "solver"}


def strict(text):
    return json.loads(text, parse_constant=pytest.fail)


def say_what_made_them(document, runs):
    """Check that a manifest names the versions and, for each run behind the result, model, case, tolerances and method."""
    assert VERSIONS <= set(document) or runs and all(VERSIONS <= set(run) for run in runs)
    for run in runs:
        assert OF_A_RUN <= set(run) and run["solver"]["method"] in ("LSODA", "BDF", "Radau") and 0 < run["solver"]["rtol"] < 1
        assert len(run["model_hash"]) == len(run["case_hash"]) == 32 and all(value > 0 for value in run["atol"].values())


def test_a_csv_has_its_manifest_beside_it(tmp_path):
    run = simulate(market().model, policies=["rise"], rtol=1e-7, method="BDF")
    path = run.to_csv(tmp_path / "new" / "rise.csv")
    assert sorted(file.name for file in path.parent.iterdir()) == ["rise.csv", "rise.manifest.json"]
    document = strict((path.parent / "rise.manifest.json").read_text())
    say_what_made_them(document, [document])
    assert document == json.loads(json.dumps(manifest(run))) and document["solver"]["method"] == "BDF" and document["solver"]["rtol"] == 1e-7


@pytest.mark.parametrize(("name", "beside"), [("a.csv", "a.manifest.json"), ("a-0.5.csv", "a-0.5.manifest.json"),
                                              ("a-0.5", "a-0.5.manifest.json"), ("a.txt", "a.txt.manifest.json"), ("a", "a.manifest.json")])
def test_two_results_never_share_a_manifest(name, beside, tmp_path):
    assert manifest_path(tmp_path / name) == tmp_path / beside


def test_no_result_stands_without_a_manifest(tmp_path):
    with pytest.raises(ValueError):
        write_result(tmp_path / "a.csv", "t\n", {"value": math.nan})
    assert not list(tmp_path.iterdir())
    (tmp_path / "b.manifest.json").mkdir()
    with pytest.raises(OSError):
        write_result(tmp_path / "b.csv", "t\n", {})
    assert not (tmp_path / "b.csv").exists()


def test_tables_of_pandas_and_xarray_carry_the_manifest_as_strict_json():
    pytest.importorskip("pandas")
    pytest.importorskip("xarray")
    run = simulate(draining().model, at=[0, 2, 4])
    for table in (run.to_pandas(), run.to_xarray()):
        document = strict(table.attrs["manifest"])
        say_what_made_them(document, [document])
    assert (run.to_pandas() * 2).attrs == run.to_pandas().attrs


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        return {path.relative_to(tmp_path).as_posix(): strict(path.read_text()) for path in tmp_path.rglob("*.manifest.json")}
    return call


def test_every_command_that_stores_leaves_manifests(call):
    found = call("run", "repo_loan", "--case", "late-call", "--out", "one")
    assert list(found) == ["one/repo_loan-late-call.manifest.json"]
    found = call("compare", "repo_loan", "--shift", "0,0.5", "--out", "many")
    assert {f"many/{name}.manifest.json" for name in ("compare", "comparison", "repo_loan-late-call", "repo_loan-late-call+0.5")} <= set(found)
    found = call("figures", "repo_loan", "--out", "drawn")
    for name, document in found.items():
        runs = document.get("runs", [document])
        say_what_made_them(document, runs)
        assert runs or "/paths" not in name, name
    assert [run["case"] for run in found["drawn/repo_loan/paths_late-call.manifest.json"]["runs"]] == ["late-call"]
    compared = [(run["case"], run["shift"]) for run in found["many/compare.manifest.json"]["runs"]]
    assert compared == [(run["case"], run["shift"]) for run in found["many/comparison.manifest.json"]["runs"]] and ("late-call", 0.5) in compared


def test_a_diagram_alone_leaves_the_manifests_of_other_figures_as_they_are(call):
    before = call("figures", "repo_loan", "--out", "figures")
    after = call("show", "repo_loan", "--format", "diagram")
    assert before == after and after["figures/repo_loan/stock_and_flow.manifest.json"]["figure"] == "stock_and_flow"
