"""What can be done, and when: each policy replaces parameters from a date, or when its trigger fires."""

from sd_basis import Policy

from . import authorities, conditions, financing, funds, sizes
from .economy import fiscal_pace
from .issuance import support_pace
from .market import yield_dislocation

purchases = Policy(
    "purchases",
    {authorities.purchase_pace: authorities.purchase_size * authorities.purchase_schedule},
    size=authorities.purchase_size,
    spends=authorities.central_bank_purchases,
    description="the daily purchases of 2020, begun at the policy's start",
)
steady_purchases = Policy(
    "steady_purchases",
    {authorities.purchase_pace: authorities.reaction_pace},
    size=authorities.reaction_pace,
    spends=authorities.central_bank_purchases,
    description="purchases at an even pace",
)
repo_operations = Policy(
    "repo_operations",
    {authorities.repo_offer: authorities.repo_size},
    size=authorities.repo_size,
    spends=authorities.repo_draw,
    description="1,500 billion of repo offered to dealers",
)
swaps = Policy(
    "swaps",
    {authorities.swap_offer: authorities.swap_size},
    size=authorities.swap_size,
    spends=authorities.swap_draw,
    description="dollar swap lines of up to 40 billion a day",
)
relief = Policy("relief", {conditions.relief: conditions.relief_size}, size=conditions.relief_size, description="leverage-ratio relief for dealers")
bridge = Policy("bridge", {financing.bridge_open: 1}, size=financing.bridge_limit, description="a loan of the missing margin")
pause = Policy("pause", {conditions.shock_scale: 0}, description="the executive ends the shock it made")
orderly_reduction = Policy("orderly_reduction", {funds.trade_limit: 0.5}, description="funds reduce the trade by half, without haste")
floor = Policy("floor", {sizes.haircut_floor: 0.02}, description="a haircut floor of two per cent")
cap = Policy("cap", {funds.leverage_cap: 15}, description="a leverage cap of fifteen")
fiscal_support = Policy("fiscal_support", {fiscal_pace: support_pace}, description="fiscal support at an even pace")
reaction = Policy(
    "reaction",
    {authorities.purchase_pace: authorities.reported_share * authorities.reaction_pace},
    when=authorities.seen_orders > authorities.orders_that_alarm,
    delay=authorities.reaction_delay + authorities.conflict,
    description="purchases once forced sales are seen, after a delay, and sized by what is seen",
)
price_reaction = Policy(
    "price_reaction",
    {authorities.purchase_pace: authorities.reaction_pace},
    when=yield_dislocation > authorities.seen_dislocation,
    delay=authorities.reaction_delay + authorities.conflict,
    description="purchases once the dislocation is seen, after a delay",
)
standing_reaction = Policy(
    "standing_reaction",
    {authorities.purchase_pace: authorities.reaction_pace},
    when=yield_dislocation > authorities.seen_dislocation,
    delay=authorities.reaction_delay + authorities.conflict,
    duration=30,
    rearm=True,
    description="purchases for 30 days whenever the dislocation is seen, after a delay",
)

POLICIES = (
    purchases,
    steady_purchases,
    repo_operations,
    swaps,
    relief,
    bridge,
    pause,
    orderly_reduction,
    floor,
    cap,
    fiscal_support,
    reaction,
    price_reaction,
    standing_reaction,
)
