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

from sd_basis import CLOUD, Flow, Model, Parameter, Stock, load
from sd_basis.figures import diagram, stock_and_flow
from sd_basis.figures.diagram import laid_out
from sd_basis.figures.layout import Drawing
from sd_basis.figures.measures import crossings

README, SMALLEST = 900, 6.5  # pixels a figure is shown wide, and the points (of 96/72 pixels) of its smallest text
MOST_CROSSINGS = {"dense_1": 24, "dense_2": 22, "dense_3": 24}  # of pipes, with 30 stocks and 55 flows; 60 to 110 around a hub
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
    found = [f"{len(boxes)} boxes of {len(model.stocks)} stocks"] if len(boxes) != len(model.stocks) else []
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
    assert drawn(kind)[3] < 3.0
