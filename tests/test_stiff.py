"""The classical stiff problems, written in the language, reach their published values."""

from functools import cache
from pathlib import Path

import pytest
from stiff_problems import E5_OF_THE_TEST_SET, PROBLEMS, digits, pyrolysis, robertson

from sd_basis import System, simulate
from sd_basis.integrators import METHODS

TABLE = Path(__file__).parents[1] / "docs" / "evidence" / "stiff.md"


@cache
def model(name):
    return PROBLEMS[name].build()


SLOW = {(name, "Radau") for name in ("oregonator", "pyrolysis", "van_der_pol")}  # in stiff_evidence.py alone, and its table


@pytest.mark.parametrize(("name", "method"), [(name, method) for name in PROBLEMS for method in METHODS if (name, method) not in SLOW])
def test_a_classical_stiff_problem_reaches_seven_published_digits(name, method):
    problem = PROBLEMS[name]
    run = simulate(model(name), method=method, rtol=1e-10, at=list(problem.published))
    assert problem.digits(run) > (7, "") and not run.warnings
    assert run.t[-1] == model(name).span[1]


def test_the_stored_table_holds_seven_digits_for_every_problem_and_method():
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.read_text().splitlines() if line.startswith("|")]
    found = {(row[0], row[1]): float(row[2]) for row in cells if len(row) == 6 and row[1] in METHODS}
    assert set(found) == {(name, method) for name in PROBLEMS for method in METHODS}
    assert min(found.values()) >= 7


def test_every_published_component_is_compared():
    shown = {name: {quantity for values in problem.published.values() for quantity in values} for name, problem in PROBLEMS.items()}
    for name, quantities in shown.items():
        assert {stock.name for stock in model(name).stocks} <= quantities
    assert "FLB_ZHU" in shown["akzo_nobel"] and "C" in shown["pyrolysis"]  # auxiliaries that the sources count as unknowns


def test_what_the_chemistry_conserves_the_flows_conserve():
    assert [{stock.name for stock in total} for total in System(model("robertson")).conserved] == [{"A", "B", "C"}]
    assert [{stock.name for stock in total} for total in System(model("hires")).conserved] == [{"E", "PfrX2E"}]


def test_a_tolerance_too_coarse_for_a_small_stock_costs_its_digits():
    problem = PROBLEMS["robertson"]
    run = simulate(robertson(), rtol=1e-10, atol=1e-10, at=list(problem.published))
    assert problem.digits(run) < (4, "") and digits(run["C"][-1], problem.published[1e11]["C"]) > 7


def test_the_last_values_of_e5_in_the_test_set_break_its_own_balance():
    assert E5_OF_THE_TEST_SET["B"] / E5_OF_THE_TEST_SET["C"] - 1 > 1e-3  # B = C + D exactly, and D is nil there
    b = PROBLEMS["pyrolysis"].published[1e11]["B"]
    end = 1 / (1 / b + 1.13e9 * (1e13 - 1e11))  # with A used up, dB/dt = -1.13e9 B^2
    assert digits(PROBLEMS["pyrolysis"].published[1e13]["B"], end) > 8 and 2 < digits(E5_OF_THE_TEST_SET["B"], end) < 4


def test_a_balance_kept_in_a_further_stock_drowns_in_rounding():
    problem = PROBLEMS["pyrolysis"]
    run = simulate(pyrolysis(four_stocks=True), method="LSODA", rtol=1e-10, at=list(problem.published))
    early = [digits(run["C"][row], values["C"]) for row, values in enumerate(problem.published.values())]
    assert early[0] > 9 and early[4] < 7 and early[-1] < 3
