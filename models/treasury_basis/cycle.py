"""The long cycle: the trade takes a share of new supply, and its parts leave again over the years."""

from sd_basis import CLOUD, Flow, Parameter, positive

from .authorities import purchase_pace
from .conditions import remembered_volatility
from .funds import few_bonds, small_need, wanted_trade
from .issuance import new_bonds
from .sizes import DAY

trade_share = Parameter(
    "trade_share",
    0.0,
    "1",
    between=(0, 0.6),
    domain=(0, 1),
    reference="facts 1.9: 37 % of net issuance 2022 to 2024; 0 holds the trade at its size",
    description="share of new supply that the trade wants to take",
)
trade_leaves = Parameter(
    "trade_leaves",
    0.0,
    "1/day",
    between=(0, 0.01),
    domain=(0, 1),
    reference="assumed; 0 holds the trade at its size",
    description="share of the wanted trade that leaves a day",
)

fear_leaves = Parameter(
    "fear_leaves",
    0.02,
    "1/day",
    between=(0.002, 0.1),
    domain=(0, 10),
    reference="assumed; leveraged shorts went on falling through May 2020",
    description="share of the wanted trade that leaves a day per unit of remembered volatility above calm",
)

forgiven = Parameter(
    "forgiven",
    0.05,
    "1",
    between=(0.02, 0.2),
    domain=(0, 10),
    reference="assumed: a month of ordinary news frightens nobody away",
    description="remembered volatility above calm that funds do not mind",
)

new_supply = positive(new_bonds - purchase_pace, few_bonds / (10 * DAY))
trade_grows = Flow("trade_grows", source=CLOUD, sink=wanted_trade, rate=trade_share * new_supply)
trade_shrinks = Flow(
    "trade_shrinks",
    source=wanted_trade,
    sink=CLOUD,
    rate=(trade_leaves + fear_leaves * positive(remembered_volatility - 1 - forgiven, small_need)) * wanted_trade,
)

FLOWS = (trade_grows, trade_shrinks)
