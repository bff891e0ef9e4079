"""The Treasury: issues bonds through dealers, spends what it raises, and supports the economy when told to."""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Trade, positive

from .carry import calm_gate
from .clearing import managers_pay
from .economy import fiscal_pace
from .funds import few_dollars
from .ledger import (
    asset_manager_bonds,
    asset_manager_cash,
    dealer_cash,
    dealer_inventory,
    dollar_liquidity,
    other_holder_bonds,
    other_holder_cash,
    price,
    treasury_account,
    treasury_bills,
)
from .market import settling_dollars
from .sizes import HOLDER, holder_holdings, manager_holdings, treasury_dollars

issuance_pace = Parameter(
    "issuance_pace",
    0.0,
    "billion face/day",
    between=(0, 30),
    domain=(0, 500),
    reference="set by cases",
    description="net issuance of bonds, beyond fiscal support",
)
support_pace = Parameter(
    "support_pace",
    25.0,
    "billion dollar/day",
    between=(0, 40),
    domain=(0, 500),
    reference="facts 10: about 15 per cent of output in 2020, here within half a year",
    description="fiscal support while it lasts",
)
bill_share = Parameter(
    "bill_share",
    0.75,
    "1",
    between=(0.5, 0.9),
    domain=(0, 1),
    reference="assumed: most of the borrowing of spring 2020 was in bills",
    description="share of fiscal support raised by bills, which money funds buy; bonds raise the rest",
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

placed_share = Parameter(
    "placed_share",
    0.9,
    "1",
    between=(0.7, 0.95),
    domain=(0, 1),
    reference="assumed: primary dealers keep a tenth to a third of an auction",
    description="share of new bonds that investors buy at the auction while they have nerve; dealers take the rest",
)
total_savings = holder_holdings.total + manager_holdings
new_bonds = Auxiliary(
    "new_bonds",
    (issuance_pace + (1 - bill_share) * fiscal_pace / price) * tanh(dollar_liquidity / settling_dollars),
    "billion face/day",
    description="bonds auctioned a day",
)
placed_with_managers = Trade(
    "placed_with_managers",
    delivered=(CLOUD, asset_manager_bonds),
    paid=(asset_manager_cash, treasury_account),
    price=price,
    rate=new_bonds * placed_share * calm_gate * manager_holdings / total_savings * managers_pay,
)
placed_with_others = Trade(
    "placed_with_others",
    delivered=(CLOUD, other_holder_bonds),
    paid=(other_holder_cash, treasury_account),
    price=price,
    rate=new_bonds * placed_share * calm_gate * holder_holdings / total_savings * (other_holder_cash / few_dollars).map(tanh),
)
taken_by_others = HOLDER.each(lambda holder: placed_with_others[holder].delivery)
issuance = Trade(
    "issuance",
    delivered=(CLOUD, dealer_inventory),
    paid=(dealer_cash, treasury_account),
    price=price,
    rate=new_bonds - placed_with_managers.delivery - taken_by_others.total,
    description="what dealers take at the auction",
)
bill_issuance = Trade(
    "bill_issuance",
    delivered=(CLOUD, treasury_bills),
    paid=(dollar_liquidity, treasury_account),
    rate=bill_share * fiscal_pace * tanh(dollar_liquidity / settling_dollars),
)
spent = positive(treasury_account - treasury_dollars, 5 * few_dollars) / spending_time + fiscal_pace * tanh(treasury_account / few_dollars)
spending_to_others = Flow(
    "spending_to_others", source=treasury_account, sink=other_holder_cash, rate=spent * holder_holdings / total_savings, transfer=True
)
spending_to_managers = Flow(
    "spending_to_managers", source=treasury_account, sink=asset_manager_cash, rate=spent * manager_holdings / total_savings, transfer=True
)

FLOWS = (issuance, placed_with_managers, *placed_with_others, bill_issuance, *spending_to_others, spending_to_managers)
