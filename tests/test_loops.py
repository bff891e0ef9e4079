"""Feedback loops: counts, polarity, scores against forms derived by hand, elasticities, named loops, cuts and the command."""

import itertools
import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from sd_basis import (
    CLOUD,
    DELAY1,
    TIME,
    Auxiliary,
    Family,
    Flow,
    InputError,
    Loop,
    Model,
    Parameter,
    Policy,
    Stock,
    cut_loops,
    find_loops,
    load,
    loop_modes,
    loop_scores,
    simulate,
)
from sd_basis.cli import main
from sd_basis.looping.enumerating import links_of
from sd_basis.looping.links import LinkGraph, along


def model_of(rates, initial, span=(0, 10), name="small", **options):
    """A model of stocks a, b, ... each with one net flow, from a function of the stocks."""
    stocks = [Stock("abcdefgh"[place], value, scale=1) for place, value in enumerate(initial)]
    flows = [Flow(f"to_{stock.name}", source=CLOUD, sink=stock, rate=rate, reversible=True) for stock, rate in zip(stocks, rates(*stocks), strict=True)]
    return Model(name, flows, span=span, **options)


def logistic():
    x, r, k = Stock("x", 1), Parameter("r", 0.5), Parameter("k", 100)
    return Model("logistic", [Flow("births", source=CLOUD, sink=x, rate=r * x), Flow("deaths", source=x, sink=CLOUD, rate=r * x**2 / k)], span=(0, 20))


def bass():
    potential, adopters = Stock("potential", 1000, nonnegative=True), Stock("adopters", 0, nonnegative=True)
    p, q, n = Parameter("p", 0.01), Parameter("q", 0.4), Parameter("n", 1000)
    word = Auxiliary("word", q * adopters / n)
    adoption = Flow("adoption", source=potential, sink=adopters, rate=(p + word) * potential)
    return Model("bass", [adoption], span=(0, 12), loops=[Loop("word of mouth", (adopters, word, adoption))])


def complete(count, **options):
    """Every stock acts on every other one, and none on itself."""
    return model_of(lambda *own: [sum((0.01 * (1 + place) * other for place, other in enumerate(own) if other is not stock), 0 * own[0]) for stock in own],
                    range(1, count + 1), span=(0, 2), name=f"complete{count}", **options)


def states(scores, *names):
    x, _ = scores.run.path.at(scores.t)
    stocks = [stock.name for stock in scores.run.model.stocks]
    return [x[:, stocks.index(name)] for name in names]


def paths(loops):
    return {frozenset(loop.quantities): loop.polarity for loop in loops}


# Which loops there are --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_complete_digraphs_have_as_many_loops_as_combinatorics_says(count):
    found = find_loops(complete(count))
    assert found.complete
    assert len(found) == sum(math.comb(count, size) * math.factorial(size - 1) for size in range(2, count + 1))
    assert {loop.polarity for loop in found} == {"+"}


def test_textbook_structures_have_the_loops_that_textbooks_draw():
    prey_and_predators = find_loops(Model("hunt", hunt(), span=(0, 5)))
    assert sorted(loop.polarity for loop in prey_and_predators) == ["+", "+", "-", "-", "-"]
    arms = find_loops(model_of(lambda a, b: [0.5 * b - 0.9 * a, 0.3 * a - 0.8 * b], (1, 2)))
    assert sorted((loop.polarity, len(loop.quantities)) for loop in arms) == [("+", 4), ("-", 2), ("-", 2)]
    s, i, beta = Stock("s", 990, nonnegative=True), Stock("i", 10, nonnegative=True), Parameter("beta", 0.0005)
    epidemic = Model("sir", [Flow("infection", source=s, sink=i, rate=beta * s * i), Flow("recovery", source=i, sink=CLOUD, rate=0.1 * i)], span=(0, 30))
    assert paths(find_loops(epidemic)) == {frozenset(("s", "infection")): "-", frozenset(("i", "infection")): "+", frozenset(("i", "recovery")): "-"}


def hunt():
    prey, hunters = Stock("prey", 10, nonnegative=True), Stock("hunters", 2, nonnegative=True)
    return [Flow("births", source=CLOUD, sink=prey, rate=0.5 * prey), Flow("caught", source=prey, sink=CLOUD, rate=0.1 * prey * hunters),
            Flow("growth", source=CLOUD, sink=hunters, rate=0.05 * prey * hunters), Flow("deaths", source=hunters, sink=CLOUD, rate=0.4 * hunters)]


