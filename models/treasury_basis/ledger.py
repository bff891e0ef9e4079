"""Who holds what: every stock of the balance sheets, equities and conserved totals."""

from sd_basis import Auxiliary, Stock

from . import sizes
from .sectors import (
    BILLS,
    BONDS,
    BRIDGE,
    CENTRAL_BANK,
    CENTRAL_BANK_REPO,
    CLEARING,
    DEALER_FUNDING,
    DEALERS,
    DEPOSITS,
    DOLLARS,
    FUNDS,
    FUTURES,
    INITIAL_MARGIN,
    LENDERS,
    MANAGERS,
    MARGIN_CLAIMS,
    OTHERS,
    REPO,
    SECURITIES,
    SWAPS,
    TREASURY,
    price,
)
from .sizes import COHORT, FACE, MONEY, PAR

# Bonds
hedge_fund_collateral = Stock("hedge_fund_collateral", sizes.opening_position, FACE, nonnegative=True, holder=FUNDS, scale=500.0, instrument=BONDS)
dealer_inventory = Stock("dealer_inventory", sizes.dealer_normal_inventory, FACE, nonnegative=True, holder=DEALERS, scale=1000.0, instrument=BONDS)
seized_collateral = Stock(
    "seized_collateral", 0, FACE, nonnegative=True, holder=DEALERS, scale=100.0, instrument=BONDS, description="bonds taken from funds in default"
)
asset_manager_bonds = Stock("asset_manager_bonds", sizes.manager_holdings, FACE, nonnegative=True, holder=MANAGERS, instrument=BONDS)
other_holder_bonds = Stock("other_holder_bonds", sizes.holder_holdings, FACE, nonnegative=True, holder=OTHERS, instrument=BONDS)
central_bank_bonds = Stock("central_bank_bonds", sizes.central_bank_holdings, FACE, nonnegative=True, holder=CENTRAL_BANK, instrument=BONDS)

# Dollars
fund_cash = Stock(
    "fund_cash",
    (sizes.opening_capital - sizes.base_haircut * PAR - sizes.calm_margin) * sizes.opening_position,
    MONEY,
    nonnegative=True,
    holder=FUNDS,
    scale=200.0,
    instrument=DOLLARS,
)
clearing_house_margin = Stock(
    "clearing_house_margin",
    2 * (1 - sizes.margin_recycled) * sizes.calm_margin * sizes.opening_position.total,
    MONEY,
    nonnegative=True,
    holder=CLEARING,
    scale=20.0,
    instrument=DOLLARS,
    description="initial margin of both sides, kept at the central bank and out of the market",
)
asset_manager_cash = Stock("asset_manager_cash", sizes.manager_dollars, MONEY, nonnegative=True, holder=MANAGERS, instrument=DOLLARS)
other_holder_cash = Stock(
    "other_holder_cash",
    (1 - sizes.recycled_share) * sizes.holder_dollars,
    MONEY,
    nonnegative=True,
    holder=OTHERS,
    scale=100.0,
    instrument=DOLLARS,
    description="kept at the central bank's foreign pool or on the way: out of the market",
)
dealer_cash = Stock("dealer_cash", sizes.dealer_working_cash, MONEY, nonnegative=True, holder=DEALERS, scale=100.0, instrument=DOLLARS)
dollar_liquidity = Stock(
    "dollar_liquidity",
    sizes.opening_liquidity,
    MONEY,
    nonnegative=True,
    holder=LENDERS,
    scale=1000.0,
    instrument=DOLLARS,
    description="dollars lenders hold and are willing to lend",
)
hoarded_dollars = Stock(
    "hoarded_dollars", (1 - sizes.calm_lent_share) * sizes.lender_dollars, MONEY, nonnegative=True, holder=LENDERS, scale=1000.0, instrument=DOLLARS
)
treasury_account = Stock("treasury_account", sizes.treasury_dollars, MONEY, nonnegative=True, holder=TREASURY, instrument=DOLLARS)

