"""The Treasury: issues bonds through dealers, spends what it raises, and supports the economy when told to."""

from sympy import tanh

from sd_basis import CLOUD, Flow, Parameter, Trade, positive

from .economy import fiscal_pace
from .funds import few_dollars
from .ledger import asset_manager_cash, dealer_cash, dealer_inventory, other_holder_cash, price, treasury_account
from .sizes import HOLDER, MONEY, holder_holdings, manager_holdings, treasury_dollars

issuance_pace = Parameter(
    "issuance_pace",
    0.0,
    "billion face/day",
    between=(0, 30),
    domain=(0, 500),
    reference="set by cases",
    description="net issuance of bonds, beyond fiscal support",
)
borrowed_share = Parameter(
    "borrowed_share",
    1.0,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="assumed: support is borrowed in full",
    description="share of fiscal support raised by issuing bonds",
)
spending_time = Parameter(
    "spending_time",
    20.0,
    "day",
    between=(5, 120),
    domain=(1, None),
    reference="assumed",
    description="time in which the Treasury spends what exceeds its normal account",
)

issuance = Trade(
    "issuance",
    delivered=(CLOUD, dealer_inventory),
    paid=(dealer_cash, treasury_account),
    price=price,
    rate=issuance_pace + borrowed_share * fiscal_pace / price,
)
savers = {**{holder: holder_holdings[holder] for holder in HOLDER}, "managers": manager_holdings}
spent = positive(treasury_account - treasury_dollars, 5 * few_dollars) / spending_time + fiscal_pace * tanh(treasury_account / few_dollars)
total_savings = holder_holdings.total + manager_holdings
spending_to_others = Flow(
    "spending_to_others", source=treasury_account, sink=other_holder_cash, rate=spent * holder_holdings / total_savings, transfer=True
)
spending_to_managers = Flow(
    "spending_to_managers", source=treasury_account, sink=asset_manager_cash, rate=spent * manager_holdings / total_savings, transfer=True
)

FLOWS = (issuance, *spending_to_others, spending_to_managers)
