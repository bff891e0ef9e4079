"""The central bank, and the dealers' funding that passes every payment on.

Dealers own no spare dollars: what they pay for bonds they borrow from lenders, what they are paid
repays lenders. Central-bank purchases create reserves and free capacity at the dealer.
"""

from pathlib import Path

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Parameter, Policy, Series, Trade

from .clearing import day
from .funds import few_bonds, fund_borrowing, fund_purchases, fund_repayment, fund_sales, margin_calls
from .holders import manager_purchases, manager_sales, other_purchases, other_sales
from .ledger import central_bank_bonds, dealer_cash, dealer_funding, dealer_inventory, dollar_liquidity, price
from .market import settling_dollars
from .sizes import MONEY, dealer_working_cash

purchase_pace = Parameter(
    "purchase_pace", 0.0, "billion face/day", between=(0, 100), domain=(0, 5000), reference="policy", description="central-bank purchases a day"
)
central_bank_purchases = Trade(
    "central_bank_purchases",
    delivered=(dealer_inventory, central_bank_bonds),
    paid=(CLOUD, dealer_cash),
    rate=purchase_pace * tanh(dealer_inventory / few_bonds),
    price=price,
)

dealer_need = Auxiliary(
    "dealer_need",
    fund_sales.payment
    + other_sales.payment
    + manager_sales.payment
    + fund_borrowing.delivery
    - fund_repayment.delivery
    - margin_calls.delivery
    - fund_purchases.payment
    - other_purchases.payment
    - manager_purchases.payment
    - central_bank_purchases.payment,
    f"{MONEY}/day",
    description="dollars dealers must borrow, negative where they repay",
)
dealer_borrowing = Trade(
    "dealer_borrowing",
    delivered=(CLOUD, dealer_funding),
    paid=(dollar_liquidity, dealer_cash),
    reversible=True,
    rate=dealer_need + (dealer_working_cash - dealer_cash) / day * tanh(dollar_liquidity / settling_dollars),
)

purchase_schedule = Series.from_csv(
    "purchase_schedule",
    Path(__file__).parent / "data" / "fed_treasury_purchase_schedule_2020.csv",
    "target_usd_bn",
    "billion face/day",
    before=0.0,
    until="2020-05-11",
    after=0.0,
    reference="New York Fed operations",
    description="daily Treasury purchases announced in 2020",
)
purchases = Policy("purchases", {purchase_pace: purchase_schedule}, description="the daily purchases of 2020, begun at the policy's start")

FLOWS = (central_bank_purchases, dealer_borrowing)
POLICIES = (purchases,)
