"""The items that Rahmandad and Sterman (2012) ask of a report, in our words, with where each stands on the page or that it is missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .page import Markup, element, joined, table

MINIMUM, PREFERRED = "minimum", "preferred"


@dataclass(frozen=True)
class Item:
    """One item: what it is about, whether it is indispensable, where it stands (anchors of sections) and what is said of it."""

    about: str
    grade: str
    text: str
    parts: tuple[str, ...] = ()
    remark: str = ""


ITEMS = (
    Item("model", MINIMUM, "All computational operations: equations, rules, initial values", ("equations", "stocks", "rules")),
    Item("model", MINIMUM, "Every variable and parameter defined, with its unit of measure", ("stocks", "equations", "parameters")),
    Item("model", MINIMUM, "Parameter values and the sources of data, equations and numbers", ("parameters", "inputs"),
         "a reference is the modeller's; its kind is judged by its words"),
    Item("model", PREFERRED, "A diagram of the structure: stocks, flows, feedback loops", ("diagram", "loops")),
    Item("model", PREFERRED, "The reasons for the structure, its purpose and boundary", ("story", "stocks"),
         "as far as the model's docstring and descriptions say them"),
    Item("model", PREFERRED, "The model in executable form, with its data", (), "missing on the page: the model's files are beside it, found by name and hash"),
    Item("model", PREFERRED, "Tests: dimensions, integration error, extreme conditions, conservation", ("checks", "ledgers", "claims"),
         "a quick look; the command check makes the rest"),
    Item("simulation", MINIMUM, "Software, version and platform", ("method",)),
    Item("simulation", MINIMUM, "Algorithm of integration and its step or tolerances, the time horizon", ("method",)),
    Item("simulation", MINIMUM, "Settings of each scenario: parameters, initial values, shocks, policies and dates", ("story", "parameters", "cases"),
         "in full for the case reported, a line for the others"),
    Item("simulation", MINIMUM, "Pre-processing of inputs and post-processing of outputs", ("inputs", "outcome"),
         "data enter as their files hold them; outputs are shown as computed"),
    Item("simulation", MINIMUM, "Runs per scenario, noise and seeds where there is chance", ("method",), "one run a scenario, no chance"),
    Item("simulation", PREFERRED, "Results of every scenario side by side", ("outcome", "cases")),
    Item("simulation", PREFERRED, "Sensitivity of the results to parameters", (), "missing: the commands sensitivity, sweep and uncertainty"),
    Item("simulation", PREFERRED, "The command that reproduces the results", ("method",)),
    Item("simulation", PREFERRED, "Time of processing", (), "missing on purpose: the page is the same each time it is made; the command prints it"),
    Item("optimisation", MINIMUM, "Objective, searched parameters with ranges, algorithm, number of starts", ("fits",),
         "the number of starts is an option of the command fit"),
    Item("optimisation", MINIMUM, "Values found, goodness of fit on data not fitted", ("fits", "parameters", "claims"),
         "values in force; goodness as far as claims measure it, else command fit"),
    Item("optimisation", PREFERRED, "Confidence intervals, identifiability, seeds of the search", (), "missing: command fit"),
)


def guidelines(present: Collection[str], titles: dict[str, str]) -> Markup:
    """Return the list with links to the sections that are on the page; `titles` are theirs by anchor."""
    rows = []
    for item in ITEMS:
        links = [joined(element("a", titles[part], href=f"#{part}"), ", ") if part != _last(item, present) else element("a", titles[part], href=f"#{part}")
                 for part in item.parts if part in present]
        absent = "" if links or item.remark.startswith("missing") else "does not apply to this model, or failed"
        rows.append((item.text, item.about, item.grade, joined(links), item.remark or absent))
    intro = element("p", "After H. Rahmandad and J. D. Sterman, Reporting guidelines for simulation-based research in social sciences, "
                         "System Dynamics Review 28 (2012), 396 to 411; the items are in our words.")
    return joined(intro, table(("item", "about", "grade", "where", "remark"), rows, words=(0, 3, 4)))


def _last(item: Item, present: Collection[str]) -> str:
    return [part for part in item.parts if part in present][-1]
