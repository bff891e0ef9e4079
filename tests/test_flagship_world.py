"""The flagship's economy and other assets: at rest in calm, bounded in any crisis, and what support and scarcity do."""

import csv
from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr

from sd_basis import load, simulate
from sd_basis.library import locate

MODEL = load("treasury_basis")
ASSETS = ("sp500", "credit_bonds", "gold", "silver", "oil", "bitcoin", "foreign_currencies")
NEWS = {"sp500": 0.21, "oil": 0.39, "gold": -0.05}
FILLED = {"full_at": 1.6}  # dealers fill every order in calm; in the fitted values they leave a hundredth
CALM_CORE = {"price_impact": 0, "flight": 0.001, **FILLED}  # a core in which nothing freezes: only the economy's own equations act


def case(folder, span=2520, end=60, shock=0.1, support=None, news=None):
    """A case of a real shock over `end` days, with support as (start, end, share of output) and assets' own news."""
    shocks = [f"[[shocks]]\nname = 'shock'\nstart = 0\nend = {end}\nset = {{ real_shock = {shock} }}"]
    if support:
        start, stop, share = support
        shocks.append(f"[[shocks]]\nname = 'support'\nstart = {start}\nend = {stop}\nset = {{ fiscal_pace = {share * 85} }}")
    for asset, size in (news or {}).items():
        shocks.append(f"[[shocks]]\nname = '{asset}'\nstart = 10\nend = 40\nset = {{ 'asset_news[{asset}]' = {size} }}")
    path = folder / "world.toml"
    path.write_text("title = 'a shock'\n" f"span = [0, {span}]\n" + "\n".join(shocks))
    return path


@cache
def collapse():
    return simulate(MODEL, "no-rescue")


def recovery(path, **values):
    """The last day on which the output gap is below -1 %, and the largest damage."""
    run = simulate(MODEL, path, set={**CALM_CORE, **values}, at=range(0, 2521, 5))
    return run.t[run["output_gap"] < -0.01][-1], run["scarring"].max()


def test_in_five_quiet_years_the_world_rests_to_the_last_digit():
    run = simulate(MODEL, span=(0, 1260), set=FILLED)
    for name, rest in {"credit": 1, "credit_supply": 1, "employment": 1, "output_gap": 0, "scarring": 0, "raised_elsewhere": 0}.items():
        assert np.abs(run[name] - rest).max() < 1e-15
    for asset in ASSETS:
        assert np.abs(run[f"asset_price[{asset}]"] - 1).max() < 1e-15


def test_the_orders_that_dealers_leave_in_calm_hardly_move_the_world():
    run = simulate(MODEL, span=(0, 1260))
    for name, rest in {"credit": 1, "credit_supply": 1, "employment": 1, "output_gap": 0, "scarring": 0, "raised_elsewhere": 0}.items():
        assert run[name] == pytest.approx(np.full(len(run.t), rest), abs=2e-5)
    for asset in ASSETS:
        assert run[f"asset_price[{asset}]"] == pytest.approx(np.ones(len(run.t)), abs=2e-5)


def test_ordinary_news_and_sales_leave_the_world_all_but_untouched():
    run = simulate(MODEL, "calm", set=FILLED)
    assert run["output_gap"].min() > -0.002
    assert run["dollar_scarcity"].max() < 1e-5
    assert run["scarring"].max() < 1e-4


@pytest.mark.parametrize("seed", range(8))
def test_the_world_stays_bounded_and_positive_in_plausible_ranges(seed, tmp_path):
    random = np.random.default_rng(seed)
    own = ("credit_sensitivity", "credit_time", "credit_dependence", "multiplier", "output_time", "okun", "normal_unemployment",
           "scarring_share", "scarring_time", "healing_time", "employment_time", "asset_scale", "raising_time", "buying_back_time", "asset_time")
    drawn = {name: random.uniform(*MODEL.quantity(name).between) for name in own}
    shock, share = random.uniform(0.1, 1.5), random.uniform(0, 1)
    path = case(tmp_path, span=300, end=150, shock=shock, support=(30, 250, share), news=NEWS)
    run = simulate(MODEL, path, set={**drawn, "news_volatility": 1.5, "dash_for_cash": 30 * (seed % 2)})
    slack = drawn["normal_unemployment"] / drawn["okun"]
    tolerance = 1e-5
    for name, low, high in (("credit", 0, 1), ("credit_supply", 0, 1), ("output_gap", -1, slack), ("scarring", 0, 1), ("unemployment", 0, 1),
                            ("employment", 0.3, 1.2), ("dollar_scarcity", 0, 1), ("raised_elsewhere", 0, 1)):
        assert low - tolerance <= run[name].min() and run[name].max() <= high + tolerance
    largest = max(run[f"asset_sensitivity[{asset}]"][0] for asset in ASSETS) + 0.4
    assert all(np.abs(run[f"asset_discount[{asset}]"]).max() < largest for asset in ASSETS)