# Claims and contracts
repo_funding = Stock(
    "repo_funding",
    (1 - sizes.term_share) * sizes.opening_loan,
    MONEY,
    nonnegative=True,
    holder=DEALERS,
    scale=500.0,
    instrument=REPO,
    description="overnight loans to funds against their Treasuries",
)
term_repo = Stock(
    "term_repo",
    sizes.term_share * sizes.opening_loan,
    MONEY,
    nonnegative=True,
    holder=DEALERS,
    scale=500.0,
    instrument=REPO,
    description="term loans to funds against their Treasuries",
)
dealer_funding = Stock(
    "dealer_funding",
    PAR * sizes.dealer_normal_inventory + sizes.opening_loan.total + sizes.dealer_working_cash + sizes.dealer_securities - sizes.dealer_capital,
    MONEY,
    nonnegative=True,
    holder=LENDERS,
    instrument=DEALER_FUNDING,
)
holder_deposits = Stock(
    "holder_deposits", sizes.recycled_share * sizes.holder_dollars, MONEY, nonnegative=True, holder=OTHERS, scale=100.0, instrument=DEPOSITS
)
manager_deposits = Stock(
    "manager_deposits",
    0,
    MONEY,
    nonnegative=True,
    holder=MANAGERS,
    scale=200.0,
    instrument=DEPOSITS,
    description="asset managers' money-fund shares beyond their working cash",
)
margin_posted = Stock(
    "margin_posted",
    sizes.calm_margin * sizes.opening_position,
    MONEY,
    nonnegative=True,
    holder=FUNDS,
    scale=20.0,
    instrument=INITIAL_MARGIN,
    description="the funds' initial margin",
)
manager_margin = Stock(
    "manager_margin",
    sizes.calm_margin * sizes.opening_position.total,
    MONEY,
    nonnegative=True,
    holder=MANAGERS,
    scale=20.0,
    instrument=INITIAL_MARGIN,
    description="asset managers' initial margin",
)
clearing_house_lending = Stock(
    "clearing_house_lending",
    2 * sizes.margin_recycled * sizes.calm_margin * sizes.opening_position.total,
    MONEY,
    nonnegative=True,
    holder=CLEARING,
    scale=20.0,
    instrument=DEPOSITS,
    description="initial margin lent out again",
)
margin_receivable = Stock(
    "margin_receivable",
    0,
    MONEY,
    over=COHORT,
    holder=FUNDS,
    scale=200.0,
    instrument=MARGIN_CLAIMS,
    description="variation margin due to the funds and not yet paid; negative where they owe it",
)
futures_short = Stock(
    "futures_short",
    sizes.opening_position,
    FACE,
    nonnegative=True,
    holder=MANAGERS,
    scale=500.0,
    instrument=FUTURES,
    description="contracts the funds are short and asset managers long; swaps for the swap-spread cohort",
)
dealer_other_securities = Stock("dealer_other_securities", sizes.dealer_securities, MONEY, nonnegative=True, holder=DEALERS, instrument=SECURITIES)
central_bank_repo = Stock("central_bank_repo", 0, MONEY, nonnegative=True, holder=CENTRAL_BANK, scale=200.0, instrument=CENTRAL_BANK_REPO)
swap_lines = Stock("swap_lines", 0, MONEY, nonnegative=True, holder=CENTRAL_BANK, scale=100.0, instrument=SWAPS)
bridge_loans = Stock(
    "bridge_loans",
    0,
    MONEY,
    nonnegative=True,
    over=COHORT,
    holder=CENTRAL_BANK,
    scale=100.0,
    instrument=BRIDGE,
    description="loans of the missing margin",
)

treasury_bills = Stock(
    "treasury_bills",
    0,
    MONEY,
    nonnegative=True,
    scale=100.0,
    holder=LENDERS,
    instrument=BILLS,
    description="bills issued since the start, bought by money funds",
)

fund_loans = repo_funding + term_repo
fund_equities = Auxiliary(
    "fund_equities",
    price * hedge_fund_collateral + fund_cash + margin_posted + margin_receivable - fund_loans - bridge_loans,
    MONEY,
    description="equity by cohort",
)
fund_equity = Auxiliary("fund_equity", fund_equities.total, MONEY)
dealer_equity = Auxiliary(
    "dealer_equity",
    price * (dealer_inventory + seized_collateral) + fund_loans.total + dealer_cash + dealer_other_securities - dealer_funding - central_bank_repo,
    MONEY,
)
total_dollars = Auxiliary(
    "total_dollars",
    fund_cash.total
    + clearing_house_margin
    + asset_manager_cash
    + other_holder_cash.total
    + dealer_cash
    + dollar_liquidity
    + hoarded_dollars
    + treasury_account,
    MONEY,
    description="all dollars: only the central bank changes their number",
)
outstanding = Auxiliary(
    "outstanding",
    hedge_fund_collateral.total + dealer_inventory + seized_collateral + asset_manager_bonds + other_holder_bonds.total + central_bank_bonds,
    FACE,
    description="all bonds: only the Treasury changes their number",
)
opening_outstanding = Auxiliary(
    "opening_outstanding",
    sizes.opening_position.total + sizes.dealer_normal_inventory + sizes.manager_holdings + sizes.holder_holdings.total + sizes.central_bank_holdings,
    FACE,
)
