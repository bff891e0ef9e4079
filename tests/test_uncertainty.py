"""Uncertainty and regret over ensembles: distribution functions, bands, fans and rankings of known answers."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from sd_basis import CLOUD, Case, Flow, InputError, Model, Outcome, Parameter, Policy, Series, Stock
from sd_basis.case import Event
from sd_basis.cli import main
from sd_basis.ensemble.axes import Range
from sd_basis.ensemble.crews import open_engine
from sd_basis.ensemble.criticals import critical_delays
from sd_basis.ensemble.designs import Sample
from sd_basis.ensemble.fans import fan
from sd_basis.ensemble.job import Batch, Job
from sd_basis.ensemble.regrets import Action, Term, regret
from sd_basis.transition.scene import Scene


def tank():
    """A tank that fills until the tap is closed at the delay d: it overflows where d > room / inflow."""
    level, tap = Stock("level", 0.0, scale=1.0), Parameter("tap", 1.0, between=(0.5, 2.0))
    room, shut = Parameter("room", 5.0, between=(1.0, 9.0)), Parameter("shut", 0.0)
    fill = Flow("fill", source=CLOUD, sink=level, rate=tap * (1 - shut))
    return Model("tank", [fill], span=(0, 20), policies=[Policy("close", {shut: 1.0})],
                 outcomes=[Outcome("flooded", level > room, absorbing=True), Outcome("dry", level < room)])


SCENE = Scene(tank(), Case("dry", policies=(Event("close", start=3.0),)))


def solved(job, rows):
    """The runs of the tank in closed form: an engine that needs no integration; a negative tap fails."""
    given = {name: rows[:, place] for place, name in enumerate(job.columns)}
    tap, room = given.get("tap", np.ones(len(rows))), given.get("room", np.full(len(rows), 5.0))
    delay = np.where(np.isnan(given["delay"]), 20.0, given["delay"])
    batch = Batch.empty(job, len(rows))
    level = tap * delay
    batch.codes[:, 0] = np.where(level > room, 1, 2)
    batch.values[...] = level[:, None, None]
    batch.highest[...], batch.lowest[...] = level[:, None], 0.0
    return Batch(batch.codes, batch.decided, batch.values, batch.lowest, batch.highest, tuple("no flow" if one < 0 else "" for one in tap))


def test_the_critical_delay_of_every_sample_is_found_at_once():
    samples = np.random.default_rng(1).uniform([0.5, 1.0], [2.0, 9.0], (400, 2))
    found = critical_delays(solved, SCENE, ("tap", "room"), samples, code="flooded", delays=(0.5, 10.0), xtol=1e-6)
    truth = samples[:, 1] / samples[:, 0]
    inside = (truth > 0.5) & (truth < 10)
    assert found.values[inside] == pytest.approx(truth[inside], abs=1e-6) and found.width <= 1e-6
    assert np.all(found.values[truth <= 0.5] == -np.inf) and np.all(found.values[truth >= 10] == np.inf)
    assert found.returning == 0 and found.runs < 400 * (9 + 21) and found.reasons == ()


def test_the_probability_of_a_collapse_is_the_share_of_runs_that_collapse():
    samples = np.random.default_rng(2).uniform([0.5, 1.0], [2.0, 9.0], (1000, 2))
    found = critical_delays(solved, SCENE, ("tap", "room"), samples, code="flooded", delays=(0.5, 10.0), xtol=1e-9)
    assert found.probability(found.delays) == pytest.approx(found.met.mean(axis=0))  # two routes to one number
    assert found.band() == pytest.approx(math.sqrt(math.log(40) / 2000))
    true = np.mean([min(max((delay * tap - 1) / 8, 0), 1) for delay in (4.0,) for tap in np.linspace(0.5, 2.0, 20001)])
    assert abs(found.probability(4.0) - true) < found.band()
    assert found.probability(found.quantile(0.5)) == pytest.approx(0.5, abs=1e-3)
    deciding = found.deciding()
    assert list(deciding) == ["room", "tap"] and deciding["room"] > 0.5 > 0 > deciding["tap"]


def test_failed_samples_are_left_out_and_said():
    found = critical_delays(solved, SCENE, ("tap",), np.array([[1.0], [-1.0], [2.0]]), code="flooded", delays=(0.0, 10.0), xtol=1e-3)
    assert np.isnan(found.values[1]) and found.reasons == ("no flow",) and len(found.known) == 2
    assert found.values[[0, 2]] == pytest.approx([5.0, 2.5], abs=1e-3)


@pytest.mark.parametrize(("change", "said"), [({"code": "floded"}, "did you mean 'flooded'"), ({"delays": (3.0, 1.0)}, "does not rise"),
                                              ({"delays": (0.0, 40.0)}, "give delays in that range"), ({"xtol": 0.0}, "positive width")])
def test_wrong_requests_for_critical_delays_end_with_a_sentence(change, said):
    with pytest.raises(InputError, match=said):
        critical_delays(solved, SCENE, ("tap",), np.ones((2, 1)), **{"code": "flooded", "delays": (0.0, 10.0), **change})


def test_the_bands_of_a_fan_are_the_quantiles_of_each_time():
    values = np.outer(np.arange(101.0), [1.0, 2.0])
    values = np.vstack([values, [np.nan, 1.0]])
    made = fan(np.array([1.0, 2.0]), values)
    assert made.runs == 101 and list(made.median) == [50.0, 100.0]
    assert made.bands[0.5][0] == pytest.approx([25, 50]) and made.bands[0.95][1] == pytest.approx([97.5, 195])
    with pytest.raises(InputError, match="no run is known"):
        fan(np.array([1.0]), np.array([[np.nan]]))


def test_regret_is_the_loss_beyond_the_best_action():
    """The loss of closing at d is |tap d - 4| by two terms of a level that ends where it is highest: the best of 2 and 4 flips at tap = 4/3."""
    taps = np.linspace(0.5, 2.0, 301)

    def off_target(job, rows):
        batch = solved(job, rows)
        batch.values[...] = np.abs(batch.values - 4)
        return batch
    early, late = Action("early", SCENE, 2.0), Action("late", SCENE, 4.0)
    found = regret(off_target, [early, late], ("tap",), taps[:, None], [Term("level")])
    losses = np.abs(np.outer([2, 4], taps) - 4)
    assert found.losses == pytest.approx(losses) and found.failed == 0
    assert found.largest == pytest.approx({"late": 4.0, "early": 2.0}) and list(found.largest) == ["early", "late"]
    assert found.ninetieth["early"] == pytest.approx(np.quantile((losses - losses.min(axis=0))[0], 0.9))
    assert sum(found.best.values()) == pytest.approx(1)
    chance, cut = found.flips()["tap"]
    assert {chance} <= {0.0, 1.0} and cut == pytest.approx(4 / 3, abs=0.01)


def test_an_action_that_is_always_best_has_no_regret_and_no_flip():
    never, soon = Action("never", SCENE), Action("soon", SCENE, 1.0)
    found = regret(solved, [never, soon], ("tap",), np.array([[1.0], [-1.0], [1.5]]), [Term("level", 2.0, "highest")])
    assert found.failed == 1 and found.losses == pytest.approx(np.array([[40.0, 60.0], [2.0, 3.0]]))
    assert found.largest["soon"] == 0 and found.flips() == {} and list(found.best)[0] == "soon"


@pytest.mark.parametrize(("actions", "loss", "said"), [([], [Term("level")], "at least two"), (["a", "a"], [Term("level")], "at least two"),
                                                       (["a", "b"], [], "no loss")])
def test_wrong_requests_for_regret_end_with_a_sentence(actions, loss, said):
    with pytest.raises(InputError, match=said):
        regret(solved, [Action(name, SCENE, 1.0) for name in actions], ("tap",), np.ones((2, 1)), loss)
    with pytest.raises(InputError, match="no measure"):
        Term("level", measure="peak")


def test_a_run_that_broke_off_before_its_end_has_no_loss():
    def broken(job, rows):
        batch = solved(job, rows)
        batch.values[np.isnan(rows[:, 0]), :, -1] = np.where(rows[np.isnan(rows[:, 0]), 1] > 1, np.nan, 20.0)[:, None]
        return batch
    found = regret(broken, [Action("never", SCENE), Action("soon", SCENE, 1.0)], ("tap",), np.array([[1.0], [1.5], [0.5]]), [Term("level")])
    assert found.failed == 1 and found.largest == {"soon": 0.0, "never": pytest.approx(19.5)}


SOURCE = '''
from sd_basis import CLOUD, Flow, Model, Outcome, Parameter, Policy, Series, Stock
level, tap = Stock("level", 0.0, scale=1.0), Parameter("tap", 1.0, between=(0.5, 2.0))
room, shut = Parameter("room", 5.0, between=(1.0, 9.0)), Parameter("shut", 0.0)
fill = Flow("fill", source=CLOUD, sink=level, rate=tap * (1 - shut))
MODEL = Model("tank", [fill], span=(0, 20), policies=[Policy("close", {shut: 1.0}, start=3.0)],
              outcomes=[Outcome("flooded", level > room, absorbing=True), Outcome("dry", level < room)])
'''
ASKED = ["--policy", "close", "--over", "tap", "--sample", "24", "--workers", "1", "--engine", "scipy"]
ACTIONS = ["--over", "tap", "--sample", "8", "--workers", "1", "--engine", "scipy", "--action", "soon:policy=close,delay=1",
           "--action", "never:policy=close,delay=never"]


@pytest.fixture
def tank_file(tmp_path):
    path = tmp_path / "tank.py"
    path.write_text(SOURCE)
    return str(path)


def told(*arguments):
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_uncertainty_answers_and_goes_on_from_its_answers(tank_file, tmp_path):
    asked = ["uncertainty", tank_file, *ASKED, "--between", "0.5:12", "--fan", "level", "--out", str(tmp_path / "out"), "--json"]
    code, output, said = told(*asked)
    found = json.loads(output)
    assert code == 0, said
    taps = np.array(Sample((Range("tap", 0.5, 2.0),), 24).rows(0, 24))[:, 0]
    assert [value for value in found["values_of_samples"]] == pytest.approx(list(5 / taps), abs=0.05)
    assert found["fans"]["level"]["end"]["0.5"] == pytest.approx(np.sort(3 * taps)[11], rel=1e-4)
    assert found["difference"]["codes"] == 0 and found["difference"]["value"] < found["difference"]["allowed"]
    assert list(found["deciding"]) == ["tap"] and found["deciding"]["tap"] == pytest.approx(-1, abs=1e-3)  # brackets of neighbours may tie
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("batch-*.npz")}
    assert len(kept) >= 9 and {"probability.svg", "fans.csv", "uncertainty.json"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert told(*asked)[1] == output and kept == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("batch-*.npz")}


def test_a_critical_value_of_a_parameter_is_found_over_samples(tank_file):
    code, output, said = told("uncertainty", tank_file, *ASKED[:2], "--over", "room=uniform(2,6)", *ASKED[4:], "--along", "tap", "--between", "0.1:3",
                              "--xtol", "1e-3", "--json")
    assert code == 0, said
    rooms = np.array(Sample((Range("room", 2.0, 6.0),), 24).rows(0, 24))[:, 0]
    assert json.loads(output)["values_of_samples"] == pytest.approx(list(rooms / 3), abs=1e-3)  # closed after three days


def test_regret_ranks_actions_and_prints_tables(tank_file, tmp_path):
    code, output, said = told("regret", tank_file, *ACTIONS, "--loss", "2*level", "--out", str(tmp_path / "out"))
    assert code == 0 and "soon" in output and "100 %" in output, said
    found = json.loads((tmp_path / "out" / "regret.json").read_text())
    assert found["minimax"] == "soon" and found["actions"][1]["action"] == "never"
    assert (tmp_path / "out" / "regret.png").is_file()


def test_processes_give_the_answers_of_one(tank_file):
    one, two = (told("uncertainty", tank_file, *ASKED[:6], "--workers", workers, "--engine", "scipy", "--between", "0.5:12", "--json") for workers in ("1", "2"))
    assert one[1] == two[1] and one[0] == 0


def test_brackets_are_halved_no_further_than_numbers_go():
    found = critical_delays(solved, SCENE, ("tap",), np.array([[1.0], [0.7]]), code="flooded", delays=(0.5, 10.0), xtol=1e-30)
    assert found.values == pytest.approx([5.0, 5.0 / 0.7], rel=1e-15) and found.width < 1e-14


def test_a_torn_answer_ends_with_a_sentence_and_a_changed_model_is_computed_anew(tmp_path):
    def level(rain):
        stock = Stock("level", 0.0, scale=1.0)
        model = Model("wet", [Flow("fill", source=CLOUD, sink=stock, rate=Series("rain", [0, 1], [rain, rain]))], span=(0, 2),
                      outcomes=[Outcome("full", stock > 1, absorbing=True)])
        job = Job(Scene(model), (), ("level",))
        with open_engine([job.scene], "scipy", 1, tmp_path) as run:
            return float(run(job, np.empty((1, 0))).values[0, 0, -1])
    assert (level(1.0), level(3.0)) == pytest.approx((2.0, 6.0), rel=1e-4)
    for path in tmp_path.glob("batch-*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="remove it"):
        level(1.0)


@pytest.mark.parametrize(("arguments", "said"), [
    (["uncertainty", *ASKED, "--code", "floded"], "did you mean 'flooded'"),
    (["uncertainty", *ASKED, "--along", "tap"], "say where to look"),
    (["uncertainty", *ASKED, "--between", "5:1"], "upper end is not above"),
    (["uncertainty", *ASKED, "--over", "delay=uniform(0,1)"], "what is asked about"),
    (["uncertainty", *ASKED[:2], "--over", "shut"], "no plausible range"),
    (["regret", *ACTIONS[:8], "--loss", "level"], "--action"),
    (["regret", *ACTIONS, "--loss", "level:peak"], "no measure"),
    (["regret", *ACTIONS, "--loss", "leve"], "did you mean 'level'"),
    (["regret", *ACTIONS, "--action", "odd:delay=soon", "--loss", "level"], "no number"),
    (["regret", *ACTIONS, "--action", "odd", "--loss", "level"], "not NAME:delay"),
    (["regret", *ACTIONS, "--action", "far:policy=close,delay=50", "--loss", "level"], "within the run"),
    (["uncertainty", *ASKED[2:]], "in every sample a run failed"),
    (["uncertainty", *ASKED, "--between", "1:inf"], "not finite"),
    (["regret", *ACTIONS, "--action", "twice:policy=close,delay=1,delay=2", "--loss", "level"], "twice"),
    (["regret", *ACTIONS, "--action", "odd:policy=close,delay=1,room=x", "--loss", "level"], "--action odd:"),
    (["regret", *ACTIONS, "--loss", "1.2.3*level"], "not [WEIGHT*]QUANTITY"),
    (["regret", *ACTIONS, "--loss", "1e999*level"], "weight"),
    (["regret", *ACTIONS, "--loss", "*level:"], "not [WEIGHT*]QUANTITY")])
def test_wrong_commands_end_with_one_sentence(tank_file, arguments, said):
    code, output, error = told(arguments[0], tank_file, *arguments[1:])
    assert code == 2 and said in error and "Traceback" not in error and output == ""