def test_after_a_long_shock_without_support_the_world_comes_back_to_rest(tmp_path):
    run = simulate(MODEL, case(tmp_path, span=12600, end=500), set=CALM_CORE)
    assert run["scarring"].max() > 0.02
    assert abs(run["output_gap"][-1]) < 1e-6 and abs(run["employment"][-1] - 1) < 1e-6 and abs(run["credit"][-1] - 1) < 1e-6


@pytest.mark.parametrize("share, stays", [(0.4, False), (0.6, True)])   # 1 + 0.6 * 3 times the share, against 1 + 250 / 756
def test_damage_that_breeds_more_than_it_heals_stays_and_other_damage_goes(share, stays, tmp_path):
    values = {"credit_dependence": 0.6, "credit_sensitivity": 3, "scarring_share": share}
    run = simulate(MODEL, case(tmp_path, span=25200, end=500), set={**CALM_CORE, **values})
    assert (run["scarring"][-1] > 0.02) == stays
    assert stays or run["scarring"][-1] < 1e-6
    assert run["output_gap"].min() > -0.7


def test_a_short_shock_of_the_same_depth_is_forgotten_sooner(tmp_path):
    short, long = (recovery(case(tmp_path, end=end))[0] - end for end in (40, 400))
    assert short < 126 < 504 < long


def test_support_speeds_recovery_in_time_and_mends_no_damage_afterwards(tmp_path):
    none, late, early = (recovery(case(tmp_path, end=250, support=support)) for support in (None, (250, 500, 0.12), (25, 250, 0.12)))
    assert none[0] - 250 > 2 * (early[0] - 250) and none[1] > 2 * early[1]
    assert late == pytest.approx(none, rel=0.05)


def test_without_damage_recovery_takes_weeks_with_support_or_without(tmp_path):
    for support in (None, (25, 250, 0.12)):
        assert recovery(case(tmp_path, end=250, support=support), scarring_share=0)[0] < 250 + 63


def test_credit_stops_after_the_freeze_and_stays_stopped_without_rescue():
    lost, saved = collapse(), simulate(MODEL, "march-2020")
    stopped = lost.t[lost["credit_supply"] < 0.1]
    frozen = lost.t[lost["fill_share"] < 0.5]
    assert frozen[0] < stopped[0] < frozen[0] + 10 and (lost["credit_supply"][lost.t >= stopped[0] + 1] < 0.1).all()
    assert saved["credit_supply"][-1] > 0.95


def test_under_scarcity_all_assets_fall_with_their_sensitivity_and_the_dollar_rises():
    run = collapse()
    for asset in ASSETS:
        own = {"oil": 0.39, "sp500": 0.21}.get(asset, 0)  # the news of the case
        assert run[f"asset_discount[{asset}]"][-1] - own == pytest.approx(run[f"asset_sensitivity[{asset}]"][0] * run["raised_elsewhere"][-1], rel=1e-2)
    assert run["dollar_index"][-1] > 1.03


def test_without_scarcity_assets_follow_their_own_news_and_nothing_else(tmp_path):
    path = case(tmp_path, span=60, news=NEWS)
    run = simulate(MODEL, path, set={"asset_scale": 0, "dash_for_cash": 45, "news_volatility": 1.5}, at=(0, 20, 39, 59))
    assert run["dollar_scarcity"].max() > 0.5
    for asset in ASSETS:
        expected = NEWS.get(asset, 0) * np.array([0, 1, 1, 0])
        assert run[f"asset_discount[{asset}]"] == pytest.approx(expected, abs=1e-5)


def test_assets_come_back_when_dollars_do():
    run = simulate(MODEL, "march-2020")
    assert run["raised_elsewhere"].max() > 0.1 > 1e-2 > run["raised_elsewhere"][-1]
    assert run["asset_price[gold]"][-1] > 0.999


def test_calm_volatility_ranks_the_falls_of_march_2020_and_ownership_adds_nothing():
    with open(locate("treasury_basis") / "data" / "asset_falls_2020.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["from"] == "2020-03-09" and not row["series"].startswith("DXY")]
    start = simulate(MODEL, span=(0, 1))
    for end in ("2020-03-18", "2020-03-19"):
        falls = {row["asset"]: float(row["fall"]) for row in rows if row["to"] == end}
        assert len(falls) == 6

        def rank(name, falls=falls):
            return spearmanr([start[f"{name}[{asset}]"][0] for asset in falls], list(falls.values()))[0]

        assert rank("asset_sensitivity") > 0.8 and rank("calm_volatility") > 0.8
        assert rank("liquid_ownership") < 0.3
