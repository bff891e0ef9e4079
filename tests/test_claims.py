"""Claims: what holds, what does not and what cannot be told, the command that says so, and its refusals."""

import csv
import json
import math
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_cli import RUNNER

from sd_basis import Bound, Control, Expectation, InputError, Model, Study, load
from sd_basis.cli import main
from sd_basis.expectations import expectations, numbered
from sd_basis.study import Runs
from sd_basis.trials import tried, value_sets
from sd_basis.verdicts import FAILS, HOLDS, OPEN, check, document, judgement, measured, restored, trial

CHECKOUT = Path(__file__).parent.parent
POND = '''"""A pond that drains, and a spring that a policy opens: level = level_0 exp(-share t) without it."""
from sd_basis import CLOUD, Auxiliary, Flow, Model, Outcome, Parameter, Policy, Stock
level = Stock("level", 8.0, "litre", scale=1)
share = Parameter("share", 0.5, "1/day", domain=(-1, 5))
spring = Parameter("spring", 0.0, "litre/day", domain=(0, 100))
seen = Auxiliary("seen", level)
drain = Flow("drain", source=level, sink=CLOUD, rate=share * seen, reversible=True)
source = Flow("source", source=CLOUD, sink=level, rate=spring)
explosive = Parameter("explosive", 0.0, "1/litre/day", domain=(0, None))
burst = Flow("burst", source=CLOUD, sink=level, rate=explosive * level**2, reversible=True)
opened = Policy("opened", {spring: 4}, start=1)
MODEL = Model("pond", (drain, source, burst), span=(0, 4), policies=(opened,),
              outcomes=(Outcome("dry", level < 1.5, absorbing=True), Outcome("wet", level >= 1.5)))
'''
CLAIMS = '''"""What the pond claims."""
from sd_basis import Bound, Control, Expectation

def left(study):
    """What is left of the pond at the end.

    The level is level_0 exp(-share t).
    """
    run = study.run()
    return {"left": run["level"][-1], "begun": run["level"][0]}

def bursting(study):
    """A run that cannot go on."""
    return {"left": study.run(set={"explosive": 1})["level"][-1]}

def deadline(study):
    """The last start of the spring that keeps the pond wet."""
    turn = study.turning(None, 0, 2, policies=["opened"]) if study.values else None
    return {"deadline": turn.shift if turn else float("inf")}

EXPECTATIONS = (
    Expectation(4, "burst", "It bursts.", bursting, (Bound("left", at_most=1),), Control("no drain", set={"share": 0})),
    Expectation(1, "drains", "The pond drains to about a litre.", left, (Bound("left", at_least=1, at_most=1.5, unit="litre"),),
                Control("no drain", set={"share": 0}), caution="It never rains here.", shows=("level",)),
    Expectation(2, "dries", "The pond dries out.", left, (Bound("left", at_most=0.1, unit="litre"),),
                Control("a drain that sees nothing", cuts=("level -> seen",))),
    Expectation(3, "there", "There is a pond.", left, (Bound("begun", at_least=1),), Control("no drain", set={"share": 0})),
)
'''
QUICK = "[parameters]\nshare = 2.0\n"


def pond(folder, name="pond", sets=False, claims=CLAIMS):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(POND)
    (folder / f"{name}.claims.py").write_text(claims)
    if sets:
        (folder / f"{name}.values").mkdir()
        (folder / f"{name}.values" / "supercritical.toml").write_text("[parameters]\nshare = 0.5\n")
        (folder / f"{name}.values" / "quick.toml").write_text(QUICK)
    return folder / f"{name}.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pond without value sets and one with two that disagree."""
    folder = tmp_path_factory.mktemp("claims")
    pond(folder)
    pond(folder, "ponds", sets=True)
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return load(folder / "pond.py")


@pytest.fixture(scope="module")
def judged(model):
    """The judgements of the pond without value sets, by number."""
    return {claim.number: judgement(claim, [finding]) for claim, finding in tried(model, expectations(model.path), [None])}


