"""Who loses: the fall in value by sector as waterfalls, and what each sector gains from a rescue, none, and a late one."""

from sd_basis.figures.style import BLUE, GREEN, GRID, INK, QUIET, SIZE, VERMILLION, WIDTH, blank
from sd_basis.matrices import net_worth, revaluation, transactions

from .comparing import remark

BORNE = ("hedge funds", "dealers", "lenders", "central bank", "asset managers", "other holders")
INSIDE = ("hedge funds", "dealers", "lenders")  # through whom the trade is financed
WINDOWS = {"no-rescue": ("2020-03-09", "2020-04-06"), "blowup-2026-100x": ("2026-03-02", "2026-03-30")}  # 20 trading days
PAYOFFS = {"march-2020": (BLUE, "as it was"), "no-rescue": (VERMILLION, "no rescue"), "harvest": (GREEN, "late on purpose")}
SMALL = ("hedge funds", "dealers", "lenders")
NONE = "clearing house"  # what it holds it owes
TINY = 0.005  # billion


def loss_waterfall(context):
    """Where the loss lands: what holders of Treasuries lose in a collapse, and who bears what the trade loses."""
    figure = blank(WIDTH, 5.5)
    table: dict = {}
    for row, (case, (start, end)) in enumerate(WINDOWS.items()):
        run = context.run(case)
        worth = net_worth(run, start, end)
        change = {sector: worth["at the end", sector] - worth["at the start", sector] for sector in worth.columns}
        total = change["Treasury"]  # what is owed to holders is worth less
        _waterfall(
            figure,
            (0, row),
            f"{case}: value lost in 20 trading days (billion)",
            [("lost by all holders", total)],
            [(sector, change[sector]) for sector in BORNE if sector in change],
            table,
        )
        fallen, passed = revaluation(run, start, end), transactions(run, start, end)
        fall = {sector: fallen.column_sums[fallen.columns.index(sector)] for sector in INSIDE}
        received = sum(passed.column_sums[passed.columns.index(sector)] for sector in INSIDE)
        _waterfall(
            figure,
            (1, row),
            f"{case}: funds, dealers, lenders (billion)",
            [
                ("fall of the funds' bonds", -fall["hedge funds"]),
                ("fall of the dealers' bonds", -fall["dealers"]),
                ("paid by others, net", -received),
            ],
            [(sector, change[sector]) for sector in INSIDE],
            table,
        )
    said = (
        "Grey: what is lost; blue: what others, mainly asset managers on the other side of the futures, pay; vermilion: changes of net worth, which add up "
        "to the total. Bonds at market value; what holders lose, the Treasury owes less. From 9 March 2020 and 2 March 2026."
    )
    return remark(figure, said), table


def payoffs_by_sector(context):
    """Who gains and loses by the end of October 2020: with the rescue as it was, without one, and with one that comes late on purpose."""
    changes = {}
    for case in PAYOFFS:
        worth = net_worth(context.run(case), "2020-03-09")
        changes[case] = {sector: worth["at the end", sector] - worth["at the start", sector] for sector in worth.columns}
    figure = blank(WIDTH, 3.0)
    sectors = [sector for sector in next(iter(changes.values())) if sector != NONE]
    groups = ([s for s in SMALL if s in sectors], [s for s in sectors if s not in SMALL])
    for column, group in enumerate(groups):
        own = figure.add_axes(((1.2 + column * 4.2) / WIDTH, 0.1, 2.85 / WIDTH, 0.76))
        for place, sector in enumerate(group):
            own.axhspan(place - 0.42, place + 0.42, color=GRID, alpha=0.5, linewidth=0, zorder=0)
            for offset, (case, (colour, _)) in zip((-0.24, 0, 0.24), PAYOFFS.items(), strict=True):
                value = changes[case][sector]
                own.plot([0, value], [place + offset] * 2, color=colour, linewidth=1.0, zorder=2)
                own.plot(value, place + offset, marker="o", markersize=4.5, color=colour, zorder=3)
        least, most = (pick(changes[case][sector] for case in PAYOFFS for sector in group) for pick in (min, max))
        room = (most - least) * 0.6
        own.set_xlim(min(least, 0) - room, max(most, 0) + room)
        for place, sector in enumerate(group):
            for offset, (case, (colour, text)) in zip((-0.24, 0, 0.24), PAYOFFS.items(), strict=True):
                value = changes[case][sector]
                named = f"{text} " if place == 0 and column == 0 else ""
                _value(own, value, place + offset, f"{named}{_signed(value)}" if value < 0 else f"{_signed(value)} {named}".strip(), colour)
        own.axvline(0, color=QUIET, linewidth=0.8)
        own.locator_params(axis="x", nbins=5)
        _named(own, "change of net worth (billion dollar)", group)
    table = {"sector": sectors} | {f"{case} (billion dollar)": [values[sector] for sector in sectors] for case, values in changes.items()}
    said = "Net worth at market value at the end of October against 9 March 2020. Blue: as it was; vermilion: no rescue; green: purchases begin on 20 April."
    return remark(figure, said), table


