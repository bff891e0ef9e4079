"""What an imported model gains: the error of its own steps, exact derivatives, loops, elasticities and critical delays."""

import inspect
import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sd_basis import InputError, Outcome, Policy, critical_delay, elasticities, extended, import_model, load, loop_modes, loop_scores, simulate
from sd_basis.checking import check_model
from sd_basis.checking.stability import amplification
from sd_basis.cli import main
from sd_basis.compiled import compiled
from sd_basis.stages import listening

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


def test_what_begins_between_two_steps_is_late_by_the_rest_of_the_step_and_a_pulse_is_not(tmp_path):
    found = of_steps(file_of(tmp_path, ["tank = INTEG(IF THEN ELSE(Time > 3.3 :AND: Time < 5.3, 1, 0), 0)"]))
    worst = found.details["differences"][0]  # it passes from 3.3 to 5.3, and in steps from 4 to 6
    assert worst["largest"] == pytest.approx(0.7, abs=1e-5) and worst["relative"] == pytest.approx(0.35, abs=1e-5) and found.grade == "warning"
    found = of_steps(file_of(tmp_path, ["tank = INTEG(PULSE(3.3, 2), 0)"]))
    assert found.details["differences"][0]["largest"] < 1e-5 and found.grade == "note"  # it begins at the step nearest to its date in both


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


WORDS = ["a = INTEG(EXP(-a/9) - XIDZ(a, b, 1) + f(a/5), 3)", "b = INTEG(SMOOTH3(a, 2) - b*DELAY1(a, 3)/10 + SQRT(a*a + 1), 5)", "f((0,0),(2,1),(9,5))",
         "c = INTEG(MAX(a, b) - c^1.5 + LN(b + 9)*SIN(c), 2)"]


@pytest.mark.parametrize("name", ["SIR/SIR.mdl", "teacup/teacup.mdl", "bpowers-hares_and_lynxes_modules/model.xmile", "words"])
def test_the_jacobian_of_an_imported_model_is_that_of_differences(tmp_path, name):
    model = import_model(file_of(tmp_path, WORDS) if name == "words" else SUITE / name)
    functions = compiled(model)
    path = simulate(model).path
    inputs = path.segments[0].values(path.t[0])
    random, count = np.random.default_rng(1), len(model.stocks)
    for _ in range(5):
        state = (1 + np.abs(path.x[0])) * random.uniform(0.5, 2, count)
        exact = np.zeros((count, count))
        exact[tuple(functions.pattern)] = functions.jacobian(0.5, state.tolist(), inputs)
        moves = 1e-5 * np.diag(state)
        rates = [[np.array(functions.rhs(0.5, (state + sign * move).tolist(), inputs)) for sign in (1, -1)] for move in moves]
        differences = np.array([(up - down) / (2 * move.sum()) for (up, down), move in zip(rates, moves, strict=True)]).T
        assert differences == pytest.approx(exact, rel=1e-6, abs=1e-6 * np.max(np.abs(exact)))


def test_the_loops_of_an_imported_epidemic_are_scored_as_by_hand():
    scores = loop_scores(import_model(SUITE / "SIR" / "SIR.mdl"), times=[1, 20, 40, 60, 90])
    by_start = {(loop.quantities[0], loop.polarity): scores[loop.name] for loop in scores.loops}
    run = simulate(scores.run.model, at=scores.t, rtol=1e-10)
    sick, well = run["Infectious"], run["Susceptible"]
    growth, recovery, scarcity = 0.3 * well / 1000, 0.2, 0.3 * sick / 1000  # what the three loops go round with
    speeds = np.array([(growth - recovery) * sick, -growth * sick])
    bends = np.array([(growth - recovery) * speeds[0] + scarcity * speeds[1], -growth * speeds[0] - scarcity * speeds[1]])
    sizes = np.abs([growth * speeds[0] / bends[0], recovery * speeds[0] / bends[0], scarcity * speeds[1] / bends[1]])
    parts = np.array([[1], [-1], [-1]]) * sizes / np.sum(sizes, axis=0)
    found = [by_start[key] for key in (("Infectious", "+"), ("Infectious", "-"), ("Susceptible", "-"))]
    assert len(scores.loops) == 3 and np.array(found) == pytest.approx(parts, rel=1e-4)


def test_a_cooling_cup_has_one_loop_and_its_rate_as_eigenvalue():
    model = import_model(SUITE / "teacup" / "teacup.mdl")
    scores, modes = loop_scores(model), loop_modes(model)
    assert [loop.polarity for loop in scores.loops] == ["-"] and scores.relative[0] == pytest.approx(-1)
    assert modes.eigenvalues == pytest.approx(-0.1)


def test_hares_and_lynxes_of_two_modules_share_their_loops():
    scores = loop_scores(import_model(SUITE / "bpowers-hares_and_lynxes_modules" / "model.xmile"))
    assert scores.loops.complete and len({loop.partition for loop in scores.loops}) == 1
    crossing = [loop for loop in scores.loops if {"hares.hares", "lynxes.lynxes"} <= set(loop.quantities)]
    assert "-" in {loop.polarity for loop in crossing}  # more hares, more lynxes, fewer hares
    assert np.nansum(np.abs(scores.relative), axis=0) == pytest.approx(1)


