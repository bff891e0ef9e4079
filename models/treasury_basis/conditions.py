"""The conditions of trade: volatility, margins and haircuts, dealers' capacity and their spread.

Volatility rises in half a day with news, falling prices and large discounts, and fades in a week;
margins, haircuts and capacity follow it. Capacity also shrinks with dealers' losses and grows with relief.
"""

from sympy import exp, tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock, positive
from sd_basis.gates import positive_slope

from .ledger import dealer_equity, price
from .market import (
    accustomed_discount,
    calm_slope,
    cash_discount,
    cash_fall,
    dealer_balance_sheet_capacity,
    fill_share,
    full_slope,
    kink,
    margin_rate,
    nearly_full,
    normal_capacity,
    perceived_volatility,
    utilisation,
)
from .sizes import MONEY, base_haircut, calm_margin, dealer_capital

# Volatility
news_volatility = Parameter(
    "news_volatility", 0.0, "1", between=(0, 2), domain=(0, 100), reference="set by cases", description="volatility that news adds"
)
shock_scale = Parameter(
    "shock_scale",
    1.0,
    "1",
    between=(0, 1),
    domain=(0, 100),
    reference="policy: the executive can end a shock of its own making; also the size of a spark",
    description="scale of the shocks a case sets: volatility from news and sales for cash",
)
speed_volatility = Parameter(
    "speed_volatility", 1.0, "1", between=(0.5, 3), domain=(0, 20), reference="assumed", description="volatility that the fastest falls add"
)
fast_fall = Parameter(
    "fast_fall", 0.01, "1/day", between=(0.005, 0.03), domain=(1e-5, 10), reference="assumed", description="a fall of prices that is felt as fast"
)
discount_volatility = Parameter(
    "discount_volatility",
    6.0,
    "1",
    between=(3, 9),
    domain=(0, 50),
    reference="assumed; wide-range days of March 2020, facts 3b",
    description="volatility that the largest discounts add",
)
felt_discount = Parameter(
    "felt_discount", 0.1, "1", between=(0.05, 0.2), domain=(1e-3, 2), reference="assumed", description="a discount that is felt as large"
)
volatility_up = Parameter(
    "volatility_up", 0.5, "day", between=(0.2, 1), domain=(0.01, 100), reference="assumed: half a day", description="time in which volatility rises"
)
volatility_down = Parameter(
    "volatility_down", 5.0, "day", between=(3, 10), domain=(0.01, 1000), reference="assumed: a week", description="time in which volatility fades"
)
turn = Parameter("turn", 0.1, "1", between=(0.02, 0.3), domain=(1e-3, 10), reference="assumed", description="width between rising and fading")

volatility_target = Auxiliary(
    "volatility_target",
    1
    + shock_scale * news_volatility
    + speed_volatility * tanh(positive(cash_fall, fast_fall / 10) / fast_fall)
    + discount_volatility * tanh(positive(cash_discount - accustomed_discount, kink / 10) / felt_discount),
    "1",
)
volatility_gap = Auxiliary("volatility_gap", volatility_target - perceived_volatility, "1")
volatility_change = Flow(
    "volatility_change",
    source=CLOUD,
    sink=perceived_volatility,
    reversible=True,
    rate=volatility_gap * (1 / volatility_down + (1 / volatility_up - 1 / volatility_down) * (1 + tanh(volatility_gap / turn)) / 2),
)
alarm = Auxiliary("alarm", positive(perceived_volatility - 1, turn), "1", description="volatility above calm")

# Margins and haircuts
margin_power = Parameter(
    "margin_power",
    0.6,
    "1",
    between=(0.4, 0.8),
    domain=(0, 2),
    reference="facts 2: margins rose 1.4 to 2.8 times",
    description="how margin follows volatility",
)
margin_time = Parameter(
    "margin_time",
    1.0,
    "day",
    between=(0.5, 3),
    domain=(0.05, 100),
    reference="assumed",
    description="time in which the clearing house changes margin",
)
fear_haircut = Parameter(
    "fear_haircut",
    0.005,
    "1",
    between=(0, 0.02),
    domain=(0, 0.2),
    reference="facts 1.5: haircuts about unchanged in March 2020; facts 8: 0 to 2 %",
    description="haircut added in the worst fear",
)
margin_change = Flow(
    "margin_change", source=CLOUD, sink=margin_rate, reversible=True, rate=(calm_margin * (1 + alarm) ** margin_power - margin_rate) / margin_time
)
haircut = Auxiliary("haircut", base_haircut + fear_haircut * tanh(alarm / 3), "1")

