"""The feedback loops of the story by name: each begins with the link that is its own, at which a control cuts it.

A loop through a cohort of funds, or through a group of other holders, is one loop for each.
"""

from sd_basis import Loop

from .conditions import alarm, capacity_change, capacity_target, haircut, margin_change, volatility_change, volatility_gap, volatility_target
from .defaults import default_hazard, seizure, unpaid_calls
from .financing import margin_calls, refused_share, scarcity_of_loans, shortfall
from .funds import capital_need, excess_position, forced_orders, free_need, fund_sale, largest_position, liquid_wealth, overhang, unfinanced
from .holders import fear_change, felt_by_others, fleeing, other_orders, other_purchases, other_sales, others_fear, others_wanted
from .ledger import dealer_equity, dealer_inventory, dollar_liquidity, fund_cash, fund_equities, hedge_fund_collateral, price, seized_collateral
from .lenders import hoarding, lenders_fear, lent_gap, lent_target
from .market import (
    balance_sheet_use,
    bid_discount,
    cash_discount,
    cash_fall,
    dealer_balance_sheet_capacity,
    fund_orders,
    margin_rate,
    orders,
    perceived_volatility,
    target_discount,
    unfilled_orders,
    unfilled_share,
    utilisation,
)
from .sizes import COHORT, HOLDER

other_sale = HOLDER.each(lambda holder: other_sales[holder].delivery)
other_purchase = HOLDER.each(lambda holder: other_purchases[holder].delivery)
called = COHORT.each(lambda cohort: margin_calls[cohort].delivery)
calls_paid = COHORT.each(lambda cohort: margin_calls[cohort].payment)

FALL = (utilisation, bid_discount, target_discount, cash_fall, cash_discount)
VOLATILITY = (volatility_target, volatility_gap, volatility_change, perceived_volatility, alarm)
SOLD = (overhang, excess_position, forced_orders, fund_orders, fund_sale, dealer_inventory, balance_sheet_use)

LOOPS = (
    Loop(
        "death spiral",
        (price, fund_equities, liquid_wealth, largest_position, *SOLD, *FALL),
        "prices fall, funds' wealth no longer covers what their positions need, they sell, prices fall",
    ),
    Loop(
        "calls and defaults",
        (price, shortfall, called, calls_paid, fund_cash, unpaid_calls, default_hazard, seizure, seized_collateral, balance_sheet_use, *FALL),
        "prices fall, margin calls drain cash until calls stay unpaid, dealers seize the bonds, which fill their balance sheets",
    ),
    Loop(
        "margin spiral",
        (margin_rate, free_need, capital_need, largest_position, *SOLD, *FALL, *VOLATILITY, margin_change),
        "volatility raises margins",
    ),
    Loop("haircut spiral", (haircut, free_need, capital_need, largest_position, *SOLD, *FALL, *VOLATILITY), "volatility raises haircuts"),
    Loop("precaution", (alarm, free_need, capital_need, largest_position, *SOLD, *FALL, *VOLATILITY[:-1]), "fear raises the buffer funds keep"),
    Loop(
        "repo run",
        (
            *(refused_share, unfinanced, forced_orders, fund_orders, orders, unfilled_orders, unfilled_share),
            *(lenders_fear, lent_target, lent_gap, hoarding, dollar_liquidity, scarcity_of_loans),
        ),
        "lenders do not roll over, funds must sell into a market that does not quote, lenders hoard",
    ),
    Loop(
        "dealers' losses",
        (dealer_equity, capacity_target, capacity_change, dealer_balance_sheet_capacity, *FALL, price),
        "prices fall, dealers lose capital and carry less",
    ),
    Loop(
        "dealers' fear",
        (alarm, capacity_target, capacity_change, dealer_balance_sheet_capacity, *FALL, *VOLATILITY[:-1]),
        "volatility takes dealers' balance sheets",
    ),
    Loop(
        "dash for dollars",
        (others_fear, fear_change, fleeing, others_wanted, other_orders, other_sale, dealer_inventory, balance_sheet_use, *FALL, *VOLATILITY),
        "other holders flee from volatility into dollars",
    ),
    Loop("contagion", (fleeing, fear_change), "each holder who flees is followed by another, until all have fled who would"),
    Loop(
        "nobody quotes",
        (
            *(others_fear, fear_change, fleeing, others_wanted, other_orders, orders, unfilled_orders, unfilled_share),
            *(bid_discount, target_discount, cash_fall, cash_discount, *VOLATILITY),
        ),
        "orders that dealers do not fill press on prices, and holders flee",
    ),
    Loop("hoarding", (lenders_fear, lent_target, lent_gap, hoarding, dollar_liquidity), "dollars grow scarce, lenders fear for theirs and hoard"),
    Loop(
        "bargain hunters",
        (felt_by_others, others_wanted, other_purchase, dealer_inventory, balance_sheet_use, *FALL),
        "other holders buy what has become cheap",
    ),
    Loop(
        "position sold",
        (overhang, excess_position, forced_orders, fund_orders, fund_sale, hedge_fund_collateral),
        "what is sold need not be sold again",
    ),
)
