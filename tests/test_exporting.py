"""Models taken away: what XMILE says of them is computed again by other means, and other tools run them to the same numbers."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from sympy import And, Piecewise

from sd_basis import (
    CLOUD,
    DELAY3,
    SMOOTH,
    START,
    TIME,
    Auxiliary,
    Family,
    Flow,
    If,
    Impulse,
    InputError,
    Lookup,
    Max,
    Min,
    Model,
    Parameter,
    Policy,
    Series,
    Stock,
    import_model,
    load,
    positive,
    simulate,
)
from sd_basis.case import Case
from sd_basis.cli import main
from sd_basis.compiled import compiled
from sd_basis.exporting import outlined, to_dot, to_xmile
from sd_basis.exporting.naming import Names, quoted
from sd_basis.schedule import schedule

pytest.importorskip("pysd", reason="needs the extra interop")
pytestmark = pytest.mark.filterwarnings("ignore")  # PySD's own

SUITE = Path(__file__).parent / "data" / "conformance"
FILES = sorted(path for path in SUITE.glob("*/*") if path.suffix.lower() == ".mdl" and path.parent.name != "control_vars")
FILES += sorted((SUITE.parent / "subscripts").glob("*.mdl"))
STATES = 100
NAMESPACE = {"x": "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"}
FUNCTIONS = {"max": np.maximum, "min": np.minimum, "abs": np.abs, "exp": np.exp, "ln": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan,
             "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "integer": np.trunc, "if_then_else": np.where}
OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power, "=": np.equal, "<>": np.not_equal,
             "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, ":AND:": np.logical_and, ":OR:": np.logical_or}


@pytest.fixture
def call():
    """Call the command line and return its code, output and errors."""
    def call(*arguments):
        result = CliRunner().invoke(main, arguments)
        return result.exit_code, result.stdout, result.stderr
    return call


def workshop():
    """Return a model with every word that an equation can hold."""
    level, sold = Stock("level", 5.0), Stock("not sold, yet", 0)
    spare = Stock("Spare", initial=2 * level + 1)
    pace, low = Parameter("pace", 0.3, between=(0, 1)), Parameter("low", -1.5)
    bend = Lookup("bend", [(0, 0), (2, 1), (5, 3)], beyond="extend")
    half = Lookup("half", [(0, 1), (4, 2), (6, 5)], above="extend")
    stair, rise = Lookup("stair", [(0, 1), (3, 2), (7, 5)], kind="previous"), Lookup("rise", [(0, 1), (3, 2), (7, 5)], kind="next")
    wave = Lookup("wave", [(0, 0), (1, 2), (3, 0)], beyond="repeat")
    rain = Series("rain", [1, 3, 7], [1.0, 2.0, 0.5], before=4.0, until=8, after=7.0)
    tide = Series("tide", [1, 4, 6], [0.0, 2.0, 1.0], kind="linear", before=-1.0, after=5.0)
    held = Series("held", [0], [3.0])
    tables = Auxiliary("tables", bend(level - 3) + half(level) * stair(level) - rise(level) + wave(level - 4) + bend(spare))
    guarded = Auxiliary("guarded", If(And(level > 3, sympy.Ne(spare, low)), bend(sympy.log(level)), -level**2 / 7))
    whole = sympy.floor(low * level) + sympy.ceiling(level) + sympy.Mod(level, 3) + sympy.sign(low)
    odd = Auxiliary("odd", sympy.tanh(low) + sympy.sinh(level / 10) - sympy.cosh(low) + whole)
    many = Auxiliary("many", Max(level, spare, low) - Min(level, 2, spare) + positive(level - 4, 0.5) + Piecewise((level, spare > 4), (low, True)) ** 2)
    third, root = sympy.Rational(1, 3), (level**2 + 1) ** (-sympy.Rational(3, 2))
    powers = Auxiliary("powers", -(level**2) - (spare - (low - level)) / (2 * pace / 3) + sympy.exp(-spare) * third + root)
    driven = Auxiliary("driven", rain + tide * held + sympy.Abs(low - level) + TIME)
    lag, news = DELAY3("lag", pace * level, 4.0, source=level, sink=spare), SMOOTH("news", spare, 3.0)
    work = Flow("work", source=level, sink=sold, rate=pace * news / (1 + level**2))
    both = Flow("both", source=CLOUD, sink=level, rate=0.01 * (tables + guarded + many) - 0.001 * (odd + powers) + 0.02 * driven, reversible=True)
    boost = Policy("boost", {pace: 2 * pace + 0.01 * (TIME - START)}, start=2, end=6)
    ban = Policy("ban", {pace: pace / 4 + Series("plan", [0, 1], [0.1, 0.2])}, start=4)
    return Model("workshop", [lag, work, both], span=(0, 12.5), policies=[boost, ban])


def trees(text, folder):
    """Return the elements of a document, by name, as PySD's translator reads them: trees and controls."""
    from pysd.translators.xmile.xmile_file import XmileFile
    path = folder / "model.xmile"
    path.write_text(text, encoding="utf-8")
    file = XmileFile(path)
    file.parse()
    return {key(element.name): element.components[0].ast for element in file.get_abstract_model().sections[0].elements}


