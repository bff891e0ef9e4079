"""Models of other tools: imported, run by Euler to their published output, and refused in one sentence where they cannot be.

The models and their canonical outputs are those of SDXorg/test-models (tests/data/conformance, with their licence).
"""

import csv
import io
import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sd_basis import CLOUD, TIME, Flow, If, InputError, Model, Parameter, Policy, Stock, import_model, load, simulate
from sd_basis.cli import main
from sd_basis.compiled import compiled
from sd_basis.endings import ENDINGS
from sd_basis.errors import BasisError
from sd_basis.interop import model_source
from sd_basis.interop.elements import key_of
from sd_basis.system import System

pytest.importorskip("parsimonious", reason="needs the extra interop")  # it comes with pysd

SUITE = Path(__file__).parent / "data" / "conformance"
DOCUMENT = Path(__file__).parents[1] / "docs" / "foreign-models.md"
FILES = sorted(path for path in SUITE.glob("*/*") if path.suffix.lower() in ENDINGS)
# A file that says something else than its output, and chaos, which doubles the last printed digit every few units of time.
EXCEPTIONS = {"active_initial/test_active_initial.stmx", "active_initial/test_active_initial.xmile", "Roessler_Chaos/roessler_chaos.mdl"}
IMPORTED = [path for path in FILES if f"{path.parent.name}/{path.name}" not in EXCEPTIONS]
CONTROLS = "FINAL TIME = 10 ~ Month ~ |\nINITIAL TIME = 0 ~ Month ~ |\nTIME STEP = 1 ~ Month ~ |\nSAVEPER = TIME STEP ~ Month ~ |\n"


def canonical(folder):
    """Return times and columns of cells of a published output; its lines may end as on an old Macintosh."""
    path = next(path for path in folder.iterdir() if path.stem == "output")
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter="\t" if path.suffix == ".tab" else ",") if any(map(str.strip, row))]
    times = [float(row[0]) for row in rows[1:]]
    return times, {name: [row[place].strip() for row in rows[1:]] for place, name in enumerate(rows[0]) if place}


def last_digit(cell):
    """Return the size of the last digit that was printed."""
    mantissa, _, exponent = cell.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def agreement(model, folder, until=np.inf):
    """Yield each column with its largest difference, in multiples of what the suite allows."""
    times, columns = canonical(folder)
    ranges = {name: np.ptp([float(cell) for cell in cells if cell]) for name, cells in columns.items()}
    times = [time for time in times if time <= until]
    columns = {name: cells[:len(times)] for name, cells in columns.items()}
    run = simulate(model, method="Euler", at=times)
    names = {key_of(name): name for name in model.quantities}
    for name, cells in columns.items():
        values = run[names[key_of(name)]]
        if cells[0] and not any(cells[1:]):  # a constant is given once
            cells = [cells[0]] * len(cells)
        there = np.array([bool(cell) for cell in cells])
        assert np.all(values[~there] == -2.0 ** 109), name  # what Vensim calls :NA: it prints as a blank
        wanted = np.array([float(cell) for cell in cells if cell])
        allowed = 1e-4 * np.abs(wanted) + 1e-5 * ranges[name] + np.array([last_digit(cell) for cell in cells if cell])
        yield name, float(np.max(np.abs(values[there] - wanted) / allowed))


def written(folder, text, name="model.mdl"):
    path = folder / name
    path.write_text("{UTF-8}\n" + text, encoding="utf-8")
    return path


def imported(folder, text):
    return import_model(written(folder, text + CONTROLS))


