"""What the model is held against: tidy series derived from the raw files in data/, written again by `python observed.py`.

The dislocation of a tenor is its yield less what policy expectations explain since a quiet date (6 March 2020),
y(t) - [y(0) + beta (y1(t) - y1(0))], in basis points, with y1 the one-year yield. beta is such that the mean dislocation of
15 to 30 April 2020 is zero: by then depth was back, and what is left of the fall in yields is what the cut in policy rates
explains. The rally of 9 March is a negative value; it was news, so a fit begins on 10 or 11 March.
"""

import csv
import io
import math
from datetime import date, timedelta
from pathlib import Path

DATA = Path(__file__).parent / "data"
YIELDS = {"2y": "DGS2", "5y": "DGS5", "10y": "DGS10", "30y": "DGS30"}
# bp of value per bp of yield for each 100 of notional, assumed; with them the ultra bond leads in February 2020 (31 percent)
DURATIONS = {"2y": 1.85, "5y": 4.1, "10y": 5.9, "Ultra10y": 8.0, "Bond": 13.0, "UltraBond": 17.5}
YIELD_OF = {"2y": "2y", "5y": "5y", "10y": "10y", "Ultra10y": "10y", "Bond": "30y", "UltraBond": "30y"}
QUIET_2020, QUIET_2025 = "2020-03-06", "2025-04-02"
RECOVERED = ("2020-04-15", "2020-04-30")
WEIGHTED_ON = "2020-02-18"


def rows(name):
    """Return the rows of a raw file."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def column(name, key, scale=1.0):
    """Return a dated column as a mapping, without blanks."""
    return {row["date"]: scale * float(row[key]) for row in rows(name) if row[key]}


def between(series, first, last):
    """Return the part of a series from one date to another, both included."""
    return {day: value for day, value in series.items() if first <= day <= last}


def since(series, day):
    """Return a series as change from a date, from there on."""
    return {own: value - series[day] for own, value in series.items() if own >= day}


def mean(series):
    """Return the mean of a series."""
    return math.fsum(series.values()) / len(series)


def yields():
    """Return the yields of the tenors, and of one year, in basis points."""
    return {name: column("treasury_yields_daily.csv", key, 100.0) for name, key in {**YIELDS, "1y": "DGS1"}.items()}


def betas():
    """Return how much of a change of the one-year yield each tenor took over from 6 March to the second half of April 2020."""
    known = yields()
    moved = {name: mean(between(since(own, QUIET_2020), *RECOVERED)) for name, own in known.items()}
    return {name: moved[name] / moved["1y"] for name in YIELDS}


def dislocations(quiet):
    """Return the dislocation of each tenor since a quiet date, and that weighted by the DV01 of leveraged shorts."""
    known, beta, weight = yields(), betas(), weights()
    short = since(known["1y"], quiet)
    found = {name: {day: value - beta[name] * short[day] for day, value in since(known[name], quiet).items()} for name in YIELDS}
    found["dv01"] = {day: math.fsum(weight[name] * found[name][day] for name in YIELDS) for day in short}
    return found


def plain_changes(quiet):
    """Return the change of each yield since a quiet date, and that weighted by DV01: what the dislocation is without any correction."""
    known, weight = yields(), weights()
    found = {name: since(known[name], quiet) for name in YIELDS}
    found["dv01"] = {day: math.fsum(weight[name] * found[name][day] for name in YIELDS) for day in found["10y"]}
    return found


def positions(key):
    """Return notional by date, for reports that hold all tenors, and by date and tenor."""
    parts = {}
    for row in rows("cftc_traders_in_financial_futures_weekly.csv"):
        parts.setdefault(row["date"], {})[row["tenor"]] = float(row[key])
    return {day: own for day, own in parts.items() if len(own) == len(DURATIONS)}


def shorts():
    """Return leveraged funds' gross short in Treasury futures of all tenors, by report date."""
    return {day: math.fsum(own.values()) for day, own in positions("lev_short_usd_bn").items()}


def net_shorts():
    """Return leveraged funds' short less long in Treasury futures of all tenors, by report date."""
    long = positions("lev_long_usd_bn")
    return {day: value - math.fsum(long[day].values()) for day, value in shorts().items() if day in long}


def weights():
    """Return the share of each yield in the DV01 of leveraged shorts on 18 February 2020."""
    parts = dict.fromkeys(YIELDS, 0.0)
    for name, value in positions("lev_short_usd_bn")[WEIGHTED_ON].items():
        parts[YIELD_OF[name]] += value * DURATIONS[name]
    return {name: value / math.fsum(parts.values()) for name, value in parts.items()}


