"""The spiral number along the rescue and the collapse: below one, a sale dies out; above one, it feeds itself."""

import numpy as np

from sd_basis.figures.paths import on_grid
from sd_basis.figures.style import BLUE, QUIET, VERMILLION, dated_axis, end_labels, note, panel, panels, policy_lines, settle

from .comparing import SETS, UNIDENTIFIED, remark

CASES = {"march-2020": "as it was", "no-rescue": "no rescue"}
LAST = "2020-05-01"
COHORTS = ("levered", "moderate", "swap")


def spiral_number(context):
    """The spiral number if the constraint binds, the slack, and the share of the position that is bound."""
    figure, axes = panels(6, columns=2, height=1.75, labels=0.75)
    table: dict = {}
    for column, values in enumerate(SETS):
        runs = {case: on_grid(context.run(case, values=values), 801) for case in CASES}
        case = next(iter(runs.values())).case
        last = case.time("figure", LAST)
        lines = {
            "spiral number R if bound": {name: run["spiral_number"] for name, run in runs.items()},
            "slack (share of the position)": {name: _slack(run) for name, run in runs.items()},
            "share of the position that is bound": {name: run["bound_share"] for name, run in runs.items()},
        }
        starts = [(action.start, action.name) for action in runs["march-2020"].path.schedule.actions if action.name == "purchases"]
        for row, (title, own_lines) in enumerate(lines.items()):
            own, labels = axes[2 * row + column], []
            panel(own, f"{values}: {title}")
            for (name, line), colour in zip(own_lines.items(), (BLUE, VERMILLION), strict=True):
                shown = runs[name].t <= last
                own.plot(runs[name].t[shown], line[shown], color=colour)
                labels.append((last, float(line[shown][-1]), CASES[name], colour))
                table[f"{values}, {name}: time (day)"] = runs[name].t[shown]
                table[f"{values}, {name}: {title}"] = line[shown]
            dated_axis(own, case, 0, last)
            if row == 0:
                own.axhline(1, color=QUIET, linewidth=0.8)
            settle(own)
            policy_lines(own, starts, names=False)
            if row == 0:
                note(own, f"largest: {', '.join(f'{CASES[name]} {np.max(line[runs[name].t <= last]):.3g}' for name, line in own_lines.items())}")
            end_labels(own, labels, room=0.7)
    said = "Dashed: purchases begin. R in closed form, with volatility held and before later margin receipts; while nothing is bound no spiral turns, however large R is."
    return remark(figure, said, f"{UNIDENTIFIED}: they set R."), table


def _slack(run):
    """Return how much larger the position could be, as a share of it; negative where funds must sell."""
    return -sum(run[f"overhang[{cohort}]"] for cohort in COHORTS) / np.maximum(run["hedge_fund_collateral"], 1.0)
