"""What the reference of a parameter makes of it: sourced, assumed, chosen by policy, control or case, or by convention."""

from __future__ import annotations

SOURCED, ASSUMED, CHOSEN, CONVENTION, OPEN = KINDS = ("sourced", "assumed", "chosen", "by convention", "without reference")
WORDS = ((ASSUMED, ("assumed", "invented", "unknown", "unverified")),  # anywhere in a reference
         (CHOSEN, ("policy", "control", "set by cases", "chosen")), (CONVENTION, ("definition", "numerical")))  # at its beginning


def kind(reference: str) -> str:
    """Return what a reference makes of its parameter: sourced, assumed, chosen by policy, control or case, by convention, or without reference."""
    text = reference.lower()
    if any(word in text for word in WORDS[0][1]):
        return ASSUMED
    return next((found for found, words in WORDS[1:] if text.startswith(words)), SOURCED if text.strip() else OPEN)