@pytest.mark.parametrize("path", IMPORTED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_foreign_model_runs_to_its_canonical_output(path):
    found = dict(agreement(import_model(path), path.parent))
    assert found and max(found.values()) <= 1, found


def test_the_document_lists_the_folders_that_agree():
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| (agrees|refused)", DOCUMENT.read_text(), flags=re.M)
    assert dict(rows) == {path.parent.name: "agrees" for path in FILES}


def test_chaos_is_met_until_it_has_doubled_the_last_digit():
    path = SUITE / "Roessler_Chaos" / "roessler_chaos.mdl"
    assert max(dict(agreement(import_model(path), path.parent, until=16.4)).values()) <= 1


def test_files_that_lost_their_active_initial_run_as_they_say():
    run = simulate(load(SUITE / "active_initial" / "test_active_initial.xmile"), method="Euler")
    assert run["Stock A"][0] == run["Value A"][0] == 0  # the Vensim file says 45; XMILE has no word for it


def test_steps_and_saving_that_change_are_those_of_the_file():
    run = simulate(load(SUITE / "control_vars" / "test_control_vars.mdl"), method="euler")
    assert run.t.tolist() == [*range(4), *np.arange(4, 10, 0.5), *range(10, 51, 5)]
    assert run.solver["steps"] == 4 + 92


def test_a_run_of_fixed_steps_shows_what_saveper_asks_for(tmp_path):
    model = import_model(written(tmp_path, "S=INTEG(1,0)~~|\n" + CONTROLS.replace("SAVEPER = TIME STEP", "SAVEPER = 3")))
    assert simulate(model, method="Euler").t.tolist() == [0, 3, 6, 9]
    assert simulate(model, method="Euler", step=0.25).t.tolist() == [0, 3, 6, 9]
    assert simulate(model, method="Euler", at=[0, 10])["S"].tolist() == [0, 10]


def test_a_step_that_rests_on_a_stock_is_refused(tmp_path):
    text = "S=INTEG(1,1)~~|\n" + CONTROLS.replace("TIME STEP = 1", "TIME STEP = S")
    with pytest.raises(InputError, match=r"'TIME STEP': it rests on 'S', which the run computes"):
        import_model(written(tmp_path, text))


def test_runge_kutta_converges_with_the_fourth_power_of_its_step():
    exact = simulate(smooth_tank(), rtol=1e-12)["water"][-1]
    errors = [abs(simulate(smooth_tank(), method="rk4", step=step)["water"][-1] - exact) for step in (0.5, 0.25)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.2) and errors[1] < 1e-5
    between = simulate(smooth_tank(), method="RK4", step=0.5, at=[0.3, 7.1])["water"]
    assert between == pytest.approx(simulate(smooth_tank(), rtol=1e-12, at=[0.3, 7.1])["water"], abs=1e-5)


def test_runge_kutta_holds_a_pulse_over_its_step(tmp_path):
    model = imported(tmp_path, "S=INTEG(PULSE(2,1)+STEP(3,5),0)~~|\nR=INTEG(IF THEN ELSE(R<2,1,0),0)~~|\n")
    run = simulate(model, method="RK4")
    assert run["S"].tolist() == pytest.approx([0, 0, 0, 1, 1, 1, 4, 7, 10, 13, 16], abs=1e-12)
    assert run["R"][2:4].tolist() == pytest.approx([11 / 6, 7 / 3], rel=1e-12)  # a condition on a stock is looked at within the step


def test_runge_kutta_holds_a_ramp_over_its_step(tmp_path):
    model = imported(tmp_path, "S=INTEG(RAMP(2,1,5),0)~~|\nT=INTEG(-T*RAMP(0.1,2,20),1)~~|\nU=INTEG(MIN(Time,5),0)~~|\n")
    written_out = tmp_path / "ramp.py"
    written_out.write_text(model_source(model, "ramp.mdl"))
    for kind in (model, load(written_out)):
        run = simulate(kind, method="RK4")
        assert run["S"].tolist() == pytest.approx([0, 0, 0, 2, 6, 12, 20, 28, 36, 44, 52], abs=1e-12)  # of time alone, it is Euler's
        decays = [1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24 for z in np.maximum(np.arange(10) - 2, 0) / 10]
        assert run["T"].tolist() == pytest.approx(np.cumprod([1, *decays]).tolist(), rel=1e-12)
        assert run["U"][:6].tolist() == pytest.approx([t * t / 2 for t in range(6)], rel=1e-12)  # time in any other function moves on
        assert simulate(kind, rtol=1e-9)["S"][-1] == pytest.approx(16 + 8 * 5, rel=1e-6)


def smooth_tank():
    water, pace = Stock("water", 1.0), Parameter("pace", 0.5)
    return Model("tank", [Flow("drain", source=water, sink=CLOUD, rate=pace * water * (1 + TIME / 10))], span=(0, 10))


def test_a_rate_that_two_stocks_share_conserves():
    model = import_model(SUITE / "SIR" / "SIR.mdl")
    assert [(flow.source.name, flow.sink.name) for flow in model.flows] == [("Susceptible", "Infectious"), ("Infectious", "Recovered")]
    assert [sorted(stock.name for stock in total) for total in System(model).conserved] == [["Infectious", "Recovered", "Susceptible"]]
    run = simulate(model, method="LSODA", rtol=1e-9)
    total = run["Susceptible"] + run["Infectious"] + run["Recovered"]
    assert np.ptp(total) < 1e-9 * total[0]


def test_units_and_documents_are_kept_where_the_units_check():
    model = import_model(SUITE / "SIR" / "SIR.mdl")
    assert model.quantities["Duration"].unit == "days" and model.time_unit == "day"
    assert model.quantities["Duration"].description == "How long are you infectious for?"
    model = import_model(SUITE / "trend" / "test_trend.mdl")
    assert all(quantity.unit is None for quantity in model.quantities.values()) and "do not check" in model.description


def test_names_are_free_and_case_does_not_matter(tmp_path):
    model = imported(tmp_path, '"a b\\"c|"=3~~|\nNet  Flow_1="A b\\"c|"+1~~|\nS=INTEG(net flow 1,0)~~|\n')
    assert {'a b"c|', "Net Flow_1", "S"} <= set(model.quantities)
    assert simulate(model, method="Euler")["S"][-1] == 40


def test_test_inputs_hold_over_a_step(tmp_path):
    text = "a=STEP(2,4)~~|\nb=PULSE(2,0)~~|\nc=PULSE TRAIN(1,1,3,8)~~|\nd=RAMP(2,3,5)~~|\ne=PULSE(0.1,0.2)~~|\n"
    run = simulate(imported(tmp_path, text), method="Euler")
    assert run["a"].tolist() == [0] * 4 + [2] * 7
    assert run["b"].tolist() == [0, 0, 1] + [0] * 8
    assert run["c"].tolist() == [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert run["d"].tolist() == [0, 0, 0, 0, 2] + [4] * 6
    fine = simulate(import_model(tmp_path / "model.mdl"), method="Euler", step=0.1)
    assert fine.t[fine["e"] > 0].tolist() == [0.1, 0.2] and fine["TIME STEP"][0] == 0.1


def test_a_step_or_pulse_between_two_steps_acts_from_the_nearer_one(tmp_path):
    text = "a=STEP(1,when)~~|\nwhen=4.4~~|\nb=PULSE(2.6,1.5)~~|\nc=PULSE(3,0.4)~~|\nd=STEP(1,4.5)~~|\ne=STEP(1,later)~~|\nlater=4.4+0*Time~~|\n"
    text += "f=RAMP(-1,3.1,5)~~|\n"
    model = imported(tmp_path, "S=INTEG(a+b,0)~~|\n" + text)

    def on(**given):
        run = simulate(model, method="Euler", **given)
        return {name: run.t[run[name] > 0].tolist() for name in "abcde"}
    once, half, moved = on(), on(step=0.25), on(set={"when": 6.7})
    # Time + TIME STEP / 2 > start, and < start + width, as Vensim's reference has it; dates that are computed are not rounded
    assert {name: (times[0], times[-1]) if times else () for name, times in once.items()} == {"a": (4, 10), "b": (3, 3), "c": (), "d": (5, 10), "e": (5, 10)}
    assert half["a"][0] == 4.5 and half["b"] == [2.5, 2.75, 3, 3.25, 3.5, 3.75] and half["c"] == [3, 3.25] and moved["a"][0] == 7
    ramp = simulate(model, method="Euler", step=0.25)
    assert ramp["f"][ramp.t <= 3.25] == pytest.approx([0] * 12 + [0.1, -0.15])  # as Vensim's published output has it
    assert simulate(model)["S"][-1] == pytest.approx(6 + 1, rel=1e-6)  # the same dates for a solver without steps


def test_logic_and_rounding_follow_the_file(tmp_path):
    text = "a=IF THEN ELSE(Time>2 :AND: Time<5 :OR: :NOT: (Time<=8), 1, 0)~~|\nb=INTEGER(-2.5)+0*Time~~|\nc=(Time>=9)+MODULO(Time,3)~~|\nd=3-2^2~~|\n"
    run = simulate(imported(tmp_path, text), method="Euler")
    assert run["a"].tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1]
    assert set(run["b"]) == {-2} and set(run["d"]) == {-1}
    assert run["c"].tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2]


