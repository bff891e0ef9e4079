"""What a notebook shows of a model and of a run: compact tables in HTML, with small drawn paths and nothing to run or to fetch.

Every name and text of a model is escaped. Nothing of the engine is imported here, so that any part may show itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

if TYPE_CHECKING:
    from sympy.printing.latex import LatexPrinter

    from .model import Model
    from .quantities import Parameter, Quantity
    from .run import Run

_WIDTH, _HEIGHT = 120, 24  # of a drawn path, in pixels
_BINS, _SHORT = 60, 12
_SPECIAL = str.maketrans({"\\": r"\backslash ", "^": r"{\wedge}", "~": r"{\sim}", " ": r"\ ", **{sign: f"\\{sign}" for sign in "_&%$#{}"}})


def model_html(model: Model) -> str:
    """Return a model as HTML: name, counts, stocks with initial values, flows with ends and rates, parameters with ranges."""
    counts = ", ".join(f"{len(things)} {words[len(things) > 1]}" for words, things in (
        (("stock", "stocks"), model.stocks), (("flow", "flows"), model.flows), (("auxiliary", "auxiliaries"), model.auxiliaries),
        (("parameter", "parameters"), model.parameters), (("policy", "policies"), model.policies),
        (("outcome", "outcomes"), model.outcomes)) if things)
    span = f"; time in {model.time_unit}" + (f" from {model.span[0]:g} to {model.span[1]:g}" if model.span else "")
    in_force = f"; values {model.value_set}" if model.value_set else ""
    stocks = [(stock.name, _formula(stock.initial), stock.unit, stock.description) for stock in model.stocks]
    flows = [(flow.name, f"{flow.source.name} {'↔' if flow.reversible else '→'} {flow.sink.name}", _formula(flow.expression),
              model.unit_text(flow), flow.description) for flow in model.flows]
    parameters = [(item.name, _number(model.values.get(item.name, float(item.value))), item.unit, _range(item), item.reference, item.description)
                  for item in model.parameters]
    return _block(f"<b>{escape(model.name)}</b>: {escape(counts + span + in_force)}", _paragraph(model.description),
                  _folded("Stocks", ("name", "initial", "unit", ""), stocks), _folded("Flows", ("name", "ends", "rate", "unit", ""), flows),
                  _folded("Parameters", ("name", "value", "unit", "plausible", "reference", ""), parameters))


def run_html(run: Run) -> str:
    """Return a run as HTML: how it ended, each stock with its final value, peak and path, the largest ledger error, the warnings."""
    row = run.row()
    outcomes = [(group, decision["outcome"], "" if decision["decided_at"] is None else run.when(decision["decided_at"]))
                for group, decision in row["outcomes"].items()]
    stocks = [(stock.name, _number(row["final"][stock.name]), _number(row["peak"][stock.name]["value"]), run.when(row["peak"][stock.name]["time"]),
               stock.unit, _Drawn(sparkline(run.path.t, run.path.x[:, place]))) for place, stock in enumerate(run.model.stocks)]
    solver = row["solver"]
    foot = f"{solver['method']}, {solver['steps']} steps, {solver['restarts']} restarts, rtol {solver['rtol']:g}"
    if row["ledgers"]:
        worst = max(row["ledgers"], key=row["ledgers"].__getitem__)
        foot += f"; largest ledger error {row['ledgers'][worst]:.1e} ({worst})"
    return _block(f"<b>{escape(run.summary)}</b>", _table(("outcomes of", "", "since"), outcomes),
                  _table(("stock", "end", "peak", "when", "unit", "path"), stocks), _paragraph(foot),
                  "".join(_paragraph(f"Warning: {warning}") for warning in row["warnings"]))


def sparkline(t: Sequence[float] | np.ndarray, values: Sequence[float] | np.ndarray) -> str:
    """Return a path as a small SVG line; of many points each narrow stretch keeps its lowest and its highest."""
    times, heights = np.asarray(t, float), np.asarray(values, float)
    known = np.isfinite(times) & np.isfinite(heights)
    times, heights = times[known], heights[known]
    if not times.size:
        return ""
    if times.size > 4 * _BINS:
        place = np.clip(((times - times[0]) / (times[-1] - times[0] or 1.0) * _BINS).astype(int), 0, _BINS - 1)
        kept = {0, len(times) - 1}
        for bin_ in np.unique(place):
            inside = np.flatnonzero(place == bin_)
            kept |= {int(inside[np.argmin(heights[inside])]), int(inside[np.argmax(heights[inside])])}
        chosen = sorted(kept)
        times, heights = times[chosen], heights[chosen]
    x = _scaled(times) * (_WIDTH - 2) + 1
    y = (1 - _scaled(heights)) * (_HEIGHT - 4) + 2
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
            f'<polyline points="{points}" fill="none" stroke="#0072B2" stroke-width="1.2"/></svg>')


def _scaled(values: np.ndarray) -> np.ndarray:
    """Return values between 0 and 1; a constant, up to rounding, lies in the middle."""
    size = float(np.max(np.abs(values)))
    if not size:
        return np.full(values.shape, 0.5)
    shares = values / size  # first, since the span of huge values could overflow
    low, span = np.min(shares), np.ptp(shares)
    return np.full(values.shape, 0.5) if span <= 1e-9 else (shares - low) / span


class _Drawn(str):
    """HTML of this module's own making, which is not escaped again."""


def _block(*parts: str) -> str:
    return f"<div>{''.join(parts)}</div>"


def _paragraph(text: str) -> str:
    return f"<div>{escape(text)}</div>" if text else ""


def _folded(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table under a title on which one clicks, open where it is short."""
    if not rows:
        return ""
    state = ' open=""' if len(rows) <= _SHORT else ""
    return f"<details{state}><summary>{title}</summary>{_table(header, rows)}</details>"


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table; a last column without a heading is left out where it is empty throughout."""
    if not rows:
        return ""
    width = len(header) - (not header[-1] and not any(row[-1] for row in rows))
    top = "".join(f"<th>{head}</th>" for head in header[:width])
    body = "".join("<tr>" + "".join(f'<td style="text-align:left">{_cell(cell)}</td>' for cell in row[:width]) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _cell(value: Any) -> str:
    return value if isinstance(value, _Drawn) else escape("" if value is None else str(value))


def _number(value: float) -> str:
    return f"{value:.4g}"


def _formula(expression: sympy.Basic) -> str:
    return sympy.sstr(expression, full_prec=False)


def _range(parameter: Parameter) -> str:
    low, high = parameter.between
    if not (math.isfinite(low) or math.isfinite(high)):
        return ""
    return f"{low:g} … {high:g}".replace("-inf", "any").replace("inf", "any")


def equation_latex(quantity: Quantity) -> str:
    """Return a quantity as LaTeX, with its equation or its value where it has one."""
    right = getattr(quantity, "expression", None)
    right = getattr(quantity, "value", None) if right is None else right
    equals = "" if right is None else f" = {sympy.latex(right)}"
    return f"$\\displaystyle {sympy.latex(quantity)}{equals}$"


def latex_name(quantity: Quantity, printer: LatexPrinter) -> str:
    """Return the name of a quantity upright, or as the printer was told: sympy would make an index of what follows an underscore."""
    return printer._settings["symbol_names"].get(quantity) or upright(quantity.name)


def upright(name: str) -> str:
    """Return a name as upright LaTeX with its special characters escaped."""
    return rf"\mathrm{{{name.translate(_SPECIAL)}}}"
