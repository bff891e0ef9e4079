"""Continuation of equilibria against closed forms and against high-precision roots of the defining equations."""

import json
from math import exp, sqrt

import mpmath
import numpy as np
import pytest
from click.testing import CliRunner
from continuing import (
    bent,
    bratu,
    clocked,
    converting,
    cusp,
    drifting,
    focus_and_saddle,
    muscle,
    nerve,
    pitchfork,
    reactor,
    standing,
    switched,
    transcritical,
    two_ways,
)

from sd_basis import InputError, NumericalFailure, continue_equilibria, continue_folds, hysteresis, simulate
from sd_basis.cli import main

mpmath.mp.dps = 30


def root(equations, start):
    """Return the high-precision root of equations near a start, as floats."""
    return [float(value) for value in mpmath.findroot(equations, start, tol=1e-40)]


def close(point, wanted, rtol=1e-9):
    """Tell whether a point has the wanted values, by name, to a share of their size."""
    return all(abs(point[name] - value) <= rtol * max(abs(value), 1e-3) for name, value in wanted.items())


def test_the_folds_of_the_cusp_lie_where_the_closed_form_says():
    """a + x - x^3 = 0 and 1 - 3 x^2 = 0 give x = +-1/sqrt 3 and a = -+ 2/(3 sqrt 3)."""
    found = continue_equilibria(cusp(), "a", span=(-1, 1), longest=0.05)
    (branch,) = found.branches
    assert set(found.folds[0]) == {"a", "x"} and list(found.folds[0].values()) == [found.folds[0]["a"], found.folds[0]["x"]]
    assert close(found.folds[0], {"a": 2 / 27**0.5, "x": -(3**-0.5)}, 1e-12) and close(found.folds[1], {"a": -2 / 27**0.5, "x": 3**-0.5}, 1e-12)
    assert not found.hopf and not found.branch_points and branch.values[0] == branch.values.min() == -1 and branch.values[-1] == 1
    assert np.max(np.abs(branch.values + branch.states["x"] - branch.states["x"] ** 3)) < 1e-12
    inside = np.abs(branch.states["x"]) < 3**-0.5 - 1e-6
    assert np.all(branch.unstable[inside] == 1) and np.all(branch.stable[np.abs(branch.states["x"]) > 3**-0.5 + 1e-6])


def test_the_curve_of_folds_is_the_semicubical_parabola_with_its_cusp():
    """3 x^2 = b and a = x^3 - b x give 27 a^2 = 4 b^3, with a cusp at the origin."""
    model = cusp()
    (fold, _) = continue_equilibria(model, "a", span=(-1, 1), longest=0.05).folds
    curve = continue_folds(model, ("a", "b"), fold, span={"a": (-1, 1), "b": (-2, 2)}, longest=0.05)
    assert np.max(np.abs(27 * curve["a"] ** 2 - 4 * curve["b"] ** 3)) < 1e-10 and abs(curve["a"].min() + 1) < 1e-12 and abs(curve["a"].max() - 1) < 1e-12
    (point,) = curve.cusps
    assert all(abs(point[name]) < 1e-9 for name in ("a", "b", "x")) and not curve.bogdanov_takens


def test_the_reactor_folds_and_oscillates_where_mpmath_says():
    """At rest det J = 0 at a fold; tr J = 0 < det J at a Hopf point, whose frequency is the root of det J."""
    found = continue_equilibria(reactor(), "d", span=(0, 0.5), longest=0.05)
    e = mpmath.exp

    def rest(x, y, d):
        return [-x + d * (1 - x) * e(y), -3 * y + 14 * d * (1 - x) * e(y)]

    def entries(x, y, d):
        return -1 - d * e(y), d * (1 - x) * e(y), -14 * d * e(y), -3 + 14 * d * (1 - x) * e(y)

    def det(x, y, d):
        a, b, c, f = entries(x, y, d)
        return a * f - b * c
    for fold, start in zip(found.folds, ((0.3, 1.4, 0.1), (0.7, 3.2, 0.09)), strict=True):
        x, y, d = root(lambda x, y, d: [*rest(x, y, d), det(x, y, d)], start)
        assert close(fold, {"x": x, "y": y, "d": d}, 1e-10)
    x, y, d = root(lambda x, y, d: [*rest(x, y, d), entries(x, y, d)[0] + entries(x, y, d)[3]], (0.9, 4.2, 0.13))
    (hopf,) = found.hopf
    assert close(hopf, {"x": x, "y": y, "d": d}) and abs(hopf.frequency / float(mpmath.sqrt(det(x, y, d))) - 1) < 1e-9
    assert abs(hopf.period * hopf.frequency - 2 * np.pi) < 1e-12


