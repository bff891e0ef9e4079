"""Models of many stocks and several shapes, for the tests of the diagram; their numbers mean nothing."""

import random
from collections.abc import Callable

from sd_basis import CLOUD, Flow, Instrument, Model, Parameter, Sector, Stock, Trade

_STAGES = ("ore", "pig iron", "slab", "coil", "sheet", "panel", "part", "module", "car", "used car")


def _model(name: str, stocks: list[Stock], joins: list[tuple[str, int | None, int | None]], trades: tuple = ()) -> Model:
    """Return a model whose flows (name, source, sink) join stocks by index; None is the CLOUD."""
    pace = Parameter("pace", 0.1, "1/day")

    def end(index: int | None):
        return CLOUD if index is None else stocks[index]

    flows = [Flow(flow, source=end(a), sink=end(b), rate=pace * stocks[b if a is None else a]) for flow, a, b in joins]
    return Model(name, [*flows, *trades], span=(0, 10))


def _stocks(names: list[str], unit: str = "tonne") -> list[Stock]:
    return [Stock(name, 10.0, unit) for name in names]


def supply_chain(count: int = 30) -> Model:
    """Stocks in a row, from a cloud to a cloud."""
    names = [f"{_STAGES[number % len(_STAGES)].replace(' ', '_')}_{number + 1}" for number in range(count)]
    joins = [("mining", None, 0), *((f"shipping_{number + 1}", number, number + 1) for number in range(count - 1)), ("scrapping", count - 1, None)]
    return _model("supply_chain", _stocks(names), joins)


def ageing_chain(groups: int = 5, ages: int = 6, moving: bool = True) -> Model:
    """Groups that age, with births and deaths, and people who move from a group to the next."""
    where = [chr(ord("A") + group) for group in range(groups)]
    bands = [f"{15 * age}_to_{15 * age + 14}" for age in range(ages)]
    stocks = _stocks([f"people_{band}_in_{place}" for place in where for band in bands], "person")
    joins: list[tuple[str, int | None, int | None]] = []
    for group, place in enumerate(where):
        first = group * ages
        joins.append((f"births_in_{place}", None, first))
        joins += [(f"turning_{15 * (age + 1)}_in_{place}", first + age, first + age + 1) for age in range(ages - 1)]
        joins += [(f"deaths_{bands[age]}_in_{place}", first + age, None) for age in range(ages)]
        if moving and group + 1 < groups:
            joins += [(f"moving_{place}_to_{where[group + 1]}_at_{15 * age}", first + age, first + ages + age) for age in range(1, 4)]
    return _model("ageing_chain", stocks, joins)


def hub(spokes: int = 12) -> Model:
    """A dealer who trades with every client, goods one way and money the other, and clients who pay one another."""
    goods, money = Instrument("goods"), Instrument("money")
    holders = [Sector("dealer"), *(Sector(f"client {number + 1}") for number in range(spokes))]
    names = ["dealer", *(f"client_{number + 1}" for number in range(spokes))]
    things = [Stock(f"{name}_goods", 10.0, "tonne", holder=holder, instrument=goods) for name, holder in zip(names, holders, strict=True)]
    cash = [Stock(f"{name}_cash", 10.0, "dollar", holder=holder, instrument=money) for name, holder in zip(names, holders, strict=True)]
    pace, price = Parameter("pace", 0.1, "1/day"), Parameter("price", 2.0, "dollar/tonne")
    trades = []
    for number in range(1, spokes + 1):
        giver, taker = (number, 0) if number % 2 else (0, number)
        trades.append(Trade(f"sales_{number}", delivered=(things[giver], things[taker]), paid=(cash[taker], cash[giver]),
                            rate=pace * things[giver], price=price))
    gifts = [Flow(f"gift_{number}", source=cash[number], sink=cash[number + 1], rate=pace * cash[number], transfer=True) for number in (1, 4, 7, 10)]
    return Model("hub", [*trades, *gifts], span=(0, 10))


