"""Tenors of the trade: what it holds in each, by DV01 rather than by notional.

One discount moves all tenors in the model; the loadings say how much of it each shows. The average
discount of the trade is the average over tenors weighted by their DV01.
"""

from sd_basis import Auxiliary, Family, Parameter

TENOR = Family("tenor", ("2y", "5y", "10y", "ultra10y", "bond", "30y"))  # the contracts; 30y is the ultra bond

tenor_share = Parameter(
    "tenor_share",
    {"2y": 0.4791, "5y": 0.2164, "10y": 0.1556, "ultra10y": 0.0296, "bond": 0.0339, "30y": 0.0854},
    "1",
    between=(0.02, 0.6),
    domain=(0, 1),
    over=TENOR,
    reference="CFTC, leveraged shorts on 18 February 2020 (facts 1.14)",
    description="share of the trade's notional; they sum to one",
)
tenor_duration = Parameter(
    "tenor_duration",
    {"2y": 1.85, "5y": 4.1, "10y": 5.9, "ultra10y": 8.0, "bond": 13.0, "30y": 17.5},
    "1",
    between=(1.5, 20),
    domain=(0.1, 40),
    over=TENOR,
    reference="assumed for the deliverable bonds, in years",
    description="price change per unit change of yield",
)
tenor_move = Parameter(
    "tenor_move",
    {"2y": 16.0, "5y": 33.0, "10y": 64.0, "ultra10y": 64.0, "bond": 78.0, "30y": 78.0},
    "bp",
    between=(5, 120),
    domain=(0, 500),
    over=TENOR,
    reference="H.15, 9 to 18 March 2020 (facts 3b): the pattern of a dislocation across tenors; the ultra ten-year as the ten-year, the bond as the 30-year",
    description="yield changes in a dislocation, of which only the proportions matter",
)

tenor_dv01_weight = Auxiliary(
    "tenor_dv01_weight", tenor_share * tenor_duration, "1", description="price change of one face of the trade per unit change of this tenor's yield"
)
trade_duration = Auxiliary(
    "trade_duration", tenor_dv01_weight.total, "1", description="price change of the trade per unit change of yields; shares sum to one"
)
average_move = Auxiliary("average_move", (tenor_dv01_weight * tenor_move).total / trade_duration, "bp")