def key(name):
    return re.sub(r"[\s_]+", "_", name.strip('"').lower())


class Reader:
    """Computes the variables of a document at many states, an evaluation of its trees apart from the importer's."""

    def __init__(self, elements, states, time):
        self.elements, self.known = elements, {**states, "time": time}

    def __getitem__(self, name):
        if name not in self.known:
            self.known[name] = self.value(self.elements[name])
        return self.known[name]

    def value(self, tree):
        kind = type(tree).__name__.removesuffix("Structure")
        if kind == "Reference":
            return self[key(tree.reference)]
        if kind in ("Arithmetic", "Logic"):
            first, *rest = map(self.value, tree.arguments)
            if tree.operators in (["negative"], [":NOT:"]):
                return -first if tree.operators == ["negative"] else np.logical_not(first)
            assert len(tree.operators) == len(rest) and ("^" not in tree.operators or len(rest) == 1)
            if set(tree.operators) & {"*", "/"} and set(tree.operators) & {"+", "-"}:
                raise AssertionError(tree)
            for operator, other in zip(tree.operators, rest, strict=True):
                first = OPERATORS[operator](first, other)
            return first
        if kind == "Call" and tree.function.reference == "step":
            height, date = map(self.value, tree.arguments)
            return np.where(self["time"] + self["time_step"] / 2 > date, height, 0.0)
        if kind == "Call":
            return FUNCTIONS[tree.function.reference](*map(self.value, tree.arguments))
        if kind == "InlineLookups":
            assert tree.lookups.type == "interpolate"
            return np.interp(np.asarray(self.value(tree.argument), float), tree.lookups.x, tree.lookups.y)
        return tree if not kind == "Integ" else 1 / 0


