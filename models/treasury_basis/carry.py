"""Carry: coupons, repo interest, convergence of the contracts, pay-outs and subscriptions.

The Treasury pays coupons to every holder and taxes them back from investors. Funds earn the coupon, pay
the repo rate and lose the forward's convergence; what remains is the carry spread, the basis locked at entry.
"""

from sympy import tanh

from sd_basis import Auxiliary, Flow, Parameter, positive

from .clearing import managers_pay
from .conditions import alarm, remembered_volatility, turn
from .funds import able_to_pay, caution, few_dollars, small_need, wanted_position
from .ledger import (
    asset_manager_bonds,
    asset_manager_cash,
    dealer_cash,
    dealer_equity,
    dealer_inventory,
    dollar_liquidity,
    fund_cash,
    fund_equities,
    fund_loans,
    futures_short,
    hedge_fund_collateral,
    other_holder_bonds,
    other_holder_cash,
    seized_collateral,
    treasury_account,
)
from .sizes import COHORT, MONEY, PAR, calm_buffer, dealer_capital, opening_capital

trading_year = Parameter(
    "trading_year", 252.0, "day/year", domain=(252, 252), reference="definition: interest accrues on calendar days, which average to this"
)
coupon_rate = Parameter(
    "coupon_rate",
    0.02,
    "1/year",
    between=(0.01, 0.05),
    domain=(0, 0.2),
    reference="assumed average of early 2020",
    description="coupons on the bonds",
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
    "payout_time", 1.0, "year", between=(0.5, 3), domain=(0.01, 100), reference="assumed", description="time in which gains go to investors"
)
subscription_time = Parameter(
    "subscription_time",
    1.0,
    "year",
    between=(0.5, 3),
    domain=(0.01, 100),
    reference="assumed",
    description="time in which investors restore capital in calm",
)
withdrawals = Parameter(
    "withdrawals",
    0.0,
    f"{MONEY}/day",
    between=(0, 2),
    domain=(0, 100),
    over=COHORT,
    reference="set by cases",
    description="capital that investors withdraw from a cohort",
)

# Coupons and taxes
treasury_pays = Auxiliary("treasury_pays", tanh(treasury_account / few_dollars), "1")
coupon = Auxiliary("coupon", coupon_rate / trading_year * PAR * treasury_pays, "dollar/face/day", description="coupon per bond")
coupons_to_funds = Flow("coupons_to_funds", source=treasury_account, sink=fund_cash, rate=coupon * hedge_fund_collateral, transfer=True)
coupons_to_dealers = Flow(
    "coupons_to_dealers", source=treasury_account, sink=dealer_cash, rate=coupon * (dealer_inventory + seized_collateral), transfer=True
)
coupons_to_managers = Flow("coupons_to_managers", source=treasury_account, sink=asset_manager_cash, rate=coupon * asset_manager_bonds, transfer=True)
coupons_to_others = Flow("coupons_to_others", source=treasury_account, sink=other_holder_cash, rate=coupon * other_holder_bonds, transfer=True)
taxes_of_managers = Flow(
    "taxes_of_managers",
    source=asset_manager_cash,
    sink=treasury_account,
    transfer=True,
    rate=coupon * (asset_manager_bonds + dealer_inventory + seized_collateral + hedge_fund_collateral.total) * managers_pay,
    description="taxes on what managers and, through them, funds and dealers receive",
)
taxes_of_others = Flow(
    "taxes_of_others",
    source=other_holder_cash,
    sink=treasury_account,
    transfer=True,
    rate=coupon * other_holder_bonds * (other_holder_cash / few_dollars).map(tanh),
)

# Interest and convergence
repo_interest = Flow(
    "repo_interest", source=fund_cash, sink=dealer_cash, rate=financing_rate / trading_year * fund_loans * able_to_pay, transfer=True
)
interest_to_lenders = Flow(
    "interest_to_lenders",
    source=dealer_cash,
    sink=dollar_liquidity,
    rate=repo_interest.total + financing_rate / trading_year * PAR * (dealer_inventory + seized_collateral) * tanh(dealer_cash / few_dollars),
    transfer=True,
)
lender_distribution = Flow("lender_distribution", source=dollar_liquidity, sink=asset_manager_cash, rate=interest_to_lenders, transfer=True)
convergence = Flow(
    "convergence",
    source=asset_manager_cash,
    sink=fund_cash,
    transfer=True,
    reversible=True,
    rate=(financing_rate + carry_spread - coupon_rate) * PAR * futures_short / trading_year * managers_pay * able_to_pay,
    description="convergence of the forward price on the short contracts, settled as it accrues",
)

# Investors: pay-outs of gains, subscriptions in calm, withdrawals
fund_capital_wanted = (opening_capital + calm_buffer * caution * positive(remembered_volatility - 1, small_need)) * wanted_position
calm_gate = Auxiliary(
    "calm_gate", tanh(positive(1 - alarm, turn)) / tanh(1 / (1 + turn)), "1", description="one in calm, zero when volatility has doubled"
)
payout = Flow(
    "payout",
    source=fund_cash,
    sink=asset_manager_cash,
    transfer=True,
    rate=positive(fund_equities - fund_capital_wanted, few_dollars) / (payout_time * trading_year) * able_to_pay,
)
subscriptions = Flow(
    "subscriptions",
    source=asset_manager_cash,
    sink=fund_cash,
    transfer=True,
    rate=positive(fund_capital_wanted - fund_equities, few_dollars) / (subscription_time * trading_year) * calm_gate * managers_pay,
)
redemptions = Flow("redemptions", source=fund_cash, sink=asset_manager_cash, transfer=True, rate=withdrawals * able_to_pay)
dealer_dividends = Flow(
    "dealer_dividends",
    source=dealer_cash,
    sink=asset_manager_cash,
    transfer=True,
    rate=positive(dealer_equity - dealer_capital, few_dollars) / (payout_time * trading_year) * tanh(dealer_cash / few_dollars),
)
new_dealer_equity = Flow(
    "new_dealer_equity",
    source=asset_manager_cash,
    sink=dealer_cash,
    transfer=True,
    rate=positive(dealer_capital - dealer_equity, few_dollars) / (subscription_time * trading_year) * calm_gate * managers_pay,
)

FLOWS = (
    *coupons_to_funds,
    coupons_to_dealers,
    coupons_to_managers,
    *coupons_to_others,
    taxes_of_managers,
    *taxes_of_others,
    *repo_interest,
    interest_to_lenders,
    lender_distribution,
    *convergence,
    *payout,
    *subscriptions,
    *redemptions,
    dealer_dividends,
    new_dealer_equity,
)
