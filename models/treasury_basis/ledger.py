"""Who holds what: sectors, instruments and every stock of the balance sheets."""

from sd_basis import Auxiliary, Instrument, Sector, Stock

from .sizes import (
    FACE,
    MONEY,
    PAR,
    basis_position,
    calm_haircut,
    calm_lent_share,
    calm_margin,
    central_bank_holdings,
    dealer_capital,
    dealer_normal_inventory,
    dealer_securities,
    dealer_working_cash,
    lender_dollars,
    manager_dollars,
    manager_holdings,
    opening_capital,
    opening_liquidity,
    opening_loan,
    other_dollars,
    other_holdings,
    recycled_share,
)

FUNDS = Sector("hedge funds", "relative-value funds: long cash Treasuries, short futures, financed in repo")
DEALERS = Sector("dealers", "primary dealers: inventory and matched repo on a rationed balance sheet")
LENDERS = Sector("lenders", "money funds and banks that lend dollars overnight")
MANAGERS = Sector("asset managers", "real money: long bonds and long futures")
OTHERS = Sector("other holders", "foreign officials, bond funds and everybody else who raises dollars")
CENTRAL_BANK = Sector("central bank", "issues dollars, buys bonds")
TREASURY = Sector("Treasury", "issuer of the bonds")

price = Auxiliary("price", unit="dollar/face", description="cash price of the average Treasury relative to its fundamental value")

BONDS = Instrument("bonds", TREASURY, price)
DOLLARS = Instrument("dollars", CENTRAL_BANK)
REPO = Instrument("repo to funds", FUNDS)
DEALER_FUNDING = Instrument("dealer funding", DEALERS)
FUND_SHARES = Instrument("money-fund shares", LENDERS)
MARGIN_CLAIMS = Instrument("variation margin", MANAGERS)
FUTURES = Instrument("futures (marked to market)", FUNDS, 0)
SECURITIES = Instrument("other securities")

# Bonds
hedge_fund_collateral = Stock("hedge_fund_collateral", basis_position, FACE, nonnegative=True, holder=FUNDS, instrument=BONDS)
dealer_inventory = Stock("dealer_inventory", dealer_normal_inventory, FACE, nonnegative=True, holder=DEALERS, instrument=BONDS)
asset_manager_bonds = Stock("asset_manager_bonds", manager_holdings, FACE, nonnegative=True, holder=MANAGERS, instrument=BONDS)
other_holder_bonds = Stock("other_holder_bonds", other_holdings, FACE, nonnegative=True, holder=OTHERS, instrument=BONDS)
central_bank_bonds = Stock("central_bank_bonds", central_bank_holdings, FACE, nonnegative=True, holder=CENTRAL_BANK, instrument=BONDS)

# Dollars
fund_cash = Stock(
    "fund_cash", (opening_capital - calm_haircut * PAR - calm_margin) * basis_position, MONEY, nonnegative=True, holder=FUNDS, instrument=DOLLARS
)
clearing_house_margin = Stock(
    "clearing_house_margin",
    calm_margin * basis_position,
    MONEY,
    nonnegative=True,
    holder=FUNDS,
    instrument=DOLLARS,
    description="the funds' initial margin, segregated at the clearing house",
)
asset_manager_cash = Stock("asset_manager_cash", manager_dollars, MONEY, nonnegative=True, holder=MANAGERS, instrument=DOLLARS)
other_holder_cash = Stock(
    "other_holder_cash",
    (1 - recycled_share) * other_dollars,
    MONEY,
    nonnegative=True,
    holder=OTHERS,
    instrument=DOLLARS,
    description="kept at the central bank's foreign pool: out of the market",
)
dealer_cash = Stock("dealer_cash", dealer_working_cash, MONEY, nonnegative=True, holder=DEALERS, instrument=DOLLARS)
dollar_liquidity = Stock(
    "dollar_liquidity",
    opening_liquidity,
    MONEY,
    nonnegative=True,
    holder=LENDERS,
    instrument=DOLLARS,
    description="dollars lenders hold and are willing to lend",
)
hoarded_dollars = Stock("hoarded_dollars", (1 - calm_lent_share) * lender_dollars, MONEY, nonnegative=True, holder=LENDERS, instrument=DOLLARS)

# Claims and contracts
repo_funding = Stock(
    "repo_funding", opening_loan, MONEY, nonnegative=True, holder=DEALERS, instrument=REPO, description="loans to funds against their Treasuries"
)
dealer_funding = Stock(
    "dealer_funding",
    PAR * dealer_normal_inventory + opening_loan + dealer_working_cash + dealer_securities - dealer_capital,
    MONEY,
    nonnegative=True,
    holder=LENDERS,
    instrument=DEALER_FUNDING,
)
money_fund_shares = Stock("money_fund_shares", recycled_share * other_dollars, MONEY, nonnegative=True, holder=OTHERS, instrument=FUND_SHARES)
margin_receivable = Stock(
    "margin_receivable",
    0,
    MONEY,
    scale=10.0,
    holder=FUNDS,
    instrument=MARGIN_CLAIMS,
    description="variation margin due to the funds and not yet paid; negative where they owe it",
)
futures_short = Stock(
    "futures_short",
    basis_position,
    FACE,
    nonnegative=True,
    holder=MANAGERS,
    instrument=FUTURES,
    description="contracts the funds are short and asset managers long",
)
dealer_other_securities = Stock("dealer_other_securities", dealer_securities, MONEY, nonnegative=True, holder=DEALERS, instrument=SECURITIES)

fund_equity = Auxiliary("fund_equity", price * hedge_fund_collateral + fund_cash + clearing_house_margin + margin_receivable - repo_funding, MONEY)
dealer_equity = Auxiliary("dealer_equity", price * dealer_inventory + repo_funding + dealer_cash + dealer_other_securities - dealer_funding, MONEY)
total_dollars = Auxiliary(
    "total_dollars",
    fund_cash + clearing_house_margin + asset_manager_cash + other_holder_cash + dealer_cash + dollar_liquidity + hoarded_dollars,
    MONEY,
    description="all dollars: only the central bank changes their number",
)
