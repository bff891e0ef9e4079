"""The flagship's figures: rescue and collapse, the data of 2020 and 2025, who loses, other assets, and the years around."""

from .against_data import april_2025, march_2020
from .centripetal import centripetal_collapse
from .comparing import REMARK
from .deadlines import cost_of_an_hour, decision_times, phase_map
from .decades import build_up, recovery, successive_crises
from .gain import spiral_around_the_turn, spiral_number
from .looping import loop_dominance, loops_of_the_story
from .losses import loss_waterfall, payoffs_by_sector
from .reacting import reaction_delay
from .resting import states_of_rest
from .sparking import smallest_shock_2020, smallest_shock_2026
from .starts import later_starts, rescue_and_collapse
from .surfaces import spiral_surfaces
from .unknowing import probability_by_start, regret_by_policy

__all__ = ["CASE", "COMPARED", "FIGURES", "REMARK"]

CASE = "march-2020"  # whose matrices are drawn
COMPARED = ("yield_dislocation", "fill_share", "hedge_fund_collateral", "dollar_liquidity")
FIGURES = {
    "rescue_against_collapse": rescue_and_collapse,
    "later_starts": later_starts,
    "march_2020_against_data": march_2020,
    "april_2025_against_data": april_2025,
    "phase_map": phase_map,
    "decision_times": decision_times,
    "cost_of_an_hour": cost_of_an_hour,
    "reaction_delay": reaction_delay,
    "probability_by_start": probability_by_start,
    "regret_by_policy": regret_by_policy,
    "states_of_rest": states_of_rest,
    "spiral_number": spiral_number,
    "spiral_around_the_turn": spiral_around_the_turn,
    "spiral_surfaces": spiral_surfaces,
    "loop_dominance": loop_dominance,
    "loops_of_the_story": loops_of_the_story,
    "smallest_shock_2020": smallest_shock_2020,
    "smallest_shock_2026": smallest_shock_2026,
    "centripetal_collapse": centripetal_collapse,
    "loss_waterfall": loss_waterfall,
    "payoffs_by_sector": payoffs_by_sector,
    "recovery_2008_2020": recovery,
    "build_up": build_up,
    "successive_crises": successive_crises,
    # paths are drawn of the main cases alone
    "paths_announcements": None,
    "paths_blowup-2026-100x": None,
    "paths_blowup-2026-1500": None,
    "paths_blowup-2026-2000": None,
    "paths_blowup-2026-20x": None,
    "paths_both-legs": None,
    "paths_bridge-loan": None,
    "paths_build-up": None,
    "paths_cash-unwind": None,
    "paths_fast-2020": None,
    "paths_full-reporting": None,
    "paths_haircut-floor": None,
    "paths_harvest": None,
    "paths_japanese-fund": None,
    "paths_long-cycle": None,
    "paths_relief": None,
    "paths_slow-2008": None,
    "paths_spark": None,
}