def weekly_purchases():
    """Return announced Treasury purchases by week, Thursday to Wednesday, on its Wednesday."""
    found = {}
    for row in rows("fed_treasury_purchase_schedule_2020.csv"):
        day = date.fromisoformat(row["date"])
        week = (day + timedelta(days=(2 - day.weekday()) % 7)).isoformat()
        found[week] = found.get(week, 0.0) + float(row["target_usd_bn"])
    return found


def march_2020():
    """Return the series of March 2020."""
    dealers = column("primary_dealer_net_positions_weekly.csv", "All USTs")
    custody = column("fed_balance_sheet_weekly.csv", "foreign_custody_treasuries_wedlevel")
    held = column("fed_balance_sheet_weekly.csv", "TREAST_wedlevel")
    found = {f"dislocation[{name}]": (own, "bp") for name, own in dislocations(QUIET_2020).items()}
    found |= {f"yield_change[{name}]": (own, "bp") for name, own in plain_changes(QUIET_2020).items()}
    found |= {
        "leveraged_shorts": (shorts(), "billion"),
        "leveraged_shorts_change_from_18_february": (since(shorts(), "2020-02-18"), "billion"),
        "leveraged_shorts_change_from_25_february": (since(shorts(), "2020-02-25"), "billion"),
        "dealers_net_position": (dealers, "billion"),
        "dealers_net_position_change_from_26_february": (since(dealers, "2020-02-26"), "billion"),
        "announced_purchases_of_the_week": (weekly_purchases(), "billion"),
        "central_bank_treasuries": (held, "billion"),
        "foreign_custody_treasuries": (custody, "billion"),
        "foreign_custody_treasuries_change_from_26_february": (since(custody, "2020-02-26"), "billion"),
    }
    return {name: (between(own, "2020-02-18", "2020-05-29"), unit) for name, (own, unit) in found.items()}


def april_2025():
    """Return the series of April 2025, held out: changes from 2 April, with the betas of 2020."""
    dealers = column("primary_dealer_net_positions_weekly.csv", "All USTs")
    moved, plain = dislocations(QUIET_2025), plain_changes(QUIET_2025)
    found = {f"dislocation[{name}]": (moved[name], "bp") for name in ("10y", "30y")}
    found |= {f"yield_change[{name}]": (plain[name], "bp") for name in ("10y", "30y")}
    found |= {
        "leveraged_shorts": (shorts(), "billion"),
        "leveraged_shorts_change_from_1_april": (since(shorts(), "2025-04-01"), "billion"),
        "dealers_net_position": (dealers, "billion"),
        "dealers_net_position_change_from_2_april": (since(dealers, "2025-04-02"), "billion"),
    }
    return {name: (between(own, "2025-03-24", "2025-05-30"), unit) for name, (own, unit) in found.items()}


def build_up():
    """Return leveraged shorts at quarter ends: the last report with all tenors, at most ten days before; and the last report of all.

    There are no reports from 25 November 2020 to 4 January 2021, so that the fourth quarter of 2020 has no value, nor from
    29 December 2021 to 7 February 2022.
    """
    gross, net = shorts(), net_shorts()
    days = []
    for year in range(2017, 2027):
        for end in (date(year, 3, 31), date(year, 6, 30), date(year, 9, 30), date(year, 12, 31)):
            near = [day for day in gross if (end - timedelta(days=10)).isoformat() <= day <= end.isoformat()]
            days += near[-1:]
    days = list(dict.fromkeys([*days, max(gross)]))
    pick = {"leveraged_shorts": gross, "leveraged_net_shorts": net}
    return {name: ({day: own[day] for day in days}, "billion") for name, own in pick.items()}


FILES = {"observed_2020.csv": march_2020, "observed_2025.csv": april_2025, "observed_buildup.csv": build_up}


def text(series):
    """Return series as CSV with a row for each date and series."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(["date", "series", "value", "unit"])
    for name, (values, unit) in series.items():
        writer.writerows([day, name, f"{value + 0.0:.4f}".replace("-0.0000", "0.0000"), unit] for day, value in sorted(values.items()))
    return made.getvalue()


if __name__ == "__main__":
    for name, made in FILES.items():
        (DATA / name).write_text(text(made()), encoding="utf-8")
