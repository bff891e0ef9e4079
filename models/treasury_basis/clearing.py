"""Clearing: initial margin of both sides, variation margin with its lag.

Contracts are marked to market at every instant. A gain of the funds becomes a receivable that asset
managers pay at once or after a lag; a loss is due within hours. Nothing of either is lost.
"""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Trade, positive

from .financing import call_time, reborrow_time
from .funds import able_to_pay, few_dollars
from .hedges import hedge_fall, hedge_price
from .ledger import (
    asset_manager_cash,
    clearing_house_lending,
    clearing_house_margin,
    dollar_liquidity,
    fund_cash,
    futures_short,
    manager_margin,
    margin_posted,
    margin_receivable,
)
from .market import fundamental_rise, margin_rate
from .sizes import DAY, MONEY, margin_recycled

paid_at_once = Parameter(
    "paid_at_once",
    0.5,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="unknown: phi of the spiral number; set by the value sets",
    description="share of variation-margin gains in cash at once",
)
receipt_lag = Parameter(
    "receipt_lag",
    0.5,
    "day",
    between=(0.3, 1),
    domain=(0.01, None),
    reference="assumed: 0.3 to 1 day; set by the value sets",
    description="lag with which the rest of variation margin arrives",
)

# Initial margin
margin_due = Auxiliary("margin_due", margin_rate * futures_short - margin_posted, MONEY)
house_pays = Auxiliary("house_pays", tanh(clearing_house_margin / few_dollars), "1")
managers_pay = Auxiliary("managers_pay", tanh(asset_manager_cash / few_dollars), "1")
manager_margin_due = Auxiliary("manager_margin_due", margin_rate * futures_short.total - manager_margin, MONEY)
margin_posting = Trade(
    "margin_posting",
    delivered=(CLOUD, margin_posted),
    paid=(fund_cash, clearing_house_margin),
    rate=positive(margin_due, few_dollars / 10) / call_time * able_to_pay,
)
margin_release = Trade(
    "margin_release",
    delivered=(margin_posted, CLOUD),
    paid=(clearing_house_margin, fund_cash),
    rate=positive(-margin_due, few_dollars / 10) / reborrow_time * house_pays,
)
manager_posting = Trade(
    "manager_posting",
    delivered=(CLOUD, manager_margin),
    paid=(asset_manager_cash, clearing_house_margin),
    rate=positive(manager_margin_due, few_dollars) / call_time * managers_pay,
)
manager_release = Trade(
    "manager_release",
    delivered=(manager_margin, CLOUD),
    paid=(clearing_house_margin, asset_manager_cash),
    rate=positive(-manager_margin_due, few_dollars) / reborrow_time * house_pays,
)
margin_lending = Trade(
    "margin_lending",
    delivered=(CLOUD, clearing_house_lending),
    paid=(clearing_house_margin, dollar_liquidity),
    reversible=True,
    rate=(margin_recycled * clearing_house_margin - (1 - margin_recycled) * clearing_house_lending) / reborrow_time,
)

# Variation margin
futures_gain = Flow(
    "futures_gain",
    source=CLOUD,
    sink=margin_receivable,
    rate=futures_short * hedge_price * (hedge_fall - fundamental_rise),
    reversible=True,
    transfer=True,
    description="mark-to-market of the short contracts",
)
margin_received = Trade(
    "margin_received",
    delivered=(margin_receivable, CLOUD),
    paid=(asset_manager_cash, fund_cash),
    rate=managers_pay
    * (paid_at_once * positive(futures_gain, few_dollars / (50 * DAY)) + positive(margin_receivable, few_dollars / 10) / receipt_lag),
)
margin_paid = Trade(
    "margin_paid",
    delivered=(CLOUD, margin_receivable),
    paid=(fund_cash, asset_manager_cash),
    rate=able_to_pay * positive(-margin_receivable, few_dollars / 10) / call_time,
)

FLOWS = (*margin_posting, *margin_release, manager_posting, manager_release, margin_lending, *futures_gain, *margin_received, *margin_paid)
