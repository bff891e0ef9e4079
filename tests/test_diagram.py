"""Claims about the stock-and-flow diagram: whatever the model, nothing overlaps, nothing is too small, few pipes cross."""

import itertools
import subprocess
import sys
import time
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import wide

from sd_basis import CLOUD, Auxiliary, Family, Flow, Model, Parameter, Stock, load
from sd_basis.accounts import Matrix
from sd_basis.figures import diagram, save, stock_and_flow, stock_and_flow_table
from sd_basis.figures.diagram import WIDEST, informing, laid_out
from sd_basis.figures.gathering import gathered, gathered_rows
from sd_basis.figures.layout import Drawing, Pipe
from sd_basis.figures.measures import bends, crossings, length
from sd_basis.figures.placing import arranged_on_grid

SLOWEST = 6.0  # seconds of a processor that others use too; alone it takes less than half of that
README, SMALLEST = 900, 6.5  # pixels a figure is shown wide, and the points (of 96/72 pixels) of its smallest text
MOST_CROSSINGS = {"dense_1": 15, "dense_2": 15, "treasury_basis": 6}  # of pipes, with 30 stocks and 55 flows; 106 and 84 of them around a hub
MODELS = {**wide.KINDS, **{name: lambda name=name: load(name) for name in ("treasury_basis", "repo_loan", "savings")}}


@pytest.fixture(scope="module")
def drawn():
    """Draw each model once: the model, where all stands, the figure, and the processor time in seconds."""
    kept = {}

    def draw(kind: str):
        if kind not in kept:
            model = MODELS[kind]()
            laid: list[Drawing] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(diagram, "laid_out", lambda model: laid.append(laid_out(model)) or laid[0])
                start = time.process_time()
                figure = stock_and_flow(model)
                took = time.process_time() - start
            kept[kind] = model, laid[0], figure, took
        return kept[kind]
    return draw


def rectangles(figure) -> tuple[list, list, list]:
    """Return the rectangles (left, bottom, right, top) of texts, stocks and stretches of pipe in inches."""
    axes, renderer = figure.axes[0], figure.canvas.get_renderer()
    scale = figure.dpi
    texts = [tuple(text.get_window_extent(renderer).extents / scale) for text in axes.texts]
    boxes = [tuple(patch.get_window_extent(renderer).extents / scale) for patch in axes.patches if isinstance(patch, matplotlib.patches.Rectangle)]
    pipes = []
    for line in axes.lines[::2]:  # a pipe is two lines, one upon the other
        ends = axes.transData.transform(np.column_stack(line.get_data())) / scale
        half = line.get_linewidth() / 72 / 2
        pipes.append([(min(a, c) - half * (a == c), min(b, d) - half * (b == d), max(a, c) + half * (a == c), max(b, d) + half * (b == d))
                      for (a, b), (c, d) in itertools.pairwise(ends)])
    return texts, boxes, pipes


def overlap(one, other, by: float = 0.004) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > by and min(one[3], other[3]) - max(one[1], other[1]) > by


def faults(model: Model, figure) -> list[str]:
    """Return what overlaps something it does not belong to."""
    texts, boxes, pipes = rectangles(figure)
    count = len(gathered(model)[0] if len(model.stocks) > 40 else model.stocks)
    found = [f"{len(boxes)} boxes of {count} stocks"] if len(boxes) != count else []
    found += [f"boxes {one} {other}" for one, other in itertools.combinations(boxes, 2) if overlap(one, other)]
    # lines of one label share the room of their accents and tails
    found += [f"texts {one} {other}" for one, other in itertools.combinations(texts, 2) if overlap(one, other, by=0.014)]
    found += [f"text {text} on box {box}" for text in texts for box in boxes
              if overlap(text, box) and not (box[0] <= text[0] and text[2] <= box[2] and box[1] <= text[1] and text[3] <= box[3])]
    found += [f"pipe {stretch} on {other}" for stretch in itertools.chain(*pipes) for other in (*boxes, *texts) if overlap(stretch, other)]
    width, height = figure.get_size_inches()
    return found + [f"text {text} off the page" for text in texts if not (0 < text[0] < text[2] < width and 0 < text[1] < text[3] < height)]


def shown_size(figure) -> float:
    """Return the points of the smallest text where the figure is shown as wide as a README, or as wide as it is if that is less."""
    pixels = min(README, figure.get_figwidth() * figure.dpi)
    return min(text.get_size() for text in figure.axes[0].texts) / 72 * pixels / figure.get_figwidth() * 72 / 96


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_overlaps_what_it_does_not_belong_to(kind, drawn):
    model, _, figure, _ = drawn(kind)
    assert not faults(model, figure)


