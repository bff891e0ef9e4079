"""Default: unpaid calls become a hazard; bonds are seized, margin and cash pay first, dealers lose next, lenders last."""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock, positive

from .clearing import house_pays, managers_pay, margin_due
from .conditions import turn
from .financing import refused_loans, shortfall
from .funds import few_bonds, few_dollars, roll_time
from .ledger import (
    asset_manager_cash,
    bridge_loans,
    clearing_house_margin,
    dealer_cash,
    dealer_equity,
    dealer_funding,
    dealer_inventory,
    dollar_liquidity,
    fund_cash,
    fund_loans,
    futures_short,
    hedge_fund_collateral,
    margin_posted,
    margin_receivable,
    price,
    repo_funding,
    seized_collateral,
    term_repo,
)
from .market import fill_share, settling_dollars
from .sizes import MONEY, PAR

default_time = Parameter(
    "default_time",
    1.0,
    "day",
    between=(0.5, 5),
    domain=(0.05, 1000),
    reference="assumed",
    description="time in which a cohort that cannot pay is closed out",
)
grace = Parameter(
    "grace",
    0.002,
    "1",
    between=(0.0005, 0.01),
    domain=(1e-5, 0.5),
    reference="assumed",
    description="unpaid calls, as a share of the position, at which half of the largest hazard is reached",
)
close_out_time = Parameter(
    "close_out_time",
    3.0,
    "day",
    between=(1, 20),
    domain=(0.1, None),
    reference="assumed",
    description="time in which seized collateral becomes ordinary inventory, which can be sold",
)
write_off_time = Parameter(
    "write_off_time",
    5.0,
    "day",
    between=(1, 20),
    domain=(0.1, None),
    reference="assumed",
    description="time in which lenders write off what insolvent dealers owe",
)

cannot_pay = positive(1 - fund_cash / few_dollars, turn)  # exactly zero with cash in hand: a leak would close out funds in calm
unpaid_calls = Auxiliary(
    "unpaid_calls",
    cannot_pay * (positive(shortfall, few_dollars / 10) + positive(margin_due, few_dollars / 10) + refused_loans * (1 - fill_share) * roll_time),
    MONEY,
    description="calls a cohort without cash leaves unpaid",
)
unpaid_share = unpaid_calls / (PAR * (hedge_fund_collateral + few_bonds))
default_hazard = Auxiliary(
    "default_hazard", unpaid_share / (unpaid_share + grace) / default_time, "1/day", description="share of the cohort's book closed out a day"
)

seizure = Flow("seizure", source=hedge_fund_collateral, sink=seized_collateral, rate=default_hazard * hedge_fund_collateral, transfer=True)
overnight_ended = Flow("overnight_ended", source=repo_funding, sink=CLOUD, rate=default_hazard * repo_funding, transfer=True)
term_ended = Flow("term_ended", source=term_repo, sink=CLOUD, rate=default_hazard * term_repo, transfer=True)
bridge_lost = Flow("bridge_lost", source=bridge_loans, sink=CLOUD, rate=default_hazard * bridge_loans, transfer=True)
contracts_closed = Flow("contracts_closed", source=futures_short, sink=CLOUD, rate=default_hazard * futures_short)

# The estate: margin first, then variation margin due, then cash; what the collateral is worth beyond the loan goes back
cents = few_dollars / 10  # a cohort's margin may be less than few_dollars: a wider gate would spare it
gap = Auxiliary("gap", fund_loans - price * hedge_fund_collateral, MONEY, description="loans beyond the collateral's value")
margin_taken = Auxiliary(
    "margin_taken", default_hazard * margin_posted * (positive(gap, cents) / (margin_posted + cents)).map(tanh) * house_pays, f"{MONEY}/day"
)
margin_forfeited = Flow("margin_forfeited", source=margin_posted, sink=CLOUD, rate=margin_taken, transfer=True)
margin_to_dealers = Flow("margin_to_dealers", source=clearing_house_margin, sink=dealer_cash, rate=margin_taken.total, transfer=True)
gap_beyond_margin = Auxiliary(
    "gap_beyond_margin", positive(gap, cents) - margin_posted * (positive(gap, cents) / (margin_posted + cents)).map(tanh), MONEY
)
money_due = positive(margin_receivable, cents)
due_taken = Auxiliary(
    "due_taken",
    default_hazard * money_due * (gap_beyond_margin / (money_due + cents)).map(tanh) * managers_pay,
    f"{MONEY}/day",
    description="variation margin due on closed-out contracts, paid to the dealer who lent",
)
due_forfeited = Flow("due_forfeited", source=margin_receivable, sink=CLOUD, rate=due_taken, transfer=True)
due_to_dealers = Flow("due_to_dealers", source=asset_manager_cash, sink=dealer_cash, rate=due_taken.total, transfer=True)
payable_lost = Flow(
    "payable_lost",
    source=CLOUD,
    sink=margin_receivable,
    rate=default_hazard * positive(-margin_receivable, few_dollars / 10),
    transfer=True,
    description="variation margin a defaulted cohort owed and does not pay",
)
gap_left = Auxiliary("gap_left", gap_beyond_margin - money_due * (gap_beyond_margin / (money_due + cents)).map(tanh), MONEY)
cash_to_dealers = Flow(
    "cash_to_dealers",
    source=fund_cash,
    sink=dealer_cash,
    rate=default_hazard * fund_cash * (gap_left / (fund_cash + few_dollars)).map(tanh),
    transfer=True,
)
surplus_returned = Flow(
    "surplus_returned",
    source=dealer_cash,
    sink=fund_cash,
    rate=default_hazard * positive(-gap, cents) * tanh(dealer_cash / few_dollars) * tanh(dollar_liquidity / settling_dollars),
    transfer=True,
)
close_out = Flow("close_out", source=seized_collateral, sink=dealer_inventory, rate=seized_collateral / close_out_time)

# Losses beyond the funds: a memory of who bore them
insolvency = Auxiliary("insolvency", positive(-dealer_equity, few_dollars), MONEY)
lender_write_off = Flow(
    "lender_write_off", source=dealer_funding, sink=CLOUD, rate=insolvency / write_off_time * tanh(dealer_funding / few_dollars), transfer=True
)
dealer_default_losses = Stock(
    "dealer_default_losses", 0, MONEY, scale=10.0, description="losses of dealers on defaulted loans, cumulative, at the prices of seizure"
)
dealer_loss = Flow(
    "dealer_loss",
    source=CLOUD,
    sink=dealer_default_losses,
    reversible=True,
    rate=(default_hazard * gap).total - margin_to_dealers - due_to_dealers - cash_to_dealers.total + surplus_returned.total,
)
lender_write_offs = Stock("lender_write_offs", 0, MONEY, nonnegative=True, scale=10.0, description="losses of lenders, cumulative")
lender_loss = Flow("lender_loss", source=CLOUD, sink=lender_write_offs, rate=lender_write_off)

FLOWS = (
    *seizure,
    *overnight_ended,
    *term_ended,
    *bridge_lost,
    *contracts_closed,
    *margin_forfeited,
    margin_to_dealers,
    *cash_to_dealers,
    *surplus_returned,
    *due_forfeited,
    due_to_dealers,
    *payable_lost,
    close_out,
    lender_write_off,
    dealer_loss,
    lender_loss,
)
