"""The flagship's claims 13 to 24: they explain themselves, and what they measure with is right on made-up paths."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from sd_basis import load
from sd_basis.expectations import expectations
from sd_basis.library import locate, module
from sd_basis.verdicts import check

NUMBERS = range(13, 25)


@pytest.fixture(scope="module")
def record():
    return sys.modules[f"{module(locate('treasury_basis'), 'claims').__name__}.record"]


class Made(dict):
    """A made-up run: quantities by name along t."""

    def __init__(self, t, **quantities):
        super().__init__(quantities)
        self.t, self.case = np.array(t, dtype=float), SimpleNamespace(time=lambda where, value: float(value))


def test_every_claim_is_explained_and_has_a_control_the_model_knows():
    claims = {claim.number: claim for claim in expectations(locate("treasury_basis"))}
    model = load("treasury_basis")
    for number in NUMBERS:
        claim = claims[number]
        assert len(claim.measure.__doc__) > 300 and claim.caution and claim.shows
        check(claim, model)


def test_first_and_last_times_are_infinite_where_they_do_not_exist(record):
    run = Made([0, 1, 2, 3], level=np.array([0.0, 2.0, 2.0, 0.0]))
    assert record.first_time(run, run["level"] > 1) == 1 and record.first_time(run, run["level"] > 1, 1.5) == 2
    assert record.first_time(run, run["level"] > 3) == np.inf
    assert record.left_behind(run, run["level"] > 1) == 2
    assert record.left_behind(run, run["level"] < 1) == np.inf  # it still is at the end
    assert record.left_behind(run, run["level"] > 3) == 0


def test_a_misfit_of_changes_ignores_the_level_and_one_of_levels_does_not(record):
    run = Made([0, 10], level=np.array([5.0, 25.0]))
    data = (np.array([0.0, 5.0, 10.0]), np.array([0.0, 10.0, 20.0]))
    assert record.misfit(run, "level", data, change=True) == pytest.approx(0, abs=1e-12)
    assert record.misfit(run, "level", data) == pytest.approx(5)
    assert record.misfit(run, "level", (data[0] - 1, data[1] / 100), hour=1, change=True, factor=100) == pytest.approx(0, abs=1e-12)