def test_remainders_and_powers_of_negative_numbers_are_those_of_vensim(tmp_path):
    text = "a=MODULO(Time-7,3)~~|\nb=QUANTUM(Time,0)+QUANTUM(-1.9,Time-Time+1)~~|\nc=(-3)^2+Time~~|\nd=MIN(-3^2,7)+Time~~|\n"
    run = simulate(imported(tmp_path, text), method="Euler")
    assert run["a"].tolist() == [-1, 0, -2, -1, 0, -2, -1, 0, 1, 2, 0]  # the sign of what is divided; a multiple leaves nothing
    assert run["b"].tolist() == [*range(-1, 10)]  # of no unit a number is itself
    assert run["c"].tolist() == [*range(9, 20)] and run["d"].tolist() == [*range(-9, 2)]


def test_whole_numbers_of_xmile_lie_below(tmp_path):
    run = simulate(import_model(xmile(tmp_path, "<aux name='a'><eqn>INT(TIME-2.5)</eqn></aux><aux name='b'><eqn>(TIME-7) mod 3</eqn></aux>")), method="Euler")
    assert run["a"].tolist() == [*range(-3, 8)] and run["b"].tolist() == [2, 0, 1] * 3 + [2, 0]


def test_a_train_of_pulses_has_the_dates_of_its_pulses(tmp_path):
    text = "a=PULSE TRAIN(1.3,1,3,7)~~|\nb=PULSE(1.3,1)~~|\nc=PULSE TRAIN(0.6,1.6,3,3.5)~~|\nd=PULSE TRAIN(1,2,4,9)~~|\n"
    run = simulate(imported(tmp_path, text), method="Euler")
    on = {name: run.t[run[name] > 0].tolist() for name in "abcd"}
    assert on == {"a": [1, 4, 7], "b": [1], "c": [1], "d": [1, 2, 5, 6, 9]}  # at the end itself a pulse still stands, behind it none


