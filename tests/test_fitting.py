"""Calibration: known parameters come back, errors and profiles are those of closed forms, and bad fit files are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from small import draining

import sd_basis.fitting.starting_points as searches
from sd_basis import CLOUD, TIME, Flow, InputError, Model, NumericalFailure, Parameter, Stock, load, sensitivities, simulate
from sd_basis.cli import main
from sd_basis.fitting import Fit, Free, PointTarget, SeriesTarget, agreement, evaluate, fit, problem, read_fit, write_values
from sd_basis.fitting.profiling import RISE

TANK = '''"""A tank with a leak and a tap."""
from sd_basis import CLOUD, Auxiliary, Flow, Model, Parameter, Stock
level = Stock("level", 8, "litre", nonnegative=True)
share = Parameter("share", 0.3, "1/day", between=(0.05, 5), domain=(0, None))
wear = Parameter("wear", 1.0, "1", between=(0.2, 2), domain=(0, 10))
tap = Parameter("tap", 0.1, "litre/day", between=(0.01, 3), domain=(0, None))
odd = Parameter("odd", 1.0, "1")
weight = Auxiliary("weight", level * odd, unit="litre")
MODEL = Model("tank", [Flow("drain", source=level, sink=CLOUD, rate=share * wear * level), Flow("fill", source=CLOUD, sink=level, rate=tap)],
              outputs=[weight], span=(0, 8))
'''
TIMES = np.arange(0, 8.5, 0.5)
LEVELS = 1.4 + 6.6 * np.exp(-0.5 * TIMES)  # share 0.5, tap 0.7


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model with data that it generates exactly, and the same with holes."""
    folder = tmp_path_factory.mktemp("fits")
    (folder / "tank.py").write_text(TANK)
    rows = [f"{time!r},{level!r}" for time, level in zip(TIMES.tolist(), LEVELS.tolist(), strict=True)]
    (folder / "levels.csv").write_text("\n".join(["date,level", *rows]) + "\n")
    blank = [*rows[:5], f"{float(TIMES[5])!r},", *rows[6:]]
    (folder / "blank.csv").write_text("\n".join(["date,level", *blank]) + "\n")
    (folder / "missing.csv").write_text("\n".join(["date,level", *rows[:5], *rows[6:]]) + "\n")
    parts = [f"{time!r},{name},{level * share!r}" for time, level in zip(TIMES.tolist(), LEVELS.tolist(), strict=True)
             for name, share in (("a", 0.25), ("b", 0.75))]
    (folder / "parts.csv").write_text("\n".join(["date,part,level", *parts]) + "\n")
    (folder / "tank.fits").mkdir()
    (folder / "tank.fits" / "leak.toml").write_text(text())
    (folder / "tank.fits" / "share.toml").write_text(text(free=({"name": "share"},), more="[parameters]\ntap = 0.7\n"))
    return folder


SERIES = {"quantity": "level", "file": "levels.csv", "column": "level", "unit": "litre", "error": 0.1}


def text(free=({"name": "share"}, {"name": "tap"}), series=(SERIES,), more=""):
    """Return a fit file."""
    tables = [("free", entry) for entry in free] + [("series", entry) for entry in series]
    return more + "\n" + "".join(f"[[{name}]]\n" + "".join(f"{key} = {value if isinstance(value, str) and value.startswith('{') else json.dumps(value)}\n"
                                                       for key, value in entry.items()) for name, entry in tables)


@pytest.fixture
def asked(folder):
    """Return what poses the problem of a fit file of these tables."""
    def pose(**tables):
        path = folder / "asked.toml"
        path.write_text(text(**tables))
        return problem(load(folder / "tank.py"), path, rtol=1e-9)
    return pose


def test_known_parameters_come_back_from_generated_data(folder):
    found = fit(folder / "tank.py", "leak", starts=3, rtol=1e-9)
    assert found.values == pytest.approx({"share": 0.5, "tap": 0.7}, rel=1e-6) and found.agreeing == 3 and not found.warnings
    (series,) = found.evaluation.agreements
    assert series.n == len(TIMES) and series.rmse < 1e-6 and series.r2 == pytest.approx(1) and series.naive > 1