def differences(model, folder, policies=(), step=None):
    """Return, by computed quantity and by stock's net flow, the largest relative difference at a hundred states."""
    outline = outlined(model, Case("default"), policies=policies, step=step)
    names = {quantity: key(Names().fresh(name)) for name, quantity in model.quantities.items()}
    plan, functions = schedule(model, Case("default"), policies), compiled(model, held=False)
    random = np.random.default_rng(8)
    times = np.floor(random.uniform(plan.start, plan.end, STATES) / outline.step) * outline.step + 0.3 * outline.step  # away from the dates
    begun = np.array(functions.initial(plan.start, [-np.inf] * len(model.stocks), plan.base))
    states = begun[:, None] * random.uniform(0.3, 2.0, (len(begun), STATES)) + random.uniform(0.1, 1.0, (len(begun), STATES))
    segments = [next(segment for segment in plan.segments if time < segment.end) for time in times]
    inputs = [list(column) for column in zip(*(segment.values(time) for segment, time in zip(segments, times, strict=True)), strict=True)]
    inputs = [np.array(column) if isinstance(column[0], float) else column[0] for column in inputs]
    wanted = dict(zip(functions.system.observables(), functions.observe(times, list(states), inputs), strict=True))
    elements = trees(to_xmile(outline), folder)
    reader = Reader(elements, {names[stock]: row for stock, row in zip(model.stocks, states, strict=True)}, times)
    found = {}
    for quantity, values in wanted.items():
        found[quantity.name] = apart(values, reader[names[quantity]])
    for row, stock in enumerate(model.stocks):
        net = sum(functions.system.incidence[row, column] * wanted[flow] for column, flow in enumerate(model.flows))
        found[f"d {stock.name}/dt"] = apart(net, reader.value(elements[names[stock]].flow))
        start = Reader(elements, {names[item]: value for item, value in zip(model.stocks, begun, strict=True)}, np.array([plan.start]))
        found[f"{stock.name} begins"] = apart(begun[row], start.value(elements[names[stock]].initial))
    return found


def apart(one, other):
    one, other = np.broadcast_arrays(np.asarray(one, float), np.asarray(other, float))
    assert np.all(np.isfinite(one) == np.isfinite(other))
    one, other = one[np.isfinite(one)], other[np.isfinite(one)]
    return float(np.max(np.abs(one - other) / (1e-300 + np.maximum(np.abs(one), 1e-3 * np.max(np.abs(one)))))) if one.size else 0.0


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_foreign_model_keeps_its_right_hand_side_at_a_hundred_states(path, tmp_path):
    found = differences(import_model(path), tmp_path)
    assert found and max(found.values()) < 1e-10, found


def test_every_word_of_an_equation_keeps_its_value(tmp_path):
    model = workshop()
    for policies in ((), ("ban", "boost")):
        found = differences(model, tmp_path, policies, step=1 / 64)
        assert len(found) > 20 and max(found.values()) < 1e-10, found


@pytest.mark.parametrize("name, policy", [("savings", "rate_cut"), ("repo_loan", "call")])
def test_a_shipped_model_keeps_its_right_hand_side(name, policy, tmp_path):
    for policies in ((), (policy,)):
        assert max(differences(load(name), tmp_path, policies).values()) < 1e-10


def run_elsewhere(model, folder, policies=(), step=None):
    """Return PySD's run of the exported model, over 200 steps, and our own Euler at its times."""
    import pysd
    step = step or (model.span[1] - model.span[0]) / 200
    outline = outlined(model, Case("default"), policies=policies, step=step)
    path = folder / "exported.xmile"
    path.write_text(to_xmile(outline), encoding="utf-8")
    table = pysd.read_xmile(str(path)).run(final_time=outline.start + 200 * outline.step)
    return table, simulate(model, policies=policies, method="Euler", step=outline.step, at=list(table.index))


@pytest.mark.parametrize("make, policies", [
    (lambda: load("savings"), ("rate_cut",)), (lambda: load("repo_loan"), ("call",)), (workshop, ("boost", "ban")),
    (lambda: import_model(SUITE / "SIR" / "SIR.mdl"), ()),
], ids=["savings", "repo_loan", "workshop", "SIR"])
def test_a_small_model_has_the_same_euler_numbers_in_pysd(make, policies, tmp_path):
    model = make()
    table, run = run_elsewhere(model, tmp_path, policies)
    assert len(table) == 201
    for stock in model.stocks:
        values = np.asarray(table[Names().fresh(stock.name)], float)
        assert np.allclose(values, run[stock.name], rtol=1e-10, atol=0), stock.name


def tank(**options):
    water, drained = Stock("water", 8.0), Stock("drained", 0.0)
    pace = Parameter("pace", 0.2)
    drain = Flow("drain", source=water, sink=drained, rate=pace * water)
    rescue = Policy("rescue", {pace: pace / (5 + TIME - START)}, when=water < 4, **options)
    spill = Impulse(drain, amount=water / 2, at=3.0, name="spill")
    return Model("tank", [drain], span=(0, 10), policies=[rescue], impulses=[spill] if not options else [])