def command(*words, code=0):
    done = RUNNER.invoke(main, ["claims", *map(str, words)])
    assert done.exit_code == code, done.output + done.stderr
    return done


LEVEL = Bound("level", at_most=5, unit="litre")


def level(study):
    return {"level": study.run()["level"][-1]}


def claim(measure=level, bounds=(LEVEL,), control=None, **more):
    return Expectation(7, "seventh", "Seven.", measure, bounds, control or Control("no drain", set={"share": 0}), **more)


def verdict(model, *given, **more):
    return trial(claim(*given, **more), Runs(model), None)[0]


def test_a_claim_holds_that_its_control_refutes(judged):
    one = judged[1]
    (found,) = one.findings
    assert one.verdict == HOLDS and found.claim.numbers["left"] == pytest.approx(8 * math.exp(-2), rel=1e-4)
    assert found.control.numbers["left"] == 8 and one.why == "every bound holds, and in the control (no drain) left is 8 litre"


def test_a_broken_bound_is_named_with_its_number(judged):
    assert judged[2].verdict == FAILS and judged[2].why == "left is 1.083 litre, not at most 0.1 litre"


def test_a_control_that_refutes_nothing_leaves_the_claim_open(judged):
    assert judged[3].verdict == OPEN and judged[3].why == "every bound holds in the control (no drain) too, so that it could not have failed"


def test_a_run_that_fails_leaves_the_claim_open(judged):
    assert judged[4].verdict == OPEN and "a run failed (model 'pond': the integration stopped at t = " in judged[4].why
    assert judged[4].findings[0].claim.numbers == {}


def test_a_control_that_fails_or_has_no_value_leaves_the_claim_open(model):
    assert verdict(model, control=Control("it bursts", set={"explosive": 1})).why.startswith("every bound holds, but in the control (it bursts) a run failed")
    blank = verdict(model, lambda study: {"level": None if study.is_control else 1.0})
    assert (blank.verdict, blank.why) == (OPEN, "every bound holds, but in the control (no drain) level has no value")


@pytest.mark.parametrize(("value", "expected"), [
    (None, OPEN), (math.nan, OPEN), (math.inf, FAILS), (-math.inf, HOLDS), (5, HOLDS), (5.0000001, FAILS), (True, HOLDS)])
def test_a_number_that_is_missing_cannot_be_told_and_never_is_infinite(value, expected, model):
    found = verdict(model, lambda study: {"level": 9.0 if study.is_control else value})
    assert found.verdict == expected
    assert found.why != "level is 5 litre, not at most 5 litre"


def test_a_broken_bound_outweighs_a_missing_number(model):
    found = verdict(model, lambda study: {"level": 9, "other": None}, (LEVEL, Bound("other", at_least=0)))
    assert (found.verdict, found.why) == (FAILS, "level is 9 litre, not at most 5 litre")


def test_a_control_that_changes_no_number_is_said_to(model):
    found = verdict(model, control=Control("half as it is", set={"share": 0.5}))
    assert found.why == "the control (half as it is) changes none of the numbers, so that it could not have failed"


def test_value_sets_that_disagree_leave_the_claim_open(folder):
    model = load(folder / "ponds.py")
    assert value_sets(model) == ["supercritical", "quick"]
    (drains,) = numbered(model.path, ["drains"])
    one = judgement(drains, [finding for _, finding in tried(model, [drains], value_sets(model))])
    assert one.verdict == OPEN and one.why.startswith("the value sets disagree: in supercritical it holds, in quick it does not hold (supercritical: every ")
    assert restored(drains, json.loads(json.dumps(document(one)))) == one


