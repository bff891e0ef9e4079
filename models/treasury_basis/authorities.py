"""The central bank, what it can see, and the dealers' funding that passes every payment on.

Dealers own no spare dollars: what they pay for bonds they borrow from lenders, what they are paid
repays lenders. Purchases create reserves and free capacity at the dealer; repo and swap lines lend.
"""

from pathlib import Path

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Series, Trade, positive

from .conditions import alarm, turn
from .defaults import cash_to_dealers, due_to_dealers, margin_to_dealers, surplus_returned
from .financing import fund_borrowing, fund_repayment, loans_called, margin_calls
from .funds import few_bonds, few_dollars, forced_orders, fund_purchases, fund_sales
from .holders import cash_need, other_purchases, other_sales
from .issuance import issuance
from .ledger import (
    central_bank_bonds,
    central_bank_repo,
    dealer_cash,
    dealer_funding,
    dealer_inventory,
    dollar_liquidity,
    other_holder_cash,
    price,
    swap_lines,
)
from .managers import manager_purchases, manager_sales
from .market import settling_dollars
from .sizes import DAY, MONEY, dealer_working_cash

# Purchases
purchase_pace = Parameter(
    "purchase_pace", 0.0, "billion face/day", between=(0, 100), domain=(0, 5000), reference="policy", description="central-bank purchases a day"
)
central_bank_purchases = Trade(
    "central_bank_purchases",
    delivered=(dealer_inventory, central_bank_bonds),
    paid=(CLOUD, dealer_cash),
    rate=purchase_pace * tanh(dealer_inventory / few_bonds),
    price=price,
)

# Repo with dealers: offers, of which dealers take what their balance sheets allow
repo_offer = Parameter("repo_offer", 0.0, MONEY, between=(0, 2000), domain=(0, 10000), reference="policy", description="central-bank repo on offer")
repo_size = Parameter(
    "repo_size",
    1500.0,
    MONEY,
    between=(0, 2000),
    domain=(0, 10000),
    reference="policy: facts 3d, offered on 12 March 2020",
    description="repo that repo operations offer",
)
repo_uptake = Parameter(
    "repo_uptake",
    0.13,
    "1",
    between=(0.05, 0.3),
    domain=(0, 1),
    reference="facts 3d: about 200 drawn of 1,500 offered in March 2020",
    description="share of the offer dealers take",
)
repo_term = Parameter(
    "repo_term",
    8.0,
    "day",
    between=(1, 60),
    domain=(0.1, None),
    reference="H.4.1: 200 drawn by 18 March 2020, half a week later, a tenth after two",
    description="time in which central-bank repo runs off",
)
repo_gap = Auxiliary("repo_gap", repo_uptake * repo_offer - central_bank_repo, MONEY)
repo_draw = Trade("repo_draw", delivered=(CLOUD, central_bank_repo), paid=(CLOUD, dealer_cash), rate=positive(repo_gap, few_dollars) / DAY)
repo_return = Trade(
    "repo_return",
    delivered=(central_bank_repo, CLOUD),
    paid=(dealer_cash, CLOUD),
    rate=positive(-repo_gap, few_dollars) / repo_term * tanh(dollar_liquidity / settling_dollars),
)

# Swap lines: dollars for foreign authorities, who then sell fewer bonds
swap_offer = Parameter(
    "swap_offer",
    0.0,
    f"{MONEY}/day",
    between=(0, 60),
    domain=(0, 500),
    reference="policy",
    description="most that foreign authorities can draw a day",
)
swap_size = Parameter(
    "swap_size",
    40.0,
    f"{MONEY}/day",
    between=(0, 60),
    domain=(0, 500),
    reference="policy: H.4.1, 206 drawn in the week to 25 March 2020",
    description="most that swap lines lend a day once they are open",
)
swap_term = Parameter(
    "swap_term",
    60.0,
    "day",
    between=(20, 90),
    domain=(1, None),
    reference="84-day and one-week lines of 2020, in trading days",
    description="time in which swaps are repaid in calm",
)
need_met = cash_need["foreign"] / (cash_need["foreign"] + 10 * few_bonds)
swap_draw = Trade("swap_draw", delivered=(CLOUD, swap_lines), paid=(CLOUD, other_holder_cash["foreign"]), rate=swap_offer * need_met)
swap_relief = Flow(
    "swap_relief", source=cash_need["foreign"], sink=CLOUD, rate=swap_draw.delivery / price, description="bonds that foreign holders need not sell"
)
swap_repayment = Trade(
    "swap_repayment",
    delivered=(swap_lines, CLOUD),
    paid=(other_holder_cash["foreign"], CLOUD),
    rate=swap_lines / swap_term * tanh(positive(1 - alarm, turn) / turn) * tanh(other_holder_cash["foreign"] / few_dollars),
)

