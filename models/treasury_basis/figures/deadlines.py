"""When a rescue of March 2020 comes too late: the map of outcomes with the critical curve, the time of decision, the cost of an hour. From a stored survey."""

import csv

import numpy as np

from sd_basis.figures.style import BLUE, INK, QUIET, VERMILLION, dated_axis, end_labels, note, panel, panels, settle
from sd_basis.figures.wording import label

from .comparing import OUTCOMES, remark
from .stored import computed_from, path_of, said_of, stored

GROUPS = ("market", "funds")
BESIDE = 0.01  # days
POWERS = (-8, -6, -4, -2, 0)
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SIDES = {"below": BLUE, "above": VERMILLION}


def phase_map(context):
    """The outcome by delay and size of all policies, with the critical curve, for the market and for the funds."""
    survey = _survey(context)
    case, figure, axes = context.case("march-2020"), *panels(2, columns=2, height=3.2, labels=0.35, share_time=False)
    table: dict = {}
    for own, group in zip(axes, GROUPS, strict=True):
        found = survey["outcomes"][group]
        zero, size = found["clock_zero"]["time"], found["size"]["parameter"]
        with path_of(f"timing_{group}_map.csv").open(encoding="utf-8", newline="") as file:
            points = [(float(row["delay"]), float(row[size]), row["outcome"]) for row in csv.DictReader(file) if row["outcome"]]
        panel(own, f"{group}: {label(context.model, size)}")
        codes = list(dict.fromkeys(code for _, _, code in points))
        for code in codes:
            x, y = np.array([(delay, amount) for delay, amount, name in points if name == code]).T
            own.plot(x + zero, y, linestyle="none", marker="s", markersize=3.4, color=OUTCOMES.get(code, QUIET), markeredgewidth=0, clip_on=False)
        for number, branch in enumerate(found["curve"] or (), 1):
            x, y = np.array(branch["points"]).T
            own.plot(x + zero, y, color=INK, linewidth=1.6)
            table |= {f"{group}, curve {number}: delay (day)": x, f"{group}, curve {number}: {size}": y}
        for delay, shift in zip(found["critical_delay"], found["critical_shift"], strict=True):
            own.plot([delay + zero], [1.0], marker="o", markersize=5, color=INK, zorder=5)
            own.plot([delay - shift + zero], [1.0], marker="D", markersize=5, color="white", markeredgecolor=INK, markeredgewidth=1.2, zorder=6)
        delays, amounts, outcomes = zip(*points, strict=True)
        dated_axis(own, case, zero, zero + max(delays))
        own.set_ylim(min(amounts) - 0.05 * max(amounts), 1.05 * max(amounts))
        names = {"rescued": "blue", "collapsed": "red", "calm": "green", "partial": "orange"}
        note(own, ", ".join(f"{names.get(code, 'grey')}: {code}" for code in codes))
        table |= {f"{group}: delay (day)": delays, f"{group}: {size}": amounts, f"{group}: outcome": outcomes}
    said = "One square, one run. Diamond: as it was; dot: the critical delay of the purchases as they were; line: the critical curve as far as it was followed."
    said += f" {_run_again(context, survey, table)}"
    return remark(figure, f"{said} {_source(context, survey, table)}"), table


