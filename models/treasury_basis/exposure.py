"""What the trade stands to lose in each tenor: yields, DV01 and loss by tenor. Outputs only."""

from sd_basis import Auxiliary

from .funds import wanted_trade
from .holders import other_elasticity, supply
from .ledger import central_bank_bonds, futures_short, hedge_fund_collateral, outstanding
from .managers import manager_elasticity
from .market import BASIS_POINTS, yield_dislocation
from .sizes import MONEY, PAR, dealer_normal_inventory, holder_holdings, manager_holdings
from .tenors import average_move, tenor_dv01_weight, tenor_move, trade_duration

tenor_yield = Auxiliary(
    "tenor_yield", yield_dislocation * tenor_move / average_move, "bp", description="yield of the tenor above its fundamental value"
)
tenor_dv01 = Auxiliary(
    "tenor_dv01",
    PAR * hedge_fund_collateral.total * tenor_dv01_weight / BASIS_POINTS,
    f"{MONEY}/bp",
    description="loss of the funds' bonds per basis point of the tenor",
)
tenor_loss = Auxiliary(
    "tenor_loss", tenor_dv01 * tenor_yield, MONEY, description="fall in the value of the funds' bonds from the tenor's dislocation, before hedges"
)

basis_shorts = Auxiliary(
    "basis_shorts",
    futures_short["levered"] + futures_short["moderate"],
    "billion face",
    description="futures short of the basis cohorts: the contracts without the swaps",
)

elasticity = (manager_elasticity * manager_holdings + other_elasticity * holder_holdings.total) / (manager_holdings + holder_holdings.total)
left_to_public = outstanding - central_bank_bonds - wanted_trade - dealer_normal_inventory
equilibrium_discount = Auxiliary(
    "equilibrium_discount",
    (left_to_public / (supply * (manager_holdings + holder_holdings.total)) - 1) / elasticity,
    "1",
    description="discount at which the public would hold in calm what is left to it: negative when the central bank has bought",
)
excess_yield = Auxiliary(
    "excess_yield",
    yield_dislocation - BASIS_POINTS * equilibrium_discount / trade_duration,
    "bp",
    description="yield above that equilibrium, average of the trade by DV01: what a dislocation is when the lasting effect of purchases is taken off",
)

OUTPUTS = (basis_shorts, excess_yield, *tenor_yield, *tenor_dv01, *tenor_loss)
