"""A sound small model with cases and a claim, in which tests plant faults: each is one text put in the place of another."""

MODEL = '''"""A reservoir: rain fills it, a town drinks from it and pays, and the less there is the less it drinks."""

from sympy import exp

from sd_basis import CLOUD, TIME, Auxiliary, Flow, Instrument, Lookup, Model, Outcome, Parameter, Policy, Sector, Stock

town, utility = Sector("town"), Sector("utility")
cash = Instrument("cash")

level = Stock("level", initial=50, unit="litre", nonnegative=True)
town_cash = Stock("town_cash", initial=1000, unit="dollar", nonnegative=True, holder=town, instrument=cash)
utility_cash = Stock("utility_cash", initial=20, unit="dollar", nonnegative=True, holder=utility, instrument=cash)

capacity = Parameter("capacity", 100, "litre", between=(90, 150), domain=(1, None), reference="invented")
rain = Parameter("rain", 4, "litre/day", between=(1, 8), domain=(0, None), reference="invented")
thirst = Parameter("thirst", 0.1, "1/day", between=(0.05, 0.2), domain=(0, None), reference="invented")
saving = Parameter("saving", 1.5, "1", between=(1, 4), domain=(1, None), reference="invented")
price = Parameter("price", 0.5, "dollar/litre", between=(0, 1), domain=(0, None), reference="invented")
pay_time = Parameter("pay_time", 5, "day", between=(1, 10), domain=(0, None), reference="invented")
enough = Parameter("enough", 30, "litre", between=(20, 40), reference="invented")
thrift = Lookup("thrift", [(0, 0.2), (0.5, 0.8), (1, 1)], "1", of="1", kind="smooth", reference="invented")

fullness = Auxiliary("fullness", level / capacity, "1")
use = Auxiliary("use", thirst * level * thrift(fullness), "litre/day")

raining = Flow("raining", source=CLOUD, sink=level, rate=rain)
drinking = Flow("drinking", source=level, sink=CLOUD, rate=use)
bill = Flow("bill", source=town_cash, sink=utility_cash, rate=price * use, transfer=True)
wages = Flow("wages", source=utility_cash, sink=town_cash, rate=utility_cash / pay_time, transfer=True)

ration = Policy("ration", {thirst: thirst / saving}, start=20)
plenty = Outcome("plenty", when=level > enough)
scarce = Outcome("scarce", when=level <= enough)

MODEL = Model("reservoir", (raining, drinking, bill, wages), policies=(ration,), outcomes=(plenty, scarce), span=(0, 150))
'''
CASES = {
    "normal": 'expected = "plenty"\n[[policies]]\nname = "ration"\n',
    "drought": 'expected = "scarce"\n[[shocks]]\nname = "no_rain"\nstart = 10\nset = { rain = 1 }\n',
}
CLAIMS = '''from sd_basis import Bound, Control, Expectation

def highest(study):
    """The highest level with rationing."""
    return {"highest": study.run("normal")["level"].max()}

EXPECTATIONS = (Expectation(1, "stays-below", "The reservoir never runs over.", highest, (Bound("highest", at_most=80, unit="litre"),),
                            Control("ten times the rain", set={"rain": 40})),)
'''


def written(folder, *changes, cases=None, claims=CLAIMS):
    """Write the model with changes, pairs of (old, new) text, its cases and its claims, and return the path of the model."""
    text = MODEL
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "reservoir.py"
    path.write_text(text)
    (folder / "reservoir.cases").mkdir()
    for name, case in (CASES | (cases or {})).items():
        (folder / "reservoir.cases" / f"{name}.toml").write_text(case)
    if claims:
        (folder / "reservoir.claims.py").write_text(claims)
    return path
