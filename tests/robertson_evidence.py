"""The stiff system of test_sensitivities.py in forty digits: `python tests/robertson_evidence.py` computes what tests/data/robertson.json holds.

Robertson's kinetics with a dated change of a rate, an impulse and a triggered reset; derivatives of its end by parameters and
dates are differences of runs in forty digits, which take some twenty seconds each.
"""

from __future__ import annotations

import json
from pathlib import Path

import sympy
from mpmath import mp, mpf
from precise import _stepped, collocation
from stiff_problems import robertson

from sd_basis import Flow, Impulse, Model, Policy, simulate

STORED = Path(__file__).parent / "data" / "robertson.json"
STIFF_DATES = {"catalyst": 0.5, "spoon": 2.0}
STIFF_END = 40.0


def hybrid_robertson():
    """Robertson with a dated change of a rate, an impulse on a date, and a reset when A falls below 0.85."""
    plain = robertson()
    p, (a, _, c) = {item.name: item for item in plain.parameters}, plain.stocks
    settle, recycle = Flow("settle", source=a, sink=c, rate=0), Flow("recycle", source=c, sink=a, rate=0)
    faster = Policy("catalyst", {p["back"]: 2 * p["back"]}, start=STIFF_DATES["catalyst"])
    impulses = (Impulse(settle, a * p["slow"], at=STIFF_DATES["spoon"], name="spoon"), Impulse(recycle, c / 4, when=a < sympy.Rational(17, 20), name="refill"))
    return Model("hybrid robertson", (*plain.flows, settle, recycle), policies=(faster,), impulses=impulses, span=(0, STIFF_END))


@mp.workdps(40)
def stiff_end(hit, model, **changes):
    """Return the stocks at the end, in forty digits; `hit` is where the reset is looked for."""
    v = {**{item.name: mpf(repr(item.value)) for item in model.parameters}, **{name: mpf(repr(at)) for name, at in STIFF_DATES.items()}, **changes}
    weights, x, t = collocation(), [mpf(1), mpf(0), mpf(0)], mpf(0)

    def equations_of(back):
        def rates(x):
            made, lost, gone = v["slow"] * x[0], v["fast"] * x[1] ** 2, back * x[1] * x[2]
            return [gone - made, made - lost - gone, lost]

        def slopes(x):
            made, lost, gone, other = v["slow"], 2 * v["fast"] * x[1], back * x[2], back * x[1]
            return [[-made, gone, other], [made, -lost - gone, -other], [0, lost, 0]]
        return rates, slopes

    def to(x, t, end, back):
        since = mpf(0)
        while t < end:
            step = max(mpf("1.2") * since, mpf("1e-5"))
            step = end - t if t + step * mpf("1.001") >= end else step
            x, t, since = _stepped(*equations_of(back), weights, x, step, 3), t + step, since + step
        return x, t
    x, t = to(x, t, v["catalyst"], v["back"])
    back = 2 * v["back"]
    x, t = to(x, t, v["spoon"], back)
    x = [x[0] - v["slow"] * x[0], x[1], x[2] + v["slow"] * x[0]]
    x, t = to(x, t, mpf(hit), back)
    for _ in range(4):  # Newton on the date of the reset, by steps of its own length
        step = (mpf(17) / 20 - x[0]) / equations_of(back)[0](x)[0]
        x, t = _stepped(*equations_of(back), weights, x, step, 3), t + step
    x = [x[0] + x[2] / 4, x[1], 3 * x[2] / 4]
    return to(x, t, mpf(STIFF_END), back)[0]


def hit_of(run):
    """Return when the reset fires in a run."""
    return next(switch.time for switch in run.path.course.switches if "refill" in switch.fired)


def setting(model):
    """Return what the stored numbers hang on."""
    return {**{item.name: item.value for item in model.parameters}, **STIFF_DATES, "end": STIFF_END}


def main():
    """Write the stocks at the end and their derivatives."""
    model = hybrid_robertson()
    hit = hit_of(simulate(model, policies=["catalyst"], rtol=1e-11))
    base, slopes = stiff_end(hit, model), {}
    for name in [*(item.name for item in model.parameters), *STIFF_DATES]:
        with mp.workdps(40):
            value = mpf(repr(STIFF_DATES.get(name) or model.quantity(name).value))
            moved = stiff_end(hit, model, **{name: value * (1 + mpf(2) ** -50)})
            slopes[name] = [float((after - before) / (value * mpf(2) ** -50)) for before, after in zip(base, moved, strict=True)]
    STORED.write_text(json.dumps({"setting": setting(model), "end": [float(value) for value in base], "slopes": slopes}, indent=1) + "\n")


if __name__ == "__main__":
    main()