def decision_times(context):
    """The time of decision against the distance from the critical delay, for the market and for the funds."""
    survey = _survey(context)
    figure, axes = panels(2, columns=2, height=2.7, labels=0.8, share_time=False)
    table: dict = {}
    for own, group in zip(axes, GROUPS, strict=True):
        found = survey["outcomes"][group]
        own.set_xscale("log")
        panel(own, f"{group}: time of decision (day)", unit_axis="distance from the critical delay (day), logarithmic")
        labels = []
        for side, colour in SIDES.items():
            key = next((key for key in (f"time_{side}", f"decided_{side}") if key in found["scaling"]), None)
            pairs = (
                [
                    (distance, time)
                    for distance, time in zip(found["scaling"]["distance"], found["scaling"][key], strict=True)
                    if None not in (distance, time)
                ]
                if key
                else []
            )
            if not pairs:
                continue
            distance, time = np.array(sorted(pairs)).T
            own.plot(distance, time, color=colour, marker="o", markersize=4, linewidth=0.8)
            slope = found["log_slope"][side]
            labels.append((distance[-1], float(time[-1]), "rescued" if side == "below" else "too late", colour))
            labels[-1] = (*labels[-1][:2], labels[-1][2] + (f", slope {slope:.3g}" if slope is not None else ""), colour)
            table |= {f"{group}, {side}: distance (day)": distance, f"{group}, {side}: time of decision (day)": time}
        settle(own)
        own.set_xticks([10.0**power for power in POWERS], [f"10{str(power).translate(RAISED)}" for power in POWERS])
        own.minorticks_off()
        eigenvalue = found["unstable_eigenvalue"]
        note(own, f"kind: {found['classification']}" + ("; no edge state" if eigenvalue is None else f"; unstable eigenvalue {eigenvalue:.4g}"))
        end_labels(own, labels, room=0.75)
    said = (
        "At a saddle both sides would grow like ln of the distance over the unstable eigenvalue. Where nothing grows towards the left "
        "the turn is the edge of a label on states that vary without a jump, however steeply."
    )
    return remark(figure, f"{said} {_source(context, survey, table)}"), table


def cost_of_an_hour(context):
    """What an hour of waiting costs along the critical curve, for the market and for the funds."""
    survey = _survey(context)
    case, figure, axes = context.case("march-2020"), *panels(2, columns=2, height=2.5, labels=0.35, share_time=False)
    table: dict = {}
    for own, group in zip(axes, GROUPS, strict=True):
        found = survey["outcomes"][group]
        prices = sorted(found["cost"], key=lambda price: price["delay"])
        panel(own, f"{group}: cost of an hour (billion dollar)")
        prices = [price for price in prices if price["cost"] is not None and price["cost"] > 0]
        x, cost = (np.array([price[key] for price in prices], float) for key in ("delay", "cost"))
        zero = found["clock_zero"]["time"]
        own.plot(x + zero, cost, color=BLUE, marker="o", markersize=3.5)
        for place in (place for place, price in enumerate(prices) if price["exact"] is not None):
            own.plot([x[place] + zero], [cost[place]], color=VERMILLION, marker="o", markersize=5, linestyle="none")
        dated_axis(own, case, float(x.min()) + zero - 0.2, float(x.max()) + zero + 0.2)
        settle(own)
        if found["cost_of_an_hour"] is not None:
            note(own, f"{found['cost_of_an_hour']:.2g} over the day after 2020's date")
        table |= {f"{group}: delay (day)": x, f"{group}: cost of an hour (billion dollar)": cost}
        table |= {f"{group}: {found['size']['parameter']} that just suffices": [price["size"] for price in prices]}
    said = "What more has to be bought for each hour of delay, along the critical curve: its slope times the purchases."
    said += (
        " Red: from exact sensitivities."
        if any(price["exact"] is not None for group in GROUPS for price in survey["outcomes"][group]["cost"])
        else ""
    )
    return remark(figure, f"{said} {_source(context, survey, table)}"), table


def _survey(context) -> dict:
    """Return the stored survey."""
    return stored("timing")


def _source(context, survey: dict, table: dict) -> str:
    """Return the sentence on what the stored survey was computed from."""
    source = computed_from(context, {f"{survey['values']}, {survey['case']}": survey["digest"]} if "digest" in survey else {})
    table |= {"computed from": [source]}
    return said_of("timing", source)


def _run_again(context, survey: dict, table: dict) -> str:
    """Return the sentence on whether the model ends on both sides of each stored critical delay as stored."""
    same = []
    for group in GROUPS:
        found = survey["outcomes"][group]
        for shift, below, above in zip(found["critical_shift"], found["below"], found["above"], strict=True):
            sides = [context.run(survey["case"], shift=shift + way * BESIDE, values=survey["values"]).outcomes[group].code for way in (-1, 1)]
            same.append(sides == [below, above])
    table |= {"critical delays that hold when run again": [f"{sum(same)} of {len(same)}"]}
    return f"Run again {24 * 60 * BESIDE:.0f} minutes on either side, {sum(same)} of {len(same)} critical delays hold."
