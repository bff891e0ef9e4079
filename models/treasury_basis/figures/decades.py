"""Years in one run: the build-up of the trade, crisis after crisis, and the recovery after an answer fast or slow."""

import numpy as np

from sd_basis.figures.paths import on_grid
from sd_basis.figures.style import BLUE, GREEN, QUIET, VERMILLION, dated_axis, end_labels, note, panel, panels, policy_lines, settle
from sd_basis.figures.wording import label

from .comparing import HEDGED, futures, remark, reported_shorts

FITTED_UNTIL = "2020-01-02"
YEAR = 252.0


def build_up(context):
    """The trade from 2017 to 2026 against leveraged funds' reported shorts, and the steps of the one integration."""
    run = context.run("build-up")
    shown = on_grid(run, 1201)
    case, last = run.case, run.t[-1]
    times, shorts = reported_shorts(context, "build-up")
    held_out = case.time("figure", FITTED_UNTIL)
    figure, axes = panels(3, columns=1, height=2.0, labels=1.0)
    lines = {"short futures": futures(shown), "their Treasuries": sum(shown[f"hedge_fund_collateral[{cohort}]"] for cohort in HEDGED)}
    own = axes[0]
    own.plot(times, shorts, color=QUIET, linewidth=0.9)
    for (_, line), colour in zip(lines.items(), (VERMILLION, BLUE), strict=True):
        own.plot(shown.t, line, color=colour, linewidth=2.6 if colour == VERMILLION else 1.0)
    panel(own, "basis trade (billion)")
    labels = [(last, line[-1], text, colour) for (text, line), colour in zip(lines.items(), (VERMILLION, BLUE), strict=True)]
    labels.append((last, shorts[-1], "data: leveraged funds' gross shorts (CFTC)", QUIET))
    axes[1].plot(shown.t, shown["yield_dislocation"], color=BLUE)
    panel(axes[1], label(context.model, "yield_dislocation"))
    _steps(axes[2], run, 1.0)
    for place, own in enumerate(axes):
        dated_axis(own, case, 0, last)
        settle(own)
        own.axvspan(held_out, last, color=QUIET, alpha=0.08, linewidth=0, zorder=0)
        policy_lines(own, [(case.time("figure", "2020-03-09"), "March 2020")], names=place == 0)
        if place == 0:
            misfit = np.interp(times, shown.t, lines["short futures"]) - shorts
            inside = times < held_out
            errors = [float(np.sqrt(np.mean(misfit[part] ** 2))) for part in (inside, ~inside)]
            note(own, f"RMSE of short futures: {errors[0]:.3g} before 2020, {errors[1]:.3g} after (shaded: held out of every fit)")
            end_labels(own, labels, room=0.95)
    table = {"time (day)": shown.t, "date": [shown.when(time)[:10] for time in shown.t]}
    table |= {f"{text} (billion)": line for text, line in lines.items()}
    table |= {
        label(context.model, "yield_dislocation"): shown["yield_dislocation"],
        "data: time (day)": times,
        "data: gross shorts (billion)": shorts,
    }
    said = (
        "Without the swap-spread trade, which is short swaps. The reported shorts hold more than the basis trade. "
        "Steps of the solver: they shrink where a crisis is and grow again in calm; they are no part of the table."
    )
    return remark(figure, said, ""), table


def successive_crises(context):
    """Crisis after crisis: the same shock comes again, and each time the trade has grown in between."""
    run = context.run("long-cycle")
    shown = on_grid(run, 1501)
    names = ("hedge_fund_collateral", "yield_dislocation", "leverage")
    figure, axes = panels(4, columns=1, height=1.55, labels=0.3)
    years = shown.t / YEAR
    starts = [(action.start / YEAR, "shock") for action in run.path.actions if action.name.startswith("crisis")]
    table = {"time (year)": years}
    for own, name in zip(axes, names, strict=False):
        own.plot(years, shown[name], color=BLUE)
        panel(own, label(context.model, name))
        table[label(context.model, name)] = shown[name]
    _steps(axes[3], run, YEAR)
    for place, own in enumerate(axes):
        own.set_xlim(0, years[-1])
        settle(own)
        policy_lines(own, starts, names=place == 0)
    axes[3].set_xlabel("time (year)")
    return remark(figure, "Steps of the solver: hours in a crisis and weeks in calm, in one integration; they are no part of the table."), table


def recovery(context):
    """What followed an answer as fast and large as in 2020, and one as slow and small as in 2008."""
    runs = {"fast, as in 2020": on_grid(context.run("fast-2020"), 801), "slow, as in 2008": on_grid(context.run("slow-2008"), 801)}
    names = ("output_gap", "unemployment", "credit", "yield_dislocation")
    figure, axes = panels(4, columns=2, height=1.9, labels=0.95)
    table: dict = {}
    for own, name in zip(axes, names, strict=True):
        panel(own, label(context.model, name))
        labels = []
        for (text, run), colour in zip(runs.items(), (BLUE, VERMILLION), strict=True):
            own.plot(run.t, run[name], color=colour)
            labels.append((run.t[-1], run[name][-1], text, colour))
            table[f"{text}: time (day)"] = run.t
            table[f"{text}: {label(context.model, name)}"] = run[name]
        dated_axis(own, run.case, run.t[0], run.t[-1])
        settle(own)
        end_labels(own, labels, room=0.85)
    return (
        remark(
            figure,
            "The same shock and the same parameters; only the answer differs.",
            "The constants of recovery are inputs, assumed, and no result.",
        ),
        table,
    )


def _steps(own, run, unit: float) -> None:
    """Draw the solver's steps in days over time on a logarithmic axis; times are divided by a unit."""
    steps = np.diff(run.path.t)
    real = steps > 1e-9  # both sides of a switch are no step
    own.set_yscale("log")
    own.plot(run.path.t[:-1][real] / unit, steps[real], color=GREEN, linewidth=0.5)
    panel(own, "step of the integration (day)")
    own.yaxis.set_major_formatter("{x:g}")  # no powers of ten set as mathematics
    own.minorticks_off()
    note(own, f"{int(real.sum()):,} steps")