def groups() -> Model:
    """Three groups that no flow joins: a ring, a tree and a ladder."""
    stocks = _stocks([f"{kind}_{number + 1}" for kind in ("ring", "tree", "ladder") for number in range(10)])
    joins: list[tuple[str, int | None, int | None]] = [(f"round_{number + 1}", number, (number + 1) % 10) for number in range(10)]
    joins += [("entering_the_ring", None, 0), ("leaving_the_ring", 5, None)]
    joins += [(f"branching_{number + 1}", 10 + (number - 1) // 2, 10 + number) for number in range(1, 10)]
    joins += [("feeding_the_tree", None, 10), *((f"falling_{number}", 10 + number, None) for number in (5, 6, 7, 8, 9))]
    joins += [(f"climbing_{side}_{number + 1}", 20 + side * 5 + number, 21 + side * 5 + number) for side in (0, 1) for number in range(4)]
    joins += [(f"crossing_{number + 1}", 20 + number, 25 + number) for number in range(5)]
    return _model("groups", stocks, joins)


def dense(seed: int = 1, count: int = 30, flows: int = 55) -> Model:
    """Random flows over a random tree, some from or to the cloud; the same for the same seed."""
    chance = random.Random(seed)
    joins: list[tuple[str, int | None, int | None]] = []
    for number in range(1, count):
        joins.append((f"flow_{number}", chance.randrange(max(0, number - 8), number), number))
    while len(joins) < flows:
        source, sink = chance.sample(range(count), 2)
        kind = chance.random()
        joins.append((f"flow_{len(joins) + 1}", None if kind < 0.12 else source, None if kind > 0.88 else sink))
    return _model("dense", _stocks([f"stock_{number + 1}" for number in range(count)]), joins)


def long_names(count: int = 30) -> Model:
    """Chains with a few side flows, every name 40 characters long."""
    words = ("dollar_denominated", "non_bank", "intermediated", "outstanding", "collateralised", "obligations", "internationally")

    def name(kind: str, number: int) -> str:
        text = f"{kind}_{number + 1}"
        for step in range(len(words)):
            text += "_" + words[(number + step) % len(words)]
        return text[:39] + "x"

    stocks = _stocks([name("stock", number) for number in range(count)], "billion dollar")
    joins: list[tuple[str, int | None, int | None]] = [(name("flow", number), number, number + 1) for number in range(count - 1) if number % 10 != 9]
    joins += [(name("skip", number), number, number + 3) for number in range(0, count - 3, 5)]
    joins += [(name("entry", number), None, number) for number in range(0, count, 10)]
    joins += [(name("exit", number), number, None) for number in range(9, count, 10)]
    return _model("long_names", stocks, joins)


def drained(count: int = 12) -> Model:
    """One stock with many flows to the cloud, in the middle of a chain."""
    stocks = _stocks(["reservoir", "river", "sea"], "litre")
    joins: list[tuple[str, int | None, int | None]] = [("spilling", 0, 1), ("running_out", 1, 2), ("rain", None, 0)]
    joins += [(f"use_by_farm_{number + 1}", 0, None) for number in range(count)]
    return _model("drained", stocks, joins)


def families(tenors: tuple[str, ...] = ("2y", "5y", "10y", "30y")) -> Model:
    """Members of families, `holdings[5y]`, that flow into members of another or from the cloud alone."""
    held = [Stock(f"holdings[{tenor}]", 10.0, "bond") for tenor in tenors]
    lent = [Stock(f"lent[{tenor}]", 10.0, "bond") for tenor in tenors]
    quotes = [Stock(f"quote[{tenor}]", 10.0, "dollar/bond") for tenor in tenors]
    other = [Stock(name, 10.0, "bond") for name in ("agencies", "strips")]
    pace = Parameter("pace", 0.1, "1/day")
    flows = [Flow(f"lending[{tenor}]", source=a, sink=b, rate=pace * a) for tenor, a, b in zip(tenors, held, lent, strict=True)]
    flows += [Flow(f"requoting[{tenor}]", source=CLOUD, sink=a, rate=pace * a, reversible=True) for tenor, a in zip(tenors, quotes, strict=True)]
    flows += [Flow(f"issue_of_{a.name}", source=CLOUD, sink=a, rate=pace * a) for a in other]
    flows += [Flow(f"rolling[{short}]", source=b, sink=a, rate=pace * b) for short, a, b in zip(tenors, held, held[1:], strict=False)]
    return Model("families", flows, span=(0, 10))


KINDS: dict[str, Callable[[], Model]] = {
    "supply_chain": supply_chain, "ageing_chain": ageing_chain, "hub": hub, "groups": groups,
    "dense_1": dense, "dense_2": lambda: dense(2), "long_names": long_names, "drained": drained, "families": families,
}
