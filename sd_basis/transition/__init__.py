"""The transition between outcomes: where it lies, of what kind it is, and what it costs to wait."""
