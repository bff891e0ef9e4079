"""The spiral number along the rescue and the collapse: below one, a sale dies out; above one, it feeds itself."""

import numpy as np

from sd_basis.figures.paths import on_grid
from sd_basis.figures.style import BLUE, QUIET, VERMILLION, dated_axis, end_labels, note, panel, panels, policy_lines, settle
from sd_basis.gain import gain_along

from .comparing import OUTCOMES, SETS, UNIDENTIFIED, remark
from .starts import around_the_turn

CASES = {"march-2020": "as it was", "no-rescue": "no rescue"}
LAST = "2020-05-01"
FAST = (
    *("hedge_fund_collateral", "fund_cash", "margin_posted", "margin_receivable", "futures_short", "repo_funding", "term_repo"),
    *("dealer_inventory", "dealer_cash", "dealer_funding", "dollar_liquidity", "seized_collateral", "asset_manager_cash"),
    *("cash_discount", "futures_discount", "swap_discount", "clearing_house_margin", "manager_margin"),
    *("dealer_balance_sheet_capacity", "perceived_volatility", "margin_rate"),
)
SLOWEST = 4.0  # days; slower growth leaves time for a rescue
COHORTS = ("levered", "moderate", "swap")


def spiral_number(context):
    """The spiral number if the constraint binds, the slack, and the share of the position that is bound."""
    figure, axes = panels(8, columns=2, height=1.5, labels=0.75)
    table: dict = {}
    for column, values in enumerate(SETS):
        runs = {case: on_grid(context.run(case, values=values), 801) for case in CASES}
        case = next(iter(runs.values())).case
        last = case.time("figure", LAST)
        lines = {
            "spiral number R if bound": {name: run["spiral_number"] for name, run in runs.items()},
            "R from the model's Jacobian": None,
            "slack (share of the position)": {name: _slack(run) for name, run in runs.items()},
            "share of the position that is bound": {name: run["bound_share"] for name, run in runs.items()},
        }
        starts = [(action.start, action.name) for action in runs["march-2020"].path.schedule.actions if action.name == "purchases"]
        for row, (title, whole) in enumerate(lines.items()):
            if whole is None:
                own_lines = {name: _from_jacobian(run, last) for name, run in runs.items()}
            else:
                own_lines = {name: (run.t[run.t <= last], whole[name][run.t <= last]) for name, run in runs.items()}
            own, labels = axes[2 * row + column], []
            panel(own, f"{values}: {title}")
            for (name, line), colour in zip(own_lines.items(), (BLUE, VERMILLION), strict=True):
                times, along = line
                own.plot(times, along, color=colour)
                labels.append((last, float(along[-1]), CASES[name], colour))
                table[f"{values}, {name}: {title}: time (day)"], table[f"{values}, {name}: {title}"] = times, along
            dated_axis(own, case, 0, last)
            if row < 2:
                own.axhline(1, color=QUIET, linewidth=0.8)
            settle(own)
            policy_lines(own, starts, names=False)
            if row < 2:
                note(own, f"largest: {', '.join(f'{CASES[name]} {np.nanmax(along):.3g}' for name, (_, along) in own_lines.items())}")
            end_labels(own, labels, room=0.7)
    said = (
        "Dashed: purchases begin. R in closed form: volatility held, before later margin receipts. R from the Jacobian: the largest gain of "
        "forced sales that grow within four days, with volatility, margins and capacity, contracts bought back held. "
        "While nothing is bound no spiral turns, however large R is."
    )
    return remark(figure, said, f"{UNIDENTIFIED}: they set R."), table


def spiral_around_the_turn(context):
    """The spiral number of the rescue and of the collapse half an hour on either side of the critical start."""
    labelled, group, said = around_the_turn(context)
    figure, axes = panels(2, columns=2, height=2.2, labels=1.0)
    table: dict = {}
    for own, title in zip(axes, ("spiral number R if bound, in closed form", "R from the model's Jacobian"), strict=True):
        panel(own, title)
        labels = []
        for label, whole in labelled.items():
            run = on_grid(whole, 801)
            last, code = run.case.time("figure", LAST), run.outcomes[group].code
            line = _from_jacobian(run, last) if "Jacobian" in title else (run.t[run.t <= last], run["spiral_number"][run.t <= last])
            own.plot(*line, color=OUTCOMES.get(code, BLUE))
            labels.append((last, float(line[1][-1]), code, OUTCOMES.get(code, BLUE)))
            table[f"{label}, {title}: time (day)"], table[f"{label}, {title}"] = line
        own.axhline(1, color=QUIET, linewidth=0.8)
        dated_axis(own, run.case, 0, last)
        settle(own)
        policy_lines(own, [(action.start, action.name) for action in whole.path.schedule.actions if action.name == "purchases"], names=False)
        end_labels(own, labels, room=0.95)
    return (
        remark(
            figure, f"{said} Dashed: purchases begin. Where nothing is bound no spiral turns, however large R is.", f"{UNIDENTIFIED}: they set R."
        ),
        table,
    )


def _from_jacobian(run, last: float):
    """Return days and the gain of forced sales at each, from the derivatives along a run."""
    times = np.arange(1.0, np.floor(last) + 1)
    rate = run.model.quantity("fill_share") / run.model.quantity("execution_time")
    path = gain_along(run, "fund_orders", "wanted_orders", rate=rate, stocks=FAST, times=times, horizon=SLOWEST, hold=("contracts_bought",))
    return path.t, path.value


def _slack(run):
    """Return how much larger the position could be, as a share of it; negative where funds must sell."""
    return -sum(run[f"overhang[{cohort}]"] for cohort in COHORTS) / np.maximum(run["hedge_fund_collateral"], 1.0)
