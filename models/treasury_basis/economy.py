"""The economy: credit supply, output and employment, and the damage that lasts.

New lending falls when lenders hoard, orders stay unfilled, markets are afraid, dealers lose or borrowers
are damaged; credit outstanding runs off and output follows. A gap that nobody's support fills scars the
balance sheets of households and firms, and scars depress output and lending until they heal: this, not a
second set of parameters, makes a late and small response slow and an early and large one fast. The
constants of recovery, `healing_time` above all, are inputs and not results. Damage d costs output about
(1 + credit_dependence * credit_sensitivity) d; it heals as long as scarring_share times that factor is
below 1 + scarring_time / healing_time (0.73 against 1.33 here); beyond, large damage may breed itself and stay, bounded.

Support does two things: it is demand (with a multiplier), and it is income, which keeps a gap from
scarring. It does not reopen what the cause has closed. Output is a product of exponentials and so stays
positive; demand above normal ends where nobody is unemployed. In calm everything rests exactly at 1, 0 and 1.

The core sees nothing of this sector: it only reads `alarm`, `lent_share`, `unfilled_share` and the dealers'
equity. New lending is `credit_supply`; credit has stopped where it is below a tenth.
"""

from sympy import exp, tanh

from sd_basis import CLOUD, Auxiliary, Flow, Parameter, Stock, positive

from .conditions import alarm
from .ledger import dealer_equity
from .lenders import lent_share
from .market import unfilled_share
from .sizes import calm_lent_share, dealer_capital

# What cases and policies set
gdp = Parameter(
    "gdp",
    85.0,
    "billion dollar/day",
    between=(55, 120),
    domain=(1, None),
    reference="BEA: 21.4 trillion in 2019, over 252 days; about 58 in 2008",
    description="normal output a day",
)
real_shock = Parameter(
    "real_shock",
    0.0,
    "1",
    between=(0, 0.2),
    domain=(0, 3),
    reference="set by cases",
    description="output lost to the cause itself, such as a lockdown or the end of a housing boom",
)
fiscal_pace = Parameter(
    "fiscal_pace",
    0.0,
    "billion dollar/day",
    between=(0, 40),
    domain=(0, 1000),
    reference="policy",
    description="fiscal support a day beyond the normal budget",
)

# Credit
unnoticed = Parameter(
    "unnoticed",
    0.02,
    "1",
    between=(0.01, 0.05),
    domain=(1e-3, 0.5),
    reference="assumed",
    description="change of lending or of dealers' equity that nobody minds",
)
credit_sensitivity = Parameter(
    "credit_sensitivity",
    1.5,
    "1",
    between=(0.7, 3),
    domain=(0, 20),
    reference="assumed; Ivashina and Scharfstein 2010: new loans -47 % in a quarter of 2008, -79 % from the boom",
    description="how new lending falls with distress: by exp(-sensitivity * distress)",
)
credit_time = Parameter(
    "credit_time",
    125.0,
    "day",
    between=(40, 500),
    domain=(1, None),
    reference="assumed: between commercial paper of weeks and bank loans of years",
    description="time in which credit outstanding runs off",
)
credit_dependence = Parameter(
    "credit_dependence",
    0.3,
    "1",
    between=(0.1, 0.6),
    domain=(0, 3),
    reference="assumed; Chodorow-Reich 2014: credit explains a third to a half of the jobs lost at small firms",
    description="output lost per unit of credit lost",
)

credit = Stock("credit", 1, "1", nonnegative=True, scale=1.0, description="credit outstanding as a share of normal")
scarring = Stock("scarring", 0, "1", nonnegative=True, scale=1.0, description="lasting damage to balance sheets, as a share of output lost to it")

lenders_withdrawn = Auxiliary(
    "lenders_withdrawn",
    positive(1 - unnoticed - lent_share / calm_lent_share, unnoticed),
    "1",
    description="share of calm lending that lenders withhold",
)
dealers_lost = Auxiliary(
    "dealers_lost", positive(1 - unnoticed - dealer_equity / dealer_capital, unnoticed), "1", description="share of their capital dealers have lost"
)
distress = Auxiliary(
    "distress",
    lenders_withdrawn + unfilled_share + dealers_lost + (alarm / (1 + alarm)) ** 2 + scarring,
    "1",
    description="what keeps lenders from lending: hoarding, unfilled orders, losses, fear (the square forgives small news) and damaged borrowers",
)
credit_supply = Auxiliary("credit_supply", exp(-credit_sensitivity * distress), "1", description="new lending as a share of normal")
new_lending = Flow("new_lending", source=CLOUD, sink=credit, rate=credit_supply / credit_time)
repayment = Flow("repayment", source=credit, sink=CLOUD, rate=credit / credit_time)

