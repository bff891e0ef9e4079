"""The two small shipped models: each meets its closed form."""

import numpy as np
import pytest

from sd_basis import load, simulate
from sd_basis.calendar import Calendar
from sd_basis.integrators import METHODS
from sd_basis.library import model_paths


def compound(balance, rate, saving, t):
    """Return a balance after t years of interest and deposits."""
    return (balance + saving / rate) * np.exp(rate * t) - saving / rate


@pytest.mark.parametrize("method", sorted(METHODS))
def test_savings_compound_as_in_the_textbook(method):
    run = simulate(load("savings"), method=method, rtol=1e-10)
    assert run["balance"] == pytest.approx(compound(1000, 0.04, 120, run.t), rel=1e-8)


def test_a_rate_cut_starts_on_its_date():
    model = load("savings")
    for start in (4, 7.5):
        run = simulate(model, policies=[model.policy("rate_cut").at(start)], rtol=1e-10)
        then = compound(1000, 0.04, 120, start)
        before, after = run.t <= start, run.t >= start
        assert run["balance"][before] == pytest.approx(compound(1000, 0.04, 120, run.t[before]), rel=1e-8)
        assert run["balance"][after] == pytest.approx(compound(then, 0.02, 120, run.t[after] - start), rel=1e-8)
    assert simulate(model, policies=["rate_cut"])["balance"][-1] < simulate(model)["balance"][-1]


def test_the_first_model_a_newcomer_reads_is_short():
    for name in ("savings", "repo_loan"):
        assert len(model_paths()[name].read_text().splitlines()) < 30


def repo(t, call, rate, term=40.0, speed=4.0, start=100.0):
    """Return loan and borrower's cash at t days when the lender calls on day `call`."""
    early = np.minimum(t, call)
    late = np.maximum(t - call, 0)
    outstanding = start * np.exp(-early / term - late * speed / term)
    at_call = start * np.exp(-early / term)
    # the interest is the rate times the area under the loan
    interest = rate / 252 * (term * (start - at_call) + term / speed * (at_call - outstanding))
    return outstanding, 120 - (start - outstanding) - interest


@pytest.mark.parametrize("case, called_on, rate", [(None, None, 0.05), ("early-call", "2020-03-17", 0.016), ("late-call", "2020-05-01", 0.016)])
def test_the_repo_loan_meets_its_closed_form(case, called_on, rate):
    model = load("repo_loan", case)
    run = simulate(model, rtol=1e-11)
    call = np.inf if called_on is None else model.case.calendar.time("test", called_on)
    outstanding, cash = repo(run.t, call, rate)
    assert run["outstanding"] == pytest.approx(outstanding, rel=1e-7, abs=1e-7)
    assert run["borrower_cash"] == pytest.approx(cash, rel=1e-8)
    assert run["lender_cash"] + run["borrower_cash"] == pytest.approx(np.full(len(run.t), 140), rel=1e-10)
    fall = 40 * np.log(20) if called_on is None else call + 10 * (np.log(20) - call / 40)
    assert run.outcome == "repaid" and run.decided_at == pytest.approx(fall, abs=1e-5)
    assert max(run.ledgers.values()) < 1e-9 and run.warnings == []


def test_the_repo_case_counts_trading_days():
    # Monday 2 March 2020 is day 0; 17 March is 11 weekdays later; Good Friday lies before 1 May
    case = load("repo_loan", "early-call").case
    assert case.calendar == Calendar(case.origin) and case.time("test", "2020-03-17") == 11 and case.time("test", "2020-05-01") == 43
    run = simulate(load("repo_loan", "early-call"))
    assert run["term"][run.t == 11].tolist() == [40, 10] and "repaid (since 2020-04-" in run.summary


def test_an_earlier_call_leaves_the_borrower_richer():
    early, late = (simulate(load("repo_loan", case), rtol=1e-9) for case in ("early-call", "late-call"))
    worth = [run["borrower_cash"][-1] - run["outstanding"][-1] for run in (early, late)]
    assert worth[1] < worth[0] < 20  # less interest was paid


def test_shifting_a_case_equals_writing_the_later_date():
    model = load("repo_loan", "early-call")
    shifted = simulate(model, model.case.shifted(32))
    late = simulate(load("repo_loan", "late-call"))
    assert np.array_equal(shifted["borrower_cash"], late["borrower_cash"]) and shifted.summary != late.summary


@pytest.mark.parametrize("name", ["savings", "repo_loan"])
def test_every_number_has_a_unit_and_a_reference(name):
    model = load(name)
    assert all(parameter.unit and parameter.reference for parameter in model.parameters)
    assert all(unit is not None for unit in model.check_units().values())