def test_planted_polarity_is_found_and_its_change_too():
    for signs in itertools.product((1, -1), repeat=3):
        ring = model_of(lambda a, b, c, s=signs: [s[0] * c, s[1] * a, s[2] * b], (1, 2, 3), span=(0, 1))
        (loop,) = find_loops(ring)
        assert loop.polarity == ("+" if math.prod(signs) > 0 else "-")
        assert loop.name == ("R1" if math.prod(signs) > 0 else "B1")
    (hump,) = find_loops(model_of(lambda a: [a * (10 - a) + 2], (1.0,), span=(0, 3)))  # grows past the top of its own rate
    assert (hump.polarity, hump.name) == ("changes", "U1")
    on = Parameter("on", 0.0)
    (idle,) = find_loops(model_of(lambda a: [on * a + 1], (1.0,)))
    assert (idle.polarity, idle.name) == ("none", "I1")


def test_a_loop_through_a_delay_is_marked_and_the_delay_by_itself_is_not():
    stock = Stock("orders", 10)
    arriving = DELAY1("arriving", 5 - 0.1 * stock, 2)
    found = find_loops(Model("late", [Flow("arrivals", source=CLOUD, sink=stock, rate=arriving, reversible=True), *arriving.flows], span=(0, 20)))
    assert {len(loop.quantities): loop.delayed for loop in found} == {2: False, 5: True}


def test_independent_loops_are_a_basis_of_links_less_quantities_and_one():
    for model in (complete(5), Model("hunt", hunt(), span=(0, 5)), bass()):
        run = simulate(model)
        graph = LinkGraph(run.path.compiled)
        found = find_loops(run)
        for part in found.partitions:
            own = [loop for loop in found if loop.independent and loop.partition == part.number]
            vectors = np.zeros((len(own), graph.ends.shape[1]))
            for row, loop in enumerate(own):
                vectors[row, links_of(graph, loop.nodes)] = 1
            assert len(own) == part.independent == part.links - part.quantities + 1
            assert np.linalg.matrix_rank(vectors) == len(own)


def test_beyond_the_limit_loops_are_searched_and_it_is_said():
    every, some = find_loops(complete(5)), find_loops(complete(5), most=20)
    assert len(every) == 84 and not some.complete and "more than 20 loops" in some.summary and "heuristic" in some.summary
    assert set(paths(some)) <= set(paths(every)) and len(some) >= some.partitions[0].independent == 16


# Scores -----------------------------------------------------------------------------------------


def test_logistic_growth_has_the_scores_of_its_derivative():
    scores = loop_scores(logistic())
    (x,) = states(scores, "x")
    r, k = 0.5, 100
    assert scores["R1"] == pytest.approx(r / (r + 2 * r * x / k), rel=1e-9)
    assert scores.scores[1] == pytest.approx(-2 * r * x / k / np.abs(r - 2 * r * x / k), rel=1e-9)
    (first, second) = scores.phases()
    assert (first[2].label, second[2].label) == ("R1", "B1")
    assert first[1] == pytest.approx(math.log(99) / r, abs=0.1)  # half of the capacity


def test_two_loops_of_a_stock_share_by_their_derivatives():
    for up, down in ((0.3, 0.1), (0.2, 0.5), (1.0, 0.01)):
        x = Stock("x", 5)
        scores = loop_scores(Model("two", [Flow("up", source=CLOUD, sink=x, rate=up * x), Flow("down", source=x, sink=CLOUD, rate=down * x)], span=(0, 3)))
        assert scores["R1"] == pytest.approx(up / (up + down)) and scores["B1"] == pytest.approx(-down / (up + down))


def test_an_isolated_loop_scores_one_in_both_forms():
    growth = model_of(lambda a: [0.3 * a], (1.0,))
    decay = model_of(lambda a: [-0.3 * a], (1.0,))
    swing = model_of(lambda a, b: [b, -2 * a], (1.0, 0.3))
    for model, sign in ((growth, 1), (decay, -1), (swing, -1)):
        assert loop_scores(model).scores[0] == pytest.approx(sign, rel=1e-9)
    for model, sign in ((growth, 1), (decay, -1)):
        assert loop_scores(model, step=0.5).scores[0] == pytest.approx(sign, rel=1e-6)