def test_words_between_colons_have_no_case_and_na_stands_in_any_equation(tmp_path):
    run = simulate(imported(tmp_path, "a=IF THEN ELSE(Time>1 :and: Time<3 :Or: :not: Time<9,1,:na:)~~|\n"), method="Euler")
    assert run.t[run["a"] == 1].tolist() == [2, 9, 10] and set(run["a"]) == {1, -2.0 ** 109}


def test_a_time_of_a_delay_may_be_made_of_numbers_without_units(tmp_path):
    model = imported(tmp_path, "x=3~widgets~|\nlate=1+STEP(1,4)~~|\ny=DELAY1I(x,late,0)~~|\nz=SMOOTHI(x,late,0)~~|\n")
    run = simulate(model, method="Euler")
    assert run["y"][:6].tolist() == [0, 3, 3, 3, 1.5, 2.25] and run["z"][:3].tolist() == [0, 3, 3]
    (tmp_path / "again.py").write_text(model_source(model, "model.mdl"), encoding="utf-8")
    assert simulate(load(tmp_path / "again.py"), method="Euler")["y"].tolist() == run["y"].tolist()


@pytest.mark.parametrize("text, message", [
    ("x=FOO(3)~~|", r"'x': no imported function 'FOO'; choose one of"),
    ("x=SMOOTHED(3)~~|", r"'x': no imported function 'SMOOTHED'"),
    ("x=DELAY FIXED(Time,3,0)~~|", r"'x': DELAY FIXED is not imported"),
    ("x=yy~~|\nyyy=3~~|", r"'x': no variable 'yy'; did you mean 'yyy'\?"),
    ("x=y~~|\ny=x+1~~|", r"algebraic loop x -> y -> x"),
    ("a=INTEG(1,b)~~|\nb=INTEG(1,a)~~|", r"initial values need one another, a -> b -> a"),
    ("x=3 4~~|", r"'x': it is not a Vensim model"), ("x=SMOOTH(1)~~|", r"'x': .*too few or too many arguments"),
    ("x=1~~|\nX=2~~|", r"'x': it is defined 2 times"),
    ("x:=3~~|", r"'x': it is external data"),
    ("x((0,0),(0,1),(2,3))~~|\ny=x(Time)~~|", r"lookup 'x': x = 0 follows 0"),
    ("x((0,0),(1,3))~~|\ny=x~~|", r"'y': the lookup 'x' stands without"),
    ("x=(-2)^Time~~|", r"'x': its negative number under a power"), ("x=2^3^2~~|", r"'x': one power stands on another"), ("x=1/0~~|", r"'x'.*not finite"),
    ("x=1e400~~|", r"'x': inf is not a finite"), ("x=INTEG(y,1)+1~~|\ny=1~~|", r"'x': INTEG is not imported"), ("x=MIN(1)~~|", r"'x': MIN has 1 arguments"),
    ("x=(1+2~~|", r"line 2, 'x': its equation has brackets"), ("x=3 + ~~|", r"'x': its equation ends in the middle"),
    ("x=10^(10^10)~~|", r"'x': inf is not a finite"), ("y" * 100_001 + "=1~~|", r"'y{60}': an equation of"), ("", r"no variable besides its control"),
    ("x=" + "(" * 3000 + "1" + ")" * 3000 + "~~|", r"'x': .*nested too deeply"), ("START=3~~|", r"parameter 'START' has the name of an input"),
])
def test_what_cannot_be_imported_is_one_sentence_with_file_and_name(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        imported(tmp_path, text + "\n")
    assert str(caught.value).startswith(str(tmp_path / "model.mdl")) and "\n" not in str(caught.value)


@pytest.mark.parametrize("old, new, message", [
    ("TIME STEP = 1", "TIME STEP = 0", r"'TIME STEP': TIME STEP 0 is not positive"), ("TIME STEP = 1", "TIME STEP = -1", r"TIME STEP -1 is not positive"),
    ("SAVEPER = TIME STEP", "SAVEPER = 0", r"'SAVEPER': SAVEPER 0 is not positive"), ("FINAL TIME = 10", "FINAL TIME = -1", r"is not after INITIAL TIME 0"),
])
def test_a_control_variable_that_cannot_be_is_named(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message) as caught:
        import_model(written(tmp_path, "S=INTEG(1,0)~~|\n" + CONTROLS.replace(old, new)))
    assert str(caught.value).startswith(str(tmp_path / "model.mdl"))


def test_an_empty_file_and_an_endless_list_of_half_equations_are_refused_at_once(tmp_path):
    began = time.process_time()
    for text, message in (("", "it is empty"), ("".join(f"v{number} = 3 * ~ ~ |\n" for number in range(200_000)), "ends in the middle")):
        with pytest.raises(InputError, match=message):
            import_model(written(tmp_path, text))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", [
    "x([(0,0)-(__import__('os').mkdir('{0}'),1)],(0,0),(1,1))~~|\ny=x(Time)~~|\n",
    "y=WITH LOOKUP(Time,([(0,0)-(__import__('os').mkdir('{0}'),1)],(0,0),(1,1)))~~|\n",
])
def test_python_in_a_file_is_never_run(tmp_path, text):
    with pytest.raises(InputError, match="no number"):
        imported(tmp_path, text.format(tmp_path / "made"))
    assert not (tmp_path / "made").exists()


