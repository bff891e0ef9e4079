"""Names completed in the shell: what is offered, how light it is, and that nothing ever goes wrong aloud."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import RUNNER

from sd_basis.cli import main
from sd_basis.cli.completing import SHELLS
from sd_basis.figures import available
from sd_basis.library import model_paths

CHECKOUT = Path(__file__).parent.parent
SHOP = '''"""A shop that prints while it loads."""
import sys
from sd_basis import CLOUD, Flow, Model, Parameter, Policy, Stock
print("plain,noise")
print("noise", file=sys.stderr)
goods = Stock("goods", 1.0)
rate, exact, odd = Parameter("sale_rate", 0.25, "1/day"), Parameter("sale_exact", 1 / 3), Parameter("sale of odds", 1)
sale = Flow("sale", source=goods, sink=CLOUD, rate=rate * exact * odd * goods)
policies = (Policy("sale_ends", {rate: 0}, start=3, description="No\\nmore\\tsales"), Policy("strike", {rate: 0.1}))
MODEL = Model("shop", (sale,), span=(0, 10), policies=policies)
'''

CLAIMS = '''from sd_basis import Bound, Control, Expectation
EXPECTATIONS = [Expectation(number, f"claim_{number}", "So it is", print, [Bound("x", at_most=1)], Control("none", in_formula=True)) for number in (1, 2, 12)]
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    files = {"shop.py": SHOP, "_part.py": "", "broken.py": "MODEL = (", "leaving.py": "raise SystemExit(3)", "other.cases/later.toml": "",
             "shop.cases/winter.toml": 'title = "Nobody comes"', "shop.cases/torn.toml": "title = ", "shop.values/dear.toml": "[parameters]\nsale_rate = 0.5\n",
             "sub/town/__init__.py": "", "sub/bay.py": "", "sub/town/figures.py": 'FIGURES = {"own": print, "stock_and_flow": None, **{}}\n',
             "sub/town/cases/a.toml": "", "sub/odd/__init__.py": "", "shop.claims.py": CLAIMS, "sub/odd/figures.py": "FIGURES = (\n"}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def answers(typed, folder, shell="bash", light=False):
    """Return the lines that click's completion gives for what was typed, as a shell asks for it."""
    words = typed.split(" ")
    asked = {"_SD_BASIS_COMPLETE": f"{shell}_complete", "COMP_WORDS": typed, "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1)}
    code = ("import sys\nfrom sd_basis.cli import main\ntry:\n    main(prog_name='sd-basis')\n"
            "finally:\n    print('heavy', 'sympy' in sys.modules, file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(CHECKOUT), **asked})
    assert done.stderr.splitlines() == [f"heavy {not light}"]
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(("typed", "offered"), [
    ("sd-basis co", ["compare", "completion"]),
    ("sd-basis run ", [*model_paths(), "broken.py", "leaving.py", "shop.py"]),
    ("sd-basis run sh", ["shop.py"]),
    ("sd-basis run sub/", ["sub/bay.py", "sub/odd", "sub/town"]),
    ("sd-basis run shop.py --case ", ["torn", "winter"]),
    ("sd-basis compare --case winter shop.py --case ", ["torn", "winter"]),
    ("sd-basis run broken.py --case ", None),
    ("sd-basis run --values de", []),
    ("sd-basis run --method B shop.py --values ", ["dear"]),
    ("sd-basis run shop.py --method ", ["LSODA", "BDF", "Radau", "Euler", "RK4"]),
    ("sd-basis show shop.py --format m", ["matrix"]),
    ("sd-basis show shop.py --format p", ["parameters"]),
    ("sd-basis figures sub/town --only ", ["paths_a", "own"]),
    ("sd-basis figures shop.py --only pa", ["paths_torn", "paths_winter"]),
    ("sd-basis figures sub/odd --only ", []),
    ("sd-basis run nothing --set ", []),
    ("sd-basis completion ", list(SHELLS)),
    ("sd-basis sweep shop.py --design ", ["lhs", "sobol"]),
])
def test_names_come_from_file_names_alone(typed, offered, folder):
    lines = answers(typed, folder, light=True)
    assert lines == ([f"file,{typed.split(' ')[-1]}"] if offered is None else [f"plain,{name}" for name in offered])


@pytest.mark.parametrize(("typed", "offered"), [
    ("sd-basis run shop.py --policy s", ["sale_ends", "strike"]), ("sd-basis claims shop.py 1 1", ["12"]), ("sd-basis claims shop.py ", ["1", "2", "12"]),
    ("sd-basis run shop.py --case winter --set ", ["sale_rate=0.25", "sale_exact=0.3333333333333333"]),
    ("sd-basis show --values dear shop.py --set sale_r", ["sale_rate=0.5"]),
    ("sd-basis run --values none shop.py --set sale_r", ["sale_rate=0.25"]),
    ("sd-basis run shop.py --set nothing", []),
    ("sd-basis run leaving.py --policy ", []),
])
def test_policies_and_parameters_come_from_the_model_which_cannot_disturb_the_shell(typed, offered, folder):
    assert answers(typed, folder) == [f"plain,{name}" for name in offered]


def test_a_model_that_cannot_be_loaded_completes_nothing(folder):
    assert answers("sd-basis run broken.py --set ", folder) == []


def test_remarks_are_one_line_each_where_the_shell_shows_them(folder):
    assert answers("sd-basis run shop.py --policy sale", folder, "zsh") == ["plain", "sale_ends", "No more sales"]
    assert answers("sd-basis run shop.py --case w", folder, "fish", light=True) == ["plain,winter\tNobody comes"]


@pytest.mark.parametrize(("model", "own"), [("savings", {"paths"}), ("repo_loan", {"paths_early-call", "paths_late-call"}),
                                            ("treasury_basis", {"rescue_against_collapse", "march_2020_against_data"})])
def test_the_figures_that_complete_can_be_drawn(model, own, folder):
    offered = {line.removeprefix("plain,") for line in answers(f"sd-basis figures {model} --only ", folder, light=True)}
    assert own | {"stock_and_flow"} <= offered <= set(available(model))


def print_script(*arguments, code=0):
    done = RUNNER.invoke(main, ["completion", *arguments])
    assert done.exit_code == code, done.output
    return done


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_asks_this_program(shell):
    script = print_script(shell).stdout
    assert "_SD_BASIS_COMPLETE" in script and f"{shell}_complete" in script


def test_without_a_name_the_script_is_that_of_the_shell_at_work(monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/bash")
    assert print_script().stdout == print_script("bash").stdout
    for other in ("/bin/tcsh", ""):
        monkeypatch.setenv("SHELL", other)
        (line,) = print_script(code=2).stderr.splitlines()
        assert line.startswith("Error: completion: ") and "write sd-basis completion bash, zsh or fish" in line


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_itself_completes_with_the_script(folder, tmp_path):
    program = tmp_path / "sd-basis"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{CHECKOUT}' exec '{sys.executable}' -m sd_basis \"$@\"\n")
    program.chmod(0o755)
    script = ('eval "$(sd-basis completion bash)"\nCOMP_WORDS=(sd-basis run shop.py --set sale_r) COMP_CWORD=4\n'
              '_sd_basis_completion sd-basis sale_r --set 2>/dev/null\nprintf "%s\\n" "${COMPREPLY[@]}"\ncomplete -p sd-basis')
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, cwd=folder, timeout=60,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.stdout.splitlines()[0] == "sale_rate=0.25", done.stderr
    assert "-F _sd_basis_completion sd-basis" in done.stdout
