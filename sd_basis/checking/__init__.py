"""The field's tests of a model: Barlas's order, Sterman's twelve as far as a machine can judge them, SDM-Doc's warnings.

    findings       what a check found, graded                           Finding, Findings
    context        the runs that checks share                           Context
    structure      algebraic loops and units
    describing     what is said of parameters and data
    mentioning     quantities that nothing uses
    regions        outcomes that cannot be reached
    acting         policies that come too late or change nothing
    members        every case, its ledgers, signs and lookups
    extremes       extreme conditions
    accuracy       integration error
    idle_links     links of loops that carry nothing
    knocking_out   what each loop does, by cutting it
    claimed        the Expectations beside the model
    battery        all of them in order                                 CHECKS
    judging        the whole                                            check_model

A check is a function of a model and a context that gives findings; its docstring says what it tests and its Check where that is from.
"""

from __future__ import annotations

from .battery import CHECKS
from .findings import Checked, Finding, Findings
from .judging import check_model

__all__ = ["CHECKS", "Checked", "Finding", "Findings", "check_model"]
