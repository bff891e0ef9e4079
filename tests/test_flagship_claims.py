"""The flagship's claims: complete, and readable without running them."""

import re

import pytest

from sd_basis import load
from sd_basis.expectations import expectations

MODEL = load("treasury_basis")
CLAIMS = {claim.number: claim for claim in expectations(MODEL.path)}


def test_claims_one_to_twelve_are_there_and_say_what_to_doubt():
    assert set(range(1, 13)) <= set(CLAIMS)
    assert all(claim.caution and claim.shows and claim.control.description for claim in CLAIMS.values())


@pytest.mark.parametrize("number", sorted(CLAIMS))
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
            assert MODEL.quantity(str(name), "control") is not None
