"""A model described: as readable text, as LaTeX equations, as a strict JSON document."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import sympy

from ..accounts import structure
from ..choices import carried_out
from ..display import upright
from ..library import case_paths, headline, value_set_paths
from ..model import Model
from ..policies import Impulse, Policy
from ..quantities import START, TIME, Quantity
from ..system import System
from .listing import title
from .output import WIDTH, table
from .tabular import tabular


def text(model: Model) -> str:
    """Return everything the modeller wrote, in the order in which it is read."""
    known = document(model)
    counts = ", ".join(f"{len(items)} {kind}{'' if len(items) == 1 else 's'}" for kind, items in (
        ("stock", model.stocks), ("flow", model.flows), ("parameter", model.parameters)))
    parts = [f"{model.name}: {counts}; time in {model.time_unit}" + (f", from {model.span[0]:g} to {model.span[1]:g}" if model.span else "")]
    if known["description"]:
        parts.append(textwrap.fill(known["description"], WIDTH))
    parts.append(_section("Stocks, with their initial values", "\n".join(map(_stock, known["stocks"]))))
    for heading, entries in (("Flows", known["flows"]), ("Auxiliaries, in the order of computation", known["auxiliaries"])):
        if entries:
            parts.append(_section(heading, "\n".join(_equation(entry) for entry in entries)))
    if known["parameters"]:
        parts.append(_section("Parameters", "\n".join(map(_parameter, known["parameters"]))))
    if known["series"]:
        parts.append(_section("Series", table(("name", "unit", "kind", "from", "to"), [
            (series["name"], series["unit"] or "", series["kind"], str(series["times"][0]), str(series["times"][-1]))
            for series in known["series"]], left=5)))
    if known["lookups"]:
        parts.append(_section("Lookups", table(("name", "of", "unit", "kind", "beyond", "points"), [
            (lookup["name"], lookup["of"] or "", lookup["unit"] or "", lookup["kind"], " / ".join(dict.fromkeys((lookup["below"], lookup["above"]))),
             str(len(lookup["points"]))) for lookup in known["lookups"]], left=5)))
    if known["policies"]:
        parts.append(_section("Policies", "\n".join(map(_policy, known["policies"]))))
    if known["impulses"]:
        parts.append(_section("Impulses", "\n".join(map(_impulse, known["impulses"]))))
    if known["outcomes"]:
        parts.append(_section("Outcomes", "\n".join(
            _wrap(f"{outcome['group']}: {outcome['name']} where {outcome['when']}" + "".join(
                f", {word}" for word in ("absorbing", "always") if outcome[word])
                + (f", lasting {outcome['lasting']:g}" if outcome["lasting"] else "") + (f", once {outcome['once']}" if outcome["once"] else "")) for outcome in known["outcomes"])))
    if known["cases"]:
        parts.append(_section("Cases", table(("name", "title"), list(known["cases"].items()), left=2)))
    if known["value_sets"]:
        parts.append(f"Value sets: {', '.join(known['value_sets'])}")
    totals = [_wrap(" + ".join(name if weight == 1 else f"{weight:g}*{name}" for name, weight in total.items())) for total in known["conserved"]]
    parts.append(_section("Conserved totals", "\n".join(totals) or "  none: every total has a boundary flow"))
    return "\n\n".join(parts)


def _section(heading: str, body: str) -> str:
    return f"{heading}\n{body}"


def _wrap(line: str, indent: str = "  ") -> str:
    return textwrap.fill(line, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}    ", break_long_words=False, break_on_hyphens=False)


def _equation(entry: dict[str, Any]) -> str:
    unit = f"  [{entry['unit']}]" if entry["unit"] else ""
    if "source" not in entry:
        return _wrap(f"{entry['name']} = {entry['equation']}{unit}")
    both_ways = "<" if entry["reversible"] else ""
    return f"  {entry['source']} {both_ways}--{entry['name']}--> {entry['sink']}\n" + _wrap(f"= {entry['equation']}{unit}", "    ")


def _policy(policy: dict[str, Any]) -> str:
    when = _trigger(policy) if policy["when"] else "" if policy["start"] is None else f" from {policy['start']}"
    when += f" to {policy['end']}" if policy["end"] is not None else f" for {policy['duration']:g}" if policy["duration"] is not None else ""
    lines = [_wrap(f"{policy['name']}{when}" + (f": {policy['description']}" if policy["description"] else ""))]
    return "\n".join(lines + [_wrap(f"{name} := {value}", "    ") for name, value in policy["changes"].items()])


def _impulse(impulse: dict[str, Any]) -> str:
    when = _trigger(impulse) if impulse["when"] else "" if impulse["at"] is None else f" at {impulse['at']}"
    line = f"{impulse['name']}{when}: {impulse['amount']} through {impulse['flow']}"
    return _wrap(line + (f"; {impulse['description']}" if impulse["description"] else ""))


def _trigger(item: dict[str, Any]) -> str:
    delay = "" if item["delay"] == 0 else f", {item['delay'] if isinstance(item['delay'], str) else format(item['delay'], 'g')} later"
    return f" when {item['when']}{delay}{', again and again' if item['rearm'] else ''}"


def _stock(stock: dict[str, Any]) -> str:
    unit = f"  [{stock['unit']}]" if stock["unit"] else ""
    initial = stock["initial"] if isinstance(stock["initial"], str) else f"{stock['initial']:g}"
    held = f", {stock['instrument']} held by {stock['holder']}" if stock["holder"] else ""
    return _wrap(f"{stock['name']} = {initial}{unit}{held}")


def _parameter(parameter: dict[str, Any]) -> str:
    line = f"{parameter['name']} = {parameter['value']:g}" + (f"  [{parameter['unit']}]" if parameter["unit"] else "")
    for word in ("between", "domain"):
        low, high = parameter[word]
        if low is not None or high is not None:
            line += f", {word} {'any' if low is None else f'{low:g}'} .. {'any' if high is None else f'{high:g}'}"
    return _wrap(line + (f"; {parameter['reference']}" if parameter["reference"] else ""))


def document(model: Model) -> dict[str, Any]:
    """Return the model as plain numbers, texts, lists and tables; limits that do not exist are null."""
    path = model.path
    return {
        "model": model.name, "description": model.description or (headline(path) if path else ""),
        "time_unit": model.time_unit, "span": list(model.span) if model.span else None, "value_set": model.value_set,
        "stocks": [{"name": stock.name, "initial": _value(stock.initial), "unit": stock.unit, "nonnegative": stock.nonnegative,
                    "holder": stock.holder.name if stock.holder else None, "instrument": stock.instrument.name if stock.instrument else None,
                    "description": stock.description} for stock in model.stocks],
        "flows": [{"name": flow.name, "source": flow.source.name, "sink": flow.sink.name, "equation": _text(flow.expression),
                   "unit": model.unit_text(flow), "reversible": flow.reversible, "transfer": flow.transfer,
                   "description": flow.description} for flow in model.flows],
        "auxiliaries": [{"name": item.name, "equation": _text(item.expression), "unit": item.unit, "description": item.description}
                        for item in model.auxiliaries],
        "parameters": [{"name": item.name, "value": model.values.get(item.name, item.value), "unit": item.unit,
                        "between": _limits(item.between), "domain": _limits(item.domain), "reference": item.reference,
                        "description": item.description} for item in model.parameters],
        "series": [{"name": item.name, "unit": item.unit, "kind": item.interpolation, "times": [_plain(time) for time in item.times],
                    "values": list(item.values), "reference": item.reference, "description": item.description} for item in model.series],
        "lookups": [{"name": item.name, "unit": item.unit, "of": item.of, "kind": item.interpolation, "below": item.below, "above": item.above,
                     "points": [list(point) for point in zip(item.x, item.y, strict=True)], "reference": item.reference,
                     "description": item.description} for item in model.lookups],
        "impulses": [{"name": item.name, "flow": item.flow.name, "amount": _text(item.amount), "at": _plain(item.at), **_condition(item),
                      "description": item.description} for item in model.impulses.values()],
        "policies": [{"name": policy.name, "start": _plain(policy.start), "end": _plain(policy.end), "duration": policy.duration, **_condition(policy),
                      "changes": {parameter.name: _text(value) for parameter, value in policy.changes.items()},
                      "description": policy.description} for policy in model.policies.values()],
        "outcomes": [{"name": outcome.name, "group": outcome.group, "when": _text(outcome.when), "absorbing": outcome.absorbing, "lasting": outcome.lasting,
                      "always": outcome.always, "once": None if outcome.once is None else _text(outcome.once),
                      "description": outcome.description} for outcome in model.outcomes],
        "cases": {name: title(file) for name, file in case_paths(path).items()} if path else {},
        "value_sets": list(value_set_paths(path)) if path else [],
        "conserved": [{stock.name: float(weight) for stock, weight in total.items()} for total in System(model).conserved],
    }


def _condition(item: Policy | Impulse) -> dict[str, Any]:
    return {"when": None if item.when is None else _text(item.when), "delay": _value(item.delay), "rearm": item.rearm}


def _text(expression: sympy.Basic) -> str:
    """Return an expression as text, its numbers as short as they were written."""
    return sympy.sstr(carried_out(expression), full_prec=False)


def _value(expression: sympy.Expr) -> float | str:
    return float(expression) if expression.is_number else _text(expression)


def _limits(pair: tuple[float, float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in pair]


def _plain(value: Any) -> float | str | None:
    return value if value is None or isinstance(value, (int, float)) else str(value)


def latex(model: Model) -> str:
    """Return the equations: the net flow of each stock, the rate of each flow, the auxiliaries in order; then the matrices of the balance sheets."""
    names: dict[Quantity, str] = {quantity: upright(name) for name, quantity in model.quantities.items()}
    names |= {TIME: "t", START: "t_{0}"}

    def line(left: str, expression: sympy.Expr) -> str:
        right = sympy.latex(expression, symbol_names=names, mul_symbol=r"\,")
        return f"  {left} &= {right} \\\\"

    lines = [line(rf"\frac{{d}}{{dt}} {names[stock]}", net) for stock, net in zip(model.stocks, System(model).derivatives(), strict=True)]
    lines += [line(names[flow], flow.expression) for flow in model.flows]
    lines += [line(names[item], item.expression) for item in model.auxiliaries]
    matrices = [tabular(matrix, names) for matrix in structure(model)] if model.sectors else []
    return "\n\n".join(["\n".join([r"\begin{align*}", *lines, r"\end{align*}"]), *matrices])