def test_bass_diffusion_has_the_shares_derived_by_hand():
    scores = loop_scores(bass())
    potential, adopters = states(scores, "potential", "adopters")
    word, drain = 0.4 * potential / 1000, 0.01 + 0.4 * adopters / 1000
    assert scores["word of mouth"] == pytest.approx(word / (word + drain), rel=1e-6)
    assert scores["B1"] == pytest.approx(-drain / (word + drain), rel=1e-6)
    published = loop_scores(scores.run, step=0.25)  # where rates are products the published form is exact at the beginning of each interval
    assert published["word of mouth"] == pytest.approx(np.interp(published.t, scores.t, scores["word of mouth"]), abs=1e-4)


def test_yeast_that_poisons_itself_has_the_scores_derived_by_hand():
    cells, alcohol = Stock("cells", 1), Stock("alcohol", 0.1)
    births = Flow("births", source=CLOUD, sink=cells, rate=cells * (1.0 - 0.1 * alcohol), reversible=True)
    deaths = Flow("deaths", source=cells, sink=CLOUD, rate=0.05 * cells * alcohol)
    making = Flow("making", source=CLOUD, sink=alcohol, rate=0.02 * cells)
    scores = loop_scores(Model("yeast", [births, deaths, making], span=(0, 15)))
    c, a = states(scores, "cells", "alcohol")
    speed, made = c * (1 - 0.15 * a), 0.02 * c
    bend = (1 - 0.15 * a) * speed - 0.15 * c * made
    expected = {frozenset(("cells", "births")): (1 - 0.1 * a) * np.abs(speed / bend), frozenset(("cells", "deaths")): -0.05 * a * np.abs(speed / bend),
                frozenset(("cells", "births", "making", "alcohol")): -0.1 * c * 0.02 * np.abs(speed / bend) * np.abs(c / speed),
                frozenset(("cells", "deaths", "making", "alcohol")): -0.05 * c * 0.02 * np.abs(speed / bend) * np.abs(c / speed)}
    assert len(scores.loops) == 4
    for loop, own in zip(scores.loops, scores.scores, strict=True):
        assert own == pytest.approx(expected[frozenset(loop.quantities)], rel=1e-6)


def test_the_published_form_comes_to_the_exact_one_as_intervals_shrink():
    exact = loop_scores(logistic())
    errors = []
    for step in (0.4, 0.2, 0.1):
        scores = loop_scores(exact.run, step=step)
        errors.append(float(np.max(np.abs(scores["R1"] - np.interp(scores.t, exact.t, exact["R1"])))))
    assert errors[0] < 0.05 and errors[1] / errors[0] == pytest.approx(0.5, abs=0.1) and errors[2] / errors[1] == pytest.approx(0.5, abs=0.1)


def test_what_moves_from_outside_bends_the_path_too():
    scores = loop_scores(model_of(lambda a: [TIME**2 - a], (5.0,), span=(0, 4)))
    (x,) = states(scores, "a")
    speed = scores.t**2 - x
    assert scores.scores[0] == pytest.approx(-np.abs(speed / (2 * scores.t - speed)), rel=1e-6)


def test_no_score_is_a_difference_over_a_policy_date():
    x, rate = Stock("x", 1), Parameter("rate", 0.2)
    policy = Policy("faster", {rate: 0.9}, start=1.25)
    model = Model("switched", [Flow("growth", source=CLOUD, sink=x, rate=rate * x)], span=(0, 3), policies=[policy])
    exact = loop_scores(simulate(model, policies=["faster"]))
    assert exact.scores[0] == pytest.approx(1, rel=1e-9) and np.nextafter(1.25, 0) in exact.t
    steps = loop_scores(exact.run, step=0.5)
    across = (steps.t < 1.25) & (steps.t + 0.5 > 1.25)
    assert np.isnan(steps.scores[0, across]).all() and steps.scores[0, ~across] == pytest.approx(1, rel=1e-6)
    assert np.isfinite(loop_scores(exact.run, step=0.25).scores).all()  # an interval may end at the date


def test_speeds_of_speeds_are_those_that_differences_approach():
    run = simulate(Model("hunt", hunt(), span=(0, 5)), rtol=1e-10)
    t, gap = np.array([1.0, 2.5, 4.0]), 1e-5
    before, here, after = along(run, t - gap), along(run, t), along(run, t + gap)
    assert here.bends == pytest.approx((after.speeds[:2] - before.speeds[:2]) / (2 * gap), rel=1e-5)


