"""Seven classical stiff problems as stocks and flows, with their published solutions.

Equations: Mazzia and Magherini, Test Set for Initial Value Problem Solvers, release 2.4 (2008), after Hairer and
Wanner, Solving Ordinary Differential Equations II (1996). The published values hold every digit of the routines
`solut` of the Fortran files named below; those of e5.f are wrong (see `pyrolysis`), so Hairer's stand in their place.
The problems are scaled or in the units of their source, so their quantities carry no units here.

The scale of a stock is the smallest size at which it still matters: a run follows it to rtol down to there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from sympy import Mul, sqrt

from sd_basis import CLOUD, Auxiliary, Flow, Model, Parameter, Run, Stock

Amount = partial(Stock, nonnegative=True)


def digits(value: float, true: float) -> float:
    """Return the number of correct digits, at most 17."""
    return -math.log10(max(abs(float(value / true - 1)), 1e-17))


@dataclass(frozen=True)
class Problem:
    """A model, and its published solution: by time, by name."""

    build: Callable[[], Model]
    published: dict[float, dict[str, float]]

    def digits(self, run: Run) -> tuple[float, str]:
        """Return the correct digits of a run shown at the published times, and the worst place.

        It is the Test Set's scd over every published component: -log10 of the largest relative error.
        """
        return min((digits(run[name][row], value), f"{name} at {time:g}")
                   for row, (time, values) in enumerate(self.published.items()) for name, value in values.items())


def reaction(name: str, constant: float, consumed: list[Stock], produced: list[Stock]) -> list[Flow]:
    """Return the flows of one reaction by mass action: from consumed to produced, what has no partner from or to CLOUD."""
    rate = Auxiliary(f"rate_{name}", Parameter(f"k_{name}", constant, reference="pollu.f") * Mul(*consumed))
    pairs = zip_longest(consumed, produced, fillvalue=CLOUD)
    return [Flow(f"{name}_{number}", source=source, sink=sink, rate=rate) for number, (source, sink) in enumerate(pairs)]


def robertson() -> Model:
    """Robertson (1966), rober.f: A -> B, 2 B -> B + C, B + C -> A + C, with a fast quadratic B that falls to 1e-13."""
    slow, fast, back = Parameter("slow", 0.04), Parameter("fast", 3e7), Parameter("back", 1e4)
    a, b, c = Amount("A", 1.0, scale=1e-8), Amount("B", 0.0, scale=1e-13), Amount("C", 0.0, scale=1.0)
    return Model("robertson", (
        Flow("formation", source=a, sink=b, rate=slow * a),
        Flow("conversion", source=b, sink=c, rate=fast * b**2),
        Flow("return", source=b, sink=a, rate=back * b * c)), span=(0, 1e11))


def hires() -> Model:
    """Schäfer (1975), hires.f: eight forms of phytochrome and an enzyme, at high irradiance."""
    k1, k2, k3, k4 = Parameter("k1", 1.71), Parameter("k2", 0.43), Parameter("k3", 8.32), Parameter("k4", 0.69)
    k5, k6, k7 = Parameter("k5", 0.035), Parameter("k6", 8.32), Parameter("k7", 280)
    k8, k9, supply = Parameter("k8", 0.69), Parameter("k9", 0.69), Parameter("oks", 0.0007)
    pr, pfr = Amount("Pr", 1.0, scale=1e-3), Amount("Pfr", 0.0, scale=1e-4)
    prx, pfrx = Amount("PrX", 0.0, scale=1e-5), Amount("PfrX", 0.0, scale=1e-3)
    prx2, pfrx2 = Amount("PrX2", 0.0, scale=1e-3), Amount("PfrX2", 0.0, scale=1e-3)
    bound, enzyme = Amount("PfrX2E", 0.0, scale=1e-3), Amount("E", 0.0057, scale=1e-3)
    binding = Auxiliary("binding", k7 * pfrx2 * enzyme)
    return Model("hires", (
        Flow("synthesis", source=CLOUD, sink=pr, rate=supply),
        Flow("light_Pr", source=pr, sink=pfr, rate=k1 * pr), Flow("dark_Pfr", source=pfr, sink=pr, rate=k2 * pfr),
        Flow("light_PrX", source=prx, sink=pfrx, rate=k1 * prx), Flow("dark_PfrX", source=pfrx, sink=prx, rate=k2 * pfrx),
        Flow("light_PrX2", source=prx2, sink=pfrx2, rate=k1 * prx2), Flow("dark_PfrX2", source=pfrx2, sink=prx2, rate=k2 * pfrx2),
        Flow("uptake", source=pfr, sink=pfrx, rate=k3 * pfr), Flow("release", source=prx, sink=pr, rate=k6 * prx),
        Flow("change", source=pfrx, sink=pfrx2, rate=k4 * pfrx), Flow("change_back", source=prx2, sink=prx, rate=k5 * prx2),
        # the enzyme goes from free to bound and back; what it binds leaves PfrX2 and returns to it, to PrX2, or not
        Flow("bind", source=enzyme, sink=bound, rate=binding), Flow("bind_PfrX2", source=pfrx2, sink=CLOUD, rate=binding),
        Flow("part", source=bound, sink=enzyme, rate=(k2 + k8 + k9) * bound),
        Flow("part_PrX2", source=CLOUD, sink=prx2, rate=k2 * bound), Flow("part_PfrX2", source=CLOUD, sink=pfrx2, rate=k8 * bound)),
        span=(0, 321.8122))


def oregonator() -> Model:
    """Field and Noyes (1974), orego.f: the oscillating Belousov-Zhabotinskii reaction, scaled."""
    s, q, w = Parameter("s", 77.27), Parameter("q", 8.375e-6), Parameter("w", 0.161)
    acid, bromide, cerium = Amount("HBrO2", 1.0), Amount("Br", 2.0), Amount("Ce", 3.0)
    return Model("oregonator", (
        Flow("supply", source=CLOUD, sink=acid, rate=s * bromide), Flow("growth", source=CLOUD, sink=acid, rate=s * acid),
        Flow("reduction", source=acid, sink=CLOUD, rate=s * acid * bromide),
        Flow("decay", source=acid, sink=CLOUD, rate=s * q * acid**2),
        Flow("bromide_in", source=CLOUD, sink=bromide, rate=cerium / s),
        Flow("bromide_out", source=bromide, sink=CLOUD, rate=(1 + acid) * bromide / s),
        Flow("cerium_in", source=CLOUD, sink=cerium, rate=w * acid), Flow("cerium_out", source=cerium, sink=CLOUD, rate=w * cerium)),
        span=(0, 360))


def van_der_pol() -> Model:
    """Van der Pol (1926), vdpol.f: relaxation oscillations at mu = 1000, in the time t / mu."""
    mu = Parameter("mu", 1000)
    position, speed = Stock("position", 2.0), Stock("speed", 0.0, scale=1.0)
    return Model("van_der_pol", (
        Flow("move", source=CLOUD, sink=position, rate=speed, reversible=True),
        Flow("push", source=CLOUD, sink=speed, rate=mu**2 * ((1 - position**2) * speed - position), reversible=True)), span=(0, 2))


def pollution() -> Model:
    """Verwer (1994), pollu.f: 25 reactions of 20 air pollutants."""
    start = {"NO": 0.2, "O3": 0.04, "HCHO": 0.1, "CO": 0.3, "ALD": 0.01, "SO2": 0.007}
    names = "NO2 NO O3P O3 HO2 OH HCHO CO ALD MEO2 C2O3 CO2 PAN CH3O HNO3 O1D SO2 SO4 NO3 N2O5".split()
    small = {"O3P": 1e-9, "HO2": 1e-7, "OH": 1e-7, "MEO2": 1e-8, "C2O3": 1e-8, "CH3O": 1e-6, "O1D": 1e-18, "NO3": 1e-7, "N2O5": 1e-6}
    stocks = [Amount(name, start.get(name, 0.0), scale=small.get(name, 1e-4)) for name in names]
    no2, no, o3p, o3, ho2, oh, hcho, co, ald, meo2, c2o3, co2, pan, ch3o, hno3, o1d, so2, so4, no3, n2o5 = stocks
    reactions = [
        (0.35, [no2], [no, o3p]), (26.6, [no, o3], [no2]), (1.23e4, [ho2, no], [oh, no2]), (8.6e-4, [hcho], [co, ho2, ho2]),
        (8.2e-4, [hcho], [co]), (1.5e4, [hcho, oh], [co, ho2]), (1.3e-4, [ald], [meo2, ho2, co]), (2.4e4, [ald, oh], [c2o3]),
        (1.65e4, [c2o3, no], [meo2, no2, co2]), (9e3, [c2o3, no2], [pan]), (0.022, [pan], [c2o3, no2]), (1.2e4, [meo2, no], [ch3o, no2]),
        (1.88, [ch3o], [hcho, ho2]), (1.63e4, [no2, oh], [hno3]), (4.8e6, [o3p], [o3]), (3.5e-4, [o3], [o1d]), (0.0175, [o3], [o3p]),
        (1e8, [o1d], [oh, oh]), (4.44e11, [o1d], [o3p]), (1.24e3, [so2, oh], [so4, ho2]), (2.1, [no3], [no]), (5.78, [no3], [no2, o3p]),
        (0.0474, [no2, o3], [no3]), (1.78e3, [no3, no2], [n2o5]), (3.12, [n2o5], [no3, no2])]
    flows = [flow for number, (constant, consumed, produced) in enumerate(reactions, 1)
             for flow in reaction(str(number), constant, consumed, produced)]
    return Model("pollution", flows, span=(0, 60))


def pyrolysis(four_stocks: bool = False) -> Model:
    """Enright, Hull and Lindberg (1975), problem E5, e5.f: A -> B + C, A + C -> D, D -> C, B + C -> nothing, over 13 decades of time.

    Every C is made with a B and ends with one, free or in D, so that C = B - D at any time: an auxiliary. As a fourth
    stock it loses that balance to rounding: 1e-16 of the peak of B a step adds up to 1e-3 of what is left at the end. The last values
    of e5.f break the balance by that much, and its A of 1e-291 is noise, the true one being below 1e-3400.
    """
    k1, k2, k3, k4 = Parameter("k1", 7.89e-10), Parameter("k2", 1.13e9), Parameter("k3", 1.1e7), Parameter("k4", 1.13e3)
    a, b, d = Amount("A", 1.76e-3, scale=1e-16), Amount("B", 0.0, scale=1e-22), Amount("D", 0.0, scale=1e-26)
    c = Amount("C", 0.0, scale=1e-22) if four_stocks else Auxiliary("C", b - d)
    flows = [Flow("split", source=a, sink=b, rate=k1 * a), Flow("binding", source=a, sink=d, rate=k3 * a * c),
             Flow("ending", source=b, sink=CLOUD, rate=k2 * b * c)]
    if four_stocks:
        flows += [Flow("split_C", source=CLOUD, sink=c, rate=k1 * a), Flow("binding_C", source=c, sink=CLOUD, rate=k3 * a * c),
                  Flow("ending_C", source=c, sink=CLOUD, rate=k2 * b * c), Flow("freeing", source=d, sink=c, rate=k4 * d)]
    else:
        flows.append(Flow("freeing", source=d, sink=CLOUD, rate=k4 * d))
    return Model("pyrolysis", flows, span=(0, 1e13))


def akzo_nobel() -> Model:
    """Akzo Nobel, chemakzo.f: FLB and ZHU react to ZLA; their adduct FLB.ZHU is in equilibrium, an auxiliary (the algebraic equation of index 1)."""
    k1, k2, k3, k4 = Parameter("k1", 18.7), Parameter("k2", 0.58), Parameter("k3", 0.09), Parameter("k4", 0.42)
    ratio, transfer, ks = Parameter("K", 34.4), Parameter("klA", 3.3), Parameter("Ks", 115.83)
    pressure, henry = Parameter("p_CO2", 0.9), Parameter("H", 737)
    flb, co2, flbt = Amount("FLB", 0.444), Amount("CO2", 0.00123), Amount("FLBT", 0.0, scale=0.1)
    zhu, zla = Amount("ZHU", 0.007, scale=1e-4), Amount("ZLA", 0.0, scale=0.01)
    adduct = Auxiliary("FLB_ZHU", ks * flb * zhu)
    r1, r4 = Auxiliary("r1", k1 * flb**4 * sqrt(co2)), Auxiliary("r4", k3 * flb * zhu**2)
    r5 = Auxiliary("r5", k4 * adduct**2 * sqrt(co2))
    r2, r3 = Auxiliary("r2", k2 * flbt * zhu), Auxiliary("r3", k2 / ratio * flb * zla)
    return Model("akzo_nobel", (
        Flow("oxidation", source=flb, sink=flbt, rate=r1), Flow("oxidation_FLB", source=flb, sink=CLOUD, rate=r1),
        Flow("oxidation_CO2", source=co2, sink=CLOUD, rate=r1 / 2),
        Flow("exchange", source=zhu, sink=zla, rate=r2 - r3, reversible=True), Flow("exchange_FLB", source=flbt, sink=flb, rate=r2 - r3, reversible=True),
        Flow("side", source=flb, sink=CLOUD, rate=r4), Flow("side_ZHU", source=zhu, sink=CLOUD, rate=2 * r4), Flow("side_CO2", source=co2, sink=CLOUD, rate=r4),
        Flow("last", source=CLOUD, sink=zla, rate=r5), Flow("last_CO2", source=co2, sink=CLOUD, rate=r5 / 2),
        Flow("gas", source=CLOUD, sink=co2, rate=transfer * (pressure / henry - co2), reversible=True)), span=(0, 180))


# Hairer's res_exact_pic, https://www.unige.ch/~hairer/testset/testset.html: A, B, C and D. The zeros he prints for A and D
# at 1e13 are left out, and so are theirs at 1e11, where he gives A as 3.8139e-49 and 40 digits give 3.7693e-49.
E5 = {10.0: (1.7599259497677897058e-3, 1.3846281519376516449e-11, 7.6370038530073911180e-13, 1.3082581134075777338e-11),
      1e3: (1.6180769999072942552e-3, 1.3822370304983735443e-10, 8.2515735006838336088e-12, 1.2997212954915352082e-10),
      1e5: (7.4813208224292220114e-6, 2.3734781561205975019e-12, 2.2123586689581663654e-12, 1.6111948716243113653e-13),
      1e7: (4.7150333630401632232e-10, 1.8188895860807021729e-14, 1.8188812376786725407e-14, 8.3484020296321693074e-20),
      1e9: (3.1317148329356996037e-14, 1.4840957952870064294e-16, 1.4840957948345691466e-16, 4.5243728279782625194e-26)}

E5_OF_THE_TEST_SET = {"B": 0.8867655517642120e-22, "C": 0.8854814626268838e-22}  # at 1e13

PROBLEMS = {
    "robertson": Problem(robertson, {1e11: {"A": 0.2083340149701255e-7, "B": 0.8333360770334713e-13, "C": 0.9999999791665050}}),
    "hires": Problem(hires, {321.8122: {
        "Pr": 0.7371312573325668e-3, "Pfr": 0.1442485726316185e-3, "PrX": 0.5888729740967575e-4, "PfrX": 0.1175651343283149e-2,
        "PrX2": 0.2386356198831331e-2, "PfrX2": 0.6238968252742796e-2, "PfrX2E": 0.2849998395185769e-2, "E": 0.2850001604814231e-2}}),
    "oregonator": Problem(oregonator, {360.0: {"HBrO2": 0.1000814870318523e1, "Br": 0.1228178521549917e4, "Ce": 0.1320554942846706e3}}),
    "van_der_pol": Problem(van_der_pol, {2.0: {"position": 0.1706167732170483e1, "speed": -0.8928097010247975}}),
    "pollution": Problem(pollution, {60.0: {
        "NO2": 0.5646255480022769e-1, "NO": 0.1342484130422339, "O3P": 0.4139734331099427e-8, "O3": 0.5523140207484359e-2,
        "HO2": 0.2018977262302196e-6, "OH": 0.1464541863493966e-6, "HCHO": 0.7784249118997964e-1, "CO": 0.3245075353396018,
        "ALD": 0.7494013383880406e-2, "MEO2": 0.1622293157301561e-7, "C2O3": 0.1135863833257075e-7, "CO2": 0.2230505975721359e-2,
        "PAN": 0.2087162882798630e-3, "CH3O": 0.1396921016840158e-4, "HNO3": 0.8964884856898295e-2, "O1D": 0.4352846369330103e-17,
        "SO2": 0.6899219696263405e-2, "SO4": 0.1007803037365946e-3, "NO3": 0.1772146513969984e-5, "N2O5": 0.5682943292316392e-4}}),
    "pyrolysis": Problem(pyrolysis, {
        **{time: dict(zip("ABCD", values, strict=True)) for time, values in E5.items()},
        1e11: {"B": 1.0192582567660293322e-20, "C": 1.0192582567660293322e-20},
        1e13: {"B": 8.8612334976263783420e-23, "C": 8.8612334976263783421e-23}}),
    "akzo_nobel": Problem(akzo_nobel, {180.0: {
        "FLB": 0.1150794920661702, "CO2": 0.1203831471567715e-2, "FLBT": 0.1611562887407974,
        "ZHU": 0.3656156421249283e-3, "ZLA": 0.1708010885264404e-1, "FLB_ZHU": 0.4873531310307455e-2}}),
}
