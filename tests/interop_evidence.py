"""Times Euler's method here beside PySD's, on the conformance models and on large ones: `python tests/interop_evidence.py` writes docs/evidence/interop.md.

Not part of the suite. Loading is not timed: both have compiled their code, and the first run of each is left out. A run of
PySD gives a table of all columns; a run here is followed by computing every column.
"""

import platform
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from sd_basis import CLOUD, Auxiliary, Flow, Model, Parameter, Stock, import_model, simulate
from sd_basis.case import Case
from sd_basis.exporting import outlined, to_xmile

warnings.simplefilter("ignore")  # PySD's own
import pysd  # noqa: E402

SUITE = Path(__file__).parent / "data" / "conformance"
DOCUMENT = Path(__file__).parents[1] / "docs" / "evidence" / "interop.md"
FILES = sorted(path for path in SUITE.glob("*/*") if path.suffix.lower() == ".mdl" and path.parent.name != "control_vars")
REPEATS, TURNS, LONG = 15, 3, 0.2  # of a pair of runs longer than that, in seconds, there is one a turn
STEPS = 1000
ASKED = 20


def town(size):
    """Return a model of many stocks in a ring, each with a flow, two auxiliaries and a parameter."""
    stocks = [Stock(f"level {number}", 10.0 + number % 7) for number in range(size)]
    flows, pressures = [], []
    for number, stock in enumerate(stocks):
        following = stocks[(number + 1) % size]
        pace = Parameter(f"pace {number}", 0.01 + 0.001 * (number % 11))
        gap = Auxiliary(f"gap {number}", stock - following)
        pressures.append(Auxiliary(f"pressure {number}", gap * pace / (1 + stock / 20)))
        flows.append(Flow(f"move {number}", source=stock, sink=following, rate=pressures[-1] + pace * stock, reversible=True))
    flows.append(Flow("rain", source=CLOUD, sink=stocks[0], rate=Parameter("supply", 0.5)))
    return Model("ring", flows, span=(0, 100), time_unit="day")


def beside(*runs):
    """Return the median time of each run in milliseconds, many in a row and alternating with the others, and what each returned."""
    found = [run() for run in runs]
    began = time.perf_counter()
    for run in runs:
        run()
    repeats = REPEATS if time.perf_counter() - began < LONG else 1
    in_a_row = [[] for _ in runs]
    for _ in range(TURNS):  # so that a slow minute of the machine falls on all
        for own, run in zip(in_a_row, runs, strict=True):
            own += [timed(run) for _ in range(repeats)]
    alternating = [[timed(run) for run in runs] for _ in range(repeats * TURNS)]
    return [float(np.median(own)) for own in in_a_row], np.median(alternating, axis=0), found


def timed(run):
    """Return the milliseconds that a run takes."""
    began = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - began)


def ours(model, **settings):
    """Run by Euler and compute every column."""
    run = simulate(model, method="Euler", **settings)
    for quantity in (*model.stocks, *model.computed):
        run[quantity.name]
    return run


def row(name, theirs, model, end=None, step=None):
    """Return a row: stocks, steps, milliseconds of PySD and here, their ratio, that of alternating runs, the largest difference of a stock relative to its scale."""
    span = None if end is None else (model.span[0], end)
    own = {"FINAL TIME": end} if end is not None and "FINAL TIME" in [item.name for item in model.parameters] else {}
    (there, here), alternating, (table, run) = beside(lambda: theirs.run(**({} if end is None else {"final_time": end})),
                                                      lambda: ours(model, span=span, step=step, set=own))
    apart = 0.0
    at = simulate(model, method="Euler", span=span, step=step, set=own, at=list(table.index))
    for stock in model.stocks:
        if stock.name in table.columns:
            wanted = np.asarray(table[stock.name], float)
            apart = max(apart, float(np.max(np.abs(wanted - at[stock.name])) / max(np.max(np.abs(wanted)), 1e-300)))
    return name, len(model.stocks), run.solver["steps"], there, here, there / here, alternating[0] / alternating[1], apart


def text(rows):
    """Return rows as a table with the median of the ratios."""
    lines = ["| model | stocks | steps | PySD, ms | sd_basis, ms | ratio | alternating | largest difference |", "|---|---|---|---|---|---|---|---|"]
    for name, stocks, steps, there, here, ratio, alternating, apart in rows:
        lines.append(f"| {name} | {stocks} | {steps} | {there:.2f} | {here:.2f} | {ratio:.1f} | {alternating:.1f} | {apart:.0e} |")
    return "\n".join([*lines, f"| **median** | | | | | **{middle(rows):.1f}** | **{middle(rows, 6):.1f}** | |"])


def middle(rows, column=5):
    """Return the median of the ratios of rows, or of another column."""
    return np.median([row[column] for row in rows])


def main():
    short, long, large = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for path in FILES:
            copy = Path(folder) / f"{path.parent.name}_{path.stem}.mdl"
            shutil.copy(path, copy)
            theirs, model = pysd.read_vensim(str(copy)), import_model(path)
            name = f"`{path.parent.name}/{path.name}`"
            short.append(row(name, theirs, model))
            step = model.step if isinstance(model.step, float) else model.step.value
            try:
                long.append(row(name, theirs, model, model.span[0] + STEPS * step))
            except Exception as error:  # a model that was written for its own span may end beyond it
                print(name, "not over more steps:", str(error)[:100])
            print(*short[-1], long[-1][4:6], flush=True)
        for size in (30, 300):
            model = town(size)
            copy = Path(folder) / f"ring_{size}.xmile"
            copy.write_text(to_xmile(outlined(model, Case("default"), step=0.125)), encoding="utf-8")
            large.append(row(f"ring of {size}", pysd.read_xmile(str(copy)), model, 100.0, 0.125))
            print(*large[-1], flush=True)
    DOCUMENT.write_text(f"""# Euler beside PySD

Written by `python tests/interop_evidence.py`, after loading and runs unmeasured: medians of {TURNS} turns of {REPEATS} runs in a row each
here and there, of one run where that is long. PySD {pysd.__version__}, Python {platform.python_version()}, one core of a machine shared with
other work, on which ratios vary by a third. A run here includes finding the case, the schedule and every column; a run of PySD its table of
every column. Under "alternating" runs here and there take turns singly, so that each finds the processor's caches as the other tool
left them: what a run costs between other work, a small one twice as much. The largest difference is that of any stock, relative to its
largest value.

Asked was a median ratio of {ASKED} over the conformance models and a large one. Found are **{middle([*short, *large]):.1f}** with the models as they
are, and **{middle([*long, *large]):.1f}** over {STEPS} steps; alternating, {middle([*short, *large], 6):.1f} and {middle([*long, *large], 6):.1f}. Most conformance
models take one to fifty steps, so that a run of them is what surrounds the steps: a tenth of a millisecond here, two in PySD. Where
steps count they are one generated function.

## The conformance models as they are

{text(short)}

## The same over {STEPS} steps

{text(long)}

## Large models

A ring of stocks with two auxiliaries, a flow and a parameter each, exported to XMILE and read by PySD.

{text(large)}
""", encoding="utf-8")


if __name__ == "__main__":
    main()
