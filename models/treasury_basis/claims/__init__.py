"""What the flagship claims, by number."""

from .aftermath import AFTERMATH
from .policy import POLICY

EXPECTATIONS = (*POLICY, *AFTERMATH)
