"""Claims about the figures: same bytes, checked tables, units on labels, nothing global, no overlap."""

import itertools
import subprocess
import sys
from datetime import date
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from sd_basis import CLOUD, Case, Flow, InputError, Model, Parameter, Stock, simulate
from sd_basis.figures import (
    Context,
    available,
    check,
    for_comparison,
    later_starts,
    paths,
    regenerate,
    rescue_against_collapse,
    save,
    stock_and_flow,
    stock_and_flow_table,
)
from sd_basis.figures.bundles import bundles, components
from sd_basis.figures.layout import component
from sd_basis.figures.output import differences, table_text
from sd_basis.figures.paths import decisive_stocks
from sd_basis.figures.spacing import rows_without_overlap, spread
from sd_basis.figures.style import dated_axis, end_labels, panel, panels, policy_lines, settle, styled
from sd_basis.figures.wording import label, shift_label, text_width, wrapped

BANK = '''
"""A bank that people run from, unless a lender comes in time."""
from sd_basis import CLOUD, Flow, Model, Outcome, Parameter, Policy, Stock

deposits = Stock("deposits", 100.0, "USD bn", nonnegative=True)
fear = Stock("fear", 0.2, "1", nonnegative=True)
cash = Stock("cash_of_households", 10.0, "USD bn", nonnegative=True)
contagion = Parameter("contagion", 0.9, "1/day")
calming = Parameter("calming", 0.1, "1/day")
speed = Parameter("speed", 0.2, "1/day")
spreading = Flow("spreading", source=CLOUD, sink=fear, rate=3 * contagion * cash / (cash + deposits) * fear * (1 - fear))
forgetting = Flow("forgetting", source=fear, sink=CLOUD, rate=calming * fear)
withdrawals = Flow("withdrawals", source=deposits, sink=cash, rate=speed * fear * deposits)
returns = Flow("returns", source=cash, sink=deposits, rate=speed * (1 - fear) * cash)
MODEL = Model("bank", [spreading, forgetting, withdrawals, returns], span=(0, 28), policies=[Policy("lender_of_last_resort", {calming: 6 * calming})],
              outcomes=[Outcome("collapsed", deposits < 60, absorbing=True), Outcome("rescued", fear < 0.3)])
'''
CASE = '''
origin = 2020-03-02
span = ["2020-03-02", "2020-04-10"]
[[policies]]
name = "lender_of_last_resort"
start = "2020-03-05"
'''
FIGURES = '''
"""Figures of the bank."""
from sd_basis.figures import later_starts, paths
from . import MODEL

def starts(context):
    """How much later is too late."""
    return later_starts([context.run("crisis", shift) for shift in (0, 2, 4, 8)], ["deposits", "fear"])

def against_data(context):
    return paths([context.run("crisis")], ["deposits"], columns=1, extra={"deposits": context.data("deposits.csv", "deposits", "crisis")})

FIGURES = {"starts": starts, "data": against_data, "paths_crisis": None}
'''


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "bank"
    for name, text in {"__init__.py": BANK, "figures.py": FIGURES, "cases/crisis.toml": CASE,
                       "data/deposits.csv": "date,deposits\n2020-03-04,95\n2020-03-11,80\n2020-06-01,70\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip())
    return folder


@pytest.fixture(scope="module")
def stored(bank, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("stored")
    regenerate(bank, folder)
    return folder


def texts(figure) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def test_figures_are_named_with_titles_and_a_model_may_replace_or_drop_the_generic_ones(bank):
    assert available(bank) == {"stock_and_flow": "Stocks and flows of bank", "starts": "How much later is too late.", "data": "data"}


def test_figures_are_byte_identical_in_another_process_with_another_hash_seed(bank, stored, tmp_path):
    code = ("import sys; from sd_basis.figures import regenerate; regenerate(sys.argv[1], sys.argv[2]); "
            "assert 'matplotlib.pyplot' not in sys.modules")
    root = str(Path(__file__).parents[1])
    subprocess.run([sys.executable, "-c", code, str(bank), str(tmp_path)], check=True, cwd=root,
                   env={"PYTHONHASHSEED": "7", "PYTHONPATH": root, "HOME": str(Path.home())})
    files = sorted(file.name for file in stored.iterdir())
    assert files == sorted(f"{name}.{suffix}" for name in ("stock_and_flow", "starts", "data") for suffix in ("svg", "png", "csv", "manifest.json"))
    for name in files:
        assert (tmp_path / name).read_bytes() == (stored / name).read_bytes(), name


def test_figures_drawn_by_two_processes_are_those_drawn_by_one(tmp_path):
    for workers in (1, 2):
        written = regenerate("repo_loan", tmp_path / str(workers), ("stock_and_flow", "paths_early-call"), workers=workers)
    assert len(written) == 6
    for file in written:
        assert file.read_bytes() == (tmp_path / "1" / file.name).read_bytes()


def test_check_finds_a_planted_change_and_a_missing_file_and_nothing_else(bank, stored, tmp_path):
    for file in stored.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert check(bank, tmp_path) == []
    rows = (tmp_path / "starts.csv").read_text().splitlines()
    cells = rows[50].split(",")
    cells[2] = str(float(cells[2]) + 1e-3)
    (tmp_path / "starts.csv").write_text("\n".join([*rows[:50], ",".join(cells), *rows[51:]]) + "\n")
    (tmp_path / "data.png").unlink()
    missing, changed = sorted(check(bank, tmp_path), key=len)
    assert missing == "data.png: it is missing; regenerate it"
    assert changed.startswith("starts.csv, column as dated: ") and ": deposits (USD bn): line 51 holds" in changed


@pytest.mark.parametrize("stored, count", [("a,b\n1,2\n3,4\n", 0), ("a,b\n1.000001,2\n3,4\n", 0), ("a,b\n1.00001,2\n3,4.1\n", 2),
                                           ("a,c\n1,2\n3,4\n", 1), ("a,b\n1,2\n", 1), ("a,b\nx,2\n3,4\n", 1), ("", 1), ("a,b\n1,\n3,4\n", 1)])
def test_tables_are_compared_relative_to_the_range_of_each_column(stored, count):
    assert len(differences("t.csv", stored, "a,b\n1,2\n3,4\n")) == count


def test_columns_of_a_table_may_differ_in_length_and_lack_values():
    assert table_text({"a": np.array([1.0, np.nan, -0.0]), "b": ["x", None], "c": [3]}) == "a,b,c\n1,x,3\n,,\n0,,\n"


def test_an_unknown_figure_is_named_with_the_nearest(bank, tmp_path):
    with pytest.raises(InputError, match="did you mean 'starts'"):
        regenerate(bank, tmp_path, only="start")
    told = []
    regenerate(bank, tmp_path, only="stock_and_flow", progress=lambda *step: told.append(step))
    assert told == [(0, 1, "stock_and_flow")]


def test_a_figure_function_that_returns_no_table_is_refused(bank, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "__init__.py").write_text(BANK.lstrip())
    (own / "figures.py").write_text("FIGURES = {'bad': lambda context: 3}\n")
    with pytest.raises(InputError, match="figure 'bad': it returned int; return"):
        regenerate(own, tmp_path / "out", only="bad")
    (own / "figures.py").write_text("X = 1\n")
    with pytest.raises(InputError, match="it defines no FIGURES"):
        available(own)


def test_labels_carry_the_unit_of_each_quantity(bank):
    context = Context(bank)
    figure, table = later_starts([context.run("crisis", shift) for shift in (0, 8)], ["deposits", "withdrawals", "fear"])
    assert {"deposits (USD bn)", "withdrawals (USD bn/day)", "fear"} <= set(texts(figure))
    joined = [" ".join(text.split()) for text in texts(figure)]
    assert all(any(text.startswith(head) for text in joined) for head in ("+8 days: ", "as dated: ")), "shift and outcome"
    assert any(name.startswith("+8 days: ") and name.endswith(": withdrawals (USD bn/day)") for name in table) and any(name.startswith("as dated: ") and name.endswith(": date") for name in table)
    assert any(text.startswith("2020-03-") for text in texts(figure))


def test_rescue_and_collapse_are_labelled_and_coloured_by_their_outcome(bank):
    context = Context(bank)
    figure, _ = rescue_against_collapse(context.run("crisis"), context.run("crisis", 8), ["deposits"])
    assert {"rescued, as dated", "collapsed, +8 days", "lender of last resort"} <= set(texts(figure))
    assert [line.get_color() for line in figure.axes[0].get_lines()[:2]] == ["#0072B2", "#D55E00"]


def test_the_same_call_for_a_run_is_computed_once(bank):
    context = Context(bank)
    assert context.run("crisis", 1) is context.run("crisis", 1.0)
    assert context.data("deposits.csv", "deposits", "crisis") == ([2.0, 7.0], [95.0, 80.0])


def test_stocks_named_by_the_outcomes_come_first(bank):
    assert decisive_stocks(Context(bank).model) == ["deposits", "fear", "cash_of_households"]


def test_a_comparison_needs_no_file_of_a_model(tmp_path):
    people = Stock("people", 100, "person")
    model = Model("town", [Flow("births", source=CLOUD, sink=people, rate=Parameter("fertility", 0.01, "1/year") * people)],
                  span=(2000, 2100), time_unit="year")
    runs = [simulate(model, Case("few")), simulate(model, Case("many"), set={"fertility": 0.02})]
    names = [path.name for path in for_comparison(model, runs, tmp_path)]
    assert names == ["comparison.svg", "comparison.png", "comparison.csv"]
    assert (tmp_path / "comparison.csv").read_text().startswith("few: time (year),few: people (person),many: time (year)")
    figure, _ = paths(runs, ["people"])
    assert "time (year)" in texts(figure)
    assert sorted(available(model)) == ["paths", "stock_and_flow"]


def test_the_style_in_force_before_comes_back():
    before = dict(matplotlib.rcParams)
    with styled():
        assert matplotlib.rcParams["text.parse_math"] is False
    assert dict(matplotlib.rcParams) == before


def large_model() -> Model:
    """Return a model of 30 stocks: a hub with 8 flows, a tangle, a chain, and small components."""
    speed = Parameter("speed", 0.1, "1/day")
    stocks = [Stock(f"stock_with_a_longer_name_{number}", 10.0, "USD bn") for number in range(30)]
    joins = [(0, number) for number in range(1, 6)] + [(6, 0), (7, 0), (1, 0), (1, 2), (2, 6), (7, 3), (None, 0), (0, None), (4, None)]
    joins += [(8, number) for number in range(9, 16)] + [(9, 10), (9, 15), (15, 11), (10, 14), (13, 9), (None, 12)]
    joins += [(None, 16), (16, 17), (17, 18), (18, 19), (19, 20), (20, None)] + [(21, 22), (22, 21), (21, 22)]
    joins += [(None, number) for number in range(23, 30)] + [(number, None) for number in range(23, 28)]
    flows = [Flow(f"flow_with_name_{number}", source=CLOUD if a is None else stocks[a], sink=CLOUD if b is None else stocks[b],
                  rate=speed * stocks[b if a is None else a], reversible=number % 7 == 0) for number, (a, b) in enumerate(joins)]
    return Model("large", flows, span=(0, 10))


def overlapping(boxes: list[tuple[float, float, float, float]]) -> list:
    return [(one, other) for one, other in itertools.combinations(boxes, 2)
            if min(one[2], other[2]) - max(one[0], other[0]) > 1 and min(one[3], other[3]) - max(one[1], other[1]) > 1]


def test_no_text_overlaps_another_or_a_foreign_box_in_a_diagram_of_thirty_stocks(tmp_path):
    model = large_model()
    figure = stock_and_flow(model)
    renderer = figure.canvas.get_renderer()
    words = [text.get_window_extent(renderer).extents for text in figure.axes[0].texts]
    boxes = [patch.get_window_extent(renderer).extents for patch in figure.axes[0].patches if isinstance(patch, matplotlib.patches.Rectangle)]
    assert len(boxes) == len(model.stocks) == 30
    assert not overlapping([tuple(box) for box in words])
    assert not overlapping([tuple(box) for box in boxes])
    for word in words:  # a text lies inside one box or outside all
        assert all(not overlapping([tuple(word), tuple(box)]) or (box[0] <= word[0] and word[2] <= box[2]) for box in boxes)
    width, height = figure.get_size_inches() * figure.dpi
    assert all(word[0] > 0 and word[1] > 0 and word[2] < width and word[3] < height for word in words)
    assert figure.get_figwidth() < 9.5
    save(figure, stock_and_flow_table(model), tmp_path, "large")


def test_every_flow_is_named_once_and_every_pipe_ends_at_the_stocks_it_joins():
    model = large_model()
    joined = bundles(model.flows)
    assert sorted(flow.name for bundle in joined for flow in bundle.flows) == sorted(flow.name for flow in model.flows)
    groups = components(model.stocks, joined)
    assert [len(group) for group in groups[:4]] == [8, 8, 5, 2]
    for group in groups:
        drawing = component(group, joined)
        own = [bundle for bundle in joined if bundle.first in group]
        assert len(drawing.pipes) == len(own)
        for pipe in drawing.pipes:
            assert "full" in pipe.heads
            for x, y in (pipe.points[0], pipe.points[-1]):
                assert any(abs(abs(x - place.x) - place.width / 2) < 1e-9 and abs(y - place.y) <= place.height / 2 for place in drawing.places)
            assert all(a == c or b == d for (a, b), (c, d) in itertools.pairwise(pipe.points))


def test_the_table_of_the_diagram_holds_source_sink_name_and_rate(bank):
    table = stock_and_flow_table(Context(bank).model)
    rows = set(zip(*table.values(), strict=True))
    assert ("fear", "CLOUD", "forgetting", "calming*fear") in rows and len(rows) == 4


def test_end_labels_are_spread_without_overlap_and_stay_near():
    placed = spread([5.0, 5.0, 5.5, 40.0], [4, 4, 4, 4], 0, 50)
    assert np.all(np.diff(np.array(placed)[[0, 1, 2]]) >= 4 - 1e-9) and placed[3] == 40.0
    assert spread([-10.0, 60.0], [4, 4], 0, 50) == [2, 48]
    assert rows_without_overlap([(0, 5), (3, 8), (6, 9)]) == [0, 1, 0]


def test_labels_of_lines_that_end_together_do_not_overlap():
    with styled():
        figure, (axes,) = panels(1, labels=1.0)
        for index in range(8):
            axes.plot([0, 10], [0, 1 + index / 1000])
        panel(axes, "together (1)")
        dated_axis(axes, Case("plain"), 0, 10, time_unit="day")
        settle(axes)
        policy_lines(axes, [(2.0, "first_policy"), (2.5, "second_policy"), (9.9, "last_policy")])
        end_labels(axes, [(10, 1 + index / 1000, f"run {index}", "black") for index in range(8)])
    renderer = figure.canvas.get_renderer()
    figure.draw_without_rendering()
    boxes = [tuple(matplotlib.text.Text.get_window_extent(text, renderer).extents) for text in axes.texts]
    assert len(boxes) == 12 and not overlapping(boxes)


@pytest.mark.parametrize("days", [1, 2, 8, 20, 60, 120, 500, 1500])
def test_dated_axes_have_a_few_iso_dates_in_order_that_do_not_overlap(days):
    with styled():
        figure, axes = panels(2)
        dated_axis(axes[0], Case("dated", origin=date(2020, 3, 9)), 0, days)
    figure.draw_without_rendering()
    ticks = [tick for tick in axes[0].get_xticklabels() if tick.get_text()]
    times = axes[0].get_xticks()
    assert 1 < len(ticks) <= 5 and np.all(np.diff(times) > 0) and times[0] >= 0 and times[-1] <= days
    assert not overlapping([tuple(tick.get_window_extent().extents) for tick in ticks])


def test_a_constant_gets_room_instead_of_noise():
    with styled():
        _, (axes,) = panels(1)
        axes.plot([0, 1], [1e6, 1e6 * (1 + 1e-12)])
        settle(axes)
    low, high = axes.get_ylim()
    assert low < 0.95e6 and high > 1.05e6


def test_words_are_said_wrapped_and_counted():
    assert wrapped("central_bank_purchases", 1.0, 7.0) == ("central bank", "purchases")
    assert wrapped("population[young, region1]", 0.8, 7.0) == ("population", "[young,", "region1]")
    assert all(text_width(line, 7.0) <= 0.6 for line in wrapped("superrecapitalisation_of", 0.6, 7.0))
    assert [shift_label(shift, "day") for shift in (0, 1, -0.5)] == ["as dated", "+1 day", "−0.5 days"]
    model = large_model()
    assert label(model, "flow_with_name_0") == "flow with name 0 (USD bn/day)"
