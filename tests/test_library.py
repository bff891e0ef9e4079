"""Models found and loaded by name or path; the shipped ones and the user's own are equal citizens."""

import sys

import pytest

from sd_basis import Case, InputError, load, simulate
from sd_basis.library import case_paths, headline, locate, model_paths, module

SMALL = '''"""A tank."""
from sd_basis import CLOUD, Flow, Model, Parameter, Stock
level = Stock("level", 8.0)
share = Parameter("share", {share})
MODEL = Model("tank", (Flow("drain", source=level, sink=CLOUD, rate=share * level),), span=(0, 1))
'''


@pytest.fixture
def write(tmp_path):
    def write(text, name="tank.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path
    return write


def test_shipped_models_are_found_by_name_with_their_headlines():
    paths = model_paths()
    assert {"savings", "repo_loan"} <= set(paths)
    for name, path in paths.items():
        assert locate(name) == path and headline(path).endswith("."), f"{name} needs a first docstring line that is a sentence"


def test_a_model_is_loaded_by_path_as_text_or_path(write):
    path = write(SMALL.format(share=0.5))
    assert simulate(load(path))["level"][-1] == simulate(load(str(path)))["level"][-1]
    assert load(path).path == path


def test_two_loads_of_the_same_names_do_not_mix(write):
    slow, fast = write(SMALL.format(share=0.5), "slow.py"), write(SMALL.format(share=2.0), "fast.py")
    models = [load(path) for path in (slow, fast, slow)]
    ends = [simulate(model)["level"][-1] for model in models]
    assert ends[0] == ends[2] > 2 * ends[1]
    assert models[0].quantities["level"] != models[2].quantities["level"]


def test_a_model_in_a_folder_may_have_several_files_and_value_sets(tmp_path, write):
    write("from sd_basis import Parameter\nshare = Parameter('share', 0.5)\n", "town/parts.py")
    write(SMALL.format(share=1).replace('share = Parameter("share", 1)', "from .parts import share"), "town/__init__.py")
    write("[parameters]\nshare = 1.5\n", "town/values/supercritical.toml")
    write("[parameters]\nshare = 0.1\n", "town/values/subcritical.toml")
    write("span = [0, 2]\n", "town/cases/long.toml")
    folder = tmp_path / "town"
    assert load(folder).value_set == "supercritical" and simulate(load(folder))["share"][0] == 1.5
    assert simulate(load(folder, values="subcritical"))["share"][0] == 0.1
    assert simulate(load(folder, "long")).t[-1] == 2 and simulate(load(folder), "long").t[-1] == 2
    with pytest.raises(InputError, match="did you mean 'subcritical'"):
        load(folder, values="subcritcal")
    write("[parameters]\nshaer = 1\n", "town/values/typo.toml")
    with pytest.raises(InputError, match="typo.toml: no parameter 'shaer'; did you mean 'share'"):
        load(folder, values="typo")


def test_a_case_may_be_a_name_a_path_or_an_object(tmp_path, write):
    path = write(SMALL.format(share=0.5))
    other = tmp_path / "other.toml"
    other.write_text("span = [0, 3]\n")
    beside = tmp_path / "tank.cases"
    beside.mkdir()
    (beside / "brief.toml").write_text("span = [0, 0.5]\n")
    assert set(case_paths(path)) == {"brief"}
    ends = [simulate(load(path, case)).t[-1] for case in (None, "brief", other, Case("mine", span=(0, 7)))]
    assert ends == [1, 0.5, 3, 7]
    with pytest.raises(InputError, match="no case or TOML file 'breif'; did you mean 'brief'"):
        load(path, "breif")


def test_an_unknown_model_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'savings'"):
        load("saving")


def test_a_path_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(InputError, match="neither a .py file nor a folder"):
            load(path)


@pytest.mark.parametrize("text, message", [
    ("x = 1\n", "tank.py: it defines no MODEL"), ("MODEL = 3\n", "it defines no MODEL"), ("x = 1\ny = (\n", "tank.py, line 2"),
    ("x = 1\n\nraise ValueError('no')\n", "tank.py, line 3: ValueError: no"), ("import nothing_of_this_name\n", "tank.py, line 1: ModuleNotFoundError"),
])
def test_a_broken_model_names_file_and_line(write, text, message):
    with pytest.raises(InputError, match=message):
        load(write(text))


def test_an_error_of_the_language_passes_through(write):
    with pytest.raises(InputError, match="^stock 's', initial value"):
        load(write("from sd_basis import Stock\nStock('s', 'x')\n"))


def test_a_headline_does_not_run_the_model(write):
    assert headline(write('"""A trap.\n\nMore."""\nraise SystemExit\n')) == "A trap."
    assert headline(write("def (:\n")) == "(cannot be read)"


def test_a_model_is_loaded_under_a_private_name(write):
    loaded = module(write(SMALL.format(share=0.5)))
    assert loaded.__name__.startswith("_sd_basis_model_") and "tank" not in sys.modules