# What authorities see
reported_share = Parameter(
    "reported_share",
    1.0,
    "1",
    between=(0.2, 1),
    domain=(0, 1),
    reference="facts 1.9: 0.45 of 1.85 trillion was attributed; 1 is full reporting",
    description="share of the funds' exposure that authorities see: it delays what they notice and scales what they buy",
)
seen_dislocation = Parameter(
    "seen_dislocation",
    25.0,
    "bp",
    between=(10, 60),
    domain=(0.1, 500),
    reference="assumed",
    description="dislocation at which authorities that see the whole exposure decide to act",
)
reaction_delay = Parameter(
    "reaction_delay",
    4.0,
    "day",
    between=(3, 6),
    domain=(0, 1000),
    reference="facts 8: 3 to 6 days from detection to action",
    description="time from decision to action",
)
conflict = Parameter(
    "conflict",
    0.0,
    "day",
    between=(0, 10),
    domain=(0, 1000),
    reference="assumed: authorities in conflict delay each other",
    description="days a conflict between authorities adds to every reaction",
)
reaction_pace = Parameter(
    "reaction_pace",
    75.0,
    "billion face/day",
    between=(2, 150),
    domain=(0, 5000),
    reference="facts 3d: 75 a day from 19 March 2020",
    description="purchases of authorities that react to what they see",
)
seen_orders = Auxiliary(
    "seen_orders", reported_share * forced_orders.total, "billion face/day", description="forced sales that authorities can attribute"
)
orders_that_alarm = Parameter(
    "orders_that_alarm",
    5.0,
    "billion face/day",
    between=(2, 20),
    domain=(0.1, 500),
    reference="assumed",
    description="forced sales seen at which authorities decide to act",
)

# The dealers' funding
trades_paid = (*fund_sales, *other_sales, manager_sales, issuance)
trades_received = (*fund_purchases, *other_purchases, manager_purchases, central_bank_purchases)
dealer_need = Auxiliary(
    "dealer_need",
    sum(trade.payment for trade in trades_paid)
    - sum(trade.payment for trade in trades_received)
    + sum(trade.delivery for trade in fund_borrowing)
    - sum(trade.delivery for trade in (*fund_repayment, *margin_calls, *loans_called))
    - repo_draw.delivery
    + repo_return.delivery
    - margin_to_dealers
    - due_to_dealers
    - cash_to_dealers.total
    + surplus_returned.total,
    f"{MONEY}/day",
    description="dollars dealers must borrow, negative where they repay",
)
dealer_borrowing = Trade(
    "dealer_borrowing",
    delivered=(CLOUD, dealer_funding),
    paid=(dollar_liquidity, dealer_cash),
    reversible=True,
    rate=dealer_need + (dealer_working_cash - dealer_cash) / DAY * tanh(dollar_liquidity / settling_dollars),
)

purchase_size = Parameter(
    "purchase_size",
    1.0,
    "1",
    between=(0, 3),
    domain=(0, 50),
    reference="policy: 1 is what was bought in 2020",
    description="purchases as a multiple of the schedule of 2020",
)
purchase_schedule = Series.from_csv(
    "purchase_schedule",
    Path(__file__).parent / "data" / "fed_treasury_purchase_schedule_2020.csv",
    "target_usd_bn",
    "billion face/day",
    before=0.0,
    until="2020-05-11",
    after=0.0,
    reference="New York Fed operations",
    description="daily Treasury purchases announced in 2020",
)

FLOWS = (central_bank_purchases, repo_draw, repo_return, swap_draw, swap_relief, swap_repayment, dealer_borrowing)
