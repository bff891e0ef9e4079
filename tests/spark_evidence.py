"""Slower evidence on sparks and triggered rescues of the flagship, written by `python tests/spark_evidence.py [sparks|reactions|rests ...]`.

The smallest shock that kills by leverage and size, the critical curve through threshold and reaction delay, and the states of rest of the fast stocks.
The results are kept in the model's folder `results`, from which its figures are drawn.
"""

import json
import math
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]  # run from anywhere, installed or not

import numpy as np  # noqa: E402

from sd_basis import load, simulate  # noqa: E402
from sd_basis.continuation.equilibria import continue_equilibria  # noqa: E402
from sd_basis.continuation.folding import continue_folds  # noqa: E402
from sd_basis.errors import NumericalFailure  # noqa: E402
from sd_basis.library import locate  # noqa: E402
from sd_basis.manifest import digest  # noqa: E402
from sd_basis.storage import write_atomic  # noqa: E402
from sd_basis.transition.curve import critical_curve  # noqa: E402
from sd_basis.transition.scene import Scene  # noqa: E402

SETS = ("supercritical", "subcritical")
GROUPS = ("market", "funds")
SPARKS = {"no-rescue": (200.0, 300.0, 450.0, 700.0, 1000.0, 1400.0, 2000.0), "spark": (500.0, 800.0, 1100.0, 1400.0, 1800.0, 2200.0)}
LEVERAGES = {"no-rescue": (15.0, 20.0, 28.0, 40.0, 55.0, 70.0, 85.0), "spark": (20.0, 28.0, 40.0, 55.0, 75.0, 100.0, 130.0)}
SMALLEST, LARGEST, STEP = 1 / 64, 4.0, math.sqrt(2)  # of March 2020's shock
CLOSE = 1.005  # the ratio of the bracket
TRIGGERS = {"price_reaction": ("seen_dislocation", 5.0, 80.0), "reaction": ("orders_that_alarm", 2.0, 20.0)}
LONGEST = {"market": 80.0, "funds": 15.0}  # days of reaction delay looked at
FAST = ("perceived_volatility", "margin_rate", "dealer_balance_sheet_capacity", "cash_discount", "futures_discount", "swap_discount")
HELD = ((0.0, 0.0), (13.0, 0.0), (14.0, 0.0), (15.0, 0.0), (16.0, 0.0), (17.0, 0.0), (15.0, 0.8))  # days, and volatility that news adds
STEP_OF_RESTS = 0.04  # the longest; smaller where two folds lie close, or could
STEEP = {("supercritical", 13.0): 0.008, ("supercritical", 16.0): 0.008, ("supercritical", 17.0): 0.008,
         ("subcritical", 13.0): 0.008, ("subcritical", 14.0): 0.002}
CAPACITY = (0.7, 1.3)
WIDE = 0.01  # of capacity between two folds, from which they are followed
BEYOND = {"price_impact": (0.5, 3.0), "news_volatility": (0.0, 2.0)}
RESULTS = locate("treasury_basis") / "results"


def buffer_at(model, case, leverage):
    """Return the calm buffer at which a case's funds hold so many bonds per dollar of capital in calm, haircut and margin as they are."""
    known = {**model.values, **load("treasury_basis", case).case.values}
    value = {name: float(known.get(name, model.quantity(name).value)) for name in ("calm_haircut", "calm_margin")}
    return 1 / leverage - value["calm_haircut"] - value["calm_margin"]


def ends(model, case, given):
    """Return the outcome of each group, "failed" where the run broke off undecided."""
    try:
        run = simulate(model, case, set=given)
    except NumericalFailure as failure:
        run = failure.run
    return {group: run.outcomes[group].code for group in GROUPS}


def smallest(model, case, given):
    """Return the smallest shock that kills, for each group: the first met upwards in steps of the root of two, bisected; none up to four times."""
    seen = {}

    def kills(scale, group):
        if scale not in seen:
            seen[scale] = ends(model, case, {**given, "shock_scale": scale})
        return seen[scale][group] == "collapsed"

    found = {}
    for group in GROUPS:
        low, high = 0.0, SMALLEST
        while high <= LARGEST * 1.001 and not kills(high, group):
            low, high = high, high * STEP
        if high > LARGEST * 1.001:
            found[group] = None
            continue
        while low and high > CLOSE * low:
            middle = math.sqrt(low * high)
            low, high = (low, middle) if kills(middle, group) else (middle, high)
        found[group] = high
    return found, len(seen)


