"""The system: incidence, conserved totals and a Jacobian that is the derivative of the rates."""

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small import chain, draining, market, models

from sd_basis import CLOUD, Auxiliary, Flow, Model, Parameter, Stock, System, simulate
from sd_basis.compiled import Compiled
from sd_basis.integrators import METHODS

STATES = st.lists(st.floats(-1.5, 1.5), min_size=4, max_size=4)


def values(model):
    return [parameter.value for parameter in model.parameters]


def exact_jacobian(functions, x, given):
    size = len(functions.model.stocks)
    matrix = np.zeros((size, size))
    matrix[tuple(functions.pattern)] = functions.jacobian(0.0, x, given)
    return matrix


def measured_jacobian(functions, x, given, h=2e-3):
    """Return the Jacobian by sixth-order central differences."""
    x = np.array(x)

    def rates(row, step):
        return np.array(functions.rhs(0.0, (x + step * np.eye(len(x))[row]).tolist(), given))
    columns = [sum(w * (rates(row, k * h) - rates(row, -k * h)) for k, w in ((1, 45), (2, -9), (3, 1))) / (60 * h) for row in range(len(x))]
    return np.array(columns).T


@settings(max_examples=60)
@given(models(), STATES)
def test_the_jacobian_is_the_derivative_of_the_rates(random, state):
    functions = Compiled(random.model)
    x, given_values = state[:len(random.model.stocks)], values(random.model)
    names = [quantity.name for quantity in random.model.computed]
    seen = dict(zip(names, functions.observe(0.0, [np.array(value) for value in x], given_values), strict=True))
    assume(all(abs(float(seen[gate.name])) > 0.1 for gate in random.gated))  # no finite difference crosses a kink
    exact, measured = exact_jacobian(functions, x, given_values), measured_jacobian(functions, x, given_values)
    assert np.max(np.abs(exact - measured)) <= 1e-6 * max(1.0, float(np.max(np.abs(exact))))


@settings(max_examples=40)
@given(models())
def test_the_conserved_totals_are_the_left_null_space_of_the_incidence(random):
    system = System(random.model)
    weights = np.array([[float(total.get(stock, 0)) for stock in system.stocks] for total in system.conserved]).reshape(-1, len(system.stocks))
    assert not np.any(weights @ system.incidence)
    rank = np.linalg.matrix_rank(system.incidence)
    assert len(weights) == len(system.stocks) - rank == np.linalg.matrix_rank(weights) if len(weights) else rank == len(system.stocks)


@settings(max_examples=25)
@given(models(), st.sampled_from(sorted(METHODS)))
def test_conserved_totals_stay_constant_along_runs(random, method):
    run = simulate(random.model, method=method)
    for total in run.path.compiled.system.conserved:
        along = sum(float(weight) * run[stock] for stock, weight in total.items())
        assert np.max(np.abs(along - along[0])) < 1e-12 * max(1.0, float(np.max(np.abs(run.path.x))))


@settings(max_examples=40)
@given(models(), STATES)
def test_the_rates_are_the_incidence_times_the_flows(random, state):
    functions = Compiled(random.model)
    x = state[:len(random.model.stocks)]
    names = [quantity.name for quantity in random.model.computed]
    seen = dict(zip(names, functions.observe(0.0, [np.array(value) for value in x], values(random.model)), strict=True))
    flows = [float(seen[flow.name]) for flow in random.model.flows]
    assert functions.rhs(0.0, x, values(random.model)) == pytest.approx(functions.system.incidence @ flows, rel=1e-12, abs=1e-13)


def test_a_flow_leaves_one_stock_and_enters_the_other():
    one, two = Stock("one", 1.0), Stock("two", 2.0)
    flows = (Flow("over", source=one, sink=two, rate=one), Flow("out", source=two, sink=CLOUD, rate=two), Flow("in", source=CLOUD, sink=one, rate=1))
    system = System(Model("m", flows, span=(0, 1)))
    assert system.incidence.tolist() == [[-1, 0, 1], [1, -1, 0]] and system.conserved == []
    closed = System(Model("m", flows[:1], span=(0, 1)))
    assert closed.conserved == [{one: 1, two: 1}]


