"""Case files: read, never executed, and each mistake is named with its place."""

from datetime import date

import pytest

from sd_basis import Case, InputError
from sd_basis.case import read_case


@pytest.fixture
def write(tmp_path):
    """Return a function that writes cases and reads the first."""
    def write(text, **others):
        for name, content in {"case": text, **others}.items():
            (tmp_path / f"{name}.toml").write_text(content)
        return read_case(tmp_path / "case.toml")
    return write


def refused(call, *parts):
    with pytest.raises(InputError) as caught:
        call()
    assert "\n" not in str(caught.value) and "case.toml" in str(caught.value) or "parent.toml" in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


FULL = """
title = "A title"
description = "What it is."
origin = 2020-03-02
span = [2020-03-02, "2020-06-30"]
[parameters]
plain = 1
argued = { value = 2.5, reason = "because" }
[initial]
cash = 7
[[shocks]]
name = "dash"
start = 2020-03-09
duration = 5
set = { plain = 3 }
[[policies]]
name = "buy"
start = 2020-03-16
end = 2020-04-01
reason = "announced on Sunday"
"""


def test_a_case_says_what_a_run_assumes(write):
    case = write(FULL)
    assert (case.name, case.title, case.origin, case.span) == ("case", "A title", date(2020, 3, 2), (date(2020, 3, 2), "2020-06-30"))
    assert case.values == {"plain": 1, "argued": 2.5} and case.reasons == {"argued": "because"} and case.initial == {"cash": 7}
    assert (case.shocks[0].name, case.shocks[0].duration, case.shocks[0].set) == ("dash", 5, {"plain": 3})
    assert (case.policies[0].start, case.policies[0].end) == (date(2020, 3, 16), date(2020, 4, 1))


def test_an_extending_case_replaces_what_it_names_and_keeps_the_rest(write):
    case = write('extends = "parent"\ntitle = "Child"\n[parameters]\nplain = 9\n', parent=FULL)
    assert (case.name, case.title, case.description) == ("case", "Child", "What it is.")
    assert case.values == {"plain": 9, "argued": 2.5} and case.origin == date(2020, 3, 2) and len(case.policies) == 1
    assert write('extends = "parent"\npolicies = []\n', parent=FULL).policies == ()


def test_cases_extend_through_generations(write):
    case = write('extends = "parent"\n', parent='extends = "old"\n[parameters]\na = 2\n', old="[parameters]\na = 1\nb = 1\n")
    assert case.values == {"a": 2, "b": 1}


def test_a_circle_of_parents_is_named(write):
    refused(lambda: write('extends = "parent"\n', parent='extends = "case"\n'), "case -> parent -> case", "break it")
    refused(lambda: write('extends = "case"\n'), "case -> case")


def test_a_file_elsewhere_may_change_the_case_of_its_own_name(tmp_path):
    for folder, text in {"model": FULL, "own": 'extends = "case"\n[parameters]\nplain = 9\n'}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "case.toml").write_text(text)
    known = {"case": tmp_path / "model" / "case.toml"}
    assert read_case(tmp_path / "own" / "case.toml", known).values == {"plain": 9, "argued": 2.5}
    known["case"].write_text('extends = "case"')
    refused(lambda: read_case(tmp_path / "own" / "case.toml", known), "case -> case", "break it")


def test_an_unknown_parent_is_answered_with_the_nearest(write):
    refused(lambda: write('extends = "parnet"\n', parent=""), "did you mean 'parent'?")


def test_malformed_toml_names_the_line(write):
    refused(lambda: write('title = "a"\nspan = [1,\n]]\n'), "malformed TOML", "line 3")
    refused(lambda: write("title = unquoted\n"), "line 1")


@pytest.mark.parametrize("text, parts", [
    ("spam = [0, 1]\n", ("no key 'spam'", "did you mean 'span'?")),
    ('[[policies]]\nname = "a"\nstrat = 1\n', ("policies, entry 1", "did you mean 'start'?")),
    ("[parameters]\na = { value = 1, reasons = 'x' }\n", ("parameters.a", "did you mean 'reason'?")),
    ("[parameters]\na = { reason = 'x' }\n", ("parameters.a", "it has no value")),
    ("[parameters]\na = 'one'\n", ("parameters.a", "'one' is not a")),
    ("[parameters]\na = true\n", ("parameters.a", "True is not a")),
    ("[parameters]\na = nan\n", ("parameters.a", "nan is not a finite number")),
    ("[parameters]\na = [1]\n", ("parameters.a",)),
    ("parameters = 3\n", ("it is not a table; write [parameters]",)),
    ("[initial]\ncash = 'x'\n", ("initial.cash",)),
    ("title = 3\n", ("title: 3 is not text",)),
    ("span = 3\n", ("span: 3 is not a pair",)),
    ("span = [1, 2, 3]\n", ("not a pair",)),
    ("origin = '2020-03-02'\n", ("is not a date", "without quotes")),
    ("origin = 2020-03-02T10:00:00\n", ("is not a date",)),
    ("policies = 3\n", ("write [[policies]]",)),
    ("[policies]\nname = 'a'\n", ("write [[policies]]",)),
    ("[[shocks]]\nstart = 1\n", ("shocks, entry 1", "it has no name")),
    ("[[shocks]]\nname = 'a'\nset = { b = 'x' }\n", ("entry 1 (a)", "set.b")),
    ("[[shocks]]\nname = 'a'\nstart = 1\nend = 2\nduration = 1\n", ("an end and a duration",)),
    ("[[shocks]]\nname = 'a'\nduration = 'long'\n", ("duration: 'long'",)),
    ("[[policies]]\nname = 'a'\nreason = 1\n", ("reason: 1 is not text",)),
])
def test_a_mistake_is_named_with_table_and_key(write, text, parts):
    refused(lambda: write(text), *parts)


def test_a_case_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match="it cannot be read"):
        read_case(tmp_path / "none.toml")
    (tmp_path / "case.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="case.toml: malformed TOML"):
        read_case(tmp_path / "case.toml")


@pytest.mark.parametrize("value, time", [(3, 3.0), ("3.5", 3.5), (-1, -1.0), ("2020-03-03", 1.0), (date(2020, 3, 4), 2.0), ("2020-03-03T12:00", 1.5)])
def test_a_time_is_a_number_or_a_date(value, time):
    assert Case("c", origin=date(2020, 3, 2)).time("start", value) == time


@pytest.mark.parametrize("value", ["soon", "nan", "inf", None, True, [1], "2020-13-01", "1900-01-01"])
def test_what_is_no_time_is_refused(value):
    with pytest.raises(InputError, match="^start: "):
        Case("c", origin=date(2020, 3, 2)).time("start", value)


def test_a_shift_is_a_finite_number_and_changes_nothing_else():
    case = Case("c", title="t")
    assert case.shifted(-1.5).shift == -1.5 and case.shift == 0 and case.shifted(2).title == "t"
    with pytest.raises(InputError, match="shift"):
        case.shifted("late")
