"""Sweeps: the rows of designs, equal results after any interruption and on any number of processes, and what is said of wrong input.

`tank` fills at the rate `tap` and drains by the share `leak`, with a rescue that opens the tap at a date: level(t) is known in closed form, as
is the time of the outcome "full".
"""

import errno
import json
import math
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from sd_basis import CLOUD, Case, Ensemble, Flow, InputError, Model, Outcome, Parameter, Stock, load, simulate, sweep
from sd_basis.cli import main, sweeping
from sd_basis.cli.sweep_text import plan_text
from sd_basis.ensemble import cluster, designs, engines, planning, store
from sd_basis.ensemble.axes import Range, Steps
from sd_basis.ensemble.carrying import Errand
from sd_basis.ensemble.chunks import packed, unpacked
from sd_basis.ensemble.designs import Grid, Sample
from sd_basis.ensemble.engines import engine
from sd_basis.ensemble.job import Job
from sd_basis.manifest import versions
from sd_basis.transition.scene import Scene

TEXT = '''"""A tank that fills and leaks."""

from sd_basis import CLOUD, Flow, Model, Outcome, Parameter, Policy, Stock

level = Stock("level", 1.0, nonnegative=True)
tap = Parameter("tap", 0.0, between=(0, 4), domain=(0, 10))
leak = Parameter("leak", 0.5, between=(0.1, 1), domain=(0, None))
opened = Parameter("opened", 2.5, between=(1, 4))
hidden = Parameter("hidden", 1.0)
fill = Flow("fill", source=CLOUD, sink=level, rate=tap)
drain = Flow("drain", source=level, sink=CLOUD, rate=leak * level * hidden)
MODEL = Model("tank", [fill, drain], span=(0, 10), time_unit="hour", policies=[Policy("rescue", {tap: opened}, start=2), Policy("other", {tap: 1})],
              outcomes=[Outcome("full", level > 3, absorbing=True), Outcome("low", level < 3)])
'''
CASE = '[[policies]]\nname = "rescue"\nstart = 2\n'
OVER = {"delay": "lin(0,8,5)", "leak": "lin(0.4,1,4)"}


