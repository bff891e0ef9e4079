"""Sensitivity: exact slopes against closed forms, Sobol and Morris against analytic indices, PRIM against a planted box, and the command."""

import json
import math

import numpy as np
import pytest
import sympy
from click.testing import CliRunner

from sd_basis import CLOUD, Case, Flow, InputError, Model, NumericalFailure, Outcome, Parameter, Policy, Stock, elasticities, morris, simulate, sobol
from sd_basis.case import Event
from sd_basis.cli import main
from sd_basis.ensemble.axes import Range, axes_of
from sd_basis.ensemble.job import Batch, Job
from sd_basis.sensitivity.cases import condition_of, scenarios
from sd_basis.sensitivity.deadlines import critical_slopes
from sd_basis.sensitivity.interests import interest_of
from sd_basis.sensitivity.local import local_sensitivities
from sd_basis.sensitivity.measuring import Window, Work, measure
from sd_basis.sensitivity.peeling import discovered
from sd_basis.sensitivity.ranging import uncertain
from sd_basis.sensitivity.screening import morris_effects, morris_points
from sd_basis.sensitivity.variance import converging, sobol_indices, sobol_points
from sd_basis.transition.scene import Scene

SCIPY = Work(engine="scipy")  # no compiled code for a function that is evaluated once


def posed(name, rate, parameters):
    """A model whose stock is a function of parameters after one unit of time."""
    result = Stock("result", 0.0, scale=1.0)
    return Scene(Model(name, [Flow("change", source=CLOUD, sink=result, rate=rate, reversible=True)], span=(0, 1)), rtol=1e-4), parameters


def ishigami():
    p = [Parameter(f"x{place}", 0.5, between=(-math.pi, math.pi)) for place in (1, 2, 3)]
    return posed("ishigami", sympy.sin(p[0]) + 7 * sympy.sin(p[1])**2 + p[2]**4 * sympy.sin(p[0]) / 10, p)


def sobol_g(a):
    p = [Parameter(f"x{place}", 0.3, between=(0, 1)) for place in range(len(a))]
    root = [sympy.sqrt((4 * x - 2)**2) for x in p]
    return posed("sobol_g", sympy.Mul(*((size + own) / (1 + own) for size, own in zip(root, a, strict=True))), p)


def evaluated(scene, parameters, points):
    """The same function in numpy, without a run."""
    function = sympy.lambdify(parameters, scene.model.flows[0].expression)
    return np.broadcast_to(function(*points.rows(0, points.runs).T), points.runs).astype(float)


def axes_in(scene, parameters):
    return axes_of(scene, [parameter.name for parameter in parameters], True)[0]


def analytic_ishigami():
    first = [0.5 * (1 + math.pi**4 / 50)**2, 49 / 8, 0.0]
    both = math.pi**8 * (1 / 18 - 1 / 50) / 100
    variance = sum(first) + both
    return np.array(first) / variance, np.array([first[0] + both, first[1], both]) / variance


def analytic_g(a):
    v = np.array([1 / (3 * (1 + own)**2) for own in a])
    variance = np.prod(1 + v) - 1
    return v / variance, np.array([own * np.prod(np.delete(1 + v, place)) for place, own in enumerate(v)]) / variance


@pytest.mark.parametrize(("make", "analytic"), [(ishigami, analytic_ishigami), (lambda: sobol_g((0, 1, 4.5, 9)), lambda: analytic_g((0, 1, 4.5, 9)))])
def test_indices_of_known_functions_lie_inside_their_intervals(make, analytic):
    scene, parameters = make()
    axes = axes_in(scene, parameters)
    points = sobol_points(axes, 2048, seed=3)
    values = evaluated(scene, parameters, points)
    parts = converging(values, points.columns, 2048, seed=3, resamples=60)
    first, total = analytic()
    assert np.all(np.abs(parts[-1].first - first) <= parts[-1].first_width + 1e-12)
    assert np.all(np.abs(parts[-1].total - total) <= parts[-1].total_width + 1e-12)
    assert [part.asked for part in parts] == [512, 1024, 2048]
    assert np.all(parts[-1].total_width < parts[0].total_width) and parts[-1].variance == pytest.approx(float(np.var(values)), rel=0.05)


