"""Models whose equilibria are known in closed form or to any precision, shared by the tests of continuation."""

import sympy

from sd_basis import CLOUD, TIME, Flow, If, Max, Model, Parameter, Series, Stock


def rates(name, stocks, changes, span=(0, 10)):
    """A model whose stocks change at given rates, through a flow each."""
    flows = [Flow(f"change_{stock.name}", source=CLOUD, sink=stock, rate=rate, reversible=True) for stock, rate in zip(stocks, changes, strict=True)]
    return Model(name, flows, span=span)


def cusp(a=0.0, b=1.0):
    """x' = a + b x - x^3: folds where 27 a^2 = 4 b^3, a cusp at the origin."""
    x, a, b = Stock("x", 0.1, scale=1.0), Parameter("a", a, domain=(-2, 2), between=(-1, 1)), Parameter("b", b, domain=(-3, 3))
    return rates("cusp", [x], [a + b * x - x**3])


def transcritical():
    """x' = x (r - x), a population that may be extinct: branches x = 0 and x = r cross at r = 0."""
    x, r = Stock("x", 0.3, scale=1.0, nonnegative=True), Parameter("r", 0.5)
    return rates("transcritical", [x], [x * (r - x)])


def reactor():
    """The stirred tank with A to B of Uppal, Ray and Poore (1974): conversion x, temperature y, Damkoehler number d."""
    x, y = Stock("x", 0.1, scale=1.0), Stock("y", 0.1, scale=1.0)
    d, rise, cooling = Parameter("d", 0.01, between=(0, 0.5)), Parameter("rise", 14.0), Parameter("cooling", 2.0)
    heat = d * (1 - x) * sympy.exp(y)
    return rates("reactor", [x, y], [-x + heat, -y + rise * heat - cooling * y])


def bratu(points):
    """u_i' = (u_(i-1) - 2 u_i + u_(i+1)) / h^2 + l exp(u_i) with u = 0 at both ends, h = 1 / (points + 1)."""
    load = Parameter("load", 0.5, domain=(0, None))
    u = [Stock(f"u{place}", 0.0, scale=1.0) for place in range(points)]
    padded = [0, *u, 0]
    return rates("bratu", u, [(padded[place] - 2 * own + padded[place + 2]) * (points + 1) ** 2 + load * sympy.exp(own) for place, own in enumerate(u)])


def nerve():
    """FitzHugh and Nagumo: v' = v - v^3/3 - w + current, w' = e (v + a - b w)."""
    v, w = Stock("v", -1.0, scale=1.0), Stock("w", -0.5, scale=1.0)
    e, a, b, current = Parameter("e", 0.08), Parameter("a", 0.7), Parameter("b", 0.8), Parameter("current", 0.0)
    return rates("nerve", [v, w], [v - v**3 / 3 - w + current, e * (v + a - b * w)])


def muscle(v3=12.0, v4=17.4, g_ca=4.0, phi=1 / 15):
    """Morris and Lecar's barnacle muscle fibre: voltage v (mV) and the open share n of potassium channels, over the current."""
    v, n = Stock("v", -40.0, scale=10.0), Stock("n", 0.1, scale=0.1)
    current = Parameter("current", 0.0)
    open_ca = (1 + sympy.tanh((v + 1.2) / 18)) / 2
    open_k = (1 + sympy.tanh((v - v3) / v4)) / 2
    return rates("muscle", [v, n], [(current - 2 * (v + 60) - g_ca * open_ca * (v - 120) - 8 * n * (v + 84)) / 20,
                                    phi * sympy.cosh((v - v3) / (2 * v4)) * (open_k - n)], span=(0, 1000))


def focus_and_saddle():
    """x' = y, y' = -1 + b y + x^2: at x = 1 a saddle whose eigenvalues are a, -a at b = 0, at x = -1 a focus that crosses there with frequency sqrt(2)."""
    x, y, b = Stock("x", -1.0, scale=1.0), Stock("y", 0.0, scale=1.0), Parameter("b", -0.5)
    return rates("focus_and_saddle", [x, y], [y, -1 + b * y + x**2])


def converting(grams=30.0):
    """Two forms of a catalyst, one of which makes more of itself: forth k a (1 + g b^2), back b; their total stays what it was."""
    a, b = Stock("a", grams - 1.0, "gram"), Stock("b", 1.0, "gram")
    k, g, back = Parameter("k", 0.001, between=(0.0005, 0.02)), Parameter("g", 1.0), Parameter("back", 1.0)
    waste = Stock("waste", 0.0, scale=1.0)
    forth, return_, drip = (Flow("forth", source=a, sink=b, rate=k * a * (1 + g * b**2)), Flow("return_", source=b, sink=a, rate=back * b),
                            Flow("drip", source=CLOUD, sink=waste, rate=0.1 * b))
    return Model("converting", [forth, return_, drip], span=(0, 50))


def bent():
    """x' = p - x - 2 Max(x, 0) + 5 Max(x - 1, 0): at rest x = p, then p / 3 up to x = 1, and behind it x = (5 - p) / 2, unstable."""
    x, p = Stock("x", -0.5, scale=1.0), Parameter("p", -0.5)
    return rates("bent", [x], [p - 2 * Max(x, 0) - x + 5 * Max(x - 1, 0)])


def pitchfork():
    """x' = b x - x^3: x = 0, and x = +-sqrt b."""
    return cusp(b=0.5)


def switched():
    """x' = p - x, and 3 more where x > 1: at rest x = p below 1, and x = p + 3 above -2."""
    x, p = Stock("x", 0.0, scale=1.0), Parameter("p", 0.5)
    return rates("switched", [x], [p - x + If(x > 1, 3, 0)])


def standing():
    """An epidemic without births: where nobody is infected any number of susceptible people rests."""
    susceptible, infected, recovered = Stock("susceptible", 100.0), Stock("infected", 1.0), Stock("recovered", 0.0, scale=100)
    contact, illness = Parameter("contact", 0.2), Parameter("illness", 10.0)
    return Model("standing", [Flow("infection", source=susceptible, sink=infected, rate=contact * susceptible * infected / 100),
                              Flow("recovery", source=infected, sink=recovered, rate=infected / illness)], span=(0, 100))


def drifting():
    """A debt that grows by its interest and a margin that follows it: nothing rests."""
    debt, margin = Stock("debt", 10.0, nonnegative=True), Stock("margin", 1.0)
    growth = Parameter("growth", 0.15)
    return rates("drifting", [debt, margin], [growth * debt + 1 + margin / 100, debt - margin])


def clocked(series=False):
    """A rate that moves with time by itself."""
    x, p = Stock("x", 0.0, scale=1.0), Parameter("p", 1.0, domain=(0, 2))
    drive = Series("drive", (0, 5), (1, 2), "1") if series else TIME
    return rates("clocked", [x], [p * drive - x])


def two_ways():
    """x' = a - x + x^2 y, y' = b - x^2 y (Schnakenberg): Hopf points in closed form, and a stock that only counts."""
    x, y, made = Stock("x", 1.0, scale=1.0), Stock("y", 1.0, scale=1.0), Stock("made", 0.0, scale=1.0)
    a, b = Parameter("a", 0.1), Parameter("b", 1.5)
    return rates("two_ways", [x, y, made], [a - x + x**2 * y, b - x**2 * y, x])