def test_any_damaged_file_is_an_input_error_or_a_model(tmp_path):
    whole = (SUITE / "SIR" / "SIR.mdl").read_bytes()
    random = np.random.default_rng(1)
    damaged = [whole[:length] for length in range(0, len(whole), 211)] + [random.bytes(300)]
    damaged += [whole[:place] + random.bytes(3) + whole[place + 3:] for place in random.integers(0, len(whole), 10)]
    ends = set()
    for number, content in enumerate(damaged):
        path = tmp_path / f"damaged_{number}.mdl"
        path.write_bytes(content)
        try:
            ends.add(type(import_model(path)))
        except BasisError as error:
            assert str(error).startswith(str(path))
            ends.add(type(error))
    assert ends == {Model, InputError}


def test_a_missing_file_and_a_foreign_ending_are_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.mdl: it cannot be read \(No such file"):
        import_model(tmp_path / "nowhere.mdl")
    with pytest.raises(InputError, match="does not end in .mdl"):
        import_model(tmp_path / "model.txt")


def test_a_missing_translator_names_the_extra(tmp_path, monkeypatch):
    for name in ("pysd", "pysd.translators", "pysd.translators.vensim"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"'pysd' is not installed.*sd_basis\[interop\]"):
        import_model(written(tmp_path, CONTROLS))


def tank():
    water, pace = Stock("water", 1.0), Parameter("pace", 0.1)
    drain = Flow("drain", source=water, sink=CLOUD, rate=pace * water * If(TIME > 3, 2, 1))
    faster = Policy("faster", {pace: 0.5}, start=5.03)
    return Model("tank", [drain], span=(0, 10), policies=[faster])


def test_euler_takes_rates_and_conditions_at_the_start_of_a_step():
    run = simulate(tank(), method="Euler", step=0.5)
    assert run.t.tolist() == [0.5 * number for number in range(21)]
    wanted = 0.95 ** np.minimum(np.arange(21), 7) * 0.9 ** np.maximum(np.arange(21) - 7, 0)
    assert np.allclose(run["water"], wanted, rtol=1e-14)
    assert run["drain"][6] == pytest.approx(0.1 * run["water"][6]) and run["drain"][7] == pytest.approx(0.2 * run["water"][7])
    assert run.solver["step"] == 0.5 and run.solver["restarts"] == 0


def test_a_date_within_a_step_cuts_it_in_two():
    run = simulate(tank(), method="Euler", step=0.5, policies=["faster"])
    assert run.t[10:14].tolist() == [5.0, 5.03, 5.03, 5.5]
    assert run["water"][13] == pytest.approx(run["water"][10] * (1 - 0.03 * 0.2) * (1 - 0.47 * 1.0))
    assert simulate(tank(), method="Euler", step=0.5, at=[0.25])["water"][0] == pytest.approx(0.975)


def test_euler_converges_on_the_stiff_solver():
    exact = simulate(tank(), rtol=1e-10)["water"][-1]
    errors = [abs(simulate(tank(), method="Euler", step=step)["water"][-1] - exact) for step in (0.1, 0.05, 0.025)]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.2) and errors[1] / errors[2] == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("settings, message", [
    ({"method": "Euler"}, "no step of its own; give step="), ({"step": 1}, "LSODA chooses its own steps"), ({"method": "Eule"}, "did you mean 'Euler'"),
    ({"method": "Euler", "step": -1}, "not positive"), ({"method": "Euler", "step": 1e-9}, "more than 2000000 steps"),
    ({"method": "Euler", "step": "x"}, "not a number"),
])
def test_a_step_that_cannot_be_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        simulate(tank(), **settings)


