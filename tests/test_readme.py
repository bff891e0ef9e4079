"""The README says what the project does: its model is shipped, its numbers are what its commands print."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from sd_basis.cli import main
from sd_basis.library import locate

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n\$ sd-basis (.+)\n((?:.+\n)+)```", README)


def test_the_smallest_model_is_printed_in_full_and_under_thirty_lines():
    text = locate("savings").read_text(encoding="utf-8").strip()
    assert f"```python\n{text}\n```" in README
    assert len(text.splitlines()) < 30


def numbers(text):
    return [float(number) for number in re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])", text)]


@pytest.mark.parametrize(("command", "printed"), CONSOLE)
def test_the_numbers_of_the_readme_are_what_its_commands_print(command, printed):
    result = CliRunner().invoke(main, shlex.split(command))
    words = [re.findall(r"[a-z_]{3,}", text) for text in (printed, result.stdout)]
    assert words[0] == words[1]
    assert numbers(result.stdout) == pytest.approx(numbers(printed), rel=2e-3, abs=2e-3)


def test_there_are_console_blocks_to_check():
    assert len(CONSOLE) == 2


def test_every_file_the_readme_shows_is_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file()