# Eigenvalues ------------------------------------------------------------------------------------


def test_elasticities_of_an_eigenvalue_sum_to_one():
    chance = np.random.default_rng(5)
    for _ in range(3):
        matrix = chance.normal(size=(4, 4)) * (chance.random((4, 4)) < 0.8) + 0.1 * np.eye(4)
        linear = model_of(lambda *own, m=matrix: [sum((float(m[i, j]) * own[j] for j in range(4)), 0 * own[0]) for i in range(4)], (1, 2, 3, 4), span=(0, 1))
        modes = loop_modes(linear, times=[0.0, 1.0])
        assert len(modes.stocks) == 4
        assert np.sort_complex(modes.eigenvalues[0]) == pytest.approx(np.sort_complex(np.linalg.eigvals(matrix)), abs=1e-9)
        assert modes.sums == pytest.approx(np.ones((2, 4)), abs=1e-8)


def test_the_elasticity_of_an_arms_race_is_that_of_its_formula():
    def grows(gain):  # the larger root of (s + m)(s + n) = gain
        return -(0.9 + 0.8) / 2 + math.sqrt((0.9 - 0.8) ** 2 / 4 + gain)
    modes = loop_modes(model_of(lambda a, b: [1.5 * b - 0.9 * a, 1.3 * a - 0.8 * b], (1, 2)), times=[0.0])
    place = modes.leading(0)
    race = next(row for row, loop in enumerate(modes.loops) if loop.polarity == "+")
    gain, small = 1.5 * 1.3, 1e-6
    slope = (math.log(grows(gain * (1 + small))) - math.log(grows(gain * (1 - small)))) / (2 * small)
    assert modes.eigenvalues[0, place].real == pytest.approx(grows(gain))
    assert modes.elasticities[0, place, race].real == pytest.approx(slope, rel=1e-6)


def test_zero_and_defective_eigenvalues_are_flagged():
    modes = loop_modes(bass(), times=[0.0, 6.0])
    assert modes.zero.sum(axis=1).tolist() == [1, 1]  # the conserved total
    critical = loop_modes(model_of(lambda a, b: [b - 2 * a, -a], (1, 2)), times=[0.0])  # (s + 1)^2
    assert critical.defective.all() and np.isnan(critical.elasticities).all()


# Names and cuts ---------------------------------------------------------------------------------


def test_a_family_stands_for_one_loop_a_member_that_count_together():
    side = Family("side", ("north", "south"))
    cash = Stock("cash", {"north": 1, "south": 2}, over=side)
    earning = Flow("earning", source=CLOUD, sink=cash, rate=0.1 * cash)
    model = Model("sides", [*earning], span=(0, 2), loops=[Loop("growth", (cash, earning))])
    found = find_loops(model)
    assert [loop.label for loop in found.named("growth")] == ["R1 growth [north]", "R2 growth [south]"]
    assert [loop.link for loop in model.loops] == ["cash[north] -> earning[north] -> cash[north]", "cash[south] -> earning[south] -> cash[south]"]


def test_cutting_a_loop_leaves_what_is_left_without_it():
    (held,) = cut_loops(bass())
    assert held.links == ("adopters -> word",) and held.run["adopters"][-1] == pytest.approx(1000 * (1 - math.exp(-0.01 * 12)), rel=1e-4)
    found = find_loops(logistic())
    births, deaths = cut_loops(logistic(), found=found)
    assert births.run["x"][-1] < 10 < 1e4 < deaths.run["x"][-1]


def test_a_loop_may_bear_a_name_that_others_get_by_themselves():
    scores = loop_scores(logistic(), loops=[Loop("R1", ("x", "deaths"))])
    assert [(loop.name, loop.given) for loop in scores.loops] == [("B1", "R1"), ("R2", None)]
    assert scores.loops["R1"].quantities == ("x", "deaths") and len(scores.groups) == 2


def test_a_cut_after_the_end_is_refused():
    with pytest.raises(InputError, match="cut: 20 is not within the run, from 0 to 20"):
        cut_loops(logistic(), found=find_loops(logistic()), at=20)


@pytest.mark.parametrize("step", [None, 0.5])
def test_what_only_the_error_of_the_solver_moves_has_no_scores(step):
    idle = model_of(lambda a, b: (7 / 3 - b / 3, (a - 1 / 7) / 3 - (b - 7) / 5), (1 / 7, 7.0), span=(0, 40))
    scores = loop_scores(idle, step=step)
    assert not scores.scores.any() and np.isnan(scores.relative).all()


