"""Foresight: where the risk sits, what authorities do not see, and defusing it in advance. The formulas of claims 19 to 21."""

import math
from dataclasses import replace

from sd_basis import Case
from sd_basis.case import Event
from sd_basis.library import find_case

from .record import acted, collapses


def _lead(run, name, tenor):
    """Return the largest value of a quantity in one tenor over that of the largest other tenor."""
    sizes = {member: float(run[member].max()) for member in run.names if member.startswith(f"{name}[")}
    own = sizes.pop(f"{name}[{tenor}]")
    return own / max(sizes.values())


def sectors(study):
    """The five-year sector's DV01 over that of the largest other tenor in April 2025, and the ultra bond's in February 2020.

    DV01 is the loss of the funds' bonds per basis point of a tenor, not the notional. Above one the tenor leads: at least 1 for five years in
    April 2025 (152 million a basis point against 122 in the ten-year), and at least 1 for the bonds in February 2020, where the ultra bond
    led. The model's 30y is the ultra bond.
    Reported: the same ratio for losses by tenor, in which long yields move most.
    """
    april, march = study.run("april-2025"), study.run("march-2020")
    return {
        "five_years_lead_2025": _lead(april, "tenor_dv01", "5y"),
        "bonds_lead_2020": _lead(march, "tenor_dv01", "30y"),
        "five_years_lead_2020": _lead(march, "tenor_dv01", "5y"),
        "five_years_lead_losses_2025": _lead(april, "tenor_loss", "5y"),
    }


def hidden(study):
    """Trading days of reaction lost where authorities see 0.24 of the exposure: 0.45 of the 1.85 trillion were attributed.

    The date on which the reaction to forced sales begins to buy, seen in part, less that seen in full, in a crisis of 1.8 trillion at fifty
    times. What happens before is the same, so the delay lost before the critical date is this number too. At least 1 day ("days"); infinite
    where the reaction never comes. Reported: whether the market collapses in either (1 or 0), and the days lost with the sizes of March 2020.
    """
    part = {"reported_share": 0.24}
    full, seen = study.run("full-reporting"), study.run("full-reporting", set=part)
    small = [study.run("no-rescue", policies=("reaction",), set=given) for given in ({}, part)]
    begun = [acted(run, "reaction") for run in (full, seen, *small)]
    return {
        "days_lost": _after(begun[0], begun[1]),
        "days_lost_in_2020": _after(begun[2], begun[3]),
        "begun_in_full": begun[0],
        "collapses_in_full": collapses(full),
        "collapses_in_part": collapses(seen),
    }


def _after(first, second):
    """Return how much later the second of two dates is, none where the first never comes."""
    return None if math.isinf(first) else second - first


def _in_a_year(study, *policies):
    """Return the case of the spark after a calm year in which policies are in force."""
    case, year = find_case(study.model, "spark"), 252.0
    begin = (case.time("claim 21", event.start) for event in case.shocks)
    end = (case.time("claim 21", event.end) for event in case.shocks)
    shocks = tuple(replace(event, start=year + first, end=year + last) for event, first, last in zip(case.shocks, begin, end, strict=True))
    return Case(
        "spark-in-a-year", span=(0.0, year + 126), values=case.values, shocks=shocks, policies=tuple(Event(name, start=0.0) for name in policies)
    )


def defused(study):
    """Whether a tenth of March 2020's shock, without any rescue, still kills the market when the trade was defused before it.

    Three ways, each with the capital that stands behind the trade now: built under a haircut floor of two per cent, under a leverage cap of
    fifteen (in both the trade is smaller by as much as a position needs more capital), and reduced by half in a calm year. Each number is 1
    where the market collapses, else 0; all must be 0. In the control nothing is done. Reported: what the cap costs, in carry forgone in a
    year (billion), what lenders write off without it, and whether the whole shock kills under the cap.
    """
    size = {name: study.parameter(name, "spark") for name in ("basis_position", "swap_position")}
    rest = study.parameter("calm_margin", "spark") + study.parameter("calm_buffer", "spark")
    need, spare = study.parameter("calm_haircut", "spark") + rest, study.parameter("spare_capital[levered]", "spark")
    floor, cap = 0.02, 15.0
    smaller = {name: value * need / (floor + rest) for name, value in size.items()} | {"haircut_floor": floor}
    capped = {name: value * need * cap for name, value in size.items()} | {"leverage_cap": cap, "spare_capital": (1 + spare) / (need * cap) - 1}
    if study.is_control:
        smaller, capped = {}, {}
    bare = study.run("spark")
    whole = study.run("spark", set={"shock_scale": 1.0} | capped)
    calm = study.run(_in_a_year(study, *(() if study.is_control else ("orderly_reduction",))))
    given_up = sum(size.values()) - sum(capped.get(name, value) for name, value in size.items())
    return {
        "floor_collapses": collapses(study.run("spark", set=smaller)),
        "cap_collapses": collapses(study.run("spark", set=capped)),
        "reduction_collapses": collapses(calm),
        "whole_shock_under_cap_collapses": collapses(whole),
        "carry_forgone": study.parameter("carry_spread", "spark") * given_up,
        "written_off_without": float(bare["lender_write_offs"][-1]),
    }
