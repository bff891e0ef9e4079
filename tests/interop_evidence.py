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
REPEATS = 15
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


def best(run):
    """Return the median time of a run in milliseconds, and what it returns."""
    found = run()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return 1e3 * float(np.median(seconds)), found


def ours(model, **settings):
    """Run by Euler and compute every column."""
    run = simulate(model, method="Euler", **settings)
    for quantity in (*model.stocks, *model.computed):
        run[quantity.name]
    return run


def row(name, theirs, model, end=None, step=None):
    """Return a row: milliseconds of PySD and here, their ratio and the steps, and the largest difference of a stock relative to its scale."""
    span = None if end is None else (model.span[0], end)
    there, table = best(lambda: theirs.run(**({} if end is None else {"final_time": end})))
    own = {"FINAL TIME": end} if end is not None and "FINAL TIME" in [item.name for item in model.parameters] else {}
    here, run = best(lambda: ours(model, span=span, step=step, set=own))
    apart = 0.0
    at = simulate(model, method="Euler", span=span, step=step, set=own, at=list(table.index))
    for stock in model.stocks:
        if stock.name in table.columns:
            wanted = np.asarray(table[stock.name], float)
            apart = max(apart, float(np.max(np.abs(wanted - at[stock.name])) / max(np.max(np.abs(wanted)), 1e-300)))
    return name, len(model.stocks), run.solver["steps"], there, here, there / here, apart


def text(rows):
    """Return rows as a table with the median of the ratios."""
    lines = ["| model | stocks | steps | PySD, ms | sd_basis, ms | ratio | largest difference |", "|---|---|---|---|---|---|---|"]
    for name, stocks, steps, there, here, ratio, apart in rows:
        lines.append(f"| {name} | {stocks} | {steps} | {there:.2f} | {here:.2f} | {ratio:.1f} | {apart:.0e} |")
    return "\n".join([*lines, f"| **median** | | | | | **{np.median([line[5] for line in rows]):.1f}** | |"])


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
    every = np.median([line[5] for line in (*short, *large)])
    DOCUMENT.write_text(f"""# Euler beside PySD

Written by `python tests/interop_evidence.py`: medians of {REPEATS} runs after loading and one run unmeasured; PySD {pysd.__version__},
Python {platform.python_version()}, one core of a machine shared with other work, on which ratios vary by a third. A run here includes
finding the case, the schedule and every column; a run of PySD its table of every column. The largest difference is that of any stock,
relative to its largest value.

Asked was a median ratio of {ASKED} over the conformance models and a large one; found are **{every:.1f}** with the models as they are,
**{np.median([line[5] for line in (*long, *large)]):.1f}** over {STEPS} steps. The conformance models take ten steps or a hundred, so that a
run of them is what surrounds the steps: a fifth of a millisecond here, two in PySD. Where steps count they are one generated function.

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
