"""Asset managers, the real money: they buy at a discount while they have nerve and cash, and keep the rest in money funds."""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Parameter, Trade, positive

from .conditions import bid
from .funds import few_bonds, few_dollars
from .holders import nerve, recycling_time, supply
from .ledger import asset_manager_bonds, asset_manager_cash, dealer_cash, dealer_inventory, dollar_liquidity, manager_deposits, price
from .market import cash_discount, fill_share, settling_dollars
from .sizes import FACE, MONEY, manager_dollars, manager_holdings

manager_elasticity = Parameter(
    "manager_elasticity",
    5.0,
    "1",
    between=(2, 10),
    domain=(0, 100),
    reference="with the other elasticity about 4 bp per 100: QE moved yields 2 to 6, facts 3e",
    description="change of asset managers' wanted bonds per unit of discount",
)
manager_time = Parameter(
    "manager_time", 10.0, "day", between=(5, 60), domain=(0.1, None), reference="assumed", description="time over which asset managers rebalance"
)
managers_wanted = Auxiliary("managers_wanted", manager_holdings * supply * (1 + manager_elasticity * cash_discount), FACE)
manager_orders = Auxiliary(
    "manager_orders",
    positive(asset_manager_bonds - managers_wanted, 5 * few_bonds) / manager_time * tanh(asset_manager_bonds / few_bonds),
    "billion face/day",
    description="what asset managers want to sell",
)
manager_sales = Trade(
    "manager_sales",
    delivered=(asset_manager_bonds, dealer_inventory),
    paid=(dealer_cash, asset_manager_cash),
    rate=fill_share * manager_orders,
    price=bid,
)
manager_purchases = Trade(
    "manager_purchases",
    delivered=(dealer_inventory, asset_manager_bonds),
    paid=(asset_manager_cash, dealer_cash),
    price=price,
    rate=positive(managers_wanted - asset_manager_bonds, 5 * few_bonds)
    / manager_time
    * nerve
    * tanh(asset_manager_cash / few_dollars)
    * tanh(dealer_inventory / few_bonds),
)

cash_beyond = Auxiliary("cash_beyond", asset_manager_cash - manager_dollars, MONEY, description="asset managers' cash beyond their working balance")
managers_deposit = Trade(
    "managers_deposit",
    delivered=(CLOUD, manager_deposits),
    paid=(asset_manager_cash, dollar_liquidity),
    rate=positive(cash_beyond, 5 * few_dollars) / recycling_time,
)
managers_withdraw = Trade(
    "managers_withdraw",
    delivered=(manager_deposits, CLOUD),
    paid=(dollar_liquidity, asset_manager_cash),
    rate=positive(-cash_beyond, 5 * few_dollars) / recycling_time * tanh(manager_deposits / few_dollars) * tanh(dollar_liquidity / settling_dollars),
)

FLOWS = (manager_sales, manager_purchases, managers_deposit, managers_withdraw)
