"""The critical curve, sizes, prices and the map, on problems whose boundary is known in closed form."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import sympy

from sd_basis import CLOUD, TIME, Flow, Impulse, InputError, Max, Min, Model, Outcome, Parameter, Policy, Stock
from sd_basis.transition.curve import critical_curve
from sd_basis.transition.phases import phase_map
from sd_basis.transition.plane import FAILED, Axis
from sd_basis.transition.price import cost_of_an_hour
from sd_basis.transition.scene import DELAY, Scene
from sd_basis.transition.sizes import minimal_size, size_bounds
from sd_basis.transition.waiting import price_of_waiting

RATE, BEGIN, END = 0.5, 1.0, 8.0
DELAYS, SIZES = (DELAY, 0.0, 4.0), ("size", 0.2, 5.0)


def runaway(**options):
    """The linear runaway x' = a x, from which a rescue takes `size` a day from its start on; it is over when x is zero by the end T of the run.

    After the start at d, x = s/a + (x0 e^(a d) - s/a) e^(a (t - d)), which is zero by T if s > a x0 e^(a d) / (1 - e^(-a (T - d))): the limit a x0 e^(a d)
    of an endless run, and more where the time is short.
    """
    x, size, acting, pace = Stock("x", BEGIN), Parameter("size", 0.0, domain=(0, None)), Parameter("acting", 0.0), Parameter("pace", RATE)
    grow = Flow("grow", source=CLOUD, sink=x, rate=pace * x, reversible=True)
    buying = Flow("buying", source=x, sink=CLOUD, rate=acting * size)
    threshold, reaction = Parameter("threshold", 1.5, domain=(1, None)), Parameter("reaction", 0.0, domain=(0, None))
    policies = Policy("rescue", {acting: 1.0}, start=1.0), Policy("guard", {acting: 1.0}, when=x > threshold, delay=reaction)
    outcomes = Outcome("rescued", when=x < 0, absorbing=True), Outcome("collapsed", when=x > 0)
    return Model("runaway", (grow, buying), span=(0, END), outcomes=outcomes, policies=policies, **options)


def enough(delay):
    """Return the smallest size that rescues, from the closed form in `runaway`."""
    return RATE * BEGIN * math.exp(RATE * delay) / (1 - math.exp(-RATE * (END - delay)))


def bistable():
    """x' = x - x^3 from x0 = 0.3, from which a rescue takes `size` at once at d: x(d) = x0 e^d / (1 + x0^2 (e^(2d) - 1))^(1/2) is the critical size,
    since zero parts the basins of 1 and -1, and its slope is x(d) (1 - x(d)^2)."""
    x, size = Stock("x", 0.3), Parameter("size", 0.0, domain=(0, None))
    grow = Flow("grow", source=CLOUD, sink=x, rate=x - x**3, reversible=True)
    sell = Flow("sell", source=x, sink=CLOUD, rate=0 * x)
    outcomes = Outcome("collapsed", when=x > 0.9), Outcome("rescued", when=x < -0.9)
    return Model("bistable", (grow, sell), span=(0, 24), outcomes=outcomes, impulses=(Impulse(sell, size, at=1.0, name="rescue"),))


def at_rest(delay):
    """Return x(d) of `bistable`, its critical size."""
    return 0.3 * math.exp(delay) / math.sqrt(1 + 0.09 * (math.exp(2 * delay) - 1))


def shape(inside):
    """A model that stands still and whose outcome is "in" where a function of two parameters and a stock that is one is positive."""
    x, p, q = Stock("x", 1.0), Parameter("p", 0.0), Parameter("q", 0.0)
    still = Flow("still", source=CLOUD, sink=x, rate=0 * p + 0 * q * x, reversible=True)
    return Scene(Model("shape", (still,), span=(0, 1), outcomes=(Outcome("in", when=inside(p, q, x) > 0), Outcome("out", when=inside(p, q, x) <= 0))))


def seasonal():
    """A rescue of one day that helps only in some seasons: x' = size cos t from d to d + 1, else 0, and x must fall by one.

    x(d + 1) - x(d) = s (sin(d + 1) - sin d) = 2 s sin(1/2) cos(d + 1/2), so s_c(d) = -1 / (2 sin(1/2) cos(d + 1/2)), with the least value
    1 / (2 sin(1/2)) at d = pi - 1/2: too early fails as too late does.
    """
    x, size, acting = Stock("x", 0.0, scale=1.0), Parameter("size", 0.0, domain=(0, None)), Parameter("acting", 0.0)
    swing = Flow("swing", source=CLOUD, sink=x, rate=acting * size * sympy.cos(TIME), reversible=True)
    outcomes = Outcome("rescued", when=x < -1), Outcome("collapsed", when=x >= -1)
    return Scene(Model("seasonal", (swing,), span=(0, 8), outcomes=outcomes, policies=(Policy("rescue", {acting: 1.0}, start=0.0, duration=1.0),)),
                 policy="rescue", rtol=1e-7)


def runaway_scene(**options):
    return Scene(runaway(), policy="rescue", rtol=1e-7, **options)


@pytest.fixture(scope="module")
def linear():
    scene = runaway_scene()
    return SimpleNamespace(scene=scene, curve=critical_curve(scene, DELAYS, SIZES, points=50))


@pytest.fixture(scope="module")
def saddle():
    scene = Scene(bistable(), policy="rescue")
    return SimpleNamespace(scene=scene, curve=critical_curve(scene, (DELAY, 0.1, 2.0), ("size", 0.2, 1.2), points=12))


def test_the_curve_of_a_linear_runaway_has_its_closed_form(linear):
    branch, = linear.curve.branches
    assert len(branch.points) >= 50 and linear.curve.code in ("rescued", "collapsed")
    assert max(abs(point.y - enough(point.x)) for point in branch.points) < 5e-6
    assert max(point.width for point in branch.points) <= 1.1e-6
    assert {branch.x[0], branch.x[-1]} == {0.0, 4.0} and "leaves the box" in branch.ends[0] + branch.ends[1]


def test_the_curve_of_a_saddle_has_its_closed_form(saddle):
    branch, = saddle.curve.branches
    assert max(abs(point.y - at_rest(point.x)) for point in branch.points) < 1e-5
    assert all(point.led_by == "time of decision" for point in branch.points[3:-3])
    assert np.median([point.rate for point in branch.points]) == pytest.approx(1.0, rel=0.05)


def test_fifty_points_cost_at_most_twelve_times_one_point(linear, saddle):
    for found in (linear, saddle):
        assert found.curve.first <= 60
        assert found.curve.integrations <= 12 * found.curve.first * max(1, len(found.curve.points) / 50)
        assert found.curve.integrations == found.scene.integrations


def test_the_two_sides_of_each_point_have_different_outcomes(linear):
    for point in linear.curve.points[::10]:
        assert point.inside.code == linear.curve.code != point.outside.code
        assert linear.scene.look(*linear.curve.plane.values(point.inside.place)).code == linear.curve.code


def test_a_runaway_with_a_square_has_its_closed_form():
    """x' = x^2 + mu, from d on mu - s: with x(d) = m tan(m d), m = mu^(1/2), the saddle (s - mu)^(1/2) is met at s = mu + x(d)^2 = mu / cos(m d)^2."""
    x, size, acting = Stock("x", 0.0, scale=1.0), Parameter("size", 0.0, domain=(0, None)), Parameter("acting", 0.0)
    up = Flow("up", source=CLOUD, sink=x, rate=Min(x**2, 9) + sympy.Rational(1, 4), reversible=True)
    down = Flow("down", source=x, sink=CLOUD, rate=acting * size)
    outcomes = Outcome("collapsed", when=x > 4, absorbing=True), Outcome("rescued", when=x < 0, absorbing=False)
    model = Model("square", (up, down), span=(0, 25), outcomes=outcomes, policies=(Policy("rescue", {acting: 1.0}, start=1.0),))
    scene = Scene(model, policy="rescue", rtol=1e-8)
    for delay in (1.5,):
        found = minimal_size(scene, ("size", 0.2, 2.0), delay, code="collapsed", longest=4)
        assert found.values[0] == pytest.approx(0.25 / math.cos(delay / 2) ** 2, abs=5e-6)


