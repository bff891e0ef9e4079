"""Pay-offs: what a late rescue brings to whom, and who bears the loss of the trade. The formulas of claims 17 and 18."""

import numpy as np

from sd_basis.matrices import net_worth, revaluation, transactions

from .record import between

_CLOSED_OUT = (
    "seizure",
    "overnight_ended",
    "term_ended",
    "bridge_lost",
    "margin_forfeited",
    "due_forfeited",
    "payable_lost",
    "cash_to_dealers",
    "surplus_returned",
)
_INVESTORS = ("payout", "subscriptions", "redemptions")


def harvest(study):
    """What a rescue that waits for the funds to fail pays, by sector, against the prompt one of 2020.

    The share of their opening equity that funds have lost when purchases begin (at least 0.9: harvested); the average discount at which the
    central bank buys from 20 April on, over the deepest one of the run (at least a half: the bottom); its gain on those bonds at fundamental
    value less the output lost beyond that of the prompt rescue to the end of the case (billion, at least 0: it pays). Reported: the bonds left to buy
    from funds, changes of net worth by sector less those of the prompt rescue.
    """
    late, prompt = study.run("harvest"), study.run("march-2020")
    begins = late.case.time("claim 17", "2020-04-20")
    end = float(late.t[-1])
    bought = float(late["central_bank_bonds"][-1] - np.interp(begins, late.t, late["central_bank_bonds"]))
    paid = -float(transactions(late, begins, end)["central_bank_purchases_payment", "central bank"])
    worth = float(np.exp(late["fundamental_value"][-1]))
    lost = study.parameter("gdp", "harvest") * (between(prompt, "output_gap", 0, end) - between(late, "output_gap", 0, end))
    equity = late["fund_equity"]
    ends = [net_worth(run) for run in (late, prompt)]
    changes = {sector: [ledger["at the end", sector] - ledger["at the start", sector] for ledger in ends] for sector in ends[0].columns}
    discount = 1 - paid / (bought * worth) if bought > 1 else np.nan
    return {
        "equity_lost": 1 - float(np.interp(begins, late.t, equity)) / float(equity[0]),
        "how_deep": discount / (1 - float(np.exp(-late["cash_discount"].max()))),
        "gain_less_output": bought * worth - paid - lost,
        "gain_on_bonds": bought * worth - paid,
        "output_lost": lost,
        "funds_bonds_left": float(np.interp(begins, late.t, late["hedge_fund_collateral"])),
        **{f"{sector} against prompt": after - before for sector, (after, before) in changes.items()},
    }


def waterfall(study):
    """Who bears the loss of a trade at a hundred times its capital: funds up to their equity, others the rest.

    From the transactions and revaluation of the whole run. The loss on the funds' book is what bonds, contracts, carry and spreads cost them.
    It must be the equity funds lost (before what investors paid in or took out) plus dealers' losses on defaults (a stock of its own, another
    route) plus bridge loans lost: the error over the position, at most 1e-5, ten times the tolerance of the runs. The share of their opening
    equity that funds lose: at most 1 ("only equity"), at least 0.9. What others bear, less max(0, loss - equity), over the opening equity:
    within a tenth. Reported, in billions: the loss, the same formula without the hedge (fall of the bonds they held less equity), what others
    and lenders bear, and the share of the bonds that others must absorb.
    """
    run = study.run("blowup-2026-100x")
    moved, worth = transactions(run), net_worth(run)
    funds = {row: moved[row, "hedge funds"] or 0.0 for row in moved.rows}

    def total(names):
        return sum(value for row, value in funds.items() if row.split("[")[0] in names)

    opening, closing = (worth[row, "hedge funds"] for row in ("at the start", "at the end"))
    others = total(_CLOSED_OUT)
    fall = -revaluation(run)["bonds", "hedge funds"]
    loss = fall + others + total(_INVESTORS) - sum(funds.values())
    lost = opening + total(_INVESTORS) - closing
    beyond = float(run["dealer_default_losses"][-1] - run["dealer_default_losses"][0]) + total(("bridge_lost", "payable_lost"))
    bonds = float(run["hedge_fund_collateral"][0])
    return {
        "waterfall_error": abs(loss - lost - beyond) / bonds,
        "equity_lost": lost / opening,
        "formula_miss": abs(beyond - max(0.0, loss - opening)) / opening,
        "loss_on_the_book": loss,
        "opening_equity": opening,
        "borne_by_others": others,
        "written_off_by_lenders": float(run["lender_write_offs"][-1]),
        "beyond_equity_without_the_hedge": max(0.0, fall - opening),
        "bonds_to_absorb": 1 - float(run["hedge_fund_collateral"][-1]) / bonds,
    }
