"""What `timing` prints: a paragraph of facts for each group of outcomes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from .output import WIDTH, number

if TYPE_CHECKING:
    from ..transition.survey import Survey

_LEFT = 18


def text(one: Survey) -> str:
    """Return a survey as text."""
    known = one.document()
    unit, scene, hours = known["time_unit"], one.scene, known["cost_of_an_hour"] is not None
    clock = f"delays from {known['clock_zero']['date']}"
    if known["runaway"] is not None:
        clock += f", runaway at {known['runaway']['date']}"
    lines = [f"{scene.group} of {scene.model.name}, {scene.case.name}{f', {scene.model.value_set}' if scene.model.value_set else ''} ({clock})"]
    for value, date, below, above, shift, after in zip(
            known["critical_delay"], known["critical_date"], known["below"], known["above"], known["critical_shift"], known["after_runaway"], strict=True):
        also = [f"{shift:+.6g} from its own date"] if shift is not None else []
        also += [f"{after:.6g} after runaway"] if after is not None else []
        lines.append(_line("critical delay", f"{value:.9g} {unit}, {date}: {below} turns {above}{f' ({chr(44).join(also)})' if also else ''}".replace(",", ", ").replace(",  ", ", ")))
    if not known["critical_delay"]:
        lines.append(_line("critical delay", "none"))
    lines.append(_line("kind", _kind(known)))
    if known["size_bounds"] is not None:
        lines.append(_line("sizes", _bounds(known)))
    for key, what in (("minimal_size", ""), ("minimal_size_within", " in time")):
        if known[key] is not None:
            own = known[key]
            timely = f" within {own['within']:g} {unit}" if "within" in own else ""
            said = f"{number(own['value'])} of {known['size']['parameter']}, with the policy at a delay of {own['delay']:.6g}, for {own['outcome']}{timely}"
            lines.append(_line(f"minimal size{what}", said if own["value"] is not None else f"none{timely}: {own['reason']}"))
    if one.price is not None:
        spends = "" if one.size is None or one.size.spends is None else f" through {one.size.spends.name}"
        money = scene.model.unit_text(one.size.spends) if one.size is not None and one.size.spends is not None else known["size"]["unit"]
        per = "an hour" if hours else f"a {unit}"
        lines.append(_line("cost of waiting", f"{number(one.price.cost)} {_amount(money, unit)} {per}{spends} at a delay of {one.price.x:.6g}"
                           + (f": {one.price.reason}" if one.own_price is not None else "")))
    if known["control"] is not None:
        lines.append(_line("control", known["control"]["reason"]))
    for row in known["convergence"]:
        where = f"{row['varied']}: {row['method']}, rtol {row['rtol']:g}, {row['stretch']:g} spans"
        lines.append(_line("converges", f"{where}: {row['said']}" if row["value"] is None else f"{where}: {row['value']:.9g} ({row['difference']:+.1e})"))
    lines.append(_line("because", known["reason"]))
    return "\n".join(lines)


def _kind(known: dict) -> str:
    found = known["classification"]
    if known["agreement"] is not None:
        slopes = " and ".join(f"{slope:.6g} {side}" for side, slope in known["log_slope"].items() if slope is not None)
        found += (f": slopes {slopes} over {known['decades']:.1f} decades, unstable eigenvalue {known['unstable_eigenvalue']:.6g}, "
                  f"|slope x eigenvalue + 1| = {known['agreement']:.1e}")
    return found


def _bounds(known: dict) -> str:
    own, name = known["size_bounds"], known["size"]["parameter"]
    if own["lower"] is None and own["upper"] is None:
        return own["reason"] or f"{name}: no bound within {known['size']['low']:g} to {known['size']['high']:g}"
    parts = [f"{name} from {number(own['lower'])}" if own["lower"] is not None else f"{name} from below {known['size']['low']:g}",
             f"to {number(own['upper'])} has a critical delay" if own["upper"] is not None else f"to beyond {known['size']['high']:g} has a critical delay"]
    below = f"; below: {' or '.join(own['below'])}" if own["below"] else ""
    above = f"; above: {' or '.join(own['above'])}" if own["above"] else ""
    return " ".join(parts) + below + above + (f"; {own['reason']}" if own["reason"] else "")


def _amount(money: str | None, unit: str) -> str:
    """Return the unit of what a flow carries: that of the flow without the time."""
    return (money or "").removesuffix(f"/{unit}").strip() or "units of size"


def _line(name: str, said: str) -> str:
    return textwrap.fill(said, WIDTH, initial_indent=f"  {name:<{_LEFT - 2}}", subsequent_indent=" " * _LEFT, break_long_words=False, break_on_hyphens=False)