def test_a_curve_that_is_entered_twice_is_followed_through():
    scene = seasonal()
    curve = critical_curve(scene, (DELAY, 1.2, 4.2), ("size", 0.5, 3.0), points=10)
    branch, = curve.branches
    assert max(abs(point.y + 0.5 / math.sin(0.5) / math.cos(point.x + 0.5)) for point in branch.points) < 1e-5
    row = [point.x for point in branch.points if point.y > 1.5]
    assert min(row) < math.pi - 0.5 < max(row)  # one size, two critical delays
    bounds = size_bounds(scene, ("size", 0.5, 3.0), (1.2, 4.2), curve=curve)
    assert bounds.lower == pytest.approx(0.5 / math.sin(0.5), abs=1e-5) and bounds.lower_at == pytest.approx(math.pi - 0.5, abs=1e-3)
    assert bounds.upper is None and bounds.below == ("collapsed",) and bounds.above == ()


def test_a_closed_curve_is_followed_around_once():
    curve = critical_curve(shape(lambda p, q, x: x - (p - 2)**2 - 4 * (q - 1)**2), ("p", 0, 4), ("q", 0, 2), points=24)
    branch, = curve.branches
    assert branch.closed and branch.points[0] == branch.points[-1]
    assert max(abs((point.x - 2)**2 + 4 * (point.y - 1)**2 - 1) for point in branch.points) < 1e-8
    assert sorted(round(x, 2) for x, _ in branch.folds) == [1.0, 3.0]  # where it stands vertical
    turns = np.unwrap(np.arctan2(2 * (branch.y - 1), branch.x - 2))
    assert abs(turns[-1] - turns[0]) == pytest.approx(2 * math.pi)


