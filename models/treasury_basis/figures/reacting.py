"""How late authorities may be that act on what they see: the critical reaction delay against the threshold. From stored critical curves."""

import numpy as np

from sd_basis.figures.style import INK, end_labels, panel, panels, settle
from sd_basis.figures.wording import label

from .comparing import SETS, remark
from .stored import computed_from, said_of, stored

POLICIES = {"price_reaction": "seen_dislocation", "reaction": "orders_that_alarm"}
GROUPS = ("market", "funds")


def reaction_delay(context):
    """The critical reaction delay of purchases that begin when authorities see enough, against the threshold at which they do."""
    found = stored("reactions")
    source = computed_from(context, found["digests"])
    figure, axes = panels(4, columns=2, height=2.2, labels=0.85, share_time=False)
    table: dict = {}
    for place, own in enumerate(axes):
        group, (policy, threshold) = GROUPS[place // 2], tuple(POLICIES.items())[place % 2]
        panel(own, f"{group}: critical reaction delay (day)", unit_axis=label(context.model, threshold))
        labels = []
        for values, colour in SETS.items():
            rows = [row for row in found["rows"] if (row["values"], row["policy"], row["group"]) == (values, policy, group)]
            for number, branch in enumerate((branch for row in rows for branch in row["branches"]), 1):
                x, y = np.array(branch["x"]), np.array(branch["y"])
                own.plot(x, y, color=colour)
                right = int(np.argmax(x))
                labels.append((x[right], float(y[right]), values, colour))
                table |= {f"{policy}, {group}, {values}, {number}: {threshold}": x, f"{policy}, {group}, {values}, {number}: reaction_delay (day)": y}
        own.plot(
            *(context.model.quantity(name).value for name in (threshold, "reaction_delay")), "D", color="white", markeredgecolor=INK, markersize=5
        )
        settle(own)
        end_labels(own, labels, room=0.8)
    table["computed from"] = [source]
    said = (
        "March 2020 with nothing but 75 billion a day of purchases, from a delay after the dislocation (left) or forced sales (right) first pass the "
        f"threshold. Below the line rescued or partly so, above it collapsed; diamond: default values. {said_of('reactions', source)}"
    )
    return remark(figure, said), table