def test_the_jacobian_of_the_residuals_is_that_of_differences(asked):
    own = asked(free=({"name": "share"}, {"name": "wear", "scale": "linear"}, {"name": "tap"}),
                series=(SERIES, {**SERIES, "change_from": 2, "hour": 6, "error": 0.02}))
    places, names = np.array([0.4, 0.6, 0.7]), ["share", "wear", "tap"]

    def residuals(moved):
        return own.residuals(own.run(own.values(moved)), own.fitted)
    exact = own.jacobian(own.run(own.values(places)), own.values(places), names)
    step = 1e-4
    columns = [(residuals(places + step * unit) - residuals(places - step * unit)) / (2 * step) for unit in np.eye(3)]
    assert exact == pytest.approx(np.column_stack(columns), rel=1e-4, abs=1e-4 * np.abs(exact).max())


def test_sensitivities_along_the_steps_of_a_run_are_those_of_the_solver():
    run = simulate(draining().model, rtol=1e-8)
    for method in ("LSODA", "collocation"):
        s = sensitivities(run, ["share", "level"], at=[0, 1, 2.5, 4], method=method)
        assert s["level", "share"] == pytest.approx(-8 * s.t * np.exp(-0.5 * s.t), rel=1e-6, abs=1e-9)
        assert s["drain", "level"] == pytest.approx(0.5 * np.exp(-0.5 * s.t), rel=1e-6)
    with pytest.raises(InputError, match="do not rise within the run"):
        sensitivities(run, ["share"], at=[1, 5])


def test_theils_shares_sum_to_one_and_separate_the_kinds_of_error():
    data = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    shifted, stretched = agreement("a", data + 2, data, 0.5), agreement("b", data.mean() + 3 * (data - data.mean()), data, 0.5)
    turned = agreement("c", 2 * data.mean() - data, data, 0.5)
    assert (shifted.bias, shifted.unequal_variation, shifted.unequal_covariation) == pytest.approx((1, 0, 0), abs=1e-12)
    assert (stretched.bias, stretched.unequal_variation) == pytest.approx((0, 1)) and turned.unequal_covariation == pytest.approx(1)
    assert (shifted.rmse, shifted.mae, shifted.chi_square, shifted.r2) == pytest.approx((2, 2, 80, -1)) and turned.r2 == pytest.approx(-3)
    mixed = agreement("d", np.array([2.0, 2.0, 5.0, 1.0, 9.0]), data, 1.0, before=1.0)
    assert mixed.bias + mixed.unequal_variation + mixed.unequal_covariation == pytest.approx(1)
    assert mixed.naive == pytest.approx(np.sqrt(np.mean((data - 1) ** 2))) and mixed.mape == pytest.approx(np.mean(np.abs([1, -1, 3, -4, 5]) / data))
    assert agreement("e", data, data - 2, 1.0).mape is None and agreement("f", data, data, 1.0).bias is None


MISRA_X = np.array([77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0])
MISRA_Y = np.array([10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78])


def points(quantity, times, values, error=1.0):
    return tuple(PointTarget(quantity, float(value), error, at=float(time)) for time, value in zip(times, values, strict=True))


def misra(rate, b2):
    """Return a model of y(0) = 0 whose rate a NIST problem has as its derivative, from its second start."""
    y, b1 = Stock("y", 0, scale=50), Parameter("b1", 200.0)
    parameter = Parameter("b2", b2)
    return Model("misra", [Flow("grow", source=CLOUD, sink=y, rate=rate(b1, parameter, y))], span=(0, 800))


@pytest.mark.parametrize(("rate", "certified", "errors", "squares"), [
    (lambda b1, b2, y: b1 * b2 * (1 + b2 * TIME / 2) ** -3, (337.99746163, 3.9039091287e-4), (3.1643950207, 4.2547321834e-6), 0.075464681533)])  # Misra1b
def test_nist_problems_posed_as_rates_reach_their_certified_digits(rate, certified, errors, squares):
    free = Free("b1", (50, 2000)), Free("b2", (1e-5, 1e-2))
    found = fit(misra(rate, 5e-4), Fit("misra", free=free, points=points("y", MISRA_X, MISRA_Y)), starts=2, rtol=1e-10)
    assert tuple(found.values.values()) == pytest.approx(certified, rel=1e-6) and found.best.chi_square == pytest.approx(squares, rel=1e-6)
    spread = np.sqrt(found.best.chi_square / found.freedom)  # NIST takes the size of errors from the residuals
    assert tuple(item.error * spread for item in found.estimates) == pytest.approx(errors, rel=1e-5)


def straight():
    """A level that rises from zero by a + b t a day."""
    level, a, b = Stock("level", 0, scale=1), Parameter("a", 1.0), Parameter("b", 0.5)
    return Model("straight", [Flow("rise", source=CLOUD, sink=level, rate=a + b * TIME, reversible=True)], span=(0, 6))