def test_vertical_stretches_and_corners_are_followed():
    curve = critical_curve(shape(lambda p, q, x: Min(x - Max(p - 2, 2 - p), x - Max(2 * q - 2, 2 - 2 * q))), ("p", 0.1, 4), ("q", 0, 2), points=6)
    branch, = curve.branches
    assert branch.closed
    assert max(abs(max(abs(point.x - 2), 2 * abs(point.y - 1)) - 1) for point in branch.points) < 1e-5
    assert max(branch.x) == pytest.approx(3) and min(branch.y) == pytest.approx(0.5)


def test_a_curve_folds_back_where_its_cubic_does():
    """p = q^3 - q stands vertical at q = +-3^(-1/2), p = -+2 / 27^(1/2)."""
    curve = critical_curve(shape(lambda p, q, x: p - q**3 + q + 0 * x), ("p", -2, 2.1), ("q", -2, 2), points=30)
    folds = sorted(curve.branches[0].folds)
    assert [x for x, _ in folds] == pytest.approx([-2 / 27**0.5, 2 / 27**0.5], abs=4e-3)


def test_separate_parts_are_found_by_the_coarse_map():
    scene = shape(lambda p, q, x: Max(x - (p - 1)**2 - 4 * (q - 1)**2, x / 4 - (p - 3)**2 - 4 * (q - 1)**2))
    curve = critical_curve(scene, ("p", -0.55, 4), ("q", 0.05, 2), points=12, every=True)
    assert len(curve.branches) == 2 and all(branch.closed for branch in curve.branches)
    short = critical_curve(scene.changed(), ("p", -0.55, 4), ("q", 0.05, 2), points=12, most=60)
    assert short.integrations < 90 and "runs allowed were used up" in short.branches[0].ends[0] + short.branches[0].ends[1]
    near = critical_curve(scene, ("p", -0.55, 4), ("q", 0.05, 2), points=12, start=(3.4, 1.0))
    assert len(near.branches) == 1 and near.branches[0].x.min() == pytest.approx(2.5, abs=0.05)


def test_a_trigger_has_a_curve_of_threshold_and_reaction():
    """The rescue starts where x = theta e^(a delta), and comes in time if that is before d* with enough(d*) = s: theta = x0 e^(a (d* - delta))."""
    scene = Scene(runaway(), policies=("guard",), set={"size": enough(2.0)}, rtol=1e-8)
    curve = critical_curve(scene, ("reaction", 0.0, 1.5), ("threshold", 1.05, 3.0), points=6)
    branch, = curve.branches
    assert max(abs(point.y - BEGIN * math.exp(RATE * (2.0 - point.x))) for point in branch.points) < 1e-5