# Output
multiplier = Parameter(
    "multiplier",
    0.7,
    "1",
    between=(0.5, 1.5),
    domain=(0, 5),
    reference="Ramey 2019: 0.6 to 1; CBO 2015 for the Recovery Act: 0.4 to 2.5 by kind",
    description="output per unit of fiscal support",
)
output_time = Parameter(
    "output_time",
    20.0,
    "day",
    between=(10, 90),
    domain=(0.5, None),
    reference="assumed: a month; output fell within April 2020",
    description="time in which output follows demand",
)
okun = Parameter(
    "okun",
    0.5,
    "1",
    between=(0.3, 0.7),
    domain=(0.05, 1),
    reference="Ball, Leigh and Loungani 2017: 0.4 to 0.5 for the United States",
    description="employment lost per unit of output",
)
normal_unemployment = Parameter(
    "normal_unemployment",
    0.04,
    "1",
    between=(0.03, 0.06),
    domain=(0.005, 0.3),
    reference="BLS: 3.5 % in February 2020, 5.0 % in December 2007",
    description="unemployment in calm",
)

output_gap = Stock("output_gap", 0, "1", scale=1.0, description="output above normal as a share of normal; negative below")
fiscal_support = Auxiliary("fiscal_support", fiscal_pace / gdp, "1", description="fiscal support as a share of output")
excess_demand = Auxiliary(
    "excess_demand", multiplier * fiscal_support - credit_dependence * (1 - credit) - scarring, "1", description="negative where demand lacks"
)
full_employment_gap = Auxiliary(
    "full_employment_gap", normal_unemployment / okun, "1", description="output above normal at which nobody is unemployed"
)
goods_demand = Auxiliary(
    "goods_demand",
    exp(-positive(-excess_demand, unnoticed / 20)) + full_employment_gap * tanh(positive(excess_demand, unnoticed / 20) / full_employment_gap),
    "1",
    description="demand as a share of normal output",
)
output_target = Auxiliary("output_target", exp(-real_shock) * goods_demand - 1, "1", description="what is closed no support reopens")
output_change = Flow("output_change", source=CLOUD, sink=output_gap, reversible=True, rate=(output_target - output_gap) / output_time)

# Damage that lasts
scarring_share = Parameter(
    "scarring_share",
    0.5,
    "1",
    between=(0.2, 0.6),
    domain=(0, 0.9),
    reference="assumed; Cerra and Saxena 2008: most of the output lost in a banking crisis is not regained within ten years",
    description="share of a lasting gap in incomes that becomes damage",
)
scarring_time = Parameter(
    "scarring_time",
    250.0,
    "day",
    between=(120, 500),
    domain=(5, None),
    reference="assumed: insolvencies and lost skills take about a year",
    description="time in which a gap becomes damage",
)
healing_time = Parameter(
    "healing_time",
    756.0,
    "day",
    between=(500, 1500),
    domain=(10, None),
    reference="assumed, and an input to the length of recoveries: three years; Reinhart and Rogoff 2014 count about eight to regain old incomes",
    description="time in which damage heals",
)
income_gap = Auxiliary(
    "income_gap",
    positive(-output_gap - fiscal_support, unnoticed / 20),
    "1",
    description="lost incomes that no support replaces, as a share of output",
)
damage = Flow("damage", source=CLOUD, sink=scarring, rate=positive(scarring_share * income_gap - scarring, unnoticed / 20) / scarring_time)
healing = Flow("healing", source=scarring, sink=CLOUD, rate=scarring / healing_time)

# Employment
employment_time = Parameter(
    "employment_time",
    42.0,
    "day",
    between=(10, 130),
    domain=(1, None),
    reference="assumed: two months; employment lags output by a quarter or less",
    description="time in which employment follows output",
)
employment = Stock("employment", 1, "1", nonnegative=True, scale=1.0, description="employment as a share of normal")
employment_change = Flow(
    "employment_change", source=CLOUD, sink=employment, reversible=True, rate=(1 + okun * output_gap - employment) / employment_time
)
unemployment = Auxiliary("unemployment", 1 - (1 - normal_unemployment) * employment, "1", description="share of the labour force without work")

FLOWS = (new_lending, repayment, output_change, damage, healing, employment_change)
OUTPUTS = (credit_supply, unemployment, fiscal_support)
