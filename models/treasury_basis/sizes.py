"""Opening sizes of the balance sheets: those of the last week of February 2020 unless a case says otherwise.

Money is in billions of dollars, Treasuries and futures in billions of face value. Funds come in
three cohorts: basis traders at high and at moderate leverage, and swap-spread traders.
"""

from sympy import Max

from sd_basis import Auxiliary, Family, Parameter

MONEY, FACE = "billion dollar", "billion face"

COHORT = Family("cohort", ("levered", "moderate", "swap"))
HOLDER = Family("holder", ("foreign", "bond_funds"))

PAR = Parameter("par", 1.0, "dollar/face", domain=(1.0, 1.0), reference="definition", description="price unit of one face value")
DAY = Parameter("day", 1.0, "day", domain=(1.0, 1.0), reference="definition")

# The trade
basis_position = Parameter(
    "basis_position",
    450.0,
    FACE,
    between=(200, 2000),
    domain=(1, None),
    reference="Barth and Kahn, OFR WP 21-01: 400 to 500 at the peak before 2020; facts 1.1, 1.8, 8",
    description="size of the basis trade",
)
levered_share = Parameter(
    "levered_share",
    0.4,
    "1",
    between=(0.1, 0.9),
    domain=(0.01, 0.99),
    reference="assumed; ten funds dominate, facts 2",
    description="share of the basis trade held by the cohort at high leverage",
)
swap_position = Parameter(
    "swap_position",
    100.0,
    FACE,
    between=(50, 400),
    domain=(1, None),
    reference="assumed for 2020; 305 in September 2025, facts 1.8",
    description="size of the swap-spread trade",
)
calm_haircut = Parameter(
    "calm_haircut",
    0.005,
    "1",
    between=(0, 0.02),
    domain=(0, 0.2),
    reference="OFR 2023, facts 2: 74 % at zero, the rest at 2 %",
    description="average repo haircut in calm",
)
haircut_floor = Parameter(
    "haircut_floor",
    0.0,
    "1",
    between=(0, 0.02),
    domain=(0, 0.2),
    reference="policy; Banegas and Monin 2023 test 2 %, facts 2",
    description="smallest haircut the rules allow",
)
calm_margin = Parameter(
    "calm_margin",
    0.005,
    "dollar/face",
    between=(0.002, 0.01),
    domain=(0, 0.05),
    reference="facts 8: weighted, 0.5 %",
    description="initial margin in calm",
)
calm_buffer = Parameter(
    "calm_buffer",
    0.02,
    "dollar/face",
    between=(0.002, 0.05),
    domain=(1e-4, 1),
    reference="facts 2",
    description="cash a fund wants per unit of position",
)
spare_capital = Parameter(
    "spare_capital",
    {"levered": 0.4, "moderate": 0.8, "swap": 0.5},
    "1",
    between=(0.05, 2),
    domain=(0.01, 50),
    over=COHORT,
    reference="assumed; together all-in capital is 5 % [2 to 8] of the position, facts 8",
    description="funds' capital in calm above what haircut, margin and buffer need, as a share of that need",
)

# Dealers
dealer_normal_inventory = Parameter(
    "dealer_normal_inventory",
    231.3,
    FACE,
    between=(150, 600),
    domain=(1, None),
    reference="New York Fed primary dealer statistics, 26 February 2020",
    description="dealers' net Treasury inventory in calm",
)
headroom_share = Parameter(
    "headroom_share",
    0.1,
    "1",
    between=(0.05, 0.2),
    domain=(0.01, 5),
    reference="facts 3c, 8: net positions rose by about 40 [20 to 80] at the most, on 397 of balance sheet in use in 2020",
    description="what dealers can add before their balance sheet is full, as a share of what they are used to",
)
unnetted_share = Parameter(
    "unnetted_share",
    0.3,
    "1",
    between=(0.1, 1),
    domain=(0, 1),
    reference="assumed; omega of the model document",
    description="share of the repo dealers intermediate that is not netted and uses balance sheet",
)
dealer_capital = Parameter(
    "dealer_capital", 30.0, MONEY, between=(15, 60), domain=(5, 500), reference="assumed", description="dealers' equity behind Treasuries"
)
dealer_working_cash = Parameter(
    "dealer_working_cash", 10.0, MONEY, between=(5, 30), domain=(0.1, None), reference="assumed", description="dollars dealers keep to settle"
)
dealer_securities = Parameter(
    "dealer_securities", 500.0, MONEY, between=(200, 2000), domain=(0, None), reference="assumed", description="dealers' other financed securities"
)

