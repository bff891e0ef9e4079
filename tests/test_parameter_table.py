"""The table of parameters: what it says of a small model, and that the flagship's stored one is what the command prints."""

import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sd_basis import load
from sd_basis.cli import main
from sd_basis.cli.parameter_table import KINDS, kind

ROOT = Path(__file__).parent.parent
SMALL = '''"""A shop."""
from sd_basis import CLOUD, Family, Flow, Model, Stock
from .prices import cost, markup
shelf = Family("shelf", ("top", "low"))
goods = Stock("goods", {"top": 1.0, "low": 2.0}, over=shelf)
sale = Flow("sale", source=goods, sink=CLOUD, rate=cost * markup * goods)
MODEL = Model("shop", (*sale,), span=(0, 1))
'''
PRICES = '''"""What things cost | or seem to."""
from sd_basis import Family, Parameter
shelf = Family("shelf", ("top", "low"))
cost = Parameter("cost", {"top": 0.5, "low": 0.25}, "1/day", over=shelf, between=(0, 1), reference="A | B 2020", description="dear")
markup = Parameter("markup", 2, between=(1, None), reference="assumed; C 2021")
'''


def printed(*words):
    done = CliRunner().invoke(main, ["show", *map(str, words), "--format", "parameters"])
    assert done.exit_code == 0, done.output
    return done.stdout


def cells(text):
    """Return the rows of the tables by the name of the parameter."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}


@pytest.fixture(scope="module")
def stored():
    return (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")


def test_a_row_has_value_unit_range_kind_reference_and_meaning(tmp_path):
    folder = tmp_path / "shop"
    (folder / "values").mkdir(parents=True)
    (folder / "__init__.py").write_text(SMALL)
    (folder / "prices.py").write_text(PRICES)
    (folder / "values" / "dear.toml").write_text("[parameters]\nmarkup = 3\n")
    text = printed(folder)
    assert cells(text) == {"cost": ["top 0.5, low 0.25", "1/day", "0 to 1", "sourced", r"A \| B 2020", "dear"],
                           "markup": ["2 (dear: 3)", "", "1 to any", "assumed", "assumed; C 2021", ""]}
    assert "2 parameters (3 with the members of families): 1 sourced, 1 assumed. Values are the model's own" in text
    assert cells(printed(folder, "--values", "dear"))["markup"][0] == "3"


@pytest.mark.parametrize("reference, expected", [
    ("H.15, March 2020", "sourced"), ("assumed; see H.15", "assumed"), ("H.15; the share is assumed", "assumed"), ("rounded, unverified", "assumed"),
    ("policy: from 2020", "chosen"), ("set by cases", "chosen"), ("a policy rate of 2020", "sourced"), ("definition", "by convention"),
    ("numerical: a width", "by convention"), ("", "without reference"), (" ", "without reference")])
def test_a_reference_tells_what_is_sourced_and_what_is_assumed(reference, expected):
    assert kind(reference) == expected and expected in KINDS


def test_every_parameter_of_the_flagship_has_unit_range_reference_and_meaning():
    for parameter in load("treasury_basis").parameters:
        assert parameter.unit and parameter.reference, parameter
        by_convention = kind(parameter.reference) == "by convention"
        assert all(map(math.isfinite, parameter.between)) or by_convention and parameter.domain[0] == parameter.domain[1], parameter
        assert parameter.description or by_convention, parameter
        assert parameter.between[0] <= parameter.value <= parameter.between[1], parameter


def test_the_stored_table_is_what_the_command_prints(stored):
    assert stored == printed("treasury_basis"), "write it again: sd-basis show treasury_basis --format parameters > docs/parameters.md"


def test_the_stored_table_holds_every_parameter_once_in_its_file(stored):
    names = {parameter.name.partition("[")[0] for parameter in load("treasury_basis").parameters}
    assert set(cells(stored)) == names and stored.count("\n| `") == len(names)
    for part in stored.split("\n## ")[1:]:
        file = (ROOT / "models" / "treasury_basis" / f"{part.splitlines()[0]}.py").read_text(encoding="utf-8")
        assert all(f'"{name}"' in file for name in cells(part))


def test_the_counts_above_the_table_are_those_of_its_rows(stored):
    kinds = [row[3] for row in cells(stored).values()]
    for number, name in re.findall(rf"(\d+) ({'|'.join(KINDS)})", stored.split("\n\n")[1]):
        assert kinds.count(name) == int(number)
    assert f"{len(kinds)} parameters" in stored