def test_a_stock_that_nothing_changes_is_conserved_by_itself():
    one, two = Stock("one", 1.0), Stock("two", 2.0)
    system = System(Model("m", (Flow("out", source=one, sink=CLOUD, rate=one * two),), span=(0, 1)))
    assert system.conserved == [{two: 1}] and sorted(system.jacobian_pattern) == [(0, 0), (0, 1)]
    assert np.all(simulate(system.model)["two"] == 2.0)


@pytest.mark.parametrize("rate", [
    lambda a, b: sympy.Max(a, b) - sympy.Min(a, 2), lambda a, b: abs(a - b), lambda a, b: sympy.Piecewise((a**2, a > b), (b, True)),
    lambda a, b: sympy.sqrt(1 + a**2) / (1 + sympy.exp(-b)), lambda a, b: sympy.atan(a * b) + sympy.log(2 + a), lambda a, b: a**b,
])
def test_kinks_and_functions_have_their_derivatives(rate):
    one, two = Stock("one", 1.3), Stock("two", 0.4)
    functions = Compiled(Model("m", (Flow("f", source=one, sink=two, rate=rate(one, two)),), span=(0, 1)))
    given = functions.modes(0.0, [1.3, 0.4], [0.0] * len(functions.model.modes))
    exact = exact_jacobian(functions, [1.3, 0.4], given)
    assert exact == pytest.approx(measured_jacobian(functions, [1.3, 0.4], given), rel=1e-8, abs=1e-9)
    run = simulate(functions.model)
    assert run["f"][0] == pytest.approx(float(rate(sympy.Float(1.3), sympy.Float(0.4))), rel=1e-12)


def test_a_chain_of_auxiliaries_is_never_inlined():
    model = chain(300)
    program = System(model).right_hand_side()
    assert len(program.assignments) == 301 and max(len(expression.free_symbols) for _, expression in program.assignments) == 1
    assert simulate(model, rtol=1e-9)["level"][-1] == pytest.approx(np.exp(-1), rel=1e-7)


def test_exponential_paths_through_auxiliaries_cost_one_assignment_each():
    # each auxiliary uses the one before twice: inlined, the rate would hold 2^40 terms
    level = Stock("level", 1.0)
    link = level
    for number in range(40):
        link = Auxiliary(f"link_{number}", sympy.tanh(link) / 2 + link / 2)
    model = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=link),), span=(0, 1))
    functions = Compiled(model)
    assert exact_jacobian(functions, [0.7], []) == pytest.approx(measured_jacobian(functions, [0.7], []), rel=1e-9)


def test_models_that_use_the_same_names_do_not_mix():
    runs = [simulate(draining(initial, rate).model, rtol=1e-10) for initial, rate in ((8.0, 0.5), (3.0, 2.0), (8.0, 0.25))]
    for run, (initial, rate) in zip(runs, ((8.0, 0.5), (3.0, 2.0), (8.0, 0.25)), strict=True):
        assert run["level"] == pytest.approx(initial * np.exp(-rate * run.t), rel=1e-7)


def test_the_same_flows_in_two_models_keep_their_own_outcomes():
    from sd_basis import Outcome
    parts = draining()
    low, empty = (Model(name, (parts.drain,), span=(0, 4), outcomes=(Outcome(name, when=parts.level < 5),)) for name in ("low", "empty"))
    assert [simulate(model).outcome for model in (low, empty, low)] == ["low", "empty", "low"]
    assert simulate(parts.model).outcome is None


def test_only_what_the_rates_need_is_computed_for_them():
    level, size = Stock("level", 1.0), Parameter("size", 2.0)
    shown = Auxiliary("shown", level * size)
    model = Model("m", (Flow("drain", source=level, sink=CLOUD, rate=level),), span=(0, 1), outputs=(shown,))
    assert [str(symbol) for symbol, _ in System(model).right_hand_side().assignments] == ["drain"]
    assert model.auxiliaries == (shown,)


def test_the_balance_sheet_adds_up_over_the_sectors():
    parts = market()
    system = System(parts.model)
    total = sympy.expand(sum(system.balance(sector) for sector in parts.model.sectors))
    held = sympy.expand(sum(sympy.sympify(stock.instrument.price) * stock for stock in system.stocks))
    assert total == held and [sector.name for sector in parts.model.sectors] == ["fund", "dealer"]
