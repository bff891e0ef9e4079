"""Claims 7 to 9: contagion to funds that were fine, repo that evaporates, and dealers who cannot step in."""

from dataclasses import replace

import numpy as np

from sd_basis import Bound, Control, Expectation

from .readings import DYSFUNCTION, MONTH_END, at, days_until, integral, share_lost, time_of, total

RELIEFS = (1.3, 1.5, 2, 4)  # that of April 2020 as the model has it, its plausible end, and twice and four times the capacity


def hit(study, case, **options):
    """Return the run of a case whose only shock is that investors withdraw the levered funds' capital within a week."""
    sheet = study.run(case, set={"shock_scale": 0}, span=(0, 0.1), policies=(), **options)
    capital = float(sheet["fund_equities[levered]"][0])
    return study.run(case, set={"shock_scale": 0, "withdrawals[levered]": capital / 5}, span=(0, 60), **options)


def contagion(study):
    """Only the levered funds are hit, in calm: investors withdraw their whole capital within five days.

    `others_fail` is the largest share of their bonds that moderate and swap funds, who were fine, have lost or must sell and cannot
    within 60 days: a fifth is where the model's outcomes no longer call funds rescued; `others_sold` is what they
    sold by force alone. `slack` is how far their position could have
    grown at the start, as a share of it: above zero they were fine. `fall` is the largest discount of the price, in per cent, through which
    it would have come. `others_fail_2026` is the same for the 1.8 trillion at fifty times of blowup-2026; it is reported.
    """
    numbers = {}
    for suffix, case in (("", "calm"), ("_2026", "spark")):
        run = hit(study, case)
        fine = ("moderate", "swap")
        kept = sum(run[f"hedge_fund_collateral[{cohort}]"] - run[f"excess_position[{cohort}]"] for cohort in fine)
        numbers[f"others_fail{suffix}"] = float(1 - np.min(kept) / kept[0])
        sold = run["fill_share"] * sum(run[f"forced_orders[{cohort}]"] for cohort in fine)
        numbers[f"others_sold{suffix}"] = integral(run, sold) / float(kept[0])
        numbers[f"slack{suffix}"] = -float(sum(run[f"overhang[{cohort}]"][0] for cohort in fine) / kept[0])
        numbers[f"fall{suffix}"] = 100 * float(np.max(run["cash_discount"]))
        numbers[f"levered_lost{suffix}"] = share_lost(run, "levered")
    return numbers


def repo(study):
    """Loans to funds without a rescue, and as it was.

    `left` is the smallest share of the loans of the start that is left without a rescue: evaporated is less than half.
    `term_first` are the days by which a quarter of term loans is gone before a quarter of overnight loans is, infinite where
    overnight loans never are. `volume` is the change of all loans from 24 February to the end of March as it was, in per cent,
    and `haircut` that of the average haircut in points: bilateral volumes and haircuts were about unchanged (FEDS Notes 2021), which
    allows ten per cent of volume and half a point, a quarter of the two points of stressed haircuts. `left_without_fear` is `left`
    where funds want no larger buffers in fear: the rival explanation, precaution, says it would be near one.
    """
    run, was = study.run("no-rescue"), study.run("march-2020")
    bold = study.run("no-rescue", set={"fear_buffer": 0, "caution": 0})
    loans = [total(one, "term_repo") + total(one, "repo_funding") for one in (run, bold)]
    quarter = [days_until(run, total(run, name) < 0.75 * total(run, name)[0]) for name in ("term_repo", "repo_funding")]
    known = total(was, "term_repo")[0] + total(was, "repo_funding")[0]
    return {
        "left": float(np.min(loans[0]) / loans[0][0]),
        "term_first": quarter[1] - quarter[0] if np.isfinite(quarter[0]) else -np.inf,
        "volume": 100 * ((at(was, "term_repo", MONTH_END) + at(was, "repo_funding", MONTH_END)) / known - 1),
        "haircut": 100 * float(np.max(was["haircut"]) - was["haircut"][0]),
        "left_without_fear": float(np.min(loans[1]) / loans[1][0]),
    }


def dealers(study):
    """Dealers without a rescue, and with relief of their balance sheets alone.

    `filled` is the smallest share of orders they fill in March: a tenth, as quoted depth was in March 2020. `absorbed` are the bonds
    they hold beyond 24 February's at most in March as it was, in billions: they added 40, and the sources have room for 20 to 80.
    `relief` is the smallest scale of their capacity from 13 March, of 1.3, 1.5, 2 and 4, at which the market recovers with nothing
    else, infinite if none does: that with relief they would step in means 1.5, its plausible end. `profit` is what dealers earn by
    the end under the smallest that rescues (else the largest), pay-outs included, in billions.
    """
    run = study.run("no-rescue")
    march = (run.t >= time_of(run, DYSFUNCTION)) & (run.t <= time_of(run, MONTH_END))
    known = study.model.policies["relief"]
    for size in RELIEFS:
        freed = study.run("no-rescue", policies=(replace(known, changes={study.model.quantity("relief"): size}, start="2020-03-13"),))
        rescued = freed.outcomes["market"].code in ("rescued", "calm")
        if rescued:
            break
    paid = integral(freed, freed["dealer_dividends"] - freed["new_dealer_equity"])
    was = study.run("march-2020")
    held = (was["dealer_inventory"] + was["seized_collateral"])[was.t <= time_of(was, MONTH_END)]
    return {
        "filled": float(np.min(run["fill_share"][march])),
        "absorbed": float(np.max(held) - held[0]),
        "relief": size if rescued else np.inf,
        "profit": float(freed["dealer_equity"][-1] - freed["dealer_equity"][0]) + paid,
    }


CLAIMS = (
    Expectation(
        7,
        "contagion",
        "Funds that were fine fail through the common price: only the levered are hit, and the others have to sell.",
        contagion,
        bounds=(Bound("others_fail", at_least=0.2), Bound("slack", at_least=0)),
        control=Control("no common price: sales move none", set={"price_impact": 0}),
        caution="The hit comes in calm, at the size of 2020; the same at the size of 2026 is reported.",
        shows=("hedge_fund_collateral", "cash_discount", "forced_orders[moderate]"),
    ),
    Expectation(
        8,
        "repo-evaporates",
        "Without a rescue loans to funds evaporate, term loans first; as it was volumes and haircuts stayed about unchanged.",
        repo,
        bounds=(
            Bound("left", at_most=0.5),
            Bound("term_first", at_least=0, unit="day"),
            Bound("volume", at_least=-10, at_most=10, unit="%"),
            Bound("haircut", at_most=0.5, unit="points"),
        ),
        control=Control("lenders roll over whatever happens, on term too", set={"refusal_full": 0, "term_fear": 50}),
        caution="Precaution is the rival: loans also shrink because funds sell. The haircut cannot rise by more than the input for fear allows.",
        shows=("repo_funding", "term_repo", "refused_share"),
    ),
    Expectation(
        9,
        "dealers-rationed",
        "Dealers cannot step in: their balance sheets are rationed and nobody quotes; with relief they would, and profit.",
        dealers,
        bounds=(
            Bound("filled", at_most=0.1),
            Bound("absorbed", at_most=80, unit="billion face"),
            Bound("relief", at_most=1.5),
            Bound("profit", at_least=0, unit="billion dollar"),
        ),
        control=Control("balance sheets as before 2008, three times as large", set={"capacity_scale": 3}),
        caution="Large dealers lent more in March 2020. The un-netted share of repo is assumed.",
        shows=("fill_share", "utilisation", "dealer_inventory"),
    ),
)