def test_a_run_by_euler_writes_its_columns(tmp_path):
    run = simulate(import_model(SUITE / "teacup" / "teacup.mdl"), method="Euler", set={"TIME STEP": 0.25})
    lines = run.to_csv(tmp_path / "tea.csv").read_text().splitlines()
    assert lines[0].startswith("t,Teacup Temperature") and len(lines) == 122


def xmile(folder, variables, more="", name="model.xmile", specs="<start>0</start><stop>10</stop><dt>1</dt>"):
    path = folder / name
    path.write_text(f"<?xml version='1.0' encoding='utf-8'?><xmile xmlns='http://docs.oasis-open.org/xmile/ns/XMILE/v1.0'><sim_specs>{specs}</sim_specs>"
                    f"<model><variables>{variables}</variables></model>{more}</xmile>", encoding="utf-8")
    return path


def aux(name, equation, kind="aux", more=""):
    return f"<{kind} name='{name}'><eqn>{equation}</eqn>{more}</{kind}>"


def test_the_words_of_xmile_mean_what_they_do_there(tmp_path):
    text = aux("a", "IF time &gt; 3 AND NOT (time &gt;= 5) THEN 1 ELSE notes {a comment}") + aux("notes", "0.5") + aux("b", "PULSE(6, 2, 3)*DT")
    text += aux("c", "5 MOD 3 + INT(-2.5)") + aux("d", "PI*0 + STARTTIME + STOPTIME")
    text += aux("t", "time", more="<gf><xscale min='0' max='2'/><ypts>0,1,4</ypts></gf>")
    run = simulate(load(xmile(tmp_path, text, name="model.XML")), method="Euler")
    assert run["a"].tolist() == [0.5] * 4 + [1] + [0.5] * 6
    assert run["b"].tolist() == [0, 0, 6, 0, 0, 6, 0, 0, 6, 0, 0]
    assert set(run["c"]) == {-1} and set(run["d"]) == {10} and run["t"][:4].tolist() == [0, 1, 4, 4]