def test_the_smallest_size_has_its_closed_form_also_within_a_time():
    """To bring x to zero within w of its start the rescue needs a x(d) / (1 - e^(-a w))."""
    scene = runaway_scene()
    found = minimal_size(scene, SIZES, 2.0)
    assert found.value == pytest.approx(enough(2.0), abs=1e-5) and found.values == (found.value,) and found.integrations <= 60
    timely = minimal_size(scene, SIZES, 2.0, code="rescued", within=3.0)
    assert timely.value == pytest.approx(RATE * math.exp(RATE * 2) / (1 - math.exp(-RATE * 3)), abs=2e-5)


def test_without_a_smallest_size_the_nearest_parameters_that_make_one_are_named():
    scene = runaway_scene()
    none = minimal_size(scene, ("size", 0.2, 1.0), 2.0)
    assert none.value is None and "no size from 0.2 to 1" in none.reason and none.code == "rescued"
    assert enough(none.nearest[DELAY]) == pytest.approx(1.0, abs=1e-3) and none.nearest["size"] == pytest.approx(enough(2.0), abs=1e-3)
    more = minimal_size(scene, ("size", 2.0, 4.0), 2.0)
    assert more.value is None and "already" in more.reason and enough(more.nearest[DELAY]) == pytest.approx(2.0, abs=1e-3)


def test_the_sizes_that_have_a_deadline_lie_between_the_ends_of_the_curve(linear):
    bounds = size_bounds(linear.scene, SIZES, (0.0, 4.0), curve=linear.curve)
    assert (bounds.lower, bounds.upper) == (pytest.approx(enough(0.0), abs=5e-6), pytest.approx(enough(4.0), abs=5e-6))
    assert (bounds.lower_at, bounds.upper_at) == (0.0, 4.0)
    assert bounds.below == ("collapsed",) and bounds.above == ("rescued",)


def test_a_day_of_waiting_costs_what_the_least_size_grows_by():
    scene = runaway_scene()
    least = minimal_size(scene, SIZES, 2.0)
    price = price_of_waiting(scene, Axis(*SIZES), least, 50.0, 24.0)
    assert price.slope == pytest.approx(enough(3.0) - enough(2.0), abs=1e-3) and price.cost == pytest.approx(50 * price.slope / 24)
    assert price_of_waiting(scene, Axis(*SIZES), least, 50.0, 1e-3) is None  # a day would lead beyond the run
    assert price_of_waiting(scene, Axis(*SIZES), minimal_size(scene, ("size", 0.2, 1.0), 2.0), 50.0, 24.0) is None


def test_the_price_of_an_hour_agrees_by_two_routes_and_with_the_closed_form(linear):
    prices = cost_of_an_hour(linear.scene, linear.curve, amount="buying", hours_per_time_unit=24, at=5)
    step = 1e-5
    for price in prices:
        if not 0.01 < price.x < 3.99:
            continue
        slope = (enough(price.x + step) - enough(price.x - step)) / (2 * step)
        assert price.exact == pytest.approx(slope, rel=1e-3) and price.traced == pytest.approx(slope, rel=1e-3) and price.agreement < 1e-3
        assert price.amount == pytest.approx(END - price.x, rel=1e-3)  # billions for each one a day, bought to the end
        assert price.cost == pytest.approx(slope * (END - price.x) / 24, rel=2e-3)
    first = min(prices, key=lambda price: price.x)
    assert first.exact is None and "starts with the run" in first.reason and math.isfinite(first.cost)


def test_at_a_saddle_the_ratio_of_sensitivities_has_converged(saddle):
    prices = cost_of_an_hour(saddle.scene, saddle.curve, at=4, amount=2.0)
    assert len(prices) == 4
    for price in prices:
        slope = at_rest(price.x) * (1 - at_rest(price.x) ** 2)
        assert price.exact == pytest.approx(slope, rel=1e-3) and price.traced == pytest.approx(slope, rel=1e-3)
        assert price.converged < 1e-4 and price.cost == pytest.approx(2 * slope, rel=1e-3)