def test_the_reactor_has_its_cusp_and_its_double_zero_in_closed_form():
    """With y = r x / 3 (r the rise) rest is d = x exp(-r x / 3) / (1 - x), and d' = 0 is 1 / x + 1 / (1 - x) = r / 3.

    Both folds meet at x = 1/2: r = 12, d = exp(-2). A double zero adds tr J = 0, -1 - x / (1 - x) - 3 + r x = 0; with r = 3 / (x (1 - x)) it
    gives x = 1/3, r = 27/2, d = exp(-3/2) / 2.
    """
    model = reactor()
    fold = continue_equilibria(model, "d", span=(0, 0.5), longest=0.05).folds[0]
    curve = continue_folds(model, ("d", "rise"), fold, span=((0, 1), (2, 20)), longest=0.05)
    (point,), (double,) = curve.cusps, curve.bogdanov_takens
    assert close(point, {"d": exp(-2), "rise": 12, "x": 0.5, "y": 2}, 1e-8)
    assert close(double, {"d": exp(-1.5) / 2, "rise": 13.5, "x": 1 / 3, "y": 1.5}, 1e-8)
    x = curve["x"]
    assert np.max(np.abs(curve["rise"] - 3 / x / (1 - x))) < 1e-8


def test_the_fold_of_bratu_by_differences_is_that_of_the_same_discretisation():
    """From the middle m outwards u_(k+1) = 2 u_k - u_(k-1) - h^2 l exp(u_k); G(m, l) is u at the border: the fold has G = 0 = dG/dm."""
    def border(m, load):
        square = mpmath.mpf(1) / 256
        u, slope = m - load * square * mpmath.exp(m) / 2, 1 - load * square * mpmath.exp(m) / 2
        before, slope_before = m, mpmath.mpf(1)
        for _ in range(7):
            after = 2 * u - before - square * load * mpmath.exp(u)
            slope_after = 2 * slope - slope_before - square * load * mpmath.exp(u) * slope
            before, slope_before, u, slope = u, slope, after, slope_after
        return [u, slope]
    m, load = root(border, (1.2, 3.5))
    found = continue_equilibria(bratu(15), "load", span=(0, 4), longest=0.05)
    (fold,) = found.folds
    assert close(fold, {"u7": m, "load": load}, 1e-10) and abs(fold["u0"] - fold["u14"]) < 1e-9


def test_the_nerve_oscillates_between_its_two_hopf_points():
    """tr J = 1 - v^2 - e b = 0 gives v = +-sqrt(1 - e b), w = (v + a) / b, current = w - v + v^3 / 3, frequency sqrt(e (1 - e b^2))."""
    found = continue_equilibria(nerve(), "current", span=(-1, 2), longest=0.05)
    assert len(found.hopf) == 2 and not found.folds
    for point, sign in zip(found.hopf, (-1, 1), strict=True):
        v = sign * sqrt(1 - 0.064)
        w = (v + 0.7) / 0.8
        assert close(point, {"v": v, "w": w, "current": w - v + v**3 / 3}) and abs(point.frequency - sqrt(0.08 * (1 - 0.08 * 0.64))) < 1e-9