def _waterfall(figure, place, title: str, lost, borne, table: dict) -> None:
    """Draw what is lost as bars one after the other, then who bears it, back to zero."""
    column, row = place
    height = figure.get_figheight()
    own = figure.add_axes(((1.45 + column * 4.25) / WIDTH, 1 - (0.3 + row * 2.65 + 2.2) / height, 2.7 / WIDTH, 2.15 / height))
    reached, edges = 0.0, []
    bars = [(name, value, QUIET if value >= 0 else BLUE) for name, value in lost] + [(name, value, VERMILLION) for name, value in borne]
    for number, (_, value, colour) in enumerate(bars):
        own.barh(number, value, left=reached, height=0.62, color=colour, zorder=2)
        edges.append((min(reached, reached + value), max(reached, reached + value)))
        own.plot([reached + value] * 2, [number, min(number + 1, len(bars) - 1)], color=QUIET, linewidth=0.6, zorder=1)
        reached += value
    most, least = max(high for _, high in edges), min(low for low, _ in edges)
    own.set_xlim(min(least, 0) - 0.02 * most, most * 1.25)
    for number, ((_, value, colour), (_, high)) in enumerate(zip(bars, edges, strict=True)):
        text = f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
        text = text if number < len(lost) and value >= 0 else _signed(value)
        own.annotate(text, (high, number), xytext=(3, 0), textcoords="offset points", size=SIZE - 1, color=colour, va="center")
    own.axvline(0, color=QUIET, linewidth=0.8)
    own.locator_params(axis="x", nbins=4)
    _named(own, title, [name for name, _, _ in bars])
    table[title], table[f"{title}: amount"] = [name for name, _, _ in bars], [value for _, value, _ in bars]


def _named(own, title: str, names) -> None:
    """Dress a panel of bars: its title, and the names of the bars from the top."""
    own.annotate(title, (0, 1), xytext=(-60, 5), xycoords="axes fraction", textcoords="offset points", size=SIZE, va="bottom")
    own.set_ylim(len(names) - 0.5, -0.5)
    own.set_yticks(range(len(names)), names, size=SIZE - 0.5, color=INK)
    own.tick_params(axis="y", length=0)
    own.spines["left"].set_visible(False)


def _value(own, x: float, y: float, text: str, colour: str) -> None:
    """Write a value beside the end of its bar."""
    left = x < 0
    own.annotate(
        text,
        (x, y),
        xytext=(-5 if left else 5, 0),
        textcoords="offset points",
        size=SIZE - 1.5,
        color=colour,
        va="center",
        ha="right" if left else "left",
    )


def _signed(value: float) -> str:
    if abs(value) < TINY:
        return "0"
    return (f"{value:+,.0f}" if abs(value) >= 10 else f"{value:+.2g}").replace("-", "−")
