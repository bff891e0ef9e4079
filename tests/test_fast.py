"""The compiled engine against closed forms and against scipy's solvers, on models that need every part of it."""

import itertools
import math
import os
import sys
import time

import numpy as np
import pytest
import sympy
from small import draining, driven, filling, market, swinging, words

os.environ.setdefault("NUMBA_OPT", "0")  # the loop is compiled once for these small models: quickly
pytest.importorskip("numba")

from sd_basis import CLOUD, START, TIME, Flow, If, Impulse, InputError, Lookup, Max, Min, Model, Outcome, Parameter, Policy, Stock, positive, simulate  # noqa: E402
from sd_basis.case import Case, Event  # noqa: E402
from sd_basis.ensemble.job import Job  # noqa: E402
from sd_basis.fast import fast_rows, supported  # noqa: E402
from sd_basis.fast.loop import loop  # noqa: E402
from sd_basis.fast.rosenbrock import GAMMA, NODES, TIMES, tables  # noqa: E402
from sd_basis.transition.scene import DELAY, Scene  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def one_loop(tmp_path_factory):
    """Let the workers of a test run share the compiled loop: one makes it, the others wait."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "loop"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SD_BASIS_CACHE", str(folder))
        try:
            folder.mkdir()
        except FileExistsError:
            for _ in range(1200):
                if any(folder.glob("*-loop")):
                    break
                time.sleep(0.1)
        loop()
        yield


def agreed(model, columns, rows, *, case=None, rtol=1e-7, policy=None, times=(), within=10):
    """Hold a batch against simulate at 1e-10, and return it: values within so many tolerances, equal codes, times of decisions to 1e-5."""
    scene = Scene(model, case, policy=policy, rtol=rtol)
    kept = tuple(stock.name for stock in model.stocks)
    job = Job(scene, columns, keep=kept, times=times)
    assert supported(job) is None
    batch = fast_rows(job, np.array(rows, float), threads=1)
    assert not any(batch.reasons)
    for place, row in enumerate(rows):
        given = dict(zip(columns, row, strict=True))
        delay = given.pop(DELAY, scene.own)
        placed, policies = scene._placed(None if delay is None or math.isnan(delay) else delay)
        run = simulate(model, placed, policies=policies, set=given, span=(scene.start, scene.end), at=job.looked_at, rtol=1e-10)
        values = np.array([run[name] for name in kept])
        assert np.max(np.abs(values - batch.values[place]) / np.maximum(np.abs(values), run.atol[:, None] / 1e-10)) < within * rtol
        for group, (codes, decision) in enumerate(zip(job.groups.values(), run.outcomes.values(), strict=True)):
            assert codes[batch.codes[place, group]] == decision.code
            assert batch.decided[place, group] == pytest.approx(np.nan if decision.time is None else decision.time, abs=1e-5, nan_ok=True)
    return batch


def trees(order):
    """Return the rooted trees of an order as nested sorted tuples."""
    if order == 1:
        return [()]
    found = set()
    for parts in ([list(part) for part in _partitions(order - 1)]):
        found.update(tuple(sorted(choice)) for choice in itertools.product(*(trees(part) for part in parts)))
    return sorted(found)


def _partitions(total, most=None):
    most = most or total
    if total == 0:
        yield ()
    for first in range(min(total, most), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)


def test_the_coefficients_meet_all_conditions_up_to_order_five():
    a, c, _ = tables()
    inverse = np.diag(np.full(8, 1 / GAMMA)) - c
    gamma = np.linalg.inv(inverse)
    alpha, weights = a[:8] @ gamma, a[8] @ gamma
    beta = alpha + gamma

    def gamma_of(tree):
        size = lambda node: 1 + sum(map(size, node))  # noqa: E731
        return size(tree) * math.prod(gamma_of(child) for child in tree)

    def vector(tree):  # f'' and higher are taken at the inner states, f' with W in it
        if not tree:
            return np.ones(8)
        matrix = beta if len(tree) == 1 else alpha
        return math.prod((matrix @ vector(child) for child in tree), start=np.ones(8))
    for order in range(1, 6):
        for tree in trees(order):
            assert weights @ vector(tree) == pytest.approx(1 / gamma_of(tree), abs=3e-10), tree
    embedded = a[7] @ gamma
    assert embedded @ np.ones(8) == pytest.approx(1, abs=1e-10) and embedded @ (beta @ np.ones(8)) == pytest.approx(0.5, abs=1e-10)
    assert alpha @ np.ones(8) == pytest.approx(NODES, abs=1e-10) and gamma @ np.ones(8) == pytest.approx(TIMES, abs=1e-10)


def test_a_policy_on_many_dates_gives_what_single_runs_give():
    agreed(market().model, ("pace", "impact", DELAY), [[0.3, 0.004, 3.0], [0.2, 0.003, 5.0], [0.5, 0.002, math.nan], [0.3, 0.004, 0.0], [0.3, 0.004, 20.0]],
           policy="rise", times=(0.0, 3.0, 4.0, 10.0))


def test_inputs_that_move_in_time_move_in_compiled_runs():
    agreed(driven((0, 3, 7, 9), (1.0, 4.0, 2.0, 5.0), kind="linear").model, ("tap",), [[0.0], [1.0]], times=(1.0, 3.0, 5.0, 8.0, 10.0))
    agreed(filling(lambda tap: tap + 2 * (TIME - START)).model, ("tap", DELAY), [[0.0, 2.0], [1.0, 3.5], [1.0, math.nan]], policy="act", times=(1.0, 3.0, 5.0))


def test_outcomes_of_every_kind_are_decided_inside_the_loop():
    agreed(swinging(lambda p: (
        Outcome("recovered", when=p > 0.9, once=p < -0.9), Outcome("down", when=p < -0.5, absorbing=True, group="history"),
        Outcome("long", when=p < 0.2, lasting=1.5, group="stay"), Outcome("never", when=p > -2, always=True, group="throughout"),
        Outcome("grazed", when=p < -0.99999, absorbing=True, group="touch"), Outcome("none", when=p > 3, group="far"))), (), [[]], rtol=1e-9)


def test_triggers_fire_late_end_and_arm_again():
    level, tap, share = Stock("level", 8.0, nonnegative=True), Parameter("tap", 0.0), Parameter("share", 0.5)
    flows = Flow("drain", source=level, sink=CLOUD, rate=share * level), Flow("fill", source=CLOUD, sink=level, rate=tap)
    policy = Policy("refill", {tap: 3.0}, when=level < 4, delay=0.5, duration=1.5, rearm=True)
    agreed(Model("tank", flows, policies=(policy,), span=(0, 12)), ("share",), [[0.5], [0.7], [0.9]], case=Case("c", policies=(Event("refill"),)),
           times=(1.0, 2.0, 4.0, 8.0))


def test_a_bouncing_ball_falls_through_no_floor():
    height, speed, bounce = Stock("height", 1.0, scale=1.0), Stock("speed", 0.0, scale=1.0), Parameter("bounce", 0.7)
    rise, fall = (Flow(name, source=CLOUD, sink=stock, rate=rate, reversible=True) for name, stock, rate in (("rise", height, speed), ("fall", speed, -9.81)))
    up = Flow("up", source=CLOUD, sink=speed, rate=0, reversible=True)
    kick = Impulse(up, -(1 + bounce) * speed, when=height < 0, rearm=True, name="floor")
    agreed(Model("ball", (rise, fall, up), impulses=(kick,), span=(0, 1.5)), ("bounce",), [[0.7], [0.8], [0.6]], rtol=1e-9, times=(0.5, 1.0, 1.5))


def test_rates_that_jump_and_bend_are_met_where_they_do():
    x, k = Stock("x", 1.0), Parameter("k", 0.6)
    rate = If(x > k, 1.0, 0.1) * x + 0.2 * (Max(x - k, 0) + Min(x, 0.3)) + 0.1 * positive(x - 0.2, k)
    rate += 0.1 * sympy.tanh(x) * x**k + sympy.exp(-x) * sympy.log(1 + x)
    agreed(Model("kinked", (Flow("f", source=x, sink=CLOUD, rate=rate / 10, reversible=True),), span=(0, 9)), ("k",), [[0.6], [0.3], [0.9]], rtol=1e-8,
           times=(1.0, 2.0, 9.0))


@pytest.mark.parametrize("kind, beyond", [("linear", "hold"), ("smooth", "extend"), ("previous", "repeat"), ("next", "hold")])
def test_tables_are_read_as_the_solver_reads_them(kind, beyond):
    x, k = Stock("x", 1.9, scale=1.0), Parameter("k", 0.6)
    curve = Lookup("curve", [(0, 1.0), (0.5, 0.2), (1.0, 0.9), (2.0, 0.4)], kind=kind, beyond=beyond)
    flow = Flow("f", source=x, sink=CLOUD, rate=k * curve(x), reversible=True)
    agreed(Model("curved", (flow,), span=(0, 4)), ("k",), [[0.6], [0.3], [0.9]], rtol=1e-8, times=(1.0, 2.0, 4.0), within=50)


def test_dated_impulses_pass_with_amounts_taken_before():
    parts = draining()
    give = Flow("give", source=CLOUD, sink=parts.level, rate=0)
    model = Model("given", (parts.drain, give), impulses=(Impulse(give, parts.level / 2, at=2.0),), span=(0, 4))
    batch = agreed(model, ("share", DELAY), [[0.5, 1.0], [1.0, 2.0], [0.3, math.nan]], policy="give", times=(0.5, 1.0, 2.0, 4.0))
    assert batch.values[0, 0, -1] == pytest.approx(12 * math.exp(-2), rel=1e-6) and batch.highest[:, 0] == pytest.approx(8)


def test_results_do_not_depend_on_threads_or_company():
    job = Job(Scene(market().model, policy="rise"), ("pace", DELAY), keep=("fund_cash", "price"))
    rows = np.column_stack([np.linspace(0.1, 0.9, 23), np.linspace(0, 9, 23)])
    one, two = fast_rows(job, rows, threads=1), fast_rows(job, rows, threads=2)
    alone = fast_rows(job, rows[7:8], threads=1)
    for name in ("values", "lowest", "highest"):
        assert np.array_equal(getattr(one, name), getattr(two, name)) and np.array_equal(getattr(alone, name)[0], getattr(one, name)[7])


def test_what_goes_wrong_in_one_run_is_its_reason():
    x, k = Stock("x", 1.0, nonnegative=True), Parameter("k", 0.6, domain=(0, 5))
    down = Flow("down", source=x, sink=CLOUD, rate=k)
    up = Flow("up", source=CLOUD, sink=x, rate=Max(k - 2, 0) * x**3)
    batch = fast_rows(Job(Scene(Model("odd", (down, up), span=(0, 1))), ("k",), keep=("x",)), np.array([[0.5], [1.5], [9.0], [4.9], [math.nan]]))
    assert batch.reasons[0] == "" and batch.values[0, 0, 0] == pytest.approx(0.5)
    parts = "'x' is declared non-negative", "outside its domain", "the integration stopped at t = 0.", "outside its domain"
    for reason, part in zip(batch.reasons[1:], parts, strict=True):
        assert part in reason
    assert np.isnan(batch.values[1:]).all()


def test_a_step_too_long_for_a_stock_that_empties_is_tried_again_shorter():
    """At rtol 1e-3 sixteen of these runs would step below zero where both outflows vanish with their stocks: the steps are wrong, not the model."""
    y, x, z = Stock("y", 1.0, nonnegative=True), Stock("x", 0.0, nonnegative=True, scale=1.0), Stock("z", 0.0)
    pace, closing = Parameter("pace", 5.0, domain=(0, 1e4)), Parameter("closing", 1.0, domain=(0, 1e4))
    seize = Flow("seize", source=y, sink=x, rate=pace * y * sympy.tanh(y / 0.001) ** 2 / (0.01 + y))
    model = Model("seized", (seize, Flow("close", source=x, sink=z, rate=closing * x)), span=(0, 10))
    rows = np.array(list(itertools.product(np.geomspace(1, 100, 40), repeat=2)))
    batch = fast_rows(Job(Scene(model, rtol=1e-3), ("pace", "closing"), keep=("y", "x", "z")), rows)
    assert not any(batch.reasons)
    assert batch.lowest[:, :2].min() > -10 * 1e-3  # ten tolerances
    assert batch.values[:, :, -1].sum(axis=1) == pytest.approx(1.0, abs=1e-12)


def test_what_has_no_code_is_named_in_one_sentence():
    parts = filling(lambda tap: tap * sympy.exp(TIME - START))
    job = Job(Scene(parts.model, policy="act"), (DELAY,))
    assert "not along a line" in supported(job)
    with pytest.raises(InputError, match="plain engine"):
        fast_rows(job, np.array([[1.0]]))
    pulse = words(**vars(filling(inflow=lambda tap: If(TIME > 3, tap, 0))))
    assert "moves with time itself" in supported(Job(Scene(pulse.model), ("tap",)))


def test_untrusted_pivots_are_left_to_a_dense_solve_that_agrees(monkeypatch):
    job = Job(Scene(market().model, rtol=1e-8), ("pace",), keep=("fund_cash", "dealer_bonds"))
    rows = np.array([[0.3], [0.1], [0.9]])
    sparse = fast_rows(job, rows, threads=1)
    monkeypatch.setattr("sd_basis.fast.running._TRUSTED", 2.0)  # nothing is trusted
    dense = fast_rows(job, rows, threads=1)
    assert not any(dense.reasons) and dense.values == pytest.approx(sparse.values, rel=1e-10) and not np.array_equal(dense.values, sparse.values)


def test_without_numba_one_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(InputError, match=r"'numba' is not installed; install the extra with: pip install 'sd_basis\[fast\]'"):
        fast_rows(Job(Scene(market().model), ("pace",)), np.array([[0.3]]))