@pytest.mark.parametrize(("quantities", "words"), [
    (("adopters", "adoption"), "no link into 'adoption' from 'adopters'; choose one of: p, potential, word"),
    (("adopters", "wordy", "adoption"), "no quantity 'wordy'; did you mean 'word'"),
    (("adopters",), "are not two quantities or more"),
    (("adopters", "word", "adoption", "adopters", "word", "adoption"), "passes 'adopters' twice"),
])
def test_a_loop_that_does_not_exist_ends_with_a_sentence(quantities, words):
    with pytest.raises(InputError) as caught:
        find_loops(bass(), loops=[Loop("mine", quantities)])
    assert words in str(caught.value) and str(caught.value).startswith("loop 'mine'")


def test_the_flagship_names_its_loops_by_their_links():
    model = load("treasury_basis")
    names = list(dict.fromkeys(circuit.name for circuit in model.loops))
    assert len(names) == 14 and names[0] == "death spiral"
    assert {circuit.member for circuit in model.loops if circuit.name == "death spiral"} == {"levered", "moderate", "swap"}


# The command ------------------------------------------------------------------------------------

BASS = '''"""Bass diffusion."""
from sd_basis import CLOUD, Auxiliary, Flow, Loop, Model, Parameter, Stock
potential, adopters = Stock("potential", 1000, "person", nonnegative=True), Stock("adopters", 0, "person", nonnegative=True)
p, q, n = Parameter("p", 0.01, "1/year"), Parameter("q", 0.4, "1/year"), Parameter("n", 1000, "person")
word = Auxiliary("word", q * adopters / n, "1/year")
adoption = Flow("adoption", source=potential, sink=adopters, rate=(p + word) * potential)
MODEL = Model("bass", [adoption], span=(0, 12), time_unit="year", loops=[Loop("word of mouth", (adopters, word, adoption))])
'''


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "bass.py").write_text(BASS)
    (folder / "flat.py").write_text('"""Nothing feeds back."""\nfrom sd_basis import CLOUD, Flow, Model, Stock\n'
                                    'MODEL = Model("flat", [Flow("drip", source=CLOUD, sink=Stock("pond", 0), rate=1.0)], span=(0, 1))\n')
    return folder


def invoked(*arguments):
    return CliRunner().invoke(main, ["loops", *map(str, arguments)])


def test_the_command_tells_loops_phases_eigenvalues_and_cuts(files, tmp_path):
    done = invoked(files / "bass.py", "--cut-each", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    for words in ("these are all", "R1 word of mouth", "adopters -> word -> adoption -> adopters", "Eigenvalues", "loop cut"):
        assert words in done.output
    names = {path.name for path in tmp_path.iterdir()}
    for kind in ("dominance", "diagram"):
        assert {f"bass-default-loops-{kind}{suffix}" for suffix in (".svg", ".png", ".csv", ".manifest.json")} <= names


def test_the_command_prints_one_strict_document(files):
    done = invoked(files / "bass.py", "--json", "--step", 0.5, "--loop", "drain: potential -> adoption")

    def refuse(constant):
        raise AssertionError(constant)
    document = json.loads(done.output, parse_constant=refuse)
    assert document["complete"] and document["form"] == "discrete" and [loop["given"] for loop in document["loops"]] == ["word of mouth", "drain"]
    assert [phase["leads"] for phase in document["phases"]] == ["R1 word of mouth", "B1 drain"]


@pytest.mark.parametrize(("arguments", "words"), [
    (("flat.py",), "it has no feedback loop"),
    (("bass.py", "--loop", "mine: adopters -> adoption"), "no link into 'adoption' from 'adopters'"),
    (("bass.py", "--loop", "adopters"), "it is no loop"),
    (("bass.py", "--between", "3:99"), "does not lie in the run"),
    (("bass.py", "--step", "-1"), "is not positive"),
    (("bass.py", "--cut-at", "3"), "give that too"),
    (("bass.py", "--loop", "word of mouth: potential -> adoption"), "choose another name"),
])
def test_wrong_use_of_the_command_ends_with_one_sentence(files, arguments, words):
    done = invoked(files / arguments[0], *arguments[1:])
    assert done.exit_code == 2 and words in done.output and done.output.count("\n") == 1