@pytest.mark.parametrize("kind", MODELS)
def test_every_text_is_large_enough_in_a_readme(kind, drawn):
    assert shown_size(drawn(kind)[2]) >= SMALLEST


@pytest.mark.parametrize("kind", MODELS)
def test_few_pipes_cross_and_none_without_need(kind, drawn):
    assert crossings(drawn(kind)[1]) <= MOST_CROSSINGS.get(kind, 0)


@pytest.mark.parametrize("kind", MODELS)
def test_thirty_stocks_are_drawn_in_seconds(kind, drawn):
    model, *_, took = drawn(kind)
    assert took < SLOWEST * max(1, len(model.stocks) / 30)


@pytest.mark.parametrize("kind", MODELS)
def test_no_page_is_wider_than_its_text_allows(kind, drawn):
    assert drawn(kind)[2].get_figwidth() <= WIDEST


def test_a_diagram_is_laid_out_the_same_in_another_process_with_another_hash_seed(drawn):
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import wide; from sd_basis.figures.diagram import laid_out; "
            "print(laid_out(wide.families()))")
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code, str(root / "tests")], check=True, cwd=root, capture_output=True, text=True,
                          env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(root), "HOME": str(Path.home())})
    assert done.stdout.strip() == str(drawn("families")[1])


def test_a_diagram_drawn_twice_has_the_same_bytes(tmp_path, drawn):
    model, _, figure, _ = drawn("families")
    for folder, shown in ((tmp_path / "one", figure), (tmp_path / "two", stock_and_flow(model))):
        save(shown, stock_and_flow_table(model), folder, "diagram")
    for suffix in ("svg", "png", "csv"):
        assert (tmp_path / "one" / f"diagram.{suffix}").read_bytes() == (tmp_path / "two" / f"diagram.{suffix}").read_bytes()


def places(drawing: Drawing) -> dict[str, tuple[float, float]]:
    return {place.stock.name: (place.x, place.y) for place in drawing.places if place.stock is not None}


def test_a_long_chain_is_folded_into_rows_without_a_bend(drawn):
    model, drawing, _, _ = drawn("supply_chain")
    assert bends(drawing) == crossings(drawing) == 0
    at = places(drawing)
    assert 4 <= len({round(y, 3) for _, y in at.values()}) <= 8


def test_cohorts_of_an_ageing_chain_stand_in_rows_and_columns(drawn):
    at = places(drawn("ageing_chain")[1])
    assert len({round(x, 3) for x, _ in at.values()}) == 5 and len({round(y, 3) for _, y in at.values()}) == 6
    assert bends(drawn("ageing_chain")[1]) == 0


def test_members_of_a_family_stand_side_by_side_whether_flows_join_them_or_not(drawn):
    at = places(drawn("families")[1])
    for family in ("holdings", "lent"):
        row = [at[f"{family}[{tenor}]"] for tenor in ("2y", "5y", "10y", "30y")]
        assert len({round(y, 3) for _, y in row}) == 1
        xs = [x for x, _ in row]
        assert xs in (sorted(xs), sorted(xs, reverse=True))
    quotes = [place for name, place in at.items() if name.startswith("quote")]
    (left, right), (bottom, top) = ((min(side), max(side)) for side in zip(*quotes, strict=True))
    assert [name for name, (x, y) in at.items() if left <= x <= right and bottom <= y <= top] == [f"quote[{tenor}]" for tenor in ("2y", "5y", "10y", "30y")]


def test_a_family_gathers_into_one_stock_and_one_flow_and_moves_between_members_vanish():
    age = Family("age", ("young", "old"))
    people, pace = Stock("people", {"young": 5.0, "old": 3.0}, "person", over=age), Parameter("pace", 0.1, "1/day")
    flows = [*Flow("deaths", source=people, sink=CLOUD, rate=pace * people), Flow("growing", source=people["young"], sink=people["old"], rate=pace)]
    stocks, joined = gathered(Model("town", flows, span=(0, 1)))
    assert [stock.name for stock in stocks] == ["people"] and [flow.name for flow in joined] == ["deaths"]


def test_the_rows_of_a_family_are_one_row_with_their_sum_and_rows_of_nothing_are_left_out():
    rows = ("sale[a]", "sale[a]_payment", "sale[b]", "sale[b]_payment", "tax")
    labels = ("sale[a]: goods", "  payment: cash", "sale[b]: goods", "  payment: cash", "tax")
    made = gathered_rows(Matrix("m", "m", rows, ("x", "y"), ((1.0, None), (-1.0, 1.0), (2.0, None), (None, 3.0), (0.0, None)), labels=labels))
    assert made.rows == ("sale", "sale_payment") and made.labels == ("sale: goods", "  payment: cash")
    assert made.entries == ((3.0, None), (-1.0, 4.0))


