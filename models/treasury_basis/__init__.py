"""The US Treasury basis trade between rescue and collapse.

Hedge funds hold cash Treasuries against short futures, financed overnight in repo through dealers
whose balance sheets are rationed. One day is one trading day of 24 market hours.
"""

from sympy import Min

from sd_basis import Model, Outcome

from . import (
    assets,
    authorities,
    carry,
    clearing,
    conditions,
    cycle,
    defaults,
    economy,
    exposure,
    financing,
    funds,
    hedges,
    holders,
    issuance,
    lenders,
    managers,
    market,
    spiral,
)
from .ledger import dealer_equity, fund_equity, hedge_fund_collateral, outstanding, seized_collateral, total_dollars
from .loops import LOOPS
from .policies import POLICIES
from .sizes import DAY, opening_trade

SECTORS = (
    market,
    hedges,
    conditions,
    funds,
    financing,
    clearing,
    defaults,
    holders,
    managers,
    lenders,
    issuance,
    carry,
    authorities,
    economy,
    assets,
    cycle,
)
position = hedge_fund_collateral.total

functioning = Min(market.fill_share - 0.9, 2 - market.perceived_volatility) > 0
frozen = Min(0.5 - market.fill_share, market.perceived_volatility - 2) > 0
QUARTER = 63  # trading days: longer than any position can wait for delivery, whatever comes later
OUTCOMES = (
    Outcome("calm", functioning, always=True, group="market", description="dealers filled orders throughout"),
    Outcome("rescued", functioning, group="market", description="dealers fill orders again and volatility is below twice its calm level"),
    Outcome(
        "collapsed",
        frozen,
        lasting=QUARTER,
        group="market",
        control={market.price_impact: 0},
        description="most orders stay unfilled for a quarter, from one delivery to the next",
    ),
    Outcome(
        "collapsed",
        seized_collateral > 0.5 * opening_trade,
        absorbing=True,
        group="funds",
        control={market.price_impact: 0},
        description="half of the position was seized",
    ),
    Outcome("collapsed", position < 0.1 * opening_trade, absorbing=True, group="funds", description="nine tenths of the position are gone"),
    Outcome(
        "collapsed",
        funds.excess_position.total > 0.2 * opening_trade,
        group="funds",
        description="funds must sell a fifth of the position or more, and cannot",
    ),
    Outcome("calm", Min(position - 0.95 * opening_trade, *(-funds.overhang)) > 0, always=True, group="funds", description="no fund ever had to sell"),
    Outcome(
        "partial",
        funds.excess_position.total < 0.2 * opening_trade,
        once=position < 0.8 * opening_trade,
        group="funds",
        description="a fifth of the position or more was sold",
    ),
    Outcome("rescued", funds.excess_position.total < 0.2 * opening_trade, group="funds", description="less than a fifth of the position was sold"),
)

MODEL = Model(
    "treasury_basis",
    span=(0, 252),
    time_unit="day",
    units={"year": "252 day"},
    flows=tuple(flow for sector in SECTORS for flow in sector.FLOWS),
    policies=POLICIES,
    outcomes=OUTCOMES,
    loops=LOOPS,
    runaway=funds.forced_orders.total > 0.01 * opening_trade / DAY,
    outputs=(
        market.yield_dislocation,
        hedges.basis,
        conditions.depth,
        funds.leverage,
        fund_equity,
        funds.bound_share,
        funds.full_leverage,
        spiral.spiral_number,
        *spiral.wanted_orders,
        total_dollars,
        outstanding,
        dealer_equity,
        *exposure.OUTPUTS,
        *economy.OUTPUTS,
        *assets.OUTPUTS,
    ),
    description="Hedge funds hold cash Treasuries against short futures, financed in repo; the central bank can stop the spiral, in time.",
)
