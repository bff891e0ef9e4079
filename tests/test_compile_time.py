"""A model of realistic size compiles within seconds, in a process of its own with an empty cache."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent

CHAIN = '''
def build():
    """Sixty nonlinear auxiliaries in a chain, with gates, Max and Min among them."""
    level, other = Stock("level", 1.0, scale=1), Stock("other", 0.5, scale=1)
    k, width = Parameter("k", 0.3), Parameter("width", 0.1)
    shapes = (lambda a, b: exp(-a**2) + b, lambda a, b: positive(a - b, width) + k * a, lambda a, b: tanh(a * b) / (1 + a**2),
              lambda a, b: Max(a, k * b), lambda a, b: sqrt(1 + a**2 * b**2) - 1, lambda a, b: Min(a + b, 2 + k) * k)
    links = [Auxiliary("link_0", level * other)]
    for number in range(1, 60):
        links.append(Auxiliary(f"link_{number}", shapes[number % 6](links[-1], (level, other, links[number // 2])[number % 3])))
    flows = (Flow("drain", source=level, sink=other, rate=k * level * tanh(links[-1]), reversible=True),
             Flow("back", source=other, sink=level, rate=k * other * tanh(links[30]), reversible=True))
    return Model("chain", flows, span=(0, 1))
'''

COHORTS = '''
def build():
    """Twenty cohorts, each with two stocks, four flows and three auxiliaries, coupled through totals."""
    age = Family("age", [f"a{number}" for number in range(20)])
    well, ill = (Stock(name, {member: 1.0 + place / 10 for place, member in enumerate(age)}, over=age, scale=1) for name in ("well", "ill"))
    risk, pace, width = Parameter("risk", 0.2, over=age), Parameter("pace", 0.1), Parameter("width", 0.1)
    crowd = Auxiliary("crowd", well.total + ill.total)
    burden = Auxiliary("burden", ill.total / crowd)
    beds = Auxiliary("beds", positive(burden - pace, width))
    contact = Auxiliary("contact", risk * burden * (-burden / (1 + well / crowd)).map(exp))
    care = Auxiliary("care", Min(1, well / ill) * (1 - beds))
    need = Auxiliary("need", Max(ill - care * well, 0))
    flows = [Flow("falling", source=well, sink=ill, rate=contact * well), Flow("healing", source=ill, sink=well, rate=pace * care * ill),
             Flow("dying", source=ill, sink=CLOUD, rate=pace * risk * need.map(tanh) * ill)]
    flows += [Flow(f"ageing_{young}", source=well[young], sink=well[old], rate=pace * well[young]) for young, old in age.pairs()]
    return Model("cohorts", flows, span=(0, 1))
'''

TIMED = '''
import time
import numpy, scipy.integrate, sympy
from sympy import exp, sqrt, tanh
from sd_basis import *
from sd_basis.compiled import Compiled
simulate, load, System
{build}
begun = time.process_time()
model = build()
made = time.process_time()
compiled = Compiled(model)
compiled.rhs, compiled.jacobian, compiled.pattern, compiled.initial, compiled.observe, compiled.watching(())
print(time.process_time() - begun, made - begun, len(model.computed))
{after}
'''


@pytest.mark.parametrize("build, size", [(CHAIN, 62), (COHORTS, 140)], ids=["chain", "cohorts"])
def test_sixty_auxiliaries_and_twenty_cohorts_compile_in_under_five_seconds(build, size, tmp_path):
    environment = {**os.environ, "SD_BASIS_CACHE": str(tmp_path), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", TIMED.format(build=build, after="")], env=environment, capture_output=True, text=True, check=True)
    seconds, _, computed = map(float, done.stdout.split())
    assert computed >= size and seconds < 5
