"""What a notebook shows: well-formed, escaped, still, and with the numbers of the run."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from small import draining, market, swinging

from sd_basis import CLOUD, TIME, Auxiliary, Flow, Instrument, Model, NumericalFailure, Outcome, Parameter, Policy, Sector, Stock, load, simulate
from sd_basis.display import sparkline, upright

EVIL = "<script>alert(1)</script>&\"'"


def tree(html):
    """Parse HTML strictly, as XML, and check that nothing in it runs or is fetched."""
    root = ElementTree.fromstring(html)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "div", "b", "table", "tr", "th", "td", "details", "summary", "svg", "polyline"}
    assert {name for element in root.iter() for name in element.attrib} <= {
        "style", "open", "width", "height", "viewBox", "role", "points", "fill", "stroke", "stroke-width"}
    return root


def words(html):
    return " ".join(" ".join(tree(html).itertext()).split())


def rows(html):
    return {row[0].text: ["".join(cell.itertext()) for cell in row[1:]] for row in tree(html).iter("tr") if row[0].tag == "td"}


def test_a_model_shows_what_the_modeller_wrote():
    model = market().model
    html = model._repr_html_()
    assert words(html).startswith("market : 4 stocks, 3 flows, 1 auxiliary, 4 parameters, 1 policy; time in day from 0 to 10")
    shown = rows(html)
    assert shown["fund_bonds"] == ["100", "bond"] and shown["lending"] == ["dealer_cash → fund_cash", "coupon*dealer_bonds", "dollar/day", ""]
    assert shown["pace"] == ["0.3", "1/day", "", ""]
    flow = Flow("f", source=CLOUD, sink=Stock("s", 1), rate=Parameter("k", 2, between=(None, 3), reference="invented", description="speed"), reversible=True)
    shown = rows(Model("small", [flow], span=(0, 1), description="what it is")._repr_html_())
    assert shown["f"][0] == "CLOUD ↔ s" and shown["k"] == ["2", "", "any … 3", "invented", "speed"]


def test_the_values_in_force_are_the_ones_shown():
    shown = rows(load("treasury_basis", values="subcritical")._repr_html_())
    model = load("treasury_basis", values="subcritical")
    name, value = next(iter(model.values.items()))
    assert shown[name][0] == f"{value:.4g}" and "values subcritical" in words(model._repr_html_())


def test_long_tables_are_folded_and_short_ones_open():
    long = {detail[0].text: "open" in detail.attrib for detail in tree(load("treasury_basis")._repr_html_()).iter("details")}
    short = {detail[0].text: "open" in detail.attrib for detail in tree(market().model._repr_html_()).iter("details")}
    assert long == dict.fromkeys(("Stocks", "Flows", "Parameters"), False) and short == dict.fromkeys(long, True)


def test_a_run_shows_its_summary_its_stocks_and_its_ledgers():
    run = simulate(market().model, policies=["rise"])
    html = run._repr_html_()
    assert words(html).startswith(run.summary)
    row, shown = run.row(), rows(html)
    for stock in run.model.stocks:
        end, peak, when, unit, _ = shown[stock.name]
        assert (end, peak) == (f"{row['final'][stock.name]:.4g}", f"{row['peak'][stock.name]['value']:.4g}") and unit == stock.unit
        assert when == run.when(row["peak"][stock.name]["time"])
    assert len(list(tree(html).iter("{http://www.w3.org/2000/svg}svg"))) == len(run.model.stocks)
    worst = max(run.ledgers, key=run.ledgers.get)
    assert f"largest ledger error {run.ledgers[worst]:.1e} ({worst})" in words(html) and "Warning" not in html


def test_a_run_shows_its_outcomes_and_its_warnings():
    run = simulate(swinging(lambda position: (Outcome("left", position < 0), Outcome("right", position > 0))))
    assert rows(run._repr_html_())["outcome"] == ["right", run.when(run.decided_at)]
    leaking = simulate(market(leak=True).model)
    assert leaking.warnings and words(leaking._repr_html_()).count("Warning: ") == len(leaking.warnings)


def test_a_run_that_failed_and_one_shown_at_few_times_show_themselves_whole():
    level = Stock("level", 1.0)
    with pytest.raises(NumericalFailure) as failure:
        simulate(Model("blowup", (Flow("grow", source=CLOUD, sink=level, rate=level**2),), span=(0, 2)))
    assert "blowup" in words(failure.value.run._repr_html_())
    model = draining().model
    table = re.compile(r"<table>.*</table>")
    assert table.findall(simulate(model, at=[2])._repr_html_()) == table.findall(simulate(model)._repr_html_())


def test_no_text_of_a_model_becomes_markup():
    holder, thing = Sector(f"who {EVIL}"), Instrument(f"what {EVIL}")
    level = Stock(f"level {EVIL}", 1.0, f"litre{EVIL}", description=EVIL, holder=holder, instrument=thing)
    share = Parameter(f"share {EVIL}", 2.0, None, between=(0, 1), reference=EVIL, description=EVIL)
    loss = Flow(f"loss {EVIL}", source=level, sink=CLOUD, rate=share * level, description=EVIL, reversible=True)
    model = Model(f"model {EVIL}", [loss], span=(0, 1), time_unit=f"day{EVIL}", description=EVIL, units={}, policies=[Policy(EVIL, {share: 1})],
                  outcomes=[Outcome(EVIL, level < 9, group=f"group {EVIL}")])
    model.value_set, level.unit = EVIL, EVIL
    model.check_units = dict
    run = simulate(model)
    assert run.warnings
    for html in (model._repr_html_(), run._repr_html_()):
        assert "<script" not in html and EVIL in "".join(tree(html).itertext())


def points(html):
    return np.array([[float(number) for number in point.split(",")] for point in re.search(r'points="([^"]*)"', html)[1].split()])


def test_a_drawn_path_keeps_its_peaks_and_stays_in_its_box():
    t = np.linspace(0, 1, 20_001)
    values = np.sin(40 * t)
    values[777] = 9.0
    drawn = points(sparkline(t, values))
    assert len(drawn) <= 122 and drawn[:, 1].min() == 2 and drawn[:, 1].max() == 22
    assert np.all(np.diff(drawn[:, 0]) >= 0) and drawn[0, 0] == 1 and drawn[-1, 0] == 119
    assert drawn[np.argmin(drawn[:, 1]), 0] == pytest.approx(1 + 118 * 777 / 20_000, abs=0.06)


@pytest.mark.parametrize(("t", "values"), [
    ([0, 1], [3, 3]), ([0], [1]), ([0, 1, 1, 2], [0, 0, 1, 1]), ([0, 1, 2], [1, np.nan, 2]), ([0, 1], [-1e308, 1e308]), ([0, 1], [1e-320, 0]),
    ([0, 1, 2], [1e6, 1e6 * (1 + 1e-13), 1e6]), ([5, 5], [0, 1]), (np.linspace(0, 1, 1000), np.zeros(1000))])
def test_a_drawn_path_is_finite_whatever_it_is_given(t, values):
    drawn = points(sparkline(t, values))
    assert np.all(np.isfinite(drawn)) and np.all(drawn >= 0) and np.all(drawn[:, 0] <= 120) and np.all(drawn[:, 1] <= 24)


def test_a_path_without_a_number_draws_nothing():
    assert sparkline([], []) == sparkline([0, 1], [np.nan, np.inf]) == ""


def test_a_constant_is_a_level_line():
    assert set(points(sparkline([0, 1, 2], [7, 7, 7]))[:, 1]) == {12.0}


def test_a_quantity_shows_its_upright_name_and_its_equation():
    level, share = Stock("water_level", 1.0), Parameter("share", 0.5)
    loss = Auxiliary("loss", share * level)
    assert level._repr_latex_() == r"$\displaystyle \mathrm{water\_level}$" and share._repr_latex_() == r"$\displaystyle \mathrm{share} = 0.5$"
    assert loss._repr_latex_() in (r"$\displaystyle \mathrm{loss} = \mathrm{share} \mathrm{water\_level}$",
                                   r"$\displaystyle \mathrm{loss} = \mathrm{water\_level} \mathrm{share}$")
    assert Auxiliary("later", unit="1")._repr_latex_() == r"$\displaystyle \mathrm{later}$"
    assert (2 * TIME)._repr_latex_() == r"$\displaystyle 2 \mathrm{TIME}$"
    assert upright(r"a b_c\{^~$") == r"\mathrm{a\ b\_c\backslash \{{\wedge}{\sim}\$}"


def test_showing_a_run_needs_no_figures():
    code = ("import sys; from sd_basis import load, simulate; run = simulate(load('savings')); assert '<svg' in run._repr_html_(); "
            "assert '<table' in run.model._repr_html_(); assert 'matplotlib' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