def test_intervals_and_profiles_of_a_linear_problem_are_the_closed_form():
    times, values, error = np.array([1.0, 2, 4, 5, 6]), np.array([1.3, 2.9, 8.2, 11.0, 15.3]), 0.4
    free = Free("a", (-20, 20), scale="linear"), Free("b", (-20, 20), scale="linear")
    found = fit(straight(), Fit("line", free=free, points=points("level", times, values, error)), starts=2, rtol=1e-10, profiles=["b"])
    design = np.column_stack([times, times**2 / 2])
    covariance = error**2 * np.linalg.inv(design.T @ design)
    best = np.linalg.lstsq(design, values, rcond=None)[0]
    for item, value, own in zip(found.estimates, best, np.sqrt(np.diag(covariance)), strict=True):
        assert (item.value, item.error, item.low, item.high) == pytest.approx((value, own, value - 1.959964 * own, value + 1.959964 * own), rel=1e-5)
    (profile,) = found.profiles
    assert (profile.low, profile.high) == pytest.approx((found.estimates[1].low, found.estimates[1].high), rel=1e-4) and profile.verdict == "identifiable"
    assert found.best.chi_square == pytest.approx(np.sum(((design @ best - values) / error) ** 2), rel=1e-6)


def test_a_product_of_two_parameters_alone_is_named_and_its_profile_is_flat(folder, asked):
    own = asked(free=({"name": "share"}, {"name": "wear", "between": [0.2, 0.9], "start": 0.5}))
    found = fit(own.model, own.fit, set={"tap": 0.7}, starts=2, rtol=1e-8, profiles=["wear"])
    assert found.spectrum.determined == 1 and set(found.spectrum.combination(1).split()) == {"share", "wear^-1"}
    assert found.spectrum.combination(0).split() in (["share", "wear"], ["wear", "share"])
    (profile,) = found.profiles
    assert profile.verdict == "not identifiable: flat" and max(profile.rises) < 1e-3 * RISE and profile.low is profile.high is None
    assert [item.error for item in found.estimates] == [None, None] and found.values["share"] * found.values["wear"] == pytest.approx(0.5, rel=1e-6)


def test_held_out_data_are_judged_but_not_fitted(asked):
    late = {**SERIES, "from": 4, "held_out": True, "factor": 2.0}  # a copy with a wrong factor would spoil the fit
    own = asked(series=({**SERIES, "until": 3.5}, late))
    found = fit(own.model, own.fit, starts=1, rtol=1e-9)
    fitted, held = found.evaluation.agreements
    assert found.values == pytest.approx({"share": 0.5, "tap": 0.7}, rel=1e-5) and own.count == fitted.n == 8
    assert held.held_out and held.n == 9 and held.rmse == pytest.approx(np.sqrt(np.mean(LEVELS[8:] ** 2)), rel=1e-5)
    assert held.naive == pytest.approx(2 * np.sqrt(np.mean((LEVELS[8:] - LEVELS[7]) ** 2)))
    assert found.evaluation.chi_square == pytest.approx(fitted.chi_square)


def test_changes_sums_and_factors_meet_the_same_data(asked):
    tables = ({**SERIES, "change_from": 2}, {**SERIES, "file": "parts.csv"}, {**SERIES, "file": "parts.csv", "where": '{ part = "a" }', "factor": 4.0})
    for item, values, base in zip(asked(series=tables).observed, (LEVELS - LEVELS[4], LEVELS, LEVELS), (2.0, None, None), strict=True):
        expected = np.delete(values, 4) if base else values
        assert item.values == pytest.approx(expected, rel=1e-12) and item.base == base
    evaluation = evaluate(asked(series=tables).model, asked(series=tables).fit, set={"share": 0.5, "tap": 0.7}, rtol=1e-9)
    assert evaluation.chi_square < 1e-8 and len(evaluation.residuals()) == 3 * len(TIMES) - 1


