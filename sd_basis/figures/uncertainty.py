"""What an ensemble says, as pictures: the probability of a collapse against the delay, fans of paths, and regret by action."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ..case import Case
from ..ensemble.criticals import CriticalDelays
from ..ensemble.fans import Fan
from ..ensemble.regrets import Regret
from ..model import Model
from ..transition.scene import DELAY
from .paths import Table
from .style import BLUE, INK, QUIET, SIZE, VERMILLION, dated_axis, end_labels, footer, note, panel, panels, settle, styled
from .wording import label, spoken


def _over(axes, model: Model, case: Case, first: float, last: float) -> None:
    """Write dates below an axis of model times, or what it counts."""
    if case.calendar is not None:
        dated_axis(axes, case, first, last, time_unit=model.time_unit)
    else:
        axes.set_xlim(first, last)
        axes.set_xlabel(f"time ({model.time_unit})" if model.time_unit else "time", size=SIZE - 1, color=QUIET, labelpad=2)


@styled()
def probability_picture(model: Model, case: Case, found: CriticalDelays, *, zero: float = 0.0, alpha: float = 0.05, remark: str = "") -> tuple[Figure, Table]:
    """Return the probability of an outcome against the delay of the policy, with its band, beside the parameters that decide.

    The line is the distribution function of the critical delay over the samples, the dots the shares of the runs that met the outcome.
    """
    figure, (chance, deciding) = panels(2, columns=2, height=2.7, labels=0.85, share_time=False)
    timed = found.axis == DELAY
    shift = zero if timed and case.calendar is not None else 0.0
    x = np.unique(np.concatenate([found.delays, found.values[np.isfinite(found.values)]]))
    p, half = found.probability(x), found.band(alpha)
    panel(chance, f"probability of {spoken(found.code)} by {'the start of the policy' if timed else label(model, found.axis)}")
    chance.fill_between(x + shift, np.maximum(p - half, 0), np.minimum(p + half, 1), color=BLUE, alpha=0.18, linewidth=0, step="post")
    chance.step(x + shift, p, color=BLUE, where="post")
    kept = ~np.isnan(found.values)
    chance.plot(found.delays + shift, found.met[kept].mean(axis=0), linestyle="none", marker="o", markersize=4, color=INK, clip_on=False)
    chance.set_ylim(0, 1)
    if timed:
        _over(chance, model, case, float(found.delays[0]) + shift, float(found.delays[-1]) + shift)
    else:
        chance.set_xlim(float(found.delays[0]), float(found.delays[-1]))
    note(chance, f"{len(found.known)} samples; band of {100 * (1 - alpha):g} %")
    panel(deciding, f"rank correlation with the critical {'delay' if timed else label(model, found.axis)}")
    strongest = list(found.deciding().items())[:10][::-1]
    deciding.barh(range(len(strongest)), [value for _, value in strongest], color=[BLUE if value > 0 else VERMILLION for _, value in strongest], height=0.6)
    for row, (name, value) in enumerate(strongest):
        deciding.text(-0.03 if value > 0 else 0.03, row, label(model, name), ha="right" if value > 0 else "left", va="center", size=SIZE - 1.5, color=INK)
    deciding.set_yticks([])
    deciding.set_ylim(-0.7, max(len(strongest), 4) - 0.3)
    deciding.set_xlim(-1, 1)
    deciding.set_xticks([-1, -0.5, 0, 0.5, 1])
    returning = f" In {found.returning} samples a later start ended well again." if found.returning else ""
    footer(figure, f"{model.name}, {spoken(case.name)}. Dots: shares of the runs there.{returning} {remark}".strip())
    return figure, {found.axis: list(x), f"probability of {found.code}": list(p), "lower": list(np.maximum(p - half, 0)), "upper": list(np.minimum(p + half, 1))}


@styled()
def fan_picture(model: Model, case: Case, fans: dict[str, Fan], remark: str = "") -> tuple[Figure, Table]:
    """Return the fan of each quantity: the median, and bands that hold the middle 50, 75 and 95 per cent of the runs at each time."""
    figure, axes = panels(len(fans), columns=min(2, len(fans)), height=2.4)
    table: Table = {}
    for own, (name, one) in zip(axes, fans.items(), strict=True):
        panel(own, label(model, name))
        for share in sorted(one.bands, reverse=True):
            low, high = one.bands[share]
            own.fill_between(one.times, low, high, color=BLUE, alpha=0.18, linewidth=0)
            table |= {"time": list(one.times), f"{name}, {100 * (1 - share) / 2:g} %": list(low), f"{name}, {100 * (1 + share) / 2:g} %": list(high)}
        own.plot(one.times, one.median, color=BLUE)
        table[f"{name}, median"] = list(one.median)
        _over(own, model, case, float(one.times[0]), float(one.times[-1]))
        settle(own)
        low, high = one.bands[max(one.bands)]
        end_labels(own, [(float(one.times[-1]), float(one.median[-1]), "median", BLUE)] + [
            (float(one.times[-1]), float(edge[-1]), f"{100 * share:g} %", QUIET) for edge, share in ((low, (1 - max(one.bands)) / 2), (high, (1 + max(one.bands)) / 2))])
    runs = min(one.runs for one in fans.values())
    footer(figure, f"{model.name}, {spoken(case.name)}, {runs} runs. Bands: the middle {', '.join(f'{100 * share:g}' for share in next(iter(fans.values())).bands)} "
                   f"% of the runs at each time. {remark}".strip())
    return figure, table


@styled()
def regret_picture(model: Model, case: Case, found: Regret, loss: str, unit: str = "", remark: str = "") -> tuple[Figure, Table]:
    """Return the regret of each action: largest, ninetieth percentile and mean, the minimax action on top."""
    names: Sequence[str] = list(found.largest)[::-1]
    figure, (axes, shares) = panels(2, columns=2, height=max(2.2, 0.36 * len(names) + 0.6), labels=0.4, share_time=False)
    largest, ninetieth, best = found.largest, found.ninetieth, found.best
    mean = dict(zip(found.names, found.regrets.mean(axis=1), strict=True))
    panel(axes, f"regret in {loss}{f', {unit}' if unit else ''}")
    for row, name in enumerate(names):
        axes.plot([mean[name], largest[name]], [row, row], color=QUIET, linewidth=1)
        axes.plot(largest[name], row, marker="o", color=VERMILLION, markersize=5, clip_on=False)
        axes.plot(ninetieth[name], row, marker="o", color=BLUE, markersize=5, clip_on=False)
        axes.plot(mean[name], row, marker="|", color=INK, markersize=8)
        axes.annotate(spoken(name), (0, row), xycoords=("axes fraction", "data"), xytext=(3, 7), textcoords="offset points", size=SIZE - 1)
    axes.set_yticks([])
    axes.set_ylim(-0.5, len(names) - 0.2)
    axes.set_xlim(0, 1.05 * max(largest.values()) or 1.0)
    panel(shares, "share of the samples in which it is best")
    shares.barh(range(len(names)), [best[name] for name in names], color=BLUE, height=0.55)
    shares.set_yticks([])
    shares.set_ylim(-0.5, len(names) - 0.2)
    shares.set_xlim(0, 1)
    failed = f" {found.failed} samples with a failed run are left out." if found.failed else ""
    footer(figure, f"{model.name}, {spoken(case.name)}, {len(found.samples)} samples. Red: largest regret; blue: ninetieth percentile; bar: mean.{failed} {remark}".strip())
    return figure, {"action": list(names), "largest regret": [largest[name] for name in names], "ninetieth percentile": [ninetieth[name] for name in names],
                    "mean regret": [float(mean[name]) for name in names], "share best": [best[name] for name in names],
                    "mean loss": [found.expected[name] for name in names]}
