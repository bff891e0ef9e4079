"""The flagship's claims: complete, and readable without running them."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sd_basis import load
from sd_basis.cli import main
from sd_basis.expectations import expectations

ROOT = Path(__file__).parent.parent
MODEL = load("treasury_basis")
CLAIMS = {claim.number: claim for claim in expectations(MODEL.path)}


def test_all_claims_are_there_and_say_what_to_doubt():
    assert set(CLAIMS) == set(range(1, 25))
    assert all(claim.caution and claim.shows and claim.control.description for claim in CLAIMS.values())


@pytest.mark.parametrize("number", range(1, 13))
def test_a_formula_explains_every_number_that_is_judged(number):
    claim = CLAIMS[number]
    explained = set(re.findall("`([^`]+)`", claim.measure.__doc__))
    for bound in claim.bounds:
        assert bound.name in explained or re.sub("[0-9]+$", "N", bound.name) in explained
    for name in claim.shows:
        MODEL.quantity(name, "shows")


def test_every_control_names_what_the_model_has():
    for claim in CLAIMS.values():
        for name in (*claim.control.set, *claim.control.initial):
            assert MODEL.parameters_of(name, "control") or MODEL.quantity(str(name), "control") is not None


STABLE = {1: "holds", 2: "holds", 10: "holds", 19: "holds", 24: "holds"}  # in both fits, and before them


def test_stable_verdicts_are_those_of_the_claims_command():
    answer = CliRunner().invoke(main, ["claims", "treasury_basis", *map(str, STABLE), "--workers", "1", "--json"])
    rows = json.loads(answer.stdout)
    assert {row["number"]: row["verdict"] for row in rows} == STABLE
    assert all({"number", "claim", "measured", "bound", "control", "verdict"} <= set(row) for row in rows)


def test_the_verdicts_of_the_readme_are_those_of_the_stored_table():
    readme = re.findall(r"^\| (\d+) \| .* \| ([a-z ]+) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    table = (ROOT / "docs" / "evidence" / "claims.md").read_text(encoding="utf-8")
    stored = re.findall(r"^(\d+) .*?(holds|does not hold|cannot be told)$", table, re.M)
    assert len(stored) == 24 and dict(readme) == dict(stored)