@pytest.fixture(scope="module", autouse=True)
def scipy_alone():
    """What sweeps do is the same whatever runs them; the compiled engine has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "_fast", lambda: None)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("tank")
    (place / "tank.py").write_text(TEXT)
    (place / "tank.cases").mkdir()
    (place / "tank.cases" / "dry.toml").write_text(CASE)
    return place


@pytest.fixture(scope="module")
def tank(folder):
    return load(folder / "tank.py", "dry")


@pytest.fixture(scope="module")
def whole(tank, tmp_path_factory):
    """A sweep that nothing interrupted, in the folder of its store."""
    place = tmp_path_factory.mktemp("whole") / "store"
    return place, sweep(tank, over=OVER, keep=["level", "fill"], times=[1, 10], store=place, chunk=3, check=20)


def chunks(place):
    return sorted(path.name for path in place.glob("chunk-*"))  # a name holds the digest of the bytes


def call(folder, *arguments, code=0):
    here = os.getcwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(main, ["sweep", "tank.py", *map(str, arguments)])
    finally:
        os.chdir(here)
    assert result.exit_code == code, result.output
    return result


# Rows --------------------------------------------------------------------------------------


def test_the_last_axis_of_a_grid_moves_fastest_and_ends_are_exact():
    grid = Grid((Steps("a", 3, 0.1, 0.7), Steps("b", 2, 1, 1e4, True), Steps("c", 2, 0, 0, listed=(5.0, math.nan))))
    rows = grid.rows(0, grid.runs)
    assert rows.shape == (12, 3) and rows[0].tolist() == [0.1, 1, 5] and rows[-1, :2].tolist() == [0.7, 1e4]
    assert np.isnan(rows[1::2, 2]).all() and (rows[::2, 2] == 5).all() and rows[4, 0] == pytest.approx(0.4)
    assert grid.text == "a=lin(0.1,0.7,3) x b=log(1,10000,2) x c=5,never"


@settings(max_examples=15)
@given(st.integers(1, 300), st.integers(20, 90), st.integers(0, 2**70))
def test_a_latin_hypercube_has_one_point_in_each_stratum_however_it_is_divided(runs, size, seed):
    sample = Sample((Range("a", 0, runs), Range("b", 0, runs)), runs, seed)
    rows = np.concatenate([sample.rows(start, start + size) for start in range(0, runs, size)])
    assert (np.sort(np.floor(rows), axis=0) == np.arange(runs)[:, None]).all()
    assert (rows == sample.rows(0, runs)).all()


def test_a_latin_hypercube_is_even_and_its_columns_are_unrelated():
    rows = Sample(tuple(Range(name, 0, 1) for name in "abcd"), 2000, 7).rows(0, 2000)
    correlations = np.corrcoef(rows.T) - np.eye(4)
    assert np.abs(correlations).max() < 3.5 / math.sqrt(2000)
    inside = rows * 2000 % 1
    assert np.abs(inside.mean(axis=0) - 0.5).max() < 0.03 and qmc.discrepancy(rows) < qmc.discrepancy(np.random.default_rng(1).random((2000, 4)))
    assert not np.array_equal(rows, Sample(tuple(Range(name, 0, 1) for name in "abcd"), 2000, 8).rows(0, 2000))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_sobol_points_are_those_of_scipy_in_any_chunks(size):
    sample = Sample((Range("a", 0, 1), Range("b", 1, 100, True)), 64, 5, "sobol")
    rows = np.concatenate([sample.rows(start, start + size) for start in range(0, 64, size)])
    known = qmc.Sobol(2, rng=np.random.default_rng(5)).random(64)
    assert (rows[:, 0] == known[:, 0]).all() and np.allclose(rows[:, 1], 100 ** known[:, 1], rtol=1e-14)


# Runs --------------------------------------------------------------------------------------


def closed_form(delay, leak, t, size=2.5):
    """Return the level of the tank at a time and the time when it is full, infinite where it never is."""
    start, rest = math.exp(-leak * delay), size / leak
    full = delay + math.log((rest - start) / (rest - 3)) / leak if rest > 3 else math.inf
    return math.exp(-leak * t) if t < delay else rest + (start - rest) * math.exp(-leak * (t - delay)), full


def test_runs_of_a_sweep_agree_with_their_closed_form(whole):
    _, found = whole
    assert found.shape == (5, 4) and found.columns == ("delay", "leak") and not any(found.reasons)
    for row, (delay, leak) in enumerate(found.rows):
        end, full = closed_form(delay, leak, 10)
        assert found.values[row, 0] == pytest.approx([closed_form(delay, leak, 1)[0], end], rel=2e-5)
        assert found.values[row, 1].tolist() == [2.5 if 1 >= delay else 0.0, 2.5]
        assert found.outcome()[row] == ("full" if full < 10 else "low")
        assert found.decided[row, 0] == pytest.approx(full, abs=1e-4) if full < 10 else found.decided[row, 0] == 0
        assert found.lowest[row, 0] == pytest.approx(min(1, math.exp(-leak * delay)), rel=1e-4) and found.highest[row, 1] == 2.5
    assert found.difference.runs == 20 and 0 < found.difference.value < 1e-5 and found.difference.codes == 0 and not found.warnings


def test_a_row_of_a_sweep_is_what_simulate_finds(whole, tank):
    _, found = whole
    run = simulate(tank, tank.case.shifted(4.0), set={"leak": 0.6})
    row = int(np.flatnonzero((found.rows == [6, 0.6]).all(axis=1))[0])
    assert found.values[row, 0, 1] == run["level"][-1] and found.decided[row, 0] == run.decided_at and found.lowest[row, 0] == run["level"].min()


def test_a_policy_that_never_comes_and_one_named_are_rows_too(tank):
    found = sweep(tank, over={"delay": "1,never"}, policy="other", set={"opened": 0, "leak": 0.01}, keep=["level"], check=0)
    assert found.values[:, 0, 0] == pytest.approx([math.exp(-0.1) + 100 * (1 - math.exp(-0.09)), math.exp(-0.1)], rel=1e-4)


def test_a_run_that_fails_is_a_row_with_its_reason(tank):
    level, share = Stock("level", 1.0), Parameter("share", 1.0)
    growth = Flow("growth", source=CLOUD, sink=level, rate=share * level**2, reversible=True)
    model = Model("burst", [growth], span=(0, 2), outcomes=[Outcome("small", level < 10)])
    found = sweep(model, over={"share": [0.1, 1.0, 0.2]}, keep=["level"])
    assert found.outcome().tolist() == ["small", "failed", "small"] and "the integration stopped" in found.reasons[1]
    assert found.values[[0, 2], 0, 0] == pytest.approx([1 / 0.8, 1 / 0.6], rel=1e-4) and np.isnan(found.values[1]).all()
    assert found.counts.failed == 1 and found.counts.outcomes == {"outcome": {"small": 2, "failed": 1}} and found.difference.codes == 0
    again = unpacked(packed(found.whole))
    assert again.batch.reasons == found.reasons and again.batch.values.tobytes() == found.values.tobytes()


# Interruptions -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_sweep_killed_at_any_moment_goes_on_to_equal_bytes(whole, tank, tmp_path):
    place, found = whole
    random = np.random.default_rng(3)
    for moment in range(3):
        killed = multiprocessing.get_context("fork").Process(target=sweep, args=(tank,), kwargs={
            "over": OVER, "keep": ["level", "fill"], "times": [1, 10], "store": tmp_path / "store", "chunk": 3, "check": 0})
        killed.start()
        while killed.is_alive() and len(chunks(tmp_path / "store")) <= 2 * moment:
            time.sleep(0.001)
        time.sleep(0.01 * random.random())
        killed.kill()
        killed.join()
        assert len(chunks(tmp_path / "store")) < 7
        assert set(chunks(tmp_path / "store")) <= set(chunks(place))
    (tmp_path / "store" / f".{chunks(place)[-1]}.0123abcd").write_bytes(b"torn")
    made = sweep(tank, over=OVER, keep=["level", "fill"], times=[1, 10], store=tmp_path / "store", check=0)
    assert "ended while it wrote" in made.warnings[0]
    assert sorted(os.listdir(tmp_path / "store")) == sorted(os.listdir(place)) and made.values.tobytes() == found.values.tobytes()
    assert Ensemble.read(tmp_path / "store").whole.rows.tobytes() == found.rows.tobytes()


def test_a_damaged_chunk_is_named_and_computed_again(whole, tank, tmp_path):
    place, _ = whole
    for name in os.listdir(place):
        (tmp_path / name).write_bytes((place / name).read_bytes())
    first, second, third = chunks(place)[:3]
    (tmp_path / first).write_bytes((place / first).read_bytes()[:-7])
    (tmp_path / second).write_bytes(b"")
    (tmp_path / third).unlink()
    with pytest.raises(InputError, match="is not finished"):
        Ensemble.read(tmp_path)
    (tmp_path / third).write_bytes((place / third).read_bytes())
    with pytest.raises(InputError, match=f"{first} is damaged; sweep again"):
        Ensemble.read(tmp_path)
    made = sweep(tank, over=OVER, keep=["level", "fill"], times=[1, 10], store=tmp_path, check=0)
    assert [first in made.warnings[0], second in made.warnings[1]] == [True, True] and chunks(tmp_path) == chunks(place)


def test_two_sweeps_do_not_write_to_one_store(tank, tmp_path):
    with store.Store(tmp_path, 1, {"format": 1}):
        with pytest.raises(InputError, match=f"process {os.getpid()} on .* is writing to it; wait"):
            sweep(tank, over=OVER, store=tmp_path)


@pytest.mark.parametrize(("changes", "said"), [
    ({"rtol": 1e-5}, r"another rtol \(1e-06, not 1e-05\); give"),
    ({"over": {"delay": "lin(0,8,5)", "leak": "lin(0.4,1,5)"}}, r"another design \(delay=lin\(0,8,5\) x leak=lin\(0.4,1,4\), not"),
    ({"set": {"hidden": 2}}, "another version of the model, or values in it and another set"),
    ({"keep": ["level"]}, r"another keep \(level, fill, not level\)"),
    ({"times": [1]}, r"another times \(1.0, 10.0, not 1.0\)"),
    ({"policy": "rescue"}, r"another policy \(none, not rescue\)"),
    ({"chunk": 4}, r"another chunk \(3, not 4\)"),
    ({"case": Case("dry", policies=())}, "version of the case"),
])
def test_a_store_of_something_else_is_left_alone_and_the_difference_told(whole, tank, changes, said):
    place, _ = whole
    before = sorted(os.listdir(place))
    wanted = {"over": OVER, "keep": ["level", "fill"], "times": [1, 10], "store": place, "policy": None} | changes
    if "case" in changes:
        wanted["policy"] = "rescue"
    with pytest.raises(InputError, match=said):
        sweep(tank, wanted.pop("case", None), **wanted)
    assert sorted(os.listdir(place)) == before


def test_a_store_of_another_version_of_the_model_is_refused(whole, folder, tmp_path):
    (tmp_path / "tank.py").write_text(TEXT.replace("leak * level * hidden", "leak * level / hidden"))
    with pytest.raises(InputError, match="another version of the model, or values in it; give the same settings, or choose another folder"):
        sweep(load(tmp_path / "tank.py", folder / "tank.cases" / "dry.toml"), over=OVER, keep=["level", "fill"], times=[1, 10], store=whole[0])


def test_a_full_disk_and_a_folder_that_cannot_be_written_end_in_one_sentence(tank, folder, tmp_path, monkeypatch):
    def full(path, content):
        if "chunk-000001" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, content)

    real = store.write_atomic
    monkeypatch.setattr(store, "write_atomic", full)
    said = call(folder, "--case", "dry", "--over", "leak=lin(0.4,1,4)", "--chunk", 2, "--out", tmp_path / "made", "--check", 0, code=2).stderr
    assert "(No space left on device) after 1 of 2 chunks; make room and give the same command again" in said
    monkeypatch.undo()
    said = call(folder, "--case", "dry", "--over", "leak=lin(0.4,1,4)", "--chunk", 2, "--out", tmp_path / "made", "--check", 0).stderr
    assert "4 runs, 2 of them there already" in said
    (tmp_path / "file").write_text("")
    assert "it cannot be written" in call(folder, "--case", "dry", "--over", "leak=lin(0.4,1,4)", "--out", tmp_path / "file" / "made", code=2).stderr


def test_processes_give_the_bytes_of_one(whole, tank, tmp_path):
    sweep(tank, over=OVER, keep=["level", "fill"], times=[1, 10], store=tmp_path, chunk=3, check=0, workers=2)
    assert chunks(tmp_path) == chunks(whole[0])


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_gives_the_bytes_of_one_process(whole, tank, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=0, protocol="tcp", dashboard_address=None, silence_logs=50) as local:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", local.scheduler_address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=Path(__file__).parent.parent) for _ in range(2)]
        try:
            with distributed.Client(local) as client:
                client.wait_for_workers(2, timeout=60)
            sweep(tank, over=OVER, keep=["level", "fill"], times=[1, 10], store=tmp_path, chunk=3, check=0, scheduler=local.scheduler_address,
                  progress=lambda runs: workers[0].kill())
            assert workers[0].wait() == -9 and workers[1].poll() is None and chunks(tmp_path) == chunks(whole[0])
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()


def test_a_scheduler_that_is_not_there_is_named(tank):
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="it cannot be reached .*start one with dask scheduler"):
        sweep(tank, over=OVER, scheduler="tcp:/nowhere")


def test_a_worker_of_other_versions_is_refused(tank):
    payload = pickle.dumps(Errand(Job(Scene(tank), ("leak",)), Grid((Steps("leak", 2, 0.4, 1),)), 2, "scipy"))
    with pytest.raises(InputError, match="a worker of the cluster has numpy .* and this process 0.1; install the same there"):
        cluster._content(payload, "key", 0, versions() | {"numpy": "0.1"})
    assert unpacked(cluster._content(payload, "key", 0, versions())).rows.tolist() == [[0.4], [1.0]]


# Wrong input -------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "said"), [
    (["--over", "leek=lin(0,1,3)"], "did you mean 'leak'?"),
    (["--over", "leak=lin(0,1)"], "lin takes 3 numbers and 2 are given; write lin(LOW,HIGH,COUNT)"),
    (["--over", "leak=line(0,1,3)"], "no form 'line'; did you mean 'lin'?"),
    (["--over", "leak=lin(0,1,3"], "it is malformed; write lin(LOW,HIGH,COUNT)"),
    (["--over", "leak=lin(0,1,2.5)"], "2.5 steps from 0 to 1; give a whole number"),
    (["--over", "leak=lin(1,0,3)"], "the ends are 1 and 0; give the lower one first"),
    (["--over", "leak=log(0,1,3)"], "give the lower one first, above zero"),
    (["--over", "leak=lin(0,nan,3)"], "nan is not a finite number; give one finite number"),
    (["--over", "leak=1,2,x"], "'x' is not a number"),
    (["--over", "leak=1,1"], "not distinct; give each once"),
    (["--over", "leak"], "a grid needs values; write leak=lin(LOW,HIGH,COUNT), or ask for a sample"),
    (["--over", "=1"], "it names no parameter"),
    (["--over", "leak=uniform(0,1)"], "uniform is for samples"),
    (["--over", "leak=-1,1"], "leak = -1 lies outside its domain"),
    (["--over", "leak=1", "--over", "leak=2"], "'leak' is varied twice; give it once"),
    (["--over", "leak=1", "--set", "leak=2"], "'leak' is set and varied; do one of the two"),
    (["--over", "delay=1,11"], "delay: 11 leaves the run, in which the policy starts at delays from 0 to 10"),
    (["--over", "leak=1", "--policy", "other"], "'other' has no date; vary its delay too"),
    (["--over", "leak=1", "--policy", "rescues"], "did you mean 'rescue'?"),
    ([], "nothing is varied; give --over"),
    (["--sample", "4", "--over", "hidden"], "'hidden' has no plausible range of two ends"),
    (["--sample", "4", "--over", "leak=lin(0,1,3)"], "lin is for grids"),
    (["--sample", "4", "--over", "leak=0,1"], "a sample takes ranges"),
    (["--sample", "4", "--over", "leak", "--design", "sobel"], "did you mean 'sobol'?"),
    (["--over", "leak=1", "--keep", "levels"], "did you mean 'level'?"),
    (["--over", "leak=1", "--times", "11"], "give times in that range"),
    (["--over", "leak=1", "--engine", "quick"], "no engine 'quick'"),
    (["--over", "leak=1", "--export", "a.xlsx"], "no kind of file '.xlsx'"),
    (["--over", "leak=lin(0,1,3)", "--over", "tap=lin(0,1,3)", "--map"], "--map: it is drawn beside the chunks; say where with --out"),
    (["--over", "leak=lin(0,1,3)", "--over", "tap=0,1,3", "--map", "--out", "made"], "--map: it needs a grid of two axes with even steps"),
    (["--over", "leak=lin(0.1,1,1000000)", "--over", "tap=lin(0,4,1000000)"], "1,000,000,000,000 runs of 31 bytes take 93 TB of memory and"),
    (["--over", "leak=lin(0.1,1,1000000)", "--over", "tap=lin(0,4,1000000)", "--chunk", "1000", "--out", "made"], "runs of 35 bytes take 35 TB and"),
    (["--over", "leak=lin(0.1,1,10000000000)", "--over", "tap=lin(0,4,10000000000)"], "1e+20 runs can never be computed"),
])
def test_wrong_input_ends_in_one_sentence(folder, options, said):
    error = call(folder, "--case", "dry", *options, code=2).stderr
    assert said in error and error.startswith("Error: ") and error.count("\n") == 1
    assert not (folder / "made" / "manifest.json").exists()


def test_a_case_without_policies_has_no_delay_to_vary(folder):
    (folder / "tank.cases" / "none.toml").write_text("")
    assert "has no dated policies; name the policy" in call(folder, "--case", "none", "--over", "delay=1,2", code=2).stderr


def test_missing_packages_are_named_with_their_extra(folder, tank, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'sd_basis[data]'" in call(folder, "--over", "leak=1", "--export", "a.parquet", code=2).stderr
    assert "pip install 'sd_basis[data]'" in call(folder, "--over", "leak=1", "--export", "a.nc", code=2).stderr
    assert "pip install 'sd_basis[cluster]'" in call(folder, "--case", "dry", "--over", "leak=1", "--scheduler", "tcp://127.0.0.1:1", code=2).stderr


# The command -------------------------------------------------------------------------------


def test_the_command_counts_outcomes_and_says_how_far_it_is_from_lsoda(folder, tmp_path):
    options = ["--case", "dry", "--over", "delay=lin(0,8,5)", "--over", "leak=lin(0.4,1,4)", "--keep", "level"]
    made = call(folder, *options, "--json", "--out", tmp_path / "made")
    found = json.loads(made.stdout)
    full = sum(closed_form(delay, leak, 10)[1] < 10 for delay in np.linspace(0, 8, 5) for leak in np.linspace(0.4, 1, 4))
    assert found["outcomes"] == {"outcome": {"full": full, "low": 20 - full}} and found["failed"] == 0 and found["computed"] == found["runs"] == 20
    assert found["difference"]["value"] < found["difference"]["allowed"] == pytest.approx(1e-5) and found["difference"]["codes"] == 0
    assert json.loads((tmp_path / "made" / "summary.json").read_text()) == found and "20 runs, " in made.stderr
    text = call(folder, *options, "--out", tmp_path / "made")
    assert "all of them there already" in text.stderr and "no outcome differs" in text.stdout
    assert "Largest difference from LSODA at rtol 1e-08 over 8 runs" in text.stdout
    assert max(map(len, text.stdout.splitlines()[:10])) <= 100


def test_the_plan_multiplies_what_it_measured(folder):
    found = json.loads(call(folder, "--case", "dry", "--over", "leak=lin(0.2,0.8,400)", "--plan", "--cores", 2, "--cores", 50, "--json").stdout)
    assert [(plan["runs"], plan["cores"]) for plan in found["plans"]] == [(400, 2), (400, 50), (1_000_000, 2), (1_000_000, 50)]
    last = found["plans"][-1]
    assert last["seconds"] == pytest.approx(1e6 / found["runs_per_core_second"] / 50) and last["bytes"] == 1e6 * found["bytes_per_run"]
    assert last["core_hours"] * 3600 == pytest.approx(50 * last["seconds"])
    assert "1,000,000" in plan_text(found) and f"{found['bytes_per_run']} bytes a run" in plan_text(found)


def test_a_grid_of_two_axes_is_drawn_as_a_map(folder, tmp_path):
    call(folder, "--case", "dry", "--over", "delay=lin(0,8,3)", "--over", "leak=lin(0.4,1,3)", "--check", 0, "--out", tmp_path, "--map")
    lines = [line.split(",") for line in (tmp_path / "map_outcome.csv").read_text().splitlines()[1:]]
    assert (tmp_path / "map_outcome.png").exists() and (tmp_path / "map_outcome.manifest.json").exists() and len(lines) == 9
    assert {(float(x), float(y)): code for x, y, code, *_ in lines} == {
        (delay, leak): "full" if closed_form(delay, leak, 10)[1] < 10 else "low" for delay in (0, 4, 8) for leak in (0.4, 0.7, 1.0)}


def test_files_hold_what_was_computed(whole, tmp_path):
    place, found = whole
    found.export(tmp_path / "made.csv")
    lines = (tmp_path / "made.csv").read_text().splitlines()
    head = lines[0].split(",")
    assert head[:4] == ["delay", "leak", "outcome", "outcome_decided_at"] and head[4:6] == ["level@1", "level@10"] and len(lines) == 21
    assert [float(line.split(",")[5]) for line in lines[1:]] == found.values[:, 0, 1].tolist()
    assert json.loads((tmp_path / "made.manifest.json").read_text()) == found.about == json.loads((place / "manifest.json").read_text())


@pytest.mark.filterwarnings("ignore:numpy.ndarray size changed")
def test_parquet_netcdf_pandas_and_xarray_hold_it_too(whole, tmp_path):
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    pytest.importorskip("pyarrow"), pytest.importorskip("netCDF4")
    _, found = whole
    frame, grid = found.to_pandas(), found.to_xarray()
    read = pandas.read_parquet(found.export(tmp_path / "made.parquet"))
    assert list(read) == list(frame) and all((read[name].to_numpy() == frame[name].to_numpy()).all() for name in ("delay", "outcome", "level@10"))
    assert json.loads(frame.attrs["manifest"]) == found.about
    with xarray.open_dataset(found.export(tmp_path / "made.nc")) as file:
        assert (file["level@10"].values == found.values[:, 0, 1]).all()
        assert file["outcome"].attrs["flag_meanings"].split() == ["undecided", "full", "low", "failed"]
        assert (file["outcome"].values == found.codes[:, 0]).all()
    assert grid.sizes == {"delay": 5, "leak": 4} and float(grid["level@10"].sel(delay=2, leak=0.4)) == found.values[4, 0, 1]


def test_the_page_on_ensembles_runs_as_it_stands(capsys):
    page = (Path(__file__).parent.parent / "docs" / "ensembles.md").read_text()
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(block, {})
    assert capsys.readouterr().out.startswith("<Ensemble of 27 runs, 0 failed; outcome undecided 2, repaid 25>")


def test_names_known_to_the_command_are_those_of_the_engine():
    assert sweeping.ENGINES == engines.NAMES and sweeping.DESIGNS == designs.KINDS and cluster.PATIENCE > 0


def test_a_compiled_engine_is_taken_where_it_can_and_refused_with_its_reason(tank, monkeypatch):
    job = Job(Scene(tank), ("leak",))
    known = {"against": None}

    class Compiled:
        supported = staticmethod(lambda job: known["against"])
        fast_rows = staticmethod(lambda job, rows, threads: (threads, len(rows)))
    monkeypatch.setattr(engines, "_fast", lambda: Compiled)
    assert engines.chosen(job) == "fast" and engine("fast", 3)(job, np.zeros((5, 1))) == (3, 5)
    known["against"] = "it has triggers"
    assert engines.chosen(job) == "scipy"
    with pytest.raises(InputError, match="engine 'fast': it has triggers; use --engine scipy"):
        engines.chosen(job, "fast")
    monkeypatch.setattr(engines, "_fast", lambda: None)
    with pytest.raises(InputError, match=r"sd_basis\[fast\]"):
        engines.chosen(job, "fast")


def test_an_engine_that_is_off_is_found_out(tank, monkeypatch):
    def wrong(job, rows, real=engines.plain_rows):
        batch = real(job, rows)
        batch.values[...] *= 1.001
        batch.codes[0] = 0
        return batch
    monkeypatch.setattr(engines, "plain_rows", wrong)
    with warnings.catch_warnings():
        found = sweep(tank, over={"leak": "lin(0.4,1,4)"}, keep=["level"])
    assert found.difference.value == pytest.approx(1e-3, rel=0.5) and found.difference.codes == 1
    assert "more than ten times the tolerance 1e-06 and 1 of 4 runs have another outcome; try a smaller rtol" in found.warnings[-1]


def test_chunks_follow_the_number_of_runs_and_their_size(tank):
    job = Job(Scene(tank), ("leak",), ("level",), tuple(np.linspace(0, 10, 10_001)))
    assert [planning.chunk_size(Job(Scene(tank), ("leak",)), runs, "scipy") for runs in (10, 10**5, 10**6)] == [16, 100, 1000]
    assert planning.chunk_size(job, 10**7, "scipy") * 8 * 10_001 < 64e6