def test_a_non_negative_stock_gives_what_it_has_in_the_order_of_its_outflows(tmp_path):
    stock = aux("S", "7", "stock", "<inflow>in</inflow><outflow>first</outflow><outflow>second</outflow><non_negative/>")
    flows = aux("in", "1", "flow") + aux("first", "2", "flow") + aux("second", "3", "flow")
    path = xmile(tmp_path, stock + flows, specs="<start>0</start><stop>4</stop><dt>1</dt>")
    model = load(path)
    run = simulate(model, method="Euler")
    assert run["S"].tolist() == [7, 3, 0, 0, 0] and run["first"].tolist() == [2, 2, 1, 1, 1] and run["second"].tolist() == [3, 2, 0, 0, 0]
    assert simulate(model, rtol=1e-9)["S"].min() > -1e-6


def test_modules_join_by_their_connections(tmp_path):
    inside = aux("rate", "0") + aux("S", "1", "stock", "<inflow>f</inflow>") + aux("f", "rate*2", "flow")
    inner = f"<model name='tank'><variables>{inside}</variables></model>"
    text = "<module name='tank'><connect to='tank.rate' from='pace'/></module>" + aux("pace", "3") + aux("seen", "tank.S + 1")
    run = simulate(load(xmile(tmp_path, text, inner)), method="Euler")
    assert run["tank.S"][-1] == 61 and run["seen"][-1] == 62