def test_a_plane_without_boundary_says_where_it_looked():
    curve = critical_curve(shape(lambda p, q, x: x + p**2), ("p", 0, 4), ("q", 0, 2))
    assert curve.branches == () and curve.integrations == 65
    assert "p from 0 to 4" in curve.reason and "'in' at 65 of 65" in curve.reason
    bounds = size_bounds(runaway_scene(), ("size", 0.1, 0.2), (1.0, 2.0), points=4)
    assert bounds.lower is None and "no critical delay from 1 to 2" in bounds.reason and "nearest" in bounds.reason


MAP = dict(grid=(4, 4), depth=1)


def test_a_map_that_was_interrupted_goes_on_to_an_equal_one(tmp_path):
    class Stop(Exception):
        pass

    def stop(made):
        if made == 20:
            raise Stop
    scene = shape(lambda p, q, x: x - (p - 2)**2 - 4 * (q - 1)**2)
    axes = ("p", 0, 4), ("q", 0, 2)
    whole = phase_map(scene.changed(), *axes, **MAP)
    with pytest.raises(Stop):
        phase_map(scene.changed(), *axes, **MAP, store=tmp_path, progress=stop)
    file, = tmp_path.glob("*.jsonl")
    with file.open("ab") as torn:
        torn.write(b'{"x": 1.0, "y": 0.')
    resumed = phase_map(scene.changed(), *axes, **MAP, store=tmp_path)
    assert resumed.points == whole.points and resumed.cells == whole.cells and np.array_equal(resumed.raster, whole.raster)
    assert resumed.computed == whole.computed - 20
    assert phase_map(scene.changed(), *axes, **MAP, store=tmp_path).computed == 0
    with pytest.raises(InputError, match="map of something else .its model hash differs"):
        phase_map(shape(lambda p, q, x: x - p), *axes, **MAP, store=tmp_path)


def test_a_map_is_refined_only_along_the_boundary():
    made = phase_map(shape(lambda p, q, x: p - q), ("p", 0, 1), ("q", 0.01, 1.01), grid=(4, 4), depth=3)
    for column, row, size in made.cells:
        codes = {made.points[corner].code for corner in ((column, row), (column + size, row), (column, row + size), (column + size, row + size))}
        assert size == 1 or len(codes) == 1
    assert made.computed == len(made.points) < 0.4 * 33**2
    assert set(made.codes) == {"in", "out"}


def test_runs_that_fail_are_points_with_a_reason():
    level, drain, other = Stock("level", 1.0, nonnegative=True), Parameter("drain", 0.1, domain=(0, None)), Parameter("other", 0.0)
    out = Flow("out", source=level, sink=CLOUD, rate=drain + 0 * other)
    scene = Scene(Model("leaky", (out,), span=(0, 1), outcomes=(Outcome("full", when=level > 0.5), Outcome("low", when=level <= 0.5))))
    made = phase_map(scene, ("drain", 0, 2), ("other", 0, 1), grid=(2, 1), depth=1)
    assert set(made.codes) == {"full", "low", FAILED} and all("falls below zero" in point.reason for point in made.failures)
    curve = critical_curve(scene, ("drain", 0.02, 2), ("other", 0, 1), code="full", points=5)
    assert curve.branches[0].x == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("x, y, options, message", [
    (SIZES, SIZES, {}, "'size' is both axes"),
    ((DELAY, 4, 0), SIZES, {}, "the range runs from 4 to 0; give the lower end first"),
    (DELAYS, ("siz", 0, 1), {}, "did you mean 'size'"),
    (DELAYS, ("size", -1, 1), {}, "leaves the domain of size, from 0"),
    ((DELAY, 0, 9), SIZES, {}, "leaves the run, in which the policy starts at delays from 0 to 8"),
    (DELAYS, "size", {}, "is not an axis; give .name, low, high"),
    (DELAYS, ("size", float("nan"), 1), {}, "finite"),
    (DELAYS, SIZES, dict(code="rescue"), "did you mean 'rescued'"),
    (DELAYS, SIZES, dict(points=2), "ask for at least 4"),
    (DELAYS, SIZES, dict(xtol=0), "xtol"),
    (DELAYS, SIZES, dict(start=(9, 1)), "outside the plane"),
])
def test_a_plane_that_cannot_be_is_refused_in_one_sentence(x, y, options, message):
    with pytest.raises(InputError, match=message):
        critical_curve(runaway_scene(), x, y, **options)


