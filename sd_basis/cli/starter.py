"""The starter model that `sd-basis new` writes, and its case: small, commented, and complete enough to be changed into another."""

from __future__ import annotations

CASE_NAME = "closed-season"

MODEL = '''\
"""A fishery: boats catch fish, income buys boats, and a dated closed season comes in time or too late."""

# A starter to change piece by piece: it runs as it stands. The guide is docs/writing-a-model.md of sd_basis.
# Stocks change through flows only: you never write a derivative. Equations are sympy expressions.

from sd_basis import CLOUD, Auxiliary, Flow, Instrument, Model, Outcome, Parameter, Policy, Sector, Stock, Trade

# 1. Parameters: name, value, unit. Outside `between` (plausible) there is a warning, outside `domain` (possible) an
#    error. `reference` says where the number comes from; be honest, as here.
spawning = Parameter("spawning", 0.8, "1/year", between=(0.5, 1.0), domain=(0, None), reference="invented")
mating = Parameter("mating", 150, "ton", between=(50, 300), domain=(0.1, None), reference="invented",
                   description="stock at which every second fish finds a mate")
mortality = Parameter("mortality", 0.2, "1/year", between=(0.1, 0.3), domain=(0, None), reference="invented")
room = Parameter("room", 400, "ton", between=(200, 800), domain=(1, None), reference="invented",
                 description="stock at which crowding doubles the mortality")
efficiency = Parameter("efficiency", 0.005, "1/boat/year", between=(0.001, 0.01), domain=(0, None),
                       reference="invented", description="share of the fish that one boat catches in a year")
season = Parameter("season", 1, "1", domain=(0, 1), description="share of the year in which boats may fish")
short_season = Parameter("short_season", 0.4, "1", between=(0.2, 0.8), domain=(0, 1), reference="invented")
fish_price = Parameter("fish_price", 0.015, "million dollar/ton", between=(0.005, 0.03), domain=(0, None),
                       reference="invented")
boat_price = Parameter("boat_price", 0.2, "million dollar/boat", between=(0.1, 0.5), domain=(0.01, None),
                       reference="invented")
upkeep = Parameter("upkeep", 0.005, "million dollar/boat/year", between=(0, 0.03), domain=(0, None),
                   reference="invented", description="what a boat costs in a year, fishing or not")
reinvested = Parameter("reinvested", 0.6, "1", between=(0, 0.8), domain=(0, 1), reference="invented",
                       description="share of the income that buys boats")
lifetime = Parameter("lifetime", 15, "year", between=(10, 40), domain=(1, None), reference="invented")
too_few = Parameter("too_few", 50, "ton", domain=(0, None), reference="chosen", description="below it fish rarely meet")
healthy = Parameter("healthy", 400, "ton", domain=(0, None), reference="chosen")

# 2. A balance sheet: sectors hold instruments, and the engine checks that every change of net worth was declared.
#    Leave sectors, instruments, holder= and instrument= out if your model has no money in it.
fishers = Sector("fishers")
boat_value = Auxiliary("boat_value", boat_price, unit="million dollar/boat", description="worth of a boat in the books")
fleet, money = Instrument("fleet", price=boat_value), Instrument("money")

# 3. Stocks: what accumulates. `nonnegative` fails the run loudly below zero; `scale` is a typical size.
fish = Stock("fish", initial=900, unit="ton", nonnegative=True)
boats = Stock("boats", initial=20, unit="boat", nonnegative=True, holder=fishers, instrument=fleet)
cash = Stock("cash", initial=2, unit="million dollar", holder=fishers, instrument=money, description="may be overdrawn")

# 4. Auxiliaries: computed at every instant. Name what you would want to see in a figure.
mated_share = Auxiliary("mated_share", fish / (fish + mating), unit="1")
crowding = Auxiliary("crowding", 1 + fish / room, unit="1")

# 5. Flows: from a stock to a stock; CLOUD is the outside. Let an outflow vanish with its stock. Other equations may
#    use a flow, and `transfer=True` says that it changes the net worth of whoever holds its ends.
births = Flow("births", source=CLOUD, sink=fish, rate=spawning * mated_share * fish)
deaths = Flow("deaths", source=fish, sink=CLOUD, rate=mortality * crowding * fish)
catch = Flow("catch", source=fish, sink=CLOUD, rate=efficiency * season * boats * fish)
income = Flow("income", source=CLOUD, sink=cash, rate=fish_price * catch, transfer=True)
costs = Flow("costs", source=cash, sink=CLOUD, rate=upkeep * boats, transfer=True)
scrapping = Flow("scrapping", source=boats, sink=CLOUD, rate=boats / lifetime, transfer=True)

#    A Trade is delivery against payment: boats one way, their price the other, and nobody grows richer by it.
building = Trade("building", delivered=(CLOUD, boats), paid=(cash, CLOUD), rate=reinvested * income / boat_price,
                 price=boat_price)

# 6. Policies replace parameters from a date on. The model only offers them: a case or --policy puts them to work.
closed_season = Policy("closed_season", {season: short_season}, start=2035, description="a shorter season for good")

# 7. Outcomes: regions of states, one inequality each. `absorbing` decides at the first entry; the other must hold
#    at the end of the run. A run that is in neither region is undecided.
collapsed = Outcome("collapsed", when=fish < too_few, absorbing=True, description="too few are left to meet")
sustained = Outcome("sustained", when=fish > healthy)

MODEL = Model("{name}", flows=(births, deaths, catch, income, costs, scrapping, building), policies=(closed_season,),
              outcomes=(collapsed, sustained), span=(2020, 2080), time_unit="year")
'''

CASE = '''\
# A case is what one run assumes. It is read, never executed. Every key is optional.
title = "Warm years, then a closed season"
description = "Warm water kills more fish for some years; the closed season follows. How much later would be too late?"

[parameters]                              # instead of the model's values: a number, or a number with its reason
reinvested = { value = 0.65, reason = "invented; subsidies for new boats" }

[initial]                                 # stocks at the start
fish = 950

[[shocks]]                                # what happens; --shift does not move it
name = "warm water"
start = 2025
duration = 5
set = { mortality = 0.25 }
reason = "invented"

[[policies]]                              # what is done: a policy of the model with its date; --shift moves it
name = "closed_season"
start = 2038
'''
