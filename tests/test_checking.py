"""`check` finds each planted fault and names the quantity, and stays quiet on the same model without it."""

import inspect
import json

import pytest
from click.testing import CliRunner
from reservoir import written

from sd_basis import CLOUD, Flow, InputError, Model, Parameter, Stock
from sd_basis.checking import CHECKS, check_model
from sd_basis.cli import main

# click before 8.2 mixes stderr into stdout unless it is told not to
RUNNER = CliRunner(**({"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))
DEAR = ("integration", "extremes", "claims")  # what takes many runs is made where it is the point
USE = 'use = Auxiliary("use", thirst * level * thrift(fullness), "litre/day")'
EXP = ("\ntown, ", "from sympy import exp\n\ntown, ")
RAINING = 'rate=rain)'
MADE = 'outcomes=(plenty, scarce), span=(0, 150))'


def parameter(name, value, unit, rest='between=(0, 10), reference="invented"'):
    """Return an unused line that declares a parameter."""
    return f'{name} = Parameter("{name}", {value}, "{unit}", {rest})\n'


# name -> (changes of the model, cases, the check that finds it, its grade, the names it finds, words of the sentence)
PLANTED = {
    "rate per year where one per day is due": (
        [('0.1, "1/day"', '0.1, "1/year"')], {}, "units", "error", [{"use"}], ["factor"]),
    "two equations of wrong dimension": (
        [("utility_cash / pay_time", "utility_cash * pay_time"), ("level / capacity", "level * capacity")], {}, "units", "error",
        [{"fullness"}, {"wages"}], ["dimensions differ"]),
    "malformed unit": ([('"day", between=(1, 10)', '"day//", between=(1, 10)')], {}, "units", "error", [{"pay_time"}], ["day//"]),
    "parameter without a unit": ([('100, "litre", between', '100, between')], {}, "units", "warning", [{"capacity"}], ["no unit"]),
    "parameter without a source": (
        [('domain=(0, None), reference="invented")\npay_time', 'domain=(0, None))\npay_time')], {}, "documentation", "warning", [{"price"}], ["reference"]),
    "lookup without a source": ([(', kind="smooth", reference="invented"', ', kind="smooth"')], {}, "documentation", "warning", [{"thrift"}], ["reference"]),
    "value outside its own range": ([("between=(90, 150)", "between=(120, 150)")], {}, "ranges", "warning", [{"capacity"}], ["100", "[120, 150]"]),
    "range of one number": ([("between=(0, 1)", "between=(0.5, 0.5)")], {}, "ranges", "warning", [{"price"}], ["one number"]),
    "parameter that nothing refers to": ([("thrift = ", parameter("spare", 1, "1") + "thrift = ")], {}, "unused", "warning", [{"spare"}], ["nothing refers"]),
    "auxiliary that nothing refers to": (
        [(USE, f'{USE}\nidle = Auxiliary("idle", level / 2, "litre")')], {}, "unused", "warning", [{"idle"}], ["nothing refers"]),
    "parameter that cancels": (
        [("thrift = ", parameter("fog", 1, "litre/day") + "thrift = "), (RAINING, "rate=rain + fog - fog)")], {}, "unused", "warning", [{"fog"}], ["cancels"]),
    "flow that was forgotten": (
        [("\nration", '\nseeping = Flow("seeping", source=level, sink=CLOUD, rate=level / pay_time)\nration')], {}, "unused", "error", [{"seeping"}],
        ["flows="]),
    "policy on a parameter without effect": (
        [("thrift = ", parameter("flags", 1, "1") + "thrift = "), ("policies=(ration,)", 'policies=(ration, Policy("wave", {flags: 2}, start=20))')],
        {}, None, "warning", [{"flags"}, {"wave"}], []),
    "algebraic loop": (
        [("CLOUD, TIME", "CLOUD, TIME, define"), ("level / capacity, ", ""), ("\nraining", "define(fullness, (level - use * pay_time) / capacity)\n\nraining")],
        {}, "algebraic-loops", "error", [{"use", "fullness"}], ["use", "fullness", "->"]),
    "one-sided payment": (
        [("rate=price * use, transfer=True", "rate=price * use")], {}, "ledgers", "error", [{"town"}, {"utility"}], ["does not close"]),
    "outflow that does not vanish": ([("sink=CLOUD, rate=use", "sink=CLOUD, rate=2 * rain")], {}, "positivity", "error", [{"level"}], ["drinking"]),
    "flow that runs backwards": (
        [("utility_cash / pay_time", "(utility_cash - price * capacity) / pay_time")], {}, "positivity", "warning", [{"wages"}], ["backwards"]),
    "lookup left": ([("[(0, 0.2), (0.5, 0.8), (1, 1)]", "[(0, 0.2), (0.3, 0.8)]")], {}, "lookups", "warning", [{"thrift"}], ["0.3"]),
    "case that fails": ([], {"storm": '[[policies]]\nname = "dyke"\n'}, "cases", "error", [{"storm"}], ["dyke"]),
    "case that is undecided": ([("when=level <= enough", "when=level <= enough / 4")], {"drought": "[parameters]\nrain = 1\n"}, "cases", "warning",
                               [{"drought"}], ["no outcome"]),
    "case that ends otherwise": ([], {"drought": 'expected = "plenty"\n[parameters]\nrain = 1\n'}, "cases", "error", [{"drought"}], ["scarce", "plenty"]),
    "case outside a range": ([], {"flood": "[parameters]\nrain = 9\n"}, "cases", "warning", [{"flood", "rain"}], ["[1, 8]"]),
    "outcome that cannot be": (
        [(MADE, 'outcomes=(plenty, scarce, Outcome("gone", when=level < 0)), span=(0, 150))')], {}, "outcomes", "warning", [{"gone"}], ["never"]),
    "outcome that excludes itself": (
        [(MADE, 'outcomes=(plenty, scarce, Outcome("odd", when=Min(level - 2 * enough, enough - level) > 0)), span=(0, 150))'),
         ("CLOUD, TIME", "CLOUD, TIME, Min")], {}, "outcomes", "warning", [{"odd"}], ["never"]),
    "outcome in the shadow of another": (
        [(MADE, 'outcomes=(plenty, scarce, Outcome("low", when=level <= enough)), span=(0, 150))')], {}, "outcomes", "warning", [{"low"}], ["scarce"]),
    "policy after the end": (
        [("start=20", "start=200")], {"normal": 'expected = "undecided"\n[[policies]]\nname = "ration"\n'}, "cases", "warning",
        [{"normal", "ration"}], ["after the run ends"]),
    "policy of no case after the end": (
        [("policies=(ration,)", 'policies=(ration, Policy("flush", {thirst: 0.2}, start=200))')], {}, "policies", "warning",
        [{"flush"}], ["after the run ends"]),
    "policy before the beginning": (
        [("policies=(ration,)", 'policies=(ration, Policy("flush", {thirst: 0.2}, start=-2))')], {}, "policies", "error", [{"flush"}], ["before the run"]),
    "policy that changes nothing": ([('"saving", 1.5', '"saving", 1')], {}, "policies", "warning", [{"ration"}], ["changes nothing"]),
    "loop whose gain is zero": (
        [("thrift = ", parameter("habit", 0, "1") + "thrift = "), ("level * thrift(fullness)", "level * (1 - habit + habit * thrift(fullness))")],
        {}, "loops", "warning", [{"fullness", "use"}], ["dead"]),
    "division by zero at the end of a range": ([("between=(1, 10)", "between=(0, 10)")], {}, "extremes", "error", [{"pay_time"}], ["division by zero"]),
    "equation that fails at zero stock": (
        [("level * thrift(fullness)", "level * thrift(fullness) * exp(-0.1 * capacity / level)"), EXP], {}, "extremes", "error", [{"level"}], ["division"]),
    "event that the solver steps over": (
        [(RAINING, "rate=rain + 20 * rain * exp(-((TIME - peak) / hour)**2))"), EXP,
         ("thrift = ", parameter("peak", 127.3, "day", 'reference="x"') + parameter("hour", 0.2, "day", 'reference="x"') + "thrift = ")],
        {}, "integration", "error", [{"level"}], ["of its size"]),
}


def test_a_sound_model_passes_every_check(tmp_path):
    found = check_model(written(tmp_path))
    assert found.sound and {check.name for check in found.checked if check.result != "passed"} <= {"knock-outs"}, list(found)  # which needs an extra


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_exactly(tmp_path, name):
    changes, cases, check, grade, names, words = PLANTED[name]
    found = check_model(written(tmp_path, *changes, cases=cases), skip=[dear for dear in DEAR if dear != check])
    grave = [one for one in found if one.grade != "note"]
    assert [set(one.names) for one in grave] == names and {one.grade for one in grave} == {grade}, list(found)
    assert check is None or {one.check for one in grave} == {check}
    for one in grave:
        assert one.sentence.count(": ") >= 1 and ";" in one.sentence and all(name in one.sentence for name in one.names)
        assert all(word in one.sentence for word in words), one.sentence


def test_a_table_that_has_levelled_off_may_be_held(tmp_path):
    path = written(tmp_path, ("[(0, 0.2), (0.5, 0.8), (1, 1)]", "[(0, 0.2), (0.25, 0.8), (0.5, 0.82)]"))
    assert [(one.grade, one.names) for one in check_model(path, only=["lookups"])] == [("note", ("thrift",))]


def cooling(step):
    """A cup that cools, in Euler's steps."""
    heat = Stock("heat", 80, "kelvin", nonnegative=True)
    pace = Parameter("pace", 0.2, "1/minute", between=(0.1, 0.3), reference="invented")
    model = Model("cup", (Flow("loss", source=heat, sink=CLOUD, rate=pace * heat),), span=(0, 30), time_unit="minute")
    model.step = step
    return model


def test_a_step_of_euler_that_is_too_coarse_is_found():
    coarse, fine = (check_model(cooling(step), only=["integration"]) for step in (2, 0.01))
    assert fine.sound and [one.names for one in coarse] == [("heat",)] and "steps of 1 leave" in next(iter(coarse)).sentence


def test_a_claim_that_breaks_or_cannot_fail_is_found(tmp_path):
    from reservoir import CLAIMS
    refuted = check_model(written(tmp_path, claims=CLAIMS.replace("at_most=80", "at_most=60")), only=["claims"])
    assert [(one.grade, one.names) for one in refuted] == [("error", ("stays-below",))] and "not at most 60" in next(iter(refuted)).sentence
    (tmp_path / "reservoir.claims.py").write_text(CLAIMS.replace('set={"rain": 40}', 'set={"price": 0}'))
    assert [(one.grade, one.names) for one in check_model(tmp_path / "reservoir.py", only=["claims"])] == [("warning", ("stays-below",))]


def test_every_algebraic_loop_of_a_model_is_named(tmp_path):
    path = tmp_path / "loops.py"
    path.write_text("from sd_basis import *\na, b, c, d = (Auxiliary(name) for name in 'abcd')\n"
                    "define(a, b + 1)\ndefine(b, a * 2)\ndefine(c, d + 1)\ndefine(d, c * 2)\nlevel = Stock('level', 1)\n"
                    "MODEL = Model('loops', (Flow('f', source=CLOUD, sink=level, rate=a + c),), span=(0, 1))\n")
    found = check_model(path)
    assert [set(one.names) for one in found] == [{"a", "b"}, {"c", "d"}] and "15 skipped" in found.summary
    with pytest.raises(InputError, match="algebraic loop"):
        check_model(path, only=["units"])


def test_shipped_models_are_sound():
    for name in ("savings", "repo_loan"):
        found = check_model(name, skip=["integration"])  # which takes a second
        assert found.sound, list(found)


def test_checks_without_a_subject_say_that_they_are_skipped():
    found = check_model("savings", quick=True)
    skipped = {check.name: check.skipped for check in found.checked if check.skipped}
    assert set(skipped) == {"ledgers", "lookups", "policies", "extremes", "integration", "loops", "knock-outs", "claims"}
    assert "no balance sheets" in skipped["ledgers"] and skipped["claims"] == "a quick look" and "8 passed" in found.summary


def test_every_check_says_what_it_tests_and_where_it_is_from():
    for check in CHECKS:
        assert check.source and len(check.title) <= 70 and inspect.getdoc(check.find)


def command(*words):
    done = RUNNER.invoke(main, ["check", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_ends_with_one_where_it_finds_something_and_zero_where_not(tmp_path):
    sound = written(tmp_path)
    code, out, err = command(sound, "--skip", "integration", "--skip", "extremes", "--skip", "knock-outs")
    assert (code, err) == (0, "") and "13 checks: 13 passed" in out
    (tmp_path / "more").mkdir()
    faulty = written(tmp_path / "more", ("between=(0, 1)", "between=(0.5, 0.5)"))
    code, out, err = command(faulty, "--quick")
    assert (code, err) == (1, "") and "Warning (ranges): parameter 'price'" in out
    code, out, err = command(faulty, "--only", "ranges", "--json")
    document = json.loads(out)
    assert code == 1 and document["sound"] is False and [one["names"] for one in document["findings"] if one["grade"] != "note"] == [["price"]]
    assert [check["result"] for check in document["checks"]] == ["findings"]


@pytest.mark.parametrize(("words", "part"), [
    (("no_such_model",), "no shipped model"), (("savings", "--only", "unit"), "did you mean 'units'"),
    (("savings", "--skip", "claim"), "did you mean 'claims'"),
    (("savings", "--case", "calm"), "case"), (("savings", "--method", "Euler"), "Euler"), (("savings", "--rtol", "2"), "rtol"),
    (("repo_loan", "--values", "high"), "value set"),
])
def test_wrong_use_is_one_sentence_and_exit_two(words, part):
    code, out, err = command(*words)
    assert code == 2 and out == "" and err.startswith("Error: ") and err.count("\n") == 1 and part in err