@pytest.mark.parametrize("text, message", [
    (aux("x", "y + 1"), r"'x': no variable 'y'"), (aux("x", "3 +"), r"'x': its equation cannot be read"), (aux("x", ""), r"'x': it has no equation"),
    ("<aux name='x'/>", r"'x': it has no equation"), ("<aux><eqn>1</eqn></aux>", r"line 1: a aux has no name"),
    (aux("x", "y") + aux("y", "x"), r"algebraic loop"),
    (aux("x", "FOO(1)"), r"'x': no imported function 'FOO'"), (aux("s", "1", "stock", "<conveyor/>"), r"'s': it is a conveyor"),
    ("<module name='m'/>", r"'m': the file has no model for this module"),
    (aux("x", "1") + aux("X", "2"), r"'X': it is defined 2 times"), (aux("x", "time", more="<gf><ypts>1,b</ypts></gf>"), r"'x': a point of its table"),
    (aux("x", "DELAY(time, 3)"), r"'x': DELAY FIXED is not imported"), (aux("x", "time", more="<gf><xpts>1</xpts><ypts>1,2</ypts></gf>"), r"'x': its table"),
    (aux("x", "1") + "<aux name='y'>", r"line 1: it is no whole XML"), (aux("x", "&amp;__import__"), r"'x': its equation cannot be read"),
])
def test_what_xmile_cannot_be_imported_is_one_sentence_with_file_and_name(tmp_path, text, message):
    path = xmile(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name, content, message", [
    ("a.xmile", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><xmile><model/>&e;</xmile>", r"document type|no whole XML"),
    ("a.xml", b"<html/>", r"it is no XMILE, its root is 'html'"), ("a.xmile", b"<?xml version='1.0' encoding='utf-8'?><xmile>\xff</xmile>", r"no whole XML"),
    ("a.stmx", b"", r"no XML"), ("a.mdl", "x=1~~|".encode("utf-16"), r"line 1: it is not encoded in utf-8"),
    ("a.mdl", b"{nonsense}\nx=1~~|", r"'nonsense', which is none"),
    ("a.mdl", b"x=1~~|\ny=2~Month", r"line 2: no sense can be made of 'y=2~Month'"), ("a.mdl", b"", r"it is empty"),
    ("a.mdl", b"lorem ipsum dolor = sit amet ~ | " * 300_000, r"no sense"), ("a.mdl", b"(" * 10_000_000, r"no sense"),
    ("a.xmile", b"<a>" * 3_000_000, r"no whole XML"),
], ids=range(11))
def test_what_is_no_model_is_refused_at_once(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    began = time.process_time()
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert time.process_time() - began < 2 and str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


ROUND = ("SIR/SIR.stmx", "bpowers-hares_and_lynxes_modules/model.xmile", "active_initial_circular/test_active_initial_circular.mdl", "trend/test_trend.mdl",
         "arguments/test_arguments.mdl", "delay_parentheses/test_delay_parentheses.mdl", "lookups_with_expr/test_lookups_with_expr.mdl",
         "special_characters/test_special_variable_names.mdl", "xidz_zidz/xidz_zidz.mdl")


@pytest.mark.parametrize("name", ROUND)
def test_a_model_written_to_a_file_has_the_same_rates(name, tmp_path):
    model = load(SUITE / name)
    path = tmp_path / "written.py"
    path.write_text(model_source(model, name), encoding="utf-8")
    again = load(path)
    assert set(again.quantities) == set(model.quantities) and again.span == model.span
    random = np.random.default_rng(1)
    for _ in range(10):
        state = dict(zip([stock.name for stock in model.stocks], random.uniform(0.1, 2, len(model.stocks)), strict=True))
        moment = random.uniform(*model.span)
        one, other = (rates(each, moment, state) for each in (model, again))
        assert all(other[stock] == pytest.approx(one[stock], rel=1e-10, abs=1e-10) for stock in state)


def rates(model, moment, state):
    inputs = [*(parameter.value for parameter in model.parameters), *(table.table for table in model.lookups), *[0.0] * len(model.modes)]
    values = compiled(model, held=False).rhs(moment, [state[stock.name] for stock in model.stocks], inputs)
    return dict(zip([stock.name for stock in model.stocks], values, strict=True))


def test_the_command_line_takes_foreign_files(tmp_path):
    source, made = str(SUITE / "case_sensitive_extension" / "teacup-upper.MDL"), str(tmp_path / "tea.py")
    invoke = CliRunner().invoke
    assert invoke(main, ["import", source, "--out", made]).output.startswith(f"Wrote {made}: 1 stock, 1 flow, 5 parameters")
    ends = [json.loads(invoke(main, ["run", model, "--method", "euler", "--json"]).stdout) for model in (source, made)]
    assert ends[0]["final"] == ends[1]["final"] and ends[0]["solver"]["method"] == "Euler"
    again = invoke(main, ["import", source, "--out", made])
    assert again.exit_code == 2 and "is there already" in again.output
    assert invoke(main, ["run", str(SUITE / "none.stmx")]).exit_code == 2
