"""The report: one page that holds every part, is the same twice, escapes what it is given, loses nothing to a part that fails, and fits a phone."""

import json
import os
import re
import subprocess
import sys
import textwrap
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.dom import minidom

import pytest
from browser import WHY, chromium, seen
from click.testing import CliRunner
from sympy import Float, exp

from sd_basis import CLOUD, Auxiliary, Flow, If, InputError, Lookup, Max, Model, Outcome, Parameter, Stock, load, report
from sd_basis.choices import carried_out
from sd_basis.cli import main
from sd_basis.figures.reporting import pictures, shown
from sd_basis.reporting import composing
from sd_basis.reporting.breaking import equation
from sd_basis.reporting.formulas import named
from sd_basis.reporting.guidelines import ITEMS

_VOID = {"meta", "img", "link", "br"}
DAY = date(2026, 1, 2)


class Outline(HTMLParser):
    """The anchors, links and sources of a page; fails where an element is not closed by its own end."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags = [], [], [], set()
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.add(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[key] for key in ("href", "src") if key in given]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def loan():
    """The report of a shipped model with balance sheets, with its pictures."""
    model = load("repo_loan")
    return report(model, "early-call", pictures=pictures, shows=shown(model), on=DAY)


def test_the_page_is_whole_its_contents_lead_somewhere_and_nothing_is_fetched(loan):
    page = Outline(loan.html)
    assert not loan.failures and set(loan.parts) >= {"story", "outcome", "cases", "diagram", "equations", "parameters", "books", "ledgers", "claims", "method"}
    assert len(page.ids) == len(set(page.ids)) and set(loan.parts) <= set(page.ids)
    assert all(link.startswith("data:") or link[1:] in page.ids for link in page.links) and {f"#{part}" for part in loan.parts} <= set(page.links)
    assert not page.tags & {"script", "iframe", "form", "object"} and not re.search(r"url\(|@import|http://|https://", loan.html)
    assert "prefers-color-scheme:dark" in loan.html and "@media print" in loan.html and "<math" in loan.html and loan.manifest["model"] == "repo_loan"


def test_another_process_makes_the_same_bytes_but_for_the_date(loan, tmp_path):
    command = [sys.executable, "-m", "sd_basis", "report", "repo_loan", "--case", "early-call", "--out", "page.html", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parent.parent)})
    document, page = json.loads(done.stdout), (tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.sub(r"Made on \S+", f"Made on {DAY}", page) == loan.html
    assert document["failures"] == {} and document["bytes"] == len(page.encode()) and document["parts"] == loan.parts
    assert "Cases compared: late-call" in done.stderr
    assert json.loads((tmp_path / document["manifest_file"]).read_text())["case"] == "early-call"


def test_the_numbers_of_the_page_are_those_of_the_run(loan):
    text = " ".join(re.sub(r"<[^>]+>", " ", loan.html).split())
    for part in ("repaid", "lender_cash 20 120.058", "repo_rate 0.016 1/year 0 to 0.1", "The lender calls after two weeks", "+120.06 +19.942 +140",
                 "relative tolerance 1e-06", "sd-basis report repo_loan --case early-call --rtol 1e-06"):
        assert part in text, part


def strange():
    """A model whose words are HTML."""
    level = Stock("level<b>", 1, "litre", nonnegative=True, description="<script>alert(1)</script>")
    share = Parameter("share", 0.5, "1/day", reference='<img src="x" onerror="y">', between=(0, 1))
    drain = Flow("drain", source=level, sink=CLOUD, rate=share * level, description="a < b & c")
    return Model("strange", [drain], span=(0, 1), description="</section><h1>broken")


def test_an_outcome_means_what_its_own_group_says():
    level = Stock("level", 2.0)
    outcomes = [Outcome("well", level > bound, group=group, description=f"what {group} calls well") for group, bound in (("first", 0.1), ("second", 0.2))]
    page = report(Model("two groups", (Flow("drain", source=level, sink=CLOUD, rate=level / 9),), outcomes=outcomes, span=(0, 1)), on=DAY).html
    first, second = (page.index(f"<td>{group}</td>") for group in ("first", "second"))
    assert "what first calls well" in page[first:second] and "what second calls well" not in page[first:second]


def test_words_of_a_model_cannot_become_elements_of_the_page():
    page = Outline(report(strange(), pictures=pictures, shows=["level<b>"], on=DAY).html)
    assert not page.tags & {"script", "b"} and all(link.startswith(("data:", "#")) for link in page.links)


def test_equations_are_well_formed_and_keep_names_choices_and_tables():
    level, share = Stock("level", 1.0), Parameter("rate_of_fall", 0.5)
    curve = Lookup("curve", [(0, 0), (1, 1)])
    cases = {"curve(level)": curve(level), "max": Max(level, share), "where": If(level > share, level, share), "e": exp(-level / share),
             "−": 3 * level * share - 2 * share * level**2 - 17 * level**3 * share**2 + 5 - share * exp(level / share) * 7}
    for part, rate in cases.items():
        made = equation(named(level), rate)
        minidom.parseString(made)
        assert part in "".join(re.sub(r"<[^>]+>", "", made).split()).replace("&gt;", ">"), (part, made)
    assert "<mi>rate_of_fall</mi>" in equation(named(level), share * level)


def test_an_equation_broken_into_lines_means_what_it_meant():
    names = [f"quantity_number_{letter}" for letter in "abcdef"]
    a, b, c, d, e, f = quantities = [Parameter(name, 0.7 + place / 3) for place, name in enumerate(names)]
    inner = b * (c - d * (e - f * a - 3) + 2 * a * b) - e
    for expression in (inner, -a * inner * (1 + inner), a * b * c * d / (e * (f + a * c * d) + b * d * f), Max(inner, a * b * c * d * e * f * inner - a)):
        made = equation(named(a), expression)
        left, _, right = re.sub(r"<[^>]+>", "", made).partition("=")
        values = {name: 0.7 + place / 3 for place, name in enumerate(names)}
        read = eval(right.replace("·", "*").replace("−", "-").replace("&#183;", "*").replace("&#xB7;", "*"), {"max": max}, values)  # noqa: S307
        expected = float(carried_out(expression).xreplace({item: Float(values[item.name]) for item in quantities}))
        assert left == "quantity_number_a" and made.count("<mtr>") > 2 and read == pytest.approx(expected, rel=1e-12)


def test_a_part_that_fails_is_told_in_its_place_and_the_rest_stays(monkeypatch):
    def broken(subject):
        raise ZeroDivisionError("<nothing>")
    parts = tuple((anchor, title, broken if anchor == "stocks" else make) for anchor, title, make in composing.PARTS)
    monkeypatch.setattr(composing, "PARTS", parts)
    made = report("savings", on=DAY)
    assert list(made.failures) == ["stocks"] and "unexpected ZeroDivisionError: &lt;nothing&gt;" in made.html and "interest_rate" in made.html
    Outline(made.html)
    undrawn = report("savings", pictures=lambda subject, what: [][0], on=DAY)
    assert "picture of behaviour" in undrawn.failures and "What happened" in undrawn.html and "2967.3" in undrawn.html


def test_a_run_that_breaks_off_is_reported_as_far_as_it_came():
    level, out = Stock("level", 10, nonnegative=True), Parameter("out", 4.0)
    aux = Auxiliary("bite", out / (level - 2))
    made = report(Model("bursting", [Flow("drain", source=level, sink=CLOUD, rate=out + 0 * aux)], span=(0, 10)), on=DAY)
    assert "level" in made.failures["run"] and made.failures["run"][:40].replace("'", "") in made.html.replace("'", "") and "The story" in made.html


CLAIMS = '''from sd_basis import Bound, Control, Expectation
def measured(study):
    """The level at the end."""
    return {"level": float(study.run()["level"][-1])}
EXPECTATIONS = (Expectation(1, "empties", "it < empties", measured, (Bound("level", at_most=5),), Control("no leak", set={"share": 0})),)
'''


@pytest.fixture
def tank(tmp_path):
    """A model with one claim."""
    (tmp_path / "tank.claims.py").write_text(CLAIMS)
    (tmp_path / "tank.py").write_text(textwrap.dedent('''
        """A tank that leaks."""
        from sd_basis import CLOUD, Flow, Model, Parameter, Stock
        level = Stock("level", 8, "litre", nonnegative=True)
        share = Parameter("share", 0.5, "1/day", domain=(0, None))
        MODEL = Model("tank", [Flow("drain", source=level, sink=CLOUD, rate=share * level)], span=(0, 4))
        '''))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_verdicts_come_from_a_folder_or_are_measured_or_are_said_to_be_missing(tank):
    path = tank / "tank.py"
    assert run("claims", path, "--out", tank / "verdicts").exit_code == 0
    bare, measured, stored = report(path, on=DAY), report(path, measure=True, on=DAY), report(path, claims=tank / "verdicts", on=DAY)
    assert "not measured here" in bare.html and "1 were not measured" in bare.html
    assert "1 were measured for this page" in measured.html and '<span class="holds">holds</span>' in measured.html and "it &lt; empties" in measured.html
    assert "1 verdicts are stored ones" in stored.html and "other settings" not in stored.html
    (tank / "tank.py").write_text(path.read_text() + "# changed\n")
    assert "1 of them were measured under other settings" in report(path, claims=tank / "verdicts", on=DAY).html
    (tank / "verdicts" / "claim-01.json").write_text("{")
    damaged = report(path, claims=tank / "verdicts", on=DAY)
    assert "holds no verdict that can be read" in damaged.failures["claims"] and "leaks" in damaged.html


FIGURES = '''from sd_basis import InputError
from sd_basis.figures.style import panels
def line(context):
    """The level as the tank's owner draws it."""
    figure, (own,) = panels(1)
    own.plot(context.run().t, context.run()["level"])
    return figure, {"level": list(context.run()["level"])}
