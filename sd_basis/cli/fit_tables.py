"""The tables that `fit` prints: parameters, starts, agreement of each series, residuals, directions, profiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .output import count, number, table

if TYPE_CHECKING:
    from ..fitting import Evaluation, Fitted


def evaluation(made: Evaluation, residuals: bool = False) -> str:
    """Return how a run agrees with the data of a fit."""
    asked = made.problem
    head = f"{asked.model.name}, {asked.fit.name}, case {asked.case.name}: chi-square {made.chi_square:.4g} over {asked.count} data."
    return "\n\n".join([head, *_agreement(made), *([_residuals(made)] if residuals else [])])


def fitted(made: Fitted, residuals: bool = False) -> str:
    """Return the tables of a fit."""
    asked, best = made.problem, made.best
    head = (f"{asked.model.name}, {asked.fit.name}, case {asked.case.name}: chi-square {best.chi_square:.4g} with {made.freedom} degrees of freedom; "
            f"{made.agreeing} of {count(len(made.ends), 'start')} end there.")
    if asked.fit.errors_from_residuals:
        sizes = ", ".join(f"{item.label} {number(item.error, 3)}{f' {item.unit}' if item.unit else ''}" for item in asked.fitted)
        head += f"\nErrors of the data, from the residuals: {sizes}."
    elif made.freedom > 0 and best.chi_square > 0:
        scale = math.sqrt(best.chi_square / made.freedom)
        given = "the fit file as they are" if asked.fit.path else "the data as given"
        head += f"\nStandard errors take the errors of {given}; if residuals are to say how large these are, multiply by {scale:.3g}."
    return "\n\n".join([head, _parameters(made), _starts(made), *_agreement(made.evaluation), *([_residuals(made.evaluation)] if residuals else []),
                        _directions(made), *([_profiles(made)] if made.profiles else [])])


def _parameters(made: Fitted) -> str:
    rows = [[item.name, item.unit or "", f"{item.value:.6g}", number(item.error, 3), "-" if item.low is None else f"{item.low:.4g} to {number(item.high)}",
             f"{item.between[0]:.4g} to {item.between[1]:.4g}", f"at {item.at_bound} end" if item.at_bound else ""] for item in made.estimates]
    marked = any(row[-1] for row in rows)
    header = ["parameter", "unit", "fitted", "standard\nerror", "95 %\ninterval", "range\nsearched", ""]
    return table(header if marked else header[:-1], [row if marked else row[:-1] for row in rows], left=2)


def _starts(made: Fitted) -> str:
    rows = [[str(place), "-" if end.failed else f"{end.chi_square:.6g}", str(end.runs), str(end.failures), "yes" if end.converged else "no"]
            for place, end in sorted(enumerate(made.ends, 1), key=lambda pair: pair[1].chi_square)]
    return table(["start", "chi-square", "runs", "failed", "converged"], rows)


def _agreement(made: Evaluation) -> list[str]:
    """Return the agreement of series, fitted ones first, and of single values."""
    series = [(item, own) for item, own in zip(made.problem.observed, made.agreements, strict=True) if not item.point]
    points = [(item, own) for item, own in zip(made.problem.observed, made.predictions, strict=True) if item.point]
    found = []
    if series:
        rows = [[own.label, own.unit or "", "held out" if own.held_out else "fitted", str(own.n), number(own.rmse, 3), number(own.naive, 3), number(own.mae, 3),
                 "-" if own.mape is None else f"{own.mape:.1%}",
                 *(number(share, 2) for share in (own.r2, own.bias, own.unequal_variation, own.unequal_covariation))]
                for _, own in sorted(series, key=lambda pair: pair[1].held_out)]
        found.append(table(["series", "unit", "", "n", "RMSE", "no\nchange", "MAE", "MAPE", "R2", "U_M", "U_S", "U_C"], rows, left=3))
    if points:
        rows = [[item.label, item.unit or "", "held out" if item.held_out else "fitted", made.run.when(float(item.times[0])), number(float(item.values[0])),
                 number(float(own[0])), f"{float((own[0] - item.values[0]) / item.error):+.2f}"] for item, own in points]
        found.append(table(["value", "unit", "", "at", "data", "model", "residual\n(errors)"], rows, left=3))
    return found


def _residuals(made: Evaluation) -> str:
    rows = [[own["quantity"], own["when"], number(own["data"]), number(own["model"]), f"{own['residual']:+.2f}", "held out" if own["held_out"] else ""]
            for own in made.residuals()]
    return table(["residuals", "at", "data", "model", "in errors", ""], rows)


def _directions(made: Fitted) -> str:
    spectrum = made.spectrum
    names = made.problem.free
    rows = [[f"{value:.3g}" if value > spectrum.noise else "0", f"{1 / value:.2g}" if value > spectrum.noise else "-", spectrum.combination(place)]
            for place, value in enumerate(spectrum.singular)]
    unit = "of a logarithm" if all(item.log for item in names) else "of a logarithm, of the range where the scale is linear"
    line = (f"The data determine {spectrum.determined} of {count(len(names), 'direction')} (singular value above 1: a standard error below 1 {unit}); "
            f"least of all {spectrum.combination(len(names) - 1)}.")
    body = table(["singular\nvalue", "standard\nerror", "combination"], [[row[0], row[1], ""] for row in rows], left=0).splitlines()
    return "\n".join([line, *(own + ("  " + rows[place - 3][2] if place >= 3 else "") for place, own in enumerate(body))])


def _profiles(made: Fitted) -> str:
    rows = [[own.name, number(own.low), number(own.high), number(max(own.rises), 3), own.verdict] for own in made.profiles]
    return table(["profile", "95 %\nfrom", "95 %\nto", "highest\nrise", "verdict"], rows)