def test_a_model_whose_sets_are_no_default_is_measured_with_its_own_values_too(tmp_path):
    model = load(pond(tmp_path, sets=True))
    (model.path.with_suffix(".values") / "supercritical.toml").rename(model.path.with_suffix(".values") / "slow.toml")
    assert value_sets(load(model.path)) == [None, "quick", "slow"]
    done = command(model.path, 1, 2, "--workers", 1)
    assert done.stdout.splitlines()[-1].endswith("Numbers: own values | quick | slow.") and "1.083 | 0.002684 |" in done.stdout


def test_runs_are_computed_once_whoever_asks(model):
    runs = Runs(model)
    plain, control = Study(runs), Study(runs, control=Control("no drain", set={"share": 0}))
    assert plain.run() is plain.run() is Study(runs).run() and runs.computed == 1
    assert control.run() is plain.run(set={"share": 0.0}) and control.run(set={"share": 3}) is control.run() and runs.computed == 2
    assert plain.asked == [plain.run(), control.run()] and control.asked == [control.run()]
    failing = {"explosive": 1.0}
    for _ in range(2):
        assert measured(claim(lambda study: {"level": study.run(set=failing)["level"][-1]}), plain).failure
    assert runs.computed == 3 and plain.run(cuts=iter(("level -> seen",))) is plain.run(cuts=["level -> seen", "level -> seen"])


def test_a_study_shows_a_run_at_the_times_it_is_asked_for(model):
    study, times = Study(Runs(model)), np.linspace(0, 4, 2001)
    run = study.run(at=times)
    assert run["level"] == pytest.approx(8 * np.exp(-times / 2), rel=1e-4) and study.run(at=times.tolist()) is run
    times[1000] += 1e-3  # which the text of a long array does not show
    assert study.run(at=times) is not run


def test_a_study_keeps_only_so_many_runs(model):
    runs = Runs(model, keep=2)
    for share in (0.1, 0.2, 0.3, 0.1):
        Study(runs).run(set={"share": share})
    assert runs.computed == 4 and len(runs._known) == 2


def test_the_changes_of_a_control_come_on_top_of_those_of_the_formula(model):
    runs = Runs(model)
    control = Study(runs, control=Control("much", set={"share": 0}, initial={"level": 3}, policies=("opened",), cuts=("level -> seen@2",)))
    run = control.run(set={model.quantities["share"]: 2}, initial={"level": 5}, policies=[model.policy("opened").at(2)], cuts=["level -> seen@2"])
    assert run["level"][-1] == pytest.approx(3 + 3 * 4) and control.parameter("share") == 0 and Study(runs).parameter("share") == 0.5
    assert [cut.name for cut in control.model.cuts] == ["level -> seen"] and not Study(runs).model.cuts


def test_a_case_of_a_control_takes_the_place_of_every_case(folder):
    (folder / "pond.cases").mkdir(exist_ok=True)
    (folder / "pond.cases" / "full.toml").write_text("[initial]\nlevel = 20\n[parameters]\nshare = 0\n")
    study = Study(Runs(load(folder / "pond.py")), control=Control("full", case="full"))
    assert study.run()["level"][-1] == 20 and study.parameter("share") == 0


def test_the_turning_is_where_the_spring_comes_too_late(model):
    study = Study(Runs(model))
    turn = study.turning(None, 0, 3, policies=["opened"], span=(0, 8), xtol=1e-4)
    assert turn.low < 2 * math.log(8 / 1.5) - 1 < turn.high and (turn.below, turn.above) == ("wet", "dry")
    assert study.turning(None, 0, 1, policies=["opened"], span=(0, 8)) is None
    with pytest.raises(InputError, match="has no outcomes 'outcomes'; choose one of: outcome"):
        study.turning(None, 0, 1, group="outcomes")


