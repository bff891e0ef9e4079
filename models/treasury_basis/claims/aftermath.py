"""Claims 19 to 24: tenors, hidden exposure, defusing it in advance, the next crisis, the spark, and vulnerability without one."""

from sd_basis import Bound, Control, Expectation

from .foresight import defused, hidden, sectors
from .sparks import next_one, spark, vulnerable

AFTERMATH = (
    Expectation(
        19,
        "five-years",
        "The risk sits in the five-year sector.",
        sectors,
        bounds=(Bound("five_years_lead_2025", at_least=1), Bound("bonds_lead_2020", at_least=1)),
        control=Control("equal shares of all tenors", set={"tenor_share": 1 / 6}),
        caution="True by DV01 of contracts in April 2025 only; in February 2020 the ultra bond led. Durations are assumed, and shares are inputs.",
        shows=("tenor_dv01[5y]", "tenor_dv01[10y]", "tenor_dv01[30y]"),
    ),
    Expectation(
        20,
        "hidden-exposure",
        "Exposure that authorities do not see costs days of the time in which a rescue still works.",
        hidden,
        bounds=(Bound("days_lost", at_least=1, unit="days"),),
        control=Control("all exposure is reported", set={"reported_share": 1.0}),
        caution="The 1.4 trillion are a gap in attribution; Form PF and CFTC did show the trade, and prices are seen by everybody.",
        shows=("seen_orders", "central_bank_bonds", "fill_share"),
    ),
    Expectation(
        21,
        "defused",
        "Seen in advance it can be defused: by a haircut floor, a leverage cap or an orderly reduction.",
        defused,
        bounds=(Bound("floor_collapses", at_most=0), Bound("cap_collapses", at_most=0), Bound("reduction_collapses", at_most=0)),
        control=Control("nothing is done in advance", in_formula=True),
        caution="Who would hold the bonds instead is not asked; the cost is the carry alone, at 0.2 per cent a year.",
        shows=("fill_share", "yield_dislocation", "hedge_fund_collateral"),
    ),
    Expectation(
        22,
        "next-one-bigger",
        "A rescue without reform makes the next crisis bigger.",
        next_one,
        bounds=(Bound("rise_growth", at_least=1), Bound("forced_growth", at_least=1)),
        control=Control("reform: a haircut floor of two per cent", set={"haircut_floor": 0.02}),
        caution="Qualitative: growth comes from new supply and calm, and the expectation of a rescue is not modelled.",
        shows=("hedge_fund_collateral", "yield_dislocation", "central_bank_bonds"),
    ),
    Expectation(
        23,
        "spark-and-petrol",
        "The bigger and the more levered the trade, the smaller the spark that kills it.",
        spark,
        bounds=(Bound("flame_kills", at_least=1), Bound("by_size", at_most=0.98), Bound("by_leverage", at_most=0.98)),
        control=Control(
            "the same sparks at the size and capital of 2017",
            set={
                "basis_position": 205.0,
                "swap_position": 50.0,
                "calm_haircut": 0.005,
                "calm_margin": 0.005,
                "calm_buffer": 0.02,
                "spare_capital": 0.6,
            },
        ),
        caution="Without any rescue, and with the gain of the value set: the data of March 2020 do not determine it.",
        shows=("fill_share", "yield_dislocation", "hedge_fund_collateral"),
    ),
    Expectation(
        24,
        "not-a-date",
        "Vulnerability is not a date: with R above one and no spark the market stays calm.",
        vulnerable,
        bounds=(Bound("lowest_spiral_number", at_least=1), Bound("forced_share", at_most=1e-6), Bound("calm", at_least=1)),
        control=Control("the shock of March 2020", set={"shock_scale": 1.0}),
        caution="R counts what a sale would cause if the constraint bound; with slack nothing is sold, whatever R is.",
        shows=("spiral_number", "fill_share", "yield_dislocation"),
    ),
)
