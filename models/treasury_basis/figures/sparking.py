"""The smallest shock that kills without any rescue, by leverage and by size of the trade. From a stored table."""

import numpy as np

from sd_basis.figures.phase_maps import spark_map
from sd_basis.figures.style import QUIET

from .comparing import REMARK
from .stored import computed_from, said_of, stored

LEVELS = {"no-rescue": (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7), "spark": (0.1, 0.15, 0.2, 0.25, 0.27, 0.3, 0.4)}
TOLD = {
    "no-rescue": "The shocks of March 2020, of which news and sales for cash are scaled; rallies, issuance and the lockdown stay.",
    "spark": "The trade of 2026 with the news and the sales for cash of March 2020 alone, scaled.",
}


def smallest_shock_2020(context):
    """The smallest shock that kills the market of 2020 without rescue, by leverage and size of the trade."""
    return _smallest(context, "no-rescue")


def smallest_shock_2026(context):
    """The smallest shock that kills the market of 2026 without rescue, by leverage and size of the trade."""
    return _smallest(context, "spark")


def _smallest(context, case: str):
    found = stored("sparks")
    values = context.model.value_set
    rows = [row for row in found["rows"] if row["case"] == case and row["values"] == values]
    x, y = (np.array(sorted({row[key] for row in rows})) for key in ("leverage", "size"))
    by_place = {(row["size"], row["leverage"]): row for row in rows}
    grids = {group: np.array([[_number(by_place[size, leverage][group]) for leverage in x] for size in y]) for group in ("market", "funds")}
    apart = float(np.nanmax(np.abs(grids["funds"] / grids["market"] - 1)))
    source = computed_from(context, {key: own for key, own in found["digests"].items() if key == f"{values}, {case}"})
    same = "funds collapse at the same" if apart < 1e-9 else f"that of funds differs by {100 * apart:.2g} % at most"
    run = context.run(case, span=(0.0, 1.0))
    actual = float(run["full_leverage"][0]), float(context.model.values.get("basis_position", 0) or run.case.values.get("basis_position", 450.0))
    said = (
        f"{TOLD[case]} Contours, between the dots computed: the share of March 2020's at which the market collapses; {same}. Leverage: one over haircut, "
        f"margin and buffer in calm, of which the buffer is varied. {said_of('sparks', source)} {REMARK}"
    )
    labels = ("leverage in calm (1)", "size of the basis trade (billion face)", "smallest shock that kills (share of March 2020's)")
    figure, table = spark_map(x, y, grids["market"], labels=labels, levels=LEVELS[case], actual=actual, actual_name="the case", remark=said)
    across, up = np.meshgrid(x, y)
    figure.axes[0].plot(across.ravel(), up.ravel(), linestyle="none", marker=".", markersize=2.5, color=QUIET, zorder=3)
    return figure, {**table, "the same for the funds": grids["funds"].ravel(), "computed from": [source]}


def _number(value) -> float:
    return np.nan if value is None else value
