"""Who holds what: sectors, instruments and every stock of the balance sheets."""

from sd_basis import Auxiliary, Instrument, Sector, Stock

from .sizes import (
    COHORT,
    FACE,
    MONEY,
    PAR,
    base_haircut,
    calm_lent_share,
    calm_margin,
    central_bank_holdings,
    dealer_capital,
    dealer_normal_inventory,
    dealer_securities,
    dealer_working_cash,
    holder_dollars,
    holder_holdings,
    lender_dollars,
    manager_dollars,
    manager_holdings,
    margin_recycled,
    opening_capital,
    opening_liquidity,
    opening_loan,
    opening_position,
    recycled_share,
    term_share,
    treasury_dollars,
)

FUNDS = Sector("hedge funds", "relative-value funds: long cash Treasuries, short futures or swaps, financed in repo")
DEALERS = Sector("dealers", "primary dealers: inventory and matched repo on a rationed balance sheet")
LENDERS = Sector("lenders", "money funds and banks that lend dollars")
MANAGERS = Sector("asset managers", "real money: long bonds and long futures; the other side of the funds' contracts, and their investors")
OTHERS = Sector("other holders", "foreign officials, bond funds with their investors, and everybody else who raises dollars")
CLEARING = Sector("clearing house", "holds initial margin")
CENTRAL_BANK = Sector("central bank", "issues dollars, buys bonds, lends")
TREASURY = Sector("Treasury", "issuer of the bonds")

price = Auxiliary("price", unit="dollar/face", description="cash price of the average Treasury of the trade")

BONDS = Instrument("bonds", TREASURY, price)
BILLS = Instrument("bills", TREASURY)
DOLLARS = Instrument("dollars", CENTRAL_BANK)
REPO = Instrument("repo to funds", FUNDS)
DEALER_FUNDING = Instrument("dealer funding", DEALERS)
DEPOSITS = Instrument("deposits and money-fund shares", LENDERS)
MARGIN_CLAIMS = Instrument("variation margin", MANAGERS)
INITIAL_MARGIN = Instrument("initial margin", CLEARING)
FUTURES = Instrument("futures and swaps (marked to market)", FUNDS, 0)
SECURITIES = Instrument("other securities")
CENTRAL_BANK_REPO = Instrument("central-bank repo", DEALERS)
SWAPS = Instrument("central-bank swaps", OTHERS)
BRIDGE = Instrument("bridge loans", FUNDS)

# Bonds
hedge_fund_collateral = Stock("hedge_fund_collateral", opening_position, FACE, nonnegative=True, holder=FUNDS, scale=500.0, instrument=BONDS)
dealer_inventory = Stock("dealer_inventory", dealer_normal_inventory, FACE, nonnegative=True, holder=DEALERS, scale=1000.0, instrument=BONDS)
seized_collateral = Stock(
    "seized_collateral", 0, FACE, nonnegative=True, holder=DEALERS, scale=100.0, instrument=BONDS, description="bonds taken from funds in default"
)
asset_manager_bonds = Stock("asset_manager_bonds", manager_holdings, FACE, nonnegative=True, holder=MANAGERS, instrument=BONDS)
other_holder_bonds = Stock("other_holder_bonds", holder_holdings, FACE, nonnegative=True, holder=OTHERS, instrument=BONDS)
central_bank_bonds = Stock("central_bank_bonds", central_bank_holdings, FACE, nonnegative=True, holder=CENTRAL_BANK, instrument=BONDS)

# Dollars
fund_cash = Stock(
    "fund_cash",
    (opening_capital - base_haircut * PAR - calm_margin) * opening_position,
    MONEY,
    nonnegative=True,
    holder=FUNDS,
    scale=200.0,
    instrument=DOLLARS,
)
clearing_house_margin = Stock(
    "clearing_house_margin",
    2 * (1 - margin_recycled) * calm_margin * opening_position.total,
    MONEY,
    nonnegative=True,
    holder=CLEARING,
    scale=200.0,
    instrument=DOLLARS,
    description="initial margin of both sides, kept at the central bank and out of the market",
)
asset_manager_cash = Stock("asset_manager_cash", manager_dollars, MONEY, nonnegative=True, holder=MANAGERS, instrument=DOLLARS)
other_holder_cash = Stock(
    "other_holder_cash",
    (1 - recycled_share) * holder_dollars,
    MONEY,
    nonnegative=True,
    holder=OTHERS,
    scale=100.0,
    instrument=DOLLARS,
    description="kept at the central bank's foreign pool or on the way: out of the market",
)
dealer_cash = Stock("dealer_cash", dealer_working_cash, MONEY, nonnegative=True, holder=DEALERS, scale=100.0, instrument=DOLLARS)
dollar_liquidity = Stock(
    "dollar_liquidity",
    opening_liquidity,
    MONEY,
    nonnegative=True,
    holder=LENDERS,
    scale=1000.0,
    instrument=DOLLARS,
    description="dollars lenders hold and are willing to lend",
)
hoarded_dollars = Stock(
    "hoarded_dollars", (1 - calm_lent_share) * lender_dollars, MONEY, nonnegative=True, holder=LENDERS, scale=1000.0, instrument=DOLLARS
)
treasury_account = Stock("treasury_account", treasury_dollars, MONEY, nonnegative=True, holder=TREASURY, instrument=DOLLARS)

# Claims and contracts
repo_funding = Stock(
    "repo_funding",
    (1 - term_share) * opening_loan,
    MONEY,
    nonnegative=True,
    holder=DEALERS,
    scale=500.0,
    instrument=REPO,
    description="overnight loans to funds against their Treasuries",
)
term_repo = Stock(
    "term_repo",
    term_share * opening_loan,
    MONEY,
    nonnegative=True,
    holder=DEALERS,
    scale=500.0,
    instrument=REPO,
    description="term loans to funds against their Treasuries",
)
dealer_funding = Stock(
    "dealer_funding",
    PAR * dealer_normal_inventory + opening_loan.total + dealer_working_cash + dealer_securities - dealer_capital,
    MONEY,
    nonnegative=True,
    holder=LENDERS,
    instrument=DEALER_FUNDING,
)
holder_deposits = Stock("holder_deposits", recycled_share * holder_dollars, MONEY, nonnegative=True, holder=OTHERS, scale=100.0, instrument=DEPOSITS)
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
    calm_margin * opening_position,
    MONEY,
    nonnegative=True,
    holder=FUNDS,
    scale=100.0,
    instrument=INITIAL_MARGIN,
    description="the funds' initial margin",
)
manager_margin = Stock(
    "manager_margin",
    calm_margin * opening_position.total,
    MONEY,
    nonnegative=True,
    holder=MANAGERS,
    scale=200.0,
    instrument=INITIAL_MARGIN,
    description="asset managers' initial margin",
)
clearing_house_lending = Stock(
    "clearing_house_lending",
    2 * margin_recycled * calm_margin * opening_position.total,
    MONEY,
    nonnegative=True,
    scale=1.0,
    holder=CLEARING,
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
    opening_position,
    FACE,
    nonnegative=True,
    holder=MANAGERS,
    scale=500.0,
    instrument=FUTURES,
    description="contracts the funds are short and asset managers long; swaps for the swap-spread cohort",
)
dealer_other_securities = Stock("dealer_other_securities", dealer_securities, MONEY, nonnegative=True, holder=DEALERS, instrument=SECURITIES)
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
    "opening_outstanding", opening_position.total + dealer_normal_inventory + manager_holdings + holder_holdings.total + central_bank_holdings, FACE
)
