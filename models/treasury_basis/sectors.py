"""Columns and rows of the balance sheets: sectors, instruments, and the price of the bonds."""

from sd_basis import Auxiliary, Instrument, Sector

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