def sparks(values, case):
    """Return the rows (size, leverage, smallest shock for each group) of a case without rescue."""
    model, rows = load("treasury_basis", values=values), []
    for size in SPARKS[case]:
        for leverage in LEVERAGES[case]:
            found, runs = smallest(model, case, {"basis_position": size, "calm_buffer": buffer_at(model, case, leverage)})
            rows.append({"values": values, "case": case, "size": size, "leverage": leverage, **found})
            print(json.dumps({**rows[-1], "runs": runs}), flush=True)
    return rows


def curve_of(scene, x, y, start=None):
    """Return a critical curve as plain numbers: its branches in order, where they end, and the number of runs."""
    found = critical_curve(scene, x, y, points=12, xtol=1e-4, code="collapsed", start=start, most=130)
    branches = [{"x": branch.x.tolist(), "y": branch.y.tolist(), "ends": list(branch.ends)} for branch in found.branches]
    return {"x": found.x.name, "y": found.y.name, "branches": branches, "integrations": found.integrations, "reason": found.reason}


def reactions(values):
    """Return the critical curves through the threshold of a triggered rescue and its reaction delay, without any other rescue."""
    model, found = load("treasury_basis", values=values), []
    for policy, (threshold, low, high) in TRIGGERS.items():
        for group, longest in LONGEST.items():
            scene = Scene(model, "no-rescue", outcome=group, policies=(policy,))
            own = {"values": values, "policy": policy, "group": group}
            found.append({**own, **curve_of(scene, (threshold, low, high), ("reaction_delay", 0.0, longest))})
            print(json.dumps(found[-1]), flush=True)
    return found


def rests(values, held=HELD):
    """Return the states of rest of the fast stocks over dealers' normal capacity, the others held where they are on some days without rescue."""
    model, found = load("treasury_basis", values=values), []
    run = simulate(model, "no-rescue", rtol=1e-8)
    frozen = [stock.name for stock in model.stocks if stock.name not in FAST]
    for day, news in held:
        begin = {stock.name: float(np.interp(day, run.t, run[stock.name])) for stock in model.stocks}
        common = {"initial": begin, "frozen": frozen}
        given = {"news_volatility": news}
        made = continue_equilibria(model, "capacity_scale", span=CAPACITY, set=given, longest=STEEP.get((values, day), STEP_OF_RESTS), **common)
        branches = [{"x": one.values.round(7).tolist(), "perceived_volatility": one.states["perceived_volatility"].round(6).tolist(),
                     "unstable": one.unstable.tolist(), "ends": list(one.ends)} for one in made.branches]
        folds = [{"capacity_scale": fold["capacity_scale"], "perceived_volatility": fold["perceived_volatility"], "cash_discount": fold["cash_discount"]}
                 for fold in made.folds]
        cusps = []
        if made.folds and max(fold["capacity_scale"] for fold in folds) > WIDE + min(fold["capacity_scale"] for fold in folds):
            for other, span in BEYOND.items():
                curve = continue_folds(model, ("capacity_scale", other), made.folds[0], span=(CAPACITY, span), set=given, most_steps=300, **common)
                cusps.append({"over": other, "cusps": [{"capacity_scale": cusp["capacity_scale"], other: cusp[other]} for cusp in curve.cusps],
                              "reaches": [float(np.min(curve[other])), float(np.max(curve[other]))]})
        found.append({"values": values, "day": day, "news": news, "branches": branches, "folds": folds, "cusps": cusps})
        print(json.dumps({**found[-1], "branches": [len(one["x"]) for one in branches]}), flush=True)
    return found


def kept(name, cases, rows):
    """Write what was found into the model's folder, with the digests of what it was computed from."""
    about = {f"{values}, {case}": digest(load("treasury_basis", values=values), case) for values in SETS for case in cases}
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    text = f'{{"written_by": "python tests/spark_evidence.py {name}",\n "digests": {json.dumps(about)},\n "rows": [\n  {lines}\n ]}}\n'
    write_atomic(RESULTS / f"{name}.json", text)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("sparks", "reactions", "rests"):
        if name == "sparks":  # half an hour for each value set
            kept(name, SPARKS, [row for case in SPARKS for row in sparks("supercritical", case)])
        elif name == "reactions":  # a quarter of an hour
            kept(name, ("no-rescue",), reactions("supercritical"))
        else:
            kept(name, ("no-rescue",), [row for values in SETS for row in rests(values)])