WRONG = [
    (lambda: Bound("x"), "bound 'x': it has no limit"), (lambda: Bound("", at_most=1), "its name is no text"),
    (lambda: Bound("x", at_most=1, at_least=2), "exclude one another"), (lambda: Bound("x", at_most=math.nan), "nan is no finite number"),
    (lambda: Control("same"), "control 'same': it changes nothing"), (lambda: Control(" ", set={"share": 0}), "no description"),
    (lambda: Control("x", cuts="a -> b"), r"cuts: 'a -> b' is no tuple"), (lambda: Control("x", set=[1]), r"set: \[1\] is no mapping"),
    (lambda: claim(bounds=()), "claim 7 'seventh': it has no bounds"), (lambda: claim(bounds=LEVEL), "is no tuple of Bound"),
    (lambda: claim(bounds=(LEVEL, LEVEL)), "two bounds are about 'level'"), (lambda: claim(measure=3), "measure: 3 is no function"),
    (lambda: claim(control="none"), "'none' is no Control"), (lambda: claim(shows="level"), "'level' is no tuple of str"),
    (lambda: replace(claim(), number=0), "its number is 0"), (lambda: replace(claim(), claim=" "), "its claim is empty"),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_a_wrong_declaration_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(("control", "message"), [
    (Control("x", set={"shar": 0}), "control: no parameter 'shar'; did you mean 'share'"), (Control("x", set={"share": 9}), "outside its domain"),
    (Control("x", set={"share": math.nan}), "share"), (Control("x", cuts=("drain -> sen",)), "did you mean 'seen'"),
    (Control("x", case="wintr"), "no case or TOML file 'wintr'"), (Control("x", policies=("open",)), "did you mean 'opened'"),
    (Control("x", initial={"lvel": 1}), "did you mean 'level'")])
def test_a_control_the_model_does_not_have_is_refused_before_anything_runs(control, message, model):
    with pytest.raises(InputError, match=f"^claim 7 'seventh', control: .*{message.removeprefix('control: ')}"):
        check(claim(control=control), model)


def test_a_shown_quantity_the_model_does_not_have_is_refused(model):
    with pytest.raises(InputError, match="claim 7 'seventh', shows: no quantity 'levl'; did you mean 'level'"):
        check(claim(shows=("levl",)), model)


@pytest.mark.parametrize(("measure", "message"), [
    (lambda study: {"leval": 1}, "bound: no measured number 'level'; did you mean 'leval'"), (lambda study: 3, "its formula returned int"),
    (lambda study: {"level": "1"}, "level: '1' is text"), (lambda study: {"level": [1, 2]}, r"level: \[1, 2\] is not one number"),
    (lambda study: {"level": 1 / 0}, r"test_claims.py, line \d+: ZeroDivisionError: division by zero; mend its formula"),
    (lambda study: {"level": study.run()["levl"][-1]}, "no quantity 'levl'"), (lambda study: study.run("pont"), "no case or TOML file 'pont'"),
    (lambda study: study.run(cuts="level -> seen"), "write cuts=")])
def test_a_wrong_formula_names_its_claim(measure, message, model):
    with pytest.raises(InputError, match=f"^claim 7 'seventh'.*{message}"):
        measured(claim(measure), Study(Runs(model)))


@pytest.mark.parametrize(("text", "message"), [
    ("EXPECTATIONS = ()", "pond.claims.py: it defines no EXPECTATIONS"), ("x = 1", "it defines no EXPECTATIONS"),
    ("x = (", "line 1"), ("1 / 0", "ZeroDivisionError"), (None, "makes no claims"),
    (f"{CLAIMS}EXPECTATIONS += EXPECTATIONS[:1]", "two claims have the number 4"),
    (f"{CLAIMS}EXPECTATIONS += (Expectation(9, 'burst', 'x', left, (Bound('left', 1),), Control('x', in_formula=True)),)",
     "two claims have the name 'burst'")])
def test_wrong_claims_end_the_command_with_a_sentence(text, message, tmp_path):
    path = pond(tmp_path, claims=text or "")
    if text is None:
        path.with_suffix(".claims.py").unlink()
    done = command(path, code=2)
    assert done.stderr.startswith("Error: ") and message in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("words", "message"), [
    (["99"], "no claim '99'; choose one of: 1, 2, 3, 4"), (["drain"], "no claim 'drain'; did you mean 'drains' or 'dries'?"),
    (["--values", "x"], "no value set 'x'"),
    (["--method", "BDFF"], "did you mean 'BDF'?"), (["--workers", "0"], "--workers"), (["--rtol", "2"], "rtol")])
