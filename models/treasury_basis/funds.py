"""Hedge funds: the position their wealth can carry, forced sales, both unwinds, building and delivery.

A cohort may hold liquid wealth / (haircut + margin + buffer), and sells what exceeds it, and what lenders
no longer finance. The buffer rises with fear and with the memory of it. Loans are repaid bond by bond.
"""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock, Trade, define, positive

from .conditions import alarm, bid, haircut, remembered_volatility
from .hedges import contracts_bought, futures_price
from .ledger import (
    asset_manager_bonds,
    asset_manager_cash,
    bridge_loans,
    dealer_cash,
    dealer_inventory,
    fund_cash,
    fund_equities,
    futures_short,
    hedge_fund_collateral,
    margin_receivable,
    price,
    repo_funding,
)
from .market import fill_share, fund_orders, margin_rate
from .sizes import COHORT, FACE, MONEY, PAR, calm_buffer, opening_position, opening_trade

# What a position needs
fear_buffer = Parameter(
    "fear_buffer",
    0.5,
    "1",
    between=(0, 1),
    domain=(0, 20),
    reference="assumed; FEDS 2021-038: much selling was precautionary",
    description="growth of the buffer per unit of volatility above calm",
)
caution = Parameter(
    "caution",
    0.3,
    "1",
    between=(0, 1),
    domain=(0, 20),
    reference="assumed",
    description="growth of the buffer per unit of remembered volatility above calm",
)
leverage_cap = Parameter(
    "leverage_cap",
    1000.0,
    "1",
    between=(10, 1000),
    domain=(1, None),
    reference="policy; far above any leverage it does not bind",
    description="largest position per dollar of liquid wealth the rules allow",
)
small_need = Parameter(
    "small_need",
    0.001,
    "1",
    between=(1e-4, 0.002),
    domain=(1e-5, 0.1),
    reference="numerical: width over which the leverage cap begins to bind",
    description="a small capital need per dollar of position",
)
few_bonds = Parameter(
    "few_bonds", 2.0, FACE, between=(0.5, 5), domain=(1e-3, 100), reference="numerical: below this size flows vanish with the stock"
)
few_dollars = Parameter(
    "few_dollars", 1.0, MONEY, between=(0.2, 2), domain=(1e-3, 100), reference="numerical: below this size payments vanish with the cash"
)

able_to_pay = Auxiliary("able_to_pay", (fund_cash / few_dollars).map(tanh), "1", description="one while a cohort has cash, zero without")
free_need = Auxiliary(
    "free_need",
    PAR * haircut + margin_rate + calm_buffer * (1 + fear_buffer * alarm + caution * positive(remembered_volatility - 1, small_need)),
    "dollar/face",
    description="wealth a fund wants per unit of position",
)
capital_need = Auxiliary(
    "capital_need",
    free_need + PAR * positive(1 / leverage_cap - free_need / PAR, small_need),
    "dollar/face",
    description="wealth needed per unit of position, by prudence or by rule",
)
full_leverage = Auxiliary("full_leverage", PAR / capital_need, "1", description="largest position per dollar: the sum of pledging and buying again")
liquid_wealth = Auxiliary(
    "liquid_wealth",
    fund_equities + bridge_loans - positive(margin_receivable, few_dollars / 10),
    MONEY,
    description="equity and bridge loans less the variation margin still to come, which pays no margin call",
)
largest_position = Auxiliary("largest_position", positive(liquid_wealth, few_dollars / 50) / capital_need, FACE)
overhang = Auxiliary("overhang", hedge_fund_collateral - largest_position, FACE, description="position beyond the largest; negative is slack")
excess_position = Auxiliary("excess_position", positive(overhang, few_bonds), FACE)
bound_share = Auxiliary(
    "bound_share",
    (positive(overhang, few_bonds) / (positive(overhang, few_bonds) + few_bonds) * hedge_fund_collateral).total
    / (hedge_fund_collateral.total + few_bonds),
    "1",
    description="share of the position held by cohorts whose constraint binds",
)
leverage = Auxiliary("leverage", price * hedge_fund_collateral.total / (positive(fund_equities.total, few_dollars) + few_dollars), "1")

