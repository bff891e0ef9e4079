"""The market: dealers' utilisation, filled and unfilled orders, prices, volatility and capacity.

Dealers' bids fall slowly while there is room and steeply as their balance sheet fills; then orders
are not filled. Prices are log discounts to fundamental value, so that they stay positive.
"""

from sympy import exp, tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock, define, positive
from sd_basis.gates import positive_slope

from .ledger import dealer_inventory, dollar_liquidity, fund_loans, price, seized_collateral
from .sizes import COHORT, MONEY, PAR, calm_margin, dealer_normal_inventory, headroom_share, opening_loan, unnetted_share
from .tenors import trade_duration

# States
cash_discount = Stock("cash_discount", 0, "1", scale=0.5, description="log discount of the cash bond; the price is exp of minus it")
fundamental_value = Stock("fundamental_value", 0, "1", scale=0.5, description="log of the value that news and policy rates give the average bond")
perceived_volatility = Stock("perceived_volatility", 1, "1", nonnegative=True, scale=5.0, description="volatility as a multiple of calm")
margin_rate = Stock("margin_rate", calm_margin, "dollar/face", nonnegative=True, scale=0.05, description="initial margin per unit of futures")
capacity_scale = Parameter(
    "capacity_scale",
    1.0,
    "1",
    between=(0.5, 3),
    domain=(0.1, 20),
    reference="definition: 1 at the start; long cases let it grow, and before 2008 balance sheets were not rationed",
    description="dealers' normal capacity as a multiple of that at the start",
)
normal_use = Auxiliary(
    "normal_use", PAR * dealer_normal_inventory + unnetted_share * opening_loan.total, MONEY, description="balance sheet in use in calm"
)
accustomed_use = Stock(
    "accustomed_use", normal_use, MONEY, nonnegative=True, description="balance sheet that dealers' firms give to Treasuries as a matter of course"
)
normal_capacity = Auxiliary("normal_capacity", capacity_scale * accustomed_use * (1 + headroom_share), MONEY)
dealer_balance_sheet_capacity = Stock(
    "dealer_balance_sheet_capacity",
    normal_capacity,
    MONEY,
    nonnegative=True,
    description="what dealers may carry: inventory and the un-netted share of repo",
)

define(price, PAR * exp(fundamental_value - cash_discount))

# Utilisation and orders
full_at = Parameter(
    "full_at", 1.03, "1", between=(0.95, 1.1), domain=(0.5, 2), reference="assumed", description="utilisation at which half the orders are filled"
)
full_width = Parameter("full_width", 0.03, "1", between=(0.01, 0.06), domain=(0.002, 1), reference="assumed", description="how sharply filling stops")
settling_dollars = Parameter(
    "settling_dollars",
    50.0,
    MONEY,
    between=(20, 200),
    domain=(1, None),
    reference="assumed",
    description="lendable dollars below which orders are not filled for want of dollars",
)
crowd = Parameter(
    "crowd",
    600.0,
    "billion face/day",
    between=(200, 1500),
    domain=(1, None),
    reference="assumed",
    description="unfilled orders at which half the market sees nobody quote",
)

balance_sheet_use = Auxiliary("balance_sheet_use", PAR * (dealer_inventory + seized_collateral) + unnetted_share * fund_loans.total, MONEY)
utilisation = Auxiliary("utilisation", balance_sheet_use / dealer_balance_sheet_capacity, "1")
adaptation_time = Parameter(
    "adaptation_time",
    500.0,
    "day",
    between=(125, 1500),
    domain=(1, None),
    reference="assumed: firms shift balance sheet between desks over two years, not over weeks",
    description="time in which dealers' firms get used to a lasting demand",
)
adaptation = Flow("adaptation", source=CLOUD, sink=accustomed_use, rate=(balance_sheet_use - accustomed_use) / adaptation_time, reversible=True)
fill_share = Auxiliary(
    "fill_share",
    (1 - tanh((utilisation - full_at) / full_width)) / 2 * tanh(dollar_liquidity / settling_dollars),
    "1",
    description="share of sell orders that dealers fill",
)
fund_orders = Auxiliary("fund_orders", unit="billion face/day", over=COHORT, description="what funds want to sell")
orders = Auxiliary("orders", unit="billion face/day", description="all orders to sell")
unfilled_orders = Auxiliary("unfilled_orders", (1 - fill_share) * orders, "billion face/day")
unfilled_share = Auxiliary("unfilled_share", unfilled_orders / (unfilled_orders + crowd), "1", description="how much of the market sees nobody quote")

