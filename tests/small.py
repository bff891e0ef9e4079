"""Tiny models with known answers, and random ones, shared by the tests."""

from types import SimpleNamespace

import sympy
from hypothesis import strategies as st

from sd_basis import CLOUD, Auxiliary, Flow, Instrument, Model, Parameter, Policy, Sector, Series, Stock, Trade, define, positive, simulate


def words(**names) -> SimpleNamespace:
    """Return quantities under the names a test uses for them."""
    return SimpleNamespace(**names)


def draining(initial=8.0, rate=0.5, span=(0, 4), **options):
    """A tank that drains: level = initial exp(-rate t)."""
    level = Stock("level", initial, "litre", nonnegative=True)
    share = Parameter("share", rate, "1/day")
    drain = Flow("drain", source=level, sink=CLOUD, rate=share * level)
    return words(level=level, share=share, drain=drain, model=Model("draining", (drain,), span=span, **options))


def filling(changes=None, *, span=(0, 10), value=0.0, inflow=None, **options):
    """A tank that only fills: level = integral of the parameter `tap`, which policies move."""
    level = Stock("level", 0.0, scale=1.0)
    tap = Parameter("tap", value)
    given = tap if inflow is None else inflow(tap)
    fill = Flow("fill", source=CLOUD, sink=level, rate=given, reversible=True)
    policies = () if changes is None else (Policy("act", {tap: changes(tap)}),)
    return words(level=level, tap=tap, fill=fill, model=Model("filling", (fill,), span=span, policies=policies, **options))


def driven(times, values, span=(0, 10), **options):
    """A tank that fills at the value of a data series."""
    data = Series("data", times, values, **options)
    return words(data=data, **vars(filling(inflow=lambda tap: data + tap, span=span)))


def swinging(outcomes=lambda position: (), span=(0, 6)):
    """An undamped pendulum: position = cos t, speed = -sin t."""
    position, speed = Stock("position", 1.0), Stock("speed", 0.0, scale=1.0)
    move = Flow("move", source=CLOUD, sink=position, rate=speed, reversible=True)
    pull = Flow("pull", source=speed, sink=CLOUD, rate=position, reversible=True)
    return Model("swinging", (move, pull), span=span, outcomes=outcomes(position))


def market(*extra, leak=False, at_price=True):
    """A fund that sells bonds to a dealer at a price that falls with the dealer's inventory."""
    fund, dealer = Sector("fund"), Sector("dealer")
    fair, impact = Parameter("fair", 1.0, "dollar/bond"), Parameter("impact", 0.004, "dollar/bond^2")
    pace, coupon = Parameter("pace", 0.3, "1/day"), Parameter("coupon", 0.002, "dollar/bond/day")
    price = Auxiliary("price", unit="dollar/bond")
    bonds, cash = Instrument("bonds", price=price), Instrument("cash")
    fund_bonds = Stock("fund_bonds", 100, "bond", holder=fund, instrument=bonds)
    dealer_bonds = Stock("dealer_bonds", 10, "bond", holder=dealer, instrument=bonds)
    fund_cash = Stock("fund_cash", 5, "dollar", holder=fund, instrument=cash)
    dealer_cash = Stock("dealer_cash", 200, "dollar", holder=dealer, instrument=cash)
    define(price, fair - impact * dealer_bonds)
    paid_at = price if at_price else price * sympy.Rational(9, 10)
    sale = Trade("sale", delivered=(fund_bonds, dealer_bonds), paid=(dealer_cash, fund_cash), rate=pace * fund_bonds, price=paid_at)
    lending = Flow("lending", source=dealer_cash, sink=fund_cash, rate=coupon * dealer_bonds, transfer=True)
    rise = Policy("rise", {fair: 2 * fair}, start=3)
    flows = [sale, lending, *extra]
    if leak:
        flows.append(Flow("leak", source=dealer_cash, sink=CLOUD, rate=pace))
        pace.unit = None
    return words(price=price, sale=sale, lending=lending, dealer_cash=dealer_cash, dealer_bonds=dealer_bonds, rise=rise,
                 model=Model("market", flows, policies=(rise,), span=(0, 10)))


def chain(length=300):
    """A stock behind a chain of auxiliaries, each computed from the one before: level = exp(-t)."""
    level = Stock("level", 1.0)
    links = [Auxiliary("link_0", level + 0)]
    for number in range(1, length):
        links.append(Auxiliary(f"link_{number}", links[-1] * 1.0))
    drain = Flow("drain", source=level, sink=CLOUD, rate=links[-1])
    return Model("chain", (drain,), span=(0, 1))


def final_state(model, **options):
    """Return the stocks at the end of a run, as a list; other processes call it by name."""
    return simulate(model, **options).path.x[-1].tolist()


_SHAPES = (
    lambda a, b, c: a * b,
    lambda a, b, c: sympy.tanh(a + b) * c,
    lambda a, b, c: a / (1 + b**2),
    lambda a, b, c: sympy.sqrt(1 + a**2) - c * b,
    lambda a, b, c: sympy.exp(-(a**2)) + b,
    lambda a, b, c: a + b * c,
)


@st.composite
def models(draw):
    """A random model: stocks, a chain of auxiliaries with gates, flows anywhere, conserving or not."""
    stocks = [Stock(f"stock_{i}", draw(st.floats(0.2, 2.0)), scale=1.0) for i in range(draw(st.integers(2, 4)))]
    parameters = [Parameter(f"parameter_{i}", draw(st.floats(0.3, 1.5))) for i in range(3)]
    pool, gated = [*stocks, *parameters], []
    for number in range(draw(st.integers(1, 7))):
        a, b, c = (draw(st.sampled_from(pool)) for _ in range(3))
        if draw(st.booleans()):
            gated.append(Auxiliary(f"distance_{number}", sympy.tanh(a - b)))
            pool.append(Auxiliary(f"gate_{number}", positive(gated[-1], c if c in parameters else sympy.Rational(1, 2))))
        else:
            pool.append(Auxiliary(f"auxiliary_{number}", draw(st.sampled_from(_SHAPES))(a, b, c)))
    flows = []
    ends = [CLOUD, *stocks]
    for number in range(draw(st.integers(2, 5))):
        source = draw(st.sampled_from(ends))
        sink = draw(st.sampled_from([end for end in ends if end is not source]))
        use = pool[-1] if number == 0 else draw(st.sampled_from(pool))
        flows.append(Flow(f"flow_{number}", source=source, sink=sink, reversible=True,
                          rate=draw(st.sampled_from(parameters)) * sympy.tanh(use + draw(st.sampled_from(stocks)))))
    return words(model=Model("random", flows, span=(0, 1), outputs=(*stocks, *gated)), gated=gated)
