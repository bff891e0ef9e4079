"""Clearing and carry: initial margin, variation margin with its lag, and what the trade earns.

Futures are marked to market at every instant. A gain of the funds becomes a receivable that asset
managers pay at once or after a lag; a loss is due within hours. Nothing of either is lost.
"""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Trade, positive

from .conditions import haircut
from .funds import able_to_pay, call_time, capital_need, few_dollars, reborrow_time
from .ledger import (
    asset_manager_cash,
    clearing_house_margin,
    dealer_cash,
    dollar_liquidity,
    fund_cash,
    fund_equity,
    futures_short,
    hedge_fund_collateral,
    margin_receivable,
    repo_funding,
)
from .market import dealer_balance_sheet_capacity, futures_fall, futures_follow, futures_price, margin_rate, slope_in_use
from .sizes import MONEY, PAR, basis_position, opening_capital, unnetted_share

paid_at_once = Parameter(
    "paid_at_once",
    0.5,
    "1",
    between=(0, 1),
    domain=(0, 1),
    reference="unknown; phi of the spiral number. Set by the value sets",
    description="share of variation-margin gains in cash at once",
)
receipt_lag = Parameter(
    "receipt_lag",
    0.5,
    "day",
    between=(0.3, 1),
    domain=(0.01, None),
    reference="model document: 0.3 to 1 day; set by the value sets",
    description="lag with which the rest of variation margin arrives",
)
financing_rate = Parameter(
    "financing_rate", 0.0155, "1/year", between=(0, 0.06), domain=(0, 0.5), reference="SOFR, late February 2020", description="repo rate"
)
carry_spread = Parameter(
    "carry_spread",
    0.002,
    "1/year",
    between=(0.001, 0.005),
    domain=(0, 0.1),
    reference="facts 2: about 0.2 % a year",
    description="what the trade earns above its financing",
)
payout_time = Parameter(
    "payout_time",
    1.0,
    "year",
    between=(0.5, 3),
    domain=(0.01, 100),
    reference="assumed",
    description="time in which gains go to the funds' investors",
)
trading_year = Parameter(
    "trading_year", 252.0, "day/year", domain=(252, 252), reference="definition: interest accrues on calendar days, which average to this"
)
day = Parameter("day", 1.0, "day", domain=(1.0, 1.0), reference="definition")

# Margin at the clearing house
margin_due = Auxiliary("margin_due", margin_rate * futures_short - clearing_house_margin, MONEY)
margin_posting = Flow(
    "margin_posting", source=fund_cash, sink=clearing_house_margin, rate=positive(margin_due, few_dollars) / call_time * able_to_pay
)
margin_release = Flow("margin_release", source=clearing_house_margin, sink=fund_cash, rate=positive(-margin_due, few_dollars) / reborrow_time)
managers_pay = Auxiliary("managers_pay", tanh(asset_manager_cash / few_dollars), "1")
futures_gain = Flow(
    "futures_gain",
    source=CLOUD,
    sink=margin_receivable,
    rate=futures_short * futures_price * futures_fall,
    reversible=True,
    transfer=True,
    description="mark-to-market of the short futures",
)
margin_received = Trade(
    "margin_received",
    delivered=(margin_receivable, CLOUD),
    paid=(asset_manager_cash, fund_cash),
    rate=managers_pay * (paid_at_once * positive(futures_gain, few_dollars / day) + positive(margin_receivable, few_dollars / 10) / receipt_lag),
)
margin_paid = Trade(
    "margin_paid",
    delivered=(CLOUD, margin_receivable),
    paid=(fund_cash, asset_manager_cash),
    rate=able_to_pay * positive(-margin_receivable, few_dollars / 10) / call_time,
)

# Carry: asset managers, long futures instead of bonds, pay the implied repo rate; funds pass the repo rate on
repo_interest = Flow(
    "repo_interest", source=fund_cash, sink=dealer_cash, rate=financing_rate / trading_year * repo_funding * able_to_pay, transfer=True
)
interest_to_lenders = Flow("interest_to_lenders", source=dealer_cash, sink=dollar_liquidity, rate=repo_interest, transfer=True)
lender_distribution = Flow("lender_distribution", source=dollar_liquidity, sink=asset_manager_cash, rate=interest_to_lenders, transfer=True)
trade_carry = Flow(
    "trade_carry",
    source=asset_manager_cash,
    sink=fund_cash,
    transfer=True,
    rate=(financing_rate + carry_spread) * PAR * futures_short / trading_year * managers_pay,
)
payout = Flow(
    "payout",
    source=fund_cash,
    sink=asset_manager_cash,
    transfer=True,
    rate=positive(fund_equity - opening_capital * basis_position, few_dollars) / (payout_time * trading_year) * able_to_pay,
)

# The spiral number
impact_of_a_sale = Auxiliary(
    "impact_of_a_sale",
    slope_in_use * PAR * (1 - unnetted_share * (1 - haircut)) / dealer_balance_sheet_capacity,
    "1/(billion face)",
    description="price fall per bond that funds sell: the repaid loan gives balance sheet back",
)
spiral_number = Auxiliary(
    "spiral_number",
    impact_of_a_sale * hedge_fund_collateral * PAR / capital_need * (1 - paid_at_once * futures_follow),
    "1",
    description="R if the constraint binds: forced sales caused by one of forced sales before later margin receipts, volatility held",
)

FLOWS = (
    margin_posting,
    margin_release,
    futures_gain,
    margin_received,
    margin_paid,
    repo_interest,
    interest_to_lenders,
    lender_distribution,
    trade_carry,
    payout,
)
