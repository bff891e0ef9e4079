"""The other holders of bonds: foreign officials and bond funds who raise dollars.

Other holders sell to raise dollars, when they need them and when they are afraid, and come back in
calm. Their dollars go in fixed shares to the central bank's foreign pool and back to lenders.
"""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock, Trade, positive

from .conditions import alarm, bid, shock_scale, turn
from .funds import few_bonds, few_dollars, wanted_trade
from .ledger import (
    dealer_cash,
    dealer_inventory,
    dollar_liquidity,
    holder_deposits,
    opening_outstanding,
    other_holder_bonds,
    other_holder_cash,
    outstanding,
    price,
)
from .market import cash_discount, fill_share, settling_dollars
from .sizes import FACE, HOLDER, MONEY, central_bank_holdings, holder_holdings, opening_trade, recycled_share

nerve_lost = Parameter(
    "nerve_lost", 1.8, "1", between=(1, 4), domain=(0.05, 50), reference="assumed", description="alarm at which nobody trades against the price"
)
nerve = Auxiliary("nerve", (1 + turn) * positive(1 - alarm / nerve_lost, turn), "1", description="willingness to trade against the price")

supply = Auxiliary(
    "supply",
    (outstanding - wanted_trade - central_bank_holdings) / (opening_outstanding - opening_trade - central_bank_holdings),
    "1",
    description="bonds left for the public when the trade has its size and the central bank that of the start, as a multiple of the start",
)

# Need of dollars
dash_for_cash = Parameter(
    "dash_for_cash",
    0.0,
    "billion face/day",
    between=(0, 60),
    domain=(0, 5000),
    over=HOLDER,
    reference="set by cases",
    description="sales that news forces on other holders",
)
need_fades = Parameter(
    "need_fades", 120.0, "day", between=(60, 500), domain=(1, None), reference="assumed", description="time in which the need for dollars fades"
)
failure_sales = Parameter(
    "failure_sales",
    0.0,
    "billion face/day",
    between=(0, 60),
    domain=(0, 5000),
    over=HOLDER,
    reference="set by cases",
    description="sales that no executive can call off",
)
cash_need = Stock("cash_need", 0, FACE, nonnegative=True, scale=500.0, over=HOLDER, description="bonds other holders must turn into dollars")
need_arises = Flow("need_arises", source=CLOUD, sink=cash_need, rate=shock_scale * dash_for_cash + failure_sales)
need_passes = Flow("need_passes", source=cash_need, sink=CLOUD, rate=cash_need / need_fades)

# Flight
fear_starts = Parameter(
    "fear_starts", 1.5, "1", between=(1, 3), domain=(0, 50), reference="assumed", description="alarm above which other holders flee"
)
fear_range = Parameter(
    "fear_range", 0.5, "1", between=(0.3, 2), domain=(0.01, 50), reference="assumed", description="alarm over which flight becomes general"
)
flight = Parameter(
    "flight",
    0.4,
    "1",
    between=(0.1, 0.6),
    domain=(0.001, 0.95),
    reference="assumed",
    description="share of their bonds other holders sell in the worst fear",
)
fear_spreads = Parameter(
    "fear_spreads",
    4.0,
    "day",
    between=(2, 10),
    domain=(0.1, 1000),
    reference="assumed",
    description="time in which each who flees is followed by another",
)
first_to_flee = Parameter(
    "first_to_flee", 50.0, FACE, between=(10, 200), domain=(0.1, None), reference="assumed", description="bonds of those who flee without an example"
)
fear_passes = Parameter(
    "fear_passes",
    30.0,
    "day",
    between=(10, 120),
    domain=(0.1, 1000),
    reference="assumed",
    description="time in which those who fled want bonds again",
)
holder_weight = holder_holdings / holder_holdings.total
others_fear = Auxiliary("others_fear", tanh(positive(alarm - fear_starts, turn) / fear_range), "1")
fleeing = Stock("fleeing", 0, FACE, nonnegative=True, scale=500.0, over=HOLDER, description="bonds other holders no longer dare to hold")
fear_change = Flow(
    "fear_change",
    source=CLOUD,
    sink=fleeing,
    reversible=True,
    rate=others_fear * (fleeing + first_to_flee * holder_weight) * (1 - fleeing / (flight * holder_holdings * supply)) / fear_spreads
    - (1 - others_fear) * fleeing / fear_passes,
)

# Wanted bonds and orders
other_elasticity = Parameter(
    "other_elasticity",
    3.0,
    "1",
    between=(1, 6),
    domain=(0, 50),
    reference="with the other elasticity about 4 bp per 100: QE moved yields 2 to 6, facts 3e",
    description="change of other holders' wanted bonds per unit of discount",
)
other_time = Parameter(
    "other_time", 3.0, "day", between=(2, 15), domain=(0.1, 500), reference="assumed", description="time over which other holders sell"
)
return_time = Parameter(
    "return_time", 60.0, "day", between=(20, 250), domain=(0.1, None), reference="assumed", description="time over which other holders buy back"
)
small_discount = Parameter(
    "small_discount", 1e-4, "1", between=(1e-5, 1e-3), domain=(1e-7, 0.1), reference="numerical: below this a discount is no discount"
)
felt_by_others = Auxiliary(
    "felt_by_others", cash_discount - (1 - nerve) * positive(cash_discount, small_discount), "1", description="discount that other holders act on"
)
others_wanted = Auxiliary("others_wanted", holder_holdings * supply * (1 + other_elasticity * felt_by_others) - fleeing - cash_need, FACE)
other_orders = Auxiliary(
    "other_orders",
    positive(other_holder_bonds - others_wanted, 5 * few_bonds) / other_time * (other_holder_bonds / few_bonds).map(tanh),
    "billion face/day",
    description="what other holders want to sell",
)
other_sales = Trade(
    "other_sales", delivered=(other_holder_bonds, dealer_inventory), paid=(dealer_cash, other_holder_cash), rate=fill_share * other_orders, price=bid
)
other_purchases = Trade(
    "other_purchases",
    delivered=(dealer_inventory, other_holder_bonds),
    paid=(other_holder_cash, dealer_cash),
    price=price,
    rate=positive(others_wanted - other_holder_bonds, 5 * few_bonds)
    / return_time
    * (other_holder_cash / few_dollars).map(tanh)
    * tanh(dealer_inventory / few_bonds),
)

# Their dollars
recycling_time = Parameter(
    "recycling_time",
    2.0,
    "day",
    between=(1, 10),
    domain=(0.1, 500),
    reference="assumed",
    description="time in which proceeds reach deposits and money funds",
)
deposits_wanted = Auxiliary(
    "deposits_wanted",
    recycled_share * (other_holder_cash + holder_deposits) - holder_deposits,
    MONEY,
    description="dollars still to go into deposits and money funds; negative where they come back",
)
into_deposits = Trade(
    "into_deposits",
    delivered=(CLOUD, holder_deposits),
    paid=(other_holder_cash, dollar_liquidity),
    rate=positive(deposits_wanted, few_dollars) / recycling_time,
)
out_of_deposits = Trade(
    "out_of_deposits",
    delivered=(holder_deposits, CLOUD),
    paid=(dollar_liquidity, other_holder_cash),
    rate=positive(-deposits_wanted, few_dollars) / recycling_time * tanh(dollar_liquidity / settling_dollars),
)

FLOWS = (*need_arises, *need_passes, *fear_change, *other_sales, *other_purchases, *into_deposits, *out_of_deposits)
