"""Hedge funds: the position their wealth can carry, margin calls, forced sales and the unwind of both legs.

A fund may hold liquid wealth / (haircut + margin + buffer), and sells what exceeds it; the buffer rises
with fear. Margin calls are paid while there is cash; what stays unpaid is a shortfall of the loan, since
default and seizure are not in yet. Loans are repaid bond by bond as collateral is sold.
"""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Trade, define, positive

from .conditions import alarm, bid, haircut
from .ledger import (
    dealer_cash,
    dealer_inventory,
    fund_cash,
    fund_equity,
    futures_short,
    hedge_fund_collateral,
    margin_receivable,
    price,
    repo_funding,
)
from .market import fill_share, fund_orders, margin_rate
from .sizes import FACE, MONEY, PAR, basis_position, calm_buffer

fear_buffer = Parameter(
    "fear_buffer",
    0.5,
    "1",
    between=(0, 1),
    domain=(0, 20),
    reference="assumed; FEDS 2021-038: much selling was precautionary",
    description="growth of the buffer per unit of volatility above calm",
)
execution_time = Parameter(
    "execution_time", 1.0, "day", between=(0.25, 5), domain=(1e-3, 100), reference="assumed", description="time in which funds sell what they must"
)
call_time = Parameter(
    "call_time",
    0.1,
    "day",
    between=(0.05, 0.5),
    domain=(1e-3, 10),
    reference="assumed: a margin call is due within hours",
    description="time in which margin calls are paid",
)
building_time = Parameter(
    "building_time",
    60.0,
    "day",
    between=(20, 250),
    domain=(0.1, None),
    reference="assumed",
    description="time in which funds build a position when they may",
)
reborrow_time = Parameter(
    "reborrow_time",
    1.0,
    "day",
    between=(0.5, 5),
    domain=(0.01, 100),
    reference="assumed: overnight repo",
    description="time in which a rise in value is borrowed against",
)
unwound_share = Parameter(
    "unwound_share",
    1.0,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="facts 1.5: shorts -232 against cash -173 in March 2020",
    description="futures bought back per bond sold",
)
few_bonds = Parameter(
    "few_bonds", 2.0, FACE, between=(0.5, 5), domain=(1e-3, 100), reference="numerical: below this size flows vanish with the stock"
)
few_dollars = Parameter(
    "few_dollars", 1.0, MONEY, between=(0.2, 2), domain=(1e-3, 100), reference="numerical: below this size payments vanish with the cash"
)

able_to_pay = Auxiliary("able_to_pay", tanh(fund_cash / few_dollars), "1", description="one while funds have cash, zero without")
capital_need = Auxiliary(
    "capital_need",
    PAR * haircut + margin_rate + calm_buffer * (1 + fear_buffer * alarm),
    "dollar/face",
    description="wealth needed per unit of position",
)
liquid_wealth = Auxiliary(
    "liquid_wealth",
    fund_equity - positive(margin_receivable, few_dollars / 10),
    MONEY,
    description="equity less the variation margin still to come, which pays no margin call",
)
largest_position = Auxiliary("largest_position", positive(liquid_wealth, few_dollars) / capital_need, FACE)
excess_position = Auxiliary("excess_position", positive(hedge_fund_collateral - largest_position, few_bonds), FACE)
slack = Auxiliary(
    "slack", largest_position - hedge_fund_collateral, FACE, description="distance to the largest position; negative where funds must sell"
)
define(fund_orders, excess_position / execution_time)
leverage = Auxiliary("leverage", price * hedge_fund_collateral / (positive(fund_equity, few_dollars) + few_dollars), "1")

# Selling, and the loan that goes with the bond
fund_sales = Trade(
    "fund_sales", delivered=(hedge_fund_collateral, dealer_inventory), paid=(dealer_cash, fund_cash), rate=fill_share * fund_orders, price=bid
)
fund_repayment = Trade(
    "fund_repayment",
    delivered=(repo_funding, CLOUD),
    paid=(fund_cash, dealer_cash),
    rate=(1 - haircut) * bid * fund_sales.delivery * tanh(repo_funding / few_dollars),
)
futures_unwind = Flow(
    "futures_unwind", source=futures_short, sink=CLOUD, rate=unwound_share * fund_sales.delivery * futures_short / (hedge_fund_collateral + few_bonds)
)

# Building up again
fund_purchases = Trade(
    "fund_purchases",
    delivered=(dealer_inventory, hedge_fund_collateral),
    paid=(fund_cash, dealer_cash),
    price=price,
    rate=positive(basis_position - hedge_fund_collateral, few_bonds)
    / building_time
    * tanh(positive(slack, few_bonds) / (10 * few_bonds))
    * fill_share
    * able_to_pay
    * tanh(dealer_inventory / few_bonds),
)
futures_building = Flow("futures_building", source=CLOUD, sink=futures_short, rate=fund_purchases.delivery)

# Margin on the loan
shortfall = Auxiliary(
    "shortfall", repo_funding - (1 - haircut) * price * hedge_fund_collateral, MONEY, description="loan not covered by collateral after haircut"
)
margin_calls = Trade(
    "margin_calls", delivered=(repo_funding, CLOUD), paid=(fund_cash, dealer_cash), rate=positive(shortfall, few_dollars) / call_time * able_to_pay
)
fund_borrowing = Trade(
    "fund_borrowing",
    delivered=(CLOUD, repo_funding),
    paid=(dealer_cash, fund_cash),
    rate=(1 - haircut) * price * fund_purchases.delivery + positive(-shortfall, few_dollars) / reborrow_time * fill_share,
)

FLOWS = (fund_sales, fund_repayment, futures_unwind, fund_purchases, futures_building, margin_calls, fund_borrowing)
