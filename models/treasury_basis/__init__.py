"""The US Treasury basis trade between rescue and collapse.

Hedge funds hold cash Treasuries against short futures, financed overnight in repo through dealers
whose balance sheets are rationed. One day is one trading day of 24 market hours.
"""

from sympy import Min

from sd_basis import Model, Outcome

from . import assets, authorities, clearing, conditions, economy, funds, holders, market
from .ledger import dealer_equity, hedge_fund_collateral, total_dollars
from .sizes import basis_position

functioning = Min(market.fill_share - 0.9, 2 - market.perceived_volatility) > 0
frozen = Min(0.5 - market.fill_share, market.perceived_volatility - 2) > 0
OUTCOMES = (
    Outcome("calm", functioning, always=True, group="market", description="dealers filled orders throughout"),
    Outcome("rescued", functioning, group="market", description="dealers fill orders again and volatility is below twice its calm level"),
    Outcome("collapsed", frozen, group="market", description="most orders stay unfilled and nothing scheduled can change that"),
    Outcome(
        "collapsed", hedge_fund_collateral < 0.1 * basis_position, absorbing=True, group="funds", description="nine tenths of the position are gone"
    ),
    Outcome(
        "collapsed",
        funds.excess_position > 0.2 * basis_position,
        group="funds",
        description="funds must sell a fifth of the position or more, and cannot",
    ),
    Outcome(
        "calm",
        Min(hedge_fund_collateral - 0.95 * basis_position, funds.slack) > 0,
        always=True,
        group="funds",
        description="no fund ever had to sell",
    ),
    Outcome(
        "partial",
        funds.excess_position < 0.2 * basis_position,
        once=hedge_fund_collateral < 0.8 * basis_position,
        group="funds",
        description="a fifth of the position or more was sold",
    ),
    Outcome("rescued", funds.excess_position < 0.2 * basis_position, group="funds", description="less than a fifth of the position was sold"),
)

MODEL = Model(
    "treasury_basis",
    span=(0, 252),
    time_unit="day",
    units={"year": "252 day"},
    flows=(*market.FLOWS, *conditions.FLOWS, *funds.FLOWS, *clearing.FLOWS, *holders.FLOWS, *authorities.FLOWS, *economy.FLOWS, *assets.FLOWS),
    policies=authorities.POLICIES,
    outcomes=OUTCOMES,
    outputs=(
        market.yield_dislocation,
        market.basis,
        funds.leverage,
        clearing.spiral_number,
        total_dollars,
        dealer_equity,
        *economy.OUTPUTS,
        *assets.OUTPUTS,
    ),
    description="Hedge funds hold cash Treasuries against short futures, financed in repo; the central bank can stop the spiral, in time.",
)
