"""The spiral number in closed form: forced sales caused by one of forced sales, if the constraint binds.

R = sum over cohorts of Lambda H (1 - phi rho) / need, with price fall per bond Lambda; before later margin
receipts, volatility held. The claims compute R from the model's own Jacobian, with both, beside it.
"""

from sd_basis import Auxiliary

from .clearing import paid_at_once
from .conditions import haircut
from .funds import capital_need, execution_time, overhang
from .hedges import hedge_follow
from .ledger import hedge_fund_collateral
from .market import dealer_balance_sheet_capacity, slope_in_use
from .sizes import PAR, unnetted_share

impact_of_a_sale = Auxiliary(
    "impact_of_a_sale",
    slope_in_use * PAR * (1 - unnetted_share * (1 - haircut)) / dealer_balance_sheet_capacity,
    "1/(billion face)",
    description="price fall per bond that funds sell: the repaid loan gives balance sheet back",
)
wanted_orders = Auxiliary(
    "wanted_orders", overhang / execution_time, "billion face/day", description="orders to sell if the constraint bound; negative with slack"
)
spiral_number = Auxiliary(
    "spiral_number",
    impact_of_a_sale * (hedge_fund_collateral * PAR * (1 - paid_at_once * hedge_follow)).total / capital_need,
    "1",
    description="R if the constraint binds",
)
