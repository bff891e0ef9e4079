"""What the flagship claims, each claim with a formula, bounds and a control that could fail.

Every module of this package may hold a tuple CLAIMS. Formulas and bounds are older than the calibration:
a bound comes from the words of the claim or from a source, never from what a run shows.
"""

from importlib import import_module
from pkgutil import iter_modules

_PARTS = sorted(part.name for part in iter_modules(__path__))
EXPECTATIONS = tuple(claim for part in _PARTS for claim in getattr(import_module(f".{part}", __name__), "CLAIMS", ()))