# Prices
price_impact = Parameter(
    "price_impact",
    1.0,
    "1",
    between=(0.5, 2),
    domain=(0, 10),
    reference="control: 0 cuts every effect of sales on prices",
    description="scale of all price responses",
)
calm_slope = Parameter(
    "calm_slope",
    0.009,
    "1",
    between=(0.004, 0.014),
    domain=(0, 1),
    reference="facts 3e: 2 to 6 bp in the ten-year per 100, at the opening capacity",
    description="discount per unit of utilisation with room",
)
full_slope = Parameter(
    "full_slope",
    0.046,
    "1",
    between=(0.02, 0.068),
    domain=(0, 5),
    reference="facts 3e, 8: 15 to 43 bp in the ten-year per 100, at the opening capacity and with the calm slope",
    description="further discount per unit of utilisation when nearly full",
)
scarce_slope = Parameter(
    "scarce_slope",
    0.15,
    "1",
    between=(0.05, 0.4),
    domain=(0, 5),
    reference="assumed",
    description="premium per unit of utilisation dealers pay when short of bonds",
)
queue_discount = Parameter(
    "queue_discount",
    0.08,
    "1",
    between=(0.03, 0.12),
    domain=(0, 0.5),
    reference="assumed; facts 3b: 64 bp on the ten-year",
    description="further discount when nobody quotes",
)
nearly_full = Parameter(
    "nearly_full",
    0.92,
    "1",
    between=(0.85, 0.98),
    domain=(0, 2),
    reference="assumed; Duffie and others 2023: steep above a threshold",
    description="utilisation at which bids steepen",
)
short_by = Parameter(
    "short_by",
    0.04,
    "1",
    between=(0.02, 0.1),
    domain=(0, 1),
    reference="assumed",
    description="utilisation below normal at which dealers begin to bid for bonds",
)
kink = Parameter("kink", 0.02, "1", between=(0.005, 0.05), domain=(1e-4, 1), reference="assumed", description="width over which bids steepen")
largest_discount = Parameter(
    "largest_discount", 0.15, "1", between=(0.08, 0.3), domain=(0.01, 1), reference="assumed", description="bound of the log discount"
)
price_time = Parameter(
    "price_time",
    1 / 24,
    "day",
    between=(0.01, 0.1),
    domain=(1e-3, 10),
    reference="assumed: within the hour",
    description="time in which prices follow",
)
fundamental_news = Parameter(
    "fundamental_news",
    0.0,
    "1/day",
    between=(-0.02, 0.02),
    domain=(-1, 1),
    reference="set by cases: rate cuts and flights to quality",
    description="rise of fundamental value",
)

normal_utilisation = Auxiliary("normal_utilisation", 1 / (1 + headroom_share), "1")
bid_discount = Auxiliary(
    "bid_discount",
    price_impact
    * (
        calm_slope * (utilisation - normal_utilisation)
        + full_slope * positive(utilisation - nearly_full, kink)
        - scarce_slope * positive(normal_utilisation - short_by - utilisation, kink)
        + queue_discount * unfilled_share
    ),
    "1",
)
target_discount = Auxiliary("target_discount", largest_discount * tanh(bid_discount / largest_discount), "1")
cash_fall = Flow("cash_fall", source=CLOUD, sink=cash_discount, rate=(target_discount - cash_discount) / price_time, reversible=True)
fundamental_rise = Flow("fundamental_rise", source=CLOUD, sink=fundamental_value, rate=fundamental_news, reversible=True)

slope_in_use = Auxiliary(
    "slope_in_use",
    price_impact
    * (
        calm_slope
        + full_slope * positive_slope(utilisation - nearly_full, kink)
        + scarce_slope * positive_slope(normal_utilisation - short_by - utilisation, kink)
    ),
    "1",
    description="discount per unit of utilisation now",
)
BASIS_POINTS = Parameter("basis_points", 1e4, "bp", domain=(1e4, 1e4), reference="definition: one is ten thousand basis points")
yield_dislocation = Auxiliary(
    "yield_dislocation",
    BASIS_POINTS * cash_discount / trade_duration,
    "bp",
    description="yield above its fundamental value, average of the trade by DV01",
)

accustomed_discount = Stock("accustomed_discount", 0, "1", scale=0.5, description="level of the discount that everybody is used to")
habituation = Flow(
    "habituation", source=CLOUD, sink=accustomed_discount, rate=(cash_discount - accustomed_discount) / adaptation_time, reversible=True
)

FLOWS = (habituation, cash_fall, fundamental_rise, adaptation)
