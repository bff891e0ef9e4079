"""Rescue against collapse, and later starts of the same purchases."""

from sd_basis import turning_shift
from sd_basis.errors import InputError
from sd_basis.figures.paths import on_grid, paths
from sd_basis.figures.style import BLUE as FIRST
from sd_basis.figures.style import QUIET, dated_axis, end_labels, note, panel, panels, settle
from sd_basis.figures.wording import label

from .comparing import OUTCOMES, SETS, remark

STARTS = (0.0, 2.0, 4.0, 8.0, 12.0)
BRACKETS = ((0.0, 4.0), (-4.0, 0.0), (4.0, 12.0))  # the first in which the outcome turns is searched
APART = (-4.0, 12.0)  # shown where it turns in none
HALF_AN_HOUR = 1 / 48
XTOL = 4e-3  # days
COLLAPSED = "collapsed"
SHOWN = ("yield_dislocation", "fill_share", "perceived_volatility", "dollar_liquidity", "hedge_fund_collateral", "fleeing")


def rescue_and_collapse(context):
    """The same purchases begun half an hour before and half an hour after the critical start."""
    labelled, group, said = around_the_turn(context)
    colours = [OUTCOMES.get(run.outcomes[group].code, FIRST) for run in labelled.values()]
    figure, table = paths(labelled, SHOWN, colours=colours, height=1.75, marks=("purchases",))
    return remark(figure, said), table


def around_the_turn(context):
    """Return the runs half an hour before and after the critical start by label, the group of outcomes that turns, and a sentence."""
    group, turn = _turn(context)
    if turn is None:
        runs = [context.run("march-2020", shift=shift) for shift in APART]
        said = f"From {-APART[0]:g} trading days earlier to {APART[1]:g} later nothing turns into collapse: there is no critical start to show."
    else:
        # rounded, so that the table does not hang on the last digits of a bisection
        runs = [context.run("march-2020", shift=round(shift, 3)) for shift in (turn.low - HALF_AN_HOUR, turn.high + HALF_AN_HOUR)]
        said = f"The outcome of {'the market' if group == 'market' else 'the funds, not of the market,'} turns {turn.shift:+.2f} trading days from the dates of 2020."
        said = said.replace("-", "−")
    return {f"{group} {run.outcomes[group].code}: purchases from {_start(run)}": run for run in runs}, group, said


def later_starts(context):
    """Later starts of the same purchases and what became of the market, in both value sets."""
    figure, axes = panels(4, columns=2, height=2.3, labels=0.85)
    table = {}
    for row, values in enumerate(SETS):
        runs = [on_grid(context.run("march-2020", shift=shift, values=values)) for shift in STARTS]
        runs.append(on_grid(context.run("no-rescue", values=values)))
        for column, name in enumerate(("yield_dislocation", "hedge_fund_collateral")):
            own = axes[2 * row + column]
            panel(own, f"{values}: {label(context.model, name)}")
            labels = []
            for shift, run in zip((*STARTS, None), runs, strict=True):
                colour = OUTCOMES.get(run.outcome, QUIET)
                own.plot(run.t, run[name], color=colour, linewidth=1.1)
                text = "no purchases" if shift is None else f"{shift:+g} days" if shift else "as it was"
                labels.append((run.t[-1], run[name][-1], text, colour))
                table[f"{values}, {text}: time (day)"] = run.t
                table[f"{values}, {text}: {label(context.model, name)}"] = run[name]
            dated_axis(own, runs[0].case, runs[0].t[0], runs[0].t[-1])
            settle(own)
            if column == 0:
                note(own, "blue: rescued, orange: collapsed, grey: undecided")
            end_labels(own, labels, room=0.8)
    return remark(figure, "Labels: how much later than in 2020 the purchases and all other policies begin, in trading days."), table


def _turn(context):
    """Return whose outcome turns into collapse, the market's or else the funds', and where; None where neither does in the brackets."""
    case = context.case("march-2020")
    for group in ("market", "funds"):
        for low, high in BRACKETS:
            try:
                turn = turning_shift(context.model, case, low, high, group=group, xtol=XTOL)
                if turn.above != COLLAPSED:
                    turn = turning_shift(context.model, case, turn.high, high, group=group, xtol=XTOL)  # another outcome ended first
                if turn.above == COLLAPSED:
                    return group, turn
            except InputError:  # the same outcome at both ends
                continue
    return "market", None


def _start(run) -> str:
    start = next(action.start for action in run.path.schedule.actions if action.name == "purchases")
    return run.when(start)[5:]