# Capacity
relief = Parameter(
    "relief",
    1.0,
    "1",
    between=(1, 1.5),
    domain=(0.1, 5),
    reference="policy: leverage-ratio relief of 1 April 2020, after the peak",
    description="scale of dealers' capacity by regulation",
)
relief_size = Parameter(
    "relief_size",
    1.3,
    "1",
    between=(1, 2),
    domain=(0.1, 5),
    reference="policy: leverage-ratio relief of 1 April 2020",
    description="multiple of capacity that leverage-ratio relief gives",
)
volatility_cost = Parameter(
    "volatility_cost", 0.03, "1", between=(0.01, 0.08), domain=(0, 2), reference="assumed", description="capacity lost per unit of volatility"
)
loss_cost = Parameter(
    "loss_cost", 0.2, "1", between=(0.1, 0.5), domain=(0, 0.99), reference="assumed", description="share of capacity that dealers' losses can take"
)
capacity_down = Parameter(
    "capacity_down", 1.0, "day", between=(0.5, 3), domain=(0.05, 100), reference="assumed", description="time in which capacity shrinks"
)
capacity_up = Parameter(
    "capacity_up", 5.0, "day", between=(3, 20), domain=(0.05, 1000), reference="assumed", description="time in which capacity grows"
)
capacity_target = Auxiliary(
    "capacity_target",
    relief * normal_capacity / (1 + volatility_cost * alarm) * (1 - loss_cost * tanh(positive(1 - dealer_equity / dealer_capital, turn / 10))),
    MONEY,
)
capacity_gap = Auxiliary("capacity_gap", capacity_target / dealer_balance_sheet_capacity - 1, "1")
capacity_change = Flow(
    "capacity_change",
    source=CLOUD,
    sink=dealer_balance_sheet_capacity,
    reversible=True,
    rate=(capacity_target - dealer_balance_sheet_capacity)
    * (1 / capacity_down + (1 / capacity_up - 1 / capacity_down) * (1 + tanh(capacity_gap / turn)) / 2),
)

half_spread = Parameter(
    "half_spread",
    1e-4,
    "1",
    between=(5e-5, 5e-4),
    domain=(0, 0.05),
    reference="about half of a 32nd; facts 3c",
    description="half of the bid-ask spread in calm",
)
bid = Auxiliary("bid", price * exp(-half_spread * (1 + alarm)), "dollar/face", description="what dealers pay")

# Depth, which comes back slowly
quoted_depth = Auxiliary(
    "quoted_depth",
    fill_share * calm_slope / (calm_slope + full_slope * positive_slope(utilisation - nearly_full, kink)),
    "1",
    description="what dealers would take at a small concession, as a share of calm: flatness of bids times orders filled",
)
depth_lost = Parameter(
    "depth_lost",
    0.5,
    "day",
    between=(0.1, 2),
    domain=(0.01, 100),
    reference="assumed: quotes are withdrawn within the day",
    description="time in which depth is lost",
)
depth_recovery = Parameter(
    "depth_recovery",
    22.0,
    "day",
    between=(15, 30),
    domain=(0.1, 1000),
    reference="facts 8: 20 to 25 trading days",
    description="time in which depth comes back",
)
small_depth = Parameter(
    "small_depth",
    0.01,
    "1",
    between=(0.001, 0.05),
    domain=(1e-5, 1),
    reference="numerical: below this a change of depth is no change",
    description="a small change of depth",
)
depth = Stock("depth", 1, "1", nonnegative=True, scale=1.0, description="depth of the market as a share of calm")
depth_change = Flow(
    "depth_change",
    source=CLOUD,
    sink=depth,
    reversible=True,
    rate=positive(quoted_depth - depth, small_depth) / depth_recovery - positive(depth - quoted_depth, small_depth) / depth_lost,
)

# The long memory of calm
memory_time = Parameter(
    "memory_time",
    500.0,
    "day",
    between=(250, 1500),
    domain=(1, None),
    reference="assumed: two years",
    description="time in which turmoil is forgotten",
)
remembered_volatility = Stock("remembered_volatility", 1, "1", nonnegative=True, scale=1.0, description="volatility as funds remember it")
forgetting = Flow(
    "forgetting", source=CLOUD, sink=remembered_volatility, reversible=True, rate=(perceived_volatility - remembered_volatility) / memory_time
)

FLOWS = (volatility_change, margin_change, capacity_change, depth_change, forgetting)