def test_up_to_three_flows_of_a_stock_share_a_pipe_to_a_cloud_and_more_have_one_each(drawn):
    pipes = drawn("drained")[1].pipes
    assert sum(len(pipe.flows) == 1 and pipe.flows[0].name.startswith("use_by_farm") for pipe in pipes) == 12
    assert [len(pipe.flows) for pipe in drawn("savings")[1].pipes] == [2]


def test_one_stock_with_many_clouds_has_them_on_both_sides():
    store, pace = Stock("store", 10.0, "litre"), Parameter("pace", 0.1, "1/day")
    model = Model("store", [Flow(f"use_{number}", source=store, sink=CLOUD, rate=pace * store) for number in range(12)], span=(0, 1))
    drawing = laid_out(model)
    clouds = [place.x - places(drawing)["store"][0] for place in drawing.places if place.stock is None]
    assert len(clouds) == 12 and min(map(clouds.count, set(clouds))) >= 4
    assert not faults(model, stock_and_flow(model))


def test_labels_say_the_direction_their_pipe_runs_in():
    one, other, pace = Stock("one", 1.0, "litre"), Stock("other", 1.0, "litre"), Parameter("pace", 0.1, "1/day")
    more = [Stock(f"more_{number}", 1.0, "litre") for number in range(3)]
    flows = [Flow("there", source=one, sink=other, rate=pace * one), Flow("back", source=other, sink=one, rate=pace * other)]
    flows += [Flow(f"round_{number}", source=a, sink=b, rate=pace * a) for number, (a, b) in enumerate(itertools.pairwise([other, *more, one]))]
    drawing = laid_out(Model("ring", flows, span=(0, 1)))
    (xa, ya), (xb, yb) = places(drawing)["one"], places(drawing)["other"]
    arrow = next(line for pipe in drawing.pipes for line in pipe.label if "there" in line)[0]
    assert arrow == (("→" if xb > xa else "←") if abs(xb - xa) > abs(yb - ya) else ("↑" if yb > ya else "↓"))


def test_information_links_are_thin_dashed_lines_from_the_stocks_a_rate_depends_on():
    prey, hunters = Stock("prey", 10.0, "animal"), Stock("hunters", 2.0, "person")
    rate = Auxiliary("kill_rate", Parameter("luck", 0.1, "animal/day/person") * hunters, "animal/day")
    model = Model("hunt", [Flow("killing", source=prey, sink=CLOUD, rate=rate),
                           Flow("tiring", source=hunters, sink=CLOUD, rate=Parameter("pace", 0.1, "1/day") * hunters)], span=(0, 1))
    links = [patch for patch in stock_and_flow(model, links=True).axes[0].patches if isinstance(patch, matplotlib.patches.FancyArrowPatch)]
    assert len(links) == 1 and links[0].get_linestyle() != "-" and links[0].get_linewidth() < 1
    assert informing(model.flows[0]) == {hunters}
    assert not [patch for patch in stock_and_flow(model).axes[0].patches if isinstance(patch, matplotlib.patches.FancyArrowPatch)]


def test_the_measures_of_this_file_find_a_planted_overlap_and_a_small_text(drawn):
    model = MODELS["savings"]()
    figure = stock_and_flow(model)
    assert not faults(model, figure)
    text = figure.axes[0].texts[-1]
    text.set_position((text.get_position()[0] + 0.5, text.get_position()[1]))
    assert any(fault.startswith("text") for fault in faults(model, figure))
    figure.set_figwidth(20.0)
    assert shown_size(figure) < SMALLEST


def test_crossings_are_counted_and_touching_pipes_do_not_cross():
    def pipe(*points):
        return Pipe((), points, points[0], ("",), ("", ""))

    across, down, beside = pipe((0, 0), (4, 0)), pipe((1, -1), (1, 1), (3, 1), (3, -1)), pipe((2, 0), (2, 2))
    drawing = Drawing((), (across, down, beside), (0, 0, 4, 2))
    assert crossings(drawing) == 3 and bends(drawing) == 2 and length(drawing) == 12


def test_stocks_of_a_lattice_of_flows_find_their_places_in_it():
    weights = np.zeros((12, 12))
    for number in range(12):
        for other in ([number + 1] if number % 4 < 3 else []) + ([number + 4] if number < 8 else []):
            weights[number, other] = weights[other, number] = 1.0
    shuffled = [7, 2, 9, 0, 11, 4, 5, 10, 1, 8, 3, 6]
    cost, places = arranged_on_grid(weights[np.ix_(shuffled, shuffled)], [range(12)], 3, 4)
    assert cost == 9 * 20 + 8 * 23 and len(set(places)) == 12
