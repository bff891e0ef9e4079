"""What hedges the bonds: futures for the basis cohorts, swaps that pay fixed for swap-spread funds.

Both follow the cash discount in part; futures rise when funds buy many contracts back at once.
"""

from sympy import exp

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock

from .ledger import price
from .market import cash_discount, fundamental_value, price_impact, price_time
from .sizes import COHORT, PAR

futures_discount = Stock("futures_discount", 0, "1", scale=0.5, description="log discount of the futures")
swap_discount = Stock("swap_discount", 0, "1", scale=0.5, description="log discount of the hedge of swap-spread funds: a swap that pays fixed")

futures_price = Auxiliary("futures_price", PAR * exp(fundamental_value - futures_discount), "dollar/face")
swap_price = Auxiliary("swap_price", PAR * exp(fundamental_value - swap_discount), "dollar/face")

futures_follow = Parameter(
    "futures_follow",
    0.9,
    "1",
    between=(0.7, 1.0),
    domain=(0, 1),
    reference="assumed; rho of the spiral number",
    description="share of the cash discount that futures follow",
)
swap_follow = Parameter(
    "swap_follow",
    0.5,
    "1",
    between=(0, 0.9),
    domain=(0, 1),
    reference="assumed: swaps follow Treasury-specific discounts less than futures do; facts 4: swap spreads in April 2025",
    description="share of the cash discount that swaps follow",
)
futures_rise = Parameter(
    "futures_rise", 0.004, "1", between=(0, 0.02), domain=(0, 0.2), reference="assumed", description="most that buying back contracts lifts futures"
)
deep_futures = Parameter(
    "deep_futures",
    20.0,
    "billion face/day",
    between=(5, 100),
    domain=(0.1, None),
    reference="assumed",
    description="contracts bought back in a day that lift futures by half of the most; a market takes ordinary unwinds in its stride",
)

contracts_bought = Auxiliary("contracts_bought", unit="billion face/day", description="futures that funds buy back")
futures_target = Auxiliary(
    "futures_target",
    futures_follow * cash_discount - price_impact * futures_rise * contracts_bought**2 / (contracts_bought**2 + deep_futures**2),
    "1",
)
futures_fall = Flow("futures_fall", source=CLOUD, sink=futures_discount, rate=(futures_target - futures_discount) / price_time, reversible=True)
swap_fall = Flow("swap_fall", source=CLOUD, sink=swap_discount, rate=(swap_follow * cash_discount - swap_discount) / price_time, reversible=True)

# By cohort
hedge_price = COHORT.each(lambda cohort: swap_price if cohort == "swap" else futures_price)
hedge_fall = COHORT.each(lambda cohort: swap_fall if cohort == "swap" else futures_fall)
hedge_follow = COHORT.each(lambda cohort: swap_follow if cohort == "swap" else futures_follow)
basis = Auxiliary("basis", futures_price - price, "dollar/face", description="carry-adjusted futures price less cash price")

FLOWS = (futures_fall, swap_fall)