@pytest.mark.parametrize("make", [ishigami, lambda: sobol_g((0, 1, 4.5, 9))])
def test_the_runs_of_a_model_give_the_function_that_it_poses(make, tmp_path):
    scene, parameters = make()
    points = sobol_points(axes_in(scene, parameters), 16, seed=1)
    again = [measure(scene, [interest_of(scene, "result")], points, None, Work(engine="scipy", folder=tmp_path)) for _ in range(2)]
    assert again[0].values["result"] == pytest.approx(evaluated(scene, parameters, points), abs=1e-9) and again[0].reasons == ()
    assert np.array_equal(*(one.values["result"] for one in again)) and len(list(tmp_path.glob("chunk-*.npz"))) >= 3


def test_blocks_with_a_failed_run_are_dropped_as_a_whole_or_refused():
    scene, parameters = ishigami()
    points = sobol_points(axes_in(scene, parameters), 64)
    values = evaluated(scene, parameters, points)
    values[7] = np.nan  # in the second block of five
    found = sobol_indices(values, points.columns, 64, resamples=50)
    whole = np.delete(values.reshape(64, 5), 1, axis=0)
    assert found.dropped == 1 and found.blocks == 63 and found.mean == pytest.approx(whole[:, [0, 4]].mean())
    values[::9] = np.nan
    with pytest.raises(InputError, match=r"in \d+ of 64 blocks of 5 runs a run failed"):
        sobol_indices(values, points.columns, 64)
    with pytest.raises(NumericalFailure, match="in each of 64 blocks"):
        sobol_indices(np.full(len(values), np.nan), points.columns, 64)


@pytest.mark.parametrize("number", [0, 8, 100])
def test_a_number_of_blocks_that_is_no_power_of_two_is_refused(number):
    with pytest.raises(InputError, match="is no power of two"):
        sobol_points([Range("x", 0, 1)], number)


def test_a_result_that_never_changes_has_no_indices():
    with pytest.raises(InputError, match="no variance to explain"):
        sobol_indices(np.full(24, 2.0), ("x",), 8)


def test_morris_finds_the_slopes_of_a_linear_function():
    axes = [Range("a", 0.0, 2.0), Range("b", -1.0, 1.0), Range("c", 5.0, 9.0)]
    points = morris_points(axes, 8, seed=2)
    values = points.rows(0, points.runs) @ np.array([3.0, -2.0, 0.0])
    found = morris_effects(values, points, 8)
    assert found.mu == pytest.approx([6, -4, 0]) and found.mu_star == pytest.approx([6, 4, 0])
    assert found.sigma == pytest.approx([0, 0, 0], abs=1e-12) and found.ranked() == [0, 1, 2]


