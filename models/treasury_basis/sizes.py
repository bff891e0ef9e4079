"""Opening sizes of the balance sheets: those of the last week of February 2020 unless a case says otherwise.

Money is in billions of dollars, Treasuries and futures in billions of face value.
"""

from sd_basis import Parameter

MONEY, FACE = "billion dollar", "billion face"

PAR = Parameter("par", 1.0, "dollar/face", domain=(1.0, 1.0), reference="definition", description="price unit of one face value")

basis_position = Parameter(
    "basis_position",
    450.0,
    FACE,
    between=(400, 2000),
    domain=(1, None),
    reference="Barth and Kahn, OFR WP 21-01: 400 to 500 at the peak before 2020; facts 1.1, 1.8, 8",
    description="size of the basis trade",
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
    between=(0.01, 0.05),
    domain=(1e-4, 1),
    reference="facts 2",
    description="cash a fund wants per unit of position",
)
spare_capital = Parameter(
    "spare_capital",
    2 / 3,
    "1",
    between=(0.2, 1.5),
    domain=(0.05, 20),
    reference="facts 8: with it all-in capital is 5 % [2 to 8] of the position",
    description="funds' capital in calm above what haircut, margin and buffer need, as a share of that need",
)
dealer_normal_inventory = Parameter(
    "dealer_normal_inventory",
    231.3,
    FACE,
    between=(150, 450),
    domain=(1, None),
    reference="New York Fed primary dealer statistics, 26 February 2020",
    description="dealers' net Treasury inventory in calm",
)
dealer_headroom = Parameter(
    "dealer_headroom",
    40.0,
    MONEY,
    between=(20, 80),
    domain=(1, None),
    reference="facts 3c, 8: net positions rose by about 40 at the most",
    description="inventory dealers can add before their balance sheet is full",
)
unnetted_share = Parameter(
    "unnetted_share",
    0.3,
    "1",
    between=(0.1, 1),
    domain=(0, 1),
    reference="assumed",
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
manager_holdings = Parameter(
    "manager_holdings", 4000.0, FACE, between=(2000, 8000), domain=(1, None), reference="assumed", description="bonds real money holds in calm"
)
other_holdings = Parameter(
    "other_holdings",
    7000.0,
    FACE,
    between=(5000, 10000),
    domain=(1, None),
    reference="about foreign holdings in early 2020 (TIC)",
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
other_dollars = Parameter(
    "other_dollars",
    500.0,
    MONEY,
    between=(200, 1500),
    domain=(1, None),
    reference="assumed",
    description="other holders' cash and money-fund shares at the start",
)
recycled_share = Parameter(
    "recycled_share",
    0.6,
    "1",
    between=(0.3, 0.9),
    domain=(0, 1),
    reference="facts 10: government money funds took in about 790 in March 2020; the share is assumed",
    description="share of other holders' dollars kept in money funds, which lend them again",
)

opening_loan = (1 - calm_haircut) * PAR * basis_position
opening_capital = (calm_haircut * PAR + calm_margin + calm_buffer) * (1 + spare_capital)  # per unit of position
opening_liquidity = calm_lent_share * lender_dollars
