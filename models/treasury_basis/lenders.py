"""Lenders of dollars: willing, or hoarding in fear of volatility, unfilled orders and scarcity."""

from sympy import tanh

from sd_basis import Auxiliary, Flow, Parameter, define, positive

from .conditions import alarm, turn
from .funds import few_dollars, fund_orders
from .holders import other_orders
from .ledger import dollar_liquidity, hoarded_dollars
from .managers import manager_orders
from .market import orders, settling_dollars, unfilled_share
from .sizes import calm_lent_share

define(orders, fund_orders.total + other_orders.total + manager_orders)

hoard_volatility = Parameter(
    "hoard_volatility", 0.3, "1", between=(0.1, 0.6), domain=(0, 20), reference="assumed", description="weight of volatility in lenders' fear"
)
hoard_queue = Parameter(
    "hoard_queue", 0.7, "1", between=(0.3, 1.5), domain=(0, 20), reference="assumed", description="weight of unfilled orders in lenders' fear"
)
hoard_scarcity = Parameter(
    "hoard_scarcity",
    0.5,
    "1",
    between=(0.2, 1.5),
    domain=(0, 20),
    reference="assumed; 0 is a control",
    description="weight of scarce dollars in lenders' fear",
)
hoarding_on = Parameter(
    "hoarding_on",
    1.0,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="control: 0 keeps lenders willing whatever happens",
    description="strength of hoarding",
)
hoard_time = Parameter(
    "hoard_time", 0.25, "day", between=(0.1, 1), domain=(0.01, 100), reference="assumed: fast down", description="time in which lenders withdraw"
)
lend_time = Parameter(
    "lend_time", 5.0, "day", between=(3, 20), domain=(0.1, 1000), reference="assumed: slow back", description="time in which lenders return"
)
lenders_fear = Auxiliary(
    "lenders_fear",
    hoarding_on * (hoard_volatility * alarm + hoard_queue * unfilled_share + hoard_scarcity * (1 - tanh(dollar_liquidity / settling_dollars))),
    "1",
)
lent_share = Auxiliary("lent_share", dollar_liquidity / (dollar_liquidity + hoarded_dollars + few_dollars), "1")
lent_target = Auxiliary("lent_target", calm_lent_share / (1 + lenders_fear**4), "1")
lent_gap = Auxiliary("lent_gap", lent_target - lent_share, "1")
hoarding = Flow(
    "hoarding",
    source=dollar_liquidity,
    sink=hoarded_dollars,
    rate=positive(-lent_gap, turn / 100) * (dollar_liquidity + hoarded_dollars) / hoard_time * tanh(dollar_liquidity / few_dollars),
)
lending_again = Flow(
    "lending_again",
    source=hoarded_dollars,
    sink=dollar_liquidity,
    rate=positive(lent_gap, turn / 100) * (dollar_liquidity + hoarded_dollars) / lend_time * tanh(hoarded_dollars / few_dollars),
)

FLOWS = (hoarding, lending_again)
