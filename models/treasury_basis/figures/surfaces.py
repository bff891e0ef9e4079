"""Where one forced sale causes another: the surfaces R = 1 and R = 2 in leverage, size, price impact and margin paid at once."""

import numpy as np

from sd_basis.figures.style import BLUE, GREEN, INK, VERMILLION, end_labels, note, panel, panels, settle

from .comparing import UNIDENTIFIED, remark

SIZES = np.geomspace(200.0, 3000.0, 61)
LEVERAGES = (2.0, 500.0)
KEPT = (1.0, 0.4, 0.1)  # 1 - phi rho: what is not made good at once
COLOURS = (VERMILLION, BLUE, GREEN)
TARGETS = {1.0: "solid", 2.0: "dashed"}
PLACES = {"2020": "no-rescue", "2026": "blowup-2026"}


def spiral_surfaces(context):
    """Leverage at which R = 1 and R = 2 by size of the trade, for three shares not made good at once, in calm and at the worst price impact."""
    run = context.run("no-rescue")
    impact = run["impact_of_a_sale"]
    worst = int(np.argmax(impact))
    states = {"in calm": 0, f"at the worst, {run.when(run.t[worst])[:10]}": worst}
    figure, axes = panels(2, columns=2, height=3.4, labels=1.05, share_time=False)
    table: dict = {}
    for own, (name, place) in zip(axes, states.items(), strict=True):
        own.set_xscale("log")
        own.set_yscale("log")
        panel(own, f"leverage at which R = 1 (solid) and R = 2 (dashed), {name}", unit_axis="size of the trade (billion face)")
        labels = []
        for kept, colour in zip(KEPT, COLOURS, strict=True):
            for target, line in TARGETS.items():
                leverage = target / (impact[place] * SIZES * kept)
                own.plot(SIZES, leverage, color=colour, linestyle=line, linewidth=1.3)
                table[f"{name}, 1 - phi rho = {kept:g}: size (billion face)"] = SIZES
                table[f"{name}, 1 - phi rho = {kept:g}: leverage at R = {target:g}"] = leverage
                if target == 1.0 and LEVERAGES[0] < leverage[-1] < LEVERAGES[1]:
                    labels.append((SIZES[-1], float(leverage[-1]), f"1 − φρ = {kept:g}", colour))
        for year, case in PLACES.items():
            other = context.run(case)
            size, leverage = (float(other[quantity][0]) for quantity in ("hedge_fund_collateral", "full_leverage"))
            own.plot(size, leverage, "o", color=INK, markersize=4)
            own.annotate(year, (size, leverage), xytext=(5, 4), textcoords="offset points", color=INK)
            table[f"{year}: size (billion face)"], table[f"{year}: leverage"] = np.array([size]), np.array([leverage])
        own.set_ylim(*LEVERAGES)
        own.set_xlim(SIZES[0], SIZES[-1])
        own.set_xticks([200, 500, 1000, 2000], ["200", "500", "1000", "2000"])
        own.set_yticks([2, 5, 10, 20, 50, 100, 200], ["2", "5", "10", "20", "50", "100", "200"])
        own.minorticks_off()
        settle(own)
        note(own, f"price falls by {1e4 * 100 * impact[place]:.3g} bp for 100 billion sold")
        end_labels(own, labels, room=1.0)
    said = (
        "R = Λ H (1 − φρ) leverage: price fall per bond sold, bonds held, the share of losses that futures do not make good at once (φ paid at once, "
        "ρ how far futures follow). Above the solid line of its colour one forced sale causes more than one. Dots: where the cases begin."
    )
    return remark(figure, said, f"{UNIDENTIFIED}: they set the price impact."), table
