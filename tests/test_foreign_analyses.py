"""What an imported model gains: the error of its own steps, exact derivatives, loops, elasticities and critical delays."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sd_basis import load, simulate
from sd_basis.checking import check_model
from sd_basis.checking.stability import amplification
from sd_basis.cli import main

pytest.importorskip("parsimonious", reason="needs the extra interop")  # it comes with pysd

SUITE = Path(__file__).parent / "data" / "conformance"
RUNNER = CliRunner(**({"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))


def file_of(folder, equations, end=10, step=1, name="model.mdl", more=""):
    path = folder / name
    path.write_text("{UTF-8}\n" + "\n".join(f"{line} ~ ~ |" for line in equations)
                    + f"\nINITIAL TIME = 0 ~ ~ |\nFINAL TIME = {end} ~ ~ |\nTIME STEP = {step} ~ ~ |\nSAVEPER = TIME STEP ~ ~ |\n" + more, encoding="utf-8")
    return path


def of_steps(path):
    """Return the one finding of the check of a file's steps."""
    found = list(check_model(path, only=["integration"]))
    assert len(found) == 1
    return found[0]


DECAY = ["cup = INTEG(-pace*cup, 80)", "pace = 0.2"]


@pytest.mark.parametrize("step, grade", [(1, "warning"), (0.125, "note")])
def test_the_error_of_the_steps_is_the_one_of_the_closed_form(tmp_path, step, grade):
    found = of_steps(file_of(tmp_path, DECAY, 30, step))
    times = np.arange(0, 30 + step / 2, step)
    errors = np.abs(80 * (1 - 0.2 * step) ** (times / step) - 80 * np.exp(-0.2 * times))
    worst, details = found.details["differences"][0], found.details
    assert found.grade == grade and worst["name"] == "cup" and worst["time"] == times[np.argmax(errors)]
    assert worst["largest"] == pytest.approx(np.max(errors), rel=1e-4)
    assert worst["relative"] == pytest.approx(np.max(errors) / (80 * (1 - np.exp(-6))), rel=1e-4)
    for shorter in details["shorter"]:
        times = np.arange(0, 30 + step / 2, step)
        left = np.abs((1 - 0.2 * shorter["step"]) ** (times / shorter["step"]) - np.exp(-0.2 * times))
        assert shorter["relative"] == pytest.approx(np.max(left) / (1 - np.exp(-6)), rel=1e-4)
    assert details["step_below_one_percent"] == (0.25 if step == 1 else step)
    assert ("take steps of 0.25" if step == 1 else "no shorter step is needed") in found.sentence


def test_the_steps_are_those_of_runge_and_kutta_where_the_file_asks_for_them(tmp_path):
    settings = "\\\\\\---/// Sketch information\nV300\n///---\\\\\\\n:L<%^E!@\n15:0,0,0,1,0,0\n"
    path = file_of(tmp_path, DECAY, 30, more=settings)
    assert load(path).stepping == "RK4"
    worst = of_steps(path).details["differences"][0]
    factor = amplification("RK4", -0.2)
    assert worst["largest"] == pytest.approx(80 * abs(factor ** 5 - np.exp(-1)), abs=5e-6) and worst["time"] == 5


def test_a_step_in_which_a_decay_grows_is_said_with_the_one_below_which_it_does_not(tmp_path):
    found = of_steps(file_of(tmp_path, ["x = INTEG(-30*(x - 1), 0)", "y = INTEG(x - y, 0)"], 10, 0.125))
    assert found.grade == "error" and "the steps are unstable" in found.sentence
    assert found.details["unstable"]["real"] == pytest.approx(-30) and found.details["unstable"]["growth"] == pytest.approx(2.75)
    assert found.details["unstable"]["stable_step"] == pytest.approx(2 / 30)


def test_robertson_stops_in_steps_and_runs_without(tmp_path):
    path = file_of(tmp_path, ["A = INTEG(-slow*A + fast*B*C, 1)", "B = INTEG(slow*A - fast*B*C - pair*B*B, 0)", "C = INTEG(pair*B*B, 0)",
                              "slow = 0.04", "fast = 10000", "pair = 3e+07"], 40, 0.01)
    found = of_steps(path)
    assert found.grade == "error" and "the run stops at 0.08" in found.sentence and "the steps are unstable" in found.sentence
    run = simulate(load(path), rtol=1e-10)
    assert [run[name][-1] for name in "ABC"] == pytest.approx([0.7158270688, 9.185534765e-6, 0.2841637457], rel=1e-6)


def test_a_pulse_between_two_steps_is_late_by_the_rest_of_the_step(tmp_path):
    found = of_steps(file_of(tmp_path, ["tank = INTEG(PULSE(3.3, 2), 0)"], 10, 1))
    worst = found.details["differences"][0]  # it passes from 3.3 to 5.3, and in steps from 4 to 6
    assert worst["largest"] == pytest.approx(0.7, abs=1e-5) and worst["relative"] == pytest.approx(0.35, abs=1e-5) and found.grade == "warning"


def test_chaos_is_told_from_steps_that_are_too_long():
    found = of_steps(SUITE / "Roessler_Chaos" / "roessler_chaos.mdl")
    assert found.grade == "warning" and "as in chaos" in found.sentence and found.details["step_below_one_percent"] is None


def test_steps_that_are_exact_are_called_so():
    assert "agree to 1e-07" in of_steps(SUITE / "limits" / "test_limits.mdl").sentence


def test_the_numbers_of_the_steps_are_in_the_document():
    done = RUNNER.invoke(main, ["check", str(SUITE / "teacup" / "teacup.mdl"), "--only", "integration", "--json"])
    details = json.loads(done.stdout)["findings"][0]["details"]
    assert done.exit_code == 0 and details["step"] == 0.125 and details["differences"][0]["unit"] == "degrees_fahrenheit"
    cooled = 110 * np.exp(-1), 110 * (1 - 0.0125) ** 80
    assert details["differences"][0]["largest"] == pytest.approx(cooled[0] - cooled[1], rel=1e-4)