def test_bad_use_ends_with_two(words, message, folder):
    assert message in command(folder / "pond.py", *words, code=2).stderr


def test_the_table_has_a_row_for_each_claim_in_less_than_120_columns(folder):
    lines = command(folder / "ponds.py", "--workers", 1).stdout.splitlines()
    assert max(map(len, lines)) < 120 and [line[0] for line in lines[2:] if line[:1].isdigit()][:4] == ["1", "2", "3", "4"]
    (drains,) = (line for line in lines if line.startswith("1"))
    assert drains.split("  ")[-1].strip() == "cannot be told" and "1.083 | 0.002684" in lines[lines.index(drains) + 1]
    assert lines[-1].startswith("4 claims: ") and lines[-1].endswith("Numbers: supercritical | quick.")


def test_the_json_is_strict_and_has_the_fields_of_the_contract(folder):
    def refuse(constant):
        raise AssertionError(constant)
    done = command(folder / "ponds.py", 4, 1, "--json", "--workers", 1)
    burst, drains = json.loads(done.stdout, parse_constant=refuse)
    assert list(burst)[:1] == ["number"] and {"claim", "measured", "bound", "control", "verdict"} < set(burst)
    assert all(isinstance(drains[field], (str, int)) for field in ("number", "claim", "measured", "bound", "control", "verdict"))
    assert (drains["number"], drains["verdict"], drains["bound"]) == (1, OPEN, "left at least 1 and at most 1.5 litre")
    assert drains["measured"] == "supercritical: left 1.083 litre; quick: left 0.002684 litre"
    assert drains["control"].startswith("no drain: supercritical: left 8 litre")
    assert [entry["verdict"] for entry in drains["value_sets"]] == [HOLDS, FAILS]
    assert drains["value_sets"][0]["measured"]["numbers"]["left"] == pytest.approx(8 * math.exp(-2), rel=1e-4)
    (single,) = json.loads(command(folder / "ponds.py", "drains", "--json", "--values", "supercritical").stdout)
    assert single["verdict"] == HOLDS and len(single["value_sets"]) == 1


def test_numbers_without_end_are_texts_in_json(model):
    never = claim(lambda study: {"level": math.inf if study.is_control else None, "other": -math.inf})
    shown = document(judgement(never, [trial(never, Runs(model), None)[0]]))
    assert shown["value_sets"][0]["measured"]["numbers"] == {"level": None, "other": "-inf"} and shown["measured"] == "level none"
    assert shown["control"] == "no drain: level inf" and json.dumps(shown, allow_nan=False)


def test_what_was_measured_before_is_not_measured_again(tmp_path):
    path, out = pond(tmp_path, sets=True), tmp_path / "out"
    assert "Wrote claims.csv and 2 claims" in command(path, 1, 2, "--out", out, "--workers", 1).stdout
    assert sorted(file.name for file in out.iterdir()) == ["claim-01.json", "claim-02.json", "claims.csv", "claims.manifest.json"]
    kept = (out / "claim-01.json").read_text()
    (out / "claim-02.json").write_text(kept[:50])
    (out / "claim-01.json").write_text(kept.replace("The pond drains", "The pond drained"))
    again = command(path, "--out", out, "--workers", 1)
    assert again.stderr == f"1 of 4 claims were measured before, in {out}\n" and "The pond drained" in (out / "claim-01.json").read_text()
    with (out / "claims.csv").open() as file:
        assert [row["verdict"] for row in csv.DictReader(file)] == [OPEN] * 4
    with path.open("a") as file:
        file.write("# changed\n")
    assert command(path, 1, 2, "--out", out, "--workers", 1).stderr == "" and "drained" not in (out / "claim-01.json").read_text()


