"""Funds' loans: overnight and term repo, margin calls on collateral, refusal to roll over, and the bridge loan."""

from sympy import tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Trade, define, positive

from .conditions import alarm, bid, haircut, turn
from .funds import (
    able_to_pay,
    capital_need,
    delivered_bonds,
    excess_position,
    few_bonds,
    few_dollars,
    fund_purchase,
    fund_sale,
    overhang,
    refused_share,
    roll_time,
)
from .ledger import bridge_loans, dealer_cash, dollar_liquidity, fund_cash, fund_loans, hedge_fund_collateral, price, repo_funding, term_repo
from .market import fill_share, settling_dollars
from .sizes import COHORT, MONEY, opening_liquidity, term_share

call_time = Parameter(
    "call_time",
    0.1,
    "day",
    between=(0.05, 0.5),
    domain=(1e-3, 10),
    reference="assumed: a margin call is due within hours",
    description="time in which margin calls are paid",
)
reborrow_time = Parameter(
    "reborrow_time",
    1.0,
    "day",
    between=(0.5, 5),
    domain=(0.01, 100),
    reference="assumed: overnight repo",
    description="time in which a rise in value is borrowed against",
)

# Sales and deliveries repay the loan; margin calls cover the rest
shortfall = Auxiliary(
    "shortfall", fund_loans - (1 - haircut) * price * hedge_fund_collateral, MONEY, description="loan not covered by collateral after haircut"
)
has_overnight = (repo_funding / few_dollars).map(tanh)
loan_to_value = Auxiliary(
    "loan_to_value",
    fund_loans / ((1 - haircut) * price * (hedge_fund_collateral + few_bonds)),
    "1",
    description="loans as a share of what the collateral may carry",
)
pledged_share = Auxiliary("pledged_share", 1 - positive(1 - loan_to_value, turn / 10), "1", description="share of the bonds that is pledged")
fund_repayment = Trade(
    "fund_repayment",
    delivered=(repo_funding, CLOUD),
    paid=(fund_cash, dealer_cash),
    rate=(1 - haircut) * pledged_share * bid * (fund_sale + delivered_bonds) * has_overnight,
)
margin_calls = Trade(
    "margin_calls",
    delivered=(repo_funding, CLOUD),
    paid=(fund_cash, dealer_cash),
    rate=positive(shortfall, few_dollars) / call_time * able_to_pay * has_overnight,
)
lending_gate = Auxiliary(
    "lending_gate", tanh(dollar_liquidity / settling_dollars) * (1 - refused_share), "1", description="readiness to lend more to funds"
)
fund_borrowing = Trade(
    "fund_borrowing",
    delivered=(CLOUD, repo_funding),
    paid=(dealer_cash, fund_cash),
    rate=(1 - haircut) * price * fund_purchase + positive(-shortfall, few_dollars) / reborrow_time * fill_share * lending_gate,
)

# Roll-over: dealers who cannot borrow cannot lend; term goes first
refusal_starts = Parameter(
    "refusal_starts",
    0.5,
    "1",
    between=(0.2, 0.8),
    domain=(0.01, 1),
    reference="assumed; volumes about unchanged in March 2020, facts 1.5",
    description="share of calm dollar liquidity below which lenders begin to refuse",
)
refusal_full = Parameter(
    "refusal_full",
    0.5,
    "1",
    between=(0.2, 1),
    domain=(0, 1),
    reference="assumed",
    description="share of overnight loans refused when nothing is lent",
)
scarcity_of_loans = Auxiliary("scarcity_of_loans", positive(refusal_starts - dollar_liquidity / opening_liquidity, turn / 10), "1")
refused_loans = Auxiliary(
    "refused_loans", refused_share * repo_funding / roll_time, f"{MONEY}/day", description="overnight loans that lenders want back"
)
loans_called = Trade(
    "loans_called",
    delivered=(repo_funding, CLOUD),
    paid=(fund_cash, dealer_cash),
    rate=refused_loans * (1 - fill_share) * able_to_pay,
    description="what a sale cannot repay is due in cash",
)
term_fear = Parameter(
    "term_fear", 1.0, "1", between=(0.5, 3), domain=(0.05, 50), reference="assumed", description="alarm at which lenders no longer lend on term"
)
term_time = Parameter(
    "term_time", 20.0, "day", between=(5, 60), domain=(0.5, None), reference="assumed: a month", description="maturity of term repo"
)
define(refused_share, refusal_full * tanh(scarcity_of_loans / refusal_starts))
termed_again = Auxiliary(
    "termed_again",
    tanh(positive(1 - alarm / term_fear, turn)) / tanh(1 / (1 + turn)),
    "1",
    description="share of maturing term loans that is lent on term again; none under fear",
)
term_matures = Flow("term_matures", source=term_repo, sink=repo_funding, rate=(1 - termed_again) * term_repo / term_time)
terming = Flow(
    "terming", source=repo_funding, sink=term_repo, rate=termed_again * positive(term_share * fund_loans - term_repo, few_dollars / 10) / term_time
)

# The bridge: a loan of the missing margin
bridge_open = Parameter(
    "bridge_open", 0.0, "1", between=(0, 1), domain=(0, 1), reference="policy", description="whether a lender bridges missing margin"
)
bridge_limit = Parameter("bridge_limit", 50.0, MONEY, between=(5, 200), domain=(0.1, None), reference="policy", description="most it lends")
bridge_time = Parameter("bridge_time", 0.25, "day", between=(0.1, 2), domain=(0.01, 50), reference="assumed", description="time in which it lends")
bridge_repaid = Parameter(
    "bridge_repaid",
    20.0,
    "day",
    between=(5, 60),
    domain=(0.1, None),
    reference="assumed",
    description="time in which funds repay when they have slack",
)
bridge_room = Auxiliary("bridge_room", tanh(positive(1 - bridge_loans.total / bridge_limit, turn / 10) / turn), "1")
bridge_lending = COHORT.each(
    lambda cohort: Trade(
        f"bridge_lending[{cohort}]",
        delivered=(CLOUD, bridge_loans[cohort]),
        paid=(CLOUD, fund_cash[cohort]),
        rate=bridge_open * capital_need * excess_position[cohort] / bridge_time * bridge_room,
    )
)
bridge_repayment = COHORT.each(
    lambda cohort: Trade(
        f"bridge_repayment[{cohort}]",
        delivered=(bridge_loans[cohort], CLOUD),
        paid=(fund_cash[cohort], CLOUD),
        rate=bridge_loans[cohort] / bridge_repaid * tanh(positive(-overhang[cohort], few_bonds) / (10 * few_bonds)) * able_to_pay[cohort],
    )
)

FLOWS = (*fund_repayment, *loans_called, *margin_calls, *fund_borrowing, *term_matures, *terming, *bridge_lending, *bridge_repayment)