WRONG = {
    "a parameter": ({"free": ({"name": "shear"},)}, ("free 1 (shear)", "did you mean 'share'")),
    "a quantity": ({"series": ({**SERIES, "quantity": "levle"},)}, ("series 1 (levle)", "did you mean 'level'?")),
    "a key": ({"free": ({"name": "share", "strat": 1},)}, ("did you mean 'start'?",)),
    "low above high": ({"free": ({"name": "share", "between": [2, 1]},)}, ("2 is not below 1",)),
    "outside the domain": ({"free": ({"name": "wear", "between": [0.1, 11]},)}, ("leaves the parameter's domain [0, 10]",)),
    "start outside": ({"free": ({"name": "share", "start": 9},)}, ("its start, 9, lies outside [0.05, 5]",)),
    "no range": ({"free": ({"name": "odd"},)}, ("no plausible range",)),
    "no logarithm": ({"free": ({"name": "odd", "between": [0, 2]},)}, ("has no logarithm", 'scale = "linear"')),
    "twice": ({"free": ({"name": "tap"}, {"name": "tap"})}, ("stands here twice",)),
    "free and fixed": ({"more": "[parameters]\nshare = 0.2\n"}, ("both free and fixed",)),
    "a scale": ({"free": ({"name": "share", "scale": "lin"},)}, ("no scale 'lin'",)),
    "a blank": ({"series": ({**SERIES, "file": "blank.csv"},)}, ("a hole at 2.5", "leave out")),
    "a missing date": ({"series": ({**SERIES, "file": "missing.csv"},)}, ("a hole between 2 and 3",)),
    "another unit": ({"series": ({**SERIES, "unit": "bond"},)}, ("in bond", "in litre")),
    "no unit": ({"series": ({key: value for key, value in SERIES.items() if key != "unit"},)}, ("does not say the unit",)),
    "another scale": ({"series": ({**SERIES, "unit": "1000 litre"},)}, ("write factor = 1000",)),
    "an empty window": ({"series": ({**SERIES, "from": 2.1, "until": 2.4},)}, ("from 2.1 to 2.4 holds no data",)),
    "outside the run": ({"series": ({**SERIES, "until": 9},)}, ("until: 9 lies outside the run from 0 to 8",)),
    "no such change": ({"series": ({**SERIES, "change_from": 2.2},)}, ("no value at 2.2",)),
    "a file": ({"series": ({**SERIES, "file": "level.csv"},)}, ("did you mean 'levels.csv'",)),
    "a column": ({"series": ({**SERIES, "column": "levels"},)}, ("did you mean 'level'?",)),
    "a date column": ({"series": ({**SERIES, "date": "day"},)}, ("no column 'day'",)),
    "nothing there": ({"series": ({**SERIES, "file": "parts.csv", "where": '{ part = "c" }'},)}, ("no row of parts.csv",)),
    "no error": ({"series": ({**SERIES, "error": 0},)}, ("not above zero",)),
    "a case": ({"more": 'case = "storm"\n'}, ("no case",)),
    "a value set": ({"more": 'values = "wet"\n'}, ("no value set 'wet'",)),
    "no data": ({"series": ()}, ("holds no data",)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_fit_file_is_refused_in_one_sentence(name, asked):
    tables, parts = WRONG[name]
    with pytest.raises(InputError) as caught:
        asked(**tables)
    assert "\n" not in str(caught.value) and all(part in str(caught.value) for part in parts), caught.value


def test_the_holes_that_are_known_can_be_left_out(asked):
    (own,) = asked(series=({**SERIES, "file": "blank.csv", "holes": "leave out"},)).observed
    assert len(own.times) == len(TIMES) - 1 and 2.5 not in own.times


def test_more_free_parameters_than_data_are_a_warning(asked):
    own = asked(series=({**SERIES, "from": 1, "until": 1},))
    assert "2 free parameters, but only 1 data" in fit(own.model, own.fit, starts=1).warnings[0]


def bursting():
    """A tank that a strong outflow empties below zero."""
    level, out = Stock("level", 10, nonnegative=True), Parameter("out", 1.0, between=(0.1, 8))
    return Model("bursting", [Flow("drain", source=level, sink=CLOUD, rate=out)], span=(0, 4))


def test_runs_that_fail_are_counted_and_do_not_end_the_fit():
    description = Fit("burst", free=(Free("out"),), points=points("level", [1, 4], [8, 2]))
    found = fit(bursting(), description, starts=5, rtol=1e-8)
    assert found.values["out"] == pytest.approx(2) and sum(end.failures for end in found.ends) > 0 and "failed numerically" in found.warnings[0]
    hopeless = replace(description, free=(Free("out", (5, 8), start=6),))
    with pytest.raises(NumericalFailure, match="no start gives a run"):
        fit(bursting(), hopeless, starts=2)


def test_an_interrupted_fit_goes_on_from_the_searches_it_ended(folder, tmp_path, monkeypatch):
    made, search = [], searches.search

    def interrupted(problem, start):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(start)
        return search(problem, start)
    monkeypatch.setattr(searches, "search", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(folder / "tank.py", "share", starts=4, seed=3, rtol=1e-5, store=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    (broken, _) = sorted(tmp_path.iterdir())
    broken.write_text("{")
    monkeypatch.setattr(searches, "search", lambda problem, start: made.append(start) or search(problem, start))
    found = fit(folder / "tank.py", "share", starts=4, seed=3, rtol=1e-5, store=tmp_path, profiles=["share"])
    assert len(made) == 5 and len(set(made)) == 4
    again = fit(folder / "tank.py", "share", starts=4, seed=3, rtol=1e-5, store=tmp_path, profiles=["share"])
    assert len(made) == 5 and (again.ends, again.profiles) == (found.ends, found.profiles)
    fit(folder / "tank.py", "share", starts=1, rtol=1e-6, store=tmp_path)
    assert len(made) == 6  # another tolerance is another problem


def test_spawned_processes_find_what_one_process_finds(folder):
    one, two = (fit(folder / "tank.py", "share", starts=2, workers=workers) for workers in (1, 2))
    assert one.ends == two.ends and one.document()["parameters"] == two.document()["parameters"]


def test_fitted_values_become_a_value_set(folder, tmp_path):
    found = fit(folder / "tank.py", "leak", starts=1, rtol=1e-9)
    path = write_values(found, "fitted")
    assert path == folder / "tank.values" / "fitted.toml"
    evaluation = evaluate(folder / "tank.py", "leak", values="fitted", rtol=1e-9)
    assert evaluation.chi_square < 1e-8 and "standard error" in path.read_text()
    with pytest.raises(InputError, match="is there already"):
        write_values(found, "fitted")
    assert write_values(found, str(tmp_path / "own.toml")).is_file()
    path.unlink()


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_the_command_prints_tables_json_and_stores_the_result(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    options = ["fit", "tank.py", "share", "--starts", 2, "--workers", 1, "--profile", "share", "--rtol", 1e-5]
    done = run(*options, "--residuals", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    parts = ("chi-square", "2 of 2 starts end there", "share", "U_M", "determine 1 of 1 direction ", "identifiable", "in errors")
    assert all(part in done.stdout for part in parts)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"tank-share.json", "tank-share.json.manifest.json", "tank-share-data.png", "tank-share-determined.svg", "searches"} <= names
    again = run(*options, "--json")
    document = json.loads(again.stdout)
    assert document["residuals"] == json.loads((tmp_path / "tank-share.json").read_text())["residuals"] and document["manifest"]["model"] == "tank"
    assert document["parameters"][0]["value"] == pytest.approx(0.5, rel=1e-4) and document["profiles"][0]["verdict"] == "identifiable"
    held = run("fit", "tank.py", "leak", "--evaluate", "--set", "share=0.5", "--set", "tap=0.7", "--json")
    assert held.exit_code == 0 and json.loads(held.stdout)["chi_square"] < 1e-3


@pytest.mark.parametrize(("arguments", "part"), [
    (("tank.py", "laek"), "did you mean 'leak'?"), (("tank.py", "leak", "--profile", "tpa"), "did you mean 'tap'?"),
    (("tank.py", "leak", "--evaluate", "--profiles"), "--evaluate"), (("tank.py", "leak", "--set", "share"), "NAME=NUMBER")])
def test_wrong_use_of_the_command_ends_with_two(folder, monkeypatch, arguments, part):
    monkeypatch.chdir(folder)
    done = run("fit", *arguments)
    assert done.exit_code == 2 and part in done.stderr and "Traceback" not in done.stderr


def test_fits_and_free_parameters_complete(folder, monkeypatch):
    from click.shell_completion import ShellComplete
    monkeypatch.chdir(folder)
    shell = ShellComplete(main, {}, "sd-basis", "_SD_BASIS_COMPLETE")
    assert [item.value for item in shell.get_completions(["fit", "tank.py"], "")] == ["leak", "share"]
    assert [item.value for item in shell.get_completions(["fit", "tank.py", "leak", "--profile"], "")] == ["share", "tap"]


def test_a_fit_file_reads_as_it_is_written(folder):
    read = read_fit(folder / "tank.fits" / "leak.toml")
    assert [item.name for item in read.free] == ["share", "tap"] and isinstance(read.series[0], SeriesTarget) and read.series[0].error == 0.1
