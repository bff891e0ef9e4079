"""What the trade stands to lose in each tenor: yields, DV01 and loss by tenor. Outputs only."""

from sd_basis import Auxiliary

from .ledger import futures_short, hedge_fund_collateral
from .market import BASIS_POINTS, yield_dislocation
from .sizes import MONEY, PAR
from .tenors import average_move, tenor_dv01_weight, tenor_move

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

OUTPUTS = (basis_shorts, *tenor_yield, *tenor_dv01, *tenor_loss)
