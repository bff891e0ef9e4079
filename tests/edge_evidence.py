"""Slower evidence on the cliff of the flagship's market turn, printed by `python tests/edge_evidence.py`: the cascade, and the edge state behind it.

March 2020 with 0.4 of the purchases, all policies moved together. Every stretch of it is explained in `docs/evidence/timing/edge.md`.
"""

import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]  # run from anywhere, installed or not

from sd_basis import load  # noqa: E402
from sd_basis.outcomes import visited  # noqa: E402
from sd_basis.transition.edges import _field, polished, spectrum_at  # noqa: E402
from sd_basis.transition.growing import growth  # noqa: E402
from sd_basis.transition.scene import Scene  # noqa: E402
from sd_basis.transition.separating import Gap, concerned  # noqa: E402

TURN = 14.3680165  # days after the first shock; the last digits depend on the tolerance
BESIDE = 1e-6  # 86 milliseconds
AFTER = 27.0  # day: the cascade is over
LATE, SPAN = 140.0, 0.82  # a market frozen until then stays so; the part of the run that is followed
FLIGHT = ("dealer_inventory", "cash_discount", "futures_discount", "swap_discount", "perceived_volatility", "fleeing[foreign]", "fleeing[bond_funds]",
          "dealer_balance_sheet_capacity", "margin_rate", "seized_collateral")


@cache
def scene(rtol=1e-10):
    """Return the case with 0.4 of the purchases."""
    return Scene(load("treasury_basis", values="supercritical"), "march-2020", outcome="market", set={"purchase_size": 0.4}, rtol=rtol)


@cache
def beside():
    """Return the runs just before and just after the turn."""
    return scene().run(TURN - BESIDE), scene().run(TURN + BESIDE)


@cache
def measured():
    """Return the places of the stocks that the outcome rests on, and all sizes."""
    run = beside()[0]
    return concerned(run.model, "market"), np.array(run.atol) / run.solver["rtol"]


def thaw(run):
    """Return when the market first was no longer frozen, infinite where it stayed so."""
    stays = next(seen.stays for seen in visited(run.path).values() if seen.stays)
    return np.inf if stays[0][1] is None else stays[0][1]


def between(share):
    """Return the run of the full model that goes on from a state between those of the two runs, once the cascade is over."""
    early, late = (run.state(AFTER).stocks for run in beside())
    begin = scene().run(TURN).state(AFTER)
    return scene().go_on(replace(begin, stocks={name: (1 - share) * early[name] + share * late[name] for name in early}), TURN, stretch=SPAN)


@cache
def boundary():
    """Return the two shares, as close as floating point has them, between which the market thaws or stays frozen."""
    low, high = 0.125, 0.15625  # a wider bracket gives the same
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (low, middle) if thaw(between(middle)) > LATE else (middle, high)
    return low, high


@cache
def closest():
    """Return the runs of these two shares."""
    return tuple(between(share) for share in boundary())


def field(run, day, names=None):
    """Return rates and slopes of the stocks that matter, or of some with all others held, in the state of a run."""
    places, size = measured()
    chosen = places if names is None else [place for place in places if run.model.stocks[place].name in names]
    return _field(run, chosen, size, int(np.searchsorted(run.path.t, day)))


def leading(run, day):
    """Return the largest eigenvalue in the state of a run, by its real part."""
    own = field(run, day)
    return max(np.linalg.eigvals(own.slopes(own.rest[own.places] / own.size)).real)


def edge(day):
    """Return the state of rest with all but the stocks of the flight held, and how far the run is from it."""
    run = closest()[0]
    own = field(run, day, FLIGHT)
    begin = own.rest[own.places] / own.size
    rest = polished(own, begin)
    return spectrum_at(own, rest, 0.03), float(np.max(np.abs(rest - begin) / (1 + np.abs(begin))))


def partings(shares):
    """Return when runs beside the boundary have left it by a twentieth of the stocks' size, below and above."""
    places, size = measured()
    pair = closest()
    middle, size = sum(boundary()) / 2, size + np.max(np.abs(pair[0].path.x), axis=0)
    return [[Gap(between(middle + sign * share), pair, places, size, fixed=True).parted(0.05) for share in shares] for sign in (-1, 1)]


def cascade():
    """Print how the two runs part."""
    early, late = beside()
    places, size = measured()
    gap = Gap(early, [late], places, size)
    grown = growth(early, late, places, size, BESIDE / TURN)
    print(f"runs {BESIDE:g} day before and after {TURN}: thaw on day {thaw(early):.2f} and {thaw(late):.2f}")
    print(f"  their difference grows {grown.factor:.2e}-fold from day {grown.begin:.2f} to {grown.end:.2f}, at {grown.rate:.2f} a day, first in {grown.stock}")
    print("  day   difference  largest in            growth   eigenvalue  seized before, after")
    seized = early.model.stocks.index(early.model.quantity("seized_collateral"))
    last = None
    for day in (16, 20, *np.arange(22, 27.1, 0.5), 30, 40, 50):
        value = float(np.interp(day, gap.t, gap.values))
        rate = np.nan if last is None else np.log(value / last[1]) / (day - last[0])
        held = [run.path.at(np.array([day]))[0][0, seized] for run in (early, late)]
        widest = early.model.stocks[gap.widest_at(day)].name
        print(f"  {day:5.1f} {value:10.2e}  {widest:22s} {rate:6.2f}  {leading(early, day):9.2f}   {held[0]:8.2f} {held[1]:8.2f}")
        last = day, value


def behind():
    """Print the edge state behind the cascade, and how runs leave it."""
    low, high = boundary()
    run = closest()[0]
    print(f"shares of the late run's state on day {AFTER:g}: thaws up to {low:.13f}, frozen from {high:.13f}")
    print("  day   eigenvalue on the boundary   with the slow stocks held: unstable, next ones              distance   fleeing: run, rest")
    for day in (62, 70, 80, 90, 95):
        found, far = edge(day)
        own = run.path.at(np.array([day]))[0][0, run.model.stocks.index(run.model.quantity("fleeing[foreign]"))]
        spectrum = ", ".join(f"{complex(value).real:.3f}" for value in found.spectrum[1:4])
        print(f"  {day:5.1f} {leading(run, day):8.4f}                     {found.eigenvalue or np.nan:8.4f}; {spectrum:26s} {far:14.3f} "
              f"{own:14.1f} {found.state['fleeing[foreign]']:8.1f}")
    shares = 10.0 ** -np.arange(3.0, 9.0)
    sides = partings(shares)
    print("  distance of the share, day of leaving below and above, rate 1 / |slope| of each step")
    for place, share in enumerate(shares):
        rates = ["" if not place else f"{np.log(10) / (side[place] - side[place - 1]):7.3f}" for side in sides]
        print(f"  {share:9.2e} {sides[0][place]:9.3f} {sides[1][place]:9.3f}   {rates[0]:8s} {rates[1]:8s}")
    chosen = shares < 2e-5
    for name, side in zip(("below", "above"), sides, strict=True):
        slope = np.polyfit(np.log(shares[chosen]), np.array(side)[chosen], 1)[0]
        print(f"  {name}: slope {slope:.4f} day, rate {-1 / slope:.4f} a day, over {np.log10(shares[chosen].max() / shares[chosen].min()):.1f} decades")


if __name__ == "__main__":
    begun = time.monotonic()
    cascade()
    behind()
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