def test_elasticities_of_an_imported_cup_are_those_of_the_closed_form():
    model = import_model(SUITE / "teacup" / "teacup.mdl")
    found = elasticities(model, of=["Teacup Temperature@10"], check=2, rtol=1e-9)["Teacup Temperature@10"]
    slopes = {slope.name: slope for slope in found.slopes}
    assert set(slopes) == {"Characteristic Time", "Room Temperature"}  # all there are, though the file gives no ranges
    assert slopes["Characteristic Time"].slope == pytest.approx(110 * np.exp(-1) * 10 / 100, rel=1e-6)
    assert slopes["Room Temperature"].slope == pytest.approx(1 - np.exp(-1), rel=1e-6)
    assert all(slope.difference == pytest.approx(slope.slope, rel=1e-4) for slope in slopes.values())


def test_the_critical_delay_of_an_imported_tipping_point_is_the_closed_form(tmp_path):
    loaded = load(file_of(tmp_path, ["x = INTEG(x*x - 1 + push, 0)", "push = 2"], 30, 0.125))
    x, push = loaded.quantities["x"], loaded.quantities["push"]
    model = extended(loaded, policies=[Policy("let go", {push: 0})],
                     outcomes=[Outcome("saved", when=x < 0), Outcome("lost", when=x > 5, absorbing=True)])
    assert not loaded.outcomes and model.span == loaded.span
    found = critical_delay(model, "let go")  # pushed x is tan(t), and lost behind the saddle at 1
    assert found.value == pytest.approx(np.pi / 4, abs=1e-8) and found.classification == "saddle"
    assert found.unstable_eigenvalue == pytest.approx(2) and found.edge_state == pytest.approx({"x": 1})


LOAN = ["debt = INTEG(interest - payment, 100)", "interest = rate*debt", "rate = 0.1", "payment = 0"]
RESCUE = '''"""A loan read from Vensim, with the payments that repay it if they begin in time."""
from pathlib import Path
from sd_basis import Outcome, Policy, extended, load
loan = load(Path(__file__).with_name("loan.mdl"))
debt, payment = loan.quantities["debt"], loan.quantities["payment"]
MODEL = extended(loan, policies=[Policy("pay", {payment: 20}, start=5)],
                 outcomes=[Outcome("repaid", when=debt < 0, absorbing=True), Outcome("ruined", when=debt > 1000, absorbing=True)])
'''


def command(*words):
    done = RUNNER.invoke(main, [*map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_the_timing_command_takes_a_file_that_extends_another_tools(tmp_path):
    path = file_of(tmp_path, LOAN, 60, 0.125, "loan.mdl")
    (tmp_path / "rescue.py").write_text(RESCUE)
    code, out, _ = command("timing", tmp_path / "rescue.py", "--policy", "pay", "--quick", "--rtol", "1e-9", "--json")
    outcome = json.loads(out)["outcomes"]["outcome"]
    assert code == 0 and outcome["critical_delay"][0] == pytest.approx(10 * np.log(2), abs=1e-6)
    code, out, err = command("timing", path)
    assert code == 2 and "extended()" in err and out == ""


def test_a_parameter_may_change_at_a_date_from_the_command_line(tmp_path):
    path = file_of(tmp_path, LOAN, 60, 0.125, "loan.mdl")
    code, out, _ = command("run", path, "--policy", "payment=20@5", "--json", "--rtol", "1e-9")
    assert code == 0 and json.loads(out)["final"]["debt"] == pytest.approx(200 + (100 * np.exp(0.5) - 200) * np.exp(5.5), rel=1e-6)
    assert command("run", path, "--policy", "payment=20")[2].count("needs a date; write payment=20@12") == 1
    assert "did you mean 'payment'" in command("run", path, "--policy", "pament=20@5")[2]


def test_what_cannot_be_extended_is_refused(tmp_path):
    model = load(file_of(tmp_path, LOAN))
    more = extended(model, policies=[Policy("pay", {model.quantities["payment"]: 20}, start=5)])
    with pytest.raises(InputError, match="named 'pay'; choose another name"):
        extended(more, policies=[Policy("pay", {model.quantities["payment"]: 30}, start=5)])
    with pytest.raises(InputError, match="is not a model"):
        extended("loan.mdl")


def test_reading_and_building_are_told_and_may_be_interrupted(tmp_path):
    path = file_of(tmp_path, LOAN)
    heard = []

    @contextmanager
    def listener(what, steps):
        yield lambda done: heard.append(what)

    with listening(listener):
        import_model(path)
        assert heard.count("Reading model.mdl") >= 8 and heard.count("Building model") == 9  # and the time

    @contextmanager
    def impatient(what, steps):
        def stop(done):
            raise KeyboardInterrupt
        yield stop

    with listening(impatient), pytest.raises(KeyboardInterrupt):
        import_model(path)
    heard.clear()
    import_model(path)
    assert not heard
