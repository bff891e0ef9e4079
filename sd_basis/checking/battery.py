"""The battery: every check in Barlas's order, structure first, then behaviour under tests, then behaviour."""

from __future__ import annotations

from .accuracy import integration, runs_of_integration
from .acting import policies, runs_of_policies
from .claimed import claims, runs_of_claims
from .describing import documentation, ranges
from .extremes import extremes, runs_of_extremes
from .findings import Check
from .idle_links import loops
from .knocking_out import knock_outs, runs_of_knock_outs
from .members import cases, ledgers, lookups, positivity, runs_of_ledgers
from .mentioning import unused
from .regions import outcomes
from .structure import algebraic_loops, units

_STERMAN = "Sterman (2000), chapter 21"
_SDM = "SDM-Doc, Martinez-Moyano (2012)"

CHECKS = (
    Check("algebraic-loops", algebraic_loops, "Barlas (1996), structure", quick=True),
    Check("units", units, f"{_STERMAN}: dimensional consistency", quick=True),
    Check("documentation", documentation, f"{_SDM}; Rahmandad and Sterman (2012)", quick=True),
    Check("ranges", ranges, f"{_STERMAN}: parameter assessment", quick=True),
    Check("unused", unused, f"{_SDM}; {_STERMAN}: structure assessment", quick=True),
    Check("cases", cases, f"{_STERMAN}: family member", quick=True, runs=lambda model, context: len(context.cases)),
    Check("outcomes", outcomes, f"{_STERMAN}: structure assessment", quick=True),
    Check("ledgers", ledgers, "Godley and Lavoie (2007): stock-flow consistency", quick=True, runs=runs_of_ledgers),
    Check("positivity", positivity, f"{_STERMAN}: extreme conditions, first-order control of outflows", quick=True),
    Check("lookups", lookups, f"{_SDM}; Vensim's warnings of lookups", quick=True),
    Check("policies", policies, f"{_STERMAN}: policy sensitivity", runs=runs_of_policies),
    Check("extremes", extremes, f"{_STERMAN}: extreme conditions", runs=runs_of_extremes),
    Check("integration", integration, f"{_STERMAN}: integration error", runs=runs_of_integration),
    Check("loops", loops, f"{_STERMAN}: behaviour anomaly"),
    Check("knock-outs", knock_outs, f"{_STERMAN}: behaviour anomaly", runs=runs_of_knock_outs),
    Check("claims", claims, "Vensim's Reality Check, Peterson and Eberlein (1994)", runs=runs_of_claims),
)
