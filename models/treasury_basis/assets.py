"""Other assets: what is sold for dollars falls together, each also with its own news.

One scarcity of dollars acts on all assets; how far each falls is fixed beforehand and not by March 2020:
sensitivity = asset_scale * calm volatility * liquid ownership, where liquid ownership is the share held by
those who would raise cash with it (redeemable funds, leveraged and short-term holders). Only `asset_scale`,
one number for all, may be fitted to the average fall. Without scarcity each asset follows its own news and
nothing else. Fear alone is no scarcity: in April 2025 volatility doubled, repo stayed calm and the dollar fell.

Own news is a level: the log discount that news alone puts on an asset, negative where it makes it dearer,
as a case sets it from a date on: `"asset_news[oil]" = 0.28`. Candidates for March 2020, from closes as
reported on the day, all before the dollars ran short: oil 0.11 on 6 March, when OPEC and Russia parted
(WTI 45.90 to 41.28), and 0.28 more on 9 March, the price war (31.13); equities 0.13 from 19 February to
6 March, the pandemic (S&P 3386 to 2972), and 0.08 more on 9 March (2747). The dossier's falls count from
the close of 9 March, so that this news is no part of them and explains none of them.

Falls as they were: data/asset_falls_2020.csv. The core sees nothing of this sector.
"""

from sympy import exp, tanh

from sd_basis import CLOUD, Auxiliary, Family, Flow, Parameter, Stock, positive

from .conditions import alarm
from .lenders import lent_share
from .market import unfilled_share
from .sizes import calm_lent_share

assets = Family("asset", ("sp500", "credit_bonds", "gold", "silver", "oil", "bitcoin", "foreign_currencies"))

calm_volatility = Parameter(
    "calm_volatility",
    {"sp500": 0.13, "credit_bonds": 0.05, "gold": 0.13, "silver": 0.2, "oil": 0.35, "bitcoin": 0.7, "foreign_currencies": 0.05},
    "1",
    over=assets,
    between=(0.02, 1.2),
    domain=(0, 5),
    reference="assumed: round figures of daily returns 2015 to 2019",
    description="standard deviation of a year's return in calm",
)
liquid_ownership = Parameter(
    "liquid_ownership",
    {"sp500": 0.35, "credit_bonds": 0.25, "gold": 0.22, "silver": 0.3, "oil": 0.35, "bitcoin": 0.4, "foreign_currencies": 0.5},
    "1",
    over=assets,
    between=(0.05, 0.9),
    domain=(0, 1),
    reference="ICI Fact Book 2020: funds hold 32 % of equities, 21 % of corporate bonds, rounded up for leveraged holders; the rest assumed: "
    "gold bars, coins and funds about a fifth of all gold, oil non-commercial futures, bitcoin moved within the year, half of cross-border debt in dollars",
    description="share held by those who would raise cash with it",
)
asset_scale = Parameter(
    "asset_scale",
    2.0,
    "1",
    between=(1, 6),
    domain=(0, 20),
    reference="assumed: two calm years' standard deviations; the one number that may be fitted, to the average fall",
    description="log fall of an asset owned only by the liquid, in calm volatilities, when no dollar is to be had",
)
asset_news = Parameter(
    "asset_news",
    {name: 0.0 for name in assets.members},
    "1",
    over=assets,
    between=(-0.5, 1),
    domain=(-5, 5),
    reference="set by cases",
    description="log discount that an asset's own news puts on it",
)
unnoticed_scarcity = Parameter(
    "unnoticed_scarcity",
    0.02,
    "1",
    between=(0.01, 0.05),
    domain=(1e-3, 0.5),
    reference="assumed",
    description="change of lending that no holder of assets minds",
)
raising_time = Parameter(
    "raising_time", 1.0, "day", between=(0.5, 5), domain=(0.01, 100), reference="assumed", description="time in which holders raise cash with assets"
)
buying_back_time = Parameter(
    "buying_back_time",
    20.0,
    "day",
    between=(10, 90),
    domain=(0.1, None),
    reference="assumed; longer by one plus the alarm: buyers need nerve",
    description="time in which cash goes back into assets in calm",
)
asset_time = Parameter(
    "asset_time",
    0.25,
    "day",
    between=(0.05, 1),
    domain=(1e-3, 100),
    reference="assumed: within a session",
    description="time in which asset prices follow",
)

dollars_withheld = Auxiliary(
    "dollars_withheld",
    positive(1 - unnoticed_scarcity - lent_share / calm_lent_share, unnoticed_scarcity),
    "1",
    description="share of calm lending that is not to be had",
)
dollar_scarcity = Auxiliary(
    "dollar_scarcity",
    1 - (1 - dollars_withheld) * (1 - unfilled_share),
    "1",
    description="share of those in need of dollars who can neither borrow them nor sell Treasuries for them",
)
raised_elsewhere = Stock(
    "raised_elsewhere", 0, "1", nonnegative=True, scale=1.0, description="share of liquid holders who have raised cash by selling other assets"
)
scarcity_gap = Auxiliary("scarcity_gap", dollar_scarcity - raised_elsewhere, "1")
cash_raising = Flow(
    "cash_raising",
    source=CLOUD,
    sink=raised_elsewhere,
    reversible=True,
    rate=scarcity_gap
    * (
        (1 + tanh(scarcity_gap / unnoticed_scarcity)) / (2 * raising_time)
        + (1 - tanh(scarcity_gap / unnoticed_scarcity)) / (2 * buying_back_time * (1 + alarm))
    ),
)

asset_sensitivity = Auxiliary(
    "asset_sensitivity", asset_scale * calm_volatility * liquid_ownership, "1", over=assets, description="log fall when no dollar is to be had"
)
asset_discount = Stock("asset_discount", 0, "1", over=assets, scale=1.0, description="log discount to the price at the start")
asset_fall = Flow(
    "asset_fall",
    source=CLOUD,
    sink=asset_discount,
    reversible=True,
    rate=(asset_sensitivity * raised_elsewhere + asset_news - asset_discount) / asset_time,
)
asset_price = Auxiliary("asset_price", (-asset_discount).map(exp), "1", over=assets, description="price relative to the start")
dollar_index = Auxiliary(
    "dollar_index", 1 / asset_price["foreign_currencies"], "1", description="the dollar against foreign currencies, relative to the start"
)

FLOWS = (cash_raising, asset_fall)
OUTPUTS = (dollar_scarcity, asset_price, dollar_index)