# Orders
execution_time = Parameter(
    "execution_time", 1.0, "day", between=(0.25, 5), domain=(1e-3, 100), reference="assumed", description="time in which funds sell what they must"
)
reduction_time = Parameter(
    "reduction_time",
    20.0,
    "day",
    between=(5, 120),
    domain=(0.1, None),
    reference="assumed",
    description="time in which funds reduce a position they no longer want",
)
roll_time = Parameter(
    "roll_time",
    1.0,
    "day",
    between=(0.5, 2),
    domain=(0.05, 100),
    reference="definition: overnight repo",
    description="time in which overnight loans fall due",
)
refused_share = Auxiliary("refused_share", unit="1", description="share of overnight loans lenders do not roll over")
wanted_trade = Stock("wanted_trade", opening_trade, FACE, nonnegative=True, description="size of both trades funds want in calm")
trade_limit = Parameter(
    "trade_limit",
    1.0,
    "1",
    between=(0.2, 1),
    domain=(0.01, 10),
    reference="policy: orderly reduction",
    description="share of the wanted trade that authorities or investors allow",
)
wanted_position = Auxiliary("wanted_position", trade_limit * wanted_trade * opening_position / opening_trade, FACE)
unfinanced = Auxiliary(
    "unfinanced", refused_share * repo_funding / (price * roll_time), "billion face/day", description="bonds whose overnight loan is not rolled over"
)
forced_orders = Auxiliary(
    "forced_orders", (excess_position / execution_time + unfinanced) * (hedge_fund_collateral / few_bonds).map(tanh), "billion face/day"
)
define(fund_orders, forced_orders + positive(hedge_fund_collateral - wanted_position, 5 * few_bonds) / reduction_time)

# Selling, with one leg or both
unwound_share = Parameter(
    "unwound_share",
    1.0,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="facts 1.5: shorts -232 against cash -173 in March 2020",
    description="contracts bought back per bond sold: 1 unwinds both legs, 0 sells the cash leg only",
)
cover_time = Parameter(
    "cover_time",
    20.0,
    "day",
    between=(5, 60),
    domain=(0.1, None),
    reference="assumed",
    description="time in which shorts without bonds are bought back",
)
covers_naked = Parameter(
    "covers_naked",
    1.0,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="assumed; 0 leaves them",
    description="whether shorts without bonds are bought back at all",
)
fund_sales = Trade(
    "fund_sales", delivered=(hedge_fund_collateral, dealer_inventory), paid=(dealer_cash, fund_cash), rate=fill_share * fund_orders, price=bid
)
fund_sale = COHORT.each(lambda cohort: fund_sales[cohort].delivery)
futures_unwind = Flow(
    "futures_unwind", source=futures_short, sink=CLOUD, rate=unwound_share * fund_sale * futures_short / (hedge_fund_collateral + few_bonds)
)
futures_cover = Flow(
    "futures_cover", source=futures_short, sink=CLOUD, rate=covers_naked * positive(futures_short - hedge_fund_collateral, 5 * few_bonds) / cover_time
)
define(contracts_bought, futures_unwind.total + futures_cover.total)

# Building up, and delivery at the futures' price
building_time = Parameter(
    "building_time",
    60.0,
    "day",
    between=(20, 250),
    domain=(0.1, None),
    reference="assumed",
    description="time in which funds build a position when they may",
)
delivery_rate = Parameter(
    "delivery_rate",
    0.0008,
    "1/day",
    between=(0, 0.003),
    domain=(0, 1),
    reference="assumed: a twentieth of the contracts goes to delivery each quarter",
    description="share of the basis trade delivered a day",
)
delivers = COHORT.each(lambda cohort: 0 if cohort == "swap" else 1)
may_build = Auxiliary("may_build", (positive(-overhang, few_bonds) / (10 * few_bonds)).map(tanh) * fill_share, "1")
delivered_bonds = Auxiliary(
    "delivered_bonds",
    delivery_rate * delivers * futures_short * (hedge_fund_collateral / few_bonds).map(tanh) * tanh(asset_manager_cash / few_dollars),
    "billion face/day",
)
deliveries = COHORT.each(
    lambda cohort: (
        Trade(
            f"deliveries[{cohort}]",
            delivered=(hedge_fund_collateral[cohort], asset_manager_bonds),
            paid=(asset_manager_cash, fund_cash[cohort]),
            rate=delivered_bonds[cohort],
            price=futures_price,
        )
        if cohort != "swap"
        else None
    )
)
deliveries = tuple(trade for trade in deliveries if trade is not None)
futures_delivered = Flow("futures_delivered", source=futures_short, sink=CLOUD, rate=delivered_bonds)
fund_purchases = Trade(
    "fund_purchases",
    delivered=(dealer_inventory, hedge_fund_collateral),
    paid=(fund_cash, dealer_cash),
    price=price,
    rate=(positive(wanted_position - hedge_fund_collateral, few_bonds) / building_time + delivered_bonds)
    * may_build
    * able_to_pay
    * tanh(dealer_inventory / few_bonds),
)
fund_purchase = COHORT.each(lambda cohort: fund_purchases[cohort].delivery)
futures_building = Flow("futures_building", source=CLOUD, sink=futures_short, rate=fund_purchase)

FLOWS = (*fund_sales, *futures_unwind, *futures_cover, *deliveries, *futures_delivered, *fund_purchases, *futures_building)
