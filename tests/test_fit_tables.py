"""Fits to a data file alone: NIST's certified digits from both of its starts, errors taken from residuals, and data that are refused."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sympy import exp

from sd_basis import CLOUD, TIME, Auxiliary, Flow, InputError, Model, Parameter, Stock, load
from sd_basis.cli import main
from sd_basis.fitting import Free, fit, read_table

NIST = Path(__file__).parent / "data" / "nist"


@dataclass(frozen=True)
class Regression:
    """A problem of NIST as a model: data, both starts, certified parameters with their standard deviations, sum of squares."""

    data: str
    model: object
    starts: tuple
    certified: tuple
    deviations: tuple
    squares: float
    rtol: float = 1e-9


def grown(rate, span, initial=lambda *b: 0.0):
    """Return what makes a model of one stock y with dy/dx = rate(y, b1, ...)."""
    def make(values):
        b = [Parameter(f"b{number}", value) for number, value in enumerate(values, 1)]
        y = Stock("y", initial(*b), scale=1)
        return Model("nist", [Flow("growth", source=CLOUD, sink=y, rate=rate(y, *b), reversible=True)], span=span)
    return make


def decayed(span):
    """Return what makes a model of three stocks that drain, whose sum is y."""
    def make(values):
        b = [Parameter(f"b{number}", value) for number, value in enumerate(values, 1)]
        stocks = [Stock(f"x{number}", b[2 * number], scale=1) for number in range(3)]
        flows = [Flow(f"drain{number}", source=stock, sink=CLOUD, rate=b[2 * number + 1] * stock) for number, stock in enumerate(stocks)]
        return Model("nist", flows, span=span, outputs=[Auxiliary("y", sum(stocks))])
    return make


REGRESSIONS = {
    "Misra1a": Regression("misra", grown(lambda y, b1, b2: b2 * (b1 - y), (0, 760)), ((500, 1e-4), (250, 5e-4)),
                          (238.94212918, 5.5015643181e-4), (2.7070075241, 7.2668688436e-6), 0.12455138894),
    "Misra1c": Regression("misra", grown(lambda y, b1, b2: b1 * b2 * (1 - y / b1) ** 3, (0, 760)), ((500, 1e-4), (600, 2e-4)),
                          (636.42725809, 2.0813627256e-4), (4.6638326572, 1.7728423155e-6), 0.040966836971),
    "BoxBOD": Regression("boxbod", grown(lambda y, b1, b2: b2 * (b1 - y), (0, 10)), ((1, 1), (100, 0.75)),
                         (213.80940889, 0.54723748542), (12.354515176, 0.10455993237), 1168.0088766, rtol=1e-10),
    "Rat42": Regression("rat42", grown(lambda y, b1, b2, b3: b3 * y * (1 - y / b1), (0, 79), lambda b1, b2, b3: b1 / (1 + exp(b2))),
                        ((100, 1, 0.1), (75, 2.5, 0.07)), (72.462237576, 2.6180768402, 0.067359200066),
                        (1.7340283401, 0.088295217536, 0.0034465663377), 8.0565229338),
    "Rat43": Regression("rat43", grown(lambda y, b1, b2, b3, b4: b3 / b4 * y * (1 - (y / b1) ** b4), (0, 15),
                                        lambda b1, b2, b3, b4: b1 / (1 + exp(b2)) ** (1 / b4)), ((100, 10, 1, 1), (700, 5, 0.75, 1.3)),
                        (699.64151270, 5.2771253025, 0.75962938329, 1.2792483859),
                        (16.302297817, 2.0828735829, 0.19566123451, 0.68761936385), 8786.4049080),
    "DanWood": Regression("danwood", grown(lambda y, b1, b2: b2 * y / TIME, (1, 1.68), lambda b1, b2: b1), ((1, 5), (0.7, 4)),
                          (0.76886226176, 3.8604055871), (0.018281973860, 0.051726610913), 0.0043173084083),
    "Lanczos3": Regression("lanczos3", decayed((0, 1.15)), ((1.2, 0.3, 5.6, 5.5, 6.5, 7.6), (0.5, 0.7, 3.6, 4.2, 4, 6.3)),
                           (0.086816414977, 0.95498101505, 0.84400777463, 2.9515951832, 1.5825685901, 4.9863565084),
                           (0.017197908859, 0.097041624475, 0.041488663282, 0.10766312506, 0.058371576281, 0.034436403035), 1.6117193594e-8, rtol=1e-11)}


SLOW = {("Rat43", 0), ("Lanczos3", 1)}  # they reach the same digits, in 8 and 2 seconds


@pytest.mark.parametrize(("name", "start"), [(name, start) for name in REGRESSIONS for start in (0, 1) if (name, start) not in SLOW])
def test_nist_regressions_reach_certified_digits_from_both_starts(name, start):
    own = REGRESSIONS[name]
    model = own.model(own.starts[start])
    reach = [(min(both), max(both)) for both in zip(*own.starts, own.certified, strict=True)]
    free = [Free(f"b{number}", (lowest / 30, 30 * highest)) for number, (lowest, highest) in enumerate(reach, 1)]
    found = fit(model, read_table(model, NIST / f"{own.data}.csv", free), starts=1, rtol=own.rtol)
    assert list(found.values.values()) == pytest.approx(own.certified, rel=1e-6)
    assert [item.error for item in found.estimates] == pytest.approx(own.deviations, rel=1e-4)
    squares = found.evaluation.agreements[0].rmse ** 2 * found.problem.count
    assert squares == pytest.approx(own.squares, rel=1e-6)


TANK = '''"""A tank with a leak and a tap."""
from sd_basis import CLOUD, Auxiliary, Flow, Model, Parameter, Stock
level = Stock("level", 8, "litre", nonnegative=True)
share = Parameter("share", 0.3, "1/day", between=(0.05, 5), domain=(0, None))
wear = Parameter("wear", 1.0, "1", between=(0.2, 2), domain=(0, 10))
tap = Parameter("tap", 0.1, "litre/day", between=(0.01, 3), domain=(0, None))
odd = Parameter("odd", 1.0, "1", between=(0.5, 2))
weight = Auxiliary("weight", level * odd, unit="litre")
MODEL = Model("tank", [Flow("drain", source=level, sink=CLOUD, rate=share * wear * level), Flow("fill", source=CLOUD, sink=level, rate=tap)],
              outputs=[weight], span=(0, 8))
'''
TIMES = np.arange(0, 8.5, 0.5)
LEVELS = 1.4 + 6.6 * np.exp(-0.5 * TIMES)  # share 0.5, tap 0.7
NOISE = np.resize([1.0, -1.0, -1.0, 1.0, 0.0], len(TIMES))


@pytest.fixture(scope="module")
def tank(tmp_path_factory):
    """A model beside data of its level, exact and with errors of two sizes."""
    folder = tmp_path_factory.mktemp("tank")
    (folder / "tank.py").write_text(TANK)
    rows = zip(TIMES.tolist(), (LEVELS + 0.1 * NOISE).tolist(), (0.5 * LEVELS - 0.02 * NOISE).tolist(), strict=True)
    (folder / "noisy.csv").write_text("day,depth,drain,remark\n" + "".join(f"{time},{level!r},{drain!r},read\n" for time, level, drain in rows))
    (folder / "exact.csv").write_text("time,level\n" + "".join(f"{time},{level!r}\n" for time, level in zip(TIMES, LEVELS.tolist(), strict=True)))
    return load(folder / "tank.py")


def test_columns_weigh_by_errors_their_residuals_tell(tank):
    asked = read_table(tank, tank.path.parent / "noisy.csv", ["share", "tap"], columns={"depth": "level"})
    found = fit(tank, asked, starts=2)
    level, drain = found.problem.fitted
    assert (level.error, drain.error) == pytest.approx((0.1 * np.sqrt(0.8), 0.02 * np.sqrt(0.8)), rel=0.1)
    assert found.best.chi_square == pytest.approx(found.freedom, rel=1e-3) and found.agreeing == 2
    given = read_table(tank, tank.path.parent / "noisy.csv", ["share", "tap"], columns={"depth": "level"}, errors={"depth": level.error, "drain": drain.error})
    again = fit(tank, given, starts=1)
    assert again.values == pytest.approx(found.values, rel=1e-5)
    assert [item.error for item in again.estimates] == pytest.approx([item.error for item in found.estimates], rel=1e-3)
    assert found.warnings == ["noisy.csv: column 'remark' names no quantity and is left out"]


def test_what_follows_a_date_is_held_out_and_data_without_error_give_their_parameters(tank):
    found = fit(tank, read_table(tank, tank.path.parent / "exact.csv", ["share", Free("tap", (0.1, 2))], until="5"), starts=1, rtol=1e-8)
    fitted, held = found.evaluation.agreements
    assert found.values == pytest.approx({"share": 0.5, "tap": 0.7}, rel=1e-6)
    assert (fitted.n, held.n, held.held_out) == (11, 6, True) and held.rmse < 1e-6 and held.r2 == pytest.approx(1)


def test_a_parameter_that_the_data_cannot_identify_is_named(tank):
    exact = tank.path.parent / "exact.csv"
    product, idle = (fit(tank, read_table(tank, exact, names), starts=1, set={"tap": 0.7}).warnings for names in (["share", "wear"], ["share", "odd"]))
    assert "share: the data cannot identify it, only a combination of it with wear shows in them; fix one of these" in product
    assert idle == ["odd: the data cannot identify it, they do not depend on it; fix it, or add data it acts on"]


GOOD = "time,level\n0,8\n1,5\n2,4\n3,3\n4,2\n"
WRONG = {
    "a text": (GOOD.replace("2,4", "2,four"), {}, ("line 4, column 'level'", "'four' is not a number")),
    "an infinite number": (GOOD.replace("2,4", "2,inf"), {}, ("'inf' is not a number",)),
    "a comma for a point": (GOOD.replace("2,4", '2,"4,1"'), {}, ("with a point",)),
    "unsorted": (GOOD.replace("2,4\n3,3", "3,3\n2,4"), {}, ("line 5", "sort the rows")),
    "twice": (GOOD.replace("2,4", "1,4"), {}, ("line 4", "the same time as line 3")),
    "no time": (GOOD.replace("2,4", ",4"), {}, ("line 4", "its time is missing")),
    "a hole": (GOOD.replace("2,4", "2,"), {}, ("a hole at 2", "--leave-out-holes")),
    "a missing date": (GOOD.replace("2,4\n", "") + "5,2\n6,2\n7,2\n", {}, ("a hole between 1 and 3",)),
    "too many cells": (GOOD.replace("2,4", "2,4,4"), {}, ("line 4", "3 cells")),
    "a wrong column": (GOOD.replace("level", "lvel"), {}, ("did you mean 'level'?", "--map lvel=QUANTITY")),
    "a column twice": ("time,level,level\n0,1,1\n", {}, ("'level' stands in it twice",)),
    "two for one": ("time,level,depth\n0,1,1\n", {"columns": {"depth": "level"}}, ("two columns, level and depth",)),
    "no times": (GOOD.replace("time,level", "level,drain"), {}, ("no column holds times", "--time")),
    "dates without an origin": (GOOD.replace("2,4", "2020-03-03,4"), {}, ("has no origin",)),
    "outside the run": ("time,level\n9,1\n10,1\n", {}, ("no data lie within the run from 0 to 8",)),
    "nothing before": (GOOD, {"until": -1}, ("no data to fit come before it",)),
    "no rows": ("time,level\n", {}, ("no rows",)),
    "semicolons": (GOOD.replace(",", ";"), {}, ("fewer than two columns",)),
    "a mapped column": (GOOD, {"columns": {"depth": "level"}}, ("map: no column 'depth'",)),
    "a mapped quantity": (GOOD, {"columns": {"level": "levle"}}, ("did you mean 'level'?",)),
    "a parameter for a quantity": (GOOD, {"columns": {"level": "share"}}, ("'share' is a parameter, which no run tells",)),
    "a held-out column": (GOOD, {"held_out": ["lvl"]}, ("held-out: no column 'lvl'",)),
    "an error": (GOOD, {"errors": 0.0}, ("0 is not above zero",)),
    "a time column": (GOOD, {"time_column": "tme"}, ("did you mean 'time'?",)),
    "a parameter": (GOOD, {"free": ["shear"]}, ("did you mean 'share'",)),
    "a parameter twice": (GOOD, {"free": ["share", "share"]}, ("given twice",)),
    "too few data": ("time,level\n1,5\n", {}, ("leave no freedom", "--error")),
}


@pytest.mark.parametrize("name", WRONG)
def test_data_that_cannot_be_meant_are_refused_in_one_sentence(name, tank, tmp_path):
    text, options, parts = WRONG[name]
    (tmp_path / "data.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        fit(tank, read_table(tank, tmp_path / "data.csv", **{"free": ["share"], **options}), starts=1)
    assert "\n" not in str(caught.value) and all(part in str(caught.value) for part in parts), caught.value


def test_dates_of_a_file_go_through_the_calendar_of_the_case(tmp_path):
    days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
    (tmp_path / "dated.toml").write_text("origin = 2024-01-02\n")
    (tmp_path / "owed.csv").write_text("date,outstanding\n" + "".join(f"{day},{100 * np.exp(-place / 50)}\n" for place, day in enumerate(days)))
    made = read_table(load("repo_loan"), tmp_path / "owed.csv", ["term"], case=str(tmp_path / "dated.toml"), until="2024-01-04")
    assert [(item.window, item.held_out) for item in made.series] == [(("2024-01-02", "2024-01-04"), False), (("2024-01-05", "2024-01-08"), True)]
    assert fit("repo_loan", made, starts=1).values == pytest.approx({"term": 50}, rel=1e-4)
    late = read_table(load("repo_loan"), tmp_path / "owed.csv", ["term"], case=str(tmp_path / "dated.toml"), until="2024-01-08")
    assert not made.notes and "nothing is held out" in late.notes[0]


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_the_command_fits_a_data_file_and_prints_errors_of_data_and_parameters(tank, monkeypatch):
    monkeypatch.chdir(tank.path.parent)
    options = ["fit", "tank.py", "--data", "noisy.csv", "--map", "depth=level", "--free", "share,tap=0.1:3", "--until", 6, "--starts", 1, "--workers", 1]
    done = run(*options, "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == 0 and [item["held_out"] for item in document["series"]] == [False, True, False, True] and "remark" in done.stderr
    assert all(item["error"] > 0 for item in document["parameters"]) and document["parameters"][1]["between"] == [0.1, 3]
    held = run("fit", "tank.py", "--data", "exact.csv", "--evaluate", "--set", "share=0.5", "--set", "tap=0.7", "--error", 0.1)
    assert held.exit_code == 0 and "U_M" in held.stdout
    exact = ["--data", "exact.csv"]
    for arguments, part in ((["--data", "nope.csv", "--free", "share"], "no file 'nope.csv'"), (exact, "nothing is free"), ([], "it needs data"),
                            (["leak", *exact], "two ways"), (["leak", "--until", "3"], "--until"), ([*exact, "--free", "share=3:1"], "3:1")):
        wrong = run("fit", "tank.py", *arguments)
        assert wrong.exit_code == 2 and part in wrong.stderr and "Traceback" not in wrong.stderr, wrong.stderr
