"""Calibration: parameters found from data by least squares, what the data determine of them, and validation without fitting.

    description     a fit file: free parameters and data                read_fit, find_fit, Fit
    tabled          a fit without a file: columns of a CSV file         read_table
    observations    the data in model time and units
    problem         residuals and their exact Jacobian over a box       problem
    weighing        errors of the data taken from the residuals
    calibrating     searches from many starts, measures, intervals      fit, evaluate
"""

from __future__ import annotations

from .calibrating import Evaluation, Fitted, evaluate, fit
from .description import Fit, Free, PointTarget, SeriesTarget, find_fit, read_fit
from .measures import Agreement, agreement
from .problem import Problem, problem
from .publishing import values_text, write_values
from .tabled import read_table

__all__ = ["Agreement", "Evaluation", "Fit", "Fitted", "Free", "PointTarget", "Problem", "SeriesTarget", "agreement", "evaluate", "find_fit",
           "fit", "problem", "read_fit", "read_table", "values_text", "write_values"]
