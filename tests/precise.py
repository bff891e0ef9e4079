"""A model integrated in 40 digits, apart from the engine's solvers, compiled code and chain rule.

Radau IIA with five stages, order 9 (Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.5), with
steps that grow with time. It is slow, and meant for solutions that are smooth in the logarithm of time.
"""

from __future__ import annotations

import sympy
from mpmath import lu_solve, matrix, mp, mpf

from sd_basis import Model, System

STAGES = 5


def equations(model: Model):
    """Return dx/dt and its Jacobian as functions of the stocks; each number counts as its decimal text."""
    program = System(model).right_hand_side()
    known = {parameter: sympy.Rational(repr(parameter.value)) for parameter in model.parameters}
    for symbol, expression in program.assignments:
        known[symbol] = expression.xreplace(known)
    rates = sympy.Matrix([expression.xreplace(known) for expression in program.outputs])
    return (sympy.lambdify([model.stocks], list(rates), modules="mpmath"),
            sympy.lambdify([model.stocks], rates.jacobian(model.stocks).tolist(), modules="mpmath"))


def collocation():
    """Return the matrix A of Radau IIA from its nodes, the zeros of d^(s-1)/dx^(s-1) of x^(s-1) (x-1)^s."""
    x = sympy.Symbol("x")
    polynomial = sympy.Poly(sympy.diff(x**(STAGES - 1) * (x - 1)**STAGES, x, STAGES - 1), x)
    nodes = sorted(mpf(str(node)) for node in polynomial.nroots(n=60))
    powers = matrix([[node**column for column in range(STAGES)] for node in nodes])
    integrals = matrix([[node**(column + 1) / (column + 1) for column in range(STAGES)] for node in nodes])
    return integrals * powers**-1


@mp.workdps(40)
def precise(model: Model, stops: list, growth: str = "0.1", first: str = "1e-6") -> list[dict[str, mpf]]:
    """Return the stocks at the stops, each a pair of a time and the longest step before it.

    A step is `growth` times the time reached, at least `first`; at 0.1 ten digits or more are right.
    """
    rates, slopes = equations(model)
    weights, size = collocation(), len(model.stocks)
    initial = {parameter: sympy.Rational(repr(parameter.value)) for parameter in model.parameters}
    x = [mpf(repr(float(stock.initial.xreplace(initial)))) for stock in model.stocks]
    t, shown = mpf(0), []
    for stop, longest in stops:
        stop = mpf(stop)
        while t < stop:
            step = min(max(mpf(growth) * t, mpf(first)), mpf(longest))
            step = stop - t if t + step * mpf("1.001") >= stop else step
            x, t = _stepped(rates, slopes, weights, x, step, size), t + step
        shown.append({stock.name: value for stock, value in zip(model.stocks, x, strict=True)})
    return shown


def _stepped(rates, slopes, weights, x: list, step, size: int) -> list:
    """Return the stocks after one step: Newton on the slopes of all stages."""
    stages, stocks = range(STAGES), range(size)
    k = [rates(x) for _ in stages]
    for _ in range(30):
        states = [[x[n] + step * sum(weights[i, j] * k[j][n] for j in stages) for n in stocks] for i in stages]
        system, rest = matrix(STAGES * size), matrix(STAGES * size, 1)
        for i in stages:
            rate, slope = rates(states[i]), slopes(states[i])
            for m in stocks:
                rest[i * size + m] = rate[m] - k[i][m]
                for j in stages:
                    for n in stocks:
                        system[i * size + m, j * size + n] = (i == j and m == n) - step * weights[i, j] * slope[m][n]
        change = lu_solve(system, rest)
        for i in stages:
            for n in stocks:
                k[i][n] += change[i * size + n]
        if all(abs(change[i * size + n]) <= mpf("1e-25") * abs(k[i][n]) for i in stages for n in stocks):
            return [x[n] + step * sum(weights[STAGES - 1, j] * k[j][n] for j in stages) for n in stocks]
    raise ArithmeticError(f"Newton's method did not converge in a step of {step}")
