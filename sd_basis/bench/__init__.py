"""Engines compared at equal delivered error: how long each takes for runs of a case whose error is the same."""