def test_an_interrupted_command_keeps_what_is_finished_and_goes_on(tmp_path):
    stopped = CLAIMS.replace('    """A run that cannot go on."""\n', '    import os, signal\n    os.kill(os.getpid(), signal.SIGINT)\n')
    path, out = pond(tmp_path, claims=stopped), tmp_path / "out"
    done = command(path, "--out", out, "--workers", 1, code=130)
    assert done.stderr.strip() == "Error: interrupted; files written so far are whole" and not done.stdout
    assert sorted(file.name for file in out.iterdir()) == ["claim-01.json", "claim-02.json", "claim-03.json"]
    resumed = command(path, 1, 2, 3, "--out", out, "--json")
    assert "3 of 3 claims were measured before" in resumed.stderr and resumed.stdout == command(path, 1, 2, 3, "--json", "--workers", 1).stdout


def test_several_processes_find_what_one_finds_and_tell_what_is_wrong(tmp_path):
    model = load(pond(tmp_path, claims=CLAIMS.replace('"explosive"', '"explosiv"')))
    claims, together = expectations(model.path), {}
    with pytest.raises(InputError, match="^claim 4 'burst': .*did you mean 'explosive'"):
        for one, found in tried(model, claims, [None], workers=2):
            together[one.number] = found
    alone = {one.number: found for one, found in tried(model, claims[:3], [None])}
    assert together.items() <= alone.items() and together and not multiprocessing.active_children()


def test_a_single_claim_is_explained_and_drawn(folder, tmp_path):
    shown = command(folder / "ponds.py", 1, "--out", tmp_path).stdout
    for part in ("Claim 1, drains: The pond drains to about a litre.", "Measured: What is left of the pond at the end.", "level_0 exp(-share t)",
                 "Control: no drain (share = 0)", "Caution: It never rains here.", "Verdict: cannot be told.", "supercritical: holds: every bound holds"):
        assert part in shown
    drawn = tmp_path / "ponds" / "claims"
    assert sorted(file.name for file in drawn.iterdir()) == [f"01_drains.{kind}" for kind in ("csv", "manifest.json", "png", "svg")]
    header = (drawn / "01_drains.csv").read_text().partition("\n")[0]
    assert header.startswith("\"supercritical, claim: time (day)\",\"supercritical, claim: level (litre)\"") and "quick, control measured" in header


def test_a_failed_run_is_explained_and_drawn_too(folder, tmp_path):
    shown = command(folder / "pond.py", 4, "--out", tmp_path).stdout
    assert "Failed, run: model 'pond': the integration stopped" in " ".join(shown.split()) and (tmp_path / "pond" / "claims" / "04_burst.png").is_file()


def test_a_folder_model_has_its_claims_in_a_file_or_a_package(tmp_path):
    for name, file in (("one", "claims.py"), ("two", "claims/__init__.py")):
        (tmp_path / name / "claims").mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text(POND)
        (tmp_path / name / file).write_text(CLAIMS if name == "one" else "from .. import share\nfrom .own import EXPECTATIONS\n")
    (tmp_path / "two" / "claims" / "own.py").write_text(CLAIMS)
    for name in ("one", "two"):
        assert [one.number for one in expectations(load(tmp_path / name).path)] == [1, 2, 3, 4]


def test_the_packages_beside_the_models_are_in_the_wheel():
    listed = (CHECKOUT / "setup.cfg").read_text()
    for path in (CHECKOUT / "models").rglob("__init__.py"):
        assert f"    sd_basis.{'.'.join(path.parent.relative_to(CHECKOUT).parts)}\n" in listed


def test_a_model_without_a_file_makes_no_claims(model):
    with pytest.raises(InputError, match="makes no claims"):
        expectations(Model("bare", model.flows, span=(0, 1)).path)