def test_a_condition_is_latched_by_a_stock_a_step_later(tmp_path):
    model = tank(delay=1.5, duration=4.0)
    errors = []
    for step in (0.05, 0.0125):
        table, _ = run_elsewhere(model, tmp_path, ["rescue"], step)
        at = list(table.index)
        exact = simulate(model, policies=["rescue"], rtol=1e-10, at=at)["water"]
        errors.append(float(np.max(np.abs(np.asarray(table["water"], float) - exact))))
    assert errors[0] < 0.1 and errors[1] < 0.35 * errors[0]
    assert any("latches" in note for note in outlined(model, Case("default"), policies=["rescue"]).notes)


def test_an_impulse_passes_over_one_step_and_conserves(tmp_path):
    model = tank()
    table, run = run_elsewhere(model, tmp_path)
    total = np.asarray(table["water"] + table["drained"], float)
    assert np.allclose(total, 8.0, rtol=1e-14)
    assert table["drained"].iloc[-1] == pytest.approx(run["drained"][-1], rel=0.02) and table["drained"].iloc[-1] > 0.9 * 8 * (1 - np.exp(-2.0) / 2)


def simple(rate, *more, **options):
    water = Stock("water", 1.0)
    return Model("simple", [Flow("drain", source=water, sink=CLOUD, rate=rate(water)), *more], span=(0, 10), **options)


@pytest.mark.parametrize("make, message", [
    (lambda: simple(lambda water: Lookup("curve", [(0, 0), (1, 2), (2, 3)], kind="smooth")(water)), r"lookup 'curve': its smooth curve has no form in XMILE"),
    (lambda: simple(lambda water: sympy.gamma(water)), r"flow 'drain': gamma has no form in XMILE"),
])
def test_what_xmile_cannot_say_is_refused_by_name(make, message):
    with pytest.raises(InputError, match=message) as caught:
        outlined(make(), Case("default"))
    assert "\n" not in str(caught.value)


def test_what_fires_again_or_is_triggered_as_an_impulse_is_refused():
    with pytest.raises(InputError, match=r"policy 'rescue': it fires again .* no form in XMILE"):
        outlined(tank(duration=1.0, rearm=True), Case("default"), policies=["rescue"])
    water = Stock("water", 1.0)
    drain = Flow("drain", source=water, sink=CLOUD, rate=water)
    model = Model("tap", [drain], span=(0, 1), impulses=[Impulse(drain, water, when=water < 0.5, name="gush")])
    with pytest.raises(InputError, match=r"impulse 'gush': a condition triggers it"):
        outlined(model, Case("default"))


def test_names_are_quoted_and_told_apart_as_xmile_wants():
    assert [quoted(name) for name in ("water", "sea water", "not sold", "2nd", 'a"b', "côte", "a-b")] == [
        "water", "sea_water", '"not sold"', '"2nd"', '"a"b"', "côte", '"a-b"']
    names = Names()
    assert [names.fresh(name) for name in ("Rate", "rate", "time", 'a"b', "x[5y,1]", "sum\n")] == ["Rate", "rate 2", "time 2", "a'b", "x 5y 1", "sum 2"]
    ages = Family("age", ["young", "old"])
    people = Stock("people", initial=3.0, over=ages)
    model = Model("town", [Flow("leaving", source=people, sink=CLOUD, rate=people / 5)], span=(0, 1))
    outline = outlined(model, Case("default"))
    assert {"people young", "people old", "leaving young"} <= {variable.name for variable in outline.variables}
    assert next(variable.equation for variable in outline.variables if variable.name == "leaving young") == "people_young/5"


