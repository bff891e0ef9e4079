"""Ensembles: many runs of one case, of which only what was asked leaves the loop."""