def test_the_muscle_fibre_folds_and_oscillates_where_mpmath_says():
    """At rest n = n_inf(v), so the current is a function of v alone, and folds lie at its extremes; at a Hopf point tr J = 0."""
    found = continue_equilibria(muscle(), "current", span=(-50, 300), longest=0.05)
    tanh, cosh = mpmath.tanh, mpmath.cosh

    def current(v):
        return 2 * (v + 60) + 2 * (1 + tanh((v + 1.2) / 18)) * (v - 120) + 4 * (1 + tanh((v - 12) / 17.4)) * (v + 84)

    def trace(v):
        fast = -2 - mpmath.diff(lambda own: 2 * (1 + tanh((own + 1.2) / 18)) * (own - 120), v) - 4 * (1 + tanh((v - 12) / 17.4))
        return fast / 20 - cosh((v - 12) / 34.8) / 15
    for point, start in zip(found.folds, (-29, -4), strict=True):
        v = mpmath.findroot(lambda v: mpmath.diff(current, v), start)
        assert close(point, {"v": float(v), "current": float(current(v))})
    (hopf,) = found.hopf
    v = mpmath.findroot(trace, 8)
    assert close(hopf, {"v": float(v), "current": float(current(v))}, 1e-8)


def test_a_neutral_saddle_is_no_hopf_point():
    """The Jacobian [[0, 1], [2 x, b]] has trace b: at b = 0 the focus x = -1 crosses with frequency sqrt 2, the saddle x = 1 has eigenvalues +-sqrt 2."""
    found = continue_equilibria(focus_and_saddle(), "b", span=(-1, 1), initial=[{"x": -1}, {"x": 1}], longest=0.05)
    focus, saddle = found.branches
    (hopf,) = found.hopf
    assert hopf in focus.hopf and abs(hopf["b"]) < 1e-9 and abs(hopf.frequency - 2**0.5) < 1e-9
    assert not saddle.special and set(saddle.unstable) == {1} and np.allclose(saddle.states["x"], 1)


def test_hopf_points_of_the_brusselator_kind_have_their_closed_form():
    """Schnakenberg: x = a + b, y = b / x^2, tr J = (b - a) / (a + b) - (a + b)^2 = 0, det J = (a + b)^2; what only counts is dropped."""
    found = continue_equilibria(two_ways(), "b", span=(0.1, 2), longest=0.05)
    assert found.dropped == ("made",) and "made" not in found.hopf[0]
    for point in found.hopf:
        total = 0.1 + point["b"]
        assert abs((point["b"] - 0.1) - total**3) < 1e-9 and abs(point.frequency - total) < 1e-9
    assert len(found.hopf) == 2


def test_a_conserved_total_keeps_its_value_and_brings_no_false_zero():
    """At rest k (T - b) (1 + b^2) = b; folds of k(b) are where d/db [b / ((T - b)(1 + b^2))] = 0."""
    found = continue_equilibria(converting(), "k", longest=0.05)
    assert found.totals == ({"a": 1.0, "b": 1.0},) and found.dropped == ("waste",)
    (branch,) = found.branches
    assert np.max(np.abs(branch.states["a"] + branch.states["b"] - 30)) < 1e-10 and branch.eigenvalues.shape[1] == 1
    def k(b):
        return b / ((30 - b) * (1 + b**2))
    for point, start in zip(found.folds, (1.03, 15), strict=True):
        b = mpmath.findroot(lambda b: mpmath.diff(k, b), start)
        assert close(point, {"b": float(b), "a": 30 - float(b), "k": float(k(b))})