@pytest.mark.parametrize("call, message", [
    (lambda scene: minimal_size(scene, DELAYS), "the delay is no size"),
    (lambda scene: minimal_size(scene, SIZES, 9.0), "the delay 9 leaves the run"),
    (lambda scene: minimal_size(scene, SIZES, 1.0, within=-1), "positive time"),
    (lambda scene: minimal_size(scene, SIZES, 1.0, code="save"), "no outcome in the group"),
    (lambda scene: phase_map(scene, DELAYS, SIZES, depth=-1), "no negative depth"),
])
def test_what_cannot_be_asked_of_sizes_and_maps_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(runaway_scene())


def test_a_price_needs_a_curve_over_the_delay(linear):
    curve = critical_curve(shape(lambda p, q, x: p - q + 0 * x), ("p", 0, 1), ("q", 0.1, 1.1), points=4)
    with pytest.raises(InputError, match="the first axis of the curve is 'p'"):
        cost_of_an_hour(linear.scene, curve)
    with pytest.raises(InputError, match="did you mean 'buying'"):
        cost_of_an_hour(linear.scene, linear.curve, amount="buyin")
    with pytest.raises(InputError, match="hours in a unit of time"):
        cost_of_an_hour(linear.scene, linear.curve, hours_per_time_unit=0)


def test_an_outcome_declared_in_two_ways_has_a_margin_for_each():
    x, p, q = Stock("x", 1.0), Parameter("p", 0.0), Parameter("q", 0.0)
    still = Flow("still", source=CLOUD, sink=x, rate=0 * p + 0 * q, reversible=True)
    outcomes = Outcome("over", when=x < p, absorbing=True), Outcome("over", when=x < q, absorbing=True), Outcome("fine", when=x > 0)
    scene = Scene(Model("twice", (still,), span=(0, 1), outcomes=outcomes))
    curve = critical_curve(scene, ("p", 0.0, 1.7), ("q", 0.0, 1.7), points=8, code="fine")
    probe = curve.points[0].inside
    assert set(probe.margins) == {"over, largest", "over, largest (2)", "fine, end"}
    assert max(abs(max(point.x, point.y) - 1) for point in curve.points) < 1e-5  # both edges and the corner between them


def test_the_pictures_are_written_with_the_numbers_behind_them(linear, tmp_path):
    from sd_basis.figures.output import save
    from sd_basis.figures.phase_maps import phase_picture, spark_map
    from sd_basis.figures.waiting import cost_picture, decision_picture
    scene = shape(lambda p, q, x: x - (p - 2)**2 - 4 * (q - 1)**2)
    axes = ("p", 0, 4), ("q", 0, 2)
    pictures = {
        "phases": phase_picture(scene.model, scene.case, phase_map(scene, *axes, grid=(4, 4), depth=1), [critical_curve(scene, *axes, points=8)],
                                actual=(1.0, 0.5)),
        "cost": cost_picture(linear.scene.model, linear.scene.case, "size", cost_of_an_hour(linear.scene, linear.curve, at=4), unit="USD bn"),
        "decision": decision_picture({"rescued": ([1e-6, 1e-4, 1e-2], [14.0, 9.0, 5.0]), "collapsed": ([1e-6, 1e-3], [13.0, 6.0])}, 1.0, time_unit="day"),
        "spark": spark_map([1.0, 2.0, 3.0], [1.0, 2.0], np.array([[3.0, 2.0, 1.0], [2.0, 1.0, np.nan]]), labels=("size", "leverage", "spark"),
                           lines={"R = 1": ([1.0, 3.0], [2.0, 1.0])})}
    assert all(len(figure.axes) > 0 and table for figure, table in pictures.values())
    files = save(*pictures["phases"], tmp_path, "phases")
    assert {file.suffix for file in files} == {".svg", ".png", ".csv"} and all(file.stat().st_size > 100 for file in files)
    assert {"p", "q", "outcome", "curve: p"} <= set(pictures["phases"][1])
