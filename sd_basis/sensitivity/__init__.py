"""Sensitivity: what moves a result, at the point where the model stands and over the ranges of its parameters, and where an outcome comes about."""
