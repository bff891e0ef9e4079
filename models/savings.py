"""A savings account: interest compounds, deposits come in, and a dated policy halves the interest rate."""

from sd_basis import CLOUD, Flow, Model, Parameter, Policy, Stock

balance = Stock("balance", initial=1000, unit="dollar", nonnegative=True, description="what the bank owes the saver")

interest_rate = Parameter("interest_rate", 0.04, "1/year", between=(0, 0.1), reference="invented")
saving = Parameter("saving", 120, "dollar/year", between=(0, 1000), reference="invented")

interest = Flow("interest", source=CLOUD, sink=balance, rate=interest_rate * balance)
deposits = Flow("deposits", source=CLOUD, sink=balance, rate=saving)

rate_cut = Policy("rate_cut", {interest_rate: interest_rate / 2}, start=4, description="half the interest from year 4 on")

MODEL = Model("savings", flows=(interest, deposits), policies=(rate_cut,), span=(0, 10), time_unit="year")