def test_where_branches_cross_is_a_branch_point_and_no_fold():
    found = continue_equilibria(transcritical(), "r", span=(-1, 1), longest=0.05)
    (point,) = found.branch_points
    assert not found.folds and not found.kinks and abs(point["r"]) < 1e-9 and abs(point["x"]) < 1e-9
    extinct = next(branch for branch in found.branches if np.allclose(branch.states["x"], 0))
    assert extinct.values.min() == -1 and extinct.values.max() == 1
    away = np.abs(extinct.values) > 1e-6
    assert np.array_equal(extinct.stable[away], extinct.values[away] < 0)
    split = continue_equilibria(pitchfork(), "b", span=(-1, 1), longest=0.05)
    (point,) = split.branch_points
    assert not split.folds and abs(point["b"]) < 1e-9 and {round(float(branch.states["x"][place]), 6) for branch in split.branches
                                                         for place in (0, -1)} >= {-1.0, 0.0, 1.0}


def test_a_kink_is_reported_as_such_and_the_branch_goes_on():
    """x = p below 0, p / 3 up to x = 1, and behind it x = (5 - p) / 2: the branch turns round at p = 3 without a fold."""
    found = continue_equilibria(bent(), "p", span=(-1, 6), longest=0.05)
    assert not found.folds and not found.branch_points
    (branch,) = found.branches
    assert [(round(point["p"], 9), round(point["x"], 9)) for point in found.kinks] == [(0, 0), (3, 1)]
    x, p = branch.states["x"], branch.values
    assert np.max(np.abs(p - np.where(x < 0, x, np.where(x < 1, 3 * x, 5 - 2 * x)))) < 1e-9 and branch.values[-1] == -1
    assert np.all(branch.unstable[x > 1 + 1e-6] == 1) and np.all(branch.unstable[x < 1 - 1e-6] == 0)
    assert "x - 1" in found.kinks[1].detail


def test_a_branch_ends_where_its_rates_jump():
    found = continue_equilibria(switched(), "p", span=(0, 2), longest=0.05)
    low, high = sorted(found.branches, key=lambda branch: branch.states["x"].max())
    assert "rates jump" in low.ends[1] and high.ends == ("p leaves the span",) * 2 and not found.folds
    (point,) = found.kinks
    assert abs(point["p"] - 1) < 1e-9 and abs(low.states["x"].max() - 1) < 1e-9 and high.states["x"].min() == 3


def test_slow_runs_jump_where_the_folds_are():
    model = cusp()
    folds = sorted(point["a"] for point in continue_equilibria(model, "a", span=(-1, 1), longest=0.05).folds)
    rising, falling = hysteresis(model, "a", span=(-1, 1), points=25)
    for sweep, fold in ((rising, folds[1]), (falling, folds[0])):
        (jump,) = sweep.jumps
        low, high = jump["between"]
        assert low <= fold <= high and jump["rests"] and sweep.settled.all()
    run = simulate(model, set={"a": folds[1] + 0.02}, initial={"x": -0.577}, span=(0, 200))
    assert run["x"][-1] > 1 and simulate(model, set={"a": folds[1] - 0.02}, initial={"x": -0.6}, span=(0, 200))["x"][-1] < 0


def test_a_family_of_states_of_rest_is_held_or_frozen_to_one_member():
    """Without births any number s of the susceptible rests where nobody is infected; an infection grows from contact s / 100 = 1 / illness on."""
    model = standing()
    found = continue_equilibria(model, "contact", span=(0.05, 0.8), longest=0.05)
    s = found.branches[0].states["susceptible"][0]
    assert found.neutral == ("susceptible",) and "susceptible" in found.warnings[0] and np.ptp(found.branches[0].states["susceptible"]) < 1e-9
    frozen = continue_equilibria(model, "contact", span=(0.05, 0.8), frozen=["susceptible"], initial={"infected": 0}, longest=0.05)
    assert frozen.frozen == ("susceptible",) and frozen.dropped == ("recovered",) and not frozen.neutral
    for result, own in ((found, s), (frozen, 100.0)):
        branch = result.branches[0]
        away = np.abs(branch.values - 10 / own) > 1e-6
        assert np.array_equal(branch.stable[away], branch.values[away] < 10 / own) and 0.05 < 10 / own < 0.8
        (point,) = result.exchanges or result.branch_points
        assert abs(point["contact"] - 10 / own) < 1e-9