def test_a_case_gives_its_values_beginnings_and_own_span():
    case = Case("dry", span=(2, 6), values={"pace": 0.5}, initial={"water": 3.0})
    outline = outlined(tank(), case)
    known = {variable.name: variable.equation for variable in outline.variables}
    assert (known["pace"], known["water"], outline.start, outline.stop) == ("0.5", "3", 2.0, 6.0)


def test_a_step_of_its_own_is_stable_and_a_power_of_two():
    outline = outlined(simple(lambda water: 40 * water), Case("default"))
    assert np.log2(outline.step) % 1 == 0 and 0.05 < 40 * outline.step <= 0.1
    with pytest.raises(InputError, match="step: -1 is not positive"):
        outlined(tank(), Case("default"), step=-1)


def test_the_document_has_units_limits_and_a_place_for_everything(call, tmp_path):
    code, out, err = call("export", "savings", "--to", "xmile", "--policy", "rate_cut", "--out", str(tmp_path / "savings.xmile"))
    assert (code, err) == (0, "") and out.startswith("Wrote ")
    root = ElementTree.parse(tmp_path / "savings.xmile").getroot()
    variables = {node.get("name"): node for node in root.find("x:model/x:variables", NAMESPACE)}
    assert variables["interest_rate before rate_cut"].find("x:range", NAMESPACE).attrib == {"min": "0", "max": "0.1"}
    assert variables["balance"].find("x:units", NAMESPACE).text == "dollar" and "STEP(1, 4)" in variables["interest_rate"].find("x:eqn", NAMESPACE).text
    view = root.find("x:model/x:views/x:view", NAMESPACE)
    placed = {node.get("name"): (float(node.get("x")), float(node.get("y"))) for node in view if node.get("name")}
    assert placed.keys() == variables.keys() and len(set(placed.values())) == len(placed)
    ends = [(node.find("x:from", NAMESPACE).text, node.find("x:to", NAMESPACE).text) for node in view.findall("x:connector", NAMESPACE)]
    assert ("saving", "deposits") in ends and all({quoted(name) for name in variables} >= set(pair) for pair in ends)
    flow = next(node for node in view if node.get("name") == "deposits")
    xs = [float(point.get("x")) for point in flow.find("x:pts", NAMESPACE)]
    assert abs(xs[-1] - placed["balance"][0]) < abs(xs[0] - placed["balance"][0])


def test_latex_json_and_graphs_are_those_of_show_and_loops(call):
    assert call("export", "savings", "--to", "latex")[1] == call("show", "savings", "--format", "latex")[1]
    teacup = Path(__file__).parent / "data" / "conformance" / "teacup" / "teacup.mdl"
    assert r"\mathrm{Teacup\ Temperature}" in call("export", str(teacup), "--to", "latex")[1]  # a bare blank would vanish
    assert json.loads(call("export", "savings", "--to", "json")[1]) == json.loads(call("show", "savings", "--json")[1])
    graph = to_dot(load("repo_loan"))
    assert '"outstanding" -> "repayment" [color=gray50];' in graph and '"borrower_cash" -> "interest" [color="black:invis:black"];' in graph
    assert graph.count("{") == graph.count("}") and call("export", "repo_loan", "--to", "graphviz")[1].strip() == graph.strip()


def test_options_that_a_form_has_no_use_for_are_refused(call):
    code, out, err = call("export", "savings", "--to", "dot", "--set", "saving=3")
    assert (code, out) == (2, "") and "--set: it belongs to --to xmile" in err


def test_choices_among_numbers_are_exported_as_the_number(tmp_path):
    path = tmp_path / "model.mdl"
    path.write_text("{UTF-8}\ns=INTEG(-QUANTUM(2.7, 0.5), 0)~~|\nFINAL TIME=4~~|\nINITIAL TIME=0~~|\nTIME STEP=1~~|\n", encoding="utf-8")
    again = tmp_path / "again.xmile"
    again.write_text(to_xmile(outlined(import_model(path), Case("default"))), encoding="utf-8")
    assert simulate(import_model(again), method="Euler")["s"].tolist() == [0, -2.5, -5, -7.5, -10]