def broken(context):
    """Nothing."""
    raise InputError("tank, broken: there is no ink; buy some")
FIGURES = {"line": line, "broken": broken}
'''


def test_the_model_brings_its_own_figures_and_one_that_fails_is_told(tank):
    (tank / "tank").mkdir()
    (tank / "tank" / "__init__.py").write_text((tank / "tank.py").read_text())
    (tank / "tank" / "figures.py").write_text(FIGURES)
    made = run("report", tank / "tank", "--with-figures", "--out", tank / "own.html")
    page = (tank / "own.html").read_text()
    assert made.exit_code == 0 and "there is no ink; buy some" in made.stderr and "there is no ink; buy some" in page
    assert "The level as the tank's owner draws it." in page.replace("&#x27;", "'") and 'id="figures"' in page
    assert 'id="figures"' not in report(tank / "tank", pictures=pictures, on=DAY).html
    both = run("report", tank / "tank", "--with-figures", "--without-figures")
    assert both.exit_code == 2 and "exclude one another" in both.stderr


def test_a_fit_beside_the_model_stands_on_the_page_with_its_range_data_and_error(tank):
    (tank / "tank.fits").mkdir()
    (tank / "tank.fits" / "leak.toml").write_text('title = "The leak"\n[[free]]\nname = "share"\nbetween = [0.25, 0.75]\nreason = "unknown"\n'
                                                  '[[point]]\nquantity = "level"\nvalue = 2.5\nerror = 0.125\nat = 3\nreason = "a ruler"\n')
    page = report(tank / "tank.py", on=DAY)
    assert "fits" in page.parts and not page.failures
    part = page.html[page.html.index('id="fits"'):]
    assert all(text in part for text in ("The leak", "0.25 to 0.75", "0.125", "a ruler", "sd-basis fit tank leak"))


def test_wrong_requests_end_with_one_sentence(tank, monkeypatch):
    monkeypatch.chdir(tank)
    (tank / "folder.html").mkdir()
    for arguments, part in ((["tnak.py"], "no shipped model or file"), (["tank.py", "--case", "storm"], "no case or TOML file 'storm'"),
                            (["tank.py", "--out", "folder.html"], "it is a folder"), (["tank.py", "--out", "tank.py/page.html"], "is a file, not a folder"),
                            (["tank.py", "--out", "page.txt"], "does not end in .html"), (["tank.py", "--compare", "storm"], "no case or TOML file"),
                            (["tank.py", "--claims", "folder.html"], "no verdicts are stored there"), (["tank.py", "--set", "shre=1"], "did you mean 'share'")):
        done = run("report", *arguments)
        assert done.exit_code == 2 and part in done.stderr and done.stderr.count("Error:") == 1 and "Traceback" not in done.stderr, (arguments, done.stderr)
    assert sorted(path.name for path in tank.iterdir()) == ["folder.html", "tank.claims.py", "tank.py"]
    with pytest.raises(InputError, match="it is a folder"):
        report("tank.py", on=DAY).write("folder.html")


def test_the_items_of_the_guidelines_point_at_parts_or_say_what_is_missing():
    parts = {anchor for anchor, _, _ in composing.PARTS}
    assert all(set(item.parts) <= parts and (item.parts or item.remark.startswith("missing")) for item in ITEMS)


def test_loops_and_checks_stand_on_the_page(loan):
    assert "reinforcing" in report("savings", on=DAY).html and "Every ledger closes" in loan.html and "it has no feedback loop" not in loan.html


@pytest.mark.skipif(chromium() is None, reason=WHY)
def test_a_browser_shows_the_page_at_desktop_and_phone_width_without_a_complaint(loan, tmp_path):
    for width in (1280, 390):
        found = seen(loan.html, width, tmp_path)
        assert found["console"] == [] and found["fetched"] == [] and found["outside"] == 0
        assert found["inner"] == width and found["scroll"] <= width and found["height"] > 3000
        assert found["math"] > 5 and found["pictures"] and all(found["pictures"])
