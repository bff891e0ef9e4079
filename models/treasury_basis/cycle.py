"""The long cycle: the trade takes a share of new supply, and its parts leave again over the years."""

from sd_basis import CLOUD, Flow, Parameter, positive

from .authorities import purchase_pace
from .funds import few_bonds, wanted_trade
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

new_supply = positive(new_bonds - purchase_pace, few_bonds / (10 * DAY))
trade_grows = Flow("trade_grows", source=CLOUD, sink=wanted_trade, rate=trade_share * new_supply)
trade_shrinks = Flow("trade_shrinks", source=wanted_trade, sink=CLOUD, rate=trade_leaves * wanted_trade)

FLOWS = (trade_grows, trade_shrinks)
