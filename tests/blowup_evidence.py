"""Write docs/evidence/blowup-2026.md: the smallest spark and the critical hours of a crisis of 2026, by size and leverage.

Run `python tests/blowup_evidence.py`; it takes some minutes. The case is `blowup-2026` with other sizes and leverages, in both value sets.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent)]  # run from anywhere, installed or not

from sd_basis import load, simulate  # noqa: E402
from sd_basis.manifest import versions  # noqa: E402

TABLE = FOLDER.parent / "docs" / "evidence" / "blowup-2026.md"
SETS = ("supercritical", "subcritical")
SIZES = (1500, 1800, 2000)
LEVERAGES = {20: "blowup-2026-20x", 50: "blowup-2026", 100: "blowup-2026-100x"}
PACES = (100, 300)  # billion a day
EARLIEST, LATEST = -2.0, 8.0  # shifts: from the shock itself to ten days after it
HOURS = 24


def dead(run, group: str = "market") -> bool:
    """Tell whether the market does not function at the end, or the funds have collapsed."""
    return run.outcomes[group].code not in (("calm", "rescued") if group == "market" else ("calm", "rescued", "partial"))


def spark(model, case, changes) -> float:
    """Return the smallest share of March 2020's shock that kills without any authority, to five per cent; inf where the whole does not."""
    alone = dataclasses.replace(case, policies=())

    def kills(share: float) -> bool:
        return dead(simulate(model, alone, set={**changes, "shock_scale": share}))
    if not kills(1.0):
        return float("inf")
    low, high = 0.02, 1.0
    if kills(low):
        return low
    while high / low > 1.05:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if kills(middle) else (middle, high)
    return high


def deadline(model, case, changes, pace, group) -> float | None:
    """Return the latest start that rescues the market or the funds, in days after the shock; None where not even the earliest does, inf where the latest does."""
    start = 2.0

    def late(shift: float) -> bool:
        return dead(simulate(model, case.shifted(shift), set={**changes, "reaction_pace": pace}), group)
    if late(EARLIEST):
        return None
    if not late(LATEST):
        return float("inf")
    low, high = EARLIEST, LATEST
    while high - low > 1 / HOURS:
        middle = (low + high) / 2
        low, high = (low, middle) if late(middle) else (middle, high)
    return start + low


def runaway(model, case, changes) -> float:
    """Return when forced orders first exceed one per cent of the position a day without any authority, in days after the shock."""
    run = simulate(model, dataclasses.replace(case, policies=()), set=changes)
    orders = sum(run[f"forced_orders[{cohort}]"] for cohort in ("levered", "moderate", "swap"))
    above = np.nonzero(orders > 0.01 * run["hedge_fund_collateral"][0])[0]
    return float(run.t[above[0]]) if len(above) else float("inf")


def words(value: float | None, origin: float = 0.0) -> str:
    """Return hours as text."""
    if value is None:
        return "none"
    return "no deadline" if value == float("inf") else f"{HOURS * (value - origin):.0f}"


def main() -> None:
    """Measure the grid and write the table."""
    rows = []
    for values in SETS:
        model = load("treasury_basis", values=values)
        for leverage, name in LEVERAGES.items():
            case = load("treasury_basis", name).case
            for size in SIZES:
                changes = {"basis_position": size}
                started = runaway(model, case, changes)
                market = deadline(model, case, changes, PACES[0], "market")
                ends = [deadline(model, case, changes, pace, "funds") for pace in PACES]
                rows.append([values, f"{leverage}x", str(size), f"{spark(model, case, changes):.2f}", words(started), words(market),
                             *(words(end) for end in ends), *(words(end, started) for end in ends)])
                print(*rows[-1], flush=True)
    lines = ["# A crisis of 2026: sparks and hours", "",
             "Written by `python tests/blowup_evidence.py`. The case is `blowup-2026`: March 2020's dash for cash of 360 billion in eight days, and purchases that start later and later, 30 days long, at "
             f"{PACES[0]} or {PACES[1]} billion a day.", "",
             "- **spark**: the smallest share of that shock that freezes the market for good when no authority acts (to 5 per cent; 0.02 is the smallest tried);",
             "- **runaway**: hours from the shock until funds must sell one per cent of their position a day, without any authority;",
             "- **market**: the latest start of purchases, in hours from the shock, after which the market works again, at 100 billion a day; **funds**: after which the funds have not collapsed, in hours from the shock "
             "and from runaway. `none`: not even purchases from the first minute; `no deadline`: even ten days later.", "",
             "The two value sets are the range: the data of March 2020 do not tell them apart. Hours are market hours, 24 a trading day.", "",
             "| values | leverage | size | spark | runaway | market | funds at 100 | at 300 | from runaway at 100 | at 300 |", "|---|---|---|---|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines += ["", "Versions: " + ", ".join(f"{name} {version}" for name, version in versions().items()) + "."]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
