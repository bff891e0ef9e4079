"""What the flagship claims, each claim with a formula, bounds and a control that could fail.

Formulas and bounds are older than the calibration: a bound comes from the words of the claim or from a
source, never from what a run shows. Later changes are listed in docs/claims.md with their reasons.
"""

from . import calm, contagion, dollars, dying
from .aftermath import AFTERMATH
from .policy import POLICY

EXPECTATIONS = (*calm.CLAIMS, *dying.CLAIMS, *contagion.CLAIMS, *dollars.CLAIMS, *POLICY, *AFTERMATH)
