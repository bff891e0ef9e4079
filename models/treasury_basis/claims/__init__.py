"""What the flagship claims, by number."""

from .policy import POLICY

EXPECTATIONS = POLICY