def test_what_cannot_be_at_rest_is_named():
    for model in (clocked(), clocked(series=True)):
        with pytest.raises(InputError, match="depend on TIME or a series"):
            continue_equilibria(model, "p", longest=0.05)
    with pytest.raises(NumericalFailure, match=r"no state of rest was found; over the model's span these still change .*debt"):
        continue_equilibria(drifting(), "growth", span=(0.1, 0.2), longest=0.05)


COMMANDS = {
    "--over d": "Hopf 0.13090004", "--over d=0:0.5 --json": '"folds"',
    "--over e": "no parameter 'e'", "--over d=0.5:0": "is not above its beginning", "--over d=-1:1": "outside its domain", "--over d=0:x": "is not a number",
    "--over d=5": "is not PARAM or PARAM=LOW:HIGH", "--over d=0:nan": "not a finite number", "--over rise": "has no bounded plausible range",
    "--over d --freeze z": "no stock 'z'", "--over d --freeze x --freeze y": "nothing to bring to rest", "--over d --initial x=hot": "is not a number",
    "--over d --and d": "it is the parameter of --over",
    "--over d --and rise=8:10": "the fold lies at rise = 14, outside its span", "--over d --set d=1": "moves it already",
    "--over d --initial equilibrium": "every branch begins at one",
    "--over idle=0:1": "no rate of a stock that is solved for depends on 'idle'",
}

MODEL = '''
"""A stirred tank."""
import sympy

from sd_basis import CLOUD, Flow, Model, Parameter, Stock

x, y = Stock("x", 0.1, scale=1.0), Stock("y", 0.1, scale=1.0)
d, rise, cooling, idle = Parameter("d", 0.01, between=(0, 0.5), domain=(0, 1)), Parameter("rise", 14.0), Parameter("cooling", 2.0), Parameter("idle", 1.0)
heat = d * (1 - x) * sympy.exp(y)
MODEL = Model("tank", [Flow("make", source=CLOUD, sink=x, rate=heat - x, reversible=True),
                       Flow("warm", source=CLOUD, sink=y, rate=rise * heat - (1 + cooling) * y, reversible=True)], span=(0, 10), outputs=(idle,))
'''


@pytest.fixture(scope="module")
def tank(tmp_path_factory):
    path = tmp_path_factory.mktemp("tank") / "tank.py"
    path.write_text(MODEL)
    return path


@pytest.mark.parametrize("options", COMMANDS)
def test_the_command_answers_or_says_in_one_sentence_why_not(tank, options):
    done = CliRunner().invoke(main, ["equilibria", str(tank), *options.split()])
    good = list(COMMANDS).index(options) < 2
    assert done.exit_code == (0 if good else 2) and "Traceback" not in done.output
    text = " ".join(done.output.split()) if "--json" not in options else done.output
    assert COMMANDS[options] in text and (good or len(done.output.strip().splitlines()) == 1)
    if "--json" in options:
        document = json.loads(done.stdout)
        assert len(document["folds"]) == 2 and document["hopf"][0]["period"] > 0 and document["branches"][0]["ends"] == ["d leaves the span"] * 2


def test_the_diagram_and_its_table_are_written(tank, tmp_path):
    done = CliRunner().invoke(main, ["equilibria", str(tank), "--over", "d", "--and", "rise=11:15", "--out", str(tmp_path)])
    assert done.exit_code == 0 and "cusp at d = 0.135335, rise = 12" in done.output
    assert {path.name for path in tmp_path.iterdir()} >= {"tank-d.svg", "tank-d.png", "tank-d.csv", "tank-d.json", "tank-d-folds.csv", "tank-d.manifest.json"}
    header = (tmp_path / "tank-d.csv").read_text().splitlines()[0]
    assert header.startswith("branch,point,d,unstable eigenvalues") and json.loads((tmp_path / "tank-d.json").read_text())["folds"]