# The others
manager_holdings = Parameter(
    "manager_holdings", 4000.0, FACE, between=(2000, 10000), domain=(1, None), reference="assumed", description="bonds real money holds in calm"
)
holder_holdings = Parameter(
    "holder_holdings",
    {"foreign": 6800.0, "bond_funds": 1200.0},
    FACE,
    between=(500, 10000),
    domain=(1, None),
    over=HOLDER,
    reference="about foreign holdings (TIC) and bond funds' Treasuries in early 2020; rounded, unverified",
    description="bonds the other holders hold in calm",
)
central_bank_holdings = Parameter(
    "central_bank_holdings",
    2474.06,
    FACE,
    between=(2000, 6000),
    domain=(0, None),
    reference="H.4.1, Treasuries held outright, 26 February 2020",
    description="the central bank's bonds at the start",
)
lender_dollars = Parameter(
    "lender_dollars", 1000.0, MONEY, between=(500, 3000), domain=(10, None), reference="assumed", description="dollars the lenders hold at the start"
)
calm_lent_share = Parameter(
    "calm_lent_share",
    0.8,
    "1",
    between=(0.6, 0.95),
    domain=(0.05, 0.99),
    reference="assumed",
    description="share of their dollars lenders are willing to lend in calm",
)
manager_dollars = Parameter(
    "manager_dollars", 500.0, MONEY, between=(200, 1500), domain=(1, None), reference="assumed", description="asset managers' cash at the start"
)
holder_dollars = Parameter(
    "holder_dollars",
    {"foreign": 350.0, "bond_funds": 150.0},
    MONEY,
    between=(50, 1000),
    domain=(1, None),
    over=HOLDER,
    reference="assumed",
    description="other holders' cash, deposits and money-fund shares at the start",
)
recycled_share = Parameter(
    "recycled_share",
    {"foreign": 0.5, "bond_funds": 0.9},
    "1",
    between=(0.2, 0.95),
    domain=(0, 1),
    over=HOLDER,
    reference="facts 10: money funds took in about 790 in March 2020; the shares are assumed",
    description="share of their dollars kept as deposits and in money funds, which lend them again; the rest leaves the market for the central bank's foreign pool",
)
treasury_dollars = Parameter(
    "treasury_dollars",
    380.0,
    MONEY,
    between=(50, 1800),
    domain=(10, None),
    reference="H.4.1, Treasury account, early 2020",
    description="the Treasury's account in calm",
)
term_share = Parameter(
    "term_share", 0.3, "1", between=(0.1, 0.6), domain=(0, 0.95), reference="assumed", description="share of funds' repo on term in calm"
)
margin_recycled = Parameter(
    "margin_recycled",
    0.0,
    "1",
    between=(0, 0.9),
    domain=(0, 0.95),
    reference="assumed: initial margin stays at the central bank; reinvested in repo it would return to lenders",
    description="share of initial margin that the clearing house lends out again",
)

# What follows from them
base_haircut = Max(calm_haircut, haircut_floor)
opening_position = COHORT.each(
    lambda cohort: {"levered": basis_position * levered_share, "moderate": basis_position * (1 - levered_share), "swap": swap_position}[cohort]
)
opening_loan = (1 - base_haircut) * PAR * opening_position
opening_need = base_haircut * PAR + calm_margin + calm_buffer
opening_capital = opening_need * (1 + spare_capital)  # per unit of position
opening_liquidity = calm_lent_share * lender_dollars
opening_trade = Auxiliary("opening_trade", basis_position + swap_position, FACE, description="both trades at the start")
