"""The report: a model and a case as one page of HTML that needs no network.

    subject      what it is about: model, case, runs, pictures            Subject, Picture
    telling      the story and what the case assumes
    behaviour    how the run ended, cases compared
    structure    diagram, stocks, equations
    feedback     feedback loops
    declared     parameters, data, lookups, policies, outcomes
    books        balance sheets, transactions, ledgers
    evidence     checks and claims
    method       solver, versions, hashes
    guidelines   the items of Rahmandad and Sterman (2012)
    formulas     expressions as MathML
    breaking     long equations in lines
    drawing      pictures, where there are some
    page         elements, tables, the whole page
    composing    every part in order                                      report, Report
"""

from __future__ import annotations

from .composing import Report, report, writable
from .subject import Picture, Subject

__all__ = ["Picture", "Report", "Subject", "report", "writable"]