def test_elementary_effects_are_those_of_the_library_and_leave_failed_runs_out():
    from SALib.analyze import morris as library

    axes = [Range(name, 0.0, 1.0) for name in "abcd"]
    points = morris_points(axes, 12, seed=5)
    values = np.sin(3 * points.shares[:, 0]) * points.shares[:, 1] + points.shares[:, 2]**2
    found = morris_effects(values, points, 12)
    other = library.analyze({"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}, points.shares, values, num_levels=4, seed=1)
    for key, own in (("mu", found.mu), ("mu_star", found.mu_star), ("sigma", found.sigma)):
        assert own == pytest.approx(np.asarray(other[key], float))
    values[0] = np.nan  # the first run has one neighbour: one effect is lost
    assert morris_effects(values, points, 12).known.sum() == 4 * 12 - 1


def growth(capacity=None):
    people, pace = Stock("people", 2.0), Parameter("pace", 0.3, between=(0.1, 0.5), domain=(0, None))
    room = Parameter("room", 10.0, between=(5, 20))
    rate = pace * people * (1 - people / room if capacity else 1)
    return Scene(Model("growth", [Flow("births", source=CLOUD, sink=people, rate=rate)], span=(0, 5)), rtol=1e-9), [pace, *([room] if capacity else [])]


def test_the_elasticity_of_exponential_growth_is_rate_times_time():
    scene, parameters = growth()
    interests = [interest_of(scene, text) for text in ("people", "people@2", "people:lowest")]
    end, at_two, least = local_sensitivities(scene, interests, axes_in(scene, parameters), check=1)
    assert end.slopes[0].elasticity == pytest.approx(0.3 * 5, rel=1e-6) and at_two.slopes[0].elasticity == pytest.approx(0.3 * 2, rel=1e-6)
    assert end.slopes[0].swing == pytest.approx(5 * end.result * 0.4, rel=1e-6) and end.slopes[0].disagreement < 1e-5
    assert (least.result, least.time, least.slopes[0].slope) == (2.0, 0.0, 0.0)


def test_the_front_door_gives_slopes_effects_and_indices_of_a_model():
    scene, _ = growth(capacity=10)
    model = scene.model
    assert elasticities(model, of=["people@0.5"], rtol=1e-9)["people@0.5"].slopes[0].elasticity == pytest.approx(0.3 * 0.5 * (1 - _half(model) / 10), rel=1e-5)
    assert morris(model, of="people", trajectories=4, engine="scipy")["people"].ranked() == [0, 1]
    parts = sobol(model, of="people", blocks=32, engine="scipy")["people"]
    assert [part.asked for part in parts] == [8, 16, 32] and parts[-1].total[0] > parts[-1].total[1] > 0


def _half(model):
    return float(simulate(model, at=[0.5], rtol=1e-9)["people"][0])


def test_logistic_slopes_and_those_of_a_peak_have_closed_forms():
    scene, parameters = growth(capacity=10)
    end, peak = local_sensitivities(scene, [interest_of(scene, text) for text in ("people", "births:highest")], axes_in(scene, parameters))
    a, k, t, first = sympy.symbols("a k t first")
    level = k / (1 + (k / first - 1) * sympy.exp(-a * t))
    values = {a: 0.3, k: 10, t: 5, first: 2}
    truth = {"pace": float(sympy.diff(level, a).subs(values)), "room": float(sympy.diff(level, k).subs(values))}
    assert {one.name: one.slope for one in end.slopes} == pytest.approx(truth, rel=1e-6)
    assert peak.time == pytest.approx(math.log(4) / 0.3, abs=1e-3) and peak.result == pytest.approx(0.3 * 10 / 4)
    assert {one.name: one.slope for one in peak.slopes} == pytest.approx({"pace": 10 / 4, "room": 0.3 / 4}, rel=1e-5)


def tank():
    """A tank that fills until the tap is closed at the delay d: it overflows where d > room / tap."""
    level, tap = Stock("level", 0.0, scale=1.0), Parameter("tap", 1.0, between=(0.5, 2.0))
    room, shut = Parameter("room", 5.0, between=(1.0, 9.0)), Parameter("shut", 0.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=tap * (1 - shut))
    return Scene(Model("tank", [fill], span=(0, 20), policies=[Policy("close", {shut: 1.0})],
                       outcomes=[Outcome("flooded", level > room, absorbing=True), Outcome("dry", level < room)]),
                 Case("dry", policies=(Event("close", start=3.0),)))


def test_the_critical_delay_moves_with_parameters_as_its_closed_form():
    scene = tank()
    axes = axes_of(scene, ["tap", "room"], True)[0]
    found = critical_slopes(scene, interest_of(scene, "critical_delay"), axes, Window(0.5, 15, scan=4), check=1, work=SCIPY)
    assert found.result == pytest.approx(5.0, abs=1e-6)
    assert {one.name: one.slope for one in found.slopes} == pytest.approx({"tap": -5.0, "room": 1.0}, rel=1e-5)
    assert found.slopes[0].disagreement < 1e-3
    with pytest.raises(InputError, match="does not turn flooded between delays 0.5 and 4"):
        critical_slopes(scene, interest_of(scene, "critical_delay"), axes, Window(0.5, 4, scan=3))


def test_the_critical_delay_of_a_saddle_moves_as_the_edge_does():
    # pushed at a constant pace until the policy, then driven away from the edge on either side: d_c = (edge - 1) / push
    x, push, edge = Stock("x", 1.0, scale=1.0), Parameter("push", 0.5, between=(0.2, 1)), Parameter("edge", 3.0, between=(2, 4))
    away, on = Parameter("away", 2.0, between=(1, 3)), Parameter("on", 0.0)
    move = Flow("move", source=CLOUD, sink=x, rate=(1 - on) * push + on * away * sympy.tanh(x - edge), reversible=True)
    model = Model("edge", [move], span=(0, 30), policies=[Policy("act", {on: 1.0})], outcomes=[Outcome("lost", x > edge), Outcome("kept", x < edge)])
    scene = Scene(model, Case("c", policies=(Event("act", start=2.0),)))
    axes = axes_of(scene, ["push", "edge", "away"], True)[0]
    found = critical_slopes(scene, interest_of(scene, "critical_delay:lost"), axes, Window(1, 9, scan=4))
    assert found.result == pytest.approx(4.0, abs=1e-6) and "the response jumps" in found.note
    assert {one.name: one.slope for one in found.slopes} == pytest.approx({"push": -8.0, "edge": 2.0, "away": 0.0}, abs=1e-2)


def test_the_critical_delay_of_a_stay_moves_as_its_closed_form():
    level, fall, rise, on = Stock("level", 10.0), Parameter("fall", 1.0, between=(0.5, 2)), Parameter("rise", 1.0, between=(0.5, 2)), Parameter("on", 0.0)
    change = Flow("change", source=CLOUD, sink=level, rate=on * rise - (1 - on) * fall, reversible=True)
    outcomes = [Outcome("frozen", level < 5, lasting=4), Outcome("fine", level > 5)]
    scene = Scene(Model("dip", [change], span=(0, 40), policies=[Policy("act", {on: 1.0})], outcomes=outcomes),
                  Case("c", policies=(Event("act", start=6.0),)))
    found = critical_slopes(scene, interest_of(scene, "critical_delay:frozen"), axes_of(scene, ["fall", "rise"], True)[0], Window(5.5, 12, scan=4))
    p, q = sympy.symbols("p q")
    truth = (4 + 5 / p + 5 / q) / (1 + p / q)
    assert found.result == pytest.approx(7.0, abs=1e-6) and "the length of a stay" in found.note
    assert {one.name: one.slope for one in found.slopes} == pytest.approx({"fall": float(sympy.diff(truth, p).subs({p: 1, q: 1})),
                                                                          "rise": float(sympy.diff(truth, q).subs({p: 1, q: 1}))}, rel=1e-5)


def test_a_peak_on_a_date_moves_with_the_date():
    scene = tank()
    found = local_sensitivities(scene, [interest_of(scene, "level"), interest_of(scene, "margin:flooded")], axes_of(scene, ["tap"], True)[0], ["close"])
    assert [one.dates[0].slope for one in found] == pytest.approx([1.0, 1.0]) and found[0].slopes[0].slope == pytest.approx(3.0)
    assert found[1].result == pytest.approx(-2.0)


def test_critical_delays_are_clipped_to_the_window_and_counted(monkeypatch):
    def solved(job: Job, rows: np.ndarray) -> Batch:
        given, batch = dict(zip(job.columns, rows.T, strict=True)), Batch.empty(job, len(rows))
        batch.codes[:, 0] = np.where(given["tap"] * given["delay"] > given["room"], 1, 2)
        return batch

    monkeypatch.setattr("sd_basis.ensemble.crews.engine", lambda name, threads=1: solved)
    scene = tank()
    points = sobol_points(axes_of(scene, ["tap", "room"], True)[0], 256)
    found = measure(scene, [interest_of(scene, "critical_delay")], points, Window(1.0, 8.0, xtol=1e-4), SCIPY)
    truth = np.divide(*points.rows(0, points.runs).T[::-1])
    assert found.values["critical_delay"] == pytest.approx(np.clip(truth, 1, 8), abs=1e-4)
    assert found.clipped["critical_delay"] == (int(np.sum(truth < 1)), int(np.sum(truth > 8)))


def test_a_planted_box_is_found_with_its_sides():
    points = np.random.default_rng(4).uniform(0, 1, (3000, 4))
    cases = (points[:, 0] < 0.4) & (points[:, 2] > 0.7)
    found = discovered(points, np.where(np.arange(3000) == 5, np.nan, cases), "abcd").boxes[0].chosen
    sides = {(side.name, side.end): side for side in found.sides}
    assert set(sides) == {("a", "high"), ("c", "low")} and max(side.quasi_p for side in found.sides) < 1e-20
    assert (sides["a", "high"].value, sides["c", "low"].value) == pytest.approx((0.4, 0.7), abs=0.02)
    assert found.coverage > 0.93 and found.density > 0.93 and found.support == pytest.approx(0.12, abs=0.02)


def test_coverage_density_and_support_are_the_shares_they_say():
    points = np.random.default_rng(7).uniform(0, 1, (800, 2))
    cases = (np.abs(points - 0.5) < 0.25).all(axis=1) | (points > 0.9).all(axis=1)
    found = discovered(points, cases.astype(float), ("x", "y"), boxes=2, density=0.9)
    for box in (found.boxes[0].chosen, *found.boxes[0].way):
        inside = box.holds(points)
        assert (box.coverage, box.density, box.support) == pytest.approx((cases[inside].sum() / cases.sum(), cases[inside].mean(), inside.mean()))
        assert box.support >= 0.05 - 1e-9
    assert found.boxes[0].chosen.density >= 0.9
    with pytest.raises(InputError, match="none of 800 runs is a case"):
        discovered(points, np.zeros(800), ("x", "y"))


def test_a_margin_takes_a_bare_number_as_outcomes_do():
    lake, rain = Stock("lake", 100.0, "litre"), Parameter("rain", 2.0, "litre/day", between=(1, 3))
    scene = Scene(Model("lake", [Flow("inflow", source=CLOUD, sink=lake, rate=rain)], span=(0, 5), outcomes=[Outcome("full", lake > 105)]))
    found = local_sensitivities(scene, [interest_of(scene, "margin:full")], axes_in(scene, [rain]))[0]
    assert found.result == pytest.approx(5) and found.slopes[0].slope == pytest.approx(5)


def test_scenarios_of_a_model_hold_the_runs_that_meet_a_condition():
    scene, parameters = growth()
    found, measured = scenarios(scene, condition_of(scene, "people>12"), axes_in(scene, parameters), 60, work=SCIPY)
    low = found.boxes[0].chosen.low[0]
    assert low == pytest.approx(math.log(6) / 5, abs=0.02) and measured.runs == 60
    with pytest.raises(InputError, match="goes from .* give a bound between"):
        scenarios(scene, condition_of(scene, "people>1e9"), axes_in(scene, parameters), 30, work=SCIPY)


TOWN = '''
from sd_basis import CLOUD, Flow, Model, Outcome, Parameter, Stock
homes, pace = Stock("homes", 2.0), Parameter("pace", 0.3, "1/day", between=(0.1, 0.5))
loss = Parameter("loss", 0.1, "1/day", between=(0.05, 0.2))
idle = Parameter("idle", 1.0, domain=(0, None))
build = Flow("build", source=CLOUD, sink=homes, rate=pace * homes)
decay = Flow("decay", source=homes, sink=CLOUD, rate=loss * homes * idle)
MODEL = Model("town", [build, decay], span=(0, 5), outcomes=[Outcome("large", homes > 6)])
'''


@pytest.fixture
def town(tmp_path):
    path = tmp_path / "town.py"
    path.write_text(TOWN)
    return str(path)


def test_the_command_prints_one_document_and_writes_its_figures(town, tmp_path):
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["sensitivity", town, "--of", "homes", "--check", "1", "--ends", "1", "--morris", "4", "--sobol", "16", "--prim", "40",
                                     "--where", "outcome:large", "--engine", "scipy", "--workers", "1", "--json", "--out", str(out)])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    slopes = {one["name"]: one for one in document["local"][0]["slopes"]}
    assert slopes["pace"]["elasticity"] == pytest.approx(1.5, rel=1e-4) and slopes["loss"]["elasticity"] == pytest.approx(-0.5, rel=1e-4)
    assert slopes["pace"]["at_ends"] == pytest.approx([2 * math.exp(0), 2 * math.exp(2)], rel=1e-4)
    assert [one["name"] for one in document["sobol"]["indices"][0]["indices"]] == ["pace", "loss"]
    assert document["prim"]["boxes"][0]["sides"][0]["name"] == "loss" or document["prim"]["boxes"][0]["density"] > 0.7
    for name in ("tornado", "morris", "morris_convergence", "sobol", "sobol_convergence", "boxes"):
        assert all((out / f"{name}.{kind}").stat().st_size for kind in ("svg", "png", "csv"))


@pytest.mark.parametrize(("options", "said"), [
    (["--of", "hoems"], "did you mean 'homes'"), (["--of", "pace"], "is a parameter, which is varied"),
    (["--of", "homes:peak"], "no measure of 'homes' 'peak'"),
    (["--of", "homes@9"], "is not within the run"), (["--of", "homes@"], "it names no time; write for example homes@5"),
    (["--of", "outcome:large"], "ask for margin:large"), (["--of", "homes", "--drop", "nan"], "nan is no share"),
    (["--of", "homes", "--no-local", "--sobol", "8"], "give 16 or 32"), (["--of", "margin"], "say which outcome is meant, as in"),
    (["--of", "margin:large#3"], "it has no way #3 to come about; give #1 to #1"),
    (["--of", "critical_delay:lrage"], "did you mean 'large'"),
    (["--of", "homes", "--over", "pcae"], "did you mean 'pace'"), (["--of", "homes", "--over", "idle"], "no plausible range of two ends"),
    (["--of", "homes", "--no-local", "--sobol", "100"], "N = 100 is no power of two"), (["--of", "homes", "--no-local", "--morris", "2"], "give at least 4"),
    (["--of", "homes", "--no-local"], "nothing is left to do"), (["--of", "homes", "--top", "3"], "give --morris N too"),
    (["--of", "homes", "--no-local", "--prim", "30", "--where", "homes"], "a quantity needs a bound"), (["--of", "critical_delay:large"], "no dated policies"),
])
def test_wrong_requests_end_in_one_sentence(town, options, said):
    done = CliRunner().invoke(main, ["sensitivity", town, *options])
    assert done.exit_code == 2 and said in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_without_the_extra_a_sentence_names_it(town, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "SALib.sample.sobol", None)
    done = CliRunner().invoke(main, ["sensitivity", town, "--of", "homes", "--sobol", "64"])
    assert done.exit_code == 2 and "pip install 'sd_basis[sensitivity]'" in done.stderr


def test_what_is_chosen_is_not_varied_unless_it_is_named():
    level = Stock("level", 1.0)
    names = {"known": "A and B 2020", "guess": "assumed", "tool": "policy: of the bank", "scale": "definition"}
    p = {name: Parameter(name, 1.0, between=(0, 2), reference=reference) for name, reference in names.items()}
    scene = Scene(Model("m", [Flow("in", source=CLOUD, sink=level, rate=sympy.Mul(*p.values()))], span=(0, 1)))
    assert uncertain(scene) == ["known", "guess"] and uncertain(scene, ["tool", "uncertain", "guess=uniform(0,1)"]) == ["tool", "guess=uniform(0,1)", "known"]


def test_a_model_without_ranges_is_varied_by_a_tenth_and_says_so(tmp_path):
    path = tmp_path / "bare.py"
    path.write_text(TOWN.replace(", between=(0.1, 0.5)", "").replace(", between=(0.05, 0.2)", ""))
    done = CliRunner().invoke(main, ["sensitivity", str(path), "--of", "homes", "--ends", "0"])
    assert done.exit_code == 0 and "no parameter has a plausible range" in done.stderr and "NAME=uniform(LOW,HIGH)" in done.stderr
